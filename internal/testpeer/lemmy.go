package testpeer

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

const lemmyIDLength = 255 // of the column that holds an id

func lemmyRules() *rules {
	return &rules{
		actor:    lemmyActor,
		envelope: lemmyEnvelope,
		object:   lemmyObject,
		announce: lemmyAnnounce,
		remove:   removal,
		parents:  true,
	}
}

// L objects/src/protocol/group.rs
func lemmyActor(ctx context.Context, p *Peer, a obj) *denial {
	p.meetSite(ctx, a.str("id"))
	switch a.typ() {
	case "Person", "Service", "Group":
	case "Application":
		return nil // a site: read leniently
	default:
		return deny(ReasonActorShape, "type "+a.typ())
	}
	if a.str("outbox") == "" {
		return deny(ReasonNoOutbox, a.str("id"))
	}
	if a.typ() == "Group" && a.has("language") && !a.isArray("language") {
		return deny(ReasonLanguageNull, "a Group's is an array")
	}
	for _, key := range []string{"icon", "image"} {
		if a.has(key) && a.sub(key).str("url") == "" {
			return deny(ReasonImage, key)
		}
	}
	return nil
}

// meetSite asks the root of an actor's host for the instance, once; that it fails is tolerated.
// L objects/src/objects/instance.rs:190
func (p *Peer) meetSite(ctx context.Context, id string) {
	u, err := url.Parse(id)
	if err != nil || u.Path == "/" {
		return
	}
	root := u.Scheme + "://" + u.Host + "/"
	if _, tried := read2(p, func() (bool, bool) { known, ok := p.sites[u.Host]; return known, ok }); tried {
		return
	}
	doc, final, err := p.get(ctx, root, activityAccept)
	known := err == nil && final == root && doc.str("id") == root && doc.typ() == "Application" &&
		doc.str("outbox") != "" && doc.sub("publicKey") != nil
	p.update(func() { p.sites[u.Host] = known })
}

// L activities/src/protocol/**
func lemmyEnvelope(a obj) *denial {
	for _, id := range append(a.refs("object"), a.str("id")) {
		if len(id) > lemmyIDLength {
			return deny(ReasonIDTooLong, id)
		}
	}
	typ, in := a.typ(), a.sub("object")
	if typ == "Undo" && in != nil {
		typ = in.typ()
	}
	switch typ {
	case "Delete":
		if !a.has("to") {
			return deny(ReasonToShape, a.typ()+" of "+typ)
		}
	case "Create", "Update", "Announce", "Block", "Add", "Remove", "Lock":
		if !a.isArray("to") {
			return deny(ReasonToShape, a.typ()+" of "+typ)
		}
		if !a.isArray("cc") {
			return deny(ReasonCCShape, a.typ()+" of "+typ)
		}
	}
	return nil
}

// L objects/src/protocol/{page,note}.rs
func lemmyObject(r *reading, _, o obj) *denial {
	id := o.str("id")
	if strings.Contains(id, "#") { // of activities too many servers have them: NodeBB, GoToSocial
		return deny(ReasonFragment, id)
	}
	if len(id) > lemmyIDLength {
		return deny(ReasonIDTooLong, id)
	}
	if !o.isArray("to") {
		return deny(ReasonToShape, id)
	}
	if _, plain := o["attributedTo"].(string); !plain {
		return deny(ReasonAttributedTo, id)
	}
	if o.has("language") && o.sub("language") == nil {
		return deny(ReasonLanguageNull, id)
	}
	if o.typ() == "ChatMessage" || o.typ() == "Note" && !o.public() {
		if o.ref("inReplyTo") != "" {
			return deny(ReasonNotPublic, "a comment to few: "+id)
		}
		if len(o.list("to")) != 1 {
			return deny(ReasonToShape, "a message to several: "+id)
		}
		if o.typ() == "Note" && r.p.chats() {
			return deny(ReasonObjectType, "a message as a Note: "+id) // 0.19: apub/src/protocol/objects/chat_message.rs
		}
		return r.authorIsPerson(o)
	}
	if !o.public() {
		return deny(ReasonNotPublic, id)
	}
	if o.has("inReplyTo") && o["inReplyTo"] != nil {
		if o.typ() != "Note" {
			return deny(ReasonInReplyTo, o.typ()+" "+id)
		}
		if !o.has("content") {
			return deny(ReasonCommentShape, id)
		}
		return r.authorIsPerson(o)
	}
	if !slices.Contains([]string{"Page", "Article", "Note", "Video", "Event"}, o.typ()) {
		return deny(ReasonObjectType, o.typ())
	}
	if o.has("image") && o.sub("image") == nil {
		return deny(ReasonImage, id)
	}
	if why := lemmyAttachments(o); why != nil {
		return why
	}
	if r.groupOf(obj{}, o) == "" {
		return deny(ReasonNoCommunity, id)
	}
	return nil
}

// lemmyAttachments: an array of Link{href}, Image{url} and Document{url}, and nothing else.
func lemmyAttachments(o obj) *denial {
	if !o.has("attachment") {
		return nil
	}
	if !o.isArray("attachment") {
		return deny(ReasonAttachment, "no array in "+o.str("id"))
	}
	for _, v := range o.list("attachment") {
		at := asObj(v)
		key := "url"
		switch at.typ() {
		case "Link":
			key = "href"
		case "Image", "Document":
		default:
			return deny(ReasonAttachment, "a member of type "+at.typ()+" in "+o.str("id"))
		}
		if at.str(key) == "" {
			return deny(ReasonAttachment, at.typ()+" without "+key)
		}
	}
	return nil
}

func (r *reading) authorIsPerson(o obj) *denial {
	author, why := r.p.actorOf(r.ctx, o.ref("attributedTo"))
	if why != nil {
		return why
	}
	if t := author.typ(); t != "Person" && t != "Service" {
		return deny(ReasonAuthorType, t)
	}
	return nil
}

// lemmyAnnounce takes an activity, or the id of one. // L community/announce.rs
func lemmyAnnounce(r *reading, a obj) ruling {
	group := a.ref("actor")
	if !r.isGroup(group) {
		return refused(ReasonNotGroup, group)
	}
	in := a.sub("object")
	if in == nil {
		o, err := r.p.object(r.ctx, a.ref("object"))
		if err != nil {
			return refused(ReasonUnavailable, err.Error())
		}
		in = o
	}
	if !in.has("object") {
		return refused(ReasonAnnounceObject, "Announce of "+in.typ())
	}
	if g, why := r.p.actorOf(r.ctx, group); why == nil && g["manuallyApprovesFollowers"] != true && !a.public() {
		return refused(ReasonNotPublic, "an Announce of "+in.typ())
	}
	if old := strings.HasPrefix(r.p.traits.version, "0."); !r.p.followed(group) && (old || !r.p.wrote(group)) {
		return ignored(ReasonNoLocalFollower, group)
	}
	return r.inner(group, in)
}
