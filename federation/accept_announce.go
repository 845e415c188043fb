package federation

import (
	"errors"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// announced takes what a circle elsewhere passes on to its followers. // FEP-1b12
//
// Only a circle that somebody here follows is listened to. What it wraps is taken as it is where the
// inner actor lives on the circle's own server, which could say anything in its name anyway. Of
// others a Create, Update or Delete only says where to look: their own server is asked. Their votes
// are taken on trust, tallied in that circle alone.
func (in *Inbox) announced(tx *store.Tx, a act) error {
	if a.via != nil {
		return circles.Errorf(circles.Invalid, "An Announce within an Announce is not unwrapped.")
	}
	announcer, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	if announcer.Kind != circles.KindCircle {
		return nil // a person's boost
	}
	followed, err := tx.HasLocalFollower(announcer.ID)
	if err != nil {
		return err
	}
	if !followed {
		return circles.Errorf(circles.Forbidden, "Nobody here follows %s.", a.Actor)
	}
	circle, err := tx.Circle(circles.CircleID(announcer.ID))
	if err != nil {
		return err
	}
	if len(a.Objects) == 1 {
		return in.unwrap(tx, a, circle, a.Objects[0])
	}
	// PieFed announces votes by the batch. One that nobody here can use must not take the others with it.
	for _, o := range a.Objects {
		err := in.unwrap(tx, a, circle, o)
		var lacking *lacks
		if errors.As(err, &lacking) || refusedHere(err) {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *Inbox) unwrap(tx *store.Tx, a act, circle *circles.Circle, o as.Ref) error {
	if !o.Embedded() || isContentType(o.Type) {
		// The plain form names a post; NodeBB embeds it. Its own server says what it is.
		return in.announcedObject(tx, circle, o.ID, needObject)
	}
	inner, err := o.Activity()
	if err != nil {
		return err
	}
	if in.site.Ours(inner.Actor) {
		return in.tookOurs(tx, circle, inner) // what our own people sent to the circle comes back when it took it
	}
	if err := in.welcome(tx, inner.Actor); err != nil {
		return err
	}
	// What has the summary of a removal is a moderator's doing; the circle answers for it, and for
	// nothing that is not in it.
	sameServer := fetch.SameHost(inner.Actor, a.Actor)
	switch inner.Type {
	case "Like", "Dislike", "EmojiReact", "PollVote":
	case "Undo":
		undone, err := inner.Object.Activity()
		if err != nil {
			return nil
		}
		if !sameServer && !isVote(undone.Type) && !isModeration(undone.Type) && !(undone.Type == "Delete" && undone.HasSummary) {
			return in.announcedObject(tx, circle, undone.Object.ID, needFresh)
		}
	case "Create":
		if !sameServer {
			return in.announcedObject(tx, circle, inner.Object.ID, needObject)
		}
	case "Update":
		if inner.Object.Embedded() && !isContentType(inner.Object.Type) {
			return in.announcedActor(tx, inner)
		}
		if post, err := in.closes(tx, inner); err != nil {
			return err
		} else if post != nil {
			break // a moderator's, like a Lock
		}
		if !sameServer || !inner.Object.Embedded() {
			return in.announcedObject(tx, circle, inner.Object.ID, needFresh)
		}
	case "Delete":
		if !sameServer && !inner.HasSummary {
			return in.announcedObject(tx, circle, inner.Object.ID, needFresh)
		}
	case "Block", "Lock", "Add", "Remove", "Flag":
	default:
		return nil
	}
	if inner.ID != "" && !fetch.SameHost(inner.ID, inner.Actor) {
		return circles.Errorf(circles.Invalid, "The announced activity's id and its actor are on different servers.")
	}
	if inner.ID != "" {
		id := inner.ID
		if !sameServer {
			// The circle only says that this was said. Under its plain id it could have what a person really
			// says taken for a repetition.
			id = bounded(a.Actor + " " + inner.ID)
		}
		if _, fresh, err := tx.Admit(id, nil); err != nil || !fresh {
			return err
		}
	}
	return in.apply(tx, act{Envelope: inner, via: circle})
}

func isVote(kind string) bool { return kind == "Like" || kind == "Dislike" || kind == "EmojiReact" }

// announcedActor asks again for an actor that is said to have changed, if it is known here.
func (in *Inbox) announcedActor(tx *store.Tx, inner *as.Envelope) error {
	known, err := tx.ActorByURI(inner.Object.ID)
	if err != nil {
		return err
	}
	if known.Local() || known.Inbox == "" {
		return nil
	}
	return &lacks{what: needRenew, address: known.URI}
}

// announcedObject asks for an object that a circle named, unless a Create is meant that is here
// already.
func (in *Inbox) announcedObject(tx *store.Tx, circle *circles.Circle, address, what string) error {
	if address == "" || in.site.Ours(address) {
		return nil
	}
	_, err := posted(tx, address)
	if err == nil && what == needObject {
		return nil
	}
	if err != nil && !circles.Is(err, circles.NotFound) {
		return err
	}
	if err != nil && what == needFresh {
		return nil // a change of something that never was here
	}
	return &lacks{what: what, address: address, circle: circle.CircleID()}
}

// welcome refuses what comes from a blocked server by way of another. // CVE-2026-23961
func (in *Inbox) welcome(tx *store.Tx, address string) error {
	host, err := hostOf(address)
	if err != nil {
		return err
	}
	blocked, err := tx.PeerBlocked(host)
	if err == nil && blocked {
		err = circles.Errorf(circles.Forbidden, "The server %s is blocked here.", host)
	}
	return err
}

// isContentType tells posts and comments from activities.
func isContentType(t string) bool {
	switch t {
	case "Page", "Note", "Article", "Question", "Video", "Event", "Image", "Audio", "Document", "ChatMessage":
		return true
	}
	return false
}
