package moderation

import (
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

// TestASuspensionIsAppealed: whoever suspended somebody does not answer, whoever else runs the instance does,
// and what is granted lifts the suspension by the verb that everybody has for it.
func TestASuspensionIsAppealed(t *testing.T) {
	h := newHouse(t)
	ctx := h.Context()
	other := h.person("other")
	other.Role = circles.SiteModerator
	g := Grievance{Kind: circles.AppealBan}
	_, err := h.Object(ctx, h.bob, g, "I am not even suspended.")
	h.refuses(err, "refused.appeal-over")
	_, err = h.OwnSuspension(ctx, h.bob)
	h.refuses(err, "refused.appeal-over")

	h.must(h.Suspend(ctx, h.boss, h.bob.Person.Actor(), "Spam"))
	o, err := h.OwnSuspension(ctx, h.bob)
	h.must(err)
	if o.Reason != "Spam" || o.Since == 0 || !o.May || o.Open != nil || o.Answered != nil {
		t.Errorf("bob is told %+v", o)
	}
	a, err := h.Object(ctx, h.bob, g, "It was not.")
	h.must(err)
	if !a.Site || a.Decider != h.boss.Person.Actor() || a.ActedAt != o.Since || a.Said != "Spam" || a.DueAt != 0 {
		t.Errorf("opened as %+v", a)
	}
	h.refuses(h.Answer(ctx, h.boss, a.ID, true, ""), "refused.appeal-own")
	h.refuses(h.Answer(ctx, h.eve, a.ID, true, ""), "refused.not-a-moderator")
	if o, err = h.OwnSuspension(ctx, h.bob); err != nil || o.Open == nil || o.Open.ID != a.ID || o.May {
		t.Errorf("while it waits: %+v, %v", o, err)
	}
	h.must(h.Answer(ctx, other, a.ID, true, ""))
	var p *circles.Actor
	h.update(func(tx *store.Tx) (err error) {
		p, err = tx.Actor(h.bob.Person.Actor())
		return err
	})
	if p.SuspendedAt != 0 || h.found(a.ID).State != circles.AppealGranted {
		t.Errorf("granted, suspended at %d and %s", p.SuspendedAt, h.found(a.ID).State)
	}
	entries, _, err := h.Log(ctx, circles.Viewer{}, 0, "")
	h.must(err)
	if len(entries) < 3 || entries[0].Action != circles.ModGrantAppeal || entries[1].Action != circles.ModUnsuspend || entries[2].Action != circles.ModSuspend {
		t.Errorf("the log says %+v", entries)
	}
	h.write(h.bob, h.circle, "I am back")

	// A new suspension is a new decision. Lifted without an answer, its objection is over.
	h.must(h.Suspend(ctx, h.boss, h.bob.Person.Actor(), "Spam again"))
	b, err := h.Object(ctx, h.bob, g, "It was not, again.")
	h.must(err)
	h.must(h.Unsuspend(ctx, h.boss, h.bob.Person.Actor()))
	if got := h.found(b.ID); got.State != circles.AppealWithdrawn {
		t.Errorf("lifted by hand, the objection is %s", got.State)
	}
}

// TestWhatWaitedBeforeIsInTheWay of an objection, and is shown so that it can be taken back.
func TestWhatWaitedBeforeIsInTheWay(t *testing.T) {
	h := newHouse(t)
	ctx := h.Context()
	p := h.write(h.bob, h.circle, "A post")
	h.update(func(tx *store.Tx) error {
		return tx.AddAppeal(&circles.Appeal{ID: tx.NewID(), Person: h.bob.Person, Kind: circles.AppealRemoval, Object: int64(p.ID),
			Body: "Why?", State: circles.AppealOpen, Site: true, At: tx.Now()})
	})
	h.must(h.Suspend(ctx, h.boss, h.bob.Person.Actor(), "Spam"))
	o, err := h.OwnSuspension(ctx, h.bob)
	h.must(err)
	if o.Open == nil || o.Open.Kind != circles.AppealRemoval || o.May {
		t.Fatalf("bob is told %+v", o)
	}
	h.must(h.Withdraw(ctx, h.bob, o.Open.ID))
	if _, err := h.Object(ctx, h.bob, Grievance{Kind: circles.AppealBan}, "It was not."); err != nil {
		t.Error(err)
	}
}
