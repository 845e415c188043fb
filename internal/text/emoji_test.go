package text

import (
	"strings"
	"testing"
)

func blob(code string) (string, bool) {
	return "/emoji/" + code, code == "blob" || code == "a-b"
}

func TestEmoji(t *testing.T) {
	icon := func(code string) string {
		return `<img class="emoji" src="/emoji/` + code + `" alt=":` + code + `:" title=":` + code + `:" width="20" height="20" loading="lazy">`
	}
	for in, want := range map[string]string{
		"<p>Hi :blob: you</p>":                         "<p>Hi " + icon("blob") + " you</p>",
		"<p>:blob::blob:</p>":                          "<p>" + icon("blob") + icon("blob") + "</p>",
		"<p>:a-b:，:blob:。</p>":                         "<p>" + icon("a-b") + "，" + icon("blob") + "。</p>",
		"<p>:none: :blob</p>":                          "<p>:none: :blob</p>",
		"<p>at 12:blob:30</p>":                         "<p>at 12:blob:30</p>",
		"<p><code>:blob:</code> :blob:</p>":            "<p><code>:blob:</code> " + icon("blob") + "</p>",
		"<pre><code>:blob:\n</code></pre>":             "<pre><code>:blob:\n</code></pre>",
		`<p><a href="https://x.example/:blob:">x</a>`:  `<p><a href="https://x.example/:blob:">x</a>`,
		"<p>&lt;:blob:&gt;</p>":                        "<p>&lt;" + icon("blob") + "&gt;</p>",
		"<p>: :: ::: :blob:</p>":                       "<p>: :: ::: " + icon("blob") + "</p>",
		"<p>" + strings.Repeat("x", 90) + ":blob:</p>": "<p>" + strings.Repeat("x", 90) + ":blob:</p>",
	} {
		if got := Emoji(in, blob); got != want {
			t.Errorf("Emoji(%q)\n got %s\nwant %s", in, got, want)
		}
	}
	if got, want := EmojiName(`<b> :blob: "x"`, blob), "&lt;b&gt; "+icon("blob")+" &#34;x&#34;"; got != want {
		t.Errorf("EmojiName: got %s, want %s", got, want)
	}
	if got := strings.Count(Emoji("<p>"+strings.Repeat(":blob: ", 1000)+"</p>", blob), "<img"); got != maxIcons {
		t.Errorf("%d pictures in one text, want %d", got, maxIcons)
	}
	if got := Plain(Emoji("<p>Hi :blob: you</p>", blob)); got != "Hi :blob: you" {
		t.Errorf("as plain text: %q", got)
	}
}

func FuzzEmoji(f *testing.F) {
	s := NewSanitizer()
	for _, seed := range []string{"<p>:blob:</p>", "a:blob:<code>:blob:", `<a title=":blob:">:blob::`, "<pre>::blob:</pre>:blob:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		safe := s.Sanitize(in)
		out := Emoji(safe, blob)
		// Taking the pictures out again gives back what went in: nothing else is touched.
		for _, code := range []string{"blob", "a-b"} {
			out = strings.ReplaceAll(out, `<img class="emoji" src="/emoji/`+code+`" alt=":`+code+`:" title=":`+code+`:" width="20" height="20" loading="lazy">`, ":"+code+":")
		}
		if out != safe {
			t.Fatalf("Emoji changed\n%q\n%q", safe, out)
		}
	})
}
