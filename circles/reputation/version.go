package reputation

// A Version is one published formula, whole: the constants in which formulas differ. Amounts are in
// milli-points and spans in days. A change to any of them is a new Version with a new number; the old
// one stays, because old events were credited by it and must be verifiable for ever.
type Version struct {
	Number int

	Like, Helpful int64 // what a rating is worth at full weight

	WeightMember  int64 // of a Member who was introduced, in thousandths
	WeightRegular int64 // of a Regular, Trusted, owner or operator
	Exchange      int   // a pair that exchanged ratings in this many days counts half
	Budget        int   // counted ratings a rater has ...
	BudgetSpan    int   // ... in this many days

	RaterCap   int64 // held at once from one rater
	BranchCap  int64 // from one branch
	DomainCap  int64 // from one remote domain
	OwnDomain  int64 // from one's own remote domain
	PerDay     int64 // for each day with accepted content ...
	PerDayMost int64 // ... up to this, and never more than what was earned
	PerVouch   int64
	VouchMost  int   // vouches that raise standing
	PerBranch  int64 // the most that all this may be for each branch that gave anything; 0 = no such bound
	Most       int64

	Minor, Serious int64 // what an upheld report takes

	IntroLikes int // so many likes ...
	IntroDays  int // ... on at least so many days by one Regular introduce (only 1 and 2 are told apart)

	MemberDays, MemberActive int // known here, active here
	Regular, Trusted         Rung
	Grace                    int   // days below the mark before a tier is lost
	Mark                     int64 // thousandths of a tier's score that keep it

	VouchDays      int // how long a vouch holds
	RegularVouches int // in 365 days
	OperatorVouch  int // in 30 days
	VouchLost      int // how long a voucher for abuse may not vouch

	AcceptedPerDay int // accepted contributions counted a day in one circle
}

// A Rung is what a tier above Member asks.
type Rung struct {
	Score    int64 // milli-points of standing
	Branches int   // from which something was earned; fewer in a circle that has fewer
	Accepted int   // of the last 90 days with accepted content
	Known    int   // days known here
}

// V1 is Standing v1.
func V1() Version {
	return Version{
		Number: 1,
		Like:   1000, Helpful: 3000,
		WeightMember: 500, WeightRegular: 1000, Exchange: 30, Budget: 30, BudgetSpan: 30,
		RaterCap: 3000, BranchCap: 15_000, DomainCap: 15_000, OwnDomain: 5000,
		PerDay: 500, PerDayMost: 20_000, PerVouch: 10_000, VouchMost: 2, Most: 100_000,
		Minor: 5000, Serious: 15_000,
		IntroLikes: 3, IntroDays: 2,
		MemberDays: 3, MemberActive: 3,
		Regular: Rung{Score: 20_000, Branches: 3, Accepted: 10, Known: 21},
		Trusted: Rung{Score: 50_000, Branches: 5, Known: 60},
		Grace:   30, Mark: 800,
		VouchDays: 365, RegularVouches: 10, OperatorVouch: 20, VouchLost: 90,
		AcceptedPerDay: 100,
	}
}

// V2 is V1 with one more bound: standing is at most 15 for each branch that gave anything. Under V1 the
// sum of ratings kept to that, but one's own days and two vouches came on top, so one fooled branch was
// worth 40 points and two were worth 70 (docs/standing.md has the tables).
func V2() Version {
	v := V1()
	v.Number, v.PerBranch = 2, 15_000
	return v
}

// Current is the version that new events are credited by.
func Current() Version { return V2() }

// VersionOf returns a published version by its number; false if there is none.
func VersionOf(number int) (Version, bool) {
	switch number {
	case 1:
		return V1(), true
	case 2:
		return V2(), true
	}
	return Version{}, false
}
