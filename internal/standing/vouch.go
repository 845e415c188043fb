package standing

import (
	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// vouchReasons are the formula's refusals of a vouch as reasons of ours.
var vouchReasons = map[reputation.Refusal]Reason{
	reputation.VouchSelf: VouchSelf, reputation.VouchOperator: VouchOperator, reputation.VouchTier: VouchTier,
	reputation.VouchTwice: VouchTwice, reputation.VouchBack: VouchBack, reputation.VouchQuota: VouchQuota,
	reputation.VouchSuspended: VouchSuspended, reputation.VouchFull: VouchFull, reputation.VouchDomain: VouchDomain,
	reputation.VouchUnknown: VouchUnknown,
}

// GiveVouch lets somebody answer for a person in a circle of ours, which Judge has allowed: for a year, as
// often as the formula allows. What refuses it is a circles.Error, and nothing was written then.
func GiveVouch(tx *store.Tx, c *circles.Circle, person circles.PersonID, by *circles.Actor) error {
	rows, err := rowsOf(tx, c.CircleID(), person, circles.PersonID(by.ID), by.Host)
	if err != nil {
		return err
	}
	v := reputation.Current()
	e, no := v.Vouch(rows.Rows, reputation.VouchIn{Circle: reputation.CircleID(c.ID), Subject: actor(person), Source: reputation.ActorID(by.ID),
		Domain: by.Host, Class: class(rows.Peer, by.Host, reputation.DayOf(tx.Now())), At: tx.Now()})
	if no != reputation.NoRefusal {
		return refuse(vouchReasons[no]).Refusal
	}
	if e, err = record(tx, rows, e, reputation.Full); err != nil {
		return err
	}
	if intro, ok := v.Introduction(rows.Rows, e, 0); ok {
		_, err = record(tx, rows, intro, reputation.Full)
	}
	return err
}

// EndVouch takes a vouch back from now on.
func EndVouch(tx *store.Tx, c *circles.Circle, person circles.PersonID, by *circles.Actor) error {
	rows, err := rowsOf(tx, c.CircleID(), person, circles.PersonID(by.ID), by.Host)
	if err != nil {
		return err
	}
	e, ok := reputation.Current().EndVouch(rows.Rows, reputation.CircleID(c.ID), actor(person), reputation.ActorID(by.ID), 0, tx.Now())
	if !ok {
		return refuse(VouchNone).Refusal
	}
	_, err = record(tx, rows, e, reputation.Full)
	return err
}

// SetHelpful notes that somebody calls a post or comment helpful, which Judge has allowed, or no longer
// does. One person's word counts, once it is accepted: who says it second changes nothing.
func SetHelpful(tx *store.Tx, p *circles.Post, by *circles.Actor, helpful bool) (changed bool, err error) {
	c, err := tx.Contribution(p.ID)
	if err != nil || helpful == (c.HelpfulBy != 0) {
		return false, err
	}
	if c.Stage == store.StageNone {
		c.Stage, c.DueAt = store.StageWaits, max(p.CreatedAt+acceptedAfter.Microseconds(), 1) // it is older than the ledger
	}
	who := c.HelpfulBy
	c.HelpfulBy = 0
	if helpful {
		who = circles.PersonID(by.ID)
		c.HelpfulBy = who
	}
	if err := tx.SaveContribution(c); err != nil {
		return false, err
	}
	switch {
	case !helpful:
		return true, unrate(tx, p, reputation.Helpful, who)
	case c.Stage == store.StageAccepted:
		return true, rate(tx, p, reputation.Helpful, who, by.Host, false)
	}
	return true, nil
}
