package standing

import (
	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// Placed notes that somebody's place in a circle of ours was old and is now role: who runs a circle
// stands outside its standing.
func Placed(tx *store.Tx, c *circles.Circle, person circles.PersonID, old, role circles.Role) error {
	if !counts(c) || old.Operates() == role.Operates() {
		return nil
	}
	kind := reputation.Operates
	if !role.Operates() {
		kind = reputation.OperatesEnd
	}
	return note(tx, kind, c.CircleID(), person, 0)
}

// LetIn notes that an operator took somebody in who had asked.
func LetIn(tx *store.Tx, c *circles.Circle, person, by circles.PersonID) error {
	if !counts(c) {
		return nil
	}
	return note(tx, reputation.Approved, c.CircleID(), person, by)
}

// Approved notes that an operator approved something that was held: it is accepted at once, and its
// author approved. Call it when the post is visible.
func Approved(tx *store.Tx, p *circles.Post, c *circles.Circle, by circles.PersonID) error {
	if !counts(c) {
		return nil
	}
	rows, err := rowsOf(tx, c.CircleID(), p.Author, by, "")
	if err != nil {
		return err
	}
	e := reputation.Current().Note(0, reputation.Approved, reputation.CircleID(p.Circle), actor(p.Author), actor(by), tx.Now())
	e.Object = int64(p.ID)
	if _, err := record(tx, rows, e, reputation.Full); err != nil {
		return err
	}
	of, err := tx.Contribution(p.ID)
	if err != nil || of.Stage == store.StageAccepted {
		return err
	}
	if of.Accepted, err = accept(tx, p, by, tx.Now()); err != nil {
		return err
	}
	of.Stage, of.DueAt, of.After = store.StageAccepted, tx.Now(), 0
	_, err = proceed(tx, p, of)
	return err
}

// A Verdict is an upheld report.
type Verdict struct {
	Subject circles.PersonID
	Circle  circles.CircleID // of ours that it happened in; 0 = none
	Object  int64            // the post, or the report if it is about no post
	By      circles.PersonID
	Serious bool
	Site    bool // it was decided by the people who run the instance, so it counts outside the circle too
}

// Upheld writes what an upheld report takes.
func Upheld(tx *store.Tx, in Verdict) error {
	rows, err := rowsOf(tx, in.Circle, in.Subject, in.By, "")
	if err != nil {
		return err
	}
	e := reputation.Current().Uphold(reputation.Verdict{Circle: reputation.CircleID(in.Circle), Subject: actor(in.Subject),
		Decider: actor(in.By), Object: in.Object, Serious: in.Serious, Instance: in.Site && in.Circle != 0, At: tx.Now()})
	_, err = record(tx, rows, e, reputation.Full)
	return err
}

// Overturned takes back what was upheld about a post or report.
func Overturned(tx *store.Tx, object int64) error {
	strikes, err := tx.StandingStrikes(object)
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

// Reviewed notes that somebody here decided about what a person elsewhere did, and whether it was spam:
// a server of which much is goes on probation.
func Reviewed(tx *store.Tx, whose *circles.Actor, spam bool) error {
	if whose == nil || whose.Local() {
		return nil
	}
	return tx.CountReviewed(whose.Host, spam)
}
