package tips_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/tips"
)

// allow has the circle's admin set what it wants.
func (w *world) allow(p tips.CirclePolicy) {
	w.t.Helper()
	p.Circle = w.circle
	if err := w.tips.SetPolicy(context.Background(), circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}, p); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) present(kind, note string) (*tips.Tip, error) {
	in := w.intent("credits", "CRD", 5)
	in.Gift, in.Note = kind, note
	return w.tips.Start(context.Background(), w.ann, in)
}

func (w *world) shown() []tips.ShownGift {
	w.t.Helper()
	all, err := w.tips.ShownGifts(context.Background(), w.ann, []circles.PostID{w.post})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// told are the kinds of what a member was told.
func (w *world) told(v circles.Viewer) (kinds []store.NotificationKind) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx *store.Tx) error {
		all, err := tx.Notifications(v)
		for _, n := range all {
			kinds = append(kinds, n.Kind)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return kinds
}

// enrol gives people accounts, so that they can be told something.
func (w *world) enrol(people ...circles.Viewer) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		for _, v := range people {
			if err := tx.AddAccount(&store.Account{Person: v.Person, Password: "x", Role: circles.SiteMember}); err != nil {
				return err
			}
		}
		return nil
	})
}

// A gift is a tip where a circle wants such, and its payee alone decides whether others read of it.
func TestGifts(t *testing.T) {
	w := newWorld(t)
	w.rich(100)
	ctx := context.Background()
	if _, err := w.present("flower", "Thanks"); textOf(err) != "refused.gift-off" {
		t.Errorf("a circle that never said: %v", err)
	}
	o, err := w.tips.Offer(ctx, w.ann, w.post, 0)
	if err != nil || o.Gifts {
		t.Errorf("offered gifts %t, %v", o.Gifts, err)
	}
	w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Gifts: true})
	if _, err := w.present("ferrari", ""); textOf(err) != "refused.gift-kind" {
		t.Errorf("no such gift: %v", err)
	}
	person := w.intent("credits", "CRD", 5)
	person.Post, person.Payee, person.Gift = 0, w.bob.Person, "tea"
	if _, err := w.tips.Start(ctx, w.ann, person); textOf(err) != "refused.gift-off" {
		t.Errorf("a gift for no post: %v", err)
	}
	tip, err := w.present("flower", " For\u202e the\r\nleeks \u200b ")
	if err != nil {
		t.Fatal(err)
	}
	if tip.Note != "For the leeks" {
		t.Errorf("the note is %q", tip.Note)
	}
	if _, err := w.present("flower", strings.Repeat("很", tips.MaxNote)); err != nil {
		t.Errorf("a note of the most characters there may be: %v", err)
	}
	_, err = w.present("flower", strings.Repeat("很", tips.MaxNote+1))
	wantKind(t, err, circles.Invalid)

	// Held it is nobody's yet; paid it is its payee's to show.
	if err := w.tips.ShowGift(ctx, w.bob, tip.ID, true); textOf(err) != "refused.gift-show" {
		t.Errorf("shown before it is paid: %v", err)
	}
	w.pass(11 * time.Minute)
	if got := w.shown(); len(got) != 0 {
		t.Errorf("nobody showed anything: %+v", got)
	}
	_, err = w.tips.Gift(ctx, w.carl, tip.ID)
	wantKind(t, err, circles.NotFound)
	for name, v := range map[string]circles.Viewer{"its payer": w.ann, "somebody": w.carl, "nobody": {}} {
		t.Log(name)
		wantKind(t, w.tips.ShowGift(ctx, v, tip.ID, true), circles.NotFound)
	}
	for range 2 {
		if err := w.tips.ShowGift(ctx, w.bob, tip.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.shown(); len(got) != 1 || got[0].Kind != "flower" || got[0].Note != "For the leeks" {
		t.Errorf("shown: %+v", got)
	}
	if g, err := w.tips.Gift(ctx, w.carl, tip.ID); err != nil || g.Note != "For the leeks" {
		t.Errorf("who reads the post reads %+v, %v", g, err)
	}
	for name, p := range map[string]tips.CirclePolicy{"off": {Policy: tips.PolicyOff, Gifts: true}, "no gifts": {Policy: tips.PolicyOn}} {
		w.allow(p)
		if got := w.shown(); len(got) != 0 {
			t.Errorf("%s: shown %+v", name, got)
		}
		_, err := w.tips.Gift(ctx, w.carl, tip.ID)
		wantKind(t, err, circles.NotFound)
	}
	w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Gifts: true})
	if err := w.tips.ShowGift(ctx, w.bob, tip.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := w.shown(); len(got) != 0 {
		t.Errorf("taken down: %+v", got)
	}
	w.verify()
}

// The words beside a gift are moderated like a comment; the money stays.
func TestNotesOfGiftsAreModerated(t *testing.T) {
	w := newWorld(t)
	w.rich(100)
	ctx := context.Background()
	var dora, eve circles.Viewer
	w.update(func(tx *store.Tx) error {
		for name, v := range map[string]*circles.Viewer{"dora": &dora, "eve": &eve} {
			id := circles.ActorID(tx.NewID())
			*v = circles.Viewer{Person: circles.PersonID(id), Role: circles.SiteMember}
			if err := tx.AddActor(&circles.Actor{ID: id, Kind: circles.KindPerson, Name: name, URI: "/u/" + name}); err != nil {
				return err
			}
		}
		return tx.SetRole(w.circle, dora.Person, circles.RoleModerator)
	})
	w.enrol(w.ann, dora)
	w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Gifts: true})
	tip, err := w.present("tea", "You are a fool")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := w.present("tea", "You are kind")
	if err != nil {
		t.Fatal(err)
	}
	w.pass(11 * time.Minute)
	wantKind(t, w.tips.ReportGift(ctx, eve, tip.ID, "x"), circles.NotFound) // who may not read it
	wantKind(t, w.tips.ReportGift(ctx, w.ann, tip.ID, "x"), circles.Forbidden)
	wantKind(t, w.tips.ReportGift(ctx, w.bob, tip.ID, strings.Repeat("x", tips.MaxReport+1)), circles.TooLarge)
	for range 2 {
		if err := w.tips.ReportGift(ctx, w.bob, tip.ID, "Rude"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.tips.ReportGift(ctx, w.bob, kept.ID, "I was wrong"); err != nil {
		t.Fatal(err)
	}
	if got := w.told(dora); len(got) != 1 || got[0] != store.ToldGifts {
		t.Errorf("the moderator was told %v", got)
	}
	_, _, err = w.tips.ReportedGifts(ctx, w.bob, w.circle)
	wantKind(t, err, circles.Forbidden)
	wantKind(t, w.tips.DecideGift(ctx, w.bob, tip.ID, true, ""), circles.Forbidden)
	waiting, _, err := w.tips.ReportedGifts(ctx, dora, w.circle)
	if err != nil || len(waiting) != 2 || waiting[0].Note != "You are a fool" || waiting[0].Report != "Rude" {
		t.Fatalf("waiting: %+v, %v", waiting, err)
	}
	role := func(r circles.Role) {
		w.update(func(tx *store.Tx) error { return tx.SetRole(w.circle, w.ann.Person, r) })
	}
	role(circles.RoleModerator)
	if err := w.tips.DecideGift(ctx, w.ann, tip.ID, false, ""); textOf(err) != "refused.gift-own" {
		t.Errorf("a moderator lets their own note stand: %v", err)
	}
	role(circles.NoRole)
	if err := w.tips.DecideGift(ctx, dora, tip.ID, true, "Be kind"); err != nil {
		t.Fatal(err)
	}
	if err := w.tips.DecideGift(ctx, dora, kept.ID, false, ""); err != nil {
		t.Fatal(err)
	}
	if err := w.tips.DecideGift(ctx, dora, kept.ID, true, "Once more"); err != nil { // it is decided
		t.Fatal(err)
	}
	if got := w.told(dora); len(got) != 0 {
		t.Errorf("nothing waits, and the moderator is told %v", got)
	}
	if got := w.told(w.ann); len(got) != 1 || got[0] != store.ToldNote {
		t.Errorf("the payer was told %v", got)
	}
	if got := w.tip(tip.ID); got.Note != "" || got.State != tips.Paid {
		t.Errorf("taken away: %q, %s", got.Note, got.State)
	}
	if got := w.tip(kept.ID); got.Note != "You are kind" {
		t.Errorf("let stand: %q", got.Note)
	}
	w.update(func(tx *store.Tx) error {
		log, err := tx.ModLog(dora, w.circle, 0, 10)
		if err == nil && (len(log) != 1 || log[0].Action != circles.ModNote || log[0].Post != w.post || log[0].Reason != "Be kind") {
			t.Errorf("the log says %+v", log)
		}
		return err
	})
	w.verify()
}
