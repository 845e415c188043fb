package ranking

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const hour = 3600 * 1_000_000

// anyInt draws ordinary numbers and the edges that a hostile peer would send.
func anyInt() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(-1000, 1000),
		rapid.Int64(),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}),
	)
}

// TestHotWorth pins the exchange rate between votes and hours, which a change of constant or of
// rounding would move under every feed.
func TestHotWorth(t *testing.T) {
	const t0 = 1_795_000_000_000_000
	tests := []struct {
		score int64
		want  float64 // hours
	}{
		{0, 0}, {1, 3.7629}, {9, 12.5}, {99, 25}, {999, 37.5}, {-1, -3.7629}, {-9, -12.5},
	}
	for _, tt := range tests {
		got := float64(Hot(tt.score, t0)-t0) / hour
		if math.Abs(got-tt.want) > 0.001 {
			t.Errorf("Hot(%d) is worth %.4f hours, want %.4f", tt.score, got, tt.want)
		}
	}
}

func TestScaledFavoursSmallCircles(t *testing.T) {
	const t0 = 1_795_000_000_000_000
	small, large := Scaled(10, t0, 20), Scaled(10, t0, 20_000)
	if small <= large {
		t.Errorf("ten votes among 20 rank %d, among 20,000 %d; want the small circle first", small-t0, large-t0)
	}
	if got, want := Scaled(37, t0, neutralActive), Hot(37, t0); got != want {
		t.Errorf("Scaled at %d active = %d, want Hot = %d", neutralActive, got, want)
	}
	if got, want := Scaled(5, t0, -3), Scaled(5, t0, 0); got != want {
		t.Errorf("Scaled with -3 active = %d, want it as with none: %d", got, want)
	}
}

func TestActiveStopsAfterTwoDays(t *testing.T) {
	const t0 = 1_795_000_000_000_000
	tests := []struct {
		name string
		last int64
		want int64
	}{
		{"no comment", 0, t0},
		{"older than the post", t0 - hour, t0},
		{"an hour later", t0 + hour, t0 + hour},
		{"a year later", t0 + 365*24*hour, t0 + 48*hour},
		{"hostile", math.MaxInt64, t0 + 48*hour},
	}
	for _, tt := range tests {
		if got, want := Active(7, t0, tt.last), Hot(7, tt.want); got != want {
			t.Errorf("%s: Active = %d, want %d", tt.name, got, want)
		}
	}
}

func TestControversialOrdersLikeThePower(t *testing.T) {
	power := func(up, down int64) float64 {
		return math.Pow(float64(up+down), float64(min(up, down))/float64(max(up, down)))
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 100_000)
		u1, d1, u2, d2 := n.Draw(t, "u1"), n.Draw(t, "d1"), n.Draw(t, "u2"), n.Draw(t, "d2")
		p1, p2 := power(u1, d1), power(u2, d2)
		if p1 <= p2*1.001 { // closer than the precision of the logarithm says nothing
			return
		}
		if c1, c2 := Controversial(u1, d1), Controversial(u2, d2); c1 < c2 {
			t.Fatalf("%d:%d ranks %d below %d:%d with %d, but %f > %f", u1, d1, c1, u2, d2, c2, p1, p2)
		}
	})
}

func TestControversialBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		up, down := anyInt().Draw(t, "up"), anyInt().Draw(t, "down")
		got := Controversial(up, down)
		if got != Controversial(down, up) {
			t.Fatalf("Controversial(%d, %d) is not symmetric", up, down)
		}
		if (up <= 0 || down <= 0) && got != 0 {
			t.Fatalf("Controversial(%d, %d) = %d, want 0 without votes on both sides", up, down, got)
		}
		if got < 0 || got > 64<<logBits {
			t.Fatalf("Controversial(%d, %d) = %d, out of range", up, down, got)
		}
	})
}

func TestRanksGrowWithScoreAndTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s1, s2 := anyInt().Draw(t, "s1"), anyInt().Draw(t, "s2")
		p1, p2 := anyInt().Draw(t, "p1"), anyInt().Draw(t, "p2")
		c, mau := anyInt().Draw(t, "comment"), anyInt().Draw(t, "mau")
		s1, s2 = min(s1, s2), max(s1, s2)
		p1, p2 = min(p1, p2), max(p1, p2)
		for name, rank := range map[string]func(s, p int64) int64{
			"Hot":    Hot,
			"Scaled": func(s, p int64) int64 { return Scaled(s, p, mau) },
			"Active": func(s, p int64) int64 { return Active(s, p, c) },
		} {
			if a, b := rank(s1, p1), rank(s2, p1); a > b {
				t.Fatalf("%s falls from score %d to %d: %d > %d", name, s1, s2, a, b)
			}
			if a, b := rank(s1, p1), rank(s1, p2); a > b {
				t.Fatalf("%s falls from time %d to %d: %d > %d", name, p1, p2, a, b)
			}
			// Nothing comes near the ends of int64, whatever arrives.
			if a := rank(s1, p1); a > 1<<58 || a < -(1<<58) {
				t.Fatalf("%s(%d, %d) = %d", name, s1, p1, a)
			}
		}
	})
}

// TestHotSeparatesEveryVote: within the votes that a post can really have, one more is visible.
func TestHotSeparatesEveryVote(t *testing.T) {
	for s := int64(-5_000); s < 5_000; s++ {
		if a, b := Hot(s, hour), Hot(s+1, hour); a >= b {
			t.Fatalf("Hot(%d) = %d, Hot(%d) = %d; want it to grow", s, a, s+1, b)
		}
	}
}

func TestLog2(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.OneOf(rapid.Uint64Range(1, 1<<20), rapid.Uint64Min(1)).Draw(t, "x")
		got := float64(log2(x)) / (1 << logBits)
		if want := math.Log2(float64(x)); math.Abs(got-want) > 1.5/(1<<logBits) {
			t.Fatalf("log2(%d) = %f, want %f", x, got, want)
		}
	})
}

func TestCompareIsTotal(t *testing.T) {
	few := rapid.Int64Range(-2, 2) // so that ties are common
	entry := rapid.Custom(func(t *rapid.T) Entry {
		return Entry{
			ID: rapid.Int64Range(1, 30).Draw(t, "id"), Score: few.Draw(t, "score"), Published: few.Draw(t, "published"),
			Hot: few.Draw(t, "hot"), Active: few.Draw(t, "active"), Scaled: few.Draw(t, "scaled"), Controversial: few.Draw(t, "controversial"),
		}
	})
	orders := append(FeedOrders(), CommentOrders()...)
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(orders).Draw(t, "order")
		a, b, c := entry.Draw(t, "a"), entry.Draw(t, "b"), entry.Draw(t, "c")
		if o.Compare(a, b) != -o.Compare(b, a) {
			t.Fatalf("%s: Compare(a, b) and Compare(b, a) agree", o)
		}
		if a.ID != b.ID && o.Compare(a, b) == 0 {
			t.Fatalf("%s leaves two entries unordered", o)
		}
		if o.Compare(a, b) < 0 && o.Compare(b, c) < 0 && o.Compare(a, c) >= 0 {
			t.Fatalf("%s is not transitive", o)
		}
	})
}

func TestCompareOrders(t *testing.T) {
	entries := []Entry{
		{ID: 1, Score: 5, Published: 10, Hot: 1, Controversial: 9},
		{ID: 2, Score: 9, Published: 20, Hot: 3},
		{ID: 3, Score: 5, Published: 30, Hot: 2},
	}
	tests := []struct {
		order Order
		want  []int64
	}{
		{ByHot, []int64{2, 3, 1}},
		{ByTop, []int64{2, 3, 1}},
		{ByNew, []int64{3, 2, 1}},
		{ByOld, []int64{1, 2, 3}},
		{ByControversial, []int64{1, 3, 2}},
	}
	for _, tt := range tests {
		list := slices.Clone(entries)
		slices.SortFunc(list, tt.order.Compare)
		var got []int64
		for _, e := range list {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.order, got, tt.want)
		}
	}
}

func TestParseOrder(t *testing.T) {
	tests := []struct {
		in   string
		want Order
	}{{"top", ByTop}, {"old", ByHot}, {"", ByHot}, {"<script>", ByHot}}
	for _, tt := range tests {
		if got := ParseOrder(tt.in, FeedOrders()); got != tt.want {
			t.Errorf("ParseOrder(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
