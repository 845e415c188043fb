package wallettest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"halqa/wallet"
)

// A Bug is a mistake that a Fake makes on purpose, so that the kit can be seen to find it. Which cases
// find which is a table in the kit's own tests.
type Bug string

// A Fake is a reference adapter together with its rail, in memory. It can do everything that an adapter
// can but prove, and its rail does everything that a rail may: money comes late, in parts, too much and
// back again. It is no rail for anybody's money.
type Fake struct {
	mu     sync.Mutex
	bug    Bug
	base   func() time.Time
	offset time.Duration
	key    []byte // the rail signs its messages with it
	down   bool
	crash  CrashPoint
	log    strings.Builder

	notes   map[string]*note    // what the adapter has noted, by key
	bills   map[string]*bill    // what the rail knows, by charge id
	refunds map[string]*payback // by id
	changes []string            // charge ids, for the feed
	asked   map[string]int      // calls of CreateCharge, by key
	looks   int64
}

// note is what the adapter keeps of a charge.
type note struct {
	in wallet.CreateCharge
	id string
}

// bill is a request for money on the rail.
type bill struct {
	id, key  string
	amount   int64
	expires  time.Time
	requests int
	payments []int64 // final
	seen     int64   // not final
	settled  time.Time
	taken    int64 // by chargebacks
	canceled bool
	again    bool // canceled twice
	late     bool
	heard    wallet.State // by the last webhook, for an adapter that believes it
	told     int64        // money that webhooks spoke of, likewise
	changes  int64
	messages []Message
}

type payback struct {
	wallet.Refund
	in    wallet.RefundRequest
	taken bool
}

var _ interface {
	wallet.Adapter
	wallet.PayeeChecker
	wallet.KeyFinder
	wallet.Canceler
	wallet.WebhookReceiver
	wallet.Feeder
	wallet.Refunder
	Rail
} = (*Fake)(nil)

// NewFake returns a fake with a bug, "" for none. now is where its clock starts from.
func NewFake(bug Bug, now func() time.Time) *Fake {
	return &Fake{
		bug: bug, base: now, key: []byte("the key that the fake rail signs with"),
		notes: map[string]*note{}, bills: map[string]*bill{}, refunds: map[string]*payback{}, asked: map[string]int{},
	}
}

// Harness is the fake under test, with its own hand on the rail.
func (f *Fake) Harness() Harness {
	return Harness{Adapter: f, Payee: wallet.Payee{Kind: "fake-account", Ref: "bob"}, Rail: f, Now: f.Now, Level: 3}
}

// Now is the fake's clock.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now()
}

func (f *Fake) now() time.Time { return f.base().Add(f.offset) }

// Describe implements wallet.Adapter.
func (f *Fake) Describe(context.Context) (wallet.Descriptor, error) {
	d := wallet.Descriptor{
		Name: "fake", Version: "1", Contract: wallet.Contract, Custody: wallet.CustodyNone, PayeeKinds: []string{"fake-account"},
		Assets:       []wallet.Asset{{Code: "XTS", Exponent: 3, Min: 1000, Max: 1_000_000, Step: 10}},
		Capabilities: wallet.Capabilities(f),
		LateFunds:    true, InexactFunds: true, SplitFunds: true, Reversible: true, FinalitySeconds: 60,
		ConfigSchema: map[string]any{"type": "object"}, TestMode: true,
	}
	switch f.bug {
	case "no-version":
		d.Version = ""
	case "boasts":
		d.Capabilities = append(d.Capabilities, wallet.CapProof)
	case "exponent-13":
		d.Assets = append(d.Assets, wallet.Asset{Code: "XXX", Exponent: 13, Min: 1, Max: 1, Step: 1})
	}
	return d, nil
}

// Health implements wallet.Adapter.
func (f *Fake) Health(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down && f.bug != "always-well" || f.bug == "never-well" {
		return errDown
	}
	return nil
}

var (
	errDown  = fmt.Errorf("%w: the rail does not answer", wallet.ErrTemporary)
	errCrash = fmt.Errorf("%w: the adapter ended", wallet.ErrIndeterminate)
)

// CreateCharge implements wallet.Adapter.
func (f *Fake) CreateCharge(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	if err := f.takes(ctx, in); err != nil {
		return wallet.Charge{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bug == "logs-secrets" {
		fmt.Fprintf(&f.log, "signing with %s\n", f.key)
	}
	fmt.Fprintf(&f.log, "charge %s\n", in.Key)
	n, known := f.notes[in.Key]
	f.asked[in.Key]++
	forgotten := f.bug == "remembers-for-a-while" && f.asked[in.Key] > 50
	if known && !n.in.Same(in) && f.bug != "forgets-contents" {
		return wallet.Charge{}, fmt.Errorf("%w: %s", wallet.ErrKeyReuse, in.Key)
	}
	if known && f.bug != "a-new-charge-each-time" && !forgotten {
		return f.charge(f.bills[n.id])
	}
	if f.down {
		return wallet.Charge{}, errDown
	}
	at := f.crash
	f.crash = ""
	if at == CrashBefore {
		if f.bug == "notes-before-asking" {
			b := f.demand(in, forgotten)
			b.requests = 0
			f.notes[in.Key] = &note{in, b.id}
		}
		return wallet.Charge{}, errCrash
	}
	b := f.demand(in, forgotten)
	if at == CrashBetween {
		return wallet.Charge{}, errCrash
	}
	f.notes[in.Key] = &note{in, b.id}
	return f.charge(b)
}

func (f *Fake) takes(ctx context.Context, in wallet.CreateCharge) error {
	d, err := f.Describe(ctx)
	if err != nil {
		return err
	}
	a := d.Assets[0]
	if f.bug == "any-asset" {
		in.Amount.Asset = a.Code
	}
	switch minor := in.Amount.Minor; {
	case f.bug == "less" && minor > 0 && minor < int64(a.Min), f.bug == "more" && minor > int64(a.Max),
		f.bug == "between" && minor%int64(a.Step) != 0, f.bug == "negative" && minor <= 0:
		return nil
	}
	if err := a.Takes(in.Amount); err != nil {
		return err
	}
	if in.Payee.Kind != "fake-account" && f.bug != "any-payee" {
		return fmt.Errorf("%w: payee", wallet.ErrInvalid)
	}
	return in.Check()
}

// demand asks the rail for money. The rail keeps one bill a key, made from the key.
func (f *Fake) demand(in wallet.CreateCharge, forgotten bool) *bill {
	id := "bill-" + in.Key
	b, ok := f.bills[id]
	switch {
	case ok && (f.bug == "a-new-charge-each-time" || forgotten):
		id += "-" + strconv.Itoa(len(f.bills))
	case ok:
		if f.bug == "asks-twice" {
			b.requests++
		}
		return b
	}
	b = &bill{id: id, key: in.Key, amount: in.Amount.Minor, expires: in.ExpiresAt, requests: 1}
	f.bills[id] = b
	return b
}

// charge is a bill as the contract has it.
func (f *Fake) charge(b *bill) (wallet.Charge, error) {
	if f.down {
		if f.bug == "down-is-failed" {
			return f.shape(b, wallet.Failed), nil
		}
		return wallet.Charge{}, errDown
	}
	var received int64
	for i, p := range b.payments {
		if i > 0 && f.bug == "first-payment-only" {
			break
		}
		received += p
	}
	state := wallet.Pending
	over := !f.now().Before(b.expires) || b.canceled
	switch {
	case f.bug == "cancel-wins" && b.canceled:
		state = wallet.Canceled
	case b.taken > 0 && b.taken >= received-f.given(b):
		state = wallet.Reversed
	case received >= b.amount, f.bug == "nearly-is-enough" && received*10 >= b.amount*9 && received > 0:
		state = wallet.Settled
	case b.seen > 0:
		state = wallet.Processing
	case b.canceled:
		state = wallet.Canceled
	case over:
		state = wallet.Expired
	}
	if f.bug == "believes-webhooks" && b.heard != "" {
		state = b.heard
	}
	c := f.shape(b, state)
	c.Received, c.Pending = wallet.Units(received), wallet.Units(b.seen)
	c.Refunded, c.Reversed = wallet.Units(f.given(b)), wallet.Units(b.taken)
	c.SettledAt, c.Late = b.settled, b.late
	if received > 0 {
		c.Source = "fake-payer"
	}
	switch f.bug {
	case "wandering-source":
		if received > 0 {
			f.looks++
			c.Source = fmt.Sprint("fake-payer-", f.looks)
		}
	case "zero-conf":
		if c.Pending > 0 {
			c.Received, c.Pending, c.State = c.Received+c.Pending, 0, wallet.Settled
		}
	case "caps-received":
		c.Received = min(c.Received, wallet.Units(b.amount))
	case "webhooks-are-money":
		c.Received += wallet.Units(b.told)
	case "no-time":
		c.SettledAt = time.Time{}
	case "late-is-in-time":
		c.Late = false
	case "restless":
		f.looks++
		c.Revision += f.looks
	}
	return c, nil
}

// shape is a charge without its money. Running out of time is a change like any other.
func (f *Fake) shape(b *bill, s wallet.State) wallet.Charge {
	c := wallet.Charge{
		ID: b.id, Key: b.key, State: s, Requested: wallet.Amount{Minor: b.amount, Asset: "XTS"}, ExpiresAt: b.expires,
		Revision: 2*b.changes + 1, Actions: []wallet.Action{}, RailRef: b.id,
	}
	if s == wallet.Expired {
		c.Revision++
	}
	if s == wallet.Pending {
		c.Actions = append(c.Actions, f.way(b))
	}
	return c
}

// PayAt is what the address begins with at which a bill of the fake is paid; its id follows.
const PayAt = "https://rail.invalid/"

// way is how a bill is paid.
func (f *Fake) way(b *bill) wallet.Action {
	if f.bug == "leads-nowhere" {
		return wallet.Action{Kind: wallet.ActQR, URI: "fake:" + b.id}
	}
	return wallet.Action{Kind: wallet.ActQR, URI: PayAt + b.id}
}

// given is what was refunded of a bill.
func (f *Fake) given(b *bill) (sum int64) {
	for _, r := range f.refunds {
		if r.ChargeID == b.id && (r.taken || f.bug == "refunds-at-once") {
			sum += r.Amount.Minor
		}
	}
	return sum
}

// GetCharge implements wallet.Adapter.
func (f *Fake) GetCharge(_ context.Context, id string) (wallet.Charge, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.bills[id]
	if !ok {
		if f.bug == "unknown-is-an-accident" {
			return wallet.Charge{}, fmt.Errorf("no row for %q", id)
		}
		return wallet.Charge{}, wallet.ErrNotFound
	}
	return f.charge(b)
}

// FindCharge implements wallet.KeyFinder.
func (f *Fake) FindCharge(_ context.Context, key string) (wallet.Charge, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, ok := f.notes[key]
	if !ok {
		return wallet.Charge{}, wallet.ErrNotFound
	}
	if f.bug == "finds-badly" {
		return wallet.Charge{}, fmt.Errorf("%w: key", wallet.ErrInvalid)
	}
	return f.charge(f.bills[n.id])
}

// CancelCharge implements wallet.Canceler.
func (f *Fake) CancelCharge(_ context.Context, id string) (wallet.Charge, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.bills[id]
	if !ok {
		return wallet.Charge{}, wallet.ErrNotFound
	}
	b.again = b.canceled
	if !b.canceled && (len(b.payments) == 0 && b.seen == 0 || f.bug == "cancel-wins") {
		b.canceled = true
		f.changed(b, wallet.Canceled)
	}
	return f.charge(b)
}

// CheckPayee implements wallet.PayeeChecker: accounts of the fake rail are lower-case words.
func (f *Fake) CheckPayee(ctx context.Context, kind, input string) (wallet.Payee, error) {
	if f.bug == "searches" {
		if u, err := url.Parse(input); err == nil && u.Host != "" {
			if req, err := http.NewRequestWithContext(ctx, "GET", input, nil); err == nil {
				if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
					io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<10))
					resp.Body.Close()
				}
			}
		}
	}
	if kind != "fake-account" || input == "" || len(input) > 32 || strings.Trim(input, "abcdefghijklmnopqrstuvwxyz") != "" {
		return wallet.Payee{}, fmt.Errorf("%w: an account is a word of lower-case letters", wallet.ErrInvalid)
	}
	return wallet.Payee{Kind: kind, Ref: input}, nil
}

// hook is what the fake rail says about a bill.
type hook struct {
	Merchant string       `json:"merchant"`
	Charge   string       `json:"charge"`
	State    wallet.State `json:"state"`
	Minor    int64        `json:"minor"`
}

const (
	hookHeader = "Fake-Signature"
	merchant   = "halqa-kit"
)

func sign(key []byte, at time.Time, body []byte) Message {
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%d.%s", at.Unix(), body)
	return Message{
		Header: map[string][]string{hookHeader: {fmt.Sprintf("%d.%s", at.Unix(), hex.EncodeToString(m.Sum(nil)))}}, Body: body,
	}
}

// Webhook implements wallet.WebhookReceiver.
func (f *Fake) Webhook(_ context.Context, h http.Header, _ string, body []byte) ([]wallet.Hint, wallet.Reply, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.genuine(h, body); err != nil {
		return nil, wallet.Reply{}, err
	}
	var k hook
	if err := json.Unmarshal(body, &k); err != nil && f.bug != "believes-anybody" {
		return nil, wallet.Reply{}, fmt.Errorf("%w: body", wallet.ErrInvalid)
	}
	if k.Merchant != merchant && f.bug != "any-merchant" && f.bug != "believes-anybody" {
		return nil, wallet.Reply{}, fmt.Errorf("%w: for another merchant", wallet.ErrBadSignature)
	}
	b, ok := f.bills[k.Charge]
	if !ok && f.bug == "unknown-is-fatal" {
		return nil, wallet.Reply{}, fmt.Errorf("no row for %q", k.Charge)
	}
	if ok {
		b.heard = k.State
		if f.bug == "webhooks-are-money" && k.State == wallet.Settled {
			b.told += k.Minor
			b.changes++
		}
	}
	return []wallet.Hint{{ChargeID: k.Charge}}, wallet.Reply{Status: 200, ContentType: "text/plain", Body: []byte("ok")}, nil
}

func (f *Fake) genuine(h http.Header, body []byte) error {
	if f.bug == "believes-anybody" {
		return nil
	}
	header := http.Header(h).Get(hookHeader)
	stamp, _, _ := strings.Cut(header, ".")
	t, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: no time", wallet.ErrBadSignature)
	}
	if f.bug == "lax-bytes" { // signs what it understood, not what came
		var k hook
		if json.NewDecoder(strings.NewReader(string(body))).Decode(&k) == nil {
			body, _ = json.Marshal(k)
		}
	}
	want := sign(f.key, time.Unix(t, 0), body).Header[hookHeader][0]
	if !hmac.Equal([]byte(want), []byte(header)) {
		return wallet.ErrBadSignature
	}
	off := f.now().Sub(time.Unix(t, 0))
	if off > wallet.MaxSkew && f.bug != "any-time" || off < -wallet.MaxSkew && f.bug != "any-time" && f.bug != "any-future" {
		return fmt.Errorf("%w: signed %s away", wallet.ErrBadSignature, off)
	}
	return nil
}

// Feed implements wallet.Feeder; the cursor counts changes.
func (f *Fake) Feed(_ context.Context, cursor string, limit int) (wallet.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, err := strconv.Atoi("0" + cursor)
	if err != nil || from > len(f.changes) {
		return wallet.Page{}, fmt.Errorf("%w: cursor", wallet.ErrInvalid)
	}
	if f.bug == "no-news" {
		return wallet.Page{Hints: []wallet.Hint{}, Cursor: strconv.Itoa(len(f.changes))}, nil
	}
	to := min(from+limit, len(f.changes))
	p := wallet.Page{Hints: []wallet.Hint{}, Cursor: strconv.Itoa(to), More: to < len(f.changes)}
	for _, id := range f.changes[from:to] {
		p.Hints = append(p.Hints, wallet.Hint{ChargeID: id})
	}
	return p, nil
}

// Refund implements wallet.Refunder: the payer has to fetch it.
func (f *Fake) Refund(_ context.Context, in wallet.RefundRequest) (wallet.Refund, error) {
	if err := in.Check(); err != nil {
		return wallet.Refund{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.bills[in.ChargeID]
	if !ok {
		return wallet.Refund{}, wallet.ErrNotFound
	}
	id := "refund-" + in.Key
	if r, ok := f.refunds[id]; ok && f.bug != "refund-keys-ignored" {
		if r.in != in {
			return wallet.Refund{}, wallet.ErrKeyReuse
		}
		return r.Refund, nil
	} else if ok {
		id += "-" + strconv.Itoa(len(f.refunds))
	}
	left := -b.taken
	for _, p := range b.payments {
		left += p
	}
	for _, r := range f.refunds {
		if r.ChargeID == b.id {
			left -= r.Amount.Minor
		}
	}
	if in.Amount.Minor > left && f.bug != "refunds-unbounded" {
		return wallet.Refund{}, fmt.Errorf("%w: %d are left", wallet.ErrLimit, left)
	}
	r := &payback{Refund: wallet.Refund{ID: id, Key: in.Key, ChargeID: in.ChargeID, Revision: 1, State: wallet.Pending, Amount: in.Amount}, in: in}
	f.refunds[id] = r
	if f.bug == "refunds-at-once" {
		f.changed(b, "")
	}
	return r.Refund, nil
}

// GetRefund implements wallet.Refunder.
func (f *Fake) GetRefund(_ context.Context, id string) (wallet.Refund, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.refunds[id]
	if !ok {
		return wallet.Refund{}, wallet.ErrNotFound
	}
	return r.Refund, nil
}
