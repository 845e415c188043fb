package run

import (
	"slices"

	"halqa/circles"
)

// MaxBeyond is how many entries may be done beyond one that is not. It bounds what is kept of a
// follower in memory and in its row; one stuck entry holds up the rest only after so many.
const MaxBeyond = 1000

// A Cursor is how far a follower got that finishes entries in any order: a contiguous position, and
// the entries finished beyond it. The position never moves back, and never past an entry that was
// offered and not finished. The zero Cursor is at the beginning of the log. Not for concurrent use.
type Cursor struct {
	acked  circles.Seq   // everything up to here is done
	beyond []circles.Seq // done too; ascending, all > acked
	open   []circles.Seq // offered, not done; ascending, all > acked
	passed circles.Seq   // everything up to here was offered, if it concerns the follower at all
}

// Resume returns the cursor that Position described.
func Resume(acked circles.Seq, beyond []circles.Seq) Cursor {
	c := Cursor{acked: acked, passed: acked, beyond: slices.Clone(beyond)}
	slices.Sort(c.beyond)
	c.beyond = slices.Compact(c.beyond)
	c.settle()
	return c
}

// Offer says that the entry is the follower's next one, and reports whether there is anything to do:
// not if it is done already. Entries are offered in ascending order; one at or before an earlier
// offer or Pass is only looked up.
func (c *Cursor) Offer(seq circles.Seq) bool {
	if c.Done(seq) {
		c.Pass(seq)
		return false
	}
	if seq <= c.passed {
		// It was offered before, or its offer would come after later ones: the position may have
		// moved over it, so it must not count.
		return false
	}
	c.open = append(c.open, seq)
	c.passed = seq
	c.settle()
	return true
}

// Pass says that nothing else up to seq concerns the follower.
func (c *Cursor) Pass(seq circles.Seq) {
	if seq > c.passed {
		c.passed = seq
		c.settle()
	}
}

// Ack says that an offered entry is done. Other entries are ignored.
func (c *Cursor) Ack(seq circles.Seq) {
	i, ok := slices.BinarySearch(c.open, seq)
	if !ok {
		return
	}
	c.open = slices.Delete(c.open, i, i+1)
	if i > 0 {
		j, _ := slices.BinarySearch(c.beyond, seq)
		c.beyond = slices.Insert(c.beyond, j, seq)
	}
	c.settle()
}

// Done reports whether the entry was finished.
func (c *Cursor) Done(seq circles.Seq) bool {
	if seq <= c.acked {
		return true
	}
	_, ok := slices.BinarySearch(c.beyond, seq)
	return ok
}

// Open returns how many entries were offered and are not done.
func (c *Cursor) Open() int { return len(c.open) }

// Full reports whether no more may be done beyond the first open entry.
func (c *Cursor) Full() bool { return len(c.beyond)+len(c.open) >= MaxBeyond }

// Settled reports whether the entry, if it concerns the follower, was offered and is done.
func (c *Cursor) Settled(seq circles.Seq) bool {
	if seq > c.passed {
		return false
	}
	_, open := slices.BinarySearch(c.open, seq)
	return !open
}

// Position returns what to keep: everything up to acked is done, and so are those in beyond. The
// slice is the cursor's own; it is good until the next call.
func (c *Cursor) Position() (acked circles.Seq, beyond []circles.Seq) { return c.acked, c.beyond }

// settle moves the position as far as it can go.
func (c *Cursor) settle() {
	to := c.passed
	if len(c.open) > 0 {
		to = c.open[0] - 1
	}
	if to > c.acked {
		c.acked = to
	}
	i, found := slices.BinarySearch(c.beyond, c.acked)
	if found {
		i++
	}
	c.beyond = slices.Delete(c.beyond, 0, i)
}
