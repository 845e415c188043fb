package federation

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

const (
	resumeBatch   = 64
	resumeWorkers = 8
	resumePoll    = 5 * time.Second
	resumeTries   = 8                // over about four hours; after that what was parked is let go
	resumeFirst   = 30 * time.Second // doubled with each try
	maxParents    = 20               // a longer chain of answers to unknown answers is not followed
	fetchPatience = 30 * time.Second
)

// Resume goes on with what is parked until ctx ends: it fetches what each activity waits for and
// applies it. One server of an instance does so at a time.
func (in *Inbox) Resume(ctx context.Context) error {
	tick := time.NewTicker(resumePoll)
	defer tick.Stop()
	for {
		n, err := in.resumeDue(ctx)
		if err != nil && ctx.Err() == nil {
			in.log.Error("inbox: resume", "error", err)
		}
		if n == resumeBatch && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-in.wake:
		case <-tick.C:
		}
	}
}

// resumeDue goes on with what is due now, once, and returns how many activities that were.
func (in *Inbox) resumeDue(ctx context.Context) (int, error) {
	var due []store.Parked
	err := in.store.View(ctx, func(tx *store.Tx) error {
		var err error
		due, err = tx.DueParked(tx.Now(), resumeBatch)
		return err
	})
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	free := make(chan struct{}, resumeWorkers)
	errs := make([]error, len(due))
	for i, p := range due {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			errs[i] = in.resume(ctx, p)
		})
	}
	wg.Wait()
	return len(due), errors.Join(errs...)
}

// resume goes on with one parked activity: it is applied, delayed, or let go.
func (in *Inbox) resume(ctx context.Context, p store.Parked) error {
	need, needs := parseLacks(p.Needs)
	if needs {
		err := in.meet(ctx, need, 0)
		if ctx.Err() != nil {
			return nil // it stays as it is
		}
		if err != nil {
			in.log.Debug("inbox: fetch", "address", need.address, "error", err)
			return in.delay(ctx, p, p.Needs, err)
		}
		if need.what == needFresh {
			return in.store.Update(ctx, func(tx *store.Tx) error { return tx.Unpark(p.ID) })
		}
	}
	activity, err := as.Parse(p.Raw)
	if err != nil {
		return in.delay(ctx, p, p.Needs, err)
	}
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
		in.nudge() // what waited behind it
		return nil
	case errors.As(err, &more):
		// One more thing is missing. Each round counts as a try, so that a hostile chain ends.
		return in.store.Update(ctx, func(tx *store.Tx) error {
			if p.Tries+1 >= resumeTries {
				return tx.Unpark(p.ID)
			}
			in.nudge()
			return tx.DelayParked(p.ID, tx.Now(), p.Tries+1, more.String())
		})
	case refusedHere(err):
		in.log.Debug("inbox: not taken", "id", activity.ID, "type", activity.Type, "error", err)
		return in.store.Update(ctx, func(tx *store.Tx) error { return tx.Unpark(p.ID) })
	}
	return err
}

// delay tries again later what failed for a passing reason, and lets go what never will be.
func (in *Inbox) delay(ctx context.Context, p store.Parked, needs string, cause error) error {
	return in.store.Update(ctx, func(tx *store.Tx) error {
		if permanent(cause) || p.Tries+1 >= resumeTries {
			return tx.Unpark(p.ID)
		}
		wait := resumeFirst << p.Tries
		return tx.DelayParked(p.ID, tx.Now()+wait.Microseconds(), p.Tries+1, needs)
	})
}

// permanent reports whether asking again would bring the same answer.
func permanent(err error) bool {
	var status *fetch.StatusError
	if errors.As(err, &status) {
		return status.Status >= 400 && status.Status < 500 &&
			status.Status != http.StatusRequestTimeout && status.Status != http.StatusTooManyRequests
	}
	return refusedHere(err)
}

// isGone reports whether a server said that something no longer exists.
func isGone(err error) bool {
	var status *fetch.StatusError
	return errors.As(err, &status) && (status.Status == http.StatusGone || status.Status == http.StatusNotFound)
}

// meet fetches one thing and stores it. depth counts the chain that led to it.
func (in *Inbox) meet(ctx context.Context, l lacks, depth int) error {
	if depth > maxParents {
		return circles.Errorf(circles.Invalid, "The thread leads through too many unknown comments.")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	switch l.what {
	case needActor:
		_, err := in.fetchActor(ctx, l.address)
		return err
	case needObject, needFresh:
		return in.fetchPost(ctx, l, depth)
	}
	return circles.Errorf(circles.Invalid, "Nothing is known about a need of kind %q.", l.what)
}

// fetchActor brings an actor up to date from its own server.
func (in *Inbox) fetchActor(ctx context.Context, address string) (*circles.Actor, error) {
	if err := in.mayAsk(ctx, address); err != nil {
		return nil, err
	}
	doc, err := in.fetcher.actor(ctx, address)
	if err != nil {
		return nil, err
	}
	var kept *circles.Actor
	err = in.store.Update(ctx, func(tx *store.Tx) error {
		var err error
		kept, err = in.keep(tx, doc)
		return err
	})
	return kept, err
}

// mayAsk refuses to fetch from a blocked server. // CVE-2026-23961
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

// fetchPost brings a post or comment from its own server, with the author and the parents that it
// needs. With needFresh it also takes over what changed, and that it is gone.
func (in *Inbox) fetchPost(ctx context.Context, l lacks, depth int) error {
	if err := in.mayAsk(ctx, l.address); err != nil {
		return err
	}
	body, err := in.fetcher.get(ctx, l.address)
	if l.what == needFresh && isGone(err) {
		return in.store.Update(ctx, func(tx *store.Tx) error {
			known, err := tx.PostByURI(l.address)
			if err != nil {
				return err
			}
			author, err := tx.Actor(known.Author.Actor())
			if err != nil {
				return err
			}
			a := act{Envelope: &as.Envelope{Type: "Delete"}}
			return in.outcome(a)(in.app.ReceiveDelete(tx, said(author, a), known.ID))
		})
	}
	if err != nil {
		return err
	}
	c, err := as.ParseContent(body)
	if err != nil {
		return err
	}
	if !isContentType(c.Type) {
		// Some servers announce the activity: what it created is fetched itself.
		wrapped, err := as.Parse(body)
		if err != nil {
			return err
		}
		if wrapped.Type != "Create" || wrapped.Object.ID == "" || wrapped.Object.ID == l.address {
			return circles.Errorf(circles.Invalid, "What lies at %s is neither a post nor a comment.", l.address)
		}
		l.address = wrapped.Object.ID
		return in.meet(ctx, l, depth+1)
	}
	a := act{Envelope: &as.Envelope{Actor: c.AttributedTo, To: c.To, CC: c.CC, Audience: c.Audience}, fetched: true}
	if err := authored(c, a); err != nil {
		return err
	}
	a.content, a.post = c, in.prepared(c)
	for range maxParents {
		err := in.store.Update(ctx, func(tx *store.Tx) error {
			if l.circle != 0 {
				var err error
				if a.via, err = tx.Circle(l.circle); err != nil {
					return err
				}
			}
			known, err := tx.PostByURI(c.ID)
			if err == nil && l.what == needFresh {
				return in.revise(tx, known, a)
			}
			if err == nil || !circles.Is(err, circles.NotFound) {
				return err
			}
			return in.receive(tx, a)
		})
		var more *lacks
		if !errors.As(err, &more) {
			return err
		}
		if more.address == l.address {
			return circles.Errorf(circles.Invalid, "The comment at %s answers itself.", l.address)
		}
		if err := in.meet(ctx, *more, depth+1); err != nil {
			return err
		}
	}
	return circles.Errorf(circles.Invalid, "What lies at %s needs too much else to be shown.", l.address)
}
