package store

import "halqa/circles"

// What other servers may read of this instance: posts in public and unlisted circles, no others.

// FederatedPostsIn returns the newest posts of a circle that leaves the instance, at most limit.
func (tx *Tx) FederatedPostsIn(circle circles.CircleID, limit int) ([]circles.PostID, error) {
	return list(tx, value[circles.PostID], `SELECT p.id FROM post p CROSS JOIN circle c
		WHERE c.id = p.circle AND p.circle = $1 AND p.kind = 'post' AND p.state = 'visible' AND c.visibility IN ('public', 'unlisted') AND `+inUse("c.id")+`
		ORDER BY p.id DESC LIMIT $2`, circle, limit)
}

// FederatedPostsBy returns the newest posts and comments of a person that left the instance, at most
// limit.
func (tx *Tx) FederatedPostsBy(person circles.PersonID, limit int) ([]circles.PostID, error) {
	part := func(kind, name string) string {
		return `SELECT * FROM (SELECT p.id AS i FROM post p CROSS JOIN circle c WHERE c.id = p.circle AND p.author = $1
			AND p.kind = '` + kind + `' AND p.state = 'visible' AND c.visibility IN ('public', 'unlisted') AND ` + inUse("c.id") + `
			ORDER BY p.id DESC LIMIT $2) AS ` + name
	}
	return list(tx, value[circles.PostID], "SELECT i FROM ("+part("post", "u")+" UNION ALL "+part("comment", "w")+
		") AS x ORDER BY i DESC LIMIT $2", person, limit)
}

// ThreadIDs returns the visible comments of a thread, the oldest first, after the given one.
func (tx *Tx) ThreadIDs(root, after circles.PostID, limit int) ([]circles.PostID, error) {
	return list(tx, value[circles.PostID], `SELECT p.id FROM post p WHERE p.root = $1 AND p.kind = 'comment' AND p.state = 'visible'
		AND p.id > $2 ORDER BY p.id LIMIT $3`, root, after, limit)
}

// MentionsOf returns the people that these posts name.
func (tx *Tx) MentionsOf(posts []circles.PostID) (map[circles.PostID][]*circles.Actor, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	set, args := in(nil, posts)
	of := map[circles.PostID][]*circles.Actor{}
	return of, tx.rows("SELECT m.post, "+actorCard+" FROM mention m JOIN actor a ON a.id = m.actor WHERE m.post IN ("+set+
		") ORDER BY m.post, a.id", args, func(r rowScanner) error {
		var id circles.PostID
		a := new(circles.Actor)
		if err := r.Scan(append([]any{&id}, actorCardFields(a)...)...); err != nil {
			return err
		}
		of[id] = append(of[id], a)
		return nil
	})
}

// PostsWhole returns these posts with both forms of their text.
func (tx *Tx) PostsWhole(ids []circles.PostID) (map[circles.PostID]*circles.Post, error) {
	set, args := in(nil, ids)
	all, err := list(tx, scanPost, "SELECT "+postColumns+" FROM post p WHERE p.id IN ("+set+")", args...)
	return byKey(all, err, func(p *circles.Post) circles.PostID { return p.ID })
}

// FollowerCount returns how many actors follow this one.
func (tx *Tx) FollowerCount(actor circles.ActorID) (int64, error) {
	return one(tx, value[int64], "SELECT COUNT(*) FROM follow WHERE followee = $1 AND state = 'accepted'", actor)
}

// Counts are what the instance says about itself in numbers.
type Counts struct {
	People, ActiveMonth, ActiveHalfYear int64 // people with an account here; of these, seen in 30 and 180 days
	Circles                             int64 // circles that live here and are public
	Posts, Comments                     int64 // written here
}

// CountAll counts the instance. Its cost grows with what was written here, so callers keep the answer
// for a while.
func (tx *Tx) CountAll() (Counts, error) {
	const day = 24 * 3600 * 1_000_000 // microseconds
	return one(tx, func(r rowScanner) (Counts, error) {
		var c Counts
		err := r.Scan(&c.People, &c.ActiveMonth, &c.ActiveHalfYear, &c.Circles, &c.Posts, &c.Comments)
		return c, err
	}, `SELECT
		(SELECT COUNT(*) FROM account),
		(SELECT COUNT(*) FROM account WHERE seen_at >= $1),
		(SELECT COUNT(*) FROM account WHERE seen_at >= $2),
		(SELECT COUNT(*) FROM circle c JOIN actor a ON a.id = c.id WHERE c.visibility = 'public' AND a.host = '' AND a.deleted_at = 0 AND a.suspended_at = 0),
		(SELECT COUNT(*) FROM account a CROSS JOIN post p WHERE p.author = a.person AND p.kind = 'post'),
		(SELECT COUNT(*) FROM account a CROSS JOIN post p WHERE p.author = a.person AND p.kind = 'comment')`,
		tx.at-30*day, tx.at-180*day)
}
