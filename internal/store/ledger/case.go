package ledger

import (
	"database/sql"

	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Case is a charge with all that an answer about it is held against.
type Case struct {
	Tip    *Tip
	Charge *Charge   // one of All
	All    []*Charge // the tries of the tip, the latest first; there are few

	of int64
}

// CaseOf returns that of a charge; NotFound if there is no such charge.
func CaseOf(tx *store.Tx, charge int64) (*Case, error) {
	all, err := cases(tx, `charge AS x`, `x.id = $1 AND`, `c.attempt DESC`, charge)
	if err == nil && len(all) == 0 {
		err = noSuch(sql.ErrNoRows, "charge")
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// A Hold is what has to be known of a charge in credits to take them, to say where they are, and to give them
// back: of Tip and Charge only what the rail is asked with, and the hold itself.
type Hold struct {
	Tip    Tip
	Charge Charge
}

// HoldBy returns that of a charge by its key; NotFound if it was never committed.
func HoldBy(tx *store.Tx, k string) (*Hold, error) {
	var h Hold
	t, c := &h.Tip, &h.Charge
	err := tx.Statements(key.SQL{}).Row(`SELECT t.id, t.payer, t.once, t.binding, c.id, c.key, c.adapter, c.payee_kind, c.payee_ref, c.asset, c.requested,
		c.state, c.held, c.held_at, c.cancel_at, c.expires_at, c.locale FROM charge c CROSS JOIN tip t WHERE c.key = $1 AND t.id = c.tip`, k).
		Scan(&t.ID, &t.Payer, &t.Once, &t.Binding, &c.ID, &c.Key, &c.Adapter, &c.PayeeKind, &c.PayeeRef, &c.Asset, &c.Requested,
			&c.State, &c.Held, &c.HeldAt, &c.CancelAt, &c.ExpiresAt, &c.Locale)
	c.Tip = t.ID
	return &h, noSuch(err, "charge")
}

// DueCases returns those of the charges to ask about, those due longest first, at most limit.
func DueCases(tx *store.Tx, now int64, limit int) ([]*Case, error) {
	return cases(tx, `(SELECT id, tip, due_at FROM charge WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at, id LIMIT $2) AS x`, ``,
		`x.due_at, x.id, c.attempt DESC`, now, limit)
}

func cases(tx *store.Tx, from, where, order string, args ...any) (all []*Case, err error) {
	err = tx.Statements(key.SQL{}).Rows(`SELECT x.id, `+caseColumns+` FROM `+from+` CROSS JOIN tip t CROSS JOIN charge c
		WHERE `+where+` t.id = x.tip AND c.tip = x.tip ORDER BY `+order, args, func(r store.Row) error {
		var (
			of  int64
			tip Tip
			c   Charge
		)
		if err := r.Scan(append(append([]any{&of}, tip.fields()...), c.fields()...)...); err != nil {
			return err
		}
		if len(all) == 0 || all[len(all)-1].of != of {
			all = append(all, &Case{Tip: &tip, of: of})
		}
		last := all[len(all)-1]
		last.All = append(last.All, &c)
		if c.ID == of {
			last.Charge = &c
		}
		return nil
	})
	return all, err
}

// caseColumns are tipColumns and chargeColumns, each with its table.
const caseColumns = `t.id, t.payer, t.payee, t.post, t.circle, t.asset, t.amount, t.adapter, t.state, t.binding, t.created_at, t.paid_at, t.once, t.note, t.hidden,
	c.id, c.tip, c.attempt, c.key, c.adapter, c.rail_id, c.payee_kind, c.payee_ref, c.asset, c.requested, c.revision, c.state,
	c.pending, c.received, c.refunded, c.reversed, c.fee, c.late, c.held, c.held_at, c.cancel_at, c.expires_at, c.rail_expires_at, c.settled_at, c.created_at, c.due_at, c.tries,
	c.locale, c.rail_ref, c.problem, c.actions, c.proof`
