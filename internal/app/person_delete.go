package app

import (
	"halqa/circles"
	"halqa/internal/store"
)

// DeletePerson begins to take a person of this instance away, in the transaction that removes their
// account. They leave their circles at once; FinishDeletions then deletes what they wrote, each with an
// entry of its own, and at last the person: a server that is told first that the person is gone forgets
// the key that the rest is signed with. The name is not given out again. The only owner of a circle is
// refused.
func (a *App) DeletePerson(tx *store.Tx, id circles.PersonID) error {
	p, err := tx.Actor(id.Actor())
	if err != nil || p.DeletedAt != 0 {
		return err
	}
	if !p.Local() || p.Kind != circles.KindPerson {
		return circles.Errorf(circles.Forbidden, "Only people of this instance can be deleted here.")
	}
	roles, err := tx.MembershipsOf(id)
	if err != nil {
		return err
	}
	for _, m := range roles {
		c, err := tx.Circle(m.Circle)
		if err != nil {
			return err
		}
		if m.Role == circles.RoleOwner && c.Local() && c.DeletedAt == 0 {
			other, err := tx.OtherOwner(m.Circle, id)
			if err != nil {
				return err
			}
			if !other {
				return circles.Errorf(circles.Conflict, "You are the only owner of the circle %s; make somebody else an owner first.", c.Name).
					With("refused.only-owner", map[string]any{"Name": c.Name})
			}
		}
		if !c.Local() {
			if err := unask(tx, id.Actor(), &c.Actor); err != nil {
				return err
			}
		}
		if err := enter(tx, c, id, circles.NoRole); err != nil {
			return err
		}
	}
	return tx.SaveDeletion(store.Deletion{Actor: p.ID})
}

// finishPerson takes a person away whose words are all deleted.
func finishPerson(tx *store.Tx, p *circles.Actor) error {
	seq, err := tx.AppendEvent(circles.Event{Kind: circles.ActorDeleted, Stream: p.ID, Signer: p.ID, OrderKey: int64(p.ID), Object: int64(p.ID)})
	if err != nil {
		return err
	}
	if p.IconMedia != "" {
		if err := tx.PlacePhoto(p.IconMedia, 0, 0); err != nil {
			return err
		}
	}
	p.DeletedAt, p.UpdatedAt = tx.Now(), tx.Now()
	p.DisplayName, p.Summary, p.SummaryHTML, p.IconMedia = "", "", "", ""
	if err := tx.SaveActor(p); err != nil {
		return err
	}
	// The entry itself still goes to those who followed.
	if err := tx.EndFollowsBy(p.ID, seq); err != nil {
		return err
	}
	return tx.EndFollowsOf(p.ID, seq)
}
