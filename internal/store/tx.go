package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"halqa/circles"
)

// A Tx is the transaction of one run of a closure. It is used by one goroutine and is worthless
// after the closure returns.
type Tx struct {
	store    *Store
	ctx      context.Context // of PostgreSQL's statements; on SQLite looked at between the statements of a View
	q        querier
	at       int64
	failed   error // the first failed statement; the Tx is spent
	open     bool  // rows are being read
	over     bool  // the closure has returned
	newIDs   bool  // NewID was used, so a clash may be the id's
	locked   bool  // PostgreSQL: the lock of the log is ours
	appended bool  // the log grew
	tokens   bool  // what tokens are worth changed
	view     bool  // of a View
	asked    int   // statements that were begun
	wrote    int64 // rows that they changed

	kept *kept
	own  kept // which kept points to where nobody keeps rows for longer
}

// A querier runs statements that are prepared once per connection.
type querier interface {
	exec(ctx context.Context, query string, args []any) (sql.Result, error)
	query(ctx context.Context, query string, args []any) (*sql.Rows, error)
}

// A rowScanner is a row to be scanned.
type rowScanner interface {
	Scan(dest ...any) error
}

var (
	errOver   = errors.New("store: transaction used after its closure returned")
	errInside = errors.New("store: statement inside the callback of another")
)

func (s *Store) newTx(ctx context.Context, q querier) *Tx {
	tx := &Tx{store: s, ctx: ctx, q: q, at: s.now().UnixMicro()}
	tx.own.clear()
	tx.kept = &tx.own
	return tx
}

// Now returns the time in UTC microseconds, the same during one run of the closure.
func (tx *Tx) Now() int64 { return tx.at }

// Committed reports whether everything that is read here is committed: the Tx is a View's. What an Update reads
// may never come to be, and must not be kept for others.
func (tx *Tx) Committed() bool { return tx.view }

// Cost returns how many statements ran so far and how many rows they changed: what must cost the same however
// much there is, tests hold to that.
func (tx *Tx) Cost() (statements int, rows int64) { return tx.asked, tx.wrote }

// postgres reports whether a method has to use PostgreSQL's of two texts.
func (tx *Tx) postgres() bool { return tx.store.name == postgresEngine }

// exec runs a statement and returns the number of rows it changed.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	tx.kept.forget(query)
	return tx.run(query, args)
}

// run is exec where the caller sees to what is kept.
func (tx *Tx) run(query string, args []any) (int64, error) {
	_, n, err := tx.result(query, args)
	return n, err
}

func (tx *Tx) result(query string, args []any) (res sql.Result, n int64, err error) {
	if args, err = tx.begin(args); err != nil {
		return nil, 0, err
	}
	if res, err = tx.q.exec(tx.ctx, tx.text(query), args); err != nil {
		return nil, 0, tx.fail(err)
	}
	if n, err = res.RowsAffected(); err != nil {
		return nil, 0, tx.fail(err)
	}
	tx.wrote += n
	return res, n, nil
}

// insert runs an INSERT of one row and returns the number that the database gave it, in the column that is
// the table's primary key. SQLite tells it without making a result of it.
func (tx *Tx) insert(column, query string, args ...any) (int64, error) {
	if tx.postgres() {
		return one(tx, value[int64], query+" RETURNING "+column, args...)
	}
	tx.kept.forget(query)
	res, _, err := tx.result(query, args)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// row runs a query for one row, which must be scanned before the next statement. Scan returns
// sql.ErrNoRows if there is none; that does not spend the Tx.
func (tx *Tx) row(query string, args ...any) rowScanner {
	args, err := tx.begin(args)
	if err != nil {
		return &row{err: err}
	}
	tx.kept.forget(query)
	rows, err := tx.q.query(tx.ctx, tx.text(query), args)
	if err != nil {
		return &row{err: tx.fail(err)}
	}
	tx.open = true
	return &row{tx: tx, rows: rows}
}

// rows runs a query and calls scan for each row until it returns an error.
func (tx *Tx) rows(query string, args []any, scan func(rowScanner) error) error {
	args, err := tx.begin(args)
	if err != nil {
		return err
	}
	tx.kept.forget(query)
	rows, err := tx.q.query(tx.ctx, tx.text(query), args)
	if err != nil {
		return tx.fail(err)
	}
	tx.open = true
	defer func() {
		rows.Close()
		tx.open = false
	}()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return tx.fail(err)
	}
	return nil
}

// row is sql.Row, except that a failure spends the Tx.
type row struct {
	tx   *Tx
	rows *sql.Rows
	err  error
}

func (r *row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer func() {
		r.rows.Close()
		r.tx.open = false
		r.err = errors.New("store: row scanned twice")
	}()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return r.tx.fail(err)
		}
		return sql.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	// Stepping past the row finishes an INSERT … RETURNING and shows an error that came late.
	for r.rows.Next() {
	}
	if err := r.rows.Err(); err != nil {
		return r.tx.fail(err)
	}
	return nil
}

// begin checks that a statement may run and makes its arguments fit both engines.
func (tx *Tx) begin(args []any) ([]any, error) {
	switch {
	case tx.over:
		return nil, errOver
	case tx.failed != nil:
		return nil, tx.failed
	case tx.open:
		return nil, errInside
	}
	if err := tx.ctx.Err(); err != nil {
		return nil, err
	}
	tx.asked++
	for i, a := range args {
		v, err := argument(a)
		if err != nil {
			return nil, fmt.Errorf("$%d: %w", i+1, err)
		}
		args[i] = v
	}
	return args, nil
}

func (tx *Tx) fail(err error) error {
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

// clashed reports whether the run made ids and failed at a unique index, which may be the id's.
func (tx *Tx) clashed() bool { return tx.newIDs && isUnique(tx.failed) }

// text expands the tokens of a query.
func (tx *Tx) text(query string) string {
	if !strings.Contains(query, "{{") {
		return query
	}
	lock := ""
	if tx.postgres() {
		lock = "FOR UPDATE SKIP LOCKED"
	}
	return strings.ReplaceAll(query, "{{skip_locked}}", lock)
}

// argument turns a value into one of the few kinds that mean the same to both engines.
func argument(a any) (any, error) {
	switch v := a.(type) {
	case nil, int64, []byte:
		return a, nil
	case string:
		return v, checkText(v)
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case int:
		return int64(v), nil
	case time.Time:
		return nil, errors.New("a time.Time; pass UTC microseconds")
	}
	v := reflect.ValueOf(a)
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(v.Uint()), nil
	case reflect.String:
		return v.String(), checkText(v.String())
	case reflect.Bool:
		return argument(v.Bool())
	}
	return nil, fmt.Errorf("a %T, which no column holds", a)
}

func checkText(s string) error {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return circles.Errorf(circles.Invalid, "This text holds characters that cannot be stored.")
	}
	return nil
}
