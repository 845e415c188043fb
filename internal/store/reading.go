package store

import (
	"halqa/circles"
)

// A Reading is what a person has to do with a post: when they last looked at it and how many comments
// it had then, and whether they saved it. The zero Reading is nothing at all.
type Reading struct {
	SeenAt       int64 // UTC microseconds; 0 = never
	SeenComments int64
	Saved        bool
}

// Readings returns what a person has to do with each of these posts.
func (tx *Tx) Readings(person circles.PersonID, posts []circles.PostID) (map[circles.PostID]Reading, error) {
	if person == 0 || len(posts) == 0 {
		return nil, nil
	}
	set, args := in([]any{person}, posts)
	of := map[circles.PostID]Reading{}
	return of, tx.rows("SELECT post, at, comments, 0 FROM read_mark WHERE person = $1 AND post IN ("+set+
		") UNION ALL SELECT post, 0, 0, 1 FROM saved WHERE person = $1 AND post IN ("+set+")", args, func(r rowScanner) error {
		var id circles.PostID
		var row Reading
		if err := r.Scan(&id, &row.SeenAt, &row.SeenComments, &row.Saved); err != nil {
			return err
		}
		all := of[id]
		all.SeenAt, all.SeenComments, all.Saved = max(all.SeenAt, row.SeenAt), max(all.SeenComments, row.SeenComments), all.Saved || row.Saved
		of[id] = all
		return nil
	})
}

// SetReadMark notes when a person looked at a thread, and how many comments they saw counted. An
// earlier look does not undo a later one.
func (tx *Tx) SetReadMark(person circles.PersonID, post circles.PostID, at, comments int64) error {
	_, err := tx.exec(`INSERT INTO read_mark (person, post, at, comments) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person, post) DO UPDATE SET at = excluded.at, comments = excluded.comments WHERE read_mark.at <= excluded.at`,
		person, post, at, comments)
	return err
}

// BumpReadMark counts a person's own comment as one that they know, if they have looked at the thread.
func (tx *Tx) BumpReadMark(person circles.PersonID, post circles.PostID) error {
	_, err := tx.exec(`UPDATE read_mark SET comments = comments + 1 WHERE person = $1 AND post = $2`, person, post)
	return err
}

// TrimReadMarks forgets looks from before a time, at most limit, and returns how many.
func (tx *Tx) TrimReadMarks(before int64, limit int) (int64, error) {
	return tx.exec(`DELETE FROM read_mark WHERE (person, post) IN
		(SELECT person, post FROM read_mark WHERE at < $1 ORDER BY at LIMIT $2)`, before, limit)
}

// SetSaved saves a post or comment for a person, or forgets it.
func (tx *Tx) SetSaved(person circles.PersonID, post circles.PostID, saved bool) error {
	if !saved {
		_, err := tx.exec(`DELETE FROM saved WHERE person = $1 AND post = $2`, person, post)
		return err
	}
	_, err := tx.exec(`INSERT INTO saved (person, post, at) VALUES ($1, $2, $3) ON CONFLICT (person, post) DO NOTHING`, person, post, tx.Now())
	return err
}

// SavedCount returns how many posts and comments a person has saved.
func (tx *Tx) SavedCount(person circles.PersonID) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM saved WHERE person = $1`, person)
}

// SavedPage returns the places of what the viewer saved and may still read, the latest first, after
// the given one, at most limit. A Mark's Key is when it was saved.
func (tx *Tx) SavedPage(v circles.Viewer, after Mark, limit int) ([]Mark, error) {
	args := []any{v.Person}
	cond := ""
	if after != (Mark{}) {
		cond = " AND (s.at, s.post) < (" + arg(&args, after.Key) + ", " + arg(&args, after.ID) + ")"
	}
	cond += " AND " + mayFind(v, &args) + " AND " + mayRead(v, &args)
	return list(tx, scanMark, "SELECT s.at, s.post FROM saved s CROSS JOIN post p LEFT JOIN circle c ON c.id = p.circle WHERE s.person = $1"+
		" AND p.id = s.post"+cond+" ORDER BY s.at DESC, s.post DESC LIMIT "+arg(&args, limit), args...)
}

// SetMute makes or lifts a mute: like a block, but only its owner notices.
func (tx *Tx) SetMute(person circles.PersonID, target circles.ActorID, muted bool) error {
	if !muted {
		_, err := tx.exec(`DELETE FROM mute WHERE person = $1 AND target = $2`, person, target)
		return err
	}
	_, err := tx.exec(`INSERT INTO mute (person, target, at) VALUES ($1, $2, $3) ON CONFLICT (person, target) DO NOTHING`,
		person, target, tx.Now())
	return err
}

// Muted reports whether a person has muted an actor.
func (tx *Tx) Muted(person circles.PersonID, target circles.ActorID) (bool, error) {
	return tx.exists(`SELECT 1 FROM mute WHERE person = $1 AND target = $2`, person, target)
}

// SetHostBlock makes or lifts a person's block of everything from another server.
func (tx *Tx) SetHostBlock(person circles.PersonID, host string, blocked bool) error {
	if !blocked {
		_, err := tx.exec(`DELETE FROM host_block WHERE person = $1 AND host = $2`, person, host)
		return err
	}
	_, err := tx.exec(`INSERT INTO host_block (person, host, at) VALUES ($1, $2, $3) ON CONFLICT (person, host) DO NOTHING`,
		person, host, tx.Now())
	return err
}

// BlockedActors returns whom a person has blocked, people and circles, the latest first, at most limit.
func (tx *Tx) BlockedActors(person circles.PersonID, limit int) ([]*circles.Actor, error) {
	return list(tx, scanActorCard, "SELECT "+actorCard+` FROM block b JOIN actor a ON a.id = b.target WHERE b.actor = $1
		ORDER BY b.at DESC, a.id DESC LIMIT $2`, person, limit)
}

// MutedActors returns whom a person has muted, the latest first, at most limit.
func (tx *Tx) MutedActors(person circles.PersonID, limit int) ([]*circles.Actor, error) {
	return list(tx, scanActorCard, "SELECT "+actorCard+` FROM mute u JOIN actor a ON a.id = u.target WHERE u.person = $1
		ORDER BY u.at DESC, a.id DESC LIMIT $2`, person, limit)
}

// BlockedHosts returns the servers that a person has blocked, at most limit.
func (tx *Tx) BlockedHosts(person circles.PersonID, limit int) ([]string, error) {
	return list(tx, value[string], `SELECT host FROM host_block WHERE person = $1 ORDER BY host LIMIT $2`, person, limit)
}

// CountBlocks returns how many actors and servers a person has blocked or muted.
func (tx *Tx) CountBlocks(person circles.PersonID) (int64, error) {
	return one(tx, value[int64], `SELECT (SELECT COUNT(*) FROM block WHERE actor = $1) + (SELECT COUNT(*) FROM mute WHERE person = $1)
		+ (SELECT COUNT(*) FROM host_block WHERE person = $1)`, person)
}
