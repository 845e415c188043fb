package moderation

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
)

const forMembers = `{"gate":{"any":[[{"fact":"tier","scope":"circle","gte":"member"}],[{"fact":"operator_approved","scope":"circle","eq":true}]],"else":"`

// shut sets a gate before an action that Newcomers do not pass, as ann.
func (h *house) shut(c circles.CircleID, outcome string, actions ...reputation.Action) {
	h.Helper()
	h.update(func(tx *store.Tx) error {
		for _, a := range actions {
			if err := tx.SetGateRule(c, store.GateRule{Action: string(a), Rule: forMembers + outcome + `"}}`, SetBy: h.ann.Person.Actor(), SetAt: tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// moderator lets somebody moderate ann's circle.
func (h *house) moderator(name string) circles.Viewer {
	h.Helper()
	v := h.person(name)
	_, err := h.app.Join(h.Context(), v, h.circle)
	h.must(err)
	h.must(h.app.SetRole(h.Context(), h.ann, h.circle, v.Person, circles.RoleModerator))
	return v
}

func (h *house) appeal(who circles.Viewer, g Grievance) *circles.Appeal {
	h.Helper()
	a, err := h.Object(h.Context(), who, g, "I think that this is wrong.")
	h.must(err)
	return a
}

func (h *house) found(id int64) (a *circles.Appeal) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		a, err = tx.Appeal(id)
		return err
	})
	return a
}

func (h *house) refuses(err error, key string) {
	h.Helper()
	if err == nil || !strings.Contains(fmt.Sprintf("%+v", refusalText(err)), key) {
		h.Errorf("got %v, want %s", err, key)
	}
}

func refusalText(err error) string {
	var e *circles.Error
	for x := err; x != nil; {
		if c, ok := x.(*circles.Error); ok {
			e = c
			break
		}
		u, ok := x.(interface{ Unwrap() error })
		if !ok {
			break
		}
		x = u.Unwrap()
	}
	if e == nil {
		return ""
	}
	return e.Text
}

var (
	gateOnPost    = Grievance{Kind: circles.AppealGate, Action: reputation.Post}
	gateOnComment = Grievance{Kind: circles.AppealGate, Action: reputation.Comment}
)

func at(g Grievance, c circles.CircleID) Grievance {
	g.Circle = c
	return g
}

// newest is the newest report of ann's circle.
func (h *house) newest() int64 {
	h.Helper()
	cases, _, err := h.Reports(h.Context(), h.ann, h.circle, false, "")
	h.must(err)
	return cases[0].ID
}

// TestSilenceOpensAGate: nobody answers for a week, and the person writes past the gate: text, five a day.
func TestSilenceOpensAGate(t *testing.T) {
	h := newHouse(t)
	h.moderator("moe")
	h.shut(h.circle, "deny", reputation.Post, reputation.Comment)
	write := func(title, link string) error {
		_, err := h.app.Post(h.Context(), h.bob, app.NewPost{Circle: h.circle, Title: title, Link: link})
		return err
	}
	if err := write("One", ""); !circles.Is(err, circles.Forbidden) {
		t.Fatalf("the gate let bob through: %v", err)
	}
	a := h.appeal(h.bob, at(gateOnPost, h.circle))
	if a.Site || a.DueAt != a.At+7*24*time.Hour.Microseconds() || a.Decider != h.ann.Person.Actor() {
		t.Errorf("opened as %+v", a)
	}
	_, err := h.Object(h.Context(), h.bob, at(gateOnComment, h.circle), "And this.")
	h.refuses(err, "refused.appeal-open")
	h.pass(7*24*time.Hour - time.Minute)
	h.must(h.SweepAppeals(h.Context()))
	if got := h.found(a.ID); got.State != circles.AppealOpen {
		t.Errorf("before seven days it is %s", got.State)
	}
	h.pass(time.Minute)
	h.must(h.SweepAppeals(h.Context()))
	if got := h.found(a.ID); got.State != circles.AppealPassed || got.DecidedBy != 0 || got.DueAt != 0 {
		t.Fatalf("after seven days it is %+v", got)
	}
	if err := write("With a link", "https://x.example"); !circles.Is(err, circles.Forbidden) {
		t.Errorf("a pass is for text, but a link: %v", err)
	}
	for day := range 2 { // who has written on three is a Member and needs no pass
		for i := range 5 {
			if err := write(fmt.Sprintf("Text %d of day %d", i, day), ""); err != nil {
				t.Fatalf("text %d of day %d: %v", i+1, day+1, err)
			}
		}
		if err := write("A sixth", ""); !circles.Is(err, circles.Forbidden) {
			t.Errorf("a sixth text on day %d: %v", day+1, err)
		}
		h.pass(24 * time.Hour)
	}
}

// TestAPassEnds also says that a pass opens only what it is for, and only in its circle.
func TestAPassEnds(t *testing.T) {
	h := newHouse(t)
	c, other := h.circle, h.other
	h.moderator("moe")
	h.shut(c, "hold", reputation.Post, reputation.React, reputation.Comment, reputation.PostMedia)
	h.shut(other, "deny", reputation.Post)
	a := h.appeal(h.bob, at(gateOnComment, c))
	h.pass(7 * 24 * time.Hour)
	h.must(h.SweepAppeals(h.Context()))
	open := func(in circles.CircleID) (all string) {
		h.Helper()
		h.update(func(tx *store.Tx) error {
			all = ""
			place, err := tx.Circle(in)
			if err != nil {
				return err
			}
			for _, action := range []reputation.Action{reputation.Post, reputation.Comment, reputation.React, reputation.PostMedia} {
				x, err := standing.AccessTo(tx, h.bob, place, action)
				if err != nil {
					return err
				}
				if x.Allowed {
					all += string(action) + " "
				}
				if (x.Pass != "") != (x.Allowed && x.Path == 0 && in == c) && action != reputation.PostMedia && in == c {
					t.Errorf("%s: pass %q, allowed %v", action, x.Pass, x.Allowed)
				}
			}
			return nil
		})
		return all
	}
	if got := open(c); got != "post comment " {
		t.Errorf("a pass opens %s", got)
	}
	if got := open(other); strings.Contains(got, "post ") {
		t.Errorf("in another circle it opens %s", got)
	}
	h.pass(15 * 24 * time.Hour)
	if got := open(c); got != "" {
		t.Errorf("after fifteen days it opens %s", got)
	}
	if b := h.appeal(h.bob, at(gateOnComment, c)); b.ID == a.ID || b.DueAt == 0 {
		t.Errorf("bob cannot object again: %+v", b)
	}
}

// TestNobodyReviewsTheirOwn: who set the gate, or removed, or banned, does not answer; nor does who said no
// in the circle when it was taken further; nor the person themselves.
func TestNobodyReviewsTheirOwn(t *testing.T) {
	h := newHouse(t)
	ctx := h.Context()
	mo := h.moderator("moe")
	p := h.write(h.bob, h.circle, "A post")
	h.must(h.app.Remove(ctx, mo, p.ID, "Off topic"))
	removal := Grievance{Kind: circles.AppealRemoval, Post: p.ID}
	_, err := h.Object(ctx, h.eve, removal, "It was not even mine.")
	h.refuses(err, "refused.appeal-nothing")
	a := h.appeal(h.bob, removal)
	if a.Site || a.Decider != mo.Person.Actor() || a.Said != "Off topic" {
		t.Errorf("opened as %+v", a)
	}
	h.refuses(h.Answer(ctx, mo, a.ID, true, ""), "refused.appeal-own")
	h.refuses(h.Answer(ctx, h.bob, a.ID, true, ""), "refused.not-a-moderator")
	h.refuses(h.Answer(ctx, h.eve, a.ID, true, ""), "refused.not-a-moderator")
	h.refuses(h.Answer(ctx, h.ann, a.ID, false, " "), "refused.no-appeal-reason")
	h.must(h.Answer(ctx, h.ann, a.ID, false, "It is off topic indeed."))
	h.refuses(h.Answer(ctx, h.ann, a.ID, true, ""), "refused.appeal-decided")
	_, err = h.Object(ctx, h.bob, removal, "Once more.")
	h.refuses(err, "refused.appeal-answered")
	h.must(h.GoOn(ctx, h.bob, a.ID))
	if a = h.found(a.ID); !a.Site || a.FirstBy != h.ann.Person.Actor() || a.FirstNote != "It is off topic indeed." || a.State != circles.AppealOpen {
		t.Errorf("taken further it is %+v", a)
	}
	if err := h.Answer(ctx, h.ann, a.ID, true, ""); err == nil {
		t.Error("the circle answers what was taken to the instance")
	}
	h.must(h.Answer(ctx, h.boss, a.ID, true, "It is about plants."))
	if got := h.post(p.ID); got.State != circles.Visible || got.Reason != "" {
		t.Errorf("granted, the post is %s (%s)", got.State, got.Reason)
	}
	h.refuses(h.GoOn(ctx, h.bob, a.ID), "refused.appeal-decided")

	// Where nobody else moderates, those who run the instance answer from the beginning.
	q := h.write(h.bob, h.other, "Soup")
	h.must(h.app.Remove(ctx, h.eve, q.ID, "No soup"))
	if b := h.appeal(h.bob, Grievance{Kind: circles.AppealRemoval, Post: q.ID}); !b.Site {
		t.Errorf("eve alone runs the kitchen, and it begins as %+v", b)
	}
}

// TestABannedPersonAppeals and gets back everything that the decision took.
func TestABannedPersonAppeals(t *testing.T) {
	h := newHouse(t)
	ctx := h.Context()
	mo := h.moderator("moe")
	first := h.write(h.bob, h.circle, "First")
	var rest []*circles.Post
	for i := range 205 { // more than a transaction returns
		rest = append(rest, h.write(h.bob, h.circle, fmt.Sprint("Post ", i)))
	}
	gone := h.write(h.bob, h.circle, "Removed before")
	h.must(h.app.Remove(ctx, mo, gone.ID, "Spam"))
	h.must(h.Report(ctx, h.eve, NewReport{Target: circles.ReportTarget{Post: first.ID}, Category: circles.ReportSpam, Text: "Buy!"}))
	r := h.newest()
	h.must(h.Ban(ctx, mo, r, circles.Serious, app.NewBan{Reason: "Spam", Remove: true}))
	strikes := func() int {
		n := 0
		h.update(func(tx *store.Tx) error {
			all, err := tx.StandingStrikes(int64(first.ID))
			n = len(all)
			return err
		})
		return n
	}
	if strikes() != 1 || h.post(rest[2].ID).State != circles.Removed {
		t.Fatalf("banned: %d strikes, %s", strikes(), h.post(rest[2].ID).State)
	}
	_, err := h.Object(ctx, h.bob, at(gateOnPost, h.circle), "Let me in.")
	h.refuses(err, "refused.appeal-ban")
	a := h.appeal(h.bob, Grievance{Kind: circles.AppealBan, Circle: h.circle})
	h.must(h.Answer(ctx, h.ann, a.ID, true, ""))
	h.must(h.SweepAppeals(ctx))
	for _, p := range append(rest, first) {
		if got := h.post(p.ID); got.State != circles.Visible {
			t.Errorf("%s is %s after the ban was lifted", p.Title, got.State)
		}
	}
	if got := h.post(gone.ID); got.State != circles.Removed {
		t.Error("what was removed before the ban returned with it")
	}
	if strikes() != 0 {
		t.Error("the strike stands")
	}
	h.write(h.bob, h.circle, "I am back")
}

// TestOtherGrounds are a penalty, what waits, and what was refused.
func TestOtherGrounds(t *testing.T) {
	h := newHouse(t)
	ctx := h.Context()
	mo := h.moderator("moe")
	p := h.write(h.bob, h.circle, "A post")
	h.must(h.Report(ctx, h.eve, NewReport{Target: circles.ReportTarget{Post: p.ID}, Category: circles.ReportRules, Text: "Rude"}))
	r := h.newest()
	h.must(h.Uphold(ctx, mo, r, circles.Minor, ""))
	var line reputation.EventID
	h.update(func(tx *store.Tx) error {
		all, err := tx.StandingStrikes(int64(p.ID))
		line = all[0].ID
		return err
	})
	penalty := Grievance{Kind: circles.AppealPenalty, Line: line}
	if _, err := h.Object(ctx, h.eve, penalty, "Not mine."); !circles.Is(err, circles.NotFound) {
		t.Errorf("eve objects to bob's penalty: %v", err)
	}
	a := h.appeal(h.bob, penalty)
	h.must(h.Answer(ctx, h.ann, a.ID, true, ""))
	_, err := h.Object(ctx, h.bob, penalty, "Again.")
	h.refuses(err, "refused.appeal-over")

	h.shut(h.circle, "hold", reputation.Post)
	dora := h.person("dora")
	waits := h.write(dora, h.circle, "First words")
	if waits.State != circles.Held {
		t.Fatalf("it is %s", waits.State)
	}
	h.must(h.app.Refuse(ctx, mo, waits.ID, "Not about plants", nil))
	a = h.appeal(dora, Grievance{Kind: circles.AppealHeld, Post: waits.ID})
	if a.Decider != mo.Person.Actor() || a.DueAt != 0 {
		t.Errorf("against a refusal: %+v", a)
	}
	h.must(h.Answer(ctx, h.ann, a.ID, true, ""))
	if got := h.post(waits.ID); got.State != circles.Visible {
		t.Errorf("overruled, the post is %s", got.State)
	}
	entries, _, err := h.Log(ctx, circles.Viewer{}, h.circle, "")
	h.must(err)
	var log []string
	for _, e := range entries {
		log = append(log, string(e.Action))
	}
	if s := strings.Join(log, " "); !strings.HasPrefix(s, "appeal-grant approve refuse appeal-grant") {
		t.Errorf("the log says %s", s)
	}
}

// TestAppealsKeepTheirBounds: whoever appeals, answers, goes on and takes back in whatever order, never do
// more than twenty passes hold in a circle, an appeal that nobody answers grants one at most, and nobody
// answers what they decided.
func TestAppealsKeepTheirBounds(t *testing.T) {
	h := newHouse(t)
	mo := h.moderator("moe")
	h.shut(h.circle, "deny", reputation.Post, reputation.Comment, reputation.Join)
	// Nobody ever becomes a Member, so that the gate stays what it is.
	h.update(func(tx *store.Tx) error {
		for _, a := range []reputation.Action{reputation.Post, reputation.Comment, reputation.Join} {
			rule := `{"gate":{"any":[[{"fact":"standing","scope":"circle","gte":20}]],"else":"deny"}}`
			if err := tx.SetGateRule(h.circle, store.GateRule{Action: string(a), Rule: rule, SetBy: h.ann.Person.Actor(), SetAt: tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	var people []circles.Viewer
	for i := range 24 {
		people = append(people, h.person(fmt.Sprintf("pal%d", i)))
	}
	staff := []circles.Viewer{h.ann, mo, h.boss, people[0]}
	actions := []reputation.Action{reputation.Post, reputation.Comment, reputation.Join}
	var all []int64
	passed := map[int64]int{}
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.IntRange(0, 5).Draw(r, "step") {
			case 0, 1:
				from := rapid.IntRange(0, len(people)-1).Draw(r, "from")
				for _, who := range people[from:min(from+8, len(people))] {
					a, err := h.Object(t.Context(), who, at(Grievance{Kind: circles.AppealGate, Action: rapid.SampledFrom(actions).Draw(r, "action")}, h.circle), "Please.")
					if err == nil {
						all = append(all, a.ID)
					} else if circles.KindOf(err) == circles.Internal {
						r.Fatal(err)
					}
				}
			case 2:
				if len(all) == 0 {
					continue
				}
				id := rapid.SampledFrom(all).Draw(r, "answered")
				who := rapid.SampledFrom(staff).Draw(r, "by")
				err := h.Answer(t.Context(), who, id, false, "No.")
				if a := h.found(id); err == nil && (who.Person.Actor() == a.Decider || who.Person == a.Person || who.Person.Actor() == a.FirstBy) {
					r.Fatalf("%d answered their own: %+v", who.Person, a)
				} else if err != nil && circles.KindOf(err) == circles.Internal {
					r.Fatal(err)
				}
			case 3:
				if len(all) == 0 {
					continue
				}
				id := rapid.SampledFrom(all).Draw(r, "moved")
				who := circles.Viewer{Person: h.found(id).Person, Role: circles.SiteMember}
				move := h.Withdraw
				if rapid.Bool().Draw(r, "on") {
					move = h.GoOn
				}
				if err := move(t.Context(), who, id); err != nil && circles.KindOf(err) == circles.Internal {
					r.Fatal(err)
				}
			default:
				h.pass(time.Duration(rapid.IntRange(1, 200).Draw(r, "hours")) * time.Hour)
				if err := h.SweepAppeals(t.Context()); err != nil {
					r.Fatal(err)
				}
			}
			var holding int64
			h.update(func(tx *store.Tx) (err error) {
				holding, err = tx.GatePasses(h.circle)
				return err
			})
			if holding > reputation.PassMost {
				r.Fatalf("%d passes hold", holding)
			}
			log, _, err := h.Log(t.Context(), circles.Viewer{}, h.circle, "")
			if err != nil {
				r.Fatal(err)
			}
			for _, e := range log {
				if e.Action == circles.ModPassAppeal {
					passed[e.ID]++
				}
			}
		}
		n := 0
		for _, id := range all {
			if h.found(id).State == circles.AppealPassed {
				n++
			}
		}
		if len(passed) > n {
			r.Fatalf("the log knows of %d passes, %d appeals were passed", len(passed), n)
		}
	})
	if len(passed) < reputation.PassMost {
		t.Errorf("only %d passes in all: the sequences reach nothing", len(passed))
	}
}
