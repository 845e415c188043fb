package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

const reportColumns = `r.id, r.kind, r.target, r.circle, r.site, r.category, r.state, r.reporters, r.first_at, r.last_at,
	r.decided_by, r.decided_at, r.decision, r.note`

func scanReport(row rowScanner) (*circles.Report, error) {
	var r circles.Report
	var kind string
	var target int64
	err := row.Scan(&r.ID, &kind, &target, &r.Circle, &r.Site, &r.Category, &r.State, &r.Count, &r.FirstAt, &r.LastAt,
		&r.DecidedBy, &r.DecidedAt, &r.Decision, &r.Note)
	switch kind {
	case "post":
		r.Target.Post = circles.PostID(target)
	case "person":
		r.Target.Person = circles.PersonID(target)
	case "circle":
		r.Target.Circle = circles.CircleID(target)
	}
	return &r, err
}

// reported is a target as columns have it.
func reported(t circles.ReportTarget) (kind string, id int64) {
	switch {
	case t.Post != 0:
		return "post", int64(t.Post)
	case t.Person != 0:
		return "person", int64(t.Person)
	}
	return "circle", int64(t.Circle)
}

// Report returns a report by its id.
func (tx *Tx) Report(id int64) (*circles.Report, error) {
	r, err := one(tx, scanReport, `SELECT `+reportColumns+` FROM report r WHERE r.id = $1`, id)
	return r, notFound(err, "report")
}

// OpenReport returns the report about something that nobody has decided; nil if there is none.
func (tx *Tx) OpenReport(t circles.ReportTarget) (*circles.Report, error) {
	kind, id := reported(t)
	r, err := one(tx, scanReport, `SELECT `+reportColumns+` FROM report r
		WHERE r.kind = $1 AND r.target = $2 AND r.state = 'open'`, kind, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

// AddReport stores a new, open report under r.ID.
func (tx *Tx) AddReport(r *circles.Report) error {
	kind, id := reported(r.Target)
	_, err := tx.exec(`INSERT INTO report (id, kind, target, circle, site, category, state, reporters, first_at, last_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9)`,
		r.ID, kind, id, r.Circle, r.Site, r.Category, r.Count, r.FirstAt, r.LastAt)
	return err
}

// CountReport counts one more person who reported it.
func (tx *Tx) CountReport(id int64) error {
	_, err := tx.exec(`UPDATE report SET reporters = reporters + 1, last_at = $2 WHERE id = $1`, id, tx.Now())
	return err
}

// DecideReport writes what was decided.
func (tx *Tx) DecideReport(r *circles.Report) error {
	_, err := tx.exec(`UPDATE report SET state = $2, decided_by = $3, decided_at = $4, decision = $5, note = $6 WHERE id = $1`,
		r.ID, r.State, r.DecidedBy, r.DecidedAt, r.Decision, r.Note)
	return err
}

// SettleReport closes the open report about a post that a moderator removed, if there is one.
func (tx *Tx) SettleReport(post circles.PostID, by circles.ActorID) error {
	_, err := tx.exec(`UPDATE report SET state = 'upheld', decided_by = $2, decided_at = $3, decision = 'remove'
		WHERE kind = 'post' AND target = $1 AND state = 'open'`, post, by, tx.Now())
	return err
}

// Complained reports whether somebody reported it already.
func (tx *Tx) Complained(report int64, by circles.ActorID) (bool, error) {
	return tx.exists(`SELECT 1 FROM complaint WHERE report = $1 AND actor = $2`, report, by)
}

// AddComplaint keeps what one person said.
func (tx *Tx) AddComplaint(c circles.Complaint) error {
	_, err := tx.exec(`INSERT INTO complaint (report, actor, at, category, body) VALUES ($1, $2, $3, $4, $5)`,
		c.Report, c.By, c.At, c.Category, c.Text)
	return err
}

// Complaint returns what one person said in a report.
func (tx *Tx) Complaint(report int64, by circles.ActorID) (circles.Complaint, error) {
	c, err := one(tx, scanComplaint, `SELECT report, actor, at, category, body FROM complaint WHERE report = $1 AND actor = $2`, report, by)
	return c, notFound(err, "report")
}

func scanComplaint(r rowScanner) (circles.Complaint, error) {
	var c circles.Complaint
	return c, r.Scan(&c.Report, &c.By, &c.At, &c.Category, &c.Text)
}

// Complaints returns what was said in a report, the first first, at most limit.
func (tx *Tx) Complaints(report int64, limit int) ([]circles.Complaint, error) {
	return list(tx, scanComplaint, `SELECT report, actor, at, category, body FROM complaint
		WHERE report = $1 ORDER BY at, actor LIMIT $2`, report, limit)
}

// ComplaintsSince counts what an actor reported since a time.
func (tx *Tx) ComplaintsSince(actor circles.ActorID, since int64) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM complaint WHERE actor = $1 AND at > $2`, actor, since)
}

// ComplaintsFrom counts what the people of a server reported since a time.
func (tx *Tx) ComplaintsFrom(host string, since int64) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM complaint c JOIN actor a ON a.id = c.actor WHERE c.at > $2 AND a.host = $1`, host, since)
}

// ReportQueue says which reports a list holds.
type ReportQueue struct {
	Circle  circles.CircleID // 0 = those that the people who run this instance decide
	Decided bool             // instead of the open ones
	After   int64            // the id of the last report of the page before; 0 = the first page
	Limit   int
}

// Reports returns reports, the newest first. Its caller has judged who asks.
func (tx *Tx) Reports(q ReportQueue) ([]*circles.Report, error) {
	var args []any
	cond := "r.site = 1"
	if q.Circle != 0 {
		cond = "r.circle = " + arg(&args, q.Circle)
	}
	if q.Decided {
		cond += " AND r.state <> 'open'"
	} else {
		cond += " AND r.state = 'open'"
	}
	if q.After != 0 {
		cond += " AND r.id < " + arg(&args, q.After)
	}
	return list(tx, scanReport, "SELECT "+reportColumns+" FROM report r WHERE "+cond+" ORDER BY r.id DESC LIMIT "+arg(&args, q.Limit), args...)
}

// OpenReports counts the open reports of each of these circles that has any; of circle 0 those that the
// people who run this instance decide.
func (tx *Tx) OpenReports(ids []circles.CircleID) (map[circles.CircleID]int64, error) {
	n := make(map[circles.CircleID]int64, len(ids))
	for _, id := range ids {
		if id != 0 {
			continue
		}
		site, err := one(tx, value[int64], `SELECT COUNT(*) FROM report r WHERE r.site = 1 AND r.state = 'open'`)
		if err != nil {
			return nil, err
		}
		n[0] = site
	}
	places, args := in(nil, ids)
	err := tx.rows(`SELECT r.circle, COUNT(*) FROM report r WHERE r.state = 'open' AND r.circle <> 0 AND r.circle IN (`+places+`)
		GROUP BY r.circle`, args, func(r rowScanner) error {
		var id circles.CircleID
		var count int64
		err := r.Scan(&id, &count)
		n[id] = count
		return err
	})
	return n, err
}
