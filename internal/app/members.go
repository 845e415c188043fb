package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// maxAsking bounds the requests to join that are shown at once; the next ones come when these are
// answered.
const maxAsking = 100

// Asking returns who waits to be let into a circle of ours, the first to ask first. It is for those who
// may let them in.
func (a *App) Asking(ctx context.Context, who circles.Viewer, id circles.CircleID) ([]*circles.Actor, error) {
	var waiting []*circles.Actor
	err := a.view(ctx, "requests to join", func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.EditCircle, Circle: c}); err != nil {
			return err
		}
		waiting, err = tx.Pending(id, maxAsking)
		return err
	})
	return waiting, err
}
