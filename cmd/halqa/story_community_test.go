package main

import (
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/testpeer"
)

// A member of ours follows a community of each kind of server that has some, sees what its own people
// and those of a third server write there, and takes part until its moderator removes what they wrote.
func TestMemberOfOursInCommunityElsewhere(t *testing.T) {
	for _, persona := range testpeer.Personas() {
		if !persona.Threadiverse() {
			continue
		}
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			inCommunityElsewhere(newTown(t).visit(persona))
		})
	}
}

func inCommunityElsewhere(v *visit) {
	ctx := v.t.Context()
	mod, dora := v.peer.Person("mod"), v.peer.Person("dora")
	birds := v.peer.Group("birds", mod)
	circle, err := v.h.followDemo(ctx, v.lin, "birds", v.peer.Host())
	v.must(err)
	if got := v.role(v.lin, circle.CircleID()); !got.Member() {
		v.t.Fatalf("lin is %q in !birds", got)
	}
	readable := func(p *circles.Post) bool { return p.State == circles.Visible && p.Circle == circle.CircleID() }

	// What others write there is seen here.
	first := dora.Post(ctx, birds.ID, "What sings at four?", "<p>It is <strong>loud</strong>.</p>").Object
	here := v.arrives("dora's post", first, readable)
	if here.Title != "What sings at four?" || !strings.Contains(here.BodyHTML, "<strong>loud</strong>") {
		v.t.Errorf("dora's post is %q %q", here.Title, here.BodyHTML)
	}
	like := dora.Like(ctx, first)
	v.arrives("dora's like", first, func(p *circles.Post) bool { return p.Ups == 1 })

	// lin posts and comments, and what she does comes back announced.
	post := v.post(v.lin, circle.CircleID(), "A bird with a red breast", "It sat on my **spade**.")
	seen := v.shown("lin's post", post.at, nil)
	if seen.Title != post.Title || seen.Group != birds.ID || seen.Author != v.address(v.actor(v.lin)) {
		v.t.Errorf("lin's post is %q by %s in %s", seen.Title, seen.Author, seen.Group)
	}
	comment := v.comment(v.lin, here.ID, "A robin?")
	v.shown("lin's comment", comment.at, func(p testpeer.Post) bool { return p.ReplyTo == first && p.Group == birds.ID })
	v.vote(v.lin, here.ID, 1)
	v.sees("lin's like", func() bool { up, _ := v.peer.Votes(first); return up == 2 })
	v.vote(v.lin, here.ID, -1)
	v.sees("lin's dislike", func() bool { up, down := v.peer.Votes(first); return up == 1 && down == 1 })
	v.vote(v.lin, here.ID, 0)
	v.sees("lin's vote being taken back", func() bool { up, down := v.peer.Votes(first); return up == 1 && down == 0 })

	answer := dora.Reply(ctx, comment.at, "<p>Yes!</p>").Object
	v.arrives("dora's answer", answer, func(p *circles.Post) bool { return readable(p) && p.Parent == comment.ID })
	dora.Undo(ctx, like)
	v.arrives("dora's like being taken back", first, func(p *circles.Post) bool { return p.Ups == 0 && p.Downs == 0 })
	dora.Update(ctx, first, "<p>It is <em>very</em> loud.</p>")
	v.arrives("dora's edit", first, func(p *circles.Post) bool { return strings.Contains(p.BodyHTML, "<em>very</em>") })

	// Somebody of a third server writes there; their server is asked what they said. What that server
	// makes of the community is not looked at.
	third := testpeer.New(v.t, testpeer.Lemmy)
	eve := third.Person("eve")
	eve.Follow(ctx, birds.ID)
	third.Wait(v.t, "the Accept", func() bool { return eve.Follows(birds.ID) })
	stranger := eve.Post(ctx, birds.ID, "From far away", "<p>Hello.</p>").Object
	foreign := v.arrives("a stranger's post", stranger, readable)
	remark := eve.Reply(ctx, stranger, "<p>Anybody?</p>").Object
	v.arrives("a stranger's comment", remark, func(p *circles.Post) bool { return readable(p) && p.Parent == foreign.ID })
	eve.Like(ctx, first)
	v.arrives("a stranger's like", first, func(p *circles.Post) bool { return p.Ups == 1 })
	eve.Delete(ctx, remark)
	v.arrives("a stranger's deletion", remark, func(p *circles.Post) bool { return p.State == circles.Deleted })
	// What lin writes reaches the third server by way of the community.
	hello := v.comment(v.lin, foreign.ID, "Welcome!")
	third.Wait(v.t, "lin's welcome", func() bool { p, ok := third.Post(hello.at); return ok && p.Group == birds.ID })

	// lin changes her mind, and the moderator has the last word.
	v.edit(v.lin, post.Post, "A robin", "It sat on my spade.")
	v.shown("lin's edit", post.at, func(p testpeer.Post) bool { return p.Edits > 0 && p.Title == "A robin" })
	v.must(v.h.app.Delete(ctx, v.lin, comment.ID))
	if p := v.gone("lin's deletion", comment.at); p.Gone != "deleted" {
		v.t.Errorf("lin's comment is %+v, want it deleted by its author", p)
	}
	if v.peer.Persona != testpeer.NodeBB { // deletes on nobody's word but the author's
		mod.Remove(ctx, post.at, "not a bird")
		v.arrives("the removal", post.at, func(p *circles.Post) bool { return p.State == circles.Removed && p.Reason == "not a bird" })
	}
	dora.Delete(ctx, first)
	v.arrives("dora's deletion", first, func(p *circles.Post) bool { return p.State == circles.Deleted })
	v.content("the end")
}
