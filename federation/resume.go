package federation

import (
	"context"
	"errors"
	"sync"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"
)

const (
	resumeBatch   = 64
	resumeWorkers = 16
	resumePoll    = 5 * time.Second
	resumeTries   = 8                // over about two hours; after that what was parked is let go
	resumeFirst   = 30 * time.Second // doubled with each try

	// Who sends and who is asked choose how long a fetch takes, so neither gets all the workers.
	resumePerSender = 6
	resumePerHost   = 2
)

// Resume goes on with what is parked until ctx ends: it fetches what each activity waits for and
// applies it. One server of an instance does so at a time.
func (in *Inbox) Resume(ctx context.Context) error {
	tick := time.NewTicker(resumePoll)
	defer tick.Stop()
	work := newResumption(in)
	defer work.running.Wait()
	for {
		err := work.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			in.log.Error("inbox: resume", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-in.wake:
		case <-tick.C:
		}
	}
}

// resumeDue goes on with what is due now, once, and waits until that is done.
func (in *Inbox) resumeDue(ctx context.Context) error {
	work := newResumption(in)
	err := work.sweep(ctx)
	work.running.Wait()
	return err
}

// A resumption is the parked activities being worked on. Nobody waits for anybody else's.
type resumption struct {
	in      *Inbox
	free    chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex
	busy    map[int64]bool
	senders map[string]int // hosts
	asked   map[string]int // hosts
}

func newResumption(in *Inbox) *resumption {
	return &resumption{
		in: in, free: make(chan struct{}, resumeWorkers),
		busy: map[int64]bool{}, senders: map[string]int{}, asked: map[string]int{},
	}
}

// sweep begins everything that is due and whose sender and host have workers left. It reads on past
// those that have not, which wait for the next sweep; one follows whenever something is done.
func (w *resumption) sweep(ctx context.Context) error {
	if err := w.in.waiting.recount(ctx, w.in.store); err != nil {
		return err
	}
	var last store.Parked
	for {
		var due []store.Parked
		err := w.in.store.View(ctx, func(tx *store.Tx) error {
			var err error
			due, err = tx.DueParked(tx.Now(), last, resumeBatch)
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range due {
			if err := w.begin(ctx, p); err != nil {
				return err
			}
			last = p
		}
		if len(due) < resumeBatch {
			return nil
		}
	}
}

func (w *resumption) begin(ctx context.Context, p store.Parked) error {
	sender, _ := hostOf(p.Signer)
	host := ""
	if need, needs := parseLacks(p.Needs); needs {
		host, _ = hostOf(need.address)
	}
	if !w.enter(p.ID, sender, host) {
		return nil
	}
	select {
	case w.free <- struct{}{}:
	case <-ctx.Done():
		w.leave(p.ID, sender, host)
		return ctx.Err()
	}
	w.running.Go(func() {
		defer func() {
			w.leave(p.ID, sender, host)
			<-w.free
			w.in.nudge()
		}()
		if err := w.in.resume(ctx, p); err != nil && ctx.Err() == nil {
			w.in.log.Error("inbox: resume", "id", p.URI, "error", err)
		}
	})
	return nil
}

func (w *resumption) enter(id int64, sender, host string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[id] || w.senders[sender] >= resumePerSender || host != "" && w.asked[host] >= resumePerHost {
		return false
	}
	w.busy[id] = true
	w.senders[sender]++
	if host != "" {
		w.asked[host]++
	}
	return true
}

func (w *resumption) leave(id int64, sender, host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, id)
	if w.senders[sender]--; w.senders[sender] == 0 {
		delete(w.senders, sender)
	}
	if host == "" {
		return
	}
	if w.asked[host]--; w.asked[host] == 0 {
		delete(w.asked, host)
	}
}

// resume goes on with one parked activity: it is applied, delayed, or let go.
func (in *Inbox) resume(ctx context.Context, p store.Parked) error {
	// Its server may have been blocked since it was parked.
	if err := in.mayAsk(ctx, p.Signer); err != nil {
		return in.delay(ctx, p, err)
	}
	need, needs := parseLacks(p.Needs)
	if needs {
		taken, err := false, error(nil)
		if need.what == needFresh {
			taken, err = in.original(ctx, p, need)
		}
		if err == nil && !taken {
			err = in.meet(ctx, need, 0)
		}
		if ctx.Err() != nil {
			return nil // it stays as it is
		}
		if err != nil {
			in.log.Debug("inbox: fetch", "address", need.address, "error", err)
			return in.delay(ctx, p, err)
		}
		if need.onlyFetch() {
			return in.unpark(ctx, p)
		}
	}
	var raw []byte
	err := in.store.View(ctx, func(tx *store.Tx) error {
		var err error
		raw, err = tx.ParkedRaw(p.ID)
		return err
	})
	if err != nil || raw == nil {
		return err
	}
	activity, err := as.Parse(raw)
	if err != nil {
		return in.delay(ctx, p, err)
	}
	activity.ID = p.URI // for those that have none of their own
	begun := in.begun(activity)
	err = in.store.Update(ctx, func(tx *store.Tx) error {
		if err := in.admit(tx, begun); err != nil {
			return err
		}
		return tx.Unpark(p.ID)
	})
	var more *lacks
	switch {
	case err == nil:
		return nil
	case errors.As(err, &more):
		return in.again(ctx, p, more)
	case ctx.Err() != nil:
		return nil
	}
	if refusedHere(err) {
		in.log.Debug("inbox: not taken", "id", activity.ID, "type", activity.Type, "error", err)
	}
	if derr := in.delay(ctx, p, err); derr != nil || refusedHere(err) {
		return derr
	}
	return err
}

// again parks what lacks one thing more. Each round counts as a try, so that a hostile chain ends; what
// lacks the same thing that was just fetched will not have it, for example because it is private.
func (in *Inbox) again(ctx context.Context, p store.Parked, more *lacks) error {
	if p.Tries+1 >= resumeTries || more.behind != "" || more.String() == p.Needs {
		return in.unpark(ctx, p)
	}
	return in.store.Update(ctx, func(tx *store.Tx) error {
		return tx.DelayParked(p.ID, tx.Now(), p.Tries+1, more.String())
	})
}

func (in *Inbox) unpark(ctx context.Context, p store.Parked) error {
	return in.store.Update(ctx, func(tx *store.Tx) error { return tx.Unpark(p.ID) })
}

// delay tries again later what failed for a passing reason, and lets go what never will be.
func (in *Inbox) delay(ctx context.Context, p store.Parked, cause error) error {
	if permanent(cause) || p.Tries+1 >= resumeTries {
		return in.unpark(ctx, p)
	}
	wait := resumeFirst << p.Tries
	return in.store.Update(ctx, func(tx *store.Tx) error {
		return tx.DelayParked(p.ID, tx.Now()+wait.Microseconds(), p.Tries+1, p.Needs)
	})
}

// mayAsk refuses a server that is blocked, whoever speaks of it. // CVE-2026-23961
func (in *Inbox) mayAsk(ctx context.Context, address string) error {
	host, err := hostOf(address)
	if err != nil {
		return err
	}
	blocked, err := in.blocked(ctx, host)
	if err == nil && blocked {
		err = circles.Errorf(circles.Forbidden, "The server %s is blocked here.", host)
	}
	return err
}
