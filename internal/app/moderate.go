package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// Remove hides a post or comment from everyone but its author and moderators, for a reason that is
// shown. A moderator of the circle may, and one of the instance; of a circle elsewhere only what
// this instance shows is changed, and what its own people wrote is called back.
func (a *App) Remove(ctx context.Context, who circles.Viewer, id circles.PostID, reason string) error {
	return a.update(ctx, "remove", func(tx *store.Tx) error { return a.RemoveTx(tx, who, id, reason) })
}

// RemoveTx is Remove within the caller's transaction.
func (a *App) RemoveTx(tx *store.Tx, who circles.Viewer, id circles.PostID, reason string) error {
	reason, err := line("reason", "reason", reason, maxReason)
	if err != nil {
		return err
	}
	if reason == "" {
		return circles.FieldErrorf(circles.Invalid, "reason", "Say why it is removed; its author and everyone else can read it.").
			With("refused.no-reason", nil)
	}
	at, err := placeOf(tx, id)
	if err != nil {
		return err
	}
	d, err := allow(tx, at.question(who, standing.Remove))
	if err != nil {
		return err
	}
	return removePost(tx, at, d.Actor, circles.EventDetail{Reason: reason})
}

// Return undoes a removal.
func (a *App) Return(ctx context.Context, who circles.Viewer, id circles.PostID) error {
	return a.update(ctx, "return", func(tx *store.Tx) error { return a.ReturnTx(tx, who, id) })
}

// ReturnTx is Return within the caller's transaction.
func (a *App) ReturnTx(tx *store.Tx, who circles.Viewer, id circles.PostID) error {
	at, err := placeOf(tx, id)
	if err != nil {
		return err
	}
	d, err := allow(tx, at.question(who, standing.Return))
	if err != nil {
		return err
	}
	return returnPost(tx, at, d.Actor, 0)
}

// Lock closes a thread to comments.
func (a *App) Lock(ctx context.Context, who circles.Viewer, id circles.PostID) error {
	return a.setLocked(ctx, who, id, true)
}

// Unlock opens it again.
func (a *App) Unlock(ctx context.Context, who circles.Viewer, id circles.PostID) error {
	return a.setLocked(ctx, who, id, false)
}

func (a *App) setLocked(ctx context.Context, who circles.Viewer, id circles.PostID, locked bool) error {
	return a.update(ctx, "lock", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		d, err := allow(tx, at.question(who, standing.Lock))
		if err != nil {
			return err
		}
		return lockPost(tx, at, d.Actor, locked, 0)
	})
}

func removePost(tx *store.Tx, at place, by *circles.Actor, detail circles.EventDetail) error {
	p := at.post
	if p.RemovedAt != 0 {
		return nil
	}
	detail.Actor = by.ID
	if err := sayHidden(tx, at, by, circles.PostRemoved, circles.PostDeleted, "", detail); err != nil {
		return err
	}
	if err := noteModerated(tx, at, by, circles.ModRemove, detail.Reason); err != nil {
		return err
	}
	if err := tx.SettleReport(p.ID, by.ID); err != nil {
		return err
	}
	p.RemovedAt, p.RemovedBy, p.Reason = tx.Now(), by.ID, detail.Reason
	return settle(tx, at)
}

func returnPost(tx *store.Tx, at place, by *circles.Actor, received int64) error {
	p := at.post
	if p.RemovedAt == 0 {
		return nil
	}
	err := sayHidden(tx, at, by, circles.PostReturned, circles.PostRestored, circles.PostRemoved,
		circles.EventDetail{Actor: by.ID, Received: received})
	if err != nil {
		return err
	}
	if err := noteModerated(tx, at, by, circles.ModReturn, ""); err != nil {
		return err
	}
	p.RemovedAt, p.RemovedBy, p.Reason = 0, 0, ""
	if err := standing.Overturned(tx, int64(p.ID)); err != nil {
		return err
	}
	return settle(tx, at)
}

// sayHidden tells the log of a removal or of its undoing. A circle of ours says it itself. In one
// elsewhere our moderators have no say, but a post of our own people is called back in its author's
// name, for this instance answers for what they write.
func sayHidden(tx *store.Tx, at place, by *circles.Actor, said, instead, undoes circles.EventKind, detail circles.EventDetail) error {
	if at.circle != nil && at.circle.Local() {
		return sayModerated(tx, change{kind: said, at: at, detail: detail, undoes: undoes})
	}
	author, err := tx.Actor(at.post.Author.Actor())
	if err != nil {
		return err
	}
	if !author.Local() || !by.Local() || at.post.DeletedAt != 0 {
		return sayHere(tx, change{kind: said, at: at, detail: detail})
	}
	if undoes != "" {
		undoes = circles.PostDeleted
	}
	_, _, err = sayWritten(tx, change{kind: instead, at: at, author: author, undoes: undoes})
	return err
}

func lockPost(tx *store.Tx, at place, by *circles.Actor, locked bool, received int64) error {
	if at.post.Kind != circles.IsPost {
		return errNotAThread()
	}
	if at.post.Locked == locked {
		return nil
	}
	kind, undoes, action := circles.PostLocked, circles.EventKind(""), circles.ModLock
	if !locked {
		kind, undoes, action = circles.PostUnlocked, circles.PostLocked, circles.ModUnlock
	}
	if at.circle != nil && at.circle.Local() {
		err := sayModerated(tx, change{kind: kind, at: at, undoes: undoes,
			detail: circles.EventDetail{Actor: by.ID, Received: received}})
		if err != nil {
			return err
		}
	}
	if err := tx.SetLocked(at.post.ID, locked); err != nil {
		return err
	}
	if err := noteModerated(tx, at, by, action, ""); err != nil {
		return err
	}
	if at.circle == nil {
		return nil
	}
	return tx.BumpCircle(at.circle.CircleID(), store.CircleChange{})
}

func errNotAThread() error {
	return circles.Errorf(circles.Invalid, "Only a whole thread can be locked; lock its post.").With("refused.not-a-thread", nil)
}
