package store

import (
	"strconv"

	"halqa/circles"
)

// The roles that Role.Member and Role.Moderates speak of, for SQL.
const (
	memberRoles    = "('member', 'moderator', 'operator', 'owner')"
	moderatorRoles = "('moderator', 'operator', 'owner')"
)

// arg appends an argument and returns its placeholder.
func arg(args *[]any, v any) string {
	*args = append(*args, v)
	return "$" + strconv.Itoa(len(*args))
}

// mayEnter is circles.MaySee in SQL: whether the viewer may read what is in circle c. The conditions
// of this file are the only ones that lists know, and a property test holds them against circles.
func mayEnter(v circles.Viewer, args *[]any) string {
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

// notBlocked leaves out what the viewer does not want to meet in a list: posts by people and in
// circles they have blocked. ids are the columns that hold an author or a circle.
func notBlocked(v circles.Viewer, args *[]any, ids string) string {
	return "NOT EXISTS (SELECT 1 FROM block b WHERE b.actor = " + arg(args, v.Person) + " AND b.target IN (" + ids + "))"
}

// blocksAny reports whether the viewer has blocked anyone. Most have not, and are spared a look for
// each row.
func (tx *Tx) blocksAny(v circles.Viewer) (bool, error) {
	if !v.SignedIn() {
		return false, nil
	}
	return tx.exists("SELECT 1 FROM block WHERE actor = $1", v.Person)
}
