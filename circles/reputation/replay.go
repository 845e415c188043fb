package reputation

import (
	"cmp"
	"slices"
)

// A Mismatch is a rating, vouch, introduction or strike whose ledger row is not what its formula gives.
type Mismatch struct {
	Event                EventID
	Weight, WantWeight   int64
	Credited, WantCredit int64
	Branch, WantBranch   ActorID
}

// A Replayer folds a ledger, line by line in its order, and credits every rating again on the way,
// comparing what the row says with what the formula named in it gives.
//
// What a ledger does not keep is believed: that a remote rating of weight 0 came from a domain on
// probation.
type Replayer struct {
	state    *State
	as       *Version
	domainOf func(ActorID) string
	credited map[EventID]Event // ratings that came out otherwise, for their reversals
	taken    map[EventID]Event // reversals by what they reverse, for what gives it back
}

// NewReplayer returns one over an empty ledger. With as, that version credits everything instead, and
// the state is what standing would be had it always been in force: so a change can be tried on real
// history. domainOf names the remote domain of a person, "" if local, and may be nil if all are.
func NewReplayer(as *Version, domainOf func(ActorID) string) *Replayer {
	return &Replayer{state: NewState(), as: as, domainOf: domainOf, credited: map[EventID]Event{}, taken: map[EventID]Event{}}
}

// State returns what the lines so far come to.
func (p *Replayer) State() *State { return p.state }

// Next folds the next line in and reports it, if it is not what its formula gives.
func (p *Replayer) Next(e Event) (*Mismatch, error) {
	if o, ok := p.credited[e.Reverses]; ok && e.Reverses != 0 {
		e.WeightMilli, e.Branch, e.CreditedMilli = o.WeightMilli, o.Branch, -o.CreditedMilli
	}
	found := p.plain(e)
	if e.Kind.rates() && e.Reverses == 0 && (e.Domain == "" || e.WeightMilli != 0) {
		if want, ok := p.again(e); ok && (want.WeightMilli != e.WeightMilli || want.CreditedMilli != e.CreditedMilli || want.Branch != e.Branch) {
			found = &Mismatch{e.ID, e.WeightMilli, want.WeightMilli, e.CreditedMilli, want.CreditedMilli, e.Branch, want.Branch}
			if p.as != nil {
				e.WeightMilli, e.CreditedMilli, e.Branch = want.WeightMilli, want.CreditedMilli, want.Branch
				p.credited[e.ID] = e
			}
		}
	}
	if e.Reverses != 0 {
		p.taken[e.Reverses] = e
	}
	return found, p.state.Apply(e)
}

// plain checks what the formula says of events that are no ratings. Another version is not tried on them.
func (p *Replayer) plain(e Event) *Mismatch {
	v, ok := VersionOf(e.FormulaVersion)
	if !ok || e.Reverses != 0 || p.as != nil {
		return nil
	}
	want := e
	rows := func() Rows { return p.state.Rows(e.Circle, e.Subject, e.Source, e.Branch, e.Domain) }
	switch e.Kind {
	case Minor:
		want.CreditedMilli = v.Minor
	case Serious:
		want.CreditedMilli = v.Serious
	case Vouch:
		want.WeightMilli, want.Branch = v.WeightRegular, branch(rows().Rater, e.Source)
	case Introduced:
		want.Branch = v.introduction(rows(), e, e.ID).Branch
	}
	if want == e {
		return nil
	}
	return &Mismatch{e.ID, e.WeightMilli, want.WeightMilli, e.CreditedMilli, want.CreditedMilli, e.Branch, want.Branch}
}

// again credits a rating once more, with the state as it is.
func (p *Replayer) again(e Event) (Event, bool) {
	v, ok := VersionOf(e.FormulaVersion)
	if p.as != nil {
		v, ok = *p.as, true
	}
	if !ok {
		return e, false
	}
	domain := ""
	if p.domainOf != nil {
		domain = p.domainOf(e.Subject)
	}
	if e.Restores != 0 {
		was, ok := p.taken[e.Restores]
		if !ok {
			return Event{}, true // there is nothing to give back
		}
		was.ID, was.Reverses, was.CreditedMilli = e.Restores, 0, -was.CreditedMilli
		want, _ := v.Restore(p.state.Rows(e.Circle, e.Subject, e.Source, was.Branch, e.Domain), was, e.ID, e.At, domain)
		return want, true
	}
	in := Rating{ID: e.ID, Circle: e.Circle, Subject: e.Subject, Source: e.Source, Kind: e.Kind,
		Object: e.Object, At: e.At, Accepted: true, Domain: e.Domain, SubjectDomain: domain}
	if e.Domain != "" {
		in.Class = PeerNormal
	}
	want, _ := v.Rate(p.state.Rows(e.Circle, e.Subject, e.Source, 0, e.Domain), in)
	return want, true
}

// Replay does so with a ledger whose events may have been read in any order.
func Replay(events []Event, as *Version, domainOf func(ActorID) string) (*State, []Mismatch, error) {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
	p := NewReplayer(as, domainOf)
	var found []Mismatch
	for _, e := range events {
		wrong, err := p.Next(e)
		if err != nil {
			return nil, nil, err
		}
		if wrong != nil {
			found = append(found, *wrong)
		}
	}
	return p.state, found, nil
}
