package main

import (
	"context"
	"fmt"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
)

type standingCmd struct {
	Replay standingReplayCmd `cmd:"" help:"Reckon standing again from its ledger."`
}

type standingReplayCmd struct {
	Verify bool   `required:"" help:"Compare every line and every stored row with what the formula gives; nothing is changed."`
	Circle string `help:"Only this circle." placeholder:"NAME"`
}

// Run reads one snapshot, so people may go on meanwhile. What is wrong is printed, and the exit status
// is 1.
func (c *standingReplayCmd) Run(ctx context.Context, term *terminal, g *cli) error {
	return withHouse(ctx, term, g, func(h *house) error {
		var found *standing.Verified
		err := h.store.View(ctx, func(tx *store.Tx) error {
			var id reputation.CircleID
			if c.Circle != "" {
				circle, err := tx.LocalActor(c.Circle)
				if err != nil {
					return err
				}
				if circle.Kind != circles.KindCircle {
					return circles.Errorf(circles.NotFound, "There is no circle %q here.", c.Circle)
				}
				id = reputation.CircleID(circle.ID)
			}
			var err error
			found, err = standing.Verify(tx, id)
			return err
		})
		if err != nil {
			return err
		}
		n := found.Rows
		fmt.Fprintf(term.out, "%d events, %d of them ratings; %d people, %d pairs, %d branches, %d servers, %d circles\n",
			found.Events, found.Ratings, n.People, n.Edges, n.Branches, n.Domains, n.Circles)
		for _, line := range found.Found {
			fmt.Fprintln(term.out, line)
		}
		if found.Wrong > 0 {
			return fmt.Errorf("%d things are not what the ledger and its formulas give", found.Wrong)
		}
		fmt.Fprintln(term.out, "all as the formulas give it")
		return nil
	})
}
