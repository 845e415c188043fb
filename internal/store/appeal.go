package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

const appealColumns = `p.id, p.person, p.circle, p.kind, p.action, p.object, p.decider, p.acted_at, p.said, p.body, p.state, p.site, p.at, p.due_at,
	p.first_by, p.first_at, p.first_note, p.decided_by, p.decided_at, p.note, p.restoring`

func scanAppeal(r rowScanner) (*circles.Appeal, error) {
	var a circles.Appeal
	return &a, r.Scan(&a.ID, &a.Person, &a.Circle, &a.Kind, &a.Action, &a.Object, &a.Decider, &a.ActedAt, &a.Said, &a.Body, &a.State, &a.Site, &a.At, &a.DueAt,
		&a.FirstBy, &a.FirstAt, &a.FirstNote, &a.DecidedBy, &a.DecidedAt, &a.Note, &a.Restoring)
}

// Appeal returns an appeal by its id.
func (tx *Tx) Appeal(id int64) (*circles.Appeal, error) {
	a, err := one(tx, scanAppeal, `SELECT `+appealColumns+` FROM appeal p WHERE p.id = $1`, id)
	return a, notFound(err, "appeal")
}

// OpenAppeal returns what a person has open in a circle; nil if there is nothing.
func (tx *Tx) OpenAppeal(person circles.PersonID, circle circles.CircleID) (*circles.Appeal, error) {
	return orNil(one(tx, scanAppeal, `SELECT `+appealColumns+` FROM appeal p WHERE p.person = $1 AND p.circle = $2 AND p.state = 'open'`, person, circle))
}

// LastAppeal returns the latest appeal of a person against the same thing that they did not withdraw; nil
// if there is none.
func (tx *Tx) LastAppeal(a *circles.Appeal) (*circles.Appeal, error) {
	return orNil(one(tx, scanAppeal, `SELECT `+appealColumns+` FROM appeal p WHERE p.person = $1 AND p.circle = $2 AND p.kind = $3 AND p.action = $4
		AND p.object = $5 AND p.state <> 'withdrawn' ORDER BY p.id DESC LIMIT 1`, a.Person, a.Circle, a.Kind, a.Action, a.Object))
}

// AppealsSince counts what a person has appealed against since a time, withdrawn or not.
func (tx *Tx) AppealsSince(person circles.PersonID, since int64) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM appeal WHERE person = $1 AND at >= $2`, person, since)
}

func orNil[T any](v *T, err error) (*T, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return v, err
}

// AddAppeal stores a new one under a.ID.
func (tx *Tx) AddAppeal(a *circles.Appeal) error {
	_, err := tx.exec(`INSERT INTO appeal (id, person, circle, kind, action, object, decider, acted_at, said, body, state, site, at, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		a.ID, a.Person, a.Circle, a.Kind, a.Action, a.Object, a.Decider, a.ActedAt, a.Said, a.Body, a.State, a.Site, a.At, a.DueAt)
	return err
}

// SaveAppeal writes what became of one.
func (tx *Tx) SaveAppeal(a *circles.Appeal) error {
	_, err := tx.exec(`UPDATE appeal SET state = $2, site = $3, due_at = $4, first_by = $5, first_at = $6, first_note = $7, decided_by = $8,
		decided_at = $9, note = $10, restoring = $11 WHERE id = $1`,
		a.ID, a.State, a.Site, a.DueAt, a.FirstBy, a.FirstAt, a.FirstNote, a.DecidedBy, a.DecidedAt, a.Note, a.Restoring)
	return err
}

// AppealsOf returns what a person has appealed against, the newest first, before an id (0 = the newest of
// all), at most limit.
func (tx *Tx) AppealsOf(person circles.PersonID, before int64, limit int) ([]*circles.Appeal, error) {
	args := []any{person}
	cond := ""
	if before != 0 {
		cond = " AND p.id < " + arg(&args, before)
	}
	return list(tx, scanAppeal, `SELECT `+appealColumns+` FROM appeal p WHERE p.person = $1`+cond+` ORDER BY p.id DESC LIMIT `+arg(&args, limit), args...)
}

// OpenAppeals returns what waits in a circle, or with 0 what waits for those who run the instance, the
// longest first, behind an id, at most limit.
func (tx *Tx) OpenAppeals(circle circles.CircleID, after int64, limit int) ([]*circles.Appeal, error) {
	if circle == 0 {
		return list(tx, scanAppeal, `SELECT `+appealColumns+` FROM appeal p WHERE p.state = 'open' AND p.site = 1 AND p.id > $1 ORDER BY p.id LIMIT $2`, after, limit)
	}
	return list(tx, scanAppeal, `SELECT `+appealColumns+` FROM appeal p
		WHERE p.circle = $1 AND p.state = 'open' AND p.site = 0 AND p.id > $2 ORDER BY p.id LIMIT $3`, circle, after, limit)
}

// AppealCounts returns how many appeals wait in each of some circles; of 0 those for who runs the instance.
func (tx *Tx) AppealCounts(ids []circles.CircleID) (map[circles.CircleID]int64, error) {
	counts := map[circles.CircleID]int64{}
	if len(ids) == 0 {
		return counts, nil
	}
	cond, args := in(nil, ids)
	err := tx.rows(`SELECT p.circle, COUNT(*) FROM appeal p WHERE p.state = 'open' AND p.site = 0 AND p.circle IN (`+cond+`) GROUP BY p.circle
		UNION ALL SELECT 0, COUNT(*) FROM appeal p WHERE p.state = 'open' AND p.site = 1`, args, func(r rowScanner) error {
		var id circles.CircleID
		var n int64
		err := r.Scan(&id, &n)
		counts[id] = n
		return err
	})
	return counts, err
}

// AppealsDue returns those that silence answers now, the longest due first, at most limit.
func (tx *Tx) AppealsDue(limit int) ([]*circles.Appeal, error) {
	return list(tx, scanAppeal, `SELECT `+appealColumns+` FROM appeal p WHERE p.due_at <> 0 AND p.due_at <= $1 ORDER BY p.due_at, p.id LIMIT $2`, tx.at, limit)
}

// NextRestoring returns a granted appeal whose person's words are not all returned yet; nil if there is none.
func (tx *Tx) NextRestoring() (*circles.Appeal, error) {
	return orNil(one(tx, scanAppeal, `SELECT `+appealColumns+` FROM appeal p WHERE p.restoring = 1 ORDER BY p.id LIMIT 1`))
}

// RemovedWithBan returns what a ban removed of what its person wrote, posts before comments, at most limit.
func (tx *Tx) RemovedWithBan(b circles.Ban, limit int) ([]*circles.Post, error) {
	return list(tx, scanPost, `SELECT `+postColumns+` FROM post p
		WHERE p.author = $1 AND p.circle = $2 AND p.removed_by = $3 AND p.removed_by <> 0 AND p.removed_at >= $4 AND p.reason = $5
		ORDER BY p.kind DESC, p.id LIMIT $6`, b.Person, b.Circle, b.By, b.At, b.Reason, limit)
}

// AnotherModerator reports whether somebody of this instance moderates a circle beside two people.
func (tx *Tx) AnotherModerator(circle circles.CircleID, than, and circles.ActorID) (bool, error) {
	return tx.exists(`SELECT 1 FROM membership m CROSS JOIN account k CROSS JOIN actor a
		WHERE m.circle = $1 AND m.role IN `+moderatorRoles+` AND m.person <> $2 AND m.person <> $3 AND k.person = m.person
			AND a.id = m.person AND a.deleted_at = 0 AND a.suspended_at = 0`, circle, than, and)
}

// A GatePass is what silence granted somebody in a circle.
type GatePass struct {
	Day     int64 // since 1970, UTC
	Until   int64 // UTC microseconds
	Written int64 // posts and comments of that person in the circle today
}

// GatePass returns the pass of a person that holds in a circle, with what they wrote there on a day; nil if
// they have none.
func (tx *Tx) GatePass(circle circles.CircleID, person circles.PersonID, today int64) (*GatePass, error) {
	return orNil(one(tx, func(r rowScanner) (*GatePass, error) {
		var g GatePass
		return &g, r.Scan(&g.Day, &g.Until, &g.Written)
	}, `SELECT g.day, g.until, (SELECT COALESCE(SUM(j.n), 0) FROM judged j WHERE j.circle = $1 AND j.action IN ('post', 'comment') AND j.day = $3 AND j.person = $2)
		FROM gate_pass g WHERE g.circle = $1 AND g.person = $2 AND g.until > $4`, circle, person, today, tx.at))
}

// GatePasses counts the passes that hold in a circle.
func (tx *Tx) GatePasses(circle circles.CircleID) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM gate_pass WHERE circle = $1 AND until > $2`, circle, tx.at)
}

// GrantPass gives somebody a pass, in place of one that is over.
func (tx *Tx) GrantPass(circle circles.CircleID, person circles.PersonID, day, until, appeal int64) error {
	_, err := tx.exec(`INSERT INTO gate_pass (circle, person, day, until, appeal) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (circle, person) DO UPDATE SET day = excluded.day, until = excluded.until, appeal = excluded.appeal`, circle, person, day, until, appeal)
	return err
}
