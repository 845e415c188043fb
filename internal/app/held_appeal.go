package app

import (
	"halqa/circles"
	"halqa/internal/store"
)

// answerAppeal lets a moderator's decision about what waited answer the appeal that its author has open
// against the hold: somebody has looked, so silence grants nothing any more. The log has the decision
// itself, and its author is told of that. What the people who run the instance were asked stays theirs to answer while it matters; the
// refusal is another decision, and the author may object to it anew.
func answerAppeal(tx *store.Tx, p *circles.Post, by circles.ActorID, state circles.AppealState, note string) error {
	a, err := tx.OpenAppeal(p.Author, p.Circle)
	if err != nil || a == nil || a.Kind != circles.AppealHeld || a.Post() != p.ID {
		return err
	}
	a.DueAt = 0
	if a.Site && state == circles.AppealDenied {
		return tx.SaveAppeal(a)
	}
	a.State, a.DecidedBy, a.DecidedAt, a.Note = state, by, tx.Now(), note
	return tx.SaveAppeal(a)
}
