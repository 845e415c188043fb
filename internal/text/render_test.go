package text

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/dialect.golden anew")

const testOrigin = "https://h.example"

// knowsGhosts leads everyone but ghost somewhere.
func knowsGhosts(r *Renderer) LinkFor {
	return func(kind Kind, name, host string) (string, bool) {
		if name == "ghost" || name == "important" {
			return "", false
		}
		return r.guess(kind, name, host)
	}
}

func TestDialect(t *testing.T) {
	src, err := os.ReadFile("testdata/dialect.md")
	if err != nil {
		t.Fatal(err)
	}
	r := NewRenderer(testOrigin)
	var b strings.Builder
	for _, part := range strings.Split(string(src), "%%% ")[1:] {
		title, body, _ := strings.Cut(part, "\n")
		out := r.Render(body, knowsGhosts(r))
		fmt.Fprintf(&b, "%%%%%% %s\n%s\n", title, out.HTML)
		for _, list := range []struct {
			name string
			all  []Mention
		}{{"person", out.Mentions}, {"circle", out.Circles}} {
			for _, m := range list.all {
				fmt.Fprintf(&b, "  %s %s @ %s -> %s\n", list.name, m.Name, m.Host, m.Href)
			}
		}
		if len(out.Tags) > 0 {
			fmt.Fprintf(&b, "  tags %s\n", strings.Join(out.Tags, " "))
		}
	}
	const golden = "testdata/dialect.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(b.String(), "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("%s:%d (run with -update if meant)\n got %s\nwant %s", golden, i+1, strings.Join(got[i:min(i+2, len(got))], "\n"), line)
		}
	}
	if len(got) != strings.Count(string(want), "\n")+1 {
		t.Errorf("%s has %d lines, got %d", golden, strings.Count(string(want), "\n")+1, len(got))
	}
}

func TestReferencesAreCapped(t *testing.T) {
	r := NewRenderer(testOrigin)
	var b strings.Builder
	for i := range 3 * maxReferences {
		fmt.Fprintf(&b, "@user%d #tag%d @user0 ", i, i)
	}
	asked := 0
	out := r.Render(b.String(), func(kind Kind, name, host string) (string, bool) {
		asked++
		return r.guess(kind, name, host)
	})
	if len(out.Mentions) != maxReferences || len(out.Tags) != maxReferences || asked != 2*maxReferences {
		t.Errorf("%d mentions, %d tags, asked %d times; want %d, %d, %d", len(out.Mentions), len(out.Tags), asked, maxReferences, maxReferences, 2*maxReferences)
	}
	if n := strings.Count(out.HTML, "/u/user0\""); n != 3*maxReferences+1 {
		t.Errorf("the same person is linked %d times, want each of %d", n, 3*maxReferences+1)
	}
}

func TestRenderOnLoopback(t *testing.T) {
	r := NewRenderer("http://localhost:8080/")
	out := r.Render("@alice @bob@localhost:8081 !pears@127.0.0.1:8082 [x](/post/1) ![y](/media/a)", nil)
	want := `<p><a href="http://localhost:8080/u/alice" rel="nofollow noopener ugc">@alice</a> ` +
		`<a href="https://localhost:8081/@bob" rel="nofollow noopener ugc">@bob@localhost:8081</a> ` +
		`<a href="https://127.0.0.1:8082/c/pears" rel="nofollow noopener ugc">!pears@127.0.0.1:8082</a> ` +
		`<a href="http://localhost:8080/post/1" rel="nofollow noopener ugc">x</a> ` +
		`<img src="http://localhost:8080/media/a" alt="y" loading="lazy"></p>`
	if out.HTML != want {
		t.Errorf("got  %s\nwant %s", out.HTML, want)
	}
}

// TestRenderHostile: sources that are quadratic or worse in one markdown engine or another. Each
// takes milliseconds here, and would take minutes without its guard.
func TestRenderHostile(t *testing.T) {
	r := NewRenderer(testOrigin)
	half := maxSource / 2
	for name, src := range map[string]string{
		"quotes":         strings.Repeat(">", maxSource),
		"lists":          strings.Repeat("- ", half),
		"numbered":       strings.Repeat("1. ", maxSource/3),
		"growing lists":  growingLists(maxSource),
		"spoilers":       strings.Repeat(":::spoiler\n", maxSource/11),
		"brackets":       strings.Repeat("[", maxSource),
		"images":         strings.Repeat("![", half),
		"links":          strings.Repeat("[a](", maxSource/4),
		"link tails":     strings.Repeat("[a](<b", maxSource/6),
		"closed":         strings.Repeat("[", half) + strings.Repeat("]", half),
		"stars":          strings.Repeat("*", maxSource),
		"open emphasis":  strings.Repeat("*a _b ", maxSource/6),
		"mixed emphasis": strings.Repeat("*a **a ", maxSource/7),
		"deep emphasis":  strings.Repeat("**a ", half/4) + strings.Repeat(" a**", half/4),
		"shut emphasis":  strings.Repeat("*a_", maxSource/3),
		"tildes":         strings.Repeat("~~a ", maxSource/4),
		"backquotes":     backquotes(maxSource),
		"wide table":     strings.Repeat("a|", maxSource/6) + "\n" + strings.Repeat("-|", maxSource/6) + strings.Repeat("\na", maxSource/6),
		"tables":         strings.Repeat("a|b\n-|-\n", maxSource/8),
		"references":     references(maxSource),
		"mentions":       strings.Repeat("@a@", maxSource/3),
		"at signs":       strings.Repeat("@", maxSource),
		"hosts":          " @a@" + strings.Repeat("a.", half),
		"hashes":         strings.Repeat(" #", half),
		"one tag":        "#" + strings.Repeat("a", maxSource-1),
		"addresses":      strings.Repeat("https://", maxSource/8),
		"long address":   "https://a.test/" + strings.Repeat("(", maxSource),
		"autolinks":      strings.Repeat("<a:", maxSource/3),
		"entities":       strings.Repeat("&a", half),
		"nuls":           strings.Repeat("\x00", maxSource),
		"not utf-8":      strings.Repeat("\xff", maxSource),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			out := r.Render(src, nil)
			t.Logf("%d bytes in %v", len(src), time.Since(began).Round(time.Millisecond))
			if len(out.HTML) > maxHTML {
				t.Errorf("%d bytes of output, more than %d", len(out.HTML), maxHTML)
			}
		})
	}
}

// Emphasis beyond the limit is text, not lost.
func TestEmphasisIsCapped(t *testing.T) {
	out := NewRenderer(testOrigin).Render(strings.Repeat("*a* ", maxEmphasis)+"~~b~~", nil)
	if got, want := strings.Count(out.HTML, "<em>"), maxEmphasis/2; got != want {
		t.Errorf("%d of %d are emphasised, want %d", got, maxEmphasis, want)
	}
	if got, want := strings.Count(out.HTML, "*a*"), maxEmphasis/2; got != want || !strings.Contains(out.HTML, "~~b~~") {
		t.Errorf("%d stand as they were typed, want %d and ~~b~~", got, want)
	}
}

func growingLists(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strings.Repeat(" ", i) + "* a\n")
	}
	return b.String()
}

func backquotes(n int) string {
	var b strings.Builder
	for i := 1; b.Len() < n; i++ {
		b.WriteString("e" + strings.Repeat("`", i))
	}
	return b.String()
}

func references(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n/2; i++ {
		fmt.Fprintf(&b, "[%d]: x\n", i)
	}
	return b.String() + strings.Repeat("[1]", n/6)
}

func FuzzRender(f *testing.F) {
	src, err := os.ReadFile("testdata/dialect.md")
	if err != nil {
		f.Fatal(err)
	}
	for _, part := range strings.Split(string(src), "%%% ")[1:] {
		_, body, _ := strings.Cut(part, "\n")
		f.Add(body)
	}
	r := NewRenderer(testOrigin)
	f.Fuzz(func(t *testing.T, in string) {
		out := r.Render(in, nil)
		// What is sent to peers is what they may keep of it: a second pass over everything but our own
		// photos, as another instance of Halqa does it, changes nothing.
		if !strings.Contains(out.HTML, "<img") {
			checkSafe(t, r.safe, out.HTML, out.HTML)
		}
		for _, m := range append(out.Mentions, out.Circles...) {
			if host, err := Host(m.Host); err != nil || host != m.Host {
				t.Errorf("Render(%q) mentions host %q", in, m.Host)
			}
		}
	})
}

func BenchmarkRenderComment(b *testing.B) {
	r := NewRenderer(testOrigin)
	in := "@bob@other.test I *agree*.\n\n" + strings.Repeat("Some words of a reply that is not too long. ", 10) + "\n\n- one\n- two #pears\n"
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		r.Render(in, nil)
	}
}
