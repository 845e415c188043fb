package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// Whatever an Update answered before the copy began is in the copy, with more being written meanwhile.
func TestCopySQLiteWhileWriting(t *testing.T) {
	s := testdb.Open(t)
	if s.Engine() != "sqlite" {
		t.Skip("skipped: PostgreSQL is copied by its own programs")
	}
	ctx := t.Context()
	say := func(v string) error {
		return s.Update(ctx, func(tx *store.Tx) error { return tx.SetSetting(store.SettingName, v) })
	}
	if err := say("before"); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := say("meanwhile"); err != nil {
				done <- err
				return
			}
		}
	}()
	path := filepath.Join(t.TempDir(), "copy.db")
	err := s.CopySQLite(ctx, path)
	close(stop)
	if werr := <-done; err != nil || werr != nil {
		t.Fatalf("copy: %v, writing meanwhile: %v", err, werr)
	}
	if err := store.CheckSQLite(ctx, path); err != nil {
		t.Fatalf("check: %v", err)
	}
	c, err := store.Open(ctx, store.Options{DSN: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = c.View(ctx, func(tx *store.Tx) error {
		got, err := tx.Setting(store.SettingName)
		if got != "before" && got != "meanwhile" {
			t.Errorf("the copy says %q", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCheckSQLiteSeesDamage(t *testing.T) {
	if os.Getenv("HALQA_TEST_ENGINE") == "postgres" {
		t.Skip("skipped: about SQLite's files")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "some.db")
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := good[:len(good)/2]
	scratched := append([]byte{}, good...)
	for i := len(scratched) / 2; i < len(scratched); i++ {
		scratched[i] = 0xaa
	}
	for name, content := range map[string][]byte{"cut": cut, "scratched": scratched, "text": []byte("hello"), "empty": nil} {
		path := filepath.Join(dir, name+".db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := store.CheckSQLite(t.Context(), path); !circles.Is(err, circles.Invalid) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if err := store.CheckSQLite(t.Context(), path); err != nil {
		t.Errorf("untouched: %v", err)
	}
}

func TestSkipLogLeavesAGap(t *testing.T) {
	s := testdb.Open(t)
	appendOne := func() (seq circles.Seq) {
		t.Helper()
		err := s.Update(t.Context(), func(tx *store.Tx) (err error) {
			seq, err = tx.AppendEvent(circles.Event{Kind: circles.EventKind("test")})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	first := appendOne()
	if err := s.SkipLog(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	if got := appendOne(); got <= first+1000 {
		t.Errorf("the next entry is %d after %d, want more than 1000 ahead", got, first)
	}
}
