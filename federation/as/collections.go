package as

// Collections of ours are never paged at the root: Lemmy reads what is there and no further, and one
// bad member fails the whole.

type collectionOut struct {
	ID           string        `json:"id"`
	Type         string        `json:"type"`
	AttributedTo string        `json:"attributedTo,omitempty"`
	Total        *int          `json:"totalItems,omitempty"`
	First        string        `json:"first,omitempty"`
	PartOf       string        `json:"partOf,omitempty"`
	Next         string        `json:"next,omitempty"`
	Items        *list[string] `json:"items,omitempty"`
	Ordered      *list[string] `json:"orderedItems,omitempty"`
}

// AddressCollection is an OrderedCollection of addresses: moderators, the posts of a thread (context,
// FEP-7888, with the circle as attributedTo), replies.
func AddressCollection(id, attributedTo string, items []string) Doc {
	total, ordered := len(items), list[string](items)
	return Doc{context: contextPlain, body: render(collectionOut{
		ID: id, Type: "OrderedCollection", AttributedTo: attributedTo, Total: &total, Ordered: &ordered,
	})}
}

// CountCollection tells how many there are and not who: followers, following, likes, shares. items is
// there and empty, as Lemmy wants it.
func CountCollection(id string, total int) Doc {
	return Doc{context: contextPlain, body: render(collectionOut{
		ID: id, Type: "Collection", Total: &total, Items: &list[string]{},
	})}
}

// ObjectCollection is an OrderedCollection of whole documents: featured posts, an outbox of
// activities. total may be larger than the number of items.
func ObjectCollection(id string, total int, items []Doc) Doc {
	body := []byte{'['}
	for i, d := range items {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, d.body...)
	}
	head := render(collectionOut{ID: id, Type: "OrderedCollection", Total: &total})
	return Doc{context: contextObject, body: with(head, "orderedItems", append(body, ']'))}
}
