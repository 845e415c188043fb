package app

import (
	"context"
	"errors"
	"time"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

const (
	// ledPerUpdate is how many followers of who moved are led after them in one transaction.
	ledPerUpdate = 100

	// moveRest is how long nobody is led on from who moved or was moved to. Without it a hostile server could
	// lead whom it once has in a circle of addresses, each time with two requests and a notification for
	// everybody. Mastodon lets its people move once in as long.
	moveRest = 30 * 24 * time.Hour

	maxAliases = 5 // other addresses that a circle of ours may name
)

// MoveCircle moves a circle of ours to a circle elsewhere, which must name it among its own addresses: so
// both sides want it. Members here follow the new one at once, and everybody else's server is told.
// The circle stays as an archive that points there; that cannot be taken back.
func (a *App) MoveCircle(ctx context.Context, who circles.Viewer, id circles.CircleID, to circles.ActorID) error {
	return a.update(ctx, "move circle", func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.MoveCircle, Circle: c}); err != nil {
			return err
		}
		target, err := tx.Actor(to)
		if err != nil {
			return err
		}
		if c.MovedTo != "" {
			return circles.Errorf(circles.Conflict, "This circle has moved already.").With("refused.moved-already", nil)
		}
		if target.Kind != circles.KindCircle || target.ID == c.ID || target.DeletedAt != 0 || !c.Visibility.Federated() {
			return circles.FieldErrorf(circles.Invalid, "target", "A circle moves to another circle; give the address of one.").With("refused.not-a-circle", nil)
		}
		if !target.AlsoKnownAs.Has(a.origin + c.URI) {
			return circles.FieldErrorf(circles.Invalid, "target", "The new circle does not say that it is this one; enter %s there among its other addresses first.", a.origin+c.URI).
				With("refused.not-known-there", map[string]any{"Address": a.origin + c.URI})
		}
		c.MovedTo, c.UpdatedAt = target.URI, tx.Now()
		if err := tx.SaveCircle(c); err != nil {
			return err
		}
		if err := sayActor(tx, circles.ActorUpdated, &c.Actor); err != nil {
			return err
		}
		if err := sayActor(tx, circles.ActorMoved, &c.Actor); err != nil {
			return err
		}
		return leadSome(tx, store.Moving{Actor: c.ID, Target: target.ID})
	})
}

// SetAliases says which other addresses are this circle's: those of circles that are to move here.
func (a *App) SetAliases(ctx context.Context, who circles.Viewer, id circles.CircleID, addresses []string) error {
	if len(addresses) > maxAliases {
		return circles.FieldErrorf(circles.Invalid, "aliases", "A circle names at most %d other addresses.", maxAliases).With("refused.aliases", map[string]any{"Most": maxAliases})
	}
	for i, address := range addresses {
		if addresses[i] = remoteURL(address); addresses[i] == "" {
			return circles.FieldErrorf(circles.Invalid, "aliases", "%q is no address of a circle; it begins with https://.", address).With("refused.alias", map[string]any{"Address": address})
		}
	}
	return a.update(ctx, "circle's other addresses", func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.MoveCircle, Circle: c}); err != nil {
			return err
		}
		c.AlsoKnownAs, c.UpdatedAt = circles.AliasesOf(addresses), tx.Now()
		if err := tx.SaveCircle(c); err != nil {
			return err
		}
		return sayActor(tx, circles.ActorUpdated, &c.Actor)
	})
}

// ReceiveMove notes that an actor elsewhere lives at another address now, and leads its followers here
// after it: the first at once, the others by FinishMoves. The caller has read the target from its own
// server since this was said; it must name the old address as its own, or anybody could give
// away their followers to whom they want to bury. Who moved, or was moved to, within moveRest is refused.
func (a *App) ReceiveMove(tx *store.Tx, from, to circles.ActorID) (Outcome, error) {
	old, err := tx.Actor(from)
	if err != nil {
		return refused(0, err)
	}
	target, err := tx.Actor(to)
	if err != nil {
		return refused(0, err)
	}
	address := target.URI
	if target.Local() {
		address = a.origin + target.URI
	}
	switch {
	case old.Local():
		return refused(0, circles.Errorf(circles.Forbidden, "This actor lives here; nobody elsewhere can move it."))
	case (old.Kind == circles.KindCircle) != (target.Kind == circles.KindCircle), target.Kind == circles.KindInstance:
		return refused(0, circles.Errorf(circles.Invalid, "A circle moves to a circle, and a person to a person."))
	case old.ID == target.ID, target.DeletedAt != 0, target.SuspendedAt != 0, target.MovedTo != "":
		return refused(0, circles.Errorf(circles.Invalid, "Nobody can be followed there."))
	case !target.AlsoKnownAs.Has(old.URI):
		return refused(0, circles.Errorf(circles.Forbidden, "%s does not say that it was %s.", address, old.URI))
	}
	last, err := tx.LastMove(old.ID)
	if err != nil {
		return Outcome{}, err
	}
	rested := tx.Now() - moveRest.Microseconds()
	switch {
	case last > rested && old.MovedTo == address:
		return done(0, false, nil) // said again
	case last > rested:
		return refused(0, circles.Errorf(circles.Conflict, "%s moved a short time ago; its followers stay where they are.", old.URI))
	}
	if err := tx.NoteMove(rested, old.ID, target.ID); err != nil {
		return Outcome{}, err
	}
	if old.MovedTo != address {
		old.MovedTo, old.UpdatedAt = address, tx.Now()
		if err := tx.SaveActor(old); err != nil {
			return Outcome{}, err
		}
	}
	if old.Kind == circles.KindCircle {
		if err := tx.BumpCircle(circles.CircleID(old.ID), store.CircleChange{}); err != nil {
			return Outcome{}, err
		}
	}
	return done(0, true, leadSome(tx, store.Moving{Actor: old.ID, Target: target.ID}))
}

// FinishMoves leads the followers who are left. The clock calls it.
func (a *App) FinishMoves(ctx context.Context) error {
	for more := true; more; {
		err := a.update(ctx, "finish moves", func(tx *store.Tx) error {
			m, err := tx.NextMoving()
			if more = m.Actor != 0; err != nil || !more {
				return err
			}
			return leadSome(tx, m)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// leadSome lets the next followers here follow where an actor moved, and notes how far that came.
func leadSome(tx *store.Tx, m store.Moving) error {
	from, err := tx.Actor(m.Actor)
	if err != nil {
		return err
	}
	to, err := tx.Actor(m.Target)
	if err != nil {
		return err
	}
	follows, err := tx.LocalFollows(m.Actor, m.After, ledPerUpdate)
	if err != nil {
		return err
	}
	for _, f := range follows {
		m.After = f.ID
		err := lead(tx, f.Follower, from, to)
		var refusal *circles.Error
		if errors.As(err, &refusal) && refusal.Kind != circles.Busy && refusal.Kind != circles.Internal {
			continue // banned or blocked there: they stay where they are
		}
		if err != nil {
			return err
		}
	}
	if len(follows) < ledPerUpdate {
		return tx.MovingDone(m.Actor)
	}
	return tx.SaveMoving(m)
}

// lead lets one person follow the new address in place of the old one, and tells them. Before the first
// change it may refuse.
func lead(tx *store.Tx, follower circles.ActorID, from, to *circles.Actor) error {
	person := circles.PersonID(follower)
	who := circles.Viewer{Person: person, Role: circles.SiteMember}
	if to.Kind == circles.KindCircle {
		c, err := tx.Circle(circles.CircleID(to.ID))
		if err != nil {
			return err
		}
		d, err := allow(tx, standing.Question{Who: who, Action: standing.Join, Circle: c})
		if err != nil {
			return err
		}
		if err := joinCircle(tx, c, person, d); err != nil {
			return err
		}
	} else {
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.Follow, Person: to}); err != nil {
			return err
		}
		if err := followPerson(tx, follower, to); err != nil {
			return err
		}
	}
	if !from.Local() {
		if err := unask(tx, follower, from); err != nil {
			return err
		}
		if err := dropMember(tx, from.ID, person); err != nil {
			return err
		}
	}
	return tx.NotifyOfMove(person, from.ID, to.ID)
}

// joinCircle is Join for one who was judged.
func joinCircle(tx *store.Tx, c *circles.Circle, person circles.PersonID, d standing.Decision) error {
	role := d.Role
	switch {
	case role.Member(), role == circles.RolePending && c.Local():
		return nil
	case !c.Local():
		if err := ask(tx, person.Actor(), &c.Actor); err != nil {
			return err
		}
		role = circles.RolePending
	case c.Visibility == circles.MembersOnly, d.Outcome == standing.Request, d.Outcome == standing.Hold:
		role = circles.RolePending
	default:
		role = circles.RoleMember
	}
	return enter(tx, c, person, role)
}

// followPerson is Follow of a person for one who was judged.
func followPerson(tx *store.Tx, follower circles.ActorID, to *circles.Actor) error {
	f, err := tx.Following(follower, to.ID)
	if err != nil || f != nil {
		return err
	}
	if !to.Local() {
		return ask(tx, follower, to)
	}
	if to.Locked {
		return tx.AddFollow(&circles.Follow{ID: tx.NewID(), Follower: follower, Followee: to.ID, State: circles.FollowPending, At: tx.Now()})
	}
	_, last, err := tx.LogEnds()
	if err != nil {
		return err
	}
	return followHere(tx, follower, to.ID, last)
}
