package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testpeer"
)

// What a person elsewhere writes in a circle that asks more of them waits: nobody is shown it and nothing
// is passed on, until somebody lets it through, with its author's own bytes, or does not.
func TestHeldFromElsewhere(t *testing.T) {
	for _, persona := range []testpeer.Persona{testpeer.Lemmy, testpeer.Mastodon} {
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			heldFromElsewhere(w.visit(persona), w.visit(testpeer.PieFed))
		})
	}
}

func heldFromElsewhere(v, other *visit) {
	ctx := v.t.Context()
	garden := v.circle("gardening")
	group := v.follows("gardening")
	other.follows("gardening")
	open := v.post(v.ann, garden.CircleID(), "Sowing", "Peas.")
	other.shown("what ann wrote", open.at, nil)
	v.storm(garden)

	sent := v.bob.Post(ctx, group, "Is this a weed?", "<p>It has <em>thorns</em>.</p>")
	held := v.arrives("bob's post", sent.Object, nil)
	said := v.bob.Reply(ctx, open.at, "<p>Beans too.</p>")
	comment := v.arrives("bob's comment", said.Object, nil)
	spam := v.bob.Post(ctx, group, "Cheap seeds", "<p>Buy.</p>")
	bad := v.arrives("bob's other post", spam.Object, nil)
	for _, p := range []*circles.Post{held, comment, bad} {
		if p.State != circles.Held || p.AnnounceSeq != 0 {
			v.t.Errorf("%s is %s, announced by entry %s; want it held", p.URI, p.State, p.AnnounceSeq)
		}
		if _, err := v.h.app.Thread(ctx, v.lin, p.ID, app.ThreadQuery{}); p.Kind == circles.IsPost && !circles.Is(err, circles.NotFound) {
			v.t.Errorf("lin opens %s: %v, want not found", p.URI, err)
		}
	}
	v.queued(garden, held.ID, comment.ID, bad.ID)
	other.unheard("what waits", garden, sent.Object, said.Object, spam.Object)

	_, err := v.h.app.Approve(ctx, v.ann, held.ID, nil)
	v.must(err)
	other.shown("bob's post", sent.Object, nil)
	if !other.got(sent) {
		v.t.Errorf("what was approved does not go round as bob sent it: %v\n%s", sent.Activity, other.peer.Story())
	}
	_, err = v.h.app.Approve(ctx, v.ann, comment.ID, nil)
	v.must(err)
	other.shown("bob's comment", said.Object, nil)
	v.must(v.h.app.Refuse(ctx, v.ann, bad.ID, "This is an advertisement.", nil))
	if p := v.at(spam.Object); p.State != circles.Refused {
		v.t.Errorf("the refused post is %s", p.State)
	}
	v.queued(garden)
	other.unheard("what was refused", garden, spam.Object)
}

// A vote that a gate refuses counts nothing, goes nowhere and is never answered.
func TestVotesDeniedFromElsewhere(t *testing.T) {
	w := newTown(t)
	ctx := t.Context()
	v, other := w.visit(testpeer.Mastodon), w.visit(testpeer.Lemmy)
	garden := w.circle("gardening")
	v.follows("gardening")
	other.follows("gardening")
	open := w.post(w.ann, garden.CircleID(), "Sowing", "Peas.")
	v.shown("what ann wrote", open.at, nil)
	other.shown("what ann wrote", open.at, nil)
	w.storm(garden)
	heard := len(v.peer.Received())
	v.bob.Like(ctx, open.at)
	other.bob.Dislike(ctx, open.at)
	if p := w.at(open.at); p.Ups != 0 || p.Downs != 0 {
		t.Errorf("denied votes count %d and %d", p.Ups, p.Downs)
	}
	w.must(w.h.store.View(ctx, func(tx *store.Tx) error {
		events, err := tx.EventsAfter(0, 1000)
		for _, e := range events {
			if e.Kind == circles.VoteCast || e.Kind == circles.MessageSent {
				t.Errorf("a denied vote led to %+v", e)
			}
		}
		return err
	}))
	v.unheard("the vote", garden)
	other.unheard("the vote", garden)
	for _, r := range v.peer.Received()[heard:] {
		if strings.HasPrefix(r.Shape, "Reject") {
			t.Errorf("the vote was answered: %s", r.Body)
		}
	}
	if n := v.peer.Notices(v.bob.ID); len(n) != 0 {
		t.Errorf("bob was told of his vote: %+v", n)
	}
	if n := other.peer.Warnings(); len(n) != 0 {
		t.Errorf("bob was warned of his vote: %+v", n)
	}
}

// Where joining is by request, a Follow from elsewhere is answered when an operator lets its person in.
func TestJoinRequestFromElsewhere(t *testing.T) {
	for _, persona := range []testpeer.Persona{testpeer.Lemmy, testpeer.Mastodon} {
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			ctx := t.Context()
			v := w.visit(persona)
			garden := w.circle("gardening")
			w.storm(garden)
			group := v.finger("gardening")
			v.bob.Follow(ctx, group)
			var bob *circles.Actor
			w.must(w.h.store.View(ctx, func(tx *store.Tx) (err error) {
				bob, err = tx.ActorByURI(v.bob.ID)
				return err
			}))
			who := circles.Viewer{Person: circles.PersonID(bob.ID)}
			if r := w.role(who, garden.CircleID()); r != circles.RolePending || v.bob.Follows(group) {
				t.Fatalf("bob is %q, and followed: %t", r, v.bob.Follows(group))
			}
			w.must(w.h.app.SetRole(ctx, w.ann, garden.CircleID(), who.Person, circles.RoleMember))
			v.sees("the Accept", func() bool { return v.bob.Follows(group) })
			post := w.post(w.ann, garden.CircleID(), "Welcome", "Sit down.")
			v.shown("what is written after it", post.at, nil)
		})
	}
}

// A person whose post waits is told once why, by whom and until when, in the form and the language that
// their server shows them, and not again the same day; a refusal is explained, too.
func TestHeldIsExplained(t *testing.T) {
	for _, c := range []struct {
		persona testpeer.Persona
		opts    []testpeer.Option
		typ     string
		from    string // who writes
	}{
		{testpeer.Lemmy, []testpeer.Option{testpeer.WithVersion("1.0.0-beta.0")}, "ChatMessage", "gate"},
		{testpeer.Lemmy, []testpeer.Option{testpeer.WithVersion("0.19.11")}, "ChatMessage", "gate"},
		{testpeer.PieFed, nil, "ChatMessage", "gate"},
		{testpeer.Mbin, nil, "ChatMessage", "gate"},
		{testpeer.Mastodon, nil, "Note", "gardening"},
		{testpeer.GoToSocial, nil, "Note", "gardening"},
		{testpeer.Misskey, nil, "Note", "gardening"},
		{testpeer.Unknown, nil, "Note", "gate"},
	} {
		t.Run(string(c.persona), func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			ctx := t.Context()
			v := w.visit(c.persona, c.opts...)
			garden := w.circle("gardening")
			group := v.follows("gardening")
			w.storm(garden)
			chinese := c.persona == testpeer.Misskey
			language := func(o map[string]any) {
				if chinese {
					o["contentMap"] = map[string]any{"zh": o["content"]}
				}
			}
			sent := v.bob.Post(ctx, group, "Is this a weed?", "<p>Thorns.</p>", language)
			w.arrives("bob's post", sent.Object, func(p *circles.Post) bool { return p.State == circles.Held })
			var told []testpeer.Post
			v.sees("why it waits", func() bool { told = v.told(); return len(told) == 1 })
			one := told[0]
			words := []string{"held, not lost", "7 days", "Set by @ann", "A wave of spam", group + "/why", sent.Object}
			if chinese {
				words = []string{"不会丢失", "7 天", "由 @ann 设定", group + "/why", sent.Object}
			}
			for _, word := range words {
				if !strings.Contains(one.HTML, word) {
					t.Errorf("bob is not told %q:\n%s", word, one.HTML)
				}
			}
			if want := w.finger(c.from); one.Author != want || one.Type != c.typ {
				t.Errorf("a %s by %s tells him, want a %s by %s", one.Type, one.Author, c.typ, want)
			}
			if v.micro() && c.persona != testpeer.Unknown && one.ReplyTo != sent.Object {
				t.Errorf("it answers %q, want %s", one.ReplyTo, sent.Object)
			}
			if status, _ := v.peer.Get(ctx, v.peer.Person("eve"), one.ID); status != 404 {
				t.Errorf("eve reads what bob is told: %d", status)
			}
			if status, body := v.peer.Get(ctx, v.bob, one.ID); status != 200 || !strings.Contains(body, "Notice") && !strings.Contains(body, "gardening") {
				t.Errorf("bob reads what he is told at its address: %d %s", status, body)
			}

			again := v.bob.Post(ctx, group, "And this?", "<p>Thistles.</p>")
			second := w.arrives("his second post", again.Object, func(p *circles.Post) bool { return p.State == circles.Held })
			w.must(w.h.app.Refuse(ctx, w.ann, second.ID, "Ask in the thread on weeds.", nil))
			v.unheard("the second post", garden)
			if n := len(v.told()); n != 1 {
				t.Errorf("bob was told %d times in a day", n)
			}
			if p := w.at(one.ID); p != nil {
				t.Errorf("the notice is a post here: %+v", p)
			}
			v.content("the end")
		})
	}
}

// told are the messages that bob alone got, in the order in which they came.
func (v *visit) told() (all []testpeer.Post) {
	for _, n := range v.peer.Notices(v.bob.ID) {
		if p, ok := v.peer.Post(n.Object); ok && n.Private && strings.Contains(n.Object, "/notice/") {
			all = append(all, p)
		}
	}
	return all
}

// Between two instances of ours somebody whose post a circle elsewhere holds reads there what a member of
// the circle would, and is told what becomes of it.
func TestHeldBetweenTwoInstances(t *testing.T) {
	b, a := newTown(t), newTown(t)
	ctx := t.Context()
	garden := b.circle("gardening")
	far, err := a.h.followDemo(ctx, a.lin, "gardening", b.h.site.Host)
	a.must(err)
	there := far.CircleID()
	b.storm(garden)
	weed := a.post(a.lin, there, "Is this a weed?", "Thorns.")
	spam := a.post(a.lin, there, "Cheap seeds", "Buy.")
	arrived := b.arrives("lin's post", weed.at, func(p *circles.Post) bool { return p.State == circles.Held })
	bad := b.arrives("lin's other post", spam.at, func(p *circles.Post) bool { return p.State == circles.Held })

	var h *app.Held
	answered := func(what string, n note, holds func() bool) {
		t.Helper()
		a.eventually(what, func() bool {
			var err error
			h, err = a.h.app.Held(ctx, a.lin, n.ID)
			return err == nil && holds()
		})
	}
	for _, n := range []note{weed, spam} { // each, though people are told once a day
		answered("the explanation", n, func() bool { return !h.Decided })
	}
	here, err := b.h.app.Held(ctx, b.ann, bad.ID)
	b.must(err)
	for _, lang := range []string{"en", "zh"} {
		if got, want := h.Why.Text[lang], here.Why.Text[lang]; got != want || got == "" {
			t.Errorf("lin reads %q, where a member would read %q", got, want)
		}
	}
	if say := h.Why.Say("en"); !strings.Contains(say, "A wave of spam") || !strings.Contains(say, "Set by ") || h.Why.Appeal != b.address(&garden.Actor)+"/why" {
		t.Errorf("lin reads %q, and objects at %q", say, h.Why.Appeal)
	}
	for who, want := range map[circles.Viewer]app.Ruling{a.lin: app.RuledHeld, a.ann: "", {}: ""} {
		page, err := a.h.app.Thread(ctx, who, weed.ID, app.ThreadQuery{})
		a.must(err)
		if got := page.Ruled[weed.ID]; got != want {
			t.Errorf("%+v reads that lin's post is %q in its circle, want %q", who, got, want)
		}
	}
	if _, err := a.h.app.Held(ctx, a.ann, weed.ID); !circles.Is(err, circles.NotFound) {
		t.Errorf("ann reads why lin's post waits: %v", err)
	}
	_, err = b.h.app.Approve(ctx, b.ann, arrived.ID, nil)
	b.must(err)
	answered("that it was let through", weed, func() bool { return h.Decided && !h.Refused })
	b.must(b.h.app.Refuse(ctx, b.ann, bad.ID, "An advertisement.", nil))
	answered("that it was refused", spam, func() bool { return h.Decided && h.Refused && h.Note == "An advertisement." })
	kinds := map[store.NotificationKind]int{}
	a.must(a.h.store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.Notifications(a.lin)
		for _, n := range all {
			kinds[n.Kind]++
		}
		return err
	}))
	if kinds[store.ToldHeld] != 2 || kinds[store.ToldApproved] != 1 || kinds[store.ToldRefused] != 1 {
		t.Errorf("lin was told %v", kinds)
	}
	if n, err := a.h.app.UnreadMessages(ctx, a.lin); err != nil || n != 0 {
		t.Errorf("lin has %d messages beside, %v", n, err)
	}
}

// storm lets a circle ask the most at once.
func (w *town) storm(c *circles.Circle) {
	w.t.Helper()
	w.must(w.h.gates.Storm(w.t.Context(), w.ann, c.CircleID(), time.Hour, "A wave of spam", "en"))
}

// queued fails unless exactly these wait in a circle, in any order.
func (w *town) queued(c *circles.Circle, want ...circles.PostID) {
	w.t.Helper()
	all, _, err := w.h.app.HeldIn(w.t.Context(), w.ann, c.CircleID(), "")
	w.must(err)
	got := map[circles.PostID]bool{}
	for _, h := range all {
		got[h.Post.ID] = true
		if h.Why.Text["en"] == "" || h.Why.Reason["en"] != "A wave of spam" {
			w.t.Errorf("%s waits without a reason: %+v", h.Post.ID, h.Why)
		}
	}
	for _, id := range want {
		if !got[id] {
			w.t.Errorf("%s does not wait", id)
		}
	}
	if len(got) != len(want) {
		w.t.Errorf("%d wait, want %d", len(got), len(want))
	}
}

// unheard fails if bob's server has any of these once what ann writes now has reached it.
func (v *visit) unheard(what string, c *circles.Circle, objects ...string) {
	v.t.Helper()
	mark := v.post(v.ann, c.CircleID(), "A mark", "After "+what+".")
	v.shown("a mark", mark.at, nil)
	for _, o := range objects {
		if p, ok := v.peer.Post(o); ok {
			v.t.Errorf("%s was told of %s: %+v", v.peer.Persona, what, p)
		}
	}
}

// got tells whether bob's server received an Announce of somebody's activity with every member as they
// sent it.
func (v *visit) got(sent testpeer.Sent) bool {
	want, err := json.Marshal(sent.Activity)
	v.must(err)
	for _, r := range v.peer.Received() {
		var announce struct{ Object json.RawMessage }
		if !strings.HasPrefix(r.Shape, "Announce{Create") || json.Unmarshal(r.Body, &announce) != nil {
			continue
		}
		if bytes.Equal(announce.Object, want) {
			return true
		}
	}
	return false
}
