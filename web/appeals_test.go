package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/app"
)

// TestAppealAGate: who is refused is led to the form, and what nobody answers opens.
func TestAppealAGate(t *testing.T) {
	h := newHouse(t)
	ada, cy := h.member("ada", circles.SiteMember), h.member("cyn", circles.SiteMember)
	boss := h.member("boss", circles.SiteAdmin)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	page, err := h.app.Circle(h.ctx(), circles.Viewer{}, "garden", "")
	h.must(err)
	h.shut(page.Circle.CircleID(), reputation.Post, true)
	cy.open("/c/garden/submit")
	const form = "/appeal?about=gate&action=post&circle=garden"
	if !strings.Contains(cy.html, strings.ReplaceAll(form, "&", "&amp;")) {
		t.Errorf("the form does not lead to the appeal: %s", cy.main())
	}
	cy.open(form)
	cy.shows("Appeal", "If nobody answers in seven days")
	cy.send(form, fill{"body": ""})
	if cy.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty appeal: %d", cy.status)
	}
	cy.send(form, fill{"body": "I was here in spring."})
	cy.shows("Your appeal was sent", "waits for an answer", "I was here in spring.")
	ada.open("/c/garden/appeals")
	ada.shows("I was here in spring.", "cyn", "Grant it")
	boss.open("/mod/appeals")
	boss.shows("Nobody waits for an answer")
	cy.open("/mod/appeals")
	if cy.status != http.StatusForbidden {
		t.Errorf("anybody reads the queue: %d", cy.status)
	}
	h.mu.Lock()
	h.now = h.now.Add(7 * 24 * time.Hour)
	h.mu.Unlock()
	h.must(h.moderation.SweepAppeals(h.ctx()))
	cy.open("/appeals")
	cy.shows("nobody answered; open for a while")
	cy.open("/c/garden/submit")
	cy.shows("Nobody answered your appeal in time", "5 left today")
	cy.send("/c/garden/submit", fill{"title": "Words at last", "!": "do=post"})
	cy.shows("Words at last")
}

// TestAppealABan: a banned person finds where to object, is told no, goes on, and is let in.
func TestAppealABan(t *testing.T) {
	h := newHouse(t)
	ada, cy := h.member("ada", circles.SiteMember), h.member("cyn", circles.SiteMember)
	boss := h.member("boss", circles.SiteAdmin)
	mod := h.member("moe", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	mod.open("/c/garden")
	mod.send("/c/garden/join", fill{})
	page, err := h.app.Circle(h.ctx(), circles.Viewer{}, "garden", "")
	h.must(err)
	moe, err := h.app.Person(h.ctx(), circles.Viewer{}, "moe", "", app.PersonQuery{Tab: app.PersonCircles})
	h.must(err)
	owner, err := h.app.Person(h.ctx(), circles.Viewer{}, "ada", "", app.PersonQuery{Tab: app.PersonCircles})
	h.must(err)
	h.must(h.app.SetRole(h.ctx(), circles.Viewer{Person: circles.PersonID(owner.Person.ID)}, page.Circle.CircleID(), circles.PersonID(moe.Person.ID), circles.RoleModerator))
	mod.open("/c/garden/bans")
	mod.send("/c/garden/bans", fill{"person": "cyn", "reason": "Rule 3"})
	cy.open("/appeals")
	cy.shows("Where you are banned", "!garden")
	cy.open("/c/garden/why")
	const form = "/appeal?about=ban&circle=garden"
	if !strings.Contains(cy.html, strings.ReplaceAll(form, "&", "&amp;")) {
		t.Error("the explanation does not lead to the appeal")
	}
	cy.open(form)
	cy.shows("A ban", "Rule 3")
	cy.send(form, fill{"body": "It was not me."})
	mod.open("/c/garden/appeals")
	mod.shows("It was not me.", "Somebody else answers")
	ada.open("/c/garden/appeals")
	ada.send("/c/garden/appeals", fill{"!": "do=deny"})
	if ada.status != http.StatusUnprocessableEntity {
		t.Errorf("denied without a word: %d", ada.status)
	}
	ada.send("/c/garden/appeals", fill{"reason": "It was.", "!": "do=deny"})
	cy.open("/appeals")
	cy.shows("denied", "It was.")
	cy.send("/appeals", fill{"!": "do=go-on"})
	cy.shows("Those who run this instance will look")
	boss.open("/mod/appeals")
	boss.shows("The circle answered:", "It was.")
	boss.send("/mod/appeals", fill{"!": "do=grant"})
	cy.open("/appeals")
	cy.shows("granted")
	cy.hides("Where you are banned")
	boss.open("/modlog")
	boss.shows("granted an appeal")
}
