package text

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

const (
	// maxContainers is how deep quotes, lists, tables and spoilers may nest; what is deeper loses
	// its tags and keeps its text. Lemmy's own pages stop being readable long before.
	maxContainers = 12

	// closing is kept free at the end of the output for the end tags that are then due: at most
	// maxContainers × (a container, row group, row, cell) and the inline elements within.
	closing = 2 << 10
)

// shapeOptions is what differs between what strangers and what members write.
type shapeOptions struct {
	origin string // of this instance; set for our own markdown: resolves relative links, embeds /media/
}

// A shaper writes a balanced document while it reads tokens. Its stack is of bounded height: boxes
// are counted, and no inline element stands within itself.
type shaper struct {
	opts    shapeOptions
	out     strings.Builder
	stack   []open
	boxes   int // of the stack
	ignored int // boxes that were too deep and are still open
	shift   int // added to the level of headings
	full    bool
}

// An open element. Its start tag is written when something inside it is, so that empty ones leave
// no trace.
type open struct {
	element
	start   string // the start tag
	written bool
}

// shape rebuilds a document from the elements that lookup knows. See Sanitize for the contract.
func shape(s string, opts shapeOptions) string {
	if len(s) > maxHTML {
		s = s[:maxHTML]
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	w := &shaper{opts: opts, shift: headingShift(s)}
	z := html.NewTokenizer(strings.NewReader(s))
	dropping, depth := "", 0 // the element whose content is being dropped, and how often it is open
	for !w.full {
		switch z.Next() {
		case html.ErrorToken:
			return w.finish()
		case html.TextToken:
			if dropping == "" {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, hasAttr := z.TagName()
			tag := string(name)
			switch e := lookup(tag); {
			case dropping != "":
				if tag == dropping {
					depth++
				}
			case e.role == drop:
				if tag == "svg" && z.Raw()[len(z.Raw())-2] == '/' {
					continue // only foreign elements close themselves
				}
				dropping, depth = tag, 1
			case e.role != 0:
				w.start(e, attributes(z, hasAttr))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			tag := string(name)
			if dropping != "" {
				if tag == dropping {
					if depth--; depth == 0 {
						dropping = ""
					}
				}
				continue
			}
			w.end(lookup(tag))
		}
	}
	return w.finish()
}

// attributes collects the attributes that any element of ours has a use for; the first of a name
// counts, as in browsers.
func attributes(z *html.Tokenizer, more bool) map[string]string {
	var attrs map[string]string
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		switch string(k) {
		case "href", "src", "alt", "title", "start", "align", "colspan", "rowspan":
			if _, twice := attrs[string(k)]; !twice {
				if attrs == nil {
					attrs = map[string]string{}
				}
				attrs[string(k)] = string(v)
			}
		}
	}
	return attrs
}

func (w *shaper) start(e element, attrs map[string]string) {
	switch e.role {
	case brk:
		if !w.inInline() {
			w.endParagraph()
		}
	case inline:
		w.startInline(e, attrs)
	case headers:
		level := min(int(e.name[1]-'0')+w.shift, 6)
		w.startParagraph(element{para, "h" + strconv.Itoa(level)})
	case para:
		w.startParagraph(e)
	case box:
		w.endParagraph()
		if w.boxes >= maxContainers {
			w.ignored++
			return
		}
		w.needPlace()
		tag := "<" + e.name + ">"
		if n := attrs["start"]; e.name == "ol" && n != "1" && startPattern.MatchString(n) {
			tag = `<ol start="` + n + `">`
		}
		w.push(e, tag)
	case part:
		w.startPart(e, attrs)
	case void:
		switch e.name {
		case "br":
			if w.paragraphOpen() { // one that would begin a paragraph shows nothing
				w.write("<br>")
			}
		case "hr":
			w.endParagraph()
			w.needPlace()
			w.write("<hr>")
		case "img":
			w.image(attrs)
		}
	}
}

// startInline opens an inline element, in a paragraph of its own if there is none.
func (w *shaper) startInline(e element, attrs map[string]string) {
	tag := "<" + e.name + ">"
	if e.name == "a" {
		w.closeInline("a") // as browsers do
		href, ok := cleanHref(attrs["href"], w.opts.origin)
		if !ok {
			return
		}
		tag = `<a href="` + html.EscapeString(href) + `" rel="nofollow noopener ugc">`
	} else if w.has(e.name) {
		return
	}
	w.needParagraph()
	w.push(e, tag)
}

func (w *shaper) startParagraph(e element) {
	w.endParagraph()
	top := w.top()
	switch e.name {
	case "summary": // only as the first thing in details
		if top != "details" || w.stack[len(w.stack)-1].written {
			e.name = "p"
		}
	case "caption":
		if top != "table" || w.stack[len(w.stack)-1].written {
			e.name = "p"
		}
	}
	if e.name != "caption" {
		w.needPlace()
	}
	w.push(e, "<"+e.name+">")
}

// startPart opens a part of a list or table and what must stand around it; outside of its box it
// only ends the paragraph.
func (w *shaper) startPart(e element, attrs map[string]string) {
	tag := "<" + e.name + ">"
	switch e.name {
	case "li", "dt", "dd":
		w.endParagraph()
		i := w.find(func(n string) bool { return n == "ul" || n == "ol" || n == "dl" || n == "table" })
		if i < 0 || (w.stack[i].name == "dl") != (e.name != "li") || w.stack[i].name == "table" {
			return
		}
		w.popTo(i + 1)
	case "thead", "tbody", "tfoot":
		i := w.find(func(n string) bool { return n == "table" })
		if i < 0 {
			w.endParagraph()
			return
		}
		w.popTo(i + 1)
	case "tr":
		if !w.needGroup() {
			w.endParagraph()
			return
		}
	case "td", "th":
		if !w.needRow() {
			w.endParagraph()
			return
		}
		for _, k := range []string{"align", "colspan", "rowspan"} {
			v := attrs[k]
			if k == "align" && alignPattern.MatchString(v) || k != "align" && v != "1" && spanPattern.MatchString(v) {
				tag = tag[:len(tag)-1] + " " + k + `="` + v + `">`
			}
		}
	}
	w.push(e, tag)
}

// needGroup makes the innermost table's row group the top of the stack.
func (w *shaper) needGroup() bool {
	i := w.find(func(n string) bool { return n == "table" })
	if i < 0 {
		return false
	}
	if i+1 < len(w.stack) && w.stack[i+1].role == part { // thead, tbody, tfoot
		w.popTo(i + 2)
		return true
	}
	w.popTo(i + 1)
	w.push(element{part, "tbody"}, "<tbody>")
	return true
}

// needRow makes the innermost table's row the top of the stack.
func (w *shaper) needRow() bool {
	i := w.find(func(n string) bool { return n == "table" })
	if i < 0 {
		return false
	}
	if i+2 < len(w.stack) && w.stack[i+2].name == "tr" {
		w.popTo(i + 3)
		return true
	}
	w.needGroup()
	w.push(element{part, "tr"}, "<tr>")
	return true
}

// needPlace makes the top of the stack something that may hold blocks.
func (w *shaper) needPlace() {
	switch w.top() {
	case "ul", "ol":
		w.push(element{part, "li"}, "<li>")
	case "dl":
		w.push(element{part, "dd"}, "<dd>")
	case "table", "thead", "tbody", "tfoot", "tr":
		w.needRow()
		w.push(element{part, "td"}, "<td>")
	}
}

// needParagraph makes the top of the stack something that may hold text. List items and cells hold
// it as it is.
func (w *shaper) needParagraph() {
	if w.paragraphOpen() {
		return
	}
	w.needPlace()
	switch w.top() {
	case "li", "dd", "dt", "td", "th":
	default:
		w.push(element{para, "p"}, "<p>")
	}
}

// paragraphOpen reports whether the top of the stack may hold text.
func (w *shaper) paragraphOpen() bool {
	if len(w.stack) == 0 {
		return false
	}
	switch e := w.stack[len(w.stack)-1]; e.role {
	case inline, para:
		return true
	case part:
		switch e.name {
		case "li", "dd", "dt", "td", "th":
			return true
		}
	}
	return false
}

func (w *shaper) text(raw string) {
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, raw)
	if s == "" {
		return
	}
	if !w.has("pre") && strings.Trim(s, " \n\t") == "" {
		// White space opens nothing. Between blocks it is dropped, between words it stays.
		if w.paragraphOpen() && w.holder().written {
			w.write(s)
		}
		return
	}
	w.needParagraph()
	w.flush()
	esc := html.EscapeString(s)
	if room := maxHTML - closing - w.out.Len(); len(esc) > room {
		esc = escapePrefix(s, room)
		w.full = true
	}
	w.out.WriteString(esc)
}

// escapePrefix escapes as much of s as fits into room bytes.
func escapePrefix(s string, room int) string {
	var b strings.Builder
	for len(s) > 0 {
		_, n := utf8.DecodeRuneInString(s)
		esc := html.EscapeString(s[:n])
		if b.Len()+len(esc) > room {
			break
		}
		b.WriteString(esc)
		s = s[n:]
	}
	return b.String()
}

// image writes a photo of ours as it is, and a link to any other.
func (w *shaper) image(attrs map[string]string) {
	alt := CleanLine(attrs["alt"], maxAlt)
	if alt == "" {
		alt = CleanLine(attrs["title"], maxAlt)
	}
	src, ok := cleanHref(attrs["src"], w.opts.origin)
	if ok && !strings.HasPrefix(src, "https://") && !strings.HasPrefix(src, "http://") {
		ok = false
	}
	if ok && w.opts.origin != "" && strings.HasPrefix(src, w.opts.origin+"/media/") && ownMedia.MatchString(src) {
		w.needParagraph()
		w.write(`<img src="` + html.EscapeString(src) + `" alt="` + html.EscapeString(alt) + `" loading="lazy">`)
		return
	}
	// A custom emoji of Misskey or Pleroma is text with a picture; so is an image within a link.
	if !ok || w.has("a") || isShortcode(alt) {
		if alt != "" {
			w.text(alt)
		}
		return
	}
	if alt == "" {
		alt = cut(src[strings.LastIndexByte(strings.TrimRight(src, "/"), '/')+1:], 80)
	}
	w.startInline(element{inline, "a"}, map[string]string{"href": src})
	w.text(alt)
	w.closeInline("a")
}

func isShortcode(s string) bool {
	return len(s) > 2 && s[0] == ':' && s[len(s)-1] == ':' && strings.IndexFunc(s[1:len(s)-1], func(r rune) bool {
		return r >= utf8.RuneSelf || r != '-' && !isNameByte(byte(r))
	}) < 0
}
