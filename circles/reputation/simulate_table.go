package reputation

import (
	"fmt"
	"strings"
)

// Table runs attacks under a formula, once with each seed, and returns what the ring's best account came
// to by each of the days: the rows of docs/standing.md, with the worst of all runs in every cell. done
// is told after each run, and its error ends the table.
func Table(v Version, seeds []uint64, attacks []Attack, days []int, done func(Simulated) error) (string, error) {
	worst := make([]Simulated, len(attacks))
	for _, seed := range seeds {
		m := NewSimulation(v, seed)
		for i, a := range attacks {
			r := m.Run(a, days...)
			if err := done(r); err != nil {
				return "", err
			}
			worst[i] = worst[i].worse(r)
		}
	}
	var b strings.Builder
	b.WriteString("| attack | bound |")
	for _, d := range days {
		fmt.Fprintf(&b, " day %d |", d)
	}
	b.WriteString("\n|" + strings.Repeat("---|", 2+len(days)) + "\n")
	for _, r := range worst {
		fmt.Fprintf(&b, "| %s | %d |", r.Name, r.Bound/1000)
		for _, o := range r.Outlooks {
			fmt.Fprintf(&b, " %s |", o.text(r.Attack))
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// Broke returns the first day on which an account of the ring stood above the bound, false if none did.
func (r Simulated) Broke() (day int, broke bool) {
	for _, o := range r.Outlooks {
		if o.Standing > r.Bound {
			return o.Day, true
		}
	}
	return 0, false
}

// worse returns what is worse of two runs of one attack, number by number; the zero value is no run.
func (r Simulated) worse(o Simulated) Simulated {
	if r.Outlooks == nil {
		return o
	}
	for i := range r.Outlooks {
		a, b := &r.Outlooks[i], o.Outlooks[i]
		a.Standing, a.Earned, a.Own = max(a.Standing, b.Standing), max(a.Earned, b.Earned), max(a.Own, b.Own)
		a.Tier, a.Regulars, a.Gate, a.Passes = max(a.Tier, b.Tier), max(a.Regulars, b.Regulars), max(a.Gate, b.Gate), max(a.Passes, b.Passes)
	}
	return r
}

func (o Outlook) text(a Attack) string {
	s := fmt.Sprintf("%d.%d (earned %d.%d) %s, %d Regular", o.Standing/1000, o.Standing/100%10, o.Earned/1000, o.Earned/100%10, o.Tier, o.Regulars)
	if a.OwnCircle {
		s += fmt.Sprintf("; own circle %d", o.Own/1000)
	}
	if a.Appeals {
		s += fmt.Sprintf("; %d passes", o.Passes)
	}
	if a.OwnCircle || a.Appeals {
		s += fmt.Sprintf("; %d past a Careful comment gate", o.Gate)
	}
	return s
}
