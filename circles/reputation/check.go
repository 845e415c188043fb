package reputation

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

const (
	maxPaths   = 4
	maxClauses = 4
	maxReason  = 500 // characters in one language: a sentence or two, shown in every refusal
	maxLangs   = 8
)

// Bounds are what an instance lets its operators ask at most. Version is named beside every change in
// the public log.
type Bounds struct {
	Version         int
	Days            int // of every fact counted in days
	CommentDays     int
	ReactDays       int
	Standing        int // points
	CommentStanding int
	Accepted        int
	Vouches         int
	Tier            Tier
}

// DefaultBounds are the widest there are; an instance may set narrower ones.
func DefaultBounds() Bounds {
	return Bounds{Version: 1, Days: 30, CommentDays: 14, ReactDays: 3, Standing: 40, CommentStanding: 20,
		Accepted: 10, Vouches: 2, Tier: Regular}
}

// Check refuses bounds that are wider than the widest, or too narrow for the presets to mean anything.
func (b Bounds) Check() error {
	w := DefaultBounds()
	for _, x := range []struct {
		name      string
		got, most int
	}{
		{"days", b.Days, w.Days}, {"days for comments", b.CommentDays, w.CommentDays},
		{"days for reactions", b.ReactDays, w.ReactDays}, {"standing", b.Standing, w.Standing},
		{"standing for comments", b.CommentStanding, w.CommentStanding}, {"contributions", b.Accepted, w.Accepted},
		{"vouches", b.Vouches, w.Vouches}, {"tier", int(b.Tier), int(w.Tier)},
	} {
		if x.got < 0 || x.got > x.most {
			return fmt.Errorf("the bound on %s must be between 0 and %d, not %d", x.name, x.most, x.got)
		}
	}
	return nil
}

// most returns the largest threshold of a fact before an action.
func (b Bounds) most(a Action, f Fact) int {
	switch f {
	case DaysKnown, ActiveDays, MembershipDays:
		switch a {
		case Comment:
			return b.CommentDays
		case React:
			return b.ReactDays
		}
		return b.Days
	case StandingPoints:
		if a == Comment {
			return b.CommentStanding
		}
		return b.Standing
	case AcceptedCount:
		return b.Accepted
	case VouchesHeld:
		return b.Vouches
	case TierHeld:
		return int(b.Tier)
	case ByOperator:
		return 1
	}
	info, _ := f.Info()
	return info.Max
}

// within returns in how many days the way without a person must end.
func (b Bounds) within(a Action) int {
	if a == Comment {
		return b.CommentDays
	}
	return b.Days
}

// A Fault is the kind of mistake in settings.
type Fault string

const (
	FaultShape       Fault = "shape"       // too many paths or facts, or an empty one
	FaultUnknown     Fault = "unknown"     // no such action, fact, scope, outcome
	FaultPlace       Fault = "place"       // not here
	FaultContradicts Fault = "contradicts" // can never be met
	FaultIdle        Fault = "idle"        // asks nothing, or twice the same
	FaultBounds      Fault = "bounds"      // more than the instance lets operators ask
	FaultNoPerson    Fault = "no_person"   // no way through a person
	FaultNoWay       Fault = "no_way"      // no way without a person
	FaultUnreachable Fault = "unreachable" // a way that a fresh account cannot finish in time
	FaultLimit       Fault = "limit"       // a limit or switch that cannot be
)

// A Refused is the error of settings that cannot be saved: which gate, which path, and why.
type Refused struct {
	Action Action
	Path   int // counted from 1, as the sentence does; 0 = the gate as a whole
	Fault  Fault
	Why    string
}

func (r *Refused) Error() string {
	if r.Path > 0 {
		return fmt.Sprintf("%s, path %d: %s", r.Action, r.Path, r.Why)
	}
	return fmt.Sprintf("%s: %s", r.Action, r.Why)
}

func refusedf(a Action, path int, f Fault, format string, args ...any) *Refused {
	return &Refused{Action: a, Path: path, Fault: f, Why: fmt.Sprintf(format, args...)}
}

// Check returns why settings cannot stand at a place, nil if they can. Presets, an operator's own and
// what a migration finds all pass here; nothing else saves. storm lifts what a storm is allowed to
// lift: the way without a person, and messages switched off.
func (w World) Check(place CircleID, s Settings, b Bounds, storm bool) error {
	w = w.with(place, s)
	at := InCircle
	if place == 0 {
		at = OnInstance
	}
	for _, known := range []int{len(s.Gates), len(s.Limits), len(s.Off)} {
		if known > len(Actions()) {
			return refusedf("settings", 0, FaultUnknown, "there are only %d actions", len(Actions()))
		}
	}
	for a := range s.Gates {
		if !slices.Contains(Actions(), a) {
			return refusedf(Action(clip(string(a))), 0, FaultUnknown, "there is no such action; reading, reporting, blocking, appealing, leaving and exporting can never be gated")
		}
	}
	for _, a := range Actions() {
		g, ok := s.Gates[a]
		if !ok {
			continue
		}
		if !a.at(at) {
			return refusedf(a, 0, FaultPlace, "this gate does not stand here")
		}
		if err := g.check(a, at, b); err != nil {
			return err
		}
		if err := w.ways(place, a, g, b, storm); err != nil {
			return err
		}
	}
	return s.checkLimits(at, storm)
}

// check looks at the gate alone.
func (g Gate) check(a Action, at Place, b Bounds) *Refused {
	if len(g.Any) > maxPaths {
		return refusedf(a, 0, FaultShape, "%d paths; at most %d are understood by anyone", len(g.Any), maxPaths)
	}
	switch g.Else {
	case Hold, Deny:
		if g.Else == Hold && !holds(a) {
			return refusedf(a, 0, FaultUnknown, "it cannot be held, only allowed or denied")
		}
	case Request:
		if a != Join && a != StartDM {
			return refusedf(a, 0, FaultUnknown, "only joining and messages can become requests")
		}
	case "", Allow:
		if len(g.Any) > 0 {
			return refusedf(a, 0, FaultUnknown, "it must say what happens otherwise: hold, deny or request")
		}
	default:
		return refusedf(a, 0, FaultUnknown, "there is no outcome %q", clip(string(g.Else)))
	}
	for i, p := range g.Any {
		if err := p.check(a, i+1, at, b); err != nil {
			return err
		}
	}
	if len(g.Reason) > maxLangs {
		return refusedf(a, 0, FaultShape, "a reason in %d languages; at most %d", len(g.Reason), maxLangs)
	}
	for lang, text := range g.Reason {
		if len(lang) == 0 || len(lang) > 35 || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxReason {
			return refusedf(a, 0, FaultShape, "a reason has at most %d characters of plain text", maxReason)
		}
	}
	return nil
}

// holds reports whether the action leaves something that can wait. react, downvote, a vouch and a new
// circle are let through or not.
func holds(a Action) bool { return a == Post || a == PostMedia || a == PostLink || a == Comment }

func (p Path) check(a Action, n int, at Place, b Bounds) *Refused {
	if len(p) == 0 {
		return refusedf(a, n, FaultShape, "it asks nothing; to let everyone in, remove the gate")
	}
	if len(p) > maxClauses {
		return refusedf(a, n, FaultShape, "%d facts; at most %d", len(p), maxClauses)
	}
	type key struct {
		f Fact
		s Scope
	}
	seen := map[key]bool{}
	for _, c := range p {
		info, ok := c.Fact.Info()
		switch {
		case !ok:
			return refusedf(a, n, FaultUnknown, "there is no fact %q", clip(string(c.Fact)))
		case !slices.Contains(info.Scopes, c.scope()):
			return refusedf(a, n, FaultUnknown, "%s is not kept for the %s", c.Fact, clip(string(c.scope())))
		case at == OnInstance && c.scope() != ScopeInstance:
			return refusedf(a, n, FaultPlace, "%s is a circle's; a gate of the instance reads what people did on all of it", c.Fact)
		case seen[key{c.Fact, c.scope()}]:
			return refusedf(a, n, FaultIdle, "%s is asked twice", c.Fact)
		case c.Value < 0:
			return refusedf(a, n, FaultContradicts, "%s cannot be %d", c.Fact, c.Value)
		case c.Value == 0 && !info.AtMost:
			return refusedf(a, n, FaultIdle, "everyone has %s of at least 0", c.Fact)
		case c.Fact == VouchesHeld && c.Value > maxVouches, c.Fact == ByOperator && c.Value > 1,
			c.Fact == ActiveDays && c.Value > window, c.Fact == StandingPoints && c.Value > 100, c.Fact == TierHeld && c.Value > int(Trusted):
			return refusedf(a, n, FaultContradicts, "nobody ever has %s of %d", c.Fact, c.Value)
		case c.Value > b.most(a, c.Fact):
			return refusedf(a, n, FaultBounds, "it asks %s; at most %s may be asked here", c.text("en"), Clause{c.Fact, c.Scope, b.most(a, c.Fact)}.text("en"))
		case a == Join && c.Fact == MembershipDays:
			return refusedf(a, n, FaultContradicts, "nobody is a member before joining")
		}
		seen[key{c.Fact, c.scope()}] = true
	}
	return nil
}

// byPerson reports whether a person's word alone meets the path: a vouch or an approval, which also
// make a Member.
func (p Path) byPerson() bool {
	for _, c := range p {
		info, _ := c.Fact.Info()
		if !info.Human && !(c.Fact == TierHeld && c.Value <= int(Member)) {
			return false
		}
	}
	return len(p) > 0
}

// alone reports whether the path asks nothing that others give: no person's word, no standing, no tier.
func (p Path) alone() bool {
	for _, c := range p {
		info, _ := c.Fact.Info()
		if info.Human || c.Fact == StandingPoints || c.Fact == TierHeld {
			return false
		}
	}
	return len(p) > 0
}

func (s Settings) checkLimits(at Place, storm bool) error {
	for a, l := range s.Limits {
		switch {
		case !slices.Contains(Actions(), a) || !a.at(at) || !a.speaks() && a != React:
			return refusedf(Action(clip(string(a))), 0, FaultLimit, "there are no limits on it here")
		case l.PerDay < 0 || l.MaxLinks != nil && *l.MaxLinks < 0 || l.FirstHeld < 0:
			return refusedf(a, 0, FaultLimit, "a limit cannot be negative")
		case l.FirstHeld > 3 || l.FirstHeld > 0 && a != PostMedia && a != PostLink:
			return refusedf(a, 0, FaultLimit, "at most the first 3 posts with media or links can be held; holding first posts or comments would leave people to an operator's silence")
		case l.Below > Regular:
			return refusedf(a, 0, FaultLimit, "limits end at Regular")
		case (l.TextOnly || l.MaxLinks != nil) && a != Post && a != Comment && a != StartDM:
			return refusedf(a, 0, FaultLimit, "it has no text to limit")
		}
	}
	for a, off := range s.Off {
		ok := slices.Contains(Actions(), a) && a.at(at) && (a == Downvote || a == GiveVouch || a == CreateCircle || a == StartDM && storm)
		if off && !ok {
			return refusedf(Action(clip(string(a))), 0, FaultLimit, "it cannot be switched off here")
		}
	}
	return nil
}
