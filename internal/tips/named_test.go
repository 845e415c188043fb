package tips_test

import (
	"context"
	"slices"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/tips"
	"halqa/wallet"
)

// A rail that pays named members pays nobody else, whatever those say.
func TestNamedPayees(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	r := newScripted()
	r.d.Name, r.d.PayeeKinds, r.d.Capabilities = "shop", []string{"merchant"}, append(r.d.Capabilities, wallet.CapPayeeCheck)
	bob := w.name(w.bob)
	if err := w.tips.UseFor(ctx, r, map[string]wallet.Payee{bob: {Kind: "merchant", Ref: "2088"}}); err != nil {
		t.Fatal(err)
	}
	tip, err := w.tips.Start(ctx, w.ann, w.intent("shop", "CNY", 500))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range r.asked {
		if in.Payee != (wallet.Payee{Kind: "merchant", Ref: "2088"}) {
			t.Errorf("tip %d asks for money for %v", tip.ID, in.Payee)
		}
	}
	wantKind(t, w.tips.SetPayee(ctx, w.carl, "shop", "merchant", "2088"), circles.NotFound)
	in := w.intent("shop", "CNY", 500)
	in.Post, in.Payee = 0, w.carl.Person
	_, err = w.tips.Start(ctx, w.ann, in)
	wantKind(t, err, circles.Forbidden)
	if c, err := w.tips.Choice(ctx, w.carl); err != nil || slices.ContainsFunc(c.Payees, func(p tips.PayeeChoice) bool { return p.Adapter == "shop" }) {
		t.Errorf("carl is asked where the shop pays him: %+v, %v", c.Payees, err)
	}
}

// What the kit said of a wallet is on the page of the wallets.
func TestReportsAreKept(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for _, passed := range []int{40, 44} {
		if err := w.tips.KeepReport(ctx, tips.Conformance{Adapter: "scripted", Version: "1", Level: 3, Passed: passed, Failed: 44 - passed}); err != nil {
			t.Fatal(err)
		}
	}
	o, err := w.tips.Overview(ctx, circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range o.Wallets {
		switch r := s.Report; {
		case s.Name == "scripted" && (r == nil || r.Passed != 44 || r.Failed != 0 || r.At == 0):
			t.Errorf("scripted: %+v", r)
		case s.Name == "credits" && (r == nil || r.Level != 3 || r.Failed != 0 || r.Passed == 0):
			t.Errorf("credits says of itself %+v", r)
		}
	}
}

// name is what somebody is called here.
func (w *world) name(v circles.Viewer) (name string) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx *store.Tx) error {
		a, err := tx.Actor(v.Person.Actor())
		if err == nil {
			name = a.Name
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return name
}
