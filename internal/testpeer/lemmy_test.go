package testpeer

import (
	"testing"
)

// A Lemmy member posts, comments and votes in a community of another server and is removed by its
// moderator. The other server stands for ours.
func TestLemmyMemberElsewhere(t *testing.T) {
	for _, host := range []Persona{Lemmy, PieFed, Mbin, NodeBB, Unknown} {
		t.Run(string(host), func(t *testing.T) {
			ctx := t.Context()
			home, away := New(t, host), New(t, Lemmy)
			mod := home.Person("mod")
			birds := home.Group("birds", mod)
			bob := away.Person("bob")

			bob.Follow(ctx, birds.ID)
			away.Wait(t, "the Accept", func() bool { return bob.Follows(birds.ID) })
			post := bob.Post(ctx, birds.ID, "What sings at four?", "<p>It is loud.</p>")
			if got := home.Posts(birds.ID); len(got) != 1 || got[0].Title != "What sings at four?" {
				t.Fatalf("posts are %+v\n%s", got, home.Story())
			}
			comment := bob.Reply(ctx, post.Object, "<p>A robin?</p>")
			if got := home.Comments(post.Object); len(got) != 1 || got[0].ID != comment.Object {
				t.Fatalf("comments are %+v\n%s", got, home.Story())
			}
			like := bob.Like(ctx, post.Object)
			if up, down := home.Votes(post.Object); up != 1 || down != 0 {
				t.Fatalf("votes are %d, %d\n%s", up, down, home.Story())
			}
			bob.Undo(ctx, like)
			if up, _ := home.Votes(post.Object); up != 0 {
				t.Errorf("%d likes after Undo\n%s", up, home.Story())
			}
			opinion := mod.Like(ctx, post.Object)
			away.Wait(t, "the host's like", func() bool { up, _ := away.Votes(post.Object); return up == 1 })
			mod.Undo(ctx, opinion)
			away.Wait(t, "its undoing", func() bool { up, _ := away.Votes(post.Object); return up == 0 })
			if host == NodeBB {
				return // it has no removals of this form
			}
			away.Wait(t, "the echo", func() bool { x, _ := away.Post(post.Object); return !x.Pending })
			mod.Remove(ctx, comment.Object, "off topic")
			away.Wait(t, "the removal", func() bool { x, _ := away.Post(comment.Object); return x.Gone == "removed" })
			if x, _ := away.Post(comment.Object); x.Why != "off topic" {
				t.Errorf("the reason is %q", x.Why)
			}
		})
	}
}

// A Lemmy that knows Warn keeps it with its author's post; an older one answers 400, others leave it alone.
func TestWhoTakesWarnings(t *testing.T) {
	for _, c := range []struct {
		persona Persona
		version string
		want    Verdict
		kept    int
	}{
		{Lemmy, "1.0.0-beta.1", Accepted, 1},
		{Lemmy, "1.0.0-beta.0", Refused, 0},
		{Lemmy, "0.19.20", Refused, 0},
		{PieFed, "", Ignored, 0},
	} {
		t.Run(string(c.persona)+c.version, func(t *testing.T) {
			b := newBench(t, c.persona)
			if c.version != "" {
				WithVersion(c.version)(b.away)
			}
			post := b.bob.Post(b.ctx, b.birds.ID, "A weed", "<p>x</p>").Object
			b.pass(b.act("Warn", b.alice, post, Set("summary", "why"), Set("to", []any{b.bob.ID})))
			got := b.away.Received()
			last := got[len(got)-1]
			if kept := b.away.Warnings(); last.Verdict != c.want || len(kept) != c.kept {
				t.Errorf("%s, and keeps %+v; want %s", last, kept, c.want)
			}
			if c.kept > 0 && b.away.Warnings()[0] != (Warning{Object: post, By: b.alice.ID, Reason: "why", Author: b.bob.ID}) {
				t.Errorf("it keeps %+v", b.away.Warnings()[0])
			}
		})
	}
}
