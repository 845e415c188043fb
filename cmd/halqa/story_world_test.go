package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/testpeer"
)

// A town is an instance that runs on loopback, with people in it. What they do goes through app, as
// the pages do it; what others hear of it goes over HTTP.
type town struct {
	t     testing.TB
	srv   *server
	h     *house
	said  *lines         // its log
	level *slog.LevelVar // of its log

	ann circles.Viewer // runs the instance
	lin circles.Viewer // a member
}

// newTown starts an instance with two people, which stops when the test ends.
func newTown(t testing.TB, change ...func(*config)) *town {
	t.Helper()
	w := bareTown(t, change...)
	w.ann, w.lin = w.person("ann", circles.SiteAdmin), w.person("lin", circles.SiteMember)
	return w
}

// bareTown starts an instance without people.
func bareTown(t testing.TB, change ...func(*config)) *town {
	t.Helper()
	w := &town{t: t, said: &lines{}, level: new(slog.LevelVar)}
	w.level.Set(slog.LevelWarn)
	cfg := defaultConfig()
	cfg.Listen, cfg.Data = "localhost:0", filepath.Join(t.TempDir(), "data")
	if os.Getenv("HALQA_TEST_ENGINE") == "postgres" {
		cfg.database = testdb.DSN(t)
	}
	for _, c := range change {
		c(&cfg)
	}
	log := slog.New(slog.NewTextHandler(w.said, &slog.HandlerOptions{Level: w.level}))
	srv, err := startServer(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	w.srv, w.h = srv, srv.house
	if err := testdb.Ungate(t.Context(), w.h.store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			t.Logf("the instance said:\n%s", w.said)
		}
	})
	return w
}

func (w *town) person(name string, role circles.SiteRole) circles.Viewer {
	w.t.Helper()
	v, err := w.h.demoPerson(w.t.Context(), name, role)
	w.must(err)
	return v
}

// circle opens a circle of ann's that lin belongs to.
func (w *town) circle(name string) *circles.Circle {
	w.t.Helper()
	c, err := w.h.app.CreateCircle(w.t.Context(), w.ann, app.NewCircle{Name: name, Title: strings.ToUpper(name[:1]) + name[1:], Topic: "nature", Language: "en"})
	w.must(err)
	_, err = w.h.app.Join(w.t.Context(), w.lin, c.CircleID())
	w.must(err)
	return c
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// address is what others call an actor of ours.
func (w *town) address(a *circles.Actor) string { return w.h.site.ActorAddress(a) }

// actor is one of our people as others see them.
func (w *town) actor(v circles.Viewer) *circles.Actor {
	w.t.Helper()
	var a *circles.Actor
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) (err error) {
		a, err = tx.Actor(v.Person.Actor())
		return err
	}))
	return a
}

// finger looks a handle up as a stranger's server does, and returns the actor's address.
func (w *town) finger(name string) string {
	w.t.Helper()
	acct := "acct:" + name + "@" + w.h.site.Host
	res, err := http.Get(w.h.site.Base + "/.well-known/webfinger?resource=" + url.QueryEscape(acct))
	w.must(err)
	defer res.Body.Close()
	var doc struct {
		Subject string
		Links   []struct{ Rel, Type, Href string }
	}
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil || doc.Subject != acct {
		w.t.Fatalf("webfinger %s: status %d, subject %q, %v", acct, res.StatusCode, doc.Subject, err)
	}
	for _, l := range doc.Links {
		if l.Rel == "self" && l.Type == "application/activity+json" {
			return l.Href
		}
	}
	w.t.Fatalf("webfinger %s has no self link: %+v", acct, doc)
	return ""
}

// A note is a post or comment that one of ours wrote.
type note struct {
	*circles.Post
	at string // its address
}

func (w *town) post(who circles.Viewer, circle circles.CircleID, title, body string) note {
	w.t.Helper()
	p, err := w.h.app.Post(w.t.Context(), who, app.NewPost{Circle: circle, Title: title, Body: body, Language: "en"})
	w.must(err)
	return note{p, w.h.site.Address(p.URI)}
}

func (w *town) comment(who circles.Viewer, parent circles.PostID, body string) note {
	w.t.Helper()
	p, err := w.h.app.Comment(w.t.Context(), who, app.NewComment{Parent: parent, Body: body, Language: "en"})
	w.must(err)
	return note{p, w.h.site.Address(p.URI)}
}

func (w *town) edit(who circles.Viewer, p *circles.Post, title, body string) {
	w.t.Helper()
	_, err := w.h.app.Edit(w.t.Context(), who, p.ID, app.Edit{Title: title, Body: body, Language: "en"})
	w.must(err)
}

func (w *town) vote(who circles.Viewer, id circles.PostID, value int) {
	w.t.Helper()
	_, err := w.h.app.Vote(w.t.Context(), who, id, value)
	w.must(err)
}

// at returns what is stored under an address; nil if nothing is.
func (w *town) at(address string) *circles.Post {
	w.t.Helper()
	var p *circles.Post
	err := w.h.store.View(w.t.Context(), func(tx *store.Tx) (err error) {
		p, err = tx.PostByURI(w.h.site.URI(address))
		return err
	})
	if circles.Is(err, circles.NotFound) {
		return nil
	}
	w.must(err)
	return p
}

// arrives waits until what has this address is here and as it should be, and returns it.
func (w *town) arrives(what, address string, holds func(*circles.Post) bool) *circles.Post {
	w.t.Helper()
	var p *circles.Post
	ok := within(patience, func() bool {
		p = w.at(address)
		return p != nil && (holds == nil || holds(p))
	})
	if !ok {
		w.t.Fatalf("our instance did not see %s: %s is %+v", what, address, p)
	}
	return p
}

// role is the place of one of our people in a circle anywhere.
func (w *town) role(who circles.Viewer, circle circles.CircleID) circles.Role {
	w.t.Helper()
	var r circles.Role
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) (err error) {
		r, err = tx.Role(circle, who.Person)
		return err
	}))
	return r
}

// within waits until something holds, and reports whether it did in time.
func within(d time.Duration, holds func() bool) bool {
	end := time.After(d)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			return holds()
		}
	}
	return true
}

// A visit is a person of another server who has to do with this town. Every step of a story goes
// through it, so that the first thing which that server refuses, ignores or misreads ends the story
// with the server's reason.
type visit struct {
	*town
	peer *testpeer.Peer
	bob  *testpeer.Actor

	forgives []testpeer.Reason // what it makes of what other servers wrote, which is not ours to mend
}

func (w *town) visit(persona testpeer.Persona, opts ...testpeer.Option) *visit {
	w.t.Helper()
	p := testpeer.New(w.t, persona, opts...)
	return &visit{town: w, peer: p, bob: p.Person("bob")}
}

// micro tells whether the server shows what a circle passes on as boosts.
func (v *visit) micro() bool { return !v.peer.Persona.Threadiverse() }

// sees waits until something holds at the other server.
func (v *visit) sees(what string, holds func() bool) {
	v.t.Helper()
	ok := within(patience, func() bool { return holds() || len(v.complaints()) > 0 })
	v.content(what)
	if !ok {
		v.t.Fatalf("%s did not see %s\nit received\n%s", v.peer.Persona, what, v.peer.Story())
	}
}

// content fails unless the other server took everything as it was meant.
func (v *visit) content(when string) {
	v.t.Helper()
	if all := v.complaints(); len(all) > 0 {
		v.t.Fatalf("%s at %s: %s\nit received\n%s", v.peer.Persona, when, listed(all), v.peer.Story())
	}
}

func (v *visit) complaints() []testpeer.Complaint {
	return slices.DeleteFunc(v.peer.Complaints(), func(c testpeer.Complaint) bool { return slices.Contains(v.forgives, c.Reason) })
}

func listed(all []testpeer.Complaint) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "[%s] %s: %s\n", c.Reason, c.About, c.Detail)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// follows lets bob find a circle by its name, follow it, and be let in.
func (v *visit) follows(name string) string {
	v.t.Helper()
	circle := v.finger(name)
	v.bob.Follow(v.t.Context(), circle)
	v.sees("the Accept", func() bool { return v.bob.Follows(circle) })
	return circle
}

// shown waits until bob's server shows a post of the circle: in its community, or as a boost.
func (v *visit) shown(what, address string, holds func(testpeer.Post) bool) testpeer.Post {
	v.t.Helper()
	var p testpeer.Post
	v.sees(what, func() bool {
		var ok bool
		p, ok = v.peer.Post(address)
		if !ok || p.Gone != "" || v.micro() && p.ReplyTo == "" && !v.peer.Boosted(address) {
			return false
		}
		return holds == nil || holds(p)
	})
	return p
}

// gone waits until bob's server shows something no more.
func (v *visit) gone(what, address string) testpeer.Post {
	v.t.Helper()
	var p testpeer.Post
	v.sees(what, func() bool {
		p, _ = v.peer.Post(address)
		return p.Gone != "" || v.micro() && !v.peer.Boosted(address)
	})
	return p
}
