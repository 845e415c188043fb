package web

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
)

// A fakeNode is a member's own node as this page sees one: it makes invoices, and takes a proof.
type fakeNode struct {
	asked   map[string]wallet.CreateCharge
	charges map[string]*wallet.Charge
}

const goodPreimage = "0707070707070707070707070707070707070707070707070707070707070707"

func (n *fakeNode) Describe(context.Context) (wallet.Descriptor, error) {
	return wallet.Descriptor{Name: "node", Version: "1", Contract: wallet.Contract, Custody: wallet.CustodyNone, PayeeKinds: []string{"lnd-node"},
		Assets:       []wallet.Asset{{Code: "BTC", Exponent: 11, Min: 1000, Max: 1e9, Step: 1000}},
		Capabilities: []string{wallet.CapPayeeCheck, wallet.CapProof}, ConfigSchema: map[string]any{"type": "object"}}, nil
}
func (n *fakeNode) Health(context.Context) error { return nil }
func (n *fakeNode) CreateCharge(_ context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	c := &wallet.Charge{ID: "hash-of-" + in.Key, Key: in.Key, State: wallet.Pending, Requested: in.Amount, ExpiresAt: in.ExpiresAt,
		Actions: []wallet.Action{{Kind: wallet.ActQR, URI: "lightning:lnbc1" + in.Key, Text: "lnbc1" + in.Key}}}
	n.asked[c.ID], n.charges[c.ID] = in, c
	return *c, nil
}
func (n *fakeNode) GetCharge(_ context.Context, id string) (wallet.Charge, error) {
	if c := n.charges[id]; c != nil {
		return *c, nil
	}
	return wallet.Charge{}, wallet.ErrNotFound
}
func (n *fakeNode) CheckPayee(_ context.Context, kind, input string) (wallet.Payee, error) {
	return wallet.Payee{Kind: kind, Ref: input}, nil
}
func (n *fakeNode) VerifyProof(_ context.Context, q wallet.ProofQuery) (wallet.ProofResult, error) {
	c := n.charges[q.Proof.Data["charge"]]
	if c == nil || q.Proof.Data["preimage"] != goodPreimage {
		return wallet.ProofResult{}, nil
	}
	n.pay(c)
	return wallet.ProofResult{OK: true, Final: true, Received: q.Amount}, nil
}

func (n *fakeNode) pay(c *wallet.Charge) {
	c.State, c.Revision, c.Received, c.Actions = wallet.Settled, 2, wallet.Units(c.Requested.Minor), nil
	c.Proof = &wallet.Proof{Type: "bolt11-preimage", Data: map[string]string{"bolt11": "lnbc1" + c.Key, "preimage": goodPreimage}}
}

func nodeHouse(t *testing.T) (*house, *fakeNode) {
	t.Helper()
	n := &fakeNode{asked: map[string]wallet.CreateCharge{}, charges: map[string]*wallet.Charge{}}
	h := newHouse(t)
	h.tips = tips.New(tips.Options{Store: h.db, Origin: h.site.URL, Now: h.clock, Log: h.log})
	h.must(h.tips.Use(h.ctx(), n))
	h.tipRoutes()
	return h, n
}

// Any Lightning wallet pays a member who wants it at name@host, and asks what became of it.
func TestLightningAddress(t *testing.T) {
	h, n := nodeHouse(t)
	ada := h.member("ada", circles.SiteMember)
	get := func(path string) (status int, said map[string]any) {
		t.Helper()
		resp, err := http.Get(h.site.URL + strings.TrimPrefix(path, h.site.URL))
		h.must(err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		h.must(err)
		if err := json.Unmarshal(b, &said); err != nil {
			t.Fatalf("%s answers %.200q", path, b)
		}
		if resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s cannot be read by a wallet in a browser", path)
		}
		return resp.StatusCode, said
	}
	nobody := func(when string) {
		t.Helper()
		for _, path := range []string{"", "/callback?amount=21000", "/verify/hash-of-x"} {
			if status, said := get("/.well-known/lnurlp/ada" + path); status != http.StatusNotFound || said["status"] != "ERROR" {
				t.Errorf("%s: %s answers %d, %v", when, path, status, said)
			}
		}
	}
	nobody("before")
	ada.open("/settings/tips")
	ada.hides("Every Lightning wallet")
	ada.take(ada.client.PostForm(h.site.URL+"/settings/tips", map[string][]string{"do": {"payee"}, "adapter": {"node"}, "payee": {"adas-node"}, "password": {goodPassword}}))
	ada.shows("Every Lightning wallet can pay me at", "ada@"+strings.TrimPrefix(h.site.URL, "http://"))
	nobody("with a node")
	ada.send("/settings/tips", fill{"address": "1"})
	ada.shows("checked")

	status, offer := get("/.well-known/lnurlp/ada")
	if status != 200 || offer["tag"] != "payRequest" || offer["minSendable"] != 1000.0 || offer["maxSendable"] != 3e7 {
		t.Fatalf("the offer is %d, %v", status, offer)
	}
	metadata, _ := offer["metadata"].(string)
	if !strings.Contains(metadata, `["text/identifier","ada@`) || !strings.Contains(metadata, `["text/plain",`) {
		t.Errorf("metadata %q", metadata)
	}
	callback, _ := offer["callback"].(string)
	for _, bad := range []string{"", "?amount=", "?amount=999", "?amount=1500", "?amount=-1000", "?amount=1e4", "?amount=31000000", "?amount=9223372036854775808"} {
		if status, said := get(callback + bad); status == 200 || said["status"] != "ERROR" || said["pr"] != nil {
			t.Errorf("%q answers %d, %v", bad, status, said)
		}
	}
	if len(n.charges) != 0 {
		t.Fatalf("refused amounts made %d invoices", len(n.charges))
	}
	status, bill := get(callback + "?amount=21000")
	verify, _ := bill["verify"].(string)
	if status != 200 || len(n.charges) != 1 || verify == "" {
		t.Fatalf("the bill is %d, %v", status, bill)
	}
	for id, in := range n.asked {
		if bill["pr"] != "lnbc1"+in.Key || in.Amount.Minor != 21_000 || in.Binding != wallet.Binding(sha256.Sum256([]byte(metadata))) || in.Payee.Ref != "adas-node" {
			t.Errorf("asked %+v, told %v", in, bill)
		}
		if _, said := get(verify); said["settled"] != false || said["preimage"] != nil || said["pr"] != bill["pr"] {
			t.Errorf("before it is paid: %v", said)
		}
		n.pay(n.charges[id])
	}
	if _, said := get(verify); said["settled"] != true || said["preimage"] != goodPreimage || said["pr"] != bill["pr"] {
		t.Errorf("once it is paid: %v", said)
	}

	// A tip's invoice is its payer's to ask about, and not here.
	c, err := n.CreateCharge(h.ctx(), wallet.CreateCharge{Key: "tip_1_a1", Amount: wallet.Amount{Minor: 1000, Asset: "BTC"}})
	h.must(err)
	n.pay(n.charges[c.ID])
	if status, said := get("/.well-known/lnurlp/ada/verify/" + c.ID); status != http.StatusNotFound || said["preimage"] != nil {
		t.Errorf("a tip's preimage is told to anybody: %d, %v", status, said)
	}

	ada.open("/settings/tips")
	ada.send("/settings/tips", fill{"takes": "none"})
	nobody("of who takes no tips")
	ada.send("/settings/tips", fill{"takes": "all", "address": ""})
	nobody("afterwards")
	ada.send("/settings/tips", fill{"address": "1"})

	limited := false
	for range billBurst + 2 {
		status, _ := get(callback + "?amount=1000")
		limited = limited || status == http.StatusTooManyRequests
	}
	if !limited || len(n.charges) > billBurst+2 {
		t.Errorf("strangers had %d invoices made", len(n.charges))
	}
}

// One network uses up what it has and not what the others have; many together meet the ceiling, which those do
// not fill who are turned away; and time gives it back.
func TestSourceGate(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	g := newSourceGate(func() time.Time { return now }, measure{billRate, billBurst}, measure{billsRate, billsBurst})
	ask := func(from string, n int) (let int) {
		for range n {
			if g.admit(netip.MustParseAddr(from)) {
				let++
			}
		}
		return let
	}
	if n := ask("198.51.100.1", 5000); n != billBurst {
		t.Errorf("one network is let in %d times, want %d", n, billBurst)
	}
	if n := ask("192.0.2.1", billBurst); n != billBurst {
		t.Errorf("beside it another is let in %d times of %d", n, billBurst)
	}
	if n := ask("2001:db8::1", 10) + ask("2001:db8::2", 10) + ask("::ffff:192.0.2.1", 10); n != billBurst {
		t.Errorf("one network of IPv6, and one that had its share, are let in %d times, want %d", n, billBurst)
	}
	all := 3 * billBurst
	for i := range 200 {
		all += ask(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}).String(), 5)
	}
	if all != billsBurst {
		t.Errorf("strangers together are let in %d times, want %d", all, billsBurst)
	}
	now = now.Add(time.Minute)
	if n := ask("198.51.100.1", 100); n != billBurst {
		t.Errorf("a minute later %d times, want %d", n, billBurst)
	}
	for i := range 3 * gateSources {
		g.admit(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	g.kept.CleanUp()
	if n := g.kept.EstimatedSize(); n > gateSources {
		t.Errorf("%d sources are remembered, want at most %d", n, gateSources)
	}
	if h := newSourceGate(func() time.Time { return now }, measure{handleRate, handleBurst}, measure{}); !h.admit(netip.Addr{}) {
		t.Error("where there is no ceiling, nobody is let in")
	}
}

// Where nobody else can tell, the payer shows what their wallet got for the money.
func TestTipProof(t *testing.T) {
	h, n := nodeHouse(t)
	ada, bob := h.member("ada", circles.SiteMember), h.member("bob", circles.SiteMember)
	ada.take(ada.client.PostForm(h.site.URL+"/settings/tips", map[string][]string{"do": {"payee"}, "adapter": {"node"}, "payee": {"adas-node"}, "password": {goodPassword}}))
	bob.open("/u/ada/tip")
	bob.shows("Bitcoin over Lightning")
	bob.send("/u/ada/tip", fill{"amount": "0.00001", "!": "do=look"})
	bob.send("/u/ada/tip", fill{"!": "do=give"})
	tip := bob.path
	bob.shows("Waits to be paid.", `href="lightning:lnbc1tip_`, `class="qr"`, "Have you paid?", "I have paid: look again")
	for _, c := range n.charges {
		c.State = wallet.Unknown // its time is over, and nobody told
	}
	bob.send(tip+"/look", nil)
	bob.shows("cannot confirm it")
	bob.send(tip+"/prove", fill{"preimage": strings.Repeat("08", 32)})
	bob.shows("That does not prove this payment.")
	ada.open(tip)
	ada.hides(tip+"/prove", goodPreimage)
	if ada.take(ada.client.PostForm(h.site.URL+tip+"/prove", map[string][]string{"preimage": {goodPreimage}})); ada.status != http.StatusNotFound {
		t.Errorf("the payee proves it to themselves: %d", ada.status)
	}
	bob.open(tip)
	bob.send(tip+"/prove", fill{"preimage": " " + goodPreimage + " "})
	bob.shows("the tip counts now", "Paid.")
	bob.hides(tip+"/prove", tip+"/look")
	ada.open(tip)
	ada.shows("Paid.")
}
