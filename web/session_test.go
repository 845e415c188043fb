package web

import (
	"net/url"
	"testing"

	"halqa/circles"
)

// A browser sends the cookies of one instance to the other instances on the same machine too; whoever
// signs in at one stays signed in at the others.
func TestSessionsOfNeighbours(t *testing.T) {
	one, other := newHouse(t), newHouse(t)
	r := one.member("ada", circles.SiteMember)
	_, err := other.accounts.Create(other.ctx(), "ben", goodPassword, circles.SiteMember)
	other.must(err)
	next := &reader{house: other, client: r.client}
	next.open("/login")
	next.send("/login", fill{"name": "ben", "password": goodPassword})

	next.open("/settings/sessions")
	next.shows("This browser", `href="/u/ben"`)
	r.open("/settings/sessions")
	r.shows("This browser", `href="/u/ada"`)

	// This is about one host with two ports.
	a, _ := url.Parse(one.site.URL)
	b, _ := url.Parse(other.site.URL)
	if a.Hostname() != b.Hostname() || a.Port() == b.Port() {
		t.Fatalf("the instances are at %s and %s", a, b)
	}
	if got := r.client.Jar.Cookies(a); len(got) < 2 {
		t.Fatalf("the browser has %v for both, want the cookies of each", got)
	}
}
