package hosted_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/wallet"
	"halqa/wallet/hosted"
	"halqa/wallet/hosted/alipaytest"
	"halqa/wallet/wallettest"
)

// A book in memory; internal/tips has the one that matters.
type book struct {
	mu    sync.Mutex
	notes map[string]string
	marks map[string]string
	fail  error // the next note is kept, and its process ends
}

func newBook() *book { return &book{notes: map[string]string{}, marks: map[string]string{}} }

func (b *book) ends() error {
	err := b.fail
	b.fail = nil
	return err
}

func (b *book) Keep(_ context.Context, key, mark, note string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if had, ok := b.notes[key]; ok {
		return had, b.ends()
	}
	if _, ok := b.marks[mark]; ok {
		return "", wallet.ErrKeyReuse
	}
	b.notes[key], b.marks[mark] = note, key
	return note, b.ends()
}

func (b *book) Read(_ context.Context, key string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if had, ok := b.notes[key]; ok {
		return had, nil
	}
	return "", wallet.ErrNotFound
}

func (b *book) Change(_ context.Context, key, from, to string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	had, ok := b.notes[key]
	switch {
	case !ok:
		return "", wallet.ErrNotFound
	case had == from:
		b.notes[key], had = to, to
	}
	return had, b.ends()
}

const (
	adaApp, adaSeller = "2021004100001111", "2088101106499364"
	bobApp, bobSeller = "2021004100002222", "2088101106499372"
)

// A place is an adapter, the gateway it speaks with, and a payer.
type place struct {
	*hosted.Adapter
	gate     *alipaytest.Gateway
	book     *book
	ada, bob alipaytest.App

	mu    sync.Mutex
	moved time.Duration
	links map[string][]wallet.Action // what payers were shown, by key
}

func start() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{book: newBook(), links: map[string][]wallet.Action{}}
	p.gate = alipaytest.New(p.now)
	t.Cleanup(p.gate.Close)
	p.ada, p.bob = p.gate.Add(adaApp, adaSeller), p.gate.Add(bobApp, bobSeller)
	a, err := hosted.New(hosted.Options{Gateway: p.gate.URL, Book: p.book, Now: p.now, Merchants: []hosted.Merchant{
		{App: adaApp, Seller: adaSeller, Key: p.ada.PEM(), AlipayKey: p.gate.PublicPEM()},
		{App: bobApp, Seller: bobSeller, Key: p.bob.PEM(), AlipayKey: p.gate.PublicPEM()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.Adapter = a
	return p
}

func (p *place) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return start().Add(p.moved)
}

// CreateCharge remembers what the payer is shown, for payers keep pages open.
func (p *place) CreateCharge(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	c, err := p.Adapter.CreateCharge(ctx, in)
	if err == nil && len(c.Actions) > 0 {
		p.mu.Lock()
		p.links[c.Key] = c.Actions
		p.mu.Unlock()
	}
	return c, err
}

// visit opens a link as a browser does.
func visit(ctx context.Context, a wallet.Action) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, a.Method, a.URI, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// open brings the payer of a charge to the cashier.
func (p *place) open(ctx context.Context, charge string) error {
	p.mu.Lock()
	links := p.links[charge]
	p.mu.Unlock()
	if len(links) == 0 {
		c, err := p.Adapter.GetCharge(ctx, charge)
		if err != nil {
			return err
		}
		if links = c.Actions; len(links) == 0 {
			return alipaytest.ErrRefused
		}
	}
	status, page, err := visit(ctx, links[0])
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%w: %d %s", alipaytest.ErrRefused, status, page)
	}
	return err
}

// Pay implements wallettest.Rail. Alipay takes exact sums only, and knows no money that is seen and not final.
func (p *place) Pay(ctx context.Context, charge string, minor int64, final bool) error {
	if !final {
		return wallettest.ErrNotPossible
	}
	if err := p.open(ctx, charge); err != nil {
		return err
	}
	return p.gate.Pay(charge)
}

func (p *place) Reorg(context.Context, string) error          { return wallettest.ErrNotPossible }
func (p *place) Dispute(context.Context, string, int64) error { return wallettest.ErrNotPossible }
func (p *place) TakeRefund(context.Context, string) error     { return wallettest.ErrNotPossible }

// Requests implements wallettest.Rail: an order is there when its payer opened it, so they do.
func (p *place) Requests(ctx context.Context, key string) (int, error) {
	if err := p.open(ctx, key); err != nil {
		return 0, err
	}
	return p.gate.Orders(key), nil
}

func (p *place) Messages(_ context.Context, charge string) (all []wallettest.Message, err error) {
	for _, body := range p.gate.Notices(charge) {
		all = append(all, message(body))
	}
	return all, nil
}

func message(body string) wallettest.Message {
	return wallettest.Message{Header: map[string][]string{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}, Body: []byte(body)}
}

// Forge implements wallettest.Rail. A notice of ten minutes ago is none: Alipay sends them again for 25 hours.
func (p *place) Forge(_ context.Context, charge string, how wallettest.Forgery) (wallettest.Message, error) {
	app, l := p.ada, alipaytest.Lie{}
	switch how {
	case wallettest.ForgeSignature:
		l.Key = p.ada.Key
	case wallettest.ForgeOld:
		return wallettest.Message{}, wallettest.ErrNotPossible
	case wallettest.ForgeFuture:
		l.At = 10 * time.Minute
	case wallettest.ForgeMerchant:
		app = p.bob
	case wallettest.ForgeUnknown:
		charge = "order_of_nobody"
	default:
		return wallettest.Message{}, errors.New("no such forgery")
	}
	return message(p.gate.Forge(app, charge, 10, l)), nil
}

func (p *place) Down(_ context.Context, down bool) error {
	p.gate.Down(down)
	return nil
}

var errEnded = errors.New("the process ended")

func (p *place) Crash(_ context.Context, at wallettest.CrashPoint) error {
	if at == wallettest.CrashBefore {
		p.gate.Fail("alipay.trade.query", alipaytest.Drop)
		return nil
	}
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	p.book.fail = errEnded
	return nil
}

func (p *place) Advance(_ context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved += d
	return nil
}

// Logs implements wallettest.Rail. The adapter logs nothing; what must not be seen is the key in every form.
func (p *place) Logs(context.Context) (string, []string, error) {
	text := string(p.ada.PEM())
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return "", append(lines[1:len(lines)-1], text, p.ada.Key.D.String(), fmt.Sprintf("%x", p.ada.Key.D)), nil
}

func (p *place) harness() wallettest.Harness {
	return wallettest.Harness{Adapter: p, Payee: wallet.Payee{Kind: hosted.PayeeKind, Ref: adaSeller}, Rail: p, Now: p.now, Level: 3}
}

func TestConformance(t *testing.T) {
	wallettest.Run(t, func(t testing.TB) wallettest.Harness { return newPlace(t).harness() })
}

// What the adapter says of itself on the page of the wallets is what the kit says.
func TestKit(t *testing.T) {
	p := newPlace(t)
	rep, err := wallettest.Check(t.Context(), p.harness())
	if err != nil {
		t.Fatal(err)
	}
	level, passed, failed, skipped := p.Kit()
	if rep.Level != level || rep.Count(wallettest.Passed) != passed || rep.Count(wallettest.Failed) != failed || rep.Count(wallettest.Skipped) != skipped {
		var text bytes.Buffer
		rep.Text(&text)
		t.Errorf("Kit says level %d, %d passed, %d failed, %d skipped; the kit\n%s", level, passed, failed, skipped, text.String())
	}
}
