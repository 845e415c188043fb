package app

import (
	"context"
	"fmt"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	// markedFor is how long it is remembered when somebody looked at a thread.
	markedFor = 365 * 24 * time.Hour

	markPage = 1000 // marks that go in one transaction
	maxSaved = 10_000
)

// MarkRead notes that the viewer has looked at a thread, as it was when t was read, and that they have
// seen what they were told of it. It writes nothing where nothing is new to them.
func (a *App) MarkRead(ctx context.Context, v circles.Viewer, t *Thread) error {
	if !v.SignedIn() || t.Notice {
		return nil
	}
	var behind, told bool
	look := func(tx *store.Tx) error {
		all, err := tx.Readings(v.Person, []circles.PostID{t.Post.ID})
		if err != nil {
			return err
		}
		r := all[t.Post.ID]
		behind = r.SeenAt < t.ReadAt && (r.SeenAt == 0 || r.SeenComments != t.Post.Comments)
		told, err = tx.UnseenOf(v.Person, t.Post.ID, t.ReadAt)
		return err
	}
	if err := a.view(ctx, "look at a thread", look); err != nil || !behind && !told {
		return err
	}
	return a.update(ctx, "mark a thread read", func(tx *store.Tx) error {
		if err := look(tx); err != nil {
			return err
		}
		if behind {
			if err := tx.SetReadMark(v.Person, t.Post.ID, t.ReadAt, t.Post.Comments); err != nil {
				return err
			}
		}
		if !told {
			return nil
		}
		return tx.SeeThread(v.Person, t.Post.ID, t.ReadAt)
	})
}

// SweepReading forgets looks of long ago. The clock calls it.
func (a *App) SweepReading(ctx context.Context) error {
	before := a.now().Add(-markedFor).UnixMicro()
	for {
		var n int64
		err := a.update(ctx, "forget looks", func(tx *store.Tx) (err error) {
			n, err = tx.TrimReadMarks(before, markPage)
			return err
		})
		if err != nil || n < markPage {
			return err
		}
	}
}

// Save keeps a post or comment in the viewer's list.
func (a *App) Save(ctx context.Context, v circles.Viewer, id circles.PostID) error {
	return a.setSaved(ctx, v, id, true)
}

// Unsave takes it out again.
func (a *App) Unsave(ctx context.Context, v circles.Viewer, id circles.PostID) error {
	return a.setSaved(ctx, v, id, false)
}

func (a *App) setSaved(ctx context.Context, v circles.Viewer, id circles.PostID, saved bool) error {
	if !v.SignedIn() {
		return errSignIn()
	}
	return a.update(ctx, "save", func(tx *store.Tx) error {
		if !saved {
			return tx.SetSaved(v.Person, id, false)
		}
		p, _, role, err := readable(tx, v, id)
		if err != nil {
			return err
		}
		if !circles.MaySeePost(v, role, p) {
			return errNoPost()
		}
		n, err := tx.SavedCount(v.Person)
		if err != nil {
			return err
		}
		if n >= maxSaved {
			return circles.Errorf(circles.TooLarge, "You have saved as much as one person can; let go of some first.").With("refused.too-many-saved", nil)
		}
		return tx.SetSaved(v.Person, id, true)
	})
}

// An ItemPage is a page of posts and comments.
type ItemPage struct {
	Items []Item
	Next  string // the cursor of the page after; "" = this is the last
}

// Saved returns what the viewer saved and may still read, the latest first.
func (a *App) Saved(ctx context.Context, v circles.Viewer, cursor string, limit int) (*ItemPage, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	page := new(ItemPage)
	err := a.view(ctx, "saved", func(tx *store.Tx) error {
		*page = ItemPage{}
		after, err := decodeMark("s-", cursor)
		if err != nil {
			return err
		}
		limit := pageSize(limit)
		marks, err := tx.SavedPage(v, after, limit+1)
		if err != nil {
			return err
		}
		if len(marks) > limit {
			marks = marks[:limit]
			page.Next = encodeMark("s-", marks[limit-1])
		}
		page.Items, err = a.items(tx, v, postIDs(marks))
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// SetThreadWish lets a person follow a thread, and they are told of every comment in it; or mute it, and
// they are told of nothing in it, not even answers to them. id is any post or comment of the thread.
func (a *App) SetThreadWish(ctx context.Context, who circles.Viewer, id circles.PostID, wish ThreadWish) error {
	if !who.SignedIn() {
		return errSignIn()
	}
	switch wish {
	case NoThreadWish, FollowThread, MuteThread:
	default:
		return circles.FieldErrorf(circles.Invalid, "wish", "A thread can be followed or muted.")
	}
	return a.update(ctx, fmt.Sprintf("wish about thread %s", id), func(tx *store.Tx) error {
		p, _, _, err := readable(tx, who, id)
		if err != nil {
			return err
		}
		return tx.SetThreadWish(who.Person, p.Root, wish)
	})
}

// A ThreadWish is what a person wants to be told of a thread: NoThreadWish, FollowThread or MuteThread.
type ThreadWish = store.ThreadWish

const (
	NoThreadWish = store.NoThreadWish
	FollowThread = store.FollowThread
	MuteThread   = store.MuteThread
)
