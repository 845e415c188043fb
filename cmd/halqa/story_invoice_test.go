package main

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/testpeer"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/lightning"
	"halqa/wallet/lightning/lntest"
)

// addresses gives a town the wallet that pays to Lightning Addresses, of which one provider has them all. Both
// have a clock of their own.
func (w *town) addresses() (*lntest.Provider, *crashClock) {
	w.t.Helper()
	clock := &crashClock{}
	p := lntest.NewProvider(clock.now)
	a, err := lightning.NewAddresses(lightning.AddressesOptions{Name: addressWallet, Client: &http.Client{Transport: p}, Notes: w.h.tips.Notes(addressWallet), Now: clock.now})
	w.must(err)
	w.must(w.h.tips.Use(w.t.Context(), a))
	return p, clock
}

// proof is what a town has in its books as the proof of a tip.
func (w *town) proof(tip int64) (text string) {
	w.t.Helper()
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) error {
		all, err := ledger.ChargesOf(tx, tip)
		if err == nil {
			text = all[0].Proof
		}
		return err
	}))
	return text
}

// A tip crosses two instances over an invoice, of the payee's node or of the provider behind their Lightning
// Address. What the payer's instance believes is the preimage of the very invoice that it was quoted: it stands
// in the books of both, and nothing is paid while no preimage is known.
func TestThePreimageCrossesTwoInstances(t *testing.T) {
	for _, kind := range []string{"node", "address"} {
		t.Run(kind, func(t *testing.T) {
			a, b := newTown(t), newTown(t)
			ctx := t.Context()
			network := lightning.Mainnet
			var pay func(text string) string // and returns the preimage
			adapter := addressWallet
			if kind == "address" {
				provider, _ := b.addresses()
				b.must(b.h.tips.SetPayee(ctx, b.lin, adapter, lightning.PayeeAddress, "bob@pay.example"))
				pay = func(text string) string {
					preimage, err := provider.Pay(text)
					b.must(err)
					return hex.EncodeToString(preimage[:])
				}
			} else {
				adapter, network = "node", lightning.Simnet
				node := lntest.NewNode(time.Now, []byte("the macaroon of lin's node"))
				t.Cleanup(node.Close)
				l, err := lightning.NewLND(lightning.LNDOptions{Name: adapter, URL: node.URL, Cert: node.Cert(), Macaroon: []byte("the macaroon of lin's node"),
					Secret: []byte("a secret of lin's node, which is 32 bytes or more"), Code: "lins-node", Network: network, Now: time.Now})
				b.must(err)
				b.must(b.h.tips.Use(ctx, l))
				b.must(b.h.tips.SetPayee(ctx, b.lin, adapter, lightning.PayeeNode, "lins-node"))
				pay = func(text string) string {
					in, err := lightning.Decode(text)
					b.must(err)
					b.must(node.Pay(hex.EncodeToString(in.PaymentHash[:]), in.MilliSat))
					return ""
				}
			}
			b.must(b.h.tips.SetWish(ctx, b.lin, tips.Wish{Takes: tips.TakesAll, Abroad: true}))
			post := b.post(b.lin, b.circle("gardening").CircleID(), "My first leeks", "")
			here := a.fetches(post.at)
			gave, err := a.h.tips.Start(ctx, a.lin, tips.Intent{Post: here.ID, Adapter: tips.Abroad, Amount: wallet.Amount{Minor: 21_000, Asset: "BTC"}, Once: "form", Locale: "en"})
			a.must(err)
			text := invoice(t, gave.Actions)
			in, err := lightning.Decode(text)
			if err != nil || in.Network != network || in.MilliSat != 21_000 || kind == "node" && (!in.Hashed || string(in.DescriptionHash[:]) != string(gave.Binding)) {
				t.Fatalf("the payer is shown %+v, %v", in, err)
			}
			if _, err := a.h.tips.Prove(ctx, a.lin, gave.ID, strings.Repeat("07", 32)); err == nil {
				t.Error("what the payer types proves a tip whose payee's instance can tell")
			}
			got := b.history(b.lin)[0]
			if tip, err := a.h.tips.Tip(ctx, a.lin, gave.ID); err != nil || tip.State != tips.Open || a.proof(gave.ID)+b.proof(got.ID) != "" {
				t.Fatalf("before the payment: %+v, %v, proofs %q, %q", tip, err, a.proof(gave.ID), b.proof(got.ID))
			}
			preimage := pay(text)
			b.must(b.h.tips.ReadFeeds(ctx))
			if !within(patience, func() bool { // the clock asks about it when its time comes
				b.must(b.h.tips.Sweep(ctx))
				return b.history(b.lin)[0].State == tips.Paid
			}) {
				t.Fatalf("the payee's instance has %+v", b.history(b.lin)[0])
			}
			a.settles(a.lin, gave.ID, tips.Paid, 21_000)
			for name, proof := range map[string]string{"payer": a.proof(gave.ID), "payee": b.proof(got.ID)} {
				if !strings.Contains(proof, tips.ProofPreimage) || !strings.Contains(proof, text) || !strings.Contains(proof, preimage) {
					t.Errorf("the %s's instance keeps the proof %q", name, proof)
				}
			}
			for _, w := range []*town{a, b} {
				if _, err := w.h.tips.VerifyAll(ctx); err != nil {
					t.Errorf("the ledger of %s: %v", w.h.site.Host, err)
				}
			}
		})
	}
}

// Bob is on a server that knows nothing of tips, and shows a Lightning Address. A member of ours tips him there.
// A provider that can verify is asked; of one that cannot, the page says that nobody here can tell, until the
// payer shows the preimage. Bob's server is told nothing.
func TestTipToALightningAddressElsewhere(t *testing.T) {
	for _, verifies := range []bool{true, false} {
		t.Run(fmt.Sprintf("verifies=%t", verifies), func(t *testing.T) {
			w := newTown(t)
			ctx := t.Context()
			provider, clock := w.addresses()
			provider.Verifies = verifies
			v := w.visit(testpeer.Mastodon)
			v.bob.Rewrite(func(doc map[string]any) {
				doc["attachment"] = []any{map[string]any{"type": "Link", "name": "Tips", "rel": []any{"payment"}, "href": "lightning:bob@pay.example"}}
			})
			found, err := w.h.inbox.Lookup(ctx, circles.KindPerson, "bob", v.peer.Host())
			w.must(err)
			gave, err := w.h.tips.Start(ctx, w.lin, tips.Intent{Payee: circles.PersonID(found.ID), Adapter: addressWallet, Amount: wallet.Amount{Minor: 21_000, Asset: "BTC"}, Once: "form", Locale: "en"})
			w.must(err)
			text := invoice(t, gave.Actions)
			preimage, err := provider.Pay(text)
			w.must(err)
			page := fmt.Sprintf("/tips/%d", gave.ID)
			lin := w.member(t, "lin")
			lin.open(page)
			if verifies {
				lin.send(page+"/look", url.Values{})
				w.settles(w.lin, gave.ID, tips.Paid, 21_000)
			} else {
				lin.wants("Have you paid?")
				if tip, err := w.h.tips.Look(ctx, w.lin, gave.ID); err != nil || tip.State != tips.Open || tip.Net != 0 {
					t.Fatalf("nobody can tell, and the tip is %+v, %v", tip, err)
				}
				clock.ahead.Store(15 * 60) // the invoice is over
				if _, err := w.h.tips.Look(ctx, w.lin, gave.ID); err != nil {
					t.Fatal(err)
				}
				lin.open(page)
				lin.wants("The provider on the other side cannot confirm it.")
				lin.refused = true
				lin.send(page+"/prove", url.Values{"preimage": {strings.Repeat("07", 32)}})
				lin.wants("That does not prove this payment.")
				lin.open(page)
				lin.send(page+"/prove", url.Values{"preimage": {hex.EncodeToString(preimage[:])}})
				w.settles(w.lin, gave.ID, tips.Paid, 21_000)
			}
			lin.open(page)
			lin.wants("Paid.")
			lin.hides("cannot confirm it")
			v.content("the end")
			if s := v.peer.Story(); strings.Contains(s, "Tip") {
				t.Errorf("bob's server was told of the tip:\n%s", s)
			}
			if _, err := w.h.tips.VerifyAll(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}
