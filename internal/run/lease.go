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
	leaseTTL  = 30 * time.Second // how long work stands still after its holder was killed
	leaseTurn = leaseTTL / 5     // how often it is prolonged, or asked for

	releaseTimeout = 5 * time.Second
)

// A Lease is held by at most one process of those that share a database. (On SQLite there is one
// process anyway: cmd locks the data folder.)
type Lease struct {
	store  *store.Store
	holder string
	log    *slog.Logger
	after  func(time.Duration) <-chan time.Time
}

// NewLease returns a lease that is not held yet. holder must be another one for each process.
func NewLease(st *store.Store, holder string, log *slog.Logger) *Lease {
	return &Lease{store: st, holder: holder, log: log, after: time.After}
}

// errLost ends work whose lease could not be prolonged.
var errLost = errors.New("the lease was lost")

// Hold waits for the lease and runs work while it is held. When the lease is lost work's context
// ends; when work has returned, Hold waits for the lease again. It returns when ctx ends, with the
// lease given back, or when work returns by itself, with its error.
func (l *Lease) Hold(ctx context.Context, work func(context.Context) error) error {
	for {
		held, err := l.acquire(ctx)
		if err != nil && ctx.Err() == nil {
			l.log.Error("lease", "err", err)
		}
		if held {
			if err := l.during(ctx, work); !errors.Is(err, errLost) {
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

func (l *Lease) during(ctx context.Context, work func(context.Context) error) error {
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer cancel()
		if err := l.store.Update(ctx, func(tx *store.Tx) error { return tx.ReleaseLease(leaseName, l.holder) }); err != nil {
			l.log.Error("release the lease", "err", err)
		}
	}()
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- work(working) }()

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
