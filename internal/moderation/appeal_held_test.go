package moderation

import (
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

func (h *house) passes(c circles.CircleID) (n int64) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		n, err = tx.GatePasses(c)
		return err
	})
	return n
}

// TestADecisionAnswersTheAppeal: who approves or refuses what waits has looked at it, so that the appeal
// against the hold is answered, and a week of silence afterwards grants nothing.
func TestADecisionAnswersTheAppeal(t *testing.T) {
	for _, approve := range []bool{true, false} {
		h := newHouse(t)
		ctx := h.Context()
		mo := h.moderator("moe")
		h.shut(h.circle, "hold", reputation.Post)
		dora := h.person("dora")
		waits, other := h.write(dora, h.circle, "First words"), h.write(dora, h.circle, "Other words")
		held := Grievance{Kind: circles.AppealHeld, Post: waits.ID}
		a := h.appeal(dora, held)
		if a.DueAt == 0 || a.Site {
			t.Fatalf("opened as %+v", a)
		}
		h.must(h.app.Refuse(ctx, mo, other.ID, "Another matter", nil))
		if got := h.found(a.ID); got.State != circles.AppealOpen || got.DueAt != a.DueAt {
			t.Errorf("after a decision about something else: %+v", got)
		}
		want, note := circles.AppealGranted, ""
		if approve {
			_, err := h.app.Approve(ctx, mo, waits.ID, nil)
			h.must(err)
		} else {
			want, note = circles.AppealDenied, "Not about plants"
			h.must(h.app.Refuse(ctx, mo, waits.ID, note, nil))
		}
		got := h.found(a.ID)
		if got.State != want || got.Note != note || got.DecidedBy != mo.Person.Actor() || got.DecidedAt == 0 || got.DueAt != 0 {
			t.Errorf("approve %v: the appeal is %+v", approve, got)
		}
		h.pass(8 * 24 * time.Hour)
		h.must(h.SweepAppeals(ctx))
		if n := h.passes(h.circle); n != 0 {
			t.Errorf("approve %v: %d passes", approve, n)
		}
		if approve {
			continue
		}
		// The refusal is a decision of its own.
		b := h.appeal(dora, held)
		if b.Decider != mo.Person.Actor() || b.DueAt != 0 {
			t.Errorf("against the refusal: %+v", b)
		}
		h.refuses(h.Answer(ctx, mo, b.ID, false, "No."), "refused.appeal-own")
	}
}

// TestTheCircleDoesNotAnswerForTheInstance: what waits there already outlives the circle's refusal, without
// its clock, and not for who refused.
func TestTheCircleDoesNotAnswerForTheInstance(t *testing.T) {
	h := newHouse(t)
	ctx := h.Context()
	h.shut(h.circle, "hold", reputation.Post)
	dora := h.person("dora")
	waits := h.write(dora, h.circle, "First words")
	a := h.appeal(dora, Grievance{Kind: circles.AppealHeld, Post: waits.ID})
	if !a.Site {
		t.Fatalf("ann alone runs it, and it is %+v", a)
	}
	h.must(h.app.Refuse(ctx, h.ann, waits.ID, "Not about plants", nil))
	if got := h.found(a.ID); got.State != circles.AppealOpen || got.DueAt != 0 {
		t.Errorf("after the refusal: %+v", got)
	}
	h.pass(8 * 24 * time.Hour)
	h.must(h.SweepAppeals(ctx))
	if n := h.passes(h.circle); n != 0 {
		t.Errorf("%d passes", n)
	}
	both := h.ann // who refused it runs the instance, too
	both.Role = circles.SiteAdmin
	for who, may := range map[circles.Viewer]bool{both: false, h.boss: true} {
		cases, _, err := h.AppealQueue(ctx, who, 0, "")
		h.must(err)
		if len(cases) != 1 || cases[0].ID != a.ID || cases[0].May != may {
			t.Errorf("in the list of %d: %+v, want May %t", who.Person, cases, may)
		}
	}
	h.refuses(h.Answer(ctx, both, a.ID, true, ""), "refused.appeal-own")
	h.must(h.Answer(ctx, h.boss, a.ID, true, ""))
	if got := h.post(waits.ID); got.State != circles.Visible {
		t.Errorf("granted, it is %s", got.State)
	}
}

// TestElsewhereIsNoGround: what another server's circle holds, that server answers for.
func TestElsewhereIsNoGround(t *testing.T) {
	h := newHouse(t)
	dora := h.person("dora")
	orchard := circles.CircleID(h.far(circles.KindCircle, "orchard", "far.example"))
	p := h.write(dora, orchard, "Words")
	_, err := h.Ground(h.Context(), dora, Grievance{Kind: circles.AppealHeld, Post: p.ID})
	h.refuses(err, "refused.appeal-elsewhere")
}
