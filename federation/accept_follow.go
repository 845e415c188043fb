package federation

import (
	"context"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

// follow takes a Follow of a person or circle of ours. It is answered even when repeated, because the
// peer that repeats it has lost the first answer. // ActivityPub 7.5
func (in *Inbox) follow(tx *store.Tx, a act) error {
	if !in.site.Ours(a.Object.ID) {
		return circles.Errorf(circles.Invalid, "Nobody here can be followed as %s.", a.Object.ID)
	}
	follower, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	if gone, err := in.buried(tx, a, a.ID, a.Actor); err != nil || gone {
		return err
	}
	followee, err := tx.ActorByURI(in.site.URI(a.Object.ID))
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceiveFollow(tx, said(follower, a), followee.ID, a.ID, follower.DeliveryInbox()))
}

// acceptFollow takes the answer to a Follow of ours.
func (in *Inbox) acceptFollow(tx *store.Tx, a act) error {
	follower, followee, err := in.ourFollow(tx, a)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceiveAccept(tx, followee, follower))
}

// rejectFollow takes a refusal, or the removal of a follower of long standing. Rejects of anything
// else have nothing to undo here.
func (in *Inbox) rejectFollow(tx *store.Tx, a act) error {
	if a.Gate != nil {
		return in.gateAnswer(tx, a)
	}
	follower, followee, err := in.ourFollow(tx, a)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceiveReject(tx, followee, follower))
}

// ourFollow finds the Follow that is answered: embedded (Lemmy, Mastodon), or named by its id. Only
// who was followed may answer.
func (in *Inbox) ourFollow(tx *store.Tx, a act) (follower, followee circles.ActorID, err error) {
	nobody := circles.Errorf(circles.NotFound, "There is no such Follow.")
	answering, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return 0, 0, err
	}
	if inner, err := a.Object.Activity(); err == nil && inner.Type != "" {
		if inner.Type != "Follow" || inner.Object.ID != a.Actor || !in.site.Ours(inner.Actor) {
			return 0, 0, nobody
		}
		f, err := tx.ActorByURI(in.site.URI(inner.Actor))
		if err != nil {
			return 0, 0, err
		}
		return f.ID, answering.ID, nil
	}
	path, ours := strings.CutPrefix(in.site.URI(a.Object.ID), "/activity/")
	seq, err := strconv.ParseInt(path, 10, 64)
	if !ours || err != nil {
		return 0, 0, nobody
	}
	e, err := tx.Event(circles.Seq(seq))
	if err != nil {
		return 0, 0, err
	}
	if e.Kind != circles.FollowAsked {
		return 0, 0, nobody
	}
	f, err := tx.Follow(e.Object)
	if err != nil {
		return 0, 0, err
	}
	if f.Followee != answering.ID {
		return 0, 0, nobody
	}
	return f.Follower, f.Followee, nil
}

// move takes that an actor lives at another address now, as Mastodon says it: the actor itself says so,
// and the new address, which is asked, has to say that it was the old one. What a circle passes on
// of people who move, and of posts, is not read.
func (in *Inbox) move(tx *store.Tx, a act) error {
	if a.via != nil {
		return nil
	}
	if a.Object.ID != a.Actor || a.Target.ID == "" {
		return circles.Errorf(circles.Invalid, "Only who moves can say so, and must say where to.")
	}
	mover, err := tx.ActorByURI(a.Actor)
	if err != nil {
		return err
	}
	followed, err := tx.HasLocalFollower(mover.ID)
	if err != nil || !followed {
		return err
	}
	if in.site.Ours(a.Target.ID) {
		target, err := tx.ActorByURI(in.site.URI(a.Target.ID))
		if err != nil {
			return err
		}
		return in.outcome(a)(in.app.ReceiveMove(tx, mover.ID, target.ID))
	}
	return &lacks{what: needMove, address: a.Target.ID, circle: circles.CircleID(mover.ID)}
}

// moved asks the new address of an actor, and leads its followers there.
func (in *Inbox) moved(ctx context.Context, l lacks) error {
	target, err := in.fetchActor(ctx, l.address)
	if err != nil {
		return err
	}
	return in.store.Update(ctx, func(tx *store.Tx) error {
		o, err := in.app.ReceiveMove(tx, circles.ActorID(l.circle), target.ID)
		if err == nil && o.Result == app.Refused {
			return o.Refusal
		}
		return err
	})
}

// undo takes back a Follow, a vote or a Delete. What it names may be embedded or only named; for one
// that never came a tombstone is left, so that it comes to nothing when it does.
func (in *Inbox) undo(tx *store.Tx, a act) error {
	inner, err := a.Object.Activity()
	if err != nil {
		inner = &as.Envelope{ID: a.Object.ID}
	} else if inner.Actor != a.Actor && inner.Type != "Delete" && !isModeration(inner.Type) {
		return circles.Errorf(circles.Forbidden, "Only who did something can undo it.")
	}
	switch inner.Type {
	case "Follow":
		return in.unfollow(tx, a, inner)
	case "Like", "Dislike", "EmojiReact":
		return in.unvote(tx, a, inner)
	case "Delete":
		return in.undelete(tx, a, inner)
	case "Block":
		return in.block(tx, a, inner, false)
	case "Lock":
		return in.lock(tx, a, inner.Object.ID, false)
	case "":
		return in.undoNamed(tx, a)
	}
	return nil
}

func (in *Inbox) unfollow(tx *store.Tx, a act, inner *as.Envelope) error {
	follower, err := tx.ActorByURI(a.Actor)
	if circles.Is(err, circles.NotFound) {
		return in.bury(tx, inner.ID, a)
	}
	if err != nil {
		return err
	}
	followee, err := tx.ActorByURI(in.site.URI(inner.Object.ID))
	if err != nil {
		return err
	}
	f, err := tx.Following(follower.ID, followee.ID)
	if err != nil {
		return err
	}
	if f == nil {
		return in.bury(tx, inner.ID, a)
	}
	return in.outcome(a)(in.app.ReceiveUnfollow(tx, said(follower, a), followee.ID))
}

// undoNamed undoes by id alone, as some servers do with a Like: the vote is found by it.
func (in *Inbox) undoNamed(tx *store.Tx, a act) error {
	voter, err := tx.ActorByURI(a.Actor)
	if circles.Is(err, circles.NotFound) {
		return in.bury(tx, a.Object.ID, a)
	}
	if err != nil {
		return err
	}
	v, err := tx.VoteByURI(a.Object.ID, circles.PersonID(voter.ID))
	if err != nil {
		return err
	}
	if v != nil {
		return in.outcome(a)(in.app.ReceiveUnvote(tx, said(voter, a), v.Post, v.Value))
	}
	f, err := tx.FollowByURI(a.Object.ID, voter.ID)
	if err != nil {
		return err
	}
	if f != nil {
		return in.outcome(a)(in.app.ReceiveUnfollow(tx, said(voter, a), f.Followee))
	}
	return in.bury(tx, a.Object.ID, a)
}

// bury leaves a tombstone on the word of an actor. It counts only against what that same actor says:
// their neighbours on the same server must not be able to bury each other's. What a circle passes on
// leaves none for people of other servers.
func (in *Inbox) bury(tx *store.Tx, id string, a act) error {
	if id == "" || !fetch.SameHost(id, a.Actor) || a.via != nil && !fetch.SameHost(a.via.URI, a.Actor) {
		return nil
	}
	host, err := hostOf(a.Actor)
	if err != nil {
		return err
	}
	return tx.AddTombstone(grave(id, a.Actor), host)
}

// grave is the key of a tombstone.
func grave(id, actor string) string { return bounded(actor + " " + id) }

// buried reports whether something was undone or deleted by whose it is before it came.
func (in *Inbox) buried(tx *store.Tx, a act, id, actor string) (bool, error) {
	at := grave(id, actor)
	if at == a.grave {
		return a.buried, nil
	}
	by, err := tx.Tombstone(at)
	return by != "", err
}
