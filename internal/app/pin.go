package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// maxPins is how many posts a circle shows first: more would push everything else off the page.
const maxPins = 10

// Pin puts a post among those that its circle shows first.
func (a *App) Pin(ctx context.Context, who circles.Viewer, id circles.PostID) error {
	return a.setPinned(ctx, who, id, true)
}

// Unpin takes it out.
func (a *App) Unpin(ctx context.Context, who circles.Viewer, id circles.PostID) error {
	return a.setPinned(ctx, who, id, false)
}

func (a *App) setPinned(ctx context.Context, who circles.Viewer, id circles.PostID, pinned bool) error {
	return a.update(ctx, "pin", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		d, err := allow(tx, at.question(who, standing.Pin))
		if err != nil {
			return err
		}
		return pinPost(tx, at, d.Actor, pinned, 0)
	})
}

// ReceivePin pins a post on the word of a moderator, or unpins it.
func (a *App) ReceivePin(tx *store.Tx, said Said, id circles.PostID, pinned bool) (Outcome, error) {
	if p, err := tx.Post(id); err != nil {
		return refused(id, err)
	} else if err := pinnable(tx, p, pinned); err != nil {
		return refused(id, err)
	}
	return said.on(tx, id, standing.Pin, func(at place, d standing.Decision) (bool, error) {
		changed := at.post.Pinned != pinned
		return changed, pinPost(tx, at, d.Actor, pinned, said.Received)
	})
}

// pinnable refuses what cannot be pinned.
func pinnable(tx *store.Tx, p *circles.Post, pinned bool) error {
	switch {
	case p.Kind != circles.IsPost || p.Circle == 0:
		return circles.Errorf(circles.Invalid, "Only a post in a circle can be pinned, not a comment.").With("refused.not-pinnable", nil)
	case !pinned || p.Pinned:
		return nil
	case p.State != circles.Visible:
		return circles.Errorf(circles.Gone, "This post was deleted or removed; nothing can be added to it.").With("refused.post-gone", nil)
	}
	all, err := tx.PinnedPosts(p.Circle)
	if err == nil && len(all) >= maxPins {
		err = circles.Errorf(circles.Conflict, "A circle has at most %d pinned posts; unpin another one first.", maxPins).
			With("refused.too-many-pins", map[string]any{"Max": maxPins})
	}
	return err
}

func pinPost(tx *store.Tx, at place, by *circles.Actor, pinned bool, received int64) error {
	if err := pinnable(tx, at.post, pinned); err != nil {
		return err
	}
	if at.post.Pinned == pinned {
		return nil
	}
	kind, action := circles.PostPinned, circles.ModPin
	if !pinned {
		kind, action = circles.PostUnpinned, circles.ModUnpin
	}
	if at.circle.Local() {
		err := sayModerated(tx, change{kind: kind, at: at, detail: circles.EventDetail{Actor: by.ID, Received: received}})
		if err != nil {
			return err
		}
	}
	if err := tx.SetPinned(at.post.ID, pinned); err != nil {
		return err
	}
	if err := noteModerated(tx, at, by, action, ""); err != nil {
		return err
	}
	return tx.BumpCircle(at.circle.CircleID(), store.CircleChange{})
}

// noteModerated writes what a moderator did to a post into the public log.
func noteModerated(tx *store.Tx, at place, by *circles.Actor, action circles.ModAction, reason string) error {
	return tx.AddModEntry(circles.ModEntry{By: by.ID, Action: action, Circle: at.post.Circle, Post: at.post.ID,
		Person: at.post.Author.Actor(), Reason: reason})
}
