// Package ranking orders feeds and threads: pure integer arithmetic over scores and times.
//
// Every rank is a number that a row keeps until its score changes. Nothing here asks what time it
// is: instead of letting old posts sink (Lemmy divides by the age, so a job must rewrite every
// recent row again and again), new posts start higher, by as much as the clock has moved on. Two
// posts' difference then never changes by waiting, a feed is a scan of an index, and a cursor into
// it stays valid.
//
// There are no floats: two machines, or a rebuild years later, compute the same number to the bit.
// The package knows nothing of tips, standing or who is asking.
//
// Begin with Hot, then order.go.
package ranking

import "math/bits"

const (
	// tenfold is how many microseconds of age ten times the votes are worth: 12.5 hours, as on
	// Reddit (45,000 seconds in r2/lib/db/_sorts.pyx).
	tenfold = 45_000 * 1_000_000

	// neutralActive is the circle size at which Scaled equals Hot: log10(2+8) is 1.
	neutralActive = 8

	// activeWindow is how long after its publication a comment still lifts a post in Active, in
	// microseconds: two days, as in Lemmy, so that nobody revives an old thread for ever.
	activeWindow = 48 * 3600 * 1_000_000

	// maxTime bounds hostile timestamps (UTC microseconds, in the year 4253): sums stay far from
	// overflow.
	maxTime = 1 << 56

	// logBits is the precision of log2: a bit is worth 0.2 seconds in Hot.
	logBits = 16
)

// Hot returns the rank of something with that score, published then (UTC microseconds):
//
//	published + 12.5 h × sign(score) × log10(1 + |score|)
//
// It is Reddit's formula with 1+|score| for max(1, |score|), so that the first vote counts. It
// grows with score and with published. A time before 1970 counts as 1970; the caller clamps times
// in the future to now, or a liar stays on top until then.
func Hot(score, published int64) int64 {
	return Scaled(score, published, neutralActive)
}

// Scaled is Hot with the worth of a vote measured against the circle: the logarithm of the score
// is divided by log10(2 + monthlyActive), as Lemmy's Scaled divides its rank, so that small
// circles are seen beside large ones. The size is the one at the time of writing; a post keeps it
// until its next vote.
func Scaled(score, published, monthlyActive int64) int64 {
	size := 2 + uint64(max(monthlyActive, 0))
	return clampTime(published) + weight(score, log2(size))
}

// Active is Hot with the time of the last comment (0 if none) in place of the time of publication,
// but never more than two days after it.
func Active(score, published, lastComment int64) int64 {
	published = clampTime(published)
	at := min(max(lastComment, published), published+activeWindow)
	return Hot(score, at)
}

// Controversial ranks what divides: many votes, evenly split, come first; with no vote on either
// side it is 0. Lemmy and Reddit order by (up+down) ^ (smaller/larger); this is the logarithm of
// that, which orders alike and stays an integer:
//
//	log2(up + down) × smaller / larger
//
// It grows with the smaller side, and with the size of the vote at equal split. It has no time in
// it: a feed of controversy asks for a period.
func Controversial(up, down int64) int64 {
	if up <= 0 || down <= 0 {
		return 0
	}
	small, large := uint64(min(up, down)), uint64(max(up, down))
	hi, lo := bits.Mul64(log2(small+large), small) // two int64 do not overflow a uint64
	q, _ := bits.Div64(hi, lo, large)              // hi < large, for small ≤ large and a log < 2^23
	return int64(q)
}

// weight is how many microseconds a score is worth, with the logarithm taken to the base whose
// log2 is given.
func weight(score int64, base uint64) int64 {
	if score < 0 {
		return -int64(tenfold * log2(1+uint64(-(score+1))+1) / base)
	}
	return int64(tenfold * log2(1+uint64(score)) / base)
}

// log2 returns the binary logarithm of x ≥ 1, times 2^logBits, rounded down. It never falls as x
// grows: each step (square, compare, halve) keeps the order of its inputs.
func log2(x uint64) uint64 {
	n := uint64(bits.Len64(x) - 1)
	m := x << (63 - n) // the mantissa in [1, 2), its point after the top bit
	for range logBits {
		m, _ = bits.Mul64(m, m) // now in [1, 4), its point after the two top bits
		n <<= 1
		if m>>63 == 1 {
			n |= 1
		} else {
			m <<= 1
		}
	}
	return n
}

func clampTime(t int64) int64 { return min(max(t, 0), maxTime) }
