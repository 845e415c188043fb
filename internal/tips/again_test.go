package tips_test

import (
	"context"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
)

// A form that comes again is the same tip while it asks for the same, and a refusal otherwise: nobody is shown one
// tip in answer to another.
func TestAFormThatComesAgainWithOtherContents(t *testing.T) {
	w := newWorld(t)
	w.rich(100)
	w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Gifts: true})
	ctx := context.Background()
	in := w.intent("credits", "CRD", 5)
	in.Note, in.Gift = "For the leeks", "tea"
	first := w.start(in)
	same := in
	same.Note, same.Locale = "  For the  leeks ", "zh"
	if got := w.start(same); got.ID != first.ID {
		t.Errorf("the same again is tip %d, want %d", got.ID, first.ID)
	}
	for name, change := range map[string]func(*tips.Intent){
		"amount": func(in *tips.Intent) { in.Amount.Minor = 6 },
		"asset":  func(in *tips.Intent) { in.Amount = wallet.Amount{Minor: 500, Asset: "CNY"}; in.Adapter = "scripted" },
		"post":   func(in *tips.Intent) { in.Post, in.Payee, in.Gift = 0, w.carl.Person, "" },
		"note":   func(in *tips.Intent) { in.Note = "" },
		"gift":   func(in *tips.Intent) { in.Gift = "book" },
		"label":  func(in *tips.Intent) { in.Gift = "" },
	} {
		other := in
		change(&other)
		if _, err := w.tips.Start(ctx, w.ann, other); textOf(err) != "refused.form-reused" || !circles.Is(err, circles.Conflict) {
			t.Errorf("another %s: %v, want a conflict", name, err)
		}
	}
	person := w.intent("credits", "CRD", 5)
	person.Post, person.Payee = 0, w.bob.Person
	w.start(person)
	person.Payee = w.carl.Person
	if _, err := w.tips.Start(ctx, w.ann, person); textOf(err) != "refused.form-reused" {
		t.Errorf("another person: %v", err)
	}
	w.pass(11 * time.Minute)
	if err := w.tips.ReportGift(ctx, w.bob, first.ID, "Rude"); err != nil {
		t.Fatal(err)
	}
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	if err := w.tips.DecideGift(ctx, admin, first.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if got := w.start(in); got.ID != first.ID {
		t.Errorf("after its note was taken away, the same is tip %d", got.ID)
	}
	if w.balance(w.ann) != 90 {
		t.Errorf("ann has %d, want 90: two tips of 5", w.balance(w.ann))
	}
	if err := w.tips.Grant(ctx, admin, w.bob.Person, wallet.Amount{Minor: 5, Asset: "CRD"}, "for a harvest", "twice"); err != nil {
		t.Fatal(err)
	}
	if err := w.tips.Grant(ctx, admin, w.bob.Person, wallet.Amount{Minor: 6, Asset: "CRD"}, "for a harvest", "twice"); textOf(err) != "refused.form-reused" {
		t.Errorf("a grant of another amount: %v", err)
	}
	w.verify()
}

// The same between two instances, where no second order goes out.
func TestAFormThatComesAgainAbroad(t *testing.T) {
	p := newPair(t)
	in := p.intent(500)
	if _, err := p.a.tips.Start(context.Background(), p.a.ann, in); err != nil {
		t.Fatal(err)
	}
	if _, err := p.a.tips.Start(context.Background(), p.a.ann, in); err != nil {
		t.Errorf("the same again: %v", err)
	}
	in.Amount.Minor = 600
	if _, err := p.a.tips.Start(context.Background(), p.a.ann, in); textOf(err) != "refused.form-reused" {
		t.Errorf("another amount: %v", err)
	}
	if len(p.orders) != 1 {
		t.Errorf("%d orders went out, want 1", len(p.orders))
	}
}

// Red packets: another form's contents are refused, and laying and returning has the pace of tips.
func TestPacketsHaveAPace(t *testing.T) {
	w, _ := packets(t, 2)
	w.rules.Pace = 3
	w.tips = w.open()
	ctx := context.Background()
	p := w.mustLay(9, 2, false)
	in := tips.NewPacket{Circle: w.circle, Amount: wallet.Amount{Minor: 9, Asset: "CRD"}, Shares: 2, Once: p.Once}
	if again, err := w.tips.MakePacket(ctx, w.ann, in); err != nil || again.ID != p.ID {
		t.Errorf("the same again: %v", err)
	}
	in.Shares = 3
	if _, err := w.tips.MakePacket(ctx, w.ann, in); textOf(err) != "refused.form-reused" {
		t.Errorf("for another number of people: %v", err)
	}
	for range 2 {
		if _, err := w.tips.ReturnPacket(ctx, w.ann, p.ID); err != nil {
			t.Fatal(err)
		}
		p = w.mustLay(9, 2, false)
	}
	if _, err := w.tips.ReturnPacket(ctx, w.ann, p.ID); err != nil { // getting one's own back is never refused
		t.Fatal(err)
	}
	if _, err := w.lay(w.ann, 9, 2, false); textOf(err) != "refused.tip-pace" {
		t.Errorf("the fourth in a minute: %v", err)
	}
	if _, err := w.tips.Start(ctx, w.ann, w.intent("credits", "CRD", 5)); textOf(err) != "refused.tip-pace" {
		t.Errorf("a tip after three packets: %v", err)
	}
	if got := w.audits(); len(got) == 0 || got[0].Rule != "pace" || !got[0].Review || got[0].N != 2 {
		t.Errorf("written down: %+v", got)
	}
	w.now = w.now.Add(61 * time.Second)
	if _, err := w.lay(w.ann, 9, 2, false); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	w.verify()
}

// The history of who left a circle has their tips, and no titles from it.
func TestTitlesAreForWhoMayReadThem(t *testing.T) {
	w := newWorld(t)
	w.rich(100)
	tip := w.start(w.intent("credits", "CRD", 5))
	titles := func(v circles.Viewer) int {
		t.Helper()
		people, posts, err := w.tips.Faces(context.Background(), v, []*tips.Row{&tip.Tip})
		if err != nil || len(people) != 2 {
			t.Fatalf("%d people, %v", len(people), err)
		}
		return len(posts)
	}
	role := func(r circles.Role) {
		w.update(func(tx *store.Tx) error { return tx.SetRole(w.circle, w.ann.Person, r) })
	}
	if n := titles(w.ann); n != 1 {
		t.Errorf("in a public circle: %d titles", n)
	}
	w.update(func(tx *store.Tx) error {
		c, err := tx.Circle(w.circle)
		if err != nil {
			return err
		}
		c.Visibility = circles.MembersOnly
		return tx.SaveCircle(c)
	})
	if n := titles(w.ann); n != 0 {
		t.Errorf("in a circle that one is not in: %d titles, want none", n)
	}
	role(circles.RoleMember)
	if n := titles(w.ann); n != 1 {
		t.Errorf("as a member: %d titles", n)
	}
	role(circles.NoRole)
	if n := titles(w.ann); n != 0 {
		t.Errorf("after leaving: %d titles, want none", n)
	}
	role(circles.RoleMember)
	w.update(func(tx *store.Tx) error {
		p, err := tx.Post(w.post)
		if err != nil {
			return err
		}
		p.State = circles.Removed
		return tx.SavePostState(p)
	})
	if n := titles(w.ann); n != 0 {
		t.Errorf("of a post that was removed: %d titles, want none", n)
	}
}

// Who blocked or muted somebody does not meet their gifts, and others do.
func TestGiftsOfWhomOneDoesNotWantToMeet(t *testing.T) {
	w := newWorld(t)
	w.rich(100)
	w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Gifts: true})
	tip, err := w.present("flower", "For the leeks")
	if err != nil {
		t.Fatal(err)
	}
	w.pass(11 * time.Minute)
	ctx := context.Background()
	if err := w.tips.ShowGift(ctx, w.bob, tip.ID, true); err != nil {
		t.Fatal(err)
	}
	sees := func(v circles.Viewer) bool {
		t.Helper()
		all, err := w.tips.ShownGifts(ctx, v, []circles.PostID{w.post})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.tips.Gift(ctx, v, tip.ID)
		if (err == nil) != (len(all) == 1) && v.Person != w.bob.Person {
			t.Errorf("the list has %d, alone it is %v", len(all), err)
		}
		return len(all) == 1
	}
	if !sees(w.carl) || !sees(circles.Viewer{}) {
		t.Error("who blocked nobody does not see it")
	}
	for name, do := range map[string]func(tx *store.Tx, on bool) error{
		"blocked": func(tx *store.Tx, on bool) error { return tx.SetBlock(w.carl.Person.Actor(), w.ann.Person.Actor(), on) },
		"muted":   func(tx *store.Tx, on bool) error { return tx.SetMute(w.carl.Person, w.ann.Person.Actor(), on) },
	} {
		w.update(func(tx *store.Tx) error { return do(tx, true) })
		if sees(w.carl) {
			t.Errorf("%s: it is shown all the same", name)
		}
		if !sees(circles.Viewer{}) || !sees(w.bob) {
			t.Errorf("%s: others do not see it any more", name)
		}
		w.update(func(tx *store.Tx) error { return do(tx, false) })
		if !sees(w.carl) {
			t.Errorf("no longer %s, and still hidden", name)
		}
	}
}

// An account that ends takes the words with it that moderators kept of its notes, and what it said of others'.
func TestForgottenWords(t *testing.T) {
	w := newWorld(t)
	w.rich(100)
	w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Gifts: true})
	tip, err := w.present("tea", "You are a fool")
	if err != nil {
		t.Fatal(err)
	}
	w.pass(11 * time.Minute)
	ctx := context.Background()
	if err := w.tips.ReportGift(ctx, w.bob, tip.ID, "Rude"); err != nil {
		t.Fatal(err)
	}
	if err := w.tips.DecideGift(ctx, circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}, tip.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	gift := func() *ledger.Gift {
		all, err := w.tips.Gifts(ctx, []*tips.Row{&tip.Tip})
		if err != nil {
			t.Fatal(err)
		}
		return all[tip.ID]
	}
	forget := func(v circles.Viewer) {
		w.update(func(tx *store.Tx) error { return ledger.Forget(tx, v.Person) })
	}
	forget(w.carl)
	if g := gift(); g.Taken != "You are a fool" || g.Report != "Rude" {
		t.Errorf("after somebody else's end: %+v", g)
	}
	forget(w.bob)
	if g := gift(); g.Taken != "You are a fool" || g.Report != "" {
		t.Errorf("after the end of who reported: %+v", g)
	}
	forget(w.ann)
	if g := gift(); g.Taken != "" || g.Report != "" || g.Kind != "tea" {
		t.Errorf("after the end of who wrote: %+v", g)
	}
}
