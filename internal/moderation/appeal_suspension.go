package moderation

import (
	"context"
	"errors"

	"halqa/circles"
	"halqa/internal/store"
)

// An OwnSuspension is what somebody who is suspended is told of it. Whoever runs the instance has taken the
// rest from them; this they keep.
type OwnSuspension struct {
	Since    int64          // UTC microseconds
	Reason   string         // as everyone reads it in the log; may be empty
	Open     *AppealCase    // what waits for those who run the instance, against the suspension or from before it; nil if nothing does
	Answered *AppealCase    // the objection to this suspension that has its answer; nil if none has
	May      bool           // they may object now
	Refused  *circles.Error // why not, where neither Open nor Answered says it
}

// OwnSuspension returns why and since when somebody is suspended and what became of their objection. who is
// not signed in, for they cannot be: see Objector of accounts. Of who is not suspended it is a Conflict.
func (m *Moderation) OwnSuspension(ctx context.Context, who circles.Viewer) (*OwnSuspension, error) {
	var o *OwnSuspension
	err := m.view(ctx, "own suspension", func(tx *store.Tx) error {
		o = nil
		a, err := ground(tx, who, Grievance{Kind: circles.AppealBan})
		if err != nil {
			return err
		}
		o = &OwnSuspension{Since: a.ActedAt, Reason: a.Said}
		open, err := tx.OpenAppeal(who.Person, 0)
		if err != nil {
			return err
		}
		if o.Open, err = ownCase(tx, open); err != nil {
			return err
		}
		last, err := tx.LastAppeal(a)
		if err != nil {
			return err
		}
		if last != nil && last.State != circles.AppealOpen && last.ActedAt == a.ActedAt {
			if o.Answered, err = ownCase(tx, last); err != nil {
				return err
			}
		}
		err = mayObject(tx, a)
		o.May = err == nil
		if errors.As(err, &o.Refused) {
			return nil
		}
		return err
	})
	return o, err
}

func ownCase(tx *store.Tx, a *circles.Appeal) (*AppealCase, error) {
	if a == nil {
		return nil, nil
	}
	all, err := fillAppeals(tx, []*circles.Appeal{a})
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// suspensionGround is banGround of the whole instance.
func suspensionGround(tx *store.Tx, a *circles.Appeal) (err error) {
	a.ActedAt, a.Decider, a.Said, err = tx.Suspension(a.Person.Actor())
	if circles.Is(err, circles.NotFound) {
		return appealOver()
	}
	return err
}

// objectionOver closes what somebody has open against a suspension that was lifted without it.
func objectionOver(tx *store.Tx, person circles.PersonID) error {
	a, err := tx.OpenAppeal(person, 0)
	if err != nil || a == nil || !a.Suspension() {
		return err
	}
	a.State, a.DecidedAt, a.DueAt = circles.AppealWithdrawn, tx.Now(), 0
	return tx.SaveAppeal(a)
}
