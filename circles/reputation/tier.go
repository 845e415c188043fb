package reputation

// A Tier is what somebody's standing opens in one circle. It gives access and weight, never powers.
type Tier uint8

const (
	Newcomer Tier = iota
	Member
	Regular
	Trusted
)

var tierNames = [...]string{"newcomer", "member", "regular", "trusted"}

func (t Tier) String() string { return tierNames[min(t, Trusted)] }

// ParseTier reads a tier's name.
func ParseTier(s string) (Tier, bool) {
	for i, name := range tierNames {
		if name == s {
			return Tier(i), true
		}
	}
	return Newcomer, false
}

// A Latch holds a tier once it was reached, until standing stayed below its mark for the days of grace.
type Latch struct {
	On  bool `json:"on"`
	Low Day  `json:"low"` // the first day of the present run below the mark; 0 = above it
}

// Standing is the number itself, in milli-points from 0 to Version.Most, on a day:
//
//	min(15·branches, A + min(20, ½·D, A) + 10·min(2, V)) − P
//
// (V1 has no bound by branches.) It is for its owner's eyes; gates ask it through Facts.
func (v Version) Standing(p Person, d Day) int64 {
	s := v.good(&p, d)
	return min(max(s-p.P.Value(Half90, d), 0), v.Most)
}

// good is standing before anything is held against it.
func (v Version) good(p *Person, d Day) int64 {
	earned := p.A.Value(Half180, d)
	s := earned
	if earned > 0 {
		s += min(v.PerDayMost, v.PerDay*int64(p.Days.Distinct(d, window)), earned)
	}
	s += v.PerVouch * int64(min(v.VouchMost, p.ActiveVouches(d)))
	if v.PerBranch > 0 {
		s = min(s, v.PerBranch*int64(p.Branches))
	}
	return s
}

// ActiveVouches returns how many vouches hold on a day.
func (p *Person) ActiveVouches(d Day) int {
	n := 0
	for _, w := range p.Vouches {
		if w.Event != 0 && w.From <= d && d < w.Until {
			n++
		}
	}
	return n
}

// Tier returns the tier on a day, the day itself included as far as it has gone.
func (v Version) Tier(p, home Person, c Circle, d Day) Tier {
	p.Advance(v, home, c, d) // p is a copy: the day may still change
	switch {
	case p.Trusted.On:
		return Trusted
	case p.Regular.On:
		return Regular
	case v.member(p, home, d):
		return Member
	}
	return Newcomer
}

// member reports whether somebody is a Member: known and active long enough, vouched for, or approved.
// Absence does not take it away; only the reversal of the vouch or approval that gave it does.
func (v Version) member(p, home Person, d Day) bool {
	return p.Vouched > 0 || p.Approved > 0 || p.Operates > 0 ||
		home.Known != 0 && home.ThirdActive != 0 && max(home.Known+Day(v.MemberDays), home.ThirdActive) <= d
}

// Advance lets the days up to the end of day through pass over the latches. Days already passed are
// not passed again, and in one go or day by day the outcome is the same, so a sweep may run when it
// likes; but every event of a day must be applied before that day has passed.
func (p *Person) Advance(v Version, home Person, c Circle, through Day) {
	if p.Checked == 0 || p.A.Zero() && !p.Regular.On {
		// Nothing was here before, or nobody gave anything: without a branch no rung can be reached.
		p.Checked = max(p.Checked, through)
		return
	}
	for p.Checked < through {
		p.Checked++
		d := p.Checked
		s := v.Standing(*p, d)
		p.Regular.step(v, v.Regular, s, d, p, home, c)
		if p.Regular.On || p.Trusted.On {
			p.Trusted.step(v, v.Trusted, s, d, p, home, c)
		}
	}
}

// step is one day of one latch. A latch that is off closes when all that its rung asks is there; one
// that is on opens after v.Grace days in a row below the mark.
func (l *Latch) step(v Version, r Rung, s int64, d Day, p *Person, home Person, c Circle) {
	if !l.On {
		l.On = s >= r.Score &&
			int(p.Branches) >= min(r.Branches, c.available(d)) &&
			p.Days.Distinct(d, window) >= r.Accepted &&
			home.Known != 0 && int(d-home.Known) >= r.Known
		l.Low = 0
		return
	}
	switch {
	case s*1000 >= r.Score*v.Mark:
		l.Low = 0
	case l.Low == 0:
		l.Low = d
	}
	if l.Low != 0 && int(d-l.Low) >= v.Grace {
		*l = Latch{}
	}
}
