package standing

import (
	"encoding/json"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// TestServersHearOfGates: those that follow a circle are told when gates are announced, when they begin, and
// when a storm comes and goes, and each time the circle's document says what holds.
func TestServersHearOfGates(t *testing.T) {
	n := newTown(t)
	n.now = n.now.Add(400 * 24 * time.Hour) // after whatever the town set up
	id, last := n.circle.CircleID(), circles.Seq(0)
	heard := func() (times int) {
		n.update(func(tx *store.Tx) error {
			all, err := tx.EventsAfter(last, 1000)
			for _, e := range all {
				if last = e.Seq; e.Kind == circles.ActorUpdated && e.Object == int64(id) && e.Stream == id.Actor() {
					times++
				}
			}
			return err
		})
		return times
	}
	says := func() *Demands {
		var raw json.RawMessage
		n.update(func(tx *store.Tx) (err error) {
			raw, err = DemandsOf(tx, n.circle, func(path string) string { return "https://h.example" + path })
			return err
		})
		if raw == nil {
			return nil
		}
		d := new(Demands)
		n.must(json.Unmarshal(raw, d))
		return d
	}
	heard()
	if d := says(); d != nil {
		t.Fatalf("an open circle says %+v", d)
	}
	_, err := n.save(n.circle, commentAfter(2), "Spam wave")
	n.must(err)
	d := says()
	if times := heard(); times != 1 || d == nil || len(d.Asks) != 0 || d.Next == nil || d.Next.Reason != "Spam wave" || len(d.Next.Asks[reputation.Post].Any) == 0 {
		t.Fatalf("announced: told %d times, and it says %+v", times, d)
	}
	if at, err := time.Parse(time.RFC3339, d.Next.At); err != nil || at.Sub(n.now).Round(time.Hour) != 72*time.Hour {
		t.Errorf("it begins at %s, now is %s", d.Next.At, n.now)
	}
	n.must(n.Sweep(n.Context()))
	if times := heard(); times != 0 {
		t.Errorf("before its time it is told %d times", times)
	}
	n.now = n.now.Add(73 * time.Hour)
	n.must(n.Sweep(n.Context()))
	d = says()
	asks := d.Asks[reputation.Post]
	if times := heard(); times != 1 || d.Next != nil || len(asks.Any) == 0 || asks.Else != reputation.Hold || asks.SetBy != "https://h.example/u/ann" || asks.SetAt == "" ||
		asks.Reason["en"] != "Spam wave" || d.Why != "https://h.example/c/garden/why" {
		t.Errorf("begun: told %d times, and it says %+v", times, d)
	}
	n.must(n.Storm(n.Context(), n.ann, id, time.Hour, "Raid", "en"))
	if d, times := says(), heard(); times != 1 || d.Asks[reputation.Post].Until == "" || d.Asks[reputation.Post].Reason["en"] != "Raid" {
		t.Errorf("in a storm: told %d times, and it says %+v", times, d)
	}
	n.now = n.now.Add(2 * time.Hour)
	if d := says(); d.Asks[reputation.Post].Until != "" {
		t.Errorf("after the storm, before any sweep, it says %+v", d)
	}
	n.must(n.Sweep(n.Context()))
	if d, times := says(), heard(); times != 1 || len(d.Asks[reputation.Post].Any) == 0 {
		t.Errorf("after the storm: told %d times, and it says %+v", times, d)
	}
	if _, err := n.save(n.circle, reputation.Settings{}, ""); err != nil {
		t.Fatal(err)
	}
	if d, times := says(), heard(); times != 1 || d != nil {
		t.Errorf("open again: told %d times, and it says %+v", times, d)
	}
}
