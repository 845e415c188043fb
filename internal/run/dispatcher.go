package run

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	tailLength = 2048 // entries kept in memory for followers that are nearly up to date
	tailPage   = 512  // entries read, and offered, at once

	retryFirst = time.Second
	retryMost  = time.Minute
)

// A Consumer follows the log. Batches come in ascending order and never overlap, one at a time.
type Consumer struct {
	Name string
	// Start returns the position to follow from, for a consumer that keeps its positions itself. nil
	// = the position is kept here, under Name; a consumer that was never seen begins at the log's end.
	Start func(context.Context) (circles.Seq, error)
	// Handle gets the next entries. After an error it gets the same ones again, later. The slice is
	// shared with the other consumers: it is not to be changed.
	Handle func(context.Context, []circles.Event) error
}

// A Dispatcher reads the tail of the log once for all who follow it.
type Dispatcher struct {
	store     *store.Store
	book      *Book
	log       *slog.Logger
	poll      time.Duration
	retry     time.Duration
	consumers []Consumer

	mu    sync.Mutex
	base  circles.Seq     // the tail holds every entry in (base, head]
	head  circles.Seq     // the end of the log as far as it was read
	tail  []circles.Event // ascending
	grown chan struct{}   // closed when head moves
}

// NewDispatcher returns a dispatcher. poll is how often the log is looked at even if nothing of this
// process woke it: another process may write to the same PostgreSQL.
func NewDispatcher(st *store.Store, book *Book, poll time.Duration, log *slog.Logger) *Dispatcher {
	return &Dispatcher{store: st, book: book, log: log, poll: poll, retry: retryFirst, grown: make(chan struct{})}
}

// Add registers a consumer, before Run.
func (d *Dispatcher) Add(c Consumer) { d.consumers = append(d.consumers, c) }

// Run offers the log to the consumers until ctx ends, and returns when all have stopped. An error
// of a Start ends it at once.
func (d *Dispatcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var last circles.Seq
	saved := make(map[string]circles.Seq)
	err := d.store.View(ctx, func(tx *store.Tx) error {
		var err error
		if _, last, err = tx.LogEnds(); err != nil {
			return err
		}
		cursors, err := tx.LoadCursors()
		for _, c := range cursors {
			if c.Lane == "" {
				saved[c.Consumer] = c.Acked
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read positions: %w", err)
	}
	d.mu.Lock()
	d.base, d.head, d.tail = last, last, nil
	d.mu.Unlock()

	var all sync.WaitGroup
	for _, c := range d.consumers {
		all.Go(func() {
			if err := d.follow(ctx, c, saved, last); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("consumer %s: %w", c.Name, err))
			}
		})
	}
	d.read(ctx)
	all.Wait()
	return context.Cause(ctx)
}

// read follows the end of the log until ctx ends.
func (d *Dispatcher) read(ctx context.Context) {
	poll := time.NewTicker(d.poll)
	defer poll.Stop()
	for {
		wake := d.store.Wake() // before the look, so that nothing falls between
		more, err := d.page(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.Error("read the log", "err", err)
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-poll.C:
		}
	}
}

// page reads the next entries and reports whether there may be more.
func (d *Dispatcher) page(ctx context.Context) (more bool, err error) {
	d.mu.Lock()
	head := d.head
	d.mu.Unlock()
	var page []circles.Event
	err = d.store.View(ctx, func(tx *store.Tx) (err error) {
		page, err = tx.EventsAfter(head, tailPage)
		return err
	})
	if err != nil || len(page) == 0 {
		return false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tail = append(d.tail, page...)
	d.head = page[len(page)-1].Seq
	if over := len(d.tail) - tailLength; over > 0 {
		d.base = d.tail[over-1].Seq
		d.tail = append([]circles.Event(nil), d.tail[over:]...)
	}
	close(d.grown)
	d.grown = make(chan struct{})
	return len(page) == tailPage, nil
}

// follow offers the log to one consumer until ctx ends.
func (d *Dispatcher) follow(ctx context.Context, c Consumer, saved map[string]circles.Seq, last circles.Seq) error {
	pos, known := saved[c.Name]
	if !known {
		pos = last
	}
	if c.Start != nil {
		var err error
		if pos, err = c.Start(ctx); err != nil {
			return err
		}
	} else if !known {
		d.book.Put(store.Cursor{Consumer: c.Name, Acked: pos})
	}
	retry := d.retry
	for ctx.Err() == nil {
		batch, grown := d.after(pos)
		if batch == nil && grown != nil {
			select {
			case <-ctx.Done():
			case <-grown:
			}
			continue
		}
		err := error(nil)
		if batch == nil {
			batch, err = d.older(ctx, pos)
		}
		if err == nil && len(batch) > 0 {
			err = c.handle(ctx, batch)
		}
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			d.log.Error("consumer", "name", c.Name, "after", pos, "err", err)
			pause(ctx, retry)
			retry = min(2*retry, retryMost)
			continue
		}
		retry = d.retry
		if len(batch) > 0 {
			pos = batch[len(batch)-1].Seq
			if c.Start == nil {
				d.book.Put(store.Cursor{Consumer: c.Name, Acked: pos})
			}
		}
	}
	return nil
}

// after returns the entries behind pos from memory. No entries and a channel mean: wait for it. No
// entries and no channel mean that they are too old to be in memory.
func (d *Dispatcher) after(pos circles.Seq) ([]circles.Event, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if pos >= d.head {
		return nil, d.grown
	}
	if pos < d.base {
		return nil, nil
	}
	i := len(d.tail)
	for i > 0 && d.tail[i-1].Seq > pos {
		i--
	}
	end := min(i+tailPage, len(d.tail))
	return d.tail[i:end:end], nil
}

// older reads entries for a consumer that is behind the tail.
func (d *Dispatcher) older(ctx context.Context, pos circles.Seq) (page []circles.Event, err error) {
	err = d.store.View(ctx, func(tx *store.Tx) (err error) {
		page, err = tx.EventsAfter(pos, tailPage)
		return err
	})
	return page, err
}

// handle turns a panic into an error: the entry that caused it will not go away by itself, but the
// other consumers go on and the log says what happened.
func (c Consumer) handle(ctx context.Context, batch []circles.Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return c.Handle(ctx, batch)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
