package testpeer

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// Find looks up @name@host by WebFinger, as when somebody types it into a search, and returns the
// actor's id. Of several actors of one name Lemmy takes the last. It fails the test if there is none.
func (a *Actor) Find(ctx context.Context, handle string) string {
	p := a.peer
	p.t.Helper()
	acct := strings.TrimLeft(handle, "@!")
	_, host, _ := strings.Cut(acct, "@")
	doc, _, err := p.get(ctx, "http://"+host+"/.well-known/webfinger?resource="+url.QueryEscape("acct:"+acct), jrdJSON)
	if err != nil {
		p.t.Fatalf("%s: finding %s: %v", p.Persona, handle, err)
	}
	id := ""
	for _, v := range doc.list("links") {
		if l := asObj(v); l.str("rel") == "self" && (id == "" || p.Persona == Lemmy) {
			id = l.str("href")
		}
	}
	if _, why := p.actorOf(ctx, id); why != nil {
		p.t.Fatalf("%s: %s is %q: %s %s", p.Persona, handle, id, why.reason, why.detail)
	}
	return id
}

// Open looks at a post or comment by its address, as when somebody pastes it into a search, with all
// above it. It complains and returns false where that cannot be had.
func (a *Actor) Open(ctx context.Context, object string) (Post, bool) {
	p := a.peer
	r := &reading{ctx: ctx, p: p}
	if why := r.ancestors(object, 0); why != nil {
		p.complain(why.reason, object, why.detail)
	}
	return p.Post(object)
}

// Backfill reads the old posts of a community as this server does when it first meets one: Lemmy and
// PieFed from outbox and featured, NodeBB from the context of each post in the outbox. One bad member
// fails a whole collection at Lemmy. Microblogs read nothing.
func (a *Actor) Backfill(ctx context.Context, group string) {
	p := a.peer
	p.t.Helper()
	if p.traits.group == "" {
		return
	}
	g, why := p.actorOf(ctx, group)
	if why != nil {
		p.t.Fatalf("%s: %s: %s", p.Persona, why.reason, why.detail)
	}
	r := &reading{ctx: ctx, p: p}
	if p.Persona == Lemmy {
		r.collection(g.ref("attributedTo"), func(v any) *denial {
			if _, plain := v.(string); !plain {
				return deny(ReasonCollection, "moderators has a member that is no id")
			}
			return nil
		})
	}
	r.collection(g.ref("outbox"), func(v any) *denial { return r.old(group, asObj(v)) })
	if at := g.ref("featured"); at != "" && p.Persona != NodeBB {
		r.collection(at, func(v any) *denial {
			o := asObj(v)
			if o.str("id") == "" { // P reads item['id'], L a Page
				return deny(ReasonCollection, "featured has a member that is not embedded")
			}
			if why := r.old(group, o); why != nil {
				return why
			}
			p.change(o.str("id"), func(x *Post) { x.Pinned = true })
			return nil
		})
	}
	if p.Persona != NodeBB {
		return
	}
	for _, x := range p.Posts(group) {
		o, err := p.object(ctx, x.ID)
		if err != nil || o.ref("context") == "" {
			continue
		}
		r.collection(o.ref("context"), func(v any) *denial { return r.ancestors(refOf(v), 0) })
	}
}

// collection reads an unpaged collection; what is wrong with a member is wrong with all of it.
// L apub/src/protocol/collections/*.rs
func (r *reading) collection(at string, each func(any) *denial) {
	doc, err := r.p.object(r.ctx, at)
	if err != nil {
		r.p.complain(ReasonCollection, at, err.Error())
		return
	}
	if !doc.isArray("orderedItems") {
		r.p.complain(ReasonCollection, at, fmt.Sprintf("orderedItems is %T", doc["orderedItems"]))
		return
	}
	for _, v := range doc.list("orderedItems") {
		if why := each(v); why != nil {
			r.p.complain(why.reason, at, why.detail)
			return
		}
	}
}

// old reads a post of a collection: by itself, in a Create, or in an Announce of one.
func (r *reading) old(group string, o obj) *denial {
	for o.has("object") && o.sub("object") != nil {
		o = o.sub("object")
	}
	if o == nil || o.str("id") == "" || o.ref("attributedTo") == "" {
		return deny(ReasonCollection, "a member that is no post")
	}
	if _, known := r.p.Post(o.str("id")); known {
		return nil
	}
	in := &reading{ctx: r.ctx, p: r.p, group: group}
	if r.p.rules.object != nil {
		if why := r.p.rules.object(in, nil, o); why != nil {
			return why
		}
	}
	if up := o.ref("inReplyTo"); up != "" {
		if why := in.ancestors(up, 0); why != nil {
			return why
		}
	}
	x := in.view(o, group)
	r.p.update(func() { r.p.world.save(x) })
	return nil
}
