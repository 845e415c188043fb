package text

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestSanitize(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"plain text", "hello", "<p>hello</p>"},
		{"entities once", "a &amp;lt; b &lt;script&gt;", "<p>a &amp;lt; b &lt;script&gt;</p>"},
		{"mastodon link", `<p><a href="https://wp.test/a" target="_blank" rel="nofollow noopener noreferrer me"><span class="invisible">https://</span><span class="ellipsis">wp.test</span><span class="invisible">/a</span></a></p>`,
			`<p><a href="https://wp.test/a" rel="nofollow noopener ugc">https://wp.test/a</a></p>`},
		{"gotosocial mention", `<p><span class="h-card"><a href="https://gts2.test/@bob" class="u-url mention" rel="nofollow" target="_blank">@<span>bob</span></a></span> hi</p>`,
			`<p><a href="https://gts2.test/@bob" rel="nofollow noopener ugc">@bob</a> hi</p>`},
		{"snac, no paragraph", `hello from snac <a href="https://snac.test?t=interop" class="mention hashtag" rel="tag">#interop</a><br>`,
			`<p>hello from snac <a href="https://snac.test?t=interop" rel="nofollow noopener ugc">#interop</a><br></p>`},
		{"nodebb", "<h3>Welcome</h3>\n<p>One.<br />\nTwo.</p>\n<ul>\n<li>a</li>\n<li>b</li></ul>\n",
			"<h3>Welcome</h3><p>One.<br>\nTwo.</p><ul><li>a</li><li>b</li></ul>"},
		{"wordpress figure", `<figure class="wp-block-image"><img src="https://wp.test/a.jpg" alt="A pear" class="x"/><figcaption>Ripe</figcaption></figure>`,
			`<p><a href="https://wp.test/a.jpg" rel="nofollow noopener ugc">A pear</a></p><p>Ripe</p>`},
		{"image without alt", `<img src="https://wp.test/x/pear.jpg">`, `<p><a href="https://wp.test/x/pear.jpg" rel="nofollow noopener ugc">pear.jpg</a></p>`},
		{"image in link", `<a href="https://a.test/"><img src="https://b.test/x.png" alt="map"></a>`, `<p><a href="https://a.test/" rel="nofollow noopener ugc">map</a></p>`},
		{"custom emoji", `<p>so <img class="emoji" alt=":blobcat:" src="https://m.test/e.png"> good</p>`, `<p>so :blobcat: good</p>`},
		{"headings demoted together", `<h1>A</h1><h2>B</h2><h5>C</h5>`, `<h3>A</h3><h4>B</h4><h6>C</h6>`},
		{"headings low enough", `<h4>A</h4>`, `<h4>A</h4>`},
		{"unclosed", `<p><strong>a<em>b`, `<p><strong>a<em>b</em></strong></p>`},
		{"crossed", `<p><em>a<strong>b</em>c</strong></p>`, `<p><em>a<strong>b</strong></em>c</p>`},
		{"stray end tags", `</div></p>a</blockquote></td>b`, `<p>ab</p>`},
		{"nested links", `<a href="https://a.test">x<a href="https://b.test">y</a></a>`,
			`<p><a href="https://a.test" rel="nofollow noopener ugc">x</a><a href="https://b.test" rel="nofollow noopener ugc">y</a></p>`},
		{"script", `a<script>alert(1)</script>b<style>*{}</style>`, `<p>ab</p>`},
		{"unclosed script", `a<script>alert(1)`, `<p>a</p>`},
		{"svg", `a<svg onload=x><a href="javascript:x">q</a><svg></svg><style>p</style></svg>b<svg/>c`, `<p>abc</p>`},
		{"javascript", `<a href="javascript:alert(1)">a</a><a href=" JaVa	script:x">b</a><a href="data:text/html,x">c</a>`, `<p>abc</p>`},
		{"vbscript and entity", `<a href="&#106;avascript:x">a</a><a href="vbscript:x">b</a>`, `<p>ab</p>`},
		{"backslashes", `<a href="https:\\evil.test">a</a><a href="https:evil">b</a><a href="//evil.test">c</a>`, `<p>abc</p>`},
		{"name before host", `<a href="https://bank.test@evil.test/">a</a>`, `<p><a href="https://evil.test/" rel="nofollow noopener ugc">a</a></p>`},
		{"handlers", `<p onclick="x" style="color:red" class="y" data-z="1" id="q">a</p>`, `<p>a</p>`},
		{"ordered list", `<ol start="5"><li>a</li></ol><ol start="x"><li></li><li>b</ol>`, `<ol start="5"><li>a</li></ol><ol><li></li><li>b</li></ol>`},
		{"loose text in list", `<ul>a<li>b</li>c</ul>`, `<ul><li>a</li><li>b</li><li>c</li></ul>`},
		{"item outside of a list", `<li>a</li>`, `<p>a</p>`},
		{"table", `<table class=x><tr><th align=left>a<td></tr><tr><td colspan="2" rowspan=9999>b</table>`,
			`<table><tbody><tr><th align="left">a</th><td></td></tr><tr><td colspan="2">b</td></tr></tbody></table>`},
		{"loose text in table", `<table>x<tr>y<td>z</td></tr></table>`,
			`<table><tbody><tr><td>x</td></tr><tr><td>y</td><td>z</td></tr></tbody></table>`},
		{"details", `<details open><summary>Why</summary>Because</details>`, `<details><summary>Why</summary><p>Because</p></details>`},
		{"ruby", `<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>`, `<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby></p>`},
		{"code", "<pre><code class=\"language-go\">a\n\n  b</code></pre>", "<pre><code>a\n\n  b</code></pre>"},
		{"empty elements vanish", `<p></p><p><strong></strong></p><blockquote> </blockquote>`, ``},
		{"old names", `<b>a</b><i>b</i><strike>c</strike><tt>d</tt><font color=red>e</font>`, `<p><strong>a</strong><em>b</em><del>c</del><code>d</code>e</p>`},
		{"comment", `a<!-- <b> -->c<!--`, `<p>ac</p>`},
		{"control characters", "a\x00b\x1bc\x85", "<p>abc\ufffd</p>"},
		{"relative link", `<a href="/x">a</a><a href="#y">b</a>`, `<p>ab</p>`},
	}
	s := NewSanitizer()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := s.Sanitize(tt.in)
			if got != tt.want {
				t.Errorf("Sanitize(%q)\n got %s\nwant %s", tt.in, got, tt.want)
			}
			checkSafe(t, s, tt.in, got)
		})
	}
}

// checkSafe holds what is true of every output, whatever the input was.
func checkSafe(t *testing.T, s *Sanitizer, in, out string) {
	t.Helper()
	if len(out) > maxHTML {
		t.Errorf("%d bytes of output, more than %d", len(out), maxHTML)
	}
	if shaped := shape(in, shapeOptions{}); shaped != out {
		t.Errorf("the policy changed what the shaper wrote\n in  %q\nfrom %q\n to  %q", in, shaped, out)
	}
	if again := s.Sanitize(out); again != out {
		t.Errorf("not stable\n in   %q\nonce  %q\ntwice %q", in, out, again)
	}
	allowed := map[string]string{"a": "href rel", "ol": "start", "td": "align colspan rowspan", "th": "align colspan rowspan"}
	var stack []string
	z := html.NewTokenizer(strings.NewReader(out))
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			break
		}
		tok := z.Token()
		switch tt {
		case html.TextToken:
			continue
		case html.StartTagToken:
			switch tok.Data {
			case "br", "hr":
			case "script", "style", "img", "iframe", "svg", "form", "h1", "h2":
				t.Errorf("<%s> came through: %q", tok.Data, in)
			default:
				stack = append(stack, tok.Data)
			}
			for _, a := range tok.Attr {
				if !strings.Contains(" "+allowed[tok.Data]+" ", " "+a.Key+" ") {
					t.Errorf("attribute %s on %s came through: %q", a.Key, tok.Data, in)
				}
				if a.Key == "href" {
					scheme, _, _ := strings.Cut(a.Val, ":")
					if !strings.Contains(" "+strings.Join(linkSchemes, " ")+" ", " "+scheme+" ") {
						t.Errorf("link to %q came through: %q", a.Val, in)
					}
				}
			}
		case html.EndTagToken:
			if len(stack) == 0 || stack[len(stack)-1] != tok.Data {
				t.Fatalf("</%s> with %v open in %q, from %q", tok.Data, stack, out, in)
			}
			stack = stack[:len(stack)-1]
		default:
			t.Errorf("a %v came through: %q", tt, in)
		}
		if len(stack) > 5*maxContainers {
			t.Fatalf("%d elements deep", len(stack))
		}
	}
	if len(stack) > 0 {
		t.Errorf("left open: %v in %q", stack, out)
	}
}

// TestSanitizeHostile: inputs that make tree builders or backtracking matchers slow or large.
func TestSanitizeHostile(t *testing.T) {
	s := NewSanitizer()
	for name, unit := range map[string]string{
		"open quotes":    "<blockquote>",
		"open lists":     "<ul><li>",
		"open tables":    "<table><tr><td>",
		"formatting":     `<b><font a=1><i>`,
		"paragraphs":     `<p>x`,
		"links":          `<a href="https://a.test/">x`,
		"quotes in text": `'"`,
		"half tags":      "<a href='",
		"angle":          "<",
		"comments":       "<!-",
		"entities":       "&amp;&#x",
		"attributes":     `<p a b c="">`,
		"details":        "<details><summary>x",
		"ends":           "</b></p></td>",
		"nuls":           "\x00<\x00p>",
		"not utf-8":      "\xff\xfe<p>\x80",
	} {
		t.Run(name, func(t *testing.T) {
			in := strings.Repeat(unit, 2*maxHTML/len(unit))
			checkSafe(t, s, unit, s.Sanitize(unit))
			out := s.Sanitize(in)
			if len(out) > maxHTML {
				t.Errorf("%d bytes of output", len(out))
			}
			if again := s.Sanitize(out); again != out {
				t.Errorf("not stable: %d bytes, then %d", len(out), len(again))
			}
		})
	}
}

func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{
		`<p><span class="h-card"><a href="https://gts2.test/@bob" class="u-url mention">@<span>bob</span></a></span> reply</p>`,
		`<table><caption>c<tr><td>a<table><tr><td>b</table><ul><li>x<ol start=3><li>`,
		`<details><summary>a</summary><pre>
b</pre><dl><dt>x<dd>y`,
		`<svg><p><style><!--</style><img src=x onerror=alert(1)>`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
		`<a href="java&#x0A;script:alert(1)">x</a><a href="https://ex%41mple.test/%zz?a=b&c=d#e">`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
		"<a href='https://[::1%25eth0]/\\@x'>\u202e<ruby>a<rt>b",
	} {
		f.Add(seed)
	}
	s := NewSanitizer()
	f.Fuzz(func(t *testing.T, in string) {
		checkSafe(t, s, in, s.Sanitize(in))
		Plain(in)
	})
}

func BenchmarkSanitizeComment(b *testing.B) {
	s := NewSanitizer()
	in := `<p><span class="h-card"><a href="https://gts2.test/@bob" class="u-url mention" rel="nofollow noreferrer noopener" target="_blank">@<span>bob</span></a></span> ` +
		strings.Repeat("Some words of a reply that is not too long. ", 10) + `</p><p>And <em>another</em> paragraph.</p>`
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		s.Sanitize(in)
	}
}

func TestPlain(t *testing.T) {
	tests := []struct{ in, want string }{
		{"<p>a\n b</p><p>c<br>d</p>", "a b\n\nc\nd"},
		{"<ul><li>a</li><li>b</li></ul>x", "a\nb\n\nx"},
		{`see <img src="x" alt="a pear"> here`, "see a pear here"},
		{"a<script>x</script><style>y</style>b", "ab"},
		{"<pre>a\n  b</pre>", "a\nb"},
		{"&lt;b&gt; &amp;amp;", "<b> &amp;"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := Plain(tt.in); got != tt.want {
			t.Errorf("Plain(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
