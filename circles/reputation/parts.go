package reputation

// Parts are the terms of somebody's standing on a day, in milli-points, so that its owner can do the sum.
type Parts struct {
	Earned   int64 // by ratings
	Days     int64 // by days with accepted content
	Vouches  int64
	Bound    int64 // the most that the three may be together, by the branches; 0 = the version has no such bound
	Against  int64 // by upheld reports
	Standing int64

	DaysOn, VouchesHeld, Branches int
}

// Parts returns them.
func (v Version) Parts(p Person, d Day) Parts {
	out := Parts{Earned: p.A.Value(Half180, d), Against: p.P.Value(Half90, d), Standing: v.Standing(p, d),
		DaysOn: p.Days.Distinct(d, window), VouchesHeld: p.ActiveVouches(d), Branches: int(p.Branches)}
	out.Days = min(v.PerDayMost, v.PerDay*int64(out.DaysOn), out.Earned)
	out.Vouches = v.PerVouch * int64(min(v.VouchMost, out.VouchesHeld))
	out.Bound = v.PerBranch * int64(out.Branches)
	return out
}
