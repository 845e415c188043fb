package reputation

// An Action is something that a gate may stand before. Reading what is public, reporting, blocking,
// appealing, leaving and exporting are not on the list, so nothing can gate them.
type Action string

const (
	Join         Action = "join"
	Post         Action = "post"
	PostMedia    Action = "post_media"
	PostLink     Action = "post_link"
	Comment      Action = "comment"
	React        Action = "react"
	Downvote     Action = "downvote"
	StartDM      Action = "start_dm"
	GiveVouch    Action = "vouch"
	CreateCircle Action = "create_circle"
)

// Actions returns the closed list, in the order that settings are shown.
func Actions() []Action {
	return []Action{Join, Post, PostMedia, PostLink, Comment, React, Downvote, StartDM, GiveVouch, CreateCircle}
}

// A Place is where a gate stands.
type Place uint8

const (
	InCircle   Place = iota
	OnInstance       // reads only what people did on the whole instance
)

// at reports whether the action can be gated at a place.
func (a Action) at(p Place) bool {
	switch a {
	case StartDM, CreateCircle:
		return p == OnInstance
	case GiveVouch:
		return true
	}
	return p == InCircle
}

// speaks reports the actions by which one is heard: a gate before them needs a way through a person.
func (a Action) speaks() bool {
	switch a {
	case Join, Post, PostMedia, PostLink, Comment, StartDM:
		return true
	}
	return false
}

// open reports the actions that silence must not keep shut: they need a way without any person.
func (a Action) open() bool { return a == Join || a == Post || a == Comment }

// A Fact is something a gate may ask about. The registry is closed.
type Fact string

const (
	DaysKnown      Fact = "days_known_here"
	ActiveDays     Fact = "active_days_90"
	AcceptedCount  Fact = "accepted_contributions"
	StandingPoints Fact = "standing"
	TierHeld       Fact = "tier"
	VouchesHeld    Fact = "vouches"
	ByOperator     Fact = "operator_approved"
	MembershipDays Fact = "membership_days"
	StrikesLately  Fact = "strikes_90d"
)

// A Scope says whose record a fact is read from.
type Scope string

const (
	ScopeCircle   Scope = "circle"
	ScopeInstance Scope = "instance"
)

// A FactInfo is a row of the registry.
type FactInfo struct {
	Fact    Fact
	Unit    string // days, contributions, points, tier, vouches, yes, strikes
	Scopes  []Scope
	Max     int    // the largest threshold that a gate may name anywhere; the bounds are narrower
	AtMost  bool   // the threshold is a ceiling; all others are floors
	Human   bool   // given by a person's decision
	Private bool   // the number is for its owner's eyes
	Text    string // catalogue key of its sentence; .have and .need below it
}

// FactList returns the registry, in the order that an editor offers it.
func FactList() []FactInfo {
	circle, instance := []Scope{ScopeCircle}, []Scope{ScopeInstance}
	both := []Scope{ScopeCircle, ScopeInstance}
	return []FactInfo{
		{Fact: DaysKnown, Unit: "days", Scopes: instance, Max: 365, Text: "fact.days_known_here"},
		{Fact: ActiveDays, Unit: "days", Scopes: instance, Max: window, Text: "fact.active_days_90"},
		{Fact: AcceptedCount, Unit: "contributions", Scopes: both, Max: 1000, Text: "fact.accepted_contributions"},
		{Fact: StandingPoints, Unit: "points", Scopes: circle, Max: 100, Private: true, Text: "fact.standing"},
		{Fact: TierHeld, Unit: "tier", Scopes: circle, Max: int(Trusted), Text: "fact.tier"},
		{Fact: VouchesHeld, Unit: "vouches", Scopes: circle, Max: maxVouches, Human: true, Text: "fact.vouches"},
		{Fact: ByOperator, Unit: "yes", Scopes: both, Max: 1, Human: true, Text: "fact.operator_approved"},
		{Fact: MembershipDays, Unit: "days", Scopes: circle, Max: 365, Text: "fact.membership_days"},
		{Fact: StrikesLately, Unit: "strikes", Scopes: both, Max: 100, AtMost: true, Text: "fact.strikes_90d"},
	}
}

const factCount = 9

// index is the fact's place in Facts, -1 for what is not in the registry.
func (f Fact) index() int {
	switch f {
	case DaysKnown:
		return 0
	case ActiveDays:
		return 1
	case AcceptedCount:
		return 2
	case StandingPoints:
		return 3
	case TierHeld:
		return 4
	case VouchesHeld:
		return 5
	case ByOperator:
		return 6
	case MembershipDays:
		return 7
	case StrikesLately:
		return 8
	}
	return -1
}

// Info returns the fact's row of the registry; false for what is not in it.
func (f Fact) Info() (FactInfo, bool) {
	i := f.index()
	if i < 0 {
		return FactInfo{}, false
	}
	return FactList()[i], true
}

func (f Fact) atMost() bool { return f == StrikesLately }

// Facts are one person's, as the gates of one circle and its instance see them: what is stored with
// each judged action, so that a dry run asks nobody again. The zero value is a fresh account.
type Facts struct {
	Circle   [factCount]int32 `json:"circle"`
	Instance [factCount]int32 `json:"instance"`
	// StrikeEase is in how many days one strike fewer counts; 0 = unknown or none.
	StrikeEase int32 `json:"strike_ease,omitempty"`
}

// Of returns the value of a fact.
func (f *Facts) Of(fact Fact, s Scope) int {
	i := fact.index()
	if i < 0 {
		return 0
	}
	if s == ScopeInstance {
		return int(f.Instance[i])
	}
	return int(f.Circle[i])
}

// With returns the facts with one of them changed.
func (f Facts) With(fact Fact, s Scope, n int) Facts {
	if i := fact.index(); i >= 0 && s == ScopeInstance {
		f.Instance[i] = int32(n)
	} else if i >= 0 {
		f.Circle[i] = int32(n)
	}
	return f
}

// FactsOf gathers the facts of a person in a circle on a day. joined is the day they became a member,
// 0 if they are not one. On the instance alone p and c are zero.
func FactsOf(v Version, p, home Person, c Circle, joined, today Day) Facts {
	var f Facts
	if home.Known != 0 {
		f = f.With(DaysKnown, ScopeInstance, int(max(today-home.Known, 0)))
	}
	if joined != 0 {
		f = f.With(MembershipDays, ScopeCircle, int(max(today-joined, 0)))
	}
	strikes := p.Strikes.Total(today, window)
	if strikes > 0 {
		f.StrikeEase = int32(p.Strikes.Eases(today, window, strikes-1))
	}
	return f.
		With(ActiveDays, ScopeInstance, home.Active.Distinct(today, window)).
		With(AcceptedCount, ScopeInstance, max(int(home.Accepted), 0)).
		With(AcceptedCount, ScopeCircle, max(int(p.Accepted), 0)).
		With(StandingPoints, ScopeCircle, int(v.Standing(p, today)/1000)).
		With(TierHeld, ScopeCircle, int(v.Tier(p, home, c, today))).
		With(VouchesHeld, ScopeCircle, p.ActiveVouches(today)).
		With(ByOperator, ScopeCircle, min(int(max(p.Approved+p.Operates, 0)), 1)).
		With(ByOperator, ScopeInstance, min(int(max(home.Approved, 0)), 1)).
		With(StrikesLately, ScopeCircle, strikes).
		With(StrikesLately, ScopeInstance, home.Strikes.Total(today, window))
}
