package store

import (
	"halqa/circles"
	"halqa/circles/ranking"
)

// A Twig is a comment's place in its thread, without its text.
type Twig struct {
	ID     circles.PostID
	Parent circles.PostID
	Author circles.PersonID
	State  circles.PostState
	Level  int   // 1 = the first level that was asked for
	Key    int64 // what siblings are ordered by, the greater first; for ByOld the smaller
}

// Mark is where a page of answers that ends with this one goes on.
func (t Twig) Mark() Mark { return Mark{Key: t.Key, ID: int64(t.ID)} }

func twigKey(o ranking.Order) string {
	switch o {
	case ranking.ByTop:
		return "p.score"
	case ranking.ByControversial:
		return "p.controversy"
	case ranking.ByNew, ranking.ByOld:
		return "p.id"
	}
	return "p.hot"
}

// Answers returns the comments right below a post or comment in this order, whatever their state,
// after the given one, at most limit. root is the post at the top.
func (tx *Tx) Answers(root, parent circles.PostID, o ranking.Order, after Mark, limit int) ([]Twig, error) {
	args := []any{parent}
	key, dir := twigKey(o), "DESC"
	cond := "p.parent = $1 AND p.kind = 'comment'"
	if o == ranking.ByTop {
		cond += " AND p.root = " + arg(&args, root) // only the index by score begins with the root
	}
	by := key + " DESC, p.id DESC"
	switch {
	case o == ranking.ByOld:
		dir, by = "", "p.id"
		if after != (Mark{}) {
			cond += " AND p.id > " + arg(&args, after.ID)
		}
	case o == ranking.ByNew:
		by = "p.id DESC"
		if after != (Mark{}) {
			cond += " AND p.id < " + arg(&args, after.ID)
		}
	case after != (Mark{}):
		cond += " AND (" + key + ", p.id) < (" + arg(&args, after.Key) + ", " + arg(&args, after.ID) + ")"
	}
	// What sorting needs stands in the index; the rows are read for those that are left.
	return list(tx, scanTwig, "SELECT p.id, p.parent, p.author, p.state, 1, x.k FROM (SELECT p.id AS i, "+key+
		" AS k FROM post p WHERE "+cond+" ORDER BY "+by+" LIMIT "+arg(&args, limit)+
		") AS x CROSS JOIN post p WHERE p.id = x.i ORDER BY x.k "+dir+", x.i "+dir, args...)
}

// Below returns what hangs below these comments, level by level down to the given one, the comments
// themselves not included. It stops after limit, within a level, and then leaves out some siblings
// without regard to the order. Levels count the given comments as 1.
func (tx *Tx) Below(tops []circles.PostID, o ranking.Order, level, limit int) ([]Twig, error) {
	set, args := in(nil, tops)
	key := twigKey(o)
	// Both engines take the rows of a recursion in the order of its levels, and stop it when they have
	// enough.
	return list(tx, scanTwig, `WITH RECURSIVE t (id, parent, author, state, level, k) AS (
			SELECT p.id, p.parent, p.author, p.state, 2, `+key+` FROM post p WHERE p.parent IN (`+set+`) AND p.kind = 'comment'
			UNION ALL
			SELECT p.id, p.parent, p.author, p.state, t.level + 1, `+key+` FROM t CROSS JOIN post p
			WHERE p.parent = t.id AND p.kind = 'comment' AND t.level < `+arg(&args, level)+`
		) SELECT id, parent, author, state, level, k FROM t LIMIT `+arg(&args, limit), args...)
}

// HiddenBelow counts the visible comments below each of these that are reached without passing one
// of shown. It counts at most limit rows together.
func (tx *Tx) HiddenBelow(ids, shown []circles.PostID, limit int) (map[circles.PostID]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	set, args := in(nil, ids)
	known, args := in(args, shown)
	hidden := map[circles.PostID]int64{}
	return hidden, tx.rows(`WITH RECURSIVE t (seed, id, state) AS (
			SELECT p.parent, p.id, p.state FROM post p WHERE p.parent IN (`+set+`) AND p.kind = 'comment' AND p.id NOT IN (`+known+`)
			UNION ALL
			SELECT t.seed, p.id, p.state FROM t CROSS JOIN post p WHERE p.parent = t.id AND p.kind = 'comment'
		) SELECT seed, COUNT(*) FROM (SELECT seed, state FROM t LIMIT `+arg(&args, limit)+`) AS u WHERE state = 'visible' GROUP BY seed`,
		args, func(r rowScanner) error {
			var id circles.PostID
			var n int64
			if err := r.Scan(&id, &n); err != nil {
				return err
			}
			hidden[id] = n
			return nil
		})
}

// Above returns the comments that a comment hangs below, the nearest first, at most limit.
func (tx *Tx) Above(id circles.PostID, limit int) ([]Twig, error) {
	return list(tx, scanTwig, `WITH RECURSIVE t (id, parent, author, state, level, kind) AS (
			SELECT q.id, q.parent, q.author, q.state, 1, q.kind FROM post p CROSS JOIN post q WHERE p.id = $1 AND q.id = p.parent
			UNION ALL
			SELECT q.id, q.parent, q.author, q.state, t.level + 1, q.kind FROM t CROSS JOIN post q
			WHERE q.id = t.parent AND t.level <= $2
		) SELECT id, parent, author, state, level, id FROM t WHERE kind = 'comment' ORDER BY level LIMIT $2`, id, limit)
}

// AuthorsAnswers returns the visible comments of the post's author in its thread, the oldest first, behind
// the one with the id after, at most limit. Of the author's comments anywhere this many are looked at, and
// next is the last of them if there may be more; 0 = there are not.
func (tx *Tx) AuthorsAnswers(root *circles.Post, after circles.PostID, limit, depth int) (ids []circles.PostID, next circles.PostID, err error) {
	after = max(after, root.ID)
	looked := 0
	err = tx.rows(`SELECT id, root, state FROM post WHERE author = $1 AND kind = 'comment' AND id > $2 ORDER BY id LIMIT $3`,
		[]any{root.Author, after, depth}, func(r rowScanner) error {
			var id, in circles.PostID
			var state circles.PostState
			if err := r.Scan(&id, &in, &state); err != nil {
				return err
			}
			looked++
			if len(ids) == limit {
				return nil
			}
			if next = id; in == root.ID && state == circles.Visible {
				ids = append(ids, id)
			}
			return nil
		})
	if looked < depth && len(ids) < limit {
		next = 0
	}
	return ids, next, err
}

// Around returns these comments and what is above each of them, up to so many levels. A Twig's Level is how
// deep the comment is in its thread.
func (tx *Tx) Around(ids []circles.PostID, up int) ([]Twig, error) {
	set, args := in(nil, ids)
	return list(tx, scanTwig, `WITH RECURSIVE t (id, parent, up) AS (
			SELECT p.id, p.parent, 0 FROM post p WHERE p.id IN (`+set+`)
			UNION
			SELECT q.id, q.parent, t.up + 1 FROM t CROSS JOIN post q WHERE q.id = t.parent AND q.kind = 'comment' AND t.up < `+arg(&args, up)+`
		) SELECT p.id, p.parent, p.author, p.state, p.depth, p.id FROM (SELECT DISTINCT id AS i FROM t) AS x CROSS JOIN post p
		WHERE p.id = x.i ORDER BY p.depth, p.id`, args...)
}

func scanTwig(r rowScanner) (Twig, error) {
	var t Twig
	err := r.Scan(&t.ID, &t.Parent, &t.Author, &t.State, &t.Level, &t.Key)
	return t, err
}

// BlockedBy returns which of these the viewer does not want to meet: blocked or muted by themselves,
// or of a server that is.
func (tx *Tx) BlockedBy(person circles.PersonID, ids []circles.ActorID) (map[circles.ActorID]bool, error) {
	if person == 0 || len(ids) == 0 {
		return nil, nil
	}
	set, args := in([]any{person}, ids)
	blocked := map[circles.ActorID]bool{}
	return blocked, tx.rows("SELECT target FROM block WHERE actor = $1 AND target IN ("+set+
		") UNION ALL SELECT target FROM mute WHERE person = $1 AND target IN ("+set+
		") UNION ALL SELECT z.id FROM host_block h JOIN actor z ON z.host = h.host WHERE h.person = $1 AND z.id IN ("+set+")", args, func(r rowScanner) error {
		var id circles.ActorID
		if err := r.Scan(&id); err != nil {
			return err
		}
		blocked[id] = true
		return nil
	})
}
