package store

import (
	"halqa/circles"
	"halqa/circles/reputation"
)

// An AuditOutcome is what was decided about a finding of the audit.
type AuditOutcome string

const (
	AuditOpen      AuditOutcome = ""          // its ratings do not count until somebody decides
	AuditConfirmed AuditOutcome = "confirmed" // they do not count, and whom the set brought in lately is cut off
	AuditDismissed AuditOutcome = "dismissed" // they count again
	AuditLapsed    AuditOutcome = "lapsed"    // nobody decided in time, so they count again
)

// SettingStandingAudited is the day of the last audit of all circles.
const SettingStandingAudited Setting = "standing_audited"

// An AuditFinding is a finding as it is kept. Step is set while the ledger is not yet as was decided.
type AuditFinding struct {
	ID        int64
	Circle    circles.CircleID
	Kind      reputation.FindingKind
	At        int64 // UTC microseconds
	Ratings   int
	Percent   int
	Outcome   AuditOutcome
	DecidedBy circles.ActorID
	DecidedAt int64
	Reason    string
	Step      bool
}

const auditColumns = `f.id, f.circle, f.kind, f.at, f.ratings, f.percent, f.outcome, f.decided_by, f.decided_at, f.reason, f.step`

func scanAudit(r rowScanner) (AuditFinding, error) {
	var f AuditFinding
	return f, r.Scan(&f.ID, &f.Circle, &f.Kind, &f.At, &f.Ratings, &f.Percent, &f.Outcome, &f.DecidedBy, &f.DecidedAt, &f.Reason, &f.Step)
}

// RatedCircles returns circles behind after in which a rating counted since a day, by id, at most limit.
func (tx *Tx) RatedCircles(after reputation.CircleID, since reputation.Day, limit int) ([]reputation.CircleID, error) {
	return list(tx, value[reputation.CircleID], `SELECT c.circle FROM rep_circle c WHERE c.circle > $1
		AND EXISTS (SELECT 1 FROM rep_event e WHERE e.circle = c.circle AND e.day >= $2 AND e.kind IN ('like', 'helpful') AND e.weight_milli > 0)
		ORDER BY c.circle LIMIT $3`, after, since, limit)
}

// GivenIn returns counted ratings of a circle from a day on that nobody took back, the latest first, at most
// limit, with who brought the rater in.
func (tx *Tx) GivenIn(circle reputation.CircleID, since reputation.Day, limit int) ([]reputation.Given, error) {
	given, err := list(tx, func(r rowScanner) (reputation.Given, error) {
		var g reputation.Given
		return g, r.Scan(&g.Event, &g.Source, &g.Subject, &g.Object)
	}, `SELECT e.id, e.source, e.subject, e.object FROM rep_event e
		WHERE e.circle = $1 AND e.day >= $2 AND e.kind IN ('like', 'helpful') AND e.weight_milli > 0 AND e.reverses = 0
			AND NOT EXISTS (SELECT 1 FROM rep_event r WHERE r.reverses = e.id AND r.reverses <> 0)
		ORDER BY e.day DESC LIMIT $3`, circle, since, limit)
	if err != nil {
		return nil, err
	}
	by := map[reputation.ActorID]reputation.ActorID{}
	err = tx.EachStandingPerson(circle, func(k StandingKey, p reputation.Person) error {
		if p.Intro.By != 0 {
			by[k.Subject] = p.Intro.By
		}
		return nil
	})
	for i := range given {
		given[i].IntroducedBy = by[given[i].Source]
	}
	return given, err
}

// AuditedWith returns how many of some people are together in the finding of the circle since a time that
// has most of them and was not confirmed.
func (tx *Tx) AuditedWith(circle circles.CircleID, since int64, people []reputation.ActorID) (int, error) {
	if len(people) == 0 {
		return 0, nil
	}
	set, args := in([]any{circle, since}, people)
	return one(tx, value[int], `SELECT COALESCE(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM audit_finding f JOIN audit_person p ON p.finding = f.id
		WHERE f.circle = $1 AND f.at >= $2 AND f.outcome <> 'confirmed' AND p.found = 1 AND p.person IN (`+set+`)
		GROUP BY f.id) found`, args...)
}

// AddAudit keeps a finding; its ratings still count.
func (tx *Tx) AddAudit(circle circles.CircleID, f reputation.Finding) (int64, error) {
	id := tx.NewID()
	_, err := tx.exec(`INSERT INTO audit_finding (id, circle, kind, at, ratings, percent) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, circle, f.Kind, tx.at, f.Ratings, f.Percent)
	if err != nil {
		return 0, err
	}
	for _, p := range f.People {
		if err := tx.AddAudited(id, p, true); err != nil {
			return 0, err
		}
	}
	for _, e := range f.Events {
		if _, err := tx.exec(`INSERT INTO audit_event (finding, event, stage) VALUES ($1, $2, 'waits')`, id, e); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// AddAudited puts somebody into a finding who is not in it.
func (tx *Tx) AddAudited(finding int64, who reputation.ActorID, found bool) error {
	_, err := tx.exec(`INSERT INTO audit_person (finding, person, found) VALUES ($1, $2, $3) ON CONFLICT (finding, person) DO NOTHING`, finding, who, found)
	return err
}

// Audit returns a finding.
func (tx *Tx) Audit(id int64) (AuditFinding, error) {
	f, err := one(tx, scanAudit, `SELECT `+auditColumns+` FROM audit_finding f WHERE f.id = $1`, id)
	return f, notFound(err, "finding")
}

// Audits returns findings before one (0 = the latest of all), the latest first, at most limit.
func (tx *Tx) Audits(before int64, limit int) ([]AuditFinding, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return list(tx, scanAudit, `SELECT `+auditColumns+` FROM audit_finding f WHERE f.id < $1 ORDER BY f.id DESC LIMIT $2`, before, limit)
}

// OldAudits returns open findings from before a time, at most limit.
func (tx *Tx) OldAudits(before int64, limit int) ([]AuditFinding, error) {
	return list(tx, scanAudit, `SELECT `+auditColumns+` FROM audit_finding f WHERE f.outcome = '' AND f.at < $1 ORDER BY f.at LIMIT $2`, before, limit)
}

// NextAudit returns a finding whose decision the ledger does not follow yet; of none its id is 0.
func (tx *Tx) NextAudit() (AuditFinding, error) {
	found, err := list(tx, scanAudit, `SELECT `+auditColumns+` FROM audit_finding f WHERE f.step = 1 ORDER BY f.id LIMIT 1`)
	if err != nil || len(found) == 0 {
		return AuditFinding{}, err
	}
	return found[0], nil
}

// SaveAudit writes what was decided about a finding and whether something of it is left to do.
func (tx *Tx) SaveAudit(f AuditFinding) error {
	_, err := tx.exec(`UPDATE audit_finding SET outcome = $2, decided_by = $3, decided_at = $4, reason = $5, step = $6 WHERE id = $1`,
		f.ID, f.Outcome, f.DecidedBy, f.DecidedAt, f.Reason, f.Step)
	return err
}

// AuditEvents returns lines of a finding in a stage ("waits", "held", "over"), at most limit.
func (tx *Tx) AuditEvents(finding int64, stage string, limit int) ([]reputation.EventID, error) {
	return list(tx, value[reputation.EventID], `SELECT e.event FROM audit_event e WHERE e.finding = $1 AND e.stage = $2 ORDER BY e.event LIMIT $3`, finding, stage, limit)
}

// SetAuditEvent moves a line of a finding to a stage.
func (tx *Tx) SetAuditEvent(finding int64, event reputation.EventID, stage string) error {
	_, err := tx.exec(`UPDATE audit_event SET stage = $3 WHERE finding = $1 AND event = $2`, finding, event, stage)
	return err
}

// Quarantined reports whether a line of the ledger is held by the audit.
func (tx *Tx) Quarantined(event reputation.EventID) (bool, error) {
	return tx.exists(`SELECT 1 FROM audit_event WHERE event = $1 AND stage = 'held'`, event)
}

// IsReversed reports whether a line was taken back.
func (tx *Tx) IsReversed(event reputation.EventID) (bool, error) {
	return tx.exists(`SELECT 1 FROM rep_event WHERE reverses = $1 AND reverses <> 0`, event)
}

// An Audited is somebody in a finding.
type Audited struct {
	Finding int64
	Person  circles.ActorID
	Found   bool // by the audit; else brought in by somebody who was
	Cut     bool // their introduction was taken back
}

// AuditedOf returns who is in findings, those found first, at most limit of each.
func (tx *Tx) AuditedOf(findings []int64, limit int) (map[int64][]Audited, error) {
	all := map[int64][]Audited{}
	for _, id := range findings {
		people, err := list(tx, func(r rowScanner) (Audited, error) {
			var a Audited
			return a, r.Scan(&a.Finding, &a.Person, &a.Found, &a.Cut)
		}, `SELECT p.finding, p.person, p.found, p.cut FROM audit_person p WHERE p.finding = $1 ORDER BY p.found DESC, p.person LIMIT $2`, id, limit)
		if err != nil {
			return nil, err
		}
		all[id] = people
	}
	return all, nil
}

// FoundIn reports whether the audit found somebody in a finding.
func (tx *Tx) FoundIn(finding int64, who circles.PersonID) (bool, error) {
	return tx.exists(`SELECT 1 FROM audit_person WHERE finding = $1 AND person = $2 AND found = 1`, finding, who)
}

// AuditUndone returns people of a finding who were not looked at since it was confirmed, at most limit.
func (tx *Tx) AuditUndone(finding int64, limit int) ([]reputation.ActorID, error) {
	return list(tx, value[reputation.ActorID], `SELECT p.person FROM audit_person p WHERE p.finding = $1 AND p.done = 0 ORDER BY p.person LIMIT $2`, finding, limit)
}

// SetAuditDone notes that somebody was, and whether their introduction was taken back.
func (tx *Tx) SetAuditDone(finding int64, who reputation.ActorID, cut bool) error {
	_, err := tx.exec(`UPDATE audit_person SET done = 1, cut = $3 WHERE finding = $1 AND person = $2`, finding, who, cut)
	return err
}

// IntroducedBy returns whom somebody brought into a circle since a day, at most limit.
func (tx *Tx) IntroducedBy(circle reputation.CircleID, who reputation.ActorID, since reputation.Day, limit int) ([]reputation.ActorID, error) {
	return list(tx, value[reputation.ActorID], `SELECT DISTINCT e.subject FROM rep_event e
		WHERE e.circle = $1 AND e.source = $2 AND e.kind = 'introduced' AND e.day >= $3 ORDER BY e.subject LIMIT $4`, circle, who, since, limit)
}

// Likes reports whether somebody's like of a post stands.
func (tx *Tx) Likes(post circles.PostID, who reputation.ActorID) (bool, error) {
	return tx.exists(`SELECT 1 FROM vote WHERE post = $1 AND actor = $2 AND value = 1`, post, who)
}
