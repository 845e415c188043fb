package testpeer

import (
	"context"
	"slices"
	"strings"
)

// rules is what a server demands beyond what all do. Any of them may be nil.
type rules struct {
	actor    func(ctx context.Context, p *Peer, a obj) *denial
	envelope func(a obj) *denial                     // of every activity, also inside an Announce
	object   func(r *reading, a, o obj) *denial      // of what a Create or Update carries
	relevant func(r *reading, o obj) *denial         // does anyone here care for it; else it is ignored
	announce func(r *reading, a obj) ruling          //
	vote     func(r *reading, a obj) *denial         // Like, Dislike; else it is ignored
	remove   func(r *reading, a obj, x *Post) ruling // Delete with a summary
	render   func(r *reading, o obj, x *Post)        // how a post looks to users
	refs     bool                                    // takes a Create whose object is an id
	parents  bool                                    // a comment needs all its ancestors
}

// A reading is one activity being read, on its own or inside an Announce.
type reading struct {
	ctx    context.Context
	p      *Peer
	signer string // who is known to act: the signer, or the inner actor that an announcer vouches for
	group  string // the announcer, inside an Announce
	local  bool   // by one of this peer's people: not checked
	note   *denial
	depth  int
}

// noting keeps the first unwanted reading of something that is accepted all the same.
func (r *reading) noting(reason Reason, detail string) {
	if r.note == nil {
		r.note = deny(reason, detail)
	}
}

// activity reads a whole activity and has its effect.
func (r *reading) activity(a obj) ruling {
	id, actor := a.str("id"), a.ref("actor")
	if a.typ() == "" || actor == "" || id == "" && a.typ() != "Delete" {
		return refused(ReasonMissing, "id, type and actor are needed")
	}
	if !r.local {
		if !sameHost(id, actor) {
			return refused(ReasonOrigin, id+" by "+actor)
		}
		if r.p.repeated(id, r.group) {
			return ignored(ReasonRepeated, id)
		}
		if r.p.rules.envelope != nil {
			if why := r.p.rules.envelope(a); why != nil {
				return refusedFor(why)
			}
		}
	}
	rule := r.effect(a)
	if rule.verdict == Accepted && rule.reason == "" && r.note != nil {
		rule = acceptedAs(r.note.reason, r.note.detail)
	}
	if !r.local && rule.verdict != Refused {
		r.p.update(func() { r.p.seen[id+" "+r.group] = true })
	}
	return rule
}

func (r *reading) effect(a obj) ruling {
	switch a.typ() {
	case "Follow":
		return r.follow(a)
	case "Accept", "Reject":
		return r.answered(a)
	case "Undo":
		return r.undo(a)
	case "Create", "Update":
		return r.write(a)
	case "Delete":
		return r.delete(a)
	case "Like", "Dislike", "EmojiReact":
		return r.vote(a)
	case "Announce":
		if r.group != "" && r.p.Persona != Mbin {
			return refused(ReasonAnnounceObject, "an Announce inside an Announce")
		}
		return r.p.rules.announce(r, a)
	case "Block", "Add", "Remove", "Lock":
		return r.moderate(a)
	case "Flag":
		return r.flag(a)
	case "Warn":
		return r.warn(a)
	case "Move":
		r.p.update(func() { r.p.world.moved[a.ref("object")] = a.ref("target") })
		return accepted()
	}
	return ignored(ReasonUnknownType, a.typ())
}

// repeated tells whether an id was read before: by itself and, apart from that, inside a community's
// Announce.
func (p *Peer) repeated(id, group string) bool {
	return read(p, func() bool { return p.seen[id+" "+group] })
}

// inner reads an activity that a community passes on. The community vouches for who acted.
func (r *reading) inner(group string, a obj) ruling {
	if a == nil {
		return refused(ReasonMissing, "nothing is announced")
	}
	in := &reading{ctx: r.ctx, p: r.p, signer: a.ref("actor"), group: group, depth: r.depth + 1}
	return in.activity(a)
}

// isGroup tells whether an actor is a community.
func (r *reading) isGroup(id string) bool {
	a, why := r.p.actorOf(r.ctx, id)
	return why == nil && a.typ() == "Group"
}

// wrote tells whether anyone here wrote in a community.
func (p *Peer) wrote(group string) bool {
	return read(p, func() bool {
		for _, x := range p.world.posts {
			if x.Group == group && p.ours(x.ID) {
				return true
			}
		}
		return false
	})
}

// followed tells whether anyone here follows an actor.
func (p *Peer) followed(actor string) bool {
	return read(p, func() bool {
		return slices.ContainsFunc(p.world.follows, func(f follow) bool {
			return f.followee == actor && f.state == "accepted" && p.ours(f.follower)
		})
	})
}

// groupOf finds the community that an object belongs to: the announcer, the audience, the parent's,
// or the first community addressed.
func (r *reading) groupOf(a, o obj) string {
	if r.group != "" {
		return r.group
	}
	for _, id := range append(a.refs("audience"), o.refs("audience")...) {
		return id
	}
	if x, ok := r.p.Post(o.ref("inReplyTo")); ok && x.Group != "" {
		return x.Group
	}
	if r.p.traits.group == "" {
		return ""
	}
	for _, id := range slices.Concat(o.refs("to", "cc"), a.refs("to", "cc")) {
		if id == public || strings.HasSuffix(id, "/followers") || strings.HasSuffix(id, "/moderators") {
			continue
		}
		if r.isGroup(id) {
			return id
		}
	}
	return ""
}

// moderates tells whether an actor may remove and ban in a community: one of its moderators, or
// anyone of its host.
func (r *reading) moderates(actor, group string) bool {
	if group == "" {
		return false
	}
	if sameHost(actor, group) {
		return true
	}
	g, why := r.p.actorOf(r.ctx, group)
	if why != nil {
		return false
	}
	at := g.ref("moderators")
	if at == "" {
		at = g.ref("attributedTo")
	}
	if r.p.ours(group) {
		return read(r.p, func() bool {
			for _, x := range r.p.actors {
				if x.ID == group {
					return slices.Contains(x.mods, actor)
				}
			}
			return false
		})
	}
	doc, err := r.p.object(r.ctx, at)
	return err == nil && slices.Contains(doc.refs("orderedItems"), actor)
}
