package text

import "strings"

// The stack of a shaper: from the outside in, boxes with their parts, then at most one paragraph,
// then inline elements.

func (w *shaper) push(e element, start string) {
	if e.role == box {
		w.boxes++
	}
	w.stack = append(w.stack, open{element: e, start: start})
}

// popTo closes elements until n are open. Cells stay even if they are empty, for the columns'
// sake, and list items for the numbers'.
func (w *shaper) popTo(n int) {
	for len(w.stack) > n {
		e := w.stack[len(w.stack)-1]
		if !e.written && !w.full && (e.name == "td" || e.name == "th" || e.name == "li") {
			w.flush()
			continue
		}
		w.stack = w.stack[:len(w.stack)-1]
		if e.role == box {
			w.boxes--
		}
		if e.written {
			w.out.WriteString("</" + e.name + ">")
		}
	}
}

// write puts a tag out, after the start tags that are still due.
func (w *shaper) write(s string) {
	w.flush()
	if w.out.Len()+len(s) > maxHTML-closing {
		w.full = true
		return
	}
	w.out.WriteString(s)
}

func (w *shaper) flush() {
	for i := range w.stack {
		e := &w.stack[i]
		if e.written {
			continue
		}
		if w.full || w.out.Len()+len(e.start) > maxHTML-closing {
			w.full = true
			w.stack = w.stack[:i] // what is not begun needs no end
			return
		}
		w.out.WriteString(e.start)
		e.written = true
	}
}

func (w *shaper) finish() string {
	w.popTo(0)
	return w.out.String()
}

// end closes an element and what is open within it; an end tag without its start is ignored. None
// reaches out of the table cell that it stands in, but the parts of that table.
func (w *shaper) end(e element) {
	switch e.role {
	case brk:
		if !w.inInline() {
			w.endParagraph()
		}
	case inline:
		w.closeInline(e.name)
	case para, headers:
		w.endParagraph()
	case box:
		if w.ignored > 0 {
			w.ignored--
			w.endParagraph()
			return
		}
		w.close(e.name, func(n string) bool { return e.name != "table" && (n == "td" || n == "th") })
	case part:
		switch e.name {
		case "li", "dt", "dd":
			w.close(e.name, func(n string) bool {
				return n == "ul" || n == "ol" || n == "dl" || n == "td" || n == "th"
			})
		default:
			w.close(e.name, func(n string) bool { return n == "table" })
		}
	}
}

// close pops to the innermost element of that name, unless a fence stands before it.
func (w *shaper) close(name string, fence func(string) bool) {
	i := w.find(func(n string) bool { return n == name || fence(n) })
	if i >= 0 && w.stack[i].name == name {
		w.popTo(i)
	}
}

// closeInline pops to an inline element, which never stands outside of the paragraph.
func (w *shaper) closeInline(name string) {
	for i := len(w.stack) - 1; i >= 0 && w.stack[i].role == inline; i-- {
		if w.stack[i].name == name {
			w.popTo(i)
			return
		}
	}
}

// endParagraph closes the inline elements and the paragraph that are open.
func (w *shaper) endParagraph() {
	for n := len(w.stack); n > 0 && (w.stack[n-1].role == inline || w.stack[n-1].role == para); n-- {
		w.popTo(n - 1)
	}
}

// holder is what holds the text at the top of the stack: a paragraph, an item or a cell.
func (w *shaper) holder() open {
	i := len(w.stack) - 1
	for i > 0 && w.stack[i].role == inline {
		i--
	}
	return w.stack[i]
}

func (w *shaper) find(match func(name string) bool) int {
	for i := len(w.stack) - 1; i >= 0; i-- {
		if match(w.stack[i].name) {
			return i
		}
	}
	return -1
}

func (w *shaper) has(name string) bool { return w.find(func(n string) bool { return n == name }) >= 0 }

func (w *shaper) top() string {
	if len(w.stack) == 0 {
		return ""
	}
	return w.stack[len(w.stack)-1].name
}

func (w *shaper) inInline() bool {
	return len(w.stack) > 0 && w.stack[len(w.stack)-1].role == inline
}

// headingShift returns by how much headings are moved down so that the highest becomes h3. It looks
// for tags as bytes: one in a comment counts too, which only moves the others further.
func headingShift(s string) int {
	highest := 3
	for i := 0; i+2 < len(s); i++ {
		j := strings.IndexByte(s[i:], '<')
		if j < 0 || i+j+2 >= len(s) {
			break
		}
		i += j
		if (s[i+1] == 'h' || s[i+1] == 'H') && s[i+2] >= '1' && s[i+2] <= '2' {
			highest = min(highest, int(s[i+2]-'0'))
		}
	}
	return 3 - highest
}
