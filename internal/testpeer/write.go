package testpeer

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// An Edit changes an object before it is sent, to say more than a verb's arguments do.
type Edit func(object map[string]any)

// Set puts one member into the object.
func Set(key string, value any) Edit { return func(o map[string]any) { o[key] = value } }

// Without leaves one member out.
func Without(key string) Edit { return func(o map[string]any) { delete(o, key) } }

// Linking makes a post a link post.
func Linking(address string) Edit {
	return func(o map[string]any) {
		o["attachment"] = append([]any{map[string]any{"type": "Link", "href": address}}, obj(o).list("attachment")...)
	}
}

// Picturing attaches a picture.
func Picturing(address, alt string) Edit {
	return func(o map[string]any) {
		o["attachment"] = append(obj(o).list("attachment"), map[string]any{"type": "Image", "url": address, "name": alt})
	}
}

// Post writes a post into a community, here or elsewhere. People of microblogs have no titles and
// write a toot that names the community.
func (a *Actor) Post(ctx context.Context, group, title, html string, edits ...Edit) Sent {
	p := a.peer
	p.t.Helper()
	if p.traits.group == "" {
		return a.toot(ctx, "<p>"+title+"</p>"+html, []string{group}, edits)
	}
	id := p.URL + fmt.Sprintf(p.traits.post, p.number())
	o := a.object(id, "Page", html)
	o["name"], o["audience"] = title, group
	o["to"], o["cc"] = []any{group, public}, []any{}
	switch p.Persona {
	case NodeBB:
		o["type"], o["context"] = "Article", id+"/context"
		o["to"], o["cc"] = []any{public, group}, []any{a.ID + "/followers"}
		o["summary"] = html
	case Mbin:
		o["to"], o["cc"] = []any{group, public}, []any{a.ID + "/followers"}
		o["commentsEnabled"] = true
	case PieFed:
		o["commentsEnabled"], o["sensitive"] = true, false
	}
	return a.publish(ctx, o, []string{group}, edits)
}

// Toot writes a public microblog post that names actors.
func (a *Actor) Toot(ctx context.Context, text string, mentions ...string) Sent {
	a.peer.t.Helper()
	return a.toot(ctx, "<p>"+text+"</p>", mentions, nil)
}

// Say writes a public microblog post that names nobody, changed by the edits: to make it less public, say.
func (a *Actor) Say(ctx context.Context, text string, edits ...Edit) Sent {
	a.peer.t.Helper()
	return a.toot(ctx, "<p>"+text+"</p>", nil, edits)
}

func (a *Actor) toot(ctx context.Context, html string, mentions []string, edits []Edit) Sent {
	p := a.peer
	p.t.Helper()
	o := a.object(p.URL+fmt.Sprintf(p.traits.post, p.number()), "Note", html)
	a.address(ctx, o, mentions)
	return a.publish(ctx, o, slices.Concat(mentions, p.Followers(a.ID)), edits)
}

// address makes an object public, with mentions in cc, tag and text.
func (a *Actor) address(ctx context.Context, o obj, mentions []string) {
	to := append([]string{a.ID + "/followers"}, mentions...)
	o["to"], o["cc"] = []any{public}, anyOf(to)
	tags, lead := []any{}, ""
	for _, m := range mentions {
		handle := a.peer.handleOf(ctx, m)
		tags = append(tags, map[string]any{"type": "Mention", "href": m, "name": handle})
		name, _, _ := strings.Cut(handle[1:], "@")
		lead += fmt.Sprintf(`<span class="h-card"><a href="%s" class="u-url mention">@<span>%s</span></a></span> `, m, name)
	}
	o["tag"] = tags
	if html := o.str("content"); lead != "" && strings.HasPrefix(html, "<p>") {
		o["content"] = "<p>" + lead + html[len("<p>"):]
	}
}

// Reply comments on a post or comment anywhere. People of microblogs reach its author and whom the
// parent names; the others its community.
func (a *Actor) Reply(ctx context.Context, object, html string, edits ...Edit) Sent {
	p := a.peer
	p.t.Helper()
	about := a.about(ctx, object)
	o := a.object(p.URL+fmt.Sprintf(p.traits.comment, p.number()), "Note", html)
	o["inReplyTo"] = object
	if p.traits.group == "" {
		named := []string{about.author}
		for _, m := range about.object.mentions() {
			if m != a.ID && !slices.Contains(named, m) {
				named = append(named, m)
			}
		}
		a.address(ctx, o, named)
		return a.publish(ctx, o, slices.Concat(named, p.Followers(a.ID)), edits)
	}
	o["audience"] = about.group
	o["to"], o["cc"] = []any{public}, anyOf([]string{about.group, about.author})
	o["tag"] = []any{map[string]any{"type": "Mention", "href": about.author, "name": p.handleOf(ctx, about.author)}}
	if p.Persona == NodeBB { // seen: the topic's title on each reply
		o["name"] = about.object.str("name")
		o["to"], o["cc"] = anyOf([]string{public, about.author, about.group}), []any{a.ID + "/followers"}
		if o.str("name") == "" {
			delete(o, "name")
		}
	}
	return a.publish(ctx, o, []string{about.group, about.author}, edits)
}

// Message writes to one person alone.
func (a *Actor) Message(ctx context.Context, person, html string) Sent {
	p := a.peer
	p.t.Helper()
	o := a.object(p.URL+fmt.Sprintf(p.traits.comment, p.number()), "Note", html)
	o["to"], o["cc"] = []any{person}, []any{}
	o["tag"] = []any{map[string]any{"type": "Mention", "href": person, "name": p.handleOf(ctx, person)}}
	if p.chats() {
		o["type"] = "ChatMessage"
		delete(o, "tag")
	}
	return a.publish(ctx, o, []string{person}, nil)
}

// chats tells whether private messages have a type of their own here. Lemmy 1.0 writes Notes, and reads
// both (lemmy#5221).
func (p *Peer) chats() bool {
	switch p.Persona {
	case Mbin, PieFed:
		return true
	case Lemmy:
		return strings.HasPrefix(p.traits.version, "0.")
	}
	return false
}

func (a *Actor) object(id, typ, html string) obj {
	o := obj{"id": id, "type": typ, "attributedTo": a.ID, "content": html, "mediaType": "text/html",
		"url": id, "published": a.peer.stamp(), "attachment": []any{}, "tag": []any{}, "sensitive": false}
	switch a.peer.Persona {
	case Lemmy, PieFed, Unknown:
		o["source"] = map[string]any{"content": html, "mediaType": "text/markdown"}
		o["language"] = map[string]any{"identifier": "en", "name": "English"}
	case Mastodon, GoToSocial:
		delete(o, "mediaType")
		o["contentMap"] = map[string]any{"en": html}
	case Misskey:
		delete(o, "mediaType")
		o["_misskey_content"] = html
		o["source"] = map[string]any{"content": html, "mediaType": "text/x.misskeymarkdown"}
	}
	return o
}

func (a *Actor) publish(ctx context.Context, o obj, to []string, edits []Edit) Sent {
	p := a.peer
	p.t.Helper()
	for _, e := range edits {
		e(o)
	}
	p.update(func() { p.docs[o.str("id")] = o })
	act := a.activity("Create", copyOf(o), obj{"to": o["to"], "cc": o["cc"], "published": o["published"]})
	if o.has("audience") {
		act["audience"] = o["audience"]
	}
	sent := a.act(ctx, act, to)
	sent.Object = o.str("id")
	return sent
}

// Update rewrites the actor's own post or comment and tells whom it was sent to, and the followers.
func (a *Actor) Update(ctx context.Context, object, html string, edits ...Edit) Sent {
	p := a.peer
	p.t.Helper()
	o := a.own(object)
	o["content"], o["updated"] = html, p.stamp()
	for _, e := range edits {
		e(o)
	}
	p.update(func() { p.docs[object] = o })
	act := a.activity("Update", copyOf(o), obj{"to": o["to"], "cc": o["cc"]})
	if o.has("audience") {
		act["audience"] = o["audience"]
	}
	sent := a.act(ctx, act, a.readersOf(o))
	sent.Object = object
	return sent
}

// Delete takes back the actor's own post or comment.
func (a *Actor) Delete(ctx context.Context, object string) Sent {
	p := a.peer
	p.t.Helper()
	o := a.own(object)
	p.update(func() {
		p.docs[object] = obj{"id": object, "type": "Tombstone", "formerType": o["type"], "deleted": p.stamp()}
	})
	act := a.activity("Delete", object, obj{"to": o["to"], "cc": o["cc"]})
	if o.has("audience") {
		act["audience"] = o["audience"]
	}
	if p.Persona == Mastodon || p.Persona == Misskey {
		act["object"] = map[string]any{"id": object, "type": "Tombstone"}
	}
	return a.act(ctx, act, a.readersOf(o))
}

func (a *Actor) own(object string) obj {
	a.peer.t.Helper()
	o := read(a.peer, func() obj { return a.peer.docs[object] })
	if o == nil || o.ref("attributedTo") != a.ID {
		a.peer.t.Fatalf("testpeer: %s is not by %s", object, a.ID)
	}
	return copyOf(o)
}

// readersOf are the actors that an object was sent to.
func (a *Actor) readersOf(o obj) []string {
	ids := slices.Concat(o.refs("audience"), o.refs("to", "cc"), a.peer.Followers(a.ID))
	return slices.DeleteFunc(ids, func(id string) bool {
		return id == public || strings.HasSuffix(id, "/followers") || id == ""
	})
}

// Edited tells the followers, or a community's, of a new version of the actor's document.
func (a *Actor) Edited(ctx context.Context, to ...string) Sent {
	p := a.peer
	p.t.Helper()
	doc := read(p, func() obj { return copyOf(p.docs[a.ID]) })
	act := a.activity("Update", doc, obj{"to": []any{public}, "cc": []any{a.ID + "/followers"}})
	return a.send(ctx, act, slices.Concat(p.Followers(a.ID), to))
}
