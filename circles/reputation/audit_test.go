package reputation

import (
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// honestGiven is a circle of n people who each rated 40 contributions of anyone.
func honestGiven(rng *rand.Rand, n int) []Given {
	var given []Given
	for who := range n {
		for range 40 {
			given = append(given, Given{Event: EventID(len(given) + 1), Source: ActorID(who + 1), Subject: ActorID(rng.IntN(n) + 1), Object: int64(rng.IntN(5 * n)), IntroducedBy: ActorID(rng.IntN(n) + 1)})
		}
	}
	return given
}

func TestAuditFindsNothingAmongTheHonest(t *testing.T) {
	for seed := range uint64(20) {
		if found := Audit(honestGiven(rand.New(rand.NewPCG(seed, 1)), 120), maphash.MakeSeed()); len(found) != 0 {
			t.Fatalf("seed %d: %+v", seed, found)
		}
	}
	var few []Given // five friends are a circle, not a ring
	for i := range 200 {
		few = append(few, Given{Event: EventID(i + 1), Source: ActorID(i%5 + 1), Subject: ActorID((i+1+i/5%4)%5 + 1), Object: int64(i % 7)})
	}
	for _, f := range Audit(few, maphash.MakeSeed()) {
		if f.Kind == Inward {
			t.Errorf("a circle of five keeps to itself: %+v", f)
		}
	}
}

// TestAuditFindsRings: who rates the same things, who rates one another, and whom one person brought in to do
// so; each at the numbers that docs/standing.md promises, and not below them.
func TestAuditFindsRings(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	honest := honestGiven(rng, 120)
	with := func(more ...Given) []Given {
		all := append(slices.Clone(honest), more...)
		for i := range all {
			all[i].Event = EventID(i + 1)
		}
		return all
	}
	rated := func(who ActorID, objects ...int64) (all []Given) {
		for _, o := range objects {
			all = append(all, Given{Source: who, Subject: ActorID(1 + o%120), Object: o})
		}
		return all
	}
	span := func(from, to int64) (all []int64) {
		for o := from; o < to; o++ {
			all = append(all, o)
		}
		return all
	}
	// 12 of 15 in either are 80 percent; 11 of 14 are 78.
	pair := with(append(rated(1001, span(9000, 9014)...), rated(1002, append(span(9000, 9012), 9500)...)...)...)
	near := with(append(rated(1001, span(9000, 9013)...), rated(1002, append(span(9000, 9011), 9500)...)...)...)
	few := with(append(rated(1001, span(9000, 9011)...), rated(1002, span(9000, 9011)...)...)...)
	var ring, family []Given
	for i := range 10 {
		for j := range 10 {
			if i != j {
				for n := range 3 {
					ring = append(ring, Given{Source: ActorID(2000 + i), Subject: ActorID(2000 + j), Object: int64(20_000 + 100*j + 10*n + i)})
				}
			}
		}
		for n := range 5 { // one way: all to the first, who gives nothing back
			family = append(family, Given{Source: ActorID(3000 + i), Subject: 3999, Object: int64(30_000 + 10*i + n), IntroducedBy: 3999})
		}
	}
	for _, tt := range []struct {
		name   string
		given  []Given
		kind   FindingKind
		people int
		events int
	}{
		{"80 percent of 15", pair, Alike, 2, 27}, {"78 percent of 14", near, "", 0, 0}, {"eleven votes", few, "", 0, 0},
		{"mutual ring", with(ring...), Inward, 10, 270}, {"one person's family", with(family...), Inward, 11, 50},
	} {
		found := Audit(tt.given, maphash.MakeSeed())
		if tt.kind == "" {
			if len(found) != 0 {
				t.Errorf("%s: %+v", tt.name, found)
			}
			continue
		}
		if len(found) != 1 || found[0].Kind != tt.kind || len(found[0].People) != tt.people || len(found[0].Events) != tt.events {
			t.Errorf("%s: got %+v, want one %s of %d people and %d ratings", tt.name, found, tt.kind, tt.people, tt.events)
		}
	}
}

// BenchmarkAudit: the cost follows the ratings, also where everyone rates alike.
func BenchmarkAudit(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		given := honestGiven(rand.New(rand.NewPCG(1, 1)), n)
		for who := range n / 2 {
			for o := range 30 {
				given = append(given, Given{Event: EventID(len(given) + 1), Source: ActorID(100_000 + who), Subject: 7, Object: int64(1_000_000 + o)})
			}
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				Audit(given, maphash.MakeSeed())
			}
		})
	}
}
