package store

import (
	"database/sql"
	"errors"
	"strings"

	"halqa/circles"
)

// Settings of gates are kept as internal/standing writes them; nothing here reads their JSON. A place is
// a circle, or the instance as a whole (0).

// A GateRule is what a place asks before one action.
type GateRule struct {
	Action string
	Storm  bool
	Until  int64 // of a storm's, UTC microseconds
	Rule   string
	SetBy  circles.ActorID // 0 = nobody: it came with the program
	SetAt  int64
}

// GateRules returns what a place asks before some of the actions, those of a storm first. What asks
// nothing has no rule.
func (tx *Tx) GateRules(place circles.CircleID, actions []string) ([]GateRule, error) {
	return tx.kept.gateRules(tx, ruleKey{place, strings.Join(actions, " ")}, func() ([]GateRule, error) {
		args := []any{place}
		cond, args := in(args, actions)
		return list(tx, scanGateRule, `SELECT action, storm, until, rule, set_by, set_at FROM gate_rule
			WHERE place = $1 AND action IN (`+cond+`) ORDER BY action, storm DESC`, args...)
	})
}

func scanGateRule(r rowScanner) (GateRule, error) {
	var g GateRule
	return g, r.Scan(&g.Action, &g.Storm, &g.Until, &g.Rule, &g.SetBy, &g.SetAt)
}

// SetGateRule writes what a place asks before an action.
func (tx *Tx) SetGateRule(place circles.CircleID, g GateRule) error {
	_, err := tx.exec(`INSERT INTO gate_rule (place, action, storm, until, rule, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (place, action, storm) DO UPDATE SET until = excluded.until, rule = excluded.rule,
			set_by = excluded.set_by, set_at = excluded.set_at`,
		place, g.Action, g.Storm, g.Until, g.Rule, g.SetBy, g.SetAt)
	return err
}

// RemoveGateRule lets a place ask nothing before an action.
func (tx *Tx) RemoveGateRule(place circles.CircleID, action string, storm bool) error {
	_, err := tx.exec(`DELETE FROM gate_rule WHERE place = $1 AND action = $2 AND storm = $3`, place, action, storm)
	return err
}

// EndStorm takes away what a storm asks.
func (tx *Tx) EndStorm(place circles.CircleID) error {
	if _, err := tx.exec(`DELETE FROM gate_rule WHERE place = $1 AND storm = 1`, place); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE gate_place SET storm_until = 0 WHERE place = $1`, place)
	return err
}

// A GatePlace is the settings of a place as a whole, with what is announced for it.
type GatePlace struct {
	Place    circles.CircleID
	Version  int64
	Settings string
	Preset   string // "" = its own
	Pilot    bool
	SetBy    circles.ActorID
	SetAt    int64

	Next       string // "" = nothing is announced
	NextPreset string
	NextReason string
	NextBy     circles.ActorID
	NextAt     int64

	StormBegan int64 // the latest; 0 = never
	StormUntil int64 // 0 = there is none
	Bounds     string
}

const gatePlaceColumns = `place, version, settings, preset, pilot, set_by, set_at, next, next_preset, next_reason, next_by, next_at,
	storm_began, storm_until, bounds`

func scanGatePlace(r rowScanner) (*GatePlace, error) {
	var g GatePlace
	return &g, r.Scan(&g.Place, &g.Version, &g.Settings, &g.Preset, &g.Pilot, &g.SetBy, &g.SetAt, &g.Next, &g.NextPreset, &g.NextReason,
		&g.NextBy, &g.NextAt, &g.StormBegan, &g.StormUntil, &g.Bounds)
}

// GatePlace returns the settings of a place; nil if it has none.
func (tx *Tx) GatePlace(place circles.CircleID) (*GatePlace, error) {
	g, err := one(tx, scanGatePlace, `SELECT `+gatePlaceColumns+` FROM gate_place WHERE place = $1`, place)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return g, err
}

// SaveGatePlace writes the settings of a place as a whole.
func (tx *Tx) SaveGatePlace(g *GatePlace) error {
	_, err := tx.exec(`INSERT INTO gate_place (`+gatePlaceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (place) DO UPDATE SET version = excluded.version, settings = excluded.settings, preset = excluded.preset,
			pilot = excluded.pilot, set_by = excluded.set_by, set_at = excluded.set_at, next = excluded.next,
			next_preset = excluded.next_preset, next_reason = excluded.next_reason, next_by = excluded.next_by,
			next_at = excluded.next_at, storm_began = excluded.storm_began, storm_until = excluded.storm_until, bounds = excluded.bounds`,
		g.Place, g.Version, g.Settings, g.Preset, g.Pilot, g.SetBy, g.SetAt, g.Next, g.NextPreset, g.NextReason, g.NextBy, g.NextAt,
		g.StormBegan, g.StormUntil, g.Bounds)
	return err
}

// GatePlacesDue returns the places whose announced settings begin or whose storm is over, at most limit.
func (tx *Tx) GatePlacesDue(limit int) ([]*GatePlace, error) {
	due, err := list(tx, scanGatePlace, `SELECT `+gatePlaceColumns+` FROM gate_place WHERE next_at <> 0 AND next_at <= $1 ORDER BY next_at LIMIT $2`, tx.at, limit)
	if err != nil {
		return nil, err
	}
	over, err := list(tx, scanGatePlace, `SELECT `+gatePlaceColumns+` FROM gate_place
		WHERE storm_until <> 0 AND storm_until <= $1 AND (next_at = 0 OR next_at > $1) ORDER BY storm_until LIMIT $2`, tx.at, limit)
	return append(due, over...), err
}

// GrownPilots returns the pilots that have as many members, at most limit, and nothing announced.
func (tx *Tx) GrownPilots(members int64, limit int) ([]*GatePlace, error) {
	return list(tx, scanGatePlace, `SELECT `+gatePlaceColumns+` FROM gate_place
		WHERE pilot = 1 AND next_at = 0 AND place IN (SELECT c.id FROM circle c WHERE c.members >= $1) ORDER BY place LIMIT $2`, members, limit)
}

// A GatedCircle is a circle as the proofs see it.
type GatedCircle struct {
	Circle     circles.CircleID
	Settings   string // "" = it asks nothing
	Visibility circles.Visibility
	Posting    circles.Posting
	Suspended  bool
}

// GatedCircles returns the circles that live here, in the order of their ids behind one, at most limit.
func (tx *Tx) GatedCircles(after circles.CircleID, limit int) ([]GatedCircle, error) {
	return list(tx, func(r rowScanner) (GatedCircle, error) {
		var g GatedCircle
		return g, r.Scan(&g.Circle, &g.Settings, &g.Visibility, &g.Posting, &g.Suspended)
	}, `SELECT c.id, COALESCE(g.settings, ''), c.visibility, c.posting, CASE WHEN a.suspended_at <> 0 THEN 1 ELSE 0 END
		FROM circle c CROSS JOIN actor a LEFT JOIN gate_place g ON g.place = c.id
		WHERE a.id = c.id AND a.host = '' AND a.deleted_at = 0 AND c.id > $1 ORDER BY c.id LIMIT $2`, after, limit)
}

// OtherCircleHere reports whether another circle lives on this instance, or once did.
func (tx *Tx) OtherCircleHere(than circles.CircleID) (bool, error) {
	return tx.exists(`SELECT 1 FROM actor WHERE host = '' AND kind = 'circle' AND id <> $1`, than)
}

// A GateChange is a line of the public log of gates.
type GateChange struct {
	ID        int64
	Place     circles.CircleID
	Version   int64
	At        int64
	By        circles.ActorID // 0 = nobody: a rule of the program
	Kind      string
	Effective int64
	Bounds    int // the version of the instance's bounds
	Preset    string
	Reason    string
	Before    string
	After     string
}

// AddGateChange writes a line into the log. ID and At of c are ignored.
func (tx *Tx) AddGateChange(c GateChange) error {
	_, err := tx.exec(`INSERT INTO gate_change (id, place, version, at, actor, kind, effective, bounds, preset, reason, before, after)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		tx.NewID(), c.Place, c.Version, tx.Now(), c.By, c.Kind, c.Effective, c.Bounds, c.Preset, c.Reason, c.Before, c.After)
	return err
}

// GateChanges returns the log of a place, the newest first, before a line (0 = the newest of all), at
// most limit.
func (tx *Tx) GateChanges(place circles.CircleID, before int64, limit int) ([]GateChange, error) {
	args := []any{place}
	cond := ""
	if before != 0 {
		cond = " AND id < " + arg(&args, before)
	}
	return list(tx, func(r rowScanner) (GateChange, error) {
		var c GateChange
		return c, r.Scan(&c.ID, &c.Place, &c.Version, &c.At, &c.By, &c.Kind, &c.Effective, &c.Bounds, &c.Preset, &c.Reason, &c.Before, &c.After)
	}, `SELECT id, place, version, at, actor, kind, effective, bounds, preset, reason, before, after FROM gate_change
		WHERE place = $1`+cond+` ORDER BY id DESC LIMIT `+arg(&args, limit), args...)
}
