package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// far makes somebody of another server who did something here.
func (h *house) far(name, host string, seen bool) circles.PersonID {
	h.Helper()
	var id circles.PersonID
	h.must(h.db.Update(h.ctx(), func(tx *store.Tx) error {
		id = circles.PersonID(tx.NewID())
		uri := "https://" + host + "/u/" + name
		if err := tx.AddActor(&circles.Actor{ID: id.Actor(), Kind: circles.KindPerson, Name: name, Host: host, URI: uri, CreatedAt: tx.Now(), Published: tx.Now(), UpdatedAt: tx.Now()}); err != nil || !seen {
			return err
		}
		return standing.Known(tx, id)
	}))
	return id
}

// told is the part of the page about an action, as text.
func (r *reader) told(action string) string {
	r.Helper()
	for _, s := range find(r.doc, func(n *html.Node) bool { return n.Data == "section" && attr(n, "class") == "told" }) {
		if h := find(s, func(n *html.Node) bool { return n.Data == "h2" }); len(h) == 1 && textOf(h[0]) == action {
			return strings.Join(strings.Fields(textOf(s)), " ")
		}
	}
	r.Fatalf("%s (%d) says nothing of %q:\n%s", r.path, r.status, action, r.main())
	return ""
}

// TestWhyOfSomebodyElsewhere: somebody of another server types their handle into the page, without any account
// here, and reads for each action what is asked, what is missing and until when, who set it, why, and where to
// object.
func TestWhyOfSomebodyElsewhere(t *testing.T) {
	h := newHouse(t)
	ada := h.member("ada", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	ada.take(ada.client.PostForm(h.site.URL+"/c/garden/gates", url.Values{"preset": {"own"}, "reason": {"Spam wave"}, "do": {"save"},
		"post.else": {"hold"}, "post.0.days_known_here.instance": {"5"}, "post.1.vouches.circle": {"1"},
		"downvote.else": {"deny"}, "downvote.0.standing.circle": {"20"}}))
	ada.shows("Announced")
	h.mu.Lock()
	h.now = h.now.Add(72 * time.Hour)
	h.mu.Unlock()
	h.must(h.options.Gates.Sweep(h.ctx()))
	bob := h.far("bob", "meadow.example", true)
	h.far("idle", "meadow.example", false)
	h.mu.Lock()
	h.now = h.now.Add(48 * time.Hour)
	h.mu.Unlock()

	r := h.reader()
	r.open("/c/garden/why")
	form := find(r.doc, func(n *html.Node) bool {
		return n.Data == "form" && attr(n, "method") == "get" && attr(n, "action") == "/c/garden/why"
	})
	if len(form) != 1 {
		t.Fatalf("the page has %d forms for a handle", len(form))
	}
	ask := func(handle string) {
		t.Helper()
		r.take(r.client.Get(h.site.URL + attr(form[0], "action") + "?" + r.values(form[0], fill{"of": handle}).Encode()))
	}
	ask("@bob@meadow.example")
	if r.status != http.StatusOK {
		t.Fatalf("bob's page is %d: %s", r.status, r.main())
	}
	r.shows("What @bob@meadow.example can do here", `<meta name="robots" content="noindex">`, `<link rel="canonical" href="`+h.site.URL+`/c/garden/why">`)
	for _, a := range reputation.Actions() {
		r.told(h.words.Localizer("en").T("action." + string(a)))
	}
	day := h.words.Localizer("en").Date(h.now.Truncate(24 * time.Hour).Add(3 * 24 * time.Hour))
	post := r.told("Post")
	for _, word := range []string{"held for a moderator", "5 days known here (now 2, on " + day + " by waiting alone)", "1 vouch (not told here)", "Set by @ada", "Spam wave", "Object to this"} {
		if !strings.Contains(post, word) {
			t.Errorf("of posting bob does not read %q: %s", word, post)
		}
	}
	if s := r.told("Downvote"); !strings.Contains(s, "a standing of 20 (not told here)") || !strings.Contains(s, "not yet") {
		t.Errorf("of downvotes bob reads %s", s)
	}
	if s := r.told("Comment"); !strings.Contains(s, "open") || strings.Contains(s, "Object") {
		t.Errorf("of comments bob reads %s", s)
	}
	if s := r.told("Open a circle"); !strings.Contains(s, "only with an account here") {
		t.Errorf("of circles bob reads %s", s)
	}
	r.open("/c/garden/why?lang=zh&of=" + url.QueryEscape("bob@MEADOW.example"))
	r.shows("@bob@meadow.example", "来到本站满 5 天", "目前 2", "此处不显示", "Spam wave")

	// Who was fetched once and did nothing reads the same as somebody nobody has heard of, in words that say so.
	var pages []string
	for _, handle := range []string{"idle@meadow.example", "none@meadow.example"} {
		ask(handle)
		r.shows("Nobody has seen @"+handle+" do anything here", "5 days known here")
		if s := r.told("Post"); strings.Contains(s, " on ") {
			t.Errorf("of somebody who never began a day is named: %s", s)
		}
		name, _, _ := strings.Cut(handle, "@")
		pages = append(pages, strings.ReplaceAll(r.main(), name, "name"))
	}
	if pages[0] != pages[1] {
		t.Errorf("a stranger tells whom this place knows:\n%s\n%s", pages[0], pages[1])
	}

	h.must(h.db.Update(h.ctx(), func(tx *store.Tx) error {
		c, err := tx.LocalActor("garden")
		if err != nil {
			return err
		}
		return tx.SetBan(circles.Ban{Circle: circles.CircleID(c.ID), Person: bob, By: c.ID, At: tx.Now(), Reason: "Between the two of us"})
	}))
	ask("@bob@meadow.example")
	r.shows("This circle has banned this account", `href="/c/garden/modlog"`)
	r.hides("Between the two of us", "5 days known here (now")
}

// TestWhyOfHostileHandles: whatever is typed, the page stands, keeps it as text, and asks nobody.
func TestWhyOfHostileHandles(t *testing.T) {
	h := newHouse(t)
	ada := h.member("ada", circles.SiteMember)
	ada.open("/circles/new")
	ada.send("/circles/new", fill{"name": "garden"})
	bad, here := "That is nobody’s address", "That is an account of this place"
	for _, c := range []struct{ in, says string }{
		{"bob", bad},
		{"@bob", here},
		{"@ada@" + h.host, here},
		{"!garden@meadow.example", bad},
		{"https://meadow.example/@bob", bad},
		{"javascript://meadow.example/", bad},
		{"@@meadow.example", bad},
		{"@bob@meadow.example@evil.example", bad},
		{`@"><script>alert(1)</script>@x`, bad},
		{"@bob@<img src=x onerror=alert(1)>", bad},
		{"@bob@meadow.example/../../admin", bad},
		{"@bob@user:pass@127.0.0.1", bad},
		{"@bob\x00@meadow.example", ""},
		{"@bob\u202e@meadow.example", ""},
		{"@' OR 1=1 --@meadow.example", bad},
		{"@bob%@meadow.example", bad},
		{"\xff\xfe@meadow.example", bad},
		{"@" + strings.Repeat("b", 100_000) + "@meadow.example", bad},
		{"@" + strings.Repeat("b", 200) + "@meadow.example", bad},
	} {
		r := h.reader()
		r.open("/c/garden/why?of=" + url.QueryEscape(c.in))
		if r.status == http.StatusRequestURITooLong || r.status == http.StatusRequestHeaderFieldsTooLarge {
			continue
		}
		want := http.StatusUnprocessableEntity
		if c.says == "" {
			want = http.StatusOK // what cannot be seen is cleaned away
		}
		if r.status != want {
			t.Errorf("%.60q is answered %d, want %d: %s", c.in, r.status, want, r.main())
		}
		r.shows(c.says)
		r.hides("<script>alert", "<img src=x", "\u202e")
		h.handles = newSourceGate(h.clock, measure{handleRate, handleBurst}, measure{})
	}
	// Several, and none.
	r := h.reader()
	r.open("/c/garden/why?of=&of=@bob@meadow.example")
	if r.status != http.StatusOK {
		t.Errorf("an empty one is answered %d", r.status)
	}
	if n := strings.Count(h.logs.String(), "level=ERROR"); n > 0 {
		t.Errorf("%d errors in the log:\n%s", n, h.logs)
	}
}

// TestWhyOfIsBounded: nobody lists whom an instance knows by asking, the page without a handle is not counted,
// and no answer is kept on the way.
func TestWhyOfIsBounded(t *testing.T) {
	h := newHouse(t)
	frozen := h.now
	h.handles = newSourceGate(func() time.Time { return frozen }, measure{handleRate, handleBurst}, measure{})
	r := h.reader()
	get := func(path string) *http.Response {
		t.Helper()
		resp, err := r.client.Get(h.site.URL + path)
		h.must(err)
		resp.Body.Close()
		return resp
	}
	for i := range handleBurst {
		resp := get("/why?of=@bob@meadow.example")
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("question %d is answered %d, Cache-Control %q", i, resp.StatusCode, resp.Header.Get("Cache-Control"))
		}
	}
	if resp := get("/why?of=@bob@meadow.example"); resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("one more is answered %d", resp.StatusCode)
	}
	if resp := get("/why"); resp.StatusCode != http.StatusOK {
		t.Errorf("the page itself is answered %d", resp.StatusCode)
	}
	frozen = frozen.Add(3 * time.Second)
	if resp := get("/why?of=@bob@meadow.example"); resp.StatusCode != http.StatusOK {
		t.Errorf("three seconds later it is answered %d", resp.StatusCode)
	}
}
