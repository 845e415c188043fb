package app

import (
	"cmp"
	"context"
	"slices"

	"halqa/circles"
	"halqa/internal/store"
)

// What somebody was told of.
type NotificationKind = store.NotificationKind

const (
	ToldAnswer  = store.ToldAnswer
	ToldMention = store.ToldMention
	ToldThread  = store.ToldThread
	ToldRemoved = store.ToldRemoved

	ToldHeld     = store.ToldHeld
	ToldRefused  = store.ToldRefused
	ToldApproved = store.ToldApproved
	ToldNoEdit   = store.ToldNoEdit
	ToldNotIn    = store.ToldNotIn
	ToldAtDoor   = store.ToldAtDoor

	ToldFollow = store.ToldFollow
	ToldMoved  = store.ToldMoved
	ToldPoll   = store.ToldPoll
	ToldBanned = store.ToldBanned
	ToldReport = store.ToldReport

	ToldAppeals       = store.ToldAppeals
	ToldAppealGranted = store.ToldAppealGranted
	ToldAppealDenied  = store.ToldAppealDenied
	ToldAppealPassed  = store.ToldAppealPassed

	ToldTip       = store.ToldTip
	ToldTipFailed = store.ToldTipFailed
	ToldTipBack   = store.ToldTipBack
	ToldPayee     = store.ToldPayee
	ToldNote      = store.ToldNote
	ToldGifts     = store.ToldGifts
	ToldPacket    = store.ToldPacket
	ToldMonth     = store.ToldMonth
)

const (
	// maxUnseen is how far notifications are counted for the badge: "99+".
	maxUnseen = 100

	groupShown = 5 // of a group, the latest are loaded; the others are counted
)

// A Notification is one thing that the viewer was told.
type Notification struct {
	ID    int64
	Kind  NotificationKind
	At    int64 // UTC microseconds
	Seen  bool
	Actor *circles.Actor // who wrote, removed or follows; nil if they are gone, or nobody is named
	Post  *circles.Post  // what was written or removed, without its text; nil for what is about no post
	Tip   int64          // of the kinds that are of a tip

	Packet int64 // of ToldPacket
	Month  int64 // of ToldMonth: 202611

	Circle  *circles.Circle // of ToldBanned, ToldNotIn, ToldAtDoor, ToldGifts, ToldReport and ToldAppeals, as CircleCards has it; nil of the latter two = the whole instance
	Ban     circles.Ban     // of ToldBanned, as it is now
	Waiting int64           // of ToldReport and ToldAppeals: how many nobody has decided about

	Excerpt string // plain text, one line
}

// A NotificationGroup is what the viewer was told of one thread, of new followers, of bans or of reports.
type NotificationGroup struct {
	Thread *circles.Post   // the thread's post, without its text; nil for followers, or if it is gone
	Circle *circles.Circle // of the thread; nil with it
	Latest int64           // the greatest id in the group
	Count  int             // notifications in it
	Unseen int             // of these, unseen
	Shown  []Notification  // the latest few, the latest first
}

// A NotificationPage is a page of groups, the latest first.
type NotificationPage struct {
	Groups []NotificationGroup
	Latest int64  // the latest of all notifications, for SeeNotifications
	Next   string // the cursor of the page after; "" = this is the last
}

// Notifications returns what the viewer was told and may still read, by thread.
func (a *App) Notifications(ctx context.Context, v circles.Viewer, cursor string, limit int) (*NotificationPage, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	page := new(NotificationPage)
	err := a.view(ctx, "notifications", func(tx *store.Tx) error {
		*page = NotificationPage{}
		after, err := decodeMark("n-", cursor)
		if err != nil {
			return err
		}
		all, err := tx.Notifications(v)
		if err != nil || len(all) == 0 {
			return err
		}
		page.Latest = all[0].ID
		groups := groupByThread(all)
		if after.ID != 0 {
			groups = slices.DeleteFunc(groups, func(g []store.Notification) bool { return g[0].ID >= after.ID })
		}
		if limit := pageSize(limit); len(groups) > limit {
			groups = groups[:limit]
			page.Next = encodeMark("n-", store.Mark{ID: groups[limit-1][0].ID})
		}
		page.Groups, err = loadGroups(tx, v, groups)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// groupByThread splits notifications, the latest first, into those of each thread and those of new
// followers, the group with the latest first.
func groupByThread(all []store.Notification) [][]store.Notification {
	at := map[circles.PostID]int{}
	var groups [][]store.Notification
	for _, n := range all {
		i, known := at[n.Thread]
		if !known {
			i = len(groups)
			at[n.Thread] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], n)
	}
	return groups
}

func loadGroups(tx *store.Tx, v circles.Viewer, groups [][]store.Notification) ([]NotificationGroup, error) {
	var posts, threads []circles.PostID
	var actors []circles.ActorID
	var in, banned, desks, appealed []circles.CircleID
	for _, g := range groups {
		if g[0].Thread != 0 {
			threads = append(threads, g[0].Thread)
		}
		for _, n := range g[:min(len(g), groupShown)] {
			actors, in = append(actors, n.Actor), append(in, n.Circle)
			switch n.Kind {
			case ToldBanned:
				banned = append(banned, n.Circle)
			case ToldReport:
				desks = append(desks, n.Circle)
			case ToldAppeals:
				appealed = append(appealed, n.Circle)
			}
			if n.Post != 0 {
				posts = append(posts, n.Post)
			}
		}
	}
	leads, err := tx.PostLeads(unique(posts))
	if err != nil {
		return nil, err
	}
	roots, err := tx.PostTitles(unique(threads))
	if err != nil {
		return nil, err
	}
	for _, p := range roots {
		in = append(in, p.Circle)
	}
	around, err := tx.CircleCards(unique(in))
	if err != nil {
		return nil, err
	}
	people, err := tx.ActorCards(unique(actors))
	if err != nil {
		return nil, err
	}
	bans, err := tx.BansFrom(v.Person, unique(banned))
	if err != nil {
		return nil, err
	}
	waiting := map[circles.CircleID]int64{}
	if len(desks) > 0 { // each once: a person has one notification for a list
		if waiting, err = tx.OpenReports(desks); err != nil {
			return nil, err
		}
	}
	appeals, err := tx.AppealCounts(appealed)
	if err != nil {
		return nil, err
	}
	excerpts := make(map[circles.PostID]string, len(leads))
	for id, p := range leads {
		excerpts[id] = excerptOf(p)
	}
	all := make([]NotificationGroup, 0, len(groups))
	for _, g := range groups {
		group := NotificationGroup{Latest: g[0].ID, Count: len(g)}
		// The viewer may enter the circle, or they would not be told; but the post may be gone, and then
		// its title is nobody's any more.
		if root := roots[g[0].Thread]; root != nil {
			group.Circle = around[root.Circle]
			if root.State == circles.Visible || (g[0].Kind == ToldRemoved || g[0].Kind == ToldRefused) && g[0].Post == root.ID {
				group.Thread = root
			}
		}
		for i, n := range g {
			if !n.Seen {
				group.Unseen++
			}
			open := waiting[n.Circle]
			if n.Kind == ToldAppeals {
				open = appeals[n.Circle]
			}
			if i < groupShown {
				group.Shown = append(group.Shown, Notification{ID: n.ID, Kind: n.Kind, At: n.At, Seen: n.Seen,
					Actor: people[n.Actor], Post: leads[n.Post], Tip: n.Tip, Packet: n.Packet, Month: n.Month, Excerpt: excerpts[n.Post],
					Circle: around[n.Circle], Ban: bans[n.Circle], Waiting: open})
			}
		}
		all = append(all, group)
	}
	slices.SortFunc(all, func(a, b NotificationGroup) int { return cmp.Compare(b.Latest, a.Latest) })
	return all, nil
}

// UnseenNotifications counts what the viewer was told and has not seen; 100 stands for more.
func (a *App) UnseenNotifications(ctx context.Context, v circles.Viewer) (int64, error) {
	if !v.SignedIn() {
		return 0, nil
	}
	var n int64
	err := a.view(ctx, "unseen notifications", func(tx *store.Tx) (err error) {
		n, err = tx.UnseenNotifications(v, maxUnseen)
		return err
	})
	return n, err
}

// SeeNotifications marks as seen all that the viewer was told up to this id: NotificationPage.Latest, or
// one of a group with its thread to see only those.
func (a *App) SeeNotifications(ctx context.Context, v circles.Viewer, upTo int64, thread circles.PostID) error {
	if !v.SignedIn() {
		return errSignIn()
	}
	return a.update(ctx, "see notifications", func(tx *store.Tx) error {
		return tx.SeeNotifications(v.Person, upTo, thread)
	})
}
