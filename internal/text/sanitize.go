package text

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// maxHTML bounds, in bytes, both what Sanitize reads and what it returns; the rest is cut off. It
// is four times the 64 KiB that Misskey takes as a whole activity, and the longest articles that
// WordPress sends fit.
const maxHTML = 256 << 10

// ownMedia is the address of a photo of this instance, the only image that a text may embed.
var ownMedia = regexp.MustCompile(`^https?://[^/?#\s"'<>]+/media/[A-Za-z0-9_-]+$`)

var (
	lazyPattern  = regexp.MustCompile(`^lazy$`)
	relPattern   = regexp.MustCompile(`^nofollow noopener ugc$`)
	alignPattern = regexp.MustCompile(`^(?:left|center|right)$`)
	spanPattern  = regexp.MustCompile(`^[1-9][0-9]?$`)
	startPattern = regexp.MustCompile(`^(?:0|[1-9][0-9]{0,5})$`)
)

// A Sanitizer makes HTML safe to store and show. It holds nothing but its compiled policies and may
// be used from many goroutines.
//
// Two layers do it. A shaper (shape.go) reads tokens and writes from scratch the few elements we
// know, balanced and nested as a browser would have them; then bluemonday's policy, the list
// below, checks every element, attribute and scheme once more, so that a mistake in our layer
// reaches no page.
type Sanitizer struct {
	remote *bluemonday.Policy
	own    *bluemonday.Policy // for what our markdown made; it may embed photos of this instance
}

func NewSanitizer() *Sanitizer {
	own := policy()
	own.AllowAttrs("src").Matching(ownMedia).OnElements("img")
	own.AllowAttrs("alt").OnElements("img")
	own.AllowAttrs("loading").Matching(lazyPattern).OnElements("img")
	return &Sanitizer{remote: policy(), own: own}
}

// Sanitize returns the part of a remote server's HTML that may stand in our pages. It keeps
// paragraphs, lists, quotes, code, tables, emphasis, rubies, spoilers (details) and links, and no
// class, style, id, data-* or on*. Images become links that carry their alt text: nothing is
// loaded from a stranger. Headings are moved down so that the highest is h3, below the page's own.
// Text outside of any block gets a paragraph. The result is balanced, at most 256 KiB, and
// Sanitize of it is itself. The work is linear in the input.
func (s *Sanitizer) Sanitize(html string) string {
	return s.remote.Sanitize(shape(html, shapeOptions{}))
}

// sanitizeOwn is Sanitize for the HTML that our own markdown gave, on the instance at origin.
func (s *Sanitizer) sanitizeOwn(html, origin string) string {
	return s.own.Sanitize(shape(html, shapeOptions{origin: origin}))
}

func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "blockquote", "pre", "code", "h3", "h4", "h5", "h6",
		"em", "strong", "del", "ins", "s", "u", "mark", "small", "sub", "sup", "q", "ruby", "rt", "rp",
		"ul", "ol", "li", "dl", "dt", "dd", "details", "summary",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(relPattern).OnElements("a")
	p.AllowAttrs("start").Matching(startPattern).OnElements("ol")
	p.AllowAttrs("align").Matching(alignPattern).OnElements("th", "td")
	p.AllowAttrs("colspan", "rowspan").Matching(spanPattern).OnElements("th", "td")
	p.AllowURLSchemes(linkSchemes...)
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(false)
	return p
}
