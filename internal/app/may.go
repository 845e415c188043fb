package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// An Act is something that is done to a post or comment by one button.
type Act standing.Action

const (
	ActDelete  = Act(standing.Delete)
	ActRestore = Act(standing.Restore)
	ActRemove  = Act(standing.Remove)
	ActReturn  = Act(standing.Return)
)

// MayAct returns the refusal that the act itself would get, nil if the viewer may do it now.
func (a *App) MayAct(ctx context.Context, v circles.Viewer, id circles.PostID, act Act) error {
	return a.view(ctx, "ask for "+string(act), func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		_, err = allow(tx, at.question(v, standing.Action(act)))
		return err
	})
}
