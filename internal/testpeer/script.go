package testpeer

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// act applies an activity of one of this peer's people here, and sends it to whom it concerns.
func (a *Actor) act(ctx context.Context, act obj, to []string) Sent {
	p := a.peer
	p.t.Helper()
	p.update(func() { p.docs[act.str("id")] = act })
	r := &reading{ctx: ctx, p: p, signer: a.ID, local: true}
	if rule := r.activity(act); rule.verdict == Refused && !a.bold {
		p.t.Fatalf("%s: %s cannot %s: %s %s", p.Persona, a.Name, shapeOf(act), rule.reason, rule.detail)
	}
	return a.send(ctx, act, to)
}

func (a *Actor) activity(typ string, object any, more obj) obj {
	act := obj{"id": a.peer.activityID(), "type": typ, "actor": a.ID, "object": object}
	for k, v := range more {
		act[k] = v
	}
	return act
}

// Follow asks to follow a person or community anywhere.
func (a *Actor) Follow(ctx context.Context, actor string) Sent {
	a.peer.t.Helper()
	more := obj{"to": []any{actor}}
	if a.peer.Persona == Mastodon {
		more = nil // sends no recipients
	}
	return a.act(ctx, a.activity("Follow", actor, more), []string{actor})
}

// Unfollow takes that back.
func (a *Actor) Unfollow(ctx context.Context, actor string) Sent {
	a.peer.t.Helper()
	f, ok := read2(a.peer, func() (follow, bool) {
		for _, f := range a.peer.world.follows {
			if f.follower == a.ID && f.followee == actor {
				return f, true
			}
		}
		return follow{}, false
	})
	if !ok {
		a.peer.t.Fatalf("testpeer: %s does not follow %s", a.ID, actor)
	}
	asked := obj{"id": f.id, "type": "Follow", "actor": a.ID, "object": actor, "to": []any{actor}}
	return a.act(ctx, a.activity("Undo", asked, obj{"to": []any{actor}}), []string{actor})
}

// Follows tells whether the followee has said yes.
func (a *Actor) Follows(actor string) bool { return a.peer.FollowState(a.ID, actor) == "accepted" }

// Like votes an object up.
func (a *Actor) Like(ctx context.Context, object string) Sent {
	a.peer.t.Helper()
	return a.vote(ctx, "Like", object)
}

// Dislike votes it down. Mbin does not send it out; Mastodon, GoToSocial and Misskey have none.
func (a *Actor) Dislike(ctx context.Context, object string) Sent {
	a.peer.t.Helper()
	return a.vote(ctx, "Dislike", object)
}

func (a *Actor) vote(ctx context.Context, typ, object string) Sent {
	p := a.peer
	p.t.Helper()
	about := a.about(ctx, object)
	more, to := obj{}, []string{about.author}
	switch p.Persona {
	case Lemmy, PieFed, Mbin:
		if more["audience"] = about.group; about.group == "" {
			delete(more, "audience")
		}
		to = []string{about.group, about.author}
		if about.group != "" {
			to = to[:1]
		}
	case NodeBB:
		more["to"], more["cc"] = []any{public}, []any{about.author}
		to = []string{about.author, about.group}
	case GoToSocial:
		more["to"] = []any{about.author}
	case Misskey:
		more["content"], more["_misskey_reaction"] = "❤", "❤"
	}
	return a.act(ctx, a.activity(typ, object, more), to)
}

// Undo takes back a Like, a Dislike, a deletion, a ban, a lock or a boost.
func (a *Actor) Undo(ctx context.Context, s Sent) Sent {
	a.peer.t.Helper()
	more := obj{}
	for _, k := range []string{"to", "cc", "audience"} {
		if v, ok := s.Activity[k]; ok {
			more[k] = v
		}
	}
	return a.act(ctx, a.activity("Undo", copyOf(s.Activity), more), s.to)
}

// Boost passes on a post, as people of microblogs do.
func (a *Actor) Boost(ctx context.Context, object string) Sent {
	p := a.peer
	p.t.Helper()
	about := a.about(ctx, object)
	act := a.activity("Announce", object, obj{"to": []any{public},
		"cc": []any{about.author, a.ID + "/followers"}, "published": p.stamp()})
	p.update(func() { p.docs[act.str("id")] = act })
	p.boost(Boost{act.str("id"), a.ID, object})
	return a.send(ctx, act, append(p.Followers(a.ID), about.author))
}

// Report flags an object to its community, or to its author's server.
func (a *Actor) Report(ctx context.Context, object, why string) Sent {
	a.peer.t.Helper()
	about := a.about(ctx, object)
	to := about.group
	if to == "" {
		to = about.author
	}
	more := obj{"to": []any{to}, "summary": why, "content": why}
	switch a.peer.Persona {
	case Mastodon, GoToSocial: // the instance reports, not the person; content only
		more = obj{"content": why, "actor": a.peer.instance().ID}
		act := a.activity("Flag", []any{about.author, object}, more)
		reporter := a.peer.instance().Daring()
		reporter.bold = a.bold
		return reporter.send(ctx, act, []string{to})
	case Lemmy:
		delete(more, "content")
	}
	return a.send(ctx, a.activity("Flag", object, more), []string{to})
}

func (p *Peer) instance() *Actor { return read(p, func() *Actor { return p.actors["instance"] }) }

// Remove takes down somebody's post or comment as a moderator of its community.
func (a *Actor) Remove(ctx context.Context, object, why string) Sent {
	a.peer.t.Helper()
	return a.inGroup(ctx, "Delete", object, obj{"object": object, "summary": why})
}

// Lock closes a post for comments.
func (a *Actor) Lock(ctx context.Context, object string) Sent {
	a.peer.t.Helper()
	return a.inGroup(ctx, "Lock", object, obj{"object": object})
}

// Pin puts a post on top of its community; Unpin takes it off.
func (a *Actor) Pin(ctx context.Context, object string) Sent {
	a.peer.t.Helper()
	return a.inGroup(ctx, "Add", object, obj{"object": object, "target": "featured"})
}

// Unpin takes a post off the top.
func (a *Actor) Unpin(ctx context.Context, object string) Sent {
	a.peer.t.Helper()
	return a.inGroup(ctx, "Remove", object, obj{"object": object, "target": "featured"})
}

func (a *Actor) inGroup(ctx context.Context, typ, object string, more obj) Sent {
	p := a.peer
	p.t.Helper()
	about := a.about(ctx, object)
	if about.group == "" || p.traits.group == "" {
		p.t.Fatalf("testpeer: %s of %s cannot moderate %s", a.Name, p.Persona, object)
	}
	if more.str("target") == "featured" {
		g, why := p.actorOf(ctx, about.group)
		if why != nil {
			p.t.Fatalf("testpeer: %s: %s", why.reason, why.detail)
		}
		more["target"] = g.ref("featured")
	}
	more["to"], more["cc"], more["audience"] = []any{public}, []any{about.group}, about.group
	act := a.activity(typ, object, more)
	return a.act(ctx, act, []string{about.group})
}

// Ban keeps a person out of a community.
func (a *Actor) Ban(ctx context.Context, group, person, why string) Sent {
	a.peer.t.Helper()
	act := a.activity("Block", person, obj{"target": group, "summary": why, "to": []any{public},
		"cc": []any{group}, "audience": group})
	return a.act(ctx, act, []string{group, person})
}

// Appoint makes a person moderator of a community; Dismiss ends that.
func (a *Actor) Appoint(ctx context.Context, group, person string) Sent {
	a.peer.t.Helper()
	return a.team(ctx, "Add", group, person)
}

// Dismiss ends being a moderator.
func (a *Actor) Dismiss(ctx context.Context, group, person string) Sent {
	a.peer.t.Helper()
	return a.team(ctx, "Remove", group, person)
}

func (a *Actor) team(ctx context.Context, typ, group, person string) Sent {
	p := a.peer
	p.t.Helper()
	g, why := p.actorOf(ctx, group)
	if why != nil {
		p.t.Fatalf("testpeer: %s: %s", why.reason, why.detail)
	}
	act := a.activity(typ, person, obj{"target": g.ref("attributedTo"), "to": []any{public},
		"cc": []any{group}, "audience": group})
	return a.act(ctx, act, []string{group})
}

// subject is what a person sees of an object before acting on it.
type subject struct {
	author, group string
	object        obj
}

// about reads an object, from here or from its server, and its community.
func (a *Actor) about(ctx context.Context, object string) subject {
	p := a.peer
	p.t.Helper()
	o, err := p.object(ctx, object)
	if err != nil {
		x, ok := p.Post(object)
		if !ok {
			p.t.Fatalf("%s: %s cannot see %s: %v", p.Persona, a.Name, object, err)
		}
		o = obj{"id": x.ID, "type": x.Type, "attributedTo": x.Author, "audience": x.Group}
	}
	r := &reading{ctx: ctx, p: p, local: true}
	if x, ok := p.Post(object); ok {
		return subject{x.Author, x.Group, o}
	}
	if p.traits.group != "" && o.ref("inReplyTo") != "" {
		_ = r.ancestors(object, 0)
	}
	return subject{o.ref("attributedTo"), r.groupOf(o, o), o}
}

func (p *Peer) stamp() string { return p.now().UTC().Format(time.RFC3339) }

// handleOf is @name@host of an actor anywhere.
func (p *Peer) handleOf(ctx context.Context, id string) string {
	a, why := p.actorOf(ctx, id)
	if why != nil {
		return "@" + id
	}
	return fmt.Sprintf("@%s@%s", a.str("preferredUsername"), hostOf(id))
}

func anyOf(ids []string) []any {
	out := []any{}
	for _, id := range ids {
		if id != "" && !slices.Contains(out, any(id)) {
			out = append(out, id)
		}
	}
	return out
}
