package app

import (
	"context"
	"hash/maphash"
	"strconv"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// SweepStanding accepts what has stayed for 48 hours, credits what people said about it meanwhile, and
// finishes what large removals began to take back. The clock calls it.
func (a *App) SweepStanding(ctx context.Context) error {
	for _, step := range []func(*store.Tx) (bool, error){standing.Begin, standing.Sweep, standing.Advance, standing.AuditStep} {
		for more := true; more; {
			err := a.update(ctx, "standing", func(tx *store.Tx) (err error) {
				more, err = step(tx)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// AuditStanding looks once a day, circle by circle, for people who rate as one hand does, and keeps what it
// finds for somebody to decide. The clock calls it.
func (a *App) AuditStanding(ctx context.Context) error {
	const page = 100
	seed := maphash.MakeSeed()
	var today reputation.Day
	var last string
	err := a.view(ctx, "audit", func(tx *store.Tx) (err error) {
		today = reputation.DayOf(tx.Now())
		last, err = tx.Setting(store.SettingStandingAudited)
		return err
	})
	if err != nil || last == strconv.Itoa(int(today)) {
		return err
	}
	var after reputation.CircleID
	for {
		var ids []reputation.CircleID
		err := a.view(ctx, "audit", func(tx *store.Tx) (err error) {
			ids, err = tx.RatedCircles(after, today-1, page)
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := a.auditCircle(ctx, id, seed); err != nil {
				return err
			}
		}
		if len(ids) < page {
			break
		}
		after = ids[page-1]
	}
	return a.update(ctx, "audit", func(tx *store.Tx) error {
		return tx.SetSetting(store.SettingStandingAudited, strconv.Itoa(int(today)))
	})
}

// auditCircle compares outside of any transaction and keeps each finding in one of its own.
func (a *App) auditCircle(ctx context.Context, id reputation.CircleID, seed maphash.Seed) error {
	var given []reputation.Given
	err := a.view(ctx, "audit", func(tx *store.Tx) (err error) {
		given, err = standing.Audited(tx, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range reputation.Audit(given, seed) {
		if err := a.update(ctx, "audit", func(tx *store.Tx) error { return standing.Suspect(tx, id, f) }); err != nil {
			return err
		}
	}
	return nil
}

// Vouch lets the viewer answer for a person in a circle of ours, for a year. Regulars may ten times a
// year, those who run the circle twenty times a month.
func (a *App) Vouch(ctx context.Context, who circles.Viewer, id circles.CircleID, person circles.PersonID) error {
	return a.vouch(ctx, "vouch", who, id, person, standing.Vouch, standing.GiveVouch)
}

// Unvouch takes that back from now on.
func (a *App) Unvouch(ctx context.Context, who circles.Viewer, id circles.CircleID, person circles.PersonID) error {
	return a.vouch(ctx, "take a vouch back", who, id, person, standing.Unvouch, standing.EndVouch)
}

func (a *App) vouch(ctx context.Context, verb string, who circles.Viewer, id circles.CircleID, person circles.PersonID,
	action standing.Action, do func(*store.Tx, *circles.Circle, circles.PersonID, *circles.Actor) error) error {
	return a.update(ctx, verb, func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		p, err := tx.Actor(person.Actor())
		if err != nil {
			return err
		}
		if p.Kind != circles.KindPerson && p.Kind != circles.KindService {
			return circles.Errorf(circles.Invalid, "Only people can be vouched for.").With("refused.vouch-person", nil)
		}
		d, err := allow(tx, standing.Question{Who: who, Action: action, Circle: c, Person: p})
		if err != nil {
			return err
		}
		return do(tx, c, person, d.Actor)
	})
}

// SetHelpful lets the author of a thread, or an operator of its circle, say that something in it helped,
// or take that back.
func (a *App) SetHelpful(ctx context.Context, who circles.Viewer, id circles.PostID, helpful bool) error {
	return a.update(ctx, "call helpful", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		d, err := allow(tx, at.question(who, standing.Helpful))
		if err != nil {
			return err
		}
		changed, err := standing.SetHelpful(tx, at.post, d.Actor, helpful)
		if err != nil || !changed || at.circle == nil {
			return err
		}
		return tx.BumpCircle(at.circle.CircleID(), store.CircleChange{})
	})
}

// A Voucher is what the page says before somebody vouches.
type Voucher struct {
	Circle *circles.Circle
	Person *circles.Actor
	Holds  bool // the viewer's vouch holds
}

// Voucher returns it; whoever may see the circle may ask.
func (a *App) Voucher(ctx context.Context, who circles.Viewer, id circles.CircleID, person circles.PersonID) (*Voucher, error) {
	v := new(Voucher)
	err := a.view(ctx, "vouch", func(tx *store.Tx) (err error) {
		if v.Circle, err = tx.Circle(id); err != nil {
			return err
		}
		if v.Person, err = tx.Actor(person.Actor()); err != nil {
			return err
		}
		if _, err = allow(tx, standing.Question{Who: who, Action: standing.Vouch, Circle: v.Circle, Person: v.Person}); err != nil {
			return err
		}
		in, err := tx.StandingIn(id, person)
		if err != nil {
			return err
		}
		today := reputation.DayOf(tx.Now())
		for _, w := range in.Person.Vouches {
			v.Holds = v.Holds || w.Event != 0 && w.By == reputation.ActorID(who.Person) && today < w.Until
		}
		return nil
	})
	return v, err
}

// Helpful returns a post or comment that the viewer may call helpful, with its thread's root, and whether
// somebody has.
func (a *App) Helpful(ctx context.Context, who circles.Viewer, id circles.PostID) (p *circles.Post, is bool, err error) {
	err = a.view(ctx, "helpful", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		if _, err := allow(tx, at.question(who, standing.Helpful)); err != nil {
			return err
		}
		c, err := tx.Contribution(id)
		p, is = at.post, c.HelpfulBy != 0
		return err
	})
	return p, is, err
}

// Wrote returns the circle that a post or comment is in and who wrote it.
func (a *App) Wrote(ctx context.Context, who circles.Viewer, id circles.PostID) (c *circles.Circle, author *circles.Actor, err error) {
	err = a.view(ctx, "author", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		if at.circle == nil {
			return circles.Errorf(circles.NotFound, "There is no such circle or post; check the address.")
		}
		if _, err := allow(tx, at.question(who, standing.Report)); err != nil { // whoever may read it
			return err
		}
		c = at.circle
		author, err = tx.Actor(at.post.Author.Actor())
		return err
	})
	return c, author, err
}
