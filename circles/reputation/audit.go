package reputation

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// The nightly audit looks for people who rate as one hand does. What it finds is a suspicion: a human
// decides, and what nobody decides ends by itself.
const (
	AuditDays  = 90 // of ratings that are looked at, and of introductions that a confirmed finding cuts off
	AuditWaits = 14 // days after which a finding that nobody decided gives back what it held: silence is no verdict
	// It is well below the 30 days for which a tier bears a low standing, so a suspicion alone never costs one.

	alikeVotes  = 12 // counted ratings of each of two people
	alikeShare  = 80 // percent of all that the two rated which both rated
	inwardShare = 60 // percent of what a set gives which stays in it
	inwardVotes = 24 // fewer are chance
	inwardLeast = 3  // people in a set
	mutual      = 3  // counted ratings each way that tie two people into a set
	auditPeople = 500
	auditFinds  = 20 // of one circle in one night
	auditEvents = 500

	// Sets of ratings are compared by bands of least hashes, so the work grows with the ratings and not with
	// the pairs of people: two who share 80 percent meet in one of the bands with a probability of 0.998.
	bands    = 12
	bandRows = 4
	// bandMates bounds with how many of a band somebody is compared: those who rate alike are all like
	// the first.
	bandMates = 8
)

// A Given is a counted rating that stands.
type Given struct {
	Event           EventID
	Source, Subject ActorID
	Object          int64
	IntroducedBy    ActorID // who brought the source in; 0 = nobody
}

// A FindingKind says what was found.
type FindingKind string

const (
	Alike  FindingKind = "alike"  // people who rate the same things
	Inward FindingKind = "inward" // people who mostly rate each other
)

// A Finding is a set of people and the ratings that made it one.
type Finding struct {
	Kind    FindingKind
	People  []ActorID // ascending
	Ratings int       // that the set gave
	Percent int       // of them shared, or kept inside
	Events  []EventID // what is quarantined, at most a few hundred
}

// Audit returns what is suspicious among the ratings of one circle: people of whom each two rated at least
// 12 things, of which 80 percent are the same, and sets of which more than 60 percent of what they give stays
// inside. A set is whom one person brought in, or people tied by mutual ratings, and no more than half of
// those who rate: in a small circle everyone rates everyone. seed makes the comparison unpredictable; the
// cost grows with the number of ratings.
func Audit(given []Given, seed maphash.Seed) []Finding {
	a := auditor{given: given, by: map[ActorID][]int{}}
	for i, g := range given {
		a.by[g.Source] = append(a.by[g.Source], i)
	}
	found := a.alike(seed)
	found = append(found, a.inward()...)
	slices.SortFunc(found, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(len(y.People), len(x.People)), cmp.Compare(x.Kind, y.Kind), slices.Compare(x.People, y.People))
	})
	return found[:min(len(found), auditFinds)]
}

type auditor struct {
	given []Given
	by    map[ActorID][]int // indices in given
}

// alike joins people whose ratings are the same to sets.
func (a *auditor) alike(seed maphash.Seed) []Finding {
	sets := groups{}
	shares := map[ActorID]int{}
	buckets := map[uint64][]ActorID{}
	for _, who := range sorted(a.by) {
		mine := a.objects(who)
		if len(mine) < alikeVotes {
			continue
		}
		compared := map[ActorID]bool{}
		for band := range bands {
			key := band4(mine, seed, band)
			for _, other := range buckets[key] {
				if compared[other] {
					continue
				}
				compared[other] = true
				if share := jaccard(mine, a.objects(other)); share >= alikeShare {
					sets.join(who, other)
					shares[who] = share
					if old, ok := shares[other]; !ok || share < old {
						shares[other] = share
					}
				}
			}
			if len(buckets[key]) < bandMates {
				buckets[key] = append(buckets[key], who)
			}
		}
	}
	var found []Finding
	for _, people := range sets.all() {
		f := Finding{Kind: Alike, People: people, Percent: 100}
		for _, p := range people {
			f.Percent = min(f.Percent, shares[p])
			f.Ratings += len(a.by[p])
		}
		f.Events = a.events(people, func(Given) bool { return true })
		found = append(found, f)
	}
	return found
}

// inward weighs the families of introducers and the sets of mutual raters.
func (a *auditor) inward() []Finding {
	families := map[ActorID][]ActorID{}
	ties := map[[2]ActorID]int{}
	for _, who := range sorted(a.by) {
		if by := a.given[a.by[who][0]].IntroducedBy; by != 0 {
			families[by] = append(families[by], who)
		}
		for _, i := range a.by[who] {
			ties[[2]ActorID{who, a.given[i].Subject}]++
		}
	}
	sets := groups{}
	for pair, n := range ties {
		if n >= mutual && pair[0] < pair[1] && ties[[2]ActorID{pair[1], pair[0]}] >= mutual {
			sets.join(pair[0], pair[1])
		}
	}
	candidates := sets.all()
	for _, by := range sorted(families) {
		if family := families[by]; !slices.Contains(family, by) {
			families[by] = append(family, by)
		}
		slices.Sort(families[by])
		candidates = append(candidates, families[by])
	}
	var found []Finding
	seen := map[ActorID]bool{} // one person is in one such finding
	for _, people := range candidates {
		if f, ok := a.keeps(people); ok && !slices.ContainsFunc(people, func(p ActorID) bool { return seen[p] }) {
			found = append(found, f)
			for _, p := range people {
				seen[p] = true
			}
		}
	}
	return found
}

// keeps reports whether a set keeps most of what it gives.
func (a *auditor) keeps(people []ActorID) (Finding, bool) {
	if len(people) < inwardLeast || len(people) > auditPeople || 2*len(people) > len(a.by) {
		return Finding{}, false
	}
	in := make(map[ActorID]bool, len(people))
	for _, p := range people {
		in[p] = true
	}
	f := Finding{Kind: Inward, People: people}
	inside := 0
	for _, p := range people {
		for _, i := range a.by[p] {
			f.Ratings++
			if in[a.given[i].Subject] {
				inside++
			}
		}
	}
	if f.Ratings < inwardVotes || 100*inside <= inwardShare*f.Ratings {
		return Finding{}, false
	}
	f.Percent = 100 * inside / f.Ratings
	f.Events = a.events(people, func(g Given) bool { return in[g.Subject] })
	return f, true
}

func (a *auditor) events(people []ActorID, wanted func(Given) bool) []EventID {
	var ids []EventID
	for _, p := range people {
		for _, i := range a.by[p] {
			if wanted(a.given[i]) {
				ids = append(ids, a.given[i].Event)
			}
		}
	}
	slices.Sort(ids)
	return ids[max(0, len(ids)-auditEvents):] // the latest
}

func (a *auditor) objects(who ActorID) map[int64]bool {
	set := make(map[int64]bool, len(a.by[who]))
	for _, i := range a.by[who] {
		set[a.given[i].Object] = true
	}
	return set
}

// band4 is what the least hashes of a set come to in one band.
func band4(set map[int64]bool, seed maphash.Seed, band int) uint64 {
	var least [bandRows]uint64
	for row := range least {
		least[row] = ^uint64(0)
		for object := range set {
			least[row] = min(least[row], maphash.Comparable(seed, [3]int64{int64(band), int64(row), object}))
		}
	}
	return maphash.Comparable(seed, least) ^ uint64(band)
}

// jaccard returns how much two sets share, in percent of what is in either.
func jaccard(a, b map[int64]bool) int {
	both := 0
	for x := range a {
		if b[x] {
			both++
		}
	}
	return 100 * both / max(len(a)+len(b)-both, 1)
}

// groups joins people to sets; the value is one nearer to the set's head.
type groups map[ActorID]ActorID

func (g groups) head(a ActorID) ActorID {
	if _, ok := g[a]; !ok {
		g[a] = a
	}
	for g[a] != a {
		g[a] = g[g[a]]
		a = g[a]
	}
	return a
}

func (g groups) join(a, b ActorID) {
	a, b = g.head(a), g.head(b)
	g[max(a, b)] = min(a, b)
}

// all returns the sets, each ascending, of at most auditPeople.
func (g groups) all() [][]ActorID {
	sets := map[ActorID][]ActorID{}
	for _, p := range sorted(g) {
		if h := g.head(p); len(sets[h]) < auditPeople {
			sets[h] = append(sets[h], p)
		}
	}
	all := make([][]ActorID, 0, len(sets))
	for _, h := range sorted(sets) {
		all = append(all, sets[h])
	}
	return all
}

func sorted[V any](m map[ActorID]V) []ActorID {
	ids := make([]ActorID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
