package reputation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// A State is the fold of a whole ledger in memory: what a replay compares with the stored rows, and
// what the simulation runs on. A server keeps the same rows in its database and never loads them all.
type State struct {
	people   map[at]Person
	edges    map[pair]Edge
	branches map[pair]Sum // Source is the branch
	domains  map[domainAt]Sum
	circles  map[CircleID]Circle
	reversed map[EventID]bool
	last     EventID
}

type (
	at struct {
		circle CircleID
		who    ActorID
	}
	pair struct {
		circle          CircleID
		subject, source ActorID
	}
	domainAt struct {
		circle  CircleID
		subject ActorID
		domain  string
	}
)

// NewState returns the fold of an empty ledger.
func NewState() *State {
	return &State{people: map[at]Person{}, edges: map[pair]Edge{}, branches: map[pair]Sum{},
		domains: map[domainAt]Sum{}, circles: map[CircleID]Circle{}, reversed: map[EventID]bool{}}
}

// Rows returns the rows that an event between the two would touch. branch is the event's, or 0 to take
// the source's present one.
func (s *State) Rows(c CircleID, subject, source, branchOf ActorID, domain string) Rows {
	r := Rows{
		Subject: s.people[at{c, subject}], Home: s.people[at{0, subject}],
		Rater: s.people[at{c, source}], RaterHome: s.people[at{0, source}],
		Given: s.edges[pair{c, subject, source}], Back: s.edges[pair{c, source, subject}],
		Domain: s.domains[domainAt{c, subject, domain}],
		Circle: s.circles[c],
	}
	if branchOf == 0 {
		branchOf = branch(r.Rater, source)
	}
	r.Branch = s.branches[pair{c, subject, branchOf}]
	return r
}

// Apply checks an event and folds it in. Events come in the ledger's order; see Fold for any other.
func (s *State) Apply(e Event) error {
	if err := e.Check(); err != nil {
		return err
	}
	switch {
	case e.ID <= s.last:
		return fmt.Errorf("event %d (%s): read after %d", e.ID, e.Kind, s.last)
	case e.Reverses != 0 && (e.Reverses >= e.ID || s.reversed[e.Reverses]):
		return fmt.Errorf("event %d (%s): %d is not there to be reversed", e.ID, e.Kind, e.Reverses)
	}
	s.last = e.ID
	if e.Reverses != 0 {
		s.reversed[e.Reverses] = true
	}
	before := s.Rows(e.Circle, e.Subject, e.Source, e.Branch, e.Domain)
	after := Apply(before, e)
	if e.Circle != 0 {
		s.people[at{e.Circle, e.Subject}] = after.Subject
		if after.Circle != before.Circle {
			s.circles[e.Circle] = after.Circle
		}
	}
	if e.Circle == 0 || e.Outside {
		s.people[at{0, e.Subject}] = after.Home
	}
	switch e.Kind {
	case Vouch:
		s.people[at{e.Circle, e.Source}] = after.Rater
	case Like, Helpful:
		if e.WeightMilli == 0 {
			break
		}
		s.people[at{e.Circle, e.Source}] = after.Rater
		s.edges[pair{e.Circle, e.Subject, e.Source}] = after.Given
		s.branches[pair{e.Circle, e.Subject, e.Branch}] = after.Branch
		if e.Domain != "" {
			s.domains[domainAt{e.Circle, e.Subject, e.Domain}] = after.Domain
		}
	}
	return nil
}

// Fold returns the state of a ledger whose events may have been read in any order.
func Fold(events []Event) (*State, error) {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
	s := NewState()
	for _, e := range events {
		if err := s.Apply(e); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Person returns somebody's row in a circle, or on the instance (0).
func (s *State) Person(c CircleID, who ActorID) Person { return s.people[at{c, who}] }

// Circle returns a circle's row.
func (s *State) Circle(c CircleID) Circle { return s.circles[c] }

// Edge returns what source gave subject in a circle.
func (s *State) Edge(c CircleID, subject, source ActorID) Edge {
	return s.edges[pair{c, subject, source}]
}

// Branch returns what subject has from a branch.
func (s *State) Branch(c CircleID, subject, branch ActorID) Sum {
	return s.branches[pair{c, subject, branch}]
}

// Domain returns what subject has from a remote domain.
func (s *State) Domain(c CircleID, subject ActorID, domain string) Sum {
	return s.domains[domainAt{c, subject, domain}]
}

// Size counts the rows of a state that are not zero.
type Size struct{ People, Edges, Branches, Domains, Circles int }

// Size returns how many rows there are in a circle, or in all and on the instance with 0.
func (s *State) Size(c CircleID) (n Size) {
	in := func(of CircleID) bool { return c == 0 || of == c }
	for k, v := range s.people {
		if in(k.circle) && v != (Person{}) {
			n.People++
		}
	}
	for k, v := range s.edges {
		if in(k.circle) && v != (Edge{}) {
			n.Edges++
		}
	}
	for k, v := range s.branches {
		if in(k.circle) && !v.Zero() {
			n.Branches++
		}
	}
	for k, v := range s.domains {
		if in(k.circle) && !v.Zero() {
			n.Domains++
		}
	}
	for k, v := range s.circles {
		if in(k) && v != (Circle{}) {
			n.Circles++
		}
	}
	return n
}

// Tier returns somebody's tier in a circle on a day.
func (s *State) Tier(v Version, c CircleID, who ActorID, d Day) Tier {
	return v.Tier(s.people[at{c, who}], s.people[at{0, who}], s.circles[c], d)
}

// Standing returns somebody's standing in a circle on a day, in milli-points.
func (s *State) Standing(v Version, c CircleID, who ActorID, d Day) int64 {
	return v.Standing(s.people[at{c, who}], d)
}

// Clone returns a copy that can go its own way.
func (s *State) Clone() *State {
	return &State{people: maps.Clone(s.people), edges: maps.Clone(s.edges), branches: maps.Clone(s.branches),
		domains: maps.Clone(s.domains), circles: maps.Clone(s.circles), reversed: maps.Clone(s.reversed), last: s.last}
}
