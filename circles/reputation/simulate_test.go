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
	const seed = 4
	days := []int{30, 90, 180}
	text, err := Table(Current(), []uint64{seed}, Attacks(), days, func(r Simulated) error {
		promised(t, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	member, regular, became, of := NewSimulation(Current(), seed).Joiners(180)
	text += fmt.Sprintf("\nHonest newcomers: Member after %d days, Regular after %d (medians; %d of %d within 180 days).\n", member, regular, became, of)
	var few []Attack
	for _, a := range Attacks() {
		if a.Fooled > 0 && a.Fooled <= 3 {
			few = append(few, a)
		}
	}
	old, err := Table(V1(), []uint64{seed}, few, days, func(r Simulated) error {
		if got := r.Outlooks[2].Standing; got <= r.Bound {
			t.Errorf("V1, %s: %d is within the bound %d, so V2 mends nothing", r.Name, got, r.Bound)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text += "\nThe same under V1:\n\n" + old
	t.Log("\n" + text)
	golden(t, "simulation.txt", text)
	page, err := os.ReadFile("../../docs/standing.md")
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(text) {
		if strings.HasPrefix(row, "|") && !strings.Contains(string(page), row) {
			t.Errorf("docs/standing.md does not have the row %s", row)
		}
	}
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
