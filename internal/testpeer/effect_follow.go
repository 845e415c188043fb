package testpeer

import "context"

// follow admits a follower of one of this peer's actors, and says so.
func (r *reading) follow(a obj) ruling {
	target, follower := a.ref("object"), a.ref("actor")
	if r.local {
		r.p.update(func() { r.p.world.setFollow(follow{a.str("id"), follower, target, "asked"}) })
	}
	if !r.p.ours(target) {
		if r.local {
			return accepted()
		}
		return ignored(ReasonNoSuchObject, target)
	}
	who := r.p.actorByID(target)
	if who == nil {
		return ignored(ReasonNoSuchObject, target)
	}
	state := "accepted"
	if locked, _ := read(r.p, func() obj { return r.p.docs[target] })["manuallyApprovesFollowers"].(bool); locked {
		state = "asked"
	}
	r.p.update(func() { r.p.world.setFollow(follow{a.str("id"), follower, target, state}) })
	if state == "accepted" && !r.p.ours(follower) {
		r.p.inOrder(hostOf(follower), func(ctx context.Context) { who.answer(ctx, "Accept", a) })
	}
	return accepted()
}

// answer is the Accept or Reject of a Follow, in the shape of this server.
func (a *Actor) answer(ctx context.Context, typ string, asked obj) {
	f := obj{"id": asked.str("id"), "type": "Follow", "actor": asked.ref("actor"), "object": a.ID}
	follower := asked.ref("actor")
	if a.peer.Persona == Lemmy || a.peer.Persona == GoToSocial {
		f["to"] = []any{a.ID}
	}
	act := obj{"id": a.peer.activityID(), "type": typ, "actor": a.ID, "object": f, "to": []any{follower}}
	if a.peer.Persona == Mastodon { // sends no recipients
		delete(act, "to")
	}
	a.Daring().send(ctx, act, []string{follower})
}

// Accept admits a follower who asked an actor that approves by hand.
func (a *Actor) Accept(ctx context.Context, follower string) { a.decide(ctx, "Accept", follower) }

// Reject turns a follower down, or puts out one who was admitted.
func (a *Actor) Reject(ctx context.Context, follower string) { a.decide(ctx, "Reject", follower) }

func (a *Actor) decide(ctx context.Context, typ, follower string) {
	a.peer.t.Helper()
	f, ok := read2(a.peer, func() (follow, bool) {
		for _, f := range a.peer.world.follows {
			if f.followee == a.ID && f.follower == follower {
				return f, true
			}
		}
		return follow{}, false
	})
	if !ok {
		a.peer.t.Fatalf("testpeer: %s has not asked to follow %s", follower, a.ID)
	}
	f.state = "accepted"
	if typ == "Reject" {
		f.state = ""
	}
	a.peer.update(func() { a.peer.world.setFollow(f) })
	a.answer(ctx, typ, obj{"id": f.id, "actor": follower})
}

// answered reads the Accept or Reject of a Follow of ours. It counts if the followee says so.
func (r *reading) answered(a obj) ruling {
	o := a.sub("object")
	if o != nil && o.typ() != "Follow" || o == nil && a.ref("object") == "" {
		return ignored(ReasonUnknownType, "of "+o.typ())
	}
	found := false
	r.p.update(func() {
		for i, f := range r.p.world.follows {
			named := f.id == a.ref("object")
			if o != nil {
				named = f.follower == o.ref("actor") && f.followee == o.ref("object")
			}
			if !named || f.followee != a.ref("actor") {
				continue
			}
			found = true
			r.p.world.follows[i].state = "accepted"
			if a.typ() == "Reject" {
				r.p.world.follows[i].state = "rejected"
			}
		}
	})
	if !found {
		if a.typ() == "Reject" && o == nil {
			return ignored(ReasonUnknownType, "Reject of "+a.ref("object"))
		}
		return refused(ReasonNoSuchFollow, a.ref("object"))
	}
	return accepted()
}

// undo takes back a Follow, a vote, an Announce, a removal, a ban or a lock of the same actor.
func (r *reading) undo(a obj) ruling {
	in := a.sub("object")
	if in == nil {
		in = read(r.p, func() obj { return r.p.world.acts[a.ref("object")] })
	}
	if in == nil {
		return ignored(ReasonNoSuchObject, a.ref("object"))
	}
	actor := a.ref("actor")
	if in.ref("actor") != actor && !(in.typ() != "Follow" && r.moderates(actor, r.groupOf(a, in))) {
		return refused(ReasonNotAuthor, actor+" undoes what "+in.ref("actor")+" did")
	}
	if r.p.rules.envelope != nil && !r.local {
		if why := r.p.rules.envelope(in); why != nil {
			return refusedFor(why)
		}
	}
	object := in.ref("object")
	group := r.groupOf(a, in)
	if x, ok := r.p.Post(object); ok && group == "" { // not every vote names the community
		group = x.Group
	}
	switch in.typ() {
	case "Follow":
		r.p.update(func() { r.p.world.setFollow(follow{follower: actor, followee: object}) })
	case "Like", "Dislike", "EmojiReact":
		if r.p.rules.vote != nil {
			if why := r.p.rules.vote(r, in); why != nil {
				return ignored(why.reason, why.detail)
			}
		}
		r.p.update(func() { r.p.world.vote(object, in.ref("actor"), 0) })
	case "Announce":
		r.p.unboost(actor, in.str("id"), object)
	case "Delete":
		return r.restore(a, in)
	case "Block":
		r.p.unban(object, group)
	case "Lock":
		r.p.change(object, func(x *Post) { x.Locked = false })
	default:
		return ignored(ReasonUnknownType, "Undo of "+in.typ())
	}
	r.passOn(group, a)
	return accepted()
}
