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

// TestTheTwentyFirstWaitsItsTurn: as many as may have a pass have one; the others go to those who run the
// instance, who have a week, and then each gets the next pass that is over, the longest waiting first. It is
// never kept waiting for ever, and never more than twenty pass at once.
func TestTheTwentyFirstWaitsItsTurn(t *testing.T) {
	h := newHouse(t)
	h.moderator("moe")
	h.shut(h.circle, "deny", reputation.Post)
	const most = 2*reputation.PassMost + 1
	var all []*circles.Appeal
	for i := range most {
		all = append(all, h.appeal(h.person(fmt.Sprint("pal", i)), at(gateOnPost, h.circle)))
	}
	passed := func() (n int) {
		for i, a := range all {
			switch got := h.found(a.ID); {
			case got.State == circles.AppealPassed && n != i:
				t.Fatalf("the %d. passes before the %d.", i, n)
			case got.State == circles.AppealPassed:
				n++
			case got.State != circles.AppealOpen:
				t.Fatalf("the %d. is %+v", i, got)
			}
		}
		return n
	}
	h.pass(AppealFor)
	h.must(h.SweepAppeals(h.Context()))
	if n := passed(); n != reputation.PassMost {
		t.Fatalf("after a week %d pass, want %d", n, reputation.PassMost)
	}
	cases, _, err := h.AppealQueue(h.Context(), h.boss, 0, "")
	h.must(err)
	if len(cases) == 0 || cases[0].ID != all[reputation.PassMost].ID || !cases[0].May || cases[0].DueAt < h.clock().Add(6*24*time.Hour).UnixMicro() {
		t.Fatalf("those who run the instance have in their list %+v", cases)
	}
	before, turns := reputation.PassMost, []int(nil)
	for range 4 * reputation.PassDays {
		h.pass(24 * time.Hour)
		h.must(h.SweepAppeals(h.Context()))
		var hold int64
		h.update(func(tx *store.Tx) (err error) {
			hold, err = tx.GatePasses(h.circle)
			return err
		})
		if hold > reputation.PassMost {
			t.Fatalf("%d hold a pass at once", hold)
		}
		if n := passed(); n != before {
			turns, before = append(turns, n), n
		}
	}
	if len(turns) != 2 || turns[0] != 2*reputation.PassMost || turns[1] != most {
		t.Errorf("they pass in turns of %v of %d", turns, most)
	}
}
