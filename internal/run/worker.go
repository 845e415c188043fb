package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"halqa/internal/store"
)

const (
	// LogKept is how long the log keeps an entry, and so how long the address of an activity answers
	// and how far behind a peer can fall and still get everything.
	LogKept = 7 * 24 * time.Hour

	flushEvery   = time.Second // how much is done again after a kill
	flushTimeout = 10 * time.Second
	defaultPoll  = 5 * time.Second

	trimEvery   = 10 * time.Minute
	trimPage    = 1000
	upkeepEvery = 6 * time.Hour
)

// Options say what a Worker is made of.
type Options struct {
	Store  *store.Store
	Holder string           // names this process in the lease; must differ between processes
	Now    func() time.Time // nil = time.Now
	Log    *slog.Logger     // nil = nothing is logged
	Poll   time.Duration    // how often the log is looked at unasked; 0 = 5 s
}

// A Worker does what one process of an instance does for all: it follows the log, delivers, sweeps.
// Register everything before Run.
type Worker struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time

	lease    *Lease
	book     *Book
	dispatch *Dispatcher
	clock    *Clock
	parts    []part
}

type part struct {
	name string
	run  func(context.Context) error
}

// New returns a worker that trims the log and looks after the database; everything else is
// registered with it.
func New(o Options) *Worker {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	w := &Worker{store: o.Store, log: o.Log, now: o.Now}
	w.lease = NewLease(o.Store, o.Holder, o.Log)
	w.book = NewBook(o.Store)
	w.dispatch = NewDispatcher(o.Store, w.book, o.Poll, o.Log)
	w.clock = NewClock(o.Now, o.Log)
	w.Every("trim the log", trimEvery, w.trim)
	w.Every("database upkeep", upkeepEvery, o.Store.Upkeep)
	return w
}

// Book is where consumers that keep their own positions note them.
func (w *Worker) Book() *Book { return w.book }

// Follow registers a consumer of the log.
func (w *Worker) Follow(c Consumer) { w.dispatch.Add(c) }

// Every registers a sweep; see Clock.Every.
func (w *Worker) Every(name string, interval time.Duration, do func(context.Context) error) {
	w.clock.Every(name, interval, do)
}

// Part registers something that runs as long as the lease is held, until its context ends. One that
// returns earlier ends the worker with its error.
func (w *Worker) Part(name string, run func(context.Context) error) {
	w.parts = append(w.parts, part{name, run})
}

// Run waits for the lease and works until ctx ends. It returns when everything it started has
// stopped and all positions are written; a nil error means that ctx ended it.
func (w *Worker) Run(ctx context.Context) error {
	err := w.lease.Hold(ctx, w.work)
	if ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())) {
		return nil
	}
	return err
}

// work runs everything while the lease is held.
func (w *Worker) work(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	start := func(name string, run func(context.Context) error) {
		all.Go(func() {
			err := run(ctx)
			if ctx.Err() == nil {
				if err == nil {
					err = errors.New("ended by itself")
				}
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	start("dispatcher", w.dispatch.Run)
	start("clock", w.clock.Run)
	start("positions", w.flush)
	for _, p := range w.parts {
		start(p.name, p.run)
	}
	all.Wait()

	// The context is over; what was done is still worth writing down.
	last, done := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer done()
	if err := w.book.Flush(last); err != nil {
		w.log.Error("last positions", "err", err)
	}
	return context.Cause(ctx)
}

func (w *Worker) flush(ctx context.Context) error {
	every := time.NewTicker(flushEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-every.C:
		}
		if err := w.book.Flush(ctx); err != nil && ctx.Err() == nil {
			w.log.Error("positions", "err", err)
		}
	}
}

// trim removes what is too old from the log, a page at a time so that others can write in between.
func (w *Worker) trim(ctx context.Context) error {
	before := w.now().Add(-LogKept).UnixMicro()
	for ctx.Err() == nil {
		var n int64
		err := w.store.Update(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.TrimEvents(before, trimPage)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
	return ctx.Err()
}
