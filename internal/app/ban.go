package app

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

// removedPerUpdate is how much of what a banned person wrote is removed in one transaction.
const removedPerUpdate = 200

// NewBan is how a person is to be shut out of a circle.
type NewBan struct {
	Circle circles.CircleID
	Person circles.PersonID
	Reason string // shown to everyone
	Until  int64  // UTC microseconds; 0 = for good
	Remove bool   // what they wrote in the circle is removed, too
}

// Ban shuts a person out of a circle, in place of an earlier ban: their membership and their following
// of it end. A moderator may ban who stands below them. Of a circle elsewhere only what this instance
// takes from the person is changed. What they wrote is removed in parts; FinishRemovals does the rest.
func (a *App) Ban(ctx context.Context, who circles.Viewer, in NewBan) error {
	return a.update(ctx, "ban", func(tx *store.Tx) error { return a.BanTx(tx, who, in) })
}

// BanTx is Ban within the caller's transaction.
func (a *App) BanTx(tx *store.Tx, who circles.Viewer, in NewBan) error {
	reason, err := reasonFor(in.Reason)
	if err != nil {
		return err
	}
	if in.Until != 0 && in.Until <= tx.Now() {
		return circles.FieldErrorf(circles.Invalid, "until", "The ban would have ended already; choose a time to come.").With("refused.past", nil)
	}
	c, p, d, err := judgeBan(tx, standing.Question{Who: who}, in.Circle, in.Person)
	if err != nil {
		return err
	}
	_, err = ban(tx, c, p, circles.Ban{By: d.Actor.ID, Reason: reason, Until: in.Until, Remove: in.Remove}, 0)
	return err
}

// Unban lifts a ban. What was removed stays so.
func (a *App) Unban(ctx context.Context, who circles.Viewer, id circles.CircleID, person circles.PersonID) error {
	return a.update(ctx, "unban", func(tx *store.Tx) error { return a.UnbanTx(tx, who, id, person) })
}

// UnbanTx is Unban within the caller's transaction.
func (a *App) UnbanTx(tx *store.Tx, who circles.Viewer, id circles.CircleID, person circles.PersonID) error {
	c, p, d, err := judgeBan(tx, standing.Question{Who: who}, id, person)
	if err != nil {
		return err
	}
	_, err = unban(tx, c, p, d.Actor, 0)
	return err
}

// ReturnBanned returns the next part of what a ban had removed, in the name of who lifted it, and reports
// whether there may be more. The ban is over then, or nothing would be left of it to be found.
func (a *App) ReturnBanned(tx *store.Tx, by circles.ActorID, b circles.Ban) (more bool, err error) {
	who, err := tx.Actor(by)
	if err != nil {
		return false, err
	}
	posts, err := tx.RemovedWithBan(b, removedPerUpdate)
	if err != nil {
		return false, err
	}
	for _, p := range posts {
		at, err := placeAround(tx, p)
		if err != nil {
			return false, err
		}
		if err := returnPost(tx, at, who, 0); err != nil {
			return false, err
		}
	}
	return len(posts) == removedPerUpdate, nil
}

// ReceiveBan applies a ban by a moderator: one of a circle of ours, or any whom a circle elsewhere
// vouches for by passing it on.
func (a *App) ReceiveBan(tx *store.Tx, said Said, in NewBan) (Outcome, error) {
	if in.Until != 0 && in.Until <= tx.Now() {
		return done(0, false, nil) // it came too late
	}
	c, p, d, err := judgeBan(tx, standing.Question{Who: said.viewer(), Via: said.Via}, in.Circle, in.Person)
	if err != nil {
		return refused(0, err)
	}
	changed, err := ban(tx, c, p, circles.Ban{By: d.Actor.ID, Reason: said.reason(in.Reason), Until: in.Until, Remove: in.Remove}, said.Received)
	return done(0, changed, err)
}

// ReceiveUnban lifts a ban in the same way.
func (a *App) ReceiveUnban(tx *store.Tx, said Said, id circles.CircleID, person circles.PersonID) (Outcome, error) {
	c, p, d, err := judgeBan(tx, standing.Question{Who: said.viewer(), Via: said.Via}, id, person)
	if err != nil {
		return refused(0, err)
	}
	changed, err := unban(tx, c, p, d.Actor, said.Received)
	return done(0, changed, err)
}

// reason is what a stranger wrote as one, made fit to be stored.
func (s Said) reason(given string) string {
	return text.CleanLine(cutBytes(given, 4*maxReason), maxReason)
}

// reasonFor checks the reason that a moderator of ours gives.
func reasonFor(given string) (string, error) {
	reason, err := line("reason", "reason", given, maxReason)
	if err == nil && reason == "" {
		err = circles.FieldErrorf(circles.Invalid, "reason", "Say why; the person and everyone else can read it.").With("refused.no-ban-reason", nil)
	}
	return reason, err
}

func judgeBan(tx *store.Tx, q standing.Question, id circles.CircleID, person circles.PersonID) (*circles.Circle, *circles.Actor, standing.Decision, error) {
	c, err := tx.Circle(id)
	if err != nil {
		return nil, nil, standing.Decision{}, err
	}
	p, err := tx.Actor(person.Actor())
	if err != nil {
		return nil, nil, standing.Decision{}, err
	}
	if p.Kind == circles.KindCircle || p.Kind == circles.KindInstance {
		return nil, nil, standing.Decision{}, circles.Errorf(circles.Invalid, "Only people can be banned from a circle.").With("refused.ban-person", nil)
	}
	q.Action, q.Circle, q.Person = standing.Ban, c, p
	d, err := allow(tx, q)
	return c, p, d, err
}

func ban(tx *store.Tx, c *circles.Circle, p *circles.Actor, b circles.Ban, received int64) (changed bool, err error) {
	b.Circle, b.Person = c.CircleID(), circles.PersonID(p.ID)
	old, err := tx.Ban(b.Circle, b.Person)
	if err != nil {
		return false, err
	}
	if old != nil && old.Until == b.Until && old.Reason == b.Reason && !b.Remove {
		return false, nil
	}
	b.Remove = b.Remove || old != nil && old.Remove // what is under way goes on
	if err := shutOut(tx, c, p); err != nil {
		return false, err
	}
	err = sayMember(tx, circles.MemberBanned, c, p, circles.EventDetail{Actor: b.By, Reason: b.Reason, Until: b.Until, Remove: b.Remove, Received: received})
	if err != nil {
		return false, err
	}
	if err := tx.SetBan(b); err != nil {
		return false, err
	}
	err = tx.AddModEntry(circles.ModEntry{By: b.By, Action: circles.ModBan, Circle: b.Circle, Person: p.ID, Until: b.Until, Reason: b.Reason})
	if err != nil || !b.Remove {
		return true, err
	}
	return true, removeSome(tx, b)
}

// shutOut ends a person's place in a circle and their following of it.
func shutOut(tx *store.Tx, c *circles.Circle, p *circles.Actor) error {
	role, err := tx.Role(c.CircleID(), circles.PersonID(p.ID))
	if err != nil {
		return err
	}
	if role.Moderates() {
		if err := sayRole(tx, c, p, false, circles.EventDetail{}); err != nil {
			return err
		}
	}
	switch {
	case c.Local() && !p.Local():
		err = putOut(tx, p.ID, c.ID)
	case !c.Local() && p.Local():
		var f *circles.Follow
		if f, err = tx.Following(p.ID, c.ID); err == nil && f != nil {
			err = endFollow(tx, f)
		}
	}
	if err != nil {
		return err
	}
	return enter(tx, c, circles.PersonID(p.ID), circles.NoRole)
}

func unban(tx *store.Tx, c *circles.Circle, p *circles.Actor, by *circles.Actor, received int64) (changed bool, err error) {
	old, err := tx.Ban(c.CircleID(), circles.PersonID(p.ID))
	if err != nil || old == nil {
		return false, err
	}
	of, err := tx.LastEntry(int64(p.ID), circles.MemberBanned, c.ID)
	if err != nil {
		return false, err
	}
	err = sayMember(tx, circles.MemberUnbanned, c, p,
		circles.EventDetail{Actor: by.ID, Of: of, Reason: old.Reason, Until: old.Until, Received: received})
	if err != nil {
		return false, err
	}
	if err := tx.SetBlock(c.ID, p.ID, false); err != nil {
		return false, err
	}
	return true, tx.AddModEntry(circles.ModEntry{By: by.ID, Action: circles.ModUnban, Circle: c.CircleID(), Person: p.ID})
}

// sayMember appends what a circle of ours says about a person in it. Their own server is told even if
// nobody there follows the circle any more. What a circle elsewhere says of our people is only for our own
// consumers, who find the circle in the order key.
func sayMember(tx *store.Tx, kind circles.EventKind, c *circles.Circle, p *circles.Actor, detail circles.EventDetail) error {
	if !c.Local() {
		if !p.Local() {
			return nil
		}
		_, err := tx.AppendEvent(circles.Event{Kind: kind, OrderKey: int64(c.ID), Object: int64(p.ID)})
		return err
	}
	e := circles.Event{Kind: kind, Stream: c.ID, Signer: c.ID, OrderKey: int64(c.ID), Object: int64(p.ID), Detail: detail}
	if c.Visibility.Federated() {
		e.To = addInbox(nil, p)
	}
	_, err := tx.AppendEvent(e)
	return err
}

// FinishRemovals removes what is left of what banned people wrote where that was asked for, and forgets
// bans that have ended. The clock calls it.
func (a *App) FinishRemovals(ctx context.Context) error {
	for more := true; more; {
		err := a.update(ctx, "finish removals", func(tx *store.Tx) error {
			more = false
			b, err := tx.NextRemoval()
			if err != nil || b == nil {
				return err
			}
			more = true
			return removeSome(tx, *b)
		})
		if err != nil {
			return err
		}
	}
	const page = 500
	for n := int64(page); n == page; {
		err := a.update(ctx, "sweep bans", func(tx *store.Tx) (err error) {
			n, err = tx.SweepBans(page)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// removeSome removes the next part of what a banned person wrote.
func removeSome(tx *store.Tx, b circles.Ban) error {
	posts, err := tx.StandingPostsOf(b.Person, b.Circle, removedPerUpdate)
	if err != nil {
		return err
	}
	by, err := tx.Actor(b.By)
	if err != nil {
		return err
	}
	for _, p := range posts {
		at, err := placeAround(tx, p)
		if err != nil {
			return err
		}
		if err := removePost(tx, at, by, circles.EventDetail{Reason: b.Reason}); err != nil {
			return err
		}
	}
	if len(posts) < removedPerUpdate {
		return tx.RemovalDone(b.Circle, b.Person)
	}
	return nil
}

// A BannedPerson is a ban with who it is about and who made it.
type BannedPerson struct {
	circles.Ban
	Who *circles.Actor // as ActorCards has it
	By  *circles.Actor // nil if they are not known any more
}

const banPage = 50

// Bans returns who is banned from a circle, the newest ban first, and the cursor of the next page, ""
// at the end. It is for those who moderate it.
func (a *App) Bans(ctx context.Context, who circles.Viewer, id circles.CircleID, cursor string) (bans []BannedPerson, next string, err error) {
	after, err := decodeMark("b", cursor)
	if err != nil {
		return nil, "", err
	}
	err = a.view(ctx, "bans", func(tx *store.Tx) error {
		bans, next = nil, ""
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.SeeReports, Circle: c}); err != nil {
			return err
		}
		rows, err := tx.Bans(id, after, banPage+1)
		if err != nil {
			return err
		}
		if len(rows) > banPage {
			rows = rows[:banPage]
			last := rows[banPage-1]
			next = encodeMark("b", store.Mark{Key: last.At, ID: int64(last.Person)})
		}
		var ids []circles.ActorID
		for _, b := range rows {
			ids = append(ids, b.Person.Actor(), b.By)
		}
		cards, err := tx.ActorCards(ids)
		if err != nil {
			return err
		}
		for _, b := range rows {
			bans = append(bans, BannedPerson{Ban: b, Who: cards[b.Person.Actor()], By: cards[b.By]})
		}
		return nil
	})
	return bans, next, err
}

// A BannedFrom is a ban with where it holds.
type BannedFrom struct {
	circles.Ban
	Circle *circles.Circle // as CircleCards has it
}

// BansOf returns the circles that the viewer is banned from, the newest ban first. Nobody has to try a
// door to learn that it is shut.
func (a *App) BansOf(ctx context.Context, v circles.Viewer) ([]BannedFrom, error) {
	var from []BannedFrom
	if !v.SignedIn() {
		return nil, nil
	}
	err := a.view(ctx, "own bans", func(tx *store.Tx) error {
		from = nil
		bans, err := tx.BansOf(v.Person, banPage)
		if err != nil {
			return err
		}
		ids := make([]circles.CircleID, len(bans))
		for i, b := range bans {
			ids[i] = b.Circle
		}
		cards, err := tx.CircleCards(ids)
		if err != nil {
			return err
		}
		for _, b := range bans {
			from = append(from, BannedFrom{Ban: b, Circle: cards[b.Circle]})
		}
		return nil
	})
	return from, err
}

// activeFor is how long who wrote or voted counts as active in a circle.
const activeFor = 30 * 24 * time.Hour

// RefreshActivity counts anew who was active in each circle during the last thirty days. The clock calls
// it once a day.
func (a *App) RefreshActivity(ctx context.Context) error {
	since := a.now().Add(-activeFor).UnixMicro()
	const page = 100
	for after, more := circles.CircleID(0), true; more; {
		var changed []store.LiveCircle
		err := a.view(ctx, "count activity", func(tx *store.Tx) error {
			changed = nil
			live, err := tx.LiveCircles(since, after, page)
			if err != nil {
				return err
			}
			more = len(live) == page
			for _, c := range live {
				n, err := tx.ActiveIn(c.ID, since)
				if err != nil {
					return err
				}
				if n != c.Active {
					changed = append(changed, store.LiveCircle{ID: c.ID, Active: n})
				}
			}
			if more {
				after = live[page-1].ID
			}
			return nil
		})
		if err != nil || len(changed) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		err = a.update(ctx, "count activity", func(tx *store.Tx) error {
			for _, c := range changed {
				if err := tx.SetActive(c.ID, c.Active); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
