package reputation

import (
	"fmt"
	"slices"
)

const (
	// Notice is how long a tightening is announced before it takes effect, in microseconds: 72 hours.
	Notice = 72 * 3600 * 1_000_000

	// StormMost and StormRest bound the exception: 72 hours at most, begun at most once in 14 days.
	StormMost = 72 * 3600 * 1_000_000
	StormRest = 14 * microsPerDay
)

// Storm returns why a storm cannot begin now; last is when the latest began (0 = never). All are
// microseconds.
func Storm(last, now, length int64) error {
	switch {
	case length <= 0 || length > StormMost:
		return fmt.Errorf("a storm lasts at most 72 hours")
	case last != 0 && now-last < StormRest:
		return fmt.Errorf("a storm may begin once in 14 days; the next one in %d days", (StormRest-(now-last)+microsPerDay-1)/microsPerDay)
	}
	return nil
}

// Tighter reports whether anyone could do less under next than under now: such a change waits for
// Notice; all others take effect at once.
func Tighter(now, next Settings) bool {
	for _, a := range Actions() {
		if now.Off[a] {
			continue // nothing is less than nothing
		}
		if TighterGate(now.Gates[a], next.Gates[a]) || tighterLimit(now.Limits[a], next.Limits[a]) ||
			next.Off[a] && !now.Off[a] {
			return true
		}
	}
	return false
}

// TighterGate reports whether some facts pass now and not next, or whether failing has become worse.
// Gates are monotone, so it is enough to ask next about the least that each present path demands.
func TighterGate(now, next Gate) bool {
	if next.Open() {
		return false
	}
	if now.Open() || harshness(next.Else) > harshness(now.Else) {
		return true
	}
	for _, p := range now.Any {
		if f := p.least(); !Evaluate(next, &f).Allowed {
			return true
		}
	}
	return false
}

// least returns the poorest facts that meet the path, with what each fact implies.
func (p Path) least() Facts {
	var f Facts
	for _, i := range []int{StrikesLately.index()} { // anyone may have any number, unless the path says otherwise
		f.Circle[i], f.Instance[i] = 1<<30, 1<<30
	}
	raise := func(fact Fact, s Scope, n int) { f = f.With(fact, s, max(n, f.Of(fact, s))) }
	for _, c := range p {
		if c.Fact.atMost() {
			f = f.With(c.Fact, c.scope(), c.Value)
			continue
		}
		raise(c.Fact, c.scope(), c.Value)
		switch c.Fact {
		case VouchesHeld, ByOperator:
			if c.scope() == ScopeCircle {
				raise(TierHeld, ScopeCircle, int(Member))
			}
		case MembershipDays:
			raise(DaysKnown, ScopeInstance, c.Value) // nobody joins before being known
		}
	}
	return f
}

func harshness(o Outcome) int {
	switch o {
	case "", Allow:
		return 0
	case Hold, Request:
		return 1
	}
	return 2
}

func tighterLimit(now, next Limit) bool {
	if next == (Limit{}) || next.PerDay == 0 && !next.TextOnly && next.MaxLinks == nil && next.FirstHeld == 0 {
		return false
	}
	reaches := func(l Limit) int { // everyone, or those below a tier
		if l.Below == Newcomer {
			return int(Trusted) + 1
		}
		return int(l.Below)
	}
	fewer := func(now, next *int) bool { return next != nil && (now == nil || *next < *now) }
	perDay := func(l Limit) *int {
		if l.PerDay == 0 {
			return nil
		}
		return &l.PerDay
	}
	return reaches(next) > reaches(now) || fewer(perDay(now), perDay(next)) || next.TextOnly && !now.TextOnly ||
		fewer(now.MaxLinks, next.MaxLinks) || next.FirstHeld > now.FirstHeld
}

// Diff returns what changed as lines for the public log, "- " before what was and "+ " before what is,
// action by action, in a language.
func Diff(now, next Settings, lang string) []string {
	var lines []string
	for _, a := range Actions() {
		was, is := now.Lines(a, lang), next.Lines(a, lang)
		for _, l := range was {
			if !slices.Contains(is, l) {
				lines = append(lines, "- "+l)
			}
		}
		for _, l := range is {
			if !slices.Contains(was, l) {
				lines = append(lines, "+ "+l)
			}
		}
	}
	return lines
}

// A Judged is an action of the past with the facts of then.
type Judged struct {
	Who   ActorID
	Facts Facts
}

// A Trial is what a gate would have done.
type Trial struct {
	Actions, Stopped      int // acts, and those that would not have been let through
	People, PeopleStopped int // who acted, and who would have been stopped at least once
}

// DryRun judges past actions by a gate: "would have held 14 of 212 commenters".
func DryRun(g Gate, past []Judged) Trial {
	t := Trial{Actions: len(past)}
	people := make(map[ActorID]bool, len(past)/4)
	for i := range past {
		stopped := !passes(g, &past[i].Facts)
		if stopped {
			t.Stopped++
		}
		people[past[i].Who] = people[past[i].Who] || stopped
	}
	t.People = len(people)
	for _, stopped := range people {
		if stopped {
			t.PeopleStopped++
		}
	}
	return t
}

// passes is Evaluate for those who want no explanation.
func passes(g Gate, f *Facts) bool {
	for _, p := range g.Any {
		if p.met(f) {
			return true
		}
	}
	return g.Open()
}
