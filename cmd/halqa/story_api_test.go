package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"halqa/api"
	"halqa/circles/reputation"
	"halqa/internal/testapi"
)

// A program is somebody's script. It knows the OpenAPI document and nothing else of the instance, and what
// comes back is held against that.
type program struct {
	t        *testing.T
	base     string
	http     *http.Client
	token    string
	recorder *testapi.Recorder
}

func newProgram(t *testing.T, base string) *program {
	t.Helper()
	resp, err := http.Get(base + api.Prefix + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	document, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, base: base}
	if p.recorder, err = testapi.New(document); err != nil {
		t.Fatal(err)
	}
	p.http = &http.Client{Transport: p.recorder.Transport(http.DefaultTransport)}
	p.do(200, "GET", "/openapi.json", nil) // the one answer that nothing stood ready to look at
	t.Cleanup(func() {
		for _, problem := range p.recorder.Problems() {
			t.Errorf("not as documented: %s", problem)
		}
	})
	return p
}

type answer map[string]any

// at follows names and numbers into an answer.
func (a answer) at(path ...any) any {
	var v any = map[string]any(a)
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

func (a answer) text(path ...any) string { s, _ := a.at(path...).(string); return s }

// do asks for something and wants this status.
func (p *program) do(status int, method, path string, body any) answer {
	p.t.Helper()
	kind, data := "", []byte(nil)
	switch b := body.(type) {
	case nil:
	case url.Values:
		kind, data = "application/x-www-form-urlencoded", []byte(b.Encode())
	case sentPicture:
		kind, data = b.kind, b.data
	default:
		kind = "application/json"
		data, _ = json.Marshal(b)
	}
	if !strings.HasPrefix(path, "http") {
		if !strings.HasPrefix(path, "/oauth/") {
			path = api.Prefix + path
		}
		path = p.base + path
	}
	req, err := http.NewRequest(method, path, bytes.NewReader(data))
	if err != nil {
		p.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.StatusCode != status {
		p.t.Fatalf("%s %s: %d %s, want %d", method, path, resp.StatusCode, text, status)
	}
	out := answer{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			p.t.Fatalf("%s %s: %v: %.200s", method, path, err, text)
		}
	}
	if next := out.text("next"); next != "" && !strings.Contains(resp.Header.Get("Link"), "cursor="+url.QueryEscape(next)+">") &&
		!strings.Contains(resp.Header.Get("Link"), "cursor="+url.QueryEscape(next)+"&") {
		p.t.Errorf("%s: next is %q, and Link %q", path, next, resp.Header.Get("Link"))
	}
	return out
}

// all reads a list page by page.
func (p *program) all(path string) []answer {
	p.t.Helper()
	var out []answer
	for cursor := ""; ; {
		page := p.do(200, "GET", path+cursor, nil)
		items, _ := page["items"].([]any)
		for _, i := range items {
			out = append(out, answer(i.(map[string]any)))
		}
		if page.text("next") == "" || len(out) > 1000 {
			return out
		}
		cursor = "&cursor=" + url.QueryEscape(page.text("next"))
	}
}

type sentPicture struct {
	kind string
	data []byte
}

func somePicture(t *testing.T) sentPicture {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "picture.png")
	if err == nil {
		err = png.Encode(part, image.NewGray(image.Rect(0, 0, 40, 30)))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return sentPicture{w.FormDataContentType(), body.Bytes()}
}

// A browser is somebody at the pages, without script.
type browser struct {
	t    testing.TB
	base string
	http *http.Client
	html string
	at   *url.URL // where the last answer led, if it led away
	path string   // of the last page

	refused bool // pages that refuse are read, too
}

func newBrowser(t testing.TB, base string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, http: &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if "http://"+r.URL.Host != base {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

func (b *browser) take(resp *http.Response, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.html, b.at, b.path = string(text), nil, resp.Request.URL.Path
	if to, err := resp.Location(); err == nil {
		b.at = to
	} else if resp.StatusCode != http.StatusOK && !b.refused {
		b.t.Fatalf("%s: %d\n%s", resp.Request.URL, resp.StatusCode, b.html)
	}
}

func (b *browser) open(path string) { b.t.Helper(); b.take(b.http.Get(b.base + path)) }

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// send presses a button of the form on the page that goes to action.
func (b *browser) send(action string, fields url.Values) {
	b.t.Helper()
	_, rest, ok := strings.Cut(b.html, `action="`+action+`"`)
	if !ok {
		b.t.Fatalf("the page has no form for %s:\n%s", action, b.html)
	}
	form, _, _ := strings.Cut(rest, "</form>")
	for _, f := range hidden.FindAllStringSubmatch(form, -1) {
		if !fields.Has(f[1]) {
			fields.Set(f[1], strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`).Replace(f[2]))
		}
	}
	b.take(b.http.PostForm(b.base+action, fields))
}

// A script that was written from the document alone registers itself, is given leave by a person at a
// browser, opens a circle, posts with a photo, comments, votes, follows a circle of another instance, reads
// all of it page by page, and is shut out the moment its owner takes the leave back.
func TestScriptDoesEverythingByTheDocument(t *testing.T) {
	here, there := newTown(t), newTown(t)
	elsewhere := there.circle("astronomy")
	told := there.post(there.lin, elsewhere.CircleID(), "The Pleiades", "Look beside them.")
	script := newProgram(t, here.h.site.Base)

	made := script.do(201, "POST", "/oauth/register", map[string]any{"client_name": "Script", "redirect_uris": []string{"http://127.0.0.1:1/back"},
		"scope": "read write follow circles", "token_endpoint_auth_method": "none"})
	const verifier = "what-only-the-script-knows-and-never-sends-before"
	sum := sha256.Sum256([]byte(verifier))
	ask := url.Values{"response_type": {"code"}, "client_id": {made.text("client_id")}, "redirect_uri": {"http://127.0.0.1:1/back"}, "scope": {"read write follow circles"},
		"state": {"xyz"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}

	// Lin is at a browser, and has to log in first.
	password, err := here.h.accounts.ResetPassword(t.Context(), "lin")
	here.must(err)
	lin := newBrowser(t, here.h.site.Base)
	bad := maps.Clone(ask)
	bad.Set("response_type", "token")
	resp, err := lin.http.Get(lin.base + "/oauth/authorize?" + bad.Encode())
	here.must(err)
	resp.Body.Close()
	if to := resp.Header.Get("Location"); resp.StatusCode < 400 || to != "" {
		t.Fatalf("a link alone leads a visitor to %q with %s", to, resp.Status)
	}
	lin.open("/oauth/authorize?" + ask.Encode())
	lin.send("/login", url.Values{"name": {"lin"}, "password": {password}})
	if !strings.Contains(lin.html, "Script") || !strings.Contains(lin.html, "Post, comment, vote") {
		t.Fatalf("the consent page is\n%s", lin.html)
	}
	lin.send("/oauth/authorize", url.Values{"do": {"allow"}})
	if lin.at == nil || lin.at.Host != "127.0.0.1:1" || lin.at.Query().Get("state") != "xyz" || lin.at.Query().Get("iss") != here.h.site.Base {
		t.Fatalf("lin is led to %v", lin.at)
	}
	tokens := script.do(200, "POST", "/oauth/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {made.text("client_id")}, "code": {lin.at.Query().Get("code")},
		"redirect_uri": {"http://127.0.0.1:1/back"}, "code_verifier": {verifier}})
	script.token = tokens.text("access_token")

	circle := script.do(201, "POST", "/circles", map[string]any{"name": "botany", "title": "Botany"}).text("circle", "id")
	photo := script.do(201, "POST", "/media", somePicture(t)).text("id")
	post := script.do(201, "POST", "/posts", map[string]any{"circle": circle, "title": "Moss", "body": "It is **green**.",
		"photos": []any{map[string]any{"id": photo, "alt": "Moss on a stone"}}})
	for i := range 3 {
		script.do(201, "POST", "/posts", map[string]any{"circle": circle, "title": fmt.Sprint("Fern ", i)})
	}
	comment := script.do(201, "POST", "/posts/"+post.text("id")+"/comments", map[string]any{"body": "Very green."})
	script.do(200, "PUT", "/posts/"+comment.text("id")+"/vote", map[string]any{"value": 1})

	// The circle of the other instance: found, joined, let in, and what is said there arrives.
	found := script.do(200, "GET", "/find?what="+url.QueryEscape("!astronomy@"+there.h.site.Host), nil)
	script.do(200, "PUT", "/circles/"+found.text("id")+"/membership", nil)
	joined := within(patience, func() bool {
		return script.do(200, "GET", "/circles/"+found.text("id"), nil).text("circle", "role") == "member"
	})
	if !joined {
		t.Fatal("the other instance did not let lin in")
	}
	later := there.post(there.lin, elsewhere.CircleID(), "Saturn", "Rings.")
	here.arrives("a post of the other instance", later.at, nil)
	script.do(201, "POST", "/posts/"+fmt.Sprint(int64(here.at(later.at).ID))+"/comments", map[string]any{"body": "How far?"})
	if !within(patience, func() bool { p := there.at(later.at); return p.Comments == 1 }) {
		t.Error("the comment did not reach the other instance")
	}

	// All of it, page by page.
	var titles []string
	for _, p := range script.all("/posts?scope=subscribed&sort=new&limit=2") {
		titles = append(titles, p.text("title"))
	}
	for _, want := range []string{"Moss", "Fern 0", "Fern 1", "Fern 2", "Saturn"} {
		if !slices.Contains(titles, want) {
			t.Errorf("the feed has %q, want %q too (%s)", titles, want, told.at)
		}
	}
	whole := script.do(200, "GET", "/posts/"+post.text("id"), nil)
	if whole.text("post", "photos", 0, "alt") != "Moss on a stone" || !strings.Contains(whole.text("post", "body_html"), "<strong>green</strong>") {
		t.Errorf("the post is %v", whole)
	}
	answers := script.do(200, "GET", "/posts/"+post.text("id")+"/comments", nil)
	if answers.text("items", 0, "id") != comment.text("id") || answers.at("items", 0, "vote") != 1.0 {
		t.Errorf("the comments are %v", answers)
	}
	picture, err := http.Get(whole.text("post", "photos", 0, "files", 0, "url"))
	here.must(err)
	picture.Body.Close()
	if picture.StatusCode != 200 {
		t.Errorf("the photo: %d", picture.StatusCode)
	}
	// What it has no leave for.
	script.do(403, "GET", "/notifications", nil)

	// Lin takes the leave back, and that is that.
	lin.open("/settings/tokens")
	if !strings.Contains(lin.html, "Script") {
		t.Fatalf("the settings do not show the program:\n%s", lin.html)
	}
	lin.send("/settings/tokens/end", url.Values{})
	refusal := script.do(401, "GET", "/me", nil)
	if !strings.HasSuffix(refusal.text("type"), "problem-token-revoked") {
		t.Errorf("shut out with %v", refusal)
	}
	script.do(401, "POST", "/posts", map[string]any{"circle": circle, "title": "Once more"})
}

// Page actions that programs are not offered, each with why.
var pagesOnly = map[string]string{
	"GET /login": "a program has a token instead", "POST /login": "a program has a token instead", "POST /logout": "a program ends its token at /oauth/revoke",
	"GET /signup": "people sign up themselves", "POST /signup": "people sign up themselves", "GET /setup": "it happens once, at a browser", "POST /setup": "it happens once, at a browser",
	"GET /suspension": "who is suspended has no token", "POST /suspension": "who is suspended has no token",
	"GET /settings/password": "a token must not lock its owner out", "POST /settings/password": "a token must not lock its owner out",
	"GET /settings/account": "a token must not remove its owner", "POST /settings/account": "a token must not remove its owner",
	"POST /settings/tokens": "a token must not make tokens", "GET /oauth/authorize": "leave is given by a person at a browser", "POST /oauth/authorize": "leave is given by a person at a browser",
	"GET /api": "it is about the API", "GET /settings": "it only leads on", "GET /favicon.ico": "it is for browsers", "GET /static/*": "it is for browsers", "GET /emoji/:id": "the HTML of a text names it, and it is anybody's",
	"POST /wallet/:adapter/webhook": "a wallet speaks to it, with a signature of its own",
	"GET /.well-known/lnurlp/:name": "strangers' wallets ask it, by rules of their own", "GET /.well-known/lnurlp/:name/callback": "strangers' wallets ask it, by rules of their own",
	"GET /.well-known/lnurlp/:name/verify/:id": "strangers' wallets ask it, by rules of their own",
	"POST /c/:name/move":                       "a token must not give a circle away", "POST /c/:name/elsewhere": "it shows visitors the way to their own server",
}

// Every action of the pages has a route for programs, and every route a scope; what has not is in a list with
// the reason.
func TestProgramsCanDoWhatPagesCan(t *testing.T) {
	w := bareTown(t)
	pages, programs, err := w.h.edges()
	if err != nil {
		t.Fatal(err)
	}
	beside := map[string]string{}
	for _, r := range programs.Routes() {
		name := r.Method + " " + r.Path
		for _, p := range r.Pages {
			beside[p] = name
		}
		if r.Scope == "" && r.Open == "" {
			t.Errorf("%s has no scope and no reason why", name)
		}
		if r.Scope == "" && len(r.Open) < 20 {
			t.Errorf("%s: the reason %q is none", name, r.Open)
		}
	}
	actions := pages.Actions()
	for _, action := range actions {
		if strings.HasPrefix(action, "HEAD ") || beside[action] != "" || pagesOnly[action] != "" {
			continue
		}
		t.Errorf("page action %q has no route for programs", action)
	}
	for action := range pagesOnly {
		if !slices.Contains(actions, action) {
			t.Errorf("%q is excused and no page action", action)
		}
		if beside[action] != "" {
			t.Errorf("%q is excused, and %s stands beside it", action, beside[action])
		}
	}
	for action, route := range beside {
		if !slices.Contains(actions, action) {
			t.Errorf("%s stands beside %q, which is no page action", route, action)
		}
	}
}

// What a gate may stand before is the same on the pages and in the routes beside them; a draft is sent on its
// page, and in a program like anything new.
func TestGatesArePagesAndProgramsAlike(t *testing.T) {
	w := bareTown(t)
	pages, programs, err := w.h.edges()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]reputation.Action{"POST /drafts/:name": nil}
	for _, r := range programs.Routes() {
		for _, p := range r.Pages {
			if method, _, _ := strings.Cut(p, " "); method == http.MethodPost {
				want[p] = append(want[p], r.Gates...)
			}
			if p == "POST /c/:name/submit" {
				want["POST /drafts/:name"] = append(want["POST /drafts/:name"], r.Gates...)
			}
		}
	}
	delete(want, "POST /messages") // it only finds whom to write to
	got := pages.Gated()
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s has a gate and no route beside it", name)
		}
	}
	for name, acts := range want {
		slices.Sort(acts)
		has := slices.Sorted(slices.Values(got[name]))
		if !slices.Equal(has, slices.Compact(acts)) {
			t.Errorf("%s asks before %v, the routes beside it before %v", name, has, acts)
		}
	}
}
