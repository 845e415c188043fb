package main

import (
	"context"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/wallettest"
)

// A purse is a rail that both sides of a story can see: the payee's instance uses it, the payer pays over it.
type purse struct {
	*wallettest.Fake
	w *town
}

// opens gives a town a wallet, and a member of it an account there which others are shown.
func (w *town) opens(who circles.Viewer, account string) purse {
	w.t.Helper()
	ctx := w.t.Context()
	f := wallettest.NewFake("", w.h.now)
	w.must(w.h.tips.Use(ctx, f))
	w.must(w.h.tips.SetPayee(ctx, who, "fake", "fake-account", account))
	w.must(w.h.tips.SetWish(ctx, who, tips.Wish{Takes: tips.TakesAll, Abroad: true}))
	return purse{f, w}
}

// paid pays a tip of this town's and lets the rail say so.
func (p purse) paid(tip *tips.Row, minor int64) {
	p.w.t.Helper()
	p.w.must(p.Pay(p.w.t.Context(), "bill-"+keyOf(tip), minor, true))
	p.knocks(tip)
}

// knocks delivers the rail's messages about a tip and asks it.
func (p purse) knocks(tip *tips.Row) {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	all, err := p.Messages(ctx, "bill-"+keyOf(tip))
	p.w.must(err)
	for _, m := range all {
		_, err := p.w.h.tips.Webhook(ctx, "fake", m.Header, m.Query, m.Body)
		p.w.must(err)
	}
	p.w.must(p.w.h.tips.Sweep(ctx))
}

func keyOf(tip *tips.Row) string { return "tip_" + circles.PostID(tip.ID).String() + "_a1" }

// history is what somebody gave and got, latest first.
func (w *town) history(who circles.Viewer) []*tips.Row {
	w.t.Helper()
	all, err := w.h.tips.History(w.t.Context(), who, 0, 10)
	w.must(err)
	return all
}

// fetches brings a post from another town here.
func (w *town) fetches(address string) *circles.Post {
	w.t.Helper()
	id, err := w.h.inbox.FetchPost(w.t.Context(), address)
	w.must(err)
	var p *circles.Post
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) (err error) {
		p, err = tx.Post(id)
		return err
	}))
	return p
}

// A tip crosses two instances, and the records of both say the same: when it is offered, when it is paid,
// and when some of it goes back.
func TestATipCrossesTwoInstances(t *testing.T) {
	a, b := newTown(t), newTown(t)
	ctx := t.Context()
	garden := b.circle("gardening")
	rail := b.opens(b.lin, "lin")
	post := b.post(b.lin, garden.CircleID(), "My first leeks", "")
	here := a.fetches(post.at)

	offer, err := a.h.tips.Offer(ctx, a.lin, here.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	w, ok := offer.Way(tips.Abroad, "XTS")
	if !ok || w.Host != b.h.site.Host || w.Wallet != "fake" || w.Exponent != 3 || w.Min != 1000 || w.Max != 1_000_000 || w.Step != 10 || !w.TestMode {
		t.Fatalf("offered %+v", offer.Ways)
	}
	in := tips.Intent{Post: here.ID, Adapter: tips.Abroad, Amount: wallet.Amount{Minor: 5000, Asset: "XTS"}, Note: "Für die „Lauch“ \\ \"leeks\"", Once: "form", Locale: "en"}
	gave, err := a.h.tips.Start(ctx, a.lin, in)
	if err != nil {
		t.Fatal(err)
	}
	if gave.State != tips.Open || len(gave.Actions) != 1 || gave.Actions[0].Kind != wallet.ActQR || gave.Beyond == nil || gave.Beyond.Host != b.h.site.Host || gave.Beyond.Wallet != "fake" {
		t.Fatalf("after the quote %+v %+v", gave, gave.Beyond)
	}
	if again, err := a.h.tips.Start(ctx, a.lin, in); err != nil || again.ID != gave.ID {
		t.Errorf("the same form again: %+v, %v", again, err)
	}
	got := b.history(b.lin)
	if len(got) != 1 || got[0].State != tips.Open || got[0].Amount != 5000 || got[0].Note != in.Note || string(got[0].Binding) != string(gave.Binding) {
		t.Fatalf("the payee's instance has %+v", got)
	}

	rail.paid(got[0], 5000)
	if got = b.history(b.lin); got[0].State != tips.Paid {
		t.Fatalf("the payee's instance has %+v", got[0])
	}
	a.settles(a.lin, gave.ID, tips.Paid, 5000)
	people, err := b.h.tips.Tippers(ctx, []circles.PostID{post.ID})
	if err != nil || people[post.ID] != 1 {
		t.Errorf("%v people tipped, %v", people, err)
	}
	if people, err = a.h.tips.Tippers(ctx, []circles.PostID{here.ID}); err != nil || len(people) != 0 {
		t.Errorf("the payer's instance counts %v, which is not its to say; %v", people, err)
	}

	// Some of it is disputed, then the rest.
	for _, back := range []int64{2000, 5000} {
		b.must(rail.Dispute(ctx, "bill-"+keyOf(got[0]), map[int64]int64{2000: 2000, 5000: 3000}[back]))
		rail.knocks(got[0])
		state := tips.Short
		if back == 5000 {
			state = tips.Returned
		}
		a.settles(a.lin, gave.ID, state, 5000-back)
	}
	if got = b.history(b.lin); got[0].State != tips.Returned {
		t.Errorf("the payee's instance has %+v", got[0])
	}
	for _, w := range []*town{a, b} {
		if _, err := w.h.tips.VerifyAll(ctx); err != nil {
			t.Errorf("the ledger of %s: %v", w.h.site.Host, err)
		}
	}
}

// settles waits until a tip stands so, with so much left of it.
func (w *town) settles(who circles.Viewer, id int64, state tips.State, net int64) {
	w.t.Helper()
	var tip *tips.Tip
	ok := within(patience, func() bool {
		var err error
		tip, err = w.h.tips.Tip(context.WithoutCancel(w.t.Context()), who, id)
		w.must(err)
		return tip.State == state && tip.Net == net
	})
	if !ok {
		w.t.Fatalf("the tip is %s with %d, want %s with %d", tip.State, tip.Net, state, net)
	}
}
