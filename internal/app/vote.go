package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// Vote sets a person's vote on a post or comment: 1, -1, or 0 for none. Voting the same again
// changes nothing. It returns the post with its new counts.
func (a *App) Vote(ctx context.Context, who circles.Viewer, id circles.PostID, value int) (*circles.Post, error) {
	if value < -1 || value > 1 {
		return nil, circles.FieldErrorf(circles.Invalid, "value", "A vote must be 1, -1 or 0, not %d.", value)
	}
	var voted *circles.Post
	err := a.update(ctx, "vote", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		d, err := allow(tx, at.question(who, voteAction(value)))
		if err != nil {
			return err
		}
		voted = at.post
		changed, err := setVote(tx, at, d.Actor, circles.Vote{Value: value}, 0)
		if err != nil || !changed {
			return err
		}
		return d.Note(tx)
	})
	return voted, err
}

func voteAction(value int) standing.Action {
	switch value {
	case 1:
		return standing.React
	case -1:
		return standing.Downvote
	}
	return standing.Unvote
}

// setVote puts a vote in place of the voter's earlier one and brings counts and ranks up to date.
// v.Value 0 takes it back. Of v only Value and URI are read. It reports whether anything changed.
func setVote(tx *store.Tx, at place, voter *circles.Actor, v circles.Vote, received int64) (changed bool, err error) {
	p := at.post
	person := circles.PersonID(voter.ID)
	old, err := tx.Vote(p.ID, person)
	if err != nil {
		return false, err
	}
	had := 0
	if old != nil {
		had = old.Value
	}
	if had == v.Value {
		return false, nil
	}
	v.Post, v.Actor, v.At = p.ID, person, tx.Now()
	if had != 0 && (v.Value == 0 || voter.Local()) {
		// From like to dislike is two steps for our own people: Mastodon and Misskey know no Dislike,
		// and would keep the Like for ever. Others say by themselves what they take back.
		_, err := sayVote(tx, at, voter, circles.VoteWithdrawn, had, old.Seq, received)
		if err != nil {
			return false, err
		}
	}
	if v.Value == 0 {
		err = tx.RemoveVote(p.ID, person)
	} else {
		if v.Seq, err = sayVote(tx, at, voter, circles.VoteCast, v.Value, 0, received); err != nil {
			return false, err
		}
		err = tx.SetVote(v)
	}
	if err != nil {
		return false, err
	}
	p.Ups += btoi(v.Value == 1) - btoi(had == 1)
	p.Downs += btoi(v.Value == -1) - btoi(had == -1)
	rank(p, monthlyActive(at.circle))
	if err := tx.SavePostScore(p); err != nil {
		return false, err
	}
	return true, standing.Voted(tx, p, at.circle, voter, had, v.Value)
}

func btoi(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// sayVote appends the entries of a vote: the voter's own if they are ours, which is what it returns,
// and the circle's if it is ours. like is the entry of the vote that is withdrawn.
func sayVote(tx *store.Tx, at place, voter *circles.Actor, kind circles.EventKind, value int, like circles.Seq, received int64) (own circles.Seq, err error) {
	p, c := at.post, at.circle
	e := circles.Event{Kind: kind, OrderKey: circles.PairKey(int64(voter.ID), int64(p.ID)), Object: int64(p.ID),
		Detail: circles.EventDetail{Actor: voter.ID, Value: value}}
	if voter.Local() && (c == nil || c.Visibility.Federated()) {
		mine := e
		mine.Signer, mine.Detail.Of = voter.ID, like
		if mine.To, err = voteInboxes(tx, p, c); err != nil {
			return 0, err
		}
		if own, err = tx.AppendEvent(mine); err != nil {
			return 0, err
		}
	}
	if c != nil && c.Local() {
		e.Stream, e.Signer = c.ID, c.ID
		e.Detail.Of, e.Detail.Received = own, received
		if _, err = tx.AppendEvent(e); err != nil {
			return 0, err
		}
	}
	return own, nil
}

// voteInboxes is where a local person's vote is sent by themselves: to a circle elsewhere, which
// passes it on, else to the author.
func voteInboxes(tx *store.Tx, p *circles.Post, c *circles.Circle) ([]string, error) {
	if c != nil && !c.Local() {
		return addInbox(nil, &c.Actor), nil
	}
	author, err := tx.Actor(p.Author.Actor())
	if err != nil {
		return nil, err
	}
	return addInbox(nil, author), nil
}
