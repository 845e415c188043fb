package tips_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/tips"
	"halqa/wallet"
)

// addressed is a rail whose payees are its own.
type addressed struct{ *scripted }

func (a *addressed) Describe(context.Context) (wallet.Descriptor, error) {
	d := a.d
	d.Name, d.PayeeKinds, d.Capabilities = "addressed", []string{"ln-address"}, wallet.Capabilities(a)
	return d, nil
}

func (a *addressed) CheckPayee(_ context.Context, kind, input string) (wallet.Payee, error) {
	if kind != "ln-address" || !strings.Contains(input, "@") {
		return wallet.Payee{}, fmt.Errorf("%w: no such address", wallet.ErrInvalid)
	}
	return wallet.Payee{Kind: kind, Ref: "lnurl:" + input}, nil
}

func TestPayeeChangesWait(t *testing.T) {
	w := newWorld(t)
	w.rules = tips.Rules{PayeeWait: 72 * time.Hour}
	w.tips = w.open()
	rail := &addressed{newScripted()}
	ctx := context.Background()
	if err := w.tips.Use(ctx, rail); err != nil {
		t.Fatal(err)
	}
	in := func() tips.Intent { return w.intent("addressed", "CNY", 500) }
	if _, err := w.tips.Start(ctx, w.ann, in()); textOf(err) != "refused.tip-no-payee" {
		t.Errorf("to who has no account there: %v", err)
	}
	set := func(v circles.Viewer, typed string) error { return w.tips.SetPayee(ctx, v, "addressed", "", typed) }
	wantKind(t, set(w.bob, "nowhere"), circles.Invalid)
	wantKind(t, set(w.bob, strings.Repeat("a", 400)+"@x"), circles.Invalid)
	wantKind(t, set(circles.Viewer{}, "bob@wallet.example"), circles.NotFound)
	wantKind(t, w.tips.SetPayee(ctx, w.bob, "credits", "", "bob@wallet.example"), circles.NotFound)
	paidTo := func() string {
		t.Helper()
		tip, err := w.tips.Start(ctx, w.ann, in())
		if err != nil {
			return textOf(err)
		}
		return rail.asked[fmt.Sprintf("tip_%d_a1", tip.ID)].Payee.Ref
	}
	for _, step := range []struct {
		typed string
		wait  time.Duration
		want  string
	}{
		{"bob@wallet.example", 0, "lnurl:bob@wallet.example"}, // the first one holds at once
		{"thief@wallet.example", 71 * time.Hour, "lnurl:bob@wallet.example"},
		{"", 0, "refused.tip-no-payee"},
		{"thief@wallet.example", 71 * time.Hour, "refused.tip-no-payee"}, // taking the old one away spares no wait
		{"", 72 * time.Hour, "refused.tip-no-payee"},
		{"bob@wallet.example", 0, "lnurl:bob@wallet.example"}, // gone for as long as a change waits
		{"new@wallet.example", 72 * time.Hour, "lnurl:new@wallet.example"},
		{"other@wallet.example", time.Hour, "lnurl:new@wallet.example"},
		{"new@wallet.example", 100 * time.Hour, "lnurl:new@wallet.example"}, // thought better of it
	} {
		if err := set(w.bob, step.typed); err != nil {
			t.Fatalf("%q: %v", step.typed, err)
		}
		w.now = w.now.Add(step.wait)
		if got := paidTo(); got != step.want {
			t.Errorf("%s after %q: %s is paid, want %s", step.wait, step.typed, got, step.want)
		}
	}
	swaps := int64(0)
	for _, a := range w.audits() {
		if a.Rule == "payee-changed" {
			swaps += a.N
		}
	}
	if swaps != 9 {
		t.Errorf("%d changes were written down, want 9", swaps)
	}
	// Two accounts of one owner.
	if err := set(w.ann, "new@wallet.example"); err != nil {
		t.Fatal(err)
	}
	if got := paidTo(); got != "refused.tip-same-payee" {
		t.Errorf("to who is paid at the same place: %s", got)
	}
}

// The payee hears of what arrived, the payer of what came to nothing or back; each once.
func TestNotices(t *testing.T) {
	w := newWorld(t)
	w.grant(100)
	w.update(func(tx *store.Tx) error {
		for _, v := range []circles.Viewer{w.ann, w.bob} {
			if err := tx.AddAccount(&store.Account{Person: v.Person, Role: circles.SiteMember, CreatedAt: tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	w.start(w.intent("credits", "CRD", 30))
	w.pass(11 * time.Minute)
	w.start(w.intent("scripted", "CNY", 500))
	w.pass(time.Minute)
	w.rail.pay("", 500)
	w.pass(time.Hour)
	w.rail.change("", func(c *wallet.Charge) { c.Reversed, c.State = c.Received, wallet.Reversed })
	w.pass(24 * time.Hour)
	if err := w.tips.ReadFeeds(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute)
	for range 2 {
		var events []circles.Event
		w.update(func(tx *store.Tx) (err error) { events, err = tx.EventsAfter(0, 100); return err })
		if err := w.tips.Handle(context.Background(), events); err != nil {
			t.Fatal(err)
		}
	}
	told := func(v circles.Viewer) (all []string) {
		w.update(func(tx *store.Tx) error {
			ns, err := tx.Notifications(v)
			all = nil
			for _, n := range ns {
				all = append(all, string(n.Kind))
			}
			return err
		})
		return all
	}
	if got := fmt.Sprint(told(w.bob)); got != "[tip-back tip tip]" {
		t.Errorf("the payee was told %s", got)
	}
	if got := fmt.Sprint(told(w.ann)); got != "[tip-back]" {
		t.Errorf("the payer was told %s", got)
	}
}
