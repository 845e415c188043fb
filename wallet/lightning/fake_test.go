package lightning

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/internal/testdb"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/lightning/lntest"
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

// An invoiceRail is what rails of invoices have in common for the kit: an invoice is paid or not, and nothing
// ever comes back.
type invoiceRail struct {
	t     testing.TB
	clock *clock
}

func (invoiceRail) Reorg(context.Context, string) error          { return wallettest.ErrNotPossible }
func (invoiceRail) Dispute(context.Context, string, int64) error { return wallettest.ErrNotPossible }
func (invoiceRail) TakeRefund(context.Context, string) error     { return wallettest.ErrNotPossible }
func (invoiceRail) Messages(context.Context, string) ([]wallettest.Message, error) {
	return nil, wallettest.ErrNotPossible
}

func (invoiceRail) Forge(context.Context, string, wallettest.Forgery) (wallettest.Message, error) {
	return wallettest.Message{}, wallettest.ErrNotPossible
}

func (r invoiceRail) Advance(_ context.Context, d time.Duration) error {
	r.clock.add(d)
	return nil
}

const fakeMacaroon = "an invoice macaroon, and no other"

// fakeNode is lntest's node with the kit's hand on it.
type fakeNode struct {
	invoiceRail
	*lntest.Node
}

func newFakeNode(t testing.TB) *fakeNode {
	c := newClock()
	n := lntest.NewNode(c.Now, []byte(fakeMacaroon))
	t.Cleanup(n.Close)
	return &fakeNode{invoiceRail{t, c}, n}
}

func (f *fakeNode) options() LNDOptions {
	return LNDOptions{Name: "node", URL: f.URL, Cert: f.Cert(), Macaroon: []byte(fakeMacaroon),
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

func (f *fakeNode) Pay(_ context.Context, charge string, minor int64, final bool) error {
	if !final {
		return wallettest.ErrNotPossible
	}
	err := f.Node.Pay(charge, minor)
	if errors.Is(err, lntest.ErrLess) {
		return wallettest.ErrNotPossible
	}
	return err
}

// Requests counts the invoices whose memo names a key, as this wallet's do.
func (f *fakeNode) Requests(_ context.Context, key string) (int, error) {
	return f.Made(" [" + key + " "), nil
}

func (f *fakeNode) Down(_ context.Context, down bool) error {
	f.Node.Down(down)
	return nil
}

func (f *fakeNode) Crash(_ context.Context, at wallettest.CrashPoint) error {
	f.Lose(map[wallettest.CrashPoint]lntest.Loss{wallettest.CrashBefore: lntest.Before, wallettest.CrashBetween: lntest.After}[at])
	return nil
}

func (f *fakeNode) Logs(context.Context) (string, []string, error) {
	o := f.options()
	return "", []string{fakeMacaroon, hex.EncodeToString([]byte(fakeMacaroon)), string(o.Secret), hex.EncodeToString(o.Secret)}, nil
}

// A fakeProvider is lntest's provider with the kit's hand on it, and with the notes of an adapter that may
// lose one.
type fakeProvider struct {
	invoiceRail
	*lntest.Provider
	notes *crashingNotes
}

func newFakeProvider(t testing.TB) *fakeProvider {
	c := newClock()
	store := testdb.OpenAt(t, c.Now)
	notes := tips.New(tips.Options{Store: store, Now: c.Now}).Notes("lightning-address")
	return &fakeProvider{invoiceRail{t, c}, lntest.NewProvider(c.Now), &crashingNotes{Notes: notes}}
}

// A crashingNotes loses a note on its way into the database.
type crashingNotes struct {
	Notes
	mu   sync.Mutex
	lose bool
}

func (n *crashingNotes) Keep(ctx context.Context, key, mark, note string) (string, error) {
	n.mu.Lock()
	lose := n.lose
	n.lose = false
	n.mu.Unlock()
	if lose {
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
func (f *fakeProvider) bill(charge string) (*lntest.Bill, error) {
	text, err := f.notes.Read(context.Background(), charge)
	if err != nil {
		return nil, err
	}
	n, err := readNote(text)
	if err != nil {
		return nil, err
	}
	f.Lock()
	defer f.Unlock()
	for _, b := range f.Bills {
		if strings.EqualFold(b.Text, n.Invoice) {
			return b, nil
		}
	}
	return nil, errors.New("no such invoice")
}

func (f *fakeProvider) Pay(_ context.Context, charge string, minor int64, final bool) error {
	if !final {
		return wallettest.ErrNotPossible
	}
	b, err := f.bill(charge)
	if err == nil && minor != b.MilliSat {
		err = lntest.ErrWrong
	}
	if err == nil {
		_, err = f.Provider.Pay(b.Text)
	}
	return err
}

// Requests cannot be told: a provider knows no keys, and an invoice that nobody saw costs nothing.
func (f *fakeProvider) Requests(context.Context, string) (int, error) {
	return 0, wallettest.ErrNotPossible
}

func (f *fakeProvider) Down(_ context.Context, down bool) error {
	f.Lock()
	defer f.Unlock()
	f.Away = down
	return nil
}

func (f *fakeProvider) Crash(_ context.Context, at wallettest.CrashPoint) error {
	f.Lock()
	defer f.Unlock()
	f.notes.mu.Lock()
	defer f.notes.mu.Unlock()
	f.Lose, f.notes.lose = at == wallettest.CrashBefore, at == wallettest.CrashBetween
	return nil
}

func (f *fakeProvider) Logs(context.Context) (string, []string, error) { return "", nil, nil }

var bob = wallet.Payee{Kind: PayeeAddress, Ref: "bob@pay.example"}
