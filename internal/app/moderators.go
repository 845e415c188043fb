package app

import (
	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// sayRole tells of somebody who moderates a circle of ours now, or no longer: what changed, and the
// circle's document, from which some read who does.
func sayRole(tx *store.Tx, c *circles.Circle, p *circles.Actor, moderates bool, detail circles.EventDetail) error {
	if !c.Local() || !c.Visibility.Federated() {
		return nil
	}
	kind := circles.ModeratorAdded
	if !moderates {
		kind = circles.ModeratorRemoved
	}
	if err := sayMember(tx, kind, c, p, detail); err != nil {
		return err
	}
	return sayActor(tx, circles.ActorUpdated, &c.Actor)
}

// noteRole writes it into the public log.
func noteRole(tx *store.Tx, c *circles.Circle, p *circles.Actor, by circles.ActorID, moderates bool) error {
	action := circles.ModAppoint
	if !moderates {
		action = circles.ModRetire
	}
	return tx.AddModEntry(circles.ModEntry{By: by, Action: action, Circle: c.CircleID(), Person: p.ID})
}

// ReceiveModerator makes somebody a moderator of a circle, or no longer one: on the word of an operator
// of a circle of ours, about one of its members; or on that of a circle elsewhere about itself.
func (a *App) ReceiveModerator(tx *store.Tx, said Said, id circles.CircleID, person circles.PersonID, moderates bool) (Outcome, error) {
	c, err := tx.Circle(id)
	if err != nil {
		return refused(0, err)
	}
	p, err := tx.Actor(person.Actor())
	if err != nil {
		return refused(0, err)
	}
	role := circles.RoleModerator
	if !moderates {
		role = circles.RoleMember
	}
	d, err := allow(tx, standing.Question{Who: said.viewer(), Action: standing.SetRole, Circle: c, Person: p, NewRole: role, Via: said.Via})
	if err != nil {
		return refused(0, err)
	}
	old, err := tx.Role(id, person)
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case old.Moderates() == moderates:
		return done(0, false, nil)
	case c.Local() && old == circles.NoRole:
		return refused(0, errNotInCircle(p))
	case !c.Local() && !moderates:
		if role, err = plainRole(tx, c, p); err != nil {
			return Outcome{}, err
		}
	}
	err = sayRole(tx, c, p, moderates, circles.EventDetail{Actor: d.Actor.ID, Received: said.Received})
	if err != nil {
		return Outcome{}, err
	}
	if err := noteRole(tx, c, p, d.Actor.ID, moderates); err != nil {
		return Outcome{}, err
	}
	return done(0, true, enter(tx, c, person, role))
}

// plainRole is the place in a circle elsewhere of somebody who moderates it no longer: of its members
// only ours are known, by their following.
func plainRole(tx *store.Tx, c *circles.Circle, p *circles.Actor) (circles.Role, error) {
	if !p.Local() {
		return circles.NoRole, nil
	}
	f, err := tx.Following(p.ID, c.ID)
	switch {
	case err != nil || f == nil:
		return circles.NoRole, err
	case f.State == circles.FollowPending:
		return circles.RolePending, nil
	}
	return circles.RoleMember, nil
}

func errNotInCircle(p *circles.Actor) error {
	return circles.FieldErrorf(circles.Conflict, "person", "%s is not in this circle; they must join it first.", p.Title()).
		With("refused.not-in-circle", map[string]any{"Name": p.Title()})
}
