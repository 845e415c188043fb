package store

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
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

// TestWriterKeepsRows: on SQLite what one Update read costs the next nothing, and it is read again once
// anything else may have changed it: a statement, an Update that was undone, another program.
func TestWriterKeepsRows(t *testing.T) {
	file := filepath.Join(t.TempDir(), "halqa.db")
	s, err := Open(t.Context(), Options{DSN: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	update := func(f func(*Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	ada := &circles.Actor{ID: 1, Kind: circles.KindPerson, Name: "ada", URI: "/u/ada", DisplayName: "Ada"}
	club := &circles.Circle{Actor: circles.Actor{ID: 2, Kind: circles.KindCircle, Name: "club", URI: "/c/club"}, Visibility: circles.Public, Posting: circles.PostingOpen}
	post := &circles.Post{ID: 3, URI: "/post/3", Kind: circles.IsPost, Circle: 2, Author: 1, Root: 3, State: circles.Visible, Title: "Leeks"}
	update(func(tx *Tx) error {
		return errors.Join(tx.AddActor(ada), tx.AddCircle(club), tx.AddPost(post))
	})
	look := func(tx *Tx) error {
		p, err := tx.PostByURI("/post/3")
		if err != nil {
			return err
		}
		c, err := tx.Circle(2)
		if err != nil {
			return err
		}
		a, err := tx.ActorByURI("/u/ada")
		if err != nil {
			return err
		}
		rules, err := tx.GateRules(2, []string{"comment"})
		if err != nil {
			return err
		}
		if *p != *post || *c != *club || *a != *ada || len(rules) != 1 || rules[0].Rule != "{}" {
			t.Errorf("read %+v\n%+v\n%+v\n%+v\nwant %+v\n%+v\n%+v", p, c, a, rules, post, club, ada)
		}
		return nil
	}
	read := func(what string, queries int) {
		t.Helper()
		update(func(tx *Tx) error {
			asked := &counting{querier: tx.q}
			tx.q = asked
			if err := look(tx); err != nil || asked.queries != queries {
				t.Errorf("%s: %d queries, %v, want %d", what, asked.queries, err, queries)
			}
			return nil
		})
	}
	same := func() { // what the rows are is what a reader's own connection finds
		t.Helper()
		err := s.View(t.Context(), func(tx *Tx) (err error) {
			p, err1 := tx.Post(3)
			c, err2 := tx.Circle(2)
			a, err3 := tx.Actor(1)
			*post, *club, *ada = *p, *c, *a
			return errors.Join(err1, err2, err3)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *Tx) error {
		return tx.SetGateRule(2, GateRule{Action: "comment", Rule: "{}"})
	})
	same()
	read("at first", 4)
	read("again", 0)

	update(func(tx *Tx) error {
		voted := *post
		voted.Ups, voted.Score, voted.Hot, voted.Active = 1, 1, 7, 8
		return errors.Join(tx.SavePostScore(&voted), tx.BumpThread(3, 2, 9), tx.BumpThread(3, 1, 5),
			tx.BumpCircle(2, CircleChange{Comments: 3, PostedAt: 11}), tx.BumpCircle(2, CircleChange{Members: 1, PostedAt: 10}))
	})
	same()
	read("after a vote and a comment", 0)
	update(func(tx *Tx) error { return tx.SetPostSeqs(3, 4, 5) })
	same()
	read("after its entries", 1)
	update(func(tx *Tx) error { return tx.SetLocked(3, true) })
	same()
	read("after a lock", 1)
	update(func(tx *Tx) error {
		changed := *ada
		changed.DisplayName = "Ada L."
		return tx.SaveActor(&changed)
	})
	same()
	read("after an actor changed", 2) // whose row a circle's has as well
	update(func(tx *Tx) error { return tx.SetGateRule(2, GateRule{Action: "comment", Rule: "{}", SetBy: 1}) })
	read("after a rule changed", 1)

	undone := errors.New("undone")
	err = s.Update(t.Context(), func(tx *Tx) error {
		if err := errors.Join(tx.SetLocked(3, false), tx.BumpCircle(2, CircleChange{Posts: 1})); err != nil {
			return err
		}
		p, err := tx.Post(3)
		if err != nil || p.Locked {
			t.Errorf("its own change: %+v, %v", p, err)
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	read("after what was undone", 4)
	if err = s.Update(t.Context(), func(tx *Tx) error { return undone }); !errors.Is(err, undone) {
		t.Fatal(err)
	}
	read("after nothing was undone", 0)

	other, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Exec("UPDATE actor SET display_name = 'somebody' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	same()
	read("after another program wrote", 4)
}

// What is kept has a bound, and texts of strangers cannot fill it.
func TestWhatIsKeptIsBounded(t *testing.T) {
	var k kept
	k.wide = true
	k.clear()
	for id := circles.PostID(1); id <= 3*writerPosts; id++ {
		p := circles.Post{ID: id, URI: id.String()}
		k.posts.put(id, &p)
		k.posts.put(id-1, &circles.Post{ID: id - 1, URI: (id - 1).String()})
		if id%7 == 0 {
			k.posts.drop(id)
		}
	}
	if rows, uris, order := len(k.posts.rows), len(k.posts.uris), len(k.posts.order); rows > writerPosts || uris != rows || order > writerPosts {
		t.Errorf("kept %d rows, %d ids, %d places", rows, uris, order)
	}
	long := circles.Post{ID: 1 << 40, URI: "long", BodyHTML: string(make([]byte, keptText+1))}
	if k.posts.put(long.ID, &long); k.posts.rows[long.ID] != nil {
		t.Error("a long post is kept")
	}
}

func TestForget(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT id FROM post":                             "posts actors circles rules",
		"SELECT\n\t1":                                     "posts actors circles rules",
		"INSERT INTO event (at) VALUES ($1)":              "posts actors circles rules",
		"INSERT INTO post (id) VALUES ($1)":               "posts actors circles rules dirty",
		"INSERT INTO actor(id) VALUES ($1) ON CONFLICT …": "posts rules dirty",
		"UPDATE post\n\tSET state = $1":                   "actors circles rules dirty",
		"UPDATE post_raw SET raw = $1":                    "posts actors circles rules",
		"DELETE FROM circle WHERE id = $1":                "posts actors rules dirty",
		"DELETE FROM gate_rule":                           "posts actors circles dirty",
		"INSERT OR REPLACE INTO post (id) VALUES ($1)":    "dirty",
		"WITH x AS (SELECT 1) UPDATE post SET state = ''": "dirty",
		"\nUPDATE post SET state = ''":                    "dirty",
		"UPDATE actor SET suspended_at = 1 RETURNING id":  "posts rules dirty",
	} {
		var k kept
		k.clear()
		k.posts.put(1, &circles.Post{URI: "a"})
		k.actors.put(1, &circles.Actor{URI: "a"})
		k.circles.put(1, &circles.Circle{})
		k.rules = map[ruleKey][]GateRule{{}: nil}
		k.forget(query)
		var left []string
		for name, here := range map[string]bool{"0posts": len(k.posts.rows) > 0, "1actors": len(k.actors.rows) > 0, "2circles": len(k.circles.rows) > 0, "3rules": len(k.rules) > 0, "4dirty": k.dirty} {
			if here {
				left = append(left, name)
			}
		}
		slices.Sort(left)
		for i := range left {
			left[i] = left[i][1:]
		}
		if got := strings.Join(left, " "); got != want {
			t.Errorf("%q leaves %q, want %q", query, got, want)
		}
	}
}
