package main

import (
	"context"
	"fmt"
	"slices"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
)

type standingCmd struct {
	Replay   standingReplayCmd   `cmd:"" help:"Reckon standing again from its ledger."`
	Simulate standingSimulateCmd `cmd:"" help:"Attack an invented circle in many ways and print how far each came."`
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

type standingSimulateCmd struct {
	Formula int   `help:"Version of the formula; 0 is the one in force." placeholder:"N"`
	Seeds   int   `help:"Runs of each attack, whose worst is printed." default:"5" placeholder:"N"`
	Days    []int `help:"Days of the attack to report on." default:"30,90,180,360" placeholder:"DAY"`
}

const (
	mostSeeds       = 1000
	mostSimDays     = 3650
	mostSimOutlooks = 12
)

// Run needs no configuration and opens no database: the people are invented. The exit status is 1 if an
// account stood above the bound, which a corrupt operator alone can do.
func (c *standingSimulateCmd) Run(ctx context.Context, term *terminal) error {
	v := reputation.Current()
	if c.Formula != 0 {
		var ok bool
		if v, ok = reputation.VersionOf(c.Formula); !ok {
			return circles.Errorf(circles.Invalid, "There is no formula %d; the one in force is %d.", c.Formula, reputation.Current().Number)
		}
	}
	if c.Seeds < 1 || c.Seeds > mostSeeds {
		return circles.Errorf(circles.Invalid, "--seeds must be between 1 and %d.", mostSeeds)
	}
	if len(c.Days) == 0 || len(c.Days) > mostSimOutlooks || slices.Min(c.Days) < 1 || slices.Max(c.Days) > mostSimDays {
		return circles.Errorf(circles.Invalid, "--days must be up to %d days between 1 and %d.", mostSimOutlooks, mostSimDays)
	}
	days := slices.Compact(slices.Sorted(slices.Values(c.Days)))
	seeds := make([]uint64, c.Seeds)
	for i := range seeds {
		seeds[i] = uint64(i + 1)
	}
	broke := 0
	table, err := reputation.Table(v, seeds, reputation.Attacks(), days, func(r reputation.Simulated) error {
		if day, yes := r.Broke(); yes && !r.Corrupt {
			broke++
			fmt.Fprintf(term.err, "%s: above the bound on day %d\n", r.Name, day)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(term.out, "formula %d, the worst of %d runs each\n\n%s", v.Number, c.Seeds, table)
	if broke > 0 {
		return fmt.Errorf("%d runs broke the bound", broke)
	}
	return nil
}
