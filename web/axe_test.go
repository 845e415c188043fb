package web

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// required reports whether the run was asked to fail rather than to skip without this.
func required(what string) bool {
	return slices.Contains(strings.Split(os.Getenv("HALQA_TEST_REQUIRE"), ","), what)
}

// axe returns the source of axe-core, which HALQA_AXE names. It is not part of this project.
func axe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("HALQA_AXE")
	if path == "" {
		if required("axe") {
			t.Fatal("HALQA_TEST_REQUIRE asks for axe, and HALQA_AXE does not say where axe.min.js is")
		}
		t.Skip("skipped: HALQA_AXE does not say where axe-core's axe.min.js is")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// violations asks axe-core for what WCAG 2.2, levels A and AA, forbids.
const violations = `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
	.then(r => JSON.stringify({rules: r.passes.length + r.violations.length, found: r.violations.map(v => v.id + ": " + v.help + "\n" +
		v.nodes.slice(0, 4).map(n => "    " + n.html.slice(0, 160) + "\n      " + n.failureSummary.replace(/\s+/g, " ").slice(0, 260)).join("\n"))}))`

// inspect has axe-core look at the page that is open, and returns what it finds.
func inspect(t *testing.T, ctx context.Context, source string) []string {
	t.Helper()
	script(t, ctx, source+`; "read"`)
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](violations, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Rules int
		Found []string
	}
	if err := json.Unmarshal([]byte(said), &result); err != nil {
		t.Fatalf("%v in %s", err, said)
	}
	if result.Rules == 0 {
		t.Error("axe looked at nothing")
	}
	return result.Found
}

// TestPagesAreAccessible has axe-core look at each page, light and dark, in both languages, wide and on
// the smallest telephone; and finds what sticks out at three widths in either language.
func TestPagesAreAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	source := axe(t)
	ctx := browser(t)
	site := sampleSite(t)
	bad := "data:text/html,<title>x</title><p style='color:%23aaa'>Grey on white<img src=x>"
	if err := chromedp.Do(ctx, chromedp.Navigate(bad)); err != nil {
		t.Fatal(err)
	}
	if found := strings.Join(inspect(t, ctx, source), " "); !strings.Contains(found, "color-contrast") || !strings.Contains(found, "image-alt") || !strings.Contains(found, "html-has-lang") {
		t.Fatalf("axe does not find what is wrong with a bad page, but %q", found)
	}
	names := []string{"/dev/components"}
	for _, c := range samples() {
		names = append(names, "/sample/"+c.file)
	}
	only := os.Getenv("HALQA_PAGES")
	for _, name := range names {
		if only != "" && !strings.Contains(","+only+",", ","+filepath.Base(name)+",") {
			continue
		}
		for _, lang := range []string{"en", "zh"} {
			for _, at := range []struct {
				width int64
				theme string
				axe   bool
			}{{1180, "light", true}, {1180, "dark", true}, {320, "light", true}, {320, "dark", lang == "en"}, {768, "light", false}} {
				where := fmt.Sprintf("%s in %s at %d, %s", name, lang, at.width, at.theme)
				if found := look(t, ctx, site.URL+name+"?lang="+lang, at.width, at.theme); found != "" {
					t.Errorf("%s:\n%s", where, found)
				}
				if !at.axe {
					continue
				}
				for _, v := range inspect(t, ctx, source) {
					t.Errorf("%s: %s", where, v)
				}
			}
		}
	}
}
