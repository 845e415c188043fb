package store_test

import (
	"context"
	"database/sql"
	"os"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

// The server goes away in the middle: nothing is saved, the caller may try again, and can.
func TestConnectionLost(t *testing.T) {
	s := openWithTables(t)
	if s.Engine() != "postgres" {
		t.Skip("skipped: of PostgreSQL only")
	}
	runs := 0
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		runs++
		if err := increment(tx); err != nil {
			return err
		}
		_, err := tx.Exec("SELECT pg_terminate_backend(pg_backend_pid())")
		return err
	})
	if !circles.Is(err, circles.Busy) || runs != 1 {
		t.Errorf("after %d runs: %v, want a refusal of kind busy after one", runs, err)
	}
	err = s.View(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec("SELECT pg_terminate_backend(pg_backend_pid())")
		return err
	})
	if !circles.Is(err, circles.Busy) {
		t.Errorf("in a View: %v, want a refusal of kind busy", err)
	}
	update(t, s, increment)
	if got := number(t, s, "SELECT v FROM n"); got != 1 {
		t.Errorf("n = %d, want 1", got)
	}
}

// A backup or a shell holds the file for a moment; the Update waits for it.
func TestAnotherProcessWrites(t *testing.T) {
	s := openWithTables(t)
	if s.Engine() != "sqlite" {
		t.Skip("skipped: of SQLite only")
	}
	ctx := context.Background()
	other, err := sql.Open("sqlite", strings.TrimPrefix(dsnOf(t, s), "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	c, err := other.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, q := range []string{"BEGIN IMMEDIATE", "UPDATE n SET v = 10"} {
		if _, err := c.ExecContext(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	go func() { done <- s.Update(ctx, increment) }()
	if got := number(t, s, "SELECT v FROM n"); got != 0 {
		t.Errorf("n = %d while the other has not committed, want 0", got)
	}
	if _, err := c.ExecContext(ctx, "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("the Update that waited: %v", err)
	}
	if got := number(t, s, "SELECT v FROM n"); got != 11 {
		t.Errorf("n = %d, want 11", got)
	}
}

func TestUpkeep(t *testing.T) {
	s := openWithTables(t)
	update(t, s, increment)
	if err := s.Upkeep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if s.Engine() != "sqlite" {
		return
	}
	path := strings.TrimPrefix(dsnOf(t, s), "sqlite:")
	fi, err := os.Stat(path + "-wal")
	if err != nil || fi.Size() != 0 {
		t.Errorf("the write-ahead log has %d bytes, %v, want 0", fi.Size(), err)
	}
	// A reader must not make it wait, nor fail.
	view(t, s, func(tx *store.Tx) error {
		if _, err := tx.Int("SELECT v FROM n"); err != nil {
			return err
		}
		done := make(chan error)
		go func() { done <- s.Upkeep(context.Background()) }()
		return <-done
	})
	update(t, s, increment)
}

// Keys and password hashes are nobody else's to read.
func TestNewFileIsPrivate(t *testing.T) {
	path := t.TempDir() + "/new.db"
	s, err := store.Open(context.Background(), store.Options{DSN: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	update(t, s, func(tx *store.Tx) error { return tx.ReleaseLease("a", "b") })
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		fi, err := os.Stat(name)
		if err != nil {
			t.Error(err)
		} else if fi.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want only its owner to read it", name, fi.Mode())
		}
	}
}
