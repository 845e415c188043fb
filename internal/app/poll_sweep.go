package app

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	// pollFolds is how long votes are collected before others are told the new count, so that a poll
	// with a thousand voters costs an Update every five minutes and not a thousand. Mastodon waits three.
	pollFolds = 5 * time.Minute

	pollsPerUpdate  = 50  // ended or told in one transaction
	votersPerUpdate = 200 // notified in one transaction

	maxVoterInboxes = 500 // of servers that voted, told beside the followers; a busy poll has dozens
)

// SweepPolls ends the polls whose time is over, tells others the counts that are due, and tells those
// who asked and answered that a poll has ended, a part of them in each transaction. The clock calls it.
func (a *App) SweepPolls(ctx context.Context) error {
	err := a.eachPoll(ctx, "end polls", (*store.Tx).DuePolls, func(tx *store.Tx, at place) error {
		if err := tx.PollSaid(at.post.ID, tx.Now()); err != nil {
			return err
		}
		if err := sayPoll(tx, at, circles.PollEnded); err != nil || at.circle == nil {
			return err
		}
		return tx.BumpCircle(at.circle.CircleID(), store.CircleChange{})
	})
	if err != nil {
		return err
	}
	err = a.eachPoll(ctx, "tell the counts of polls", (*store.Tx).CountedPolls, func(tx *store.Tx, at place) error {
		if err := tx.PollSaid(at.post.ID, 0); err != nil {
			return err
		}
		return sayPoll(tx, at, circles.PollCounted)
	})
	if err != nil {
		return err
	}
	return a.notifyOfPolls(ctx)
}

// eachPoll does something with each of the polls that are found, until no more are.
func (a *App) eachPoll(ctx context.Context, what string, find func(*store.Tx, int) ([]circles.PostID, error), do func(*store.Tx, place) error) error {
	for {
		found := 0
		err := a.update(ctx, what, func(tx *store.Tx) error {
			ids, err := find(tx, pollsPerUpdate)
			if err != nil {
				return err
			}
			found = len(ids)
			for _, id := range ids {
				at, err := placeOf(tx, id)
				if err != nil {
					return err
				}
				if err := do(tx, at); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || found < pollsPerUpdate {
			return err
		}
	}
}

// sayPoll appends the entries that tell others the counts of a poll by one of our people. What is not
// visible, or never leaves this instance, has nobody to be told.
func sayPoll(tx *store.Tx, at place, kind circles.EventKind) error {
	if !at.post.Local() || at.post.State != circles.Visible || at.circle != nil && !at.circle.Visibility.Federated() {
		return nil
	}
	author, err := tx.Actor(at.post.Author.Actor())
	if err != nil || author.DeletedAt != 0 {
		return err
	}
	// Who voted without following wants the result too.
	voters, err := tx.PollVoterInboxes(at.post.ID, maxVoterInboxes)
	if err != nil {
		return err
	}
	_, _, err = sayWritten(tx, change{kind: kind, at: at, author: author, to: voters})
	return err
}

// notifyOfPolls tells the people of this instance of polls that ended.
func (a *App) notifyOfPolls(ctx context.Context) error {
	for {
		var told []circles.PersonID
		none := false
		err := a.update(ctx, "notify of polls", func(tx *store.Tx) error {
			id, err := tx.UntoldPoll()
			if none = id == 0; err != nil || none {
				return err
			}
			told, _, err = tx.NotifyOfPoll(id, votersPerUpdate)
			return err
		})
		if err != nil || none {
			return err
		}
		err = a.update(ctx, "trim notifications", func(tx *store.Tx) error {
			for _, p := range told {
				if err := tx.TrimNotifications(p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
