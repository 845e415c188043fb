package standing

import (
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// acceptedAfter is how long something must stay before it is an accepted contribution.
const acceptedAfter = 48 * time.Hour

// counts reports whether the ledger is kept for a circle: one that lives elsewhere is its own server's
// to judge, and what people do elsewhere never counts.
func counts(c *circles.Circle) bool { return c != nil && c.Local() }

func isPerson(a *circles.Actor) bool {
	return a.Kind == circles.KindPerson || a.Kind == circles.KindService
}

// Acted notes that somebody wrote, voted, joined or followed: they are known from today if they were
// not, and today is one of their active days.
func Acted(tx *store.Tx, who *circles.Actor) error {
	if !isPerson(who) {
		return nil
	}
	home, err := tx.StandingHome(circles.PersonID(who.ID))
	if err != nil {
		return err
	}
	return acted(tx, who, home)
}

func acted(tx *store.Tx, who *circles.Actor, home reputation.Person) error {
	today := reputation.DayOf(tx.Now())
	if home.Known != 0 && home.Active.On(today) > 0 {
		return nil
	}
	rows, err := rowsOf(tx, 0, circles.PersonID(who.ID), 0, who.Host)
	if err != nil {
		return err
	}
	var lines []reputation.Event
	if home.Known == 0 {
		if !who.Local() && rows.Peer.FirstSeen == 0 {
			if err := tx.NotePeer(who.Host); err != nil { // from now on their server is no longer new
				return err
			}
		}
		e := reputation.Current().Note(0, reputation.Known, 0, reputation.ActorID(who.ID), 0, tx.Now())
		e.Day = firstKnown(rows, who, today)
		lines = append(lines, e)
	}
	lines = append(lines, reputation.Current().Note(0, reputation.Active, 0, reputation.ActorID(who.ID), 0, tx.Now()))
	return recordAll(tx, rows, lines)
}

// firstKnown is the day from which somebody counts as known who does something for the first time since
// the ledger was begun.
func firstKnown(rows *store.StandingRows, who *circles.Actor, today reputation.Day) reputation.Day {
	day := reputation.DayOf(who.CreatedAt)
	if !who.Local() { // seen is not known: their server may have been read for a mention
		day = reputation.FirstKnown(class(rows.Peer, who.Host, today), today, reputation.DayOf(who.Published))
	}
	return min(max(day, reputation.Epoch), today)
}

// Known notes that somebody signed up.
func Known(tx *store.Tx, who circles.PersonID) error {
	return note(tx, reputation.Known, 0, who, 0)
}

// class returns what this instance thinks of a server; "" is our own.
func class(p store.StandingPeer, host string, today reputation.Day) reputation.Class {
	if host == "" {
		return reputation.Local
	}
	first := today
	if p.FirstSeen != 0 {
		first = reputation.DayOf(p.FirstSeen)
	}
	return reputation.ClassOf(reputation.Class(p.Policy), first, today,
		p.Reviewed.Total(today, ninetyDays), p.Spam.Total(today, ninetyDays))
}

const ninetyDays = 90

// Published notes something that became visible in a circle: if it stays for 48 hours, it is accepted.
func Published(tx *store.Tx, p *circles.Post, c *circles.Circle) error {
	if !counts(c) {
		return nil
	}
	return tx.SaveContribution(store.Contribution{Post: p.ID, Stage: store.StageWaits, DueAt: tx.Now() + acceptedAfter.Microseconds()})
}

// Hidden takes back what something gave that was deleted or removed. Of many ratings the first are taken
// back now and the rest by Sweep.
func Hidden(tx *store.Tx, p *circles.Post) error {
	c, err := tx.Contribution(p.ID)
	if err != nil || c.Stage == store.StageNone || c.Stage == store.StageGone {
		return err
	}
	was := c.Stage
	c.Stage, c.DueAt, c.After = store.StageGone, 0, 0
	if was == store.StageAccepted {
		if err := takeBack(tx, c.Accepted); err != nil {
			return err
		}
		c.DueAt = tx.Now()
	}
	_, err = proceed(tx, p, c)
	return err
}

// Shown gives back what something gave that has returned. What was not yet accepted waits for its 48
// hours again.
func Shown(tx *store.Tx, p *circles.Post, circle *circles.Circle) error {
	c, err := tx.Contribution(p.ID)
	switch {
	case err != nil || c.Stage == store.StageWaits || c.Stage == store.StageAccepted:
		return err
	case c.Accepted == 0:
		return Published(tx, p, circle)
	}
	was, err := tx.StandingEvent(c.Accepted)
	if err != nil {
		return err
	}
	if c.Accepted, err = giveBack(tx, was); err != nil {
		return err
	}
	c.Stage, c.DueAt, c.After = store.StageAccepted, tx.Now(), 0
	_, err = proceed(tx, p, c)
	return err
}

// Voted notes that somebody's vote on a post was had and is now value.
func Voted(tx *store.Tx, p *circles.Post, c *circles.Circle, voter *circles.Actor, had, value int) error {
	if !isPerson(voter) {
		return nil
	}
	who := circles.PersonID(voter.ID)
	of, home, err := tx.ContributionFor(p.ID, who)
	if err != nil {
		return err
	}
	if value != 0 {
		if err := acted(tx, voter, home); err != nil {
			return err
		}
	}
	switch {
	case had == 1 && (of.Stage == store.StageAccepted || of.Stage == store.StageGone):
		return unrate(tx, p, reputation.Like, who)
	case value == 1 && of.Stage == store.StageAccepted:
		return rate(tx, p, reputation.Like, who, voter.Host, false)
	case value == 1 && of.Stage == store.StageNone && counts(c) && p.State == circles.Visible:
		// It is older than the ledger.
		return tx.SaveContribution(store.Contribution{Post: p.ID, Stage: store.StageWaits, DueAt: max(p.CreatedAt+acceptedAfter.Microseconds(), 1)})
	}
	return nil
}

// rate credits somebody's opinion of an accepted contribution, once however often it is said. Whoever
// took it back and gives it again gives what they gave before: a like cannot be made fresh. One that
// counted nothing is weighed anew if they say it again, but not because the post returned.
func rate(tx *store.Tx, p *circles.Post, kind reputation.Kind, by circles.PersonID, host string, returned bool) error {
	if by == p.Author {
		return nil
	}
	rows, lastID, err := tx.RatingRows(reputation.CircleID(p.Circle), actor(p.Author), actor(by), host, int64(p.ID), kind)
	if err != nil {
		return err
	}
	var last *store.StandingEvent
	if lastID != 0 {
		e, err := tx.StandingEvent(lastID)
		if err != nil || e.Reverses == 0 {
			return err
		}
		last = &e
		if held, err := tx.Quarantined(last.Reverses); err != nil || held {
			return err // liking again does not free what the audit holds
		}
	}
	if last != nil && (returned || last.WeightMilli != 0) {
		was, err := tx.StandingEvent(last.Reverses)
		if err == nil {
			_, err = giveBack(tx, was)
		}
		return err
	}
	v := reputation.Current()
	e, why := v.Rate(rows.Rows, reputation.Rating{Circle: reputation.CircleID(p.Circle), Subject: actor(p.Author), Source: actor(by),
		Kind: kind, Object: int64(p.ID), At: tx.Now(), Accepted: true, Domain: host, SubjectDomain: rows.SubjectHost,
		Class: class(rows.Peer, host, reputation.DayOf(tx.Now()))})
	if e, err = record(tx, rows, e, why); err != nil || kind != reputation.Like {
		return err
	}
	if intro, ok := v.Introduce(rows.Rows, e, 0); ok {
		_, err = record(tx, rows, intro, reputation.Full)
	}
	return err
}

// unrate takes back what somebody's opinion gave, if it gave anything.
func unrate(tx *store.Tx, p *circles.Post, kind reputation.Kind, by circles.PersonID) error {
	last, err := tx.LastRating(int64(p.ID), actor(by), kind)
	if err != nil || last == nil || last.Reverses != 0 {
		return err
	}
	return reverse(tx, *last)
}
