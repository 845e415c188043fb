package federation

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

func TestEveryAddressAnswersActivityStreams(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	from := h.mark()
	post := h.write(olga, c, "Roses")
	comment := h.answer(olga, post.ID, "Red ones")
	bob := h.far().speaker("bob")
	bob.must(bob.says("Create", bob.page("/post/1", h.address(c), "Tulips")))

	want := map[string]string{
		"/": "Application", "/outbox": "OrderedCollection",
		"/c/garden": "Group", "/c/garden/outbox": "OrderedCollection", "/c/garden/followers": "Collection",
		"/c/garden/following": "Collection", "/c/garden/featured": "OrderedCollection", "/c/garden/moderators": "OrderedCollection",
		"/u/olga": "Person", "/u/olga/outbox": "OrderedCollection", "/u/olga/followers": "Collection",
		"/u/olga/following": "Collection", "/u/olga/featured": "OrderedCollection",
		post.Path(): "Page", post.Path() + "/context": "OrderedCollection", post.Path() + "/replies": "", post.Path() + "/likes": "Collection",
		post.Path() + "/shares": "Collection",
		comment.Path():          "Note", comment.Path() + "/replies": "", comment.Path() + "/likes": "Collection", comment.Path() + "/shares": "Collection",
	}
	h.view(func(tx *store.Tx) error {
		all, err := tx.EventsAfter(from, 100)
		for _, e := range all {
			if e.Kind == circles.PostCreated {
				kind := "Announce"
				if e.Signer == olga.Person.Actor() {
					kind = "Create"
				}
				want["/activity/"+e.Seq.String()] = kind
			}
		}
		return err
	})
	for path, kind := range want {
		resp, _ := h.get(path, fetch.ActivityJSON)
		if got := resp.Header.Get("Content-Type"); !fetch.IsActivityPub(got) {
			t.Errorf("GET %s: got type %q", path, got)
		}
		if resp.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(resp.Header.Get("Vary"), "Accept") {
			t.Errorf("GET %s: headers %v", path, resp.Header)
		}
		status, o := h.getObj(path)
		if status != http.StatusOK || kind != "" && o["type"] != kind {
			t.Errorf("GET %s: got %d %v, want %s", path, status, o["type"], kind)
		}
		if got := strings.TrimPrefix(fmt.Sprint(o["id"]), h.site.Base); got != path {
			t.Errorf("GET %s calls itself %s", path, got)
		}
	}

	// The circle's outbox holds the post of its member and, in his own words, that of the stranger.
	_, out := h.getObj("/c/garden/outbox")
	var titles []string
	for _, item := range out["orderedItems"].([]any) {
		create := item.(obj)["object"].(obj)
		titles = append(titles, create["object"].(obj)["name"].(string))
	}
	if len(titles) != 2 {
		t.Errorf("the outbox holds %q, want both posts", titles)
	}
	// A post that was fetched, and so has no activity of its own, leaves the outbox readable.
	h.update(func(tx *store.Tx) error {
		id := h.actorIn(tx, bob.id).ID
		_, err := h.app.ReceivePost(tx, app.Said{By: circles.PersonID(id)}, app.RemotePost{URI: bob.base + "/post/2", Circle: c.CircleID(), Title: "Fetched"})
		return err
	})
	if status, out := h.getObj("/c/garden/outbox"); status != http.StatusOK || len(out["orderedItems"].([]any)) != 2 {
		t.Errorf("the outbox with a fetched post: %d, %v", status, out)
	}

	// What lives elsewhere is asked there.
	remote := h.wantPost(bob.base + "/post/1")
	for path, to := range map[string]string{remote.Path(): remote.URI, "/u/bob@" + bob.host: bob.id} {
		if resp, _ := h.get(path, fetch.ActivityJSON); resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != to {
			t.Errorf("GET %s: got %d to %q, want 302 to %s", path, resp.StatusCode, resp.Header.Get("Location"), to)
		}
	}
}

func (h *house) actorIn(tx *store.Tx, uri string) *circles.Actor {
	h.Helper()
	a, err := tx.ActorByURI(uri)
	if err != nil {
		h.Fatal(err)
	}
	return a
}

// What is private, hidden, malformed or was never there cannot be told apart.
func TestWhatIsNotPublishedIsNotThere(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	open := h.circle(olga, "garden", circles.Public)
	resp, nothing := h.get("/post/12345", fetch.ActivityJSON)
	if resp.StatusCode != http.StatusNotFound {
		t.Fatalf("an unknown post: got %d, want 404", resp.StatusCode)
	}
	from := h.mark()
	var paths []string
	for i, v := range []circles.Visibility{circles.LocalOnly, circles.MembersOnly, circles.Public} {
		name := fmt.Sprintf("secret%d", i)
		c := h.circle(olga, name, v)
		post := h.write(olga, c, "Psst")
		comment := h.answer(olga, post.ID, "Hush")
		paths = append(paths, "/c/"+name, "/c/"+name+"/outbox", "/c/"+name+"/followers", "/c/"+name+"/following", "/c/"+name+"/featured",
			"/c/"+name+"/moderators", "/.well-known/webfinger?resource=acct:"+name+"@"+h.site.Host)
		for _, p := range []*circles.Post{post, comment} {
			for _, sub := range []string{"", "/context", "/replies", "/likes", "/shares"} {
				paths = append(paths, p.Path()+sub)
			}
		}
		if v == circles.Public { // a suspended one
			h.update(func(tx *store.Tx) error { return tx.SetSuspended(c.ID, tx.Now()) })
			continue
		}
		gone := h.write(olga, c, "Gone")
		if err := h.app.Delete(context.Background(), olga, gone.ID); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, gone.Path())
	}
	last := h.mark()
	for seq := from + 1; seq <= last; seq++ {
		paths = append(paths, "/activity/"+seq.String(), "/activity/"+seq.String()+"/post", "/activity/"+seq.String()+"/inner")
	}
	post := h.write(olga, open, "Roses")
	comment := h.answer(olga, post.ID, "Hm")
	removed := h.write(olga, open, "Removed")
	if err := h.app.Remove(context.Background(), olga, removed.ID, "off topic"); err != nil {
		t.Fatal(err)
	}
	paths = append(paths, removed.Path()+"/context", removed.Path()+"/likes", "/post/"+comment.ID.String(), "/comment/"+post.ID.String(),
		"/post/x", "/post/99999999999999999999", "/post/-1", "/activity/0", "/activity/x", "/activity/99999", "/u/nobody", "/c/nobody", "/u/garden", "/c/olga",
		"/u/olga@", "/u/@x", "/c/garden@elsewhere.example", "/nodeinfo/9.9", "/u/"+strings.Repeat("x", 3000))
	for _, path := range paths {
		resp, body := h.get(path, fetch.ActivityJSON)
		if resp.StatusCode != http.StatusNotFound || string(body) != string(nothing) {
			t.Errorf("GET %.80s: got %d %q, want 404 %q", path, resp.StatusCode, body, nothing)
		}
	}
	_, collection := h.getObj("/u/olga/outbox")
	if s := fmt.Sprint(collection); strings.Contains(s, "Psst") || strings.Contains(s, "Hush") {
		t.Errorf("olga's outbox tells what she wrote in private: %s", s)
	}
	_, featured := h.getObj("/c/garden/moderators")
	if got := featured["orderedItems"]; fmt.Sprint(got) != "["+h.site.Base+"/u/olga]" {
		t.Errorf("moderators: %v", got)
	}
}

func TestWhatWasDeletedIsGone(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	post := h.write(olga, c, "Roses")
	comment := h.answer(olga, post.ID, "Red ones")
	removed := h.answer(olga, comment.ID, "Red herring")
	if err := h.app.Remove(context.Background(), olga, removed.ID, "off topic"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*circles.Post{comment, post} {
		if err := h.app.Delete(context.Background(), olga, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	was := func(p *circles.Post, kind string, more obj) obj {
		at := moment(p.Published).Format(time.RFC3339)
		return merge(obj{"@context": "https://www.w3.org/ns/activitystreams", "id": h.site.Base + p.Path(), "type": "Tombstone",
			"formerType": kind, "audience": h.address(c), "published": at, "deleted": at}, more)
	}
	for path, want := range map[string]obj{
		post.Path():    was(post, "Page", nil),
		comment.Path(): was(comment, "Note", obj{"inReplyTo": h.site.Base + post.Path()}),
		removed.Path(): was(removed, "Note", obj{"inReplyTo": h.site.Base + comment.Path()}),
	} {
		status, got := h.getObj(path)
		if status != http.StatusGone || !reflect.DeepEqual(map[string]any(got), map[string]any(want)) {
			t.Errorf("GET %s: got %d %v, want 410 and its place alone: %v", path, status, got, want)
		}
	}
}

// What waited for a moderator, and was taken back by its author or refused, nobody elsewhere ever heard of:
// not even where it would have stood is told.
func TestWhatWasHeldLeavesNothing(t *testing.T) {
	h := newHouse(t)
	olga, ines := h.person("olga"), h.person("ines")
	c := h.circle(olga, "garden", circles.Public)
	const holds = `{"gate":{"any":[[{"fact":"days_known_here","gte":400}]],"else":"hold"}}`
	if err := testdb.SwapGates(t.Context(), h.store, []string{"post"}, "", store.GateRule{Rule: holds, SetBy: olga.Person.Actor()}); err != nil {
		t.Fatal(err)
	}
	back, refused := h.write(ines, c, "Taken back"), h.write(ines, c, "Refused")
	if back.State != circles.Held || refused.State != circles.Held {
		t.Fatalf("written and %s, %s; want held", back.State, refused.State)
	}
	if err := h.app.Delete(t.Context(), ines, back.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Remove(t.Context(), olga, refused.ID, "no"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*circles.Post{back, refused} {
		if resp, body := h.get(p.Path(), fetch.ActivityJSON); resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: got %d %s, want 404", p.Path(), resp.StatusCode, body)
		}
	}
}

func TestWebFinger(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	h.circle(olga, "garden", circles.Public)
	for resource, want := range map[string]string{
		"acct:olga@" + h.site.Host:                  h.site.Base + "/u/olga",
		"acct:OLGA@" + strings.ToUpper(h.site.Host): h.site.Base + "/u/olga",
		"acct:@olga@" + h.site.Host:                 h.site.Base + "/u/olga",
		"acct:garden@" + h.site.Host:                h.site.Base + "/c/garden",
		h.site.Base + "/u/olga":                     h.site.Base + "/u/olga",
		h.site.Base + "/c/garden":                   h.site.Base + "/c/garden",
		h.site.Base + "/@olga":                      h.site.Base + "/u/olga",
		h.site.Base + "/":                           h.site.Base + "/",
		h.site.Base:                                 h.site.Base + "/",
		"acct:" + h.site.Host + "@" + h.site.Host:   h.site.Base + "/",
		"acct:olga@elsewhere.example":               "",
		"acct:olga":                                 "",
		"https://elsewhere.example/u/olga":          "",
		h.site.Base + "/u/nobody":                   "",
		"acct:'; DROP TABLE actor@" + h.site.Host:   "",
	} {
		resp, body := h.get("/.well-known/webfinger?resource="+url.QueryEscape(resource), "application/jrd+json")
		if want == "" {
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s: got %d, want 404", resource, resp.StatusCode)
			}
			continue
		}
		var found struct {
			Subject string
			Links   []struct{ Rel, Type, Href string }
		}
		decode(t, body, &found)
		self := ""
		for _, l := range found.Links {
			if l.Rel == "self" {
				self = l.Href
			}
		}
		if resp.StatusCode != http.StatusOK || self != want || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: got %d %q, want %q", resource, resp.StatusCode, self, want)
		}
		if strings.HasPrefix(resource, "acct:") && found.Subject != resource {
			t.Errorf("%s: subject %q; peers compare it with what they asked for", resource, found.Subject)
		}
	}
}

func TestNodeInfo(t *testing.T) {
	h := newHouse(t)
	_, body := h.get("/.well-known/nodeinfo", "application/json")
	var links struct{ Links []struct{ Rel, Href string } }
	decode(t, body, &links)
	read := 0
	for _, l := range links.Links {
		if !strings.Contains(l.Rel, "nodeinfo.diaspora.software") {
			continue
		}
		read++
		resp, body := h.get(strings.TrimPrefix(l.Href, h.site.Base), "application/json")
		var info struct {
			Version   string
			Software  struct{ Name string }
			Protocols []string
			Metadata  map[string]string // Lemmy reads no others, and nothing at all of a document with others in it
		}
		decode(t, body, &info)
		if resp.StatusCode != http.StatusOK || info.Software.Name != "halqa" || len(info.Protocols) != 1 || info.Protocols[0] != "activitypub" || !strings.HasSuffix(l.Rel, info.Version) {
			t.Errorf("%s: got %d %+v", l.Href, resp.StatusCode, info)
		}
	}
	if read != 2 {
		t.Errorf("%d versions, want 2.0 and 2.1", read)
	}
}

func TestOwnsByAccept(t *testing.T) {
	h := newHouse(t)
	const (
		browser  = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
		mastodon = `application/activity+json, application/ld+json`
		lemmy    = `application/activity+json`
		gts      = `application/activity+json,application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
		misskey  = `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	)
	for _, test := range []struct {
		path, accept string
		want         bool
	}{
		{"/c/garden", browser, false}, {"/", browser, false}, {"/u/olga", browser, false}, {"/post/1", "", false}, {"/post/1", "*/*", false},
		{"/c/garden", mastodon, true}, {"/", lemmy, true}, {"/u/olga", gts, true}, {"/comment/1", misskey, true}, {"/post/1", "Application/Activity+JSON; q=1", true},
		{"/c/garden", `text/html, application/activity+json`, false}, {"/c/garden/moderators", browser, false}, {"/c/garden/moderators", lemmy, true},
		{"/inbox", "", true}, {"/c/garden/inbox", browser, true}, {"/u/olga/outbox", browser, true}, {"/activity/1", browser, true},
		{"/.well-known/webfinger", "", true}, {"/nodeinfo/2.1", "", true}, {"/c/garden/edit", lemmy, false}, {"/login", lemmy, false}, {"/post/1/replies", "", true},
		{"/c/garden", strings.Repeat("x/y,", 100_000) + lemmy, false},
	} {
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		r.Header.Set("Accept", test.accept)
		if got := h.pub.Owns(r); got != test.want {
			t.Errorf("%s as %.60q: got %t, want %t", test.path, test.accept, got, test.want)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/c/garden", nil)
	r.Header.Set("Accept", lemmy)
	if h.pub.Owns(r) {
		t.Error("a form that is posted is the page's, whatever it accepts")
	}
}
