package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"halqa/circles"
)

// Newest returns the version of the schema that this program makes and reads. A database of a greater
// one was written by a newer program.
func Newest() (int64, error) {
	m, err := embedded()
	if err != nil {
		return 0, err
	}
	return m.newest()
}

// CopySQLite writes the database as it is at the moment to an empty file at path, while others read
// and write. What an Update had answered before is in the copy. It works on a connection of its own
// and holds a snapshot meanwhile, so the write-ahead log grows until it is done.
func (s *Store) CopySQLite(ctx context.Context, path string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	d, ok := s.db.(*sqliteDB)
	if !ok {
		return fmt.Errorf("copy: the database is no SQLite file")
	}
	var file string
	if err := d.reads.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	db, err := sql.Open("sqlite", sqliteDSN(file, readerWait))
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO $1", path); err != nil {
		return asRefusal(fmt.Errorf("copy: %w", err))
	}
	return nil
}

// CheckSQLite reads all of a file that nobody has open and reports what is wrong with it: that it is
// no database, that its pages contradict each other, or that it was written by a newer program.
func CheckSQLite(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", sqliteDSN(path, readerWait))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	m, err := embedded()
	if err != nil {
		return err
	}
	var version int64
	if err := db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = 1").Scan(&version); err != nil {
		return damaged(ctx, err)
	}
	newest, err := m.newest()
	if err != nil {
		return err
	}
	if version > newest {
		return circles.Errorf(circles.Invalid, "The database was written by a newer Halqa. Use that program, or a later one.")
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return damaged(ctx, err)
	}
	if verdict != "ok" {
		return damaged(ctx, errors.New(verdict))
	}
	return nil
}

func damaged(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := circles.Errorf(circles.Invalid, "The database is damaged.")
	e.Err = err
	return e
}

// SkipLog moves the place of the next entry of the log ahead by n. A database that was restored does
// not know what it said after it was copied; without this it would give the addresses of those
// activities to others, which peers that remember them would drop as seen.
func (s *Store) SkipLog(ctx context.Context, n int64) error {
	return s.Update(ctx, func(tx *Tx) error {
		if tx.postgres() {
			_, err := tx.exec("SELECT setval(pg_get_serial_sequence('event', 'seq'), nextval(pg_get_serial_sequence('event', 'seq')) + $1)", n)
			return err
		}
		_, err := tx.exec("UPDATE sqlite_sequence SET seq = seq + $1 WHERE name = 'event'", n)
		return err
	})
}
