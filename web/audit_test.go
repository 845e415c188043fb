package web

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// suspect keeps a finding about bob and some others, as the nightly audit does.
func (g *garden) suspect(kind reputation.FindingKind, others ...string) string {
	g.Helper()
	people := []reputation.ActorID{reputation.ActorID(memberOf(g.house, "bob").Person)}
	for _, name := range others {
		people = append(people, reputation.ActorID(memberOf(g.house, name).Person))
	}
	var id int64
	g.must(g.db.Update(g.ctx(), func(tx *store.Tx) (err error) {
		id, err = tx.AddAudit(g.post.Circle, reputation.Finding{Kind: kind, Ratings: 30, Percent: 85, People: people})
		return err
	}))
	return strconv.FormatInt(id, 36)
}

// TestAuditPages: an admin reads what was found, in sentences, and decides with a reason; to everybody else
// there is no such page; and the public log tells the decision without the names.
func TestAuditPages(t *testing.T) {
	g := newGarden(t)
	boss, keeper := g.member("boss", circles.SiteAdmin), g.member("keeper", circles.SiteModerator)
	boss.open("/admin/audit")
	boss.shows("Arranged ratings", "Nothing was found.", "after 14 days it counts again")
	first, second := g.suspect(reputation.Alike, "ada"), g.suspect(reputation.Inward, "ada", "keeper")
	for _, r := range []*reader{g.bob, g.ada, keeper} {
		if r.open("/admin/audit"); r.status != 404 {
			t.Errorf("GET: %d, want 404", r.status)
		}
		if r.take(r.client.PostForm(g.site.URL+"/admin/audit", url.Values{"finding": {first}, "decision": {"dismiss"}, "reason": {"x"}})); r.status != 404 {
			t.Errorf("POST: %d, want 404", r.status)
		}
	}
	boss.open("/admin/audit")
	boss.shows("These people rate the same things: 85% alike, 30 ratings", "85% of 30 ratings stay among these people", "Does not count; days left: 14", "@bob", "@ada", "@keeper", `href="/c/gardening"`)
	if strings.Index(boss.html, second) > strings.Index(boss.html, first) {
		t.Error("the older finding is shown first")
	}

	decide := func(id, decision, reason string) {
		t.Helper()
		boss.take(boss.client.PostForm(g.site.URL+"/admin/audit", url.Values{"finding": {id}, "decision": {decision}, "reason": {reason}}))
	}
	for _, wrong := range [][2]string{{first, "perhaps"}, {"", "dismiss"}, {"%", "confirm"}} {
		if decide(wrong[0], wrong[1], "x"); boss.status != 404 {
			t.Errorf("%q about %q: %d, want 404", wrong[1], wrong[0], boss.status)
		}
	}
	if decide("zz", "dismiss", "x"); boss.status != 404 {
		t.Errorf("about what was never found: %d, want 404", boss.status)
	}
	if decide(first, "confirm", " "); boss.status != 422 {
		t.Errorf("without a reason: %d, want 422", boss.status)
	}
	boss.shows("These people rate the same things", `role="alert"`)

	decide(first, "dismiss", "A table of friends")
	if boss.path != "/admin/audit" || boss.status != 200 {
		t.Errorf("after deciding: %d at %s", boss.status, boss.path)
	}
	boss.shows("Saved.", "Dismissed", "A table of friends")
	if decide(first, "confirm", "Or not"); boss.status != 409 {
		t.Errorf("a second decision: %d, want 409", boss.status)
	}
	boss.shows("Somebody decided about this already")
	decide(second, "confirm", "One hand")
	g.must(g.app.SweepStanding(g.ctx()))
	boss.open("/admin/audit")
	boss.shows("Confirmed", "One hand")
	boss.hides("Does not count; days left", `name="decision"`)

	v := g.reader()
	v.open("/c/gardening/modlog")
	v.shows("One hand", "A table of friends")
	v.hides("@bob", "@keeper")
	boss.take(boss.client.Get(g.site.URL + "/admin/audit?after=!"))
	if boss.status != 422 && boss.status != 404 {
		t.Errorf("a cursor that is none: %d", boss.status)
	}
}

// TestTrustedServers: an admin says at /admin/peers which servers are trusted, and why; everybody reads that in
// the log, and the ledger treats people from there as it says.
func TestTrustedServers(t *testing.T) {
	g := newGarden(t)
	boss := g.member("boss", circles.SiteAdmin)
	trust := func(host, do, reason string) {
		t.Helper()
		boss.take(boss.client.PostForm(g.site.URL+"/admin/peers", url.Values{"host": {host}, "do": {do}, "reason": {reason}}))
	}
	class := func() (policy string) {
		g.must(g.db.View(g.ctx(), func(tx *store.Tx) error {
			rows, err := tx.StandingRows(1, 1, 1, 0, "friend.example")
			policy = rows.Peer.Policy
			return err
		}))
		return policy
	}
	boss.open("/admin/peers")
	boss.shows("counts in standing from its first day", "the caps on one server hold")
	for _, wrong := range [][2]string{{"not a host", "x"}, {"friend.example", " "}} {
		if trust(wrong[0], "trust", wrong[1]); boss.status != 422 || class() != "" {
			t.Errorf("%q trusted because %q: %d", wrong[0], wrong[1], boss.status)
		}
	}
	trust("Friend.example", "trust", "We know them")
	boss.shows("Saved.", "friend.example", "Trusted")
	if class() != "trusted" {
		t.Errorf("the ledger takes it for %q", class())
	}
	trust("friend.example", "trust", "Once more") // changes nothing, and is not told
	v := g.reader()
	v.open("/modlog")
	v.shows("trusts in standing the server", "friend.example", "We know them")
	v.hides("Once more")
	boss.take(boss.client.PostForm(g.site.URL+"/admin/peers", url.Values{"host": {"friend.example"}, "policy": {"limited"}, "reason": {"Noise"}}))
	if class() != "limited" {
		t.Errorf("limited and trusted, the ledger takes it for %q", class())
	}
	trust("friend.example", "distrust", "")
	boss.hides(`<span class="chip">Trusted`)
	v.open("/modlog")
	v.shows("no longer trusts in standing the server")
}
