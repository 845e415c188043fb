package federation

import (
	"sync"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"

	"golang.org/x/time/rate"
)

// vote takes a Like, a Dislike, or an emoji reaction, which counts as a like. Votes on what is not
// here are let go: they are never worth a fetch.
func (in *Inbox) vote(tx *store.Tx, a act, value int) error {
	post, err := in.votedOn(tx, a, a.Object.ID)
	if circles.Is(err, circles.NotFound) {
		// Lemmy sends an author's own like right behind the post, which may still be on its way here.
		key := bounded(a.Object.ID)
		waits, err := tx.IsParked(key)
		if err != nil {
			return err
		}
		if waits {
			return &lacks{behind: key}
		}
	}
	if err != nil {
		return err
	}
	if gone, err := in.buried(tx, a, a.ID, a.Actor); err != nil || gone {
		return err
	}
	voter, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceiveVote(tx, said(voter, a), post.ID, value, a.ID))
}

func (in *Inbox) unvote(tx *store.Tx, a act, inner *as.Envelope) error {
	post, err := in.votedOn(tx, a, inner.Object.ID)
	if circles.Is(err, circles.NotFound) {
		return in.bury(tx, inner.ID, a)
	}
	if err != nil {
		return err
	}
	voter, err := tx.ActorByURI(a.Actor)
	if circles.Is(err, circles.NotFound) {
		return in.bury(tx, inner.ID, a)
	}
	if err != nil {
		return err
	}
	v, err := tx.Vote(post.ID, circles.PersonID(voter.ID))
	if err != nil {
		return err
	}
	if v == nil {
		return in.bury(tx, inner.ID, a)
	}
	value := 1
	if inner.Type == "Dislike" {
		value = -1
	}
	return in.outcome(a)(in.app.ReceiveUnvote(tx, said(voter, a), post.ID, value))
}

// votedOn returns the post or comment that a vote is on. A circle elsewhere tallies what is in it, and
// nothing else: it must not be able to vote here in everybody's name.
func (in *Inbox) votedOn(tx *store.Tx, a act, address string) (*circles.Post, error) {
	post, err := tx.PostByURI(in.site.URI(address))
	if err == nil && a.via != nil && post.Circle != a.via.CircleID() {
		err = circles.Errorf(circles.Forbidden, "A circle passes on only votes on what is in it.")
	}
	return post, err
}

// voter returns who votes.
func (in *Inbox) voter(tx *store.Tx, a act) (*circles.Actor, error) {
	if a.via == nil {
		return in.actorOf(tx, a.Actor)
	}
	return in.noted(tx, a.Actor, a.via)
}

// noted returns somebody whom a circle that we follow speaks of. It passes on the votes of people whom
// nobody here has met; asking each one's server for them would cost a fetch a vote, so they are noted
// by address alone until they say something.
func (in *Inbox) noted(tx *store.Tx, address string, via *circles.Circle) (*circles.Actor, error) {
	known, err := tx.ActorByURI(address)
	if !circles.Is(err, circles.NotFound) {
		return known, err
	}
	if err := in.welcome(tx, address); err != nil {
		return nil, err
	}
	if !in.strange.may(via) {
		return nil, circles.Errorf(circles.Forbidden, "%s speaks of too many people whom nobody knows.", via.URI)
	}
	return in.app.NotePerson(tx, address)
}

const (
	notedBurst = 20_000 // people whom one server's circles may make known at once; a large one has about as many voters
	notedRate  = 1      // a second after that; each leaves a row for ever
	notedHosts = 4096
)

// noting bounds how many people the circles of each server can invent. It is safe for concurrent use.
type noting struct {
	now func() time.Time

	mu    sync.Mutex
	hosts map[string]*rate.Limiter
}

func (n *noting) may(via *circles.Circle) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	limit := n.hosts[via.Host]
	if limit == nil {
		if n.hosts == nil || len(n.hosts) >= notedHosts { // more than there are servers with circles worth following
			n.hosts = map[string]*rate.Limiter{}
		}
		limit = rate.NewLimiter(notedRate, notedBurst)
		n.hosts[via.Host] = limit
	}
	return limit.AllowN(n.now(), 1)
}
