package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

const (
	backfillPosts   = 20  // of an outbox: what Lemmy shows of its own, and a full page here
	backfillObjects = 200 // posts and comments asked for in all
	backfillPages   = 10  // of one collection
	backfillDepth   = 5   // of answers to answers, where a server has no collection of the thread

	backfillAtOnce   = 4                // pasts fetched at a time, one of a host
	backfillPatience = 20 * time.Minute // for one; a request may take half a minute
	backfillPoll     = 15 * time.Second
	backfillTries    = 5
	backfillAgain    = 5 * time.Minute // after the first failure; doubled with each

	// maxSilent is after how many failures in a row a host is asked for nothing more.
	maxSilent = 3
)

// errEnough says that an errand has fetched as much as it may.
var errEnough = circles.Errorf(circles.Limited, "Enough was fetched.")

// An errand bounds the fetches that one wish leads to. It is used by one goroutine.
type errand struct {
	left int         // posts and comments that may still be asked for
	read *as.Content // the last that was stored

	aside bool // for a card: what is quoted there is not fetched in turn
}

// spend counts one fetch. A nil errand has no bounds of its own.
func (e *errand) spend() error {
	if e == nil {
		return nil
	}
	if e.left == 0 {
		return errEnough
	}
	e.left--
	return nil
}

// Backfill fetches what circles and people elsewhere wrote before anybody here followed them, until
// ctx ends: once each, at the first follower. One server of an instance does so at a time. What was
// begun when it ended begins again: what is here already is not asked for twice.
func (in *Inbox) Backfill(ctx context.Context) error {
	tick := time.NewTicker(backfillPoll)
	defer tick.Stop()
	b := &backfills{in: in, done: make(chan struct{}, 1), busy: map[circles.ActorID]bool{}, hosts: map[string]bool{}}
	defer b.running.Wait()
	for {
		if err := b.sweep(ctx); err != nil && ctx.Err() == nil {
			in.log.Error("backfill", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-in.past:
		case <-b.done:
		case <-tick.C:
		}
	}
}

// backfillDue fetches what is due now, once, and waits until that is done.
func (in *Inbox) backfillDue(ctx context.Context) error {
	b := &backfills{in: in, done: make(chan struct{}, 1), busy: map[circles.ActorID]bool{}, hosts: map[string]bool{}}
	err := b.sweep(ctx)
	b.running.Wait()
	return err
}

// backfills are those under way. Politeness is one at a time to a host, which asks for one thing after
// another.
type backfills struct {
	in      *Inbox
	done    chan struct{}
	running sync.WaitGroup

	mu    sync.Mutex
	busy  map[circles.ActorID]bool
	hosts map[string]bool
}

func (b *backfills) sweep(ctx context.Context) error {
	var due []store.Backfill
	of := map[circles.ActorID]*circles.Actor{}
	err := b.in.store.View(ctx, func(tx *store.Tx) error {
		clear(of)
		var err error
		if due, err = tx.DueBackfills(64); err != nil {
			return err
		}
		for _, d := range due {
			if of[d.Actor], err = tx.Actor(d.Actor); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range due {
		b.begin(ctx, d, of[d.Actor])
	}
	return nil
}

func (b *backfills) begin(ctx context.Context, d store.Backfill, of *circles.Actor) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy[of.ID] || b.hosts[of.Host] || len(b.busy) >= backfillAtOnce {
		return // its turn comes when another is done
	}
	b.busy[of.ID], b.hosts[of.Host] = true, true
	b.running.Go(func() {
		if err := b.in.backfill(ctx, d, of); err != nil && ctx.Err() == nil {
			b.in.log.Error("backfill", "of", of.URI, "error", err)
		}
		b.mu.Lock()
		delete(b.busy, of.ID)
		delete(b.hosts, of.Host)
		b.mu.Unlock()
		select {
		case b.done <- struct{}{}:
		default:
		}
	})
}

// backfill fetches one actor's past and notes how that went. The try is counted before, so that a past
// which kills the server does not do so for ever.
func (in *Inbox) backfill(ctx context.Context, d store.Backfill, of *circles.Actor) error {
	save := func() error {
		return in.store.Update(ctx, func(tx *store.Tx) error { return tx.SaveBackfill(d) })
	}
	if d.Tries >= backfillTries || of.Outbox == "" || of.DeletedAt != 0 || of.SuspendedAt != 0 {
		d.DueAt = 0
		return save()
	}
	d.Tries++
	if err := save(); err != nil {
		return err
	}
	work := &past{in: in, of: of, errand: &errand{left: backfillObjects}, seen: map[string]bool{}, silent: map[string]int{}}
	if of.Kind == circles.KindCircle {
		work.circle = circles.CircleID(of.ID)
	}
	limited, cancel := context.WithTimeout(ctx, backfillPatience)
	defer cancel()
	err := work.fetch(limited)
	if ctx.Err() != nil {
		return nil // it stays due
	}
	d.DueAt = 0
	d.Fetched += backfillObjects - work.errand.left
	if err != nil {
		in.log.Debug("backfill: failed", "of", of.URI, "error", err)
		if !permanent(err) && d.Tries < backfillTries {
			d.DueAt = in.now().Add(backfillAgain << (d.Tries - 1)).UnixMicro()
		}
	}
	return save()
}

// A past is one actor's, being fetched.
type past struct {
	in     *Inbox
	of     *circles.Actor
	circle circles.CircleID // 0 = a person's
	errand *errand
	seen   map[string]bool // addresses that were dealt with
	silent map[string]int  // failures in a row, by host
}

// fetch brings the newest posts of the outbox, and for a circle what was answered to them. It fails
// only where the outbox cannot be had: what one post lacks, the others need not.
func (p *past) fetch(ctx context.Context) error {
	var posts []*as.Content
	n := 0
	err := p.each(ctx, as.Ref{ID: p.of.Outbox}, func(host string, o as.Ref) error {
		o, ok := p.entry(o, false)
		if !ok || p.seen[o.ID] {
			return nil
		}
		c, err := p.take(ctx, host, o)
		if err != nil {
			return err
		}
		if c != nil {
			posts = append(posts, c)
		}
		if n++; n == backfillPosts {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) && (len(posts) == 0 || ctx.Err() != nil) {
		return err
	}
	if p.circle == 0 {
		return nil
	}
	for _, c := range posts {
		if err := p.thread(ctx, c); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// entry finds the post that an entry of an outbox is about: named, embedded, in a Create, or passed
// on by a circle in any of these forms. What a person passes on is somebody else's.
func (p *past) entry(o as.Ref, wrapped bool) (as.Ref, bool) {
	if !o.Embedded() || isContentType(o.Type) {
		return o, o.ID != ""
	}
	a, err := o.Activity()
	if err != nil {
		return as.Ref{}, false
	}
	switch a.Type {
	case "Announce":
		if p.circle != 0 && !wrapped {
			return p.entry(a.Object, true)
		}
	case "Create":
		return a.Object, a.Object.ID != ""
	}
	return as.Ref{}, false
}

// take stores one post or comment, and returns it if it is here now. An embedded copy counts where
// the server that gave it is its own; for all others their own server is asked. The errors are those that
// end the errand.
func (p *past) take(ctx context.Context, host string, o as.Ref) (*as.Content, error) {
	if p.seen[o.ID] || p.in.site.Ours(o.ID) {
		return nil, nil
	}
	p.seen[o.ID] = true
	from, err := hostOf(o.ID)
	if err != nil || p.silent[from] >= maxSilent {
		return nil, nil
	}
	p.errand.read = nil
	need := lacks{what: needObject, address: o.ID, circle: p.circle, errand: p.errand}
	if o.Embedded() && from == host && isContentType(o.Type) {
		err = p.embedded(ctx, o, need)
	} else {
		_, err = p.in.met(ctx, need, false, 0)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errEnough):
		return nil, err
	case err != nil && permanent(err):
		p.in.log.Debug("backfill: not taken", "address", o.ID, "error", err)
		return nil, nil
	case err != nil:
		p.silent[from]++
		return nil, nil
	}
	p.silent[from] = 0
	c := p.errand.read
	if c == nil {
		return nil, nil
	}
	here := false
	err = p.in.store.View(ctx, func(tx *store.Tx) error {
		known, err := tx.PostByURI(c.ID)
		if circles.Is(err, circles.NotFound) {
			return nil
		}
		here = err == nil && known.Circle == p.circle
		return err
	})
	if err != nil || !here {
		return nil, err
	}
	p.seen[c.ID] = true
	return c, nil
}

func (p *past) embedded(ctx context.Context, o as.Ref, need lacks) error {
	if err := p.in.mayAsk(ctx, o.ID); err != nil {
		return err
	}
	if err := p.errand.spend(); err != nil {
		return err
	}
	c, err := o.Content()
	if err != nil {
		return err
	}
	a := act{Envelope: &as.Envelope{Actor: c.AttributedTo, To: c.To, CC: c.CC, Audience: c.Audience}, past: true}
	if err := authored(c, a); err != nil {
		return err
	}
	a.content, a.post = c, p.in.prepared(c)
	if err := p.in.settle(ctx, a, need, 0); err != nil {
		return err
	}
	p.errand.read = c
	return nil
}

// thread brings the answers to a post: from the collection of its whole thread where there is one
// (FEP-7888, FEP-f228), else from those of each answer in turn.
func (p *past) thread(ctx context.Context, root *as.Content) error {
	if fetch.SameHost(root.Context, root.ID) || fetch.SameHost(root.Context, p.of.URI) {
		n := 0
		err := p.each(ctx, as.Ref{ID: root.Context}, func(host string, o as.Ref) error {
			o, ok := p.entry(o, false)
			if !ok {
				return nil
			}
			n++
			_, err := p.take(ctx, host, o)
			return err
		})
		if ends(ctx, err) {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	level := []*as.Content{root}
	for range backfillDepth {
		var next []*as.Content
		for _, c := range level {
			if !c.Answers.Embedded() && !fetch.SameHost(c.Answers.ID, c.ID) {
				continue
			}
			home, err := hostOf(c.ID)
			if err != nil {
				continue
			}
			err = p.eachFrom(ctx, home, c.Answers, func(host string, o as.Ref) error {
				o, ok := p.entry(o, false)
				if !ok {
					return nil
				}
				answer, err := p.take(ctx, host, o)
				if answer != nil {
					next = append(next, answer)
				}
				return err
			})
			if ends(ctx, err) {
				return err
			}
		}
		level = next
	}
	return nil
}

// ends reports whether an error ends the whole errand, rather than one collection.
func ends(ctx context.Context, err error) bool { return ctx.Err() != nil || errors.Is(err, errEnough) }

// each calls do for the members of a collection in its order, with the host that gave them.
func (p *past) each(ctx context.Context, at as.Ref, do func(host string, o as.Ref) error) error {
	host, err := hostOf(at.ID)
	if err != nil {
		return err
	}
	return p.eachFrom(ctx, host, at, do)
}

// eachFrom is each for a collection that may be embedded in what host gave. Pages are read as they lie
// on that host, each once.
func (p *past) eachFrom(ctx context.Context, host string, at as.Ref, do func(host string, o as.Ref) error) error {
	read := map[string]bool{}
	var c *as.Collection
	var err error
	if at.Embedded() {
		c, err = at.Collection()
	} else {
		c, err = p.page(ctx, host, at.ID, read)
	}
	for range backfillPages {
		if err != nil || c == nil {
			return err
		}
		for _, o := range c.Items {
			if err := do(host, o); err != nil {
				return err
			}
		}
		next := as.Ref{ID: c.Next}
		if len(c.Items) == 0 && c.Next == "" {
			next = c.First
		}
		if next.Embedded() {
			c, err = next.Collection()
		} else {
			c, err = p.page(ctx, host, next.ID, read)
		}
	}
	return err
}

// page fetches a collection or a page of one; nil if there is none that is still to be read.
func (p *past) page(ctx context.Context, host, address string, read map[string]bool) (*as.Collection, error) {
	if at, err := hostOf(address); address == "" || err != nil || at != host || read[address] || p.silent[host] >= maxSilent {
		return nil, nil
	}
	read[address] = true
	if err := p.in.mayAsk(ctx, address); err != nil {
		return nil, err
	}
	one, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	c, err := p.in.fetcher.collection(one, address)
	if err != nil {
		return nil, fmt.Errorf("collection %s: %w", address, err)
	}
	if slices.Contains([]string{"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}, c.Type) {
		return c, nil
	}
	return nil, circles.Errorf(circles.Invalid, "What lies at %s is no collection.", address)
}
