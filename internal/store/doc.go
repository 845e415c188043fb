// Package store holds all SQL of Halqa, for SQLite and PostgreSQL with one text for both.
//
// Everything happens inside a closure: View gives a snapshot to read from, Update a serializable
// transaction that commits when the closure returns nil. A closure may run more than once, so it
// does nothing but SQL: no network, no sleep, no file, no appending to variables of its caller
// without resetting them first. Closures do not nest; View or Update inside a closure panics.
//
// The package knows rows, not rules: who may do or see what is decided in circles and by its
// callers. It never sends anything; what has to happen after a change is an entry in the log,
// appended in the same Update, and whoever follows the log is woken after the commit.
//
// # Writing methods on Tx
//
// Parameters are $1, $2, …, times are int64 UTC microseconds, booleans are 0 and 1 in {{int}}
// columns (bool arguments and destinations are converted). Text with a NUL byte or invalid UTF-8 is
// refused on both engines because PostgreSQL refuses it. Say NULLS LAST where NULLs can occur in an
// ORDER BY, and do not use LIKE: SQLite ignores case there, PostgreSQL does not.
//
// A failed statement spends the Tx, on both engines, because PostgreSQL leaves no choice: every
// later statement returns that first error, and Update rolls back even if the closure returns nil.
// So a method that expects a clash writes INSERT … ON CONFLICT (column) DO NOTHING and looks at the
// number of rows; isUnique is for turning a clash into an answer, not for carrying on. Name the
// column of ON CONFLICT: a clash of a primary key made by NewID has to fail, for then Update runs
// the closure again with another id.
//
// A statement inside the callback of rows is refused: collect first, then ask again.
//
// Begin with store.go (Open, View, Update), tx.go (what methods are made of), writer.go (how SQLite
// commits many Updates at once) and log.go.
package store
