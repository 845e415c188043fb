package as

import "encoding/json"

// A Collection is a Collection, an OrderedCollection, or one page of either.
type Collection struct {
	ID           string
	Type         string
	Total        int // -1 if not said
	Items        []Ref
	First        Ref // may be embedded: read it with Ref.Collection
	Next         string
	PartOf       string
	AttributedTo string
	Raw          json.RawMessage
}

// ParseCollection reads a collection or a page of one. Elements that are neither addresses nor
// objects are left out.
func ParseCollection(raw []byte) (*Collection, error) {
	doc, err := scan(raw)
	if err != nil {
		return nil, err
	}
	return collection(doc.root()), nil
}

// Collection reads an embedded collection, as First often is.
func (r Ref) Collection() (*Collection, error) {
	if !r.Embedded() {
		return nil, refuse(ReasonShape, "The object is not embedded.")
	}
	return collection(r.v), nil
}

func collection(v value) *Collection {
	c := &Collection{
		ID: v.get("id").id(), Type: v.typ(), Total: tally(v).Total,
		First: ref(v.get("first").first()), Next: v.get("next").id(), PartOf: v.get("partOf").id(),
		AttributedTo: v.get("attributedTo").id(), Raw: v.raw(),
	}
	for _, key := range []string{"orderedItems", "items"} {
		v.get(key).each(func(e value) {
			if r := ref(e); !r.IsZero() && len(c.Items) < MaxArray {
				c.Items = append(c.Items, r)
			}
		})
	}
	return c
}
