package ledger

import (
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// AddSource notes that a payer paid from a source, and reports whether they had not since then. What is older
// goes, of every source.
func AddSource(tx *store.Tx, source []byte, payer circles.PersonID, since time.Time) (fresh bool, err error) {
	s := tx.Statements(key.SQL{})
	if _, err := s.Exec(`DELETE FROM tip_source WHERE at < $1`, since.UnixMicro()); err != nil {
		return false, err
	}
	n, err := s.Exec(`UPDATE tip_source SET at = $3 WHERE source = $1 AND payer = $2`, source, payer, tx.Now())
	if err != nil || n > 0 {
		return false, err
	}
	_, err = s.Exec(`INSERT INTO tip_source (source, payer, at) VALUES ($1, $2, $3)`, source, payer, tx.Now())
	return true, err
}

// PayersFrom returns who paid from a source, the latest first, at most limit.
func PayersFrom(tx *store.Tx, source []byte, limit int) (all []circles.PersonID, err error) {
	err = tx.Statements(key.SQL{}).Rows(`SELECT payer FROM tip_source WHERE source = $1 ORDER BY at DESC, payer DESC LIMIT $2`, []any{source, limit},
		func(r store.Row) error {
			var p circles.PersonID
			err := r.Scan(&p)
			all = append(all, p)
			return err
		})
	return all, err
}
