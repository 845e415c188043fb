package text

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTokens(t *testing.T) {
	tests := []struct{ in, want string }{
		{"The Quick, brown-fox!", "the quick brown fox"},
		{"Café STRASSE Straße ＡＢＣ", "cafe strasse strasse abc"},
		{"园艺社", "园艺 艺社 社"},
		{"花", "花"},
		{"用iPhone拍", "用 iphone 拍"},
		{"カフェ ｶﾌｪ コーヒー", "カフ フェ ェ カフ フェ ェ コー ーヒ ヒー ー"},
		{"ガ", "ガ"},
		{"한국어", "한국 국어 어"},
		{"Привет Ёлка", "привет елка"},
		{"don't rust_lang 3.14", "don t rust lang 3 14"},
		{"नमस्ते दुनिया", "नमस्ते दुनिया"},
		{"  ，。!? ", ""},
		{"ﬁne İstanbul", "fine istanbul"},
	}
	for _, tt := range tests {
		if got := strings.Join(Tokens(tt.in), " "); got != tt.want {
			t.Errorf("Tokens(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestTokensBounded(t *testing.T) {
	for _, in := range []string{strings.Repeat("园艺", 200_000), strings.Repeat("a ", 200_000), strings.Repeat("a", 200_000), strings.Repeat("\u0301", 10_000)} {
		got := Tokens(in)
		if len(got) > maxTokens {
			t.Errorf("%d tokens of %d bytes, more than %d", len(got), len(in), maxTokens)
		}
		for _, tok := range got {
			if len([]rune(tok)) > maxWord {
				t.Fatalf("a token of %d runes", len([]rune(tok)))
			}
		}
	}
}

func TestQuery(t *testing.T) {
	tests := []struct{ in, want string }{
		{"quick fox", "quick + fox"},
		{`"Quick fox" brown`, "quick fox + brown"},
		{"园艺社", "园艺 艺社"},
		{"花", "花*"},
		{"花 园艺", "花* + 园艺"},
		{"gard*", "gard*"},
		{"cats -dogs", "cats + !dogs"},
		{`cats -"big dogs"`, "cats + !big dogs"},
		{"-dogs", ""},
		{"", ""},
		{"- \" “", ""},
		{"iPhone手机壳", "iphone + 手机 机壳"},
		{"“用iPhone拍照”", "用 iphone 拍照"},
		{"「中文字 b」", "中文 文字 字 b"},
		{`"open`, "open"},
		{"a*b", "a + b"},
	}
	for _, tt := range tests {
		var got []string
		for _, term := range Query(tt.in) {
			s := strings.Join(term.Tokens, " ")
			if term.Prefix {
				s += "*"
			}
			if term.Not {
				s = "!" + s
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " + "); s != tt.want {
			t.Errorf("Query(%q) = %q, want %q", tt.in, s, tt.want)
		}
	}
}

// holds evaluates a term as an index of positions does.
func holds(term Term, doc []string) bool {
next:
	for i := range doc {
		if i+len(term.Tokens) > len(doc) {
			break
		}
		for j, tok := range term.Tokens {
			prefix := term.Prefix && j == len(term.Tokens)-1
			if doc[i+j] != tok && !(prefix && strings.HasPrefix(doc[i+j], tok)) {
				continue next
			}
		}
		return true
	}
	return false
}

// TestEveryPartIsFound: whatever stretch of a text is searched for, quoted or not, finds it, one
// character of Chinese included.
func TestEveryPartIsFound(t *testing.T) {
	word := rapid.SampledFrom([]string{"garden", "Café", "园", "艺", "社区", "カフェ", "한국어", "x1", "Ёж"})
	gap := rapid.SampledFrom([]string{" ", "", "，", ". "})
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		var words []string
		var doc strings.Builder
		for i := range n {
			w := word.Draw(t, fmt.Sprint("word", i))
			if g := gap.Draw(t, fmt.Sprint("gap", i)); doc.Len() > 0 && (g != "" || !isPaired([]rune(w)[0])) {
				doc.WriteString(cmpOr(g, " "))
			}
			words = append(words, w)
			doc.WriteString(w)
		}
		tokens := Tokens(doc.String())
		for _, w := range words {
			for _, term := range Query(w) {
				if !holds(term, tokens) {
					t.Fatalf("%q does not find %q: %v in %q", w, doc.String(), term, tokens)
				}
			}
		}
		for _, term := range Query(`"` + doc.String() + `"`) {
			if !holds(term, tokens) {
				t.Fatalf("the text does not find itself: %v in %q", term, tokens)
			}
		}
	})
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{`"a b" -c d*`, "园艺 -“花", "«»", "\xff\"", "- -\"\"*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		terms := Query(in)
		if len(terms) > maxTerms {
			t.Errorf("%d terms", len(terms))
		}
		for _, term := range terms {
			if len(term.Tokens) == 0 {
				t.Errorf("Query(%q) has a term without tokens", in)
			}
			for _, tok := range term.Tokens {
				if tok == "" || strings.ContainsAny(tok, " \"'*:&|!()-+^\x00") {
					t.Errorf("Query(%q) has the token %q, which an engine could read as syntax", in, tok)
				}
			}
		}
	})
}

func TestTagKey(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"#Interop", "interop"}, {"Jardín", "jardín"}, {"＃园艺", "园艺"}, {"ＡＢＣ", "abc"},
	} {
		if got := TagKey(tt.in); got != tt.want {
			t.Errorf("TagKey(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestSimpleFoldAgrees: the short way gives what the long way does, for every character it takes.
func TestSimpleFoldAgrees(t *testing.T) {
	for r := rune(0); r < 0x10000; r++ {
		s := "A" + string(r) + "b"
		if !isSimple(s) {
			continue
		}
		short := strings.Join(Tokens(s), " ")
		long := strings.Join(Tokens(s+" ﬁ"), " ") // the ligature needs the long way
		if short+" fi" != long {
			t.Errorf("%q (%U): %q by the short way, %q by the long one", s, r, short, long)
		}
	}
}

func BenchmarkTokens(b *testing.B) {
	in := strings.Repeat("Some words of a reply that is Not too long. 今天种番茄。", 20)
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		Tokens(in)
	}
}
