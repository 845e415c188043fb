package text

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	gtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const (
	// maxSource is how many bytes of markdown are read: 50,000 characters of Chinese, as many as
	// Lemmy lets a post have.
	maxSource = 150 << 10

	// maxReferences is how many different people and circles, and how many tags, one text can
	// address. More are left as text: nobody calls a hundred people but to annoy them.
	maxReferences = 50
)

// LinkFor tells the address that a reference leads to: the page of a person or circle, or of a tag
// (whose host is this instance). Where ok is false the reference stays plain text and is not
// reported, so that "@media" in a talk about style sheets mentions nobody.
type LinkFor func(kind Kind, name, host string) (href string, ok bool)

// A Mention is a person or a circle that a text addresses.
type Mention struct {
	Name string // as typed; in lower case if it is local
	Host string // never empty: this instance for local names
	Href string // as LinkFor gave it
}

// Rendered is a text as it is stored and sent. Each person, circle and tag is listed once, in the
// order of the text.
type Rendered struct {
	HTML     string // passes Sanitize's rules, and may embed photos of this instance
	Mentions []Mention
	Circles  []Mention
	Tags     []string // TagKeys
}

// A Renderer turns the one markdown dialect of Halqa into HTML: CommonMark with tables,
// strikethrough, bare addresses, ":::spoiler title" blocks as Lemmy has them, @name@host,
// !circle@host and #tag; without raw HTML, which shows as it was typed. testdata/dialect.golden
// shows all of it. A Renderer may be used from many goroutines.
type Renderer struct {
	origin string
	host   string
	md     goldmark.Markdown
	safe   *Sanitizer
}

// NewRenderer makes a renderer for the instance at origin, such as https://h.example (no path).
func NewRenderer(origin string) *Renderer {
	origin = strings.TrimSuffix(origin, "/")
	_, host, _ := strings.Cut(origin, "://")
	if h, err := Host(host); err == nil {
		host = h
	}
	md := goldmark.New(
		goldmark.WithParser(parser.NewParser(
			parser.WithBlockParsers(
				util.Prioritized(parser.NewSetextHeadingParser(), 100),
				util.Prioritized(parser.NewThematicBreakParser(), 200),
				util.Prioritized(nested{parser.NewListParser()}, 300),
				util.Prioritized(parser.NewListItemParser(), 400),
				util.Prioritized(parser.NewCodeBlockParser(), 500),
				util.Prioritized(parser.NewATXHeadingParser(), 600),
				util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
				util.Prioritized(nested{parser.NewBlockquoteParser()}, 800),
				util.Prioritized(nested{spoilerParser{}}, 850),
				util.Prioritized(parser.NewParagraphParser(), 1000),
			),
			parser.WithInlineParsers(
				util.Prioritized(parser.NewCodeSpanParser(), 100),
				util.Prioritized(fewLinks{parser.NewLinkParser()}, 200),
				util.Prioritized(parser.NewAutoLinkParser(), 300),
				util.Prioritized(referenceParser{host}, 400),
				util.Prioritized(bareLinkParser{}, 410),
				util.Prioritized(fewEmphasis{parser.NewEmphasisParser()}, 500),
				util.Prioritized(fewEmphasis{extension.NewStrikethroughParser()}, 510),
			),
			parser.WithParagraphTransformers(
				util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
				util.Prioritized(smallTables{extension.NewTableParagraphTransformer()}, 200),
			),
			parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
		)),
		goldmark.WithRendererOptions(
			renderer.WithNodeRenderers(
				util.Prioritized(extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
				util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
				util.Prioritized(nodeRenderer{}, 500),
			),
		),
	)
	return &Renderer{origin: origin, host: host, md: md, safe: NewSanitizer()}
}

// Render renders what a member wrote. A nil link leads every reference where its address usually
// is and accepts them all: for previews, and for finding whom to look up before the real call.
func (r *Renderer) Render(source string, link LinkFor) Rendered {
	if link == nil {
		link = r.guess
	}
	if len(source) > maxSource {
		source = source[:maxSource]
	}
	src := []byte(valid(source))
	doc := r.md.Parser().Parse(gtext.NewReader(src))
	out := resolve(doc, link)
	joinLines(doc, src)

	var buf bytes.Buffer
	if err := r.md.Renderer().Render(&buf, src, doc); err != nil {
		// Only a failing writer or a node without a renderer gives an error: ours to mend.
		panic("text: " + err.Error())
	}
	out.HTML = r.safe.sanitizeOwn(buf.String(), r.origin)
	return out
}

func (r *Renderer) guess(kind Kind, name, host string) (string, bool) {
	base := "https://" + host
	if host == r.host {
		base = r.origin
	}
	switch {
	case kind == Tag:
		return base + "/tag/" + url.PathEscape(name), true
	case kind == Circle:
		return base + "/c/" + name, true
	case host == r.host:
		return base + "/u/" + name, true
	}
	return base + "/@" + name, true
}

// resolve asks for the address of each reference in the document and lists those that have one.
// What stands within a link stays text: links do not nest.
func resolve(doc ast.Node, link LinkFor) Rendered {
	type key struct {
		kind       Kind
		name, host string
	}
	type answer struct {
		href string
		ok   bool
	}
	var out Rendered
	known := map[key]answer{}
	tags, names := 0, 0
	links := 0 // of those we are in
	// The only errors of Walk are those of its callback.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Kind() == ast.KindLink {
			if entering {
				links++
			} else {
				links--
			}
		}
		ref, ok := n.(*reference)
		if !ok || !entering || links > 0 {
			return ast.WalkContinue, nil
		}
		if ref.kind == Address {
			ref.href = ref.name
			return ast.WalkContinue, nil
		}
		k := key{ref.kind, strings.ToLower(ref.name), ref.host}
		a, seen := known[k]
		if !seen {
			count := &names
			if ref.kind == Tag {
				count = &tags
			}
			if *count < maxReferences {
				*count++
				a.href, a.ok = link(ref.kind, ref.name, ref.host)
			}
			known[k] = a
		}
		if !a.ok {
			return ast.WalkContinue, nil
		}
		ref.href = a.href
		if seen {
			return ast.WalkContinue, nil
		}
		switch m := (Mention{ref.name, ref.host, a.href}); ref.kind {
		case Person:
			out.Mentions = append(out.Mentions, m)
		case Circle:
			out.Circles = append(out.Circles, m)
		case Tag:
			out.Tags = append(out.Tags, ref.name)
		}
		return ast.WalkContinue, nil
	})
	return out
}

// joinLines drops the line breaks within Chinese and Japanese text, which a browser would show as
// spaces. goldmark's own options do so in Korean too, or after every full stop.
func joinLines(doc ast.Node, src []byte) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		t, ok := n.(*ast.Text)
		if !ok || !entering || !t.SoftLineBreak() {
			return ast.WalkContinue, nil
		}
		next, ok := t.NextSibling().(*ast.Text)
		if !ok {
			return ast.WalkContinue, nil
		}
		before, _ := utf8.DecodeLastRune(t.Segment.Value(src))
		after, _ := utf8.DecodeRune(next.Segment.Value(src))
		if isUnspaced(before) && isUnspaced(after) {
			t.SetSoftLineBreak(false)
		}
		return ast.WalkContinue, nil
	})
}

// isUnspaced reports characters of the scripts that put no space between words, and their
// punctuation.
func isUnspaced(r rune) bool {
	return r >= 0x3000 && r <= 0x303f || r >= 0xff01 && r <= 0xff60 || r == 'ー' ||
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo)
}
