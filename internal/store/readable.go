package store

import (
	"database/sql"
	"errors"
	"strconv"

	"halqa/circles"
)

// The roles that Role.Member and Role.Moderates speak of, for SQL.
const (
	memberRoles    = "('member', 'moderator', 'operator', 'owner')"
	moderatorRoles = "('moderator', 'operator', 'owner')"
)

// inUse holds of the id of a circle that is not suspended. The inner query names no outer row: it is read
// once for a statement, from an index of the suspended circles alone.
func inUse(circle string) string {
	return circle + " NOT IN (SELECT x.id FROM actor x WHERE x.suspended_at <> 0 AND x.kind = 'circle')"
}

// arg appends an argument and returns its placeholder.
func arg(args *[]any, v any) string {
	*args = append(*args, v)
	return "$" + strconv.Itoa(len(*args))
}

// mayEnter is circles.MaySee in SQL: whether the viewer may read what is in circle c. The conditions
// of this file are the only ones that lists know, and a property test holds them against circles.
func mayEnter(v circles.Viewer, args *[]any) string {
	return "(" + inUse("c.id") + " AND " + audience(v, args) + ")"
}

// audience is mayEnter as if no circle were suspended.
func audience(v circles.Viewer, args *[]any) string {
	switch {
	case !v.SignedIn():
		return "c.visibility IN ('public', 'unlisted')"
	case v.Role == circles.SiteAdmin:
		return "c.visibility IN ('public', 'unlisted', 'local', 'members')"
	}
	return "(c.visibility IN ('public', 'unlisted', 'local') OR c.visibility = 'members' AND EXISTS (" +
		"SELECT 1 FROM membership m WHERE m.circle = c.id AND m.person = " + arg(args, v.Person) +
		" AND m.role IN " + memberRoles + "))"
}

// mayRead is circles.MaySeePost in SQL: whether a viewer who may enter circle c gets the text of
// post p in it.
func mayRead(v circles.Viewer, args *[]any) string {
	if v.Person == 0 {
		return "p.state = 'visible'"
	}
	me := arg(args, v.Person)
	moderates := "p.author = " + me
	if v.Moderates() {
		moderates = "1 = 1"
	} else {
		moderates += " OR EXISTS (SELECT 1 FROM membership m WHERE m.circle = c.id AND m.person = " + me +
			" AND m.role IN " + moderatorRoles + ")"
	}
	return "(p.state = 'visible' OR p.state = 'deleted' AND p.author = " + me +
		" OR p.state IN ('held', 'refused', 'removed') AND (" + moderates + "))"
}

// mayReadLoose is circles.MaySeeLoose in SQL, for post p in no circle. Authors find their own. An answer is
// judged by itself: in lists there is no thread around it.
func mayReadLoose(v circles.Viewer, args *[]any) string {
	if !v.SignedIn() {
		return "p.listed = 1"
	}
	return looseFor(arg(args, v.Person))
}

// looseFor is mayReadLoose for the person that an expression names.
func looseFor(person string) string {
	return "(p.listed = 1 OR p.author = " + person + " OR EXISTS (SELECT 1 FROM follow lf WHERE lf.follower = " + person +
		" AND lf.followee = p.author AND lf.state = 'accepted'))"
}

// mayFind is whether a list of one person's posts, or of chosen ones, has post p of circle c, which is NULL
// for what is in none.
func mayFind(v circles.Viewer, args *[]any) string {
	return "CASE WHEN p.circle = 0 THEN " + mayReadLoose(v, args) + " ELSE " + mayEnter(v, args) + " END"
}

// findable is whether a list of many circles shows to the viewer what is in circle c: public circles,
// for people of this instance the local-only ones, and those they belong to. It implies mayEnter.
func findable(v circles.Viewer, args *[]any) string {
	return "(" + inUse("c.id") + " AND " + listed(v, args) + ")"
}

// listed is findable as if no circle were suspended: the moderators' log says of one that it is.
func listed(v circles.Viewer, args *[]any) string {
	if !v.SignedIn() {
		return "c.visibility = 'public'"
	}
	return "(c.visibility IN ('public', 'local') OR EXISTS (SELECT 1 FROM membership m WHERE m.circle = c.id AND m.person = " +
		arg(args, v.Person) + " AND m.role IN " + memberRoles + "))"
}

// wishes are what sort of things a viewer does not want to meet in lists, and whether they follow
// tags. Most want nothing special, and are spared a look for each row.
type wishes struct {
	actors  bool // some people or circles, blocked or muted
	hosts   bool // all of some servers
	tags    bool // posts with some tags
	follows bool // some tags are followed
}

func (tx *Tx) wishesOf(v circles.Viewer) (wishes, error) {
	if !v.SignedIn() {
		return wishes{}, nil
	}
	w, err := one(tx, func(r rowScanner) (wishes, error) {
		var w wishes
		err := r.Scan(&w.actors, &w.hosts, &w.tags, &w.follows)
		return w, err
	}, `SELECT EXISTS (SELECT 1 FROM block WHERE actor = $1) OR EXISTS (SELECT 1 FROM mute WHERE person = $1),
		EXISTS (SELECT 1 FROM host_block WHERE person = $1),
		EXISTS (SELECT 1 FROM tag_wish WHERE person = $1 AND wish = 'block'),
		EXISTS (SELECT 1 FROM tag_wish WHERE person = $1 AND wish = 'follow')
		FROM actor WHERE id = $1`, v.Person)
	if errors.Is(err, sql.ErrNoRows) {
		return wishes{}, nil
	}
	return w, err
}

// hide leaves out what the viewer does not want to meet in a list. ids are the columns that hold an
// author or a circle, post that of a post, or "". It returns "" or " AND …".
func (w wishes) hide(v circles.Viewer, args *[]any, ids, post string) string {
	cond := ""
	if w.actors || w.hosts || w.tags && post != "" {
		me := arg(args, v.Person)
		if w.actors {
			cond += " AND " + notBlocked(me, ids)
		}
		if w.hosts {
			cond += " AND " + notFrom(me, ids)
		}
		if w.tags && post != "" {
			cond += " AND NOT EXISTS (SELECT 1 FROM post_tag y CROSS JOIN tag_wish w WHERE y.post = " + post +
				" AND w.person = " + me + " AND w.tag = y.tag AND w.wish = 'block')"
		}
	}
	return cond
}

// notBlocked holds if the person has neither blocked nor muted any of the actors in the columns ids.
func notBlocked(person, ids string) string {
	return "NOT EXISTS (SELECT 1 FROM block b WHERE b.actor = " + person + " AND b.target IN (" + ids + "))" +
		" AND NOT EXISTS (SELECT 1 FROM mute u WHERE u.person = " + person + " AND u.target IN (" + ids + "))"
}

// notFrom holds if none of the actors in the columns ids is of a server that the person has blocked.
func notFrom(person, ids string) string {
	return "NOT EXISTS (SELECT 1 FROM host_block h CROSS JOIN actor z WHERE h.person = " + person +
		" AND z.id IN (" + ids + ") AND z.host = h.host)"
}
