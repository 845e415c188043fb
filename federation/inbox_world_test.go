package federation

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/text"
)

// Keys of remote actors; making one takes longer than most of these tests.
var spareKeys = sync.OnceValue(func() (keys [3]*rsa.PrivateKey) {
	for i := range keys {
		key, err := httpsig.GenerateKey()
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// obj is a JSON object in the making.
type obj = map[string]any

// arr is a JSON list.
type arr = []any

// A house is an instance that receives: its inbox and what it publishes, over HTTP on loopback.
type house struct {
	testing.TB
	clock  *stopwatch
	dsn    string
	store  *store.Store
	app    *app.App
	inbox  *Inbox
	pub    *Publisher
	client *fetch.Client
	server *httptest.Server
	site   Site

	mu    sync.Mutex
	heard []string
	gated []reputation.Action // what gates said of, in order
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t, clock: &stopwatch{at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}, dsn: testdb.DSN(t)}
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.pub.ServeHTTP(w, r) }))
	t.Cleanup(h.server.Close)
	var err error
	if h.site, err = NewSite(h.server.URL); err != nil {
		t.Fatal(err)
	}
	h.client = fetch.New(fetch.Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Now: h.clock.now})
	t.Cleanup(h.client.Close)
	h.open()
	t.Cleanup(func() { h.store.Close() })
	if _, err := h.app.EnsureInstanceActor(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// open begins to serve from the database, as after a restart.
func (h *house) open() {
	h.Helper()
	s, err := store.Open(h.Context(), store.Options{DSN: h.dsn, Now: h.clock.now})
	if err != nil {
		h.Fatal(err)
	}
	level := slog.LevelDebug
	if _, measured := h.TB.(*testing.B); measured {
		level = slog.LevelError
	}
	log := slog.New(slog.NewTextHandler(failing{h}, &slog.HandlerOptions{Level: level}))
	h.store = s
	h.app = app.New(app.Options{Store: s, Text: text.NewRenderer(h.site.Base), Sanitizer: text.NewSanitizer(),
		Host: h.site.Host, Origin: h.site.Base, Now: h.clock.now})
	h.inbox = NewInbox(InboxOptions{Site: h.site, Store: s, App: h.app, Fetch: h.client, Log: log, Now: h.clock.now,
		Heard: func(host string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.heard = append(h.heard, host)
		}})
	h.pub = NewPublisher(PublisherOptions{Site: h.site, Store: s, App: h.app, Inbox: h.inbox, Log: log, Version: "1.0",
		About: func(context.Context) (About, error) { return About{Name: "A house"}, nil }})
}

func (h *house) restart() {
	h.Helper()
	if err := h.store.Close(); err != nil {
		h.Fatal(err)
	}
	h.open()
}

// failing fails a test for what is logged as an error: nothing that a stranger sends may be one.
type failing struct{ h *house }

func (f failing) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("level=ERROR")) {
		f.h.Errorf("logged: %s", line)
	}
	if _, action, ok := bytes.Cut(line, []byte(`msg="inbox: gate"`)); ok {
		_, action, _ = bytes.Cut(action, []byte("action="))
		f.h.mu.Lock()
		f.h.gated = append(f.h.gated, reputation.Action(bytes.TrimSpace(action)))
		f.h.mu.Unlock()
	}
	f.h.Logf("%s", line)
	return len(line), nil
}

func (h *house) update(f func(*store.Tx) error) {
	h.Helper()
	if err := h.store.Update(context.Background(), f); err != nil {
		h.Fatal(err)
	}
}

func (h *house) view(f func(*store.Tx) error) {
	h.Helper()
	if err := h.store.View(context.Background(), f); err != nil {
		h.Fatal(err)
	}
}

// person makes a person of this instance.
func (h *house) person(name string) circles.Viewer {
	h.Helper()
	private, public := oneKey()
	v := circles.Viewer{Role: circles.SiteMember}
	h.update(func(tx *store.Tx) (err error) {
		v.Person, err = h.app.CreatePerson(tx, app.NewPerson{Name: name, Keys: app.Keys{Public: public, Private: []byte(private)}})
		return err
	})
	return v
}

// circle makes a circle of this instance.
func (h *house) circle(owner circles.Viewer, name string, v circles.Visibility) *circles.Circle {
	h.Helper()
	private, public := oneKey()
	c := &circles.Circle{CreatedBy: owner.Person, Visibility: v, Posting: circles.PostingOpen}
	h.update(func(tx *store.Tx) error {
		now := tx.Now()
		c.Actor = circles.Actor{ID: circles.ActorID(tx.NewID()), Kind: circles.KindCircle, Name: name, URI: "/c/" + name,
			PublicKey: public, Indexable: true, Published: now, CreatedAt: now, UpdatedAt: now}
		if err := tx.AddCircle(c); err != nil {
			return err
		}
		if err := tx.SetPrivateKey(c.ID, []byte(private)); err != nil {
			return err
		}
		return tx.SetRole(c.CircleID(), owner.Person, circles.RoleOwner)
	})
	return c
}

func (h *house) write(who circles.Viewer, c *circles.Circle, title string) *circles.Post {
	h.Helper()
	p, err := h.app.Post(context.Background(), who, app.NewPost{Circle: c.CircleID(), Title: title})
	if err != nil {
		h.Fatal(err)
	}
	return p
}

func (h *house) answer(who circles.Viewer, parent circles.PostID, body string) *circles.Post {
	h.Helper()
	p, err := h.app.Comment(context.Background(), who, app.NewComment{Parent: parent, Body: body})
	if err != nil {
		h.Fatal(err)
	}
	return p
}

// post returns what is known by this address, nil if nothing is.
func (h *house) post(uri string) (p *circles.Post) {
	h.Helper()
	h.view(func(tx *store.Tx) (err error) {
		p, err = tx.PostByURI(h.site.URI(uri))
		if circles.Is(err, circles.NotFound) {
			p, err = nil, nil
		}
		return err
	})
	return p
}

func (h *house) wantPost(uri string) *circles.Post {
	h.Helper()
	p := h.post(uri)
	if p == nil {
		h.Fatalf("%s is not here", uri)
	}
	return p
}

func (h *house) wantNoPost(uri string) {
	h.Helper()
	if p := h.post(uri); p != nil {
		h.Fatalf("%s is here: %+v", uri, *p)
	}
}

// score is what a post is liked and disliked.
func (h *house) score(uri string) string {
	h.Helper()
	p := h.wantPost(uri)
	return fmt.Sprintf("+%d -%d", p.Ups, p.Downs)
}

func (h *house) actor(uri string) (a *circles.Actor) {
	h.Helper()
	h.view(func(tx *store.Tx) (err error) {
		a, err = tx.ActorByURI(h.site.URI(uri))
		if circles.Is(err, circles.NotFound) {
			a, err = nil, nil
		}
		return err
	})
	return a
}

// events lists the kinds of the entries behind seq.
func (h *house) events(after circles.Seq) (kinds []circles.EventKind) {
	h.Helper()
	h.view(func(tx *store.Tx) error {
		all, err := tx.EventsAfter(after, 1000)
		for _, e := range all {
			kinds = append(kinds, e.Kind)
		}
		return err
	})
	return kinds
}

func (h *house) mark() (last circles.Seq) {
	h.Helper()
	h.view(func(tx *store.Tx) (err error) {
		_, last, err = tx.LogEnds()
		return err
	})
	return last
}

func (h *house) parked() (n int) {
	h.Helper()
	h.view(func(tx *store.Tx) error {
		n = 0
		return tx.ParkedBy(func(_ string, of int) { n += of })
	})
	return n
}

// resume goes on with what is parked until nothing changes any more.
func (h *house) resume() {
	h.Helper()
	for range 30 {
		before := h.parked()
		if before == 0 {
			return
		}
		if err := h.inbox.resumeDue(context.Background()); err != nil {
			h.Fatal(err)
		}
	}
}

func (h *house) block(host string) {
	h.Helper()
	h.update(func(tx *store.Tx) error { return tx.SetPeerPolicy(host, "blocked") })
}

// get asks as another server does.
func (h *house) get(path, accept string) (*http.Response, []byte) {
	h.Helper()
	req, err := http.NewRequest(http.MethodGet, h.server.URL+path, nil)
	if err != nil {
		h.Fatal(err)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := noRedirect.Do(req)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.Fatal(err)
	}
	return resp, body
}

func (h *house) getObj(path string) (int, obj) {
	h.Helper()
	resp, body := h.get(path, fetch.ActivityJSON)
	var o obj
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusGone {
		if err := json.Unmarshal(body, &o); err != nil {
			h.Fatalf("GET %s: %v in %s", path, err, body)
		}
	}
	return resp.StatusCode, o
}

var noRedirect = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// A far is another server, which says whatever the test wants.
type far struct {
	*house
	server *httptest.Server
	base   string
	host   string

	mu      sync.Mutex
	docs    map[string]obj
	answers map[string]http.HandlerFunc
	hits    map[string]int
}

func (h *house) far() *far {
	h.Helper()
	f := &far{house: h, docs: map[string]obj{}, answers: map[string]http.HandlerFunc{}, hits: map[string]int{}}
	f.server = httptest.NewServer(f)
	h.Cleanup(f.server.Close)
	f.base = f.server.URL
	f.host = strings.TrimPrefix(f.base, "http://")
	return f
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.hits[r.URL.Path]++
	doc, answer := f.docs[r.URL.Path], f.answers[r.URL.Path]
	f.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case doc != nil:
		w.Header().Set("Content-Type", fetch.ActivityJSON)
		json.NewEncoder(w).Encode(doc)
	default:
		http.NotFound(w, r)
	}
}

// put makes an object readable at its id.
func (f *far) put(o obj) obj {
	path, ok := strings.CutPrefix(o["id"].(string), f.base)
	if !ok {
		f.Fatalf("%v does not live on %s", o["id"], f.base)
	}
	f.mu.Lock()
	f.docs[path] = o
	f.mu.Unlock()
	return o
}

func (f *far) answer(path string, how http.HandlerFunc) {
	f.mu.Lock()
	f.answers[path] = how
	f.mu.Unlock()
}

func (f *far) drop(id string) {
	f.mu.Lock()
	delete(f.docs, strings.TrimPrefix(id, f.base))
	f.mu.Unlock()
}

func (f *far) seen(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hits[path]
}

func (f *far) total() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, hits := range f.hits {
		n += hits
	}
	return n
}

// A voice is an actor of another server with its key.
type voice struct {
	*far
	id    string
	keyID string
	key   *rsa.PrivateKey
	n     int
}

func (f *far) voice(kind, path string) *voice {
	f.Helper()
	v := &voice{far: f, id: f.base + path, key: spareKeys()[0]}
	v.keyID = v.id + "#main-key"
	f.put(v.document(kind))
	return v
}

func (f *far) speaker(name string) *voice { return f.voice("Person", "/u/"+name) }
func (f *far) group(name string) *voice   { return f.voice("Group", "/c/"+name) }

func (v *voice) document(kind string) obj {
	public, err := httpsig.PublicPEM(v.key)
	if err != nil {
		v.Fatal(err)
	}
	path := strings.TrimPrefix(v.id, v.base)
	return obj{
		"@context": arr{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       v.id, "type": kind, "preferredUsername": path[strings.LastIndexByte(path, '/')+1:],
		"inbox": v.id + "/inbox", "outbox": v.id + "/outbox", "followers": v.id + "/followers",
		"endpoints": obj{"sharedInbox": v.base + "/inbox"},
		"publicKey": obj{"id": v.keyID, "owner": v.id, "publicKeyPem": public},
	}
}

// says makes an activity of this actor.
func (v *voice) says(kind string, object any, more ...obj) obj {
	v.n++
	a := obj{"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprintf("%s/activity/%d", v.id, v.n),
		"type": kind, "actor": v.id, "to": arr{as.Public}, "cc": arr{}, "object": object}
	for _, m := range more {
		for k, x := range m {
			if x == nil {
				delete(a, k)
			} else {
				a[k] = x
			}
		}
	}
	return a
}

// page makes a post of this actor for a circle.
func (v *voice) page(path, circle, title string, more ...obj) obj {
	return merge(obj{"@context": "https://www.w3.org/ns/activitystreams", "id": v.base + path, "type": "Page", "attributedTo": v.id,
		"to": arr{circle, as.Public}, "cc": arr{}, "audience": circle, "name": title, "content": "<p>About " + title + "</p>",
		"published": "2026-11-22T09:00:00Z"}, more...)
}

// note makes a comment of this actor.
func (v *voice) note(path, circle, parent, words string, more ...obj) obj {
	return merge(obj{"@context": "https://www.w3.org/ns/activitystreams", "id": v.base + path, "type": "Note", "attributedTo": v.id,
		"to": arr{as.Public}, "cc": arr{circle}, "audience": circle, "inReplyTo": parent, "content": "<p>" + words + "</p>",
		"published": "2026-11-22T09:00:00Z"}, more...)
}

func merge(o obj, more ...obj) obj {
	for _, m := range more {
		for k, x := range m {
			if x == nil {
				delete(o, k)
			} else {
				o[k] = x
			}
		}
	}
	return o
}

// send posts an activity to the shared inbox, signed, and returns the status.
func (v *voice) send(activity obj) int {
	v.Helper()
	body, err := json.Marshal(activity)
	if err != nil {
		v.Fatal(err)
	}
	return v.sendBytes(body)
}

func (v *voice) sendBytes(body []byte) int {
	v.Helper()
	resp, err := noRedirect.Do(v.request(body))
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// request is a signed request to the inbox.
func (v *voice) request(body []byte) *http.Request {
	v.Helper()
	req, err := http.NewRequest(http.MethodPost, v.house.server.URL+"/inbox", bytes.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	req.Header.Set("Content-Type", fetch.ActivityJSON)
	signer := &httpsig.Signer{KeyID: v.keyID, Key: v.key}
	if err := signer.SignRequest(req, httpsig.PrepareBody(body), v.clock.now()); err != nil {
		v.Fatal(err)
	}
	return req
}

// must is send for what has to be answered with 202.
func (v *voice) must(activity obj) obj {
	v.Helper()
	if got := v.send(activity); got != http.StatusAccepted {
		v.Fatalf("%s: got status %d, want 202", activity["type"], got)
	}
	return activity
}

// followedBy makes somebody here follow this actor, as if it had accepted.
func (v *voice) followedBy(who circles.Viewer) *circles.Actor {
	v.Helper()
	a, err := v.inbox.FetchActor(context.Background(), v.id)
	if err != nil {
		v.Fatal(err)
	}
	if _, err := v.app.Follow(context.Background(), who, a.ID); err != nil {
		v.Fatal(err)
	}
	v.update(func(tx *store.Tx) error {
		_, err := v.app.ReceiveAccept(tx, a.ID, who.Person.Actor())
		return err
	})
	return a
}

// announces wraps an activity as a group does.
func (v *voice) announces(inner any) obj {
	return v.must(v.says("Announce", inner, obj{"cc": arr{v.id + "/followers"}}))
}

func (h *house) address(c *circles.Circle) string   { return h.site.Address(c.URI) }
func (h *house) postAddress(p *circles.Post) string { return h.site.Address(p.URI) }

func decode(t testing.TB, body []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(body, to); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
}
