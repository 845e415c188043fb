package store

import (
	"halqa/circles"
	"halqa/internal/store/internal/key"
)

// A Row is one row of a query, to be scanned before the next statement.
type Row interface {
	Scan(dest ...any) error
}

// Statements runs SQL of a room below this one inside a Tx, under the same rules as the Tx's own: one
// text for both engines, no statement while rows are read, and a failed statement spends the Tx.
type Statements struct{ tx *Tx }

// Statements is for the rooms below internal/store; nobody else can name the key.
func (tx *Tx) Statements(key.SQL) Statements { return Statements{tx} }

// Postgres reports whether a text has to be PostgreSQL's of two.
func (s Statements) Postgres() bool { return s.tx.postgres() }

// Exec runs a statement and returns the number of rows it changed.
func (s Statements) Exec(query string, args ...any) (int64, error) { return s.tx.exec(query, args...) }

// Row runs a query for one row. Scan returns sql.ErrNoRows if there is none.
func (s Statements) Row(query string, args ...any) Row { return s.tx.row(query, args...) }

// Rows runs a query and calls scan for each row until it returns an error.
func (s Statements) Rows(query string, args []any, scan func(Row) error) error {
	return s.tx.rows(query, args, func(r rowScanner) error { return scan(r) })
}

// In returns placeholders for "x IN (…)" and args with vs appended.
func (s Statements) In(args []any, vs []string) (string, []any) { return in(args, vs) }

// InIDs is In for ids.
func (s Statements) InIDs(args []any, ids []circles.PostID) (string, []any) { return in(args, ids) }
