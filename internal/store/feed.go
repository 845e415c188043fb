package store

import (
	"strconv"
	"time"

	"halqa/circles"
	"halqa/circles/ranking"
)

// A FeedScope says whose posts a feed lists.
type FeedScope string

const (
	FeedAll        FeedScope = "all"        // all public circles known here, and for members the local-only ones
	FeedLocal      FeedScope = "local"      // of these, the circles that live here
	FeedSubscribed FeedScope = "subscribed" // the circles the viewer is a member of, tags they follow, and people
	FeedCircle     FeedScope = "circle"     // one circle
	FeedTag        FeedScope = "tag"        // posts with a tag, wherever the viewer finds them
	FeedList       FeedScope = "of a list"  // the circles of a list that the viewer meets in it
)

// A Mark is an entry's place in an order: the number it is ordered by, and its id. The zero Mark is
// before the first.
type Mark struct {
	Key int64
	ID  int64
}

// A Feed says which posts a page holds.
type Feed struct {
	Scope  FeedScope
	Circle circles.CircleID // of FeedCircle
	Tag    string           // of FeedTag; a text.TagKey
	List   circles.ListID   // of FeedList
	Own    bool             // of FeedList: the viewer's own
	Unread bool             // leave out what the viewer has read, until it has new comments
	Order  ranking.Order    // of ranking.FeedOrders
	Window time.Duration    // how old posts may be; 0 = any age
	After  Mark             // the last entry of the page before
	Limit  int
}

const (
	// fewDays is up to which window the posts in it are gathered and sorted. Beyond it the order's
	// index is walked and what is too old is stepped over: of a longer window more than one entry in
	// some hundred fits.
	fewDays = 24 * time.Hour

	// walkBudget is how many entries of a common index are looked at for a feed that takes only
	// some circles' posts. If the page is not full then, the feed is merged from those circles, which
	// costs one index search a circle, however long the index is.
	walkBudget = 1000

	// mergeFirst is up to how many circles a feed is merged from them without a walk before. Measured
	// on SQLite, a circle searched takes less than an entry of a walk: 1.1 ms for 500 circles.
	mergeFirst = 1000

	// gatherFirst is up to which window the posts of the feed's circles in it are gathered and sorted
	// without a walk before: an index by score says nothing about age, and a walk in it finds little.
	gatherFirst = 7 * 24 * time.Hour
)

// FeedPage returns the places of the posts of one page, in order: at most f.Limit, fewer only if the
// feed ends. It decides by readable.go who gets what; only visible posts are listed.
func (tx *Tx) FeedPage(v circles.Viewer, f Feed) ([]Mark, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return nil, err
	}
	q := feedQuery{Feed: f, viewer: v, wishes: w, key: feedKey(f.Order)}
	if f.Window > 0 {
		q.floor = circles.IDFloor(time.UnixMicro(tx.Now()).Add(-f.Window))
	}
	if f.Scope == FeedTag {
		return tx.feedTagged(q)
	}
	page, err := tx.feedOfCircles(q)
	if err != nil || f.Scope != FeedSubscribed {
		return page, err
	}
	q.people = true
	loose, err := tx.feedMerge(q)
	if err != nil {
		return nil, err
	}
	return mergeMarks(page, loose, f.Limit), nil
}

// feedOfCircles is the part of a feed that is in circles.
func (tx *Tx) feedOfCircles(q feedQuery) ([]Mark, error) {
	f, w := q.Feed, q.wishes
	q.gather = f.Window > 0 && f.Window <= fewDays
	if f.Scope != FeedSubscribed && f.Scope != FeedLocal && f.Scope != FeedList || q.gather {
		return tx.feedWalk(q, Mark{})
	}
	few, err := tx.feedFew(q)
	if err != nil {
		return nil, err
	}
	if few {
		return tx.feedMerge(q)
	}

	end, short, err := tx.feedBudget(q)
	if err != nil {
		return nil, err
	}
	page, err := tx.feedWalk(q, end)
	if err != nil || len(page) == f.Limit || short {
		return page, err
	}
	page, err = tx.feedMerge(q)
	if err != nil || f.Scope != FeedSubscribed || !w.follows {
		return page, err
	}
	tagged, err := tx.feedTagged(q)
	if err != nil {
		return nil, err
	}
	return mergeMarks(page, tagged, f.Limit), nil
}

type feedQuery struct {
	Feed
	viewer circles.Viewer
	wishes wishes
	key    string // the column
	floor  int64  // the smallest id of the window
	gather bool   // collect the window and sort it, instead of walking an index in order
	people bool   // not what is in circles, but what people whom the viewer follows write in none
}

func feedKey(o ranking.Order) string {
	switch o {
	case ranking.ByActive:
		return "active"
	case ranking.ByTop:
		return "score"
	case ranking.ByControversial:
		return "controversy"
	case ranking.ByScaled:
		return "scaled"
	case ranking.ByNew:
		return "id"
	}
	return "hot"
}

// order is the columns of a Mark and the ORDER BY for the rows of the table named t. A sum is no
// column to either planner, so that gather takes the index of ids and not that of the order.
func (q *feedQuery) order(t string) (columns, by string) {
	key := t + "." + q.key
	if q.gather {
		key += " + 0"
	}
	columns = key + " AS k, " + t + ".id AS i"
	if q.key == "id" {
		return columns, t + ".id DESC"
	}
	return columns, key + " DESC, " + t + ".id DESC"
}

// bounds are the conditions that make a visible post t a row after q.After and, with end, not
// after that.
func (q *feedQuery) bounds(args *[]any, t string, end Mark) string {
	cond := t + ".kind = 'post' AND " + t + ".state = 'visible'"
	if q.Order == ranking.ByControversial {
		cond += " AND " + t + ".controversy > 0" // what nobody disputes is not in this feed, nor in its index
	}
	key, id := t+"."+q.key, t+".id"
	if q.Unread && q.viewer.SignedIn() {
		cond += " AND NOT EXISTS (SELECT 1 FROM read_mark r WHERE r.person = " + arg(args, q.viewer.Person) +
			" AND r.post = " + t + ".id AND r.comments >= " + t + ".comments)"
	}
	if q.floor > 0 {
		if q.gather || q.key == "id" {
			cond += " AND " + id + " >= " + arg(args, q.floor)
		} else {
			cond += " AND " + id + " + 0 >= " + arg(args, q.floor)
		}
	}
	if q.gather {
		key, id = key+" + 0", id+" + 0"
	}
	if q.After != (Mark{}) {
		if q.key == "id" {
			cond += " AND " + id + " < " + arg(args, q.After.ID)
		} else {
			cond += " AND (" + key + ", " + id + ") < (" + arg(args, q.After.Key) + ", " + arg(args, q.After.ID) + ")"
		}
	}
	if end != (Mark{}) {
		if q.key == "id" {
			cond += " AND " + id + " >= " + arg(args, end.ID)
		} else {
			cond += " AND (" + key + ", " + id + ") >= (" + arg(args, end.Key) + ", " + arg(args, end.ID) + ")"
		}
	}
	return cond
}

// feedBudget finds the entry at which a walk gives up. short reports that there is none: the walk
// comes to the end of the index by itself.
func (tx *Tx) feedBudget(q feedQuery) (end Mark, short bool, err error) {
	var args []any
	columns, by := q.order("p")
	cond := q.bounds(&args, "p", Mark{})
	marks, err := list(tx, scanMark, "SELECT "+columns+" FROM post p WHERE "+cond+" ORDER BY "+by+
		" LIMIT 1 OFFSET "+strconv.Itoa(walkBudget), args...)
	if err != nil || len(marks) == 0 {
		return Mark{}, true, err
	}
	return marks[0], false, nil
}

// feedWalk takes the posts that fit in the order of an index, from q.After to end. CROSS JOIN keeps
// SQLite from beginning with the circles.
func (tx *Tx) feedWalk(q feedQuery, end Mark) ([]Mark, error) {
	var args []any
	columns, by := q.order("p")
	cond := q.bounds(&args, "p", end)
	switch q.Scope {
	case FeedCircle:
		cond += " AND p.circle = " + arg(&args, q.Circle)
	case FeedSubscribed:
		// The sum keeps SQLite from searching the index of each circle instead.
		me := arg(&args, q.viewer.Person)
		mine := "p.circle + 0 IN (SELECT s.circle FROM membership s WHERE s.person = " + me + " AND s.role IN " + memberRoles + ")"
		if q.wishes.follows {
			mine = "(" + mine + " OR c.visibility IN ('public', 'local') AND EXISTS (SELECT 1 FROM post_tag g CROSS JOIN tag_wish w" +
				" WHERE g.post = p.id AND w.person = " + me + " AND w.tag = g.tag AND w.wish = 'follow'))"
		}
		cond += " AND " + mine
	case FeedList:
		cond += " AND p.circle + 0 IN (SELECT i.circle FROM circle_list_item i WHERE i.list = " + arg(&args, q.List) + ")"
	case FeedLocal:
		cond += " AND p.local = 1 AND (p.listed = 1 OR c.visibility = 'local')"
	default:
		cond += " AND (p.listed = 1 OR c.visibility = 'local')"
	}
	cond += " AND " + q.enter(&args)
	cond += q.wishes.hide(q.viewer, &args, "p.author, p.circle", "p.id")
	return list(tx, scanMark, "SELECT "+columns+" FROM post p CROSS JOIN circle c WHERE c.id = p.circle AND "+cond+
		" ORDER BY "+by+" LIMIT "+arg(&args, q.Limit), args...)
}

// enter is whether the viewer meets circle c in this feed.
func (q *feedQuery) enter(args *[]any) string {
	if q.Scope == FeedList {
		return mayList(q.viewer, q.Own, args)
	}
	return mayEnter(q.viewer, args)
}

func scanMark(r rowScanner) (Mark, error) {
	var m Mark
	err := r.Scan(&m.Key, &m.ID)
	return m, err
}
