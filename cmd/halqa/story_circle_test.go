package main

import (
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/testpeer"
)

// A person of each kind of server finds a circle of ours by its name, follows it, sees what is
// written there, answers, votes, changes and takes back what they said, and posts there themselves.
func TestPersonElsewhereInOurCircle(t *testing.T) {
	for _, persona := range testpeer.Personas() {
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			inOurCircle(newTown(t).visit(persona))
		})
	}
}

func inOurCircle(v *visit) {
	ctx := v.t.Context()
	garden := v.circle("gardening")
	group := v.follows("gardening")

	post := v.post(v.lin, garden.CircleID(), "When do you start tomatoes?", "Last year I sowed in **March**.")
	seen := v.shown("the post", post.at, nil)
	if got, want := seen.Author, v.address(v.actor(v.lin)); got != want {
		v.t.Errorf("the post is by %s, want %s", got, want)
	}
	if !v.micro() && (seen.Title != post.Title || seen.Group != group || seen.Type != "Page") {
		v.t.Errorf("the post shows as a %s %q in %s, want a Page %q in %s", seen.Type, seen.Title, seen.Group, post.Title, group)
	}
	if !v.micro() && !strings.Contains(seen.HTML, "<strong>March</strong>") {
		v.t.Errorf("the text is %q", seen.HTML)
	}

	// bob answers, is answered, and changes his mind about the words and about the vote.
	reply := v.bob.Reply(ctx, post.at, "<p>A lamp from mid-March.</p>").Object
	here := v.arrives("the answer", reply, func(p *circles.Post) bool { return p.State == circles.Visible })
	if here.Parent != post.ID || here.Circle != garden.CircleID() || here.Kind != circles.IsComment {
		v.t.Errorf("the answer is a %s below %s in %s, want a comment below %s in %s", here.Kind, here.Parent, here.Circle, post.ID, garden.ID)
	}
	like := v.bob.Like(ctx, post.at)
	v.arrives("the like", post.at, func(p *circles.Post) bool { return p.Ups == 1 && p.Comments == 1 })

	answer := v.comment(v.lin, here.ID, "Thank you!")
	v.sees("lin's answer", func() bool {
		for _, c := range v.peer.Comments(reply) {
			if c.ID == answer.at {
				return c.Title == "" && c.Warning == "" && strings.Contains(c.HTML, "Thank you!")
			}
		}
		return false
	})
	v.sees("a notice of it", func() bool { return len(v.peer.Notices(v.bob.ID)) > 0 })

	v.bob.Update(ctx, reply, "<p>A lamp from <em>April</em>.</p>")
	v.arrives("the edit", reply, func(p *circles.Post) bool { return strings.Contains(p.BodyHTML, "<em>April</em>") && p.EditedAt != 0 })
	v.bob.Undo(ctx, like)
	v.arrives("the like being taken back", post.at, func(p *circles.Post) bool { return p.Ups == 0 })
	v.bob.Delete(ctx, reply)
	v.arrives("the deletion", reply, func(p *circles.Post) bool { return p.State == circles.Deleted })

	// bob posts himself.
	said := v.bob.Post(ctx, group, "Compost in winter", "<p>Does it freeze?</p>").Object
	here = v.arrives("bob's post", said, func(p *circles.Post) bool { return p.State == circles.Visible })
	if here.Circle != garden.CircleID() || here.Kind != circles.IsPost || !strings.Contains(here.Title, "Compost in winter") {
		v.t.Errorf("bob's post is a %s %q in %s", here.Kind, here.Title, here.Circle)
	}
	if strings.Contains(here.Title, "gardening") {
		v.t.Errorf("the circle's own handle is in the title %q", here.Title)
	}
	if v.peer.Persona == testpeer.Lemmy {
		v.sees("the echo of bob's post", func() bool { p, _ := v.peer.Post(said); return !p.Pending })
	}

	// lin changes the post and takes it back.
	v.edit(v.lin, post.Post, "When do you start tomatoes? (answered)", "In April.")
	v.shown("lin's edit", post.at, func(p testpeer.Post) bool { return p.Edits > 0 })
	v.must(v.h.app.Delete(ctx, v.lin, post.ID))
	if p := v.gone("lin's deletion", post.at); p.Gone != "deleted" {
		v.t.Errorf("the post is %+v, want it deleted by its author", p)
	}

	// ann, who runs the circle, removes what bob wrote. NodeBB deletes on nobody's word but the author's.
	if v.peer.Persona != testpeer.NodeBB {
		v.must(v.h.app.Remove(ctx, v.ann, here.ID, "off topic"))
		if !v.micro() {
			v.sees("the removal", func() bool { p, _ := v.peer.Post(said); return p.Gone == "removed" && p.Why == "off topic" })
		}
	}

	// While he does not follow he hears nothing.
	v.bob.Unfollow(ctx, group)
	v.eventuallyFollowedBy(garden, 2) // ann and lin
	missed := v.post(v.lin, garden.CircleID(), "While bob was away", "He does not see this.")
	v.follows("gardening")
	back := v.post(v.lin, garden.CircleID(), "When bob is back", "He sees this.")
	v.shown("what is written when bob is back", back.at, nil)
	if p, ok := v.peer.Post(missed.at); ok {
		v.t.Errorf("bob did not follow and sees %+v", p)
	}
	v.content("the end")
}

// eventuallyFollowedBy waits until a circle of ours has so many followers.
func (w *town) eventuallyFollowedBy(c *circles.Circle, n int64) {
	w.t.Helper()
	var got int64
	ok := within(patience, func() bool {
		var err error
		got, err = w.h.app.FollowersCount(w.t.Context(), c.ID)
		w.must(err)
		return got == n
	})
	if !ok {
		w.t.Fatalf("!%s has %d followers, want %d", c.Name, got, n)
	}
}
