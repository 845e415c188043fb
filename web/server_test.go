package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"halqa/circles"
)

func do(s *Server, method, target, body string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "halqa.test"
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(r *http.Response) string {
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := r.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String()
		}
	}
}

func TestHeaders(t *testing.T) {
	s := testServer(t)
	got := do(s, "GET", "/nowhere", "").Header
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cache-Control": "private, no-cache", "Vary": "Accept, Cookie, Accept-Language",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	policy := got.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("the policy %q is open", policy)
	}
}

// A form that another site sends is refused, whatever it carries.
func TestCrossSiteFormIsRefused(t *testing.T) {
	s := testServer(t)
	for _, c := range []struct {
		header []string
		want   int
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://other.halqa.test"}, 403},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 303},
		{[]string{"Origin", "https://halqa.test"}, 303},
		{nil, 303},
	} {
		r := do(s, "POST", "/preferences", "theme=dark&back=/circles", c.header...)
		if r.StatusCode != c.want {
			t.Errorf("POST with %q: %d, want %d", c.header, r.StatusCode, c.want)
		}
		if kept := len(r.Cookies()) > 0; kept != (c.want == 303) {
			t.Errorf("POST with %q: kept the preference: %v", c.header, kept)
		}
	}
}

func TestPreferences(t *testing.T) {
	s := testServer(t)
	r := do(s, "POST", "/preferences", "theme=dark&lang=zh&back=//evil.example/x")
	if got := r.Header.Get("Location"); got != "/" {
		t.Errorf("goes on to %q, want /", got)
	}
	for _, k := range r.Cookies() {
		if !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %s: Secure %v, HttpOnly %v, SameSite %v", k.Name, k.Secure, k.HttpOnly, k.SameSite)
		}
	}
	page := bodyOf(do(s, "GET", "/nowhere", "", "Cookie", "theme=dark; lang=zh; density=compact"))
	for _, want := range []string{`lang="zh" data-theme="dark" data-density="compact"`, "这里什么也没有"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, odd := range []string{"theme=%22onload; lang=xx", "theme=" + strings.Repeat("a", 3000)} {
		if page := bodyOf(do(s, "GET", "/nowhere", "", "Cookie", odd)); !strings.Contains(page, `<html lang="en">`) {
			t.Errorf("the cookie %.20q changed the page: %.80q", odd, page)
		}
	}
}

func TestLanguageOfAPage(t *testing.T) {
	s := testServer(t)
	for _, c := range []struct{ target, cookie, accept, want string }{
		{"/x", "", "", "en"},
		{"/x", "", "zh-CN,zh;q=0.9", "zh"},
		{"/x", "lang=en", "zh-CN", "en"},
		{"/x?lang=zh", "lang=en", "en", "zh"},
		{"/x?lang=klingon", "", "", "en"},
	} {
		page := bodyOf(do(s, "GET", c.target, "", "Cookie", c.cookie, "Accept-Language", c.accept))
		if !strings.Contains(page, `<html lang="`+c.want+`"`) {
			t.Errorf("%s with cookie %q and %q: %.60q, want %s", c.target, c.cookie, c.accept, page, c.want)
		}
	}
}

// A flash is said once, and only sentences of ours.
func TestFlash(t *testing.T) {
	s := testServer(t)
	r := do(s, "GET", "/nowhere", "", "Cookie", "flash=flash.saved")
	if page := bodyOf(r); !strings.Contains(page, "Saved.") {
		t.Error("the flash is not shown")
	}
	if k := r.Cookies(); len(k) != 1 || k[0].MaxAge >= 0 {
		t.Errorf("the flash is not taken away: %v", k)
	}
	for _, odd := range []string{"flash=pay.evil", "flash=error.internal", "flash=flash.none", "flash=<b>"} {
		if page := bodyOf(do(s, "GET", "/nowhere", "", "Cookie", odd)); strings.Contains(page, `class="notice`) {
			t.Errorf("the cookie %q made a notice", odd)
		}
	}
}

// Each kind of refusal has its status and one sentence; what is ours stays in the log.
func TestErrorPages(t *testing.T) {
	s := testServer(t)
	for _, c := range []struct {
		err    error
		status int
		want   string
	}{
		{circles.Errorf(circles.Invalid, "Too short."), 422, "Too short."},
		{circles.Errorf(circles.Denied, "Who are you?"), 401, `href="/login?next=%2ffail%3fa%3d1"`},
		{circles.Errorf(circles.Forbidden, "Not you."), 403, "Not you."},
		{circles.Errorf(circles.NotFound, "No such post."), 404, "There is no page at this address"},
		{circles.Errorf(circles.Conflict, "Changed meanwhile."), 409, "Changed meanwhile."},
		{circles.Errorf(circles.Gone, "Deleted."), 410, "Deleted."},
		{circles.Errorf(circles.TooLarge, "Too large."), 413, "Too large."},
		{circles.Errorf(circles.Limited, "Slow down."), 429, "Slow down."},
		{circles.Errorf(circles.Busy, "The disk is full."), 503, "The disk is full."},
		{fmt.Errorf("secret dsn"), 500, "Something broke"},
		{echo.NewHTTPError(405), 404, "Nothing here"},
	} {
		e := echo.New()
		w := httptest.NewRecorder()
		ctx := e.NewContext(httptest.NewRequest("GET", "/fail?a=1", nil), w)
		ctx.Response().Header().Set(echo.HeaderXRequestID, "feedbeef")
		s.refuse(c.err, ctx)
		page := w.Body.String()
		if w.Code != c.status || !strings.Contains(strings.ToLower(page), strings.ToLower(c.want)) || !strings.Contains(page, "feedbeef") {
			t.Errorf("%v: status %d, want %d; the page has %q: %v, the id: %v", c.err, w.Code, c.status, c.want, strings.Contains(page, c.want), strings.Contains(page, "feedbeef"))
		}
		if strings.Contains(page, "secret") {
			t.Errorf("%v: the page tells what broke", c.err)
		}
	}
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{
		"/": "/", "/c/tea?sort=new#p1": "/c/tea?sort=new#p1", "": "/", "c/tea": "/", "//evil.example": "/", "/\\evil.example": "/",
		"https://evil.example/": "/", "/\t/evil.example": "/", "/%2f/evil": "/%2f/evil", "/" + strings.Repeat("a", 3000): "/", "/\x00": "/",
	} {
		if got := localPath(in); got != want {
			t.Errorf("localPath(%.30q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "//x", "/\\x", "/a/../b", "/%5cx", "/?next=//x", "/:80"} {
		f.Add(seed)
	}
	base, _ := url.Parse("https://halqa.test/login")
	f.Fuzz(func(t *testing.T, in string) {
		u, err := base.Parse(localPath(in))
		if err != nil || u.Host != "halqa.test" || u.Scheme != "https" {
			t.Errorf("localPath(%q) leads to %v (%v)", in, u, err)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		testServer(b)
	}
}
