package store

import (
	"database/sql"
	"errors"
	"slices"

	"halqa/circles"
)

// What people are told by those who moderate, and those who moderate by the others. Neither has a thread,
// and each is a group of its own; neither says who did it.
const (
	bannedThread = -3
	reportThread = -4
	deskThread   = -5 // appeals that wait
	appealThread = -6 // answers to appeals

	// appealKinds are told of an answer, whenAppeal is their branch of told.
	appealKinds = `'appeal-granted', 'appeal-denied', 'appeal-passed'`
	whenAppeal  = ` WHEN 'appeal-granted' THEN 1 = 1 WHEN 'appeal-denied' THEN 1 = 1 WHEN 'appeal-passed' THEN 1 = 1`

	// deskMost is how many people are told of a report at most; a circle has a handful of moderators.
	deskMost = 100
)

// NotifyOfBan tells a person of this instance that a circle has shut them out. A circle elsewhere is heard
// of only by who has had to do with it: else anybody's circle could write to everybody.
func (tx *Tx) NotifyOfBan(circle circles.CircleID, person circles.PersonID) ([]circles.PersonID, error) {
	return list(tx, value[circles.PersonID], `INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT b.target, 'banned', b.actor, CAST($3 AS BIGINT), 0, CAST($4 AS BIGINT) FROM block b CROSS JOIN account k CROSS JOIN actor a
		WHERE b.actor = $1 AND b.target = $2 AND (b.until = 0 OR b.until > $4) AND k.person = b.target AND a.id = b.actor AND a.kind = 'circle'
			AND (a.host = '' OR EXISTS (SELECT 1 FROM post p WHERE p.author = b.target AND p.circle = b.actor)
				OR EXISTS (SELECT 1 FROM follow f WHERE f.follower = b.target AND f.followee = b.actor))
		ON CONFLICT (person, kind, object) DO UPDATE SET at = excluded.at, seen = 0
			WHERE notification.at < (SELECT c.at FROM block c WHERE c.actor = notification.object AND c.target = notification.person)
		RETURNING person`, circle, person, bannedThread, tx.at)
}

// stillBanned holds while the ban is in force that notification n speaks of.
func stillBanned(person, now string) string {
	return "EXISTS (SELECT 1 FROM block b WHERE b.actor = n.object AND b.target = " + person + " AND (b.until = 0 OR b.until > " + now + "))"
}

// stillReported holds while reports wait in the list that notification n speaks of, and the viewer decides it.
func stillReported(v circles.Viewer, person string) string {
	return stillWaiting(v, person, "report", " AND r.circle = n.object")
}

// stillAppealed is stillReported for appeals.
func stillAppealed(v circles.Viewer, person string) string {
	return stillWaiting(v, person, "appeal", " AND r.circle = n.object AND r.site = 0")
}

func stillWaiting(v circles.Viewer, person, table, inCircle string) string {
	site := "1 = 0"
	mine := "EXISTS (SELECT 1 FROM membership m WHERE m.circle = n.object AND m.person = " + person + " AND m.role IN " + moderatorRoles + ")"
	if v.Moderates() {
		site = "EXISTS (SELECT 1 FROM " + table + " r WHERE r.site = 1 AND r.state = 'open')"
	}
	return "CASE WHEN n.object = 0 THEN " + site + " ELSE " + mine +
		" AND EXISTS (SELECT 1 FROM " + table + " r WHERE r.state = 'open'" + inCircle + ") END"
}

// NotifyOfReport tells those who decide about an open report that one waits: the moderators of its circle,
// or the people who run this instance. Who was told of an earlier one of the same list is told of both at
// once.
func (tx *Tx) NotifyOfReport(r *circles.Report) ([]circles.PersonID, error) {
	desk := r.Circle
	if r.Site {
		desk = 0
	}
	return tx.tellDesk(ToldReport, reportThread, desk, r.FirstAt)
}

// NotifyOfAppeal tells those who may answer an open appeal that one waits since a time, folded as
// NotifyOfReport does. Who is a party to it is not told.
func (tx *Tx) NotifyOfAppeal(a *circles.Appeal, since int64) ([]circles.PersonID, error) {
	desk := a.Circle
	if a.Site {
		desk = 0
	}
	return tx.tellDesk(ToldAppeals, deskThread, desk, since, a.Person, circles.PersonID(a.Decider), circles.PersonID(a.FirstBy))
}

// tellDesk tells those who decide in a circle, or with 0 for the instance, that something waits since a
// time, except some.
func (tx *Tx) tellDesk(kind NotificationKind, thread circles.PostID, desk circles.CircleID, since int64, except ...circles.PersonID) ([]circles.PersonID, error) {
	who := `SELECT m.person FROM membership m CROSS JOIN account k
		WHERE m.circle = $1 AND m.role IN ` + moderatorRoles + ` AND k.person = m.person`
	if desk == 0 {
		who = `SELECT k.person FROM account k WHERE k.role IN ('admin', 'moderator') AND CAST($1 AS BIGINT) = 0`
	}
	people, err := list(tx, value[circles.PersonID], who+` ORDER BY 1 LIMIT $2`, desk, deskMost)
	if err != nil {
		return nil, err
	}
	var told []circles.PersonID
	for _, p := range people {
		if slices.Contains(except, p) {
			continue
		}
		at, err := one(tx, value[int64], `SELECT at FROM notification WHERE person = $1 AND kind = $3 AND object = $2`, p, desk, kind)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if err == nil && at >= since {
			continue
		}
		// It moves to the top of the list, where the id says what is new.
		if _, err := tx.exec(`DELETE FROM notification WHERE person = $1 AND kind = $3 AND object = $2`, p, desk, kind); err != nil {
			return nil, err
		}
		_, err = tx.exec(`INSERT INTO notification (person, kind, object, thread, actor, at) VALUES ($1, $5, $2, $3, 0, $4)`,
			p, desk, thread, since, kind)
		if err != nil {
			return nil, err
		}
		told = append(told, p)
	}
	return told, nil
}

// BansFrom returns how a person is banned from these circles, where they are.
func (tx *Tx) BansFrom(person circles.PersonID, of []circles.CircleID) (map[circles.CircleID]circles.Ban, error) {
	if len(of) == 0 {
		return nil, nil
	}
	set, args := in([]any{person, tx.at}, of)
	all, err := list(tx, scanBan, `SELECT `+banColumns+` FROM block b
		WHERE b.target = $1 AND (b.until = 0 OR b.until > $2) AND b.actor IN (`+set+`)`, args...)
	return byKey(all, err, func(b circles.Ban) circles.CircleID { return b.Circle })
}

// NotifyOfAnswer tells a person what became of their appeal, once for each answer.
func (tx *Tx) NotifyOfAnswer(a *circles.Appeal) ([]circles.PersonID, error) {
	var kind NotificationKind
	switch a.State {
	case circles.AppealGranted:
		kind = ToldAppealGranted
	case circles.AppealDenied:
		kind = ToldAppealDenied
	case circles.AppealPassed:
		kind = ToldAppealPassed
	default:
		return nil, nil // it was taken further meanwhile
	}
	_, err := tx.exec(`DELETE FROM notification WHERE person = $1 AND kind IN (`+appealKinds+`) AND object = $2 AND at < $3`, a.Person, a.ID, a.DecidedAt)
	if err != nil {
		return nil, err
	}
	return list(tx, value[circles.PersonID], `INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT k.person, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), 0, CAST($5 AS BIGINT) FROM account k WHERE k.person = $1
		ON CONFLICT (person, kind, object) DO NOTHING RETURNING person`, a.Person, kind, a.ID, appealThread, a.DecidedAt)
}

// ForgetHeld takes back what the author of a post was told about its being held or refused, because
// something else was decided.
func (tx *Tx) ForgetHeld(p *circles.Post) error {
	_, err := tx.exec(`DELETE FROM notification WHERE person = $1 AND kind IN ('held', 'refused') AND object = $2`, p.Author, p.ID)
	return err
}
