package app

import (
	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// count adds a post or comment that became visible (n = 1), or takes it out again (n = -1), and
// marks its circle as changed. It comes last in a transaction: everybody who writes in a thread or a
// circle meets in these rows.
func count(tx *store.Tx, at place, n int64) error {
	p := at.post
	var d store.CircleChange
	if n > 0 {
		d.PostedAt = p.Published
	}
	if p.Kind == circles.IsPost {
		d.Posts = n
	} else {
		d.Comments = n
		active := int64(0)
		if n > 0 {
			active = ranking.Active(at.root.Score, at.root.Published, p.Published)
		}
		if err := tx.BumpThread(at.root.ID, n, active); err != nil {
			return err
		}
	}
	if at.circle == nil {
		return nil
	}
	return tx.BumpCircle(at.circle.CircleID(), d)
}

// settle writes the state that follows from what author and moderators did to a post, and counts the
// difference. What its author deleted is deleted whatever else happened to it.
func settle(tx *store.Tx, at place) error {
	p := at.post
	was := p.State
	switch {
	case p.DeletedAt != 0:
		p.State = circles.Deleted
	case p.RemovedAt != 0:
		p.State = circles.Removed
	case was == circles.Deleted || was == circles.Removed:
		h, err := tx.Held(p.ID)
		if err != nil {
			return err
		}
		switch p.State = circles.Visible; { // unless it never was
		case h != nil && h.DecidedAt == 0:
			p.State, p.Reason = circles.Held, string(standing.Gated)
		case h != nil && h.Refused:
			p.State, p.Reason = circles.Refused, h.Note
		}
	}
	if err := tx.SavePostState(p); err != nil {
		return err
	}
	switch {
	case was == circles.Visible && p.State != circles.Visible:
		if err := standing.Hidden(tx, p); err != nil {
			return err
		}
		return count(tx, at, -1)
	case was != circles.Visible && p.State == circles.Visible:
		if err := standing.Shown(tx, p, at.circle); err != nil {
			return err
		}
		return count(tx, at, 1)
	case at.circle == nil:
		return nil
	}
	return tx.BumpCircle(at.circle.CircleID(), store.CircleChange{})
}
