package testpeer

import (
	"context"
	"fmt"
	"slices"
)

// Ask writes a public poll that names actors.
func (a *Actor) Ask(ctx context.Context, text string, choices []string, mentions ...string) Sent {
	p := a.peer
	p.t.Helper()
	o := a.object(p.URL+fmt.Sprintf(p.traits.post, p.number()), "Question", "<p>"+text+"</p>")
	options := []any{}
	for _, c := range choices {
		options = append(options, map[string]any{"type": "Note", "name": c,
			"replies": map[string]any{"type": "Collection", "totalItems": 0}})
	}
	o["oneOf"], o["endTime"], o["votersCount"] = options, p.now().UTC().AddDate(0, 0, 1).Format("2006-01-02T15:04:05Z"), 0
	a.address(ctx, o, mentions)
	return a.publish(ctx, o, slices.Concat(mentions, p.Followers(a.ID)), nil)
}

// Choose votes in a poll: a Note with a name and nothing else, to its author alone.
func (a *Actor) Choose(ctx context.Context, question, choice string) Sent {
	p := a.peer
	p.t.Helper()
	about := a.about(ctx, question)
	id := p.URL + fmt.Sprintf(p.traits.comment, p.number())
	o := obj{"id": id, "type": "Note", "name": choice, "attributedTo": a.ID, "inReplyTo": question,
		"to": []any{about.author}}
	act := a.activity("Create", map[string]any(o), obj{"to": []any{about.author}})
	return a.send(ctx, act, []string{about.author})
}

// React answers with an emoji: EmojiReact, or at Misskey a Like that has one.
func (a *Actor) React(ctx context.Context, object, emoji string) Sent {
	p := a.peer
	p.t.Helper()
	about := a.about(ctx, object)
	typ, more := "EmojiReact", obj{"content": emoji}
	if p.Persona == Misskey {
		typ, more = "Like", obj{"content": emoji, "_misskey_reaction": emoji}
	}
	return a.act(ctx, a.activity(typ, object, more), []string{about.group, about.author})
}

// Move tells the followers that the person is now another actor. The document says so too; that the
// other names this one in alsoKnownAs is the other's business (Rewrite).
func (a *Actor) Move(ctx context.Context, target string) Sent {
	p := a.peer
	p.t.Helper()
	a.Rewrite(func(doc map[string]any) { doc["movedTo"] = target })
	act := a.activity("Move", a.ID, obj{"target": target, "to": []any{a.ID + "/followers"}})
	return a.act(ctx, act, p.Followers(a.ID))
}

// Leave deletes the actor: the document is a Tombstone from then on, the key goes with it.
func (a *Actor) Leave(ctx context.Context, to ...string) Sent {
	p := a.peer
	p.t.Helper()
	act := a.activity("Delete", a.ID, obj{"to": []any{public}})
	sent := a.send(ctx, act, slices.Concat(p.Followers(a.ID), to))
	p.update(func() { p.docs[a.ID] = obj{"id": a.ID, "type": "Tombstone", "deleted": p.stamp()} })
	return sent
}
