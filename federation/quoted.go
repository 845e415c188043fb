package federation

import (
	"context"
	"sync"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	quotedPoll    = 5 * time.Second
	quotedPage    = 64
	quotedAtOnce  = 4  // fetches at a time, one of a host
	quotedHourly  = 60 // of one host: whom a stranger quotes has not asked for visitors
	quotedTries   = 3  // the first and two more, where nobody answered
	quotedAgain   = 10 * time.Minute
	quotedObjects = 10             // what is quoted, and the thread above it
	quotedWait    = 24 * time.Hour // for a turn; after that the link has to do

	// quotedFor is how long it is remembered that something was asked for and not had.
	quotedFor = 30 * 24 * time.Hour
)

// Quoted fetches what posts here quote and is not here, until ctx ends: each address once, for a card in the
// place of a link. It is kept as if somebody here had asked for it by its address, and what it quotes in turn
// is not fetched, or one post could lead through the whole network.
func (in *Inbox) Quoted(ctx context.Context) error {
	tick := time.NewTicker(quotedPoll)
	defer tick.Stop()
	q := &quotes{in: in}
	for {
		more, err := q.round(ctx)
		if err != nil && ctx.Err() == nil {
			in.log.Error("quoted posts", "error", err)
		}
		if more && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// quotes counts what each host was asked for within the hour. It is used by one goroutine.
type quotes struct {
	in    *Inbox
	since time.Time
	asked map[string]int
}

// round fetches a few of what is due, of different hosts, and waits for them. It reports whether it did any.
func (q *quotes) round(ctx context.Context) (more bool, err error) {
	now := q.in.now()
	if q.asked == nil || now.Sub(q.since).Abs() >= time.Hour {
		q.since, q.asked = now, map[string]int{}
	}
	var due []store.Quoted
	err = q.in.store.View(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.DueQuoted(quotedPage)
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	var turn, later []store.Quoted
	busy := map[string]bool{}
	for _, one := range due {
		host, err := hostOf(one.URI)
		switch {
		case err != nil, one.Tries >= quotedTries, now.UnixMicro()-one.At > quotedWait.Microseconds():
			one.DueAt = 0
		case q.asked[host] >= quotedHourly:
			one.DueAt = q.since.Add(time.Hour).UnixMicro()
		case busy[host]:
			one.DueAt = now.Add(quotedPoll).UnixMicro() // behind what others wait for
		case len(turn) == quotedAtOnce:
			continue
		default:
			// The try is counted before, so that what kills the server does not do so for ever.
			one.Tries++
			busy[host] = true
			q.asked[host]++
			turn = append(turn, one)
		}
		later = append(later, one)
	}
	err = q.in.store.Update(ctx, func(tx *store.Tx) error {
		for _, one := range later {
			if err := tx.SaveQuoted(one); err != nil {
				return err
			}
		}
		_, err := tx.ForgetQuoted(now.Add(-quotedFor).UnixMicro(), quotedPage)
		return err
	})
	if err != nil {
		return false, err
	}
	var running sync.WaitGroup
	for _, one := range turn {
		running.Go(func() {
			if err := q.in.quoted(ctx, one); err != nil && ctx.Err() == nil {
				q.in.log.Error("quoted post", "address", one.URI, "error", err)
			}
		})
	}
	running.Wait()
	return len(turn) > 0, nil
}

// quoted fetches one, unless it came meanwhile, and notes how that went.
func (in *Inbox) quoted(ctx context.Context, q store.Quoted) error {
	known := false
	err := in.store.View(ctx, func(tx *store.Tx) error {
		_, err := tx.PostByURI(q.URI)
		if known = err == nil; circles.Is(err, circles.NotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	id := q.URI
	if !known {
		need := lacks{what: needObject, address: q.URI, errand: &errand{left: quotedObjects, aside: true}}
		id, err = in.met(ctx, need, true, 0)
	}
	if ctx.Err() != nil {
		return nil // its time comes again
	}
	q.DueAt = 0
	if err != nil {
		in.log.Debug("quoted post: not had", "address", q.URI, "error", err)
		if !permanent(err) && q.Tries < quotedTries {
			q.DueAt = in.now().Add(quotedAgain << (q.Tries - 1)).UnixMicro()
		}
	}
	return in.store.Update(ctx, func(tx *store.Tx) error {
		if err == nil && id != "" && id != q.URI {
			if err := tx.RenameQuoted(q.URI, id); err != nil {
				return err
			}
		}
		return tx.SaveQuoted(q)
	})
}
