package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
)

// elsewhere is another server with one circle and one person, which come here when they are looked for.
type elsewhere struct {
	*house
	asked []string
}

func (e *elsewhere) Lookup(ctx context.Context, kind circles.ActorKind, name, host string) (*circles.Actor, error) {
	e.asked = append(e.asked, string(kind)+" "+name+"@"+host)
	known := map[string]circles.ActorKind{"stars": circles.KindCircle, "vera": circles.KindPerson}
	if known[name] == "" {
		return nil, circles.Errorf(circles.NotFound, "%s knows nobody by the name of %s.", host, name)
	}
	base := "https://" + host + "/" + name
	var found *circles.Actor
	err := e.db.Update(ctx, func(tx *store.Tx) error {
		id, err := e.app.UpsertRemoteActor(tx, app.RemoteActor{Actor: circles.Actor{Kind: known[name], Name: name, Host: host, URI: base,
			Inbox: base + "/inbox", PublicKey: "key", KeyID: base + "#key"}})
		if err != nil {
			return err
		}
		found, err = tx.Actor(id)
		return err
	})
	return found, err
}

func (e *elsewhere) FetchActor(ctx context.Context, address string) (*circles.Actor, error) {
	e.asked = append(e.asked, address)
	if strings.HasSuffix(address, "/stars") {
		return e.Lookup(ctx, "", "stars", "sky.example")
	}
	return nil, circles.Errorf(circles.Invalid, "That is no actor.")
}

func (e *elsewhere) FetchPost(ctx context.Context, address string) (circles.PostID, error) {
	return 0, circles.Errorf(circles.NotFound, "There is no post at %s.", address)
}

// A member finds what lives elsewhere by its address and joins it; a visitor makes nobody ask around.
func TestLookingElsewhere(t *testing.T) {
	far := &elsewhere{}
	h := newHouseWith(t, func(o *Options) { o.Resolver = far })
	far.house = h
	visitor := h.reader()
	visitor.open("/circles?q=!stars@sky.example")
	visitor.shows("Log in to look it up there")
	visitor.open("/c/stars@sky.example")
	if visitor.status != 404 || len(far.asked) > 0 {
		t.Errorf("a visitor got %d and had %q asked", visitor.status, far.asked)
	}

	r := h.member("ada", circles.SiteMember)
	r.open("/c/stars@sky.example")
	if !strings.HasPrefix(r.path, "/circles?q=") {
		t.Errorf("an unknown circle leads to %s", r.path)
	}
	r.shows("Nobody here knows !stars@sky.example yet")
	r.send("/lookup", nil)
	if r.path != "/c/stars@sky.example" {
		t.Fatalf("looking up a circle leads to %s (%d): %s", r.path, r.status, r.main())
	}
	r.shows("This circle lives on another server", `content="noindex"`)
	r.send("/c/stars@sky.example/join", nil)
	r.shows("Waiting for an answer", "Your request was sent")
	r.send("/c/stars@sky.example/leave", nil)
	r.shows("You left the circle")

	for what, want := range map[string]string{
		"@vera@sky.example": "/u/vera@sky.example", "https://sky.example/stars": "/c/stars@sky.example", h.site.URL + "/u/ada": "/u/ada", "@ada": "/u/ada",
	} {
		r.open("/circles")
		if r.send("/lookup", fill{"what": what}); r.path != want {
			t.Errorf("looking up %s leads to %s (%d), want %s", what, r.path, r.status, want)
		}
	}
	r.open("/u/vera@sky.example")
	r.send("/u/vera@sky.example/follow", nil)
	r.shows("Waiting for an answer")

	for what, want := range map[string]string{
		"!none@sky.example": "knows nobody by the name of none", "tomatoes": "That is not an address", "https://sky.example/post/1": "There is no post at",
		"!none": "Nobody here has that name",
	} {
		r.open("/circles")
		r.send("/lookup", fill{"what": what})
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("looking up %s: %d, want 422", what, r.status)
		}
		r.shows(want, `id="what-problem"`)
	}
}
