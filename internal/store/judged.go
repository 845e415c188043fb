package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// Judged is what somebody did in a circle on a day (whole UTC days since 1970), with what was known of
// them then.
type Judged struct {
	Circle circles.CircleID
	Action string
	Day    int64
	Person circles.PersonID
	Facts  string // as internal/standing writes them
	N      int64
}

// CountJudged counts one more act. With facts "" it is counted with those that were noted last on the
// day; false means that there are none.
func (tx *Tx) CountJudged(j Judged) (bool, error) {
	if j.Facts != "" {
		_, err := tx.exec(`INSERT INTO judged (circle, action, day, person, facts, n) VALUES ($1, $2, $3, $4, $5, 1)
			ON CONFLICT (circle, action, day, person, facts) DO UPDATE SET n = judged.n + 1`, j.Circle, j.Action, j.Day, j.Person, j.Facts)
		return err == nil, err
	}
	n, err := tx.exec(`UPDATE judged SET n = n + 1 WHERE circle = $1 AND action = $2 AND day = $3 AND person = $4
		AND facts = (SELECT MAX(facts) FROM judged WHERE circle = $1 AND action = $2 AND day = $3 AND person = $4)`,
		j.Circle, j.Action, j.Day, j.Person)
	return n > 0, err
}

// JudgedToday returns how often a person did something in a circle on a day.
func (tx *Tx) JudgedToday(circle circles.CircleID, action string, day int64, person circles.PersonID) (int64, error) {
	return one(tx, value[int64], `SELECT COALESCE(SUM(n), 0) FROM judged WHERE circle = $1 AND action = $2 AND day = $3 AND person = $4`,
		circle, action, day, person)
}

// JudgedSince passes on what was done in a circle since a day. The rows come in no order, and f must not
// use the transaction.
func (tx *Tx) JudgedSince(circle circles.CircleID, action string, day int64, f func(Judged) error) error {
	return tx.rows(`SELECT day, person, facts, n FROM judged WHERE circle = $1 AND action = $2 AND day >= $3`,
		[]any{circle, action, day}, func(r rowScanner) error {
			j := Judged{Circle: circle, Action: action}
			if err := r.Scan(&j.Day, &j.Person, &j.Facts, &j.N); err != nil {
				return err
			}
			return f(j)
		})
}

// TrimJudged forgets what was done before a day, at most limit rows, and returns how many.
func (tx *Tx) TrimJudged(day int64, limit int) (int64, error) {
	return tx.exec(`DELETE FROM judged WHERE (circle, action, day, person, facts) IN (
		SELECT circle, action, day, person, facts FROM judged WHERE day < $1 ORDER BY day LIMIT $2)`, day, limit)
}

// ShownWith counts the visible posts of an author in a circle that have photos, or with links those that
// have a link, up to limit.
func (tx *Tx) ShownWith(author circles.PersonID, circle circles.CircleID, links bool, limit int) (int64, error) {
	cond := "photos > 0"
	if links {
		cond = "link <> ''"
	}
	return one(tx, value[int64], `SELECT COUNT(*) FROM (SELECT 1 FROM post WHERE author = $1 AND circle = $2 AND kind = 'post' AND state = 'visible'
		AND `+cond+` LIMIT $3) shown`, author, circle, limit)
}

// A HeldPost is a post or comment that waits for a moderator, or waited.
type HeldPost struct {
	Post      circles.PostID
	Circle    circles.CircleID
	At        int64
	Received  int64  // the row of received of one from elsewhere
	Why       string // as internal/standing writes it
	DecidedBy circles.ActorID
	DecidedAt int64 // 0 = it waits
	Refused   bool
	Note      string
}

const heldColumns = `h.post, h.circle, h.at, h.received, h.why, h.decided_by, h.decided_at, h.refused, h.note`

func scanHeld(r rowScanner) (HeldPost, error) {
	var h HeldPost
	return h, r.Scan(&h.Post, &h.Circle, &h.At, &h.Received, &h.Why, &h.DecidedBy, &h.DecidedAt, &h.Refused, &h.Note)
}

// AddHeld notes that a post waits.
func (tx *Tx) AddHeld(h HeldPost) error {
	_, err := tx.exec(`INSERT INTO held_post (post, circle, at, received, why) VALUES ($1, $2, $3, $4, $5)`,
		h.Post, h.Circle, tx.Now(), h.Received, h.Why)
	return err
}

// Held returns why a post waits or waited; nil if it never did.
func (tx *Tx) Held(post circles.PostID) (*HeldPost, error) {
	h, err := one(tx, scanHeld, `SELECT `+heldColumns+` FROM held_post h WHERE h.post = $1`, post)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &h, err
}

// DecideHeld notes who let a post through or did not; 0 = nobody did in time.
func (tx *Tx) DecideHeld(post circles.PostID, by circles.ActorID, refused bool, note string) error {
	_, err := tx.exec(`UPDATE held_post SET decided_by = $2, decided_at = $3, refused = $4, note = $5 WHERE post = $1`, post, by, tx.Now(), refused, note)
	return err
}

// HeldIn returns what waits in a circle, the longest first, behind a post, at most limit. What its author
// deleted meanwhile is not among it.
func (tx *Tx) HeldIn(circle circles.CircleID, after circles.PostID, limit int) ([]HeldPost, error) {
	return list(tx, scanHeld, `SELECT `+heldColumns+` FROM held_post h CROSS JOIN post p
		WHERE h.circle = $1 AND h.post > $2 AND h.decided_at = 0 AND p.id = h.post AND p.state = 'held' ORDER BY h.post LIMIT $3`, circle, after, limit)
}

// HeldDecidedBy returns who decided about each of some posts that waited. Those of which nobody did are not in it.
func (tx *Tx) HeldDecidedBy(ids []circles.PostID) (map[circles.PostID]circles.ActorID, error) {
	by := map[circles.PostID]circles.ActorID{}
	if len(ids) == 0 {
		return by, nil
	}
	cond, args := in(nil, ids)
	err := tx.rows(`SELECT post, decided_by FROM held_post WHERE post IN (`+cond+`) AND decided_by <> 0`, args, func(r rowScanner) error {
		var id circles.PostID
		var who circles.ActorID
		err := r.Scan(&id, &who)
		by[id] = who
		return err
	})
	return by, err
}

// HeldCounts returns how much waits in each of some circles.
func (tx *Tx) HeldCounts(ids []circles.CircleID) (map[circles.CircleID]int64, error) {
	counts := map[circles.CircleID]int64{}
	cond, args := in(nil, ids)
	err := tx.rows(`SELECT h.circle, COUNT(*) FROM held_post h CROSS JOIN post p
		WHERE h.circle IN (`+cond+`) AND h.decided_at = 0 AND p.id = h.post AND p.state = 'held' GROUP BY h.circle`, args, func(r rowScanner) error {
		var id circles.CircleID
		var n int64
		err := r.Scan(&id, &n)
		counts[id] = n
		return err
	})
	return counts, err
}

// HeldBefore returns what waits since before a time, at most limit.
func (tx *Tx) HeldBefore(at int64, limit int) ([]HeldPost, error) {
	return list(tx, scanHeld, `SELECT `+heldColumns+` FROM held_post h WHERE h.at < $1 AND h.decided_at = 0 ORDER BY h.at LIMIT $2`, at, limit)
}

// PublishHeld makes a post visible as if it had been published now, with its ranks.
func (tx *Tx) PublishHeld(p *circles.Post) error {
	_, err := tx.exec(`UPDATE post SET state = 'visible', reason = '', published = $2, hot = $3, scaled = $4, active = $5, controversy = $6,
		rev = rev + 1 WHERE id = $1`, p.ID, p.Published, p.Hot, p.Scaled, p.Active, p.Controversy)
	return err
}

// KeepReceived puts back the bytes of an admitted activity whose circle announces it after all. It
// returns the row that has them, a new one if the old was forgotten.
func (tx *Tx) KeepReceived(id int64, uri string, raw []byte) (int64, error) {
	n, err := tx.exec(`UPDATE received SET raw = $2, at = $3 WHERE id = $1`, id, raw, tx.Now())
	if err != nil || n == 1 {
		return id, err
	}
	id, fresh, err := tx.Admit(uri, raw)
	if err == nil && !fresh {
		_, err = tx.exec(`UPDATE received SET raw = $2, at = $3 WHERE id = $1`, id, raw, tx.Now())
	}
	return id, err
}
