package app

import (
	"cmp"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// ReceiveDelete applies a deletion by the author.
func (a *App) ReceiveDelete(tx *store.Tx, said Said, id circles.PostID) (Outcome, error) {
	return said.on(tx, id, standing.Delete, func(at place, d standing.Decision) (bool, error) {
		changed := at.post.DeletedAt == 0
		return changed, deletePost(tx, at, d.Actor, said.detail())
	})
}

// ReceiveUndoDelete brings back what its author deleted.
func (a *App) ReceiveUndoDelete(tx *store.Tx, said Said, id circles.PostID) (Outcome, error) {
	return said.on(tx, id, standing.Restore, func(at place, d standing.Decision) (bool, error) {
		changed := at.post.DeletedAt != 0
		return changed, restorePost(tx, at, d.Actor, said.detail())
	})
}

// ReceiveRemoval applies a removal by a moderator: one who is a moderator of a circle of ours, or any
// whom a circle elsewhere vouches for by passing it on.
func (a *App) ReceiveRemoval(tx *store.Tx, said Said, id circles.PostID, reason string) (Outcome, error) {
	reason = said.reason(reason)
	return said.on(tx, id, standing.Remove, func(at place, d standing.Decision) (bool, error) {
		changed := at.post.RemovedAt == 0
		return changed, removePost(tx, at, d.Actor, circles.EventDetail{Reason: reason, Received: said.Received})
	})
}

// ReceiveUndoRemoval undoes a removal.
func (a *App) ReceiveUndoRemoval(tx *store.Tx, said Said, id circles.PostID) (Outcome, error) {
	return said.on(tx, id, standing.Return, func(at place, d standing.Decision) (bool, error) {
		changed := at.post.RemovedAt != 0
		return changed, returnPost(tx, at, d.Actor, said.Received)
	})
}

// ReceiveLock closes a thread to comments on the word of a moderator, or opens it.
func (a *App) ReceiveLock(tx *store.Tx, said Said, id circles.PostID, locked bool) (Outcome, error) {
	if p, err := tx.Post(id); err != nil || p.Kind != circles.IsPost {
		return refused(id, cmp.Or(err, errNotAThread()))
	}
	return said.on(tx, id, standing.Lock, func(at place, d standing.Decision) (bool, error) {
		changed := at.post.Locked != locked
		return changed, lockPost(tx, at, d.Actor, locked, said.Received)
	})
}

// ReceiveVote counts a like (1) or a dislike (-1) in place of the voter's earlier one. uri is the
// activity's id.
func (a *App) ReceiveVote(tx *store.Tx, said Said, id circles.PostID, value int, uri string) (Outcome, error) {
	if value != 1 && value != -1 {
		return refused(id, circles.Errorf(circles.Invalid, "A vote must be 1 or -1, not %d.", value))
	}
	if len(uri) > circles.MaxLink {
		uri = "" // nothing needs it
	}
	return said.on(tx, id, voteAction(value), func(at place, d standing.Decision) (bool, error) {
		changed, err := setVote(tx, at, d.Actor, circles.Vote{Value: value, URI: uri}, said.Received)
		if err != nil || !changed {
			return changed, err
		}
		return true, d.Note(tx)
	})
}

// ReceiveUnvote takes back a like (1) or a dislike (-1), or whichever there is (0). A like taken back
// after a dislike took its place changes nothing. The vote's id is not asked for: Lemmy makes a new
// one for the Like inside its Undo.
func (a *App) ReceiveUnvote(tx *store.Tx, said Said, id circles.PostID, value int) (Outcome, error) {
	return said.on(tx, id, standing.Unvote, func(at place, d standing.Decision) (bool, error) {
		old, err := tx.Vote(id, said.By)
		if err != nil || old == nil || value != 0 && old.Value != value {
			return false, err
		}
		return setVote(tx, at, d.Actor, circles.Vote{}, said.Received)
	})
}
