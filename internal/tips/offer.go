package tips

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// An Offer is what a payer can give to whom, before they decide.
type Offer struct {
	Payee  *circles.Actor
	Post   *circles.Post   // nil for a person
	Circle *circles.Circle // of the post; nil if it stands in none
	Ways   []Way           // at least one
	Gifts  bool            // it can be a gift
}

// A Way is one asset over one wallet. Amounts are minor units.
type Way struct {
	Adapter    string
	Asset      string
	Exponent   uint8
	Min, Max   int64
	Usual      int64 // what the form begins with
	Step       int64
	Credits    bool          // it is the instance's own
	Have       int64         // of Credits, what the payer has
	Undo       time.Duration // how long it can be taken back; 0 = not
	Refunds    bool          // the payee can give it back
	Reversible bool          // the rail can take it back from the payee
	TestMode   bool          // no real money moves

	Host   string // over Abroad, the payee's instance; it says the rest
	Wallet string // what that calls it
}

// Way returns the way by wallet and asset, false if it is not offered.
func (o *Offer) Way(adapter, asset string) (Way, bool) {
	for _, w := range o.Ways {
		if w.Adapter == adapter && w.Asset == asset {
			return w, true
		}
	}
	return Way{}, false
}

// Offer says how the viewer could tip the author of a post, or with post 0 a person; a refusal if they
// cannot.
func (t *Tips) Offer(ctx context.Context, v circles.Viewer, post circles.PostID, payee circles.PersonID) (*Offer, error) {
	var o *Offer
	var abroad destination
	err := t.store.View(ctx, func(tx *store.Tx) error {
		to, err := t.judge(tx, v, Intent{Post: post, Payee: payee})
		if err != nil {
			return err
		}
		if to.endpoint != "" {
			o, abroad = nil, to
			return nil
		}
		o, err = t.offer(tx, v, to)
		return err
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("tip", err)
	}
	if o == nil { // outside any transaction
		return t.offerAbroad(ctx, abroad)
	}
	return o, nil
}

// Check refuses what Start would refuse before it asks the rail, and starts nothing: what the payer
// confirms is known to be possible.
func (t *Tips) Check(ctx context.Context, v circles.Viewer, in Intent) (*Offer, error) {
	in.Note = cleanNote(in.Note)
	if err := t.shape(in); err != nil {
		return nil, err
	}
	if in.Adapter == Abroad {
		return t.checkFar(ctx, v, in)
	}
	var o *Offer
	err := t.store.View(ctx, func(tx *store.Tx) error {
		to, err := t.judge(tx, v, in)
		if err != nil {
			return err
		}
		if o, err = t.offer(tx, v, to); err != nil {
			return err
		}
		_, err = t.fits(tx, v, in, to)
		return err
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("tip", err)
	}
	return o, nil
}

// offer lists the ways that reach this payee.
func (t *Tips) offer(tx *store.Tx, v circles.Viewer, to destination) (*Offer, error) {
	o := &Offer{Payee: to.payee, Post: to.post, Circle: to.where, Gifts: to.gifts()}
	for _, r := range t.all() {
		if _, ok := to.ref(r, tx.Now()); !ok {
			continue
		}
		for _, a := range r.d.Assets {
			low, usual, high, ok := t.bounds(a, to.policy)
			if !ok {
				continue
			}
			w := Way{Adapter: r.d.Name, Asset: a.Code, Exponent: a.Exponent, Min: low, Usual: usual, Max: high, Step: int64(a.Step),
				Credits: r.closed(), Refunds: r.d.Can(wallet.CapRefund), Reversible: r.d.Reversible, TestMode: r.d.TestMode}
			if r.closed() {
				w.Undo = r.d.Finality()
				have, err := ledger.Balance(tx, creditsOf(v.Person, a.Code).Code)
				if err != nil {
					return nil, err
				}
				w.Have = have
			}
			o.Ways = append(o.Ways, w)
		}
	}
	if len(o.Ways) == 0 {
		return nil, circles.Errorf(circles.Forbidden, "There is no wallet over which this person can be tipped.").With("refused.tip-no-way", nil)
	}
	return o, nil
}

// shape refuses an intent that could not be anybody's.
func (t *Tips) shape(in Intent) error {
	r := t.rail(in.Adapter)
	if r == nil {
		return circles.Errorf(circles.NotFound, "There is no such wallet here.").With("refused.tip-no-wallet", nil)
	}
	if utf8.RuneCountInString(in.Note) > MaxNote || len(in.Once) > 64 || strings.Contains(in.Once, "://") {
		return circles.FieldErrorf(circles.Invalid, "note", "A note has at most %d characters.", MaxNote).With("refused.tip-note", map[string]any{"Max": MaxNote})
	}
	if in.Adapter == Abroad { // the payee's instance says what it takes
		if in.Gift != "" {
			return circles.FieldErrorf(circles.Forbidden, "gift", "Gifts stay on their own server.").With("refused.gift-abroad", nil)
		}
		if in.Amount.Minor <= 0 || !wallet.ValidAsset(in.Amount.Asset) {
			return circles.FieldErrorf(circles.Invalid, "amount", "That is not an amount.").With("refused.tip-amount", nil)
		}
		return nil
	}
	asset, ok := r.d.Asset(in.Amount.Asset)
	if !ok {
		return circles.FieldErrorf(circles.Invalid, "amount", "This wallet does not move %s.", in.Amount.Asset).With("refused.tip-no-asset", map[string]any{"Asset": in.Amount.Asset})
	}
	if err := asset.Takes(in.Amount); err != nil {
		return outside(asset.Code, asset.Exponent, int64(asset.Min), int64(asset.Max))
	}
	return nil
}

// fits asks whether this amount may go to this payee now, and returns whom the rail is to pay.
func (t *Tips) fits(tx *store.Tx, v circles.Viewer, in Intent, to destination) (wallet.Payee, error) {
	r := t.rail(in.Adapter)
	asset, _ := r.d.Asset(in.Amount.Asset)
	ref, ok := to.ref(r, tx.Now())
	if err := gift(in, to); err != nil {
		return ref, err
	}
	if !ok {
		return ref, circles.Errorf(circles.Forbidden, "They have no account with this wallet.").With("refused.tip-no-payee", nil)
	}
	low, _, high, ok := t.bounds(asset, to.policy)
	if !ok || in.Amount.Minor < low || in.Amount.Minor > high {
		return ref, outside(asset.Code, asset.Exponent, low, high)
	}
	if r.closed() {
		have, err := ledger.Balance(tx, creditsOf(v.Person, asset.Code).Code)
		if err != nil {
			return ref, err
		}
		if have < in.Amount.Minor {
			return ref, circles.FieldErrorf(circles.Forbidden, "amount", "You have %d credits. Nothing was paid.", have).With("refused.tip-have", map[string]any{"Have": have})
		}
	}
	return ref, t.day(tx, v, to.payee, in.Amount, asset.Exponent)
}
