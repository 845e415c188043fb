package lightning

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"halqa/wallet"
	"halqa/wallet/lightning/lntest"
	"halqa/wallet/wallettest"
)

func TestAddressesConformance(t *testing.T) {
	wallettest.Run(t, func(t testing.TB) wallettest.Harness {
		f := newFakeProvider(t)
		return wallettest.Harness{Adapter: f.adapter(), Payee: bob, Rail: f, Now: f.clock.Now, Level: 3}
	})
}

func TestParseAddress(t *testing.T) {
	for typed, want := range map[string]string{
		"bob@pay.example": "bob@pay.example", " Bob@Pay.Example ": "bob@pay.example", "lightning:b.o-b_+1@a.b-c.example": "b.o-b_+1@a.b-c.example",
		"bob@xn--fiq228c.example": "bob@xn--fiq228c.example",
		"":                        "", "bob": "", "@pay.example": "", "bob@": "", "bob@localhost": "", "bob@127.0.0.1": "", "bob@[::1]": "", "bob@pay.example:443": "",
		"bob@pay.example/x": "", "bob@pay..example": "", "bob@-pay.example": "", "b b@pay.example": "", "bob@pay.example@x.example": "", "../x@pay.example": "",
		"bob@2130706433": "", "bob@0x7f.1": "", "böb@pay.example": "", strings.Repeat("b", 65) + "@pay.example": "",
	} {
		got, err := ParseAddress(typed)
		if err == nil && got.String() != want || err != nil && (want != "" || !errors.Is(err, wallet.ErrInvalid)) {
			t.Errorf("ParseAddress(%q) = %q, %v, want %q", typed, got, err, want)
		}
	}
}

func (f *fakeProvider) ask(key string) wallet.CreateCharge {
	return wallet.CreateCharge{Key: key, TipID: "1", Amount: wallet.Amount{Minor: 21_000, Asset: "BTC"}, Payee: bob, Memo: "Tip 1",
		Binding: wallet.Binding{9}, ExpiresAt: f.clock.Now().Add(time.Hour)}
}

func (f *fakeProvider) charge(a *Addresses, key string) wallet.Charge {
	f.t.Helper()
	c, err := a.CreateCharge(f.t.Context(), f.ask(key))
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *fakeProvider) look(a *Addresses, key string) wallet.Charge {
	f.t.Helper()
	c, err := a.GetCharge(f.t.Context(), key)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// TestAddressesAsk looks at what a provider is asked.
func TestAddressesAsk(t *testing.T) {
	f := newFakeProvider(t)
	a := f.adapter()
	f.charge(a, "tip_1_a1")
	if len(f.Asks) != 2 || f.Asks[0].String() != "https://pay.example/.well-known/lnurlp/bob" {
		t.Fatalf("asked %v", f.Asks)
	}
	if q := f.Asks[1].Query(); q.Get("amount") != "21000" || q.Get("comment") != "Tip 1" || q.Get("user") != "bob" {
		t.Errorf("the callback was asked %v", f.Asks[1])
	}
	f.Offer = func(m map[string]any) { m["commentAllowed"] = 4 }
	f.charge(a, "tip_2_a1")
	if q := f.Asks[3].Query(); q.Has("comment") {
		t.Errorf("a provider that takes 4 characters was sent %q", q.Get("comment"))
	}
}

// TestAddressesRefuse: what a provider can answer that nobody should pay.
func TestAddressesRefuse(t *testing.T) {
	other := func(m map[string]any) { m["metadata"] = `[["text/plain","Tips for Mallory"]]` }
	for name, c := range map[string]struct {
		spoil func(*fakeProvider)
		want  error
	}{
		"another amount":          {func(f *fakeProvider) { f.Draft = func(d *lntest.Invoice) { d.MilliSat++ } }, wallet.ErrInvalid},
		"any amount":              {func(f *fakeProvider) { f.Draft = func(d *lntest.Invoice) { d.MilliSat = 0 } }, wallet.ErrInvalid},
		"another network":         {func(f *fakeProvider) { f.Draft = func(d *lntest.Invoice) { d.Network = Testnet } }, wallet.ErrInvalid},
		"another offer's invoice": {func(f *fakeProvider) { f.Offer = other }, wallet.ErrInvalid},
		"an invoice that is over": {func(f *fakeProvider) { f.Draft = func(d *lntest.Invoice) { d.Created = d.Created.Add(-time.Hour) } }, wallet.ErrInvalid},
		"an invoice for seconds":  {func(f *fakeProvider) { f.Draft = func(d *lntest.Invoice) { d.Expiry = 59 * time.Second } }, wallet.ErrInvalid},
		"no invoice":              {func(f *fakeProvider) { f.Answer = func(m map[string]any) { m["pr"] = "" } }, wallet.ErrInvalid},
		"half an invoice":         {func(f *fakeProvider) { f.Answer = func(m map[string]any) { m["pr"] = m["pr"].(string)[:200] } }, wallet.ErrInvalid},
		"a number as invoice":     {func(f *fakeProvider) { f.Answer = func(m map[string]any) { m["pr"] = 5 } }, wallet.ErrTemporary},
		"too little":              {func(f *fakeProvider) { f.Offer = func(m map[string]any) { m["minSendable"] = 22_000 } }, wallet.ErrLimit},
		"too much":                {func(f *fakeProvider) { f.Offer = func(m map[string]any) { m["maxSendable"] = 20_000 } }, wallet.ErrLimit},
		"a withdrawal":            {func(f *fakeProvider) { f.Offer = func(m map[string]any) { m["tag"] = "withdrawRequest" } }, wallet.ErrTemporary},
		"a plain callback": {func(f *fakeProvider) {
			f.Offer = func(m map[string]any) { m["callback"] = "http://pay.example/cb?user=bob" }
		}, wallet.ErrTemporary},
		"a callback with a name": {func(f *fakeProvider) {
			f.Offer = func(m map[string]any) { m["callback"] = "https://u:p@pay.example/cb?user=bob" }
		}, wallet.ErrTemporary},
		"metadata that is none": {func(f *fakeProvider) { f.Metadata = "tips" }, wallet.ErrTemporary},
		"no": {func(f *fakeProvider) {
			f.Offer = func(m map[string]any) { clear(m); m["status"] = "ERROR"; m["reason"] = "<b>no</b>" }
		}, wallet.ErrTemporary},
		"a page": {func(f *fakeProvider) {
			f.Before = func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>"); return true }
		}, wallet.ErrTemporary},
		"a flood": {func(f *fakeProvider) {
			f.Before = func(w http.ResponseWriter, _ *http.Request) bool { w.Write(make([]byte, maxAnswer+1)); return true }
		}, wallet.ErrTemporary},
		"a ring of redirects": {func(f *fakeProvider) {
			f.Before = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, r.URL.String(), http.StatusFound)
				return true
			}
		}, wallet.ErrTemporary},
		"a redirect to plain http": {func(f *fakeProvider) {
			f.Before = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, "http://pay.example/x", http.StatusFound)
				return true
			}
		}, wallet.ErrTemporary},
		"trouble": {func(f *fakeProvider) {
			f.Before = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(503)
				fmt.Fprint(w, "{}")
				return true
			}
		}, wallet.ErrTemporary},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeProvider(t)
			a := f.adapter()
			c.spoil(f)
			if got, err := a.CreateCharge(t.Context(), f.ask("tip_1_a1")); !errors.Is(err, c.want) {
				t.Fatalf("%+v, %v, want %v", got, err, c.want)
			}
			if _, err := a.FindCharge(t.Context(), "tip_1_a1"); !errors.Is(err, wallet.ErrNotFound) {
				t.Errorf("a refused invoice was noted: %v", err)
			}
		})
	}
}

// TestAddressesUnhashed: an invoice that commits to nothing is what some backends can make.
func TestAddressesUnhashed(t *testing.T) {
	f := newFakeProvider(t)
	f.Draft = func(d *lntest.Invoice) { d.TextHash, d.Text = nil, "Tips for Bob" }
	if c := f.charge(f.adapter(), "tip_1_a1"); c.State != wallet.Pending {
		t.Errorf("%+v", c)
	}
}

// TestAddressesSameInvoice: a provider that gives one invoice for two tips would have one payment pay both.
func TestAddressesSameInvoice(t *testing.T) {
	f := newFakeProvider(t)
	a := f.adapter()
	first := f.charge(a, "tip_1_a1")
	f.Answer = func(m map[string]any) { m["pr"] = strings.ToUpper(f.Bills[0].Text) }
	if c, err := a.CreateCharge(t.Context(), f.ask("tip_2_a1")); !errors.Is(err, wallet.ErrInvalid) || errors.Is(err, wallet.ErrKeyReuse) {
		t.Errorf("the same invoice for another tip: %+v, %v, want ErrInvalid", c, err)
	}
	if c := f.look(a, first.ID); c.State != wallet.Pending {
		t.Errorf("the first is %s", c.State)
	}
}

// TestAddressesVerify: a provider is believed if it shows the preimage, on its own host.
func TestAddressesVerify(t *testing.T) {
	pay := func(f *fakeProvider) { f.Bills[0].Settled = true }
	for name, c := range map[string]struct {
		begin, then func(*fakeProvider)
		want        wallet.State
		asked       bool // at its verify address
	}{
		"not paid":       {nil, nil, wallet.Pending, true},
		"paid":           {nil, pay, wallet.Settled, true},
		"paid, no proof": {nil, func(f *fakeProvider) { pay(f); f.Shows = false }, wallet.Unknown, true},
		"another preimage": {nil, func(f *fakeProvider) {
			f.Bills[0].Settled = true
			f.Before = lie(`{"status":"OK","settled":true,"preimage":"` + strings.Repeat("07", 32) + `"}`)
		}, wallet.Unknown, true},
		"another invoice": {nil, func(f *fakeProvider) { f.Before = lie(`{"status":"OK","settled":true,"pr":"lnbc1","preimage":"00"}`) }, wallet.Unknown, true},
		"an error":        {nil, func(f *fakeProvider) { pay(f); f.Before = lie(`{"status":"ERROR","reason":"Not found"}`) }, wallet.Unknown, true},
		"down":            {nil, func(f *fakeProvider) { pay(f); f.Away = true }, wallet.Unknown, true},
		"no verify":       {func(f *fakeProvider) { f.Verifies = false }, pay, wallet.Pending, false},
		"on another host": {func(f *fakeProvider) { f.Answer = elsewhere }, pay, wallet.Pending, false},
		"over plain http": {func(f *fakeProvider) { f.Answer = plain }, pay, wallet.Pending, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeProvider(t)
			a := f.adapter()
			if c.begin != nil {
				c.begin(f)
			}
			f.charge(a, "tip_1_a1")
			if c.then != nil {
				c.then(f)
			}
			before := len(f.Asks)
			got := f.look(a, "tip_1_a1")
			if got.State != c.want || (got.Received != 0) != (c.want == wallet.Settled) {
				t.Errorf("%s, %d received, want %s", got.State, got.Received, c.want)
			}
			if asked := len(f.Asks) > before; asked != c.asked {
				t.Errorf("the provider was asked again: %t, want %t", asked, c.asked)
			}
		})
	}
}

func lie(answer string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, answer); return true }
}

func elsewhere(m map[string]any) {
	m["verify"] = strings.Replace(m["verify"].(string), "pay.example", "verify.example", 1)
}

func plain(m map[string]any) {
	m["verify"] = strings.Replace(m["verify"].(string), "https:", "http:", 1)
}

// TestAddressesTime follows charges over their end: what a provider confirms, what it denies, and what
// nobody tells.
func TestAddressesTime(t *testing.T) {
	f := newFakeProvider(t)
	a := f.adapter()
	f.charge(a, "tip_1_a1") // with verify
	f.Verifies = false
	silent := f.charge(a, "tip_2_a1")
	states := func(name string, want ...wallet.State) {
		t.Helper()
		for n, key := range []string{"tip_1_a1", "tip_2_a1"} {
			if c := f.look(a, key); c.State != want[n] || c.Received != 0 {
				t.Errorf("%s: %s is %s, want %s", name, key, c.State, want[n])
			}
		}
	}
	states("at once", wallet.Pending, wallet.Pending)
	f.clock.add(10 * time.Minute)
	states("at the end", wallet.Pending, wallet.Unknown) // the one may still be booked, of the other nobody tells
	f.clock.add(closing + time.Second)
	f.Away = true
	states("while the provider is away", wallet.Unknown, wallet.Unknown)
	f.Away = false
	states("after the end", wallet.Expired, wallet.Unknown)
	f.clock.add(silentFor)
	states("a day later", wallet.Expired, wallet.Expired)

	// The payer paid all the same, and shows it, a month late.
	f.clock.add(30 * 24 * time.Hour)
	b, err := f.bill("tip_2_a1")
	if err != nil {
		t.Fatal(err)
	}
	q := wallet.ProofQuery{Proof: wallet.Proof{Type: ProofPreimage, Data: map[string]string{"charge": silent.ID, "preimage": hex.EncodeToString(b.Preimage[:])}},
		Amount: silent.Requested, Payee: bob}
	for name, spoil := range map[string]func(*wallet.ProofQuery){
		"another type":     func(q *wallet.ProofQuery) { q.Proof.Type = "attested" },
		"another charge":   func(q *wallet.ProofQuery) { q.Proof.Data = with(q.Proof.Data, "charge", "tip_1_a1") },
		"no charge":        func(q *wallet.ProofQuery) { q.Proof.Data = with(q.Proof.Data, "charge", "tip_3_a1") },
		"another preimage": func(q *wallet.ProofQuery) { q.Proof.Data = with(q.Proof.Data, "preimage", strings.Repeat("00", 32)) },
		"another amount":   func(q *wallet.ProofQuery) { q.Amount.Minor++ },
	} {
		bad := q
		spoil(&bad)
		if r, err := a.VerifyProof(t.Context(), bad); err != nil || r.OK {
			t.Errorf("%s: %+v, %v, want nothing proven", name, r, err)
		}
	}
	states("after bad proofs", wallet.Expired, wallet.Expired)
	before := f.look(a, silent.ID)
	for range 2 {
		if r, err := a.VerifyProof(t.Context(), q); err != nil || !r.OK || r.Received != q.Amount || r.UniqueID == "" {
			t.Fatalf("the proof: %+v, %v", r, err)
		}
	}
	c := f.look(a, silent.ID)
	if err := before.Follows(c); err != nil || c.State != wallet.Settled || c.Received != 21_000 || c.Proof == nil {
		t.Errorf("once it is proven: %+v, %v", c, err)
	}
}

func with(m map[string]string, key, value string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	out[key] = value
	return out
}

// FuzzProvider answers anything at all to the three questions.
func FuzzProvider(f *testing.F) {
	f.Add(`{"tag":"payRequest","callback":"https://pay.example/cb","minSendable":1,"maxSendable":1e9,"metadata":"[]","commentAllowed":0}`, `{"pr":"lnbc1","verify":"https://pay.example/v"}`)
	f.Add(`{"status":"ERROR","reason":"x"}`, `[]`)
	f.Add(`{"tag":"payRequest","minSendable":"1","maxSendable":-1,"metadata":{}}`, `{"pr":null}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		p := provider{client: &http.Client{Transport: answers{first, second}}}
		o, err := p.offer(t.Context(), Address{"bob", "pay.example"})
		if err != nil {
			return
		}
		if o.Min < 1 || o.Max < o.Min {
			t.Fatalf("takes %d to %d", o.Min, o.Max)
		}
		if b, err := p.bill(t.Context(), o, Mainnet, 21_000, "Tip"); err == nil && b.MilliSat != 21_000 {
			t.Fatalf("an invoice over %d", b.MilliSat)
		}
		_, _ = p.verify(t.Context(), "https://pay.example/v", "lnbc1")
	})
}

type answers [2]string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	body := a[1]
	if strings.HasPrefix(r.URL.Path, "/.well-known/") {
		body = a[0]
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), Request: r, Header: http.Header{}}, nil
}
