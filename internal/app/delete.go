package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// Delete takes back what an author wrote. What hangs below it stays, and so does the text, which
// nobody but the author gets any more and which Restore brings back. It may be deleted twice.
func (a *App) Delete(ctx context.Context, who circles.Viewer, id circles.PostID) error {
	return a.update(ctx, "delete", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		d, err := allow(tx, at.question(who, standing.Delete))
		if err != nil {
			return err
		}
		return deletePost(tx, at, d.Actor, circles.EventDetail{})
	})
}

// Restore brings back what its author deleted.
func (a *App) Restore(ctx context.Context, who circles.Viewer, id circles.PostID) error {
	return a.update(ctx, "restore", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		d, err := allow(tx, at.question(who, standing.Restore))
		if err != nil {
			return err
		}
		return restorePost(tx, at, d.Actor, circles.EventDetail{})
	})
}

func deletePost(tx *store.Tx, at place, author *circles.Actor, detail circles.EventDetail) error {
	if at.post.DeletedAt != 0 {
		return nil
	}
	if at.post.State != circles.Held && at.post.State != circles.Refused { // those nobody heard of
		if _, _, err := sayWritten(tx, change{kind: circles.PostDeleted, at: at, author: author, detail: detail}); err != nil {
			return err
		}
	}
	at.post.DeletedAt = tx.Now()
	return settle(tx, at)
}

func restorePost(tx *store.Tx, at place, author *circles.Actor, detail circles.EventDetail) error {
	if at.post.DeletedAt == 0 {
		return nil
	}
	at.post.DeletedAt = 0
	h, err := tx.Held(at.post.ID)
	if err != nil {
		return err
	}
	if at.post.Reason == "" && (h == nil || h.DecidedAt != 0 && !h.Refused) {
		_, _, err := sayWritten(tx, change{kind: circles.PostRestored, at: at, author: author, detail: detail, undoes: circles.PostDeleted})
		if err != nil {
			return err
		}
	}
	return settle(tx, at)
}
