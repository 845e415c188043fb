package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/media"
	"halqa/internal/moderation"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/testapi"
	"halqa/internal/testdb"
	"halqa/internal/text"
	"halqa/internal/tips"
	"halqa/wallet/credits"
)

// A house is an instance with everything but federation and pages, whose every answer is held against the
// document.
type house struct {
	testing.TB
	*Server
	db       *store.Store
	site     *httptest.Server
	mu       sync.Mutex
	now      time.Time
	logs     *bytes.Buffer
	recorder *testapi.Recorder
	made     map[string]circles.Viewer
	asked    []*http.Request // every one, in order
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), logs: new(bytes.Buffer), made: map[string]circles.Viewer{}}
	var handler http.Handler
	h.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(h.site.Close)
	blobs, err := media.OpenBlobs(t.TempDir(), h.clock)
	h.must(err)
	t.Cleanup(func() { blobs.Close() })
	h.db = testdb.OpenAt(t, h.clock)
	host := strings.TrimPrefix(h.site.URL, "http://")
	a := app.New(app.Options{Store: h.db, Text: text.NewRenderer(h.site.URL), Sanitizer: text.NewSanitizer(), Pictures: media.NewProcessor(1),
		Blobs: blobs, Host: host, Origin: h.site.URL, Now: h.clock})
	tp := tips.New(tips.Options{Store: h.db, Origin: h.site.URL, Now: h.clock, Log: slog.New(slog.NewTextHandler(h.logs, nil))})
	h.must(tp.Use(h.ctx(), credits.New(tp.Book(), credits.Options{Code: "CRD", Max: 200, Hold: 10 * time.Minute, Now: h.clock})))
	h.must(tp.Use(h.ctx(), newTill()))
	h.Server, err = New(Options{App: a, Tips: tp, Accounts: accounts.New(accounts.Options{Store: h.db, App: a, Host: host, Origin: h.site.URL, Now: h.clock}),
		Moderation: moderation.New(moderation.Options{Store: h.db, App: a, Host: host}), Gates: standing.NewGates(h.db), Origin: h.site.URL, Version: "test",
		Client: func(r *http.Request) netip.Addr { return netip.MustParseAddrPort(r.RemoteAddr).Addr() }, Now: h.clock, Limit: 1_000_000,
		Log: slog.New(slog.NewTextHandler(h.logs, nil))})
	h.must(err)
	handler = h.Server
	h.recorder, err = testapi.New(h.Document())
	h.must(err)
	t.Cleanup(func() {
		for _, p := range h.recorder.Problems() {
			t.Errorf("not as documented: %s", p)
		}
		if t.Failed() && h.logs.Len() > 0 {
			t.Logf("the server said:\n%s", h.logs)
		}
	})
	return h
}

// clock moves on by two seconds with each look, so that nobody is too fast.
func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(2 * time.Second)
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) ctx() context.Context { return context.Background() }

// A client is a program with a token, or without one.
type client struct {
	*house
	who   circles.Viewer
	token string
	http  *http.Client
}

// person makes an account and a token of theirs with these scopes; none = all.
func (h *house) person(name string, role circles.SiteRole, scopes ...accounts.Scope) *client {
	h.Helper()
	if _, ok := h.made[name]; !ok {
		_, err := h.accounts.Create(h.ctx(), name, "nine herons wade slowly", role)
		h.must(err)
		h.made[name] = circles.Viewer{}
	}
	if scopes == nil {
		scopes = accounts.AllScopes()
	}
	token, _, err := h.accounts.MakeTokenFor(h.ctx(), name, accounts.NewToken{Name: "test", Scopes: scopes, Days: 30})
	h.must(err)
	access, err := h.accounts.Access(h.ctx(), token)
	h.must(err)
	return &client{house: h, who: access.Viewer, token: token, http: h.recorded()}
}

func (h *house) recorded() *http.Client {
	return &http.Client{Transport: h.recorder.Transport(http.DefaultTransport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (h *house) visitor() *client { return &client{house: h, http: h.recorded()} }

// A reply is what came back.
type reply struct {
	*client
	asked  string
	status int
	header http.Header
	body   []byte
}

// ask sends a request. body is JSON to be, raw bytes, or nil; head are pairs of header names and values.
func (c *client) ask(method, path string, body any, head ...string) *reply {
	c.Helper()
	var reader io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(b)
	case string:
		reader, kind = strings.NewReader(b), "application/json"
	default:
		text, err := json.Marshal(b)
		c.must(err)
		reader, kind = bytes.NewReader(text), "application/json"
	}
	if strings.HasPrefix(path, "/") && !Owns(path) {
		path = Prefix + path
	}
	if !strings.HasPrefix(path, "http") {
		path = c.site.URL + path
	}
	req, err := http.NewRequest(method, path, reader)
	c.must(err)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	c.asked = append(c.asked, req)
	resp, err := c.http.Do(req)
	c.must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	c.must(err)
	return &reply{c, method + " " + path, resp.StatusCode, resp.Header, b}
}

// is fails unless the answer has this status.
func (r *reply) is(status int) *reply {
	r.Helper()
	if r.status != status {
		r.Fatalf("%s: got %d %s, want %d", r.asked, r.status, r.body, status)
	}
	return r
}

// into reads the answer.
func (r *reply) into(v any) *reply {
	r.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.Fatalf("%s: %v: %s", r.asked, err, r.body)
	}
	return r
}

// problem fails unless the answer is a refusal of this type with one sentence.
func (r *reply) problem(status int, slug string) Problem {
	r.Helper()
	var p Problem
	r.is(status).into(&p)
	if got := strings.TrimPrefix(p.Type, problemBase); got != slug || p.Status != status || p.Title == "" || p.Detail == "" {
		r.Errorf("%s: got %+v, want type %s", r.asked, p, slug)
	}
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.Errorf("%s: refused as %q", r.asked, got)
	}
	return p
}

// get reads with 200, and once more with the ETag, which has to match.
func (c *client) get(path string, v any) *reply {
	c.Helper()
	r := c.ask("GET", path, nil).is(200)
	if v != nil {
		r.into(v)
	}
	c.ask("GET", path, nil, "If-None-Match", r.header.Get("ETag")).is(304)
	return r
}

// put, post and drop do something and read what it comes to.
func (c *client) post(path string, body, v any) *reply {
	c.Helper()
	r := c.ask("POST", path, body)
	if r.status != 201 && r.status != 204 {
		r.is(201)
	}
	if v != nil {
		r.into(v)
	}
	return r
}

func (c *client) put(path string, body, v any) *reply {
	c.Helper()
	r := c.ask("PUT", path, body)
	if r.status != 200 && r.status != 204 {
		r.is(200)
	}
	if v != nil {
		r.into(v)
	}
	return r
}

func (c *client) drop(path string) *reply {
	c.Helper()
	return c.ask("DELETE", path, nil).is(204)
}

// upload sends a picture.
func (c *client) upload(use string) Photo {
	c.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "picture.png")
	c.must(err)
	c.must(png.Encode(part, drawing()))
	c.must(w.Close())
	var made Photo
	c.ask("POST", "/media?use="+use, body.Bytes(), "Content-Type", w.FormDataContentType()).is(201).into(&made)
	return made
}

func drawing() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			m.Set(x, y, color.RGBA{uint8(x * 4), uint8(y * 5), 90, 255})
		}
	}
	return m
}

type m = map[string]any

func path(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// direct brings requests to a handler without a network.
type direct struct{ to http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.RemoteAddr == "" {
		r.RemoteAddr = "127.0.0.1:1"
	}
	w := httptest.NewRecorder()
	d.to.ServeHTTP(w, r)
	return w.Result(), nil
}
