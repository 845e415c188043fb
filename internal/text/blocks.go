package text

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	gtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const (
	// maxCells is how many cells a table may have. goldmark fills short rows up: a header of 20,000
	// columns over 20,000 empty rows, 100 KB to write, would be 400,000,000 cells.
	maxCells = 10_000

	maxSpoilerTitle = 200 // runes

	// maxBrackets is how many square brackets one text may have that could be links. For each
	// "[a](" goldmark reads on to the end of the paragraph: 40,000 of them took 4 seconds.
	maxBrackets = 2_000

	// maxEmphasis is how many runs of *, _ and ~ one text may have that could be emphasis. For each that
	// may close goldmark looks at all that may open: "*a_" 16,000 times took 2 seconds.
	maxEmphasis = 4_000
)

var (
	kindSpoiler = ast.NewNodeKind("Spoiler")
	bracketsKey = parser.NewContextKey()
	emphasisKey = parser.NewContextKey()
)

// A spoiler is a container block, closed at first and shown on demand:
//
//	:::spoiler How it ends
//	They marry.
//	:::
//
// A spoiler around another is written with more colons.
type spoiler struct {
	ast.BaseBlock
	title  string
	colons int
}

func (*spoiler) Kind() ast.NodeKind { return kindSpoiler }

func (n *spoiler) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"title": n.title}, nil)
}

type spoilerParser struct{}

func (spoilerParser) Trigger() []byte             { return []byte{':'} }
func (spoilerParser) CanInterruptParagraph() bool { return true }
func (spoilerParser) CanAcceptIndentedLine() bool { return false }

func (spoilerParser) Open(_ ast.Node, reader gtext.Reader, _ parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	colons, rest := cutColons(line)
	if colons < 3 {
		return nil, parser.NoChildren
	}
	word, title, _ := strings.Cut(strings.TrimSpace(string(rest)), " ")
	if word != "spoiler" {
		return nil, parser.NoChildren
	}
	reader.AdvanceToEOL()
	return &spoiler{title: CleanLine(title, maxSpoilerTitle), colons: colons}, parser.HasChildren
}

func (spoilerParser) Continue(node ast.Node, reader gtext.Reader, _ parser.Context) parser.State {
	line, _ := reader.PeekLine()
	if colons, rest := cutColons(line); colons >= node.(*spoiler).colons && len(bytes.TrimSpace(rest)) == 0 {
		reader.AdvanceToEOL()
		return parser.Close
	}
	return parser.Continue | parser.HasChildren
}

func (spoilerParser) Close(ast.Node, gtext.Reader, parser.Context) {}

// cutColons counts the colons that line begins with, indented by at most three spaces.
func cutColons(line []byte) (n int, rest []byte) {
	trimmed := bytes.TrimLeft(line, " ")
	if len(line)-len(trimmed) > 3 {
		return 0, line
	}
	rest = bytes.TrimLeft(trimmed, ":")
	return len(trimmed) - len(rest), rest
}

// nested refuses to open a quote, list or spoiler within maxContainers others: a line of 50,000
// ">" would nest as deep, and cost the square of it. What is refused stays text.
type nested struct{ parser.BlockParser }

func (p nested) Open(parent ast.Node, reader gtext.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		switch n.Kind() {
		case ast.KindBlockquote, ast.KindList, kindSpoiler:
			depth++
		}
	}
	if depth >= maxContainers {
		return nil, parser.NoChildren
	}
	return p.BlockParser.Open(parent, reader, pc)
}

// fewLinks stops looking for links and images after maxBrackets; the rest of the brackets are text.
type fewLinks struct{ parser.InlineParser }

func (p fewLinks) Parse(parent ast.Node, block gtext.Reader, pc parser.Context) ast.Node {
	n, _ := pc.Get(bracketsKey).(int)
	if n >= maxBrackets {
		return nil
	}
	pc.Set(bracketsKey, n+1)
	return p.InlineParser.Parse(parent, block, pc)
}

// CloseBlock is the other half of goldmark's link parser: brackets still open become text.
func (p fewLinks) CloseBlock(parent ast.Node, block gtext.Reader, pc parser.Context) {
	p.InlineParser.(parser.CloseBlocker).CloseBlock(parent, block, pc)
}

// fewEmphasis stops looking for emphasis after maxEmphasis; the rest of the marks are text.
type fewEmphasis struct{ parser.InlineParser }

func (p fewEmphasis) Parse(parent ast.Node, block gtext.Reader, pc parser.Context) ast.Node {
	n, _ := pc.Get(emphasisKey).(int)
	if n >= maxEmphasis {
		return nil
	}
	pc.Set(emphasisKey, n+1)
	return p.InlineParser.Parse(parent, block, pc)
}

// smallTables leaves a paragraph alone that would become a table of more than maxCells.
type smallTables struct{ parser.ParagraphTransformer }

func (t smallTables) Transform(node *ast.Paragraph, reader gtext.Reader, pc parser.Context) {
	lines, columns := node.Lines(), 0
	for _, segment := range lines.Sliced(0, lines.Len()) {
		columns = max(columns, 1+bytes.Count(segment.Value(reader.Source()), []byte("|")))
	}
	if columns*lines.Len() <= maxCells {
		t.ParagraphTransformer.Transform(node, reader, pc)
	}
}

// A nodeRenderer writes our own nodes.
type nodeRenderer struct{}

func (nodeRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindReference, func(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		if n := node.(*reference); entering {
			if n.href == "" {
				_, _ = w.Write(util.EscapeHTML([]byte(n.label)))
			} else {
				_, _ = w.WriteString(`<a href="` + string(util.EscapeHTML([]byte(n.href))) + `">`)
				_, _ = w.Write(util.EscapeHTML([]byte(n.label)))
				_, _ = w.WriteString("</a>")
			}
		}
		return ast.WalkContinue, nil
	})
	r.Register(kindSpoiler, func(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := node.(*spoiler); {
		case !entering:
			_, _ = w.WriteString("</details>\n")
		case n.title == "": // the browser has a word for it, in the reader's language
			_, _ = w.WriteString("<details>\n")
		default:
			_, _ = w.WriteString("<details><summary>" + string(util.EscapeHTML([]byte(n.title))) + "</summary>\n")
		}
		return ast.WalkContinue, nil
	})
}
