package static

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func files(t *testing.T) *Files {
	t.Helper()
	f, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func get(f *Files, path string, header ...string) *http.Response {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Result()
}

func TestServing(t *testing.T) {
	f := files(t)
	u := f.URL("app.css")
	if !regexp.MustCompile(`^/static/app\.[0-9a-f]{12}\.css$`).MatchString(u) {
		t.Fatalf("URL(app.css) = %q", u)
	}
	plain := get(f, u)
	want, _ := io.ReadAll(plain.Body)
	if cc := plain.Header.Get("Cache-Control"); !strings.Contains(cc, "immutable") {
		t.Errorf("Cache-Control %q, want immutable", cc)
	}
	small := get(f, u, "Accept-Encoding", "br, gzip;q=0.8")
	if got := small.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding %q, want gzip", got)
	}
	zr, err := gzip.NewReader(small.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(zr); err != nil || string(got) != string(want) {
		t.Errorf("the gzip form differs from the plain one (%v)", err)
	}
	if a, b := plain.Header.Get("ETag"), small.Header.Get("ETag"); a == b || a == "" {
		t.Errorf("ETags %q and %q: each coding needs its own", a, b)
	}
	if got := get(f, u, "If-None-Match", plain.Header.Get("ETag")).StatusCode; got != 304 {
		t.Errorf("a known ETag gets %d, want 304", got)
	}
	if got := get(f, u, "Accept-Encoding", "gzip;q=0").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("gzip was refused, got %q", got)
	}
	for _, missing := range []string{"/static/app.css", "/static/", "/static/../static.go", "/static/css/00-tokens.css"} {
		if got := get(f, missing).StatusCode; got != 404 {
			t.Errorf("%s gets %d, want 404", missing, got)
		}
	}
}

func TestModulesImportHashedNames(t *testing.T) {
	f := files(t)
	body, _ := io.ReadAll(get(f, f.URL("app.js")).Body)
	if !strings.Contains(string(body), `import "`+f.URL("swap.js")+`"`) {
		t.Errorf("app.js does not import the hashed swap.js:\n%s", body)
	}
	if left := regexp.MustCompile(`"\./[a-z]+\.js"`).Find(body); left != nil {
		t.Errorf("app.js still imports %s", left)
	}
}

func TestModulesInACircleAreRefused(t *testing.T) {
	src := fstest.MapFS{
		"css/a.css":      {Data: []byte("a{}")},
		"icons/ring.svg": {Data: []byte(`<svg viewBox="0 0 1 1"></svg>`)},
		"js/a.js":        {Data: []byte("import \"./b.js\";\n")},
		"js/b.js":        {Data: []byte("import \"./a.js\";\n")},
	}
	if _, err := load(src); err == nil || !strings.Contains(err.Error(), "imports itself") {
		t.Errorf("load = %v, want an error about the circle", err)
	}
}

// The budgets of a first visit, compressed: the style sheet and all modules together.
func TestBudgets(t *testing.T) {
	f := files(t)
	js := 0
	for name := range f.urls {
		if strings.HasSuffix(name, ".js") {
			js += f.Size(name)
		}
	}
	if css := f.Size("app.css"); css > 15<<10 || css == 0 {
		t.Errorf("app.css is %d bytes compressed, want at most %d", css, 15<<10)
	}
	if js > 12<<10 || js == 0 {
		t.Errorf("the modules are %d bytes compressed, want at most %d", js, 12<<10)
	}
	t.Logf("css %d, js %d, icons %d bytes compressed", f.Size("app.css"), js, f.Size("icons.svg"))
}

// A page is not at the mercy of another host, and physical directions break right-to-left pages.
func TestStyleSheetRules(t *testing.T) {
	f := files(t)
	css, _ := io.ReadAll(get(f, f.URL("app.css")).Body)
	for _, bad := range []string{`url\(`, `@import`, `(margin|padding|border)-(left|right)`, `[^-a-z](left|right)\s*:`, `text-align:\s*(left|right)`} {
		if m := regexp.MustCompile(bad).FindIndex(css); m != nil {
			t.Errorf("app.css holds %q, which is not wanted", css[m[0]:min(m[1]+30, len(css))])
		}
	}
}
