package web

import (
	"net/http"
	"strings"
	"testing"

	"halqa/circles"
)

// TestCirclePeoplePage: from the count of members to the people and to a vouch, for who may; nobody else finds
// the list, and no member a tier.
func TestCirclePeoplePage(t *testing.T) {
	const path = "/c/gardening/people"
	g := newGarden(t)
	ada, bob := g.ada, g.bob
	carol := g.member("carol", circles.SiteMember)
	visitor := g.reader()
	for _, r := range []*reader{visitor, carol} {
		r.open("/c/gardening")
		r.hides(path)
	}
	if visitor.open(path); !strings.HasPrefix(visitor.path, "/login") {
		t.Errorf("a visitor gets %s", visitor.path)
	}
	carol.open(path)
	if carol.status != http.StatusForbidden {
		t.Errorf("who is no member gets %d", carol.status)
	}
	carol.shows("join the circle first")
	carol.hides("@bob")

	bob.open("/c/gardening")
	bob.shows(`<a href="` + path + `">2</a>`)
	bob.open(path)
	bob.shows("2 members", "@ada", "@bob", "Owner")
	bob.hides("Newcomer", "/vouch")

	g.comment("In April.")
	ada.open(path)
	ada.shows("Newcomer", "Vouch<")
	ada.hides("person=%40ada")
	ada.open(ada.action("person=%40bob%40" + strings.ReplaceAll(strings.TrimPrefix(g.site.URL, "http://"), ":", "%3A")))
	ada.shows("you answer for this person")
	ada.send(ada.path, nil)
	ada.open(path)
	ada.shows("No longer vouch", "Tier here: </span>Member</span>")
	bob.open(path)
	bob.hides("Tier here")
	if bob.open(path + "?after=x"); bob.status != http.StatusUnprocessableEntity {
		t.Errorf("a cursor of nothing: %d", bob.status)
	}
	req, err := http.NewRequestWithContext(g.ctx(), "GET", g.site.URL+path, nil)
	g.must(err)
	req.Header.Set("Accept-Language", "zh")
	ada.take(ada.client.Do(req))
	ada.shows("在此的等级：", "最新加入的在前", "圈主")

	admin := g.member("gus", circles.SiteAdmin)
	admin.open("/c/gardening")
	admin.shows(path)
	admin.open(path)
	admin.shows("@bob")
	admin.hides("person=%40bob")
	gus := memberOf(g.house, "gus")
	gus.Role = circles.SiteAdmin
	g.must(g.moderation.Suspend(g.ctx(), gus, circles.ActorID(g.post.Circle), "spam"))
	if bob.open(path); bob.status != http.StatusGone {
		t.Errorf("the people of a suspended circle: %d", bob.status)
	}
	bob.hides("@ada")
}
