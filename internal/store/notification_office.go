package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// What people are told by those who moderate, and those who moderate by the others. Neither has a thread,
// and each is a group of its own; neither says who did it.
const (
	bannedThread = -3
	reportThread = -4

	// deskMost is how many people are told of a report at most; a circle has a handful of moderators.
	deskMost = 100
)

// NotifyOfBan tells a person of this instance that a circle has shut them out. A circle elsewhere is heard
// of only by who has had to do with it: else anybody's circle could write to everybody.
func (tx *Tx) NotifyOfBan(circle circles.CircleID, person circles.PersonID) ([]circles.PersonID, error) {
	return list(tx, value[circles.PersonID], `INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT b.target, 'banned', b.actor, CAST($3 AS BIGINT), 0, CAST($4 AS BIGINT) FROM block b CROSS JOIN account k CROSS JOIN actor a
		WHERE b.actor = $1 AND b.target = $2 AND (b.until = 0 OR b.until > $4) AND k.person = b.target AND a.id = b.actor AND a.kind = 'circle'
			AND (a.host = '' OR EXISTS (SELECT 1 FROM post p WHERE p.author = b.target AND p.circle = b.actor)
				OR EXISTS (SELECT 1 FROM follow f WHERE f.follower = b.target AND f.followee = b.actor))
		ON CONFLICT (person, kind, object) DO UPDATE SET at = excluded.at, seen = 0
			WHERE notification.at < (SELECT c.at FROM block c WHERE c.actor = notification.object AND c.target = notification.person)
		RETURNING person`, circle, person, bannedThread, tx.at)
}

// stillBanned holds while the ban is in force that notification n speaks of.
func stillBanned(person, now string) string {
	return "EXISTS (SELECT 1 FROM block b WHERE b.actor = n.object AND b.target = " + person + " AND (b.until = 0 OR b.until > " + now + "))"
}

// stillReported holds while reports wait in the list that notification n speaks of, and the viewer decides it.
func stillReported(v circles.Viewer, person string) string {
	site := "1 = 0"
	mine := "EXISTS (SELECT 1 FROM membership m WHERE m.circle = n.object AND m.person = " + person + " AND m.role IN " + moderatorRoles + ")"
	if v.Moderates() {
		site = "EXISTS (SELECT 1 FROM report r WHERE r.site = 1 AND r.state = 'open')"
	}
	return "CASE WHEN n.object = 0 THEN " + site + " ELSE " + mine +
		" AND EXISTS (SELECT 1 FROM report r WHERE r.circle = n.object AND r.state = 'open') END"
}

// NotifyOfReport tells those who decide about an open report that one waits: the moderators of its circle,
// or the people who run this instance. Who was told of an earlier one of the same list is told of both at
// once.
func (tx *Tx) NotifyOfReport(r *circles.Report) ([]circles.PersonID, error) {
	desk, who := r.Circle, `SELECT m.person FROM membership m CROSS JOIN account k
		WHERE m.circle = $1 AND m.role IN `+moderatorRoles+` AND k.person = m.person`
	if r.Site {
		desk, who = 0, `SELECT k.person FROM account k WHERE k.role IN ('admin', 'moderator') AND CAST($1 AS BIGINT) = 0`
	}
	people, err := list(tx, value[circles.PersonID], who+` ORDER BY 1 LIMIT $2`, desk, deskMost)
	if err != nil {
		return nil, err
	}
	var told []circles.PersonID
	for _, p := range people {
		at, err := one(tx, value[int64], `SELECT at FROM notification WHERE person = $1 AND kind = 'report' AND object = $2`, p, desk)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if err == nil && at >= r.FirstAt {
			continue
		}
		// It moves to the top of the list, where the id says what is new.
		if _, err := tx.exec(`DELETE FROM notification WHERE person = $1 AND kind = 'report' AND object = $2`, p, desk); err != nil {
			return nil, err
		}
		_, err = tx.exec(`INSERT INTO notification (person, kind, object, thread, actor, at) VALUES ($1, 'report', $2, $3, 0, $4)`,
			p, desk, reportThread, r.FirstAt)
		if err != nil {
			return nil, err
		}
		told = append(told, p)
	}
	return told, nil
}

// BansFrom returns how a person is banned from these circles, where they are.
func (tx *Tx) BansFrom(person circles.PersonID, of []circles.CircleID) (map[circles.CircleID]circles.Ban, error) {
	if len(of) == 0 {
		return nil, nil
	}
	set, args := in([]any{person, tx.at}, of)
	all, err := list(tx, scanBan, `SELECT `+banColumns+` FROM block b
		WHERE b.target = $1 AND (b.until = 0 OR b.until > $2) AND b.actor IN (`+set+`)`, args...)
	return byKey(all, err, func(b circles.Ban) circles.CircleID { return b.Circle })
}
