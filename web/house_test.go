package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/media"
	"halqa/internal/moderation"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/testdb"
	contents "halqa/internal/text"
)

const goodPassword = "nine herons wade slowly"

// A house is an instance with everything but federation, answering on loopback.
type house struct {
	testing.TB
	*Server
	db    *store.Store
	dsn   string // of db
	site  *httptest.Server
	mu    sync.Mutex
	now   time.Time
	logs  *bytes.Buffer
	at    circles.Seq // how far catchUp got
	doors *doors
}

func newHouse(t testing.TB) *house { return newHouseWith(t, func(*Options) {}) }

func newHouseWith(t testing.TB, change func(*Options)) *house {
	t.Helper()
	h := &house{TB: t, now: sampleNow, logs: new(bytes.Buffer)}
	var handler http.Handler
	h.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(h.site.Close)
	blobs, err := media.OpenBlobs(t.TempDir(), h.clock)
	h.must(err)
	t.Cleanup(func() { blobs.Close() })
	h.dsn = testdb.DSN(t)
	h.db, err = store.Open(t.Context(), store.Options{DSN: h.dsn, Now: h.clock})
	h.must(err)
	t.Cleanup(func() { h.must(h.db.Close()) })
	host := strings.TrimPrefix(h.site.URL, "http://")
	log := slog.New(slog.NewTextHandler(io.MultiWriter(h.logs), nil))
	a := app.New(app.Options{Store: h.db, Text: contents.NewRenderer(h.site.URL), Sanitizer: contents.NewSanitizer(), Pictures: media.NewProcessor(1),
		Blobs: blobs, Host: host, Origin: h.site.URL, Now: h.clock})
	o := Options{App: a, Accounts: accounts.New(accounts.Options{Store: h.db, App: a, Host: host, Now: h.clock}),
		Moderation: moderation.New(moderation.Options{Store: h.db, App: a, Host: host}), Gates: standing.NewGates(h.db), Origin: h.site.URL,
		Version: "test", Now: h.clock, Log: log}
	change(&o)
	h.Server, err = New(o)
	h.must(err)
	handler = h.Server
	h.doors = &doors{house: h, next: http.DefaultTransport, met: map[string]map[reputation.Action]int{}}
	return h
}

// clock moves on by a millisecond with each look.
func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(time.Millisecond)
	return h.now
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) ctx() context.Context { return context.Background() }

// open lets anybody sign up, as an admin would.
func (h *house) open() {
	h.Helper()
	h.must(h.db.Update(h.ctx(), func(tx *store.Tx) error { return tx.SetSetting(store.SettingRegistration, "open") }))
	h.forgetSite()
}

// A reader is a browser without script: it keeps cookies, reads pages, fills in their forms.
type reader struct {
	*house
	client *http.Client
	path   string // where it is
	status int
	html   string
	doc    *html.Node
}

func (h *house) reader() *reader {
	jar, err := cookiejar.New(nil)
	h.must(err)
	return &reader{house: h, client: &http.Client{Jar: jar, Transport: h.doors}}
}

// member makes an account and signs a browser in with it.
func (h *house) member(name string, role circles.SiteRole) *reader {
	h.Helper()
	_, err := h.accounts.Create(h.ctx(), name, goodPassword, role)
	h.must(err)
	r := h.reader()
	r.open("/login")
	r.send("/login", fill{"name": name, "password": goodPassword})
	if r.status != 200 || r.path != "/" {
		h.Fatalf("%s logs in and stands at %s with %d", name, r.path, r.status)
	}
	return r
}

func (r *reader) take(resp *http.Response, err error) {
	r.Helper()
	r.must(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	r.must(err)
	r.path, r.status, r.html = resp.Request.URL.RequestURI(), resp.StatusCode, string(body)
	if f := resp.Request.URL.Fragment; f != "" {
		r.path += "#" + f
	}
	r.doc, err = html.Parse(bytes.NewReader(body))
	r.must(err)
	if strings.Contains(r.html, "ZgotmplZ") || strings.Contains(r.html, "&lt;no value&gt;") {
		r.Errorf("%s shows a hole in its template", r.path)
	}
}

func (r *reader) open(path string) {
	r.Helper()
	r.take(r.client.Get(r.site.URL + path))
}

// shows fails unless the page has each of these words.
func (r *reader) shows(words ...string) {
	r.Helper()
	for _, w := range words {
		if !strings.Contains(r.html, w) {
			r.Errorf("%s (%d) does not show %q:\n%s", r.path, r.status, w, r.main())
		}
	}
}

func (r *reader) hides(words ...string) {
	r.Helper()
	for _, w := range words {
		if strings.Contains(r.html, w) {
			r.Errorf("%s (%d) shows %q", r.path, r.status, w)
		}
	}
}

// main is the text of the page, for messages of failed tests.
func (r *reader) main() string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(strings.TrimSpace(n.Data) + " ")
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	if m := find(r.doc, func(n *html.Node) bool { return n.Data == "main" }); len(m) > 0 {
		walk(m[0])
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func find(root *html.Node, is func(*html.Node) bool) (found []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && is(n) {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// fill are the fields that a person types into or chooses; "" as a value takes a check away. The key "!"
// names the button that is pressed, as name=value.
type fill map[string]string

// form finds the form that goes to this path on the page.
func (r *reader) form(action string) *html.Node {
	r.Helper()
	forms := find(r.doc, func(n *html.Node) bool {
		return n.Data == "form" && attr(n, "action") == action && attr(n, "method") == "post"
	})
	if len(forms) == 0 {
		r.Fatalf("%s (%d) has no form for %s:\n%s", r.path, r.status, action, r.main())
	}
	return forms[0]
}

// values reads a form as a browser would send it.
func (r *reader) values(form *html.Node, in fill) url.Values {
	r.Helper()
	v := url.Values{}
	known := map[string]bool{}
	for _, n := range find(form, func(n *html.Node) bool { return attr(n, "name") != "" }) {
		name := attr(n, "name")
		if inTemplate(n) {
			continue
		}
		known[name] = true
		typed, ok := in[name]
		switch n.Data {
		case "textarea":
			if !ok {
				typed = strings.TrimPrefix(textOf(n), "\n")
			}
			v.Add(name, typed)
		case "select":
			for _, o := range find(n, func(n *html.Node) bool { return n.Data == "option" }) {
				if ok && attr(o, "value") == typed || !ok && has(o, "selected") {
					v.Set(name, attr(o, "value"))
				}
			}
		case "input":
			switch attr(n, "type") {
			case "checkbox", "radio":
				if ok && attr(n, "value") == typed || !ok && has(n, "checked") {
					v.Set(name, attr(n, "value"))
				}
			case "file":
			default:
				if !ok {
					typed = attr(n, "value")
				}
				v.Add(name, typed)
			}
		}
	}
	for name, value := range in {
		if name == "!" {
			button, value, _ := strings.Cut(value, "=")
			if len(find(form, func(n *html.Node) bool {
				return n.Data == "button" && attr(n, "name") == button && attr(n, "value") == value
			})) == 0 {
				r.Fatalf("%s has no button %s=%s in the form", r.path, button, value)
			}
			v.Set(button, value)
		} else if !known[name] {
			r.Fatalf("%s has no field %s=%s in the form", r.path, name, value)
		}
	}
	return v
}

func inTemplate(n *html.Node) bool {
	for p := range n.Ancestors() {
		if p.Data == "template" {
			return true
		}
	}
	return false
}

// send fills in the form that goes to action and sends it.
func (r *reader) send(action string, in fill, files ...file) {
	r.Helper()
	form := r.form(action)
	v := r.values(form, in)
	if attr(form, "enctype") != "multipart/form-data" {
		r.take(r.client.PostForm(r.site.URL+action, v))
		return
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, all := range v {
		for _, one := range all {
			r.must(w.WriteField(name, one))
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.field, f.name)
		r.must(err)
		_, err = part.Write(f.data)
		r.must(err)
	}
	r.must(w.Close())
	r.take(r.client.Post(r.site.URL+action, w.FormDataContentType(), &body))
}

type file struct {
	field, name string
	data        []byte
}

// action finds the address of a form on the page that ends in this.
func (r *reader) action(suffix string) string {
	r.Helper()
	for _, n := range find(r.doc, func(n *html.Node) bool { return n.Data == "form" || n.Data == "a" }) {
		for _, a := range []string{attr(n, "action"), attr(n, "href")} {
			if strings.HasSuffix(a, suffix) {
				return a
			}
		}
	}
	r.Fatalf("%s (%d) leads nowhere that ends in %s:\n%s", r.path, r.status, suffix, r.main())
	return ""
}

// shut puts a gate that nobody passes before an action, or takes it away, past all that Save would say.
func (h *house) shut(place circles.CircleID, action reputation.Action, shut bool) {
	h.Helper()
	h.must(h.db.Update(h.ctx(), func(tx *store.Tx) error {
		if !shut {
			return tx.RemoveGateRule(place, string(action), false)
		}
		return tx.SetGateRule(place, store.GateRule{Action: string(action), Rule: `{"gate":{"any":[[{"fact":"vouches","gte":1}]],"else":"deny"}}`})
	}))
}
