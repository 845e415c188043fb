package lntest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
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
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
)

// A Node answers as far as an invoice macaroon reaches. What is odd about it is lnd's: a second invoice with
// one hash is an error 500, numbers are strings, and the stream of settled invoices sends no header before it
// has something to say, and takes 0 for "nothing of the past".
type Node struct {
	URL string

	now      func() time.Time
	macaroon string // hex
	srv      *httptest.Server
	key      *btcec.PrivateKey

	mu      sync.Mutex
	all     []*bill
	settled int64
	heard   *sync.Cond // something was settled
	down    bool
	rich    bool
	tells   string
	lose    Loss
}

// A bill is an invoice of a node.
type bill struct {
	Memo     string `json:"memo"`
	Hash     []byte `json:"r_hash"`
	Preimage []byte `json:"r_preimage"`
	MilliSat int64  `json:"value_msat,string"`
	Created  int64  `json:"creation_date,string"`
	Settled  int64  `json:"settle_date,string"`
	Expiry   int64  `json:"expiry,string"`
	Index    int64  `json:"settle_index,string"`
	Paid     int64  `json:"amt_paid_msat,string"`
	Request  string `json:"payment_request"`
	State    string `json:"state"`
}

// A Loss is where the next request for an invoice breaks off.
type Loss int

// Before and after the invoice is made; its answer is lost either way.
const (
	NoLoss Loss = iota
	Before
	After
)

// NewNode starts a node that lives by a clock, and opens for a macaroon. Close ends it.
func NewNode(now func() time.Time, macaroon []byte) *Node {
	n := &Node{now: now, macaroon: hex.EncodeToString(macaroon), key: NewKey()}
	n.heard = sync.NewCond(&n.mu)
	n.srv = httptest.NewUnstartedServer(http.HandlerFunc(n.serve))
	n.srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	n.srv.StartTLS()
	n.URL = n.srv.URL
	return n
}

// Close ends the node.
func (n *Node) Close() {
	n.srv.CloseClientConnections()
	n.heard.Broadcast()
	n.srv.Close()
}

// Cert is the node's certificate, in PEM.
func (n *Node) Cert() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.srv.Certificate().Raw})
}

// Down makes the node hang up on everybody.
func (n *Node) Down(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	n.heard.Broadcast()
}

// Rich lets the macaroon open more than it should.
func (n *Node) Rich() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rich = true
}

// Tells makes the node refuse requests of a method, "*" for all, with all that it was sent in its answer.
func (n *Node) Tells(method string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tells = method
}

// Lose breaks off the next request for an invoice.
func (n *Node) Lose(at Loss) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lose = at
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

func (n *Node) serve(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		hang(w)
		return
	}
	shown := r.Header.Get("Grpc-Metadata-macaroon")
	if n.tells == "*" || n.tells == r.Method {
		body, _ := io.ReadAll(r.Body)
		no(w, 500, 2, fmt.Sprintf("cannot %s %s with %s and %s", r.Method, r.URL.Path, shown, body))
		return
	}
	if shown != n.macaroon {
		no(w, 500, 2, "verification failed: signature mismatch after caveat verification")
		return
	}
	for _, b := range n.all { // lnd's watcher of expiries
		if b.State == "OPEN" && n.now().Unix() >= b.Created+b.Expiry {
			b.State = "CANCELED"
		}
	}
	path := r.URL.Path
	switch {
	case r.Method == "POST" && path == "/v1/invoices":
		n.add(w, r)
	case r.Method == "POST" && path == "/v2/invoices/cancel":
		n.cancel(w, r)
	case path == "/v1/invoices/subscribe":
		n.subscribe(w, r)
	case path == "/v1/invoices":
		after, _ := strconv.Atoi(r.URL.Query().Get("index_offset"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("num_max_invoices"))
		after = min(after, len(n.all))
		page := n.all[after:min(after+limit, len(n.all))]
		say(w, map[string]any{"invoices": page, "last_index_offset": strconv.Itoa(after + len(page)), "first_index_offset": strconv.Itoa(after + 1)})
	case strings.HasPrefix(path, "/v1/invoice/"):
		b := n.find(path[len("/v1/invoice/"):])
		if b == nil {
			no(w, 404, 5, "unable to locate invoice")
			return
		}
		say(w, b)
	case path == "/v1/balance/channels" && n.rich:
		fmt.Fprint(w, `{"balance":"1000"}`)
	default:
		no(w, 500, 2, "permission denied")
	}
}

func say(w io.Writer, v any) { _ = json.NewEncoder(w).Encode(v) }

func (n *Node) add(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Memo     string `json:"memo"`
		Preimage []byte `json:"r_preimage"`
		MilliSat int64  `json:"value_msat,string"`
		TextHash []byte `json:"description_hash"`
		Expiry   int64  `json:"expiry,string"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		no(w, 400, 3, err.Error())
		return
	}
	lose := n.lose
	n.lose = NoLoss
	if lose == Before {
		hang(w)
		return
	}
	if hash := sha256.Sum256(in.Preimage); n.find(hex.EncodeToString(hash[:])) != nil {
		no(w, 500, 2, "invoice with payment hash already exists")
		return
	}
	b := n.bill(in.Memo, in.Preimage, in.MilliSat, in.TextHash, in.Expiry)
	if lose == After {
		hang(w)
		return
	}
	say(w, map[string]any{"r_hash": b.Hash, "payment_request": b.Request, "add_index": strconv.Itoa(len(n.all))})
}

func (n *Node) cancel(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Hash []byte `json:"payment_hash"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	switch b := n.find(hex.EncodeToString(in.Hash)); {
	case b == nil:
		no(w, 500, 2, "unable to locate invoice")
	case b.State == "SETTLED":
		no(w, 500, 2, "invoice already settled")
	case b.State == "CANCELED":
		no(w, 500, 2, "invoice already canceled")
	default:
		b.State = "CANCELED"
		fmt.Fprint(w, "{}")
	}
}

// bill makes an invoice; the caller holds the lock.
func (n *Node) bill(memo string, preimage []byte, milliSat int64, textHash []byte, expiry int64) *bill {
	now, hash := n.now(), sha256.Sum256(preimage)
	b := &bill{Memo: memo, Hash: hash[:], Preimage: preimage, MilliSat: milliSat, Created: now.Unix(), Expiry: expiry, State: "OPEN"}
	b.Request = Invoice{Network: Simnet, MilliSat: milliSat, Hash: hash, Text: memo, TextHash: textHash, Created: now, Expiry: time.Duration(expiry) * time.Second}.Sign(n.key)
	n.all = append(n.all, b)
	return b
}

// Foreign makes and settles an invoice of the node's owner.
func (n *Node) Foreign(memo string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	preimage := make([]byte, 32)
	_, _ = rand.Read(preimage)
	n.settle(n.bill(memo, preimage, 5000, nil, 3600), 5000)
}

func (n *Node) settle(b *bill, milliSat int64) {
	n.settled++
	b.State, b.Paid, b.Index, b.Settled = "SETTLED", milliSat, n.settled, n.now().Unix()
	n.heard.Broadcast()
}

func (n *Node) find(hash string) *bill {
	for _, b := range n.all {
		if hex.EncodeToString(b.Hash) == hash {
			return b
		}
	}
	return nil
}

// subscribe tells what was settled after a number, and goes on until nobody listens.
func (n *Node) subscribe(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseInt(r.URL.Query().Get("settle_index"), 10, 64)
	told := after
	if after == 0 {
		told = n.settled
	}
	stop := context.AfterFunc(r.Context(), func() { n.heard.Broadcast() })
	defer stop()
	for r.Context().Err() == nil && !n.down {
		for next := told + 1; next <= n.settled; next++ {
			for _, b := range n.all {
				if b.Index == next {
					say(w, map[string]any{"result": b})
				}
			}
			told = next
		}
		if told > after {
			_ = http.NewResponseController(w).Flush()
		}
		n.heard.Wait()
	}
}

// What nodes of payers refuse.
var (
	ErrLess  = errors.New("lntest: less than the invoice asks, which every node refuses")
	ErrWrong = errors.New("lntest: incorrect or unknown payment details")
)

// Pay pays an invoice by its payment hash, in hex.
func (n *Node) Pay(hash string, milliSat int64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	b := n.find(hash)
	switch {
	case b == nil, b.State != "OPEN", n.now().Unix() >= b.Created+b.Expiry, milliSat > 2*b.MilliSat:
		return ErrWrong
	case milliSat < b.MilliSat:
		return ErrLess
	}
	n.settle(b, milliSat)
	return nil
}

// Say makes an invoice look as no payment makes it; SETTLED is told to those who listen.
func (n *Node) Say(hash, state string, paid int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	b := n.find(hash)
	if state == "SETTLED" {
		n.settle(b, paid)
	}
	b.State, b.Paid = state, paid
}

// Made counts the invoices whose memo holds a text.
func (n *Node) Made(part string) (count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, b := range n.all {
		if strings.Contains(b.Memo, part) {
			count++
		}
	}
	return count
}
