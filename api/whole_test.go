package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/store"
)

// TestEveryRouteAnswersAsDocumented plays every route to its success and into each of its refusals, and
// holds all answers against the document. What the document has and nothing answered is named.
func TestEveryRouteAnswersAsDocumented(t *testing.T) {
	h := newHouse(t)
	s := newScript(h)
	t.Run("oauth", func(t *testing.T) { s.oauth() })
	t.Run("write", func(t *testing.T) { s.write() })
	t.Run("read", func(t *testing.T) { s.read() })
	t.Run("follow", func(t *testing.T) { s.follow() })
	t.Run("moderate", func(t *testing.T) { s.moderate() })
	t.Run("appeals", func(t *testing.T) { s.appeals() })
	t.Run("account", func(t *testing.T) { s.account() })
	t.Run("gates", func(t *testing.T) { s.gates() })
	t.Run("storms", func(t *testing.T) { s.storms() })
	t.Run("shelf", func(t *testing.T) { s.shelf() })
	t.Run("messages", func(t *testing.T) { s.messages() })
	t.Run("tips", func(t *testing.T) { s.tips() })
	t.Run("audit", func(t *testing.T) { s.audit() })
	t.Run("admin", func(t *testing.T) { s.admin() })
	t.Run("suspended", func(t *testing.T) { s.suspended() })
	t.Run("refusals", func(t *testing.T) { s.refusals() })
	for _, u := range h.recorder.Unseen() {
		t.Errorf("documented and never seen: %s", u)
	}
}

// A script is what people do one after the other.
type script struct {
	*house
	ann, lin, eve *client // an admin, a member, another one
	visitor       *client
	garden        CircleView
	post          Post
	comment       Post
	gone          ID // somebody who left
}

func newScript(h *house) *script {
	return &script{house: h, ann: h.person("ann", circles.SiteAdmin), lin: h.person("lin", circles.SiteMember), eve: h.person("eve", circles.SiteMember), visitor: h.visitor()}
}

func (s *script) write() {
	s.ann.post("/circles", m{"name": "gardening", "title": "Gardening", "topic": "nature", "language": "en"}, &s.garden)
	garden := s.garden.Circle.ID
	s.lin.put(path("/circles/%s/membership", garden), nil, nil)
	photo := s.lin.upload("post")
	r := s.lin.post("/posts", m{"circle": garden, "title": "Tomatoes", "body": "In **March** #tomato", "photos": []m{{"id": photo.ID, "alt": "A tomato"}}}, &s.post)
	if r.header.Get("Location") != s.post.URL {
		s.Errorf("Location is %q, want %q", r.header.Get("Location"), s.post.URL)
	}
	s.ann.post(path("/posts/%s/comments", s.post.ID), m{"body": "In *April*"}, &s.comment)
	s.lin.post(path("/posts/%s/comments", s.comment.ID), m{"body": "Thank you"}, nil)
	var voted Post
	s.ann.put(path("/posts/%s/vote", s.post.ID), m{"value": 1}, &voted)
	if voted.Ups != 1 || voted.Vote != 1 {
		s.Errorf("after a vote: %+v", voted)
	}
	var edited Post
	s.lin.put(path("/posts/%s", s.post.ID), m{"title": "Tomatoes!", "body": "In April #tomato", "photos": []m{{"id": photo.ID, "alt": "A tomato"}}, "base": s.post.Rev + 0}, nil)
	s.lin.get(path("/posts/%s/source", s.post.ID), &edited)
	if edited.Source != "In April #tomato" || edited.Title != "Tomatoes!" {
		s.Errorf("the source is %+v", edited)
	}
	s.lin.ask("PUT", path("/posts/%s", s.post.ID), m{"title": "Late", "base": s.post.Rev}).problem(409, "conflict")
	s.lin.put(path("/media/%s", photo.ID), m{"alt": "A red tomato"}, nil)
	s.lin.drop(path("/posts/%s", s.post.ID))
	s.lin.post(path("/posts/%s/restore", s.post.ID), nil, nil)
	s.ann.put(path("/posts/%s/saved", s.post.ID), nil, nil)
	s.ann.put(path("/posts/%s/read", s.post.ID), nil, nil)
	s.ann.put(path("/posts/%s/wish", s.post.ID), m{"wish": "follow"}, nil)
	s.lin.post("/reports", m{"post": s.comment.ID, "category": "other", "text": "April is too late"}, nil)
	s.lin.ask("POST", "/reports", m{"post": "999", "category": "other"}).problem(404, "not-found")
	s.lin.ask("POST", "/posts", m{"circle": "999", "title": "Nowhere"}).problem(404, "not-found")
}

func (s *script) read() {
	garden := s.garden.Circle.ID
	var feed Page[Post]
	for _, q := range []string{"", "?scope=local&sort=new", "?scope=circle&circle=" + string(garden), "?circle=" + string(garden), "?tag=tomato&window=week&sort=top", "?limit=1"} {
		s.visitor.get("/posts"+q, &feed)
		if len(feed.Items) != 1 || feed.Items[0].ID != s.post.ID {
			s.Errorf("/posts%s has %+v", q, feed.Items)
		}
	}
	s.ann.get("/posts?scope=subscribed&unread=true", nil)
	s.visitor.ask("GET", "/posts?circle=999", nil).problem(404, "not-found")
	s.visitor.ask("GET", "/posts?scope=subscribed", nil).problem(401, "denied")
	var v PostView
	s.ann.get(path("/posts/%s", s.post.ID), &v)
	if v.Post.Title != "Tomatoes!" || v.Wish != "follow" || v.Role != "owner" || len(v.Post.Photos) != 1 || v.Post.Photos[0].Alt != "A red tomato" || !v.Post.Saved {
		s.Errorf("the post is %+v", v)
	}
	s.visitor.get(path("/posts/%s", s.comment.ID), &v)
	if v.Post.Kind != "comment" || !strings.Contains(v.Post.BodyHTML, "April") || v.NoComment == "" {
		s.Errorf("the comment is %+v", v)
	}
	var comments Page[Comment]
	s.visitor.get(path("/posts/%s/comments?sort=new", s.post.ID), &comments)
	if len(comments.Items) != 1 || len(comments.Items[0].Answers) != 1 || comments.Items[0].Below != 1 {
		s.Errorf("the comments are %+v", comments)
	}
	s.visitor.get(path("/posts/%s/comments?focus=%s", s.post.ID, s.comment.ID), nil)
	s.visitor.get(path("/posts/%s/history", s.post.ID), nil)
	s.lin.get(path("/posts/%s/delivery", s.post.ID), nil)
	var dir Page[Circle]
	s.visitor.get("/circles?local=true&topic=nature&language=en", &dir)
	if len(dir.Items) != 1 || dir.Items[0].Handle != "!gardening" {
		s.Errorf("the directory is %+v", dir)
	}
	s.visitor.get("/circles/"+string(garden), nil)
	s.people(garden)
	s.visitor.get(path("/circles/%s/modlog", garden), nil)
	s.visitor.get("/modlog", nil)
	var lin PersonView
	s.ann.get(path("/people/%s", id(s.lin.who.Person)), &lin)
	if lin.Person.Handle != "@lin" || lin.Self {
		s.Errorf("lin is %+v", lin)
	}
	for _, tab := range []string{"posts", "comments", "circles"} {
		s.visitor.get(path("/people/%s/%s", id(s.lin.who.Person), tab), nil)
	}
	gone := s.person("gone", circles.SiteMember)
	s.gone = id(gone.who.Person)
	s.must(s.accounts.Remove(s.ctx(), gone.who, "nine herons wade slowly", accounts.Client{}))
	for range 3 {
		s.must(s.app.FinishDeletions(s.ctx()))
	}
	for _, tab := range []string{"", "/posts", "/comments", "/circles"} {
		s.visitor.ask("GET", path("/people/%s%s", id(gone.who.Person), tab), nil).problem(410, "gone")
	}
	for _, kind := range []string{"posts", "comments", "circles", "people"} {
		s.visitor.get("/search?q=tomato&type="+kind, nil)
	}
	s.visitor.ask("GET", "/search?q=x&circle=999", nil).problem(404, "not-found")
	var found Found
	for what, kind := range map[string]string{"@lin": "person", "!gardening": "circle", s.post.URL: "post", s.comment.URL: "comment", s.garden.Circle.URL: "circle"} {
		s.lin.get("/find?what="+url.QueryEscape(what), &found)
		if found.Kind != kind {
			s.Errorf("%s is a %s, want %s", what, found.Kind, kind)
		}
	}
	s.lin.ask("GET", "/find?what=@nobody", nil).problem(404, "not-found")
	s.visitor.get("/tags", nil)
	s.visitor.get("/tags/tomato", nil)
	s.visitor.get(path("/posts/%s", s.post.ID), &v)
	photo := v.Post.Photos
	s.visitor.get("/media/"+photo[0].ID, nil)
	file := path("/media/%s/%s", photo[0].ID, photo[0].Files[0].Name)
	if r := s.visitor.ask("GET", file, nil).is(200); r.header.Get("Content-Type") != photo[0].Files[0].Type || int64(len(r.body)) != photo[0].Files[0].Bytes {
		s.Errorf("the file is %d bytes of %s", len(r.body), r.header.Get("Content-Type"))
	}
	s.ann.get("/saved", nil)
	s.ann.drop(path("/posts/%s/saved", s.post.ID))
	s.visitor.get("/peers", nil)
	s.visitor.get("/instance", nil)
	s.visitor.get("/openapi.json", nil)
}

// people is who belongs to a circle: its members see each other, whoever runs it their tiers, too.
func (s *script) people(garden ID) {
	at := path("/circles/%s/people", garden)
	var first, second, all Page[CirclePerson]
	s.ann.get(at+"?limit=1", &first)
	s.ann.get(at+"?limit=1&cursor="+url.QueryEscape(first.Next), &second)
	if len(first.Items) != 1 || len(second.Items) != 1 || second.Next != "" {
		s.Fatalf("two people by one: %+v, %+v", first, second)
	}
	if p := first.Items[0]; p.Person.Name != "lin" || p.Role != "member" || p.Tier != "newcomer" || p.JoinedAt == "" || p.Vouched {
		s.Errorf("lin is %+v", p)
	}
	if p := second.Items[0]; p.Person.Name != "ann" || p.Role != "owner" || p.Tier != "" || p.MayVouch {
		s.Errorf("ann is %+v", p)
	}
	if r := s.lin.get(at, &all); len(all.Items) != 2 || bytes.Contains(r.body, []byte(`"tier"`)) || bytes.Contains(r.body, []byte("newcomer")) {
		s.Errorf("to a member they are %s", r.body)
	}
	s.eve.ask("GET", at, nil).problem(403, "forbidden")
	s.ann.ask("GET", at+"?cursor=x", nil).problem(422, "bad-cursor")
}

func (s *script) follow() {
	garden, lin := s.garden.Circle.ID, id(s.lin.who.Person)
	s.lin.get("/me/circles", nil)
	s.lin.drop(path("/circles/%s/membership", garden))
	s.lin.put(path("/circles/%s/membership", garden), nil, nil)
	s.eve.put(path("/people/%s/following", lin), nil, nil)
	s.eve.drop(path("/people/%s/following", lin))
	s.lin.put("/me/profile", m{"display_name": "Lin", "about": "", "bot": false, "locked": true, "indexable": true}, nil)
	var state Following
	s.eve.put(path("/people/%s/following", lin), nil, &state)
	var asking Page[Person]
	s.lin.get("/me/followers/asking", &asking)
	if state.State != "pending" || len(asking.Items) != 1 {
		s.Errorf("eve's following is %+v, lin is asked by %+v", state, asking)
	}
	s.lin.put(path("/me/followers/%s", asking.Items[0].ID), m{"accept": true}, nil)
	for _, what := range []string{"block", "mute"} {
		s.eve.put(path("/actors/%s/%s", lin, what), nil, nil)
		s.eve.put(path("/actors/%s/%s", garden, what), nil, nil)
	}
	s.eve.put("/me/blocked-hosts/bad.example", nil, nil)
	var blocks Blocks
	s.eve.get("/me/blocks", &blocks)
	if len(blocks.Blocked.People) != 1 || len(blocks.Muted.Circles) != 1 || len(blocks.Hosts) != 1 {
		s.Errorf("eve's blocks are %+v", blocks)
	}
	for _, what := range []string{"block", "mute"} {
		s.eve.drop(path("/actors/%s/%s", lin, what))
		s.eve.drop(path("/actors/%s/%s", garden, what))
	}
	s.eve.drop("/me/blocked-hosts/bad.example")
	s.eve.put("/tags/tomato/wish", m{"wish": "follow"}, nil)
	var tags Tags
	s.eve.get("/me/tags", &tags)
	if len(tags.Followed) != 1 {
		s.Errorf("eve's tags are %+v", tags)
	}
	// What the consumer of the log would write.
	s.must(s.db.Update(s.ctx(), func(tx *store.Tx) error {
		p, err := tx.Post(s.comment.number())
		if err != nil {
			return err
		}
		_, err = tx.NotifyOfPost(p)
		return err
	}))
	var told Page[NotificationGroup]
	s.lin.get("/notifications", &told)
	var unseen Unseen
	s.lin.get("/notifications/unseen", &unseen)
	if len(told.Items) != 1 || unseen.Count != 1 || told.Items[0].Thread.ID != s.post.ID {
		s.Fatalf("lin was told %+v, %d unseen", told, unseen.Count)
	}
	s.lin.post("/notifications/seen", m{"up_to": told.Items[0].Latest, "thread": s.post.ID}, nil)
	s.lin.get("/notifications/unseen", &unseen)
	if unseen.Count != 0 {
		s.Errorf("%d unseen after seeing all", unseen.Count)
	}
}

func (p Post) number() circles.PostID {
	n, _ := parseID(p.ID)
	return circles.PostID(n)
}

func (s *script) moderate() {
	garden, lin, eve := s.garden.Circle.ID, id(s.lin.who.Person), id(s.eve.who.Person)
	var edited CircleView
	s.ann.put("/circles/"+string(garden), m{"title": "The garden", "topic": "nature", "language": "en", "description": "All *green*", "rules": "", "visibility": "public",
		"posting": "open", "sensitive": false, "hue": 3, "icon": s.ann.upload("icon").ID}, &edited)
	if edited.Circle.Title != "The garden" || edited.Circle.Icon == "" || edited.Description != "All *green*" {
		s.Errorf("the circle is %+v", edited)
	}
	s.ann.get(path("/circles/%s/asking", garden), nil)
	var hook Webhook
	s.ann.post(path("/circles/%s/webhooks", garden), m{"url": "https://hook.example/", "events": []string{"post", "report"}}, &hook)
	if !strings.HasPrefix(hook.Secret, "whsec_") {
		s.Errorf("the webhook is %+v", hook)
	}
	var hooks Page[Webhook]
	s.ann.get(path("/circles/%s/webhooks", garden), &hooks)
	if len(hooks.Items) != 1 || hooks.Items[0].Secret != "" {
		s.Errorf("the webhooks are %+v", hooks)
	}
	s.ann.post(path("/circles/%s/webhooks/%s/resume", garden, hook.ID), nil, nil)
	s.lin.ask("DELETE", path("/circles/%s/webhooks/%s", garden, hook.ID), nil).problem(403, "forbidden")
	s.ann.drop(path("/circles/%s/webhooks/%s", garden, hook.ID))
	s.ann.put(path("/circles/%s/roles/%s", garden, lin), m{"role": "moderator"}, nil)
	s.ann.put(path("/circles/%s/roles/%s", garden, lin), m{"role": "member"}, nil)
	for _, what := range []string{"lock", "pin"} {
		s.ann.put(path("/posts/%s/%s", s.post.ID, what), nil, nil)
		s.ann.drop(path("/posts/%s/%s", s.post.ID, what))
	}
	s.ann.post(path("/posts/%s/remove", s.post.ID), m{"reason": "off topic"}, nil)
	s.ann.post(path("/posts/%s/return", s.post.ID), nil, nil)
	s.eve.put(path("/circles/%s/membership", garden), nil, nil)
	s.ann.put(path("/circles/%s/bans/%s", garden, eve), m{"reason": "weeds", "until": "2030-01-01T00:00:00Z"}, nil)
	var bans Page[Ban]
	s.ann.get(path("/circles/%s/bans", garden), &bans)
	if len(bans.Items) != 1 || bans.Items[0].Until != "2030-01-01T00:00:00.000000Z" {
		s.Errorf("the bans are %+v", bans)
	}
	s.eve.get("/me/bans", nil)
	s.ann.drop(path("/circles/%s/bans/%s", garden, eve))
	s.ann.get("/moderation/desks", nil)
	var reports Page[Report]
	s.ann.get("/moderation/reports?circle="+string(garden), &reports)
	if len(reports.Items) != 1 || len(reports.Items[0].Complaints) != 1 || reports.Items[0].Post.ID != s.comment.ID {
		s.Fatalf("the reports are %+v", reports)
	}
	s.ann.ask("GET", "/moderation/reports?circle=999", nil).problem(404, "not-found")
	s.ann.post(path("/moderation/reports/%s/decision", reports.Items[0].ID), m{"do": "dismiss", "reason": "it is not"}, nil)
	s.ann.get("/moderation/reports?decided=true&circle="+string(garden), &reports)
	if len(reports.Items) != 1 || reports.Items[0].State != "dismissed" {
		s.Errorf("decided reports are %+v", reports)
	}
	s.ann.put(path("/actors/%s/suspension", eve), m{"reason": "spam"}, nil)
	s.eve.ask("GET", "/me", nil).problem(401, "token-revoked")
	s.ann.drop(path("/actors/%s/suspension", eve))
	s.eve.get("/me", nil)
	var made CircleView
	s.eve.post("/circles", m{"name": "weeds"}, &made)
	s.lin.put(path("/circles/%s/membership", made.Circle.ID), nil, nil)
	s.ann.put(path("/actors/%s/suspension", made.Circle.ID), m{"reason": "spam"}, nil)
	s.eve.ask("GET", path("/circles/%s", made.Circle.ID), nil).problem(410, "gone")
	var out Page[Suspension]
	s.ann.get("/moderation/suspensions", &out)
	if len(out.Items) != 1 || out.Items[0].Circle == nil || out.Items[0].Circle.ID != made.Circle.ID || out.Items[0].Reason != "spam" {
		s.Errorf("the suspensions are %+v", out)
	}
	s.lin.ask("GET", path("/circles/%s", made.Circle.ID), nil).problem(410, "gone")
	s.lin.drop(path("/circles/%s/membership", made.Circle.ID))
	s.lin.ask("GET", "/moderation/suspensions", nil).problem(403, "forbidden")
	s.ann.drop(path("/actors/%s/suspension", made.Circle.ID))
	s.eve.get(path("/circles/%s", made.Circle.ID), nil)
}

func (s *script) account() {
	var me Me
	s.lin.get("/me", &me)
	if me.Person.Name != "lin" || len(me.Scopes) != len(accounts.AllScopes()) || me.Kind != "personal" {
		s.Errorf("lin is %+v", me)
	}
	var profile Profile
	s.lin.get("/me/profile", &profile)
	profile.About = "I grow *things*"
	s.lin.put("/me/profile", profile, nil)
	var set Settings
	s.lin.get("/me/settings", &set)
	set.Theme = "dark"
	s.lin.put("/me/settings", set, nil)
	login, err := s.accounts.LogIn(s.ctx(), "lin", "nine herons wade slowly", "", accounts.Client{Agent: "Firefox"})
	s.must(err)
	var sessions Page[Session]
	s.lin.get("/me/sessions", &sessions)
	s.lin.drop("/me/sessions/" + sessions.Items[0].ID)
	if _, err := s.accounts.Member(s.ctx(), login.Token); err == nil {
		s.Error("a session goes on that was ended")
	}
	other := s.person("lin", circles.SiteMember)
	var grants Page[Grant]
	other.get("/me/grants", &grants)
	for _, g := range grants.Items {
		if g.Current {
			s.lin.drop("/me/grants/" + g.ID)
		}
	}
	other.ask("GET", "/me", nil).problem(401, "token-revoked")
}

func (s *script) admin() {
	var site Site
	s.ann.get("/admin/site", &site)
	site.Name, site.Registration = "Home", "open"
	s.ann.put("/admin/site", site, nil)
	var people Page[Account]
	s.ann.get("/admin/people", &people)
	if len(people.Items) < 3 || people.Items[0].Role != "admin" {
		s.Errorf("the accounts are %+v", people)
	}
	s.ann.put("/admin/people/eve", m{"role": "moderator"}, nil)
	s.ann.put("/admin/people/eve", m{"role": "member"}, nil)
	s.ann.put("/admin/peers/bad.example", m{"policy": "blocked", "reason": "spam"}, nil)
	s.ann.get("/admin/peers", nil)
	var policies Page[Policy]
	s.visitor.get("/peers", &policies)
	if len(policies.Items) != 1 || policies.Items[0].Policy != "blocked" {
		s.Errorf("the policies are %+v", policies)
	}
	s.lin.ask("GET", "/admin/site", nil).problem(403, "forbidden")
}

func (s *script) gates() {
	garden, lin := s.garden.Circle.ID, id(s.lin.who.Person)
	for _, at := range []string{"/access", path("/circles/%s/access", garden), "/gates", path("/circles/%s/gates", garden), "/gates/log", path("/circles/%s/gates/log", garden)} {
		s.visitor.get(at, nil)
	}
	var access struct {
		Items []struct{ Action, Outcome string }
	}
	s.lin.get(path("/circles/%s/access", garden), &access)
	if len(access.Items) < 5 || access.Items[0].Outcome == "" {
		s.Errorf("lin's access is %+v", access)
	}
	var now struct {
		Version  int64
		Settings json.RawMessage
	}
	s.ann.get("/gates", &now)
	s.ann.put("/gates", m{"settings": now.Settings, "reason": "as it was"}, nil)
	var saved GatesSaved
	tight := ""
	for _, p := range reputation.Presets() {
		if p.Storm {
			continue
		}
		// Some presets ask what nobody could ever have on an instance this small, and are refused.
		if r := s.ann.ask("PUT", path("/circles/%s/gates", garden), m{"preset": p.Name, "reason": "spam", "preview": true}); r.status != 200 {
			r.problem(422, "invalid")
		} else if r.into(&saved); saved.Tighter {
			tight = p.Name
		}
	}
	s.ann.put(path("/circles/%s/gates", garden), m{"preset": tight, "reason": "spam", "language": "en"}, &saved)
	if !saved.Tighter || saved.HoldsAt == "" {
		s.Errorf("preset %q is saved as %+v", tight, saved)
	}
	s.ann.drop(path("/circles/%s/gates/announced", garden))
	s.ann.put(path("/circles/%s/filter", garden), m{"words": []string{"pesticide"}, "hosts": []string{}, "below": ""}, nil)
	var f Filter
	s.ann.get(path("/circles/%s/filter", garden), &f)
	if len(f.Words) != 1 {
		s.Errorf("the filter is %+v", f)
	}
	var waits Post
	s.lin.post("/posts", m{"circle": garden, "title": "Which pesticide?"}, &waits)
	var held Page[Held]
	s.ann.get(path("/circles/%s/held", garden), &held)
	if waits.State != "held" || len(held.Items) != 1 || held.Items[0].Why == "" {
		s.Fatalf("the post is %+v, held are %+v", waits, held)
	}
	s.lin.get(path("/posts/%s/held", waits.ID), nil)
	s.lin.put(path("/posts/%s", waits.ID), m{"title": "Which pesticide then?"}, nil)
	for _, decision := range []m{{"approve": true}, {"approve": false, "reason": "No."}} {
		decision["base"] = held.Items[0].Post.Rev
		s.ann.ask("POST", path("/posts/%s/held/decision", waits.ID), decision).problem(409, "conflict")
	}
	s.ann.get(path("/circles/%s/held", garden), &held)
	s.ann.post(path("/posts/%s/held/decision", waits.ID), m{"approve": true, "base": held.Items[0].Post.Rev}, nil)
	s.lin.get("/me/standing", nil)
	s.lin.get("/me/standing?circle=gardening", nil)
	s.lin.ask("GET", "/me/standing?circle=nowhere", nil).problem(404, "not-found")
	s.ann.put(path("/circles/%s/vouches/%s", garden, lin), nil, nil)
	s.ann.ask("PUT", path("/circles/%s/vouches/%s", garden, lin), nil).problem(409, "conflict")
	s.ann.drop(path("/circles/%s/vouches/%s", garden, lin))
	s.ann.ask("DELETE", path("/circles/%s/vouches/%s", garden, lin), nil).problem(409, "conflict")
	s.lin.put(path("/posts/%s/helpful", s.comment.ID), nil, nil)
	var thread Page[Comment]
	s.visitor.get(path("/posts/%s/comments", s.post.ID), &thread)
	if !thread.Items[0].Helped || thread.Items[0].ID != s.comment.ID {
		s.Errorf("a comment that was called helpful is %+v", thread.Items[0])
	}
	s.lin.drop(path("/posts/%s/helpful", s.comment.ID))
	s.ann.put(path("/circles/%s/aliases", garden), m{"addresses": []string{}}, nil)
}

func (s *script) shelf() {
	garden, lin := s.garden.Circle.ID, id(s.lin.who.Person)
	var made List
	s.lin.post("/me/lists", m{"title": "Green things", "public": true}, &made)
	s.lin.put("/me/lists/"+made.Slug, m{"title": "Green", "about": "All of it", "public": true}, nil)
	s.lin.put(path("/me/lists/%s/circles/%s", made.Slug, garden), nil, nil)
	var lists Page[List]
	s.visitor.get(path("/people/%s/lists", lin), &lists)
	if len(lists.Items) != 1 || lists.Items[0].Circles != 1 || lists.Items[0].Title != "Green" {
		s.Errorf("lin's lists are %+v", lists)
	}
	var view ListView
	s.visitor.get(path("/people/%s/lists/%s", lin, made.Slug), &view)
	if len(view.Circles) != 1 || view.Owner.ID != lin {
		s.Errorf("the list is %+v", view)
	}
	s.visitor.ask("GET", path("/people/%s/lists/%s", s.gone, made.Slug), nil).problem(410, "gone")
	var feed Page[Post]
	s.visitor.get("/posts?list="+string(made.ID), &feed)
	if len(feed.Items) == 0 {
		s.Error("the feed of the list is empty")
	}
	s.lin.drop(path("/me/lists/%s/circles/%s", made.Slug, garden))
	s.lin.drop("/me/lists/" + made.Slug)

	var draft KeptDraft
	s.lin.post("/drafts", m{"circle": garden, "title": "Begun"}, &draft)
	s.lin.put("/drafts/"+draft.Name, m{"circle": garden, "title": "Begun", "body": "so far", "poll": m{"options": []string{"Peas"}, "multiple": true, "minutes": 90}}, nil)
	s.lin.get("/drafts/"+draft.Name, &draft)
	var drafts Page[DraftRow]
	s.lin.get("/drafts", &drafts)
	if len(drafts.Items) != 1 || draft.Draft.Body != "so far" || draft.Draft.Circle != garden || draft.Draft.Poll == nil || draft.Draft.Poll.Minutes != 90 || !draft.Draft.Poll.Multiple || len(draft.Draft.Poll.Options) != 1 {
		s.Errorf("the draft is %+v, the list %+v", draft, drafts)
	}
	s.lin.drop("/drafts/" + draft.Name)
	var over Draft
	s.eve.get(path("/posts/%s/crosspost", s.post.ID), &over)
	if over.Title != s.post.Title+"!" {
		s.Errorf("the crosspost begins with %+v", over)
	}
	var asked Post
	s.lin.post("/posts", m{"circle": garden, "title": "Which?", "poll": m{"options": []string{"Peas", "Beans"}, "minutes": 60}}, &asked)
	var poll Poll
	s.ann.put(path("/posts/%s/poll", asked.ID), m{"choices": []int{1}}, &poll)
	if !poll.Open || poll.Voters != 1 || poll.Options[1].Votes != 1 || len(poll.Mine) != 1 {
		s.Errorf("the poll is %+v", poll)
	}
	var v PostView
	s.visitor.get(path("/posts/%s", asked.ID), &v)
	if v.Post.Poll == nil || v.Post.Poll.Voters != 1 {
		s.Errorf("the post with the poll is %+v", v.Post)
	}
	s.lin.put(path("/posts/%s", asked.ID), m{"title": "Which?", "poll": m{"options": []string{"Peas", "Rye"}, "minutes": 0}}, nil)
	s.visitor.get(path("/posts/%s", asked.ID), &v)
	if v.Post.Poll == nil || v.Post.Poll.Voters != 0 || v.Post.Poll.Options[1].Text != "Rye" {
		s.Errorf("the post with another question is %+v", v.Post)
	}
}

func (s *script) messages() {
	lin, ann := id(s.lin.who.Person), id(s.ann.who.Person)
	s.lin.put("/me/message-wish", m{"from": "everyone"}, nil)
	var wish MessageWish
	s.lin.get("/me/message-wish", &wish)
	var sent Message
	s.ann.post(path("/people/%s/messages", lin), m{"body": "Hello *Lin*"}, &sent)
	var requests Page[Conversation]
	s.lin.get("/messages?requests=true", &requests)
	if wish.From != "everyone" || len(requests.Items) != 1 || requests.Items[0].State != "request" {
		s.Fatalf("lin's wish is %+v, the requests %+v", wish, requests)
	}
	s.lin.post(path("/people/%s/messages/decline", ann), nil, nil)
	s.lin.post(path("/people/%s/messages/accept", ann), nil, nil)
	var unread Unseen
	s.lin.get("/messages/unread", &unread)
	s.lin.get("/messages", nil)
	var letters Page[Message]
	s.lin.get(path("/people/%s/messages", ann), &letters)
	if len(letters.Items) != 1 || letters.Items[0].ID != sent.ID || letters.Items[0].Mine {
		s.Fatalf("the conversation is %+v", letters)
	}
	s.lin.ask("GET", path("/people/%s/messages", s.gone), nil).problem(410, "gone")
	s.lin.put(path("/people/%s/messages/read", ann), nil, nil)
	s.lin.get("/messages/"+string(sent.ID), nil)
	s.lin.post(path("/messages/%s/report", sent.ID), m{"category": "other", "text": "too loud"}, nil)
	var reports Page[MessageReport]
	s.ann.get("/moderation/messages", &reports)
	if len(reports.Items) != 1 || !strings.Contains(reports.Items[0].Quoted, "Hello") {
		s.Fatalf("the reports are %+v", reports)
	}
	s.ann.post(path("/moderation/messages/%s/decision", reports.Items[0].ID), m{"uphold": false}, nil)
	s.ann.drop("/messages/" + string(sent.ID))
}

// suspended asks everything once more after the circle that all of it was about was suspended: whatever a
// route answers then has to be documented, too. Twice, because what was asked for the first time may be over.
func (s *script) suspended() {
	s.ann.put(path("/actors/%s/suspension", s.garden.Circle.ID), m{"reason": "spam"}, nil)
	asked, http := s.asked, s.ann.http
	for range 2 {
		for _, req := range asked {
			if strings.HasSuffix(req.URL.Path, "/suspension") {
				continue
			}
			again := req.Clone(s.ctx())
			if req.GetBody != nil {
				body, err := req.GetBody()
				s.must(err)
				again.Body = body
			}
			resp, err := http.Do(again)
			s.must(err)
			resp.Body.Close()
		}
	}
	s.ann.drop(path("/actors/%s/suspension", s.garden.Circle.ID))
}

// Bodies that get past the reading, for routes where an empty object does not.
var plausible = map[string]string{
	"PUT /tags/{tag}/wish": `{"wish":"follow"}`, "PUT /me/lists/{slug}": `{"title":"x"}`, "PUT /admin/people/{name}": `{"role":"member"}`,
	"PUT /actors/{id}/suspension": `{"reason":"spam"}`, "PUT /admin/peers/{host}/trust": `{"reason":"known"}`, "PUT /posts/{id}/wish": `{"wish":"mute"}`,
}

// refusals sends every route what it refuses.
func (s *script) refusals() {
	h := s.house
	_, err := h.accounts.Begin(h.ctx(), s.ann.who, "taken", "something else")
	s.must(err)
	few, err := New(func() Options { o := h.o; o.Limit = 1; return o }())
	s.must(err)
	reads, writes := h.person("ann", circles.SiteAdmin, accounts.ScopeRead), h.person("ann", circles.SiteAdmin, accounts.ScopeWrite)
	for _, r := range h.routes {
		at := strings.NewReplacer("{id}", "x", "{person}", "x", "{tag}", "a%20b", "{file}", "x", "{host}", "other.example", "{session}", "x", "{grant}", "x", "{name}", "nobody", "{slug}", "nothing", "{hook}", "x").Replace(r.path)
		name := r.method + " " + strings.TrimPrefix(r.path, Prefix)
		body, kind := "", ""
		if r.in != nil {
			body, kind = "{}", "application/json"
			if p, ok := plausible[name]; ok {
				body = p
			}
		}
		if r.upload {
			body, kind = "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nno picture\r\n--x--\r\n", "multipart/form-data; boundary=x"
		}
		send := func(c *client, at, kind, body string, head ...string) *reply {
			return c.ask(r.method, at, []byte(body), append([]string{"Content-Type", kind}, head...)...)
		}
		if r.raw {
			if r.in != nil {
				send(s.visitor, at, kind, strings.Repeat("x", maxForm+1)).is(413)
				send(s.visitor, at, kind, "{").is(400)
			}
		} else {
			send(s.ann, at+"?nonsense=1", kind, body).problem(422, "unknown-parameter")
		}
		if r.scope != "" {
			wrong := *s.visitor
			wrong.token = "nonsense"
			send(&wrong, at, kind, body).problem(401, "token-invalid")
			other := writes
			if r.scope == accounts.ScopeWrite {
				other = reads
			}
			send(other, at, kind, body).problem(403, "scope-missing")
			if r.open == "" {
				send(s.visitor, at, kind, body).problem(401, "denied")
			}
		}
		if r.named() {
			send(s.ann, at, kind, body).problem(404, "not-found")
		}
		if r.in != nil && !r.raw {
			send(s.ann, at, kind, "{").problem(400, "bad-json")
			send(s.ann, at, kind, `{"nonsense":1}`).problem(422, "unknown-field")
			send(s.ann, at, kind, strings.Repeat(" ", maxBody+1)).problem(413, "too-large")
			send(s.ann, at, "text/plain", body).problem(415, "bad-type")
		}
		if r.upload {
			send(s.ann, at, kind, strings.Repeat("x", maxUpload+1)).problem(413, "too-large")
			send(s.ann, at, "image/png", body).problem(415, "bad-type")
			send(s.ann, at, kind, body).problem(422, "invalid")
		}
		if r.method == http.MethodPost && !r.raw {
			send(s.ann, at, kind, body, "Idempotency-Key", "taken").problem(409, "key-reused")
		}
		s.often(few, r, at)
	}
}

// often asks a server that allows one request a minute twice.
func (s *script) often(few *Server, r route, at string) {
	rt := s.recorder.Transport(direct{few})
	for range 2 {
		req, err := http.NewRequest(r.method, s.site.URL+at, strings.NewReader("{}"))
		s.must(err)
		req.RemoteAddr = "192.0.2.1:1"
		resp, err := rt.RoundTrip(req)
		s.must(err)
		if resp.StatusCode == 429 {
			if resp.Header.Get("Retry-After") == "" || resp.Header.Get("RateLimit-Remaining") != "0" {
				s.Errorf("%s %s: too often, with %v", r.method, at, resp.Header)
			}
			return
		}
		few.limits.take("a192.0.2.1", true) // the clock of the test runs fast
	}
	s.Errorf("%s %s: never too often", r.method, at)
}
