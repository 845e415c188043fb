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
	return m.suspend(ctx, who, id, reason, true)
}

// Unsuspend lifts a suspension.
func (m *Moderation) Unsuspend(ctx context.Context, who circles.Viewer, id circles.ActorID) error {
	return m.suspend(ctx, who, id, "", false)
}

func (m *Moderation) suspend(ctx context.Context, who circles.Viewer, id circles.ActorID, reason string, suspended bool) error {
	return m.update(ctx, "suspend", func(tx *store.Tx) error {
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
		return tx.AddModEntry(circles.ModEntry{By: d.Actor.ID, Action: action, Person: id, Reason: reason})
	})
}
