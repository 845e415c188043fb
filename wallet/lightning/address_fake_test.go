package lightning

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"

	"halqa/internal/testdb"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/wallettest"
)

// A fakeProvider is the server behind Lightning Addresses at pay.example: LUD-06, LUD-12, LUD-16, LUD-21.
// The tests change what it answers, as providers do.
type fakeProvider struct {
	t     testing.TB
	clock *clock
	key   *btcec.PrivateKey
	notes *crashingNotes

	mu    sync.Mutex
	bills []*fakeBill
	asks  []*url.URL // all requests, in order
	down  bool
	crash wallettest.CrashPoint

	verifies bool // LUD-21
	shows    bool // the preimage with it
	metadata string
	offer    func(map[string]any)                              // spoils the offer
	answer   func(map[string]any)                              // spoils what the callback answers
	draft    func(*draft)                                      // spoils the invoice
	before   func(w http.ResponseWriter, r *http.Request) bool // answers instead
}

type fakeBill struct {
	text     string
	preimage [32]byte
	milliSat int64
	expires  time.Time
	settled  bool
}

func newFakeProvider(t testing.TB) *fakeProvider {
	key, err := btcec.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeProvider{t: t, clock: newClock(), key: key, verifies: true, shows: true,
		metadata: `[["text/identifier","bob@pay.example"],["text/plain","Tips for Bob"]]`}
	store := testdb.OpenAt(t, f.clock.Now)
	f.notes = &crashingNotes{Notes: tips.New(tips.Options{Store: store, Now: f.clock.Now}).Notes("lightning-address"), f: f}
	return f
}

// RoundTrip is the internet of these tests: a request reaches the provider whatever its host is.
func (f *fakeProvider) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asks = append(f.asks, r.URL)
	if f.down || f.crash == wallettest.CrashBefore {
		f.crash = ""
		return nil, errors.New("no route to host")
	}
	w := httptest.NewRecorder()
	if f.before == nil || !f.before(w, r) {
		f.serve(w, r)
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func (f *fakeProvider) serve(w http.ResponseWriter, r *http.Request) {
	say := func(m map[string]any, spoil func(map[string]any)) {
		if spoil != nil {
			spoil(m)
		}
		json.NewEncoder(w).Encode(m)
	}
	no := func(words string) { say(map[string]any{"status": "ERROR", "reason": words}, nil) }
	switch path := r.URL.Path; {
	case path == "/.well-known/lnurlp/bob":
		say(map[string]any{"tag": "payRequest", "callback": "https://pay.example/cb?user=bob", "minSendable": 1000, "maxSendable": maxCharge,
			"metadata": f.metadata, "commentAllowed": 140}, f.offer)
	case path == "/cb":
		milliSat, err := strconv.ParseInt(r.URL.Query().Get("amount"), 10, 64)
		if err != nil || r.URL.Query().Get("user") != "bob" {
			no("bad amount")
			return
		}
		b := &fakeBill{milliSat: milliSat}
		rand.Read(b.preimage[:])
		h := sha256.Sum256([]byte(f.metadata))
		d := draft{network: Mainnet, milliSat: milliSat, hash: sha256.Sum256(b.preimage[:]), textHash: h[:], created: f.clock.Now(), expiry: 10 * time.Minute}
		if f.draft != nil {
			f.draft(&d)
		}
		b.text, b.expires = d.sign(f.t, f.key), d.created.Add(d.expiry)
		f.bills = append(f.bills, b)
		m := map[string]any{"pr": b.text, "routes": []any{}}
		if f.verifies {
			m["verify"] = fmt.Sprintf("https://pay.example/verify/%x", sha256.Sum256(b.preimage[:]))
		}
		say(m, f.answer)
	case strings.HasPrefix(path, "/verify/"):
		for _, b := range f.bills {
			if h := sha256.Sum256(b.preimage[:]); hex.EncodeToString(h[:]) == path[len("/verify/"):] {
				m := map[string]any{"status": "OK", "settled": b.settled, "preimage": nil, "pr": b.text}
				if b.settled && f.shows {
					m["preimage"] = hex.EncodeToString(b.preimage[:])
				}
				say(m, nil)
				return
			}
		}
		no("Not found")
	default:
		w.WriteHeader(http.StatusNotFound)
		no("no such user")
	}
}

// A crashingNotes loses a note on its way into the database.
type crashingNotes struct {
	Notes
	f *fakeProvider
}

func (n *crashingNotes) Keep(ctx context.Context, key, mark, note string) (string, error) {
	n.f.mu.Lock()
	crash := n.f.crash == wallettest.CrashBetween
	n.f.crash = ""
	n.f.mu.Unlock()
	if crash {
		return "", errors.New("the process ended")
	}
	return n.Notes.Keep(ctx, key, mark, note)
}

func (f *fakeProvider) adapter() *Addresses {
	f.t.Helper()
	a, err := NewAddresses(AddressesOptions{Name: "lightning-address", Notes: f.notes, Now: f.clock.Now, Client: &http.Client{
		Transport:     f,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

// bill is the invoice of a charge.
func (f *fakeProvider) bill(charge string) (*fakeBill, error) {
	text, err := f.notes.Read(context.Background(), charge)
	if err != nil {
		return nil, err
	}
	n, err := readNote(text)
	if err != nil {
		return nil, err
	}
	for _, b := range f.bills {
		if strings.EqualFold(b.text, n.Invoice) {
			return b, nil
		}
	}
	return nil, errors.New("no such invoice")
}

// The rest is the kit's hand on the rail.

func (f *fakeProvider) Pay(_ context.Context, charge string, minor int64, final bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := f.bill(charge)
	switch {
	case !final:
		return wallettest.ErrNotPossible
	case err != nil:
		return err
	case b.settled || minor != b.milliSat || !f.clock.Now().Before(b.expires):
		return errors.New("incorrect payment details")
	}
	b.settled = true
	return nil
}

func (f *fakeProvider) Reorg(context.Context, string) error { return wallettest.ErrNotPossible }
func (f *fakeProvider) Dispute(context.Context, string, int64) error {
	return wallettest.ErrNotPossible
}
func (f *fakeProvider) TakeRefund(context.Context, string) error { return wallettest.ErrNotPossible }

// Requests cannot be told: a provider knows no keys, and an invoice that nobody saw costs nothing.
func (f *fakeProvider) Requests(context.Context, string) (int, error) {
	return 0, wallettest.ErrNotPossible
}

func (f *fakeProvider) Messages(context.Context, string) ([]wallettest.Message, error) {
	return nil, wallettest.ErrNotPossible
}

func (f *fakeProvider) Forge(context.Context, string, wallettest.Forgery) (wallettest.Message, error) {
	return wallettest.Message{}, wallettest.ErrNotPossible
}

func (f *fakeProvider) Down(_ context.Context, down bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
	return nil
}

func (f *fakeProvider) Crash(_ context.Context, at wallettest.CrashPoint) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crash = at
	return nil
}

func (f *fakeProvider) Advance(_ context.Context, d time.Duration) error {
	f.clock.add(d)
	return nil
}

func (f *fakeProvider) Logs(context.Context) (string, []string, error) { return "", nil, nil }

var bob = wallet.Payee{Kind: PayeeAddress, Ref: "bob@pay.example"}
