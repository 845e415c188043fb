package reputation

// A Refusal says why a vouch cannot be given. A refused vouch is no event and counts nothing.
type Refusal string

const (
	NoRefusal      Refusal = ""
	VouchSelf      Refusal = "vouch_self"      // for oneself
	VouchOperator  Refusal = "vouch_operator"  // for someone who operates the circle
	VouchTier      Refusal = "vouch_tier"      // only Regulars, owners and operators vouch
	VouchTwice     Refusal = "vouch_twice"     // theirs still holds: a repeated vouch counts nothing
	VouchBack      Refusal = "vouch_back"      // for the person who brought one in
	VouchQuota     Refusal = "vouch_quota"     // the year's ten, or the month's twenty, are given
	VouchSuspended Refusal = "vouch_suspended" // lost for a while after vouching for abuse
	VouchFull      Refusal = "vouch_full"      // as many hold as are kept
	VouchDomain    Refusal = "vouch_domain"    // from a server on probation or limited
	VouchUnknown   Refusal = "vouch_not_known" // for someone never seen here
)

// A Voucher's proof that it is the voucher who speaks (a session, a signature) is the caller's to check.

// VouchIn is a vouch as it comes in.
type VouchIn struct {
	ID              EventID
	Circle          CircleID
	Subject, Source ActorID
	Domain          string // the voucher's; "" = local
	Class           Class
	At              int64 // UTC microseconds
}

// Vouch returns the event for a vouch, or why there is none. Ask Introduction after it is applied.
func (v Version) Vouch(r Rows, in VouchIn) (Event, Refusal) {
	d := DayOf(in.At)
	operator := r.Rater.Operates > 0
	held := 0
	for _, w := range r.Subject.Vouches {
		if w.Event != 0 && d < w.Until {
			if w.By == in.Source {
				return Event{}, VouchTwice
			}
			held++
		}
	}
	quota, span := v.RegularVouches, 365
	if operator {
		quota, span = v.OperatorVouch, 30
	}
	switch {
	case in.Source == in.Subject:
		return Event{}, VouchSelf
	case r.Home.Known == 0:
		return Event{}, VouchUnknown
	case r.Subject.Operates > 0:
		return Event{}, VouchOperator
	case (in.Domain == "") != (in.Class == Local) || !in.Class.Weighs():
		return Event{}, VouchDomain
	case d < r.Rater.NoVouch:
		return Event{}, VouchSuspended
	case !v.speaks(r, d):
		return Event{}, VouchTier
	case r.Rater.Intro.By == in.Subject && !operator:
		return Event{}, VouchBack
	case r.Rater.Given[quota-1] != 0 && int(d-r.Rater.Given[quota-1]) < span:
		return Event{}, VouchQuota
	case held == maxVouches:
		return Event{}, VouchFull
	}
	return Event{ID: in.ID, Circle: in.Circle, Subject: in.Subject, Source: in.Source, Kind: Vouch,
		WeightMilli: v.WeightRegular, Branch: branch(r.Rater, in.Source), Domain: in.Domain,
		CreditedMilli: one, Day: d, At: in.At, FormulaVersion: v.Number}, NoRefusal
}

// MayVouch reports whether somebody may vouch for anybody in a circle on a day. Vouch says whether they may for
// this one, and whether they have a vouch left.
func (v Version) MayVouch(p, home Person, c Circle, d Day) bool {
	return d >= p.NoVouch && v.speaks(Rows{Rater: p, RaterHome: home, Circle: c}, d)
}

// Introduction returns the event by which an applied vouch introduces, if nobody did before.
func (v Version) Introduction(r Rows, vouch Event, id EventID) (Event, bool) {
	if r.Subject.Intro.Event != 0 || vouch.Kind != Vouch || vouch.Reverses != 0 {
		return Event{}, false
	}
	return v.introduction(r, vouch, id), true
}

// EndVouch returns the event by which a voucher takes a vouch back from now on; what it opened until
// now is not undone. False if none of theirs holds.
func (v Version) EndVouch(r Rows, c CircleID, subject, source ActorID, id EventID, at int64) (Event, bool) {
	e := v.Note(id, VouchEnded, c, subject, source, at)
	for _, w := range r.Subject.Vouches {
		if w.Event != 0 && w.By == source && DayOf(at) < w.Until {
			return e, true
		}
	}
	return Event{}, false
}
