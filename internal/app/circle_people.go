package app

import (
	"context"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// A CirclePerson is somebody who belongs to a circle, as the viewer may see them.
type CirclePerson struct {
	Person   *circles.Actor // as ActorCards has it
	Role     circles.Role
	JoinedAt int64            // UTC microseconds
	Tier     *reputation.Tier // nil = not the viewer's to know, or they run the circle and have none

	MayVouch bool // the viewer may vouch for them, or did
	Vouched  bool // the viewer's vouch holds
}

// A CirclePeople is a page of them.
type CirclePeople struct {
	Circle *circles.Circle
	People []CirclePerson // the latest first
	Next   string         // the cursor of the page after; "" = this is the last
}

// CirclePeople returns who belongs to a circle of ours; limit 0 = 25, at most 100. Its people see each other,
// and who moderates the instance sees them; others learn how many there are and who runs it. Tiers are shown
// to operators and admins, and what they come from to nobody here. It costs a fixed number of statements.
func (a *App) CirclePeople(ctx context.Context, who circles.Viewer, id circles.CircleID, cursor string, limit int) (*CirclePeople, error) {
	after, err := decodeMark("people-", cursor)
	if err != nil {
		return nil, err
	}
	limit = pageSize(limit)
	var page *CirclePeople
	err = a.view(ctx, "people of circle "+id.String(), func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		d, err := allow(tx, standing.Question{Who: who, Action: standing.SeePeople, Circle: c})
		if err != nil {
			return err
		}
		page = &CirclePeople{Circle: c}
		all, err := tx.Members(id, after, limit+1)
		if err != nil {
			return err
		}
		if len(all) > limit {
			all = all[:limit]
			last := all[limit-1]
			page.Next = encodeMark("people-", store.Mark{Key: last.At, ID: int64(last.Actor.ID)})
		}
		for _, m := range all {
			page.People = append(page.People, CirclePerson{Person: m.Actor, Role: m.Role, JoinedAt: m.At})
		}
		return known(tx, who, d.Role, page)
	})
	return page, err
}

// known adds what only some may know or do of the people on a page.
func known(tx *store.Tx, who circles.Viewer, role circles.Role, page *CirclePeople) error {
	c := page.Circle
	tiers := role.Operates() || who.Role == circles.SiteAdmin
	d, err := standing.Judge(tx, standing.Question{Who: who, Action: standing.Vouch, Circle: c})
	if err != nil {
		return err
	}
	own, err := tx.StandingIn(c.CircleID(), who.Person)
	if err != nil {
		return err
	}
	v, today := reputation.Current(), reputation.DayOf(tx.Now())
	vouches := d.Allowed() && v.MayVouch(own.Person, own.Home, own.Circle, today)
	if len(page.People) == 0 || !tiers && !vouches {
		return nil
	}
	ids := make([]circles.PersonID, len(page.People))
	for i, p := range page.People {
		ids[i] = circles.PersonID(p.Person.ID)
	}
	among, err := tx.StandingAmong(c.CircleID(), ids)
	if err != nil {
		return err
	}
	for i := range page.People {
		p := &page.People[i]
		if p.Role.Operates() {
			continue
		}
		in := among[ids[i]]
		if in == nil {
			in = new(store.StandingIn)
		}
		if tiers {
			t := v.Tier(in.Person, in.Home, own.Circle, today)
			p.Tier = &t
		}
		if vouches && ids[i] != who.Person && in.Home.Known != 0 { // whoever has done nothing here cannot be vouched for
			p.MayVouch = true
			for _, w := range in.Person.Vouches {
				p.Vouched = p.Vouched || w.Event != 0 && w.By == reputation.ActorID(who.Person) && today < w.Until
			}
		}
	}
	return nil
}
