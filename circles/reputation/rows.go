package reputation

// A Person is one person in one circle, or on the instance (circle 0): all that standing needs to know
// of them there. It is a plain value; the zero value is somebody about whom nothing is known.
type Person struct {
	A        Sum   `json:"a"`        // what was credited, half-life 180 days
	P        Sum   `json:"p"`        // what was held against them, half-life 90 days
	Branches int32 `json:"branches"` // from which anything was credited and not taken back
	Accepted int32 `json:"accepted"` // contributions; on the instance those that count outside their circle
	Days     Days  `json:"days"`     // accepted contributions by day: D is its distinct days
	Strikes  Days  `json:"strikes"`  // upheld reports by day

	Approved int32               `json:"approved"` // times an operator approved them
	Vouched  int32               `json:"vouched"`  // vouches ever received and not reversed
	Vouches  [maxVouches]Voucher `json:"vouches"`  // those that may still hold, by event
	Intro    Introduction        `json:"intro"`
	Operates int32               `json:"operates"` // roles that operate the circle; 0 = none

	Rated   Days        `json:"rated"`    // counted ratings given, by day
	Given   [recent]Day `json:"given"`    // the latest vouches given, latest first
	NoVouch Day         `json:"no_vouch"` // may not vouch before this day

	Regular Latch `json:"regular"`
	Trusted Latch `json:"trusted"`
	Checked Day   `json:"checked"` // the latches hold as of the end of this day

	// On the instance only.
	Known       Day  `json:"known"`        // first verified activity; 0 = never
	Active      Days `json:"active"`       // active days
	ThirdActive Day  `json:"third_active"` // the day on which Member's active days were reached; 0 = not yet
}

const (
	// maxVouches bounds how many vouches of one person are kept at a time. Two raise standing and no
	// gate may ask more than two; the rest is for those that expire.
	maxVouches = 10

	// recent is how many given vouches a quota must look back on: the larger of the two quotas.
	recent = 20
)

// A Voucher is one vouch received.
type Voucher struct {
	Event EventID `json:"event"` // 0 = an empty place
	By    ActorID `json:"by"`
	From  Day     `json:"from"`
	Until Day     `json:"until"` // the first day on which it no longer holds
}

// An Introduction says through whom somebody came into a circle. The first one stays until reversed.
type Introduction struct {
	Event  EventID `json:"event"` // 0 = not introduced
	By     ActorID `json:"by"`
	Branch ActorID `json:"branch"` // the first person below an operator on the way here
}

// An Edge is what one person gave another in one circle.
type Edge struct {
	A     Sum   `json:"a"`     // credited; the rater's cap reads it
	Likes int32 `json:"likes"` // counted likes
	// The days of those likes, summed and squared: all on one day exactly when Likes·Squares = Sum².
	// Unlike a first and a last day this can be taken back.
	DaySum     int64 `json:"day_sum"`
	DaySquares int64 `json:"day_squares"`
	Last       Day   `json:"last"` // latest counted rating; a reversal leaves it, for the exchange took place
}

// onDays reports whether there are at least so many counted likes, not all of one day if days > 1.
func (e Edge) onDays(likes, days int) bool {
	return int(e.Likes) >= likes && (days < 2 || int64(e.Likes)*e.DaySquares != e.DaySum*e.DaySum)
}

// A Circle is what the rules need to know of a circle as a whole.
type Circle struct {
	Operators int32 `json:"operators"`
	Heads     int32 `json:"heads"` // people introduced by an operator: each begins a branch
	// Reached[n] is the day on which n+1 branches were first available; 0 = not yet. It never shrinks,
	// so a tier can be computed for a day in the past.
	Reached [mostBranches]Day `json:"reached"`
}

// mostBranches is the largest number of branches that a tier may ask.
const mostBranches = 5

func (c *Circle) reach(d Day) {
	for i := range min(int(c.Operators+c.Heads), mostBranches) {
		if c.Reached[i] == 0 {
			c.Reached[i] = d
		}
	}
}

// available returns how many branches the circle had offered by the end of a day, at least 1.
func (c *Circle) available(d Day) int {
	n := 1
	for i, at := range c.Reached {
		if at != 0 && at <= d {
			n = max(n, i+1)
		}
	}
	return n
}

// Rows are the rows that one event reads and changes: however long the history, no more than these.
type Rows struct {
	Subject   Person // in the circle
	Home      Person // the subject on the instance
	Rater     Person // the source in the circle; zero for kinds without one
	RaterHome Person // the source on the instance, read only
	Given     Edge   // from the source to the subject
	Back      Edge   // from the subject to the source, read only
	Branch    Sum    // to the subject from the source's branch
	Domain    Sum    // to the subject from the source's remote domain; zero if local
	Circle    Circle
}
