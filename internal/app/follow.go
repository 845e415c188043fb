package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// Follow lets a local person follow a person, here or elsewhere, and reports how far that got. A
// circle is followed by joining it.
func (a *App) Follow(ctx context.Context, who circles.Viewer, target circles.ActorID) (circles.FollowState, error) {
	var state circles.FollowState
	var circle circles.CircleID
	err := a.update(ctx, "follow", func(tx *store.Tx) error {
		state, circle = "", 0
		t, err := tx.Actor(target)
		if err != nil {
			return err
		}
		if t.Kind == circles.KindCircle {
			circle = circles.CircleID(t.ID)
			return nil
		}
		d, err := allow(tx, standing.Question{Who: who, Action: standing.Follow, Person: t})
		if err != nil {
			return err
		}
		if err := standing.Acted(tx, d.Actor); err != nil {
			return err
		}
		me := who.Person.Actor()
		f, err := tx.Following(me, target)
		if err != nil {
			return err
		}
		switch {
		case f != nil:
			state = f.State
			return nil
		case !t.Local():
			state = circles.FollowPending
			return ask(tx, me, t)
		case t.Locked:
			state = circles.FollowPending
			return tx.AddFollow(&circles.Follow{ID: tx.NewID(), Follower: me, Followee: target, State: state, At: tx.Now()})
		}
		state = circles.FollowActive
		_, last, err := tx.LogEnds()
		if err != nil {
			return err
		}
		if err := followHere(tx, me, target, last); err != nil {
			return err
		}
		if f, err = tx.Following(me, target); err != nil {
			return err
		}
		_, err = sayAnswer(tx, circles.FollowAccepted, f) // to no inbox
		return err
	})
	if err != nil || circle == 0 {
		return state, err
	}
	role, err := a.Join(ctx, who, circle)
	if role.Member() {
		return circles.FollowActive, err
	}
	return circles.FollowPending, err
}

// Unfollow ends it; what is not followed is no error.
func (a *App) Unfollow(ctx context.Context, who circles.Viewer, target circles.ActorID) error {
	var circle circles.CircleID
	err := a.update(ctx, "unfollow", func(tx *store.Tx) error {
		circle = 0
		t, err := tx.Actor(target)
		if err != nil {
			return err
		}
		if t.Kind == circles.KindCircle {
			circle = circles.CircleID(t.ID)
			return nil
		}
		if !who.SignedIn() {
			_, err := allow(tx, standing.Question{Who: who, Action: standing.Follow, Person: t})
			return err
		}
		if !t.Local() {
			return unask(tx, who.Person.Actor(), t)
		}
		_, last, err := tx.LogEnds()
		if err != nil {
			return err
		}
		return unfollowHere(tx, who.Person.Actor(), target, last)
	})
	if err != nil || circle == 0 {
		return err
	}
	return a.Leave(ctx, who, circle)
}

// ask asks an actor elsewhere to let one of ours follow them. Who was asked already is asked again,
// for the first question may have been lost.
func ask(tx *store.Tx, follower circles.ActorID, target *circles.Actor) error {
	f, err := tx.Following(follower, target.ID)
	if err != nil || f != nil && f.State == circles.FollowActive {
		return err
	}
	again := f != nil
	if !again {
		f = &circles.Follow{ID: tx.NewID(), Follower: follower, Followee: target.ID, State: circles.FollowPending, At: tx.Now()}
	}
	seq, err := tx.AppendEvent(circles.Event{Kind: circles.FollowAsked, Signer: follower,
		OrderKey: circles.PairKey(int64(follower), int64(target.ID)), Object: f.ID,
		Detail: circles.EventDetail{Actor: follower}, To: addInbox(nil, target)})
	if err != nil {
		return err
	}
	// The log forgets after a week; an Undo must still be able to say what it undoes.
	f.FromSeq = seq
	if again {
		return tx.SaveFollow(f)
	}
	return tx.AddFollow(f)
}

// unask ends the following of an actor elsewhere, asked or granted.
func unask(tx *store.Tx, follower circles.ActorID, target *circles.Actor) error {
	f, err := tx.Following(follower, target.ID)
	if err != nil || f == nil {
		return err
	}
	f.State = circles.FollowOver
	f.UntilSeq, err = tx.AppendEvent(circles.Event{Kind: circles.FollowEnded, Signer: follower,
		OrderKey: circles.PairKey(int64(follower), int64(target.ID)), Object: f.ID,
		Detail: circles.EventDetail{Actor: follower, Of: f.FromSeq}, To: addInbox(nil, target)})
	if err != nil {
		return err
	}
	return tx.SaveFollow(f)
}

// followHere lets a local person follow a local actor, who is not asked.
func followHere(tx *store.Tx, follower, followee circles.ActorID, from circles.Seq) error {
	f, err := tx.Following(follower, followee)
	if err != nil || f != nil {
		return err
	}
	return tx.AddFollow(&circles.Follow{ID: tx.NewID(), Follower: follower, Followee: followee, State: circles.FollowActive,
		At: tx.Now(), FromSeq: from})
}

func unfollowHere(tx *store.Tx, follower, followee circles.ActorID, until circles.Seq) error {
	f, err := tx.Following(follower, followee)
	if err != nil || f == nil {
		return err
	}
	f.State, f.UntilSeq = circles.FollowOver, until
	return tx.SaveFollow(f)
}

// putOut ends a remote person's following of an actor of ours and tells their instance.
func putOut(tx *store.Tx, follower, followee circles.ActorID) error {
	f, err := tx.Following(follower, followee)
	if err != nil || f == nil {
		return err
	}
	f.State = circles.FollowOver
	if f.UntilSeq, err = sayAnswer(tx, circles.FollowRefused, f); err != nil {
		return err
	}
	return tx.SaveFollow(f)
}

// sayAnswer appends the answer of an actor of ours to a Follow.
func sayAnswer(tx *store.Tx, kind circles.EventKind, f *circles.Follow) (circles.Seq, error) {
	e := circles.Event{Kind: kind, Signer: f.Followee, OrderKey: circles.PairKey(int64(f.Follower), int64(f.Followee)),
		Object: f.ID, Detail: circles.EventDetail{Actor: f.Follower, URI: f.URI}}
	if f.Inbox != "" {
		e.To = []string{f.Inbox}
	}
	return tx.AppendEvent(e)
}
