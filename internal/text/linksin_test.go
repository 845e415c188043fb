package text

import (
	"slices"
	"testing"
)

func TestLinksIn(t *testing.T) {
	for _, tt := range []struct {
		html string
		want []string
	}{
		{`<p>none</p>`, nil},
		{`<p><a href="https://a.example/x">a</a> and <a href="https://a.example/x">again</a></p>`, []string{"https://a.example/x", "https://a.example/x"}},
		{`<a href="https://far.example/@ann">@<span>ann</span></a> <a href="https://far.example/@ann">@ann@far.example</a>`, nil},
		{`<a href="https://here.example/tag/cats">#Cats</a> <a href="https://here.example/c/plants@b.example">!plants</a>`, nil},
		{`<a href="https://spam.example/pills">#cheap</a>`, []string{"https://spam.example/pills"}},
		{`<a href="https://spam.example/">@</a><a>no</a>`, []string{"https://spam.example/"}},
		{`<a href="https://x.example/`, nil},
	} {
		if got := LinksIn(tt.html); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.html, got, tt.want)
		}
	}
}
