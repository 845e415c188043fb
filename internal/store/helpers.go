package store

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"halqa/circles"
)

// one returns the single row of a query; sql.ErrNoRows if there is none.
func one[T any](tx *Tx, scan func(rowScanner) (T, error), query string, args ...any) (T, error) {
	return scan(tx.row(query, args...))
}

// list returns all rows of a query; nil if there are none.
func list[T any](tx *Tx, scan func(rowScanner) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := tx.rows(query, args, func(r rowScanner) error {
		v, err := scan(r)
		if err != nil {
			return err
		}
		all = append(all, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// value scans the only column of a row: one(tx, value[int64], "SELECT COUNT(*) …").
func value[T any](r rowScanner) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}

// exists reports whether a query returns a row.
func (tx *Tx) exists(query string, args ...any) (bool, error) {
	_, err := one(tx, value[int64], "SELECT 1 WHERE EXISTS ("+query+")", args...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// notFound turns sql.ErrNoRows into a refusal that may be shown, "There is no such post.", and
// returns any other error, nil too, as it is.
func notFound(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return &circles.Error{Kind: circles.NotFound, Message: "There is no such " + what + ".", Err: sql.ErrNoRows}
	}
	return err
}

// orZero is a destination for Scan that takes NULL as the zero value.
func orZero[T any](dest *T) sql.Scanner { return &zeroed[T]{dest} }

type zeroed[T any] struct{ dest *T }

func (z *zeroed[T]) Scan(src any) error {
	var n sql.Null[T]
	if err := n.Scan(src); err != nil {
		return err
	}
	*z.dest = n.V
	return nil
}

// in returns placeholders for "x IN (…)" and args with vs appended. The list is filled up to a power
// of two by repeating its last value, so that lists of all lengths share few prepared statements. An
// empty list gives NULL, which matches nothing. Callers bound vs: SQLite takes 32,766 parameters.
func in[T any](args []any, vs []T) (string, []any) {
	if len(vs) == 0 {
		return "NULL", args
	}
	n := 1
	for n < len(vs) {
		n *= 2
	}
	var b strings.Builder
	for i := range n {
		args = append(args, vs[min(i, len(vs)-1)])
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(len(args)))
	}
	return b.String(), args
}

// cleanText makes a text from elsewhere fit a column: at most n bytes, whole characters, no NUL.
func cleanText(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}
