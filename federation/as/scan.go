package as

import (
	"strconv"
	"unicode/utf8"

	"halqa/circles"
)

// Limits on a document from outside.
const (
	MaxBody    = 1 << 20 // what Mastodon and Lemmy allow; our own stay far below
	MaxDepth   = 32      // Announce{Create{Page{tag{icon}}}} takes 8
	MaxArray   = 1000    // recipients of a post by someone much mentioned
	MaxMembers = 512     // of one object; a contentMap in all languages has 200
)

// Reasons in the *circles.Error of every parser here.
const (
	ReasonTooLarge  = "document-too-large"
	ReasonNotJSON   = "document-not-json"
	ReasonLimits    = "document-limits"    // too deep or too wide
	ReasonDuplicate = "document-duplicate" // a member twice: two readers would read two documents
	ReasonGraph     = "document-graph"     // @graph, @included, @reverse hide objects from readers like us
	ReasonShape     = "document-shape"     // JSON, but not what was asked for
)

func refuse(reason, message string) error {
	kind := circles.Invalid
	if reason == ReasonTooLarge {
		kind = circles.TooLarge
	}
	return &circles.Error{Kind: kind, Reason: reason, Message: message}
}

// A document is JSON that was checked once from end to end and indexed on the way, so that nothing
// in it is scanned or copied again until it is asked for. Nodes stand in document order; a member of
// an object is its key's node followed by its value's.
type document struct {
	data  []byte
	nodes []node
}

type node struct {
	kind       byte  // '{' '[' '"' '0' 't' 'f' 'n'; 'e' is a string with escapes
	start, end int32 // in data; strings with their quotes
	next       int32 // the node after this one and all that is inside it
}

// scan checks data against RFC 8259 and the limits and indexes it. The root must be an object.
func scan(data []byte) (*document, error) {
	if len(data) > MaxBody {
		return nil, refuse(ReasonTooLarge, "The document is larger than 1 MiB.")
	}
	if !utf8.Valid(data) {
		return nil, refuse(ReasonNotJSON, "The document is not valid UTF-8.")
	}
	s := scanner{data: data, nodes: make([]node, 0, 16+len(data)/24)}
	s.space()
	if s.pos >= len(data) || data[s.pos] != '{' {
		return nil, refuse(ReasonNotJSON, "The document is not a JSON object.")
	}
	if err := s.value(1); err != nil {
		return nil, err
	}
	s.space()
	if s.pos != len(data) {
		return nil, s.syntax()
	}
	return &document{data: data, nodes: s.nodes}, nil
}

type scanner struct {
	data  []byte
	pos   int
	nodes []node
}

func (s *scanner) syntax() error {
	return refuse(ReasonNotJSON, "The document is not valid JSON near byte "+strconv.Itoa(s.pos)+".")
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) value(depth int) error {
	if s.pos >= len(s.data) {
		return s.syntax()
	}
	if depth > MaxDepth {
		return refuse(ReasonLimits, "The document is nested too deeply.")
	}
	i := len(s.nodes)
	c := s.data[s.pos]
	s.nodes = append(s.nodes, node{kind: c, start: int32(s.pos)})
	var err error
	switch c {
	case '{':
		err = s.object(i, depth)
	case '[':
		err = s.array(depth)
	case '"':
		var escaped bool
		if escaped, err = s.str(); escaped {
			s.nodes[i].kind = 'e'
		}
	case 't':
		err = s.literal("true")
	case 'f':
		err = s.literal("false")
	case 'n':
		err = s.literal("null")
	default:
		s.nodes[i].kind = '0'
		err = s.number()
	}
	s.nodes[i].end, s.nodes[i].next = int32(s.pos), int32(len(s.nodes))
	return err
}

func (s *scanner) literal(word string) error {
	if len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return s.syntax()
	}
	s.pos += len(word)
	return nil
}

// more steps over what stands between two elements, and reports whether another one follows.
func (s *scanner) more(first bool, closing byte) (bool, error) {
	s.space()
	if s.pos >= len(s.data) {
		return false, s.syntax()
	}
	if s.data[s.pos] == closing {
		s.pos++
		return false, nil
	}
	if first {
		return true, nil
	}
	if s.data[s.pos] != ',' {
		return false, s.syntax()
	}
	s.pos++
	s.space()
	return true, nil
}

func (s *scanner) array(depth int) error {
	s.pos++
	for n := 0; ; n++ {
		more, err := s.more(n == 0, ']')
		if err != nil || !more {
			return err
		}
		if n == MaxArray {
			return refuse(ReasonLimits, "The document has a list of more than 1000 elements.")
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
}

func (s *scanner) object(self, depth int) error {
	s.pos++
	var seen map[string]bool
	for n := 0; ; n++ {
		more, err := s.more(n == 0, '}')
		if err != nil || !more {
			return err
		}
		if n == MaxMembers {
			return refuse(ReasonLimits, "The document has an object of more than 512 members.")
		}
		if s.pos >= len(s.data) || s.data[s.pos] != '"' {
			return s.syntax()
		}
		k := len(s.nodes)
		key := node{kind: '"', start: int32(s.pos), next: int32(k + 1)}
		escaped, err := s.str()
		if err != nil {
			return err
		}
		if escaped {
			key.kind = 'e'
		}
		key.end = int32(s.pos)
		s.nodes = append(s.nodes, key)
		if err := s.checkKey(self, k, n, &seen); err != nil {
			return err
		}
		s.space()
		if s.pos >= len(s.data) || s.data[s.pos] != ':' {
			return s.syntax()
		}
		s.pos++
		s.space()
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
}

// keysCompared is up to how many members an object's keys are compared one by one; beyond it a map
// keeps a hostile object from costing the square of its size.
const keysCompared = 24

func (s *scanner) checkKey(self, k, n int, seen *map[string]bool) error {
	key := s.key(k)
	switch string(key) {
	case "@graph", "@included", "@reverse":
		return refuse(ReasonGraph, "Documents with @graph, @included or @reverse are not read.")
	}
	twice := false
	if n < keysCompared {
		for i := self + 1; i < k; i = int(s.nodes[i+1].next) {
			twice = twice || string(s.key(i)) == string(key)
		}
	} else {
		if *seen == nil {
			*seen = map[string]bool{}
			for i := self + 1; i < k; i = int(s.nodes[i+1].next) {
				(*seen)[string(s.key(i))] = true
			}
		}
		twice = (*seen)[string(key)]
		(*seen)[string(key)] = true
	}
	if twice {
		return refuse(ReasonDuplicate, "The document has the same member twice in one object.")
	}
	return nil
}

func (s *scanner) key(i int) []byte {
	n := s.nodes[i]
	raw := s.data[n.start+1 : n.end-1]
	if n.kind == 'e' {
		return []byte(unescape(raw))
	}
	return raw
}

// str steps over a string and reports whether it needs unescaping.
func (s *scanner) str() (escaped bool, err error) {
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return escaped, nil
		case c < ' ':
			return false, s.syntax()
		case c == '\\':
			escaped = true
			s.pos++
			if s.pos >= len(s.data) {
				return false, s.syntax()
			}
			switch s.data[s.pos] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if _, ok := hex4(s.data[s.pos+1:]); !ok {
					return false, s.syntax()
				}
				s.pos += 4
			default:
				return false, s.syntax()
			}
		}
	}
	return false, s.syntax()
}

func (s *scanner) number() error {
	digits := func() bool {
		from := s.pos
		for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
			s.pos++
		}
		return s.pos > from
	}
	peek := func(set string) bool {
		for i := 0; s.pos < len(s.data) && i < len(set); i++ {
			if s.data[s.pos] == set[i] {
				s.pos++
				return true
			}
		}
		return false
	}
	peek("-")
	if !peek("0") && !digits() {
		return s.syntax()
	}
	if peek(".") && !digits() {
		return s.syntax()
	}
	if peek("eE") {
		peek("+-")
		if !digits() {
			return s.syntax()
		}
	}
	return nil
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[:4]), 16, 32)
	if err != nil || b[0] == '+' || b[0] == '_' {
		return 0, false
	}
	return rune(n), true
}
