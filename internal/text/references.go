package text

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	gtext "github.com/yuin/goldmark/text"
)

// maxTag is the length of a hashtag in runes; longer words after a # are not meant as one.
const maxTag = 100

// maxBare is how long, in bytes, an address is read that stands bare in a text.
const maxBare = 2000

var (
	kindReference = ast.NewNodeKind("Reference")

	// A name, then perhaps a host. What the host pattern takes is checked by Host.
	handlePattern  = regexp.MustCompile(`^[@!]([a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,126}[a-zA-Z0-9_])?)@([\p{L}\p{N}][\p{L}\p{N}.-]*(?::[0-9]{1,5})?)`)
	numericPattern = regexp.MustCompile(`^#(?:[xX][0-9a-fA-F]{1,6}|[0-9]{1,7});`)
	localPattern   = regexp.MustCompile(`^[@!]([a-zA-Z0-9_]{1,30})`)
)

// A reference is an inline node: a mention, a circle, a tag or a bare address. Without an href it
// renders as the text it was.
type reference struct {
	ast.BaseInline
	kind       Kind
	name, host string
	href       string
	label      string
}

func (*reference) Kind() ast.NodeKind { return kindReference }

func (n *reference) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"kind": string(n.kind), "name": n.name, "host": n.host}, nil)
}

// A referenceParser reads @name@host, !circle@host and #tag, where no word runs into them.
type referenceParser struct{ host string }

func (referenceParser) Trigger() []byte { return []byte{'@', '!', '#'} }

func (p referenceParser) Parse(parent ast.Node, block gtext.Reader, _ parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	if before == '&' && line[0] == '#' {
		n := characterReference(parent, line, segment)
		if n != nil {
			block.Advance(n.Segment.Stop - segment.Start)
			return n
		}
		return nil
	}
	if !mayPrecede(before) {
		return nil
	}
	line = line[:min(len(line), 512)] // longer than any handle, and bounds the matching
	var n *reference
	switch line[0] {
	case '#':
		n = parseTag(line, p.host)
	case '@':
		n = parseHandle(line, Person, p.host)
	case '!':
		n = parseHandle(line, Circle, p.host)
	}
	if n == nil {
		return nil
	}
	block.Advance(len(n.label))
	return n
}

// characterReference puts "&#x41;" together again. goldmark decodes it within one piece of text only,
// and has ended one before the # to call us.
func characterReference(parent ast.Node, line []byte, segment gtext.Segment) *ast.Text {
	m := numericPattern.Find(line)
	amp, ok := parent.LastChild().(*ast.Text)
	if m == nil || !ok || amp.Segment.Stop != segment.Start || amp.SoftLineBreak() {
		return nil
	}
	if amp.Segment = amp.Segment.WithStop(segment.Start - 1); amp.Segment.Len() == 0 {
		parent.RemoveChild(parent, amp)
	}
	return ast.NewTextSegment(gtext.NewSegment(segment.Start-1, segment.Start+len(m)))
}

// mayPrecede reports whether a reference may follow r. Latin letters, digits and what addresses are
// made of would make it a part of something else; scripts without spaces do not.
func mayPrecede(r rune) bool {
	switch r {
	case '/', '@', '#', '&', '=', '_', '.', '%', '\\', '!':
		return false
	}
	return isPaired(r) || !unicode.In(r, unicode.L, unicode.N, unicode.M)
}

func parseHandle(line []byte, kind Kind, local string) *reference {
	if m := handlePattern.FindSubmatch(line); m != nil {
		typed := trimHost(string(m[2]))
		label := string(line[:2+len(m[1])+len(typed)])
		host, err := Host(typed)
		if err != nil || host != local && !strings.ContainsAny(host, ".:") && host != "localhost" {
			return nil
		}
		if rest := line[len(label):]; len(rest) > 0 && rest[0] == '@' {
			return nil
		}
		name := string(m[1])
		if host == local {
			name = strings.ToLower(name)
		}
		return &reference{kind: kind, name: name, host: host, label: label}
	}
	m := localPattern.FindSubmatch(line)
	if m == nil {
		return nil
	}
	if rest := line[len(m[0]):]; len(rest) > 0 && (isNameByte(rest[0]) || rest[0] == '@') {
		return nil
	}
	return &reference{kind: kind, name: strings.ToLower(string(m[1])), host: local, label: string(m[0])}
}

// trimHost takes from what follows the second @ the host that was meant: without the full stop that
// ends the sentence, and without Chinese that follows "host.example" with no space between.
func trimHost(s string) string {
	label := s[strings.LastIndexByte(s, '.')+1:]
	if label != "" && label[0] < utf8.RuneSelf {
		if i := strings.IndexFunc(label, func(r rune) bool { return r >= utf8.RuneSelf }); i > 0 {
			s = s[:len(s)-len(label)+i]
		}
	}
	return strings.TrimRight(s, ".-")
}

// parseTag reads a hashtag: letters of any script, digits and underscores, and not only digits.
func parseTag(line []byte, local string) *reference {
	end, runes, letters := 1, 0, false
	for end < len(line) {
		r, size := utf8.DecodeRune(line[end:])
		if !isTagRune(r) {
			// A zero-width non-joiner or a middle dot joins letters of Persian and Catalan words.
			next, _ := utf8.DecodeRune(line[end+size:])
			if r != 0x200c && r != 0x00b7 || runes == 0 || !isTagRune(next) {
				break
			}
		}
		letters = letters || unicode.IsLetter(r)
		end += size
		runes++
	}
	if !letters || runes > maxTag {
		return nil
	}
	label := string(line[:end])
	return &reference{kind: Tag, name: TagKey(label), host: local, label: label}
}

func isTagRune(r rune) bool {
	return r == '_' || r != utf8.RuneError && unicode.In(r, unicode.L, unicode.M, unicode.Nd)
}

// A bareLinkParser makes a link of an http or https address that stands in the text as it is, also
// where Chinese leaves no space before it. goldmark's own looks for one only after a space.
type bareLinkParser struct{}

func (bareLinkParser) Trigger() []byte { return []byte{':'} }

func (bareLinkParser) Parse(parent ast.Node, block gtext.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if len(line) < 4 || line[1] != '/' || line[2] != '/' {
		return nil
	}
	// The scheme has been read as text already.
	before, ok := parent.LastChild().(*ast.Text)
	if !ok || before.Segment.Stop != segment.Start || before.SoftLineBreak() || before.HardLineBreak() {
		return nil
	}
	said := before.Segment.Value(block.Source())
	scheme := ""
	for _, s := range []string{"https", "http"} {
		if n := len(said) - len(s); n >= 0 && strings.EqualFold(string(said[n:]), s) {
			if n > 0 && isNameByte(said[n-1]) {
				return nil
			}
			scheme = string(said[n:])
		}
		if scheme != "" {
			break
		}
	}
	if scheme == "" {
		return nil
	}
	rest := line[:addressEnd(line)]
	label := scheme + string(rest)
	href, ok := cleanHref(label, "")
	if !ok {
		return nil
	}
	if before.Segment = before.Segment.WithStop(before.Segment.Stop - len(scheme)); before.Segment.Len() == 0 {
		parent.RemoveChild(parent, before)
	}
	block.Advance(len(rest))
	return &reference{kind: Address, name: href, label: label}
}

// addressEnd returns where an address that begins line ends: at white space, an angle bracket, a
// backquote or the punctuation of another script, without the punctuation of the sentence around
// it. Letters beyond ASCII belong to it where a part of a path begins with them (/wiki/园艺), but
// not after ASCII (/x你好).
func addressEnd(line []byte) int {
	end, joined, bracket := 0, false, false
	for i := 0; i < len(line) && i < maxBare; {
		r, size := utf8.DecodeRune(line[i:])
		if r <= ' ' || r == 0x7f || strings.ContainsRune("<>`\"\\|", r) || r == utf8.RuneError {
			break
		}
		// Square brackets hold an IPv6 address, and else belong to the markdown around.
		if r == '[' && i != len("://") || r == ']' && !bracket {
			break
		}
		bracket = r == '[' || bracket && r != ']'
		if r >= utf8.RuneSelf {
			if !unicode.In(r, unicode.L, unicode.M, unicode.N) || !joined {
				break
			}
		} else {
			joined = !isNameByte(byte(r)) || r == '_'
		}
		i += size
		end = i
	}
	opens := strings.Count(string(line[:end]), "(") - strings.Count(string(line[:end]), ")")
	for end > 3 {
		switch line[end-1] {
		case '?', '!', '.', ',', ':', ';', '*', '_', '~', '\'', ']', '}':
		case ')':
			if opens >= 0 {
				return end
			}
			opens++
		default:
			return end
		}
		end--
	}
	return end
}
