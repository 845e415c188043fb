package tips

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// The payee's side of a tip that comes from another instance.

// TermsOf says what can be given to a member for an object of ours, to anybody who asks. A refusal says why
// nothing can. person is whose address was asked, 0 for anybody's.
func (t *Tips) TermsOf(ctx context.Context, object string, person circles.PersonID) (*Terms, error) {
	var out *Terms
	err := t.store.View(ctx, func(tx *store.Tx) error {
		in, err := t.objectOf(tx, object, person)
		if err != nil {
			return err
		}
		to, err := t.takes(tx, circles.Viewer{}, in)
		if err != nil {
			return err
		}
		out = &Terms{Payee: t.origin + to.payee.URI}
		seen := map[string]bool{}
		for _, r := range t.all() {
			if r.closed() {
				continue
			}
			if _, ok := to.ref(r, tx.Now()); !ok {
				continue
			}
			for _, a := range r.d.Assets {
				low, usual, high, ok := t.bounds(a, to.policy)
				if !ok || seen[a.Code] {
					continue
				}
				seen[a.Code] = true
				a.Min, a.Max = wallet.Units(low), wallet.Units(high)
				out.Assets = append(out.Assets, TermsAsset{Asset: a, Usual: usual, Wallet: r.d.Name, Test: r.d.TestMode})
			}
		}
		if len(out.Assets) == 0 {
			return errNoWay()
		}
		return nil
	})
	return out, wrap("terms", err)
}

func errNoWay() error {
	return circles.Errorf(circles.Forbidden, "There is no wallet over which this person can be tipped.").With("refused.tip-no-way", nil)
}

// objectOf finds what an address of ours names: a post or comment, whose author gets the tip, or a person.
func (t *Tips) objectOf(tx *store.Tx, object string, person circles.PersonID) (Intent, error) {
	nothing := circles.Errorf(circles.NotFound, "There is nothing here that could be tipped.")
	path, ours := strings.CutPrefix(object, t.origin)
	if !ours || !strings.HasPrefix(path, "/") {
		return Intent{}, nothing
	}
	if strings.HasPrefix(path, "/u/") {
		a, err := tx.ActorByURI(path)
		if circles.Is(err, circles.NotFound) || err == nil && (a.Kind != circles.KindPerson || !a.Local() || person != 0 && person.Actor() != a.ID) {
			return Intent{}, nothing
		}
		if err != nil {
			return Intent{}, err
		}
		return Intent{Payee: circles.PersonID(a.ID)}, nil
	}
	p, err := tx.PostByURI(path)
	if circles.Is(err, circles.NotFound) || err == nil && (!p.Local() || person != 0 && person != p.Author) {
		return Intent{}, nothing
	}
	if err != nil {
		return Intent{}, err
	}
	return Intent{Post: p.ID}, nil
}

// takes judges a tip from somebody elsewhere, or with nobody as viewer from anybody. The payee is the
// author in our own row, whatever the payer's instance believes.
func (t *Tips) takes(tx *store.Tx, v circles.Viewer, in Intent) (destination, error) {
	var to destination
	var err error
	if v.SignedIn() {
		if to, err = t.judge(tx, v, in); err != nil {
			return to, err
		}
	} else {
		person := in.Payee
		if in.Post != 0 {
			p, err := tx.Post(in.Post)
			if err != nil {
				return to, err
			}
			if to, err = t.post(tx, v, p); err != nil {
				return to, err
			}
			person = p.Author
		}
		if to.payee, err = tx.Actor(person.Actor()); err != nil {
			return to, err
		}
		if to.payees, err = ledger.PayeesOf(tx, person); err != nil {
			return to, err
		}
	}
	if to.where != nil && !to.where.Visibility.Federated() {
		return to, circles.Errorf(circles.NotFound, "There is nothing here that could be tipped.")
	}
	w, err := ledger.WishOf(tx, circles.PersonID(to.payee.ID))
	if err != nil {
		return to, err
	}
	if !to.payee.Local() || to.payee.DeletedAt != 0 || to.payee.SuspendedAt != 0 || !w.Abroad || w.Takes == ledger.TakesNone {
		return to, circles.Errorf(circles.Forbidden, "This person takes no tips from other servers.")
	}
	return to, nil
}

// Answer gives the quote for an order that a payer elsewhere signed. The same order gets the same quote, or
// a refusal if the tip could no longer be given. payer is known by their own server's word; person is whose
// address was asked, 0 for anybody's. Busy means that nobody knows yet and the order may be sent again.
func (t *Tips) Answer(ctx context.Context, payer *circles.Actor, o Order, person circles.PersonID) (*Quote, error) {
	if err := t.sane(o, payer); err != nil {
		return nil, err
	}
	v := circles.Viewer{Person: circles.PersonID(payer.ID)}
	var tip *ledger.Tip
	var charge *ledger.Charge
	var r *rail
	fresh := false
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		fresh = false
		known, err := t.orderOf(tx, v, o)
		if err != nil {
			return err
		}
		in, err := t.objectOf(tx, o.Object, person)
		if err != nil {
			return err
		}
		to, err := t.takes(tx, v, in)
		if err != nil {
			return err
		}
		if known != nil { // what was promised before is said again only while it could be promised now
			tip = known
			all, err := ledger.ChargesOf(tx, tip.ID)
			if err != nil {
				return err
			}
			charge, r = all[0], t.rail(tip.Adapter)
			if _, high, ok := t.within(r, o.Asset, to); !ok || o.Minor > high {
				return outsideNow()
			}
			again, err := unasked(tx, tip)
			if again != nil {
				charge, fresh = again, true
			}
			return err
		}
		shown, err := KnownOrigin(tx, payer.Host)
		if err != nil {
			return err
		}
		if !shown {
			return circles.Errorf(circles.Forbidden, "Your server does not show where it takes tips.")
		}
		in.Amount, in.Note, in.Once = wallet.Amount{Minor: o.Minor, Asset: o.Asset}, o.Note, o.ID
		var ref wallet.Payee
		if r, ref, err = t.route(tx, v, in, o.Exponent, to); err != nil {
			return err
		}
		tip, charge = t.plan(tx, v, in, to, r, ref)
		bound := o.Binding()
		tip.Binding = bound[:]
		charge.ExpiresAt = min(charge.ExpiresAt, o.Expires.UnixMicro())
		fresh = true
		if err := ledger.AddTip(tx, tip, charge); err != nil {
			return err
		}
		return ledger.AddAbroad(tx, &ledger.Abroad{
			Tip: tip.ID, Side: ledger.OfPayee, Intent: o.ID, Object: o.Object, Nonce: o.Nonce, Exponent: o.Exponent, ExpiresAt: o.Expires.UnixMicro(),
		})
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("answer a tip", err)
	}
	switch {
	case fresh:
		if _, err := t.create(ctx, r, tip, charge); err != nil {
			if said := asRefusal(err); said != nil && said.Text == unreachable { // an end of the order, where Busy would ask for it again
				return nil, circles.Errorf(circles.Forbidden, "%s", said.Message).With(said.Text, nil)
			}
			return nil, err
		}
	case charge.State == string(wallet.Failed):
		return nil, circles.Errorf(circles.Forbidden, "The wallet refused this tip. Nothing was paid.").With("refused.tip-refused", nil)
	}
	return t.quote(ctx, tip.ID)
}

func outsideNow() error {
	return circles.Errorf(circles.Forbidden, "A tip of this amount is no longer taken here.")
}

// within returns the most that one tip may be now, false if none may.
func (t *Tips) within(r *rail, asset string, to destination) (low, high int64, ok bool) {
	if r == nil {
		return 0, 0, false
	}
	a, ok := r.d.Asset(asset)
	if !ok {
		return 0, 0, false
	}
	low, _, high, ok = t.bounds(a, to.policy)
	return low, high, ok
}

// sane refuses an order that nobody could have meant.
func (t *Tips) sane(o Order, payer *circles.Actor) error {
	now := t.now()
	switch {
	case o.Payer != payer.URI:
		return circles.Errorf(circles.Denied, "The tip is signed by somebody other than who gives it.")
	case o.ID == "" || len(o.ID) > maxOrderURL || len(o.Object) > maxOrderURL || !strings.Contains(o.ID, "://"):
		return circles.Errorf(circles.Invalid, "A tip needs addresses of at most %d bytes.", maxOrderURL)
	case o.Minor <= 0 || !wallet.ValidAsset(o.Asset) || o.Exponent > 12:
		return circles.Errorf(circles.Invalid, "A tip needs an amount above zero and an asset.")
	case len(o.Nonce) < minNonce || len(o.Nonce) > maxNonce || o.Nonce != clip(o.Nonce, maxNonce):
		return circles.Errorf(circles.Invalid, "A tip needs a nonce of %d to %d characters.", minNonce, maxNonce)
	case utf8.RuneCountInString(o.Note) > MaxNote || o.Note != cleanNote(o.Note):
		return circles.Errorf(circles.Invalid, "A note is one line of plain text with at most %d characters.", MaxNote)
	case !o.Expires.After(now):
		return circles.Errorf(circles.Invalid, "The order is over.")
	case o.Expires.After(now.Add(quoteTime)):
		return circles.Errorf(circles.Invalid, "An order ends within %d minutes.", int(quoteTime.Minutes()))
	case o.Expires.Nanosecond() != 0:
		return circles.Errorf(circles.Invalid, "An order ends at a whole second.")
	}
	return nil
}

// orderOf returns the tip that an order made before; nil if it is new.
func (t *Tips) orderOf(tx *store.Tx, v circles.Viewer, o Order) (*ledger.Tip, error) {
	a, err := ledger.AbroadByIntent(tx, o.ID)
	if circles.Is(err, circles.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	tip, err := ledger.TipBy(tx, a.Tip)
	if err != nil {
		return nil, err
	}
	bound := o.Binding()
	if a.Side != ledger.OfPayee || tip.Payer != v.Person || string(tip.Binding) != string(bound[:]) {
		return nil, circles.Errorf(circles.Conflict, "This order was sent before with other contents.")
	}
	return tip, nil
}

// route finds the first wallet that moves the asset to the payee. Credits stay here.
func (t *Tips) route(tx *store.Tx, v circles.Viewer, in Intent, exponent uint8, to destination) (*rail, wallet.Payee, error) {
	var last error
	for _, r := range t.all() {
		a, ok := r.d.Asset(in.Amount.Asset)
		if r.closed() || !ok {
			continue
		}
		if a.Exponent != exponent {
			last = circles.Errorf(circles.Invalid, "%s is divided otherwise here.", a.Code)
			continue
		}
		if _, ok := to.ref(r, tx.Now()); !ok {
			continue
		}
		in.Adapter = r.d.Name
		if err := t.shape(Intent{Adapter: in.Adapter, Amount: in.Amount}); err != nil {
			last = err
			continue
		}
		ref, err := t.fits(tx, v, in, to)
		return r, ref, err
	}
	if last == nil {
		last = errNoWay()
	}
	return nil, wallet.Payee{}, last
}

// quote says how a tip can be paid, always the same once the wallet has answered.
func (t *Tips) quote(ctx context.Context, id int64) (*Quote, error) {
	var q *Quote
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		a, err := ledger.AbroadOf(tx, id)
		if err != nil {
			return err
		}
		if q = quoteOf(a); q != nil {
			return nil
		}
		tip, err := ledger.TipBy(tx, id)
		if err != nil {
			return err
		}
		all, err := ledger.ChargesOf(tx, id)
		if err != nil {
			return err
		}
		c := all[0]
		payee, err := tx.Actor(tip.Payee.Actor())
		if err != nil {
			return err
		}
		if c.RailID == "" {
			return circles.Errorf(circles.Busy, "The wallet has not answered yet; send this again in a moment.")
		}
		ends := c.ExpiresAt
		if c.RailExpiresAt > 0 {
			ends = min(ends, c.RailExpiresAt)
		}
		q = &Quote{
			Intent: a.Intent, Payee: t.origin + payee.URI, Minor: tip.Amount, Asset: tip.Asset, Exponent: a.Exponent, Wallet: tip.Adapter,
			Expires: micros(ends).Truncate(time.Second), Proofs: []string{ProofAttested}, Fee: -1,
		}
		copy(q.Binding[:], tip.Binding)
		if c.Fee.Valid {
			q.Fee = c.Fee.Int64
		}
		if c.Actions != "" {
			if err := json.Unmarshal([]byte(c.Actions), &q.Actions); err != nil {
				return err
			}
		}
		for _, act := range q.Actions {
			if strings.HasPrefix(act.URI, "lightning:") {
				q.Proofs = append(q.Proofs, ProofPreimage)
				break
			}
		}
		text, err := json.Marshal(q)
		if err != nil {
			return err
		}
		a.Quote = string(text)
		return ledger.SaveAbroad(tx, a)
	})
	if err == nil && len(q.Actions) == 0 {
		err = errors.New("a wallet gave no way to pay")
	}
	return q, wrap("quote", err)
}
