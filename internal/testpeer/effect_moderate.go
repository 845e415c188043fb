package testpeer

import (
	"slices"
	"strings"
)

// delete reads an author's deletion and, where it has a summary, what the server makes of that.
func (r *reading) delete(a obj) ruling {
	object, actor := a.ref("object"), a.ref("actor")
	if object == actor { // somebody leaves
		r.p.update(func() {
			delete(r.p.remotes, actor)
			for _, x := range r.p.world.posts {
				if x.Author == actor {
					x.Gone = "deleted"
				}
			}
		})
		return accepted()
	}
	x, ok := r.p.Post(object)
	if !ok {
		return ignored(ReasonNoSuchObject, object)
	}
	if a.has("summary") && r.p.rules.remove != nil {
		return r.p.rules.remove(r, a, &x)
	}
	if x.Author != actor {
		return refused(ReasonNotAuthor, actor+" deletes "+object)
	}
	r.p.change(object, func(x *Post) { x.Gone = "deleted" })
	r.p.update(func() { r.p.world.acts[a.str("id")] = a })
	r.passOn(x.Group, a)
	return accepted()
}

// removal is a Delete with summary at Lemmy, PieFed and Mbin: a moderator's, whoever wrote the post.
func removal(r *reading, a obj, x *Post) ruling {
	actor := a.ref("actor")
	if !r.moderates(actor, x.Group) {
		return refused(ReasonNotModerator, actor+" in "+x.Group)
	}
	r.p.change(x.ID, func(x *Post) { x.Gone, x.Why = "removed", a.str("summary") })
	r.p.update(func() {
		r.p.world.acts[a.str("id")] = a
		r.p.world.removals = append(r.p.world.removals, Removal{x.ID, actor, a.str("summary")})
	})
	r.passOn(x.Group, a)
	if x.Author == actor {
		return acceptedAs(ReasonReadAsRemoval, "by its author "+actor)
	}
	return accepted()
}

// restore reads Undo{Delete}: with a summary inside it is a moderator's.
func (r *reading) restore(a, in obj) ruling {
	x, ok := r.p.Post(in.ref("object"))
	if !ok {
		return ignored(ReasonNoSuchObject, in.ref("object"))
	}
	actor, was := a.ref("actor"), "deleted"
	if in.has("summary") && r.p.rules.remove != nil {
		if was = "removed"; !r.moderates(actor, x.Group) {
			return refused(ReasonNotModerator, actor+" in "+x.Group)
		}
	} else if x.Author != actor {
		return refused(ReasonNotAuthor, actor+" restores "+x.ID)
	}
	r.p.change(x.ID, func(x *Post) {
		if x.Gone == was {
			x.Gone, x.Why = "", ""
		}
	})
	r.passOn(x.Group, a)
	return accepted()
}

// moderate reads Block, Add, Remove and Lock.
func (r *reading) moderate(a obj) ruling {
	actor, object, target := a.ref("actor"), a.ref("object"), a.ref("target")
	if r.p.traits.group == "" {
		return ignored(ReasonUnknownType, a.typ())
	}
	group := r.groupOf(a, a)
	if x, ok := r.p.Post(object); ok && group == "" {
		group = x.Group
	}
	if group == "" && a.typ() == "Block" {
		group = target
	}
	if !r.moderates(actor, group) {
		return refused(ReasonNotModerator, actor+" in "+group)
	}
	switch a.typ() {
	case "Block":
		if !r.isGroup(target) {
			group = "" // of a whole site
		}
		r.p.update(func() {
			r.p.world.bans = append(r.p.world.bans, Ban{object, group, actor, a.str("summary")})
			for _, x := range r.p.world.posts {
				if remove, _ := a["removeData"].(bool); remove && x.Author == object && (group == "" || x.Group == group) {
					x.Gone, x.Why = "removed", a.str("summary")
				}
			}
		})
		group = target
	case "Lock":
		r.p.change(object, func(x *Post) { x.Locked = true })
	default:
		if strings.HasSuffix(target, "/moderators") {
			r.p.update(func() { r.p.setModerator(group, object, a.typ() == "Add") })
		} else {
			r.p.change(object, func(x *Post) { x.Pinned = a.typ() == "Add" })
		}
	}
	r.p.update(func() { r.p.world.acts[a.str("id")] = a })
	r.passOn(group, a)
	return accepted()
}

// flag files a report.
func (r *reading) flag(a obj) ruling {
	if !r.local && r.p.Persona == Lemmy && len(a.list("to")) != 1 {
		return refused(ReasonFlagTo, "")
	}
	why := a.str("summary")
	if why == "" {
		why = a.str("content")
	}
	r.p.update(func() {
		for _, id := range a.refs("object") {
			r.p.world.reports = append(r.p.world.reports, Report{id, a.ref("actor"), why})
		}
	})
	return accepted()
}

func (p *Peer) setModerator(group, person string, in bool) {
	for _, x := range p.actors {
		if x.ID != group {
			continue
		}
		x.mods = slices.DeleteFunc(x.mods, func(m string) bool { return m == person })
		if in {
			x.mods = append(x.mods, person)
		}
	}
}

// change alters a post; the boosts of one that goes, go with it.
func (p *Peer) change(id string, f func(*Post)) {
	p.update(func() {
		x := p.world.posts[id]
		if x == nil {
			return
		}
		if f(x); x.Gone != "" {
			p.world.boosts = slices.DeleteFunc(p.world.boosts, func(b Boost) bool { return b.Object == id })
		}
	})
}

func (p *Peer) unban(person, group string) {
	p.update(func() {
		p.world.bans = slices.DeleteFunc(p.world.bans, func(b Ban) bool { return b.Person == person && (b.Group == group || b.Group == "") })
	})
}

func (p *Peer) boost(b Boost) {
	p.update(func() {
		if !slices.ContainsFunc(p.world.boosts, func(old Boost) bool { return old.By == b.By && old.Object == b.Object }) {
			p.world.boosts = append(p.world.boosts, b)
		}
	})
}

func (p *Peer) unboost(by, id, object string) {
	p.update(func() {
		p.world.boosts = slices.DeleteFunc(p.world.boosts, func(b Boost) bool {
			return b.By == by && (b.ID == id || b.Object == object)
		})
	})
}

// actorByID finds one of this peer's actors.
func (p *Peer) actorByID(id string) *Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.actors {
		if a.ID == id {
			return a
		}
	}
	return nil
}
