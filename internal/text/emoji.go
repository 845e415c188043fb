package text

import (
	"html"
	"strings"

	"halqa/circles"
)

// maxIcons is how many pictures one text may have in all: the same one a thousand times is a wall.
const maxIcons = 150

// Emoji puts small pictures in the place of each :word: in HTML that Sanitize returned. src gives the
// address of a word's picture; ok is false for what stays text. What stands in code, or in a tag, stays as
// it is, and so does a word that letters or digits touch, such as the middle of a time of day.
func Emoji(shaped string, src func(code string) (address string, ok bool)) string {
	if !strings.Contains(shaped, ":") {
		return shaped
	}
	var b strings.Builder
	code, icons := 0, 0
	for rest := shaped; rest != ""; {
		// Sanitize writes < as &lt; in texts and in attributes, so a < begins a tag and the next > ends it.
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			open = len(rest)
		}
		if code > 0 {
			b.WriteString(rest[:open])
		} else {
			emojiText(&b, rest[:open], src, &icons)
		}
		rest = rest[open:]
		if rest == "" {
			break
		}
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			b.WriteString(rest)
			break
		}
		switch tag := rest[:end+1]; {
		case strings.HasPrefix(tag, "<code"), strings.HasPrefix(tag, "<pre"):
			code++
		case tag == "</code>", tag == "</pre>":
			code = max(code-1, 0)
		}
		b.WriteString(rest[:end+1])
		rest = rest[end+1:]
	}
	return b.String()
}

// EmojiName is Emoji for a plain text, a name; it returns HTML.
func EmojiName(name string, src func(code string) (address string, ok bool)) string {
	escaped := html.EscapeString(name)
	if !strings.Contains(escaped, ":") {
		return escaped
	}
	var b strings.Builder
	icons := 0
	emojiText(&b, escaped, src, &icons)
	return b.String()
}

func emojiText(b *strings.Builder, s string, src func(string) (string, bool), icons *int) {
	for s != "" {
		open := strings.IndexByte(s, ':')
		if open < 0 {
			break
		}
		word := s[open+1:]
		n := 0
		for n < len(word) && n <= 64 && word[n] != ':' && circles.IsEmojiCode(word[n:n+1]) {
			n++
		}
		b.WriteString(s[:open])
		if n == 0 || n >= len(word) || word[n] != ':' || *icons >= maxIcons || open > 0 && alnum(s[open-1]) || n+1 < len(word) && alnum(word[n+1]) {
			b.WriteByte(':')
			s = word
			continue
		}
		address, ok := src(word[:n])
		if !ok {
			b.WriteByte(':')
			s = word
			continue
		}
		*icons++
		label := ":" + word[:n] + ":"
		b.WriteString(`<img class="emoji" src="` + html.EscapeString(address) + `" alt="` + label + `" title="` + label + `" width="20" height="20" loading="lazy">`)
		s = word[n+1:]
	}
	b.WriteString(s)
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
