package tips

import (
	"context"
	"errors"
	"fmt"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// A Book is where the credits are, as the credits adapter asks for them. Its methods open transactions
// of their own; like every rail, the adapter is called outside any.
type Book struct{ t *Tips }

// Book returns the instance's.
func (t *Tips) Book() Book { return Book{t} }

// Hold takes the credits of a charge from its payer, who is known from the key alone.
func (b Book) Hold(ctx context.Context, in wallet.CreateCharge) (held wallet.CreateCharge, at, canceled time.Time, err error) {
	err = b.t.store.Update(ctx, func(tx *store.Tx) error {
		h, err := b.find(tx, in.Key)
		if err != nil {
			return err
		}
		tip, c := &h.Tip, &h.Charge
		if held = b.t.request(tip, c); !held.Same(in) {
			return fmt.Errorf("%w: %s", wallet.ErrKeyReuse, in.Key)
		}
		if c.HeldAt == 0 {
			if c.State == string(wallet.Failed) {
				return fmt.Errorf("%w: the tip was given up", wallet.ErrInvalid)
			}
			if err := b.take(tx, tip, c); err != nil {
				return err
			}
		}
		at, canceled = micros(c.HeldAt), micros(c.CancelAt)
		return nil
	})
	return held, at, canceled, err
}

// take books payer to held.
func (b Book) take(tx *store.Tx, tip *ledger.Tip, c *ledger.Charge) error {
	from, to := creditsOf(tip.Payer, c.Asset), held(c.Asset)
	_, err := ledger.Post(tx, ledger.Txn{ID: c.Key + ":hold", Kind: "hold", Postings: []ledger.Posting{
		{Account: from, Amount: -c.Requested}, {Account: to, Amount: c.Requested},
	}})
	if errors.Is(err, ledger.ErrShort) {
		return fmt.Errorf("%w: %w", wallet.ErrLimit, err)
	}
	if err != nil {
		return err
	}
	c.Held, c.HeldAt = c.Requested, tx.Now()
	return ledger.SaveHold(tx, c)
}

// Look returns wallet.ErrNotFound for a key that holds nothing and never did.
func (b Book) Look(ctx context.Context, key string) (held wallet.CreateCharge, at, canceled time.Time, err error) {
	err = b.t.store.View(ctx, func(tx *store.Tx) error {
		h, err := b.find(tx, key)
		if err != nil {
			return err
		}
		tip, c := &h.Tip, &h.Charge
		if c.HeldAt == 0 {
			return wallet.ErrNotFound
		}
		held, at, canceled = b.t.request(tip, c), micros(c.HeldAt), micros(c.CancelAt)
		return nil
	})
	return held, at, canceled, err
}

// Cancel marks a hold as taken back while it is young enough. The credits go back when that is
// settled, like everything else.
func (b Book) Cancel(ctx context.Context, key string, within time.Duration) (held wallet.CreateCharge, at, canceled time.Time, err error) {
	err = b.t.store.Update(ctx, func(tx *store.Tx) error {
		h, err := b.find(tx, key)
		if err != nil {
			return err
		}
		tip, c := &h.Tip, &h.Charge
		if c.HeldAt == 0 {
			return wallet.ErrNotFound
		}
		if c.CancelAt == 0 && c.Held > 0 && tx.Now() < micros(c.HeldAt).Add(within).UnixMicro() {
			c.CancelAt = tx.Now()
			if err := ledger.SaveHold(tx, c); err != nil {
				return err
			}
		}
		held, at, canceled = b.t.request(tip, c), micros(c.HeldAt), micros(c.CancelAt)
		return nil
	})
	return held, at, canceled, err
}

func (b Book) find(tx *store.Tx, key string) (*ledger.Hold, error) {
	h, err := ledger.HoldBy(tx, key)
	if circles.Is(err, circles.NotFound) {
		return nil, wallet.ErrNotFound
	}
	return h, err
}

// micros is a time of the database; 0 is the zero time.
func micros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// Balance returns how many credits of an asset a person has.
func (t *Tips) Balance(ctx context.Context, person circles.PersonID, asset string) (n int64, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		n, err = ledger.Balance(tx, creditsOf(person, asset).Code)
		return err
	})
	return n, wrap("balance", err)
}

// MaxGrant bounds one grant, in credits.
const MaxGrant = 1_000_000

// Grant gives credits to a member, by an admin and with a reason that stays. once names the form: sent
// twice, it is one grant.
func (t *Tips) Grant(ctx context.Context, by circles.Viewer, to circles.PersonID, amount wallet.Amount, reason, once string) error {
	switch {
	case by.Role != circles.SiteAdmin:
		return circles.Errorf(circles.Forbidden, "Only an admin grants credits.").With("refused.grant-not-admin", nil)
	case reason == "" || len(reason) > 500:
		return circles.FieldErrorf(circles.Invalid, "reason", "A grant needs a reason of at most 500 characters.").With("refused.grant-reason", nil)
	case amount.Minor < 1 || amount.Minor > MaxGrant:
		return circles.FieldErrorf(circles.Invalid, "amount", "A grant is 1 to %d credits.", MaxGrant).With("refused.grant-outside", map[string]any{"Max": MaxGrant})
	case once == "" || len(once) > 64:
		return circles.Errorf(circles.Invalid, "The form is out of date. Load the page again.").With("refused.form-old", nil)
	}
	return t.grant(ctx, ledger.Grant{Person: to, Asset: amount.Asset, Amount: amount.Minor, By: by.Person, Reason: reason}, fmt.Sprintf("grant:%d:%s", by.Person, once))
}

// Welcome gives everybody who has arrived since the last time what the instance gives to new members,
// each once. The clock calls it where a welcome is configured.
func (t *Tips) Welcome(ctx context.Context, amount wallet.Amount) error {
	for {
		var arrived []circles.PersonID
		err := t.store.View(ctx, func(tx *store.Tx) (err error) {
			arrived, err = ledger.Arrived(tx, welcomePage)
			return err
		})
		if err != nil {
			return wrap("welcome", err)
		}
		for _, to := range arrived {
			g := ledger.Grant{Person: to, Asset: amount.Asset, Amount: amount.Minor, Reason: "Welcome"}
			err := t.grant(ctx, g, fmt.Sprintf("welcome:%d", to))
			if err != nil && !circles.Is(err, circles.NotFound) { // who has gone again is passed over
				return err
			}
			err = t.store.Update(ctx, func(tx *store.Tx) error { return ledger.SetArrived(tx, to) })
			if err != nil {
				return wrap("welcome", err)
			}
		}
		if len(arrived) < welcomePage {
			return nil
		}
	}
}

const welcomePage = 100

func (t *Tips) grant(ctx context.Context, g ledger.Grant, id string) error {
	if !t.creditsAre(g.Asset) {
		return circles.Errorf(circles.Invalid, "This server has no credits called %s.", g.Asset).With("refused.grant-no-asset", map[string]any{"Asset": g.Asset})
	}
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Actor(g.Person.Actor())
		if err != nil {
			return err
		}
		if !a.Local() || a.Kind != circles.KindPerson || a.DeletedAt != 0 {
			return circles.Errorf(circles.NotFound, "There is no such member.").With("refused.grant-nobody", nil)
		}
		booked, err := ledger.Post(tx, ledger.Txn{ID: id, Kind: "grant", Postings: []ledger.Posting{
			{Account: grants(g.Asset), Amount: -g.Amount}, {Account: creditsOf(g.Person, g.Asset), Amount: g.Amount},
		}})
		if errors.Is(err, ledger.ErrReused) {
			return formReused()
		}
		if err != nil || !booked {
			return err
		}
		g.ID, g.At = tx.NewID(), tx.Now()
		return ledger.AddGrant(tx, g)
	})
	return wrap("grant", err)
}

// creditsAre reports whether an asset is credits of this instance.
func (t *Tips) creditsAre(code string) bool {
	for _, r := range t.all() {
		if _, ok := r.d.Asset(code); ok && r.closed() {
			return true
		}
	}
	return false
}
