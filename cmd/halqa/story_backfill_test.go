package main

import (
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/testpeer"
)

// When the first member of ours follows a community elsewhere, what was written there before comes, and
// nobody is told of it.
func TestPastOfACommunityElsewhere(t *testing.T) {
	for _, persona := range testpeer.Personas() {
		if !persona.Threadiverse() {
			continue
		}
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			v := newTown(t).visit(persona)
			ctx := t.Context()
			dora := v.peer.Person("dora")
			birds := v.peer.Group("birds")
			lin := v.address(v.actor(v.lin))
			first := dora.Post(ctx, birds.ID, "What sings at four?", "<p>It is loud.</p>",
				testpeer.Set("tag", []any{map[string]any{"type": "Mention", "href": lin, "name": "@lin"}})).Object
			second := dora.Post(ctx, birds.ID, "And at five?", "<p>It is louder.</p>").Object
			answer := dora.Reply(ctx, first, "<p>A robin.</p>").Object
			// Lemmy of today has no collection of a thread, and PieFed and Mbin none that a stranger could know.
			threads := persona == testpeer.NodeBB
			if v.at(first) != nil {
				t.Fatal("the past is here before anybody asked for it")
			}
			circle, err := v.h.followDemo(ctx, v.lin, "birds", v.peer.Host())
			v.must(err)
			for _, at := range []string{first, second} {
				v.arrives("what was written before", at, func(p *circles.Post) bool { return p.State == circles.Visible && p.Circle == circle.CircleID() })
			}
			if threads {
				v.arrives("what was answered before", answer, func(p *circles.Post) bool { return p.Parent == v.at(first).ID })
			}
			v.untold()
			// What is written now is news.
			v.arrives("what is written now", dora.Post(ctx, birds.ID, "Now", "<p>Hush.</p>").Object, nil)
			v.content("the end")
		})
	}
}

// Between two instances of ours the whole conversation comes: posts, comments and who wrote them, people
// of a third server included.
func TestPastBetweenTwoOfOurs(t *testing.T) {
	near, far := newTown(t), newTown(t)
	ctx := t.Context()
	garden := far.circle("gardening")
	third := far.visit(testpeer.Lemmy)
	group := third.follows("gardening")
	post := far.post(far.lin, garden.CircleID(), "When do you start tomatoes?", "Last year in **March**.")
	third.shown("the post", post.at, nil)
	theirs := third.bob.Post(ctx, group, "Compost in winter", "<p>Does it freeze?</p>").Object
	here := far.arrives("bob's post", theirs, nil)
	answers := []note{far.comment(far.ann, post.ID, "In April."), far.comment(far.ann, here.ID, "It does.")}
	answers = append(answers, far.comment(far.lin, answers[0].ID, "So late?"))
	reply := third.bob.Reply(ctx, answers[0].at, "<p>A lamp helps.</p>").Object
	far.arrives("bob's comment", reply, nil)
	secret, err := far.h.app.CreateCircle(ctx, far.ann, app.NewCircle{Name: "hidden", Visibility: circles.LocalOnly})
	far.must(err)
	hidden := far.post(far.ann, secret.CircleID(), "Not for others", "")

	circle, err := near.h.followDemo(ctx, near.lin, "gardening", far.h.site.Host)
	near.must(err)
	for _, at := range []string{post.at, theirs, answers[0].at, answers[2].at, reply} {
		near.arrives("the past", at, func(p *circles.Post) bool { return p.State == circles.Visible && p.Circle == circle.CircleID() })
	}
	if got, want := near.at(reply).Parent, near.at(answers[0].at).ID; got != want {
		t.Errorf("bob's comment hangs below %s, want %s", got, want)
	}
	if p := near.at(post.at); p.Title != post.Title || p.Published/1e6 != post.Published/1e6 {
		t.Errorf("the post is %q of %d, want %q of %d", p.Title, p.Published, post.Title, post.Published)
	}
	if near.at(hidden.at) != nil {
		t.Error("what is in a local circle came along")
	}
	near.untold()
}

// untold fails if lin was told of anything. ann follows her: told of that, she would have been told of what
// came before.
func (w *town) untold() {
	w.t.Helper()
	_, err := w.h.app.Follow(w.t.Context(), w.ann, w.lin.Person.Actor())
	w.must(err)
	var page *app.NotificationPage
	within(patience, func() bool {
		page, err = w.h.app.Notifications(w.t.Context(), w.lin, "", 0)
		w.must(err)
		return len(page.Groups) > 0
	})
	for _, g := range page.Groups {
		for _, n := range g.Shown {
			if n.Kind != app.ToldFollow {
				w.t.Errorf("lin was told: %s of %+v", n.Kind, n.Post)
			}
		}
	}
	if len(page.Groups) == 0 {
		w.t.Error("lin is told of nothing at all")
	}
}
