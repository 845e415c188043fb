package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

// Somebody new in a Careful circle reads before typing what is missing and until when, posts anyway, is held,
// let through by who runs the circle, and finds both in their own ledger: all of it in a browser without script.
func TestSomebodyNewInACarefulCircle(t *testing.T) {
	w := newTown(t)
	w.circle("kitchen") // or the next would be the first, which asks little
	w.must(w.h.gates.SetNewCircles(t.Context(), w.ann, "careful"))
	w.circle("garden")
	dora, ann := w.browser("dora"), w.browser("ann")

	dora.open("/c/garden")
	dora.send("/c/garden/join", url.Values{})
	dora.open("/c/garden/submit")
	dora.reads("You can post in 14 days with five more accepted contributions on this server", "now with one vouch", "operator", "held for an operator and not lost", "/c/garden/why")
	dora.send("/c/garden/submit", url.Values{"title": {"Is this a weed?"}, "body": {"Thorns."}, "step": {"words"}, "do": {"post"}})
	if dora.at != nil {
		t.Fatalf("posting leads to %s", dora.at)
	}
	dora.reads("Waiting for a moderator", "Is this a weed?", "14 days")
	var id circles.PostID
	w.must(w.h.store.View(t.Context(), func(tx *store.Tx) error {
		c, err := tx.ActorByURI("/c/garden")
		if err != nil {
			return err
		}
		all, err := tx.HeldIn(circles.CircleID(c.ID), 0, 10)
		if err == nil && len(all) == 1 {
			id = all[0].Post
		}
		return err
	}))
	lin := w.browser("lin")
	if status := lin.status("/post/" + id.String()); status != http.StatusNotFound {
		t.Errorf("lin opens what waits: %d", status)
	}

	ann.open("/c/garden/held")
	ann.reads("Is this a weed?", "@dora")
	ann.send("/post/"+id.String()+"/held", url.Values{"do": {"approve"}})
	lin.open("/post/" + id.String())
	lin.reads("Is this a weed?", "Thorns.")
	dora.open("/me/standing?circle=garden")
	dora.reads("An operator approved you", "Something of yours was accepted", "Is this a weed?")
	dora.open("/c/garden/submit")
	if strings.Contains(dora.html, "You can post in 14 days") {
		t.Error("let through once, dora is still told to wait")
	}
	w.verified("--circle", "garden")
}

// browser is a browser of one of ours, signed in.
func (w *town) browser(name string) *browser {
	w.t.Helper()
	if _, err := w.h.accounts.ResetPassword(w.t.Context(), name); circles.Is(err, circles.NotFound) {
		w.person(name, circles.SiteMember)
	}
	password, err := w.h.accounts.ResetPassword(w.t.Context(), name)
	w.must(err)
	b := newBrowser(w.t, w.h.site.Base)
	b.open("/login")
	b.send("/login", url.Values{"name": {name}, "password": {password}})
	return b
}

// reads fails unless the page has each of these.
func (b *browser) reads(words ...string) {
	b.t.Helper()
	for _, word := range words {
		if !strings.Contains(b.html, word) {
			b.t.Errorf("the page does not say %q:\n%s", word, b.html)
		}
	}
}

// status asks for a page and says what came.
func (b *browser) status(path string) int {
	b.t.Helper()
	resp, err := b.http.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
