package store_test

import (
	"context"
	"os"
	"testing"

	"halqa/internal/store"
	"halqa/internal/testdb"
)

// TestPresenceIsOnesOwn: under a name one is present at a time, and the server frees it with the
// connection.
func TestPresenceIsOnesOwn(t *testing.T) {
	if os.Getenv("HALQA_TEST_ENGINE") != "postgres" {
		t.Skip("on SQLite the data folder is locked instead")
	}
	ctx := t.Context()
	dsn := testdb.DSN(t)
	open := func() *store.Store {
		s, err := store.Open(ctx, store.Options{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	attend := func(s *store.Store, name string) *store.Presence {
		t.Helper()
		p, err := s.Attend(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		return p
	}
	one, two := open(), open()
	first := attend(one, "house")
	if first == nil {
		t.Fatal("nobody is there, and yet there is no place")
	}
	if p := attend(two, "house"); p != nil {
		t.Error("two are present under one name")
	}
	if p := attend(two, "garden"); p == nil {
		t.Error("another name is taken too")
	}
	if err := first.Check(ctx); err != nil {
		t.Errorf("who is present is not: %v", err)
	}
	testdb.Cut(t, dsn)
	if err := first.Check(ctx); err == nil {
		t.Error("who lost the connection is present still")
	}
	if p := attend(two, "house"); p == nil {
		t.Error("the name of one who is gone is not free")
	}
	first.Close()
	first.Close()
	if _, err := one.Attend(context.WithoutCancel(ctx), "other"); err != nil {
		t.Errorf("a store whose connection was cut: %v", err)
	}
}
