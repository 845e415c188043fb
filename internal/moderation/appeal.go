package moderation

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	// AppealFor is how long a gate may be kept shut by nobody's answer.
	AppealFor = reputation.PassAfter * 24 * time.Hour

	// appealAgain is after how long somebody may object to the same gate again after a no.
	appealAgain = 30 * 24 * time.Hour

	// appealsADay bounds what one person may open, in all circles together: each costs somebody's time.
	appealsADay = 10

	maxAppeal = 2000
)

// A Grievance names what an appeal is against. Circle and Action are of a gate, Circle of a ban, which from no
// circle is the suspension from the instance, Post of what is held, was refused or removed, and Line of a penalty.
type Grievance struct {
	Kind   circles.AppealKind
	Circle circles.CircleID // 0 = the instance
	Action reputation.Action
	Post   circles.PostID
	Line   reputation.EventID
}

// Object writes down an appeal. Nothing can keep a person of this instance from it but one that they have
// open in the same circle, an answer that they have already, and ten others on the same day.
func (m *Moderation) Object(ctx context.Context, who circles.Viewer, g Grievance, body string) (*circles.Appeal, error) {
	body, err := appealText(body)
	if err != nil {
		return nil, err
	}
	if body == "" {
		return nil, circles.FieldErrorf(circles.Invalid, "body", "Say why you think that it is wrong; who decides reads it.").With("refused.appeal-empty", nil)
	}
	var a *circles.Appeal
	err = m.update(ctx, "appeal", func(tx *store.Tx) (err error) {
		if a, err = ground(tx, who, g); err != nil {
			return err
		}
		if err := mayObject(tx, a); err != nil {
			return err
		}
		if a.Site, err = beginsAtSite(tx, a); err != nil {
			return err
		}
		a.ID, a.At, a.Body, a.State = tx.NewID(), tx.Now(), body, circles.AppealOpen
		if a.DueAt != 0 {
			a.DueAt = a.At + AppealFor.Microseconds()
		}
		if err := tx.AddAppeal(a); err != nil {
			return err
		}
		return sayAppeal(tx, circles.AppealOpened, a)
	})
	return a, err
}

func appealText(s string) (string, error) {
	if text.Length(s) > maxAppeal {
		return "", circles.FieldErrorf(circles.TooLarge, "body", "This text is longer than %d characters; shorten it.", maxAppeal).
			With("refused.too-long", map[string]any{"Max": maxAppeal})
	}
	return text.CleanBlock(s, maxAppeal), nil
}

// sayAppeal tells our own consumers, who tell those whom it concerns.
func sayAppeal(tx *store.Tx, kind circles.EventKind, a *circles.Appeal) error {
	_, err := tx.AppendEvent(circles.Event{Kind: kind, OrderKey: a.ID, Object: a.ID})
	return err
}

// Ground says what an appeal would be against, for the form, or why there can be none. Nothing is written.
func (m *Moderation) Ground(ctx context.Context, who circles.Viewer, g Grievance) (*AppealCase, error) {
	var c *AppealCase
	err := m.view(ctx, "appeal", func(tx *store.Tx) error {
		a, err := ground(tx, who, g)
		if err != nil {
			return err
		}
		if err := mayObject(tx, a); err != nil {
			return err
		}
		all, err := fillAppeals(tx, []*circles.Appeal{a})
		if err == nil {
			c = &all[0]
		}
		return err
	})
	return c, err
}

// ground finds what somebody objects to. DueAt is other than 0 if nobody's answer would open it.
func ground(tx *store.Tx, who circles.Viewer, g Grievance) (*circles.Appeal, error) {
	if !who.SignedIn() {
		return nil, circles.Errorf(circles.Denied, "Sign in to do that.").With("refused.not-signed-in", nil)
	}
	a := &circles.Appeal{Person: who.Person, Kind: g.Kind}
	switch g.Kind {
	case circles.AppealGate:
		return a, gateGround(tx, who, g, a)
	case circles.AppealHeld, circles.AppealRemoval:
		return a, postGround(tx, who, g, a)
	case circles.AppealBan:
		return a, banGround(tx, g, a)
	case circles.AppealPenalty:
		e, err := standing.Penalty(tx, g.Line, who.Person)
		if err != nil {
			return nil, err
		}
		a.Circle, a.Object, a.Decider, a.ActedAt = circles.CircleID(e.Circle), int64(e.ID), circles.ActorID(e.Source), e.At
		return a, nil
	}
	return nil, noGround()
}

func noGround() error {
	return circles.Errorf(circles.NotFound, "There is nothing here that you could object to.").With("refused.appeal-nothing", nil)
}

func appealOver() error {
	return circles.Errorf(circles.Conflict, "This does not stand in your way any more; there is nothing to object to.").With("refused.appeal-over", nil)
}

// localCircle reads a circle whose decisions are made here. Whether somebody may see it is not asked: who
// was shut out has to be heard.
func localCircle(tx *store.Tx, id circles.CircleID) (*circles.Circle, error) {
	c, err := tx.Circle(id)
	switch {
	case err != nil:
		return nil, err
	case !c.Local():
		return nil, circles.Errorf(circles.Forbidden, "That was decided on another instance; write to those who run it.").With("refused.appeal-elsewhere", nil)
	}
	return c, nil
}

func gateGround(tx *store.Tx, who circles.Viewer, g Grievance, a *circles.Appeal) error {
	var c *circles.Circle
	if g.Circle != 0 {
		var err error
		if c, err = localCircle(tx, g.Circle); err != nil {
			return err
		}
	}
	x, err := standing.AccessTo(tx, who, c, g.Action)
	switch {
	case err != nil:
		return err
	case x == nil:
		return noGround()
	case x.Blocked == string(standing.Banned):
		return circles.Errorf(circles.Conflict, "It is a ban that stands in your way; object to that.").With("refused.appeal-ban", nil)
	case x.Blocked != "":
		return noGround()
	case x.Allowed:
		return appealOver()
	}
	a.Circle, a.Action = g.Circle, string(g.Action)
	a.Decider, a.ActedAt = x.Setter()
	if a.Said, err = x.Keep(); err != nil {
		return err
	}
	return opensBySilence(tx, a, x)
}

// opensBySilence notes whether nobody's answer opens what x speaks of. Who has a pass already gets no other.
func opensBySilence(tx *store.Tx, a *circles.Appeal, x *standing.Access) error {
	if a.Circle == 0 || !x.Passable() {
		return nil
	}
	p, err := tx.GatePass(a.Circle, a.Person, int64(reputation.DayOf(tx.Now())))
	if err == nil && p == nil {
		a.DueAt = tx.Now() + AppealFor.Microseconds()
	}
	return err
}

func postGround(tx *store.Tx, who circles.Viewer, g Grievance, a *circles.Appeal) error {
	p, err := tx.Post(g.Post)
	if err != nil {
		return err
	}
	if p.Author != who.Person {
		return noGround()
	}
	a.Circle, a.Object = p.Circle, int64(p.ID)
	if g.Kind == circles.AppealHeld && p.Circle != 0 {
		if _, err := localCircle(tx, p.Circle); err != nil {
			return err
		}
	}
	if g.Kind == circles.AppealRemoval {
		if p.State != circles.Removed {
			return appealOver()
		}
		by, err := tx.Actor(p.RemovedBy)
		if err != nil && !circles.Is(err, circles.NotFound) {
			return err
		}
		if by != nil && !by.Local() && p.Circle != 0 {
			if _, err := localCircle(tx, p.Circle); err != nil {
				return err
			}
		}
		a.Decider, a.ActedAt, a.Said = p.RemovedBy, p.RemovedAt, p.Reason
		return nil
	}
	h, err := tx.Held(p.ID)
	if err != nil {
		return err
	}
	if h == nil || p.State != circles.Held && p.State != circles.Refused {
		return appealOver()
	}
	x, err := standing.ReadAccess(h.Why)
	if err != nil {
		return err
	}
	a.Decider, _ = x.Setter()
	a.ActedAt, a.Said = h.At, h.Why
	if h.DecidedAt != 0 {
		a.ActedAt = h.DecidedAt
		if h.DecidedBy != 0 {
			a.Decider = h.DecidedBy
			return nil // somebody has looked at it, so it is not silence that keeps it shut
		}
	}
	return opensBySilence(tx, a, x)
}

func banGround(tx *store.Tx, g Grievance, a *circles.Appeal) error {
	if g.Circle == 0 {
		return suspensionGround(tx, a)
	}
	if _, err := localCircle(tx, g.Circle); err != nil {
		return err
	}
	b, err := tx.Ban(g.Circle, a.Person)
	switch {
	case err != nil:
		return err
	case b == nil:
		return appealOver()
	}
	a.Circle, a.Decider, a.ActedAt, a.Said = b.Circle, b.By, b.At, b.Reason
	return nil
}

// mayObject refuses a second appeal in a circle, a second one against what was answered, and a flood.
func mayObject(tx *store.Tx, a *circles.Appeal) error {
	open, err := tx.OpenAppeal(a.Person, a.Circle)
	if err != nil {
		return err
	}
	if open != nil {
		return circles.Errorf(circles.Conflict, "You have an appeal open in this circle already; wait for its answer, or take it back.").With("refused.appeal-open", nil)
	}
	last, err := tx.LastAppeal(a)
	if err != nil {
		return err
	}
	if last != nil && last.State == circles.AppealDenied {
		if last.At >= a.ActedAt && (a.Kind != circles.AppealGate || last.DecidedAt > tx.Now()-appealAgain.Microseconds()) {
			return circles.Errorf(circles.Conflict, "You have an answer to this already; your appeals say what it was, and whether you can take it further.").
				With("refused.appeal-answered", nil)
		}
	}
	n, err := tx.AppealsSince(a.Person, tx.Now()-day)
	if err == nil && n >= appealsADay {
		err = circles.Errorf(circles.Limited, "You have written %d appeals within a day; write the next one tomorrow.", appealsADay).
			With("refused.appeal-many", map[string]any{"Max": appealsADay})
	}
	return err
}

// beginsAtSite reports whether those who run the instance answer from the beginning: what was decided above
// the circle, and what nobody in the circle could look at who has not decided it.
func beginsAtSite(tx *store.Tx, a *circles.Appeal) (bool, error) {
	if a.Circle == 0 {
		return true, nil
	}
	c, err := tx.Circle(a.Circle)
	if err != nil || !c.Local() {
		return true, err
	}
	if a.Decider != 0 && a.Kind != circles.AppealGate && a.Kind != circles.AppealHeld {
		role, err := tx.Role(a.Circle, circles.PersonID(a.Decider))
		if err != nil || !role.Moderates() {
			return true, err
		}
	}
	other, err := tx.AnotherModerator(a.Circle, a.Decider, a.Person.Actor())
	return !other, err
}

// Withdraw takes an open appeal back.
func (m *Moderation) Withdraw(ctx context.Context, who circles.Viewer, id int64) error {
	return m.update(ctx, "withdraw an appeal", func(tx *store.Tx) error {
		a, err := ownAppeal(tx, who, id)
		if err != nil {
			return err
		}
		if a.State != circles.AppealOpen {
			return errAnswered()
		}
		a.State, a.DecidedAt, a.DueAt = circles.AppealWithdrawn, tx.Now(), 0
		return tx.SaveAppeal(a)
	})
}

// GoOn takes an appeal that the circle denied to those who run the instance.
func (m *Moderation) GoOn(ctx context.Context, who circles.Viewer, id int64) error {
	return m.update(ctx, "take an appeal further", func(tx *store.Tx) error {
		a, err := ownAppeal(tx, who, id)
		if err != nil {
			return err
		}
		if !a.MayGoOn() {
			return errAnswered()
		}
		open, err := tx.OpenAppeal(a.Person, a.Circle)
		if err != nil {
			return err
		}
		if open != nil {
			return circles.Errorf(circles.Conflict, "You have an appeal open in this circle already; wait for its answer, or take it back.").With("refused.appeal-open", nil)
		}
		a.FirstBy, a.FirstAt, a.FirstNote = a.DecidedBy, a.DecidedAt, a.Note
		a.State, a.Site, a.DecidedBy, a.DecidedAt, a.Note = circles.AppealOpen, true, 0, 0, ""
		if err := tx.SaveAppeal(a); err != nil {
			return err
		}
		return sayAppeal(tx, circles.AppealOpened, a)
	})
}

func ownAppeal(tx *store.Tx, who circles.Viewer, id int64) (*circles.Appeal, error) {
	a, err := tx.Appeal(id)
	if err == nil && (a.Person != who.Person || !who.SignedIn()) {
		err = circles.Errorf(circles.NotFound, "There is no such appeal.")
	}
	return a, err
}

func errAnswered() error {
	return circles.Errorf(circles.Conflict, "This appeal was answered or taken back already.").With("refused.appeal-decided", nil)
}
