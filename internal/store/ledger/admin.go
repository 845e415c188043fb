package ledger

import (
	"database/sql"
	"errors"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// OpenCharges counts the charges that a rail will be asked about again, by adapter.
func OpenCharges(tx *store.Tx) (map[string]int, error) {
	all := map[string]int{}
	err := tx.Statements(key.SQL{}).Rows(`SELECT adapter, COUNT(*) FROM charge WHERE due_at > 0 GROUP BY adapter`, nil, func(r store.Row) error {
		var (
			name string
			n    int
		)
		err := r.Scan(&name, &n)
		all[name] = n
		return err
	})
	return all, err
}

// Problems returns charges with which something is wrong, the latest first, at most limit.
func Problems(tx *store.Tx, limit int) ([]*Charge, error) {
	var all []*Charge
	err := tx.Statements(key.SQL{}).Rows(`SELECT `+chargeColumns+` FROM charge WHERE problem <> '' ORDER BY id DESC LIMIT $1`, []any{limit},
		func(r store.Row) error {
			c, err := scanCharge(r)
			all = append(all, c)
			return err
		})
	return all, err
}

// Grants returns the latest grants, at most limit.
func Grants(tx *store.Tx, limit int) ([]Grant, error) {
	var all []Grant
	err := tx.Statements(key.SQL{}).Rows(`SELECT id, person, asset, amount, by, at, reason FROM tip_grant ORDER BY id DESC LIMIT $1`, []any{limit},
		func(r store.Row) error {
			var g Grant
			err := r.Scan(&g.ID, &g.Person, &g.Asset, &g.Amount, &g.By, &g.At, &g.Reason)
			all = append(all, g)
			return err
		})
	return all, err
}

// A Standing is how far the chain goes, and until where it was last found whole.
type Standing struct {
	Bookings  int64
	Head      []byte
	Checked   int64
	CheckedAt int64 // UTC microseconds; 0 = never
}

// StandingOf returns it, without checking anything.
func StandingOf(tx *store.Tx) (Standing, error) {
	s := tx.Statements(key.SQL{})
	var st Standing
	if err := s.Row(`SELECT seq, hash FROM ledger_head WHERE one = 1`).Scan(&st.Bookings, &st.Head); err != nil {
		return st, err
	}
	err := s.Row(`SELECT seq, at FROM ledger_checkpoint ORDER BY seq DESC LIMIT 1`).Scan(&st.Checked, &st.CheckedAt)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return st, err
}

// TipsBy returns tips by their ids, those of which the person is payer or payee.
func TipsBy(tx *store.Tx, person circles.PersonID, ids []int64) (map[int64]*Tip, error) {
	s := tx.Statements(key.SQL{})
	in := make([]circles.PostID, len(ids)) // InIDs takes ids of one type
	for i, id := range ids {
		in[i] = circles.PostID(id)
	}
	list, args := s.InIDs([]any{person}, in)
	all := map[int64]*Tip{}
	err := s.Rows(`SELECT `+tipColumns+` FROM tip WHERE (payer = $1 OR payee = $1) AND id IN (`+list+`)`, args, func(r store.Row) error {
		t, err := scanTip(r)
		if err == nil {
			all[t.ID] = t
		}
		return err
	})
	return all, err
}
