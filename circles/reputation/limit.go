package reputation

// An Act is what a limit looks at, after the gate let it through.
type Act struct {
	Tier  Tier // of who acts
	Today int  // how many of this action they did today (UTC), this one not counted
	Media bool
	Links int
	Ever  int // how many of this action were let through or approved before, in this circle
}

// A LimitHit says which limit an act ran into; "" = none.
type LimitHit string

const (
	HitPerDay    LimitHit = "per_day"    // tomorrow there is room again
	HitTextOnly  LimitHit = "text_only"  // without the media it may go
	HitMaxLinks  LimitHit = "max_links"  // with fewer links it may go
	HitFirstHeld LimitHit = "first_held" // held for an operator
)

// Judge returns what a limit does with an act, the outcome Hold only for HitFirstHeld.
func (l Limit) Judge(a Act) (Outcome, LimitHit) {
	below := l.Below == Newcomer || a.Tier < l.Below // no tier named: everyone
	switch {
	case !below:
		return Allow, ""
	case l.PerDay > 0 && a.Today >= l.PerDay:
		return Deny, HitPerDay
	case l.TextOnly && a.Media:
		return Deny, HitTextOnly
	case l.MaxLinks != nil && a.Links > *l.MaxLinks:
		return Deny, HitMaxLinks
	case a.Ever < l.FirstHeld:
		return Hold, HitFirstHeld
	}
	return Allow, ""
}
