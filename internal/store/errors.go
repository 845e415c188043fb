package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"halqa/circles"
)

const (
	busyMessage    = "The server cannot save anything right now; nothing was changed. Try again later."
	unknownMessage = "The server lost its database while it was saving. Look whether it was saved before you try again."
)

// isUnique reports whether err is a clash with a unique index or primary key. The Tx is spent then.
func isUnique(err error) bool {
	if code, ok := sqliteCode(err); ok {
		return code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY ||
			code == sqlite3.SQLITE_CONSTRAINT_ROWID
	}
	return postgresCode(err) == "23505"
}

// isConflict reports whether the closure may succeed if it simply runs again.
func isConflict(err error) bool {
	if code, ok := sqliteCode(err); ok {
		return code&0xff == sqlite3.SQLITE_BUSY
	}
	switch postgresCode(err) {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	}
	return false
}

// isTrouble reports whether the database cannot work at the moment, through no fault of the closure:
// the disk is full or broken, memory is short, the server is gone or has no connection left.
func isTrouble(err error) bool {
	if code, ok := sqliteCode(err); ok {
		switch code & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN,
			sqlite3.SQLITE_READONLY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
			return true
		}
		return false
	}
	if code := postgresCode(err); len(code) == 5 {
		switch code[:2] {
		case "08", "53", "57", "58": // connection, resources, operator, system
			return true
		}
		return code == "25006" // read_only_sql_transaction: the server has become a standby
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || pgconn.SafeToRetry(err)
}

// errLost marks an error of the connection itself, which the driver reports in many shapes.
var errLost = errors.New("connection to the database lost")

// asRefusal turns what a person can only wait out into a refusal that says so, and leaves every
// other error alone.
func asRefusal(err error) error {
	if err == nil {
		return nil
	}
	var unknown *unknownOutcome
	switch {
	case errors.As(err, &unknown):
		return &circles.Error{Kind: circles.Busy, Message: unknownMessage, Err: err}
	case errors.Is(err, errLost):
		return &circles.Error{Kind: circles.Busy, Message: busyMessage, Err: err}
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case isConflict(err) || isTrouble(err):
		return &circles.Error{Kind: circles.Busy, Message: busyMessage, Err: err}
	}
	return err
}

// An unknownOutcome is a COMMIT that was sent and never answered.
type unknownOutcome struct{ err error }

func (u *unknownOutcome) Error() string { return "outcome of the commit unknown: " + u.err.Error() }
func (u *unknownOutcome) Unwrap() error { return u.err }

func sqliteCode(err error) (int, bool) {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code(), true
	}
	return 0, false
}

func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
