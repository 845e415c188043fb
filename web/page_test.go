package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"github.com/jba/templatecheck"

	"halqa/internal/accounts"
	"halqa/internal/i18n"
	"halqa/static"
)

func testServer(t testing.TB) *Server {
	t.Helper()
	s, err := New(Options{
		Origin: "https://halqa.test", Dev: true,
		Now: func() time.Time { return sampleNow }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.site.value = accounts.Site{Name: "Meadow", Registration: accounts.Open, SetUp: true}
	return s
}

func renderSample(t testing.TB, s *Server, lang string, c sample) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.pages.page(w, 200, lang, c.page, c.view, nil); err != nil {
		t.Fatalf("%s: %v", c.file, err)
	}
	return w.Body.String()
}

// Every field that a template names exists in its view, on every branch.
func TestTemplatesFitTheirViews(t *testing.T) {
	set := testServer(t).pages.sets[i18n.Default]
	checked := map[string]bool{}
	for _, c := range append(samples(), sample{page: "components", zero: ComponentsView{}}) {
		if checked[c.page] {
			continue
		}
		checked[c.page] = true
		if err := templatecheck.CheckHTML(set.Lookup(c.page), c.zero); err != nil {
			t.Errorf("%s with %T: %v", c.page, c.zero, err)
		}
	}
	for _, tmpl := range set.Templates() { // what opens the shell is a page and must be in the table
		if tmpl.Tree != nil && strings.Contains(tmpl.Tree.Root.String(), `{{template "top"`) && !checked[tmpl.Name()] {
			t.Errorf("page %q has no sample", tmpl.Name())
		}
	}
}

// An empty view renders too: a page never depends on a handler having filled in what is optional.
func TestEmptyViewsRender(t *testing.T) {
	s := testServer(t)
	for _, c := range samples() {
		if err := s.pages.page(httptest.NewRecorder(), 200, "en", c.page, c.zero, nil); err != nil {
			t.Errorf("%s: %v", c.page, err)
		}
	}
}

// keysOf collects the catalogue keys that a template tree asks for with t "…".
func keysOf(n parse.Node, add func(string)) {
	if n == nil || reflect.ValueOf(n).IsNil() {
		return
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, c := range n.Nodes {
			keysOf(c, add)
		}
	case *parse.ActionNode:
		keysOf(n.Pipe, add)
	case *parse.TemplateNode:
		keysOf(n.Pipe, add)
	case *parse.IfNode:
		keysOf(n.Pipe, add)
		keysOf(n.List, add)
		keysOf(n.ElseList, add)
	case *parse.WithNode:
		keysOf(n.Pipe, add)
		keysOf(n.List, add)
		keysOf(n.ElseList, add)
	case *parse.RangeNode:
		keysOf(n.Pipe, add)
		keysOf(n.List, add)
		keysOf(n.ElseList, add)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			keysOf(c, add)
		}
	case *parse.CommandNode:
		if id, ok := n.Args[0].(*parse.IdentifierNode); ok && id.Ident == "t" && len(n.Args) > 1 {
			if key, ok := n.Args[1].(*parse.StringNode); ok {
				add(key.Text)
			} else {
				add("not a constant: " + n.String())
			}
		}
		for _, a := range n.Args {
			keysOf(a, add)
		}
	}
}

// Every key that a page or a handler asks for is in the catalogue.
func TestKeysExist(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	en := words.Localizer("en")
	seen := 0
	check := func(where string) func(string) {
		return func(key string) {
			seen++
			if !en.Has(key) {
				t.Errorf("%s asks for %q, which no catalogue has", where, key)
			}
		}
	}
	drawn := template.FuncMap{"comments": func([]Comment) template.HTML { return "" }} // its keys stand in draw.go
	fresh, err := template.New("").Funcs(functions(en, testServerAssets(t), time.Now)).Funcs(drawn).ParseFS(pages, "page/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, tmpl := range fresh.Templates() {
		if tmpl.Tree != nil {
			keysOf(tmpl.Tree.Root, check("template "+tmpl.Name()))
		}
	}
	files, _ := filepath.Glob("*.go")
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "T" && sel.Sel.Name != "With" {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				key, _ := strconv.Unquote(lit.Value)
				check(file)(key)
			}
			return true
		})
	}
	if seen < 200 {
		t.Fatalf("found only %d keys: the search is broken", seen)
	}
}

var inline = regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)=|<style|<script(>|[^>]*>[^<])|javascript:`)

// The content security policy has no room for anything inline, and the pages need none.
func TestNothingInline(t *testing.T) {
	s := testServer(t)
	for _, c := range samples() {
		html := renderSample(t, s, "en", c)
		if m := inline.FindString(html); m != "" {
			t.Errorf("%s holds %q", c.file, m)
		}
		if strings.Contains(html, "&lt;no value&gt;") || strings.Contains(html, "ZgotmplZ") {
			t.Errorf("%s shows a hole in its template", c.file)
		}
	}
}

// No page in another language shows a key or falls back to English in the shell.
func TestChinesePages(t *testing.T) {
	s := testServer(t)
	key := regexp.MustCompile(`>[a-z-]+\.[a-z-]+<`)
	words := s.words
	for _, c := range samples() {
		html := renderSample(t, s, "zh", c)
		if !strings.Contains(html, "跳到正文") {
			t.Errorf("%s: the shell is not in Chinese", c.file)
		}
		if m := strings.Trim(key.FindString(html), "<>"); words.Localizer("en").Has(m) {
			t.Errorf("%s shows the key %s", c.file, m)
		}
	}
}

// What strangers write is text wherever it lands.
func TestHostileStringsAreEscaped(t *testing.T) {
	s := testServer(t)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	row := sampleRows(true)[0]
	who := PersonRef{Actor: evil, Name: evil, Display: evil, Href: "javascript:alert(1)", Avatar: "javascript:alert(1)"}
	circle := CircleRef{Actor: evil, Name: evil, Title: evil, Href: "javascript:alert(1)"}
	photo := Photo{ID: evil, Alt: evil, Blurhash: evil, Width: 1, Height: 1, Widths: []int{480}}
	row.Title, row.Excerpt, row.Lang, row.Author, row.Circle, row.Warning, row.LinkHost, row.LinkHref, row.Thumb = evil, evil, evil, who, &circle, evil, evil, "javascript:alert(1)", &photo
	page := samplePage(evil, true)
	row.Vote = Vote{ID: 1, Login: `javascript:alert(1)"><script>alert(1)</script>`}
	page.About, page.Canonical, page.ActivityURL, page.Here, page.Flash = evil, "javascript:alert(1)", evil, evil, &Flash{Text: evil}
	html := renderSample(t, s, "en", sample{file: "hostile", page: "home", view: HomeView{Page: page, Feed: Feed{Posts: []PostRow{row}, More: "javascript:alert(1)"}, Open: []CircleRef{circle}}})
	for _, bad := range []string{"<script>alert", "<img src=x", `href="javascript:`, `src="javascript:`} {
		if strings.Contains(html, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

func TestBlur(t *testing.T) {
	good := Photo{Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj"}.Blur()
	if n := strings.Count(string(good), "<rect"); n != blurCols*blurRows {
		t.Errorf("a good hash gives %d rectangles, want %d", n, blurCols*blurRows)
	}
	for _, bad := range []string{"", "L", "LEHV6nWB2yk8pyo0adR*.7kCMdnjX", "\x00\x00\x00\x00\x00\x00", strings.Repeat("~", 5000)} {
		if got := (Photo{Blurhash: bad}).Blur(); got != "" {
			t.Errorf("Blur of %.20q = %.60q, want nothing", bad, got)
		}
	}
}

// Whatever another server sends as a blurhash, only numbers and colours come out.
func FuzzBlur(f *testing.F) {
	f.Add("LEHV6nWB2yk8pyo0adR*.7kCMdnj")
	f.Add("000000")
	f.Add(`"/><script>`)
	rects := regexp.MustCompile(`^(<svg class="blur" viewBox="0 0 4 3" preserveAspectRatio="none" aria-hidden="true">(<rect x="\d" y="\d" width="1\.02" height="1\.02" fill="#[0-9a-f]{6}"/>){12}</svg>)?$`)
	f.Fuzz(func(t *testing.T, hash string) {
		if svg := string(Photo{Blurhash: hash}.Blur()); !rects.MatchString(svg) {
			t.Errorf("Blur of %q = %q", hash, svg)
		}
	})
}

// The same circle looks the same everywhere and always.
func TestGlyphIsDeterministic(t *testing.T) {
	a, b := glyph(plant, ""), glyph(plant, "")
	if a != b {
		t.Error("two drawings of one circle differ")
	}
	if a == glyph(tea, "") {
		t.Error("two circles share a glyph")
	}
	chosen := plant
	chosen.Hue = 4
	if !strings.Contains(string(glyph(chosen, "")), "hue3") {
		t.Error("the owner's hue is not taken")
	}
}

func BenchmarkFiftyPosts(b *testing.B) {
	s := testServer(b)
	view := HomeView{Page: samplePage("", true), Feed: Feed{Posts: nil}}
	for range 13 {
		view.Posts = append(view.Posts, sampleRows(true)...)
	}
	for b.Loop() {
		if err := s.pages.page(httptest.NewRecorder(), 200, "en", "home", view, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFiveHundredComments(b *testing.B) {
	s := testServer(b)
	view := PostView{Page: samplePage("", true)}
	for i := range 500 / 5 { // five voices a time, one of them the reader's own, with its menu
		c := sampleThread()[0]
		c.Kids = c.Kids[:1]
		c.Kids = append(c.Kids, sampleThread()[1])
		c.Kids[0].Menu, c.Kids[1].Menu, c.Kids[0].Kids[0].Menu, c.Kids[0].Kids[0].Kids[0].Menu = nil, nil, nil, nil
		if i%4 > 0 {
			c.Menu = nil
		}
		view.Thread = append(view.Thread, c)
	}
	for b.Loop() {
		if err := s.pages.page(httptest.NewRecorder(), 200, "en", "post", view, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func testServerAssets(t *testing.T) *static.Files {
	t.Helper()
	f, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	return f
}
