package run

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"halqa/internal/store"
)

const (
	leaseName = "worker"
	leaseTTL  = 30 * time.Second // how long work stands still after its holder was killed and nobody of its name comes
	leaseTurn = leaseTTL / 5     // how often it is prolonged, or asked for
	leaseBeat = time.Second      // how often the holder asks whether it is still present

	// leaseGrace is waited by who found another process under its own name and then finds it gone. It is
	// longer than a process takes to notice that it is not present any more, and to stop.
	leaseGrace = 10 * time.Second

	releaseTimeout = 5 * time.Second
)

// A Lease is held by at most one process of those that share a database.
//
// Two things together say who may work. A row names the holder and until when; another name waits for its
// end. And under each name one process at a time is present (store.Attend), which PostgreSQL knows from
// a connection and so notices at once when a process is killed. A process that begins under the name in the row
// therefore need not wait: whoever held the lease under that name is dead. One that loses its
// connection, while it lives, stops working, as if the row had ended.
type Lease struct {
	store   *store.Store
	holder  string
	log     *slog.Logger
	after   func(time.Duration) <-chan time.Time
	beat    func(time.Duration) <-chan time.Time
	crowded bool // another process was present under our name
}

// NewLease returns a lease that is not held yet. holder is a name that no two living processes have: it
// belongs to what one process at a time has locked, the data folder.
func NewLease(st *store.Store, holder string, log *slog.Logger) *Lease {
	return &Lease{store: st, holder: holder, log: log, after: time.After, beat: time.After}
}

// errLost ends work whose lease could not be prolonged.
var errLost = errors.New("the lease was lost")

// Hold waits for the lease and runs work while it is held. When the lease is lost work's context
// ends; when work has returned, Hold waits for the lease again. It returns when ctx ends, with the
// lease given back, or when work returns by itself, with its error.
func (l *Lease) Hold(ctx context.Context, work func(context.Context) error) error {
	var present *store.Presence
	defer func() { present.Close() }()
	for {
		held := false
		err := l.attend(ctx, &present)
		if err == nil && present != nil {
			held, err = l.acquire(ctx)
		}
		if err != nil && ctx.Err() == nil {
			l.log.Error("lease", "err", err)
		}
		if held {
			if err := l.during(ctx, present, work); !errors.Is(err, errLost) {
				return err
			}
			l.log.Warn("the lease was lost; work stands still until it is held again")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.after(leaseTurn):
		}
	}
}

// attend sees to it that this process is present, and leaves nil if it cannot be yet.
func (l *Lease) attend(ctx context.Context, present **store.Presence) error {
	if *present != nil {
		if (*present).Check(ctx) == nil {
			return nil
		}
		(*present).Close()
		*present = nil
	}
	p, err := l.store.Attend(ctx, l.holder)
	if err != nil {
		return err
	}
	if p == nil {
		l.crowded = true
		return nil
	}
	if l.crowded {
		select {
		case <-ctx.Done():
			p.Close()
			return ctx.Err()
		case <-l.after(leaseGrace):
		}
		l.crowded = false
	}
	*present = p
	return nil
}

func (l *Lease) during(ctx context.Context, present *store.Presence, work func(context.Context) error) (err error) {
	defer func() {
		if errors.Is(err, errLost) {
			return // the row may be another's by now, under our name
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer cancel()
		if err := l.store.Update(ctx, func(tx *store.Tx) error { return tx.ReleaseLease(leaseName, l.holder) }); err != nil {
			l.log.Error("release the lease", "err", err)
		}
	}()
	working, cancel := context.WithCancelCause(ctx)
	done := make(chan error, 1)
	go func() { done <- work(working) }()
	beating := make(chan struct{})
	defer func() {
		cancel(nil)
		<-beating
	}()
	go func() {
		defer close(beating)
		l.watch(working, present, cancel)
	}()

	// Three of five turns may fail: the work has to be over before somebody else begins.
	for failed := 0; ; {
		select {
		case err := <-done:
			if errors.Is(context.Cause(working), errLost) {
				return errLost
			}
			return err
		case <-l.after(leaseTurn):
		}
		held, err := l.acquire(ctx)
		switch {
		case held:
			failed = 0
		case err != nil:
			failed++
			l.log.Error("prolong the lease", "err", err)
		default:
			failed = 3
		}
		if failed >= 3 {
			cancel(errLost)
		}
	}
}

// watch ends the work when the server may take this process for dead.
func (l *Lease) watch(working context.Context, present *store.Presence, cancel context.CancelCauseFunc) {
	for {
		select {
		case <-working.Done():
			return
		case <-l.beat(leaseBeat):
		}
		if err := present.Check(context.WithoutCancel(working)); err != nil {
			l.log.Error("lease", "err", err)
			cancel(errLost)
			return
		}
	}
}

func (l *Lease) acquire(ctx context.Context) (held bool, err error) {
	if ctx.Err() != nil {
		return true, nil // stopping: work is told by its own context
	}
	err = l.store.Update(ctx, func(tx *store.Tx) (err error) {
		held, err = tx.AcquireLease(leaseName, l.holder, leaseTTL)
		return err
	})
	return held && err == nil, err
}
