package text

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTitle is the length of a post's title in runes. Lemmy refuses more than 200.
const maxTitle = 200

// leadingMentions is what a toot to a circle begins with: those it is addressed to. A bare
// "!word" is not one; it may be the author's emphasis.
var leadingMentions = regexp.MustCompile(`^(?:(?:@[a-zA-Z0-9_][a-zA-Z0-9_.-]*(?:@[a-zA-Z0-9.:-]+)?|![a-zA-Z0-9_]+@[a-zA-Z0-9.:-]+)[\s,:，：]*)+`)

// Excerpt returns the beginning of text on one line, at most n runes with the ellipsis that marks
// a cut. It is cut at a space where one is near, and never inside a character.
func Excerpt(text string, n int) string {
	// Bounds the work: more than is shown, also where half of it is white space.
	line := CleanLine(text[:runeOffset(text, 8*n)], 4*n)
	if utf8.RuneCountInString(line) <= n {
		return line
	}
	if n <= 1 {
		return cut(line, n)
	}
	short := cut(line, n-1)
	rest := line[len(short):]
	// In scripts with spaces, step back to the last one, if that costs at most a third.
	if r, _ := utf8.DecodeRuneInString(rest); !unicode.IsSpace(r) {
		if i := strings.LastIndexByte(short, ' '); i > len(short)*2/3 {
			short = short[:i]
		}
	}
	return strings.TrimRightFunc(short, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",;:-–—，、；：", r)
	}) + "…"
}

// TitleFrom derives a title from the plain text of a note that has none: its first line without
// the mentions it begins with, cut after the last whole sentence if the line is longer than 200
// runes, else at a word. It is empty when there is nothing but mentions.
func TitleFrom(plain string) string {
	for range 64 { // lines; a text that has said nothing by then says nothing
		var line string
		line, plain, _ = strings.Cut(plain, "\n")
		line = strings.TrimSpace(line)
		line = leadingMentions.ReplaceAllString(line, "")
		line = CleanLine(line, 4*maxTitle)
		if line == "" {
			if plain == "" {
				break
			}
			continue
		}
		if utf8.RuneCountInString(line) <= maxTitle {
			return line
		}
		if s := firstSentences(line[:runeOffset(line, maxTitle)]); s != "" {
			return s
		}
		return Excerpt(line, maxTitle)
	}
	return ""
}

// firstSentences returns s up to the end of its last whole sentence, or "" if there is none.
func firstSentences(s string) string {
	end := 0
	for i, r := range s {
		after := i + utf8.RuneLen(r)
		switch r {
		case '。', '！', '？', '｡':
			end = after
		case '.', '!', '?':
			if after < len(s) && s[after] == ' ' {
				end = after
			}
		}
	}
	return s[:end]
}
