package store

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"halqa/circles"
)

// counting counts the queries of a transaction.
type counting struct {
	querier
	queries int
}

func (c *counting) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	c.queries++
	return c.querier.query(ctx, query, args)
}

// TestRowsAreKeptUntilAWrite: what was read is not read again, whoever changes the copy they got, until
// any statement that may have changed it.
func TestRowsAreKeptUntilAWrite(t *testing.T) {
	s, err := Open(t.Context(), Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "halqa.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Update(t.Context(), func(tx *Tx) error {
		a := &circles.Actor{ID: 1, Kind: circles.KindPerson, Name: "ada", URI: "/u/ada", DisplayName: "Ada"}
		if err := tx.AddActor(a); err != nil {
			return err
		}
		asked := &counting{querier: tx.q}
		tx.q = asked
		read := func(want string, queries int) {
			t.Helper()
			a, err := tx.Actor(1)
			if err != nil || a.DisplayName != want || asked.queries != queries {
				t.Errorf("got %+v, %v after %d queries, want %q after %d", a, err, asked.queries, want, queries)
			}
			if err == nil {
				a.DisplayName = "changed by its reader"
			}
		}
		read("Ada", 1)
		read("Ada", 1)
		a.DisplayName = "Ada L."
		if err := tx.SaveActor(a); err != nil {
			return err
		}
		at := asked.queries + 1
		read("Ada L.", at)
		read("Ada L.", at)
		if _, err := one(tx, value[string], "UPDATE actor SET display_name = 'L.' WHERE id = 1 RETURNING name"); err != nil {
			return err
		}
		read("L.", at+2)
		err := tx.rows("SELECT id FROM actor", nil, func(rowScanner) error {
			_, err := tx.Actor(1)
			return err
		})
		if !errors.Is(err, errInside) {
			t.Errorf("a kept row inside a callback: got %v, want %v", err, errInside)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
