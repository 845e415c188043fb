package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"halqa/circles"
	"halqa/internal/text"
)

// TestRefusalsAreInTheCatalogue: a refusal whose key is not there would be shown in English to all.
func TestRefusalsAreInTheCatalogue(t *testing.T) {
	catalogue, err := os.ReadFile("../i18n/locale/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`With\("(refused\.[a-z-]+)"`)
	reason := regexp.MustCompile(`Reason = "([a-z-]+)"`)
	var keys []string
	for _, file := range append(files, "../standing/reason.go") {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(source), -1) {
			keys = append(keys, m[1])
		}
		if strings.HasSuffix(file, "reason.go") {
			for _, m := range reason.FindAllStringSubmatch(string(source), -1) {
				keys = append(keys, "refused."+m[1])
			}
		}
	}
	if len(keys) < 30 {
		t.Fatalf("found only %d keys", len(keys))
	}
	for _, k := range keys {
		if !strings.Contains(string(catalogue), `"`+k+`"`) {
			t.Errorf("the catalogue lacks %q", k)
		}
	}
}

// FuzzPrepare: whatever a server sends, what is stored is bounded, clean, and has a title.
func FuzzPrepare(f *testing.F) {
	f.Add("Title", "<p>Words <b>and</b> more</p>", "*src*", "https://x.example/a b", "en", "cw", "alt", "https://x.example/p.png")
	f.Add("", "<p>@ann@home.example  Hello there. And on.</p>", "", "javascript:alert(1)", "zh_CN", "", "", "data:image/png;base64,x")
	f.Add("\u202e\x00\xff", strings.Repeat("<div>", 300), "\x00", "https://u:p@x.example/", "tlh-x-y", "\x01", "\xff", "//x")
	a := New(Options{Sanitizer: text.NewSanitizer()})
	f.Fuzz(func(t *testing.T, title, html, source, link, language, warning, alt, photo string) {
		for _, parent := range []circles.PostID{0, 1} {
			p := RemotePost{Parent: parent, Title: title, HTML: html, Source: source, Link: link, URL: link, Language: language,
				Warning: warning, Photos: []RemotePhoto{{URL: photo, Alt: alt, Mime: alt, Blurhash: alt, Width: len(alt) - 2, Height: 1 << 40}}}
			a.Prepare(&p)
			if (parent == 0) != (p.Title != "") {
				t.Errorf("parent %d: title %q", parent, p.Title)
			}
			limits := map[string]int{p.Title: circles.MaxTitle, p.Source: circles.MaxBody, p.Warning: circles.MaxWarning, p.Language: 35,
				p.Link: circles.MaxLink, p.URL: circles.MaxLink, p.HTML: circles.MaxBodyHTML}
			for _, ph := range p.Photos {
				limits[ph.Alt], limits[ph.Mime] = circles.MaxAlt, circles.MaxAlt
				limits[ph.URL] = circles.MaxLink
				if !strings.HasPrefix(ph.URL, "http") || ph.Width < 0 || ph.Height > maxPixels {
					t.Errorf("photo %+v", ph)
				}
			}
			for s, max := range limits {
				if n := utf8.RuneCountInString(s); n > max || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
					t.Errorf("%q has %d runes, at most %d and clean", s[:min(len(s), 50)], n, max)
				}
			}
		}
	})
}
