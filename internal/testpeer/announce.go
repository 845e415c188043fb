package testpeer

import (
	"context"
	"slices"
	"strings"
)

// passOn makes a community of this peer announce what was done in it, to everybody who follows it.
func (r *reading) passOn(group string, a obj) {
	p := r.p
	if group == "" || !p.ours(group) || r.group != "" {
		return
	}
	g := p.actorByID(group)
	if g == nil || !g.group || a == nil {
		return
	}
	byHost := map[string][]string{}
	for _, f := range p.Followers(group) {
		if !p.ours(f) {
			byHost[hostOf(f)] = append(byHost[hostOf(f)], f)
		}
	}
	for host, followers := range byHost {
		inner := copyOf(a)
		p.inOrder(host, func(ctx context.Context) { g.announce(ctx, inner, followers) })
	}
}

// announce sends the forms of this server.
func (g *Actor) announce(ctx context.Context, a obj, followers []string) {
	p := g.peer
	delete(a, "@context")
	bold := g.Daring()
	o := a.sub("object")
	post := a.typ() == "Create" && o != nil && o.ref("inReplyTo") == ""
	switch p.Persona {
	case Lemmy: // L community/announce.rs
		bold.wrap(ctx, a, followers)
		if post || a.typ() == "Update" && o.typ() == "Page" {
			bold.wrap(ctx, o, followers)
		}
	case NodeBB: // N feps.js; seen
		if post {
			bold.wrap(ctx, o, followers)
		}
		bold.wrap(ctx, a, followers)
	case PieFed, Unknown: // P constants.py:81
		list := microblogs
		if p.Persona == Unknown { // knows its peers better
			list = append(slices.Clone(list), "gotosocial", "snac")
		}
		var micro, rest []string
		for _, f := range followers {
			if slices.Contains(list, p.software(ctx, f)) {
				micro = append(micro, f)
			} else {
				rest = append(rest, f)
			}
		}
		if post && len(micro) > 0 {
			bold.wrap(ctx, o.str("id"), micro)
		}
		if len(rest) > 0 {
			bold.wrap(ctx, a, rest)
		}
	case Mbin: // B Outbox/AnnounceLikeHandler.php
		if a.typ() == "Like" {
			bold.wrap(ctx, a.str("id"), followers)
			return
		}
		bold.wrap(ctx, a, followers)
	default:
		bold.wrap(ctx, a, followers)
	}
}

var microblogs = []string{"mastodon", "misskey", "akkoma", "iceshrimp", "pleroma", "fedibird"}

func (g *Actor) wrap(ctx context.Context, object any, followers []string) Sent {
	if o, ok := object.(obj); ok {
		object = map[string]any(o)
	}
	act := g.activity("Announce", object, obj{"to": []any{public}, "cc": []any{g.ID + "/followers"}})
	g.peer.update(func() { g.peer.docs[act.str("id")] = act })
	return g.send(ctx, act, followers)
}

// Announce makes a community pass on anything to its followers: an id or a whole document. What is
// done in the community is announced without being asked.
func (g *Actor) Announce(ctx context.Context, object any) Sent {
	g.peer.t.Helper()
	return g.wrap(ctx, object, g.peer.Followers(g.ID))
}

// software is what the server of an actor runs, by its NodeInfo; "" if it does not say.
func (p *Peer) software(ctx context.Context, actor string) string {
	scheme, _, _ := strings.Cut(actor, "://")
	doc, _, err := p.get(ctx, scheme+"://"+hostOf(actor)+"/.well-known/nodeinfo", "application/json")
	if err != nil {
		return ""
	}
	for _, v := range doc.list("links") {
		l := asObj(v)
		if !strings.HasPrefix(l.str("rel"), "http://nodeinfo.diaspora.software/") {
			continue
		}
		if info, _, err := p.get(ctx, l.str("href"), "application/json"); err == nil {
			return info.sub("software").str("name")
		}
	}
	return ""
}
