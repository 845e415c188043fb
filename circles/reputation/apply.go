package reputation

// Apply returns the rows as they are after an event, which must have passed Event.Check. It decides
// nothing: what the event is worth was decided when it was credited. Sums come out the same whatever
// the order of reading; tiers remember the days gone by, so events come in the ledger's order.
func Apply(r Rows, e Event) Rows {
	v, _ := VersionOf(e.FormulaVersion)
	at := DayOf(e.At)
	n := e.sign()
	count := int(e.CreditedMilli / one)
	who := &r.Subject
	if e.Circle == 0 {
		who = &r.Home
	} else {
		who.Advance(v, r.Home, r.Circle, at-1)
	}
	switch e.Kind {
	case Known:
		who.known(e.Day, n)
	case Active:
		who.Active.Add(e.Day, count)
		if who.ThirdActive == 0 && who.Active.Distinct(e.Day, window) >= v.MemberActive {
			who.ThirdActive = e.Day
		}
	case Accepted:
		who.Accepted += int32(count)
		who.Days.Add(e.Day, count)
		if e.Outside {
			r.Home.Accepted += int32(count)
			r.Home.Days.Add(e.Day, count)
		}
	case Like, Helpful:
		r.rated(e, n)
	case Vouch:
		r.vouched(v, e, n)
	case VouchEnded:
		who.endVouch(e, n)
	case Approved:
		who.Approved += int32(count)
	case Introduced:
		r.introduced(e, n)
	case Minor, Serious:
		who.P = who.P.Add(e.CreditedMilli, Half90, e.Day)
		who.Strikes.Add(e.Day, n)
		if e.Outside && e.Circle != 0 {
			r.Home.Strikes.Add(e.Day, n)
		}
	case Operates, OperatesEnd:
		if e.Kind == OperatesEnd {
			count = -count
		}
		who.Operates += int32(count)
		r.Circle.Operators += int32(count)
		r.Circle.reach(at)
	case VouchLost:
		if n > 0 {
			who.NoVouch = max(who.NoVouch, e.Day+Day(v.VouchLost))
		} else if who.NoVouch == e.Day+Day(v.VouchLost) {
			who.NoVouch = 0
		}
	}
	return r
}

func (p *Person) known(d Day, n int) {
	switch {
	case n > 0 && (p.Known == 0 || d < p.Known):
		p.Known = d
	case n < 0 && p.Known == d:
		p.Known = 0
	}
}

func (r *Rows) rated(e Event, n int) {
	if e.WeightMilli == 0 {
		return // kept in the ledger for its owner to see, and counted nowhere
	}
	p, had := &r.Subject, !r.Branch.Zero()
	p.A = p.A.Add(e.CreditedMilli, Half180, e.Day)
	r.Given.A = r.Given.A.Add(e.CreditedMilli, Half180, e.Day)
	r.Branch = r.Branch.Add(e.CreditedMilli, Half180, e.Day)
	if e.Domain != "" {
		r.Domain = r.Domain.Add(e.CreditedMilli, Half180, e.Day)
	}
	switch has := !r.Branch.Zero(); {
	case has && !had:
		p.Branches++
	case had && !has:
		p.Branches--
	}
	if d := int64(e.Day - Epoch); e.Kind == Like {
		r.Given.Likes += int32(n)
		r.Given.DaySum += d * int64(n)
		r.Given.DaySquares += d * d * int64(n)
	}
	r.Given.Last = max(r.Given.Last, e.Day)
	r.Rater.Rated.Add(e.Day, n)
}

func (r *Rows) vouched(v Version, e Event, n int) {
	p := &r.Subject
	p.Vouched += int32(n)
	if n < 0 {
		for i := range p.Vouches {
			if p.Vouches[i].Event == e.Reverses {
				p.Vouches[i] = Voucher{}
			}
		}
		return // the quota stays used: a vouch taken back was given
	}
	copy(r.Rater.Given[1:], r.Rater.Given[:])
	r.Rater.Given[0] = e.Day
	for i := range p.Vouches {
		if w := &p.Vouches[i]; w.Event == 0 || w.Until <= e.Day {
			*w = Voucher{Event: e.ID, By: e.Source, From: e.Day, Until: e.Day + Day(v.VouchDays)}
			return
		}
	}
}

func (p *Person) endVouch(e Event, n int) {
	for i := range p.Vouches {
		if w := &p.Vouches[i]; n > 0 && w.By == e.Source && w.Until > e.Day {
			w.Until = e.Day
		}
	}
}

func (r *Rows) introduced(e Event, n int) {
	p := &r.Subject
	switch {
	case n > 0 && p.Intro.Event == 0:
		p.Intro = Introduction{Event: e.ID, By: e.Source, Branch: e.Branch}
	case n < 0 && p.Intro.Event == e.Reverses:
		p.Intro = Introduction{}
	default:
		return
	}
	if e.Branch == e.Subject {
		r.Circle.Heads += int32(n)
		r.Circle.reach(DayOf(e.At))
	}
}
