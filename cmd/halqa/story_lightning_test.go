package main

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/lightning"
	"halqa/wallet/wallettest"
)

// wallet is the adapter over the node, with the macaroon of that name.
func (l *lightningNode) wallet(name, macaroon string) *lightning.LND {
	l.t.Helper()
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			l.t.Fatal(err)
		}
		return b
	}
	a, err := lightning.NewLND(lightning.LNDOptions{Name: name, URL: "https://" + l.rest, Cert: read(l.file(l.name + "/tls.cert")), Macaroon: read(l.macaroon(macaroon)),
		Secret: []byte("a secret of " + name + ", which is 32 bytes or more"), Code: "lins-node", Network: lightning.Simnet, Now: time.Now})
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

// invoice is what the payer of a tip is shown.
func invoice(t testing.TB, actions []wallet.Action) string {
	t.Helper()
	for _, a := range actions {
		if text, ok := strings.CutPrefix(a.URI, "lightning:"); ok && a.Kind == wallet.ActQR {
			return text
		}
	}
	t.Fatalf("the payer is shown %+v", actions)
	return ""
}

// pays pays what a tip's payer is shown, over the real net.
func (n *simnet) pays(tip *tips.Tip) {
	n.t.Helper()
	text := invoice(n.t, tip.Actions)
	in, err := lightning.Decode(text)
	if err != nil {
		n.t.Fatal(err)
	}
	if in.Network != lightning.Simnet || in.MilliSat != tip.Amount {
		n.t.Fatalf("a tip of %d has the invoice %+v", tip.Amount, in)
	}
	preimage, err := n.pay(text, hex.EncodeToString(in.PaymentHash[:]))
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := lightning.Proves(text, hex.EncodeToString(preimage)); err != nil {
		n.t.Errorf("the preimage proves nothing: %v", err)
	}
}

// Tips over two real nodes: here and across instances, over a restart of the payee's node, and what is no
// tip: canceled, paid to nobody's invoice of ours, asked for by a stranger's wallet.
func TestTipsOverLightning(t *testing.T) {
	n := newSimnet(t)
	b := newTown(t)
	ctx := t.Context()
	node := n.payee.wallet("node", "invoice")
	b.must(b.h.tips.Use(ctx, node))
	b.must(b.h.tips.SetPayee(ctx, b.lin, "node", lightning.PayeeNode, "lins-node"))
	b.must(b.h.tips.SetWish(ctx, b.lin, tips.Wish{Takes: tips.TakesAll, Abroad: true}))
	post := b.post(b.lin, b.circle("gardening").CircleID(), "My first leeks", "")
	give := func(minor int64, form string) *tips.Tip {
		t.Helper()
		tip, err := b.h.tips.Start(ctx, b.ann, tips.Intent{Post: post.ID, Adapter: "node", Amount: wallet.Amount{Minor: minor, Asset: "BTC"}, Once: form, Locale: "en"})
		b.must(err)
		return tip
	}

	// What the conformance kit asks of any wallet, where it needs no hand on the clock.
	wallettest.Run(t, func(testing.TB) wallettest.Harness {
		payee, err := node.CheckPayee(ctx, lightning.PayeeNode, "lins-node")
		b.must(err)
		return wallettest.Harness{Adapter: node, Payee: payee, Level: 1}
	})
	if err := node.Health(ctx); err != nil {
		t.Errorf("health with the invoice macaroon: %v", err)
	}
	if err := n.payee.wallet("rich", "admin").Health(ctx); err == nil || !strings.Contains(err.Error(), "can do more") {
		t.Errorf("health with the admin macaroon: %v", err)
	}

	// One tip, from the page to the books.
	first := give(21_000, "first")
	n.pays(first)
	if tip, err := b.h.tips.Look(ctx, b.ann, first.ID); err != nil || tip.State != tips.Paid || tip.Net != 21_000 {
		t.Fatalf("after the payment %+v, %v", tip, err)
	}
	if n, err := b.h.tips.Tippers(ctx, []circles.PostID{post.ID}); err != nil || n[post.ID] != 1 {
		t.Errorf("%v people tipped, %v", n, err)
	}
	b.must(b.h.tips.ReadFeeds(ctx))
	page, err := node.Feed(ctx, "", 100)
	b.must(err)
	if len(page.Hints) != 1 || page.More || page.Cursor == "" {
		t.Fatalf("the feed from the beginning: %+v", page)
	}

	// Two are paid while nobody looks, and the node is started again: it tells of both, by their number.
	second, third := give(2_000, "second"), give(3_000, "third")
	n.pays(third)
	n.pays(second)
	n.payee.daemon.stop()
	if c, err := node.GetCharge(ctx, first.RailRef); err == nil && c.State != wallet.Unknown {
		t.Errorf("a node that is down says %s", c.State)
	}
	if err := node.Health(ctx); err == nil {
		t.Error("a node that is down is well")
	}
	n.payee.start()
	replayed, err := node.Feed(ctx, page.Cursor, 100)
	b.must(err)
	if len(replayed.Hints) != 2 || replayed.Hints[0].ChargeID != third.RailRef || replayed.Hints[1].ChargeID != second.RailRef {
		t.Errorf("after the restart the node tells %+v, want the third and the second tip", replayed.Hints)
	}
	if again, err := node.Feed(ctx, replayed.Cursor, 100); err != nil || len(again.Hints) != 0 {
		t.Errorf("behind the cursor: %+v, %v", again, err)
	}
	b.must(b.h.tips.ReadFeeds(ctx))
	b.must(b.h.tips.Sweep(ctx))
	b.settles(b.ann, second.ID, tips.Paid, 2_000)
	b.settles(b.ann, third.ID, tips.Paid, 3_000)
	n.connected()

	// What is taken back cannot be paid any more, and the node's own numbers for it are no money.
	fourth := give(4_000, "fourth")
	text := invoice(t, fourth.Actions)
	c, err := node.CancelCharge(ctx, fourth.RailRef)
	if err != nil || c.State != wallet.Canceled {
		t.Fatalf("canceled: %+v, %v", c, err)
	}
	if _, err := n.pay(text, fourth.RailRef); err == nil {
		t.Error("a canceled invoice was paid")
	}
	if tip, err := b.h.tips.Look(ctx, b.ann, fourth.ID); err != nil || tip.State != tips.Canceled || tip.Net != 0 {
		t.Errorf("a canceled tip is %+v, %v", tip, err)
	}

	// A stranger's wallet pays lin at lin@host.
	b.must(b.h.tips.SetAddress(ctx, b.lin, true))
	bill, err := b.h.tips.AddressBill(ctx, "lin", 7_000)
	b.must(err)
	preimage, err := n.pay(bill.Invoice, bill.ID)
	b.must(err)
	if paid, err := b.h.tips.AddressPaid(ctx, "lin", bill.ID); err != nil || !paid.Settled || paid.Preimage != hex.EncodeToString(preimage) || paid.Invoice != bill.Invoice {
		t.Errorf("the bill after its payment: %+v, %v", paid, err)
	}
	if got := b.history(b.lin); len(got) != 4 {
		t.Errorf("lin has %d tips, want the four of ann", len(got))
	}

	// From another instance.
	a := newTown(t)
	here := a.fetches(post.at)
	gave, err := a.h.tips.Start(ctx, a.lin, tips.Intent{Post: here.ID, Adapter: tips.Abroad, Amount: wallet.Amount{Minor: 50_000, Asset: "BTC"}, Once: "form", Locale: "en"})
	a.must(err)
	n.pays(gave)
	b.must(b.h.tips.ReadFeeds(ctx))
	b.must(b.h.tips.Sweep(ctx))
	a.settles(a.lin, gave.ID, tips.Paid, 50_000)
	for _, w := range []*town{a, b} {
		if _, err := w.h.tips.VerifyAll(ctx); err != nil {
			t.Errorf("the ledger of %s: %v", w.h.site.Host, err)
		}
	}
}
