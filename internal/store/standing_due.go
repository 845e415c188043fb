package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
	"halqa/circles/reputation"
)

// A Stage is how far a post or comment is on its way to being an accepted contribution.
type Stage string

const (
	StageNone     Stage = ""         // nothing is kept of it: it is not in a circle of ours, or older than the ledger
	StageWaits    Stage = "waits"    // for its 48 hours
	StageAccepted Stage = "accepted" // what people think of it counts
	StageGone     Stage = "gone"     // deleted or removed: nothing of it counts
)

// A Contribution is a post or comment in a circle of ours as the ledger sees it.
type Contribution struct {
	Post      circles.PostID
	Stage     Stage
	DueAt     int64              // when there is something to do, UTC microseconds; 0 = never
	After     reputation.ActorID // the last person whose rating was looked at
	Accepted  reputation.EventID // the latest line that accepted it; 0 = none ever did
	HelpfulBy circles.PersonID   // who called it helpful; 0 = nobody
}

const contributionColumns = `c.post, c.stage, c.due_at, c.after, c.accepted, c.helpful_by`

func scanContribution(r rowScanner) (Contribution, error) {
	var c Contribution
	return c, r.Scan(&c.Post, &c.Stage, &c.DueAt, &c.After, &c.Accepted, &c.HelpfulBy)
}

// Contribution returns how far a post is; the zero stage if nothing is kept of it.
func (tx *Tx) Contribution(post circles.PostID) (Contribution, error) {
	c, err := one(tx, scanContribution, `SELECT `+contributionColumns+` FROM rep_contribution c WHERE c.post = $1`, post)
	if errors.Is(err, sql.ErrNoRows) {
		return Contribution{Post: post}, nil
	}
	return c, err
}

// ContributionFor is Contribution together with somebody's row on the instance, because a vote that
// arrives asks both.
func (tx *Tx) ContributionFor(post circles.PostID, person circles.PersonID) (c Contribution, home reputation.Person, err error) {
	c.Post = post
	var state []byte
	err = tx.row(`SELECT p.state, COALESCE(c.stage, ''), COALESCE(c.due_at, 0), COALESCE(c.after, 0), COALESCE(c.accepted, 0), COALESCE(c.helpful_by, 0)
		FROM (SELECT 1 AS one) t LEFT JOIN rep_person p ON p.circle = 0 AND p.person = $2 LEFT JOIN rep_contribution c ON c.post = $1`, post, person).
		Scan(&state, &c.Stage, &c.DueAt, &c.After, &c.Accepted, &c.HelpfulBy)
	if err != nil {
		return c, home, err
	}
	home, err = unpackPerson(state)
	return c, home, err
}

// SaveContribution writes how far a post is.
func (tx *Tx) SaveContribution(c Contribution) error {
	_, err := tx.exec(`INSERT INTO rep_contribution (post, stage, due_at, after, accepted, helpful_by) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (post) DO UPDATE SET stage = excluded.stage, due_at = excluded.due_at, after = excluded.after,
			accepted = excluded.accepted, helpful_by = excluded.helpful_by`,
		c.Post, c.Stage, c.DueAt, c.After, c.Accepted, c.HelpfulBy)
	return err
}

// DueContributions returns those about which there is something to do by now, the longest due first.
func (tx *Tx) DueContributions(limit int) ([]Contribution, error) {
	return list(tx, scanContribution, `SELECT `+contributionColumns+` FROM rep_contribution c
		WHERE c.due_at <> 0 AND c.due_at <= $1 ORDER BY c.due_at, c.post LIMIT $2`, tx.at, limit)
}

// A Liker is somebody who likes a post.
type Liker struct {
	Person circles.PersonID
	Host   string // "" = local
}

// Likers returns who likes a post, by their ids behind after, at most limit.
func (tx *Tx) Likers(post circles.PostID, after reputation.ActorID, limit int) ([]Liker, error) {
	return list(tx, func(r rowScanner) (Liker, error) {
		var l Liker
		return l, r.Scan(&l.Person, &l.Host)
	}, `SELECT v.actor, a.host FROM vote v JOIN actor a ON a.id = v.actor
		WHERE v.post = $1 AND v.actor > $2 AND v.value = 1 ORDER BY v.actor LIMIT $3`, post, after, limit)
}

// StandingRatings returns the ratings of an object that nobody took back, of sources from from on, by
// source, at most limit.
func (tx *Tx) StandingRatings(object int64, from reputation.ActorID, limit int) ([]StandingEvent, error) {
	return list(tx, scanStandingEvent, `SELECT `+repEventColumns+` FROM rep_event e
		WHERE e.object = $1 AND e.object <> 0 AND e.source >= $2 AND e.kind IN ('like', 'helpful') AND e.reverses = 0
			AND NOT EXISTS (SELECT 1 FROM rep_event r WHERE r.reverses = e.id AND r.reverses <> 0)
		ORDER BY e.source, e.id LIMIT $3`, object, from, limit)
}

// StandingStrikes returns what was upheld about an object and not taken back.
func (tx *Tx) StandingStrikes(object int64) ([]StandingEvent, error) {
	return list(tx, scanStandingEvent, `SELECT `+repEventColumns+` FROM rep_event e
		WHERE e.object = $1 AND e.object <> 0 AND e.kind IN ('minor', 'serious') AND e.reverses = 0
			AND NOT EXISTS (SELECT 1 FROM rep_event r WHERE r.reverses = e.id AND r.reverses <> 0)
		ORDER BY e.id`, object)
}

// StandingStrikesAt returns what somebody upheld against a person in a circle at one moment and was not taken
// back.
func (tx *Tx) StandingStrikesAt(circle circles.CircleID, subject circles.PersonID, by circles.ActorID, at int64) ([]StandingEvent, error) {
	return list(tx, scanStandingEvent, `SELECT `+repEventColumns+` FROM rep_event e
		WHERE e.subject = $1 AND e.circle = $2 AND e.kind IN ('minor', 'serious') AND e.source = $3 AND e.at = $4 AND e.reverses = 0
			AND NOT EXISTS (SELECT 1 FROM rep_event r WHERE r.reverses = e.id AND r.reverses <> 0)
		ORDER BY e.id`, subject, circle, by, at)
}

// StandingReversed reports whether a line was taken back.
func (tx *Tx) StandingReversed(id reputation.EventID) (bool, error) {
	return tx.exists(`SELECT 1 FROM rep_event r WHERE r.reverses = $1 AND r.reverses <> 0`, id)
}

// StandingOperates reports whether the ledger knows somebody as one who operates a circle.
func (tx *Tx) StandingOperates(circle reputation.CircleID, person reputation.ActorID) (bool, error) {
	return tx.exists(`SELECT 1 FROM rep_person WHERE circle = $1 AND person = $2 AND operates > 0`, circle, person)
}

// StandingHome returns somebody's row on the instance.
func (tx *Tx) StandingHome(person circles.PersonID) (reputation.Person, error) {
	state, err := one(tx, value[[]byte], `SELECT state FROM rep_person WHERE circle = 0 AND person = $1`, person)
	if errors.Is(err, sql.ErrNoRows) {
		return reputation.Person{}, nil
	}
	if err != nil {
		return reputation.Person{}, err
	}
	return unpackPerson(state)
}

// CountReviewed notes that people here decided about something from another server, and whether it was
// spam.
func (tx *Tx) CountReviewed(host string, spam bool) error {
	var reviewed, spams []byte
	err := tx.row(`SELECT reviewed, spam FROM rep_peer WHERE host = $1`, host).Scan(&reviewed, &spams)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	r, err := unpackDays(reviewed)
	if err != nil {
		return err
	}
	s, err := unpackDays(spams)
	if err != nil {
		return err
	}
	today := reputation.DayOf(tx.at)
	if r.On(today) < maxReviewed {
		r.Add(today, 1)
		s.Add(today, int(btoi(spam)))
	}
	_, err = tx.exec(`INSERT INTO rep_peer (host, reviewed, spam) VALUES ($1, $2, $3)
		ON CONFLICT (host) DO UPDATE SET reviewed = excluded.reviewed, spam = excluded.spam`, host, packDays(r), packDays(s))
	return err
}

// maxReviewed bounds what is counted of one day: a day's number has one byte.
const maxReviewed = 250

// SettingStandingBegun is how far the ledger of standing was begun: the last person, or "done".
const SettingStandingBegun Setting = "standing_begun"

// A StandingNewcomer is somebody who was here before the ledger was.
type StandingNewcomer struct {
	Person circles.PersonID
	Since  int64 // UTC microseconds
}

// StandingNewcomers returns people of this instance and members of its circles by their ids behind
// after, at most limit, with since when they are here.
func (tx *Tx) StandingNewcomers(after circles.PersonID, limit int) ([]StandingNewcomer, error) {
	return list(tx, func(r rowScanner) (StandingNewcomer, error) {
		var n StandingNewcomer
		return n, r.Scan(&n.Person, &n.Since)
	}, `SELECT a.id, CASE WHEN a.host = '' THEN a.created_at ELSE (SELECT MIN(m.at) FROM membership m WHERE m.person = a.id) END
		FROM actor a WHERE a.id > $1 AND a.kind IN ('person', 'service') AND a.deleted_at = 0
			AND (a.host = '' OR EXISTS (SELECT 1 FROM membership m WHERE m.person = a.id))
		ORDER BY a.id LIMIT $2`, after, limit)
}

// StandingIdle returns memberships of the ledger whose tiers were last looked at before a day, at most
// limit, those of the longest ago first. Role and At are not filled in.
func (tx *Tx) StandingIdle(before reputation.Day, limit int) ([]circles.Membership, error) {
	return list(tx, func(r rowScanner) (circles.Membership, error) {
		var m circles.Membership
		return m, r.Scan(&m.Circle, &m.Person)
	}, `SELECT p.circle, p.person FROM rep_person p WHERE p.earned = 1 AND p.checked < $1 AND p.circle <> 0
		ORDER BY p.checked, p.circle, p.person LIMIT $2`, before, limit)
}

// NotePeer notes that somebody of another server did something here, if nothing was known of it yet.
func (tx *Tx) NotePeer(host string) error {
	_, err := tx.exec(`INSERT INTO peer (host, first_seen_at) VALUES ($1, $2) ON CONFLICT (host) DO NOTHING`, host, tx.Now())
	return err
}

// Ledger returns lines of the whole ledger behind after, in its order, at most limit.
func (tx *Tx) Ledger(after reputation.EventID, limit int) ([]StandingEvent, error) {
	return list(tx, scanStandingEvent, `SELECT `+repEventColumns+` FROM rep_event e WHERE e.id > $1 ORDER BY e.id LIMIT $2`, after, limit)
}

// SetPeerTrusted says that an admin trusts a server: ratings from it count from its first day here, and
// the ages that it claims for its accounts are believed.
func (tx *Tx) SetPeerTrusted(host string, trusted bool) error {
	_, err := tx.exec(`INSERT INTO peer (host, first_seen_at, trusted) VALUES ($1, $2, $3)
		ON CONFLICT (host) DO UPDATE SET trusted = excluded.trusted`, host, tx.Now(), trusted)
	return err
}
