package store

import (
	"time"

	"halqa/circles"
)

// A LiveCircle is a circle with the number of people who were active in it, as it was counted last.
type LiveCircle struct {
	ID     circles.CircleID
	Active int64
}

// LiveCircles returns circles in which something was written since a time, or that were counted as
// having active people, in the order of their ids behind after, at most limit.
func (tx *Tx) LiveCircles(since int64, after circles.CircleID, limit int) ([]LiveCircle, error) {
	return list(tx, func(r rowScanner) (LiveCircle, error) {
		var c LiveCircle
		return c, r.Scan(&c.ID, &c.Active)
	}, `SELECT id, active_month FROM circle WHERE id > $1 AND (posted_at >= $2 OR active_month <> 0) ORDER BY id LIMIT $3`, after, since, limit)
}

// ActiveIn counts the people who since a time wrote in a circle something that stands, or voted on what
// was written in it since then. Votes on what is older are not looked for.
func (tx *Tx) ActiveIn(circle circles.CircleID, since int64) (int64, error) {
	from := circles.IDFloor(time.UnixMicro(since))
	return one(tx, value[int64], `SELECT COUNT(*) FROM (
		SELECT p.author FROM post p WHERE p.circle = $1 AND p.kind = 'post' AND p.state = 'visible' AND p.id >= $2
		UNION SELECT p.author FROM post p WHERE p.circle = $1 AND p.kind = 'comment' AND p.state = 'visible' AND p.id >= $2
		UNION SELECT v.actor FROM post p CROSS JOIN vote v
			WHERE v.post = p.id AND v.at >= $3 AND p.circle = $1 AND p.kind = 'post' AND p.state = 'visible' AND p.id >= $2
		UNION SELECT v.actor FROM post p CROSS JOIN vote v
			WHERE v.post = p.id AND v.at >= $3 AND p.circle = $1 AND p.kind = 'comment' AND p.state = 'visible' AND p.id >= $2
	) AS people`, circle, from, since)
}

// SetActive writes how many were active in a circle.
func (tx *Tx) SetActive(circle circles.CircleID, people int64) error {
	_, err := tx.exec(`UPDATE circle SET active_month = $2, rev = rev + 1 WHERE id = $1`, circle, people)
	return err
}
