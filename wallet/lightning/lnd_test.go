package lightning

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"halqa/wallet"
	"halqa/wallet/wallettest"
)

func TestLNDConformance(t *testing.T) {
	wallettest.Run(t, func(t testing.TB) wallettest.Harness {
		f := newFakeNode(t)
		l := f.adapter()
		return wallettest.Harness{Adapter: l, Payee: l.payee, Rail: f, Now: f.clock.Now, Level: 3}
	})
}

func (f *fakeNode) ask(l *LND, key string) wallet.CreateCharge {
	return wallet.CreateCharge{Key: key, TipID: "1", Amount: wallet.Amount{Minor: 21_000, Asset: "BTC"}, Payee: l.payee, Memo: "Tip 1",
		Binding: wallet.Binding{9}, ExpiresAt: f.clock.Now().Add(time.Hour)}
}

func (f *fakeNode) charge(l *LND, key string) wallet.Charge {
	f.t.Helper()
	c, err := l.CreateCharge(f.t.Context(), f.ask(l, key))
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// TestLNDInvoice looks at what the payer gets: an invoice that commits to the intent, whose preimage comes
// only with the payment, and which proves it.
func TestLNDInvoice(t *testing.T) {
	f := newFakeNode(t)
	l := f.adapter()
	c := f.charge(l, "tip_1_a1")
	if len(c.Actions) != 1 || c.Actions[0].Kind != wallet.ActQR || c.Actions[0].URI != "lightning:"+c.Actions[0].Text || c.Proof != nil {
		t.Fatalf("an open charge has actions %+v, proof %+v", c.Actions, c.Proof)
	}
	in, err := Decode(c.Actions[0].Text)
	if err != nil {
		t.Fatal(err)
	}
	if in.MilliSat != 21_000 || !in.Hashed || in.DescriptionHash != [32]byte{9} || hex.EncodeToString(in.PaymentHash[:]) != c.ID || in.Expires != f.clock.Now().Add(time.Hour) {
		t.Errorf("the invoice is %+v", in)
	}
	if err := f.Pay(t.Context(), c.ID, 21_000, true); err != nil {
		t.Fatal(err)
	}
	if c, err = l.GetCharge(t.Context(), c.ID); err != nil || c.State != wallet.Settled || c.Proof == nil {
		t.Fatalf("a paid charge is %+v, %v", c, err)
	}
	if _, err := Proves(c.Proof.Data["bolt11"], c.Proof.Data["preimage"]); err != nil {
		t.Errorf("its proof: %v", err)
	}
}

// TestLNDOnlySettledIsMoney: a canceled invoice can show a sum as paid that went back.
func TestLNDOnlySettledIsMoney(t *testing.T) {
	f := newFakeNode(t)
	l := f.adapter()
	for state, want := range map[string]wallet.State{"CANCELED": wallet.Canceled, "ACCEPTED": wallet.Processing, "OPEN": wallet.Pending} {
		c := f.charge(l, "tip_1_"+strings.ToLower(state))
		f.Say(c.ID, state, 21_000)
		got, err := l.GetCharge(t.Context(), c.ID)
		if err != nil || got.State != want || got.Received != 0 {
			t.Errorf("%s with 21000 paid: %s, %d received, %v", state, got.State, got.Received, err)
		}
	}
	c := f.charge(l, "tip_1_short")
	f.Say(c.ID, "SETTLED", 20_000) // no node does that
	if _, err := l.GetCharge(t.Context(), c.ID); !errors.Is(err, wallet.ErrInvalid) {
		t.Errorf("settled with less than asked: %v, want ErrInvalid", err)
	}
}

// TestLNDShared: two wallets on one node, and its owner's own invoices, do not see each other.
func TestLNDShared(t *testing.T) {
	f := newFakeNode(t)
	a := f.adapter()
	o := f.options()
	o.Secret = []byte("another secret, also of 32 bytes or more")
	b, err := NewLND(o)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := f.charge(a, "tip_1_a1"), f.charge(b, "tip_1_a1")
	if mine.ID == theirs.ID {
		t.Fatal("one key with two secrets is one invoice")
	}
	if _, err := a.GetCharge(t.Context(), theirs.ID); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("another wallet's charge: %v, want ErrNotFound", err)
	}
	f.Foreign("coffee")
	f.Foreign("coffee [tip_1_a1 00000000000000000000000000000000]") // looks like one of ours
	for _, id := range []string{mine.ID, theirs.ID} {
		if err := f.Pay(t.Context(), id, 21_000, true); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		l    *LND
		want string
	}{"a": {a, mine.ID}, "b": {b, theirs.ID}} {
		for _, cursor := range []string{"", "s1", "s2"} {
			p, err := c.l.Feed(t.Context(), cursor, 10)
			for tries := 0; err == nil && len(p.Hints) == 0 && tries < 10; tries++ { // a slow machine is silent for longer
				p, err = c.l.Feed(t.Context(), p.Cursor, 10)
			}
			if err != nil || len(p.Hints) != 1 || p.Hints[0].ChargeID != c.want {
				t.Errorf("%s from %q: %+v, %v, want %s", name, cursor, p, err, c.want)
			}
		}
	}
}

// TestLNDFeed reads a node's past from the beginning in small pages, then what is new, then nothing.
func TestLNDFeed(t *testing.T) {
	f := newFakeNode(t)
	l := f.adapter()
	var ids []string
	for n := range 7 {
		c := f.charge(l, fmt.Sprintf("tip_%d_a1", n))
		ids = append(ids, c.ID)
		f.Foreign("coffee")
	}
	pay := func(n int) {
		if err := f.Pay(t.Context(), ids[n], 21_000, true); err != nil {
			t.Fatal(err)
		}
	}
	pay(3)
	pay(1)
	read := func(cursor string, between func()) (map[string]bool, string) {
		seen := map[string]bool{}
		for range 50 {
			p, err := l.Feed(t.Context(), cursor, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Hints) > 3 {
				t.Fatalf("%d hints, want 3 at most", len(p.Hints))
			}
			for _, h := range p.Hints {
				seen[h.ChargeID] = true
			}
			cursor = p.Cursor
			if !p.More {
				return seen, cursor
			}
			if between != nil {
				between()
				between = nil
			}
		}
		t.Fatal("the feed has no end")
		return nil, ""
	}
	// While the list is read, one on a page that was read already is paid: it must come later.
	seen, cursor := read("", func() { pay(0) })
	if !seen[ids[3]] || !seen[ids[1]] {
		t.Errorf("from the beginning: %v", seen)
	}
	late, cursor := read(cursor, nil)
	if !seen[ids[0]] && !late[ids[0]] {
		t.Errorf("what was paid while the list was read is in neither reading")
	}
	f.clock.add(2 * time.Hour)
	c := f.charge(l, "tip_9_a1")
	if err := f.Pay(t.Context(), c.ID, 21_000, true); err != nil {
		t.Fatal(err)
	}
	seen, cursor = read(cursor, nil)
	if !seen[c.ID] || !strings.HasPrefix(cursor, "s") {
		t.Errorf("two hours later: %v, cursor %q", seen, cursor)
	}
	_, cursor = read(cursor, nil) // the list's end may name the last hour once more
	if seen, again := read(cursor, nil); len(seen) != 0 || again != cursor {
		t.Errorf("with nothing new: %v, cursor %q after %q", seen, again, cursor)
	}
	for _, bad := range []string{"x", "s", "s-1", "l", "l1", "sx", "l1.x", "s99999999999999999999999"} {
		if _, err := l.Feed(t.Context(), bad, 3); !errors.Is(err, wallet.ErrInvalid) {
			t.Errorf("cursor %q: %v, want ErrInvalid", bad, err)
		}
	}
	f.Down(t.Context(), true)
	for _, cursor := range []string{"", "s1"} {
		if p, err := l.Feed(t.Context(), cursor, 3); !errors.Is(err, wallet.ErrTemporary) {
			t.Errorf("a node that is down, from %q: %+v, %v, want ErrTemporary", cursor, p, err)
		}
	}
}

// TestLNDHealth: a node that is there and a macaroon that opens nothing else.
func TestLNDHealth(t *testing.T) {
	f := newFakeNode(t)
	l := f.adapter()
	if err := l.Health(t.Context()); err != nil {
		t.Errorf("all is well: %v", err)
	}
	f.Rich()
	if err := l.Health(t.Context()); err == nil || !strings.Contains(err.Error(), "invoice.macaroon") {
		t.Errorf("a macaroon that reads balances: %v", err)
	}
	o := f.options()
	o.Macaroon = []byte("the macaroon of another node")
	other, err := NewLND(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Health(t.Context()); err == nil || strings.Contains(err.Error(), hex.EncodeToString(o.Macaroon)) {
		t.Errorf("a macaroon that opens nothing: %v", err)
	}
	// Another machine with another certificate at the same name.
	imposter := httptest.NewUnstartedServer(http.NotFoundHandler())
	imposter.Config.ErrorLog = log.New(io.Discard, "", 0)
	imposter.StartTLS()
	defer imposter.Close()
	o = f.options()
	o.URL = imposter.URL
	o.Cert = newCert(t)
	other, err = NewLND(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.CreateCharge(t.Context(), f.ask(other, "tip_1_a1")); !errors.Is(err, wallet.ErrTemporary) {
		t.Errorf("a node with another certificate: %v, want ErrTemporary", err)
	}
}

// TestLNDRefusalsTellNothing: a node, or a proxy before it, that repeats in its answer what it was sent. Who
// knows a preimage has a receipt for what nobody paid.
func TestLNDRefusalsTellNothing(t *testing.T) {
	f := newFakeNode(t)
	l := f.adapter()
	f.Tells("POST")
	_, err := l.CreateCharge(t.Context(), f.ask(l, "tip_1_a1"))
	if err == nil || !strings.Contains(err.Error(), "cannot POST /v1/invoices with [secret] and ") || !strings.Contains(err.Error(), `r_preimage":"[secret]"`) {
		t.Errorf("refused with %v", err)
	}
}

func TestLNDOptions(t *testing.T) {
	f := newFakeNode(t)
	for name, spoil := range map[string]func(*LNDOptions){
		"no name":        func(o *LNDOptions) { o.Name = "" },
		"plain http":     func(o *LNDOptions) { o.URL = "http://127.0.0.1:8080" },
		"no address":     func(o *LNDOptions) { o.URL = "" },
		"a path":         func(o *LNDOptions) { o.URL += "/v1" },
		"a password":     func(o *LNDOptions) { o.URL = "https://u:p@127.0.0.1" },
		"no certificate": func(o *LNDOptions) { o.Cert = []byte("text") },
		"no macaroon":    func(o *LNDOptions) { o.Macaroon = nil },
		"short secret":   func(o *LNDOptions) { o.Secret = o.Secret[:31] },
		"no code":        func(o *LNDOptions) { o.Code = "" },
	} {
		o := f.options()
		spoil(&o)
		if _, err := NewLND(o); !errors.Is(err, wallet.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func TestLNDPayee(t *testing.T) {
	l := newFakeNode(t).adapter()
	if p, err := l.CheckPayee(t.Context(), PayeeNode, "alice-node"); err != nil || p != l.payee {
		t.Errorf("the code: %+v, %v", p, err)
	}
	for _, bad := range []string{"", "alice-nod", "alice-node ", "ALICE-NODE"} {
		if _, err := l.CheckPayee(t.Context(), PayeeNode, bad); !errors.Is(err, wallet.ErrInvalid) {
			t.Errorf("%q: %v, want ErrInvalid", bad, err)
		}
	}
	if strings.Contains(l.payee.Ref, "alice") || len(l.payee.Ref) != sha256.Size {
		t.Errorf("the payee's name tells the code: %q", l.payee.Ref)
	}
}
