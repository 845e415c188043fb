package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// Join makes a person a member of a circle. A circle of ours takes them at once, except that the
// operators of a members-only one decide; for one elsewhere its instance is asked, and until it
// answers the role is pending. The role they have now is returned.
func (a *App) Join(ctx context.Context, who circles.Viewer, id circles.CircleID) (circles.Role, error) {
	var role circles.Role
	err := a.update(ctx, "join", func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		d, err := allow(tx, standing.Question{Who: who, Action: standing.Join, Circle: c})
		if err != nil {
			return err
		}
		if role = d.Role; role.Member() || role == circles.RolePending && c.Local() {
			return nil
		}
		switch {
		case !c.Local():
			role = circles.RolePending
			if err := ask(tx, who.Person.Actor(), &c.Actor); err != nil {
				return err
			}
			if err := tx.DropGateReply(who.Person, id, 0); err != nil { // it will say again
				return err
			}
		case c.Visibility == circles.MembersOnly, d.Outcome == standing.Request, d.Outcome == standing.Hold:
			role = circles.RolePending
		default:
			role = circles.RoleMember
		}
		if err := enter(tx, c, who.Person, role); err != nil {
			return err
		}
		if err := d.Note(tx); err != nil {
			return err
		}
		return standing.Acted(tx, d.Actor)
	})
	return role, err
}

// Leave takes a person out of a circle, and ends their following of it.
func (a *App) Leave(ctx context.Context, who circles.Viewer, id circles.CircleID) error {
	return a.update(ctx, "leave", func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.Leave, Circle: c}); err != nil {
			return err
		}
		if !c.Local() {
			if err := unask(tx, who.Person.Actor(), &c.Actor); err != nil {
				return err
			}
			if err := tx.DropGateReply(who.Person, id, 0); err != nil {
				return err
			}
		}
		return enter(tx, c, who.Person, circles.NoRole)
	})
}

// SetRole gives a person another role in a circle of ours: member, which also lets in who asked,
// moderator, operator or owner; or none, which puts them out.
func (a *App) SetRole(ctx context.Context, who circles.Viewer, id circles.CircleID, person circles.PersonID, role circles.Role) error {
	if role == circles.RolePending {
		return circles.FieldErrorf(circles.Invalid, "role", "A role must be owner, operator, moderator, member or none.")
	}
	return a.update(ctx, "set role", func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		p, err := tx.Actor(person.Actor())
		if err != nil {
			return err
		}
		d, err := allow(tx, standing.Question{Who: who, Action: standing.SetRole, Circle: c, Person: p, NewRole: role})
		if err != nil {
			return err
		}
		old, err := tx.Role(id, person)
		if err != nil {
			return err
		}
		if old == circles.NoRole && role != circles.NoRole {
			return errNotInCircle(p)
		}
		if old == role {
			return nil
		}
		if old.Moderates() != role.Moderates() {
			if err := sayRole(tx, c, p, role.Moderates(), circles.EventDetail{Actor: d.Actor.ID}); err != nil {
				return err
			}
			if err := noteRole(tx, c, p, d.Actor.ID, role.Moderates()); err != nil {
				return err
			}
		}
		if old == circles.RolePending && role.Member() {
			if err := standing.LetIn(tx, c, person, who.Person); err != nil {
				return err
			}
		}
		if role == circles.NoRole && !p.Local() {
			if err := putOut(tx, p.ID, c.ID); err != nil {
				return err
			}
		}
		if old == circles.RolePending && role.Member() && !p.Local() {
			if err := acceptMember(tx, p.ID, c.ID); err != nil {
				return err
			}
		}
		return enter(tx, c, person, role)
	})
}

// enter gives a person a place in a circle or takes it, counts members, and lets a local person
// follow a circle of ours for as long as they belong to it.
func enter(tx *store.Tx, c *circles.Circle, person circles.PersonID, role circles.Role) error {
	old, err := tx.Role(c.CircleID(), person)
	if err != nil || old == role {
		return err
	}
	if err := tx.SetRole(c.CircleID(), person, role); err != nil {
		return err
	}
	if err := standing.Placed(tx, c, person, old, role); err != nil {
		return err
	}
	if old.Member() == role.Member() {
		return tx.BumpCircle(c.CircleID(), store.CircleChange{})
	}
	p, err := tx.Actor(person.Actor())
	if err != nil {
		return err
	}
	kind, members := circles.MemberJoined, int64(1)
	if old.Member() {
		kind, members = circles.MemberLeft, -1
	}
	seq, err := tx.AppendEvent(circles.Event{Kind: kind, Stream: c.ID, Signer: c.ID, OrderKey: circles.PairKey(int64(person), int64(c.ID)),
		Object: int64(c.ID), Detail: circles.EventDetail{Actor: person.Actor()}})
	if err != nil {
		return err
	}
	if p.Local() && c.Local() {
		if members > 0 {
			err = followHere(tx, p.ID, c.ID, seq)
		} else {
			err = unfollowHere(tx, p.ID, c.ID, seq)
		}
		if err != nil {
			return err
		}
	}
	return tx.BumpCircle(c.CircleID(), store.CircleChange{Members: members})
}
