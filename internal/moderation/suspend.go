package moderation

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const maxReason = 500 // runes

// reasonFor checks why something is done that everyone can read of.
func reasonFor(given string) (string, error) {
	if text.Length(given) > maxReason {
		return "", circles.FieldErrorf(circles.TooLarge, "reason", "This text is longer than %d characters; shorten it.", maxReason).
			With("refused.too-long", map[string]any{"Max": maxReason})
	}
	reason := text.CleanLine(given, maxReason)
	if reason == "" {
		return "", circles.FieldErrorf(circles.Invalid, "reason", "Say why; everyone can read it in the moderation log.").
			With("refused.no-policy-reason", nil)
	}
	return reason, nil
}

// Suspend takes a person, of this instance or another, or a circle out of use here: they do nothing any
// more and are shown to nobody elsewhere; what they wrote stays. A person of ours is signed out everywhere,
// and other servers are told.
func (m *Moderation) Suspend(ctx context.Context, who circles.Viewer, id circles.ActorID, reason string) error {
	reason, err := reasonFor(reason)
	if err != nil {
		return err
	}
	return m.update(ctx, "suspend", func(tx *store.Tx) error { return suspendTx(tx, who, id, reason, true) })
}

// Unsuspend lifts a suspension. An objection to it that waits is over.
func (m *Moderation) Unsuspend(ctx context.Context, who circles.Viewer, id circles.ActorID) error {
	return m.update(ctx, "lift a suspension", func(tx *store.Tx) error {
		if err := suspendTx(tx, who, id, "", false); err != nil {
			return err
		}
		return objectionOver(tx, circles.PersonID(id))
	})
}

func suspendTx(tx *store.Tx, who circles.Viewer, id circles.ActorID, reason string, suspended bool) error {
	a, err := tx.Actor(id)
	if err != nil {
		return err
	}
	d, err := allow(tx, standing.Question{Who: who, Action: standing.Suspend, Person: a})
	if err != nil {
		return err
	}
	if (a.SuspendedAt != 0) == suspended {
		return nil
	}
	kind, action, at := circles.MemberBanned, circles.ModSuspend, tx.Now()
	detail := circles.EventDetail{Actor: d.Actor.ID, Reason: reason}
	if !suspended {
		kind, action, at = circles.MemberUnbanned, circles.ModUnsuspend, 0
		if detail.Of, err = tx.LastEntry(int64(id), circles.MemberBanned, d.Actor.ID); err != nil {
			return err
		}
	}
	if a.Local() && a.Kind == circles.KindPerson {
		_, err := tx.AppendEvent(circles.Event{Kind: kind, Stream: id, Signer: d.Actor.ID, OrderKey: int64(id), Object: int64(id), Detail: detail})
		if err != nil {
			return err
		}
		if err := tx.EndSessions(circles.PersonID(id), ""); err != nil {
			return err
		}
	}
	if err := tx.SetSuspended(id, at); err != nil {
		return err
	}
	if !suspended && a.Local() && a.Kind == circles.KindCircle {
		// Its followers read again that it is there, and who delivers goes on with what it held meanwhile.
		_, err := tx.AppendEvent(circles.Event{Kind: circles.ActorUpdated, Stream: id, Signer: id, OrderKey: int64(id), Object: int64(id)})
		if err != nil {
			return err
		}
	}
	if !suspended && !a.Local() {
		if err := tx.RenewBackfill(id); err != nil { // what it said meanwhile was not taken
			return err
		}
	}
	e := circles.ModEntry{By: d.Actor.ID, Action: action, Person: id, Reason: reason}
	if a.Kind == circles.KindCircle {
		e.Circle = circles.CircleID(id) // it is read of where the circle could be found
		if err := tx.BumpCircle(e.Circle, store.CircleChange{}); err != nil {
			return err // kept pages show it
		}
	}
	return tx.AddModEntry(e)
}

// ToSuspend returns the circle !name@host (host "" for one of ours) for who may suspend it, or lift that:
// Circle of app hides suspended ones.
func (m *Moderation) ToSuspend(ctx context.Context, who circles.Viewer, name, host string) (*circles.Circle, error) {
	var c *circles.Circle
	err := m.view(ctx, "circle to suspend", func(tx *store.Tx) (err error) {
		if c, err = tx.CircleByName(name, host); err != nil {
			return err
		}
		_, err = allow(tx, standing.Question{Who: who, Action: standing.Suspend, Person: &c.Actor})
		return err
	})
	return c, err
}

// A Suspension is a person or a circle that is out of use here.
type Suspension struct {
	Actor  *circles.Actor // as ActorCards has it
	At     int64          // UTC microseconds
	Reason string         // the last that was given
}

// Suspensions returns who and what is suspended, the latest first, and the cursor of the next page, "" at
// the end. It is for those who moderate this instance.
func (m *Moderation) Suspensions(ctx context.Context, who circles.Viewer, cursor string) (all []Suspension, next string, err error) {
	after, err := decodeCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	err = m.view(ctx, "suspensions", func(tx *store.Tx) error {
		all, next = nil, ""
		if _, err := mayDecide(tx, who, 0); err != nil {
			return err
		}
		rows, err := tx.Suspended(circles.ActorID(after), logPage+1)
		if err != nil {
			return err
		}
		if len(rows) > logPage {
			rows = rows[:logPage]
			next = encodeCursor(int64(rows[logPage-1].Actor))
		}
		ids := make([]circles.ActorID, len(rows))
		for i, r := range rows {
			ids[i] = r.Actor
		}
		cards, err := tx.ActorCards(ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if a := cards[r.Actor]; a != nil {
				all = append(all, Suspension{Actor: a, At: r.At, Reason: r.Reason})
			}
		}
		return nil
	})
	return all, next, err
}
