package standing

import (
	"fmt"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// record appends an event to the ledger and folds it into the rows, which it leaves as they now are. By
// a clock that is outside the days which sums have room for it records nothing, and the id is 0: what
// people do must not fail by that.
func record(tx *store.Tx, rows *store.StandingRows, e reputation.Event, why reputation.Reason) (reputation.Event, error) {
	if !inTime(e) {
		return e, nil
	}
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

// recordAll records several full events between the same people, and saves their rows once.
func recordAll(tx *store.Tx, rows *store.StandingRows, events []reputation.Event) error {
	before := rows.Rows
	var last reputation.Event
	for _, e := range events {
		if !inTime(e) {
			continue
		}
		var err error
		if last, err = tx.AppendStanding(e, reputation.Full); err != nil {
			return err
		}
		rows.Rows = reputation.Apply(rows.Rows, last)
	}
	if last.ID == 0 {
		return nil
	}
	if err := tx.SaveStanding(last, &before, &rows.Rows); err != nil {
		return fmt.Errorf("standing after event %d: %w", last.ID, err)
	}
	return nil
}

func inTime(e reputation.Event) bool {
	d := reputation.DayOf(e.At)
	return d >= reputation.Epoch && d <= reputation.Horizon
}

// note records an event of a kind that only states that something is so.
func note(tx *store.Tx, k reputation.Kind, circle circles.CircleID, subject, source circles.PersonID) error {
	rows, err := rowsOf(tx, circle, subject, source, "")
	if err != nil {
		return err
	}
	_, err = record(tx, rows, reputation.Current().Note(0, k, reputation.CircleID(circle), actor(subject), actor(source), tx.Now()), reputation.Full)
	return err
}

// reverse takes back exactly what an event gave.
func reverse(tx *store.Tx, e store.StandingEvent) error {
	r, err := e.Event.Reverse(0, since(tx, e.Event))
	if err != nil {
		return err
	}
	rows, err := tx.StandingRows(e.Circle, e.Subject, e.Source, e.Branch, e.Domain)
	if err != nil {
		return err
	}
	_, err = record(tx, rows, r, reputation.Full)
	return err
}

// since is now, but not before the day of e although the clock was put back.
func since(tx *store.Tx, e reputation.Event) int64 { return max(tx.Now(), e.Day.Start()) }

// takeBack is reverse by id.
func takeBack(tx *store.Tx, id reputation.EventID) error {
	if id == 0 {
		return nil
	}
	e, err := tx.StandingEvent(id)
	if err != nil {
		return err
	}
	return reverse(tx, e)
}

// giveBack gives what a reversed event gave once more, and returns the line that does.
func giveBack(tx *store.Tx, e store.StandingEvent) (reputation.EventID, error) {
	rows, err := tx.StandingRows(e.Circle, e.Subject, e.Source, e.Branch, e.Domain)
	if err != nil {
		return 0, err
	}
	back, why := reputation.Current().Restore(rows.Rows, e.Event, 0, since(tx, e.Event), rows.SubjectHost)
	if why == reputation.Full {
		why = e.Reason
	}
	back, err = record(tx, rows, back, why)
	return back.ID, err
}

// rowsOf returns the rows of an event; host is the source's server, of which Peer tells.
func rowsOf(tx *store.Tx, circle circles.CircleID, subject, source circles.PersonID, host string) (*store.StandingRows, error) {
	return tx.StandingRows(reputation.CircleID(circle), actor(subject), actor(source), 0, host)
}

func actor(p circles.PersonID) reputation.ActorID { return reputation.ActorID(p) }
