package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func say(t *testing.T, st *store.Store, n int) (last circles.Seq) {
	t.Helper()
	err := st.Update(t.Context(), func(tx *store.Tx) error {
		for range n {
			var err error
			if last, err = tx.AppendEvent(circles.Event{Kind: circles.CircleMade, Stream: 1, Signer: 1, Object: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}

func position(t *testing.T, st *store.Store, consumer string) circles.Seq {
	t.Helper()
	var at circles.Seq
	err := st.View(t.Context(), func(tx *store.Tx) error {
		all, err := tx.LoadCursors()
		for _, c := range all {
			if c.Consumer == consumer {
				at = c.Acked
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// gather is a consumer that notes what it got and says when it has some entry.
type gather struct {
	mu   sync.Mutex
	got  []circles.Seq
	fail int // so many times
	want circles.Seq
	have chan struct{}
}

func until(want circles.Seq) *gather { return &gather{want: want, have: make(chan struct{})} }

func (g *gather) handle(_ context.Context, batch []circles.Event) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail > 0 {
		g.fail--
		return errors.New("not now")
	}
	for _, e := range batch {
		g.got = append(g.got, e.Seq)
		if e.Seq == g.want {
			close(g.have)
		}
	}
	return nil
}

func (g *gather) check(t *testing.T, first, last circles.Seq) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	var want []circles.Seq
	for seq := first; seq <= last; seq++ {
		want = append(want, seq)
	}
	if !slices.Equal(g.got, want) {
		t.Errorf("got %v, want %d to %d each once", g.got, first, last)
	}
}

func TestDispatcherOffersEachEntryOnceInOrder(t *testing.T) {
	st := testdb.Open(t)
	book := NewBook(st)
	say(t, st, 3)
	if err := st.Update(t.Context(), func(tx *store.Tx) error {
		return tx.SaveCursors([]store.Cursor{{Consumer: "slow", Acked: 1}})
	}); err != nil {
		t.Fatal(err)
	}

	d := NewDispatcher(st, book, time.Hour, quiet())
	d.retry = time.Microsecond
	const total = 3 + tailLength + 100
	fresh, slow, own, probe := until(total), until(total), until(total), until(3)
	slow.fail = 3
	d.Add(Consumer{Name: "fresh", Handle: fresh.handle})
	d.Add(Consumer{Name: "slow", Handle: slow.handle})
	d.Add(Consumer{Name: "own", Handle: own.handle, Start: func(context.Context) (circles.Seq, error) { return 2, nil }})
	d.Add(Consumer{Name: "probe", Handle: probe.handle, Start: func(context.Context) (circles.Seq, error) { return 2, nil }})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	<-probe.have // the dispatcher is past the log's end, so "fresh" begins at 4
	for n := total - 3; n > 0; n -= 500 {
		say(t, st, min(n, 500))
	}
	<-fresh.have
	<-slow.have
	<-own.have
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
	fresh.check(t, 4, total)
	slow.check(t, 2, total)
	own.check(t, 3, total)

	if err := book.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for consumer, want := range map[string]circles.Seq{"fresh": total, "slow": total, "own": 0} {
		if got := position(t, st, consumer); got != want {
			t.Errorf("position of %s: %d, want %d", consumer, got, want)
		}
	}
}

func TestDispatcherSurvivesAPanic(t *testing.T) {
	st := testdb.Open(t)
	d := NewDispatcher(st, NewBook(st), time.Hour, quiet())
	d.retry = time.Microsecond
	calm := until(2)
	panicked := make(chan struct{})
	var once sync.Once
	d.Add(Consumer{Name: "wild", Start: func(context.Context) (circles.Seq, error) { return 0, nil },
		Handle: func(context.Context, []circles.Event) error {
			defer once.Do(func() { close(panicked) })
			panic("no")
		}})
	d.Add(Consumer{Name: "calm", Start: func(context.Context) (circles.Seq, error) { return 0, nil }, Handle: calm.handle})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	say(t, st, 2)
	<-calm.have
	<-panicked
	cancel()
	<-ended
	calm.check(t, 1, 2)
}

func TestBookKeepsWhatCouldNotBeWritten(t *testing.T) {
	st := testdb.Open(t)
	b := NewBook(st)
	broken := true
	runs := 0
	b.Also(func(tx *store.Tx) error {
		runs++
		if broken {
			return errors.New("disk")
		}
		return nil
	})
	for i := range 600 {
		b.Put(store.Cursor{Consumer: fmt.Sprint("c", i), Acked: 5, Beyond: []circles.Seq{9}})
	}
	if err := b.Flush(t.Context()); err == nil {
		t.Fatal("a failed Flush says nothing")
	}
	if got := position(t, st, "c7"); got != 0 {
		t.Errorf("position %d was written before what hangs on it", got)
	}
	b.Put(store.Cursor{Consumer: "c7", Acked: 6})
	broken = false
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if runs < 2 {
		t.Errorf("what hangs on positions ran %d times, want at least 2", runs)
	}
	for consumer, want := range map[string]circles.Seq{"c7": 6, "c599": 5} {
		if got := position(t, st, consumer); got != want {
			t.Errorf("position of %s: %d, want %d", consumer, got, want)
		}
	}
}

func TestClockSweepsOneAfterAnother(t *testing.T) {
	now := time.Unix(1000, 0)
	c := NewClock(func() time.Time { return now }, quiet())
	var did []string
	sweep := func(name string, err error) func(context.Context) error {
		return func(context.Context) error {
			did = append(did, name)
			if err != nil {
				panic(err)
			}
			return nil
		}
	}
	c.Every("minute", time.Minute, sweep("minute", nil))
	c.Every("wild", 10*time.Second, sweep("wild", errors.New("no")))
	want := func(wait time.Duration, names ...string) {
		t.Helper()
		did = nil
		got := c.step(t.Context())
		if !slices.Equal(did, names) || got != wait {
			t.Errorf("at %v: did %v and waits %v, want %v and %v", now.Unix(), did, got, names, wait)
		}
	}
	want(10*time.Second, "minute", "wild")
	want(10 * time.Second)
	now = now.Add(10 * time.Second)
	want(10*time.Second, "wild")
	now = now.Add(50 * time.Second)
	want(10*time.Second, "wild", "minute")
}

// clockwork hands the lease its turns one by one, and says when it waits for the next.
type clockwork struct {
	turn  chan time.Time
	waits chan struct{}
}

func (c clockwork) after(time.Duration) <-chan time.Time {
	select {
	case c.waits <- struct{}{}:
	default:
	}
	return c.turn
}

func TestLeaseIsHeldByOne(t *testing.T) {
	var mu sync.Mutex
	now := time.Unix(1000, 0)
	st := testdb.OpenAt(t, func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	})
	forward := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	type holder struct {
		clockwork
		works, stopped, ended chan struct{}
	}
	begin := func(ctx context.Context, name string) holder {
		h := holder{clockwork{make(chan time.Time), make(chan struct{}, 100)}, make(chan struct{}), make(chan struct{}), make(chan struct{})}
		l := NewLease(st, name, quiet())
		l.after = h.after
		go func() {
			defer close(h.ended)
			l.Hold(ctx, func(ctx context.Context) error {
				h.works <- struct{}{}
				<-ctx.Done()
				h.stopped <- struct{}{}
				return ctx.Err()
			})
		}()
		return h
	}
	ctxA, cancelA := context.WithCancel(t.Context())
	defer cancelA()
	ctxB, cancelB := context.WithCancel(t.Context())
	defer cancelB()
	a := begin(ctxA, "a")
	<-a.works
	<-a.waits
	b := begin(ctxB, "b")
	<-b.waits
	for range 10 { // both ask on; a keeps it
		forward(leaseTurn)
		a.turn <- now
		<-a.waits
		b.turn <- now
		<-b.waits
	}
	select {
	case <-b.works:
		t.Fatal("two hold the lease")
	default:
	}
	forward(leaseTTL + time.Second) // a sleeps over its end
	b.turn <- now
	<-b.works
	a.turn <- now // a finds out
	select {
	case <-a.stopped:
	case a.turn <- now:
		<-a.stopped
	}
	cancelB()
	<-b.stopped
	select {
	case <-b.ended:
	case b.turn <- now:
		<-b.ended
	}
	// b gave it back: a gets it at once.
	for working := false; !working; {
		select {
		case a.turn <- now:
		case <-a.works:
			working = true
		}
	}
	cancelA()
	<-a.stopped
	select {
	case <-a.ended:
	case a.turn <- now:
		<-a.ended
	}
}

func TestWorkerStopsWhole(t *testing.T) {
	st := testdb.Open(t)
	w := New(Options{Store: st, Holder: "test", Poll: time.Hour})
	g := until(2)
	w.Follow(Consumer{Name: "gather", Handle: g.handle, Start: nil})
	swept := make(chan struct{}, 1)
	w.Every("sweep", time.Hour, func(context.Context) error { swept <- struct{}{}; return nil })
	ended := false
	w.Part("part", func(ctx context.Context) error {
		<-ctx.Done()
		ended = true
		return ctx.Err()
	})
	say(t, st, 1)
	if err := st.Update(t.Context(), func(tx *store.Tx) error {
		return tx.SaveCursors([]store.Cursor{{Consumer: "gather", Acked: 1}})
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- w.Run(ctx) }()
	<-swept
	say(t, st, 1)
	<-g.have
	cancel()
	if err := <-result; err != nil {
		t.Errorf("Run: %v", err)
	}
	if !ended {
		t.Error("Run returned before a part had ended")
	}
	if got := position(t, st, "gather"); got != 2 {
		t.Errorf("position after the stop: %d, want 2", got)
	}
}

func TestWorkerEndsWithAPart(t *testing.T) {
	st := testdb.Open(t)
	w := New(Options{Store: st, Holder: "test", Poll: time.Hour})
	broken := errors.New("broken")
	w.Part("part", func(context.Context) error { return broken })
	if err := w.Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("Run: %v, want %v", err, broken)
	}
}

// TestLeaseEndsWithItsConnection: a process that PostgreSQL takes for dead stops its work, one that
// begins under the name of a dead one does not wait, and one that found another alive waits a while.
func TestLeaseEndsWithItsConnection(t *testing.T) {
	if os.Getenv("HALQA_TEST_ENGINE") != "postgres" {
		t.Skip("on SQLite the data folder is locked instead")
	}
	dsn := testdb.DSN(t)
	st, err := store.Open(t.Context(), store.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ctx, cancel := context.WithCancel(t.Context())
	works, stopped, waits := make(chan string, 9), make(chan string, 9), make(chan time.Duration)
	var ended sync.WaitGroup
	hold := func(name string) (turn, beat chan time.Time) {
		l := NewLease(st, "house", quiet())
		turn, beat = make(chan time.Time), make(chan time.Time)
		l.after = func(d time.Duration) <-chan time.Time {
			if name == "second" {
				waits <- d
			}
			return turn
		}
		l.beat = func(time.Duration) <-chan time.Time { return beat }
		ended.Go(func() {
			l.Hold(ctx, func(ctx context.Context) error {
				works <- name
				<-ctx.Done()
				stopped <- name
				return ctx.Err()
			})
		})
		return turn, beat
	}
	_, beat := hold("first")
	if got := <-works; got != "first" {
		t.Fatalf("%s works", got)
	}
	turn, _ := hold("second")
	if d := <-waits; d != leaseTurn {
		t.Errorf("who finds another alive waits %v, want a turn", d)
	}
	testdb.Cut(t, dsn)
	beat <- time.Now()
	if got := <-stopped; got != "first" {
		t.Errorf("%s stopped", got)
	}
	turn <- time.Now()
	if d := <-waits; d != leaseGrace {
		t.Errorf("who had found another alive waits %v, want %v", d, leaseGrace)
	}
	turn <- time.Now()
	if got := <-works; got != "second" {
		t.Errorf("%s works", got)
	}
	go func() {
		for range waits { // its turns, which never come
		}
	}()
	cancel()
	ended.Wait()
}
