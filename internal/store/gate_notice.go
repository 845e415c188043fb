package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// What others hear of gates of ours, and what we hear of theirs.

// The decisions that a gate leads to, as they are stored and said to others.
const (
	GateHeld     = "held"
	GateRefused  = "refused"
	GateApproved = "approved"
)

// What a notice is about, beside what was written.
const (
	GateOfEdit   = "edit"   // a change of it; what was there stands
	GateOfFollow = "follow" // the wish to follow the circle
)

// A GateNotice is what somebody elsewhere is told of what they wrote in a circle of ours.
type GateNotice struct {
	ID       int64
	Person   circles.PersonID
	Circle   circles.CircleID
	Gate     string         // the action that it stands before
	Post     circles.PostID // 0 = what they wrote was not kept
	At       int64
	Activity string // the id of the Create that is answered
	Object   string // the id of what was written
	Decision string // GateHeld or GateRefused
	Why      string // as internal/standing writes it
	Note     string // why a moderator refused it
	Language string // of what was written
	Told     bool   // a person reads it, not only their server
	About    string // GateOfEdit, GateOfFollow, or ""
}

const gateNoticeColumns = `id, person, circle, gate, post, at, activity, object, decision, why, note, language, told, about`

func scanGateNotice(r rowScanner) (*GateNotice, error) {
	var n GateNotice
	return &n, r.Scan(&n.ID, &n.Person, &n.Circle, &n.Gate, &n.Post, &n.At, &n.Activity, &n.Object, &n.Decision, &n.Why, &n.Note, &n.Language, &n.Told, &n.About)
}

// AddGateNotice writes what somebody is told, and gives it its id and time.
func (tx *Tx) AddGateNotice(n *GateNotice) error {
	n.ID, n.At = tx.NewID(), tx.Now()
	_, err := tx.exec(`INSERT INTO gate_notice (`+gateNoticeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		n.ID, n.Person, n.Circle, n.Gate, n.Post, n.At, n.Activity, n.Object, n.Decision, n.Why, n.Note, n.Language, n.Told, n.About)
	return err
}

// GateNotice returns one by its id.
func (tx *Tx) GateNotice(id int64) (*GateNotice, error) {
	n, err := one(tx, scanGateNotice, `SELECT `+gateNoticeColumns+` FROM gate_notice WHERE id = $1`, id)
	return n, notFound(err, "notice")
}

// FirstGateNotice returns what the author of a post was told first of it; nil if they were told nothing.
func (tx *Tx) FirstGateNotice(post circles.PostID) (*GateNotice, error) {
	n, err := one(tx, scanGateNotice, `SELECT `+gateNoticeColumns+` FROM gate_notice WHERE post = $1 AND post <> 0 AND about = '' ORDER BY id LIMIT 1`, post)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return n, err
}

// GateNoticesSince counts what a person was told of a circle since a time, up to limit, and reports whether
// they themselves read something of this gate.
func (tx *Tx) GateNoticesSince(person circles.PersonID, circle circles.CircleID, gate string, since int64, limit int) (n int, told bool, err error) {
	rows, err := list(tx, func(r rowScanner) (bool, error) {
		var of string
		var read bool
		err := r.Scan(&of, &read)
		return read && of == gate, err
	}, `SELECT gate, told FROM gate_notice WHERE person = $1 AND circle = $2 AND at > $3 ORDER BY at LIMIT $4`, person, circle, since, limit)
	for _, this := range rows {
		told = told || this
	}
	return len(rows), told, err
}

// TrimGateNotices drops what is older than a time, at most limit, and returns how many went.
func (tx *Tx) TrimGateNotices(before int64, limit int) (int64, error) {
	return tx.exec(`DELETE FROM gate_notice WHERE id IN (SELECT id FROM gate_notice WHERE at < $1 ORDER BY at LIMIT $2)`, before, limit)
}

// A GateAnswer is what a circle elsewhere decided about something that somebody here wrote in it.
type GateAnswer struct {
	Post     circles.PostID
	Circle   circles.CircleID
	At       int64  // when it was first answered
	Decision string // GateHeld, GateRefused or GateApproved
	Decided  int64  // 0 = it waits
	Why      string // as internal/standing writes it
	Note     string
}

// GateAnswer returns it; nil if there was none.
func (tx *Tx) GateAnswer(post circles.PostID) (*GateAnswer, error) {
	a, err := one(tx, func(r rowScanner) (*GateAnswer, error) {
		var a GateAnswer
		return &a, r.Scan(&a.Post, &a.Circle, &a.At, &a.Decision, &a.Decided, &a.Why, &a.Note)
	}, `SELECT post, circle, at, decision, decided, why, note FROM gate_answer WHERE post = $1`, post)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return a, err
}

// GateAnswersTo returns which of these posts, as far as they are this person's, a circle elsewhere holds or
// refused, or of which it did not take a change (GateOfEdit).
func (tx *Tx) GateAnswersTo(person circles.PersonID, posts []circles.PostID) (map[circles.PostID]string, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	set, args := in(nil, posts)
	again, args := in(args, posts)
	all := map[circles.PostID]string{}
	return all, tx.rows(`SELECT g.post, g.decision FROM gate_answer g CROSS JOIN post p
		WHERE g.post IN (`+set+`) AND g.decision IN ('held', 'refused') AND p.id = g.post AND p.author = `+arg(&args, person)+`
		UNION ALL SELECT g.post, 'edit' FROM gate_reply g WHERE g.person = `+arg(&args, person)+` AND g.post IN (`+again+`)`, args, func(r rowScanner) error {
		var id circles.PostID
		var decision string
		err := r.Scan(&id, &decision)
		if all[id] == "" || decision != GateOfEdit {
			all[id] = decision
		}
		return err
	})
}

// SaveGateAnswer writes it.
func (tx *Tx) SaveGateAnswer(a *GateAnswer) error {
	_, err := tx.exec(`INSERT INTO gate_answer (post, circle, at, decision, decided, why, note) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (post) DO UPDATE SET decision = excluded.decision, decided = excluded.decided, why = excluded.why, note = excluded.note`,
		a.Post, a.Circle, a.At, a.Decision, a.Decided, a.Why, a.Note)
	return err
}

// NotifyOfGate tells the author of a post, who is of this instance, what the circle it is in decided.
func (tx *Tx) NotifyOfGate(p *circles.Post, kind NotificationKind) error {
	_, err := tx.exec(`INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT k.person, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT) FROM account k WHERE k.person = $1
		ON CONFLICT (person, kind, object) DO NOTHING`, p.Author, kind, p.ID, p.Root, p.Circle, tx.at)
	return err
}
