package store

import (
	"halqa/circles"
)

const modlogColumns = `l.id, l.at, l.actor, l.action, l.circle, l.post, l.person, l.host, l.policy, l.until, l.reason`

func scanModEntry(r rowScanner) (circles.ModEntry, error) {
	var e circles.ModEntry
	return e, r.Scan(&e.ID, &e.At, &e.By, &e.Action, &e.Circle, &e.Post, &e.Person, &e.Host, &e.Policy, &e.Until, &e.Reason)
}

// AddModEntry writes a line into the public log of moderation. ID and At of e are ignored.
func (tx *Tx) AddModEntry(e circles.ModEntry) error {
	_, err := tx.exec(`INSERT INTO modlog (id, at, actor, action, circle, post, person, host, policy, until, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		tx.NewID(), tx.Now(), e.By, e.Action, e.Circle, e.Post, e.Person, e.Host, e.Policy, e.Until, e.Reason)
	return err
}

// ModLog returns lines, the newest first, before the given one (0 = the newest of all), at most limit:
// those of one circle, whose audience the caller has judged; or with circle 0 all that the viewer may
// read and that a list of many circles shows.
func (tx *Tx) ModLog(v circles.Viewer, circle circles.CircleID, before int64, limit int) ([]circles.ModEntry, error) {
	var args []any
	cond := "1 = 1"
	if circle != 0 {
		cond = "l.circle = " + arg(&args, circle)
	} else {
		cond = "(l.circle = 0 OR EXISTS (SELECT 1 FROM circle c WHERE c.id = l.circle AND " + listed(v, &args) + "))"
	}
	if before != 0 {
		cond += " AND l.id < " + arg(&args, before)
	}
	return list(tx, scanModEntry, "SELECT "+modlogColumns+" FROM modlog l WHERE "+cond+" ORDER BY l.id DESC LIMIT "+arg(&args, limit), args...)
}

// PoliciesSince returns when each of these servers was last decided about, where the log knows.
func (tx *Tx) PoliciesSince(hosts []string) (map[string]int64, error) {
	since := map[string]int64{}
	set, args := in(nil, hosts)
	return since, tx.rows("SELECT l.host, MAX(l.at) FROM modlog l WHERE l.host <> '' AND l.host IN ("+set+") GROUP BY l.host", args, func(r rowScanner) error {
		var host string
		var at int64
		err := r.Scan(&host, &at)
		since[host] = at
		return err
	})
}
