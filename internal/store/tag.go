package store

import (
	"cmp"
	"slices"

	"halqa/circles"
)

// tagDepth is how many posts and comments with a tag are looked at for a page that is not ordered by
// age. Older ones are on top of no such page for as long as the tag is in use.
const tagDepth = 5000

// SetTags makes these the tags of a post. Callers bound them.
func (tx *Tx) SetTags(post circles.PostID, tags []string) error {
	had, err := list(tx, value[string], `SELECT tag FROM post_tag WHERE post = $1 ORDER BY tag`, post)
	if err != nil {
		return err
	}
	for _, tag := range had {
		if !slices.Contains(tags, tag) {
			if _, err := tx.exec(`DELETE FROM post_tag WHERE tag = $1 AND post = $2`, tag, post); err != nil {
				return err
			}
		}
	}
	for _, tag := range tags {
		if !slices.Contains(had, tag) {
			if _, err := tx.exec(`INSERT INTO post_tag (tag, post) VALUES ($1, $2) ON CONFLICT (tag, post) DO NOTHING`, tag, post); err != nil {
				return err
			}
		}
	}
	return nil
}

// Tags returns the tags of a post, in order of their letters.
func (tx *Tx) Tags(post circles.PostID) ([]string, error) {
	return list(tx, value[string], `SELECT tag FROM post_tag WHERE post = $1 ORDER BY tag`, post)
}

// A TagCount is a tag with how many people used it of late.
type TagCount struct {
	Tag    string
	People int64
	Posts  int64 // and comments
}

// PopularTags returns the tags that most people used in public circles behind the given id, at most
// limit. It reads everything that was tagged since, so callers keep the answer for a while.
func (tx *Tx) PopularTags(since circles.PostID, limit int) ([]TagCount, error) {
	// The empty text keeps SQLite from walking through all tags in their order.
	return list(tx, func(r rowScanner) (TagCount, error) {
		var c TagCount
		err := r.Scan(&c.Tag, &c.People, &c.Posts)
		return c, err
	}, `SELECT g.tag || '', COUNT(DISTINCT p.author), COUNT(*) FROM post_tag g CROSS JOIN post p CROSS JOIN circle c
		WHERE g.post > $1 AND p.id = g.post AND p.state = 'visible' AND c.id = p.circle AND c.visibility = 'public' AND `+inUse("c.id")+`
		GROUP BY g.tag || '' ORDER BY COUNT(DISTINCT p.author) DESC, COUNT(*) DESC, 1 LIMIT $2`, since, limit)
}

// A TagWish is what a person wants of a tag.
type TagWish string

const (
	NoTagWish TagWish = ""
	FollowTag TagWish = "follow"
	BlockTag  TagWish = "block"
)

// SetTagWish sets what a person wants of a tag; NoTagWish forgets it.
func (tx *Tx) SetTagWish(person circles.PersonID, tag string, wish TagWish) error {
	if wish == NoTagWish {
		_, err := tx.exec(`DELETE FROM tag_wish WHERE person = $1 AND tag = $2`, person, tag)
		return err
	}
	_, err := tx.exec(`INSERT INTO tag_wish (person, tag, wish, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person, tag) DO UPDATE SET wish = excluded.wish, at = excluded.at`, person, tag, wish, tx.Now())
	return err
}

// TagWishes returns what a person wants of tags, in order of their letters.
func (tx *Tx) TagWishes(person circles.PersonID) (map[string]TagWish, error) {
	all := map[string]TagWish{}
	return all, tx.rows(`SELECT tag, wish FROM tag_wish WHERE person = $1`, []any{person}, func(r rowScanner) error {
		var tag string
		var wish TagWish
		if err := r.Scan(&tag, &wish); err != nil {
			return err
		}
		all[tag] = wish
		return nil
	})
}

// feedTagged takes a page from the posts with the feed's tag, or of FeedSubscribed with any tag that
// the viewer follows.
func (tx *Tx) feedTagged(q feedQuery) ([]Mark, error) {
	q.gather = true
	var args []any
	tagged := "g.tag = " + arg(&args, q.Tag)
	if q.Scope == FeedSubscribed {
		tagged = "g.tag IN (SELECT w.tag FROM tag_wish w WHERE w.person = " + arg(&args, q.viewer.Person) + " AND w.wish = 'follow')"
	}
	if q.floor > 0 {
		tagged += " AND g.post >= " + arg(&args, q.floor)
	}
	if q.key == "id" && q.After != (Mark{}) {
		tagged += " AND g.post < " + arg(&args, q.After.ID)
	}
	columns, by := q.order("p")
	cond := q.bounds(&args, "p", Mark{})
	if q.Scope == FeedSubscribed {
		cond += " AND c.visibility IN ('public', 'local') AND " + mayEnter(q.viewer, &args)
	} else {
		cond += " AND " + findable(q.viewer, &args)
	}
	cond += q.wishes.hide(q.viewer, &args, "p.author, p.circle", "p.id")
	return list(tx, scanMark, "SELECT "+columns+" FROM (SELECT DISTINCT g.post AS i FROM post_tag g WHERE "+tagged+
		" ORDER BY g.post DESC LIMIT "+arg(&args, tagDepth)+") AS x CROSS JOIN post p CROSS JOIN circle c"+
		" WHERE p.id = x.i AND c.id = p.circle AND "+cond+" ORDER BY "+by+" LIMIT "+arg(&args, q.Limit), args...)
}

// mergeMarks joins two pages of one order.
func mergeMarks(a, b []Mark, limit int) []Mark {
	all := append(slices.Clone(a), b...)
	slices.SortFunc(all, func(x, y Mark) int { return cmp.Or(cmp.Compare(y.Key, x.Key), cmp.Compare(y.ID, x.ID)) })
	all = slices.Compact(all)
	return all[:min(limit, len(all))]
}
