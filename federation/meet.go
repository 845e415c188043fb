package federation

import (
	"context"
	"errors"
	"net/http"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

const (
	maxParents    = 20               // a longer chain of answers to unknown answers is not followed
	fetchPatience = 30 * time.Second // for one activity with all that it needs
)

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
	_, err := in.met(ctx, l, false, depth)
	return err
}

// met is meet; it returns the id of the post or comment that was fetched, as its own server has it.
// asked says that somebody here wants it.
func (in *Inbox) met(ctx context.Context, l lacks, asked bool, depth int) (id string, err error) {
	if depth > maxParents {
		return "", circles.Errorf(circles.Invalid, "The thread leads through too many unknown comments.")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	switch l.what {
	case needActor, needRenew:
		_, err := in.fetchActor(ctx, l.address)
		return "", err
	case needMove:
		return "", in.moved(ctx, l)
	case needObject, needParent, needFresh:
		return in.fetchPost(ctx, l, asked, depth)
	}
	return "", circles.Errorf(circles.Invalid, "Nothing is known about a need of kind %q.", l.what)
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
	described, err := in.describe(doc)
	if err != nil {
		return nil, err
	}
	var before, kept *circles.Actor
	err = in.store.Update(ctx, func(tx *store.Tx) error {
		var err error
		if before, err = tx.ActorByURI(doc.ID); err != nil && !circles.Is(err, circles.NotFound) {
			return err
		}
		kept, err = in.keep(tx, described)
		return err
	})
	if err == nil && before != nil && before.PublicKey != kept.PublicKey {
		in.keys.forget(before.KeyID)
	}
	return kept, err
}

// fetchPost brings a post or comment from its own server, with the author and the parents that it
// needs. With needFresh it also takes over what changed, and that it is gone.
func (in *Inbox) fetchPost(ctx context.Context, l lacks, asked bool, depth int) (id string, err error) {
	if err := in.mayAsk(ctx, l.address); err != nil {
		return "", err
	}
	if err := l.errand.spend(); err != nil {
		return "", err
	}
	body, err := in.fetcher.get(ctx, l.address)
	if l.what == needFresh && isGone(err) {
		return l.address, in.vanished(ctx, l.address)
	}
	gone := err
	if err != nil && (l.what != needParent || body == nil) {
		return "", err
	}
	c, err := as.ParseContent(body)
	if err != nil {
		return "", err
	}
	if c.Type == "Tombstone" && c.ID == l.address {
		switch l.what {
		case needFresh:
			return l.address, in.vanished(ctx, l.address)
		case needParent:
			return l.address, in.absent(ctx, c, l, len(body), depth)
		}
	}
	if gone != nil {
		return "", gone
	}
	if !isContentType(c.Type) {
		// Some servers announce the activity: what it created is fetched itself.
		wrapped, err := as.Parse(body)
		if err != nil {
			return "", err
		}
		if isVote(wrapped.Type) && l.circle != 0 {
			return wrapped.ID, in.countNamed(ctx, wrapped, l)
		}
		if wrapped.Type != "Create" || wrapped.Object.ID == "" || wrapped.Object.ID == l.address {
			return "", circles.Errorf(circles.Invalid, "What lies at %s is neither a post nor a comment.", l.address)
		}
		l.address = wrapped.Object.ID
		return in.met(ctx, l, asked, depth+1)
	}
	if c.IsPollVote() {
		return "", circles.Errorf(circles.Invalid, "What lies at %s is a vote in a poll.", l.address)
	}
	a := act{Envelope: &as.Envelope{Actor: c.AttributedTo, To: c.To, CC: c.CC, Audience: c.Audience}, asked: asked, past: l.errand != nil}
	if err := authored(c, a); err != nil {
		return "", err
	}
	a.content, a.post = c, in.prepared(c)
	a.post.Aside = l.errand != nil && l.errand.aside
	err = in.settle(ctx, a, l, depth)
	if err == nil && l.errand != nil {
		l.errand.read = c
	}
	return c.ID, err
}

// countNamed counts a vote that a circle elsewhere passed on by its address alone, as Mbin does
// (Outbox/AnnounceLikeHandler.php). Unlike one that is embedded, its voter's own server says it.
func (in *Inbox) countNamed(ctx context.Context, vote *as.Envelope, l lacks) error {
	if vote.ID != l.address || !fetch.SameHost(vote.ID, vote.Actor) {
		return circles.Errorf(circles.Invalid, "The vote at %s is not one of its own server.", l.address)
	}
	err := in.store.Update(ctx, func(tx *store.Tx) error {
		via, err := tx.Circle(l.circle)
		if err != nil {
			return err
		}
		if _, fresh, err := tx.Admit(bounded(via.URI+" "+vote.ID), nil); err != nil || !fresh {
			return err
		}
		return in.apply(tx, act{Envelope: vote, via: via})
	})
	var lacking *lacks
	if errors.As(err, &lacking) {
		return circles.Errorf(circles.NotFound, "What the vote at %s is on is not here yet.", l.address)
	}
	return err
}

// settle stores what was fetched, once all that it needs is here too.
func (in *Inbox) settle(ctx context.Context, a act, l lacks, depth int) error {
	had := map[string]bool{l.String(): true}
	for {
		err := in.store.Update(ctx, func(tx *store.Tx) error {
			if l.circle != 0 {
				var err error
				if a.via, err = tx.Circle(l.circle); err != nil {
					return err
				}
			}
			known, err := posted(tx, a.content.ID)
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
		if had[more.String()] {
			// It was fetched and is still not here: it is private, deleted, refused, or its own parent.
			return circles.Errorf(circles.Invalid, "What %s needs cannot be had.", a.content.ID)
		}
		had[more.String()] = true
		more.errand = l.errand
		if err := in.meet(ctx, *more, depth+1); err != nil {
			return err
		}
	}
}

// vanished deletes what its own server no longer has.
func (in *Inbox) vanished(ctx context.Context, address string) error {
	return in.store.Update(ctx, func(tx *store.Tx) error {
		known, err := posted(tx, address)
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
