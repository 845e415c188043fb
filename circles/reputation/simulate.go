package reputation

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// An Attack is a row of the simulation: what 200 accounts of one hand have to work with, beside a
// circle of three operators and 150 honest members that has run for 120 days.
type Attack struct {
	Name      string
	Fooled    int  // honest Regulars, each of another branch, who vouch for the ring and like it all day
	Approved  int  // accounts with one item that an operator approved
	Corrupt   bool // an operator works for the ring
	Domains   int  // the ring sits on so many remote domains; 0 = local
	OwnCircle bool // it farms in a circle of its own, and writes nowhere else
	Appeals   bool // it appeals against a Careful gate that nobody answers for, and writes nowhere else
}

// Attacks returns the rows of the published table.
func Attacks() []Attack {
	return []Attack{
		{Name: "no insider"},
		{Name: "12 approved posts", Approved: 12},
		{Name: "50 approved posts", Approved: 50},
		{Name: "1 fooled Regular", Fooled: 1},
		{Name: "2 fooled Regulars", Fooled: 2},
		{Name: "3 fooled Regulars", Fooled: 3},
		{Name: "4 fooled Regulars", Fooled: 4},
		{Name: "5 fooled Regulars", Fooled: 5},
		{Name: "6 fooled Regulars", Fooled: 6},
		{Name: "6 fooled, one remote domain", Fooled: 6, Domains: 1},
		{Name: "6 fooled, 2 domains", Fooled: 6, Domains: 2},
		{Name: "6 fooled, 4 domains", Fooled: 6, Domains: 4},
		{Name: "6 fooled, 20 domains", Fooled: 6, Domains: 20},
		{Name: "a corrupt operator", Corrupt: true},
		{Name: "own-circle farming", OwnCircle: true},
		{Name: "appeal flood", Appeals: true},
	}
}

// An Outlook is how far an attack has come on some day.
type Outlook struct {
	Day      int
	Standing int64 // of the ring's best account in the circle attacked, milli-points
	Earned   int64 // of that the sum of credited ratings
	Tier     Tier  // the best in the ring
	Regulars int   // accounts of the ring at Regular or above
	Own      int64 // the best standing in the ring's own circle
	Gate     int   // accounts of the ring that may comment behind a Careful gate elsewhere
	Passes   int   // provisional passes granted so far
}

// Simulated is a row of the table. Bound is 15 points for each branch that was fooled, the promise
// about Standing.
type Simulated struct {
	Attack
	Bound    int64
	Outlooks []Outlook
}

const (
	simOperators = 3
	simHonest    = 150
	simJoiners   = 20 // of the honest, those who come when the attack begins
	simRing      = 200
	simWarmUp    = 120 // days

	firstOfRing ActorID = 1000

	attacked CircleID = 1
	ringsOwn CircleID = 2
	unmanned CircleID = 3
)

// A Simulation is a circle in its 120th day of honest life, on the real functions, from which attacks
// set out. It is a toy all the same: people here like at random and never look at what they read.
type Simulation struct {
	v      Version
	s      *State
	rng    *rand.Rand
	seed   uint64
	day    Day
	id     EventID
	recent [3][]ActorID       // authors of what was accepted on the last three days
	coming map[Day][]upcoming // what will be accepted
	fooled []ActorID
	ring   []ActorID
	passes map[ActorID]Day
	given  int                // passes
	since  map[ActorID][2]Day // joiners: days until Member and Regular
	start  Day
}

type upcoming struct {
	circle  CircleID
	who     ActorID
	outside bool
}

// NewSimulation runs the honest 120 days. The same seed gives the same everything.
func NewSimulation(v Version, seed uint64) *Simulation {
	m := &Simulation{v: v, s: NewState(), rng: rand.New(rand.NewPCG(seed, 1)), seed: seed, day: Epoch,
		coming: map[Day][]upcoming{}, passes: map[ActorID]Day{}, since: map[ActorID][2]Day{}}
	for who := range ActorID(simOperators) {
		m.note(Known, 0, who+1)
		m.note(Operates, attacked, who+1)
	}
	for i := range simHonest - simJoiners {
		m.note(Known, 0, honest(i))
		if i < 30 {
			m.vouch(attacked, honest(i), ActorID(1+i%simOperators), "")
		}
	}
	for range simWarmUp {
		m.honestDay(simHonest - simJoiners)
		m.day++
	}
	return m
}

func honest(i int) ActorID { return ActorID(100 + i) }

// Run lets an attack go on for as many days as the last of at says, and reports on each of those days.
func (m *Simulation) Run(a Attack, at ...int) Simulated {
	out := Simulated{Attack: a, Bound: m.v.BranchCap * int64(a.Fooled)}
	m = m.fork()
	m.fooled = m.branchesOf(a.Fooled)
	for i := range simRing {
		m.ring = append(m.ring, firstOfRing+ActorID(i))
		m.note(Known, 0, m.ring[i])
		if i < a.Approved {
			m.note(Approved, attacked, m.ring[i])
			m.accept(upcoming{attacked, m.ring[i], true})
		}
	}
	if a.OwnCircle {
		m.note(Operates, ringsOwn, m.ring[0])
	}
	for i := range simJoiners {
		m.note(Known, 0, honest(simHonest-1-i))
	}
	for n := 0; n <= slices.Max(at); n++ {
		if slices.Contains(at, n) {
			out.Outlooks = append(out.Outlooks, m.outlook(n))
		}
		m.honestDay(simHonest)
		m.ringDay(a)
		m.day++
	}
	return out
}

func (m *Simulation) fork() *Simulation {
	c := *m
	c.s = m.s.Clone()
	c.rng = rand.New(rand.NewPCG(m.seed, 2))
	c.coming = map[Day][]upcoming{}
	for d, list := range m.coming {
		c.coming[d] = slices.Clone(list)
	}
	c.passes, c.since, c.start = map[ActorID]Day{}, map[ActorID][2]Day{}, m.day
	return &c
}

// branchesOf returns n honest Regulars of n branches.
func (m *Simulation) branchesOf(n int) []ActorID {
	var found []ActorID
	seen := map[ActorID]bool{}
	for i := 0; len(found) < n && i < simHonest; i++ {
		b := m.s.Person(attacked, honest(i)).Intro.Branch
		if b != 0 && !seen[b] && m.s.Tier(m.v, attacked, honest(i), m.day) >= Regular {
			found, seen[b] = append(found, honest(i)), true
		}
	}
	if len(found) < n {
		panic(fmt.Sprintf("the circle has Regulars of only %d branches", len(found)))
	}
	return found
}

// honestDay: one in three writes, three in five like something of the last days, Regulars now and then
// vouch for someone new, operators read on.
func (m *Simulation) honestDay(n int) {
	m.settle()
	authors := slices.Concat(m.recent[0], m.recent[1], m.recent[2])
	for i := range n {
		who := honest(i)
		if m.rng.IntN(3) == 0 {
			m.note(Active, 0, who)
			m.coming[m.day+acceptedAfter] = append(m.coming[m.day+acceptedAfter], upcoming{attacked, who, true})
		}
		if slices.Contains(m.fooled, who) {
			continue
		}
		if len(authors) > 0 && m.rng.IntN(5) < 3 {
			m.rate(attacked, pickKind(m.rng.IntN(25) == 0), authors[m.rng.IntN(len(authors))], who, 0)
		}
		if m.rng.IntN(90) == 0 {
			m.vouch(attacked, honest(m.rng.IntN(n)), who, "")
		}
		if i >= simHonest-simJoiners {
			m.watch(who)
		}
	}
	for who := ActorID(1); who <= simOperators; who++ {
		if len(authors) > 0 {
			m.rate(attacked, pickKind(m.rng.IntN(4) == 0), authors[m.rng.IntN(len(authors))], who, 0)
		}
	}
}

func pickKind(helpful bool) Kind {
	if helpful {
		return Helpful
	}
	return Like
}

// settle accepts what was written two days ago.
func (m *Simulation) settle() {
	m.recent[m.day%3] = nil
	for _, c := range m.coming[m.day] {
		m.accept(c)
		if c.circle == attacked && c.who < firstOfRing {
			m.recent[m.day%3] = append(m.recent[m.day%3], c.who)
		}
	}
	delete(m.coming, m.day)
}

func (m *Simulation) watch(who ActorID) {
	t, seen := m.s.Tier(m.v, attacked, who, m.day), m.since[who]
	if t >= Member && seen[0] == 0 {
		seen[0] = m.day - m.start
	}
	if t >= Regular && seen[1] == 0 {
		seen[1] = m.day - m.start
	}
	m.since[who] = seen
}

// Joiners returns how many days the honest newcomers of an undisturbed circle took to Member and to
// Regular, the median, and how many of how many became Regular within the days simulated.
func (m *Simulation) Joiners(days int) (member, regular Day, became, of int) {
	m = m.fork()
	for i := range simJoiners {
		m.note(Known, 0, honest(simHonest-1-i))
	}
	for range days {
		m.honestDay(simHonest)
		m.day++
	}
	var members, regulars []Day
	for _, s := range m.since {
		members = append(members, s[0])
		if s[1] != 0 {
			regulars = append(regulars, s[1])
		}
	}
	slices.Sort(members)
	slices.Sort(regulars)
	if len(regulars) > 0 {
		regular = regulars[len(regulars)/2]
	}
	return members[len(members)/2], regular, len(regulars), simJoiners
}
