package standing

import (
	"fmt"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// facts gathers what the gates of a circle and of the instance ask about a person, as of now, in one
// indexed read. circle may be 0 for the instance alone. Somebody of whom nothing is known has the facts
// of a fresh account.
func facts(tx *store.Tx, circle circles.CircleID, person circles.PersonID) (*reputation.Facts, error) {
	in, err := tx.StandingIn(circle, person)
	if err != nil {
		return nil, fmt.Errorf("facts: %w", err)
	}
	var joined reputation.Day
	if in.Joined != 0 {
		joined = reputation.DayOf(in.Joined)
	}
	f := reputation.FactsOf(reputation.Current(), in.Person, in.Home, in.Circle, joined, reputation.DayOf(tx.Now()))
	return &f, nil
}
