package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// dsnOf asks the database where it is, for tests that open it twice.
func dsnOf(t testing.TB, s *store.Store) (dsn string) {
	t.Helper()
	if s.Engine() == "sqlite" {
		view(t, s, func(tx *store.Tx) error {
			file, err := tx.Text("SELECT file FROM pragma_database_list WHERE name = 'main'")
			dsn = "sqlite:" + file
			return err
		})
		return dsn
	}
	view(t, s, func(tx *store.Tx) error {
		name, err := tx.Text("SELECT current_database()")
		dsn = testdb.Sibling(t, name)
		return err
	})
	return dsn
}

func TestViewIsASnapshot(t *testing.T) {
	s := openWithTables(t)
	view(t, s, func(tx *store.Tx) error {
		before, err := tx.Int("SELECT v FROM n")
		if err != nil {
			return err
		}
		done := make(chan error)
		go func() { done <- s.Update(context.Background(), increment) }()
		if err := <-done; err != nil {
			return err
		}
		after, err := tx.Int("SELECT v FROM n")
		if before != 0 || after != 0 {
			t.Errorf("n = %d, then %d, want 0 both times", before, after)
		}
		return err
	})
	if got := number(t, s, "SELECT v FROM n"); got != 1 {
		t.Errorf("n = %d in the next View, want 1", got)
	}
}

func TestViewCannotWrite(t *testing.T) {
	s := openWithTables(t)
	if err := s.View(context.Background(), increment); err == nil {
		t.Error("writing in a View: no error")
	}
	if got := number(t, s, "SELECT v FROM n"); got != 0 {
		t.Errorf("n = %d, want 0", got)
	}
}

func TestViewEndsWithItsContext(t *testing.T) {
	s := openWithTables(t)
	ctx, cancel := context.WithCancel(context.Background())
	err := s.View(ctx, func(tx *store.Tx) error {
		cancel()
		_, err := tx.Int("SELECT v FROM n")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// A failed statement spends the Tx on both engines alike.
func TestFailedStatementSpendsTx(t *testing.T) {
	s := openWithTables(t)
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		_, first := tx.Exec("INSERT INTO n (id, v) VALUES (1, 1)")
		if !store.IsUnique(first) {
			t.Errorf("a clash: %v, want isUnique", first)
		}
		_, second := tx.Exec("UPDATE n SET v = 5")
		if !errors.Is(second, first) {
			t.Errorf("the next statement: %v, want the first error", second)
		}
		return nil
	})
	if !store.IsUnique(err) {
		t.Errorf("Update: %v, want the clash", err)
	}
	update(t, s, func(tx *store.Tx) error {
		n, err := tx.Exec("INSERT INTO n (id, v) VALUES (1, 1) ON CONFLICT (id) DO NOTHING")
		if n != 0 || err != nil {
			t.Errorf("ON CONFLICT DO NOTHING: %d rows, %v, want 0, nil", n, err)
		}
		if _, err := tx.Int("SELECT v FROM n WHERE id = 2"); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no row: %v, want sql.ErrNoRows", err)
		}
		return increment(tx)
	})
}

func TestTxIsWorthlessAfterwards(t *testing.T) {
	s := openWithTables(t)
	var kept *store.Tx
	update(t, s, func(tx *store.Tx) error { kept = tx; return nil })
	if _, err := kept.Exec("UPDATE n SET v = 9"); err == nil {
		t.Error("a statement after the closure: no error")
	}
	if got := number(t, s, "SELECT v FROM n"); got != 0 {
		t.Errorf("n = %d, want 0", got)
	}
}

func TestStatementInsideRows(t *testing.T) {
	s := openWithTables(t)
	view(t, s, func(tx *store.Tx) error {
		err := tx.Each("SELECT id FROM n", func() error {
			_, err := tx.Int("SELECT v FROM n")
			return err
		})
		if err == nil {
			t.Error("a query inside the callback of another: no error")
		}
		_, err = tx.Int("SELECT v FROM n")
		return err
	})
}

// What goes in comes out alike, on both engines.
func TestArguments(t *testing.T) {
	s := testdb.Open(t)
	update(t, s, func(tx *store.Tx) error {
		blob := "BLOB"
		if s.Engine() == "postgres" {
			blob = "BYTEA"
		}
		_, err := tx.Exec("CREATE TABLE a (id BIGINT PRIMARY KEY, n BIGINT, s TEXT, b " + blob + ")")
		return err
	})
	tests := []struct {
		column    string
		in, want  any
		textError bool
	}{
		{column: "n", in: int64(1)<<53 - 1, want: int64(1)<<53 - 1},
		{column: "n", in: circles.PostID(7), want: int64(7)},
		{column: "n", in: circles.Seq(-7), want: int64(-7)},
		{column: "n", in: true, want: int64(1)},
		{column: "n", in: false, want: int64(0)},
		{column: "n", in: nil, want: nil},
		{column: "n", in: uint16(9), want: int64(9)},
		{column: "s", in: "圈子 ☕ ' \" \\ %", want: "圈子 ☕ ' \" \\ %"},
		{column: "s", in: circles.KindPerson, want: "person"},
		{column: "s", in: "", want: ""},
		{column: "b", in: []byte{0, 1, 0xff}, want: []byte{0, 1, 0xff}},
		{column: "s", in: "a\x00b", textError: true},
		{column: "s", in: "a\xffb", textError: true},
		{column: "s", in: circles.EventKind("\xff"), textError: true},
	}
	for i, tt := range tests {
		err := s.Update(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec("INSERT INTO a (id, "+tt.column+") VALUES ($1, $2)", i, tt.in)
			return err
		})
		if tt.textError {
			if !circles.Is(err, circles.Invalid) {
				t.Errorf("store %q: %v, want a refusal of kind invalid", tt.in, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("store %#v: %v", tt.in, err)
			continue
		}
		var got any
		view(t, s, func(tx *store.Tx) error {
			return tx.Scan("SELECT "+tt.column+" FROM a WHERE id = $1", []any{i}, &got)
		})
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: stored %#v, read %#v, want %#v", tt.column, tt.in, got, tt.want)
		}
	}
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO a (id, n) VALUES (100, $1)", time.Unix(0, 0))
		return err
	})
	if err == nil {
		t.Error("a time.Time was stored")
	}
}

func TestIn(t *testing.T) {
	for n, want := range map[int]string{0: "NULL", 1: "$2", 2: "$2,$3", 3: "$2,$3,$4,$5", 5: "$2,$3,$4,$5,$6,$7,$8,$9"} {
		vs := make([]int64, n)
		for i := range vs {
			vs[i] = int64(i + 10)
		}
		places, args := store.In([]any{"first"}, vs)
		if places != want {
			t.Errorf("in of %d: %s, want %s", n, places, want)
		}
		if n > 0 && (args[1] != int64(10) || args[len(args)-1] != int64(10+n-1)) {
			t.Errorf("in of %d: arguments %v", n, args)
		}
	}
	s := openWithTables(t)
	view(t, s, func(tx *store.Tx) error {
		places, args := store.In(nil, []int64{3, 1, 2})
		got, err := tx.Ints("SELECT id FROM n WHERE id IN ("+places+")", args...)
		if len(got) != 1 {
			t.Errorf("rows %v, want [1]", got)
		}
		return err
	})
}

func TestExists(t *testing.T) {
	s := openWithTables(t)
	view(t, s, func(tx *store.Tx) error {
		for id, want := range map[int]bool{1: true, 2: false} {
			if got, err := tx.Exists("SELECT 1 FROM n WHERE id = $1", id); got != want || err != nil {
				t.Errorf("exists %d: %v, %v, want %v", id, got, err, want)
			}
		}
		return nil
	})
}

func TestNotFound(t *testing.T) {
	other := errors.New("other")
	for _, tt := range []struct {
		err  error
		want circles.Kind
	}{
		{nil, ""},
		{fmt.Errorf("x: %w", sql.ErrNoRows), circles.NotFound},
		{other, circles.Internal},
	} {
		if got := circles.KindOf(store.NotFound(tt.err, "post")); got != tt.want {
			t.Errorf("notFound(%v) is of kind %q, want %q", tt.err, got, tt.want)
		}
	}
}

// More texts than a connection keeps, each used twice.
func TestManyStatements(t *testing.T) {
	s := openWithTables(t)
	update(t, s, func(tx *store.Tx) error {
		for range 2 {
			for i := range 600 {
				if got, err := tx.Int(fmt.Sprintf("SELECT v + %d FROM n", i)); err != nil || got != int64(i) {
					return fmt.Errorf("text %d: %d, %w", i, got, err)
				}
			}
		}
		return nil
	})
}

func TestLockFolder(t *testing.T) {
	dir := t.TempDir()
	release, err := store.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.LockFolder(dir); !circles.Is(err, circles.Conflict) {
		t.Errorf("a second lock: %v, want a refusal of kind conflict", err)
	}
	release()
	release()
	again, err := store.LockFolder(dir)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	again()
	if _, err := store.LockFolder(filepath.Join(dir, "absent")); err == nil || circles.Is(err, circles.Conflict) {
		t.Errorf("a folder that is not there: %v, want an error of its own", err)
	}
}
