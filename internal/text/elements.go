package text

// A role says where an element may stand.
type role uint8

const (
	drop    role = iota + 1 // the element goes and its content with it
	brk                     // the tag goes but ends the paragraph: div, section …
	inline                  // within a paragraph
	para                    // holds inline content only: p, h3, pre, summary …
	box                     // holds blocks, and nests: blockquote, details, ul, table …
	part                    // li, dt, dd, caption, thead, tr, td …: only within its own box
	void                    // br, hr, img
	headers                 // h1 to h6: a para whose name is decided later
)

// An element is what a tag of the input becomes.
type element struct {
	role role
	name string // in the output
}

// lookup says what becomes of a tag. Tags it does not know vanish and leave their content, as
// Mastodon's invisible and ellipsis spans do, so that a link's text is its whole address.
func lookup(tag string) element {
	switch tag {
	case "script", "style", "iframe", "object", "noscript", "noembed", "noframes", "template", "svg", "head", "title",
		"textarea", "select", "audio", "video", "canvas", "annotation", "annotation-xml", "xmp", "plaintext":
		return element{drop, ""}
	case "div", "section", "article", "header", "footer", "main", "aside", "nav", "figure", "figcaption", "address",
		"center", "form", "fieldset", "hgroup", "body":
		return element{brk, ""}
	case "em", "strong", "del", "ins", "s", "u", "mark", "small", "sub", "sup", "q", "ruby", "rt", "rp", "code", "a":
		return element{inline, tag}
	case "i", "cite", "dfn", "var":
		return element{inline, "em"}
	case "b":
		return element{inline, "strong"}
	case "strike":
		return element{inline, "del"}
	case "tt", "kbd", "samp":
		return element{inline, "code"}
	case "p", "pre", "summary", "caption":
		return element{para, tag}
	case "h1", "h2", "h3", "h4", "h5", "h6":
		return element{headers, tag}
	case "blockquote", "details", "ul", "ol", "dl", "table":
		return element{box, tag}
	case "dir", "menu":
		return element{box, "ul"}
	case "li", "dt", "dd", "thead", "tbody", "tfoot", "tr", "td", "th":
		return element{part, tag}
	case "br", "hr", "img":
		return element{void, tag}
	}
	return element{}
}
