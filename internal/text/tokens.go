package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	maxTokens = 8192 // of one text: about 50,000 letters of prose, the longest body that peers accept
	maxWord   = 48   // runes kept of a word; longer ones are encoded data, found by how they begin
	maxTerms  = 16   // of one query; more would cost more than they narrow
	maxQuery  = 400  // runes of a query that are read
)

// Tokens returns what a text is found by, in order: its words, case-folded, in compatibility form
// and without the accents that people leave out when they search; and for Han, Kana and Hangul,
// which have no spaces or inflect at the end, each overlapping pair of characters followed by the
// last character alone. So 园艺社 gives 园艺, 艺社 and 社: every single character begins some token.
// Both engines index exactly these, split at spaces and nothing else.
func Tokens(s string) []string {
	var out []string
	for _, r := range runs(s) {
		if !r.paired {
			out = append(out, r.text)
		} else {
			out = append(append(out, pairs(r.text)...), lastRune(r.text))
		}
		if len(out) >= maxTokens {
			return out[:maxTokens]
		}
	}
	return out
}

// A Term is one condition of a query: the text has these tokens, one right after the other.
type Term struct {
	Tokens []string // at least one; none holds a space or a quote
	Prefix bool     // the last token need only begin so
	Not    bool     // the text must not have it
}

// Query reads what a person typed into the search box: words that must all occur, "words in
// quotes" that must follow each other, -word for what must not occur, and gard* for what only
// begins so. A single Han, Kana or Hangul character becomes a prefix, for the index has pairs. A
// query without a single word gives nil; so does one that only excludes.
func Query(s string) []Term {
	s = s[:runeOffset(s, maxQuery)]
	var terms []Term
	found := false
	for s != "" && len(terms) < maxTerms {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		not := false
		if rest, ok := strings.CutPrefix(s, "-"); ok {
			not, s = true, rest
		}
		var part string
		quoted := false
		if open, size := utf8.DecodeRuneInString(s); strings.ContainsRune(`"“”„«»「」『』`, open) && size > 0 {
			s, quoted = s[size:], true
			end := strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune(`"“”«»」』`, r) })
			if end < 0 {
				part, s = s, ""
			} else {
				_, size := utf8.DecodeRuneInString(s[end:])
				part, s = s[:end], s[end+size:]
			}
		} else {
			end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"“„«「『`, r) })
			if end < 0 {
				end = len(s)
			}
			part, s = s[:end], s[end:]
		}
		for _, t := range phrase(part, quoted || not) {
			if len(terms) == maxTerms {
				break
			}
			t.Not = not
			found = found || !not
			terms = append(terms, t)
		}
	}
	if !found {
		return nil
	}
	return terms
}

// phrase turns a part of a query into one term if it is to be found as it stands, else into one for
// each of its words.
func phrase(part string, whole bool) []Term {
	star := strings.HasSuffix(part, "*")
	rs := runs(part)
	var terms []Term
	for i, r := range rs {
		last := i == len(rs)-1
		t := Term{Tokens: []string{r.text}, Prefix: star && last && !r.paired}
		if r.paired {
			t.Tokens = pairs(r.text)
			switch {
			case len(t.Tokens) == 0:
				t.Tokens, t.Prefix = []string{r.text}, last || !whole
			case whole && !last: // the run ends here in the text too, so its last character stands there
				t.Tokens = append(t.Tokens, lastRune(r.text))
			}
		}
		if whole && i > 0 {
			terms[0].Tokens = append(terms[0].Tokens, t.Tokens...)
			terms[0].Prefix = t.Prefix
			continue
		}
		terms = append(terms, t)
	}
	return terms
}

// A run is a word, or a stretch of characters that are indexed in pairs.
type run struct {
	text   string
	paired bool
}

// runs splits s, folded, into its words. It stops when maxTokens are sure to be full.
func runs(s string) []run {
	var out []run
	var b strings.Builder
	paired, n, total := false, 0, 0
	flush := func() {
		if b.Len() > 0 {
			out = append(out, run{b.String(), paired})
			if total++; paired {
				total += n
			}
		}
		b.Reset()
		n = 0
	}
	for _, r := range fold(s) {
		if total >= maxTokens {
			return out
		}
		switch p := isPaired(r); {
		case !p && !isWord(r):
			flush()
		case !p && b.Len() == 0 && unicode.Is(unicode.M, r): // a mark on nothing
		default:
			if b.Len() > 0 && p != paired && (p || !unicode.Is(unicode.M, r)) {
				flush()
			}
			if b.Len() == 0 {
				paired = p
			}
			if n++; n <= maxWord || paired && n <= maxTokens {
				b.WriteRune(r)
			}
		}
	}
	flush()
	return out
}

// fold brings what readers take for the same word to one form: compatibility forms (full-width
// letters, half-width Kana, ligatures), full case folding, and the general accents off, so that
// "Café" is found by "cafe". Voicing marks of Kana and the vowel signs of other scripts stay.
func fold(s string) string {
	s = valid(s)
	if isSimple(s) {
		return strings.ToLower(s)
	}
	s = norm.NFKD.String(cases.Fold().String(norm.NFKC.String(s)))
	s = strings.Map(func(r rune) rune {
		if r >= 0x0300 && r <= 0x036f || r >= 0x200b && r <= 0x200f || r == 0x00ad || r >= 0xfe00 && r <= 0xfe0f {
			return -1
		}
		return r
	}, s)
	return norm.NFKC.String(s)
}

// isSimple reports texts that folding changes in their ASCII capitals only: ASCII and everyday
// Chinese and Japanese. The long way costs ten times as much.
func isSimple(s string) bool {
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
		case r >= 0x4e00 && r <= 0x9fff, r >= 0x3041 && r <= 0x3096, r >= 0x30a1 && r <= 0x30fe, r >= 0x3000 && r <= 0x3011:
		case r == '，', r == '！', r == '？', r == '：', r == '；', r == '（', r == '）', r >= 0x2018 && r <= 0x201d:
		default:
			return false
		}
	}
	return true
}

func isPaired(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case r >= 0x4e00 && r <= 0x9fff, r == 'ー':
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo) && unicode.In(r, unicode.L, unicode.N)
}

// isWord reports what words are made of.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r != '_' && isNameByte(byte(r))
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// pairs returns the overlapping pairs of characters of s; none if it has fewer than two.
func pairs(s string) []string {
	var out []string
	prev := -1
	for i, r := range s {
		if prev >= 0 {
			out = append(out, s[prev:i+utf8.RuneLen(r)])
		}
		prev = i
	}
	return out
}

func lastRune(s string) string {
	_, size := utf8.DecodeLastRuneInString(s)
	return s[len(s)-size:]
}

// TagKey returns the form under which a hashtag is stored and followed: without its #, folded, so
// that #Jardín and #JARDÍN are one tag, accents kept.
func TagKey(tag string) string {
	tag = strings.TrimLeft(valid(tag), "#＃")
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(tag)))
}
