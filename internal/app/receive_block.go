package app

import (
	"halqa/circles"
	"halqa/internal/store"
)

// ReceiveBlock notes that somebody elsewhere wants to hear nothing of a person here: following between
// the two ends, and the person's answers and votes are refused before they leave.
func (a *App) ReceiveBlock(tx *store.Tx, said Said, person circles.PersonID) (Outcome, error) {
	by, err := tx.Actor(said.By.Actor())
	if err != nil {
		return refused(0, err)
	}
	p, err := tx.Actor(person.Actor())
	if err != nil {
		return refused(0, err)
	}
	if by.Kind == circles.KindCircle || !p.Local() || p.Kind != circles.KindPerson {
		return refused(0, circles.Errorf(circles.Invalid, "A person blocks a person."))
	}
	known, err := tx.Blocked(by.ID, p.ID)
	if err != nil || known {
		return done(0, false, err)
	}
	for _, pair := range [][2]circles.ActorID{{by.ID, p.ID}, {p.ID, by.ID}} {
		f, err := tx.Following(pair[0], pair[1])
		if err != nil {
			return Outcome{}, err
		}
		if f == nil {
			continue
		}
		if err := endFollow(tx, f); err != nil {
			return Outcome{}, err
		}
	}
	return done(0, true, tx.SetBlock(by.ID, p.ID, true))
}

// ReceiveUnblock takes that back.
func (a *App) ReceiveUnblock(tx *store.Tx, said Said, person circles.PersonID) (Outcome, error) {
	known, err := tx.Blocked(said.By.Actor(), person.Actor())
	if err != nil || !known {
		return done(0, false, err)
	}
	return done(0, true, tx.SetBlock(said.By.Actor(), person.Actor(), false))
}
