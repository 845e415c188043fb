package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"halqa/circles"
)

// TestHeldAndApproved: who comes new to a Welcoming circle reads before typing what becomes of a post,
// posts anyway, sees why it waits, and is read by everyone once a moderator lets it through.
func TestHeldAndApproved(t *testing.T) {
	h := newHouse(t)
	ada, bo := h.member("ada", circles.SiteMember), h.member("ben", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	ada.open("/c/garden/gates")
	ada.send("/c/garden/gates#preview", fill{"preset": "welcoming", "reason": "Spam wave", "!": "do=preview"})
	ada.shows("What this would change", "post: 1 day known here", "holds from")
	ada.send("/c/garden/gates#preview", fill{"!": "do=save"})
	ada.shows("Announced", "Take it back")
	bo.open("/c/garden/submit")
	bo.hides("You can post in 1 day")
	h.mu.Lock()
	h.now = h.now.Add(72 * time.Hour)
	h.mu.Unlock()
	h.must(h.options.Gates.Sweep(h.ctx()))

	cy := h.member("cyn", circles.SiteMember)
	cy.open("/c/garden/submit")
	cy.shows("You can post in 1 day", "Spam wave", "@ada", "<strong>Post photos and videos</strong> · ", "<strong>Post links</strong> · ")
	cy.hides("<strong>Post</strong>")
	cy.send("/c/garden/submit", fill{"title": "First words", "body": "Hello garden", "!": "do=post"})
	if !strings.HasSuffix(cy.path, "/held") {
		t.Fatalf("after posting cy stands at %s (%d): %s", cy.path, cy.status, cy.main())
	}
	cy.shows("Waiting for a moderator", "You can post in 1 day", "Nobody but you and the moderators sees it")
	post := strings.TrimSuffix(cy.path, "/held")
	cy.open(post)
	cy.shows("Hello garden", "Waiting for a moderator")
	bo.open(post)
	if bo.status == 200 {
		bo.hides("Hello garden")
	}
	bo.open(post + "/held")
	if bo.status != http.StatusNotFound {
		t.Errorf("a stranger reads why it waits: %d", bo.status)
	}
	bo.open("/c/garden/held")
	if bo.status != http.StatusForbidden {
		t.Errorf("a stranger reads the queue: %d", bo.status)
	}

	ada.open("/c/garden/held")
	ada.shows("First words", "cyn", "You can post in 1 day")
	ada.hides("yours is")
	ada.send(post+"/held", fill{"!": "do=refuse"})
	if ada.status != http.StatusUnprocessableEntity {
		t.Errorf("refused without a reason: %d", ada.status)
	}
	// What its author changed meanwhile is not what the moderator read.
	ada.open("/c/garden/held")
	cy.open(post + "/edit")
	cy.send(post+"/edit", fill{"body": "Hello garden, buy my pills"})
	for _, do := range []string{"do=approve", "do=refuse"} {
		ada.open("/c/garden/held")
		read := ada.values(ada.form(post+"/held"), fill{"reason": "Not here.", "!": do})
		cy.open(post + "/edit")
		cy.send(post+"/edit", fill{"body": "Hello garden, " + do})
		ada.take(ada.client.PostForm(h.site.URL+post+"/held", read))
		if ada.status != http.StatusConflict {
			t.Errorf("%s of what was changed meanwhile: %d, want 409", do, ada.status)
		}
		ada.shows("Its author changed this while you were reading", "Hello garden, "+do)
	}
	bo.open(post)
	bo.hides("Hello garden")
	ada.open("/c/garden/held")
	ada.send(post+"/held", fill{"!": "do=approve"})
	ada.shows("It is published", "Nothing waits")
	bo.open(post)
	bo.shows("Hello garden")
	bo.hides("Waiting for a moderator")
	ada.open("/c/garden/modlog")
	ada.shows("let through", "First words")
	cy.open("/c/garden/submit") // approved once, a Member
	cy.hides("You can post in 1 day")
	cy.send("/c/garden/submit", fill{"title": "Second words", "!": "do=post"})
	if strings.HasSuffix(cy.path, "/held") {
		t.Error("approved once, cy is held again")
	}
}

func TestHeldIsRefusedInTime(t *testing.T) {
	h := newHouse(t)
	ada, cy := h.member("ada", circles.SiteMember), h.member("cyn", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	ada.open("/c/garden/filter")
	ada.send("/c/garden/filter", fill{"words": "pills"})
	post := func(title string) string {
		cy.open("/c/garden/submit")
		cy.send("/c/garden/submit", fill{"title": title, "!": "do=post"})
		cy.shows("(pills)")
		return strings.TrimSuffix(cy.path, "/held")
	}
	one, two := post("Cheap pills"), post("More pills")
	ada.open(one + "/held")
	ada.send(one+"/held", fill{"reason": "We sell nothing", "!": "do=refuse"})
	cy.open(one + "/held")
	cy.shows("refused", "We sell nothing")
	h.mu.Lock()
	h.now = h.now.Add(8 * 24 * time.Hour)
	h.mu.Unlock()
	h.must(h.app.SweepHeld(h.ctx()))
	cy.open(two + "/held")
	cy.shows("nobody decided in seven days")
	cy.open(two)
	cy.shows("More pills")
	ada.open("/c/garden/held")
	ada.shows("Nothing waits")
}

// TestWhyAndItsLog: anyone reads what is asked, in both languages, and every change as a page and a feed.
func TestWhyAndItsLog(t *testing.T) {
	h := newHouse(t)
	ada := h.member("ada", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	ada.open("/c/garden/gates")
	ada.send("/c/garden/gates#preview", fill{"preset": "own", "downvote.else": "deny", "downvote.0.tier.circle": "1", "reason": "Be kind", "!": "do=save"})
	h.mu.Lock()
	h.now = h.now.Add(72 * time.Hour)
	h.mu.Unlock()
	h.must(h.options.Gates.Sweep(h.ctx()))
	r := h.reader()
	r.open("/c/garden/why")
	r.shows("What a new account can do", "downvote: being a Member", "Be kind", "are never asked anything")
	r.open("/c/garden/why?lang=zh")
	r.shows("点踩", "新账号")
	r.open("/c/garden/gates/log")
	r.shows("Announced", "Holds from now on", "Be kind", "<ins>downvote: being a Member")
	r.open("/c/garden/gates/log.atom")
	if r.status != 200 || !strings.Contains(r.html, "<feed") || !strings.Contains(r.html, "Be kind") || strings.Contains(r.html, "2006") {
		t.Errorf("the feed is %d %s", r.status, r.html)
	}
	r.open("/why")
	r.shows("Open a circle")
	// What cannot be is refused with the sentence that says which gate and why.
	ada.open("/c/garden/gates")
	ada.send("/c/garden/gates#preview", fill{"preset": "own", "post.else": "hold", "post.0.days_known_here.instance": "40", "!": "do=save"})
	if ada.status != http.StatusUnprocessableEntity {
		t.Errorf("forty days: %d", ada.status)
	}
	ada.shows("Post: Way 1: it asks 40 days known here; at most 30 days known here may be asked here")
	cy := h.member("cyn", circles.SiteMember)
	cy.open("/c/garden/gates")
	if cy.status != http.StatusForbidden {
		t.Errorf("anybody edits gates: %d", cy.status)
	}
	cy.open("/admin/gates")
	if cy.status != http.StatusNotFound {
		t.Errorf("anybody sets bounds: %d", cy.status)
	}
	root := h.member("boss", circles.SiteAdmin)
	root.open("/admin/gates")
	root.send("/admin/gates", fill{"days": "3", "!": "do=bounds"})
	root.open("/gates/log")
	root.shows("What operators may ask was changed")
}
