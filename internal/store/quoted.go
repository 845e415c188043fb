package store

import "strconv"

// maxQuoted bounds how many addresses wait: strangers choose them, and above it a quote stays a link.
const maxQuoted = 5000

// A Quoted is the wish for something elsewhere that a post here quotes.
type Quoted struct {
	URI   string
	At    int64 // since when
	DueAt int64 // 0 = done
	Tries int   // begun so often
}

// WantQuoted notes that what lies at an address is to be fetched, unless it was noted before.
func (tx *Tx) WantQuoted(uri string) error {
	_, err := tx.exec(`INSERT INTO quoted (uri, at, due_at) SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($2 AS BIGINT)
		WHERE NOT EXISTS (SELECT 1 FROM quoted q WHERE q.due_at <> 0 LIMIT 1 OFFSET `+strconv.Itoa(maxQuoted)+`)
		ON CONFLICT (uri) DO NOTHING`, uri, tx.Now())
	return err
}

// DueQuoted returns what is due, the longest first.
func (tx *Tx) DueQuoted(limit int) ([]Quoted, error) {
	return list(tx, func(r rowScanner) (Quoted, error) {
		var q Quoted
		err := r.Scan(&q.URI, &q.At, &q.DueAt, &q.Tries)
		return q, err
	}, `SELECT uri, at, due_at, tries FROM quoted WHERE due_at <> 0 AND due_at <= $1 ORDER BY due_at, uri LIMIT $2`, tx.Now(), limit)
}

// SaveQuoted writes how far one has come.
func (tx *Tx) SaveQuoted(q Quoted) error {
	_, err := tx.exec(`UPDATE quoted SET due_at = $2, tries = $3 WHERE uri = $1`, q.URI, q.DueAt, q.Tries)
	return err
}

// ForgetQuoted forgets what was wanted before a time, at most limit rows, and returns how many those were.
func (tx *Tx) ForgetQuoted(before int64, limit int) (int64, error) {
	return tx.exec(`DELETE FROM quoted WHERE uri IN (SELECT uri FROM quoted WHERE at < $1 ORDER BY at LIMIT $2)`, before, limit)
}

// RenameQuoted lets what quotes something by one of its addresses quote it by its id.
func (tx *Tx) RenameQuoted(address, uri string) error {
	_, err := tx.exec(`UPDATE quote SET uri = $2 WHERE uri = $1`, address, uri)
	return err
}
