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
