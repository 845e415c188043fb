package text

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// Plain returns the text of a piece of HTML, ours or a stranger's: a line for each paragraph, item
// and row, the alt text of images, nothing of scripts and styles. It is for titles, excerpts,
// notifications and search; as HTML it must be escaped again. At most 256 KiB are read.
func Plain(s string) string { return plain(s, maxHTML) }

// ExcerptHTML is Excerpt of Plain, but reads no further than it needs: a feed shows fifty.
//
// Of a text of which more than half is invisible the excerpt may be shorter.
func ExcerptHTML(s string, n int) string {
	// Normalizing joins up to three runes into one, and one rune beyond n must be seen for the cut.
	return Excerpt(plain(s, 4*(n+1)), n)
}

// plain stops after enough runes of text.
func plain(s string, enough int) string {
	if len(s) > maxHTML {
		s = s[:maxHTML]
	}
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

// A plainWriter folds white space and owes line ends until more text comes.
type plainWriter struct {
	b     strings.Builder
	left  int // runes to be written, those of white space aside
	lines int
	space bool
}

func (p *plainWriter) line(n int) { p.lines = max(p.lines, n) }

func (p *plainWriter) text(s string, pre bool) {
	for _, r := range s {
		switch {
		case p.left <= 0:
			return
		case r > ' ' && r < 0x7f: // most of most texts
		case r == '\n' && pre:
			p.line(1)
			continue
		case unicode.IsSpace(r):
			p.space = true
			continue
		case unicode.IsControl(r):
			continue
		}
		if p.b.Len() > 0 {
			if p.lines > 0 {
				p.b.WriteString("\n\n"[:min(p.lines, 2)])
			} else if p.space {
				p.b.WriteByte(' ')
			}
		}
		p.lines, p.space = 0, false
		p.b.WriteRune(r)
		p.left--
	}
}
