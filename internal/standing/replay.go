package standing

import (
	"cmp"
	"fmt"

	"halqa/circles/reputation"
	"halqa/internal/store"
)

// maxFound bounds the differences that a verification describes; all are counted.
const maxFound = 10

// A Verified is what came of reckoning the ledger again.
type Verified struct {
	Events  int
	Ratings int             // of them likes and "helpful"
	Rows    reputation.Size // that it came to
	Wrong   int
	Found   []string // the first of what is wrong, in English, for whoever runs the server
}

// Verify reckons everything again from the ledger, in the reading transaction that it is given: what each
// line was worth by the formula that it names, and the rows that all of them come to, which it compares
// with those that are stored. circle 0 stands for all. Its memory grows with the rows, not with the
// lines.
func Verify(tx *store.Tx, circle reputation.CircleID) (*Verified, error) {
	out := &Verified{}
	wrong := func(format string, args ...any) {
		if out.Wrong++; len(out.Found) < maxFound {
			out.Found = append(out.Found, fmt.Sprintf(format, args...))
		}
	}
	host := ""
	replay := reputation.NewReplayer(nil, func(reputation.ActorID) string { return host })
	err := tx.EachLedgerLine(circle, func(e reputation.Event, subjectHost string) error {
		host = subjectHost
		out.Events++
		if e.Kind == reputation.Like || e.Kind == reputation.Helpful {
			out.Ratings++
		}
		m, err := replay.Next(e)
		if err != nil {
			wrong("event %d (%s of %d in circle %d) cannot be: %v", e.ID, e.Kind, e.Subject, e.Circle, err)
		}
		if m != nil {
			wrong("event %d (%s of %d in circle %d): weight %d, credited %d, branch %d; the formula gives %d, %d, %d",
				e.ID, e.Kind, e.Subject, e.Circle, m.Weight, m.Credited, m.Branch, m.WantWeight, m.WantCredit, m.WantBranch)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	want := replay.State()
	out.Rows = want.Size(circle)
	var stored reputation.Size
	err = cmp.Or(
		tx.EachStandingPerson(circle, func(k store.StandingKey, got reputation.Person) error {
			if !samePerson(want, k, got) {
				wrong("person %d in circle %d: stored %+v; the ledger gives %+v", k.Subject, k.Circle, got, want.Person(k.Circle, k.Subject))
			}
			count(&stored.People, got)
			return nil
		}),
		tx.EachStandingEdge(circle, func(k store.StandingKey, got reputation.Edge) error {
			if w := want.Edge(k.Circle, k.Subject, k.Source); got != w {
				wrong("what %d gave %d in circle %d: stored %+v; the ledger gives %+v", k.Source, k.Subject, k.Circle, got, w)
			}
			count(&stored.Edges, got)
			return nil
		}),
		tx.EachStandingBranch(circle, func(k store.StandingKey, got reputation.Sum) error {
			if w := want.Branch(k.Circle, k.Subject, k.Source); got != w {
				wrong("what %d has from branch %d in circle %d: stored %v; the ledger gives %v", k.Subject, k.Source, k.Circle, got, w)
			}
			count(&stored.Branches, got)
			return nil
		}),
		tx.EachStandingDomain(circle, func(k store.StandingKey, got reputation.Sum) error {
			if w := want.Domain(k.Circle, k.Subject, k.Domain); got != w {
				wrong("what %d has from %s in circle %d: stored %v; the ledger gives %v", k.Subject, k.Domain, k.Circle, got, w)
			}
			count(&stored.Domains, got)
			return nil
		}),
		tx.EachStandingCircle(circle, func(k store.StandingKey, got reputation.Circle) error {
			if w := want.Circle(k.Circle); got != w {
				wrong("circle %d: stored %+v; the ledger gives %+v", k.Circle, got, w)
			}
			count(&stored.Circles, got)
			return nil
		}))
	if err != nil {
		return nil, err
	}
	if stored != out.Rows {
		wrong("stored are %+v rows; the ledger gives %+v", stored, out.Rows)
	}
	return out, nil
}

// samePerson compares a stored row with that of the ledger. Of the two the one over which fewer days have
// passed is let catch up: how often a row is looked at is not in the ledger.
func samePerson(s *reputation.State, k store.StandingKey, got reputation.Person) bool {
	want := s.Person(k.Circle, k.Subject)
	home, c := s.Person(0, k.Subject), s.Circle(k.Circle)
	through := max(got.Checked, want.Checked)
	got.Advance(reputation.Current(), home, c, through)
	want.Advance(reputation.Current(), home, c, through)
	return got == want
}

func count[T comparable](n *int, row T) {
	var zero T
	if row != zero {
		*n++
	}
}
