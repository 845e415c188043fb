package wallettest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"halqa/wallet"
)

// The fake's other side: what payers, banks and chains do.

// changed notes that a bill is another, and has the rail send a message. The lock is held.
func (f *Fake) changed(b *bill, s wallet.State) {
	b.changes++
	f.changes = append(f.changes, b.id)
	if s == "" {
		return
	}
	body, err := json.Marshal(hook{merchant, b.id, s, b.amount})
	if err != nil {
		panic(err) // plain values
	}
	b.messages = append(b.messages, sign(f.key, f.now(), body))
}

func (f *Fake) bill(id string) (*bill, error) {
	if b, ok := f.bills[id]; ok {
		return b, nil
	}
	return nil, wallet.ErrNotFound
}

// Pay implements Rail.
func (f *Fake) Pay(_ context.Context, charge string, minor int64, final bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := f.bill(charge)
	if err != nil {
		return err
	}
	over := b.canceled || !f.now().Before(b.expires)
	if over && (f.bug == "late-is-lost" && !b.canceled || f.bug == "canceled-is-lost" && b.again) {
		return nil // the payer's money is gone
	}
	if !final {
		b.seen += minor
		f.changed(b, wallet.Processing)
		return nil
	}
	b.seen = 0 // what was seen became final
	b.payments = append(b.payments, minor)
	b.late = b.late || over
	state := wallet.Pending
	var sum int64
	for _, p := range b.payments {
		sum += p
	}
	if sum >= b.amount {
		state = wallet.Settled
		if b.settled.IsZero() {
			b.settled = f.now()
		}
	}
	f.changed(b, state)
	return nil
}

// Reorg implements Rail.
func (f *Fake) Reorg(_ context.Context, charge string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := f.bill(charge)
	if err != nil {
		return err
	}
	if f.bug != "never-looks-back" {
		b.seen = 0
	}
	f.changed(b, wallet.Pending)
	return nil
}

// Dispute implements Rail.
func (f *Fake) Dispute(_ context.Context, charge string, minor int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := f.bill(charge)
	if err != nil {
		return err
	}
	left := -b.taken - f.given(b)
	for _, p := range b.payments {
		left += p
	}
	switch f.bug {
	case "takes-too-much":
		left = minor
	case "no-chargebacks":
		left = 0
	}
	b.taken += min(minor, left)
	f.changed(b, wallet.Reversed)
	if f.bug == "stale-revision" {
		b.changes--
	}
	return nil
}

// TakeRefund implements Rail.
func (f *Fake) TakeRefund(_ context.Context, refund string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.refunds[refund]
	if !ok {
		return wallet.ErrNotFound
	}
	if !r.taken {
		r.taken = true
		r.State, r.Revision = wallet.Settled, r.Revision+1
		f.changed(f.bills[r.ChargeID], "")
	}
	return nil
}

// Requests implements Rail.
func (f *Fake) Requests(_ context.Context, key string) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.bills {
		if b.key == key {
			n += b.requests
		}
	}
	return n, nil
}

// Messages implements Rail.
func (f *Fake) Messages(_ context.Context, charge string) ([]Message, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := f.bill(charge)
	if err != nil {
		return nil, err
	}
	return append([]Message(nil), b.messages...), nil
}

// Forge implements Rail.
func (f *Fake) Forge(_ context.Context, charge string, how Forgery) (Message, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h, at, key := hook{merchant, charge, wallet.Settled, 1_000_000}, f.now(), f.key
	switch how {
	case ForgeSignature:
		key = []byte("somebody else's key")
	case ForgeOld:
		at = at.Add(-10 * time.Minute)
	case ForgeFuture:
		at = at.Add(10 * time.Minute)
	case ForgeMerchant:
		h.Merchant = "somebody-else"
	case ForgeUnknown:
		h.Charge = "bill-of-nobody"
	default:
		return Message{}, errors.New("wallettest: no such forgery")
	}
	body, err := json.Marshal(h)
	return sign(key, at, body), err
}

// Down implements Rail.
func (f *Fake) Down(_ context.Context, down bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
	return nil
}

// Crash implements Rail.
func (f *Fake) Crash(_ context.Context, at CrashPoint) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crash = at
	return nil
}

// Advance implements Rail.
func (f *Fake) Advance(_ context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.offset += d
	return nil
}

// Logs implements Rail.
func (f *Fake) Logs(context.Context) (string, []string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String(), []string{string(f.key)}, nil
}
