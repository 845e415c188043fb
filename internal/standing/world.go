package standing

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// provedWith is how many other open circles a proof looks at. More would only help what is proved, so a
// part of them is enough to be right, and the cost of a proof does not grow with the instance.
const provedWith = 64

// A world is what the proofs read, of every circle here.
type world struct {
	instance reputation.Settings
	circles  []reputation.CircleSettings
	helpful  []reputation.CircleSettings // open ones, the least demanding first, at most provedWith
}

const worldPage = 1000

// readWorld reads the settings of every circle here, in pages.
func readWorld(tx *store.Tx) (world, error) {
	var w world
	row, err := tx.GatePlace(0)
	if err != nil {
		return w, err
	}
	if row != nil {
		if w.instance, err = readSettings(row.Settings); err != nil {
			return w, err
		}
	}
	var after circles.CircleID
	for {
		page, err := tx.GatedCircles(after, worldPage)
		if err != nil {
			return w, err
		}
		for _, r := range page {
			after = r.Circle
			s, err := readSettings(r.Settings)
			if err != nil {
				return w, err
			}
			w.circles = append(w.circles, reputation.CircleSettings{
				ID: reputation.CircleID(r.Circle), Settings: s, MembersOnly: r.Visibility == circles.MembersOnly,
				Open: r.Visibility.Federated() && r.Posting == circles.PostingOpen && !r.Suspended,
			})
		}
		if len(page) < worldPage {
			break
		}
	}
	for _, c := range w.circles {
		if c.Open {
			w.helpful = append(w.helpful, c)
		}
	}
	asks := func(c reputation.CircleSettings) int {
		return min(len(c.Gates[reputation.Post].Any), len(c.Gates[reputation.Comment].Any))
	}
	slices.SortStableFunc(w.helpful, func(a, b reputation.CircleSettings) int { return asks(a) - asks(b) })
	w.helpful = w.helpful[:min(len(w.helpful), provedWith)]
	return w, nil
}

// around is the part of the world that a proof about a place looks at.
func (w world) around(place circles.CircleID) reputation.World {
	out := reputation.World{Instance: w.instance, Circles: slices.Clone(w.helpful)}
	id := reputation.CircleID(place)
	if place != 0 && !slices.ContainsFunc(out.Circles, func(c reputation.CircleSettings) bool { return c.ID == id }) {
		if i := slices.IndexFunc(w.circles, func(c reputation.CircleSettings) bool { return c.ID == id }); i >= 0 {
			out.Circles = append(out.Circles, w.circles[i])
		}
	}
	return out
}

// Prove proves every circle's gates again. One that lost its way without a person, or that asks more than
// the bounds allow now, is loosened at once, and the log says so. The clock calls it every minute; a world
// in which nothing changed is not proved again.
func (g *Gates) Prove(ctx context.Context) error {
	var w world
	var b reputation.Bounds
	err := g.store.View(ctx, func(tx *store.Tx) (err error) {
		if w, err = readWorld(tx); err != nil {
			return err
		}
		b, err = boundsOf(tx)
		return err
	})
	if err != nil {
		return wrap("prove gates", err)
	}
	sum, err := w.sum(b)
	if err != nil || g.isProved(sum) {
		return wrap("prove gates", err)
	}
	broken := false
	for _, c := range w.circles {
		if err := ctx.Err(); err != nil {
			return err
		}
		mended, changed := mend(w.around(circles.CircleID(c.ID)), c, b)
		if !changed {
			continue
		}
		broken = true
		if err := g.mended(ctx, circles.CircleID(c.ID), c.Settings, mended, b); err != nil {
			return err
		}
	}
	if !broken { // what was mended may mend or break others
		g.mu.Lock()
		g.proved = sum
		g.mu.Unlock()
	}
	return nil
}

// sum tells worlds apart, so that one that has not changed is not proved again.
func (w world) sum(b reputation.Bounds) (sum [sha256.Size]byte, err error) {
	all, err := json.Marshal(struct {
		Instance reputation.Settings
		Circles  []reputation.CircleSettings
		Bounds   reputation.Bounds
	}{w.instance, w.circles, b})
	return sha256.Sum256(all), err
}

func (g *Gates) isProved(sum [sha256.Size]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.proved == sum
}

// mend returns the settings of a circle with its broken gates loosened.
func mend(w reputation.World, c reputation.CircleSettings, b reputation.Bounds) (reputation.Settings, bool) {
	s := narrowed(c.Settings, b)
	changed := !sameSettings(s, c.Settings)
	if changed {
		i := slices.IndexFunc(w.Circles, func(x reputation.CircleSettings) bool { return x.ID == c.ID })
		w.Circles[i].Settings = s
	}
	for _, broken := range w.BrokenAt(c.ID, b) {
		s.Gates[broken.Action] = broken.Mended
		changed = true
	}
	return s, changed
}

// mended writes them, unless somebody changed the gates meanwhile: then the next proof looks again.
func (g *Gates) mended(ctx context.Context, circle circles.CircleID, was, is reputation.Settings, b reputation.Bounds) error {
	err := g.store.Update(ctx, func(tx *store.Tx) error {
		row, err := tx.GatePlace(circle)
		if err != nil || row == nil {
			return err
		}
		now, err := readSettings(row.Settings)
		if err != nil || !sameSettings(now, was) {
			return err
		}
		if err := put(tx, row, is, "", 0, store.GateChange{Kind: "mended", Effective: tx.Now()}, b); err != nil {
			return err
		}
		return saved(tx, row)
	})
	return wrap("mend gates", err)
}
