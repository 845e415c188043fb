package reputation

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestSimulation prints the table of docs/standing.md (go test -run Simulation -v) and holds the rows
// to what is promised there, failures included.
func TestSimulation(t *testing.T) {
	if testing.Short() {
		t.Skip("half a year of 350 people, sixteen times")
	}
	m := NewSimulation(Current(), 4)
	var b strings.Builder
	b.WriteString("| attack | bound | day 30 | day 90 | day 180 |\n|---|---|---|---|---|\n")
	for _, a := range Attacks() {
		r := m.Run(a, 30, 90, 180)
		fmt.Fprintf(&b, "| %s | %d |", a.Name, r.Bound/1000)
		for _, o := range r.Outlooks {
			fmt.Fprintf(&b, " %s |", cell(a, o))
		}
		b.WriteString("\n")
		promised(t, r)
	}
	member, regular, became, of := m.Joiners(180)
	fmt.Fprintf(&b, "\nHonest newcomers: Member after %d days, Regular after %d (medians; %d of %d within 180 days).\n", member, regular, became, of)
	b.WriteString("\nThe same under V1:\n\n| attack | bound | day 30 | day 90 | day 180 |\n|---|---|---|---|---|\n")
	m = NewSimulation(V1(), 4)
	for _, a := range Attacks() {
		if a.Fooled == 0 || a.Fooled > 3 {
			continue
		}
		r := m.Run(a, 30, 90, 180)
		fmt.Fprintf(&b, "| %s | %d |", a.Name, r.Bound/1000)
		for _, o := range r.Outlooks {
			fmt.Fprintf(&b, " %s |", cell(a, o))
		}
		b.WriteString("\n")
		if got := r.Outlooks[2].Standing; got <= r.Bound {
			t.Errorf("V1, %s: %d is within the bound %d, so V2 mends nothing", a.Name, got, r.Bound)
		}
	}
	t.Log("\n" + b.String())
	golden(t, "simulation.txt", b.String())
	page, err := os.ReadFile("../../docs/standing.md")
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(b.String()) {
		if strings.HasPrefix(row, "|") && !strings.Contains(string(page), row) {
			t.Errorf("docs/standing.md does not have the row %s", row)
		}
	}
}

func cell(a Attack, o Outlook) string {
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

func promised(t *testing.T, r Simulated) {
	t.Helper()
	for _, o := range r.Outlooks {
		if !r.Corrupt && o.Standing > r.Bound {
			t.Errorf("%s, day %d: standing %d, promised at most %d", r.Name, o.Day, o.Standing, r.Bound)
		}
		if r.Fooled == 0 && !r.Corrupt && (o.Standing != 0 || o.Regulars != 0) {
			t.Errorf("%s, day %d: standing %d without anyone fooled", r.Name, o.Day, o.Standing)
		}
		if r.Fooled < 3 && !r.Corrupt && o.Regulars > 0 {
			t.Errorf("%s, day %d: %d Regulars", r.Name, o.Day, o.Regulars)
		}
	}
}
