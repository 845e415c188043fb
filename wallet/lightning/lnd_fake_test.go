package lightning

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"

	"halqa/wallet/wallettest"
)

func is(err, want error) bool { return errors.Is(err, want) && (want != nil) == (err != nil) }

// A clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1_800_000_000, 0).UTC()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const fakeMacaroon = "an invoice macaroon, and no other"

// fakeNode answers as lnd v0.21.1 does over REST, as far as an invoice macaroon reaches. What is odd about
// it is lnd's: a second invoice with one hash is an error 500, the numbers are strings, the stream of settled
// invoices sends no header before it has something to say, and takes 0 for "nothing of the past".
type fakeNode struct {
	t     testing.TB
	clock *clock
	srv   *httptest.Server
	key   *btcec.PrivateKey

	mu      sync.Mutex
	all     []*record
	made    map[string]int // by key, invoices that were added
	settled whole64
	heard   *sync.Cond // something was settled
	down    bool
	rich    bool // the macaroon opens more than it should
	crash   wallettest.CrashPoint
}

func newFakeNode(t testing.TB) *fakeNode {
	key, err := btcec.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeNode{t: t, clock: newClock(), key: key, made: map[string]int{}}
	f.heard = sync.NewCond(&f.mu)
	f.srv = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.srv.StartTLS()
	t.Cleanup(func() {
		f.srv.CloseClientConnections()
		f.heard.Broadcast()
		f.srv.Close()
	})
	return f
}

func (f *fakeNode) cert() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.srv.Certificate().Raw})
}

func (f *fakeNode) options() LNDOptions {
	return LNDOptions{Name: "node", URL: f.srv.URL, Cert: f.cert(), Macaroon: []byte(fakeMacaroon),
		Secret: []byte("a secret of the node's wallet, 32 bytes or more"), Code: "alice-node", Network: Simnet, Now: f.clock.Now, Quiet: 500 * time.Millisecond}
}

func (f *fakeNode) adapter() *LND {
	f.t.Helper()
	l, err := NewLND(f.options())
	if err != nil {
		f.t.Fatal(err)
	}
	return l
}

func no(w http.ResponseWriter, status, code int, words string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"code":%d,"message":%q,"details":[]}`, code, words)
}

func hang(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close()
	}
}

func (f *fakeNode) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		hang(w)
		return
	}
	if r.Header.Get("Grpc-Metadata-macaroon") != hex.EncodeToString([]byte(fakeMacaroon)) {
		no(w, 500, 2, "verification failed: signature mismatch after caveat verification")
		return
	}
	for _, inv := range f.all { // lnd's watcher of expiries
		if inv.State == "OPEN" && f.clock.Now().Unix() >= int64(inv.Created+inv.Expiry) {
			inv.State = "CANCELED"
		}
	}
	path := r.URL.Path
	switch {
	case r.Method == "POST" && path == "/v1/invoices":
		f.add(w, r)
	case r.Method == "POST" && path == "/v2/invoices/cancel":
		var in struct {
			Hash []byte `json:"payment_hash"`
		}
		json.NewDecoder(r.Body).Decode(&in)
		switch inv := f.find(hex.EncodeToString(in.Hash)); {
		case inv == nil:
			no(w, 500, 2, "unable to locate invoice")
		case inv.State == "SETTLED":
			no(w, 500, 2, "invoice already settled")
		case inv.State == "CANCELED":
			no(w, 500, 2, "invoice already canceled")
		default:
			inv.State = "CANCELED"
			fmt.Fprint(w, "{}")
		}
	case path == "/v1/invoices/subscribe":
		f.subscribe(w, r)
	case path == "/v1/invoices":
		after, _ := strconv.Atoi(r.URL.Query().Get("index_offset"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("num_max_invoices"))
		after = min(after, len(f.all))
		page := f.all[after:min(after+limit, len(f.all))]
		json.NewEncoder(w).Encode(map[string]any{"invoices": page, "last_index_offset": strconv.Itoa(after + len(page)), "first_index_offset": strconv.Itoa(after + 1)})
	case strings.HasPrefix(path, "/v1/invoice/"):
		inv := f.find(path[len("/v1/invoice/"):])
		if inv == nil {
			no(w, 404, 5, "unable to locate invoice")
			return
		}
		json.NewEncoder(w).Encode(inv)
	case path == "/v1/balance/channels" && f.rich:
		fmt.Fprint(w, `{"balance":"1000"}`)
	default:
		no(w, 500, 2, "permission denied")
	}
}

func (f *fakeNode) add(w http.ResponseWriter, r *http.Request) {
	var in order
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		no(w, 400, 3, err.Error())
		return
	}
	if f.crash == wallettest.CrashBefore {
		f.crash = ""
		hang(w)
		return
	}
	hash := sha256.Sum256(in.Preimage)
	if f.find(hex.EncodeToString(hash[:])) != nil {
		no(w, 500, 2, "invoice with payment hash already exists")
		return
	}
	inv := f.invoice(in)
	if m := noteForm.FindStringSubmatch(in.Memo); m != nil {
		f.made[m[1]]++
	}
	if f.crash == wallettest.CrashBetween {
		f.crash = ""
		hang(w)
		return
	}
	fmt.Fprintf(w, `{"r_hash":%q,"payment_request":%q,"add_index":"%d"}`, base64.StdEncoding.EncodeToString(inv.Hash), inv.PaymentRequest, len(f.all))
}

// invoice makes one; the caller holds the lock.
func (f *fakeNode) invoice(in order) *record {
	now := f.clock.Now()
	hash := sha256.Sum256(in.Preimage)
	inv := &record{Memo: in.Memo, Hash: hash[:], Preimage: in.Preimage, MilliSat: in.MilliSat, Created: whole64(now.Unix()), Expiry: in.Expiry, State: "OPEN"}
	inv.PaymentRequest = draft{network: Simnet, milliSat: int64(in.MilliSat), hash: hash, text: in.Memo, textHash: in.DescriptionHash,
		created: now, expiry: time.Duration(in.Expiry) * time.Second}.sign(f.t, f.key)
	f.all = append(f.all, inv)
	return inv
}

// foreign makes and settles an invoice of the node's owner.
func (f *fakeNode) foreign(memo string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var preimage [32]byte
	rand.Read(preimage[:])
	inv := f.invoice(order{Memo: memo, Preimage: preimage[:], MilliSat: 5000, Expiry: 3600})
	f.settle(inv, 5000)
}

func (f *fakeNode) settle(inv *record, minor whole64) {
	f.settled++
	inv.State, inv.Paid, inv.SettleIndex, inv.Settled = "SETTLED", minor, f.settled, whole64(f.clock.Now().Unix())
	f.heard.Broadcast()
}

func (f *fakeNode) find(id string) *record {
	for _, inv := range f.all {
		if hex.EncodeToString(inv.Hash) == id {
			return inv
		}
	}
	return nil
}

// subscribe tells what was settled after a number, and goes on until nobody listens.
func (f *fakeNode) subscribe(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("settle_index"))
	told := whole64(after)
	if after == 0 {
		told = f.settled
	}
	stop := context.AfterFunc(r.Context(), func() { f.heard.Broadcast() })
	defer stop()
	for r.Context().Err() == nil && !f.down {
		for next := told + 1; next <= f.settled; next++ {
			for _, inv := range f.all {
				if inv.SettleIndex == next {
					json.NewEncoder(w).Encode(map[string]any{"result": inv})
				}
			}
			told = next
		}
		if told > whole64(after) {
			http.NewResponseController(w).Flush()
		}
		f.heard.Wait()
	}
}

// The rest is the kit's hand on the rail.

func (f *fakeNode) Pay(_ context.Context, charge string, minor int64, final bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	inv := f.find(charge)
	switch {
	case !final: // an invoice is paid or not
		return wallettest.ErrNotPossible
	case inv == nil:
		return errors.New("no such invoice")
	case inv.State != "OPEN" || f.clock.Now().Unix() >= int64(inv.Created+inv.Expiry):
		return errors.New("incorrect payment details")
	case whole64(minor) < inv.MilliSat:
		return wallettest.ErrNotPossible // every node refuses less
	case whole64(minor) > 2*inv.MilliSat:
		return errors.New("incorrect payment details")
	}
	f.settle(inv, whole64(minor))
	return nil
}

func (f *fakeNode) Reorg(context.Context, string) error          { return wallettest.ErrNotPossible }
func (f *fakeNode) Dispute(context.Context, string, int64) error { return wallettest.ErrNotPossible }
func (f *fakeNode) TakeRefund(context.Context, string) error     { return wallettest.ErrNotPossible }

func (f *fakeNode) Requests(_ context.Context, key string) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.made[key], nil
}

func (f *fakeNode) Messages(context.Context, string) ([]wallettest.Message, error) {
	return nil, wallettest.ErrNotPossible
}

func (f *fakeNode) Forge(context.Context, string, wallettest.Forgery) (wallettest.Message, error) {
	return wallettest.Message{}, wallettest.ErrNotPossible
}

func (f *fakeNode) Down(_ context.Context, down bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
	f.heard.Broadcast()
	return nil
}

func (f *fakeNode) Crash(_ context.Context, at wallettest.CrashPoint) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crash = at
	return nil
}

func (f *fakeNode) Advance(_ context.Context, d time.Duration) error {
	f.clock.add(d)
	return nil
}

func (f *fakeNode) Logs(context.Context) (string, []string, error) {
	o := f.options()
	return "", []string{fakeMacaroon, hex.EncodeToString([]byte(fakeMacaroon)), string(o.Secret), hex.EncodeToString(o.Secret)}, nil
}
