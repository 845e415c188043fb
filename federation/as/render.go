package as

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
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
// and NodeBB keep members that we know nothing of. If there is no proof, which covers every byte
// (FEP-8b32), the outer @context is cut out, and recipients are written as the lists they are:
// GoToSocial leaves out the brackets of a list of one, and an empty cc, and Lemmy takes no Create
// without them from whoever passes it on. Hidden recipients go out in no case (ActivityPub 6), and a
// proof over them goes with them.
func Raw(body []byte) (Doc, error) {
	doc, err := scan(body)
	if err != nil {
		return Doc{}, err
	}
	var hidden []edit
	if doc.root().conceal(&hidden) {
		body = spliced(body, 0, int32(len(body)), hidden)
		if doc, err = scan(body); err != nil {
			return Doc{}, err
		}
	}
	root := doc.root()
	start, end := doc.nodes[0].start, doc.nodes[0].end
	if !root.get("proof").absent() {
		return Doc{body: body[start:end:end]}, nil
	}
	edits := root.cut(func(key string) bool { return key == "@context" })
	object := root.get("object")
	for _, holder := range []value{root, object} {
		if !holder.isObject() || !object.get("proof").absent() && holder == object {
			continue
		}
		for _, key := range []string{"to", "cc"} {
			if v := holder.get(key); v.isString() {
				edits = append(edits, edit{v.node().start, v.node().start, "["}, edit{v.node().end, v.node().end, "]"})
			}
		}
	}
	if t := root.typ(); (t == "Create" || t == "Update") && root.get("cc").absent() && !root.get("to").absent() {
		edits = append(edits, edit{end - 1, end - 1, `,"cc":[]`})
	}
	return Doc{body: spliced(body, start, end, edits), context: contextObject}, nil
}

// An edit puts other bytes in the place of some.
type edit struct {
	from, to int32
	with     string
}

// spliced returns a part of data with edits that do not overlap.
func spliced(data []byte, start, end int32, edits []edit) []byte {
	if len(edits) == 0 {
		return data[start:end:end]
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	out := make([]byte, 0, int(end-start)+16)
	for _, e := range edits {
		out = append(append(out, data[start:e.from]...), e.with...)
		start = e.to
	}
	return append(out, data[start:end]...)
}

// hides reports whether a member names recipients that nobody may learn of, by any of the names that
// JSON-LD gives it.
func hides(key string) bool {
	switch key {
	case "bto", "bcc", "as:bto", "as:bcc",
		"https://www.w3.org/ns/activitystreams#bto", "https://www.w3.org/ns/activitystreams#bcc":
		return true
	}
	return false
}

// conceal adds the edits that take hidden recipients out of v at any depth, and reports whether there
// are any. A proof that would not hold any more goes too: a broken one has peers refuse the whole.
func (v value) conceal(edits *[]edit) (found bool) {
	switch n := v.node(); n.kind {
	case '[':
		for i := v.i + 1; i < n.next; i = v.doc.nodes[i].next {
			found = value{v.doc, i}.conceal(edits) || found
		}
	case '{':
		v.members(func(key string, m value) {
			switch {
			case hides(key):
				found = true
			case key == "proof":
				found = m.conceal(new([]edit)) || found // it goes whole
			case key != "@context":
				found = m.conceal(edits) || found
			}
		})
		if found {
			*edits = append(*edits, v.cut(func(key string) bool { return hides(key) || key == "proof" })...)
		}
	}
	return found
}

// cut returns the edits that take members out of an object, with the commas that go with them.
func (v value) cut(drop func(key string) bool) (edits []edit) {
	n, d := v.node(), v.doc
	kept := false // a member before this one
	for i := v.i + 1; i < n.next; {
		if !drop(value{d, i}.str()) {
			kept = true
			i = d.nodes[i+1].next
			continue
		}
		from, to := d.nodes[i].start, int32(0)
		for i < n.next && drop(value{d, i}.str()) {
			to = d.nodes[i+1].end
			i = d.nodes[i+1].next
		}
		if i < n.next {
			to = d.nodes[i].start // up to the next key, comma included
		} else if kept {
			// The last ones: from the comma behind the member before.
			for from--; d.data[from] != ','; from-- {
			}
		}
		edits = append(edits, edit{from, to, ""})
	}
	return edits
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
