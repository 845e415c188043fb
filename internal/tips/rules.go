package tips

import (
	"context"
	"errors"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// Rules are what an instance decides against abuse. What a rule refuses or hides is written down for
// those who run the instance; see audit.go.
type Rules struct {
	Assets       map[string]Bounds // by code; an asset that is not among them has only its wallet's limits
	Pace         int               // tips of one person in a minute; more are refused and looked at. 0 = any number
	Ring         time.Duration     // how long a tip can be part of a ring; 0 = rings are not looked for
	SourceTime   time.Duration     // for how long it is known who paid from one account; 0 = not at all
	SourcePayers int               // people who pay from one account within SourceTime, for an admin to look; 0 = any number
	PayeeWait    time.Duration     // how long a changed payee waits before it is paid to
	LimitWait    time.Duration     // how long a member waits whose own daily limit is to be higher

	PacketShares int           // most people that one red packet is for; 0 = there are none
	PacketLife   time.Duration // how long one lies
}

// Bounds are the amounts of one asset, in minor units. 0 leaves the choice to the wallet, or sets no
// limit.
type Bounds struct {
	Min, Usual, Max             int64 // of one tip
	PayerDay, PayeeDay, PairDay int64 // in 24 hours: what one gives, one gets, one gives another
}

// DefaultRules are those of an instance that sets none. 1 and 200 yuan are what the first Circles had;
// the others are about as much.
func DefaultRules() Rules {
	return Rules{
		Assets: map[string]Bounds{
			"CRD": {Min: 1, Usual: 5, Max: 200, PayerDay: 500, PayeeDay: 2000, PairDay: 300},
			"CNY": {Min: 100, Usual: 500, Max: 20_000, PayerDay: 100_000, PayeeDay: 500_000, PairDay: 40_000},
			"BTC": {Min: 1_000, Usual: 1_000_000, Max: 30_000_000, PayerDay: 150_000_000, PayeeDay: 600_000_000, PairDay: 60_000_000}, // millisatoshi
		},
		Pace: 10, Ring: 7 * 24 * time.Hour, SourceTime: 30 * 24 * time.Hour, SourcePayers: 5, PayeeWait: 72 * time.Hour, LimitWait: 24 * time.Hour,
		PacketShares: 100, PacketLife: 24 * time.Hour,
	}
}

// A rule's name is what its rows in the audit are called.
const (
	ruleSelf    = "self-tip"
	ruleBlocked = "blocked"
	ruleRefuses = "refuses"
	rulePace    = "pace"
	rulePayer   = "payer-day"
	rulePayee   = "payee-day"
	rulePair    = "pair-day"
	ruleRing    = "ring"
	ruleSource  = "one-source"
	ruleSwap    = "payee-changed"
	rulePolicy  = "circle-policy"
	ruleReceipt = "receipt-refused"

	rulePacketOwn      = "packet-own"
	rulePacketStranger = "packet-stranger"
	rulePacketChain    = "packet-chain"
)

// A broken is a refusal by a rule, with what is written down of it once the transaction it was found
// in is over.
type broken struct {
	refusal *circles.Error
	audit   ledger.Audit
}

func (b *broken) Error() string { return b.refusal.Error() }
func (b *broken) Unwrap() error { return b.refusal }

func breaks(rule string, v circles.Viewer, other circles.ActorID, review bool, refusal *circles.Error) error {
	return &broken{refusal, ledger.Audit{Rule: rule, Actor: v.Person.Actor(), Other: other, Review: review}}
}

// bounds are what one tip of an asset may be for a post: what the wallet, the instance and the circle
// all allow. ok is false where that is nothing.
func (t *Tips) bounds(a wallet.Asset, p ledger.CirclePolicy) (low, usual, high int64, ok bool) {
	low, high = int64(a.Min), min(int64(a.Max), ledger.MaxPosting) // more cannot be booked
	narrow := func(least, often, most int64) {
		low = max(low, least)
		if most > 0 {
			high = min(high, most)
		}
		if often > 0 {
			usual = often
		}
	}
	r := t.rules.Assets[a.Code]
	narrow(r.Min, r.Usual, r.Max)
	for _, b := range p.Bounds {
		if b.Asset == a.Code {
			narrow(b.Low, b.Usual, b.High)
		}
	}
	step := int64(a.Step)
	low = (low + step - 1) / step * step
	high = high / step * step
	usual = min(max(usual/step*step, low), high)
	return low, usual, high, low <= high
}

// day asks whether a tip fits into what a day allows: the instance's caps and the payer's own limit. payee
// is nil for what is for nobody yet.
func (t *Tips) day(tx *store.Tx, v circles.Viewer, payee *circles.Actor, amount wallet.Amount, exponent uint8) error {
	if t.rules.Pace > 0 {
		n, err := ledger.TipsSince(tx, v.Person, time.UnixMicro(tx.Now()).Add(-time.Minute), t.rules.Pace)
		if err != nil {
			return err
		}
		if n >= t.rules.Pace {
			return breaks(rulePace, v, 0, true, circles.Errorf(circles.Limited, "You tip faster than people do; wait a minute.").With("refused.tip-pace", nil))
		}
	}
	limits, err := ledger.LimitsOf(tx, v.Person)
	if err != nil {
		return err
	}
	own := int64(-1) // the payer's own limit
	for _, l := range limits {
		if l.Asset == amount.Asset {
			own = l.At(tx.Now())
		}
	}
	r := t.rules.Assets[amount.Asset]
	var to circles.ActorID
	if payee != nil {
		to = payee.ID
	}
	if own < 0 && r.PayerDay <= 0 && (payee == nil || r.PayeeDay <= 0 && r.PairDay <= 0) {
		return nil // nobody asks for the sums
	}
	given, err := ledger.GivenSince(tx, v.Person, circles.PersonID(to), r.PayeeDay > 0, amount.Asset, dayBefore(tx))
	if err != nil {
		return err
	}
	if over(r.PayerDay, given.Payer, amount.Minor) {
		a := most(r.PayerDay, amount.Asset, exponent)
		return breaks(rulePayer, v, to, false, circles.FieldErrorf(circles.Limited, "amount", "Nobody gives more than %s %s here in 24 hours.", a["Max"], amount.Asset).With("refused.tip-payer-day", a))
	}
	if payee != nil {
		if err := t.dayOf(v, payee, amount, exponent, given); err != nil {
			return err
		}
	}
	if own >= 0 && given.Payer > own-amount.Minor {
		a := most(own, amount.Asset, exponent)
		return circles.FieldErrorf(circles.Limited, "amount", "Your own limit is %s %s in 24 hours.", a["Max"], amount.Asset).With("refused.tip-own-limit", a)
	}
	return nil
}

// dayOf asks what a day allows one person to get, and to get from one.
func (t *Tips) dayOf(v circles.Viewer, payee *circles.Actor, amount wallet.Amount, exponent uint8, given ledger.Day) error {
	r := t.rules.Assets[amount.Asset]
	switch {
	case over(r.PairDay, given.Pair, amount.Minor):
		a := most(r.PairDay, amount.Asset, exponent)
		return breaks(rulePair, v, payee.ID, false, circles.FieldErrorf(circles.Limited, "amount", "Nobody gives one person more than %s %s here in 24 hours.", a["Max"], amount.Asset).With("refused.tip-pair-day", a))
	case over(r.PayeeDay, given.Payee, amount.Minor):
		return breaks(rulePayee, v, payee.ID, true, circles.Errorf(circles.Limited, "They were given as much today as one person can be; come back tomorrow.").With("refused.tip-payee-day", nil))
	}
	return nil
}

func over(cap, had, more int64) bool { return cap > 0 && had > cap-more }

func most(cap int64, asset string, exponent uint8) map[string]any {
	return map[string]any{"Max": Plain(cap, exponent), "Asset": asset}
}

// ruled writes down which rule refused something, and returns the refusal.
func (t *Tips) ruled(ctx context.Context, err error) error {
	var b *broken
	if !errors.As(err, &b) {
		return err
	}
	note := t.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return ledger.AddAudit(tx, b.audit) })
	if note != nil { // the refusal stands all the same
		t.log.Error("a refused tip was not written down", "rule", b.audit.Rule, "error", note)
	}
	return b.refusal
}

// asRefusal returns the refusal that an error is, for people; nil if it is none.
func asRefusal(err error) *circles.Error {
	var e *circles.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
