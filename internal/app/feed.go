package app

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/store"
)

// A Scope says whose posts a feed lists.
type Scope string

const (
	All        Scope = "all"        // all public circles known here, and for members the local-only ones
	Local      Scope = "local"      // of these, the circles that live here
	Subscribed Scope = "subscribed" // the viewer's circles, tags they follow, and what people they follow write in no circle
	InCircle   Scope = "circle"     // one circle
	Tagged     Scope = "tag"        // posts with a tag, wherever lists show them to the viewer
	InList     Scope = "list"       // the circles of a list that the viewer meets in it
)

// A Window is how old the posts of a feed may be. It matters to ranking.ByTop and
// ranking.ByControversial only.
type Window string

// Windows are what a reader may choose, in the order they are offered.
func Windows() []Window {
	return []Window{"hour", "6h", "12h", "day", "week", "month", "year", "all"}
}

func (w Window) age() time.Duration {
	const day = 24 * time.Hour
	switch w {
	case "hour":
		return time.Hour
	case "6h":
		return 6 * time.Hour
	case "12h":
		return 12 * time.Hour
	case "week":
		return 7 * day
	case "month":
		return 30 * day
	case "year":
		return 365 * day
	case "all":
		return 0
	}
	return day
}

// A FeedQuery says which posts a page holds. The zero query is the first page of All by Hot.
type FeedQuery struct {
	Scope  Scope
	Circle circles.CircleID // of InCircle
	Tag    string           // of Tagged
	List   circles.ListID   // of InList
	Unread bool             // leave out what the viewer has read, until it has new comments
	Sort   ranking.Order    // an unknown one is Hot
	Window Window           // an unknown one is a day
	Cursor string           // FeedPage.Next of the page before, with the same Scope and Sort
	Limit  int              // 0 = 25; at most 100
}

// A FeedPage is a page of a feed.
type FeedPage struct {
	Posts []PostCard
	Next  string // the cursor of the page after; "" = this is the last
}

// Feed returns a page of visible posts that the viewer may see and has not blocked. A circle that
// the viewer may not see is NotFound; Subscribed without signing in is Denied.
func (a *App) Feed(ctx context.Context, v circles.Viewer, q FeedQuery) (*FeedPage, error) {
	var page *FeedPage
	err := a.view(ctx, "feed", func(tx *store.Tx) (err error) {
		if q.Scope == InCircle {
			if _, _, err := letIn(tx, v, q.Circle); err != nil {
				return err
			}
		}
		page, err = a.feedPage(tx, v, q)
		return err
	})
	return page, err
}

// feedPage is Feed for a viewer who has been let in.
func (a *App) feedPage(tx *store.Tx, v circles.Viewer, q FeedQuery) (*FeedPage, error) {
	f := store.Feed{Scope: store.FeedAll, Circle: q.Circle, Unread: q.Unread, Order: ranking.ParseOrder(string(q.Sort), ranking.FeedOrders())}
	switch q.Scope {
	case Local:
		f.Scope = store.FeedLocal
	case Subscribed:
		f.Scope = store.FeedSubscribed
		if !v.SignedIn() {
			return nil, circles.Errorf(circles.Denied, "Sign in to see the circles you have joined.").With("refused.subscribed", nil)
		}
	case InCircle:
		f.Scope = store.FeedCircle
	case InList:
		_, own, err := readList(tx, v, q.List)
		if err != nil {
			return nil, err
		}
		f.Scope, f.List, f.Own = store.FeedList, q.List, own
	case Tagged:
		f.Scope = store.FeedTag
		if f.Tag = tagKey(q.Tag); f.Tag == "" {
			return nil, errNoTag()
		}
	}
	if f.Order == ranking.ByTop || f.Order == ranking.ByControversial {
		f.Window = q.Window.age()
	}
	list := string(f.Order[:1]) + string(f.Scope[:1]) + "-"
	var err error
	if f.After, err = decodeMark(list, q.Cursor); err != nil {
		return nil, err
	}
	limit := pageSize(q.Limit)
	f.Limit = limit + 1
	marks, err := tx.FeedPage(v, f)
	if err != nil {
		return nil, err
	}
	page := new(FeedPage)
	if len(marks) > limit {
		marks = marks[:limit]
		page.Next = encodeMark(list, marks[limit-1])
	}
	page.Posts, err = a.cards(tx, v, postIDs(marks))
	return page, err
}

func postIDs(marks []store.Mark) []circles.PostID {
	ids := make([]circles.PostID, len(marks))
	for i, m := range marks {
		ids[i] = circles.PostID(m.ID)
	}
	return ids
}
