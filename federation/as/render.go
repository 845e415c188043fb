package as

import (
	"bytes"
	"encoding/json"
	"time"
)

// A Doc is a rendered document, without its @context until Bytes adds it, so that it can stand inside
// another. The zero value is no document.
type Doc struct {
	body    []byte
	context string
}

// Bytes is the document as it goes over the wire, the same for the same input, with no line break at
// the end.
func (d Doc) Bytes() []byte {
	if len(d.body) == 0 {
		return nil
	}
	if d.context == "" || d.body[0] != '{' { // somebody's own @context, or an address
		return d.body
	}
	out := make([]byte, 0, len(d.body)+len(d.context)+16)
	out = append(out, `{"@context":`...)
	out = append(out, d.context...)
	if len(d.body) > 2 {
		out = append(out, ',')
	}
	return append(out, d.body[1:]...)
}

// Raw is a document by somebody else, to stand inside one of ours with the author's very bytes: Lemmy
// and NodeBB keep members that we know nothing of. Only the outer @context is cut out, and even that
// is kept if there is a proof, which covers it. // FEP-8b32
func Raw(body []byte) (Doc, error) {
	doc, err := scan(body)
	if err != nil {
		return Doc{}, err
	}
	root := doc.root()
	start, end := doc.nodes[0].start, doc.nodes[0].end
	own := body[start:end:end]
	if !root.get("proof").absent() {
		return Doc{body: own}, nil
	}
	return Doc{body: without(doc, "@context"), context: contextObject}, nil
}

// without returns the root's bytes with one member cut out, and a comma with it.
func without(doc *document, key string) []byte {
	root := doc.nodes[0]
	data := doc.data
	for i := int32(1); i < root.next; i = doc.nodes[i+1].next {
		if (value{doc, i}).str() != key {
			continue
		}
		from, to := doc.nodes[i].start, doc.nodes[i+1].end
		if next := doc.nodes[i+1].next; next < root.next {
			to = doc.nodes[next].start // up to the next key, comma included
		} else if i > 1 {
			// The last one: from the end of the member before, found by stepping back over the comma.
			for from--; data[from] != ','; from-- {
			}
		}
		out := make([]byte, 0, root.end-root.start)
		out = append(out, data[root.start:from]...)
		return append(out, data[to:root.end]...)
	}
	return data[root.start:root.end:root.end]
}

// render encodes a wire struct in the order of its fields. Nothing in one can fail to encode.
func render(wire any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // <p> costs 3 bytes, not 13: Misskey reads no more than 64 KiB
	if err := enc.Encode(wire); err != nil {
		panic("as: a shape that cannot be encoded: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// with adds a member at the end of a rendered object, its value byte for byte.
func with(object []byte, key string, member []byte) []byte {
	out := make([]byte, 0, len(object)+len(key)+len(member)+4)
	out = append(out, object[:len(object)-1]...)
	if len(object) > 2 {
		out = append(out, ',')
	}
	out = append(out, '"')
	out = append(out, key...)
	out = append(out, `":`...)
	out = append(out, member...)
	return append(out, '}')
}

// list is a JSON array that is never null and never a single value.
type list[T any] []T

func (l list[T]) MarshalJSON() ([]byte, error) {
	if len(l) == 0 {
		return []byte("[]"), nil
	}
	return render([]T(l)), nil
}

// stamp is a time as peers want it: UTC, whole seconds, Z. Empty for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
