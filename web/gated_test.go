package web

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"halqa/circles"
	"halqa/circles/reputation"
)

// TestEveryGatedRoute sends every form that a gate may stand before. The doors shut each of its acts in turn
// and compare what it is refused with; here is seen that none was left out.
func TestEveryGatedRoute(t *testing.T) {
	h := newHouse(t)
	ada, bob, cyn := h.member("ada", circles.SiteMember), h.member("bob", circles.SiteMember), h.member("cyn", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	bob.open("/c/garden")
	bob.send("/c/garden/join", nil)

	bob.open("/c/garden/submit")
	bob.send("/c/garden/submit", fill{"title": "A bed", "link": "https://soil.example/", "poll": "Leeks\nBeans\n", "poll-for": "1h", "!": "do=post"}, file{"photos", "bed.jpg", meadow()})
	bob.send("/c/garden/submit", fill{"alt-" + waiting(bob): "A bed.", "!": "do=post"})
	post := bob.path
	bob.shows("Your post is out")
	bob.open(post + "/edit")
	bob.send(post+"/edit", fill{"link": "https://seeds.example/"}, file{"photos", "more.jpg", meadow()})
	bob.shows("Your change is there")
	bob.open(post)
	bob.send(post+"/reply", fill{"body": "Which one?"})
	comment := regexp.MustCompile(`id="c([0-9]+)"`).FindStringSubmatch(bob.html)[1]
	bob.open("/post/" + comment + "/edit")
	bob.send("/post/"+comment+"/edit", fill{"body": "Which of them?"})
	bob.shows("Your change is there")

	cyn.open("/c/garden")
	cyn.send("/c/garden/join", nil)
	cyn.open(post)
	cyn.send(post+"/vote", fill{"!": "vote=up"})
	cyn.send(post+"/vote", fill{"!": "vote=down"})
	cyn.open(post)
	cyn.send(post+"/poll", fill{"choice": "1"})
	cyn.open("/messages/bob")
	cyn.send("/messages/bob", fill{"body": "We have not met"})
	cyn.open("/c/garden/submit")
	cyn.send("/c/garden/submit", fill{"title": "A draft", "link": "https://soil.example/", "!": "do=keep"}, file{"photos", "bed.jpg", meadow()})
	draft, _, _ := strings.Cut(cyn.path, "?")
	cyn.send(draft, fill{"!": "do=post"})
	cyn.send(draft, fill{"in": "garden", "alt-" + waiting(cyn): "A bed.", "!": "do=post"})
	cyn.shows("Your post is out")
	ada.open("/c/garden/vouch?person=cyn")
	for _, form := range find(ada.doc, func(n *html.Node) bool { return strings.HasPrefix(attr(n, "action"), "/c/garden/vouch?") }) {
		ada.send(attr(form, "action"), nil)
	}

	for _, complaint := range unmet(h.Gated(), h.doors.met) {
		t.Error(complaint)
	}
	for _, a := range reputation.Actions() {
		found := false
		for _, acts := range h.Gated() {
			found = found || slices.Contains(acts, a)
		}
		if !found {
			t.Errorf("no form says that it asks before %s", a)
		}
	}
	// The check can fail.
	gated := h.Gated()
	gated["POST /post/:id/report"] = []reputation.Action{reputation.Comment}
	if got := unmet(gated, h.doors.met); len(got) != 1 || !strings.Contains(got[0], "report") {
		t.Errorf("of a row too many the check says %q", got)
	}
}

// A form that asks and does not say so is found by whatever test sends it.
func TestAnUnsaidGateIsFound(t *testing.T) {
	h := newHouse(t)
	ada, bob := h.member("ada", circles.SiteMember), h.member("bob", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	found := &listener{TB: t}
	h.doors.house = &house{TB: found, Server: h.Server, db: h.db}
	delete(h.gated, "POST /c/:name/join")
	bob.open("/c/garden")
	bob.send("/c/garden/join", nil)
	if len(found.heard) == 0 || !strings.Contains(found.heard[0], "POST /c/:name/join asks before join") {
		t.Errorf("of a route that does not say what it asks the test hears %q", found.heard)
	}
}

// A listener hears what a test is told, and fails nothing.
type listener struct {
	testing.TB
	heard []string
}

func (l *listener) Errorf(format string, args ...any) {
	l.heard = append(l.heard, fmt.Sprintf(format, args...))
}

func unmet(gated map[string][]reputation.Action, met map[string]map[reputation.Action]int) (complaints []string) {
	for name, acts := range gated {
		for _, a := range acts {
			if met[name][a] == 0 {
				complaints = append(complaints, fmt.Sprintf("%s says that it asks before %s, which nothing met", name, a))
			}
		}
	}
	return complaints
}

// waiting is the photo on the page that has no description yet.
func waiting(r *reader) string {
	r.Helper()
	m := regexp.MustCompile(`name="media" value="([0-9a-f]{32})"`).FindStringSubmatch(r.html)
	if m == nil {
		r.Fatalf("%s (%d) has no photo: %s", r.path, r.status, r.main())
	}
	return m[1]
}
