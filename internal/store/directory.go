package store

import (
	"strconv"

	"halqa/circles"
)

// A Moderator is a person who runs a circle.
type Moderator struct {
	Actor *circles.Actor // as ActorCards has it
	Role  circles.Role
}

// maxModerators bounds the list of a circle's moderators.
const maxModerators = 100

// Moderators returns who runs a circle: owners, operators, moderators, each group in the order they
// came.
func (tx *Tx) Moderators(circle circles.CircleID) ([]Moderator, error) {
	return list(tx, func(r rowScanner) (Moderator, error) {
		a := new(circles.Actor)
		m := Moderator{Actor: a}
		err := r.Scan(append(actorCardFields(a), &m.Role)...)
		return m, err
	}, "SELECT "+actorCard+`, m.role FROM membership m JOIN actor a ON a.id = m.person
		WHERE m.circle = $1 AND m.role IN `+moderatorRoles+` AND a.deleted_at = 0
		ORDER BY CASE m.role WHEN 'owner' THEN 1 WHEN 'operator' THEN 2 ELSE 3 END, m.at, m.person
		LIMIT `+strconv.Itoa(maxModerators), circle)
}

// PostsBy returns the places of an author's posts or comments that the viewer may read, the newest
// first, after the given one, at most limit. Authors find their own that are deleted, removed or held,
// and moderators what they may see.
func (tx *Tx) PostsBy(v circles.Viewer, author circles.PersonID, kind circles.PostKind, after Mark, limit int) ([]Mark, error) {
	args := []any{author, kind}
	cond := "p.author = $1 AND p.kind = $2"
	if after != (Mark{}) {
		cond += " AND p.id < " + arg(&args, after.ID)
	}
	cond += " AND " + mayFind(v, &args) + " AND " + mayRead(v, &args)
	return list(tx, scanMark, "SELECT p.id, p.id FROM post p LEFT JOIN circle c ON c.id = p.circle WHERE "+cond+
		" ORDER BY p.id DESC LIMIT "+arg(&args, limit), args...)
}

// A CircleRow is a circle with somebody's place in it.
type CircleRow struct {
	Circle *circles.Circle // as CircleCards has it, and the beginning of SummaryHTML, which may end inside a tag
	Role   circles.Role
}

func scanCircleRow(r rowScanner) (CircleRow, error) {
	var row CircleRow
	var err error
	row.Circle, err = scanCircleCard(rowWith{r, []any{&row.Role}})
	return row, err
}

// rowWith scans some columns more than its caller asks for.
type rowWith struct {
	rowScanner
	more []any
}

func (r rowWith) Scan(dest ...any) error { return r.rowScanner.Scan(append(dest, r.more...)...) }

// CirclesOf returns the circles in which a person has a place, as far as the viewer may enter them,
// by name, at most limit; with moderated only those that the person runs.
func (tx *Tx) CirclesOf(v circles.Viewer, person circles.PersonID, moderated bool, limit int) ([]CircleRow, error) {
	args := []any{person}
	cond := "s.person = $1 AND c.id = s.circle AND a.id = c.id AND a.deleted_at = 0"
	if moderated {
		cond += " AND s.role IN " + moderatorRoles
	}
	// One's own pending request to a members-only circle is one's own to see.
	if person == v.Person && v.SignedIn() {
		cond += " AND (" + mayEnter(v, &args) + " OR s.role = 'pending')"
	} else {
		cond += " AND " + mayEnter(v, &args)
	}
	return list(tx, scanCircleRow, "SELECT "+circleCard+", s.role FROM membership s CROSS JOIN circle c CROSS JOIN actor a WHERE "+
		cond+" ORDER BY a.name, c.id LIMIT "+arg(&args, limit), args...)
}

// SomeCirclesOf returns circles that the viewer has a place in by name, at most limit, without what they
// say about themselves. Of somebody in more than among circles they are chosen from those that were known
// here last: names stand in the circles' own rows, and a margin is not worth reading hundreds of them.
func (tx *Tx) SomeCirclesOf(v circles.Viewer, among, limit int) ([]CircleRow, error) {
	args := []any{v.Person}
	from := arg(&args, among)
	// They are sorted before what is shown of them is read.
	first := "SELECT c.id AS circle, x.role AS role, a.name AS name FROM (SELECT s.circle, s.role FROM membership s WHERE s.person = $1" +
		" ORDER BY s.circle DESC LIMIT " + from + ") AS x CROSS JOIN circle c CROSS JOIN actor a WHERE c.id = x.circle AND a.id = c.id" +
		" AND a.deleted_at = 0 AND (" + mayEnter(v, &args) + " OR x.role = 'pending') ORDER BY a.name, c.id LIMIT " + arg(&args, limit)
	return list(tx, scanCircleRow, "SELECT "+circleCardShort+", u.role FROM ("+first+") AS u CROSS JOIN circle c CROSS JOIN actor a"+
		" WHERE c.id = u.circle AND a.id = c.id ORDER BY u.name, u.circle", args...)
}

// IsMember reports whether a person belongs to any circle.
func (tx *Tx) IsMember(person circles.PersonID) (bool, error) {
	return tx.exists("SELECT 1 FROM membership s WHERE s.person = $1 AND s.role IN "+memberRoles, person)
}

// A Directory says which circles a page of the directory holds.
type Directory struct {
	Topic    string // "" = every topic
	Language string // "" = every language
	Local    bool   // only those that live here
	After    Mark   // Key is the circle's PostedAt
	Limit    int
}

// DirectoryPage returns the circles that may be listed to the viewer, the liveliest first, with the
// viewer's place in them. That is public ones; and for people of this instance the local-only ones.
func (tx *Tx) DirectoryPage(v circles.Viewer, d Directory) ([]CircleRow, error) {
	args := []any{v.Person}
	cond := ""
	if d.Topic != "" {
		cond += " AND c.topic = " + arg(&args, d.Topic)
	}
	if d.Language != "" {
		cond += " AND c.language = " + arg(&args, d.Language)
	}
	if d.Local {
		cond += " AND a.host = ''"
	}
	if d.After != (Mark{}) {
		cond += " AND (c.posted_at, c.id) < (" + arg(&args, d.After.Key) + ", " + arg(&args, d.After.ID) + ")"
	}
	cond += " AND " + mayEnter(v, &args)
	if v.SignedIn() {
		cond += wishes{actors: true, hosts: true}.hide(v, &args, "c.id", "")
	}
	limit := arg(&args, d.Limit)
	// The public ones come out of their index in order; the local-only ones are few.
	part := func(visibility, name string) string {
		return "SELECT * FROM (SELECT c.id AS i, c.posted_at AS k FROM circle c CROSS JOIN actor a WHERE a.id = c.id AND c.visibility = '" +
			visibility + "' AND a.deleted_at = 0 AND a.suspended_at = 0" + cond + " ORDER BY c.posted_at DESC, c.id DESC LIMIT " + limit + ") AS " + name
	}
	return list(tx, scanCircleRow, "SELECT "+circleCard+", COALESCE(s.role, '') FROM ("+part("public", "u")+" UNION ALL "+part("local", "w")+
		") AS x JOIN circle c ON c.id = x.i JOIN actor a ON a.id = c.id LEFT JOIN membership s ON s.circle = c.id AND s.person = $1"+
		" ORDER BY x.k DESC, x.i DESC LIMIT "+limit, args...)
}

// A Topic is what circles are about, with how many public circles are.
type Topic struct {
	Name    string
	Circles int64
}

// Topics returns the topics of most public circles, at most limit, of those that circles of at least this
// many founders have. Whoever founded a circle elsewhere is not known, so a server counts as one founder. It
// reads every public circle.
func (tx *Tx) Topics(founders, limit int) ([]Topic, error) {
	return list(tx, func(r rowScanner) (Topic, error) {
		var t Topic
		err := r.Scan(&t.Name, &t.Circles)
		return t, err
	}, `SELECT c.topic, COUNT(*) FROM circle c JOIN actor a ON a.id = c.id
		WHERE c.visibility = 'public' AND c.topic <> '' AND a.deleted_at = 0 AND a.suspended_at = 0
		GROUP BY c.topic HAVING COUNT(DISTINCT CASE WHEN a.host = '' THEN CAST(c.created_by AS TEXT) ELSE a.host END) >= $1
		ORDER BY COUNT(*) DESC, c.topic LIMIT $2`, founders, limit)
}

// CircleRev returns the number that grows with every change of a circle that a reader could see.
func (tx *Tx) CircleRev(circle circles.CircleID) (int64, error) {
	rev, err := one(tx, value[int64], "SELECT rev FROM circle WHERE id = $1", circle)
	return rev, notFound(err, "circle")
}

// CircleRevs returns the sum of the revs of these circles, which are all different. It changes when any
// of them does, for none ever shrinks.
func (tx *Tx) CircleRevs(ids []circles.CircleID) (int64, error) {
	set, args := in(nil, ids)
	return one(tx, value[int64], "SELECT COALESCE(SUM(rev), 0) FROM circle WHERE id IN ("+set+")", args...)
}
