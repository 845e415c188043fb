package reputation

// A Reason says why something was credited with less than the most it could have been. It stands on
// the ledger page beside the event, so none of them is vague.
type Reason string

const (
	Full           Reason = ""                     // at full weight
	Halved         Reason = "halved_exchange"      // the pair exchanged ratings lately
	HalfMember     Reason = "half_member"          // by a Member
	Clipped        Reason = "clipped_cap"          // part or all of it was above a cap
	ZeroSelf       Reason = "zero_self"            // about oneself
	ZeroWaits      Reason = "zero_not_accepted"    // on what is not yet accepted; credit it when it is
	ZeroOperates   Reason = "zero_author_operates" // the author operates the circle
	ZeroDomain     Reason = "zero_domain"          // the rater's server is on probation or limited
	ZeroUnknown    Reason = "zero_not_introduced"  // nobody introduced the rater
	ZeroNewcomer   Reason = "zero_newcomer"        // the rater is not a Member
	ZeroBudget     Reason = "zero_budget"          // the rater's counted ratings of the month are used up
	ZeroDuplicate  Reason = "zero_already"         // it was counted already
	ZeroOwnCircle  Reason = "zero_own_circle"      // one's own circle adds no contributions
	ZeroDailyLimit Reason = "zero_daily_limit"     // as many as count in a day
)

// A Rating is a like or "helpful" as it comes in.
type Rating struct {
	ID              EventID
	Circle          CircleID
	Subject, Source ActorID
	Kind            Kind // Like or Helpful
	Object          int64
	At              int64  // UTC microseconds
	Accepted        bool   // the object is accepted by now; ratings on younger things are credited when it is
	Domain          string // the rater's; "" = local
	SubjectDomain   string
	Class           Class // of the rater's domain
}

// Rate returns the event for a rating, weighed and capped with the rows as they are, and why it is
// less than it might be. A rating that counts nothing is an event too: its owner may see it. Whoever
// calls makes sure that one person rates one object once.
func (v Version) Rate(r Rows, in Rating) (Event, Reason) {
	d := DayOf(in.At)
	e := Event{ID: in.ID, Circle: in.Circle, Subject: in.Subject, Source: in.Source, Kind: in.Kind,
		Object: in.Object, Domain: in.Domain, Day: d, At: in.At, FormulaVersion: v.Number}
	why := v.worthless(r, in, d)
	if why != Full {
		return e, why
	}
	e.WeightMilli, why = v.weight(r, in.Circle, d)
	if e.WeightMilli == 0 {
		return e, why
	}
	e.Branch = branch(r.Rater, in.Source)
	worth := v.Like
	if in.Kind == Helpful {
		worth = v.Helpful
	}
	worth = worth * e.WeightMilli / 1000
	e.CreditedMilli = min(worth,
		v.RaterCap-r.Given.A.Value(Half180, d),
		v.BranchCap-r.Branch.Value(Half180, d))
	if in.Domain != "" {
		room := v.DomainCap
		if in.Domain == in.SubjectDomain {
			room = v.OwnDomain
		}
		e.CreditedMilli = min(e.CreditedMilli, room-r.Domain.Value(Half180, d))
	}
	e.CreditedMilli = max(e.CreditedMilli, 0)
	if e.CreditedMilli < worth {
		why = Clipped
	}
	return e, why
}

// Restore returns the event that gives back what e credited before it was taken back, because what it
// was about has returned or the rater repeated themselves: of e's day, weight and branch, so that
// nothing is the fresher for it, and no more than the caps have room for today. rows are those of e's
// branch.
func (v Version) Restore(r Rows, e Event, id EventID, at int64, subjectDomain string) (Event, Reason) {
	b := e
	b.ID, b.At, b.Restores, b.Reverses, b.FormulaVersion = id, at, e.ID, 0, v.Number
	if !e.Kind.rates() {
		return b, Full
	}
	today := DayOf(at)
	b.CreditedMilli = fit(b.CreditedMilli, e.Day, r.Given.A, v.RaterCap, today)
	b.CreditedMilli = fit(b.CreditedMilli, e.Day, r.Branch, v.BranchCap, today)
	if e.Domain != "" {
		room := v.DomainCap
		if e.Domain == subjectDomain {
			room = v.OwnDomain
		}
		b.CreditedMilli = fit(b.CreditedMilli, e.Day, r.Domain, room, today)
	}
	if b.CreditedMilli < e.CreditedMilli {
		return b, Clipped
	}
	return b, Full
}

// fit returns how much of an amount of day d goes into a sum that may be worth most today.
func fit(milli int64, d Day, s Sum, most int64, today Day) int64 {
	fits := func(c int64) bool { return s.Add(c, Half180, d).Value(Half180, today) <= most }
	if milli <= 0 || fits(milli) {
		return milli
	}
	low, high := int64(0), milli // low fits, or nothing does; high does not
	for high-low > 1 {
		if mid := (low + high) / 2; fits(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

func (v Version) worthless(r Rows, in Rating, d Day) Reason {
	switch {
	case in.Source == in.Subject:
		return ZeroSelf
	case !in.Accepted:
		return ZeroWaits
	case r.Subject.Operates > 0:
		return ZeroOperates
	case (in.Domain == "") != (in.Class == Local) || !in.Class.Weighs():
		return ZeroDomain
	case r.Rater.Rated.Total(d, v.BudgetSpan) >= v.Budget:
		return ZeroBudget
	}
	return Full
}

// weight returns what a rater's word weighs on a day, in thousandths.
func (v Version) weight(r Rows, c CircleID, d Day) (int64, Reason) {
	w, why := v.WeightRegular, Full
	switch {
	case r.Rater.Operates > 0:
	case r.Rater.Intro.Event == 0:
		return 0, ZeroUnknown
	default:
		switch t := v.Tier(r.Rater, r.RaterHome, r.Circle, d); {
		case t == Newcomer:
			return 0, ZeroNewcomer
		case t == Member:
			w, why = v.WeightMember, HalfMember
		}
	}
	if r.Back.Last != 0 && int(d-r.Back.Last) < v.Exchange {
		w, why = w/2, Halved
	}
	return w, why
}

// branch returns the branch that a rater speaks for: an operator is one of their own.
func branch(rater Person, id ActorID) ActorID {
	if rater.Operates > 0 {
		return id
	}
	return rater.Intro.Branch
}

// Introduce returns the event by which a Regular's likes introduce somebody, if the rows say that they
// now do. Ask it after every applied Like.
func (v Version) Introduce(r Rows, like Event, id EventID) (Event, bool) {
	d := DayOf(like.At)
	if r.Subject.Intro.Event != 0 || r.Subject.Operates > 0 || !r.Given.onDays(v.IntroLikes, v.IntroDays) || !v.speaks(r, d) {
		return Event{}, false
	}
	return v.introduction(r, like, id), true
}

// introduction is the event that brings like's subject into the source's branch; whoever an operator
// introduces begins one.
func (v Version) introduction(r Rows, by Event, id EventID) Event {
	e := Event{ID: id, Circle: by.Circle, Subject: by.Subject, Source: by.Source, Kind: Introduced,
		Branch: r.Rater.Intro.Branch, CreditedMilli: one, Day: DayOf(by.At), At: by.At, FormulaVersion: v.Number}
	if r.Rater.Operates > 0 {
		e.Branch = by.Subject
	}
	return e
}

// speaks reports whether the source's word can introduce: an operator's, or an introduced Regular's.
func (v Version) speaks(r Rows, d Day) bool {
	return r.Rater.Operates > 0 ||
		r.Rater.Intro.Event != 0 && v.Tier(r.Rater, r.RaterHome, r.Circle, d) >= Regular
}

// A Contribution is something that was published and stayed for 48 hours, or that an operator approved.
type Contribution struct {
	ID         EventID
	Circle     CircleID
	Subject    ActorID
	Object     int64
	ApprovedBy ActorID // 0 = it stayed for 48 hours
	At         int64   // UTC microseconds when it became accepted
	Outside    bool    // CountsOutside
}

// Accept returns the event for an accepted contribution, and why it counts nothing.
func (v Version) Accept(r Rows, in Contribution) (Event, Reason) {
	d := DayOf(in.At)
	e := Event{ID: in.ID, Circle: in.Circle, Subject: in.Subject, Source: in.ApprovedBy, Kind: Accepted, Object: in.Object,
		CreditedMilli: one, Outside: in.Outside, Day: d, At: in.At, FormulaVersion: v.Number}
	switch {
	case r.Subject.Operates > 0:
		e.CreditedMilli, e.Outside = 0, false
		return e, ZeroOwnCircle
	case r.Subject.Days.On(d) >= v.AcceptedPerDay || r.Home.Days.On(d) >= v.AcceptedPerDay:
		e.CreditedMilli = 0
		return e, ZeroDailyLimit
	}
	return e, Full
}

// A Verdict is an upheld report.
type Verdict struct {
	ID       EventID
	Circle   CircleID // 0 = upheld for the instance
	Subject  ActorID
	Decider  ActorID
	Object   int64
	Serious  bool
	Instance bool // decided by the instance's own moderators: the strike counts outside the circle too
	At       int64
}

// Uphold returns the event for an upheld report.
func (v Version) Uphold(in Verdict) Event {
	e := Event{ID: in.ID, Circle: in.Circle, Subject: in.Subject, Source: in.Decider, Kind: Minor, Object: in.Object,
		CreditedMilli: v.Minor, Outside: in.Instance, Day: DayOf(in.At), At: in.At, FormulaVersion: v.Number}
	if in.Serious {
		e.Kind, e.CreditedMilli = Serious, v.Serious
	}
	return e
}

// Note returns the event of a kind that only states that something is so: Known, Active, Approved,
// Operates, OperatesEnd, VouchLost.
func (v Version) Note(id EventID, k Kind, c CircleID, subject, source ActorID, at int64) Event {
	return Event{ID: id, Circle: c, Subject: subject, Source: source, Kind: k, CreditedMilli: one,
		Day: DayOf(at), At: at, FormulaVersion: v.Number}
}
