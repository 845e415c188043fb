package reputation

import (
	"cmp"
	"slices"
)

// A Mismatch is a rating whose ledger row is not what its formula gives.
type Mismatch struct {
	Event                EventID
	Weight, WantWeight   int64
	Credited, WantCredit int64
	Branch, WantBranch   ActorID
}

// Replay folds a ledger and credits every rating again on the way, comparing what the row says with
// what the formula named in it gives. With as, that version credits everything instead, and the state
// is what standing would be had it always been in force: so a change can be tried on real history.
//
// domainOf names the remote domain of a person, "" if local, and may be nil if all are. What a ledger
// does not keep is believed: that a remote rating of weight 0 came from a domain on probation.
func Replay(events []Event, as *Version, domainOf func(ActorID) string) (*State, []Mismatch, error) {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
	s := NewState()
	var found []Mismatch
	credited := map[EventID]Event{} // ratings that came out otherwise, for their reversals
	for _, e := range events {
		if o, ok := credited[e.Reverses]; ok && e.Reverses != 0 {
			e.WeightMilli, e.Branch, e.CreditedMilli = o.WeightMilli, o.Branch, -o.CreditedMilli
		}
		if e.Kind.rates() && e.Reverses == 0 && (e.Domain == "" || e.WeightMilli != 0) {
			v, ok := VersionOf(e.FormulaVersion)
			if as != nil {
				v, ok = *as, true
			}
			if ok {
				want := s.rateAgain(v, e, domainOf)
				if want.WeightMilli != e.WeightMilli || want.CreditedMilli != e.CreditedMilli || want.Branch != e.Branch {
					found = append(found, Mismatch{e.ID, e.WeightMilli, want.WeightMilli, e.CreditedMilli, want.CreditedMilli, e.Branch, want.Branch})
					if as != nil {
						e.WeightMilli, e.CreditedMilli, e.Branch = want.WeightMilli, want.CreditedMilli, want.Branch
						credited[e.ID] = e
					}
				}
			}
		}
		if err := s.Apply(e); err != nil {
			return nil, nil, err
		}
	}
	return s, found, nil
}

func (s *State) rateAgain(v Version, e Event, domainOf func(ActorID) string) Event {
	in := Rating{ID: e.ID, Circle: e.Circle, Subject: e.Subject, Source: e.Source, Kind: e.Kind,
		Object: e.Object, At: e.At, Accepted: true, Domain: e.Domain}
	if e.Domain != "" {
		in.Class = PeerNormal
	}
	if domainOf != nil {
		in.SubjectDomain = domainOf(e.Subject)
	}
	want, _ := v.Rate(s.Rows(e.Circle, e.Subject, e.Source, 0, e.Domain), in)
	return want
}
