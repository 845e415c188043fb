package tips

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// What the payee's instance says of the money afterwards, and what the payer's makes of it.

// The types of proof that a receipt can carry.
const (
	ProofAttested = "adapter-attested" // the payee's instance says so, and its signature is all there is
	ProofPreimage = "bolt11-preimage"  // the preimage of the payment hash in the invoice that was quoted
)

// A ProofCheck looks whether a proof shows that what was quoted was paid, and returns what is unique about
// that payment. The error is a sentence for the admin.
type ProofCheck func(p wallet.Proof, q *Quote) (unique string, err error)

// Proves adds the check of a type of proof. Receipts with proofs that nothing here can check are refused.
func (t *Tips) Proves(kind string, check ProofCheck) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.proofs[kind] = check
}

// A Receipt is a TipReceipt: the payee's instance says that a tip was paid.
type Receipt struct {
	ID       string
	Payee    string // address of the actor in whose name it is said
	Object   string // what was tipped
	Intent   string
	Minor    int64
	Asset    string
	Exponent uint8
	Binding  wallet.Binding
	Proof    wallet.Proof
	At       time.Time
}

// A Revocation is a TipRevoked: some or all of what a receipt said has gone back.
type Revocation struct {
	Receipt string
	Payee   string
	Intent  string
	Minor   int64 // of it, all in all

	Asset    string
	Exponent uint8
}

// report has the payer's instance told what became of a tip from there: once when it is paid, and each time
// that some of it goes back. Whoever is told showed that it reads such things, or there were no tip.
func (t *Tips) report(tx *store.Tx, tip *ledger.Tip, paidBefore bool, by int64) error {
	if !fromAbroad(tip) {
		return nil
	}
	kind := circles.TipReceipted
	switch {
	case !paidBefore && tip.PaidAt != 0:
	case paidBefore && by < 0:
		kind = circles.TipRevoked
	default:
		return nil
	}
	payer, err := tx.Actor(tip.Payer.Actor())
	if err != nil {
		return err
	}
	if payer.Local() || payer.DeletedAt != 0 || payer.Inbox == "" {
		return nil
	}
	_, err = tx.AppendEvent(circles.Event{Kind: kind, Signer: tip.Payee.Actor(), OrderKey: tip.ID, Object: tip.ID, To: []string{payer.Inbox}})
	return err
}

// ReceiptOf returns what the payer of a tip from elsewhere is told: the receipt, who gets it, and how much of
// it went back since. origin is this instance's address. NotFound for a tip that was not paid, or is no such
// tip.
func ReceiptOf(tx *store.Tx, origin string, id int64) (r Receipt, payer *circles.Actor, back int64, err error) {
	tip, err := ledger.TipBy(tx, id)
	if err != nil {
		return r, nil, 0, err
	}
	a, err := ledger.AbroadOf(tx, id)
	if err != nil {
		return r, nil, 0, err
	}
	if a.Side != ledger.OfPayee || tip.PaidAt == 0 {
		return r, nil, 0, circles.Errorf(circles.NotFound, "There is no receipt.")
	}
	if payer, err = tx.Actor(tip.Payer.Actor()); err != nil {
		return r, nil, 0, err
	}
	payee, err := tx.Actor(tip.Payee.Actor())
	if err != nil {
		return r, nil, 0, err
	}
	all, err := ledger.ChargesOf(tx, id)
	if err != nil {
		return r, nil, 0, err
	}
	r = Receipt{
		ID: fmt.Sprintf("%s/tips/%d/receipt", origin, id), Payee: origin + payee.URI, Object: a.Object, Intent: a.Intent,
		Minor: tip.Amount, Asset: tip.Asset, Exponent: a.Exponent, Proof: wallet.Proof{Type: ProofAttested}, At: micros(tip.PaidAt),
	}
	copy(r.Binding[:], tip.Binding)
	var net int64
	for _, c := range all {
		if net, err = wallet.Sum(net, asCharge(c).Net()); err != nil {
			return r, nil, 0, err
		}
		var p wallet.Proof
		if c.Proof != "" && json.Unmarshal([]byte(c.Proof), &p) == nil && p.Type == ProofPreimage {
			r.Proof = p
		}
	}
	return r, payer, tip.Amount - min(max(net, 0), tip.Amount), nil
}

// receiptKept is for how long after the end of an order its receipt is taken: money may be late on some
// rails, and a server may have been away.
const receiptKept = lateFor

// ReceiveReceipt takes a receipt that the payee's own instance delivered and signed. A refusal, with one
// sentence, says that nothing was booked; err is our own trouble. from is who signed it.
func (t *Tips) ReceiveReceipt(tx *store.Tx, from *circles.Actor, r Receipt) (refusal, err error) {
	k, a, refusal, err := t.ours(tx, from, r.Intent, r.Payee)
	tip, c := k.Tip, k.Charge
	if refusal != nil || err != nil {
		return t.noted(tx, from, tip, refusal, err)
	}
	bound := wallet.Binding{}
	copy(bound[:], tip.Binding)
	q := quoteOf(a)
	switch {
	case r.ID == "" || len(r.ID) > maxOrderURL:
		refusal = circles.Errorf(circles.Invalid, "The receipt has no usable id.")
	case a.Receipt == r.ID && c.Received > 0:
		return nil, nil // it came before
	case a.Receipt != "":
		refusal = circles.Errorf(circles.Conflict, "There is a receipt for this tip already.")
	case micros(a.ExpiresAt).Add(receiptKept).Before(t.now()):
		refusal = circles.Errorf(circles.Gone, "The receipt comes too late.")
	case r.Object != a.Object:
		refusal = circles.Errorf(circles.Invalid, "The receipt is for another post.")
	case r.Asset != tip.Asset || r.Exponent != a.Exponent:
		refusal = circles.Errorf(circles.Invalid, "The receipt is in another asset.")
	case r.Minor != tip.Amount:
		refusal = circles.Errorf(circles.Invalid, "The receipt is for another amount.")
	case r.Binding != bound:
		refusal = circles.Errorf(circles.Invalid, "The receipt is not bound to this tip.")
	case q != nil && !slices.Contains(q.Proofs, r.Proof.Type):
		refusal = circles.Errorf(circles.Invalid, "The receipt has a proof of a type that was not quoted.")
	}
	unique := ""
	if refusal == nil && bookable(wallet.Charge{Proof: &r.Proof}) != nil {
		refusal = circles.Errorf(circles.TooLarge, "The receipt's proof is too long.")
	}
	if refusal == nil {
		unique, refusal = t.proven(r.Proof, q)
	}
	if refusal != nil {
		return t.noted(tx, from, tip, refusal, nil)
	}
	used, err := ledger.ReceiptUsed(tx, tip.ID, r.ID, unique)
	if err != nil {
		return nil, err
	}
	if used {
		return t.noted(tx, from, tip, circles.Errorf(circles.Conflict, "The receipt, or the payment in it, was used for another tip."), nil)
	}
	to := accountsOf(tip, c, t.rail(Abroad))
	if err := ledger.Room(tx, to.source, to.payee, r.Minor); errors.Is(err, ledger.ErrFull) {
		return t.noted(tx, from, tip, circles.Errorf(circles.Limited, "The books of this server have no room for more of %s.", tip.Asset), nil)
	} else if err != nil {
		return nil, err
	}
	a.Receipt, a.Payment = r.ID, unique
	if err := ledger.SaveAbroad(tx, a); err != nil {
		return nil, err
	}
	got := t.saidOf(c, a)
	got.Late = got.State == wallet.Expired || got.State == wallet.Failed
	got.State, got.Received, got.Actions = wallet.Settled, wallet.Units(r.Minor), nil
	got.SettledAt, got.RailRef, got.Proof = r.At, r.ID, &r.Proof
	return nil, t.settle(tx, k, got)
}

// saidOf is the charge of an order with the next revision, for the payee's instance has more to say.
func (t *Tips) saidOf(c *ledger.Charge, a *ledger.Abroad) wallet.Charge {
	got := asCharge(c)
	got.ID, got.Revision, got.ExpiresAt = a.Intent, max(c.Revision, 0)+1, micros(c.RailExpiresAt)
	if c.Fee.Valid {
		fee := wallet.Units(c.Fee.Int64)
		got.Fee = &fee
	}
	return got
}

// ReceiveRevocation takes the word of the payee's own instance that some or all of a tip went back.
func (t *Tips) ReceiveRevocation(tx *store.Tx, from *circles.Actor, r Revocation) (refusal, err error) {
	k, a, refusal, err := t.ours(tx, from, r.Intent, r.Payee)
	tip, c := k.Tip, k.Charge
	if refusal != nil || err != nil {
		return t.noted(tx, from, tip, refusal, err)
	}
	switch {
	case a.Receipt == "" || a.Receipt != r.Receipt:
		refusal = circles.Errorf(circles.Invalid, "There is no such receipt to be revoked.")
	case r.Asset != tip.Asset || r.Exponent != a.Exponent:
		refusal = circles.Errorf(circles.Invalid, "The revocation is in another asset.")
	case r.Minor <= 0 || r.Minor > c.Received:
		refusal = circles.Errorf(circles.Invalid, "More was revoked than was paid.")
	case r.Minor <= c.Refunded:
		return nil, nil // it came before
	}
	if refusal != nil {
		return t.noted(tx, from, tip, refusal, nil)
	}
	got := t.saidOf(c, a)
	got.Refunded, got.RailRef = wallet.Units(r.Minor), c.RailRef
	if r.Minor == c.Received {
		got.State = wallet.Reversed
	}
	return nil, t.settle(tx, k, got)
}

// ours finds the tip that somebody elsewhere speaks of, and refuses who may not. The case has what is known
// of it: no charge with a refusal.
func (t *Tips) ours(tx *store.Tx, from *circles.Actor, intent, payee string) (k *ledger.Case, a *ledger.Abroad, refusal, err error) {
	k = &ledger.Case{}
	nothing := circles.Errorf(circles.NotFound, "There is no such tip here.")
	if intent == "" || len(intent) > maxOrderURL {
		return k, nil, nothing, nil
	}
	a, err = ledger.AbroadByIntent(tx, intent)
	if circles.Is(err, circles.NotFound) || err == nil && a.Side != ledger.OfPayer {
		return k, nil, nothing, nil
	}
	if err != nil {
		return k, nil, nil, err
	}
	if k.Tip, err = ledger.TipBy(tx, a.Tip); err != nil {
		return k, nil, nil, err
	}
	if k.Tip.Payee.Actor() != from.ID || payee != from.URI {
		return k, a, circles.Errorf(circles.Denied, "Only who was tipped says that they were."), nil
	}
	if k.All, err = ledger.ChargesOf(tx, k.Tip.ID); err != nil {
		return k, nil, nil, err
	}
	if len(k.All) == 0 || t.rail(Abroad) == nil {
		return k, a, nothing, nil
	}
	k.Charge = k.All[0]
	return k, a, nil, nil
}

// proven checks a proof and returns what is unique about the payment.
func (t *Tips) proven(p wallet.Proof, q *Quote) (unique string, refusal error) {
	if p.Type == ProofAttested {
		return "", nil
	}
	t.mu.RLock()
	check := t.proofs[p.Type]
	t.mu.RUnlock()
	if check == nil || q == nil {
		return "", circles.Errorf(circles.Invalid, "The receipt's proof is of a type that cannot be checked here.")
	}
	unique, err := check(p, q)
	if err != nil || unique == "" || len(unique) > 200 {
		return "", &circles.Error{Kind: circles.Invalid, Message: "The receipt's proof does not show that the tip was paid.", Err: err}
	}
	return p.Type + ":" + unique, nil
}

// noted writes down that a receipt was refused, for the admin.
func (t *Tips) noted(tx *store.Tx, from *circles.Actor, tip *ledger.Tip, refusal, err error) (error, error) {
	if err != nil || refusal == nil {
		return refusal, err
	}
	entry := ledger.Audit{Rule: ruleReceipt, Actor: from.ID, Review: tip != nil, Detail: clip(refusal.Error(), 200)}
	if tip != nil {
		entry.Other, entry.Tip = tip.Payer.Actor(), tip.ID
	}
	return refusal, ledger.AddAudit(tx, entry)
}

// beyond fills in what a tip's payer or payee sees of the other instance.
func (t *Tips) beyond(tx *store.Tx, out *Tip) error {
	a, err := ledger.AbroadOf(tx, out.ID)
	if err != nil {
		return err
	}
	far := out.Payee.Actor()
	if a.Side == ledger.OfPayee {
		far = out.Payer.Actor()
	}
	other, err := tx.Actor(far)
	if err != nil {
		return err
	}
	out.Exponent = a.Exponent
	out.Beyond = &Beyond{Host: other.Host}
	if q := quoteOf(a); q != nil {
		out.Beyond.Wallet, out.Beyond.Ends = q.Wallet, q.Expires
	}
	return nil
}
