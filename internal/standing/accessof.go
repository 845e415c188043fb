package standing

import (
	"context"
	"encoding/json"
	"errors"

	"halqa/circles"
	"halqa/circles/filter"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// Access tells what somebody may do in a circle of ours, action by action, and with circle 0 on the
// instance: what every gate would answer now, with what is missing and until when. A visitor is told what
// a new account is asked. It costs a fixed number of reads, however many actions there are.
func (g *Gates) Access(ctx context.Context, who circles.Viewer, circle circles.CircleID) ([]Access, error) {
	var all []Access
	err := g.store.View(ctx, func(tx *store.Tx) error {
		all = nil
		c, err := visibleCircle(tx, who, circle)
		if err != nil {
			return err
		}
		all, err = accessOf(tx, who, c)
		return err
	})
	return all, wrap("access", err)
}

func accessOf(tx *store.Tx, who circles.Viewer, c *circles.Circle) ([]Access, error) {
	var no *circles.Error
	base := judgement{tx: tx, Question: Question{Who: who, Action: Post, Circle: c}}
	if who.Person != 0 { // what speaks against everything: a ban, a suspension
		for _, ask := range []func() (Reason, error){base.account, base.circle, base.ban} {
			r, err := ask()
			if err != nil {
				return nil, err
			}
			if r != "" {
				no = refuse(r).Refusal
				break
			}
		}
	}
	var place circles.CircleID
	if c != nil {
		place = c.CircleID()
	}
	here, onInstance, err := rulesFor(tx, place)
	if err != nil {
		return nil, err
	}
	var all []Access
	var found []*Access
	for _, a := range reputation.Actions() {
		j := base
		j.Action = Action(a)
		inCircle, _ := j.Action.gated()
		var x *Access
		switch {
		case no != nil:
			x = &Access{Action: a, Outcome: Deny, Unmet: []Missing{}, Text: map[string]string{"en": no.Message}, Blocked: no.Reason}
		case inCircle && c == nil:
			continue // there is no such thing outside a circle
		case inCircle:
			x, err = j.through(place, j.Action, here[string(a)])
		case j.Action == Vouch && c != nil: // both ask, the circle first
			x, err = j.through(place, j.Action, here[string(a)])
		default:
			x, err = j.through(0, j.Action, onInstance[string(a)])
		}
		if err != nil {
			return nil, err
		}
		if j.Action == Vouch && c != nil && no == nil && (x == nil || x.Allowed) {
			y, err := j.through(0, j.Action, onInstance[string(a)])
			if err != nil {
				return nil, err
			}
			if y != nil && !y.Allowed {
				x = y
			}
		}
		if x == nil {
			x = &Access{Action: a, Allowed: true, Outcome: Allow, Unmet: []Missing{}}
		}
		base.known, base.knownAt = j.known, j.knownAt
		found = append(found, x)
	}
	if err := attribute(tx, found); err != nil {
		return nil, err
	}
	for _, x := range found {
		all = append(all, *x)
	}
	return all, nil
}

// A LogEntry is a line of the public log of gates.
type LogEntry struct {
	ID        int64
	Version   int64
	At        int64
	By        *circles.Actor // as ActorCards has it; nil = a rule of the program
	Kind      string         // set, announced, begun, withdrawn, storm, storm_over, mended, bounds or filter
	Effective int64
	Bounds    int
	Preset    string
	Reason    string
	before    reputation.Settings
	after     reputation.Settings
}

// Diff returns what changed, line by line, in a language: "- " before what was, "+ " before what is.
func (e LogEntry) Diff(lang string) []string { return reputation.Diff(e.before, e.after, lang) }

const logPage = 50

// Log returns the log of a place, the newest first, before a line (0 = the newest), and the cursor of the
// next page, 0 at the end. Whoever may read a circle may read it.
func (g *Gates) Log(ctx context.Context, who circles.Viewer, circle circles.CircleID, before int64) (entries []LogEntry, next int64, err error) {
	err = g.store.View(ctx, func(tx *store.Tx) error {
		entries, next = nil, 0
		if _, err := visibleCircle(tx, who, circle); err != nil {
			return err
		}
		rows, err := tx.GateChanges(circle, before, logPage+1)
		if err != nil {
			return err
		}
		if len(rows) > logPage {
			rows = rows[:logPage]
			next = rows[logPage-1].ID
		}
		var people []circles.ActorID
		for _, r := range rows {
			people = append(people, r.By)
		}
		cards, err := tx.ActorCards(people)
		if err != nil {
			return err
		}
		for _, r := range rows {
			e := LogEntry{ID: r.ID, Version: r.Version, At: r.At, By: cards[r.By], Kind: r.Kind, Effective: r.Effective, Bounds: r.Bounds,
				Preset: r.Preset, Reason: r.Reason}
			if r.Kind != "bounds" && r.Kind != "filter" { // those have no settings in them
				if e.before, err = readSettings(r.Before); err != nil {
					return err
				}
				if e.after, err = readSettings(r.After); err != nil {
					return err
				}
			}
			entries = append(entries, e)
		}
		return nil
	})
	return entries, next, wrap("log of gates", err)
}

// A CircleFilter is what a circle holds for a word or a link.
type CircleFilter struct {
	Rules filter.Rules
	Below reputation.Tier // people of this tier and above are not looked at; Newcomer = everyone is

	Begging bool // what asks for direct transfers stands; else it is held, whoever wrote it
}

// Filter returns a circle's filter, for its moderators: who wants past it need not read it first.
func (g *Gates) Filter(ctx context.Context, who circles.Viewer, circle circles.CircleID) (*CircleFilter, error) {
	var f *CircleFilter
	err := g.store.View(ctx, func(tx *store.Tx) error {
		f = &CircleFilter{Below: reputation.Member}
		if _, err := mayChange(tx, who, circle); err != nil {
			return err
		}
		rules, err := rulesOf(tx, circle, []string{filterRule})
		r, ok := rules[filterRule]
		if err != nil || !ok {
			return err
		}
		f.Below, _ = reputation.ParseTier(r.Below)
		f.Begging = r.Off
		f.Rules, err = filter.Parse(r.Filter)
		return err
	})
	return f, wrap("filter", err)
}

// SetFilter changes a circle's filter. It holds from now on, for what it holds is not lost.
func (g *Gates) SetFilter(ctx context.Context, who circles.Viewer, circle circles.CircleID, in CircleFilter) error {
	if _, err := filter.Compile(in.Rules); err != nil {
		field := "words"
		var bad *filter.Bad
		if errors.As(err, &bad) {
			field = bad.Field
		}
		return circles.FieldErrorf(circles.Invalid, field, "This rule cannot be: %s.", err.Error())
	}
	if in.Below > reputation.Regular {
		return circles.FieldErrorf(circles.Invalid, "below", "A filter ends at Regular.").With("refused.filter-below", nil)
	}
	rules, err := json.Marshal(in.Rules)
	if err != nil {
		return err
	}
	r := rule{Filter: rules, Off: in.Begging}
	if in.Below > reputation.Newcomer {
		r.Below = in.Below.String()
	}
	row, err := json.Marshal(r)
	if err != nil {
		return err
	}
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		p, err := mayChange(tx, who, circle)
		if err != nil {
			return err
		}
		if circle == 0 {
			return refuse(NotVisible).Refusal
		}
		by := who.Person.Actor()
		if in.Rules.Empty() && !in.Begging {
			err = tx.RemoveGateRule(circle, filterRule, false)
		} else {
			err = tx.SetGateRule(circle, store.GateRule{Action: filterRule, Rule: string(row), SetBy: by, SetAt: tx.Now()})
		}
		if err != nil {
			return err
		}
		// The log says that it changed, not to what: a list of insults is nobody's to read.
		if err := tx.AddGateChange(store.GateChange{Place: circle, Version: p.Version, By: by, Kind: "filter", Effective: tx.Now(),
			Bounds: p.Bounds.Version, Before: "{}", After: "{}"}); err != nil {
			return err
		}
		return tx.BumpCircle(circle, store.CircleChange{})
	})
	return wrap("set filter", err)
}

// NewCircles returns the preset that new circles begin with, and SetNewCircles changes it, for an admin.
func (g *Gates) NewCircles(ctx context.Context) (string, error) {
	var name string
	err := g.store.View(ctx, func(tx *store.Tx) (err error) {
		name, err = tx.Setting(SettingNewCircles)
		return err
	})
	if name == "" {
		name = "welcoming"
	}
	return name, wrap("new circles", err)
}

// SetNewCircles sets the preset that new circles begin with.
func (g *Gates) SetNewCircles(ctx context.Context, who circles.Viewer, name string) error {
	for _, n := range NewCirclePresets() {
		if n == name {
			return wrap("new circles", g.store.Update(ctx, func(tx *store.Tx) error {
				if _, err := mayChange(tx, who, 0); err != nil {
					return err
				}
				return tx.SetSetting(SettingNewCircles, name)
			}))
		}
	}
	return circles.FieldErrorf(circles.Invalid, "new-circles", "Choose one of the presets, or settings of your own.").With("refused.preset", nil)
}

// rulesFor reads what a circle and the instance ask for each action. For circle 0 both are the instance's.
func rulesFor(tx *store.Tx, place circles.CircleID) (here, onInstance map[string]rule, err error) {
	names := make([]string, 0, len(reputation.Actions()))
	for _, a := range reputation.Actions() {
		names = append(names, string(a))
	}
	if here, err = rulesOf(tx, place, names); err != nil || place == 0 {
		return here, here, err
	}
	onInstance, err = rulesOf(tx, 0, names)
	return here, onInstance, err
}
