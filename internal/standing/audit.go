package standing

import (
	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

const (
	// maxAudited bounds how many ratings of one circle an audit reads: the latest.
	maxAudited = 500_000

	// maxGuests bounds whom one person may have brought in within the days that a confirmed finding cuts off;
	// the quotas of vouches and ratings allow less.
	maxGuests = 500
)

// Audited returns the counted ratings of a circle that the audit looks at.
func Audited(tx *store.Tx, circle reputation.CircleID) ([]reputation.Given, error) {
	return tx.GivenIn(circle, reputation.DayOf(tx.Now())-reputation.AuditDays, maxAudited)
}

// Suspect keeps what an audit found, unless most of these people are in a finding that waits or that somebody
// dismissed lately. AuditStep then quarantines the ratings.
func Suspect(tx *store.Tx, circle reputation.CircleID, f reputation.Finding) error {
	day := reputation.DayOf(tx.Now()) - reputation.AuditDays
	known, err := tx.AuditedWith(circles.CircleID(circle), day.Start(), f.People)
	if err != nil || 2*known > len(f.People) {
		return err
	}
	_, err = tx.AddAudit(circles.CircleID(circle), f)
	return err
}

// DecideAudit says what became of a finding, and AuditStep does it. Confirming takes vouching for 90 days
// from everyone who brought one of those found into the circle, by those who decide and not by the rule.
func DecideAudit(tx *store.Tx, id int64, by circles.PersonID, confirmed bool, reason string) (store.AuditFinding, error) {
	f, err := tx.Audit(id)
	if err != nil {
		return f, err
	}
	if f.Outcome != store.AuditOpen {
		return f, circles.Errorf(circles.Conflict, "Somebody decided about this already; load the page again.").With("refused.audit-decided", nil)
	}
	f.Outcome, f.DecidedBy, f.DecidedAt, f.Reason, f.Step = store.AuditDismissed, by.Actor(), tx.Now(), reason, true
	if confirmed {
		f.Outcome = store.AuditConfirmed
	}
	return f, tx.SaveAudit(f)
}

// AuditStep brings the ledger a part nearer to what the audit found and people decided, and reports whether
// there may be more. What nobody decided in two weeks lapses.
func AuditStep(tx *store.Tx) (more bool, err error) {
	old, err := tx.OldAudits(tx.Now()-reputation.Day(reputation.AuditWaits).Start(), 20)
	if err != nil {
		return false, err
	}
	for _, f := range old {
		f.Outcome, f.DecidedAt, f.Step = store.AuditLapsed, tx.Now(), true
		if err := tx.SaveAudit(f); err != nil {
			return false, err
		}
	}
	f, err := tx.NextAudit()
	if err != nil || f.ID == 0 {
		return false, err
	}
	var n int
	switch f.Outcome {
	case store.AuditDismissed, store.AuditLapsed:
		n, err = release(tx, f)
	default:
		n, err = quarantine(tx, f)
	}
	if err == nil && n == 0 && f.Outcome == store.AuditConfirmed {
		n, err = cutOff(tx, f)
	}
	if err != nil {
		return false, err
	}
	if n == 0 {
		f.Step = false
		return true, tx.SaveAudit(f)
	}
	return true, nil
}

// AuditDaysLeft returns in how many days an open finding lapses; 0 of others.
func AuditDaysLeft(f store.AuditFinding, now int64) int {
	if f.Outcome != store.AuditOpen {
		return 0
	}
	return max(int(reputation.DayOf(f.At)+reputation.AuditWaits-reputation.DayOf(now)), 0)
}

// quarantine takes back what ratings of a finding gave. That is a line in the ledger like any other, so a
// replay comes to the same.
func quarantine(tx *store.Tx, f store.AuditFinding) (int, error) {
	ids, err := tx.AuditEvents(f.ID, "waits", perUpdate)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		stage := "held"
		gone, err := tx.IsReversed(id)
		switch {
		case err != nil:
			return 0, err
		case gone: // unliked, or the post is gone, or another finding holds it
			stage = "over"
		default:
			if err := takeBack(tx, id); err != nil {
				return 0, err
			}
		}
		if err := tx.SetAuditEvent(f.ID, id, stage); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// release gives back what was quarantined, as of its own day, where people still think so and the post is
// still there; whoever repeats it later gives it then.
func release(tx *store.Tx, f store.AuditFinding) (int, error) {
	waiting, err := tx.AuditEvents(f.ID, "waits", perUpdate)
	if err != nil {
		return 0, err
	}
	held, err := tx.AuditEvents(f.ID, "held", perUpdate)
	if err != nil {
		return 0, err
	}
	for _, id := range waiting {
		if err := tx.SetAuditEvent(f.ID, id, "over"); err != nil {
			return 0, err
		}
	}
	for _, id := range held {
		if err := tx.SetAuditEvent(f.ID, id, "over"); err != nil {
			return 0, err
		}
		was, err := tx.StandingEvent(id)
		if err != nil {
			return 0, err
		}
		stands, err := still(tx, was)
		if err != nil {
			return 0, err
		}
		if stands {
			if _, err := giveBack(tx, was); err != nil {
				return 0, err
			}
		}
	}
	return len(waiting) + len(held), nil
}

// still reports whether a rating would count today had it not been taken back.
func still(tx *store.Tx, e store.StandingEvent) (bool, error) {
	post := circles.PostID(e.Object)
	c, err := tx.Contribution(post)
	if err != nil || c.Stage != store.StageAccepted {
		return false, err
	}
	if e.Kind == reputation.Helpful {
		return c.HelpfulBy == circles.PersonID(e.Source), nil
	}
	return tx.Likes(post, e.Source)
}

// cutOff goes down from those found to whom they brought in within 90 days before the finding, and takes back
// the introductions of those days, for somebody to look at: a vouch brings anyone in again.
func cutOff(tx *store.Tx, f store.AuditFinding) (int, error) {
	const page = 20
	circle, since := reputation.CircleID(f.Circle), reputation.DayOf(f.At)-reputation.AuditDays
	people, err := tx.AuditUndone(f.ID, page)
	if err != nil {
		return 0, err
	}
	for _, who := range people {
		guests, err := tx.IntroducedBy(circle, who, since, maxGuests)
		if err != nil {
			return 0, err
		}
		for _, g := range guests {
			if err := tx.AddAudited(f.ID, g, false); err != nil {
				return 0, err
			}
		}
		cut, err := unintroduce(tx, f, who, since)
		if err != nil {
			return 0, err
		}
		if err := tx.SetAuditDone(f.ID, who, cut); err != nil {
			return 0, err
		}
	}
	return len(people), nil
}

// unintroduce takes back how somebody came in, if that was lately, and from who brought in one of those found
// the vouching.
func unintroduce(tx *store.Tx, f store.AuditFinding, who reputation.ActorID, since reputation.Day) (bool, error) {
	circle := reputation.CircleID(f.Circle)
	in, err := tx.StandingIn(f.Circle, circles.PersonID(who))
	if err != nil || in.Person.Intro.Event == 0 {
		return false, err
	}
	e, err := tx.StandingEvent(in.Person.Intro.Event)
	if err != nil || e.Day < since {
		return false, err
	}
	today := reputation.DayOf(tx.Now())
	rows, err := tx.StandingRows(circle, e.Source, reputation.ActorID(f.DecidedBy), 0, "")
	if err != nil {
		return false, err
	}
	if rows.Subject.NoVouch < today+reputation.Day(reputation.Current().VouchLost) { // once a day, however many they brought
		lost := reputation.Current().Note(0, reputation.VouchLost, circle, e.Source, reputation.ActorID(f.DecidedBy), tx.Now())
		if _, err := record(tx, rows, lost, reputation.Full); err != nil {
			return false, err
		}
	}
	return true, reverse(tx, e)
}
