package main

import (
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/testpeer"
)

// In Lemmy since 1.0 a person reads at their post itself why it waits, once a day of one gate. Nobody else's
// server hears of it.
func TestHeldIsWarnedOfAtLemmy(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ctx := t.Context()
	v, other := w.visit(testpeer.Lemmy), w.visit(testpeer.Lemmy)
	garden := w.circle("gardening")
	group := v.follows("gardening")
	other.follows("gardening")
	open := w.post(w.ann, garden.CircleID(), "Sowing", "Peas.")
	v.shown("what ann wrote", open.at, nil)
	w.storm(garden)

	sent := v.bob.Post(ctx, group, "Is this a weed?", "<p>Thorns.</p>")
	held := w.arrives("bob's post", sent.Object, func(p *circles.Post) bool { return p.State == circles.Held })
	one := v.warned(1)[0]
	if one.Object != sent.Object || one.Author != v.bob.ID || one.By != w.finger("gate") {
		t.Errorf("bob is warned of %s by %s, want of %s by the gate", one.Object, one.By, sent.Object)
	}
	for _, word := range []string{"held, not lost", "7 days", "Asked of everyone: post: ", "Set by @ann", "A wave of spam", group + "/why?of=%40bob%40"} {
		if !strings.Contains(one.Reason, word) {
			t.Errorf("bob is not told %q:\n%s", word, one.Reason)
		}
	}
	v.readAlone(sent.Object)

	v.bob.Dislike(ctx, open.at)
	again := v.bob.Post(ctx, group, "And this?", "<p>Thistles.</p>")
	second := w.arrives("his second post", again.Object, func(p *circles.Post) bool { return p.State == circles.Held })
	w.must(w.h.app.Refuse(ctx, w.ann, second.ID, "Ask in the thread on weeds.", nil))
	_, err := w.h.app.Approve(ctx, w.ann, held.ID, nil)
	w.must(err)
	other.shown("bob's post, let through", sent.Object, nil)
	v.unheard("the second post", garden)
	v.warned(1)
	if n := len(v.told()); n != 0 {
		t.Errorf("bob has %d messages beside", n)
	}
	if n := len(other.peer.Warnings()); n != 0 {
		t.Errorf("another server heard of it: %+v", other.peer.Warnings())
	}
	for _, r := range other.peer.Received() {
		if strings.Contains(r.Shape, "Warn") {
			t.Errorf("another server got %s", r.Body)
		}
	}
	v.content("the end")
	other.content("the end")
}

// A refused change is told so, too; a refused Follow has no post to tell it at, and a server that answers 400 to
// the warning shows its person nothing: they get a message.
func TestWarningsThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ctx := t.Context()
	v, deaf := w.visit(testpeer.Lemmy), w.visit(testpeer.Lemmy)
	w.circle("gardening")
	group := v.follows("gardening")
	deaf.follows("gardening")
	sent := v.bob.Post(ctx, group, "Beans", "<p>They climb.</p>")
	w.arrives("bob's post", sent.Object, func(p *circles.Post) bool { return p.State == circles.Visible })
	theirs := deaf.bob.Post(ctx, group, "Peas", "<p>They climb, too.</p>")
	w.arrives("the other bob's post", theirs.Object, func(p *circles.Post) bool { return p.State == circles.Visible })
	const shut = `{"off":true,"reason":{"en":"The garden sleeps"}}`
	w.must(testdb.SwapGates(ctx, w.h.store, []string{"join", "post"}, "", store.GateRule{Rule: shut, SetBy: w.ann.Person.Actor()}))

	v.bob.Update(ctx, sent.Object, "<p>They climb high.</p>")
	one := v.warned(1)[0]
	for _, word := range []string{"The change of your post", "what was before stands", "switched off", "The garden sleeps"} {
		if !strings.Contains(one.Reason, word) {
			t.Errorf("bob is not told %q:\n%s", word, one.Reason)
		}
	}
	eve := v.peer.Person("eve")
	eve.Follow(ctx, group)
	v.sees("why eve is not let in", func() bool { return len(v.peer.Notices(eve.ID)) == 1 })
	v.warned(1)

	deaf.peer.Mutate(&testpeer.Mutation{Apply: func(doc map[string]any) {
		if in, ok := doc["object"].(map[string]any); ok && in["type"] == "Warn" {
			delete(in, "summary")
		}
	}})
	deaf.bob.Update(ctx, theirs.Object, "<p>They climb high.</p>")
	var told []testpeer.Post
	w.eventually("a message instead", func() bool { told = deaf.told(); return len(told) == 1 })
	if !deaf.peer.Complained(testpeer.ReasonWarnShape) || told[0].Type != "ChatMessage" || told[0].Author != w.finger("gate") {
		t.Errorf("a %s by %s tells the other bob; the server complained of %+v", told[0].Type, told[0].Author, deaf.peer.Complaints())
	}
	if all := deaf.peer.Warnings(); len(all) != 0 {
		t.Errorf("the other bob was warned, too: %+v", all)
	}
}

// warned waits for so many warnings at bob's server, and returns them.
func (v *visit) warned(n int) (all []testpeer.Warning) {
	v.t.Helper()
	v.sees("the warning", func() bool { all = v.peer.Warnings(); return len(all) >= n })
	if len(all) != n {
		v.t.Errorf("bob was warned %d times, want %d: %+v", len(all), n, all)
	}
	return all
}

// readAlone fails unless bob, and nobody else, can read what warned him of a post at its addresses.
func (v *visit) readAlone(object string) {
	v.t.Helper()
	ctx := v.t.Context()
	for _, r := range v.peer.Received() {
		if r.Shape != "Announce{Warn{…}}" {
			continue
		}
		for _, at := range []string{r.ID, r.ID + "-inner"} {
			if status, _ := v.peer.Get(ctx, v.peer.Person("eve"), at); status != 404 {
				v.t.Errorf("eve reads %s: %d", at, status)
			}
			if status, body := v.peer.Get(ctx, v.bob, at); status != 200 || !strings.Contains(body, object) {
				v.t.Errorf("bob reads %s: %d %s", at, status, body)
			}
		}
		return
	}
	v.t.Errorf("no Announce of a Warn arrived:\n%s", v.peer.Story())
}
