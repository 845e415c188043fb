package store

import (
	"context"
	"io/fs"
	"time"
)

// What the tests, which stand outside because testdb imports this package, need from inside.

func (tx *Tx) Exec(query string, args ...any) (int64, error) { return tx.exec(query, args...) }

func (tx *Tx) Int(query string, args ...any) (int64, error) {
	return one(tx, value[int64], query, args...)
}

func (tx *Tx) Text(query string, args ...any) (string, error) {
	return one(tx, value[string], query, args...)
}

func (tx *Tx) Ints(query string, args ...any) ([]int64, error) {
	return list(tx, value[int64], query, args...)
}

func (tx *Tx) Each(query string, f func() error) error {
	return tx.rows(query, nil, func(rowScanner) error { return f() })
}

func (tx *Tx) Exists(query string, args ...any) (bool, error) { return tx.exists(query, args...) }

func OpenWith(ctx context.Context, o Options, files fs.FS) (*Store, error) {
	return open(ctx, o, migrations{files})
}

func Expand(engine, text string) (string, error) {
	if engine == postgresEngine {
		return postgresDialect().expand(text)
	}
	return sqliteDialect().expand(text)
}

// LongBatches lets whoever waits share a batch, on a machine of any speed. Call it while no Update runs.
func (s *Store) LongBatches() {
	if db, ok := s.db.(*sqliteDB); ok {
		db.writer.longest = time.Hour
	}
}

// Waiting returns how many Updates are queued behind the one that runs.
func (s *Store) Waiting() int { return len(s.db.(*sqliteDB).writer.queue) }

var (
	IsUnique   = isUnique
	In         = in[int64]
	NotFound   = notFound
	MaxRetries = maxRetries
)

func (tx *Tx) Scan(query string, args []any, dest ...any) error {
	return tx.row(query, args...).Scan(dest...)
}
