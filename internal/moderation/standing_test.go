package moderation

import (
	"testing"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// TestUpheldReportsTakeStanding: who upholds says how grave it was, the circle's ledger takes that, and a
// return gives it back; dismissing asks nothing and takes nothing.
func TestUpheldReportsTakeStanding(t *testing.T) {
	h := newHouse(t)
	against := func(c circles.CircleID) (points int64, strikes int) {
		h.must(h.store.View(h.Context(), func(tx *store.Tx) error {
			in, err := tx.StandingIn(c, h.bob.Person)
			p, today := in.Person, reputation.DayOf(tx.Now())
			if c == 0 {
				p = in.Home
			}
			points, strikes = p.P.Value(reputation.Half90, today), p.Strikes.Total(today, 90)
			return err
		}))
		return points, strikes
	}
	report := func(p *circles.Post) int64 {
		h.must(h.Report(h.Context(), h.eve, NewReport{Target: about(p), Category: circles.ReportSpam}))
		return h.list(h.boss, h.circle)[0].ID
	}
	p := h.write(h.bob, h.circle, "One")
	id := report(p)
	for _, how := range []circles.Severity{"", "grave"} {
		wantKind(t, "how grave is not said", h.Remove(h.Context(), h.ann, id, how, "spam"), circles.Invalid)
	}
	if h.post(p.ID).State != circles.Visible {
		t.Error("it was removed although the report could not be upheld")
	}
	h.must(h.Remove(h.Context(), h.ann, id, circles.Serious, "spam"))
	if n, strikes := against(h.circle); n != 15_000 || strikes != 1 {
		t.Errorf("a serious report takes %d, and is %d strikes", n, strikes)
	}
	if _, strikes := against(0); strikes != 0 {
		t.Error("the word of a circle's owner counts outside it")
	}
	h.must(h.app.Return(h.Context(), h.ann, p.ID))
	if n, strikes := against(h.circle); n != 0 || strikes != 0 {
		t.Errorf("returned, and still %d and %d strikes", n, strikes)
	}
	h.must(h.Dismiss(h.Context(), h.ann, report(h.write(h.bob, h.circle, "Two")), ""))
	if n, _ := against(h.circle); n != 0 {
		t.Errorf("a dismissed report takes %d", n)
	}
	h.must(h.Uphold(h.Context(), h.boss, report(h.write(h.bob, h.circle, "Three")), circles.Minor, ""))
	if n, strikes := against(h.circle); n != 5000 || strikes != 1 {
		t.Errorf("a minor report takes %d, and is %d strikes", n, strikes)
	}
	if _, strikes := against(0); strikes != 1 {
		t.Error("the word of who runs the instance does not count outside the circle")
	}
}
