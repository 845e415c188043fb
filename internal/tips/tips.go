package tips

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/wallet"
)

const (
	// railTime is how long a rail has for an answer; after it nobody knows whether it happened.
	railTime = 10 * time.Second

	// payWithin is how long a payer has for a charge that waits for them.
	payWithin = time.Hour
)

// Options are what the tips of an instance need.
type Options struct {
	Store  *store.Store
	Origin string // https://host, for the addresses that rails and browsers come back to
	Now    func() time.Time
	Log    *slog.Logger
	Rules  *Rules // against abuse; nil = DefaultRules
}

// Tips is the use cases of tipping.
type Tips struct {
	store  *store.Store
	origin string
	now    func() time.Time
	log    *slog.Logger
	rules  Rules

	mu    sync.RWMutex
	rails []*rail

	carry  *Carrier // to other instances; nil = to none
	abroad *rail    // with it
	proofs map[string]ProofCheck
}

// A rail is an adapter that described itself well.
type rail struct {
	wallet.Adapter
	d     wallet.Descriptor
	named map[string]wallet.Payee // whom the configuration names, by their name here; nil = people say where they are paid
}

// New returns tips without any rail; see Use.
func New(o Options) *Tips {
	t := &Tips{store: o.Store, origin: o.Origin, now: o.Now, log: o.Log, rules: DefaultRules(), proofs: map[string]ProofCheck{}}
	if o.Rules != nil {
		t.rules = *o.Rules
	}
	return t
}

// Use adds a rail, for each adapter that is configured; one that does not answer yet may be added later.
// Adapters that hold other people's money are refused: credits lead nowhere, and everything else goes
// from payer to payee.
func (t *Tips) Use(ctx context.Context, a wallet.Adapter) error { return t.UseFor(ctx, a, nil) }

// UseFor adds a rail that pays only members who are named, each there and nowhere else: whose account it is was
// decided by who runs the instance, and no member can say otherwise. With nil it is Use.
func (t *Tips) UseFor(ctx context.Context, a wallet.Adapter, named map[string]wallet.Payee) error {
	ctx, cancel := context.WithTimeout(ctx, railTime)
	defer cancel()
	d, err := a.Describe(ctx)
	if err == nil {
		err = d.Check()
	}
	if err != nil {
		return fmt.Errorf("wallet adapter: %w", err)
	}
	if d.Custody == wallet.CustodyInstance {
		return circles.Errorf(circles.Invalid, "The wallet adapter %s keeps people's money on this server, which Halqa does not do.", d.Name)
	}
	if d.Name == Abroad {
		return circles.Errorf(circles.Invalid, "No wallet adapter may be called %s.", Abroad)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rails {
		if r.d.Name == d.Name {
			return circles.Errorf(circles.Invalid, "Two wallet adapters are called %s.", d.Name)
		}
	}
	t.rails = append(t.rails, &rail{a, d, named})
	return nil
}

// all returns the rails that there are now.
func (t *Tips) all() []*rail {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Clone(t.rails)
}

// able returns an optional power of a rail. Both have to be there, the methods and the word: a client of
// an adapter elsewhere has all methods, whatever the adapter can do.
func able[T any](r *rail, capability string) (power T, ok bool) {
	if r == nil || !r.d.Can(capability) {
		return power, false
	}
	power, ok = r.Adapter.(T)
	return power, ok
}

// Rails returns what the configured adapters say of themselves, in the order of the configuration.
func (t *Tips) Rails() []wallet.Descriptor {
	var all []wallet.Descriptor
	for _, r := range t.all() {
		all = append(all, r.d)
	}
	return all
}

// Health asks a rail whether a charge could be made now. NotFound if there is none of that name.
func (t *Tips) Health(ctx context.Context, name string) error {
	r := t.rail(name)
	if r == nil {
		return circles.Errorf(circles.NotFound, "There is no wallet called %s.", name)
	}
	return ask(ctx, r.Adapter.Health)
}

func (t *Tips) rail(name string) *rail {
	if name == Abroad {
		t.mu.RLock()
		defer t.mu.RUnlock()
		return t.abroad
	}
	for _, r := range t.all() {
		if r.d.Name == name {
			return r
		}
	}
	return nil
}

// ask calls a rail with a limit on its time. A rail that panics has not said what happened.
func ask(ctx context.Context, call func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, railTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the adapter panicked: %v", wallet.ErrIndeterminate, p)
		}
	}()
	return call(ctx)
}

// refused reports whether a rail's error says that asking again is of no use.
func refused(err error) bool {
	for _, final := range []error{wallet.ErrInvalid, wallet.ErrMismatch, wallet.ErrLimit, wallet.ErrOverflow, wallet.ErrUnsupported, wallet.ErrKeyReuse} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}
