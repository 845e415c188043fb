package tips

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// An answer is what a rail says of a charge.
type answer struct {
	charge int64
	got    wallet.Charge
}

// believe books what a rail says of a charge. Everything that ever moves money in the books goes through
// settle. It returns how the tip stands if this was the first that the rail said of it; nil has to be looked up.
func (t *Tips) believe(ctx context.Context, a answer) (k *ledger.Case, err error) {
	err = t.store.Update(ctx, func(tx *store.Tx) (err error) {
		if k, err = ledger.CaseOf(tx, a.charge); err != nil {
			return err
		}
		known := k.Charge.Revision >= 0
		if err = t.settle(tx, k, a.got); known || k.Tip.PaidAt != 0 {
			k = nil // it may have refunds, or be part of a ring
		}
		return err
	})
	if errors.Is(err, ledger.ErrFull) { // nothing of the answer was booked; the admin sees why
		t.log.Error("the books have no room for what a wallet says; nothing was booked", "charge", a.charge, "error", err)
		return nil, t.later(ctx, a.charge, err)
	}
	return k, wrap("settle", err)
}

// believeAll believes answers together, or one by one if one of them cannot be booked: it must not stand in
// the way of the others.
func (t *Tips) believeAll(ctx context.Context, all []answer) error {
	if len(all) > 1 {
		err := t.store.Update(ctx, func(tx *store.Tx) error {
			for _, a := range all {
				k, err := ledger.CaseOf(tx, a.charge)
				if err != nil {
					return err
				}
				if err := t.settle(tx, k, a.got); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			return nil
		}
	}
	for _, a := range all {
		if _, err := t.believe(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// settle compares an answer with what is known and books the difference. An answer that contradicts
// itself, another charge, or what was said before books nothing: it is noted for the admin, and the rail
// is asked again.
func (t *Tips) settle(tx *store.Tx, k *ledger.Case, got wallet.Charge) error {
	tip, c := k.Tip, k.Charge
	r := t.rail(c.Adapter)
	if r == nil {
		return fmt.Errorf("no wallet adapter %s", c.Adapter)
	}
	err := got.Check()
	if err == nil {
		err = bookable(got)
	}
	switch {
	case err != nil:
	case c.Revision < 0:
		used := false
		if !r.closed() { // our own credits have the key for an id
			if used, err = ledger.RailIDUsed(tx, c.Adapter, got.ID, c.ID); err != nil {
				return err
			}
		}
		if err = first(c, got); err == nil && used {
			err = fmt.Errorf("%w: the id %.70q is another charge's", wallet.ErrInvalid, got.ID)
		}
	case got.Revision < c.Revision:
		return t.unchanged(tx, c, r, c.Problem) // an answer that another overtook
	default:
		err = asCharge(c).Follows(got)
	}
	if err != nil {
		t.log.Error("a wallet contradicts itself; nothing was booked", "adapter", c.Adapter, "key", c.Key, "error", err)
		return t.unchanged(tx, c, r, err.Error())
	}
	if got.Revision == c.Revision && string(got.State) == c.State {
		return t.unchanged(tx, c, r, "")
	}
	if err := t.book(tx, tip, c, r, got); err != nil {
		return err
	}
	if int64(got.Received) > c.Received && !r.closed() {
		if err := t.source(tx, tip, c.Adapter, got.Source); err != nil {
			return err
		}
	}
	before := asCharge(c).Net()
	if err := keep(c, got); err != nil {
		return err
	}
	c.Tries, c.Problem = 0, ""
	c.DueAt = due(t.now(), c, r)
	if err := ledger.SaveCharge(tx, c); err != nil {
		return err
	}
	if !tip.Hidden {
		if err := ledger.CountTip(tx, tip.Post, tip.Payer, tip.Asset, got.Net()-before); err != nil {
			return err
		}
	}
	return t.conclude(tx, k, got.Net()-before, false)
}

// first checks the first answer to a key against what was asked.
func first(c *ledger.Charge, got wallet.Charge) error {
	if got.Key != c.Key || got.Requested.Minor != c.Requested || got.Requested.Asset != c.Asset {
		return fmt.Errorf("%w: asked for %s, %d %s; got %.70s, %d %.12s", wallet.ErrInvalid,
			c.Key, c.Requested, c.Asset, got.Key, got.Requested.Minor, got.Requested.Asset)
	}
	return nil
}

// asCharge is a row as the rail last told it.
func asCharge(c *ledger.Charge) wallet.Charge {
	return wallet.Charge{
		ID: c.RailID, Key: c.Key, Revision: c.Revision, State: wallet.State(c.State), Requested: wallet.Amount{Minor: c.Requested, Asset: c.Asset},
		Pending: wallet.Units(c.Pending), Received: wallet.Units(c.Received), Refunded: wallet.Units(c.Refunded), Reversed: wallet.Units(c.Reversed),
		Late: c.Late,
	}
}

// keep copies an answer into the row. Text is bounded here, for it is the rail's.
func keep(c *ledger.Charge, got wallet.Charge) error {
	c.RailID, c.Revision, c.State = got.ID, got.Revision, string(got.State)
	c.Pending, c.Received, c.Refunded, c.Reversed = int64(got.Pending), int64(got.Received), int64(got.Refunded), int64(got.Reversed)
	c.Late = got.Late
	if got.Fee != nil {
		c.Fee = sql.NullInt64{Int64: int64(*got.Fee), Valid: true}
	}
	if !got.ExpiresAt.IsZero() {
		c.RailExpiresAt = got.ExpiresAt.UnixMicro()
	}
	if !got.SettledAt.IsZero() {
		c.SettledAt = got.SettledAt.UnixMicro()
	}
	c.RailRef = clip(got.RailRef, 200)
	actions, proof, err := texts(got)
	c.Actions, c.Proof = actions, proof
	return err
}

// texts are an answer's actions and proof as they are kept.
func texts(got wallet.Charge) (actions, proof string, err error) {
	a, err := json.Marshal(got.Actions)
	if err != nil || got.Proof == nil {
		return string(a), "", err
	}
	p, err := json.Marshal(got.Proof)
	return string(a), string(p), err
}

// bookable refuses an answer that the books have no room for. It is the rail's fault, and not ours: one such
// charge must not stand in the way of all others.
func bookable(got wallet.Charge) error {
	actions, proof, err := texts(got)
	switch {
	case err != nil:
		return err
	case len(actions) > maxRailText || len(proof) > maxRailText:
		return fmt.Errorf("%w: %d bytes of actions, %d of proof", wallet.ErrInvalid, len(actions), len(proof))
	case got.Received > ledger.MaxPosting:
		return fmt.Errorf("%w: %d received", wallet.ErrOverflow, got.Received)
	}
	return nil
}

// maxRailText bounds what a rail can make us keep of one charge. A signed form of Alipay has 3 kB.
const maxRailText = 32 << 10

// book writes the difference between an answer and the row into the ledger. The id of each booking
// names the counter it brings the charge to, so that no difference can be booked twice even if a row
// were lost.
func (t *Tips) book(tx *store.Tx, tip *ledger.Tip, c *ledger.Charge, r *rail, got wallet.Charge) error {
	a := accountsOf(tip, c, r)
	for _, step := range []struct {
		kind     string
		from, to ledger.Account
		was, is  int64
	}{
		{"settle", a.source, a.payee, c.Received, int64(got.Received)},
		{"refund", a.payee, a.back, c.Refunded, int64(got.Refunded)},
		{"reverse", a.payee, a.back, c.Reversed, int64(got.Reversed)},
	} {
		by := step.is - step.was
		if by == 0 {
			continue
		}
		if step.kind == "settle" && r.closed() {
			if c.Held < by {
				return fmt.Errorf("charge %s settles %d of %d held", c.Key, by, c.Held)
			}
			c.Held -= by
		}
		if err := t.move(tx, fmt.Sprintf("%s:%s:%d", c.Key, step.kind, step.is), step.kind, step.from, step.to, by, a.short); err != nil {
			return err
		}
	}
	switch got.State {
	case wallet.Canceled, wallet.Failed, wallet.Expired:
		if c.Held > 0 {
			if err := t.move(tx, c.Key+":return", "return", a.source, a.payer, c.Held, a.short); err != nil {
				return err
			}
			c.Held = 0
		}
	}
	return nil
}

// move books an amount from one account to another. What a payee has spent already cannot be taken
// back from them: the rest comes out of the instance's own account, and shows there.
func (t *Tips) move(tx *store.Tx, id, kind string, from, to ledger.Account, amount int64, short ledger.Account) error {
	b := ledger.Txn{ID: id, Kind: kind, Postings: []ledger.Posting{{Account: from, Amount: -amount}, {Account: to, Amount: amount}}}
	_, err := ledger.Post(tx, b)
	if !errors.Is(err, ledger.ErrShort) || kind == "settle" || kind == "return" {
		return err
	}
	have, err := ledger.Balance(tx, from.Code)
	if err != nil {
		return err
	}
	b.Postings = []ledger.Posting{{Account: short, Amount: have - amount}, {Account: to, Amount: amount}}
	if have > 0 {
		b.Postings = append(b.Postings, ledger.Posting{Account: from, Amount: -have})
	}
	_, err = ledger.Post(tx, b)
	return err
}

// accounts are between which a charge is booked.
type accounts struct {
	payer, payee ledger.Account
	source       ledger.Account // where what is received comes from
	back         ledger.Account // where what goes back goes to
	short        ledger.Account // what a payee no longer has
}

// accountsOf names them. Credits are balances, in the instance's books a debt to its members. What
// moves over other rails is never the instance's: those accounts are a memory of it, outside every
// balance, in the same chain.
func accountsOf(tip *ledger.Tip, c *ledger.Charge, r *rail) accounts {
	if r.closed() {
		payer := creditsOf(tip.Payer, c.Asset)
		return accounts{
			payer: payer, payee: creditsOf(tip.Payee, c.Asset), source: held(c.Asset), back: payer,
			short: ledger.Account{Code: "dispute:" + c.Adapter + ":" + c.Asset, Asset: c.Asset, Kind: ledger.Expense},
		}
	}
	memo := func(code string) ledger.Account {
		return ledger.Account{Code: "memo:" + code + ":" + c.Asset, Asset: c.Asset, Kind: ledger.Equity}
	}
	rail := memo("rail:" + c.Adapter)
	return accounts{payee: memo(fmt.Sprintf("got:%d", tip.Payee)), source: rail, back: rail, short: rail}
}

func creditsOf(person circles.PersonID, asset string) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("user:%d:%s", person, asset), Asset: asset, Kind: ledger.Liability, Bounded: true}
}

func held(asset string) ledger.Account {
	return ledger.Account{Code: "held:" + asset, Asset: asset, Kind: ledger.Liability, Bounded: true}
}

func grants(asset string) ledger.Account {
	return ledger.Account{Code: "grants:" + asset, Asset: asset, Kind: ledger.Expense}
}

// closed reports whether what the rail moves is the instance's own credits.
func (r *rail) closed() bool { return r.d.Custody == wallet.CustodyClosedLoop }

// conclude says what became of the tip as a whole, over all its charges, and writes to the log when it
// was paid, some of it went back, or it came to nothing; not if the payer is being told so right now.
func (t *Tips) conclude(tx *store.Tx, k *ledger.Case, by int64, said bool) (err error) {
	tip := k.Tip
	var net, received int64
	for _, c := range k.All {
		if net, err = wallet.Sum(net, asCharge(c).Net()); err != nil {
			return err
		}
		received += min(c.Received, 1) // whether anything came
	}
	was, paid := tip.State, tip.PaidAt != 0
	switch {
	case net >= tip.Amount:
		tip.State = ledger.TipPaid
		if tip.PaidAt == 0 {
			tip.PaidAt = tx.Now()
		}
	case net > 0:
		tip.State = ledger.TipShort
	case received > 0:
		tip.State = ledger.TipReturned
	default:
		tip.State = waiting(k.All)
	}
	if tip.State != was {
		if err := ledger.SetTipState(tx, tip); err != nil {
			return err
		}
	}
	if err := t.report(tx, tip, paid, by); err != nil {
		return err
	}
	kind := circles.TipPaid
	switch {
	case by < 0:
		kind = circles.TipReturned
	case tip.State == was, said:
		return nil
	case by > 0:
		if err := t.ring(tx, tip); err != nil {
			return err
		}
	case tip.State == ledger.TipFailed || tip.State == ledger.TipExpired:
		kind = circles.TipFailed
	default:
		return nil
	}
	_, err = tx.AppendEvent(circles.Event{Kind: kind, Object: tip.ID, OrderKey: tip.ID})
	return err
}

// waiting is the state of a tip that nothing was received for: the latest try's, unless an earlier one
// is still open.
func waiting(charges []*ledger.Charge) ledger.TipState {
	for _, c := range charges {
		switch wallet.State(c.State) {
		case wallet.Processing:
			if c.Held > 0 {
				return ledger.TipHeld
			}
			return ledger.TipOpen
		case wallet.Pending, wallet.Unknown:
			return ledger.TipOpen
		}
	}
	if len(charges) > 0 {
		switch wallet.State(charges[0].State) {
		case wallet.Expired:
			return ledger.TipExpired
		case wallet.Canceled:
			return ledger.TipCanceled
		}
	}
	return ledger.TipFailed
}

// fail ends a charge that the rail would not make; said, if its payer is being told so right now.
func (t *Tips) fail(ctx context.Context, id int64, cause error, said bool) error {
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		k, err := ledger.CaseOf(tx, id)
		if err != nil {
			return err
		}
		c := k.Charge
		if c.Revision >= 0 || c.Held > 0 {
			r := t.rail(c.Adapter)
			if r == nil {
				return fmt.Errorf("no wallet adapter %s", c.Adapter)
			}
			return t.unchanged(tx, c, r, clip(cause.Error(), 300)) // it was made after all, and another question found it
		}
		c.State, c.DueAt, c.Problem = string(wallet.Failed), 0, ""
		if err := ledger.SaveCharge(tx, c); err != nil {
			return err
		}
		return t.conclude(tx, k, 0, said)
	})
	return wrap("failed charge", err)
}

// later notes that a rail did not answer.
func (t *Tips) later(ctx context.Context, id int64, cause error) error {
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		c, err := ledger.ChargeBy(tx, id)
		if err != nil {
			return err
		}
		r := t.rail(c.Adapter)
		if r == nil {
			return fmt.Errorf("no wallet adapter %s", c.Adapter)
		}
		return t.unchanged(tx, c, r, clip(cause.Error(), 300))
	})
	return wrap("charge", err)
}

// unchanged puts off the next question.
func (t *Tips) unchanged(tx *store.Tx, c *ledger.Charge, r *rail, problem string) error {
	c.Tries++
	c.Problem = clip(problem, 300)
	c.DueAt = due(t.now(), c, r)
	return ledger.SaveCharge(tx, c)
}

const (
	firstAsk = 5 * time.Second
	lastAsk  = 10 * time.Minute

	// lateFor is how long after its end a charge is still asked about on rails where money can come
	// late: a transaction that was sent in time may take days to be final.
	lateFor = 14 * 24 * time.Hour
	lateAsk = time.Hour
)

// due returns when to ask about a charge again, 0 if only the rail itself can bring news.
func due(now time.Time, c *ledger.Charge, r *rail) int64 {
	ends := time.UnixMicro(max(c.ExpiresAt, c.RailExpiresAt))
	if wallet.State(c.State).Open() || c.Revision < 0 && c.State != string(wallet.Failed) {
		wait := lastAsk
		if c.Tries < 8 {
			wait = min(firstAsk<<c.Tries, lastAsk)
		}
		for _, end := range []int64{c.ExpiresAt, c.RailExpiresAt} {
			if until := time.UnixMicro(end).Sub(now); until > 0 && until < wait {
				wait = until // the end of a hold, or of the time to pay, changes the answer
			}
		}
		return now.Add(wait).UnixMicro()
	}
	switch wallet.State(c.State) {
	case wallet.Expired, wallet.Canceled:
		if r.d.LateFunds && now.Before(ends.Add(lateFor)) {
			return now.Add(lateAsk).UnixMicro()
		}
	}
	return 0
}

// clip bounds a text of somebody else's to n bytes of valid UTF-8 without control characters.
func clip(s string, n int) string {
	clean := make([]rune, 0, min(len(s), n))
	size := 0
	for _, r := range s {
		if r < ' ' || r == '\u007f' || r == '\ufffd' {
			continue
		}
		if size += len(string(r)); size > n {
			break
		}
		clean = append(clean, r)
	}
	return string(clean)
}
