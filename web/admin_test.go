package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/moderation"
	"halqa/internal/store"
)

// Pages of who runs the instance are not there for anybody else.
func TestAdminIsForAdmins(t *testing.T) {
	g := newGarden(t)
	keeper := g.member("keeper", circles.SiteModerator)
	for _, r := range []*reader{g.bob, keeper} {
		for _, path := range []string{"/admin", "/admin/people", "/admin/peers"} {
			if r.open(path); r.status != 404 {
				t.Errorf("GET %s: %d, want 404", path, r.status)
			}
			if r.take(r.client.PostForm(g.site.URL+path, url.Values{"name": {"bob"}, "role": {"admin"}, "registration": {"open"}, "host": {"x.example"}, "policy": {"blocked"}, "reason": {"x"}})); r.status != 404 {
				t.Errorf("POST %s: %d, want 404", path, r.status)
			}
		}
	}
	if g.bob.open("/u/ada/suspend"); g.bob.status != 404 {
		t.Errorf("a member opens a suspension: %d, want 404", g.bob.status)
	}
}

func TestAdminJourney(t *testing.T) {
	g := newGarden(t)
	boss := g.member("boss", circles.SiteAdmin)
	boss.open("/admin")
	boss.send("/admin", fill{"name": "Meadow", "description": "For growers.", "registration": "open"})
	boss.shows("Saved.", `value="Meadow"`, `value="For growers."`, "· Meadow</title>")
	v := g.reader()
	v.open("/")
	v.shows("For growers.", `href="/signup"`)

	boss.open("/admin/people")
	boss.shows("@ada", "@bob", "@boss")
	role := func(name, role string) {
		t.Helper()
		boss.take(boss.client.PostForm(g.site.URL+"/admin/people", url.Values{"name": {name}, "role": {role}}))
	}
	if role("boss", "member"); boss.status != 409 && boss.status != 422 {
		t.Errorf("the last admin steps down: %d: %s", boss.status, boss.main())
	}
	role("ada", "moderator")
	boss.shows("Saved.")
	g.ada.open("/mod/site")
	g.ada.shows("All clear")

	g.bob.open("/u/ada/report")
	g.bob.send("/u/ada/report", fill{"category": "impersonation", "text": "Not ada."})
	boss.open("/mod")
	boss.shows("People, circles and what is elsewhere", "1 open report")
	boss.open("/mod/site")
	boss.shows("Not ada.", "Somebody pretends to be another person")
	boss.hides(`value="remove"`)
	boss.send("/mod/site", fill{"do": "dismiss", "reason": "It is her."})
	boss.shows("nothing was changed")

	boss.open("/u/bob")
	boss.open(boss.action("/u/bob/suspend"))
	boss.send("/u/bob/suspend", nil)
	if boss.status != 422 {
		t.Errorf("a suspension without a reason: %d, want 422", boss.status)
	}
	boss.send("/u/bob/suspend", fill{"reason": "Spam."})
	boss.shows("This account is suspended")
	if g.bob.open("/settings/profile"); !strings.HasPrefix(g.bob.path, "/login") {
		t.Errorf("the suspended one still reads %s", g.bob.path)
	}
	boss.open("/u/bob/suspend")
	boss.send("/u/bob/suspend", nil)
	boss.shows("The suspension is lifted")
	v.open("/modlog")
	v.shows("suspended", "Spam.")
}

// A suspended circle is gone for everybody, from pages and lists, and comes back whole.
func TestSuspendedCircle(t *testing.T) {
	g := newGarden(t)
	keeper, v := g.member("keeper", circles.SiteModerator), g.reader()
	g.catchUp()
	lists := []string{"/", "/circles", "/u/ada", "/search?q=striped", "/tag/comfrey"}
	for _, path := range lists {
		v.open(path)
		v.shows(map[bool]string{true: "ardening", false: "Striped tomatoes"}[path == "/circles"])
	}
	if g.bob.open("/c/gardening/suspend"); g.bob.status != 404 {
		t.Errorf("a member opens a suspension: %d, want 404", g.bob.status)
	}
	keeper.open("/c/gardening")
	keeper.open(keeper.action("/c/gardening/suspend"))
	keeper.send("/c/gardening/suspend", nil)
	if keeper.status != 422 {
		t.Errorf("a suspension without a reason: %d, want 422", keeper.status)
	}
	keeper.send("/c/gardening/suspend", fill{"reason": "Nothing but advertising."})
	keeper.shows("Suspended.", "!gardening", "Nothing but advertising.")
	for _, r := range []*reader{v, g.bob, g.ada, keeper} {
		for _, path := range []string{"/c/gardening", g.path, g.path + "/history"} {
			if r.open(path); r.status != 410 && r.status != 404 {
				t.Errorf("GET %s: %d", path, r.status)
			}
			r.hides("Sown in March")
		}
		r.open("/c/gardening")
		r.shows("the moderation log says why")
		for _, path := range lists {
			r.open(path)
			r.hides("Striped tomatoes")
		}
	}
	g.bob.open("/c/gardening/submit")
	g.bob.hides("<textarea")
	// Who belongs to it may go, by the page that says so.
	v.open("/c/gardening")
	if v.offers("/c/gardening/leave") {
		t.Error("a visitor is offered to leave")
	}
	if g.bob.open("/c/gardening"); g.bob.status != http.StatusGone {
		t.Errorf("a suspended circle: %d, want 410", g.bob.status)
	}
	g.bob.send("/c/gardening/leave", nil)
	g.bob.shows("You left the circle")
	if g.bob.open("/c/gardening"); g.bob.status != http.StatusGone || g.bob.offers("/c/gardening/leave") {
		t.Errorf("after leaving: %d, with a form to leave: %v", g.bob.status, g.bob.offers("/c/gardening/leave"))
	}
	v.open("/modlog")
	v.shows("suspended", "gardening", "Nothing but advertising.")
	keeper.open("/mod/suspended")
	keeper.open("/c/gardening/suspend")
	keeper.send("/c/gardening/suspend", nil)
	keeper.shows("The suspension is lifted")
	for _, path := range append(lists, g.path) {
		v.open(path)
		v.shows(map[bool]string{true: "ardening", false: "Striped tomatoes"}[path == "/circles"])
	}
}

// Everyone can read what is not exchanged, with whom and why.
func TestPoliciesPage(t *testing.T) {
	g := newGarden(t)
	boss, v := g.member("boss", circles.SiteAdmin), g.reader()
	v.open("/about")
	v.open(v.action("/about/peers"))
	v.shows("There is no exception")
	boss.open("/admin/peers?host=spam.example")
	boss.send("/admin/peers", fill{"policy": "blocked", "reason": "Nothing but advertising."})
	boss.open("/admin/peers?host=slow.example")
	boss.send("/admin/peers", fill{"policy": "limited", "reason": "Too much of it."})
	v.open("/about/peers")
	v.shows("spam.example", "Blocked", "Nothing but advertising.", "slow.example", "Limited", "Too much of it.", "since")
}

func TestPeersPage(t *testing.T) {
	var told []string
	h := newHouse(t)
	h.moderation = moderation.New(moderation.Options{Store: h.db, App: h.app, Host: h.host,
		Queues: func() []moderation.Queue {
			return []moderation.Queue{{Host: "slow.example", Window: 2, Pending: 1204, Behind: true, OldestAt: 1, Dropped: 3}}
		},
		PeerDecided: func(host string, blocked bool) { told = append(told, host) }})
	h.must(h.db.Update(h.ctx(), func(tx *store.Tx) error { return tx.SetPolicy("slow.example", "", "") }))
	boss := h.member("boss", circles.SiteAdmin)
	boss.open("/admin/peers")
	boss.shows("slow.example", "1,204", "more in the log", "Votes dropped")
	boss.open("/admin/peers?host=slow.example")
	boss.send("/admin/peers", fill{"policy": "blocked"})
	if boss.status != 422 {
		t.Errorf("a block without a reason: %d, want 422", boss.status)
	}
	boss.shows(`href="#reason"`, `value="slow.example"`)
	boss.send("/admin/peers", fill{"reason": "Nothing but advertising."})
	boss.shows("Saved.", "blocked", "Nothing but advertising.")
	if len(told) != 1 || told[0] != "slow.example" {
		t.Errorf("told of %q", told)
	}
	v := h.reader()
	v.open("/modlog")
	v.shows("decided about the server", "slow.example", "Nothing but advertising.")
}

// A visitor goes on to their own server to join, and our own people arrive from others.
func TestFromOneServerToAnother(t *testing.T) {
	far := &elsewhere{}
	g := newGarden(t)
	far.house, g.options.Resolver = g.house, far
	g.options.Subscribe = func(_ context.Context, name, host string) (string, error) {
		switch {
		case name == "evil":
			return "javascript:alert(1)//{uri}", nil
		case host == "pond.example":
			return "https://pond.example/authorize_interaction?uri={uri}", nil
		}
		return "", circles.Errorf(circles.NotFound, "no")
	}
	v := g.reader()
	v.open("/c/gardening")
	v.shows("Join from your server", "!gardening@"+g.host)
	for handle, want := range map[string]string{
		"bo@pond.example":    `href="https://pond.example/authorize_interaction?uri=` + url.QueryEscape(g.site.URL+"/c/gardening") + `"`,
		"@bo@mute.example":   "mute.example did not say how",
		"@evil@pond.example": "pond.example did not say how",
		"bo":                 "That is not a person", "@ada@" + g.host: "log in here instead",
	} {
		v.open("/c/gardening")
		v.send("/c/gardening/elsewhere", fill{"handle": handle})
		v.shows(want, "!gardening@"+g.host)
		v.hides("javascript:")
	}
	g.bob.open("/c/gardening")
	g.bob.hides("Join from your server")

	if v.open("/authorize_interaction?uri=https://sky.example/stars"); !strings.HasPrefix(v.path, "/login?next=") || len(far.asked) > 0 {
		t.Errorf("a visitor comes to %s and has %q asked", v.path, far.asked)
	}
	for _, uri := range []string{"https://sky.example/stars", "acct:stars@sky.example", "!stars@sky.example"} {
		g.ada.open(address("/authorize_interaction", "uri", uri))
		if g.ada.path != "/c/stars@sky.example/interact" {
			t.Errorf("coming for %s leads to %s", uri, g.ada.path)
		}
	}
	g.ada.shows("Join !stars@sky.example?")
	g.ada.send("/c/stars@sky.example/join", nil)
	g.ada.shows("Your request was sent")
	g.ada.open("/authorize_interaction?uri=acct:vera@sky.example")
	g.ada.shows("Follow @vera@sky.example?")
	g.ada.open(address("/authorize_interaction", "uri", g.site.URL+g.path))
	if g.ada.path != g.path {
		t.Errorf("coming for a post leads to %s", g.ada.path)
	}
	g.ada.open("/authorize_interaction?uri=nonsense")
	if g.ada.status != 422 {
		t.Errorf("coming for nonsense: %d, want 422", g.ada.status)
	}
}
