package store_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

const addEvent = `INSERT INTO rep_event (circle, subject, source, kind, object, weight_milli, branch, domain, credited_milli, outside,
	day, at, formula_version, reverses, restores, reason) VALUES (7, 5, 6, $1, 9, 1000, 6, '', 1000, 0, 20600, 1, 2, $2, $3, '')`

// TestLedgerIsOnlyAddedTo: neither this program nor anybody at its database changes a line by mistake.
func TestLedgerIsOnlyAddedTo(t *testing.T) {
	s := testdb.Open(t)
	exec := func(query string, args ...any) error {
		return s.Update(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec(query, args...)
			return err
		})
	}
	for range 2 {
		if err := exec(addEvent, "like", 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := exec(addEvent, "like", 1, 0); err != nil {
		t.Fatal(err)
	}
	refused := map[string][]any{
		"UPDATE rep_event SET credited_milli = 3000": nil,
		"DELETE FROM rep_event WHERE id = 1":         nil,
		addEvent + " ":                               {"like", 1, 0}, // reversed twice
	}
	if os.Getenv("HALQA_TEST_ENGINE") == "postgres" {
		refused["TRUNCATE rep_event"] = nil
	} else {
		const replace = `INSERT OR REPLACE INTO rep_event SELECT `
		refused[replace+"* FROM rep_event WHERE id = 1"] = nil
		refused[strings.Replace(addEvent, "INSERT", "INSERT OR REPLACE", 1)] = []any{"like", 1, 0}
	}
	for query, args := range refused {
		if err := exec(query, args...); err == nil {
			t.Errorf("not refused: %s", query)
		}
	}
	if n := number(t, s, "SELECT COUNT(*) FROM rep_event WHERE credited_milli = 1000"); n != 3 {
		t.Errorf("%d lines are as they were, want 3", n)
	}
}

// TestLedgerKnowsNoMoney: the closed list stands in the database too, and it is the same list.
func TestLedgerKnowsNoMoney(t *testing.T) {
	s := testdb.Open(t)
	add := func(kind string) error {
		return s.Update(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec(addEvent, kind, 0, 0)
			return err
		})
	}
	for _, k := range reputation.Kinds() {
		if err := add(string(k)); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
	for _, kind := range []string{"", "tip", "zap", "payment", "purchase", "donation", "balance", "subscription", "identity", "age",
		"followers", "views", "streak", "downvote", "report", "machine", "Like", "like "} {
		if err := add(kind); err == nil {
			t.Errorf("%q became an event", kind)
		}
	}
}

// TestStandingRowsAreKept: what is written is read again, to the bit.
func TestStandingRowsAreKept(t *testing.T) {
	s := testdb.Open(t)
	update(t, s, func(tx *store.Tx) error {
		return tx.AddActor(&circles.Actor{ID: 5, Kind: circles.KindPerson, Name: "ada", URI: "/u/ada"})
	})
	day := rapid.Custom(func(t *rapid.T) reputation.Day {
		return reputation.Day(rapid.IntRange(0, int(reputation.Horizon)).Draw(t, "day"))
	})
	days := rapid.Custom(func(t *rapid.T) (d reputation.Days) {
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			d.Add(day.Draw(t, "on"), rapid.IntRange(-2, 3).Draw(t, "count"))
		}
		return d
	})
	sum := rapid.Custom(func(t *rapid.T) (v reputation.Sum) {
		for i := range v {
			v[i] = rapid.Uint64().Draw(t, "word")
		}
		return v
	})
	rapid.Check(t, func(t *rapid.T) {
		p := reputation.Person{A: sum.Draw(t, "A"), P: sum.Draw(t, "P"), Branches: rapid.Int32().Draw(t, "branches"),
			Accepted: rapid.Int32().Draw(t, "accepted"), Days: days.Draw(t, "days"), Strikes: days.Draw(t, "strikes"),
			Approved: 1, Vouched: 2, Operates: 3, Rated: days.Draw(t, "rated"), NoVouch: day.Draw(t, "no vouch"),
			Regular: reputation.Latch{On: rapid.Bool().Draw(t, "regular"), Low: day.Draw(t, "low")},
			Checked: day.Draw(t, "checked"), Known: day.Draw(t, "known"), Active: days.Draw(t, "active"), ThirdActive: day.Draw(t, "third"),
			Intro: reputation.Introduction{Event: 4, By: 5, Branch: 6}}
		p.Vouches[rapid.IntRange(0, len(p.Vouches)-1).Draw(t, "vouch")] = reputation.Voucher{Event: 1, By: 2, From: 3, Until: 4}
		p.Given[rapid.IntRange(0, len(p.Given)-1).Draw(t, "given")] = 20600
		e := reputation.Event{ID: 1, Circle: 7, Subject: 5, Source: 6, Kind: reputation.Like, Branch: 8, Domain: "far.example"}
		after := reputation.Rows{Subject: p, Home: p, Rater: p, Branch: sum.Draw(t, "branch"), Domain: sum.Draw(t, "domain"),
			Given:  reputation.Edge{A: sum.Draw(t, "edge"), Likes: 3, DaySum: rapid.Int64().Draw(t, "sum"), DaySquares: 9, Last: 20600},
			Circle: reputation.Circle{Operators: 1, Heads: 2, Reached: [5]reputation.Day{day.Draw(t, "reached")}}}
		after.Rater.Approved++
		var got *store.StandingRows
		err := s.Update(context.Background(), func(tx *store.Tx) error {
			if _, err := tx.Actor(6); circles.Is(err, circles.NotFound) {
				if err := tx.AddActor(&circles.Actor{ID: 6, Kind: circles.KindPerson, Name: "bo", URI: "/u/bo"}); err != nil {
					return err
				}
			}
			before, err := tx.StandingRows(7, 5, 6, 8, "far.example")
			if err != nil {
				return err
			}
			if err := tx.SaveStanding(e, &before.Rows, &after); err != nil {
				return err
			}
			got, err = tx.StandingRows(7, 5, 6, 8, "far.example")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got.Rows.RaterHome = reputation.Person{}
		want := after
		if got.Rows != want {
			t.Fatalf("got %+v\nwant %+v", got.Rows, want)
		}
	})
}
