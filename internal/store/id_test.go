package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

func TestNewIDUniqueAndSorted(t *testing.T) {
	s := openWithTables(t)
	const callers, each = 8, 2000 // more than a few milliseconds hold
	ids := make([][]int64, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			s.View(context.Background(), func(tx *store.Tx) error {
				for range each {
					ids[i] = append(ids[i], tx.NewID())
				}
				return nil
			})
		})
	}
	wg.Wait()
	for i := range ids {
		if !slices.IsSorted(ids[i]) {
			t.Errorf("the ids of caller %d are not sorted", i)
		}
	}
	all := slices.Concat(ids...)
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != callers*each {
		t.Errorf("%d different ids, want %d", n, callers*each)
	}
	if last := all[callers*each-1]; last >= 1<<53 {
		t.Errorf("id %d is not below 2^53", last)
	}
}

// The clock goes back and stands still: ids go on upwards.
func TestNewIDWhenTheClockGoesBack(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	s := testdb.OpenAt(t, func() time.Time { return now })
	var last int64
	for _, step := range []time.Duration{0, time.Millisecond, -time.Hour, 0, time.Hour} {
		now = now.Add(step)
		update(t, s, func(tx *store.Tx) error {
			for range 5000 {
				id := tx.NewID()
				if id <= last {
					t.Fatalf("after a step of %v: id %d after %d", step, id, last)
				}
				last = id
			}
			return nil
		})
	}
}

// Another process, or this one before a restart, has given the ids of this moment already.
func TestNewIDTakenByAnotherProcess(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	dsn := testdb.DSN(t)
	add := func(n int) {
		t.Helper()
		s, err := store.Open(context.Background(), store.Options{DSN: dsn, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for range n {
			update(t, s, func(tx *store.Tx) error {
				if _, err := tx.Exec("CREATE TABLE IF NOT EXISTS done (id BIGINT PRIMARY KEY)"); err != nil {
					return err
				}
				_, err := tx.Exec("INSERT INTO done (id) VALUES ($1)", tx.NewID())
				return err
			})
		}
	}
	add(300)
	add(10)
	s, err := store.Open(context.Background(), store.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := number(t, s, "SELECT COUNT(*) FROM done"); got != 310 {
		t.Errorf("%d rows, want 310", got)
	}
}

func TestNewIDAt(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	past := now.Add(-1000 * time.Hour)
	s := testdb.OpenAt(t, func() time.Time { return now })
	taken := []int64{}
	queries := 0
	highest := func(from, to int64) (h int64, err error) {
		queries++
		for _, id := range taken {
			if id >= from && id < to {
				h = max(h, id)
			}
		}
		return h, nil
	}
	update(t, s, func(tx *store.Tx) error {
		floor := circles.IDFloor(past)
		for i := range 4096 * 3 {
			id, err := tx.NewIDAt(past, highest)
			if err != nil {
				return err
			}
			if want := floor + int64(i); i < 8192 && id != want {
				t.Fatalf("id %d of one moment is %d, want %d", i, id, want)
			}
			if slices.Contains(taken, id) {
				t.Fatalf("id %d was given twice", id)
			}
			taken = append(taken, id)
			if queries > 4 {
				t.Fatalf("%d queries for one id", queries)
			}
			queries = 0
		}
		for _, at := range []time.Time{now, now.Add(time.Hour)} {
			if id, err := tx.NewIDAt(at, highest); err != nil || circles.IDTime(id) != now {
				t.Errorf("an id at %v is of %v, %v, want now", at, circles.IDTime(id), err)
			}
		}
		if id, err := tx.NewIDAt(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), highest); err != nil || id <= 0 {
			t.Errorf("an id before the epoch: %d, %v", id, err)
		}
		return nil
	})
}
