package moderation

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// TestSilenceGrantsOnePass: however often and whenever the clock looks, an appeal that nobody answers grants
// exactly one pass, not before its time, and looking again neither grants another nor prolongs it.
func TestSilenceGrantsOnePass(t *testing.T) {
	h := newHouse(t)
	h.moderator("moe")
	h.shut(h.circle, "deny", reputation.Post)
	known := map[int64]bool{}
	news := func(r *rapid.T) (n int) {
		log, _, err := h.Log(t.Context(), circles.Viewer{}, h.circle, "")
		if err != nil {
			r.Fatal(err)
		}
		for _, e := range log {
			if e.Action == circles.ModPassAppeal && !known[e.ID] {
				known[e.ID] = true
				n++
			}
		}
		return n
	}
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		h.pass(reputation.PassDays * 24 * time.Hour) // what was granted before is over
		runs++
		who := h.person(fmt.Sprint("pal", runs))
		a := h.appeal(who, at(gateOnPost, h.circle))
		granted, until := 0, int64(0)
		for _, hours := range append(rapid.SliceOfN(rapid.IntRange(1, 60), 1, 8).Draw(r, "hours"), 7*24, 0, 1) {
			h.pass(time.Duration(hours) * time.Hour)
			if err := h.SweepAppeals(t.Context()); err != nil {
				r.Fatal(err)
			}
			granted += news(r)
			got := h.found(a.ID)
			due := h.clock().UnixMicro() >= a.DueAt
			if due != (got.State == circles.AppealPassed) || due != (granted == 1) || granted > 1 {
				r.Fatalf("due %v: %s, %d passes", due, got.State, granted)
			}
			var p *store.GatePass
			h.update(func(tx *store.Tx) (err error) {
				p, err = tx.GatePass(h.circle, who.Person, 0)
				return err
			})
			switch {
			case !due && p != nil:
				r.Fatalf("a pass before its time: %+v", p)
			case p != nil && until != 0 && p.Until != until:
				r.Fatalf("the pass was until %d, now %d", until, p.Until)
			case p != nil:
				until = p.Until
			}
		}
		if until == 0 {
			r.Fatal("no pass was ever seen")
		}
	})
}

// TestTheInstanceMayKeepItWaiting: the twenty-first goes to those who run the instance, and stays with them,
// open and in their list, however long they are silent.
func TestTheInstanceMayKeepItWaiting(t *testing.T) {
	h := newHouse(t)
	h.moderator("moe")
	h.shut(h.circle, "deny", reputation.Post)
	a := h.appeal(h.bob, at(gateOnPost, h.circle))
	h.pass(AppealFor)
	for i := range reputation.PassMost {
		who := h.person(fmt.Sprint("pal", i))
		h.update(func(tx *store.Tx) error {
			today := reputation.DayOf(tx.Now())
			return tx.GrantPass(h.circle, who.Person, int64(today), (today + reputation.PassDays).Start(), 0)
		})
	}
	for range 3 {
		h.must(h.SweepAppeals(h.Context()))
		if got := h.found(a.ID); got.State != circles.AppealOpen || !got.Site || got.DueAt != 0 {
			t.Fatalf("unanswered it is %+v", got)
		}
		cases, _, err := h.AppealQueue(h.Context(), h.boss, 0, "")
		h.must(err)
		if len(cases) != 1 || cases[0].ID != a.ID || !cases[0].May {
			t.Fatalf("in the list of the instance: %+v", cases)
		}
		h.pass(8 * 24 * time.Hour)
	}
	h.must(h.Answer(h.Context(), h.boss, a.ID, true, ""))
}
