package store

import (
	"database/sql"
	"errors"
	"fmt"

	"halqa/circles"
	"halqa/circles/reputation"
)

const repEventColumns = `e.id, e.circle, e.subject, e.source, e.kind, e.object, e.weight_milli, e.branch, e.domain, e.credited_milli,
	e.outside, e.day, e.at, e.formula_version, e.reverses, e.restores, e.reason`

// A StandingEvent is a line of the ledger with why it gave less than it might have.
type StandingEvent struct {
	reputation.Event
	Reason reputation.Reason
}

func repEventDest(e *StandingEvent) []any {
	return []any{&e.ID, &e.Circle, &e.Subject, &e.Source, &e.Kind, &e.Object, &e.WeightMilli, &e.Branch, &e.Domain, &e.CreditedMilli,
		&e.Outside, &e.Day, &e.At, &e.FormulaVersion, &e.Reverses, &e.Restores, &e.Reason}
}

func scanStandingEvent(r rowScanner) (StandingEvent, error) {
	var e StandingEvent
	return e, r.Scan(repEventDest(&e)...)
}

// AppendStanding appends a line to the ledger and returns it with its id, which is greater than those
// of all lines before. It does not touch the rows that the ledger comes to: SaveStanding does.
func (tx *Tx) AppendStanding(e reputation.Event, why reputation.Reason) (reputation.Event, error) {
	check := e
	check.ID = max(e.Reverses, e.Restores) + 1 // it has none yet
	if err := check.Check(); err != nil {
		return e, err
	}
	id, err := tx.insert("id", `INSERT INTO rep_event (circle, subject, source, kind, object, weight_milli, branch, domain,
			credited_milli, outside, day, at, formula_version, reverses, restores, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		e.Circle, e.Subject, e.Source, e.Kind, e.Object, e.WeightMilli, e.Branch, e.Domain,
		e.CreditedMilli, e.Outside, e.Day, e.At, e.FormulaVersion, e.Reverses, e.Restores, why)
	e.ID = reputation.EventID(id)
	if err != nil {
		return e, fmt.Errorf("append to the ledger of standing: %w", err)
	}
	if tx.postgres() && e.Circle != 0 {
		// Lines of one circle must be numbered in the order in which they were reckoned: two that are
		// written at once meet in this row, and the later one is reckoned again.
		_, err = tx.exec(`INSERT INTO rep_circle (circle, last, state) VALUES ($1, $2, $3)
			ON CONFLICT (circle) DO UPDATE SET last = excluded.last`, e.Circle, e.ID, packCircle(reputation.Circle{}))
	}
	return e, err
}

// StandingRows are the rows that one event reads and changes, and what is asked beside them.
type StandingRows struct {
	reputation.Rows
	SubjectHost string // "" = local
	Peer        StandingPeer
}

// A StandingPeer is what the rules ask about the server that the rows were asked with.
type StandingPeer struct {
	Policy    string // as peer.policy; "trusted" if an admin trusts it
	FirstSeen int64  // UTC microseconds; 0 = never seen
	Reviewed  reputation.Days
	Spam      reputation.Days
}

// StandingRows returns the rows of an event between two people in a circle (0 = the instance), in one
// statement. source may be 0. branch is the event's, or 0 to take the source's present one.
func (tx *Tx) StandingRows(circle reputation.CircleID, subject, source, branch reputation.ActorID, domain string) (*StandingRows, error) {
	return tx.standingRows("", []any{circle, subject, source, branch, domain})
}

// RatingRows is StandingRows of a rating by source, with the latest line by which they rated the object, be it
// the rating or its reversal; 0 if there is none. It is one statement, too: this is what every vote asks.
func (tx *Tx) RatingRows(circle reputation.CircleID, subject, source reputation.ActorID, domain string, object int64, kind reputation.Kind) (*StandingRows, reputation.EventID, error) {
	var last reputation.EventID
	r, err := tx.standingRows(`, COALESCE((SELECT e.id FROM rep_event e
		WHERE e.object = $6 AND e.object <> 0 AND e.source = $3 AND e.kind = $7 ORDER BY e.id DESC LIMIT 1), 0)`,
		[]any{circle, subject, source, 0, domain, object, kind}, &last)
	return r, last, err
}

func (tx *Tx) standingRows(more string, args []any, dest ...any) (*StandingRows, error) {
	var r StandingRows
	var subj, home, rater, raterHome, given, back, sum, dom, circ, reviewed, spam []byte
	err := tx.row(`SELECT
		(SELECT state FROM rep_person WHERE circle = $1 AND person = $2),
		(SELECT state FROM rep_person WHERE circle = 0 AND person = $2),
		(SELECT state FROM rep_person WHERE circle = $1 AND person = $3),
		(SELECT state FROM rep_person WHERE circle = 0 AND person = $3),
		(SELECT state FROM rep_edge WHERE circle = $1 AND subject = $2 AND source = $3),
		(SELECT state FROM rep_edge WHERE circle = $1 AND subject = $3 AND source = $2),
		(SELECT sum FROM rep_branch WHERE circle = $1 AND subject = $2 AND branch = COALESCE(NULLIF(CAST($4 AS BIGINT), 0),
			(SELECT CASE WHEN r.operates > 0 THEN r.person ELSE r.branch END FROM rep_person r WHERE r.circle = $1 AND r.person = $3))),
		(SELECT sum FROM rep_domain WHERE circle = $1 AND subject = $2 AND domain = $5),
		(SELECT state FROM rep_circle WHERE circle = $1),
		COALESCE((SELECT a.host FROM actor a WHERE a.id = $2), ''),
		COALESCE((SELECT CASE WHEN p.policy = '' AND p.trusted = 1 THEN 'trusted' ELSE p.policy END FROM peer p WHERE p.host = $5), ''),
		COALESCE((SELECT p.first_seen_at FROM peer p WHERE p.host = $5), 0),
		(SELECT reviewed FROM rep_peer WHERE host = $5),
		(SELECT spam FROM rep_peer WHERE host = $5)`+more, args...).
		Scan(append([]any{&subj, &home, &rater, &raterHome, &given, &back, &sum, &dom, &circ,
			&r.SubjectHost, &r.Peer.Policy, &r.Peer.FirstSeen, &reviewed, &spam}, dest...)...)
	if err != nil {
		return nil, err
	}
	for _, p := range []struct {
		from []byte
		to   *reputation.Person
	}{{subj, &r.Subject}, {home, &r.Home}, {rater, &r.Rater}, {raterHome, &r.RaterHome}} {
		if *p.to, err = unpackPerson(p.from); err != nil {
			return nil, err
		}
	}
	if r.Given, err = unpackEdge(given); err != nil {
		return nil, err
	}
	if r.Back, err = unpackEdge(back); err != nil {
		return nil, err
	}
	if r.Branch, err = unpackSum(sum); err != nil {
		return nil, err
	}
	if r.Domain, err = unpackSum(dom); err != nil {
		return nil, err
	}
	if r.Circle, err = unpackCircle(circ); err != nil {
		return nil, err
	}
	if r.Peer.Reviewed, err = unpackDays(reviewed); err != nil {
		return nil, err
	}
	r.Peer.Spam, err = unpackDays(spam)
	return &r, err
}

// SaveStanding writes the rows that an event changed: before and after are what reputation.Apply took
// and gave.
func (tx *Tx) SaveStanding(e reputation.Event, before, after *reputation.Rows) error {
	if e.Circle != 0 && after.Subject != before.Subject {
		if err := tx.SaveStandingPerson(e.Circle, e.Subject, after.Subject); err != nil {
			return err
		}
	}
	if after.Home != before.Home {
		if err := tx.SaveStandingPerson(0, e.Subject, after.Home); err != nil {
			return err
		}
	}
	if after.Rater != before.Rater {
		if err := tx.SaveStandingPerson(e.Circle, e.Source, after.Rater); err != nil {
			return err
		}
	}
	var err error
	if after.Given != before.Given {
		_, err = tx.exec(`INSERT INTO rep_edge (circle, subject, source, state) VALUES ($1, $2, $3, $4)
			ON CONFLICT (circle, subject, source) DO UPDATE SET state = excluded.state`, e.Circle, e.Subject, e.Source, packEdge(after.Given))
		if err != nil {
			return err
		}
	}
	if after.Branch != before.Branch {
		_, err = tx.exec(`INSERT INTO rep_branch (circle, subject, branch, sum) VALUES ($1, $2, $3, $4)
			ON CONFLICT (circle, subject, branch) DO UPDATE SET sum = excluded.sum`, e.Circle, e.Subject, e.Branch, packSum(after.Branch))
		if err != nil {
			return err
		}
	}
	if after.Domain != before.Domain {
		_, err = tx.exec(`INSERT INTO rep_domain (circle, subject, domain, sum) VALUES ($1, $2, $3, $4)
			ON CONFLICT (circle, subject, domain) DO UPDATE SET sum = excluded.sum`, e.Circle, e.Subject, e.Domain, packSum(after.Domain))
		if err != nil {
			return err
		}
	}
	if after.Circle != before.Circle {
		_, err = tx.exec(`INSERT INTO rep_circle (circle, last, state) VALUES ($1, $2, $3)
			ON CONFLICT (circle) DO UPDATE SET last = excluded.last, state = excluded.state`, e.Circle, e.ID, packCircle(after.Circle))
	}
	return err
}

// SaveStandingPerson writes somebody's row in a circle, or on the instance (0).
func (tx *Tx) SaveStandingPerson(circle reputation.CircleID, who reputation.ActorID, p reputation.Person) error {
	branch := p.Intro.Branch
	_, err := tx.exec(`INSERT INTO rep_person (circle, person, operates, branch, earned, checked, state) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (circle, person) DO UPDATE SET operates = excluded.operates, branch = excluded.branch, earned = excluded.earned,
			checked = excluded.checked, state = excluded.state`,
		circle, who, p.Operates, branch, !p.A.Zero() || p.Regular.On || p.Trusted.On, p.Checked, packPerson(p))
	return err
}

// A StandingIn is all that gates ask about a person in a circle.
type StandingIn struct {
	Person reputation.Person // in the circle
	Home   reputation.Person // on the instance
	Circle reputation.Circle
	Joined int64 // when they became a member, UTC microseconds; 0 = they are none
}

// StandingIn returns it, in one statement. circle may be 0.
func (tx *Tx) StandingIn(circle circles.CircleID, person circles.PersonID) (*StandingIn, error) {
	var in StandingIn
	var p, home, c []byte
	err := tx.row(`SELECT
		(SELECT state FROM rep_person WHERE circle = $1 AND person = $2 AND $1 <> 0),
		(SELECT state FROM rep_person WHERE circle = 0 AND person = $2),
		(SELECT state FROM rep_circle WHERE circle = $1),
		COALESCE((SELECT m.at FROM membership m WHERE m.circle = $1 AND m.person = $2 AND m.role <> 'pending'), 0)`,
		circle, person).Scan(&p, &home, &c, &in.Joined)
	if err != nil {
		return nil, err
	}
	if in.Person, err = unpackPerson(p); err != nil {
		return nil, err
	}
	if in.Home, err = unpackPerson(home); err != nil {
		return nil, err
	}
	in.Circle, err = unpackCircle(c)
	return &in, err
}

// LastRating returns the latest line by which somebody rated an object, be it the rating or its
// reversal; nil if there is none.
func (tx *Tx) LastRating(object int64, source reputation.ActorID, kind reputation.Kind) (*StandingEvent, error) {
	e, err := one(tx, scanStandingEvent, `SELECT `+repEventColumns+` FROM rep_event e
		WHERE e.object = $1 AND e.object <> 0 AND e.source = $2 AND e.kind = $3 ORDER BY e.id DESC LIMIT 1`, object, source, kind)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &e, err
}

// StandingEvent returns a line of the ledger.
func (tx *Tx) StandingEvent(id reputation.EventID) (StandingEvent, error) {
	e, err := one(tx, scanStandingEvent, `SELECT `+repEventColumns+` FROM rep_event e WHERE e.id = $1`, id)
	return e, notFound(err, "line in the ledger")
}

// An OwnLine is a line of the ledger for whom it is about.
type OwnLine struct {
	StandingEvent
	TakenBack bool // a later line takes it back
}

func scanOwnLine(r rowScanner) (OwnLine, error) {
	var l OwnLine
	return l, r.Scan(append(repEventDest(&l.StandingEvent), &l.TakenBack)...)
}

const ownLines = `SELECT ` + repEventColumns + `, EXISTS (SELECT 1 FROM rep_event r WHERE r.reverses = e.id AND r.reverses <> 0) FROM rep_event e `

// LedgerIn returns somebody's lines in a circle, or those on the instance (0), the newest first, before
// the given one (0 = the newest of all), at most limit.
func (tx *Tx) LedgerIn(circle circles.CircleID, subject circles.PersonID, before reputation.EventID, limit int) ([]OwnLine, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return list(tx, scanOwnLine, ownLines+`WHERE e.subject = $1 AND e.circle = $2 AND e.id < $3 ORDER BY e.id DESC LIMIT $4`,
		subject, circle, before, limit)
}

// LedgerOf returns all of somebody's lines circle by circle, in each in the ledger's order, behind the
// given one, at most limit.
func (tx *Tx) LedgerOf(subject circles.PersonID, circle circles.CircleID, after reputation.EventID, limit int) ([]OwnLine, error) {
	return list(tx, scanOwnLine, ownLines+`WHERE e.subject = $1 AND (e.circle, e.id) > ($2, $3) ORDER BY e.circle, e.id LIMIT $4`,
		subject, circle, after, limit)
}

// StandingOf returns what the ledger comes to for somebody in all circles that it knows them in, by their
// ids, at most limit. Home and Joined are not filled in.
func (tx *Tx) StandingOf(person circles.PersonID, limit int) (in []StandingIn, ids []circles.CircleID, err error) {
	err = tx.rows(`SELECT p.circle, p.state, c.state FROM rep_person p LEFT JOIN rep_circle c ON c.circle = p.circle
		WHERE p.person = $1 AND p.circle <> 0 ORDER BY p.circle LIMIT $2`, []any{person, limit}, func(r rowScanner) (err error) {
		var id circles.CircleID
		var p, c []byte
		var one StandingIn
		if err = r.Scan(&id, &p, &c); err != nil {
			return err
		}
		if one.Person, err = unpackPerson(p); err != nil {
			return err
		}
		if one.Circle, err = unpackCircle(c); err != nil {
			return err
		}
		in, ids = append(in, one), append(ids, id)
		return nil
	})
	return in, ids, err
}

// StandingAmong returns what the ledger comes to for these people in a circle, in one statement. Of whom it
// says nothing is absent, and Circle and Joined are not filled in.
func (tx *Tx) StandingAmong(circle circles.CircleID, people []circles.PersonID) (map[circles.PersonID]*StandingIn, error) {
	set, args := in([]any{circle}, people)
	all := map[circles.PersonID]*StandingIn{}
	return all, tx.rows("SELECT circle, person, state FROM rep_person WHERE circle IN (0, $1) AND person IN ("+set+")", args, func(r rowScanner) error {
		var place circles.CircleID
		var who circles.PersonID
		var state []byte
		if err := r.Scan(&place, &who, &state); err != nil {
			return err
		}
		p, err := unpackPerson(state)
		if all[who] == nil {
			all[who] = new(StandingIn)
		}
		if place == circle {
			all[who].Person = p
		} else {
			all[who].Home = p
		}
		return err
	})
}
