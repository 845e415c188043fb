package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestCleanLine(t *testing.T) {
	tests := []struct {
		name, in string
		max      int
		want     string
	}{
		{"plain", "  Gardening \t in\nKyiv ", 50, "Gardening in Kyiv"},
		{"nul and controls", "a\x00b\x1b[31mc\x7f", 50, "ab[31mc"},
		{"not utf-8", "a\xff\xfeb", 50, "a\ufffdb"},
		{"right-to-left override", "invoice\u202efdp.exe", 50, "invoicefdp.exe"},
		{"isolates and zero width", "ad\u2066m\u200bin\u2069\ufeff", 50, "admin"},
		{"arabic keeps its marks", "\u200fحلقة", 50, "\u200fحلقة"},
		{"nothing visible", "\u200d\u3164\u2800 \u0301", 50, ""},
		{"composed", "e\u0301te\u0301", 50, "été"},
		{"composes after a drop", "e\u200b\u0301", 50, "é"},
		{"tower of marks", "x" + strings.Repeat("\u0337", 100), 200, "x" + strings.Repeat("\u0337", maxMarks)},
		{"cut", "园艺社区", 3, "园艺社"},
		{"not within a family", "ab👨‍👩‍👧", 4, "ab"},
		{"not within a flag", "🇩🇪🇫🇷", 3, "🇩🇪"},
		{"not before a mark", "ab\u0337c", 2, "a"},
		{"trimmed after the cut", "ab cd", 3, "ab"},
		{"none", "abc", 0, ""},
	}
	for _, tt := range tests {
		if got := CleanLine(tt.in, tt.max); got != tt.want {
			t.Errorf("%s: CleanLine(%q, %d) = %q, want %q", tt.name, tt.in, tt.max, got, tt.want)
		}
	}
}

func TestCleanBlock(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		{"\n \n    code\n\ttab  \nx \n\n", "    code\n\ttab  \nx"},
		{"a\x00\x08b", "ab"},
		{"נוסח\u202eabc", "נוסח\u202eabc"}, // a paragraph of its own: it turns nobody else's text
		{"", ""},
		{" \n ", ""},
	}
	for _, tt := range tests {
		if got := CleanBlock(tt.in, 100); got != tt.want {
			t.Errorf("CleanBlock(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestCleanProperties(t *testing.T) {
	any := rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOf(rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.SampledFrom([]string{"\u202e", "\u200d", "\u0301", "🇩", "👩‍🔬", "\r\n", "\u3164", "가", "\u1100", "\u1161"}),
		)).Draw(t, "parts")
		return strings.Join(parts, "")
	})
	rapid.Check(t, func(t *rapid.T) {
		in, max := any.Draw(t, "in"), rapid.IntRange(0, 40).Draw(t, "max")
		for name, clean := range map[string]func(string, int) string{"CleanLine": CleanLine, "CleanBlock": CleanBlock} {
			got := clean(in, max)
			if !utf8.ValidString(got) || strings.ContainsRune(got, 0) || utf8.RuneCountInString(got) > max || !norm.NFC.IsNormalString(got) {
				t.Fatalf("%s(%q, %d) = %q", name, in, max, got)
			}
			if again := clean(got, max); again != got {
				t.Fatalf("%s(%q, %d) = %q, and of that %q", name, in, max, got, again)
			}
		}
		if line := CleanLine(in, max); strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e }) {
			t.Fatalf("CleanLine(%q) = %q", in, line)
		}
		if got := Excerpt(in, max); utf8.RuneCountInString(got) > max || !utf8.ValidString(got) {
			t.Fatalf("Excerpt(%q, %d) = %q", in, max, got)
		}
		if got := TitleFrom(in); utf8.RuneCountInString(got) > maxTitle || strings.Contains(got, "\n") {
			t.Fatalf("TitleFrom(%q) = %q", in, got)
		}
	})
}

func TestExcerpt(t *testing.T) {
	tests := []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"},
		{"one\ntwo", 10, "one two"},
		{"The quick brown fox jumps", 17, "The quick brown…"},
		{"The quick, brown fox jumps", 12, "The quick…"},
		{"今天我们种下了第一批番茄", 7, "今天我们种下…"},
		{"Donaudampfschifffahrtsgesellschaft", 10, "Donaudamp…"},
		{"👩‍🔬👩‍🔬👩‍🔬", 5, "👩‍🔬…"},
	}
	for _, tt := range tests {
		if got := Excerpt(tt.in, tt.n); got != tt.want {
			t.Errorf("Excerpt(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func TestExcerptHTML(t *testing.T) {
	long := "<p>The <em>quick</em> brown fox</p>" + strings.Repeat("<p>jumps</p>", 1000)
	if got, want := ExcerptHTML(long, 24), "The quick brown fox…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := ExcerptHTML("<p>a</p><p>b</p>", 24), "a b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTitleFrom(t *testing.T) {
	long := strings.Repeat("many words ", 30)
	tests := []struct{ name, in, want string }{
		{"mention first", "@gardening@h.example How do I prune a pear?\n\nIt is old.", "How do I prune a pear?"},
		{"several mentions", "@gardening, @bob@b.test: hello there", "hello there"},
		{"mentions on a line of their own", "@gardening @bob\n\nThe question", "The question"},
		{"circle handle", "!gardening@h.example news", "news"},
		{"emphasis is not a circle", "!important: water them", "!important: water them"},
		{"mention within", "Ask @bob about it", "Ask @bob about it"},
		{"chinese after a mention", "@gardening@h.example 今天种什么？", "今天种什么？"},
		{"chinese right after a mention", "@gardening今天种什么？", "今天种什么？"},
		{"sentences that fit", "First one. Second one! " + long, "First one. Second one!"},
		{"chinese sentences", "第一句。第二句！" + strings.Repeat("很长", 120), "第一句。第二句！"},
		{"one long sentence", long, strings.TrimSpace(strings.Repeat("many words ", 18)) + "…"},
		{"only mentions", "@a @b@c.test\n", ""},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		if got := TitleFrom(tt.in); got != tt.want {
			t.Errorf("%s: TitleFrom(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}
