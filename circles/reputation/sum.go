package reputation

import (
	"encoding/hex"
	"errors"
	"math"
	"math/bits"
)

// A HalfLife is how a sum fades. The two are the only ones, because each needs its own table.
type HalfLife uint8

const (
	Half180 HalfLife = iota // 180 days: what was earned
	Half90                  // 90 days: what was held against someone
)

// Days returns the half-life in days.
func (h HalfLife) Days() int {
	if h == Half90 {
		return len(growth90)
	}
	return len(growth180)
}

// growth returns G[d], the worth of one unit of day d, as m << shift. G doubles exactly every half-life
// and m is floor(2^(24+r/H)) for the r days within it, so that the constant is the same to the bit on
// every machine. d lies between Epoch and Horizon.
func growth(h HalfLife, d Day) (m uint64, shift uint) {
	n := uint(max(min(d, Horizon)-Epoch, 0))
	if h == Half90 {
		return uint64(growth90[n%90]), n / 90
	}
	return uint64(growth180[n%180]), n / 180
}

// A Sum is Σ c·G[d] over amounts c credited on days d: exact, so the order in which it was added up
// does not matter and what was added can be taken away. Decay is forward: nothing is ever rewritten
// as days pass; instead later days weigh more, and Value divides by the weight of the day of reading.
//
// It is a signed number of 192 bits, lowest word first: 122 half-lives, 25 bits of table and amounts
// up to 2^37 milli-points (137 million points, thousands of times what the caps let anyone hold).
type Sum [3]uint64

// maxAmount bounds one amount, in milli-points, so that its product with the table fits 62 bits.
const maxAmount = 1 << 37

// Add returns the sum with an amount of day d more, in milli-points; less, if it is negative.
func (s Sum) Add(milli int64, h HalfLife, d Day) Sum {
	m, shift := growth(h, d)
	v := max(min(milli, maxAmount), -maxAmount) * int64(m)
	sign := uint64(v >> 63)
	w := [3]uint64{uint64(v), sign, sign}
	if shift >= 64 {
		w, shift = [3]uint64{0, w[0], w[1]}, shift-64
	}
	w[2] = w[2]<<shift | w[1]>>(64-shift)
	w[1] = w[1]<<shift | w[0]>>(64-shift)
	w[0] <<= shift
	var c uint64
	s[0], c = bits.Add64(s[0], w[0], 0)
	s[1], c = bits.Add64(s[1], w[1], c)
	s[2], _ = bits.Add64(s[2], w[2], c)
	return s
}

// Zero reports whether nothing is in the sum, or everything was taken back.
func (s Sum) Zero() bool { return s == Sum{} }

// Value returns what the sum is worth on a day, in milli-points, rounded down and never below 0.
func (s Sum) Value(h HalfLife, d Day) int64 {
	if int64(s[2]) < 0 {
		return 0
	}
	m, shift := growth(h, d)
	if shift >= 64 {
		s, shift = Sum{s[1], s[2], 0}, shift-64
	}
	s[0] = s[0]>>shift | s[1]<<(64-shift)
	s[1] = s[1]>>shift | s[2]<<(64-shift)
	s[2] >>= shift
	if s[2] != 0 || s[1] >= m {
		return math.MaxInt64 // no ledger within the caps comes near
	}
	q, _ := bits.Div64(s[1], s[0], m)
	return int64(min(q, math.MaxInt64))
}

// MarshalText writes the sum as 48 hex digits, highest first: one column, equal when the sums are.
func (s Sum) MarshalText() ([]byte, error) {
	var b [24]byte
	for i, w := range s {
		for j := range 8 {
			b[23-8*i-j] = byte(w >> (8 * j))
		}
	}
	return hex.AppendEncode(nil, b[:]), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Sum) UnmarshalText(text []byte) error {
	var b [24]byte
	if len(text) != 48 {
		return errors.New("a sum has 48 hex digits")
	}
	if _, err := hex.Decode(b[:], text); err != nil {
		return err
	}
	*s = Sum{}
	for i, c := range b {
		k := 23 - i
		s[k/8] |= uint64(c) << (8 * (k % 8))
	}
	return nil
}
