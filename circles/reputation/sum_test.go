package reputation

import (
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestGrowthTables(t *testing.T) {
	for _, table := range [][]uint32{growth180[:], growth90[:]} {
		n := len(table)
		for r, got := range table {
			// got^n ≤ 2^(24n+r) < (got+1)^n
			bound := new(big.Int).Lsh(big.NewInt(1), uint(24*n+r))
			low := new(big.Int).Exp(big.NewInt(int64(got)), big.NewInt(int64(n)), nil)
			high := new(big.Int).Exp(big.NewInt(int64(got)+1), big.NewInt(int64(n)), nil)
			if low.Cmp(bound) > 0 || high.Cmp(bound) <= 0 {
				t.Errorf("growth%d[%d] = %d", n, r, got)
			}
		}
	}
}

// TestSum compares the fixed words with numbers that have no size: in any order, with anything taken
// back, up to the horizon.
func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		half := rapid.SampledFrom([]HalfLife{Half180, Half90}).Draw(t, "half")
		var s Sum
		want := new(big.Int)
		weigh := func(d Day) *big.Int {
			m, shift := growth(half, d)
			return new(big.Int).Lsh(new(big.Int).SetUint64(m), shift)
		}
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			c := rapid.Int64Range(-maxAmount, maxAmount).Draw(t, "milli")
			d := Day(rapid.Int32Range(int32(Epoch), int32(Horizon)).Draw(t, "day"))
			s = s.Add(c, half, d)
			want.Add(want, new(big.Int).Mul(big.NewInt(c), weigh(d)))
		}
		d := Day(rapid.Int32Range(int32(Epoch), int32(Horizon)).Draw(t, "at"))
		value := new(big.Int).Div(want, weigh(d))
		if want.Sign() < 0 {
			value.SetInt64(0)
		}
		if got := s.Value(half, d); value.IsInt64() && got != value.Int64() {
			t.Fatalf("value on %d: got %d, want %s", d, got, value)
		}
		text, err := json.Marshal(s)
		var back Sum
		if err != nil || json.Unmarshal(text, &back) != nil || back != s {
			t.Fatalf("%s came back as %v, want %v", text, back, s)
		}
	})
}

func TestHalfLives(t *testing.T) {
	for _, h := range []HalfLife{Half180, Half90} {
		s := Sum{}.Add(33_000, h, Epoch+7)
		for n := range 6 {
			d := Epoch + 7 + Day(n*h.Days())
			if got, want := s.Value(h, d), int64(33_000>>n); got != want {
				t.Errorf("half-life %d after %d of them: got %d, want %d", h.Days(), n, got, want)
			}
		}
		if s = s.Add(-33_000, h, Epoch+7); !s.Zero() {
			t.Errorf("taken back: %v is left", s)
		}
	}
}

func TestDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOfN(rapid.Int32Range(1, 400), 0, 40).Draw(t, "days")
		var a, b Days
		latest := int32(0)
		for _, d := range days {
			a.Add(Day(d), 1)
			latest = max(latest, d)
		}
		for _, d := range rapid.Permutation(days).Draw(t, "order") {
			b.Add(Day(d), 1)
		}
		if a != b {
			t.Fatalf("order matters: %v and %v", a, b)
		}
		span := rapid.IntRange(1, window).Draw(t, "span")
		want := map[int32]int{}
		total := 0
		for _, d := range days {
			if d > latest-int32(span) {
				want[d]++
				total++
			}
		}
		if got := a.Distinct(Day(latest), span); got != len(want) {
			t.Fatalf("distinct days of %v in the %d up to %d: got %d, want %d", days, span, latest, got, len(want))
		}
		if got := a.Total(Day(latest), span); got != total {
			t.Fatalf("total: got %d, want %d", got, total)
		}
		if in := a.Eases(Day(latest), span, 1); a.Total(Day(latest)+Day(in), span) > 1 {
			t.Fatalf("after %d days %d are left", in, a.Total(Day(latest)+Day(in), span))
		}
	})
}
