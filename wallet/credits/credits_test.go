package credits_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"halqa/wallet"
	"halqa/wallet/credits"
	"halqa/wallet/wallettest"
)

// A book in memory whose payers never run out; internal/tips has the one that matters.
type book struct {
	mu    sync.Mutex
	now   func() time.Time
	holds map[string]*hold
	poor  bool
}

type hold struct {
	in           wallet.CreateCharge
	at, canceled time.Time
}

func (b *book) Hold(_ context.Context, in wallet.CreateCharge) (wallet.CreateCharge, time.Time, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.poor {
		return wallet.CreateCharge{}, time.Time{}, time.Time{}, wallet.ErrLimit
	}
	h, ok := b.holds[in.Key]
	if !ok {
		h = &hold{in: in, at: b.now()}
		b.holds[in.Key] = h
	}
	if !h.in.Same(in) {
		return wallet.CreateCharge{}, time.Time{}, time.Time{}, wallet.ErrKeyReuse
	}
	return h.in, h.at, h.canceled, nil
}

func (b *book) Look(_ context.Context, key string) (wallet.CreateCharge, time.Time, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.holds[key]
	if !ok {
		return wallet.CreateCharge{}, time.Time{}, time.Time{}, wallet.ErrNotFound
	}
	return h.in, h.at, h.canceled, nil
}

func (b *book) Cancel(_ context.Context, key string, within time.Duration) (wallet.CreateCharge, time.Time, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.holds[key]
	if !ok {
		return wallet.CreateCharge{}, time.Time{}, time.Time{}, wallet.ErrNotFound
	}
	if h.canceled.IsZero() && b.now().Before(h.at.Add(within)) {
		h.canceled = b.now()
	}
	return h.in, h.at, h.canceled, nil
}

func open() (*credits.Adapter, *book, *time.Time) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	b := &book{now: clock, holds: map[string]*hold{}}
	return credits.New(b, credits.Options{Code: "CRD", Max: 200, Hold: 10 * time.Minute, Now: clock}), b, &now
}

func TestConformance(t *testing.T) {
	wallettest.Run(t, func(testing.TB) wallettest.Harness {
		a, b, _ := open()
		return wallettest.Harness{Adapter: a, Payee: wallet.Payee{Kind: "local-user", Ref: "7"}, Now: b.now, Level: 3}
	})
}

func TestHeldThenSettled(t *testing.T) {
	a, b, now := open()
	ctx := context.Background()
	in := wallet.CreateCharge{Key: "tip_1_a1", Amount: wallet.Amount{Minor: 5, Asset: "CRD"}, Payee: wallet.Payee{Kind: "local-user", Ref: "7"}, ExpiresAt: now.Add(time.Hour)}
	c, err := a.CreateCharge(ctx, in)
	if err != nil || c.State != wallet.Processing || c.Pending != 5 || c.Received != 0 || c.Check() != nil {
		t.Fatalf("just made: %+v, %v", c, err)
	}
	*now = now.Add(10*time.Minute - 1)
	if c, err = a.GetCharge(ctx, in.Key); err != nil || c.State != wallet.Processing {
		t.Errorf("a moment before: %s, %v", c.State, err)
	}
	before := c
	*now = now.Add(1)
	if c, err = a.FindCharge(ctx, in.Key); err != nil || c.State != wallet.Settled || c.Received != 5 || before.Follows(c) != nil {
		t.Errorf("ten minutes later: %+v, %v", c, err)
	}
	if c, err = a.CancelCharge(ctx, in.Key); err != nil || c.State != wallet.Settled {
		t.Errorf("undone too late: %s, %v", c.State, err)
	}

	in.Key = "tip_2_a1"
	if before, err = a.CreateCharge(ctx, in); err != nil {
		t.Fatal(err)
	}
	if c, err = a.CancelCharge(ctx, in.Key); err != nil || c.State != wallet.Canceled || c.Received != 0 || before.Follows(c) != nil {
		t.Errorf("undone: %+v, %v", c, err)
	}
	*now = now.Add(time.Hour)
	if c, err = a.GetCharge(ctx, in.Key); err != nil || c.State != wallet.Canceled {
		t.Errorf("an hour after the undo: %s, %v", c.State, err)
	}
	b.poor = true
	in.Key = "tip_3_a1"
	if _, err = a.CreateCharge(ctx, in); !errors.Is(err, wallet.ErrLimit) {
		t.Errorf("without credits: %v", err)
	}
}

// What the adapter says of itself on the page of the wallets is what the kit says.
func TestKit(t *testing.T) {
	a, b, _ := open()
	rep, err := wallettest.Check(t.Context(), wallettest.Harness{Adapter: a, Payee: wallet.Payee{Kind: "local-user", Ref: "7"}, Now: b.now, Level: 3})
	if err != nil {
		t.Fatal(err)
	}
	level, passed, failed, skipped := a.Kit()
	if rep.Level != level || rep.Count(wallettest.Passed) != passed || rep.Count(wallettest.Failed) != failed || rep.Count(wallettest.Skipped) != skipped {
		t.Errorf("Kit says level %d, %d passed, %d failed, %d skipped; the kit says %d, %d, %d, %d", level, passed, failed, skipped,
			rep.Level, rep.Count(wallettest.Passed), rep.Count(wallettest.Failed), rep.Count(wallettest.Skipped))
	}
}
