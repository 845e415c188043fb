package testpeer

import (
	"slices"
	"strings"
)

// A Warning is a moderator's word about a post, as a Lemmy keeps it in its public log; the post's author, if
// of this peer, is notified of it.
type Warning struct {
	Object, By, Reason string
	Author             string
}

// Warnings are those that arrived, oldest first.
func (p *Peer) Warnings() []Warning {
	return read(p, func() []Warning { return slices.Clone(p.world.warnings) })
}

// warns tells whether the server knows Warn: Lemmy since 1.0.0-beta.1.
func (p *Peer) warns() bool {
	v := p.traits.version
	return p.Persona == Lemmy && !strings.HasPrefix(v, "0.") && !strings.Contains(v, "alpha") && v != "1.0.0-beta.0"
}

// warn reads a Warn. // L activities/src/community/warn.rs, activities/src/protocol/community/warn.rs
func (r *reading) warn(a obj) ruling {
	switch {
	case r.p.Persona != Lemmy:
		return ignored(ReasonUnknownType, a.typ())
	case !r.p.warns():
		return refused(ReasonUnknownType, a.typ()+" at "+r.p.traits.version) // it parses as nothing
	case len(a.list("to")) != 1 || len(a.refs("to")) != 1:
		return refused(ReasonToShape, "a Warn to one person")
	}
	_, summary := a["summary"].(string)
	_, object := a["object"].(string)
	_, audience := a["audience"].(string)
	if !summary || !object || !audience {
		return refused(ReasonWarnShape, "object, summary and audience are one string each")
	}
	x, ok := r.p.Post(a.str("object"))
	if !ok {
		return refused(ReasonNoSuchObject, a.str("object")) // it would be fetched, but of another server only
	}
	if a.str("audience") != x.Group || r.group != "" && r.group != x.Group {
		return refused(ReasonOtherCommunity, x.ID+" is in "+x.Group)
	}
	actor := a.ref("actor")
	who, why := r.p.actorOf(r.ctx, actor)
	if why != nil {
		return refusedFor(why)
	}
	if t := who.typ(); t != "Person" && t != "Service" {
		return refused(ReasonAuthorType, t)
	}
	if !r.moderates(actor, x.Group) && !sameHost(actor, x.ID) {
		return refused(ReasonNotModerator, actor+" in "+x.Group)
	}
	r.p.update(func() {
		r.p.world.warnings = append(r.p.world.warnings, Warning{Object: x.ID, By: actor, Reason: a.str("summary"), Author: x.Author})
	})
	return accepted()
}
