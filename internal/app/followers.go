package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
)

// maxFollowRequests bounds those that are shown at once; the next ones come when these are answered.
const maxFollowRequests = 100

// FollowRequests returns who wants to follow a person that approves followers, the first to ask first.
func (a *App) FollowRequests(ctx context.Context, who circles.Viewer) ([]*circles.Actor, error) {
	var waiting []*circles.Actor
	if !who.SignedIn() {
		return nil, nil
	}
	err := a.view(ctx, "requests to follow", func(tx *store.Tx) (err error) {
		waiting, err = tx.PendingFollowers(who.Person.Actor(), maxFollowRequests)
		return err
	})
	return waiting, err
}

// AnswerFollower lets somebody follow who asked to, or refuses them; a refusal also puts out who follows
// already. Whom nothing is known of is no error: they may have gone meanwhile.
func (a *App) AnswerFollower(ctx context.Context, who circles.Viewer, follower circles.ActorID, accept bool) error {
	if !who.SignedIn() {
		return nil
	}
	return a.update(ctx, "answer follower", func(tx *store.Tx) error {
		f, err := tx.Following(follower, who.Person.Actor())
		if err != nil || f == nil || accept && f.State == circles.FollowActive {
			return err
		}
		if !accept {
			return endFollower(tx, f)
		}
		f.State = circles.FollowActive
		if f.FromSeq, err = sayAnswer(tx, circles.FollowAccepted, f); err != nil {
			return err
		}
		return tx.SaveFollow(f)
	})
}

// endFollower ends somebody's following of an actor of ours and tells them.
func endFollower(tx *store.Tx, f *circles.Follow) error {
	seq, err := sayAnswer(tx, circles.FollowRefused, f)
	if err != nil {
		return err
	}
	f.State, f.UntilSeq = circles.FollowOver, seq
	return tx.SaveFollow(f)
}
