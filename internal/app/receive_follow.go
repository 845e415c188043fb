package app

import (
	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// ReceiveFollow lets a remote person follow a person or a circle of ours, who answers at once; a
// person who approves followers answers later. uri is the Follow's id, inbox where the follower's
// copies go. One who follows already is answered again, for the first answer may have been lost.
// Whom a circle banned or a person blocked, and who comes from a limited instance, is answered with a refusal; a circle that is not federated
// is not there.
func (a *App) ReceiveFollow(tx *store.Tx, said Said, followee circles.ActorID, uri, inbox string) (Outcome, error) {
	target, err := tx.Actor(followee)
	if err != nil {
		return refused(0, err)
	}
	q := standing.Question{Who: said.viewer(), Action: standing.Follow, Person: target}
	var c *circles.Circle
	if target.Kind == circles.KindCircle {
		if c, err = tx.Circle(circles.CircleID(followee)); err != nil {
			return refused(0, err)
		}
		q = standing.Question{Who: said.viewer(), Action: standing.Join, Circle: c}
	}
	if !target.Local() || target.Kind == circles.KindInstance || remoteURL(inbox) == "" || len(uri) > circles.MaxLink {
		return refused(0, circles.Errorf(circles.Invalid, "A Follow must name a person or a circle of this instance and come from an actor with an inbox."))
	}
	f, err := tx.Following(said.By.Actor(), followee)
	if err != nil {
		return Outcome{}, err
	}
	d, err := allow(tx, q)
	if err != nil {
		if d.Reason == standing.Banned || d.Reason == standing.Gated || d.Reason == standing.BlockedBy || d.Reason == standing.PeerLimited {
			if err := refuseFollow(tx, f, said.By.Actor(), followee, uri, inbox); err != nil {
				return Outcome{}, err
			}
			if d.Gate != nil {
				if err := explain(tx, c, d.Actor, d.Gate, store.GateNotice{Activity: uri, Decision: store.GateRefused, About: store.GateOfFollow}); err != nil {
					return Outcome{}, err
				}
			}
		}
		return refused(0, err)
	}
	fresh := f == nil
	if fresh {
		f = &circles.Follow{ID: tx.NewID(), Follower: said.By.Actor(), Followee: followee, At: tx.Now(), State: circles.FollowActive}
		if target.Locked && c == nil || d.Outcome != standing.Allow {
			f.State = circles.FollowPending
		}
	}
	f.URI, f.Inbox = uri, inbox
	if f.State == circles.FollowActive {
		seq, err := sayAnswer(tx, circles.FollowAccepted, f)
		if err != nil {
			return Outcome{}, err
		}
		if f.FromSeq == 0 {
			f.FromSeq = seq
		}
	}
	if fresh {
		err = tx.AddFollow(f)
	} else {
		err = tx.SaveFollow(f)
	}
	if err != nil {
		return Outcome{}, err
	}
	if err := standing.Acted(tx, d.Actor); err != nil {
		return Outcome{}, err
	}
	if c != nil && !d.Role.Member() {
		if err := d.Note(tx); err != nil {
			return Outcome{}, err
		}
		role := circles.RoleMember
		if f.State == circles.FollowPending { // until an operator lets them in
			role = circles.RolePending
		}
		err = enter(tx, c, said.By, role)
	}
	if err == nil && f.State == circles.FollowPending && d.Gate != nil {
		if err := explain(tx, c, d.Actor, d.Gate, store.GateNotice{Activity: uri, Decision: store.GateHeld, About: store.GateOfFollow}); err != nil {
			return Outcome{}, err
		}
		return Outcome{Result: Waits, Reason: d.Reason, Refusal: d.Refusal, Gate: d.Gate}, nil
	}
	return done(0, true, err)
}

// refuseFollow ends what there is and says no. The row it leaves is what the entry speaks of.
func refuseFollow(tx *store.Tx, f *circles.Follow, follower, followee circles.ActorID, uri, inbox string) error {
	if err := tx.ForgetRefusals(follower, followee); err != nil {
		return err
	}
	fresh := f == nil
	if fresh {
		f = &circles.Follow{ID: tx.NewID(), Follower: follower, Followee: followee, At: tx.Now()}
	}
	f.State, f.URI, f.Inbox = circles.FollowOver, uri, inbox
	seq, err := sayAnswer(tx, circles.FollowRefused, f)
	if err != nil {
		return err
	}
	f.UntilSeq = seq
	if fresh {
		return tx.AddFollow(f)
	}
	if err := tx.SaveFollow(f); err != nil {
		return err
	}
	return dropMember(tx, followee, circles.PersonID(follower))
}

// ReceiveUnfollow ends a remote person's following of an actor of ours. A moderator of a circle stays
// one.
func (a *App) ReceiveUnfollow(tx *store.Tx, said Said, followee circles.ActorID) (Outcome, error) {
	f, err := tx.Following(said.By.Actor(), followee)
	if err != nil || f == nil {
		return done(0, false, err)
	}
	if err := endFollow(tx, f); err != nil {
		return Outcome{}, err
	}
	return done(0, true, dropMember(tx, followee, said.By))
}

// ReceiveAccept notes that followee took in a follower of ours. Only followee may say it. What the
// followee wrote before is wanted with the first.
func (a *App) ReceiveAccept(tx *store.Tx, followee, follower circles.ActorID) (Outcome, error) {
	f, err := tx.Following(follower, followee)
	if err != nil || f == nil || f.State != circles.FollowPending {
		return done(0, false, err)
	}
	f.State = circles.FollowActive
	if err := tx.SaveFollow(f); err != nil {
		return Outcome{}, err
	}
	if err := tx.WantBackfill(followee); err != nil {
		return Outcome{}, err
	}
	c, err := circleIfAny(tx, followee)
	if err != nil || c == nil {
		return done(0, true, err)
	}
	if err := tx.DropGateReply(circles.PersonID(follower), c.CircleID(), 0); err != nil {
		return Outcome{}, err
	}
	return done(0, true, enter(tx, c, circles.PersonID(follower), circles.RoleMember))
}

// ReceiveReject notes that followee refused a follower of ours, or put one out.
func (a *App) ReceiveReject(tx *store.Tx, followee, follower circles.ActorID) (Outcome, error) {
	f, err := tx.Following(follower, followee)
	if err != nil || f == nil {
		return done(0, false, err)
	}
	if err := endFollow(tx, f); err != nil {
		return Outcome{}, err
	}
	return done(0, true, dropMember(tx, followee, circles.PersonID(follower)))
}

// endFollow ends a follow without telling anyone, for who is concerned said it. The entry is there for
// those who route by follows.
func endFollow(tx *store.Tx, f *circles.Follow) error {
	seq, err := tx.AppendEvent(circles.Event{Kind: circles.FollowEnded, Signer: f.Follower,
		OrderKey: circles.PairKey(int64(f.Follower), int64(f.Followee)), Object: f.ID,
		Detail: circles.EventDetail{Actor: f.Follower}})
	if err != nil {
		return err
	}
	f.State, f.UntilSeq = circles.FollowOver, seq
	return tx.SaveFollow(f)
}

// dropMember takes a plain member out of the circle that followee is, if it is one.
func dropMember(tx *store.Tx, followee circles.ActorID, person circles.PersonID) error {
	c, err := circleIfAny(tx, followee)
	if err != nil || c == nil {
		return err
	}
	role, err := tx.Role(c.CircleID(), person)
	if err != nil || role.Moderates() {
		return err
	}
	return enter(tx, c, person, circles.NoRole)
}

// circleIfAny returns the circle that an actor is; nil if it is none.
func circleIfAny(tx *store.Tx, id circles.ActorID) (*circles.Circle, error) {
	c, err := tx.Circle(circles.CircleID(id))
	if circles.Is(err, circles.NotFound) {
		return nil, nil
	}
	return c, err
}
