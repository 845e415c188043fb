package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// openWithTables is a store with tables for these tests: n counts, done remembers who committed.
func openWithTables(t testing.TB) *store.Store {
	t.Helper()
	s := testdb.Open(t)
	update(t, s, func(tx *store.Tx) error {
		for _, q := range []string{
			"CREATE TABLE n (id BIGINT PRIMARY KEY, v BIGINT NOT NULL)",
			"CREATE TABLE done (id BIGINT PRIMARY KEY, filler TEXT NOT NULL DEFAULT '')",
			"CREATE TABLE owner (id BIGINT PRIMARY KEY)",
			"CREATE TABLE owned (owner BIGINT REFERENCES owner (id) DEFERRABLE INITIALLY DEFERRED)",
			"INSERT INTO n (id, v) VALUES (1, 0)",
		} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

func update(t testing.TB, s *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func number(t testing.TB, s *store.Store, query string, args ...any) (n int64) {
	t.Helper()
	view(t, s, func(tx *store.Tx) (err error) {
		n, err = tx.Int(query, args...)
		return err
	})
	return n
}

func increment(tx *store.Tx) error {
	v, err := tx.Int("SELECT v FROM n WHERE id = 1")
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE n SET v = $1 WHERE id = 1", v+1)
	return err
}

// Defaults of both engines lose or refuse most of these.
func TestReadThenWriteLosesNothing(t *testing.T) {
	s := openWithTables(t)
	const callers, each = 4, 25
	var wg sync.WaitGroup
	var refused atomic.Int64
	for range callers {
		wg.Go(func() {
			for range each {
				switch err := s.Update(context.Background(), increment); {
				case circles.Is(err, circles.Busy):
					refused.Add(1) // ten conflicts in a row; nothing was changed
				case err != nil:
					t.Errorf("increment: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if got, want := number(t, s, "SELECT v FROM n"), callers*each-refused.Load(); got != want {
		t.Errorf("after %d increments, %d of them refused, n = %d, want %d", callers*each, refused.Load(), got, want)
	}
	if s.Engine() == "sqlite" && refused.Load() > 0 {
		t.Errorf("%d increments refused, want none where one process writes", refused.Load())
	}
}

// hold runs f while the writer of SQLite is kept busy, and lets it go once want Updates wait, so that
// they share a batch. On PostgreSQL they simply run at the same time.
func hold(t *testing.T, s *store.Store, want int, f func()) {
	t.Helper()
	if s.Engine() != "sqlite" {
		f()
		return
	}
	held, release := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(held) })
	var wg sync.WaitGroup
	wg.Go(func() {
		s.Update(context.Background(), func(*store.Tx) error {
			once() // it may run again with the batch
			<-release
			return nil
		})
	})
	<-held
	wg.Go(f)
	for s.Waiting() < want {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
}

// One of sixteen in a batch does something bad; it alone suffers, the others commit exactly once.
func TestOneOfABatchFails(t *testing.T) {
	errOwn := errors.New("own")
	big := strings.Repeat("x", 1<<20)
	tests := []struct {
		name     string
		bad      func(ctx context.Context, cancel func(), tx *store.Tx) error
		outcome  func(err error, panicked any) bool
		rerun    bool // the neighbours ran again
		sqlite   bool
		prepare  func(t *testing.T, s *store.Store)
		canceled bool
	}{
		{
			name:    "error",
			bad:     func(_ context.Context, _ func(), tx *store.Tx) error { return errOwn },
			outcome: func(err error, _ any) bool { return errors.Is(err, errOwn) },
		}, {
			name:    "panic",
			bad:     func(context.Context, func(), *store.Tx) error { panic("boom") },
			outcome: func(_ error, panicked any) bool { return panicked == "boom" },
		}, {
			name:     "cancelled while it waits",
			canceled: true,
			bad:      func(context.Context, func(), *store.Tx) error { return nil },
			outcome:  func(err error, _ any) bool { return errors.Is(err, context.Canceled) },
		}, {
			name: "a swallowed error of a statement",
			bad: func(_ context.Context, _ func(), tx *store.Tx) error {
				tx.Exec("INSERT INTO n (id, v) VALUES (1, 1)")
				return nil
			},
			outcome: func(err error, _ any) bool { return store.IsUnique(err) },
		}, {
			name: "the commit fails",
			bad: func(_ context.Context, _ func(), tx *store.Tx) error {
				_, err := tx.Exec("INSERT INTO owned (owner) VALUES (404)")
				return err
			},
			outcome: func(err error, _ any) bool { return err != nil && !circles.Is(err, circles.Busy) },
			rerun:   true,
		}, {
			name: "the disk is full", sqlite: true,
			prepare: func(t *testing.T, s *store.Store) {
				n := number(t, s, "PRAGMA page_count")
				update(t, s, func(tx *store.Tx) error {
					_, err := tx.Int(fmt.Sprintf("PRAGMA max_page_count(%d)", n+30))
					return err
				})
			},
			bad: func(_ context.Context, _ func(), tx *store.Tx) error {
				_, err := tx.Exec("UPDATE done SET filler = $1 WHERE id = 8", big)
				return err
			},
			outcome: func(err error, _ any) bool { return circles.Is(err, circles.Busy) },
		}, {
			name: "everything is rolled back underneath", sqlite: true,
			bad: func(_ context.Context, _ func(), tx *store.Tx) error {
				// What SQLite may do by itself when the disk fails.
				if _, err := tx.Exec("ROLLBACK"); err != nil {
					return err
				}
				return errOwn
			},
			outcome: func(err error, _ any) bool { return errors.Is(err, errOwn) },
			rerun:   true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := openWithTables(t)
			if tt.sqlite && s.Engine() != "sqlite" {
				t.Skip("skipped: of SQLite only")
			}
			if tt.prepare != nil {
				tt.prepare(t, s)
			}
			s.LongBatches()
			const callers, bad = 16, 8
			var runs [callers]atomic.Int64
			hold(t, s, callers, func() {
				var wg sync.WaitGroup
				for i := range callers {
					ctx, cancel := context.WithCancel(context.Background())
					if i == bad && tt.canceled && s.Engine() != "sqlite" {
						cancel()
					}
					wg.Go(func() {
						defer cancel()
						panicked, err := func() (panicked any, err error) {
							defer func() { panicked = recover() }()
							err = s.Update(ctx, func(tx *store.Tx) error {
								runs[i].Add(1)
								if _, err := tx.Exec("INSERT INTO done (id) VALUES ($1)", i); err != nil {
									return err
								}
								if i == bad {
									return tt.bad(ctx, cancel, tx)
								}
								return nil
							})
							return nil, err
						}()
						if i == bad && !tt.outcome(err, panicked) {
							t.Errorf("the bad one: error %v, panic %v", err, panicked)
						}
						if i != bad && (err != nil || panicked != nil) {
							t.Errorf("neighbour %d: error %v, panic %v", i, err, panicked)
						}
					})
					if s.Engine() == "sqlite" && i < callers-1 { // the last one lets the batch go
						for s.Waiting() < i+1 { // in order, so that some come before the bad one
							runtime.Gosched()
						}
						if i == bad && tt.canceled {
							cancel()
						}
					}
				}
				wg.Wait()
			})
			var got []int64
			view(t, s, func(tx *store.Tx) (err error) {
				got, err = tx.Ints("SELECT id FROM done ORDER BY id")
				return err
			})
			if len(got) != callers-1 {
				t.Errorf("committed: %v, want all of 0 to 15 but 8", got)
			}
			if tt.rerun && s.Engine() == "sqlite" && runs[0].Load()+runs[1].Load()+runs[2].Load() == 3 {
				t.Errorf("the neighbours ran once each; the batch was not lost, so this tests nothing")
			}
			if tt.canceled && runs[bad].Load() != 0 {
				t.Errorf("the cancelled closure ran")
			}
			update(t, s, increment) // and life goes on
		})
	}
}

// With no room at all, what was answered with success is there and what was refused is not.
func TestFullDisk(t *testing.T) {
	s := openWithTables(t)
	if s.Engine() != "sqlite" {
		t.Skip("skipped: of SQLite only")
	}
	pages := number(t, s, "PRAGMA page_count")
	setMax := func(n int64) {
		update(t, s, func(tx *store.Tx) error {
			_, err := tx.Int(fmt.Sprintf("PRAGMA max_page_count(%d)", n))
			return err
		})
	}
	setMax(pages + 3)
	const callers = 32
	filler := strings.Repeat("x", 1500)
	var saved [callers]atomic.Bool
	hold(t, s, callers, func() {
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				err := s.Update(context.Background(), func(tx *store.Tx) error {
					_, err := tx.Exec("INSERT INTO done (id, filler) VALUES ($1, $2)", i, filler)
					return err
				})
				if err != nil && !circles.Is(err, circles.Busy) {
					t.Errorf("caller %d: %v, want a refusal of kind busy", i, err)
				}
				saved[i].Store(err == nil)
			})
		}
		wg.Wait()
	})
	n := 0
	for i := range callers {
		there := number(t, s, "SELECT COUNT(*) FROM done WHERE id = $1", i) == 1
		if there != saved[i].Load() {
			t.Errorf("caller %d: answered with success %v, in the database %v", i, saved[i].Load(), there)
		}
		if there {
			n++
		}
	}
	if n == 0 || n == callers {
		t.Errorf("%d of %d saved; the disk was not full in between", n, callers)
	}
	setMax(1 << 30)
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO done (id, filler) VALUES (1000, $1)", filler)
		return err
	})
}

// A closure that lost against another transaction runs again and sees what that one did.
func TestConflictRunsAgain(t *testing.T) {
	s := openWithTables(t)
	if s.Engine() != "postgres" {
		t.Skip("skipped: on SQLite one writes at a time")
	}
	runs := 0
	update(t, s, func(tx *store.Tx) error {
		runs++
		v, err := tx.Int("SELECT v FROM n WHERE id = 1")
		if err != nil {
			return err
		}
		if runs == 1 {
			other := make(chan error)
			go func() { other <- s.Update(context.Background(), increment) }()
			if err := <-other; err != nil {
				return err
			}
		}
		if _, err := tx.Exec("UPDATE n SET v = $1 WHERE id = 1", v+10); err != nil {
			return fmt.Errorf("wrapped twice: %w", fmt.Errorf("post: %w", err))
		}
		return nil
	})
	if runs != 2 {
		t.Errorf("the closure ran %d times, want 2", runs)
	}
	if got := number(t, s, "SELECT v FROM n"); got != 11 {
		t.Errorf("n = %d, want 11", got)
	}
}

// Who loses every time is told so, and may try later.
func TestConflictForEver(t *testing.T) {
	s := openWithTables(t)
	if s.Engine() != "postgres" {
		t.Skip("skipped: on SQLite one writes at a time")
	}
	runs := 0
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		runs++
		if _, err := tx.Int("SELECT v FROM n WHERE id = 1"); err != nil {
			return err
		}
		other := make(chan error)
		go func() { other <- s.Update(context.Background(), increment) }()
		if err := <-other; err != nil {
			return err
		}
		tx.Exec("UPDATE n SET v = 0 WHERE id = 1")
		return errors.New("no idea why")
	})
	if !circles.Is(err, circles.Busy) || runs != store.MaxRetries+1 {
		t.Errorf("after %d runs: %v, want a refusal of kind busy after %d", runs, err, store.MaxRetries+1)
	}
}

func TestNestedPanics(t *testing.T) {
	s := openWithTables(t)
	type run = func(context.Context, func(*store.Tx) error) error
	for outerName, outer := range map[string]run{"View": s.View, "Update": s.Update} {
		for innerName, inner := range map[string]run{"View": s.View, "Update": s.Update} {
			t.Run(innerName+" in "+outerName, func(t *testing.T) {
				defer func() {
					got := fmt.Sprint(recover())
					if want := innerName + " called inside a closure"; !strings.Contains(got, want) {
						t.Errorf("panic %q, want %q in it", got, want)
					}
				}()
				outer(context.Background(), func(*store.Tx) error {
					return deep(100, func() error { return inner(context.Background(), increment) })
				})
			})
		}
	}
	update(t, s, increment)
}

//go:noinline
func deep(n int, f func() error) error {
	if n == 0 {
		return f()
	}
	err := deep(n-1, f)
	return err
}

// A test that gives up inside a closure ends its goroutine there; the writer must not wait for it.
func TestGoexitInClosure(t *testing.T) {
	s := openWithTables(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Update(context.Background(), func(tx *store.Tx) error {
			tx.Exec("UPDATE n SET v = 7")
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	update(t, s, increment)
	if got := number(t, s, "SELECT v FROM n"); got != 1 {
		t.Errorf("n = %d, want 1", got)
	}
}

// Everything that was answered before Close is kept; everything after is refused; nothing hangs.
func TestCloseWhileWriting(t *testing.T) {
	s := openWithTables(t)
	var saved atomic.Int64
	var wg sync.WaitGroup
	started := make(chan struct{}, 8)
	for range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				err := s.Update(context.Background(), func(tx *store.Tx) error {
					_, err := tx.Exec("INSERT INTO done (id) VALUES ($1)", tx.NewID())
					return err
				})
				if err != nil {
					return
				}
				saved.Add(1)
				if i == 5 {
					started <- struct{}{}
				}
			}
		})
	}
	for range 8 {
		<-started
	}
	dsn := dsnOf(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := s.View(context.Background(), func(*store.Tx) error { return nil }); err == nil {
		t.Error("View after Close: no error")
	}
	s, err := store.Open(context.Background(), store.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := number(t, s, "SELECT COUNT(*) FROM done"); got != saved.Load() {
		t.Errorf("%d rows, want %d, as many as were answered with success", got, saved.Load())
	}
}
