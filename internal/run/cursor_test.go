package run

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"halqa/circles"
)

// A follower that offers, acknowledges in any order, crashes and goes on from what was kept gets
// every entry at least once, and its position never moves back or past something open.
func TestCursorNeverSkips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := circles.Seq(rapid.IntRange(1, 60).Draw(t, "entries"))
		concerns := map[circles.Seq]bool{}
		for seq := circles.Seq(1); seq <= n; seq++ {
			concerns[seq] = rapid.Bool().Draw(t, "concerns")
		}
		var c Cursor
		var offered circles.Seq // the next one is behind it
		open := map[circles.Seq]bool{}
		done := map[circles.Seq]bool{}
		check := func() {
			t.Helper()
			acked, beyond := c.Position()
			for seq := circles.Seq(1); seq <= n; seq++ {
				past := seq <= acked || slices.Contains(beyond, seq)
				if past && seq <= offered && concerns[seq] && !done[seq] {
					t.Fatalf("entry %d counts as done at %d %v and is not", seq, acked, beyond)
				}
				if past && seq > offered && !done[seq] {
					t.Fatalf("entry %d counts as done at %d %v and was never offered", seq, acked, beyond)
				}
				if done[seq] && !past && !c.Done(seq) {
					t.Fatalf("entry %d was done and is forgotten at %d %v", seq, acked, beyond)
				}
			}
			if !slices.IsSorted(beyond) || len(beyond) > MaxBeyond {
				t.Fatalf("beyond is %v", beyond)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"offer": func(t *rapid.T) {
				if offered == n {
					t.Skip("at the end")
				}
				offered++
				if !concerns[offered] {
					c.Pass(offered)
					return
				}
				if got, want := c.Offer(offered), !done[offered]; got != want {
					t.Fatalf("offer %d: got %v, want %v", offered, got, want)
				}
				if !done[offered] {
					open[offered] = true
				}
			},
			"ack": func(t *rapid.T) {
				if len(open) == 0 {
					t.Skip("nothing open")
				}
				var all []circles.Seq
				for seq := range open {
					all = append(all, seq)
				}
				slices.Sort(all)
				seq := rapid.SampledFrom(all).Draw(t, "seq")
				before, _ := c.Position()
				c.Ack(seq)
				delete(open, seq)
				done[seq] = true
				if after, _ := c.Position(); after < before {
					t.Fatalf("position moved back from %d to %d", before, after)
				}
				if !c.Settled(seq) {
					t.Fatalf("entry %d is done and not settled", seq)
				}
			},
			"crash": func(t *rapid.T) {
				acked, beyond := c.Position()
				c = Resume(acked, beyond)
				offered = acked
				clear(open)
			},
			"": func(t *rapid.T) { check() },
		})
		// What is left is done; then the cursor is at the end.
		for ; offered < n; offered++ {
			if concerns[offered+1] && c.Offer(offered+1) {
				open[offered+1] = true
			} else {
				c.Pass(offered + 1)
			}
		}
		for seq := range open {
			if !concerns[seq] {
				t.Fatalf("entry %d was open and concerned nobody", seq)
			}
			c.Ack(seq)
			done[seq] = true
		}
		for seq := circles.Seq(1); seq <= n; seq++ {
			if concerns[seq] && !done[seq] {
				t.Fatalf("entry %d was skipped", seq)
			}
		}
		if acked, beyond := c.Position(); acked != n || len(beyond) != 0 {
			t.Fatalf("at the end the position is %d %v, want %d", acked, beyond, n)
		}
	})
}

func TestCursorIsFullAtItsLimit(t *testing.T) {
	var c Cursor
	c.Offer(1) // stuck
	seq := circles.Seq(2)
	for ; !c.Full(); seq++ {
		c.Offer(seq)
		c.Ack(seq)
	}
	if _, beyond := c.Position(); len(beyond) != MaxBeyond-1 {
		t.Errorf("full with %d beyond, want %d", len(beyond), MaxBeyond-1)
	}
	c.Ack(1)
	if acked, beyond := c.Position(); acked != seq-1 || len(beyond) != 0 || c.Full() {
		t.Errorf("after the stuck one: %d %v, want %d and nothing beyond", acked, beyond, seq-1)
	}
}
