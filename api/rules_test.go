package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/accounts"
)

// A POST with a key is done once, however often it is sent, and answered alike.
func TestKeysOfRequests(t *testing.T) {
	s := newScript(newHouse(t))
	s.write()
	path := path("/posts/%s/comments", s.post.ID)
	first := s.lin.ask("POST", path, m{"body": "once"}, "Idempotency-Key", "one").is(201)
	again := s.lin.ask("POST", path, m{"body": "once"}, "Idempotency-Key", "one").is(201)
	if string(first.body) != string(again.body) || again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Location") != again.header.Get("Location") {
		t.Errorf("the second answer is %s with %v, the first was %s", again.body, again.header, first.body)
	}
	s.lin.ask("POST", path, m{"body": "twice"}, "Idempotency-Key", "one").problem(409, "key-reused")
	s.lin.ask("POST", path+"?", m{"body": "once"}, "Idempotency-Key", strings.Repeat("k", 201)).problem(422, "key-invalid")
	// A refusal uses no key up.
	s.lin.ask("POST", path, m{"body": ""}, "Idempotency-Key", "two").problem(422, "invalid")
	s.lin.ask("POST", path, m{"body": "now with words"}, "Idempotency-Key", "two").is(201)
	var all Page[Comment]
	s.visitor.get(path, &all)
	n := 0
	for _, c := range all.Items {
		if strings.Contains(c.BodyHTML, "once") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the comment is there %d times", n)
	}
}

func TestPagesOfALongList(t *testing.T) {
	s := newScript(newHouse(t))
	s.write()
	for range 7 {
		s.lin.post("/posts", m{"circle": s.garden.Circle.ID, "title": "More"}, nil)
	}
	seen := map[ID]bool{}
	next, pages := Prefix+"/posts?sort=new&limit=3", 0
	for next != "" && pages < 10 {
		var page Page[Post]
		r := s.visitor.ask("GET", strings.TrimPrefix(next, Prefix), nil).is(200).into(&page)
		for _, p := range page.Items {
			if seen[p.ID] {
				t.Errorf("%s is there twice", p.ID)
			}
			seen[p.ID] = true
		}
		link, _, _ := strings.Cut(strings.TrimPrefix(r.header.Get("Link"), "<"+s.site.URL), ">; rel=\"next\"")
		if (page.Next == "") != (link == "") {
			t.Errorf("next is %q, and Link %q", page.Next, r.header.Get("Link"))
		}
		next = link
		pages++
	}
	if len(seen) != 8 || pages != 3 {
		t.Errorf("%d posts on %d pages, want 8 on 3", len(seen), pages)
	}
}

// What is sent wrongly gets one clear sentence with a type that programs can rely on.
func TestBadInput(t *testing.T) {
	s := newScript(newHouse(t))
	s.write()
	read := s.person("lin", circles.SiteMember, accounts.ScopeRead)
	for _, c := range []struct {
		name         string
		who          *client
		method, path string
		body         any
		status       int
		slug, field  string
	}{
		{"a cursor made up", s.visitor, "GET", "/posts?cursor=AAAA", nil, 422, "bad-cursor", ""},
		{"another list's cursor", s.visitor, "GET", "/circles?cursor=f-1.2", nil, 422, "bad-cursor", ""},
		{"the cursor of a list of one page", s.lin, "GET", "/me/circles?cursor=x", nil, 422, "bad-cursor", ""},
		{"a sort that is none", s.visitor, "GET", "/posts?sort=best", nil, 422, "bad-parameter", "sort"},
		{"a limit over the limit", s.visitor, "GET", "/posts?limit=101", nil, 422, "bad-parameter", "limit"},
		{"a parameter twice", s.visitor, "GET", "/posts?sort=new&sort=hot", nil, 422, "bad-parameter", "sort"},
		{"a flag that is none", s.visitor, "GET", "/posts?unread=1", nil, 422, "bad-parameter", "unread"},
		{"a query that cannot be read", s.visitor, "GET", "/posts?%zz", nil, 422, "bad-parameter", ""},
		{"a number for words", s.lin, "POST", "/posts", `{"title":7}`, 422, "invalid", "title"},
		{"a number for an id", s.lin, "POST", "/posts", `{"circle":7}`, 422, "invalid", "circle"},
		{"no id", s.lin, "POST", "/posts", `{"circle":"x","title":"y"}`, 422, "invalid", "circle"},
		{"a field too many", s.lin, "POST", "/posts", `{"tilte":"y"}`, 422, "unknown-field", "tilte"},
		{"two bodies", s.lin, "POST", "/posts", `{} {}`, 400, "bad-json", ""},
		{"half a body", s.lin, "POST", "/posts", `{"title":`, 400, "bad-json", ""},
		{"a vote of two", s.lin, "PUT", "/posts/" + string(s.post.ID) + "/vote", m{"value": 2}, 422, "invalid", ""},
		{"a body where none is taken", s.lin, "DELETE", "/posts/" + string(s.post.ID) + "/saved", `{}`, 422, "invalid", ""},
		{"a day that is none", s.ann, "PUT", "/circles/" + string(s.garden.Circle.ID) + "/bans/1", m{"reason": "x", "until": "tomorrow"}, 422, "invalid", "until"},
		{"a scope too few", read, "POST", "/posts", m{"circle": "1", "title": "x"}, 403, "scope-missing", ""},
		{"no such route", s.lin, "GET", "/nothing", nil, 404, "no-route", ""},
		{"another method", s.lin, "PATCH", "/posts/" + string(s.post.ID), nil, 405, "no-method", ""},
		{"a title too long", s.lin, "POST", "/posts", m{"circle": s.garden.Circle.ID, "title": strings.Repeat("t", 300)}, 413, "too-large", "title"},
	} {
		r := c.who.ask(c.method, c.path, c.body)
		if r.status != c.status {
			t.Errorf("%s: got %d %s, want %d", c.name, r.status, r.body, c.status)
			continue
		}
		p := r.problem(c.status, c.slug)
		if c.field != "" && p.Field != c.field {
			t.Errorf("%s: the field is %q, want %q", c.name, p.Field, c.field)
		}
		if strings.Count(p.Detail, "\n") > 0 || len(p.Detail) > 300 {
			t.Errorf("%s: the sentence is %q", c.name, p.Detail)
		}
	}
	var p Problem
	s.visitor.ask("GET", "/me", nil, "Accept-Language", "zh").is(401).into(&p)
	if !strings.Contains(p.Detail, "令牌") {
		t.Errorf("in Chinese it says %q", p.Detail)
	}
}

func TestPagesOfEveryOriginMaySpeak(t *testing.T) {
	h := newHouse(t)
	r := h.visitor().ask("OPTIONS", "/posts", nil, "Origin", "https://front.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization").is(204)
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Authorization"} {
		if !strings.Contains(r.header.Get(name), want) {
			t.Errorf("%s is %q, want %q in it", name, r.header.Get(name), want)
		}
	}
	if r.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Error("cookies are let in")
	}
	for _, path := range []string{"/posts", "/nothing", "/me"} {
		if r := h.visitor().ask("GET", path, nil); r.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s does not say that any origin may read it", path)
		}
	}
}

// Somebody with the session of a browser gets nothing by it: the API knows no cookies.
func TestCookiesOpenNothing(t *testing.T) {
	h := newHouse(t)
	h.person("lin", circles.SiteMember)
	login, err := h.accounts.LogIn(h.ctx(), "lin", "nine herons wade slowly", "", accounts.Client{})
	h.must(err)
	h.visitor().ask("GET", "/me", nil, "Cookie", (&http.Cookie{Name: "session", Value: login.Token}).String()).problem(401, "denied")
	h.visitor().ask("GET", "/me", nil, "Authorization", "Bearer "+login.Token).problem(401, "token-invalid")
}

// The members of the document that people and generators rely on.
func TestDocument(t *testing.T) {
	h := newHouse(t)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Summary, OperationID string
			Security             []map[string][]string
		}
	}
	h.must(json.Unmarshal(h.Document(), &doc))
	ids := map[string]string{}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			if op.Summary == "" || !strings.HasSuffix(op.Summary, ".") {
				t.Errorf("%s %s is summed up as %q", method, path, op.Summary)
			}
			if was := ids[op.OperationID]; was != "" {
				t.Errorf("%s is the id of %s %s and of %s", op.OperationID, method, path, was)
			}
			ids[op.OperationID] = method + " " + path
		}
	}
	if doc.OpenAPI != "3.1.0" || len(ids) < 100 {
		t.Errorf("OpenAPI %s with %d operations", doc.OpenAPI, len(ids))
	}
}

// TestReportsNeedTheirScope: a webhook that tells of reports is not made, or taken into use again, with a
// token that may run circles and not moderate them.
func TestReportsNeedTheirScope(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", circles.SiteMember)
	runs := h.person("ann", circles.SiteMember, accounts.ScopeCircles)
	var c CircleView
	ann.post("/circles", m{"name": "garden"}, &c)
	hooks := path("/circles/%s/webhooks", c.Circle.ID)
	both := m{"url": "https://hook.example/", "events": []string{"post", "report"}}
	runs.ask("POST", hooks, both).problem(403, "scope-missing")
	var reports, posts Webhook
	ann.post(hooks, both, &reports)
	runs.post(hooks, m{"url": "https://hook.example/", "events": []string{"post"}}, &posts)
	runs.ask("POST", hooks+"/"+string(reports.ID)+"/resume", nil).problem(403, "scope-missing")
	runs.post(hooks+"/"+string(posts.ID)+"/resume", nil, nil)
	ann.post(hooks+"/"+string(reports.ID)+"/resume", nil, nil)
}

// TestListsHaveNoHalfHTML: a long description is whole HTML where its circle is, and text in lists.
func TestListsHaveNoHalfHTML(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", circles.SiteMember)
	about := strings.Repeat("words about **gardens** ", 22) + "[here](https://example.org/" + strings.Repeat("x", 200) + ") and on."
	var c CircleView
	ann.post("/circles", m{"name": "garden", "description": about}, &c)
	if ann.get("/circles/"+string(c.Circle.ID), &c); !strings.HasSuffix(strings.TrimSpace(c.Circle.AboutHTML), "and on.</p>") {
		t.Errorf("the circle says %q", c.Circle.AboutHTML)
	}
	var all, own Page[Circle]
	ann.get("/circles", &all)
	ann.get("/me/circles", &own)
	for _, list := range []Page[Circle]{all, own} {
		if len(list.Items) != 1 || list.Items[0].AboutHTML != "" || !strings.HasPrefix(list.Items[0].About, "words about gardens words") || strings.Contains(list.Items[0].About, "<") {
			t.Errorf("in a list it says %+v", list.Items)
		}
	}
}

// Whatever refuses is a kind of refusal that the document names: a program tells them apart by that alone.
func TestTheDocumentNamesEveryKindOfRefusal(t *testing.T) {
	listed := problemTypes()
	for _, kind := range []circles.Kind{circles.Invalid, circles.Denied, circles.Forbidden, circles.NotFound, circles.Conflict, circles.Gone,
		circles.TooLarge, circles.Limited, circles.Busy, circles.Internal} {
		if title, _ := listed[problemBase+string(kind)].(string); title == "" {
			t.Errorf("%s has no title in the document", kind)
		}
	}
	h := newHouse(t)
	var document struct {
		Types map[string]string `json:"x-problem-types"`
	}
	h.visitor().get("/openapi.json", &document)
	for at, want := range map[string]int{"/me": 401, "/posts/1": 404, "/nothing": 404, "/posts?limit=1000": 422, "/posts?curser=1": 422, "/posts?cursor=x": 422} {
		r := h.visitor().ask("GET", at, nil).is(want)
		var p Problem
		if err := json.Unmarshal(r.body, &p); err != nil || document.Types[p.Type] != p.Title {
			t.Errorf("%s: %s is %q in the document, the answer says %q, %v", at, p.Type, document.Types[p.Type], p.Title, err)
		}
	}
}
