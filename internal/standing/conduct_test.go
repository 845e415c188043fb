package standing

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// TestGoodConductOnlyOpens: whatever good somebody does, and whatever good is said of them, no fact that a gate
// can ask becomes worse by it. What time takes is left out: the facts are read in the same moment.
func TestGoodConductOnlyOpens(t *testing.T) {
	clock, now := newClock()
	s := testdb.OpenAt(t, now)
	rapid.Check(t, func(t *rapid.T) {
		clock.Store(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC).UnixNano())
		v := newVillage(t, s, clock)
		owner, me := v.people[0], v.people[4]
		id := circles.PersonID(me.ID)
		for _, a := range v.people[1:4] {
			v.refusable(func(tx *store.Tx) error { return GiveVouch(tx, v.circle, circles.PersonID(a.ID), owner) })
		}
		for range rapid.IntRange(1, 3).Draw(t, "posts") {
			v.write(me)
		}
		v.write(v.people[1])
		v.pass(49 * time.Hour)
		v.sweep(Sweep)
		if rapid.Bool().Draw(t, "reported before") {
			v.do(func(tx *store.Tx) error {
				return Upheld(tx, Verdict{Subject: id, Circle: v.circle.CircleID(), Object: int64(v.posts[0].ID), By: circles.PersonID(owner.ID)})
			})
		}
		read := func() (f *reputation.Facts) {
			v.do(func(tx *store.Tx) (err error) {
				f, err = facts(tx, v.circle.CircleID(), id)
				return err
			})
			return f
		}
		for range rapid.IntRange(1, 10).Draw(t, "acts") {
			before := read()
			p := rapid.SampledFrom(v.posts[:len(v.posts)-1]).Draw(t, "post")
			by := rapid.SampledFrom(v.people[:4]).Draw(t, "by")
			what := rapid.SampledFrom([]string{"liked", "helpful", "vouched", "let in", "approved", "writes", "likes", "comes"}).Draw(t, "what")
			switch what {
			case "liked":
				v.vote(p, by, 1)
			case "helpful":
				v.do(func(tx *store.Tx) error { _, err := SetHelpful(tx, p, owner, true); return err })
			case "vouched":
				v.refusable(func(tx *store.Tx) error { return GiveVouch(tx, v.circle, id, by) })
			case "let in":
				v.do(func(tx *store.Tx) error { return LetIn(tx, v.circle, id, circles.PersonID(owner.ID)) })
			case "approved":
				v.do(func(tx *store.Tx) error { return Approved(tx, p, v.circle, circles.PersonID(owner.ID)) })
			case "writes":
				v.write(me)
			case "likes":
				v.vote(v.posts[len(v.posts)-1], me, 1)
			case "comes":
				v.do(func(tx *store.Tx) error { return Acted(tx, me) })
			}
			after := read()
			for _, info := range reputation.FactList() {
				for _, scope := range info.Scopes {
					was, is := before.Of(info.Fact, scope), after.Of(info.Fact, scope)
					if is < was && !info.AtMost || is > was && info.AtMost {
						t.Fatalf("%s: %s of the %s was %d and is %d", what, info.Fact, scope, was, is)
					}
				}
			}
		}
	})
}

// TestCapsHoldTogether: people who rate and take back at the same time, each in transactions of their own,
// break no cap, and the rows are what the ledger comes to.
func TestCapsHoldTogether(t *testing.T) {
	clock, now := newClock()
	v := newVillage(t, testdb.OpenAt(t, now), clock)
	author := v.people[4]
	for _, a := range v.people[1:4] {
		v.do(func(tx *store.Tx) error { return GiveVouch(tx, v.circle, circles.PersonID(a.ID), v.people[0]) })
	}
	for range 12 {
		v.write(author)
	}
	v.pass(49 * time.Hour)
	v.sweep(Sweep)
	var all sync.WaitGroup
	failed := make(chan error, 100)
	for i, who := range []*circles.Actor{v.people[0], v.people[1], v.people[2], v.people[3], v.people[1], v.people[2]} {
		all.Go(func() {
			for n, p := range v.posts {
				err := v.store.Update(t.Context(), func(tx *store.Tx) error {
					by := circles.PersonID(who.ID)
					if i >= 4 && n%3 == 0 {
						return unrate(tx, p, reputation.Like, by)
					}
					return rate(tx, p, reputation.Like, by, "", false)
				})
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	v.verified(0)
	in := v.in(author)
	if got, most := in.Person.A.Value(reputation.Half180, reputation.DayOf(clock.Load()/1000)), reputation.Current().BranchCap; got == 0 || got > 2*most {
		t.Errorf("they gave %d", got)
	}
}
