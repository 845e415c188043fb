package federation

import (
	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"
)

// vote takes a Like, a Dislike, or an emoji reaction, which counts as a like. Votes on what is not
// here are let go: they are never worth a fetch.
func (in *Inbox) vote(tx *store.Tx, a act, value int) error {
	post, err := tx.PostByURI(in.site.URI(a.Object.ID))
	if err != nil {
		return err
	}
	if gone, err := in.buried(tx, a.ID, a.Actor); err != nil || gone {
		return err
	}
	voter, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceiveVote(tx, said(voter, a), post.ID, value, a.ID))
}

func (in *Inbox) unvote(tx *store.Tx, a act, inner *as.Envelope) error {
	post, err := tx.PostByURI(in.site.URI(inner.Object.ID))
	if circles.Is(err, circles.NotFound) {
		return in.bury(tx, inner.ID, a.Actor)
	}
	if err != nil {
		return err
	}
	voter, err := tx.ActorByURI(a.Actor)
	if circles.Is(err, circles.NotFound) {
		return in.bury(tx, inner.ID, a.Actor)
	}
	if err != nil {
		return err
	}
	v, err := tx.Vote(post.ID, circles.PersonID(voter.ID))
	if err != nil {
		return err
	}
	if v == nil {
		return in.bury(tx, inner.ID, a.Actor)
	}
	value := 1
	if inner.Type == "Dislike" {
		value = -1
	}
	return in.outcome(a)(in.app.ReceiveUnvote(tx, said(voter, a), post.ID, value))
}

// voter returns who votes.
func (in *Inbox) voter(tx *store.Tx, a act) (*circles.Actor, error) {
	if a.via == nil {
		return in.actorOf(tx, a.Actor)
	}
	return in.noted(tx, a.Actor)
}

// noted returns somebody whom a circle that we follow speaks of. It passes on the votes of people whom
// nobody here has met; asking each one's server for them would cost a fetch a vote, so they are noted
// by address alone until they say something.
func (in *Inbox) noted(tx *store.Tx, address string) (*circles.Actor, error) {
	known, err := tx.ActorByURI(address)
	if circles.Is(err, circles.NotFound) {
		return in.app.NotePerson(tx, address)
	}
	return known, err
}
