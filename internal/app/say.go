package app

import (
	"halqa/circles"
	"halqa/internal/store"
)

// A change is something that happened to a post, as the log has to tell it.
type change struct {
	kind   circles.EventKind
	at     place
	author *circles.Actor // of the post
	detail circles.EventDetail
	undoes circles.EventKind // the kind of the entry that this one undoes; "" = it undoes none
	to     []string          // inboxes that the author's own entry names beside the usual ones
}

// sayWritten appends the entries of what an author did: their own, if they are ours, and then the
// circle's, if it is ours. Nothing leaves the instance from a circle that is not federated: its one
// entry is in the circle's stream, which only local people follow, and names no inbox.
func sayWritten(tx *store.Tx, ch change) (author, circle circles.Seq, err error) {
	p, c := ch.at.post, ch.at.circle
	e := circles.Event{Kind: ch.kind, OrderKey: int64(p.Root), Object: int64(p.ID), Detail: ch.detail}
	if ch.author.Local() && (c == nil || c.Visibility.Federated()) {
		own := e
		own.Stream, own.Signer = ch.author.ID, ch.author.ID
		if own.Detail.Of, err = undone(tx, p.ID, ch.undoes, own.Signer); err != nil {
			return 0, 0, err
		}
		if own.To, err = addressees(tx, p, c); err != nil {
			return 0, 0, err
		}
		own.To = append(own.To, ch.to...)
		if author, err = tx.AppendEvent(own); err != nil {
			return 0, 0, err
		}
	}
	if c != nil && c.Local() {
		e.Stream, e.Signer = c.ID, c.ID
		if e.Detail.Of = author; author == 0 {
			if e.Detail.Of, err = undone(tx, p.ID, ch.undoes, e.Signer); err != nil {
				return 0, 0, err
			}
		}
		if circle, err = tx.AppendEvent(e); err != nil {
			return 0, 0, err
		}
	}
	if author == 0 && circle == 0 {
		return 0, 0, sayHere(tx, ch)
	}
	return author, circle, nil
}

// sayHere appends an entry about what others said in a circle of others. It is in no stream and names no
// inbox, and nobody signs it, so nothing is sent for it and it has no address; who follows the log here,
// for search and for notifications, has to know.
func sayHere(tx *store.Tx, ch change) error {
	_, err := tx.AppendEvent(circles.Event{Kind: ch.kind, OrderKey: int64(ch.at.post.Root), Object: int64(ch.at.post.ID),
		Detail: circles.EventDetail{Actor: ch.detail.Actor, Past: ch.detail.Past}})
	return err
}

// sayModerated appends the entry of what a moderator did to a post in a circle of ours.
func sayModerated(tx *store.Tx, ch change) error {
	p, c := ch.at.post, ch.at.circle
	of, err := undone(tx, p.ID, ch.undoes, c.ID)
	if err != nil {
		return err
	}
	ch.detail.Of = of
	_, err = tx.AppendEvent(circles.Event{Kind: ch.kind, Stream: c.ID, Signer: c.ID,
		OrderKey: int64(p.Root), Object: int64(p.ID), Detail: ch.detail})
	return err
}

// undone returns the entry that is undone, 0 if none is or the log no longer has it.
func undone(tx *store.Tx, post circles.PostID, kind circles.EventKind, signer circles.ActorID) (circles.Seq, error) {
	if kind == "" {
		return 0, nil
	}
	return tx.LastEntry(int64(post), kind, signer)
}

// addressees are the inboxes that an author's words go to beside their followers': those of the
// people it names; the circle's, which passes it on; and in a circle of ours or none, that of who is
// answered.
func addressees(tx *store.Tx, p *circles.Post, c *circles.Circle) ([]string, error) {
	people, err := tx.Mentions(p.ID)
	if err != nil {
		return nil, err
	}
	if c != nil && !c.Local() {
		people = append(people, &c.Actor)
	} else if p.Parent != 0 {
		parent, err := tx.Post(p.Parent)
		if err != nil {
			return nil, err
		}
		answered, err := tx.Actor(parent.Author.Actor())
		if err != nil {
			return nil, err
		}
		people = append(people, answered)
	}
	var inboxes []string
	for _, a := range people {
		inboxes = addInbox(inboxes, a)
	}
	return inboxes, nil
}

// addInbox appends where an actor's copy goes, if they are elsewhere and still there.
func addInbox(inboxes []string, a *circles.Actor) []string {
	inbox := a.DeliveryInbox()
	if a.Local() || inbox == "" || a.DeletedAt != 0 || a.SuspendedAt != 0 {
		return inboxes
	}
	for _, have := range inboxes {
		if have == inbox {
			return inboxes
		}
	}
	return append(inboxes, inbox)
}
