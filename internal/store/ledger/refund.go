package ledger

import (
	"fmt"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Refund is one giving back that a payee asked for.
type Refund struct {
	ID        int64
	Charge    int64
	Key       string
	RailID    string
	Amount    int64
	State     string
	Revision  int64
	AskedBy   circles.PersonID
	CreatedAt int64
	DueAt     int64
	Tries     int
	Reason    string
}

const refundColumns = `id, charge, key, rail_id, amount, state, revision, asked_by, created_at, due_at, tries, reason`

func scanRefund(r store.Row) (*Refund, error) {
	var f Refund
	err := r.Scan(&f.ID, &f.Charge, &f.Key, &f.RailID, &f.Amount, &f.State, &f.Revision, &f.AskedBy, &f.CreatedAt, &f.DueAt, &f.Tries, &f.Reason)
	return &f, err
}

// AddRefund stores a refund before its rail is asked.
func AddRefund(tx *store.Tx, f *Refund) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO refund (`+refundColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		f.ID, f.Charge, f.Key, f.RailID, f.Amount, f.State, f.Revision, f.AskedBy, f.CreatedAt, f.DueAt, f.Tries, f.Reason)
	if err != nil {
		return fmt.Errorf("refund %s: %w", f.Key, err)
	}
	return nil
}

// SaveRefund stores what became of it.
func SaveRefund(tx *store.Tx, f *Refund) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE refund SET rail_id = $2, state = $3, revision = $4, due_at = $5, tries = $6 WHERE id = $1`,
		f.ID, f.RailID, f.State, f.Revision, f.DueAt, f.Tries)
	return err
}

// RefundBy returns a refund; NotFound if there is none.
func RefundBy(tx *store.Tx, id int64) (*Refund, error) {
	f, err := scanRefund(tx.Statements(key.SQL{}).Row(`SELECT `+refundColumns+` FROM refund WHERE id = $1`, id))
	return f, noSuch(err, "refund")
}

// RefundsOf returns the refunds of a charge, the first one first.
func RefundsOf(tx *store.Tx, charge int64) ([]*Refund, error) {
	var all []*Refund
	err := tx.Statements(key.SQL{}).Rows(`SELECT `+refundColumns+` FROM refund WHERE charge = $1 ORDER BY id LIMIT 100`, []any{charge},
		func(r store.Row) error {
			f, err := scanRefund(r)
			if err != nil {
				return err
			}
			all = append(all, f)
			return nil
		})
	return all, err
}

// DueRefunds returns the ids of refunds to ask about, at most limit.
func DueRefunds(tx *store.Tx, now int64, limit int) ([]int64, error) {
	return ids(tx, `SELECT id FROM refund WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at, id LIMIT $2`, now, limit)
}

// KnockRefund makes a refund due now because its rail said "look again".
func KnockRefund(tx *store.Tx, adapter, railID string) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE refund SET due_at = $3, tries = 0 WHERE rail_id = $2 AND rail_id <> ''
		AND charge IN (SELECT id FROM charge WHERE adapter = $1)`, adapter, railID, tx.Now())
	return err
}
