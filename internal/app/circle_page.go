package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// A CirclePage is what stands above and beside everything of a circle.
type CirclePage struct {
	Circle     *circles.Circle
	Role       circles.Role // the viewer's place in it
	Closed     bool         // the viewer is not let in: Circle has no more than its name, title, hue and visibility
	Moderators []Moderator

	NoPost *circles.Error // why the viewer may not start a post; nil = they may
	NoJoin *circles.Error // why the viewer may not join; nil = they may, or are in it already

	// What the circle, which is elsewhere, answered to the viewer's wish to join it; nil = nothing that stands.
	Door     *standing.Access
	PostGate *standing.Access // what gates and limits say about a post; nil = nothing
	MayEdit  bool             // the viewer may change the circle
	MayMod   bool             // the viewer may remove, lock, pin and ban in it, and decides about its reports
	Blocked  bool             // the viewer has blocked it
	Muted    bool             // the viewer has muted it
}

// Circle returns a circle by its name and host, "" for one of ours. A members-only circle is Closed to
// other people of this instance, who may ask to join if they know its name, and NotFound to everybody
// else, as an unknown one is. A suspended one is Gone for who could see it.
func (a *App) Circle(ctx context.Context, v circles.Viewer, name, host string) (*CirclePage, error) {
	var page *CirclePage
	err := a.view(ctx, "circle "+name, func(tx *store.Tx) error {
		c, err := tx.CircleByName(name, host)
		if err != nil {
			return err
		}
		page, err = circlePage(tx, v, c)
		return err
	})
	return page, err
}

// PlaceIn returns a circle that the viewer belongs to, or has asked to join, with their role in it: also one that
// is suspended or closed to them, which they may leave. Any other is NotFound.
func (a *App) PlaceIn(ctx context.Context, v circles.Viewer, name, host string) (*circles.Circle, circles.Role, error) {
	var c *circles.Circle
	role := circles.NoRole
	err := a.view(ctx, "place in circle "+name, func(tx *store.Tx) error {
		var err error
		if c, err = tx.CircleByName(name, host); err != nil || !v.SignedIn() {
			return err
		}
		role, err = tx.Role(c.CircleID(), v.Person)
		return err
	})
	if err == nil && role == circles.NoRole {
		return nil, role, errNoCircle()
	}
	return c, role, err
}

// CircleByID is Circle of the one with this id.
func (a *App) CircleByID(ctx context.Context, v circles.Viewer, id circles.CircleID) (*CirclePage, error) {
	var page *CirclePage
	err := a.view(ctx, "circle "+id.String(), func(tx *store.Tx) error {
		c, err := tx.Circle(id)
		if err != nil {
			return err
		}
		page, err = circlePage(tx, v, c)
		return err
	})
	return page, err
}

func circlePage(tx *store.Tx, v circles.Viewer, c *circles.Circle) (*CirclePage, error) {
	role, err := tx.Role(c.CircleID(), v.Person)
	if err != nil {
		return nil, err
	}
	p := &CirclePage{Circle: c, Role: role}
	if c.SuspendedAt != 0 {
		if circles.MaySee(v, c.Visibility, role) || v.Moderates() {
			return nil, errSuspended()
		}
		return nil, errNoCircle()
	}
	if !circles.MaySee(v, c.Visibility, role) {
		if !v.SignedIn() {
			return nil, errNoCircle()
		}
		p.Closed = true
		p.Circle = &circles.Circle{Visibility: c.Visibility, Hue: c.Hue, Actor: circles.Actor{ID: c.ID, Kind: c.Kind, Name: c.Name,
			URI: c.URI, DisplayName: c.DisplayName}}
	} else if p.Moderators, err = tx.Moderators(c.CircleID()); err != nil {
		return nil, err
	}
	for _, ask := range []struct {
		action standing.Action
		answer **circles.Error
	}{{standing.Post, &p.NoPost}, {standing.Join, &p.NoJoin}} {
		d, err := standing.Judge(tx, standing.Question{Who: v, Action: ask.action, Circle: c})
		if err != nil {
			return nil, err
		}
		if d.Outcome == standing.Deny {
			*ask.answer = d.Refusal
		}
		if ask.action == standing.Post {
			p.PostGate = d.Gate
		}
	}
	p.MayEdit = c.Local() && v.SignedIn() && !p.Closed && (role.Operates() || v.Role == circles.SiteAdmin)
	p.MayMod = c.Local() && v.SignedIn() && !p.Closed && (role.Moderates() || v.Moderates())
	if v.SignedIn() && !c.Local() && !role.Member() {
		if p.Door, err = standing.DoorOf(tx, v.Person, c.CircleID()); err != nil {
			return nil, err
		}
	}
	if v.SignedIn() {
		if p.Blocked, err = tx.Blocked(v.Person.Actor(), c.ID); err != nil {
			return nil, err
		}
		p.Muted, err = tx.Muted(v.Person, c.ID)
	}
	return p, err
}

// CircleRev returns the number that grows with every change that a reader of the circle could see. A
// cached page of the circle is fresh as long as it has not grown.
func (a *App) CircleRev(ctx context.Context, id circles.CircleID) (int64, error) {
	var rev int64
	err := a.view(ctx, "rev of circle", func(tx *store.Tx) (err error) {
		rev, err = tx.CircleRev(id)
		return err
	})
	return rev, err
}

// CircleRevs is CircleRev of several different circles at once: the sum. A cached page that shows them
// is fresh as long as it has not grown.
func (a *App) CircleRevs(ctx context.Context, ids []circles.CircleID) (int64, error) {
	var revs int64
	err := a.view(ctx, "revs of circles", func(tx *store.Tx) (err error) {
		revs, err = tx.CircleRevs(ids)
		return err
	})
	return revs, err
}
