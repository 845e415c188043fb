package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many combining marks may follow each other in a single-line field. Real scripts
// stack up to about five; a name with a hundred climbs over the lines above it.
const maxMarks = 8

// CleanLine makes s fit for a single-line field (a name, a title, alt text): valid UTF-8 in NFC,
// white space folded to single spaces and trimmed, without control characters, without characters
// that reverse or hide what stands beside them, at most max runes. Longer text is cut between
// characters, so check Length first where the writer should be told. A text with nothing visible
// in it comes back empty.
func CleanLine(s string, max int) string {
	var b strings.Builder
	b.Grow(min(len(s), 4*max))
	space, dropped, marks := false, false, 0
	rest := norm.NFC.String(valid(s))
	for rest != "" {
		n := visibleASCII(rest)
		if n > 0 { // most of most texts
			marks = 0
		} else {
			var r rune
			r, n = utf8.DecodeRuneInString(rest)
			if unicode.IsSpace(r) || r == '\u2028' || r == '\u2029' {
				space, rest = b.Len() > 0, rest[n:]
				continue
			}
			drop := false
			switch {
			case unicode.IsControl(r), isDeceptive(r):
				drop = true
			case r >= 0x4e00 && r <= 0x9fff: // Han has no marks
				marks = 0
			case unicode.Is(unicode.M, r):
				marks++
				drop = marks > maxMarks
			default:
				marks = 0
			}
			if drop {
				dropped, rest = true, rest[n:]
				continue
			}
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteString(rest[:n])
		rest = rest[n:]
	}
	out := b.String()
	if dropped {
		out = norm.NFC.String(out) // it may have stood between two runes that now compose
	}
	out = cut(out, max)
	if strings.IndexFunc(out, func(r rune) bool { return !isBlank(r) }) < 0 {
		return ""
	}
	return strings.TrimRight(out, " ")
}

// CleanBlock makes s fit for a text of several lines (markdown, a description, a reason): valid
// UTF-8 in NFC, lines ended by \n, no control character but \n and \t, no empty lines before and
// no white space after it, at most max runes.
func CleanBlock(s string, max int) string {
	s = strings.ReplaceAll(valid(s), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case unicode.IsControl(r), r == '\ufeff':
			return -1
		}
		return r
	}, s)
	s = cut(norm.NFC.String(s), max)
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	// Leading empty lines go, but the first line's indent stays: it may be code.
	for {
		i := strings.IndexByte(s, '\n')
		if i < 0 || strings.TrimSpace(s[:i]) != "" {
			return s
		}
		s = s[i+1:]
	}
}

// Length is the number of characters that every limit in this package counts: runes, after NFC.
func Length(s string) int { return utf8.RuneCountInString(norm.NFC.String(s)) }

// valid replaces each run of bytes that is not UTF-8 by U+FFFD. PostgreSQL refuses what SQLite
// would keep.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// isDeceptive reports characters that change how the text around them is shown: a name with a
// right-to-left override can make the rest of its line read as someone else's. The plain marks
// U+200E, U+200F and U+061C stay; Arabic and Hebrew need them.
func isDeceptive(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // embeddings, overrides, isolates
		return true
	case r == 0x200b, r >= 0x2060 && r <= 0x2065, r >= 0x206a && r <= 0x206f, r == 0xfeff: // zero width
		return true
	case r >= 0xfff9 && r <= 0xfffb, r == 0x00ad, r == 0x180e, r == 0x034f: // annotations, soft hyphen and the like
		return true
	case r >= 0xe000 && r <= 0xf8ff: // private use: a different picture on every machine
		return true
	}
	return false
}

// isBlank reports characters that print nothing on their own.
func isBlank(r rune) bool {
	switch r {
	case 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800: // Hangul fillers, empty Braille cell
		return true
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.M, r)
}

// cut returns the longest prefix of at most n runes that does not end inside a character as
// readers see it (a letter with its marks, an emoji with its modifiers, a flag).
func cut(s string, n int) string {
	end := runeOffset(s, n)
	if end == len(s) {
		return s
	}
	// maxCluster bounds the walk back: one "character" may be as long as the text.
	const maxCluster = 32
	at := end
	for range maxCluster {
		if at == 0 {
			break
		}
		if isBoundary(s, at) {
			return s[:at]
		}
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	return s[:end]
}

// runeOffset is the byte offset of the n-th rune, or len(s) if there are not that many.
func runeOffset(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for i := range s {
		if n <= 0 {
			return i
		}
		n--
	}
	return len(s)
}

// isBoundary reports whether a text may be cut at byte offset at: the cases of UAX 29 that occur
// in practice. x/text has no segmenter.
func isBoundary(s string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at:])
	switch {
	case before == 0x200d, after == 0x200d: // joiner
		return false
	case unicode.Is(unicode.M, after), after >= 0x1f3fb && after <= 0x1f3ff, after >= 0xe0020 && after <= 0xe007f:
		return false
	case isRegional(after) && isRegional(before): // the second half of a flag
		n := 0
		for rest := s[:at]; ; n++ {
			r, size := utf8.DecodeLastRuneInString(rest)
			if !isRegional(r) || n > 64 {
				break
			}
			rest = rest[:len(rest)-size]
		}
		return n%2 == 0
	case before >= 0x1100 && before <= 0x11ff && after >= 0x1160 && after <= 0x11ff: // conjoining jamo
		return false
	}
	return true
}

func isRegional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
