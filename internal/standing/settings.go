package standing

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"unicode/utf8"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// Gates is the use cases of what circles and the instance ask: reading, changing and proving it. Its
// methods are safe for concurrent use.
type Gates struct {
	store *store.Store

	mu     sync.Mutex
	proved [sha256.Size]byte // the world that Prove found whole
}

// NewGates returns the use cases over a store.
func NewGates(st *store.Store) *Gates { return &Gates{store: st} }

// maxReason is how long a reason may be, in characters: a sentence or two, shown in every refusal.
const maxReason = 500

// A Place is what a circle, or the instance (Circle nil), asks, and what is announced for it.
type Place struct {
	Circle   *circles.Circle
	Version  int64
	Settings reputation.Settings
	Preset   string // the preset that it is; "" = its own
	Pilot    bool   // a first circle, which asks little until it has PilotMembers
	Bounds   reputation.Bounds

	Next       *reputation.Settings // announced; nil = nothing is
	NextPreset string
	NextReason string
	NextAt     int64

	StormUntil int64 // 0 = there is none
	StormBegan int64 // the latest
}

// A Change is how a place is to be from now on.
type Change struct {
	Preset   string              // "" = Settings
	Settings reputation.Settings // as a whole
	Reason   string              // for everyone to read
	Language string              // of the reason
	Base     int64               // Place.Version as the operator saw it; 0 = whatever it is
}

// A Preview is what a change would do.
type Preview struct {
	Settings  reputation.Settings // as a whole, once all of it holds
	Now       reputation.Settings // what of it holds at once
	Tighter   bool                // something of it waits
	At        int64               // from when all of it holds, UTC microseconds
	Before    reputation.Settings
	Trials    map[reputation.Action]reputation.Trial // of the last 30 days, for gates that change
	TrialDays int
}

// Settings returns what a place asks, for anyone who may see the circle. circle 0 is the instance.
func (g *Gates) Settings(ctx context.Context, who circles.Viewer, circle circles.CircleID) (*Place, error) {
	var p *Place
	err := g.store.View(ctx, func(tx *store.Tx) (err error) {
		p, err = readPlace(tx, who, circle)
		return err
	})
	return p, wrap("gates", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func readPlace(tx *store.Tx, who circles.Viewer, circle circles.CircleID) (*Place, error) {
	c, err := visibleCircle(tx, who, circle)
	if err != nil {
		return nil, err
	}
	row, err := tx.GatePlace(circle)
	if err != nil {
		return nil, err
	}
	b, err := boundsOf(tx)
	if err != nil {
		return nil, err
	}
	p := &Place{Circle: c, Bounds: b}
	if row == nil {
		return p, nil
	}
	p.Version, p.Preset, p.Pilot, p.NextPreset, p.NextReason, p.NextAt = row.Version, row.Preset, row.Pilot, row.NextPreset, row.NextReason, row.NextAt
	p.StormBegan = row.StormBegan
	if row.StormUntil > tx.Now() {
		p.StormUntil = row.StormUntil
	}
	if p.Settings, err = readSettings(row.Settings); err != nil {
		return nil, err
	}
	if row.Next != "" {
		next, err := readSettings(row.Next)
		if err != nil {
			return nil, err
		}
		p.Next = &next
	}
	return p, nil
}

// visibleCircle returns a circle of ours that the viewer may see; nil for the instance.
func visibleCircle(tx *store.Tx, who circles.Viewer, id circles.CircleID) (*circles.Circle, error) {
	if id == 0 {
		return nil, nil
	}
	c, err := tx.Circle(id)
	if err != nil {
		return nil, err
	}
	role, err := tx.Role(id, who.Person)
	if err != nil {
		return nil, err
	}
	if !c.Local() || c.DeletedAt != 0 || !circles.MaySee(who, c.Visibility, role) {
		return nil, refuse(NotVisible).Refusal
	}
	return c, nil
}

func readSettings(s string) (reputation.Settings, error) {
	var out reputation.Settings
	if s == "" {
		return out, nil
	}
	err := json.Unmarshal([]byte(s), &out)
	return out, wrap("settings of gates", err)
}

func writeSettings(s reputation.Settings) (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// boundsOf returns what the instance lets its operators ask.
func boundsOf(tx *store.Tx) (reputation.Bounds, error) {
	b := reputation.DefaultBounds()
	row, err := tx.GatePlace(0)
	if err != nil || row == nil || row.Bounds == "" {
		return b, err
	}
	err = json.Unmarshal([]byte(row.Bounds), &b)
	return b, wrap("bounds", err)
}

// Preview tells what a change would do, and refuses what Save would refuse.
func (g *Gates) Preview(ctx context.Context, who circles.Viewer, circle circles.CircleID, in Change) (*Preview, error) {
	pre, _, err := g.prepare(ctx, who, circle, in)
	return pre, wrap("preview gates", err)
}

// prepare checks a change and reckons what it does, outside a transaction that writes: the proofs look at
// every circle.
func (g *Gates) prepare(ctx context.Context, who circles.Viewer, circle circles.CircleID, in Change) (*Preview, *Place, error) {
	if err := checkReason(in.Reason); err != nil {
		return nil, nil, err
	}
	var p *Place
	var w world
	err := g.store.View(ctx, func(tx *store.Tx) (err error) {
		if p, err = mayChange(tx, who, circle); err != nil {
			return err
		}
		w, err = readWorld(tx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if in.Base != 0 && in.Base != p.Version {
		return nil, nil, circles.Errorf(circles.Conflict, "Somebody changed these gates while you did; look at them again and save once more.").With("refused.gates-meanwhile", nil)
	}
	next := in.Settings
	if in.Preset != "" {
		preset, ok := reputation.PresetNamed(in.Preset)
		if !ok || preset.Storm {
			return nil, nil, circles.FieldErrorf(circles.Invalid, "preset", "Choose one of the presets, or settings of your own.").With("refused.preset", nil)
		}
		if next = preset.Circle; circle == 0 {
			next = preset.Instance
		}
	}
	next = reasoned(p.Settings, next, in.Reason, in.Language)
	at := w.around(circle)
	if err := at.Check(reputation.CircleID(circle), next, p.Bounds, false); err != nil {
		return nil, nil, refusedSettings(err)
	}
	pre := &Preview{Settings: next, Before: p.Settings, TrialDays: trialDays}
	pre.Now = loosened(p.Settings, next)
	if !sameSettings(pre.Now, next) {
		pre.Tighter = true
		// What holds meanwhile must hold by itself; if the two halves do not fit together, all of it waits.
		if at.Check(reputation.CircleID(circle), pre.Now, p.Bounds, false) != nil {
			pre.Now = p.Settings
		}
	}
	err = g.store.View(ctx, func(tx *store.Tx) (err error) {
		pre.At = tx.Now()
		if pre.Tighter {
			pre.At += reputation.Notice
		}
		pre.Trials, err = trials(tx, circle, p.Settings, next)
		return err
	})
	return pre, p, err
}

func checkReason(s string) error {
	if utf8.RuneCountInString(s) > maxReason || !utf8.ValidString(s) {
		return circles.FieldErrorf(circles.TooLarge, "reason", "The reason is longer than %d characters; shorten it.", maxReason).
			With("refused.too-long", map[string]any{"Field": "reason", "Max": maxReason})
	}
	return nil
}

func mayChange(tx *store.Tx, who circles.Viewer, circle circles.CircleID) (*Place, error) {
	p, err := readPlace(tx, who, circle)
	if err != nil {
		return nil, err
	}
	d, err := Judge(tx, Question{Who: who, Action: SetGates, Circle: p.Circle})
	if err != nil {
		return nil, err
	}
	return p, d.Err()
}

// refusedSettings is the refusal of settings that cannot stand, with the sentence that says which gate,
// which path and why.
func refusedSettings(err error) error {
	var r *reputation.Refused
	if !errors.As(err, &r) {
		return err
	}
	e := circles.FieldErrorf(circles.Invalid, string(r.Action), "%s", r.Error())
	e.Reason, e.Err = string(r.Fault), r
	return e
}

// reasoned gives every gate that changes the reason of the change, and lets the others keep theirs.
func reasoned(now, next reputation.Settings, reason, lang string) reputation.Settings {
	if len(next.Gates) == 0 {
		return next
	}
	if lang == "" {
		lang = "en"
	}
	next.Gates = maps.Clone(next.Gates)
	for a, gate := range next.Gates {
		was := now.Gates[a]
		switch {
		case sameGate(was, gate):
			gate.Reason = was.Reason
		case reason != "":
			gate.Reason = map[string]string{lang: reason}
		}
		next.Gates[a] = gate
	}
	return next
}

func sameGate(a, b reputation.Gate) bool {
	a.Reason, b.Reason = nil, nil
	return jsonEqual(a, b)
}

func sameSettings(a, b reputation.Settings) bool {
	for _, x := range reputation.Actions() {
		if !sameGate(a.Gates[x], b.Gates[x]) || !jsonEqual(a.Limits[x], b.Limits[x]) || a.Off[x] != b.Off[x] {
			return false
		}
	}
	return true
}

func jsonEqual(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// only is the settings of one action alone.
func only(s reputation.Settings, a reputation.Action) reputation.Settings {
	out := reputation.Settings{}
	if gate, ok := s.Gates[a]; ok {
		out.Gates = map[reputation.Action]reputation.Gate{a: gate}
	}
	if l, ok := s.Limits[a]; ok {
		out.Limits = map[reputation.Action]reputation.Limit{a: l}
	}
	if s.Off[a] {
		out.Off = map[reputation.Action]bool{a: true}
	}
	return out
}

// loosened is what of a change holds at once: every action that is asked no more than before.
func loosened(now, next reputation.Settings) reputation.Settings {
	out := reputation.Settings{}
	for _, a := range reputation.Actions() {
		is := only(next, a)
		if reputation.Tighter(only(now, a), is) {
			is = only(now, a)
		}
		out = merged(out, is)
	}
	return out
}

func merged(s, with reputation.Settings) reputation.Settings {
	put := func() {
		if s.Gates == nil {
			s.Gates = map[reputation.Action]reputation.Gate{}
		}
		if s.Limits == nil {
			s.Limits = map[reputation.Action]reputation.Limit{}
		}
		if s.Off == nil {
			s.Off = map[reputation.Action]bool{}
		}
	}
	put()
	maps.Copy(s.Gates, with.Gates)
	maps.Copy(s.Limits, with.Limits)
	maps.Copy(s.Off, with.Off)
	return s
}

// Save changes what a place asks. What loosens holds at once; what tightens is announced 72 hours before
// it does. Presets, an operator's own settings and what a migration finds all pass here.
func (g *Gates) Save(ctx context.Context, who circles.Viewer, circle circles.CircleID, in Change) (*Preview, error) {
	pre, p, err := g.prepare(ctx, who, circle, in)
	if err != nil {
		return nil, wrap("save gates", err)
	}
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		row, err := rowToChange(tx, who, circle, p.Version)
		if err != nil {
			return err
		}
		by := who.Person.Actor()
		announced := row.Next != ""
		row.Next, row.NextPreset, row.NextReason, row.NextBy, row.NextAt = "", "", "", 0, 0
		row.Pilot = false
		preset := in.Preset
		if !sameSettings(pre.Now, p.Settings) {
			now := preset
			if pre.Tighter {
				now = ""
			}
			if err := put(tx, row, pre.Now, now, by, store.GateChange{By: by, Kind: "set", Reason: in.Reason, Effective: tx.Now()}, p.Bounds); err != nil {
				return err
			}
		} else if !pre.Tighter {
			row.Preset = preset
		}
		switch {
		case pre.Tighter:
			next, err := writeSettings(pre.Settings)
			if err != nil {
				return err
			}
			row.Next, row.NextPreset, row.NextReason, row.NextBy, row.NextAt = next, preset, in.Reason, by, tx.Now()+reputation.Notice
			if err := tx.AddGateChange(store.GateChange{Place: circle, Version: row.Version + 1, By: by, Kind: "announced", Effective: row.NextAt,
				Bounds: p.Bounds.Version, Preset: preset, Reason: in.Reason, Before: row.Settings, After: next}); err != nil {
				return err
			}
			pre.At = row.NextAt
		case announced:
			if err := tx.AddGateChange(store.GateChange{Place: circle, Version: row.Version, By: by, Kind: "withdrawn", Effective: tx.Now(),
				Bounds: p.Bounds.Version, Reason: in.Reason, Before: row.Settings, After: row.Settings}); err != nil {
				return err
			}
		}
		return saved(tx, row)
	})
	return pre, wrap("save gates", err)
}

// rowToChange judges again in the transaction that writes, and refuses if somebody was quicker.
func rowToChange(tx *store.Tx, who circles.Viewer, circle circles.CircleID, version int64) (*store.GatePlace, error) {
	if _, err := mayChange(tx, who, circle); err != nil {
		return nil, err
	}
	row, err := tx.GatePlace(circle)
	if err != nil {
		return nil, err
	}
	if row == nil {
		row = &store.GatePlace{Place: circle}
	}
	if row.Version != version {
		return nil, circles.Errorf(circles.Conflict, "Somebody changed these gates while you did; look at them again and save once more.").With("refused.gates-meanwhile", nil)
	}
	return row, nil
}

// put makes settings those of a place: as a whole, rule by rule, and in the log.
func put(tx *store.Tx, row *store.GatePlace, next reputation.Settings, preset string, by circles.ActorID, said store.GateChange, b reputation.Bounds) error {
	before, err := readSettings(row.Settings)
	if err != nil {
		return err
	}
	after, err := writeSettings(next)
	if err != nil {
		return err
	}
	if err := putRules(tx, row.Place, before, next, false, 0, by); err != nil {
		return err
	}
	said.Place, said.Version, said.Bounds, said.Preset = row.Place, row.Version+1, b.Version, preset
	said.Before, said.After = row.Settings, after
	if said.Before == "" {
		said.Before = "{}"
	}
	row.Version, row.Settings, row.Preset, row.SetBy, row.SetAt = row.Version+1, after, preset, by, tx.Now()
	return tx.AddGateChange(said)
}

// putRules writes the rules that differ, so that each keeps who set it and when.
func putRules(tx *store.Tx, place circles.CircleID, before, next reputation.Settings, storm bool, until int64, by circles.ActorID) error {
	for _, a := range reputation.Actions() {
		was := rule{Gate: before.Gates[a], Limit: before.Limits[a], Off: before.Off[a]}
		is := rule{Gate: next.Gates[a], Limit: next.Limits[a], Off: next.Off[a]}
		if is.empty() {
			if !was.empty() {
				if err := tx.RemoveGateRule(place, string(a), storm); err != nil {
					return err
				}
			}
			continue
		}
		if !storm && jsonEqual(was, is) {
			continue
		}
		b, err := json.Marshal(is)
		if err != nil {
			return err
		}
		row := store.GateRule{Action: string(a), Storm: storm, Until: until, Rule: string(b), SetBy: by, SetAt: tx.Now()}
		if err := tx.SetGateRule(place, row); err != nil {
			return err
		}
	}
	return nil
}

// saved writes the row of a place, marks its circle as changed, for pages show what it asks, and tells the servers
// that follow it.
func saved(tx *store.Tx, row *store.GatePlace) error {
	if err := tx.SaveGatePlace(row); err != nil || row.Place == 0 {
		return err
	}
	id := row.Place.Actor()
	if _, err := tx.AppendEvent(circles.Event{Kind: circles.ActorUpdated, Stream: id, Signer: id, OrderKey: int64(id), Object: int64(id)}); err != nil {
		return err
	}
	return tx.BumpCircle(row.Place, store.CircleChange{})
}

// Withdraw takes back what is announced.
func (g *Gates) Withdraw(ctx context.Context, who circles.Viewer, circle circles.CircleID) error {
	err := g.store.Update(ctx, func(tx *store.Tx) error {
		p, err := mayChange(tx, who, circle)
		if err != nil {
			return err
		}
		row, err := rowToChange(tx, who, circle, p.Version)
		if err != nil || row.Next == "" {
			return err
		}
		row.Next, row.NextPreset, row.NextReason, row.NextBy, row.NextAt = "", "", "", 0, 0
		if err := tx.AddGateChange(store.GateChange{Place: circle, Version: row.Version, By: who.Person.Actor(), Kind: "withdrawn",
			Effective: tx.Now(), Bounds: p.Bounds.Version, Before: row.Settings, After: row.Settings}); err != nil {
			return err
		}
		return saved(tx, row)
	})
	return wrap("withdraw gates", err)
}

// SetBounds changes what operators may ask. Gates that ask more are brought within them by Prove.
func (g *Gates) SetBounds(ctx context.Context, who circles.Viewer, b reputation.Bounds) error {
	if err := b.Check(); err != nil {
		return circles.FieldErrorf(circles.Invalid, "bounds", "%s.", err.Error())
	}
	err := g.store.Update(ctx, func(tx *store.Tx) error {
		p, err := mayChange(tx, who, 0)
		if err != nil {
			return err
		}
		row, err := rowToChange(tx, who, 0, p.Version)
		if err != nil {
			return err
		}
		b.Version = p.Bounds.Version
		if b == p.Bounds {
			return nil
		}
		b.Version++
		before, err := json.Marshal(p.Bounds)
		if err != nil {
			return err
		}
		after, err := json.Marshal(b)
		if err != nil {
			return err
		}
		row.Bounds, row.Version = string(after), row.Version+1
		if err := tx.AddGateChange(store.GateChange{Version: row.Version, By: who.Person.Actor(), Kind: "bounds", Effective: tx.Now(),
			Bounds: b.Version, Before: string(before), After: string(after)}); err != nil {
			return err
		}
		return saved(tx, row)
	})
	return wrap("set bounds", err)
}

// SettingNewCircles names the preset that a new circle begins with; "" is Welcoming, "none" asks nothing.
const SettingNewCircles store.Setting = "new_circles"

// NewCirclePresets are what SettingNewCircles can be.
func NewCirclePresets() []string { return []string{"welcoming", "open", "careful", "none"} }

// PilotMembers is how many members end the pilot of an instance's first circle: until then a new place
// would be held by its own gates, with nobody there to let anyone through.
const PilotMembers = 10

// BeginCircle gives a circle that was just made its first settings, in the transaction that makes it.
func BeginCircle(tx *store.Tx, c *circles.Circle) error {
	name, err := tx.Setting(SettingNewCircles)
	if err != nil || name == "none" {
		return err
	}
	if name == "" {
		name = "welcoming"
	}
	other, err := tx.OtherCircleHere(c.CircleID())
	if err != nil {
		return err
	}
	pilot := !other
	if pilot {
		name = "open"
	}
	preset, ok := reputation.PresetNamed(name)
	if !ok || preset.Storm {
		return fmt.Errorf("new circles begin with %q, which is no preset", name)
	}
	b, err := boundsOf(tx)
	if err != nil {
		return err
	}
	settings := narrowed(preset.Circle, b)
	row := &store.GatePlace{Place: c.CircleID(), Pilot: pilot}
	err = put(tx, row, settings, name, 0, store.GateChange{Kind: "set", Effective: tx.Now()}, b)
	if err != nil {
		return err
	}
	return tx.SaveGatePlace(row)
}

// narrowed brings settings within bounds.
func narrowed(s reputation.Settings, b reputation.Bounds) reputation.Settings {
	s.Gates = maps.Clone(s.Gates)
	for _, a := range slices.Sorted(maps.Keys(s.Gates)) {
		s.Gates[a] = b.Narrow(s.Gates[a], a)
	}
	return s
}
