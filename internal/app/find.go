package app

import (
	"context"
	"net/url"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// findFor bounds how long somebody waits for another server to say who or what it has.
const findFor = 25 * time.Second

// A Found is what a name or an address stands for: an actor, or a post or comment in its thread.
type Found struct {
	Actor *circles.Actor
	Post  circles.PostID
	Root  circles.PostID
}

// Known returns who a name stands for; nil if nobody here knows them.
func (a *App) Known(ctx context.Context, who circles.Viewer, kind text.Kind, name, host string) (*circles.Actor, error) {
	if host == a.host {
		name, host = strings.ToLower(name), ""
	}
	c, err := a.Circle(ctx, who, name, host)
	if err == nil {
		return &c.Circle.Actor, nil
	}
	if !circles.Is(err, circles.NotFound) {
		return nil, err
	}
	if kind == text.Circle {
		return nil, nil
	}
	p, err := a.Person(ctx, who, name, host, PersonQuery{Tab: PersonCircles})
	switch {
	case err == nil:
		return p.Person, nil
	case circles.Is(err, circles.NotFound), circles.Is(err, circles.Gone):
		return nil, nil
	}
	return nil, err
}

// Find returns what somebody named: @name, !name, both with @host, or an address. What nobody here knows is
// fetched by resolver, unless that is nil.
func (a *App) Find(ctx context.Context, who circles.Viewer, resolver Resolver, what string) (Found, error) {
	ctx, cancel := context.WithTimeout(ctx, findFor)
	defer cancel()
	kind, name, host, err := text.ParseHandle(what)
	if err != nil {
		return Found{}, err
	}
	nobody := circles.Errorf(circles.NotFound, "Nobody here has that name; check it, or add the server as in @name@example.org.").
		With("refused.nobody", nil)
	if kind == text.Address && host == a.host {
		return a.findHere(ctx, who, name, nobody)
	}
	if kind != text.Address {
		if known, err := a.Known(ctx, who, kind, name, host); known != nil || err != nil {
			return Found{Actor: known}, err
		}
	}
	if resolver == nil || host == "" || host == a.host {
		return Found{}, nobody
	}
	if kind != text.Address {
		var want circles.ActorKind // @name@host is how many write a circle, too
		if kind == text.Circle {
			want = circles.KindCircle
		}
		found, err := resolver.Lookup(ctx, want, name, host)
		return Found{Actor: found}, err
	}
	if found, err := resolver.FetchActor(ctx, name); err == nil {
		return Found{Actor: found}, nil
	}
	id, err := resolver.FetchPost(ctx, name)
	if err != nil {
		return Found{}, err
	}
	root, err := a.Root(ctx, who, id)
	return Found{Post: id, Root: root}, err
}

// findHere reads an address of this instance.
func (a *App) findHere(ctx context.Context, who circles.Viewer, address string, nobody error) (Found, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Found{}, nobody
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) < 2 {
		return Found{}, nobody
	}
	switch parts[0] {
	case "c", "u":
		kind := text.Circle
		if parts[0] == "u" {
			kind = text.Person
		}
		name, host, _ := strings.Cut(parts[1], "@")
		found, err := a.Known(ctx, who, kind, name, host)
		if err == nil && found == nil {
			err = nobody
		}
		return Found{Actor: found}, err
	case "post", "comment":
		id, err := circles.ParsePostID(parts[1])
		if err != nil {
			return Found{}, err
		}
		root, err := a.Root(ctx, who, id)
		return Found{Post: id, Root: root}, err
	}
	return Found{}, nobody
}

// CircleNamed returns the circle of ours that has a name, whether or not somebody may see it: who was shut
// out of one can still name it.
func (a *App) CircleNamed(ctx context.Context, name string) (circles.CircleID, error) {
	var id circles.CircleID
	err := a.view(ctx, "circle by name", func(tx *store.Tx) (err error) {
		if id, err = ownCircle(tx, name); err == nil && id == 0 {
			err = circles.Errorf(circles.NotFound, "There is no such circle.")
		}
		return err
	})
	return id, err
}
