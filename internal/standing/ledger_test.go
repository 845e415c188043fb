package standing

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// A village is a circle of ours in which everything happens that the ledger knows of, in any order, with
// the days going by. Two of its people are on a server elsewhere.
type village struct {
	t      interface{ Fatalf(string, ...any) }
	store  *store.Store
	clock  *atomic.Int64
	circle *circles.Circle
	people []*circles.Actor
	posts  []*circles.Post
}

const far = "far.example"

func newVillage(t interface{ Fatalf(string, ...any) }, s *store.Store, clock *atomic.Int64) *village {
	v := &village{t: t, store: s, clock: clock}
	v.do(func(tx *store.Tx) error {
		id := tx.NewID()
		v.circle = &circles.Circle{Visibility: circles.Public, Posting: circles.PostingOpen}
		v.circle.Actor = circles.Actor{ID: circles.ActorID(id), Kind: circles.KindCircle, Name: fmt.Sprint("c", id), URI: fmt.Sprint("/c/", id)}
		if err := tx.AddCircle(v.circle); err != nil {
			return err
		}
		v.people = nil
		for i := range 7 {
			id := tx.NewID()
			a := &circles.Actor{ID: circles.ActorID(id), Kind: circles.KindPerson, Name: fmt.Sprint("p", id), URI: fmt.Sprint("/u/", id), CreatedAt: tx.Now()}
			if i >= 5 {
				a.Host, a.URI = far, fmt.Sprint("https://far.example/", id)
			}
			if err := tx.AddActor(a); err != nil {
				return err
			}
			v.people = append(v.people, a)
			if err := Acted(tx, a); err != nil {
				return err
			}
		}
		return Placed(tx, v.circle, circles.PersonID(v.people[0].ID), circles.NoRole, circles.RoleOwner)
	})
	return v
}

func (v *village) do(f func(*store.Tx) error) {
	if err := v.store.Update(context.Background(), f); err != nil {
		v.t.Fatalf("%v", err)
	}
}

func (v *village) pass(d time.Duration) { v.clock.Add(int64(d)) }

func (v *village) write(author *circles.Actor) {
	v.do(func(tx *store.Tx) error {
		id := circles.PostID(tx.NewID())
		p := &circles.Post{ID: id, URI: fmt.Sprint("/post/", int64(id)), Kind: circles.IsPost, Circle: v.circle.CircleID(), Author: circles.PersonID(author.ID),
			Root: id, State: circles.Visible, Published: tx.Now(), CreatedAt: tx.Now()}
		if err := tx.AddPost(p); err != nil {
			return err
		}
		v.posts = append(v.posts, p)
		return Published(tx, p, v.circle)
	})
}

func (v *village) vote(p *circles.Post, who *circles.Actor, value int) {
	v.do(func(tx *store.Tx) error {
		old, err := tx.Vote(p.ID, circles.PersonID(who.ID))
		if err != nil {
			return err
		}
		had := 0
		if old != nil {
			had = old.Value
		}
		if had == value || p.State != circles.Visible && value != 0 {
			return nil
		}
		if value == 0 {
			err = tx.RemoveVote(p.ID, circles.PersonID(who.ID))
		} else {
			err = tx.SetVote(circles.Vote{Post: p.ID, Actor: circles.PersonID(who.ID), Value: value, At: tx.Now()})
		}
		if err != nil {
			return err
		}
		return Voted(tx, p, v.circle, who, had, value)
	})
}

// show hides a post or shows it again.
func (v *village) show(p *circles.Post) {
	v.do(func(tx *store.Tx) error {
		if p.State == circles.Visible {
			p.State = circles.Removed
			if err := tx.SavePostState(p); err != nil {
				return err
			}
			return Hidden(tx, p)
		}
		p.State = circles.Visible
		if err := tx.SavePostState(p); err != nil {
			return err
		}
		if err := Overturned(tx, int64(p.ID)); err != nil {
			return err
		}
		return Shown(tx, p, v.circle)
	})
}

func (v *village) sweep(steps ...func(*store.Tx) (bool, error)) {
	for _, step := range steps {
		for more := true; more; {
			v.do(func(tx *store.Tx) (err error) {
				more, err = step(tx)
				return err
			})
		}
	}
}

// refusable runs what the rules may refuse, which then has changed nothing.
func (v *village) refusable(f func(*store.Tx) error) {
	err := v.store.Update(context.Background(), f)
	if err != nil && circles.KindOf(err) == circles.Internal {
		v.t.Fatalf("%v", err)
	}
}

func (v *village) step(t *rapid.T) {
	who := rapid.SampledFrom(v.people).Draw(t, "who")
	other := rapid.SampledFrom(v.people).Draw(t, "other")
	p := rapid.SampledFrom(v.posts).Draw(t, "post")
	person := circles.PersonID(other.ID)
	switch rapid.IntRange(0, 18).Draw(t, "what") {
	case 0:
		v.pass(time.Duration(rapid.SampledFrom([]int{1, 1, 2, 20, 100}).Draw(t, "days")) * 24 * time.Hour)
	case 1:
		v.write(who)
	case 2:
		v.sweep(Sweep)
	case 3:
		v.sweep(Advance)
	case 4, 5:
		v.show(p)
	case 6:
		v.refusable(func(tx *store.Tx) error { return GiveVouch(tx, v.circle, person, who) })
	case 7:
		v.refusable(func(tx *store.Tx) error { return EndVouch(tx, v.circle, person, who) })
	case 8:
		if p.Author != circles.PersonID(who.ID) {
			v.do(func(tx *store.Tx) error {
				_, err := SetHelpful(tx, p, who, rapid.Bool().Draw(t, "helpful"))
				return err
			})
		}
	case 9:
		v.do(func(tx *store.Tx) error {
			return Upheld(tx, Verdict{Subject: p.Author, Circle: v.circle.CircleID(), Object: int64(p.ID), By: circles.PersonID(v.people[0].ID),
				Serious: rapid.Bool().Draw(t, "serious"), Site: rapid.Bool().Draw(t, "site")})
		})
	case 10:
		if other != v.people[0] {
			v.do(func(tx *store.Tx) error {
				operates, err := tx.StandingOperates(reputation.CircleID(v.circle.ID), reputation.ActorID(other.ID))
				roles := []circles.Role{circles.RoleMember, circles.RoleOperator}
				if err != nil {
					return err
				}
				return Placed(tx, v.circle, person, roles[btoi(operates)], roles[1-btoi(operates)])
			})
		}
	case 16:
		v.suspect(v.people[1:])
	case 17:
		v.decide(rapid.Bool().Draw(t, "confirmed"))
	case 18:
		v.sweep(AuditStep)
	case 11:
		v.vote(p, who, 0)
	case 12:
		v.vote(p, who, -1)
	default:
		v.vote(p, who, 1)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// verified fails if anything is not what the ledger gives, or a cap is broken.
func (v *village) verified(circle circles.CircleID) {
	err := v.store.View(context.Background(), func(tx *store.Tx) error {
		got, err := Verify(tx, reputation.CircleID(circle))
		if err != nil {
			return err
		}
		if got.Wrong > 0 {
			v.t.Fatalf("%d wrong: %q", got.Wrong, got.Found)
		}
		f := reputation.Current()
		today := reputation.DayOf(v.clock.Load() / 1000)
		most := func(what string, cap int64) func(store.StandingKey, reputation.Sum) error {
			return func(k store.StandingKey, s reputation.Sum) error {
				if n := s.Value(reputation.Half180, today); n > cap {
					v.t.Fatalf("%+v holds %d from one %s", k, n, what)
				}
				return nil
			}
		}
		id := reputation.CircleID(circle)
		if err := tx.EachStandingEdge(id, func(k store.StandingKey, e reputation.Edge) error { return most("person", f.RaterCap)(k, e.A) }); err != nil {
			return err
		}
		if err := tx.EachStandingBranch(id, most("branch", f.BranchCap)); err != nil {
			return err
		}
		return tx.EachStandingDomain(id, most("server", f.DomainCap))
	})
	if err != nil {
		v.t.Fatalf("%v", err)
	}
}

// of is what somebody has, in a form that two moments can be compared by.
func (v *village) of(who circles.PersonID) (all string) {
	v.do(func(tx *store.Tx) error {
		in, err := tx.StandingIn(v.circle.CircleID(), who)
		p, today := in.Person, reputation.DayOf(tx.Now())
		all = fmt.Sprint(p.A, p.P, p.Branches, p.Accepted, p.Days.Distinct(today, 90), p.Strikes.Total(today, 90), p.Intro, in.Home.Accepted,
			reputation.Current().Tier(p, in.Home, in.Circle, today))
		return err
	})
	return all
}

func newClock() (*atomic.Int64, func() time.Time) {
	var clock atomic.Int64
	clock.Store(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC).UnixNano())
	return &clock, func() time.Time { return time.Unix(0, clock.Add(int64(time.Millisecond))) }
}

// TestLedgerAndRowsAgree: whatever happens in whatever order, each line is worth what its formula gives,
// the stored rows are what the lines come to, and no cap is ever broken.
func TestLedgerAndRowsAgree(t *testing.T) {
	clock, now := newClock()
	s := testdb.OpenAt(t, now)
	rapid.Check(t, func(t *rapid.T) {
		if clock.Load() > time.Date(2045, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano() {
			clock.Store(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC).UnixNano())
		}
		v := newVillage(t, s, clock)
		v.do(func(tx *store.Tx) error { return tx.NotePeer(far) })
		for _, a := range v.people[1:] {
			v.write(a)
			v.refusable(func(tx *store.Tx) error { return GiveVouch(tx, v.circle, circles.PersonID(a.ID), v.people[0]) })
		}
		v.pass(49 * time.Hour)
		v.sweep(Sweep)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			v.step(t)
		}
		v.verified(v.circle.CircleID())
		// Removing and returning at once leaves everybody where they were.
		p := rapid.SampledFrom(v.posts).Draw(t, "removed and returned")
		if p.State != circles.Visible {
			v.show(p)
		}
		v.do(func(tx *store.Tx) error { return Overturned(tx, int64(p.ID)) })
		v.sweep(Sweep)
		before := v.of(p.Author)
		v.show(p)
		v.show(p)
		v.sweep(Sweep)
		if after := v.of(p.Author); after != before {
			t.Fatalf("removed and returned: %s\nwant %s", after, before)
		}
		v.verified(v.circle.CircleID())
	})
	clock.Store(time.Date(2046, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()) // later than all of it
	(&village{t: t, store: s, clock: clock}).verified(0)
}

// BenchmarkVerify reckons a ledger again, and tells what one line of it takes.
func BenchmarkVerify(b *testing.B) {
	clock, now := newClock()
	s := testdb.OpenAt(b, now)
	v := newVillage(b, s, clock)
	for range 2000 {
		v.write(v.people[1])
	}
	v.pass(49 * time.Hour)
	v.sweep(Sweep)
	v.do(func(tx *store.Tx) error {
		return GiveVouch(tx, v.circle, circles.PersonID(v.people[2].ID), v.people[0])
	})
	for i := 0; i < len(v.posts); i += 100 {
		v.do(func(tx *store.Tx) error {
			for _, p := range v.posts[i : i+100] {
				for _, who := range v.people[2:] {
					if err := rate(tx, p, reputation.Like, circles.PersonID(who.ID), who.Host, false); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	b.ResetTimer()
	b.ReportAllocs()
	events := 0
	for range b.N {
		err := s.View(b.Context(), func(tx *store.Tx) error {
			got, err := Verify(tx, 0)
			if err == nil && got.Wrong > 0 {
				b.Errorf("%q", got.Found)
			}
			events += got.Events
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}
