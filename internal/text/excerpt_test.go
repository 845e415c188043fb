package text

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestExcerptHTMLReadsEnough: stopping early changes no excerpt of what people write.
func TestExcerptHTMLReadsEnough(t *testing.T) {
	if got, want := ExcerptHTML("<p>e\u0301e\u0301word </p>", 2), "é…"; got != want {
		t.Errorf("ExcerptHTML of two composed letters and more: got %q, want %q", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"word ", "long-ish ", "字", "،", "é", "e\u0301", "🌱", "<b>", "</b>", "<p>", "</p>", "<br>", "&amp;", "&lt;", "  ", "\n", "<pre>", "</pre>", ". ", "\u200b"})
		html := strings.Join(rapid.SliceOfN(piece, 0, 120).Draw(t, "html"), "")
		n := rapid.IntRange(2, 40).Draw(t, "n")
		if hidden := strings.Count(html, "\u200b") + strings.Count(html, "\u0301"); hidden > n {
			return // most of it may be invisible
		}
		if got, want := ExcerptHTML(html, n), Excerpt(Plain(html), n); got != want {
			t.Fatalf("ExcerptHTML(%q, %d): got %q, want %q", html, n, got, want)
		}
	})
}
