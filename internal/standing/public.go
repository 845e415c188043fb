package standing

import (
	"context"
	"strings"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// Public is what anybody may read of how a circle's gates stand to somebody elsewhere.
type Public struct {
	Seen    bool   // they have done something here; else it is what anybody unknown is asked
	Refused Reason // what shuts everything, as the public log of moderation says it: Banned, Suspended or PeerBlocked; "" = nothing
	// Actions are all of the place. Blocked is NotSignedIn for what takes an account here. Of hidden facts Have
	// is nil, and whoever meets one of them meets its path, whatever Outcome says.
	Actions []Access
}

// PublicOf answers for name@host, whom whoever asks need not be: it tells only what every reader of the circle
// could count, which is how long somebody is known here, the days on which they were active, and what they wrote
// that was accepted. Vouches, approvals, tiers, standing, memberships, strikes, and what of a limit is used up
// are asked as if nothing were known of them, so the answer does not depend on them at all. Nobody is fetched;
// somebody who was fetched once and did nothing is like somebody never heard of. circle 0 is the instance.
func (g *Gates) PublicOf(ctx context.Context, who circles.Viewer, circle circles.CircleID, name, host string) (*Public, error) {
	var out *Public
	err := g.store.View(ctx, func(tx *store.Tx) error {
		c, err := visibleCircle(tx, who, circle)
		if err != nil {
			return err
		}
		out, err = publicOf(tx, c, name, host)
		return err
	})
	return out, wrap("public access", err)
}

func publicOf(tx *store.Tx, c *circles.Circle, name, host string) (*Public, error) {
	out := &Public{}
	j := judgement{tx: tx, Question: Question{Who: circles.Viewer{Remote: true}, Action: Post, Circle: c}}
	a, err := personElsewhere(tx, name, host)
	if err != nil {
		return nil, err
	}
	if a != nil {
		j.Who.Person = circles.PersonID(a.ID)
		for _, ask := range []func() (Reason, error){j.account, j.circle, j.ban} {
			if out.Refused, err = ask(); err != nil {
				return nil, err
			}
			if out.Refused != "" {
				break
			}
		}
	} else if blocked, err := tx.PeerBlocked(host); err != nil {
		return nil, err
	} else if blocked {
		out.Refused = PeerBlocked
	}
	var place circles.CircleID
	if c != nil {
		place = c.CircleID()
	}
	var f reputation.Facts
	if out.Seen, f, err = publicFacts(tx, place, j.Who.Person); err != nil {
		return nil, err
	}
	here, onInstance, err := rulesFor(tx, place)
	if err != nil {
		return nil, err
	}
	var found []*Access
	for _, act := range reputation.Actions() {
		j.Action = Action(act)
		inCircle, _ := j.Action.gated()
		if inCircle && c == nil {
			continue
		}
		var x *Access
		switch {
		case act == reputation.GiveVouch, act == reputation.CreateCircle, c != nil && !c.Visibility.Federated():
			x = &Access{Action: act, Outcome: Deny, Unmet: []Missing{}, Blocked: string(NotSignedIn)} // no server can send that
		case inCircle:
			x = j.publicly(place, act, here[string(act)], &f)
		default:
			x = j.publicly(0, act, onInstance[string(act)], &f)
		}
		found = append(found, x)
	}
	if err := attribute(tx, found); err != nil {
		return nil, err
	}
	for _, x := range found {
		out.Actions = append(out.Actions, *x)
	}
	return out, nil
}

// personElsewhere finds a person of another server, nil if nobody here has heard of them. Most servers tell no
// names apart by their case, and store them in lower case.
func personElsewhere(tx *store.Tx, name, host string) (*circles.Actor, error) {
	if host == "" {
		return nil, nil // who lives here signs in
	}
	for _, n := range []string{name, strings.ToLower(name)} {
		a, err := tx.ActorByHandle(n, host)
		switch {
		case circles.Is(err, circles.NotFound):
			continue
		case err != nil:
			return nil, err
		case a.DeletedAt != 0 || a.Kind != circles.KindPerson && a.Kind != circles.KindService:
			continue
		}
		return a, nil
	}
	return nil, nil
}

// publicFacts are those of somebody that every reader could count, with the tier that follows from them. The
// others are as of a fresh account, and strikes as of somebody who has more than any gate allows.
func publicFacts(tx *store.Tx, place circles.CircleID, person circles.PersonID) (seen bool, f reputation.Facts, err error) {
	if person != 0 {
		in, err := tx.StandingIn(place, person)
		if err != nil {
			return false, f, err
		}
		all := reputation.FactsOf(reputation.Current(), in.Person, in.Home, in.Circle, 0, reputation.DayOf(tx.Now()))
		seen = in.Home.Known != 0
		for _, info := range reputation.FactList() {
			for _, scope := range info.Scopes {
				if isPublic(info.Fact) {
					f = f.With(info.Fact, scope, all.Of(info.Fact, scope))
				}
			}
		}
	}
	v := reputation.Current()
	if seen && f.Of(reputation.DaysKnown, reputation.ScopeInstance) >= v.MemberDays && f.Of(reputation.ActiveDays, reputation.ScopeInstance) >= v.MemberActive {
		f = f.With(reputation.TierHeld, reputation.ScopeCircle, int(reputation.Member))
	}
	info, _ := reputation.StrikesLately.Info()
	for _, scope := range info.Scopes {
		f = f.With(reputation.StrikesLately, scope, 2*info.Max)
	}
	return seen, f, nil
}

func isPublic(f reputation.Fact) bool {
	switch f {
	case reputation.DaysKnown, reputation.ActiveDays, reputation.AcceptedCount:
		return true
	}
	return false
}

// publicly takes one action through its switch and gate by public facts. What a limit has left is nobody
// else's to read.
func (j *judgement) publicly(place circles.CircleID, a reputation.Action, r rule, f *reputation.Facts) *Access {
	d := reputation.Decision{Allowed: true, Outcome: reputation.Allow, Path: -1}
	switch {
	case r.Off:
		d = reputation.Decision{Outcome: reputation.Deny, Off: true, Path: -1}
	case !j.exempt(): // who runs a circle is named on its page
		d = reputation.Evaluate(r.Gate, f)
	}
	x := j.access(place, a, r, d)
	x.Decision = reputation.Decision{}
	if !x.Off {
		x.Text = nil // its sentences count from what is hidden
	}
	for i := range x.Unmet {
		if !isPublic(x.Unmet[i].Fact) {
			x.Unmet[i].Have = nil
		}
	}
	return x
}
