package reputation

// NoETA is the eta of what waiting does not bring.
const NoETA = -1

// An Unmet clause says what is missing on one path.
type Unmet struct {
	Path  int   `json:"path"` // counted from 0
	Fact  Fact  `json:"fact"`
	Scope Scope `json:"scope"`
	Have  int   `json:"have"` // of a Private fact only for its owner's eyes
	Need  int   `json:"need"`
	ETA   int   `json:"eta"` // days from today until time alone brings it, at the earliest; NoETA
}

// A Decision is a gate's answer about one person.
type Decision struct {
	Allowed bool    `json:"allowed"`
	Outcome Outcome `json:"outcome"`
	Off     bool    `json:"off,omitempty"` // switched off: nothing is asked and nothing opens it
	Path    int     `json:"path"`          // the first path that matched; -1 if none, or none was needed
	Unmet   []Unmet `json:"unmet,omitempty"`
}

// Judge answers for an action at a place: the switch first, then its gate.
func (s Settings) Judge(a Action, f *Facts) Decision {
	if s.Off[a] {
		return Decision{Outcome: Deny, Off: true, Path: -1}
	}
	return Evaluate(s.Gates[a], f)
}

// Evaluate asks a gate about one person. When no path is met it lists everything that is missing on
// each, so that whoever is asked can choose.
func Evaluate(g Gate, f *Facts) Decision {
	if g.Open() {
		return Decision{Allowed: true, Outcome: Allow, Path: -1}
	}
	for i, p := range g.Any {
		if p.met(f) {
			return Decision{Allowed: true, Outcome: Allow, Path: i}
		}
	}
	d := Decision{Outcome: g.Else, Path: -1}
	if d.Outcome == "" || d.Outcome == Allow {
		d.Outcome = Deny // a gate that was never checked fails shut
	}
	for i, p := range g.Any {
		for _, c := range p {
			if !c.met(f) {
				s := c.scope()
				d.Unmet = append(d.Unmet, Unmet{Path: i, Fact: c.Fact, Scope: s,
					Have: f.Of(c.Fact, s), Need: c.Value, ETA: c.eta(f)})
			}
		}
	}
	return d
}

func (p Path) met(f *Facts) bool {
	for _, c := range p {
		if !c.met(f) {
			return false
		}
	}
	return len(p) > 0
}

func (c Clause) met(f *Facts) bool {
	have := f.Of(c.Fact, c.scope())
	if c.Fact.atMost() {
		return have <= c.Value
	}
	return c.Fact.index() >= 0 && have >= c.Value
}

// scope is the clause's scope, or the only or first one of its fact.
func (c Clause) scope() Scope {
	if c.Scope != "" {
		return c.Scope
	}
	if c.Fact == DaysKnown || c.Fact == ActiveDays {
		return ScopeInstance
	}
	return ScopeCircle
}

// eta is in how many days an unmet clause can be met by waiting, taking part where one may already.
func (c Clause) eta(f *Facts) int {
	have := f.Of(c.Fact, c.scope())
	switch c.Fact {
	case DaysKnown, ActiveDays:
		return c.Value - have
	case MembershipDays:
		if have > 0 {
			return c.Value - have
		}
	case TierHeld:
		if v := Current(); c.Value == int(Member) {
			return max(v.MemberDays-f.Of(DaysKnown, ScopeInstance), v.MemberActive-f.Of(ActiveDays, ScopeInstance), 1)
		}
	case StrikesLately:
		if have == c.Value+1 && c.scope() == ScopeCircle && f.StrikeEase > 0 {
			return int(f.StrikeEase)
		}
	}
	return NoETA
}

// Soonest returns the smallest number of days after which time alone has met some path, NoETA if none.
func (d Decision) Soonest() int {
	best, at, eta := NoETA, -1, 0
	flush := func() {
		if at >= 0 && eta != NoETA && (best == NoETA || eta < best) {
			best = eta
		}
	}
	for _, u := range d.Unmet {
		if u.Path != at {
			flush()
			at, eta = u.Path, 0
		}
		if u.ETA == NoETA || eta == NoETA {
			eta = NoETA
		} else {
			eta = max(eta, u.ETA)
		}
	}
	flush()
	return best
}
