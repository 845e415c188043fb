package standing

import (
	"fmt"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// record appends an event to the ledger and folds it into the rows, which it leaves as they now are.
func record(tx *store.Tx, rows *store.StandingRows, e reputation.Event, why reputation.Reason) (reputation.Event, error) {
	e, err := tx.AppendStanding(e, why)
	if err != nil {
		return e, err
	}
	after := reputation.Apply(rows.Rows, e)
	if err := tx.SaveStanding(e, &rows.Rows, &after); err != nil {
		return e, fmt.Errorf("standing after event %d: %w", e.ID, err)
	}
	rows.Rows = after
	return e, nil
}

// note records an event of a kind that only states that something is so.
func note(tx *store.Tx, k reputation.Kind, circle circles.CircleID, subject, source circles.PersonID) error {
	rows, err := rowsOf(tx, circle, subject, source)
	if err != nil {
		return err
	}
	_, err = record(tx, rows, reputation.Current().Note(0, k, reputation.CircleID(circle), actor(subject), actor(source), tx.Now()), reputation.Full)
	return err
}

func rowsOf(tx *store.Tx, circle circles.CircleID, subject, source circles.PersonID) (*store.StandingRows, error) {
	return tx.StandingRows(reputation.CircleID(circle), actor(subject), actor(source), 0, "")
}

func actor(p circles.PersonID) reputation.ActorID { return reputation.ActorID(p) }
