package consumers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	// stale is how old something may be when it arrives for people to be told of it. What a circle
	// elsewhere sends of its past, when it is followed, is nobody's news.
	stale = 7 * 24 * time.Hour

	entriesPerUpdate = 64
	trimsPerUpdate   = 256
)

// Notifications tells people what concerns them.
type Notifications struct {
	store *store.Store
}

// NewNotifications returns the consumer.
func NewNotifications(st *store.Store) *Notifications { return &Notifications{store: st} }

// Handle takes the next entries of the log. Each person is told of a thing once, however many entries
// say it, and however often.
func (n *Notifications) Handle(ctx context.Context, batch []circles.Event) error {
	batch = slices.DeleteFunc(slices.Clone(batch), func(e circles.Event) bool { return !tells(e.Kind) })
	for page := range slices.Chunk(batch, entriesPerUpdate) {
		var told []circles.PersonID
		err := n.store.Update(ctx, func(tx *store.Tx) error {
			told = nil
			for _, e := range page {
				more, err := tell(tx, e)
				if circles.Is(err, circles.NotFound) {
					continue // it went meanwhile
				}
				if err != nil {
					return fmt.Errorf("entry %s: %w", e.Seq, err)
				}
				told = append(told, more...)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("notify: %w", err)
		}
		if err := n.trim(ctx, told); err != nil {
			return fmt.Errorf("trim notifications: %w", err)
		}
	}
	return nil
}

func tells(k circles.EventKind) bool {
	switch k {
	case circles.PostCreated, circles.PostUpdated, circles.PostDeleted, circles.PostRemoved, circles.FollowAccepted,
		circles.MemberBanned, circles.ReportFiled, circles.AppealOpened, circles.AppealAnswered:
		return true
	}
	return false
}

// tell writes the notifications for one entry and returns who got one.
func tell(tx *store.Tx, e circles.Event) ([]circles.PersonID, error) {
	switch e.Kind {
	case circles.MemberBanned: // of a suspension the key is the person, from whom nobody is banned
		return tx.NotifyOfBan(circles.CircleID(e.OrderKey), circles.PersonID(e.Object))
	case circles.ReportFiled:
		r, err := tx.Report(e.Object)
		if err != nil || r.State != circles.ReportOpen {
			return nil, err
		}
		return tx.NotifyOfReport(r)
	case circles.AppealOpened, circles.AppealAnswered:
		a, err := tx.Appeal(e.Object)
		switch {
		case err != nil:
			return nil, err
		case e.Kind == circles.AppealAnswered:
			return tx.NotifyOfAnswer(a)
		case a.State == circles.AppealOpen:
			return tx.NotifyOfAppeal(a, e.At)
		}
		return nil, nil
	case circles.FollowAccepted:
		f, err := tx.Follow(e.Object)
		if err != nil {
			return nil, err
		}
		return tx.NotifyOfFollow(f)
	}
	p, err := tx.Post(circles.PostID(e.Object))
	if err != nil {
		return nil, err
	}
	switch {
	case p.State == circles.Removed:
		// Also where our moderators removed something from a circle elsewhere, which the log calls a
		// deletion because that is what others are told.
		return tx.NotifyOfRemoval(p)
	case e.Detail.Past:
		return nil, nil
	case p.State != circles.Visible || e.At-p.Published > stale.Microseconds() && e.Kind == circles.PostCreated:
		return nil, nil
	case e.Kind == circles.PostUpdated && e.At-p.Published > stale.Microseconds():
		return nil, nil
	}
	return tx.NotifyOfPost(p)
}

// trim drops what people have too much of.
func (n *Notifications) trim(ctx context.Context, people []circles.PersonID) error {
	slices.Sort(people)
	for page := range slices.Chunk(slices.Compact(people), trimsPerUpdate) {
		err := n.store.Update(ctx, func(tx *store.Tx) error {
			for _, p := range page {
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
	return nil
}
