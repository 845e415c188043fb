package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// Plain returns the text of a piece of HTML, ours or a stranger's: a line for each paragraph, item
// and row, the alt text of images, nothing of scripts and styles. It is for titles, excerpts,
// notifications and search; as HTML it must be escaped again. At most 256 KiB are read.
func Plain(s string) string { return plain(s, solid*maxHTML) }

// ExcerptHTML is Excerpt of Plain, but reads no further than it needs: a feed shows fifty.
func ExcerptHTML(s string, n int) string {
	// One rune beyond n must be seen for the cut, and one more in case what comes after it changes it.
	return Excerpt(plain(s, solid*(n+2)), n)
}

// plain stops when it has enough text, as weight reckons it.
func plain(s string, enough int) string {
	if len(s) > maxHTML {
		s = s[:maxHTML]
	}
	if text, ok := plainOfOurs(s, enough); ok {
		return text
	}
	return plainOfAny(s, enough)
}

func plainOfAny(s string, enough int) string {
	z := html.NewTokenizer(strings.NewReader(strings.ToValidUTF8(s, "\ufffd")))
	p := plainWriter{left: enough}
	dropping, pre := "", 0
	for p.left > 0 {
		switch z.Next() {
		case html.ErrorToken:
			return p.b.String()
		case html.TextToken:
			if dropping == "" {
				p.text(string(z.Text()), pre > 0)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			if dropping != "" {
				continue
			}
			switch e := lookup(tag); {
			case e.role == drop:
				if raw := z.Raw(); raw[len(raw)-2] != '/' {
					dropping = tag
				}
			case e.role == void:
				switch e.name {
				case "img":
					if alt := CleanLine(attributes(z, more)["alt"], maxAlt); alt != "" {
						p.text(alt, false)
					}
				case "br":
					p.line(1)
				default:
					p.line(2)
				}
			case e.name == "td" || e.name == "th":
				p.space = true
			default:
				p.line(gap(e))
				if e.name == "pre" {
					pre++
				}
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			tag := string(name)
			if dropping != "" {
				if tag == dropping {
					dropping = ""
				}
				continue
			}
			e := lookup(tag)
			p.line(gap(e))
			if e.name == "pre" && pre > 0 {
				pre--
			}
		}
	}
	return p.b.String()
}

// gap is how many line ends an element has before and after it.
func gap(e element) int {
	switch e.role {
	case para, headers, box:
		return 2
	case part:
		if e.name != "td" && e.name != "th" {
			return 1
		}
	case brk:
		return 1
	}
	return 0
}

// plainOfOurs is plain for HTML as this package writes it, a tenth of the tokenizer's work; ok is false
// of any other, and of pictures.
func plainOfOurs(s string, enough int) (text string, ok bool) {
	if !utf8.ValidString(s) || strings.IndexByte(s, '\r') >= 0 {
		return "", false
	}
	p := plainWriter{left: enough}
	p.b.Grow(min(len(s), enough))
	pre := 0
	for p.left > 0 {
		said, rest, more := strings.Cut(s, "<")
		if said != "" {
			if strings.IndexByte(said, '&') >= 0 {
				said = html.UnescapeString(said)
			}
			p.text(said, pre > 0)
		}
		if !more {
			return p.b.String(), true
		}
		t, after, ok := readOurTag(rest)
		if !ok {
			return "", false
		}
		if s = after; t.cut {
			return p.b.String(), true
		}
		switch e := lookup(t.name); {
		case e.role == drop || e.name == "img":
			return "", false
		case !t.end && e.name == "br":
			p.line(1)
		case !t.end && e.name == "hr":
			p.line(2)
		case !t.end && (e.name == "td" || e.name == "th"):
			p.space = true
		default:
			p.line(gap(e))
			if e.name == "pre" && !t.end {
				pre++
			} else if e.name == "pre" && pre > 0 {
				pre--
			}
		}
	}
	return p.b.String(), true
}

// An ourTag is a start or an end.
type ourTag struct {
	name string
	end  bool
	cut  bool // the text ends within it, as the beginning of a longer one does
}

// readOurTag reads a tag, without its "<", that has small letters and quoted attributes only.
func readOurTag(s string) (t ourTag, rest string, ok bool) {
	i := 0
	if t.end = strings.HasPrefix(s, "/"); t.end {
		i++
	}
	from := i
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || i > from && s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if t.name = s[from:i]; t.name == "" {
		return ourTag{}, "", false
	}
	if i == len(s) {
		t.cut = true
		return t, "", true
	}
	for i < len(s) && s[i] == ' ' && !t.end {
		from := i + 1
		for i = from; i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] == '-'); i++ {
		}
		value, opened := strings.CutPrefix(s[i:], `="`)
		if i == from || !opened {
			return ourTag{}, "", false
		}
		closed := strings.IndexByte(value, '"')
		if closed < 0 {
			t.cut = true
			return t, "", true
		}
		i = len(s) - len(value) + closed + 1
	}
	if i < len(s) && s[i] == '/' && !t.end {
		i++
	}
	if i < len(s) && s[i] == '>' {
		return t, s[i+1:], true
	}
	return ourTag{}, "", false
}

// solid is what a rune counts that stays one rune when the text is normalized, whatever stands beside it.
const solid = 4

// weight is how much of the text that was asked for a rune is: of up to three runes that are joined into
// one each counts less than a third, and what may not be seen at all, or hangs on the rune before, nothing.
func weight(r rune) int {
	switch {
	case r < 0x7f, r >= 0xc0 && r < 0x250: // Latin
		return solid
	case r >= 0x3041 && r <= 0x3096, r >= 0x30a1 && r <= 0x30fa, r >= 0x4e00 && r <= 0x9fff, r >= 0xac00 && r <= 0xd7a3, r >= 0xff01 && r <= 0xff5e: // kana, Han, Hangul, wide
		return solid
	case isDeceptive(r), unicode.Is(unicode.M, r):
		return 0
	}
	return 1
}

// A plainWriter folds white space and owes line ends until more text comes.
type plainWriter struct {
	b     strings.Builder
	left  int // how much is to be written, as weight reckons it
	lines int
	space bool
}

func (p *plainWriter) line(n int) { p.lines = max(p.lines, n) }

func (p *plainWriter) text(s string, pre bool) {
	for s != "" && p.left > 0 {
		if n := visibleASCII(s); n > 0 { // most of most texts
			n = min(n, (p.left+solid-1)/solid)
			p.gap()
			p.b.WriteString(s[:n])
			p.left -= solid * n
			s = s[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '\n' && pre:
			p.line(1)
		case unicode.IsSpace(r):
			p.space = true
		case unicode.IsControl(r):
		default:
			p.gap()
			p.b.WriteString(s[:size])
			p.left -= weight(r)
		}
		s = s[size:]
	}
}

// gap writes what is owed before more text.
func (p *plainWriter) gap() {
	if p.b.Len() > 0 {
		if p.lines > 0 {
			p.b.WriteString("\n\n"[:min(p.lines, 2)])
		} else if p.space {
			p.b.WriteByte(' ')
		}
	}
	p.lines, p.space = 0, false
}

// visibleASCII is how many bytes s begins with that are ASCII, and no space.
func visibleASCII(s string) int {
	i := 0
	for i < len(s) && s[i] > ' ' && s[i] < 0x7f {
		i++
	}
	return i
}
