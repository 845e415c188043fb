package testpeer

import (
	"maps"
	"slices"
	"strings"
)

// write reads Create and Update.
func (r *reading) write(a obj) ruling {
	o := a.sub("object")
	if o == nil {
		if !r.p.rules.refs {
			return refused(ReasonObjectNotNested, a.ref("object"))
		}
		doc, err := r.p.object(r.ctx, a.ref("object"))
		if err != nil {
			return ignored(ReasonUnavailable, err.Error())
		}
		o = doc
	}
	switch o.typ() {
	case "Person", "Group", "Service", "Application", "Organization":
		return r.profile(a, o)
	}
	return r.object(a, o)
}

// profile takes a new version of an actor: from itself, or for a community from who moderates it.
func (r *reading) profile(a, o obj) ruling {
	id, actor := o.str("id"), a.ref("actor")
	if actor != id && !r.moderates(actor, id) {
		return refused(ReasonNotAuthor, actor+" updates "+id)
	}
	if r.p.Persona == Lemmy && o.typ() == "Group" && actor == id {
		// L protocol/activities/community/update.rs: a Person says it, never the Group
		return refused(ReasonNotModerator, id)
	}
	if o["@context"] == nil && a["@context"] != nil { // inside an activity its context holds
		o = maps.Clone(o)
		o["@context"] = a["@context"]
	}
	if why := r.p.acceptActor(r.ctx, o); why != nil {
		return refusedFor(why)
	}
	r.p.update(func() { r.p.remotes[id] = o })
	return accepted()
}

// object saves a post or comment, after all that may be wrong with it.
func (r *reading) object(a, o obj) ruling {
	id, actor := o.str("id"), a.ref("actor")
	author := o.ref("attributedTo")
	if id == "" || author == "" {
		return refused(ReasonMissing, "an object needs id and attributedTo")
	}
	old, known := r.p.Post(id)
	moderated := a.typ() == "Update" && known && author != actor && r.moderates(actor, old.Group)
	if !sameHost(id, author) || author != actor && !moderated {
		return refused(ReasonOrigin, id+" of "+author+" by "+actor)
	}
	if known && old.Author != author {
		return refused(ReasonNotAuthor, actor+" rewrites "+id)
	}
	if !r.local {
		if r.p.rules.object != nil {
			if why := r.p.rules.object(r, a, o); why != nil {
				rule := refusedFor(why)
				switch why.reason {
				case ReasonTitleTooLong, ReasonUpdatedEarly, ReasonPollVote:
					rule.verdict = Ignored
				}
				return rule
			}
		}
		if a.typ() == "Update" && !known && r.p.traits.group == "" {
			return ignored(ReasonNoSuchObject, id)
		}
		if r.p.rules.relevant != nil && !known {
			if why := r.p.rules.relevant(r, o); why != nil {
				return ignored(why.reason, why.detail)
			}
		}
	}
	return r.save(a, o, old, known)
}

func (r *reading) save(a, o obj, old Post, known bool) ruling {
	parent := o.ref("inReplyTo")
	if parent != "" {
		if why := r.ancestors(parent, 0); why != nil && r.p.rules.parents {
			return refusedFor(why)
		}
	}
	group := r.groupOf(a, o)
	if read(r.p, func() bool { return group != "" && r.p.world.banned(o.ref("attributedTo"), group) }) {
		return refused(ReasonBanned, o.ref("attributedTo"))
	}
	if top, ok := r.p.Post(parent); ok && top.Locked && !known {
		return refused(ReasonLocked, parent)
	}
	x := r.view(o, group)
	if known {
		x.Edits, x.Locked, x.Pinned, x.Gone, x.Why = old.Edits, old.Locked, old.Pinned, old.Gone, old.Why
		if a.typ() == "Update" {
			x.Edits++
		}
	}
	x.Pending = r.local && r.p.Persona == Lemmy && group != "" && !r.p.ours(group)
	r.p.update(func() {
		r.p.world.save(x)
		if !known {
			r.p.world.notify(r.p, o)
		}
	})
	r.passOn(group, a)
	return accepted()
}

// view is how a post looks here.
func (r *reading) view(o obj, group string) *Post {
	x := &Post{ID: o.str("id"), Type: o.typ(), Author: o.ref("attributedTo"), Group: group,
		ReplyTo: o.ref("inReplyTo"), Title: o.str("name"), HTML: o.str("content"),
		Language: o.sub("language").str("identifier"), Sent: o.str("published")}
	for _, v := range o.list("attachment") {
		at := asObj(v)
		switch at.typ() {
		case "Link":
			if x.Link == "" {
				x.Link = at.str("href")
			}
		case "Image", "Document":
			x.Images = append(x.Images, at.str("url"))
		}
	}
	if r.p.rules.render != nil {
		r.p.rules.render(r, o, x)
	}
	return x
}

// notify tells this peer's people who are named.
func (w *world) notify(p *Peer, o obj) {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(append(o.mentions(), o.refs("to", "cc")...)))) {
		if p.ours(id) && p.docs[id].typ() != "" && !strings.HasSuffix(id, "/followers") {
			w.notices = append(w.notices, Notice{Person: id, Object: o.str("id"), Private: !o.public()})
		}
	}
}

const maxAncestors = 50 // Lemmy follows as many

// ancestors makes sure that a parent and all above it are here or can be fetched.
func (r *reading) ancestors(id string, depth int) *denial {
	if _, ok := r.p.Post(id); ok {
		return nil
	}
	if depth > maxAncestors {
		return deny(ReasonParent, "too deep at "+id)
	}
	o, err := r.p.object(r.ctx, id)
	if err != nil {
		return deny(ReasonParent, err.Error())
	}
	if up := o.ref("inReplyTo"); up != "" {
		if why := r.ancestors(up, depth+1); why != nil {
			return why
		}
	}
	if r.p.rules.object != nil {
		if why := r.p.rules.object(r, nil, o); why != nil {
			return deny(ReasonParent, string(why.reason)+" "+why.detail)
		}
	}
	x := r.view(o, r.groupOf(nil, o))
	r.p.update(func() { r.p.world.save(x) })
	return nil
}

// vote counts a Like or Dislike.
func (r *reading) vote(a obj) ruling {
	object, v := a.ref("object"), 1
	if a.typ() == "Dislike" {
		v = -1
	}
	if !r.local && r.p.rules.vote != nil {
		if why := r.p.rules.vote(r, a); why != nil {
			return ignored(why.reason, why.detail)
		}
	}
	x, ok := r.p.Post(object)
	if !ok {
		if why := r.ancestors(object, 0); why != nil {
			return refused(ReasonNoSuchObject, object)
		}
		x, _ = r.p.Post(object)
	}
	r.p.update(func() {
		r.p.world.acts[a.str("id")] = a
		r.p.world.vote(object, a.ref("actor"), v)
	})
	r.passOn(x.Group, a)
	return accepted()
}
