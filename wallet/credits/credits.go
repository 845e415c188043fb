// Package credits is the rail that needs no rail: credits of the instance. They are granted by its
// admins, move between its members, and lead nowhere else: nobody can buy them, take them out, or send
// them to another instance.
//
// Where the credits are is the affair of a [Book], which the instance implements with its ledger: a hold
// takes them from the payer, and only when the instance settles do they reach the payee, or go back. The
// adapter says when: ten minutes after the hold, unless the payer thought better of it. It keeps nothing
// itself, and books nothing.
//
// Begin reading at [New].
package credits

import (
	"context"
	"errors"
	"fmt"
	"time"

	"halqa/wallet"
)

// A Book knows where the credits are. What it returns of a hold is the request it was made with, when
// the credits were taken, and when the payer took them back, zero if not.
type Book interface {
	// Hold takes the amount from the payer that the key was made for. It is idempotent: a key that is
	// held returns what it holds. wallet.ErrLimit if the payer has not enough, wallet.ErrKeyReuse if the
	// key holds something else, wallet.ErrNotFound if it is nobody's.
	Hold(ctx context.Context, in wallet.CreateCharge) (held wallet.CreateCharge, at, canceled time.Time, err error)
	// Look returns wallet.ErrNotFound if the key holds nothing and never did.
	Look(ctx context.Context, key string) (held wallet.CreateCharge, at, canceled time.Time, err error)
	// Cancel marks the hold as taken back if it is younger than that, and returns it either way.
	Cancel(ctx context.Context, key string, within time.Duration) (held wallet.CreateCharge, at, canceled time.Time, err error)
}

// Options are what an instance decides about its credits.
type Options struct {
	Code string        // asset code; "CRD"
	Max  int64         // most of one tip
	Hold time.Duration // how long a tip can be undone
	Now  func() time.Time
}

// Adapter is the rail.
type Adapter struct {
	book Book
	o    Options
}

// New returns the adapter over a book.
func New(book Book, o Options) *Adapter { return &Adapter{book, o} }

// Describe implements wallet.Adapter.
func (a *Adapter) Describe(context.Context) (wallet.Descriptor, error) {
	return wallet.Descriptor{
		Name: "credits", Version: "1", Contract: wallet.Contract,
		Assets:       []wallet.Asset{{Code: a.o.Code, Exponent: 0, Min: 1, Max: wallet.Units(a.o.Max), Step: 1}},
		Custody:      wallet.CustodyClosedLoop,
		PayeeKinds:   []string{"local-user"},
		Capabilities: wallet.Capabilities(a),

		FinalitySeconds: int64(a.o.Hold / time.Second),
		ConfigSchema:    map[string]any{"type": "object", "properties": map[string]any{}},
	}, nil
}

// CreateCharge implements wallet.Adapter: it takes the credits into hold.
func (a *Adapter) CreateCharge(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	if err := in.Check(); err != nil {
		return wallet.Charge{}, err
	}
	d, err := a.Describe(ctx)
	if err != nil {
		return wallet.Charge{}, err
	}
	if err := d.Assets[0].Takes(in.Amount); err != nil {
		return wallet.Charge{}, err
	}
	if in.Payee.Kind != "local-user" {
		return wallet.Charge{}, fmt.Errorf("%w: credits reach members of this instance only", wallet.ErrInvalid)
	}
	return a.charge(a.book.Hold(ctx, in))
}

// GetCharge implements wallet.Adapter. A charge's id is its key.
func (a *Adapter) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	return a.charge(a.book.Look(ctx, id))
}

// FindCharge implements wallet.KeyFinder.
func (a *Adapter) FindCharge(ctx context.Context, key string) (wallet.Charge, error) {
	return a.GetCharge(ctx, key)
}

// CancelCharge implements wallet.Canceler: the payer's undo, while the credits are held.
func (a *Adapter) CancelCharge(ctx context.Context, id string) (wallet.Charge, error) {
	return a.charge(a.book.Cancel(ctx, id, a.o.Hold))
}

// Health implements wallet.Adapter; the book is the instance's own database.
func (a *Adapter) Health(context.Context) error { return nil }

// charge reads the state off a hold: nothing else remembers it. Each state has a revision of its own,
// and a hold never leaves the last two.
func (a *Adapter) charge(in wallet.CreateCharge, at, canceled time.Time, err error) (wallet.Charge, error) {
	if err != nil {
		return wallet.Charge{}, failed(err)
	}
	due := at.Add(a.o.Hold)
	c := wallet.Charge{ID: in.Key, Key: in.Key, Requested: in.Amount, ExpiresAt: due, Actions: []wallet.Action{}}
	switch {
	case !canceled.IsZero():
		c.State, c.Revision = wallet.Canceled, 2
	case a.o.Now().Before(due):
		c.State, c.Revision, c.Pending = wallet.Processing, 1, wallet.Units(in.Amount.Minor)
		c.Actions = append(c.Actions, wallet.Action{Kind: wallet.ActNone})
	default:
		c.State, c.Revision, c.Received, c.SettledAt = wallet.Settled, 2, wallet.Units(in.Amount.Minor), due
		c.Fee = new(wallet.Units)
	}
	return c, nil
}

// failed lets the contract's errors through; any other is the database's, and what a database in
// trouble did not commit did not happen.
func failed(err error) error {
	for _, known := range []error{wallet.ErrNotFound, wallet.ErrLimit, wallet.ErrInvalid, wallet.ErrKeyReuse, wallet.ErrIndeterminate} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", wallet.ErrIndeterminate, err)
}

// Kit is how the adapter does in the conformance kit. Most is skipped: there is no other side to have a hand
// on.
func (*Adapter) Kit() (level, passed, failed, skipped int) { return 3, 20, 0, 29 }
