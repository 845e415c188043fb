package standing

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// Storm lets a circle ask what the preset of that name asks, at once and for at most 72 hours, at most
// once in 14 days. What the storm asks before an action stands in place of what the circle asks; where it
// asks nothing the circle's own gates go on.
func (g *Gates) Storm(ctx context.Context, who circles.Viewer, circle circles.CircleID, length time.Duration, reason, lang string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	preset, _ := reputation.PresetNamed("storm")
	err := g.store.Update(ctx, func(tx *store.Tx) error {
		p, err := mayChange(tx, who, circle)
		if err != nil {
			return err
		}
		if circle == 0 {
			return circles.Errorf(circles.Invalid, "A storm is for a circle.").With("refused.storm-where", nil)
		}
		row, err := rowToChange(tx, who, circle, p.Version)
		if err != nil {
			return err
		}
		if err := reputation.Storm(row.StormBegan, tx.Now(), length.Microseconds()); err != nil {
			return circles.Errorf(circles.Conflict, "A storm may last 72 hours at most and begin once in 14 days; the latest here began on %s.", day(row.StormBegan)).
				With("refused.storm", map[string]any{"Day": day(row.StormBegan)})
		}
		storm := narrowed(preset.Circle, p.Bounds)
		storm = reasoned(reputation.Settings{}, storm, reason, lang)
		row.StormBegan, row.StormUntil = tx.Now(), tx.Now()+length.Microseconds()
		if err := putRules(tx, circle, reputation.Settings{}, storm, true, row.StormUntil, who.Person.Actor()); err != nil {
			return err
		}
		after, err := writeSettings(merged(merged(reputation.Settings{}, p.Settings), storm))
		if err != nil {
			return err
		}
		if err := tx.AddGateChange(store.GateChange{Place: circle, Version: row.Version, By: who.Person.Actor(), Kind: "storm",
			Effective: row.StormUntil, Bounds: p.Bounds.Version, Preset: "storm", Reason: reason, Before: row.Settings, After: after}); err != nil {
			return err
		}
		return saved(tx, row)
	})
	return wrap("storm", err)
}

// EndStorm ends it before its time.
func (g *Gates) EndStorm(ctx context.Context, who circles.Viewer, circle circles.CircleID) error {
	err := g.store.Update(ctx, func(tx *store.Tx) error {
		p, err := mayChange(tx, who, circle)
		if err != nil || p.StormUntil == 0 {
			return err
		}
		row, err := tx.GatePlace(circle)
		if err != nil {
			return err
		}
		return endStorm(tx, row, who.Person.Actor(), p.Bounds)
	})
	return wrap("end storm", err)
}

func day(micros int64) string {
	if micros == 0 {
		return "–"
	}
	return time.UnixMicro(micros).UTC().Format(time.DateOnly)
}

func endStorm(tx *store.Tx, row *store.GatePlace, by circles.ActorID, b reputation.Bounds) error {
	if err := tx.EndStorm(row.Place); err != nil {
		return err
	}
	row.StormUntil = 0
	if err := tx.AddGateChange(store.GateChange{Place: row.Place, Version: row.Version, By: by, Kind: "storm_over", Effective: tx.Now(),
		Bounds: b.Version, Before: row.Settings, After: row.Settings}); err != nil {
		return err
	}
	return saved(tx, row)
}

const duePage = 50

// Sweep begins what was announced, ends storms, lets pilots grow up, and forgets acts that dry runs no
// longer look at. The clock calls it.
func (g *Gates) Sweep(ctx context.Context) error {
	if err := g.begin(ctx); err != nil {
		return wrap("begin gates", err)
	}
	if err := g.growPilots(ctx); err != nil {
		return wrap("grow pilots", err)
	}
	return wrap("trim judged", g.trimJudged(ctx))
}

func (g *Gates) begin(ctx context.Context) error {
	for {
		var found int
		var check []circles.CircleID
		err := g.store.Update(ctx, func(tx *store.Tx) error {
			check = nil
			due, err := tx.GatePlacesDue(duePage)
			if err != nil {
				return err
			}
			found = len(due)
			b, err := boundsOf(tx)
			if err != nil {
				return err
			}
			for _, row := range due {
				if row.StormUntil != 0 && row.StormUntil <= tx.Now() {
					if err := endStorm(tx, row, 0, b); err != nil {
						return err
					}
				}
				if row.Next == "" || row.NextAt > tx.Now() {
					continue
				}
				next, err := readSettings(row.Next)
				if err != nil {
					return err
				}
				by, preset, reason := row.NextBy, row.NextPreset, row.NextReason
				row.Next, row.NextPreset, row.NextReason, row.NextBy, row.NextAt = "", "", "", 0, 0
				// The bounds may have become narrower in the three days.
				if err := put(tx, row, narrowed(next, b), preset, by, store.GateChange{By: by, Kind: "begun", Reason: reason, Effective: tx.Now()}, b); err != nil {
					return err
				}
				if err := saved(tx, row); err != nil {
					return err
				}
				check = append(check, row.Place)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(check) > 0 { // what was reachable when it was announced need not be now
			if err := g.Prove(ctx); err != nil {
				return err
			}
		}
		if found < duePage {
			return nil
		}
	}
}

// growPilots announces Welcoming for first circles that have become places.
func (g *Gates) growPilots(ctx context.Context) error {
	return g.store.Update(ctx, func(tx *store.Tx) error {
		grown, err := tx.GrownPilots(PilotMembers, duePage)
		if err != nil || len(grown) == 0 {
			return err
		}
		b, err := boundsOf(tx)
		if err != nil {
			return err
		}
		preset, _ := reputation.PresetNamed("welcoming")
		next, err := writeSettings(narrowed(preset.Circle, b))
		if err != nil {
			return err
		}
		for _, row := range grown {
			row.Pilot, row.Next, row.NextPreset, row.NextAt = false, next, preset.Name, tx.Now()+reputation.Notice
			if err := tx.AddGateChange(store.GateChange{Place: row.Place, Version: row.Version + 1, Kind: "announced", Effective: row.NextAt,
				Bounds: b.Version, Preset: preset.Name, Before: row.Settings, After: next}); err != nil {
				return err
			}
			if err := saved(tx, row); err != nil {
				return err
			}
		}
		return nil
	})
}

const trimPage = 1000

func (g *Gates) trimJudged(ctx context.Context) error {
	for {
		var n int64
		err := g.store.Update(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.TrimJudged(int64(reputation.DayOf(tx.Now()))-trialDays, trimPage)
			return err
		})
		if err != nil || n < trimPage {
			return err
		}
	}
}
