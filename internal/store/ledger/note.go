package ledger

import (
	"database/sql"
	"errors"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// Note returns what a wallet noted of a key of its own; false if nothing.
func Note(tx *store.Tx, adapter, of string) (note string, ok bool, err error) {
	err = tx.Statements(key.SQL{}).Row(`SELECT note FROM wallet_note WHERE adapter = $1 AND key = $2`, adapter, of).Scan(&note)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return note, err == nil, err
}

// Marked returns the key that has a mark, "" if none has.
func Marked(tx *store.Tx, adapter, mark string) (of string, err error) {
	err = tx.Statements(key.SQL{}).Row(`SELECT key FROM wallet_note WHERE adapter = $1 AND mark = $2`, adapter, mark).Scan(&of)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return of, err
}

// AddNote stores one for a key that has none.
func AddNote(tx *store.Tx, adapter, of, mark, note string) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO wallet_note (adapter, key, mark, note, at) VALUES ($1, $2, $3, $4, $5)`, adapter, of, mark, note, tx.Now())
	return err
}

// SetNote replaces one.
func SetNote(tx *store.Tx, adapter, of, note string) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE wallet_note SET note = $1 WHERE adapter = $2 AND key = $3`, note, adapter, of)
	return err
}

// HasAddress reports whether a member can be paid at name@host.
func HasAddress(tx *store.Tx, person circles.PersonID) (bool, error) {
	var n int
	err := tx.Statements(key.SQL{}).Row(`SELECT count(*) FROM tip_address WHERE person = $1`, person).Scan(&n)
	return n > 0, err
}

// SetAddress says whether they can.
func SetAddress(tx *store.Tx, person circles.PersonID, on bool) error {
	s := tx.Statements(key.SQL{})
	if !on {
		_, err := s.Exec(`DELETE FROM tip_address WHERE person = $1`, person)
		return err
	}
	_, err := s.Exec(`INSERT INTO tip_address (person, at) VALUES ($1, $2) ON CONFLICT (person) DO NOTHING`, person, tx.Now())
	return err
}
