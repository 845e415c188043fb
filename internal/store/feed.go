package store

import (
	"strconv"
	"strings"
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
	// costs one index search a circle, however long the index is. Measured on SQLite with 500 circles:
	// an entry stepped over takes 1.5 µs, a circle searched 8 µs.
	walkBudget = 1000
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

// feedMerge takes the page from the circles of the feed, one by one.
//
// Without a window two statements do, whatever the length of the index. A circle whose first fitting
// post is not among the first q.Limit of such posts has nothing on the page: so one finds the first
// post of each circle, and one merges the circles that are left. With a window the posts of the
// circles in it are gathered and sorted, for an index by score says nothing about age.
func (tx *Tx) feedMerge(q feedQuery) ([]Mark, error) {
	q.gather = q.floor > 0
	var args []any
	tables, where := q.circles(&args)
	columns, by := q.order("t")
	cond := q.bounds(&args, "t", Mark{})
	cond += q.wishes.hide(q.viewer, &args, "t.author", "t.id")
	limit := arg(&args, q.Limit)
	of := func(id string) string {
		if q.people {
			return "t.circle = 0 AND t.author = " + id
		}
		return "t.circle = " + id
	}
	if q.gather {
		return list(tx, scanMark, "SELECT "+columns+" FROM "+tables+" CROSS JOIN post t WHERE "+where+
			" AND "+of("c.id")+" AND "+cond+" ORDER BY "+by+" LIMIT "+limit, args...)
	}

	_, byHead := q.order("h")
	heads, err := list(tx, value[int64], "SELECT c.id FROM "+tables+" CROSS JOIN post h WHERE "+where+
		" AND h.id = (SELECT t.id FROM post t WHERE "+of("c.id")+" AND "+cond+" ORDER BY "+by+" LIMIT 1)"+
		" ORDER BY "+byHead+" LIMIT "+limit, args...)
	if err != nil || len(heads) == 0 {
		return nil, err
	}

	args = nil
	cond = q.bounds(&args, "t", Mark{})
	cond += q.wishes.hide(q.viewer, &args, "t.author", "t.id")
	limit = arg(&args, q.Limit)
	n := 1
	for n < len(heads) {
		n *= 2 // few different statements
	}
	parts := make([]string, n)
	for i := range parts {
		id := int64(-1) // no circle
		if i < len(heads) {
			id = heads[i]
		}
		parts[i] = "SELECT * FROM (SELECT " + columns + " FROM post t WHERE " + of(arg(&args, id)) +
			" AND " + cond + " ORDER BY " + by + " LIMIT " + limit + ") AS u" + strconv.Itoa(i)
	}
	return list(tx, scanMark, "SELECT k, i FROM ("+strings.Join(parts, " UNION ALL ")+
		") AS u ORDER BY k DESC, i DESC LIMIT "+limit, args...)
}

// circles are the tables and the condition for the circles c of the feed, as far as the viewer may
// enter them.
func (q *feedQuery) circles(args *[]any) (tables, where string) {
	if q.people {
		return "follow s CROSS JOIN actor c", "s.follower = " + arg(args, q.viewer.Person) +
			" AND s.state = 'accepted' AND c.id = s.followee AND c.kind <> 'circle'"
	}
	if q.Scope == FeedLocal {
		tables = "circle c CROSS JOIN actor a"
		where = "a.id = c.id AND a.host = '' AND c.visibility IN ('public', 'local')"
	} else if q.Scope == FeedList {
		tables = "circle_list_item i CROSS JOIN circle c"
		where = "i.list = " + arg(args, q.List) + " AND c.id = i.circle"
	} else {
		tables = "membership s CROSS JOIN circle c"
		where = "s.person = " + arg(args, q.viewer.Person) + " AND s.role IN " + memberRoles + " AND c.id = s.circle"
	}
	if q.floor > 0 {
		// Circles that have been silent for longer than the window are not searched.
		where += " AND c.posted_at >= " + arg(args, circles.IDTime(q.floor).UnixMicro())
	}
	where += " AND " + q.enter(args)
	where += q.wishes.hide(q.viewer, args, "c.id", "")
	return tables, where
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
