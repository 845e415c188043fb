package tips

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// The payer's side of a tip that goes to another instance.

// tooFar is the refusal for people whom no tip reaches.
func tooFar() error {
	return circles.Errorf(circles.Forbidden, "Their server does not say that it takes tips from here.").With("refused.tip-remote", nil)
}

// afar finds how somebody elsewhere can be tipped: by their instance, if it takes tips and says afterwards
// what became of them, else at their Lightning Address by a wallet of ours. Other links are for people.
func (t *Tips) afar(tx *store.Tx, to *destination) error {
	all, err := ledger.LinksOf(tx, to.payee.ID)
	if err != nil {
		return err
	}
	for _, l := range all {
		switch address, _ := strings.CutPrefix(l.Href, "lightning:"); {
		case l.Kind == ledger.LinkEndpoint && t.Connected():
			to.endpoint = l.Href
			return nil
		case l.Kind == ledger.LinkLightning && to.payees == nil:
			to.payees = map[string]ledger.Payee{}
			for _, r := range t.all() {
				if slices.Contains(r.d.PayeeKinds, lightningAddress) {
					to.payees[r.d.Name] = ledger.Payee{Kind: lightningAddress, Ref: address, Typed: address}
				}
			}
		}
	}
	if len(to.payees) == 0 {
		return tooFar()
	}
	return nil
}

// addressed reports whether any wallet here pays to Lightning Addresses.
func (t *Tips) addressed() bool {
	return slices.ContainsFunc(t.all(), func(r *rail) bool { return slices.Contains(r.d.PayeeKinds, lightningAddress) })
}

// offerAbroad asks the payee's instance what can be given, and narrows it to what is allowed here.
func (t *Tips) offerAbroad(ctx context.Context, to destination) (*Offer, error) {
	terms, err := t.carrier().Terms(ctx, to.endpoint, to.object())
	if err != nil {
		return nil, theySay(to.payee, err)
	}
	o := &Offer{Payee: to.payee, Post: to.post, Circle: to.where}
	if terms.Payee != to.payee.URI {
		return nil, circles.Errorf(circles.Forbidden, "Their server names somebody else as who gets the tip.").With("refused.tip-other-payee", nil)
	}
	for _, a := range terms.Assets {
		if a.Check() != nil || !t.same(a.Code, a.Exponent) {
			continue
		}
		if t.rules.Assets[a.Code].Max == 0 {
			a.Max = min(a.Max, wallet.Units(mostAbroad(a.Code, a.Exponent)))
		}
		low, usual, high, ok := t.bounds(a.Asset, to.policy)
		if !ok {
			continue
		}
		if t.rules.Assets[a.Code].Usual == 0 {
			usual = min(max(a.Usual/int64(a.Step)*int64(a.Step), low), high)
		}
		o.Ways = append(o.Ways, Way{
			Adapter: Abroad, Asset: a.Code, Exponent: a.Exponent, Min: low, Usual: usual, Max: high, Step: int64(a.Step),
			Host: to.payee.Host, Wallet: a.Wallet, Reversible: true, TestMode: a.Test,
		})
	}
	if len(o.Ways) == 0 {
		return nil, circles.Errorf(circles.Forbidden, "There is no wallet over which this person can be tipped.").With("refused.tip-no-way", nil)
	}
	return o, nil
}

// object is the address of what is tipped.
func (d destination) object() string {
	if d.post != nil {
		return d.post.URI
	}
	return d.payee.URI
}

// theySay tells the payer what the other instance answered, as its words.
func theySay(payee *circles.Actor, err error) error {
	kind := circles.KindOf(err)
	if kind == circles.Internal || kind == circles.Busy {
		return &circles.Error{Kind: circles.Busy, Message: payee.Host + " cannot be reached now. Nothing was paid; try again later.", Text: "refused.tip-host-busy",
			Args: map[string]any{"Host": payee.Host}, Err: err}
	}
	said := clip(err.Error(), 200)
	return &circles.Error{Kind: circles.Forbidden, Message: payee.Host + " does not take this tip; it says: " + said, Text: "refused.tip-they-say",
		Args: map[string]any{"Host": payee.Host, "Said": said}, Err: err}
}

// checkAbroad finds the way of an intent and refuses what does not fit it.
func (t *Tips) checkAbroad(tx *store.Tx, v circles.Viewer, in Intent, to destination, o *Offer) (Way, error) {
	w, ok := o.Way(Abroad, in.Amount.Asset)
	if !ok {
		return w, circles.FieldErrorf(circles.Invalid, "amount", "This wallet does not move %s.", in.Amount.Asset).With("refused.tip-no-asset", map[string]any{"Asset": in.Amount.Asset})
	}
	if in.Amount.Minor < w.Min || in.Amount.Minor > w.Max || in.Amount.Minor%w.Step != 0 {
		return w, outside(w.Asset, w.Exponent, w.Min, w.Max)
	}
	return w, t.day(tx, v, to.payee, in.Amount, w.Exponent)
}

// lookAbroad judges a tip to somebody elsewhere, and asks their instance for its terms.
func (t *Tips) lookAbroad(ctx context.Context, v circles.Viewer, in Intent) (*Offer, error) {
	var to destination
	err := t.store.View(ctx, func(tx *store.Tx) (err error) {
		to, err = t.judge(tx, v, in)
		if err == nil && to.endpoint == "" {
			err = tooFar()
		}
		return err
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("tip", err)
	}
	return t.offerAbroad(ctx, to)
}

// startAbroad is Start for somebody elsewhere. The order is committed before their instance hears of it.
func (t *Tips) startAbroad(ctx context.Context, v circles.Viewer, in Intent) (*Tip, error) {
	var tip *ledger.Tip
	var charge *ledger.Charge
	if in.Once != "" {
		var payee *circles.Actor
		err := t.store.View(ctx, func(tx *store.Tx) (err error) {
			if tip, err = ledger.TipOnce(tx, v.Person, in.Once); err != nil {
				return err
			}
			if err := again(tx, tip, in); err != nil {
				return err
			}
			if charge, err = unasked(tx, tip); err != nil || charge == nil {
				return err
			}
			payee, err = tx.Actor(tip.Payee.Actor())
			return err
		})
		if err == nil && charge != nil {
			err = t.send(ctx, payee, tip, charge)
		}
		if err == nil {
			return t.Tip(ctx, v, tip.ID)
		}
		if !circles.Is(err, circles.NotFound) {
			return nil, wrap("start tip", err)
		}
	}
	in.Note = cleanNote(in.Note)
	o, err := t.lookAbroad(ctx, v, in)
	if err != nil {
		return nil, err
	}
	fresh := false
	err = t.store.Update(ctx, func(tx *store.Tx) error {
		fresh = false
		if in.Once != "" {
			old, err := ledger.TipOnce(tx, v.Person, in.Once)
			if err == nil {
				tip = old
				return again(tx, old, in)
			}
			if !circles.Is(err, circles.NotFound) {
				return err
			}
		}
		to, err := t.judge(tx, v, in)
		if err != nil {
			return err
		}
		if to.endpoint == "" {
			return tooFar()
		}
		w, err := t.checkAbroad(tx, v, in, to, o)
		if err != nil {
			return err
		}
		tip, charge = t.plan(tx, v, in, to, t.rail(Abroad), wallet.Payee{Kind: abroadPayee, Ref: to.endpoint})
		payer, err := tx.Actor(v.Person.Actor())
		if err != nil {
			return err
		}
		a := &ledger.Abroad{
			Tip: tip.ID, Side: ledger.OfPayer, Intent: fmt.Sprintf("%s/tips/%d", t.origin, tip.ID), Endpoint: to.endpoint, Object: to.object(),
			Nonce: rand.Text(), Exponent: w.Exponent, ExpiresAt: charge.ExpiresAt,
		}
		bound := t.order(tip, a, payer).Binding()
		tip.Binding = bound[:]
		fresh = true
		if err := ledger.AddTip(tx, tip, charge); err != nil {
			return err
		}
		return ledger.AddAbroad(tx, a)
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("start tip", err)
	}
	if fresh {
		if err := t.send(ctx, o.Payee, tip, charge); err != nil {
			return nil, err
		}
	}
	return t.Tip(ctx, v, tip.ID)
}

// send hands an order to the payee's instance, and tells the payer why it will not have it.
func (t *Tips) send(ctx context.Context, payee *circles.Actor, tip *ledger.Tip, charge *ledger.Charge) error {
	_, err := t.create(ctx, t.rail(Abroad), tip, charge)
	var outer, theirs *circles.Error
	switch {
	case !errors.As(err, &outer):
		return err
	case errors.As(outer.Err, &theirs):
		return theySay(payee, theirs)
	}
	return theySay(payee, outer)
}

// fitsOrder refuses a quote that is not for what was asked.
func fitsOrder(q *Quote, o Order, payee *circles.Actor) error {
	switch {
	case q.Intent != o.ID || q.Binding != o.Binding():
		return circles.Errorf(circles.Invalid, "The quote is for another order.")
	case q.Payee != payee.URI:
		return circles.Errorf(circles.Invalid, "The quote names somebody else as who gets the tip.")
	case q.Minor != o.Minor || q.Asset != o.Asset || q.Exponent != o.Exponent:
		return circles.Errorf(circles.Invalid, "The quote is for another amount.")
	case len(q.Actions) == 0 || len(q.Actions) > 8:
		return circles.Errorf(circles.Invalid, "The quote says nothing of how to pay.")
	case q.Expires.After(o.Expires.Add(quoteTime)):
		return circles.Errorf(circles.Invalid, "The quote has no end that fits the order.")
	case q.Fee > q.Minor:
		return circles.Errorf(circles.Invalid, "The quote's fee is more than its amount.")
	}
	return nil
}

// keepQuote stores the first answer to an order. A later one that differs changes nothing: what the payer
// was shown is what a receipt has to fit.
func (t *Tips) keepQuote(ctx context.Context, tip int64, q *Quote) error {
	text, err := json.Marshal(q)
	if err != nil {
		return err
	}
	return t.store.Update(ctx, func(tx *store.Tx) error {
		a, err := ledger.AbroadOf(tx, tip)
		if err != nil || a.Quote != "" {
			return err
		}
		a.Quote = string(text)
		return ledger.SaveAbroad(tx, a)
	})
}

// A Beyond is the part of a tip that is between two instances, as its payer or payee sees it.
type Beyond struct {
	Host   string    // the other instance
	Wallet string    // what the payee's instance calls it; "" = not known yet
	Ends   time.Time // of the quote
}

// quoteOf reads a stored quote; nil if there is none.
func quoteOf(a *ledger.Abroad) *Quote {
	var q Quote
	if a.Quote == "" || json.Unmarshal([]byte(a.Quote), &q) != nil {
		return nil
	}
	return &q
}

// checkFar is Check for somebody elsewhere.
func (t *Tips) checkFar(ctx context.Context, v circles.Viewer, in Intent) (*Offer, error) {
	o, err := t.lookAbroad(ctx, v, in)
	if err != nil {
		return nil, err
	}
	err = t.store.View(ctx, func(tx *store.Tx) error {
		to, err := t.judge(tx, v, in)
		if err == nil {
			_, err = t.checkAbroad(tx, v, in, to, o)
		}
		return err
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("tip", err)
	}
	return o, nil
}
