package accounts

import (
	"testing"

	"halqa/circles"
)

// What admins say in the browser, nobody else can.
func TestAdminsSay(t *testing.T) {
	g := newGate(t)
	_, err := g.Create(g.ctx(), "boss", goodPassword, circles.SiteAdmin)
	g.must(err)
	_, err = g.Create(g.ctx(), "ada", goodPassword, circles.SiteMember)
	g.must(err)
	boss := circles.Viewer{Person: 1, Role: circles.SiteAdmin}
	for _, who := range []circles.Viewer{{}, {Person: 1, Role: circles.SiteMember}, {Person: 1, Role: circles.SiteModerator}} {
		g.refused(g.SetSite(g.ctx(), who, Site{Name: "Mine", Registration: Open}), circles.Forbidden)
		g.refused(g.GiveRole(g.ctx(), who, "ada", circles.SiteAdmin), circles.Forbidden)
		_, _, err := g.People(g.ctx(), who, 0)
		g.refused(err, circles.Forbidden)
	}
	g.refused(g.SetSite(g.ctx(), boss, Site{Registration: "perhaps"}), circles.Invalid)
	g.must(g.SetSite(g.ctx(), boss, Site{Name: " Mea\u202edow\n", Description: "For growers.", Registration: Open}))
	site, err := g.Site(g.ctx())
	g.must(err)
	if site.Name != "Meadow" || site.Description != "For growers." || site.Registration != Open {
		t.Errorf("the site is %+v", site)
	}
	g.must(g.GiveRole(g.ctx(), boss, "ada", circles.SiteModerator))
	people, next, err := g.People(g.ctx(), boss, 0)
	g.must(err)
	if len(people) != 2 || next != 0 || people[0].Name != "boss" || people[1].Role != circles.SiteModerator {
		t.Errorf("people are %+v, next %d", people, next)
	}
	if rest, _, err := g.People(g.ctx(), boss, people[0].Person); err != nil || len(rest) != 1 || rest[0].Name != "ada" {
		t.Errorf("behind the first are %+v, %v", rest, err)
	}
}
