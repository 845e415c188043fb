package federation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
)

// What has been done to other servers, done to this one.

// CVE-2024-23832: a document that calls itself one of another server.
func TestCVE_2024_23832_ADocumentOfAnotherServer(t *testing.T) {
	n := newNeighbourhood(t)
	evil := n.house.far()
	serve := func(path string, o obj) string {
		evil.answer(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", fetch.ActivityJSON)
			json.NewEncoder(w).Encode(o)
		})
		return evil.base + path
	}
	lie := n.carol.page("/post/1", n.trees.id, "Carol never wrote this")
	n.trees.announces(serve("/post/1", lie))
	n.trees.announces(serve("/post/2", n.carol.says("Create", lie)))
	// The same by way of a redirect on the victim's own server.
	n.carol.far.answer("/out", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, evil.base+"/post/1", http.StatusFound)
	})
	n.trees.announces(n.carol.base + "/out")
	n.resume()
	n.wantNoPost(n.carol.base + "/post/1")

	// A key that comes with another server's actor.
	n.carol.must(n.carol.says("Follow", n.site.Base+"/u/olga"))
	eve := evil.speaker("eve")
	eve.key = spareKeys()[1]
	eve.keyID = evil.base + "/u/carol#main-key"
	document := eve.document("Person")
	document["id"], document["inbox"] = n.carol.id, n.carol.id+"/inbox"
	serve("/u/carol", document)
	if got := eve.send(n.carol.says("Like", "/post/1")); got != http.StatusUnauthorized {
		t.Errorf("a key from somewhere else: got %d, want 401", got)
	}
	if got := n.actor(n.carol.id).KeyID; got != n.carol.keyID {
		t.Errorf("carol's key is now %q", got)
	}
}

// CVE-2024-25623, CVE-2024-25636: an upload that looks like a document.
func TestCVE_2024_25623_AnUploadIsNoDocument(t *testing.T) {
	for _, kind := range []string{"application/json", "text/html", "text/plain", "application/octet-stream", "application/ld+json", ""} {
		n := newNeighbourhood(t)
		page := n.carol.page("/media/upload", n.trees.id, "Uploaded")
		actor := n.carol.far.speaker("eve")
		for path, o := range map[string]obj{"/media/upload": page, "/u/eve": actor.document("Person")} {
			n.carol.far.answer(path, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{kind}
				json.NewEncoder(w).Encode(o)
			})
		}
		n.trees.announces(page["id"])
		n.resume()
		n.wantNoPost(n.carol.base + "/media/upload")
		if got := actor.send(actor.says("Follow", n.site.Base+"/u/olga")); got != http.StatusUnauthorized {
			t.Errorf("a key served as %q: got %d, want 401", kind, got)
		}
	}
}

// CVE-2024-37903: a post may be changed by its author only, and never moves.
func TestCVE_2024_37903_OnlyTheAuthorChangesAPost(t *testing.T) {
	n := newNeighbourhood(t)
	c := n.house.circle(n.olga, "garden", circles.Public)
	at := n.address(c)
	mine := n.write(n.olga, c, "Olga's roses")
	second := n.house.circle(n.olga, "second", circles.Public)
	eve := n.bob.far.speaker("eve")
	n.bob.must(n.bob.says("Create", n.bob.page("/post/1", at, "Bob's roses")))
	theirs := n.bob.base + "/post/1"
	later := obj{"updated": "2026-11-22T09:59:00Z"}
	for what, activity := range map[string]obj{
		"in her own name":        eve.says("Update", eve.page("/post/1", at, "Eve's", later)),
		"in his name":            eve.says("Update", n.bob.page("/post/1", at, "Eve's", later)),
		"of ours":                eve.says("Update", eve.page("/post/9", at, "Eve's", later, obj{"id": n.postAddress(mine)})),
		"of ours, by its path":   eve.says("Update", eve.page("/post/9", at, "Eve's", later, obj{"id": mine.URI})),
		"a second Create":        eve.says("Create", eve.page("/post/1", at, "Eve's", later)),
		"a Delete":               eve.says("Delete", theirs),
		"a removal":              eve.says("Delete", theirs, obj{"summary": "I said so"}),
		"a Delete of ours":       eve.says("Delete", n.postAddress(mine)),
		"Undo of another Delete": eve.says("Undo", n.bob.says("Delete", theirs)),
	} {
		eve.must(activity)
		if p := n.wantPost(theirs); p.Title != "Bob's roses" || p.State != circles.Visible {
			t.Errorf("%s: bob's post became %q, %s", what, p.Title, p.State)
		}
		if p := n.wantPost(mine.URI); p.Title != "Olga's roses" || p.State != circles.Visible {
			t.Errorf("%s: olga's post became %q, %s", what, p.Title, p.State)
		}
	}
	// His own Update changes the words, not the place.
	n.bob.must(n.bob.says("Update", n.bob.page("/post/1", n.address(second), "Moved", later)))
	if p := n.wantPost(theirs); p.Circle != c.CircleID() || p.Title != "Moved" {
		t.Errorf("after an Update for another circle: %+v", *p)
	}
}

// CVE-2023-42451: who lives where is a question of hosts, not of strings.
func TestCVE_2023_42451_HostsAreComparedNotStrings(t *testing.T) {
	h := newHouse(t)
	for _, test := range []struct {
		id, actor, signer string
		want              int
	}{
		{"https://good.example/1", "https://good.example/u/a", "https://good.example/u/a", 202},
		{"https://GOOD.example/1", "https://good.example/u/a", "https://good.example/u/a", 202},
		{"https://good.example./1", "https://good.example/u/a", "https://good.example/u/a", 202},
		{"https://bücher.example/1", "https://xn--bcher-kva.example/u/a", "https://xn--bcher-kva.example/u/a", 202},
		{"https://good.example:444/1", "https://good.example/u/a", "https://good.example/u/a", 401},
		{"https://good.example@evil.example/1", "https://good.example/u/a", "https://good.example/u/a", 401},
		{"https://good.example.evil.example/1", "https://good.example/u/a", "https://good.example/u/a", 401},
		{"https://evil.example/https://good.example/1", "https://good.example/u/a", "https://good.example/u/a", 401},
		{"https://evil.example#@good.example/1", "https://good.example/u/a", "https://good.example/u/a", 401},
		{"https://evil.example\\@good.example/1", "https://good.example/u/a", "https://good.example/u/a", 401},
		{"tag:good.example,2026:1", "https://good.example/u/a", "https://good.example/u/a", 401},
		{"/activity/1", "/u/olga", "https://good.example/u/a", 401},
		{"https://good.example/1", "https://good.example/u/a", "https://good.example/u/b", 401},
		{"https://good.example/1", "https://good.example/u/a", "https://good.example/u/A", 401},
		{h.site.Base + "/1", h.site.Base + "/u/olga", h.site.Base + "/u/olga", 401},
		{h.site.Base + "/1", h.site.Base + "/u/olga", "https://good.example/u/b", 202}, // forwarded: looked up, nothing there
	} {
		body, err := json.Marshal(obj{"id": test.id, "type": "Twirl", "actor": test.actor, "object": "https://good.example/2"})
		if err != nil {
			t.Fatal(err)
		}
		activity, err := as.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		status, err := h.inbox.accept(t.Context(), delivery{activity: activity, signer: test.signer, body: body})
		if err != nil {
			w := httptest.NewRecorder()
			h.inbox.answer(w, httptest.NewRequest(http.MethodPost, "/inbox", nil), err)
			status = w.Code
		}
		if status != test.want {
			t.Errorf("id %s, actor %s, signer %s: got %d, want %d", test.id, test.actor, test.signer, status, test.want)
		}
	}
}

// CVE-2022-24307, CVE-2026-46349, CVE-2026-50128, CVE-2024-32983: what a JSON-LD processor sees in a
// document is not what others see. Signatures inside are not read, and what hides objects is refused.
func TestCVE_2026_46349_NothingIsHiddenInADocument(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	at := h.postAddress(h.write(olga, h.circle(olga, "garden", circles.Public), "Roses"))
	far := h.far()
	bob, eve := far.speaker("bob"), h.far().speaker("eve")
	for _, key := range []string{"@graph", "@included", "@reverse", `\u0040graph`} {
		body := fmt.Sprintf(`{"id":%q,"type":"Like","actor":%q,"object":%q,"%s":[{"type":"Like"}]}`, eve.id+"/1", eve.id, at, key)
		if got := eve.sendBytes([]byte(body)); got != http.StatusBadRequest {
			t.Errorf("with %s: got %d, want 400", key, got)
		}
	}
	signed := bob.says("Like", at, obj{"signature": obj{"type": "RsaSignature2017", "creator": bob.keyID, "signatureValue": "AAAA"}})
	eve.must(signed)
	h.resume()
	if got := h.score(at); got != "+0 -0" {
		t.Errorf("a vote in bob's name with a signature inside: %s, want +0 -0", got)
	}
}

// CVE-2026-23961: a blocked server's people are blocked by whatever way they come.
func TestCVE_2026_23961_BlockedByAnyWay(t *testing.T) {
	n := newNeighbourhood(t)
	page := n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))
	ours := n.bob.far.put(n.bob.page("/post/1", n.trees.id, "Oaks"))
	n.trees.announces(ours["id"])
	n.resume()
	// Parked before the block, and still waiting.
	n.trees.announces(n.carol.says("Create", page))
	n.block(n.carol.host)
	n.resume()
	n.wantNoPost(n.carol.base + "/post/1")

	before := n.carol.far.total()
	n.trees.announces(page["id"])
	n.trees.announces(page)
	n.trees.announces(n.carol.says("Create", page))
	n.trees.announces(n.carol.says("Like", ours["id"]))
	n.trees.announces(n.carol.says("Delete", ours["id"], obj{"summary": "mod"}))
	relay := n.house.far().speaker("relay")
	relay.must(n.carol.says("Create", n.carol.note("/comment/1", n.trees.id, ours["id"].(string), "Hm")))
	n.resume()
	n.wantNoPost(n.carol.base + "/post/1")
	n.wantNoPost(n.carol.base + "/comment/1")
	if got := n.score(ours["id"].(string)); got != "+0 -0" {
		t.Errorf("a vote by somebody of a blocked server: %s", got)
	}
	if got := n.wantPost(ours["id"].(string)).State; got != circles.Visible {
		t.Errorf("a removal by somebody of a blocked server: %s", got)
	}
	if got := n.carol.far.total() - before; got != 0 {
		t.Errorf("%d fetches from a blocked server, want none", got)
	}
	if got := n.carol.send(n.carol.says("Like", ours["id"])); got != http.StatusForbidden {
		t.Errorf("from a blocked server: got %d, want 403", got)
	}

	// What waits of a server that is blocked meanwhile is let go.
	slow := n.house.far()
	slow.answer("/post/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	n.trees.announces(slow.base + "/post/1")
	n.block(n.trees.host)
	n.resume()
	if got := n.parked(); got != 0 {
		t.Errorf("%d activities of a blocked server wait still", got)
	}
}

// GHSA-gg8q-rcg7-p79g: every property has its limit.
func TestGHSA_gg8q_EveryPropertyHasItsLimit(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	bob := h.far().speaker("bob")
	long := strings.Repeat("long ", 30_000)
	var many, tags, pictures arr
	for i := range 600 {
		many = append(many, fmt.Sprintf("%s/u/%d", bob.base, i))
		tags = append(tags, obj{"type": "Mention", "href": fmt.Sprintf("%s/u/%d", h.site.Base, i), "name": "@x"})
		pictures = append(pictures, obj{"type": "Image", "url": fmt.Sprintf("%s/%d.png", bob.base, i), "name": long[:300]})
	}
	bob.must(bob.says("Create", bob.page("/post/1", h.address(c), long, obj{
		"content": "<p>" + long + "</p>", "summary": long, "tag": tags, "attachment": pictures, "cc": many,
		"url": "https://x.example/" + long[:3000], "language": obj{"identifier": long}}), obj{"cc": many}))
	p := h.wantPost(bob.base + "/post/1")
	if n := len([]rune(p.Title)); n > circles.MaxTitle {
		t.Errorf("title of %d runes", n)
	}
	if n := len([]rune(p.Warning)); n > circles.MaxWarning {
		t.Errorf("warning of %d runes", n)
	}
	if len(p.BodyHTML) > circles.MaxBodyHTML || p.PhotoN > circles.MaxPhotos || len(p.URL) > circles.MaxLink || len(p.Language) > 64 {
		t.Errorf("body %d bytes, %d photos, url %d bytes, language %d bytes", len(p.BodyHTML), p.PhotoN, len(p.URL), len(p.Language))
	}
	bob.must(bob.says("Update", merge(bob.document("Person"), obj{"name": long, "summary": long, "icon": obj{"url": "https://x.example/" + long[:3000]}})))
	if a := h.actor(bob.id); len([]rune(a.DisplayName)) > 128 || len(a.SummaryHTML) > 110_000 || len(a.IconURL) > circles.MaxLink {
		t.Errorf("name of %d bytes, summary of %d, icon of %d", len(a.DisplayName), len(a.SummaryHTML), len(a.IconURL))
	}
	// Ids too long to be indexed are ids all the same.
	tail := strings.Repeat("x1y2z3", 330)
	like := bob.says("Like", h.site.Base+"/post/"+tail, obj{"id": bob.base + "/a/" + tail})
	bob.must(like)
	bob.must(bob.says("Undo", bob.says("Like", bob.base+"/post/"+tail, obj{"id": bob.base + "/b/" + tail})))
	bob.must(bob.says("Delete", bob.base+"/post/"+tail))
}

// CVE-2023-49079, CVE-2026-28432: no way in without a whole signature.
func TestCVE_2026_28432_NoWayInWithoutAWholeSignature(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	at := h.postAddress(h.write(olga, h.circle(olga, "garden", circles.Public), "Roses"))
	bob := h.far().speaker("bob")
	for what, spoil := range map[string]func(r *http.Request){
		"no signature":       func(r *http.Request) { r.Header.Del("Signature") },
		"an empty signature": func(r *http.Request) { r.Header.Set("Signature", "") },
		"two signatures":     func(r *http.Request) { r.Header.Add("Signature", r.Header.Get("Signature")) },
		"another body": func(r *http.Request) {
			swap(r, func(b []byte) []byte { return bytes.Replace(b, []byte("Like"), []byte("Love"), 1) })
		},
		"another digest": func(r *http.Request) { r.Header.Set("Digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") },
		"no digest":      func(r *http.Request) { r.Header.Del("Digest") },
		"another date":   func(r *http.Request) { r.Header.Set("Date", h.clock.now().Add(time.Minute).Format(http.TimeFormat)) },
		"another host":   func(r *http.Request) { r.Host = "elsewhere.example" },
		"another path":   func(r *http.Request) { r.URL.Path = "/u/olga/inbox" },
		"another method's target": func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), "(request-target) ", "", 1))
		},
		"host not covered": func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), " host", "", 1))
		},
		"digest not covered": func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), " digest", "", 1))
		},
		"another key": func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), "#main-key", "#other", 1))
		},
		"a key of ours": func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), bob.id, h.site.Base+"/u/olga", 1))
		},
		"a key that is a path": func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), bob.id, "/u/olga", 1))
		},
		"another actor's name": func(r *http.Request) {
			eve := bob.far.speaker("eve")
			*r = *eve.request(mustJSON(t, bob.says("Like", at)))
		},
		"too old": func(r *http.Request) {
			body := mustJSON(t, bob.says("Like", at))
			fresh := bob.request(body)
			(&httpsig.Signer{KeyID: bob.keyID, Key: bob.key}).SignRequest(fresh, httpsig.PrepareBody(body), h.clock.now().Add(-2*time.Hour))
			*r = *fresh
		},
	} {
		req := bob.request(mustJSON(t, bob.says("Like", at)))
		spoil(req)
		resp, err := noRedirect.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got %d, want 401, or 400 if it cannot be read", what, resp.StatusCode)
		}
		if got := h.score(at); got != "+0 -0" {
			t.Fatalf("%s: counted", what)
		}
	}
}

func swap(r *http.Request, how func([]byte) []byte) {
	body, _ := io.ReadAll(r.Body)
	body = how(body)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
}

func mustJSON(t testing.TB, o any) []byte {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// CVE-2025-54888: whose key it is must be settled before anything is done.
func TestCVE_2025_54888_AKeyIsItsOwners(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	at := h.postAddress(h.write(olga, h.circle(olga, "garden", circles.Public), "Roses"))
	far, evil := h.far(), h.far()
	bob := far.speaker("bob")
	bob.must(bob.says("Like", at))

	// Eve lists bob's key as hers, with her own bytes.
	eve := evil.speaker("eve")
	eve.key = spareKeys()[1]
	eve.keyID = bob.keyID
	evil.put(eve.document("Person"))
	good := &voice{far: evil, id: eve.id, keyID: eve.id + "#main-key", key: eve.key}
	if _, err := h.inbox.FetchActor(t.Context(), eve.id); err != nil {
		t.Fatal(err)
	}
	h.restart() // nothing remembered but what was stored
	h.clock.forward(time.Minute)
	if got := eve.send(bob.says("Undo", bob.says("Like", at))); got != http.StatusUnauthorized {
		t.Errorf("signed by eve as bob: got %d, want 401", got)
	}
	if got := eve.send(good.says("Dislike", at)); got != http.StatusUnauthorized {
		t.Errorf("signed by eve with bob's key id: got %d, want 401", got)
	}
	if got := h.score(at); got != "+1 -0" {
		t.Errorf("%s, want +1 -0", got)
	}
	bob.must(bob.says("Undo", bob.says("Like", at))) // bob is not shut out by it
	if got := h.score(at); got != "+0 -0" {
		t.Errorf("%s, want +0 -0", got)
	}

	// A key that says it is bob's, in eve's document.
	document := good.document("Person")
	document["publicKey"].(obj)["owner"] = bob.id
	evil.put(document)
	if got := good.send(good.says("Like", at)); got != http.StatusUnauthorized {
		t.Errorf("with a key of somebody else's: got %d, want 401", got)
	}
	// A redirect of bob's server to eve's.
	far.answer("/out", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, eve.id, http.StatusFound) })
	moved := &voice{far: evil, id: eve.id, keyID: far.base + "/out#main-key", key: eve.key}
	evil.put(moved.document("Person"))
	if got := moved.send(moved.says("Like", at)); got != http.StatusUnauthorized {
		t.Errorf("with a key by way of a redirect: got %d, want 401", got)
	}
}

// CVE-2026-69132: nothing that strangers name grows without end.
func TestCVE_2026_69132_MemoryIsBounded(t *testing.T) {
	clock := &stopwatch{at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	s := newSlots(clock.now)
	for i := range 2*maxHosts + 10 {
		release, _, ok := s.take(t.Context(), fmt.Sprintf("h%d.example", i))
		if !ok {
			t.Fatal("no slot")
		}
		release()
		release()
	}
	if n := len(s.hosts); n > maxHosts {
		t.Errorf("%d hosts remembered, want at most %d", n, maxHosts)
	}
	n := noting{now: clock.now}
	for i := range 3 * notedHosts {
		n.may(&circles.Circle{Actor: circles.Actor{Host: fmt.Sprintf("h%d.example", i)}})
	}
	if got := len(n.hosts); got > notedHosts {
		t.Errorf("%d hosts remembered, want at most %d", got, notedHosts)
	}
	b := newBodies()
	taken := 0
	for b.take("192.0.2.1/32", as.MaxBody) {
		taken++
	}
	if want := bodiesBlock / as.MaxBody; taken != want {
		t.Errorf("one part of the network may have %d bodies in memory, want %d", taken, want)
	}
	for range taken {
		b.give("192.0.2.1/32", as.MaxBody)
	}
	if len(b.blocks) != 0 || b.all != 0 {
		t.Errorf("%d blocks and %d bytes are left", len(b.blocks), b.all)
	}
}

// What each kind of request is answered: peers drop what gets 4xx, and take 410 and 418 for a server
// that is gone for ever.
func TestStatuses(t *testing.T) {
	h := newHouse(t)
	bob, eve := h.far().speaker("bob"), h.far().speaker("eve")
	h.block(eve.host)
	good := func() []byte { return mustJSON(t, bob.says("Twirl", h.site.Base+"/c/none")) }
	for _, test := range []struct {
		name string
		req  func() *http.Request
		want int
	}{
		{"well", func() *http.Request { return bob.request(good()) }, 202},
		{"well, to an inbox of nobody", func() *http.Request {
			body := good()
			r := bob.request(body)
			r.URL.Path = "/u/nobody/inbox"
			(&httpsig.Signer{KeyID: bob.keyID, Key: bob.key}).SignRequest(r, httpsig.PrepareBody(body), h.clock.now())
			return r
		}, 202},
		{"as JSON", func() *http.Request {
			r := bob.request(good())
			r.Header.Set("Content-Type", "application/json")
			return r
		}, 415},
		{"as ld+json", func() *http.Request { r := bob.request(good()); r.Header.Set("Content-Type", fetch.LDJSON); return r }, 202},
		{"GET", func() *http.Request {
			r := bob.request(good())
			r.Method = http.MethodGet
			r.Body = nil
			r.ContentLength = 0
			return r
		}, 405},
		{"too long", func() *http.Request { return bob.request(bytes.Repeat([]byte(" "), as.MaxBody+1)) }, 413},
		{"too long, and it does not say how long", func() *http.Request {
			r := bob.request(bytes.Repeat([]byte(" "), as.MaxBody+1))
			r.ContentLength = -1
			return r
		}, 413},
		{"no JSON", func() *http.Request { return bob.request([]byte("hello")) }, 400},
		{"no object", func() *http.Request { return bob.request([]byte("[]")) }, 400},
		{"no actor", func() *http.Request { return bob.request(mustJSON(t, obj{"type": "Like", "id": bob.id + "/9"})) }, 400},
		{"a list of actors, another first", func() *http.Request {
			return bob.request(mustJSON(t, bob.says("Like", "x", obj{"actor": arr{bob.base + "/u/dan", bob.id}})))
		}, 401},
		{"blocked", func() *http.Request { return eve.request(mustJSON(t, eve.says("Like", "x"))) }, 403},
	} {
		resp, err := noRedirect.Do(test.req())
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != test.want {
			t.Errorf("%s: got %d (%s), want %d", test.name, resp.StatusCode, body, test.want)
		}
	}
}

// Who sends a byte a second keeps nobody else from sending.
func TestSlowBodiesHoldNoSlots(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	at := h.postAddress(h.write(olga, h.circle(olga, "garden", circles.Public), "Roses"))
	slow, fast := h.far(), h.far()
	eve, bob := slow.speaker("eve"), fast.speaker("bob")
	for i := range slotsAll + 4 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		req := eve.request(mustJSON(t, eve.says("Like", at)))
		fmt.Fprintf(conn, "POST /inbox HTTP/1.1\r\nHost: %s\r\nContent-Length: 100000\r\nContent-Type: application/activity+json\r\nDate: %s\r\nDigest: %s\r\nSignature: %s\r\n\r\n{",
			h.site.Host, req.Header.Get("Date"), req.Header.Get("Digest"),
			strings.Replace(req.Header.Get("Signature"), slow.host, fmt.Sprintf("127.0.0.1:%d", i+1), 1))
	}
	bob.must(bob.says("Like", at))
	if got := h.score(at); got != "+1 -0" {
		t.Errorf("%s, want +1 -0", got)
	}
}

// FuzzTake sends signed requests with a body of any bytes: nothing panics, nothing is answered 5xx, and
// what is not an activity changes nothing.
func FuzzTake(f *testing.F) {
	h := newHouse(f)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	post := h.write(olga, c, "Roses")
	far := h.far()
	bob, trees := far.speaker("bob"), far.group("trees")
	trees.followedBy(olga)
	bob.must(bob.says("Follow", h.address(c)))
	at := h.postAddress(post)
	like := bob.says("Like", at)
	page := bob.page("/post/1", h.address(c), "Roses")
	seeds := []obj{
		like, bob.says("Undo", like), bob.says("Undo", like["id"]), bob.says("Dislike", at), bob.says("EmojiReact", at),
		bob.says("Create", page), bob.says("Update", page), bob.says("Delete", page["id"]), bob.says("Undo", bob.says("Delete", page["id"])),
		bob.says("Create", bob.note("/comment/1", h.address(c), at, "Hm")), bob.says("Update", bob.document("Person")),
		bob.says("Follow", h.address(c)), bob.says("Undo", bob.says("Follow", h.address(c))), bob.says("Twirl", obj{}),
		bob.says("Accept", obj{"type": "Follow", "actor": h.site.Base + "/u/olga", "object": bob.id}), bob.says("Reject", h.site.Base+"/activity/1"),
	}
	asked := h.ask(olga, c, false, "leeks", "beans")
	poll := question(bob, "/p/1", h.address(c), arr{choiceOf("leeks", 2), choiceOf("beans", -1)})
	seeds = append(seeds, bob.says("Create", poll), bob.says("Update", poll), bob.choice(h.postAddress(asked), "leeks"),
		bob.says("PollVote", h.postAddress(asked), obj{"choice_text": "beans"}))
	for _, seed := range seeds {
		f.Add(mustJSON(f, seed), false)
		f.Add(mustJSON(f, trees.says("Announce", seed)), true)
	}
	f.Add([]byte(`{"type":"Announce","actor":"`+trees.id+`","id":"`+trees.id+`/1","object":[{"type":"Like"},{"type":"Undo","object":{"type":"Like"}},"/x",{}]}`), true)
	f.Fuzz(func(t *testing.T, body []byte, group bool) {
		v := bob
		if group {
			v = trees
		}
		h.TB = t
		before := h.mark()
		req := v.request(body)
		req.RequestURI, req.RemoteAddr = "/inbox", "192.0.2.1:1"
		req.Host = h.site.Host
		w := httptest.NewRecorder()
		h.inbox.ServeHTTP(w, req)
		if w.Code >= 500 || w.Code == http.StatusGone || w.Code == http.StatusTeapot {
			t.Fatalf("status %d for %q", w.Code, body)
		}
		if w.Code != http.StatusAccepted && w.Code != http.StatusTooManyRequests {
			if got := h.events(before); len(got) != 0 {
				t.Fatalf("status %d, and yet %v, for %q", w.Code, got, body)
			}
		}
		h.clock.forward(time.Second) // the rate of one host is not what is tested
		if p := h.wantPost(post.URI); p.Title != "Roses" || p.State != circles.Visible {
			t.Fatalf("olga's post became %q, %s, by %q", p.Title, p.State, body)
		}
	})
}
