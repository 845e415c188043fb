package testpeer

import (
	"slices"
	"strings"
)

// collection answers for what belongs to an actor or a post, in the form of this server.
func (p *Peer) collection(path string) obj {
	at := strings.LastIndexByte(path, '/')
	if at <= 0 {
		return nil
	}
	owner, what := p.URL+strings.TrimSuffix(path[:at], "/collections"), path[at+1:]
	p.mu.Lock()
	doc := p.docs[owner]
	var mods []string
	for _, a := range p.actors {
		if a.ID == owner {
			mods = slices.Clone(a.mods)
		}
	}
	followers := len(p.world.followers(owner))
	p.mu.Unlock()
	if doc == nil {
		return nil
	}
	id := p.URL + path
	full := func(items []any) obj {
		return obj{"id": id, "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items}
	}
	switch what {
	case "followers":
		if p.Persona == GoToSocial || p.Persona == Mastodon { // seen: only a first page
			return obj{"id": id, "type": "OrderedCollection", "totalItems": followers, "first": id + "?page=1"}
		}
		return obj{"id": id, "type": "Collection", "totalItems": followers, "items": []any{}}
	case "following":
		return full([]any{})
	case "moderators":
		items := []any{}
		for _, m := range mods {
			items = append(items, m)
		}
		return full(items)
	case "featured":
		return full(p.documentsOf(func(x *Post) bool { return x.Pinned && (x.Group == owner || x.Author == owner) }, nil))
	case "outbox":
		return full(p.documentsOf(func(x *Post) bool {
			return x.Gone == "" && (x.Author == owner || x.Group == owner && x.ReplyTo == "")
		}, p.inOutbox))
	case "context":
		return full(p.documentsOf(func(x *Post) bool { return x.ID == owner || x.ReplyTo == owner },
			func(o obj) any { return o.str("id") }))
	case "replies":
		return full(p.documentsOf(func(x *Post) bool { return x.ReplyTo == owner },
			func(o obj) any { return o.str("id") }))
	}
	return nil
}

// inOutbox wraps an object as this server's outboxes do: Lemmy's have Announce{Create}.
func (p *Peer) inOutbox(o obj) any {
	create := obj{"id": o.str("id") + "/create", "type": "Create", "actor": o["attributedTo"], "to": o["to"], "cc": o["cc"], "object": o}
	group := o.str("audience")
	if p.traits.group == "" || group == "" {
		return create
	}
	return obj{"id": o.str("id") + "/announce", "type": "Announce", "actor": group, "to": []any{public},
		"cc": []any{group + "/followers"}, "object": create}
}

func (p *Peer) documentsOf(keep func(*Post) bool, as func(obj) any) []any {
	items := []any{}
	for _, post := range p.selected(keep) {
		if doc := read(p, func() obj { return p.docs[post.ID] }); doc != nil {
			doc = copyOf(doc)
			if as == nil {
				items = append(items, doc)
			} else {
				items = append(items, as(doc))
			}
		}
	}
	return items
}
