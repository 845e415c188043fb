package store

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"halqa/circles"
)

// feedFew reports whether the feed is merged from its circles at once: there are few of them, as most
// people have, and nothing else is in it.
func (tx *Tx) feedFew(q feedQuery) (bool, error) {
	if q.Window > gatherFirst {
		return false, nil
	}
	switch q.Scope {
	case FeedList:
		return true, nil // app bounds what is in a list
	case FeedSubscribed:
		if q.wishes.follows {
			return false, nil // tags
		}
		n, err := one(tx, value[int64], "SELECT COUNT(*) FROM (SELECT 1 FROM membership s WHERE s.person = $1 LIMIT "+
			strconv.Itoa(mergeFirst+1)+") AS x", q.viewer.Person)
		return n <= mergeFirst, err
	}
	return false, nil
}

// feedMerge takes the page from the circles of the feed, one by one.
//
// Without a window two statements do, whatever the length of the index. A circle whose first fitting
// post is not among the first q.Limit of such posts has nothing on the page: so one finds the first
// post of each circle, and one merges the circles that are left, none further than to the last of these
// posts. With a window the posts of the circles in it are gathered and sorted, for an index by score
// says nothing about age.
func (tx *Tx) feedMerge(q feedQuery) ([]Mark, error) {
	q.gather = q.floor > 0
	if q.gather {
		var args []any
		tables, where, id := q.sources(&args)
		columns, by := q.order("t")
		cond := q.fitting(&args, Mark{})
		return list(tx, scanMark, "SELECT "+columns+" FROM "+tables+" CROSS JOIN post t WHERE "+where+" AND "+q.of(id)+
			" AND "+cond+" ORDER BY "+by+" LIMIT "+arg(&args, q.Limit), args...)
	}
	fetched := q.Limit + 1
	if q.key == "score" || q.key == "controversy" {
		fetched += q.Limit // small numbers: many circles begin alike
	}
	heads, err := tx.feedHeads(q, fetched, false)
	if err != nil {
		return nil, err
	}
	var end Mark
	switch n := q.Limit; {
	case len(heads) < n:
	case q.key == "id" || len(heads) == n || heads[n-1].at.Key != heads[n].at.Key:
		heads, end = heads[:n], heads[n-1].at
	case len(heads) < fetched || heads[n].at.Key != heads[fetched-1].at.Key:
		// Circles that begin alike are on both sides of the end, so all of them are merged.
		end = Mark{Key: heads[n].at.Key, ID: 1}
		if i := slices.IndexFunc(heads, func(h feedHead) bool { return h.at.Key < end.Key }); i > 0 {
			heads = heads[:i]
		}
	default:
		// More of them than were asked for. An index search gives one number, and a second search, for the
		// id, costs as much again; it is made for this only.
		if heads, err = tx.feedHeads(q, q.Limit, true); err != nil {
			return nil, err
		}
		end = heads[len(heads)-1].at
	}
	if len(heads) == 0 {
		return nil, nil
	}

	var args []any
	cond := q.fitting(&args, end)
	limit := arg(&args, q.Limit)
	columns, by := q.order("t")
	n := 1
	for n < len(heads) {
		n *= 2 // few different statements
	}
	parts := make([]string, n)
	for i := range parts {
		source := int64(-1) // nobody
		if i < len(heads) {
			source = heads[i].source
		}
		parts[i] = "SELECT * FROM (SELECT " + columns + " FROM post t WHERE " + q.of(arg(&args, source)) +
			" AND " + cond + " ORDER BY " + by + " LIMIT " + limit + ") AS u" + strconv.Itoa(i)
	}
	// The limit inside keeps SQLite from merging sorted parts, for which it makes a table of each.
	return list(tx, scanMark, "SELECT k, i FROM ("+strings.Join(parts, " UNION ALL ")+" LIMIT "+strconv.Itoa(n*q.Limit)+
		") AS u ORDER BY k DESC, i DESC LIMIT "+limit, args...)
}

// A feedHead is a circle, or a person, and the place of the first post from there that fits.
type feedHead struct {
	source int64
	at     Mark
}

// noKey is less than any key of a post.
const noKey = -math.MaxInt64

// feedHeads returns the n circles whose first fitting posts come first, in their order. Only exact ones know the ids of these posts, and only among these is the order of
// those with the same key right. The first post by age is its id.
func (tx *Tx) feedHeads(q feedQuery, n int, exact bool) ([]feedHead, error) {
	var args []any
	tables, where, id := q.sources(&args)
	cond := q.of(id) + " AND " + q.fitting(&args, Mark{})
	_, by := q.order("t")
	first := func(column string) string {
		return "COALESCE((SELECT t." + column + " FROM post t WHERE " + cond + " ORDER BY " + by + " LIMIT 1), " + strconv.FormatInt(noKey, 10) + ")"
	}
	second := "0"
	if exact {
		second = first("id")
	}
	heads, err := list(tx, func(r rowScanner) (feedHead, error) {
		var h feedHead
		err := r.Scan(&h.source, &h.at.Key, &h.at.ID)
		return h, err
	}, "SELECT "+id+" AS x, "+first(q.key)+" AS k, "+second+" AS i FROM "+tables+" WHERE "+where+
		" ORDER BY k DESC, i DESC LIMIT "+arg(&args, n), args...)
	if err != nil {
		return nil, err
	}
	for i := range heads {
		if heads[i].at.Key == noKey {
			return heads[:i], nil
		}
		if q.key == "id" {
			heads[i].at.ID = heads[i].at.Key
		}
	}
	return heads, nil
}

// of is the condition for the posts t of one source of the feed.
func (q *feedQuery) of(id string) string {
	if q.people {
		return "t.circle = 0 AND t.author = " + id
	}
	return "t.circle = " + id
}

// fitting are the conditions for posts t of a source that the viewer may enter.
func (q *feedQuery) fitting(args *[]any, end Mark) string {
	return q.bounds(args, "t", end) + q.wishes.hide(q.viewer, args, "t.author", "t.id")
}

// sources are the tables and the condition for the circles of the feed, as far as the viewer may enter
// them, or for the people that the viewer follows; and the column with their ids.
func (q *feedQuery) sources(args *[]any) (tables, where, id string) {
	id = "c.id"
	switch {
	case q.people:
		return "follow s CROSS JOIN actor c", "s.follower = " + arg(args, q.viewer.Person) +
			" AND s.state = 'accepted' AND c.id = s.followee AND c.kind <> 'circle'", id
	case q.Scope == FeedLocal:
		tables = "circle c CROSS JOIN actor a"
		where = "a.id = c.id AND a.host = '' AND c.visibility IN ('public', 'local')"
	case q.Scope == FeedList:
		tables = "circle_list_item i CROSS JOIN circle c"
		where = "i.list = " + arg(args, q.List) + " AND c.id = i.circle"
	default:
		tables, id = "membership s", "s.circle"
		where = "s.person = " + arg(args, q.viewer.Person) + " AND s.role IN " + memberRoles
		if q.floor == 0 && q.viewer.SignedIn() {
			// A member may enter if it is not suspended, whatever the circle's visibility: it need not be looked up.
			return tables, where + " AND " + inUse(id) + q.wishes.hide(q.viewer, args, id, ""), id
		}
		tables += " CROSS JOIN circle c"
		where += " AND c.id = s.circle"
	}
	if q.floor > 0 {
		// Circles that have been silent for longer than the window are not searched.
		where += " AND c.posted_at >= " + arg(args, circles.IDTime(q.floor).UnixMicro())
	}
	where += " AND " + q.enter(args)
	where += q.wishes.hide(q.viewer, args, id, "")
	return tables, where, id
}
