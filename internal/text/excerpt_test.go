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
		piece := rapid.SampledFrom([]string{"word ", "long-ish ", "字", "،", "é", "e\u0301", "が", "か\u3099", "한", "\u1112\u1161\u11ab", "\uac00\u11a8", "🌱", "<b>", "</b>", "<p>", "</p>", "<br>", "&amp;", "&lt;", "  ", "\n", "<pre>", "</pre>", ". ", "\u200b"})
		html := strings.Join(rapid.SliceOfN(piece, 0, 120).Draw(t, "html"), "")
		n := rapid.IntRange(2, 40).Draw(t, "n")
		if got, want := ExcerptHTML(html, n), Excerpt(Plain(html), n); got != want {
			t.Fatalf("ExcerptHTML(%q, %d): got %q, want %q", html, n, got, want)
		}
	})
}

// pieces are what plainOfOurs reads itself, and what it leaves to the tokenizer.
var pieces = []string{"word ", "字", "&amp;", "&lt", "&#x0;", "&notin;", "<p>", "</p>", "<br>", "<br/>", "<br />", "</br>", "<hr>", "</hr>", "<td>", "</th>", "<pre>", "</pre>",
	"\n", "<a href=\"https://x.example/?a=1&amp;b=2\" rel=\"nofollow ugc\">", "</a>", "<a href=\"a>b<c\">", "<a href=\"", "<img src=\"x\" alt=\"seen\">", "<script>", "</script>",
	"<title>", "<textarea>", "<plaintext>", "<span class=\"invisible\">", "</span>", "<", "</", "<!-- c -->", "<?x>", "</ x>", "<B>", "<p id=x>", "<p\tid=\"x\">", "<p id=\"x\"class=\"y\">",
	"<p/ >", "<h1", "<svg/>", "<a b=\"c\"/>", "\r\n", "\x00", "\xff", "\"", ">", "/", "=", " "}

// TestPlainOfOurs: what is read without the tokenizer reads alike.
func TestPlainOfOurs(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		html := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "html"), "")
		samePlain(t, html, &read)
	})
	if read == 0 {
		t.Error("none was read without the tokenizer")
	}
}

func samePlain(t interface{ Fatalf(string, ...any) }, html string, read *int) {
	for _, enough := range []int{5, 40, solid * maxHTML} {
		got, ok := plainOfOurs(html, enough)
		if !ok {
			continue
		}
		*read++
		if want := plainOfAny(html, enough); got != want {
			t.Fatalf("plainOfOurs(%q, %d): got %q, want %q", html, enough, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range append(pieces, strings.Join(pieces, ""), strings.Join(pieces[:22], "")) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, html string) {
		if len(html) <= maxHTML {
			samePlain(t, html, new(int))
		}
	})
}

func BenchmarkExcerptHTML(b *testing.B) {
	for name, s := range map[string]string{"latin": "<p>" + strings.Repeat("words about an interest ", 50), "han": "<p>" + strings.Repeat("关于兴趣的话，", 160)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ExcerptHTML(s, 280)
			}
		})
	}
}
