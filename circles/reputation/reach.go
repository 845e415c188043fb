package reputation

import (
	"maps"
	"slices"
)

// A World is all the settings that a fresh account meets on one instance: the proofs run over it.
type World struct {
	Instance Settings
	Circles  []CircleSettings
}

// CircleSettings are a circle as the proofs see it.
type CircleSettings struct {
	ID CircleID
	Settings
	// Open says that anyone, from elsewhere too, may take part: neither archived nor frozen nor full,
	// nor for locals or members only. Only open circles help to reach other circles' gates.
	Open bool
	// MembersOnly says that people decide who joins, which is what the circle is for; its other gates
	// count from the day of joining.
	MembersOnly bool
}

// with returns the world with the settings of one place replaced; the place is added if it is new.
func (w World) with(place CircleID, s Settings) World {
	if place == 0 {
		w.Instance = s
		return w
	}
	w.Circles = slices.Clone(w.Circles)
	i := slices.IndexFunc(w.Circles, func(c CircleSettings) bool { return c.ID == place })
	if i < 0 {
		w.Circles = append(w.Circles, CircleSettings{ID: place})
		i = len(w.Circles) - 1
	}
	w.Circles[i].Settings = s
	return w
}

func (w World) place(id CircleID) CircleSettings {
	for _, c := range w.Circles {
		if c.ID == id {
			return c
		}
	}
	return CircleSettings{ID: id}
}

// ways asks for the two ways through a gate: one by a person's word, so that nobody is left to a
// number; one without any person, so that nobody is left to a person's silence.
func (w World) ways(place CircleID, a Action, g Gate, b Bounds, storm bool) error {
	if g.Open() {
		return nil
	}
	if a.speaks() && g.Else != Request && !slices.ContainsFunc(g.Any, Path.byPerson) {
		return refusedf(a, 0, FaultNoPerson, "no path is opened by a vouch or an approval alone")
	}
	if !a.open() || storm || a == Join && w.place(place).MembersOnly {
		return nil
	}
	alone := 0
	limit := b.within(a)
	for i, p := range g.Any {
		if !p.alone() {
			continue
		}
		if alone == 0 {
			alone = i + 1
		}
		if _, ok := w.Reach(place, a, p, limit); ok {
			return nil
		}
	}
	if alone == 0 {
		return refusedf(a, 0, FaultNoWay, "every path waits for other people; one must ask only days, contributions or the absence of strikes")
	}
	return refusedf(a, alone, FaultUnreachable,
		"a new account that may not %s here cannot have %s within %d days, with the gates of this instance and its circles as they are", verbs[a], g.Any[alone-1].text("en"), limit)
}

// acceptedAfter is in how many days a contribution that nobody removes is accepted.
const acceptedAfter = 2

// Reach returns on which day, counted from 0, a fresh account meets a path without once doing what the
// gate stands before at that place. It is tireless, does whatever the gates of all places let it do,
// breaks no rule, and nobody vouches for it, approves it or likes what it writes.
func (w World) Reach(place CircleID, a Action, p Path, limit int) (int, bool) {
	type progress struct {
		joined   int                // -1 = not a member
		accepted int                // here
		coming   [acceptedAfter]int // by day modulo acceptedAfter
	}
	here := w.place(place)
	circles := w.Circles
	if place != 0 && !slices.ContainsFunc(circles, func(c CircleSettings) bool { return c.ID == place }) {
		circles = append(slices.Clone(circles), here)
	}
	at := make([]progress, len(circles))
	own := -1
	for i, c := range circles {
		at[i].joined = -1
		if c.ID == place && place != 0 {
			own = i
			if c.MembersOnly {
				at[i].joined = 0
			}
		}
	}
	everywhere := 0 // accepted contributions in open circles
	facts := func(i, day int) Facts {
		f := Facts{}.
			With(DaysKnown, ScopeInstance, day).
			With(ActiveDays, ScopeInstance, day). // following and reading what is public are never gated
			With(AcceptedCount, ScopeInstance, everywhere)
		if v := Current(); day >= max(v.MemberDays, v.MemberActive) {
			f = f.With(TierHeld, ScopeCircle, int(Member))
		}
		if i >= 0 {
			f = f.With(AcceptedCount, ScopeCircle, at[i].accepted)
			if at[i].joined >= 0 {
				f = f.With(MembershipDays, ScopeCircle, day-at[i].joined)
			}
		}
		return f
	}
	const enough = 1000 // the registry's largest number of contributions
	for day := 0; day <= limit; day++ {
		for i := range at {
			n := &at[i].coming[day%acceptedAfter]
			at[i].accepted = min(at[i].accepted+*n, enough)
			if circles[i].Open {
				everywhere = min(everywhere+*n, enough)
			}
			*n = 0
		}
		if f := facts(own, day); p.met(&f) {
			return day, true
		}
		for i, c := range circles {
			if !c.Open && i != own {
				continue
			}
			f := facts(i, day)
			for _, do := range []Action{Join, Post, Comment} {
				if i == own && do == a || !c.Judge(do, &f).Allowed {
					continue
				}
				if do == Join {
					if at[i].joined < 0 && !c.MembersOnly {
						at[i].joined = day
					}
				} else {
					at[i].coming[day%acceptedAfter]++
				}
			}
		}
	}
	return 0, false
}

// A Broken gate lost its way without a person because something else changed.
type Broken struct {
	Circle CircleID
	Action Action
	Err    error
	Mended Gate // what it falls back to
}

// Broken proves every circle's gates again and returns those that no longer hold, in order. Ask it when
// any circle's gates or lifecycle changed. A mended gate may mend others; ask until nothing is broken.
func (w World) Broken(b Bounds) []Broken {
	var found []Broken
	for _, c := range w.Circles {
		found = append(found, w.BrokenAt(c.ID, b)...)
	}
	return found
}

// BrokenAt is Broken for the gates of one circle. The world need not be whole: more open circles only
// help, so what can be reached in a part of it can be reached in all.
func (w World) BrokenAt(id CircleID, b Bounds) []Broken {
	var found []Broken
	c := w.place(id)
	for _, a := range slices.Sorted(maps.Keys(c.Gates)) {
		g := c.Gates[a]
		if err := w.ways(c.ID, a, g, b, false); err != nil {
			found = append(found, Broken{Circle: c.ID, Action: a, Err: err, Mended: Fallback(g, a, b)})
		}
	}
	return found
}

// Narrow returns a gate with nothing in it that the bounds do not allow: what was asked too much is asked
// as far as it may be. It only loosens.
func (b Bounds) Narrow(g Gate, a Action) Gate {
	var paths []Path
	for _, p := range g.Any {
		var path Path
		for _, c := range p {
			if most := b.most(a, c.Fact); !c.Fact.atMost() && c.Value > most {
				c.Value = most
			}
			if c.Value > 0 || c.Fact.atMost() {
				path = append(path, c)
			}
		}
		if len(path) == 0 {
			return Gate{} // one way that asks nothing is open
		}
		paths = append(paths, path)
	}
	g.Any = paths
	return g
}

// fallbackDays stands in where a gate asked no days at all.
const fallbackDays = 7

// Fallback returns the gate with its ways without a person reduced to the days that they ask.
func Fallback(g Gate, a Action, b Bounds) Gate {
	days := Clause{Fact: DaysKnown, Scope: ScopeInstance, Value: min(fallbackDays, b.within(a))}
	var paths []Path
	done := false
	for _, p := range g.Any {
		if !p.alone() {
			paths = append(paths, p)
			continue
		}
		for _, c := range p {
			if c.Fact == DaysKnown {
				days.Value = min(c.Value, b.within(a))
			}
		}
		if !done {
			paths, done = append(paths, Path{days}), true
		}
	}
	if !done {
		paths = append(paths[:min(len(paths), maxPaths-1)], Path{days})
	}
	g.Any = paths
	return g
}
