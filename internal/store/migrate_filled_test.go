package store_test

import (
	"context"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// TestMigrateAFilledDatabase brings a database of the first version, with somebody in it, to the newest.
func TestMigrateAFilledDatabase(t *testing.T) {
	const begin = "20261122000000_begin.sql"
	file, err := os.ReadFile("migrations/" + begin)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	o := store.Options{DSN: emptyDSN(t), SnapshotDir: t.TempDir(), Now: time.Now}
	s, err := store.OpenWith(ctx, o, fstest.MapFS{begin: {Data: file}})
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *store.Tx) error {
		for _, q := range []string{
			`INSERT INTO actor (id, kind, name, uri, published, created_at, updated_at) VALUES (1, 'person', 'ada', '/u/ada', 0, 0, 0)`,
			`INSERT INTO actor (id, kind, name, uri, published, created_at, updated_at) VALUES (2, 'circle', 'plants', '/c/plants', 0, 0, 0)`,
			`INSERT INTO circle (id, topic, visibility, posting) VALUES (2, '园艺', 'public', 'open')`,
			`INSERT INTO account (person, password, role, created_at) VALUES (1, 'x', 'member', 0)`,
			`INSERT INTO post (id, uri, kind, circle, author, root, state, published, created_at) VALUES (4096, '/post/4096', 'post', 2, 1, 4096, 'visible', 0, 0)`,
		} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(ctx, o); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	update(t, s, func(tx *store.Tx) error {
		if _, err := tx.IndexActors(0, 10); err != nil {
			return err
		}
		if err := tx.SetTags(4096, []string{"园艺"}); err != nil {
			return err
		}
		return tx.SetReadMark(1, 4096, 7, 3)
	})
	view(t, s, func(tx *store.Tx) error {
		a, err := tx.Account(1)
		if err != nil {
			return err
		}
		if a.HideRead {
			t.Error("what is read is hidden unasked")
		}
		rows, err := tx.SearchCircles(circles.Viewer{}, text.Query("园艺"), "", 10)
		if err != nil || len(rows) != 1 {
			t.Errorf("circles found: %d, %v", len(rows), err)
		}
		of, err := tx.Readings(1, []circles.PostID{4096})
		if of[4096] != (store.Reading{SeenAt: 7, SeenComments: 3}) {
			t.Errorf("reading %+v", of[4096])
		}
		return err
	})
	update(t, s, func(tx *store.Tx) error { return tx.RemoveAccount(1) })
	if n := number(t, s, "SELECT COUNT(*) FROM read_mark"); n != 0 {
		t.Errorf("%d looks of an account that was removed", n)
	}
}

// TestMigrateKeepsNotifications: the table of them is made anew without the list of kinds.
func TestMigrateKeepsNotifications(t *testing.T) {
	before := fstest.MapFS{}
	files, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() >= "20261122030000" {
			continue
		}
		data, err := os.ReadFile("migrations/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		before[f.Name()] = &fstest.MapFile{Data: data}
	}
	ctx := context.Background()
	o := store.Options{DSN: emptyDSN(t), SnapshotDir: t.TempDir(), Now: time.Now}
	s, err := store.OpenWith(ctx, o, before)
	if err != nil {
		t.Fatal(err)
	}
	const row = `INSERT INTO notification (person, kind, object, actor, at) VALUES `
	update(t, s, func(tx *store.Tx) error {
		for _, q := range []string{
			`INSERT INTO actor (id, kind, name, uri, published, created_at, updated_at) VALUES (1, 'person', 'ada', '/u/ada', 0, 0, 0)`,
			row + `(1, 'follow', 7, 7, 1)`, row + `(1, 'follow', 8, 8, 1)`, `DELETE FROM notification WHERE object = 8`,
		} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(ctx, o); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.Exec(row + `(1, 'moved', 9, 9, 2)`)
		return err
	})
	if n := number(t, s, "SELECT COUNT(*) FROM notification"); n != 2 {
		t.Errorf("%d notifications, want the old one and a new one", n)
	}
}
