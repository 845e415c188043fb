package lntest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
)

// A Provider is the server behind the Lightning Address bob@pay.example. As a RoundTripper it is the whole
// internet: a request reaches it whatever its host is. The fields are changed by tests, under Lock where
// requests may be under way.
type Provider struct {
	sync.Mutex
	Bills []*Bill    // in order
	Asks  []*url.URL // all requests, in order
	Away  bool
	Lose  bool // the next request

	Verifies bool // LUD-21
	Shows    bool // the preimage with it
	Metadata string
	Offer    func(map[string]any)                              // spoils the offer
	Answer   func(map[string]any)                              // spoils what the callback answers
	Draft    func(*Invoice)                                    // spoils the invoice
	Before   func(w http.ResponseWriter, r *http.Request) bool // answers instead

	now func() time.Time
	key *btcec.PrivateKey
}

// A Bill is an invoice of a provider.
type Bill struct {
	Text     string
	Preimage [32]byte
	MilliSat int64
	Expires  time.Time
	Settled  bool
}

// MaxSendable is the most that a provider takes at once, in thousandths of a satoshi: what nodes take without
// having agreed on more.
const MaxSendable = 4_294_967_000

// NewProvider returns a provider that lives by a clock, and verifies with the preimage.
func NewProvider(now func() time.Time) *Provider {
	return &Provider{now: now, key: NewKey(), Verifies: true, Shows: true,
		Metadata: `[["text/identifier","bob@pay.example"],["text/plain","Tips for Bob"]]`}
}

// RoundTrip implements http.RoundTripper.
func (p *Provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.Lock()
	defer p.Unlock()
	p.Asks = append(p.Asks, r.URL)
	if p.Away || p.Lose {
		p.Lose = false
		return nil, errors.New("no route to host")
	}
	w := httptest.NewRecorder()
	if p.Before == nil || !p.Before(w, r) {
		p.serve(w, r)
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	answer := func(m map[string]any, spoil func(map[string]any)) {
		if spoil != nil {
			spoil(m)
		}
		say(w, m)
	}
	refuse := func(words string) { answer(map[string]any{"status": "ERROR", "reason": words}, nil) }
	switch path := r.URL.Path; {
	case path == "/.well-known/lnurlp/bob":
		answer(map[string]any{"tag": "payRequest", "callback": "https://pay.example/cb?user=bob", "minSendable": 1000, "maxSendable": MaxSendable,
			"metadata": p.Metadata, "commentAllowed": 140}, p.Offer)
	case path == "/cb":
		milliSat, err := strconv.ParseInt(r.URL.Query().Get("amount"), 10, 64)
		if err != nil || r.URL.Query().Get("user") != "bob" {
			refuse("bad amount")
			return
		}
		b := p.bill(milliSat)
		m := map[string]any{"pr": b.Text, "routes": []any{}}
		if p.Verifies {
			m["verify"] = fmt.Sprintf("https://pay.example/verify/%x", sha256.Sum256(b.Preimage[:]))
		}
		answer(m, p.Answer)
	case strings.HasPrefix(path, "/verify/"):
		for _, b := range p.Bills {
			if h := sha256.Sum256(b.Preimage[:]); hex.EncodeToString(h[:]) == path[len("/verify/"):] {
				m := map[string]any{"status": "OK", "settled": b.Settled, "preimage": nil, "pr": b.Text}
				if b.Settled && p.Shows {
					m["preimage"] = hex.EncodeToString(b.Preimage[:])
				}
				answer(m, nil)
				return
			}
		}
		refuse("Not found")
	default:
		w.WriteHeader(http.StatusNotFound)
		refuse("no such user")
	}
}

// bill makes an invoice that commits to the metadata.
func (p *Provider) bill(milliSat int64) *Bill {
	b := &Bill{MilliSat: milliSat}
	_, _ = rand.Read(b.Preimage[:])
	h := sha256.Sum256([]byte(p.Metadata))
	d := Invoice{Network: Mainnet, MilliSat: milliSat, Hash: sha256.Sum256(b.Preimage[:]), TextHash: h[:], Created: p.now(), Expiry: 10 * time.Minute}
	if p.Draft != nil {
		p.Draft(&d)
	}
	b.Text, b.Expires = d.Sign(p.key), d.Created.Add(d.Expiry)
	p.Bills = append(p.Bills, b)
	return b
}

// Pay pays an invoice of this provider's and returns the preimage, which is what a payer's wallet gets.
func (p *Provider) Pay(invoice string) (preimage [32]byte, err error) {
	p.Lock()
	defer p.Unlock()
	for _, b := range p.Bills {
		if strings.EqualFold(b.Text, invoice) {
			if b.Settled || !p.now().Before(b.Expires) {
				return preimage, ErrWrong
			}
			b.Settled = true
			return b.Preimage, nil
		}
	}
	return preimage, ErrWrong
}
