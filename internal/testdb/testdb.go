// Package testdb gives each test a real, migrated, empty database of its own, so that nothing has to
// pretend to be one.
//
// HALQA_TEST_ENGINE says which: sqlite (the default) or postgres. SQLite's is a copied file in the
// test's own folder. PostgreSQL's is copied from a template inside a server: the one whose address
// is in HALQA_TEST_POSTGRES, or else one that the tests start themselves, share among all test
// binaries and stop when nobody has used it for a while (version 15 or later). Where PostgreSQL is not installed the test
// is skipped, or fails if HALQA_TEST_REQUIRE names postgres.
//
// The databases ask nobody anything before they act, as Ungate says.
//
// Begin with Open; cluster.go has the server.
package testdb

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/internal/store"
)

// Open returns an empty store that is closed and thrown away when the test ends.
func Open(t testing.TB) *store.Store {
	t.Helper()
	return OpenAt(t, time.Now)
}

// OpenAt is Open with a clock of the test's.
func OpenAt(t testing.TB, now func() time.Time) *store.Store {
	t.Helper()
	return OpenFaulty(t, now, nil)
}

// OpenFaulty is OpenAt for a database whose statements fail where the test says so, as in store.Options.
func OpenFaulty(t testing.TB, now func() time.Time, fault func(statement string) error) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: DSN(t), Now: now, Fault: fault})
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return s
}

// DSN returns the address of a fresh database, migrated and empty, for tests that open it themselves
// or more than once.
func DSN(t testing.TB) string {
	t.Helper()
	switch engine := os.Getenv("HALQA_TEST_ENGINE"); engine {
	case "", "sqlite":
		file, err := sqliteTemplate()
		if err != nil {
			t.Fatalf("make SQLite template: %v", err)
		}
		path := filepath.Join(t.TempDir(), "halqa.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		return "sqlite:" + path
	case "postgres":
		return postgresCopy(t)
	default:
		t.Fatalf("HALQA_TEST_ENGINE is %q, want sqlite or postgres", engine)
		return ""
	}
}

// Ungate takes away what a new instance asks of new people before they open a circle, write a message or
// post in a circle of others, which would keep the people of a test out for days. Tests of gates set what
// they are about.
func Ungate(ctx context.Context, s *store.Store) error {
	return s.Update(ctx, func(tx *store.Tx) error {
		for _, action := range []string{"create_circle", "start_dm"} {
			if err := tx.RemoveGateRule(0, action, false); err != nil {
				return err
			}
		}
		if err := tx.SaveGatePlace(&store.GatePlace{Version: 1, Settings: "{}"}); err != nil {
			return err
		}
		return tx.SetSetting("new_circles", "none")
	})
}

// SwapGates puts a rule in the place of another before some actions, on the instance and in every circle that
// lives here. Of now, Rule and SetBy count. "" is no rule; rules that are not the one to go stay.
func SwapGates(ctx context.Context, s *store.Store, actions []string, was string, now store.GateRule) error {
	return s.Update(ctx, func(tx *store.Tx) error {
		places := []store.GatePlace{{}} // the instance
		all, err := tx.LocalCircles(0, 1000)
		if err != nil {
			return err
		}
		for _, c := range all {
			places = append(places, store.GatePlace{Place: c.CircleID()})
		}
		for _, p := range places {
			rules, err := tx.GateRules(p.Place, actions)
			if err != nil {
				return err
			}
			there := map[string]string{}
			for _, r := range rules {
				there[r.Action] = r.Rule
			}
			for _, a := range actions {
				switch {
				case there[a] != was:
				case now.Rule == "":
					err = tx.RemoveGateRule(p.Place, a, false)
				default:
					err = tx.SetGateRule(p.Place, store.GateRule{Action: a, Rule: now.Rule, SetBy: now.SetBy, SetAt: tx.Now()})
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// required reports whether the run was asked to fail rather than to skip without this.
func required(what string) bool {
	return slices.Contains(strings.Split(os.Getenv("HALQA_TEST_REQUIRE"), ","), what)
}

// sqliteTemplate migrates a database once in a process and returns its file. Closing the store folds
// its log into the file.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "halqa-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "halqa.db")
	s, err := store.Open(context.Background(), store.Options{DSN: "sqlite:" + path})
	if err != nil {
		return nil, err
	}
	if err := Ungate(context.Background(), s); err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
