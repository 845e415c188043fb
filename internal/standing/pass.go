package standing

import (
	"fmt"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// passes lets somebody past a gate whose appeal nobody answered, and rewrites what is said about it. It is
// for text: what comes with photos, videos or a link asks for the gate like everybody else.
func (j *judgement) passes(place circles.CircleID, a Action, x *Access) (bool, error) {
	if place == 0 || j.Who.Person == 0 || j.Action == Edit || !x.Passable() || j.Words != nil && j.Words.Media {
		return false, nil
	}
	for _, with := range j.With {
		if with == PostMedia || with == PostLink {
			return false, nil
		}
	}
	today := reputation.DayOf(j.tx.Now())
	p, err := j.tx.GatePass(place, j.Who.Person, int64(today))
	if err != nil || p == nil {
		return false, err
	}
	written := int(min(p.Written, reputation.PassPerDay))
	x.Pass = stamp(p.Until)
	if a == Join {
		written = 0 // a door is no text
	}
	if !reputation.PassHolds(reputation.Day(p.Day), today, written) {
		return false, nil
	}
	x.put(reputation.Decision{Allowed: true, Outcome: reputation.Allow, Path: -1}, j.tx.Now(), true)
	x.Outcome = Allow
	until := time.UnixMicro(p.Until).UTC()
	left := reputation.PassPerDay - written
	x.Text = map[string]string{
		"en": fmt.Sprintf("Nobody answered your appeal in time, so this is open to you until %s: text only, %d a day; %d left today.", until.Format("2 Jan 2006"), reputation.PassPerDay, left),
		"zh": fmt.Sprintf("你的申诉没有得到及时答复，因此在 %s 之前对你开放：仅限文字，每天 %d 条，今天还剩 %d 条。", until.Format("2006-01-02"), reputation.PassPerDay, left),
	}
	return true, nil
}

// AccessTo tells what somebody may do in a circle of ours, or with nil on the instance, within the caller's
// transaction.
func AccessTo(tx *store.Tx, who circles.Viewer, c *circles.Circle, a reputation.Action) (*Access, error) {
	all, err := accessOf(tx, who, c)
	for i := range all {
		if all[i].Action == a {
			return &all[i], err
		}
	}
	return nil, err
}

// GrantPass lets somebody past the gates of a circle, text only and for fourteen days, because nobody
// answered an appeal that was opened at a time. It answers Waits while there is time, and ToAdmin where as
// many as may have a pass.
func GrantPass(tx *store.Tx, circle circles.CircleID, person circles.PersonID, opened, appeal int64) (reputation.Answer, error) {
	held, err := tx.GatePasses(circle)
	if err != nil {
		return "", err
	}
	today := reputation.DayOf(tx.Now())
	answer := reputation.Unanswered(reputation.DayOf(opened), today, int(held))
	if answer != reputation.Passes {
		return answer, nil
	}
	return answer, tx.GrantPass(circle, person, int64(today), (today + reputation.PassDays).Start(), appeal)
}

// Welcomed notes that somebody who runs a circle, or with 0 the instance, approved a person.
func Welcomed(tx *store.Tx, circle circles.CircleID, person, by circles.PersonID) error {
	return note(tx, reputation.Approved, circle, person, by)
}

// Penalty returns a line that an upheld report wrote about somebody and that stands.
func Penalty(tx *store.Tx, id reputation.EventID, person circles.PersonID) (*store.StandingEvent, error) {
	e, err := tx.StandingEvent(id)
	if err != nil {
		return nil, err
	}
	strike := (e.Kind == reputation.Minor || e.Kind == reputation.Serious) && e.Reverses == 0
	if !strike || e.Subject != actor(person) {
		return nil, circles.Errorf(circles.NotFound, "There is no such line in the ledger.")
	}
	gone, err := tx.StandingReversed(id)
	if err == nil && gone {
		err = circles.Errorf(circles.Conflict, "This was taken back already.").With("refused.appeal-over", nil)
	}
	return &e, err
}

// OverturnPenalty takes it back; that it was taken back already is no error.
func OverturnPenalty(tx *store.Tx, id reputation.EventID) error {
	gone, err := tx.StandingReversed(id)
	if err != nil || gone {
		return err
	}
	return takeBack(tx, id)
}

// OverturnWith takes back what was upheld against somebody in a circle by the same decision as a ban: by
// the same person in the same moment.
func OverturnWith(tx *store.Tx, b circles.Ban) error {
	strikes, err := tx.StandingStrikesAt(b.Circle, b.Person, b.By, b.At)
	if err != nil {
		return err
	}
	for _, e := range strikes {
		if err := reverse(tx, e); err != nil {
			return err
		}
	}
	return nil
}
