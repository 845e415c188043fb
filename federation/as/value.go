package as

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds on single values. An address over its bound counts as absent, a text is cut.
const (
	MaxIRI     = 2048      // WordPress and NodeBB put whole addresses into addresses
	MaxName    = 2 << 10   // names, titles, alternative texts; in bytes
	MaxSummary = 64 << 10  // a profile or a sidebar
	MaxContent = 256 << 10 // HTML or source; a longer one is refused, half a post is worse than none
	MaxList    = 100       // tags, attachments, addresses of one object; more are dropped
)

// A value is one node of a document; the zero value is absent and reads as nothing.
type value struct {
	doc *document
	i   int32
}

func (d *document) root() value { return value{doc: d} }

func (v value) node() node {
	if v.doc == nil {
		return node{kind: 'n'}
	}
	return v.doc.nodes[v.i]
}

// null and absent are the same everywhere.
func (v value) absent() bool   { return v.node().kind == 'n' }
func (v value) isObject() bool { return v.node().kind == '{' }
func (v value) isArray() bool  { return v.node().kind == '[' }
func (v value) isString() bool { k := v.node().kind; return k == '"' || k == 'e' }

// raw is the value's own bytes, not copied.
func (v value) raw() json.RawMessage {
	if v.doc == nil {
		return nil
	}
	n := v.node()
	return json.RawMessage(v.doc.data[n.start:n.end:n.end])
}

// get returns the member of an object, absent if there is none or v is not an object.
func (v value) get(key string) value {
	n := v.node()
	if n.kind != '{' {
		return value{}
	}
	for i := v.i + 1; i < n.next; i = v.doc.nodes[i+1].next {
		k := v.doc.nodes[i]
		if k.kind == '"' {
			if string(v.doc.data[k.start+1:k.end-1]) == key {
				return value{v.doc, i + 1}
			}
		} else if unescape(v.doc.data[k.start+1:k.end-1]) == key {
			return value{v.doc, i + 1}
		}
	}
	return value{}
}

// members calls f for each member of an object, in order.
func (v value) members(f func(key string, member value)) {
	n := v.node()
	if n.kind != '{' {
		return
	}
	for i := v.i + 1; i < n.next; i = v.doc.nodes[i+1].next {
		f(value{v.doc, i}.str(), value{v.doc, i + 1})
	}
}

// each calls f for every element of a list, or for v itself if it is no list: AS2 writes a list of
// one as the one.
func (v value) each(f func(value)) {
	if v.absent() {
		return
	}
	n := v.node()
	if n.kind != '[' {
		f(v)
		return
	}
	for i := v.i + 1; i < n.next; i = v.doc.nodes[i].next {
		if e := (value{v.doc, i}); !e.absent() {
			f(e)
		}
	}
}

func (v value) first() value {
	if !v.isArray() {
		return v
	}
	if n := v.node(); v.i+1 < n.next {
		return value{v.doc, v.i + 1}
	}
	return value{}
}

// str is the text of a string, "" for anything else.
func (v value) str() string {
	n := v.node()
	switch n.kind {
	case '"':
		return string(v.doc.data[n.start+1 : n.end-1])
	case 'e':
		return unescape(v.doc.data[n.start+1 : n.end-1])
	}
	return ""
}

// text is str cut to at most max bytes between two runes, taking the first of a list.
func (v value) text(max int) string { return cut(v.first().str(), max) }

func cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}

// id is the address that v is or has: a string, an object with an id, or a Link with an href. A list
// counts by its first element.
func (v value) id() string {
	v = v.first()
	s := v.str()
	if v.isObject() {
		if s = v.get("id").str(); s == "" {
			s = v.get("href").str()
		}
	}
	return iri(s)
}

func iri(s string) string {
	if len(s) > MaxIRI {
		return ""
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] == 0x7f { // no address, and a line break would go into logs and headers
			return ""
		}
	}
	if s == "as:Public" || s == "Public" {
		return Public
	}
	return s
}

// ids lists the addresses in v, each once, empty and unreadable ones left out.
func (v value) ids(max int) []string {
	var out []string
	v.each(func(e value) {
		id := e.id()
		if id == "" || len(out) >= max {
			return
		}
		if len(out) < 32 { // repeats in longer lists are harmless; looking for them is not
			for _, have := range out {
				if have == id {
					return
				}
			}
		}
		out = append(out, id)
	})
	return out
}

// typ is the type; the first that is a string if there are several.
func (v value) typ() string {
	t := ""
	v.get("type").each(func(e value) {
		if t == "" {
			t = cut(e.str(), 64)
		}
	})
	return t
}

// truth reads true, and "true" as some PHP servers write it.
func (v value) truth() bool { return v.node().kind == 't' || v.str() == "true" }

// flag is truth where absence means something else than false.
func (v value) flag() *bool {
	if v.absent() {
		return nil
	}
	b := v.truth()
	return &b
}

// count reads a number that cannot be negative; absent and absurd ones are 0.
func (v value) count() int {
	s := v.str()
	if n := v.node(); n.kind == '0' {
		s = string(v.doc.data[n.start:n.end])
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1<<31 {
		return 0
	}
	return n
}

// time reads an xsd:dateTime in the forms seen: RFC 3339 with or without fraction, or without
// seconds, or (old PeerTube) without zone, which is UTC then. Zero if it is none of these.
func (v value) time() time.Time {
	s := v.first().str()
	if len(s) > 64 {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return sane(t)
		}
	}
	return time.Time{}
}

// sane keeps times that microseconds since 1970 and a page can show.
func sane(t time.Time) time.Time {
	if y := t.UTC().Year(); y < 1900 || y > 9999 {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// unescape decodes the inside of a JSON string that scan has passed. NUL is dropped, since
// PostgreSQL cannot store it, and half a surrogate pair becomes U+FFFD.
func unescape(raw []byte) string {
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r, _ := hex4(raw[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(utf8.RuneError)
				if i+6 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' {
					low, _ = hex4(raw[i+3:])
				}
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					r = pair
					i += 6
				} else {
					r = utf8.RuneError
				}
			}
			if r != 0 {
				b.WriteRune(r)
			}
		default: // quote, backslash, slash
			b.WriteByte(raw[i])
		}
	}
	return b.String()
}

// number is a JSON number; 0 if it is beyond a float64.
func (v value) number() float64 {
	n := v.node()
	f, err := strconv.ParseFloat(string(v.doc.data[n.start:n.end]), 64)
	if err != nil {
		return 0
	}
	return f
}
