package web

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/i18n"
)

// The session cookie is not for scripts, not for other sites, and under https not for plain http or for
// another host of the domain.
func TestSessionCookie(t *testing.T) {
	for _, origin := range []string{"", "https://halqa.test"} {
		h := newHouseWith(t, func(o *Options) {
			if origin != "" {
				o.Origin = origin
			}
		})
		_, err := h.accounts.Create(h.ctx(), "ada", goodPassword, circles.SiteMember)
		h.must(err)
		resp := do(h.Server, "POST", "/login", "name=ada&next=//evil.example&password="+strings.ReplaceAll(goodPassword, " ", "+"))
		if got := resp.Header.Get("Location"); resp.StatusCode != 303 || got != "/" {
			t.Errorf("login with a next of another site: %d to %q, want 303 to /", resp.StatusCode, got)
		}
		var k *http.Cookie
		for _, c := range resp.Cookies() {
			if strings.HasSuffix(c.Name, "session") {
				k = c
			}
		}
		secure := origin != ""
		if k == nil || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || k.Secure != secure ||
			strings.HasPrefix(k.Name, "__Host-") != secure {
			t.Fatalf("origin %q: the session cookie is %+v", origin, k)
		}
		resp = do(h.Server, "GET", "/settings/sessions", "", "Cookie", k.Name+"="+k.Value)
		if page := bodyOf(resp); resp.StatusCode != 200 || strings.Contains(page, k.Value) {
			t.Errorf("the page of sessions: %d, shows the token: %v", resp.StatusCode, strings.Contains(page, k.Value))
		}
		do(h.Server, "POST", "/logout", "", "Cookie", k.Name+"="+k.Value)
		if resp = do(h.Server, "GET", "/settings/profile", "", "Cookie", k.Name+"="+k.Value); resp.StatusCode != 303 {
			t.Errorf("after logging out the token still opens a page: %d", resp.StatusCode)
		}
		if taken := resp.Cookies(); len(taken) == 0 || taken[0].MaxAge >= 0 {
			t.Errorf("a dead token is not taken away: %v", taken)
		}
		if strings.Contains(h.logs.String(), k.Value) || strings.Contains(h.logs.String(), goodPassword) {
			t.Error("the log has a secret")
		}
	}
}

// A form that never ends, or is larger than any post, is refused before it is kept.
func TestUploadsAreBounded(t *testing.T) {
	h := newHouse(t)
	r := h.member("ada", circles.SiteMember)
	r.open("/circles/new")
	r.send("/circles/new", fill{"name": "tea"})
	resp, err := r.client.Post(h.site.URL+"/circles/new", "application/x-www-form-urlencoded", io.LimitReader(endless{}, maxForm+10))
	if err == nil {
		if resp.StatusCode != 413 {
			t.Errorf("a form of %d bytes: %d, want 413", maxForm+10, resp.StatusCode)
		}
		resp.Body.Close()
	}
	head := "--x\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\n\r\n"
	resp, err = r.client.Post(h.site.URL+"/c/tea/submit", "multipart/form-data; boundary=x", io.MultiReader(strings.NewReader(head), io.LimitReader(endless{}, maxUpload)))
	if err == nil {
		if resp.StatusCode != 413 {
			t.Errorf("a file of %d bytes: %d, want 413", maxUpload, resp.StatusCode)
		}
		resp.Body.Close()
	}
	var many bytes.Buffer
	for i := range 2000 {
		fmt.Fprintf(&many, "--x\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\n1\r\n", i)
	}
	many.WriteString("--x--\r\n")
	r.take(r.client.Post(h.site.URL+"/c/tea/submit", "multipart/form-data; boundary=x", &many))
	if r.status != 422 && r.status != 413 {
		t.Errorf("a form of 2000 fields: %d, want 422 or 413", r.status)
	}
	page, err := h.app.Feed(h.ctx(), circles.Viewer{}, app.FeedQuery{})
	h.must(err)
	if len(page.Posts) != 0 {
		t.Errorf("%d posts were made", len(page.Posts))
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// Photos of public circles may be kept by anyone for good; others are asked for each time. None can be
// taken for a page.
func TestPicturesAreServed(t *testing.T) {
	h := newHouse(t)
	r := h.member("ada", circles.SiteMember)
	for _, c := range []struct{ visibility, cache string }{
		{"public", "public, max-age=31536000, immutable"}, {"local", "private, no-cache"},
	} {
		r.open("/circles/new")
		r.send("/circles/new", fill{"name": "tea_" + c.visibility, "visibility": c.visibility})
		submit := "/c/tea_" + c.visibility + "/submit"
		r.open(submit)
		r.send(submit, fill{"title": "Cups", "!": "do=draft"}, file{"photos", "a.jpg", meadow()})
		id := regexp.MustCompile(`name="media" value="([0-9a-f]{32})"`).FindStringSubmatch(r.html)[1]
		path := "/media/" + id + "/480.webp"
		if v := h.reader(); true {
			if v.open(path); v.status != 404 {
				t.Errorf("a photo that is not posted, for a visitor: %d, want 404", v.status)
			}
		}
		r.send(submit, fill{"!": "do=post"})
		get := func(header ...string) *http.Response {
			req, err := http.NewRequest("GET", h.site.URL+path, nil)
			h.must(err)
			for i := 0; i < len(header); i += 2 {
				req.Header.Set(header[i], header[i+1])
			}
			resp, err := r.client.Do(req)
			h.must(err)
			resp.Body.Close()
			return resp
		}
		resp := get()
		for name, want := range map[string]string{"Content-Type": "image/webp", "X-Content-Type-Options": "nosniff", "Cache-Control": c.cache,
			"Content-Security-Policy": "default-src 'none'; sandbox", "Accept-Ranges": "bytes"} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s photo: %s is %q, want %q", c.visibility, name, got, want)
			}
		}
		if again := get("If-None-Match", resp.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("%s photo asked for again: %d, want 304", c.visibility, again.StatusCode)
		}
		if part := get("Range", "bytes=0-9"); part.StatusCode != 206 || part.ContentLength != 10 {
			t.Errorf("%s photo in part: %d with %d bytes, want 206 with 10", c.visibility, part.StatusCode, part.ContentLength)
		}
	}
}

// The picture of a profile, the other settings, and what they change.
func TestSettings(t *testing.T) {
	h := newHouse(t)
	r := h.member("ada", circles.SiteMember)
	r.open("/settings/profile")
	r.send("/settings/profile", fill{"display": "Ada Moreau", "bio": "*Rain*."}, file{"picture", "me.jpg", meadow()})
	r.shows("Saved.", "Ada Moreau", "/96.webp")
	r.open("/u/ada")
	r.shows("<em>Rain</em>", "/400.webp")
	r.open("/settings/profile")
	r.send("/settings/profile", fill{"display": strings.Repeat("long ", 30)})
	if r.status != 422 {
		t.Errorf("a name that is too long: %d, want 422", r.status)
	}
	r.shows(`aria-describedby="display-help display-problem"`)
	r.open("/settings/profile")
	r.send("/settings/profile", nil, file{"picture", "me.txt", []byte("no picture")})
	r.shows(`href="#picture"`)

	r.open("/settings/appearance")
	r.send("/settings/appearance", fill{"theme": "dark", "density": "compact", "lang": "zh", "reveal": "1"})
	r.shows(`<html lang="zh" data-theme="dark" data-density="compact">`, "已保存")
	r.open("/settings/appearance")
	r.send("/settings/appearance", fill{"theme": "", "density": "", "lang": ""})
	r.shows(`<html lang="en">`)

	other := h.reader()
	other.open("/login")
	other.send("/login", fill{"name": "@Ada", "password": "not the password"})
	if other.status != 422 {
		t.Errorf("a wrong password: %d, want 422", other.status)
	}
	other.shows("do not belong together", `value="@Ada"`)
	other.hides("not the password")
	other.send("/login", fill{"password": goodPassword})
	r.open("/settings/sessions")
	r.send("/settings/sessions", nil)
	if other.open("/settings/profile"); !strings.HasPrefix(other.path, "/login") {
		t.Errorf("a session that was ended still reads %s", other.path)
	}
	r.open("/settings/password")
	r.send("/settings/password", fill{"old": "wrong wrong wrong", "new": "ten herons wade slowly"})
	r.shows(`id="old-problem"`)
	r.send("/settings/password", fill{"old": goodPassword, "new": "ten herons wade slowly"})
	r.shows("Your password is changed")

	// Only an admin says who may sign up.
	if r.open("/admin"); r.status != 404 {
		t.Errorf("/admin for a member: %d, want 404", r.status)
	}
	keeper := h.member("keeper", circles.SiteAdmin)
	keeper.open("/admin")
	keeper.send("/admin", fill{"registration": "open"})
	visitor := h.reader()
	visitor.open("/")
	visitor.shows(`href="/signup"`)

	r.open("/settings/account")
	r.send("/settings/account", fill{"password": goodPassword})
	r.shows("This is not your password")
	r.send("/settings/account", fill{"password": "ten herons wade slowly"})
	r.shows("Your account is deleted")
	if r.open("/settings/profile"); !strings.HasPrefix(r.path, "/login") {
		t.Errorf("an account that was deleted still reads %s", r.path)
	}
}

// Every sentence that can be shown as a refusal is in the catalogues.
func TestRefusalsAreInTheCatalogues(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	check := func(where, key string) {
		seen++
		for _, lang := range words.Languages() {
			if !words.Localizer(lang.Tag).Has(key) {
				t.Errorf("%s refuses with %q, which the catalogue %s lacks", where, key, lang.Tag)
			}
		}
	}
	for _, room := range []string{"app", "standing", "accounts", "text", "media", "fetch", "tips"} {
		files, err := filepath.Glob("../internal/" + room + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of %s: %v", room, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					sel, ok := n.Fun.(*ast.SelectorExpr)
					if !ok || sel.Sel.Name != "With" || len(n.Args) != 2 {
						return true
					}
					if lit, ok := n.Args[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						key, _ := strconv.Unquote(lit.Value)
						check(name, key)
					}
				case *ast.ValueSpec: // the reasons of standing are keys behind "refused."
					if id, ok := n.Type.(*ast.Ident); ok && room == "standing" && id.Name == "Reason" {
						key, _ := strconv.Unquote(n.Values[0].(*ast.BasicLit).Value)
						check(name, "refused."+key)
					}
				}
				return true
			})
		}
	}
	if seen < 50 {
		t.Fatalf("found only %d keys: the search is broken", seen)
	}
}
