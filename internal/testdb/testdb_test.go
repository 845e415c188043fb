package testdb_test

import (
	"context"
	"testing"
	"time"

	"halqa/internal/store"
	"halqa/internal/testdb"
)

// Two tests must not see each other's rows, and the clock must be the test's.
func TestOpenGivesEachItsOwn(t *testing.T) {
	at := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	a, b := testdb.OpenAt(t, func() time.Time { return at }), testdb.Open(t)
	lease := func(s *store.Store, holder string) (got bool) {
		t.Helper()
		err := s.Update(context.Background(), func(tx *store.Tx) (err error) {
			if s == a && tx.Now() != at.UnixMicro() {
				t.Errorf("Now() = %d, want %d", tx.Now(), at.UnixMicro())
			}
			got, err = tx.AcquireLease("one", holder, time.Hour)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if !lease(a, "first") || !lease(b, "second") {
		t.Error("a lease taken in one database is taken in the other too")
	}
	if lease(a, "second") {
		t.Error("a lease was given twice in one database")
	}
}
