package testpeer

import (
	"testing"
)

// A Lemmy community is followed by a Mastodon person, who sees posts as boosts and replies.
func TestMastodonPersonFollowsLemmyCommunity(t *testing.T) {
	ctx := t.Context()
	lemmy, mastodon := New(t, Lemmy), New(t, Mastodon)
	alice := lemmy.Person("alice")
	birds := lemmy.Group("birds", alice)
	bob := mastodon.Person("bob")

	bob.Follow(ctx, birds.ID)
	mastodon.Wait(t, "the Accept", func() bool { return bob.Follows(birds.ID) })

	post := alice.Post(ctx, birds.ID, "What sings at four?", "<p>It is loud.</p>")
	mastodon.Wait(t, "the post as a boost", func() bool { return mastodon.Boosted(post.Object) })
	seen, _ := mastodon.Post(post.Object)
	if want := `<h2>What sings at four?</h2>`; len(seen.HTML) < len(want) || seen.HTML[:len(want)] != want {
		t.Errorf("a Page at Mastodon begins %q, want %q", seen.HTML, want)
	}

	reply := bob.Reply(ctx, post.Object, "<p>A robin.</p>")
	lemmy.Wait(t, "the reply", func() bool { return len(lemmy.Comments(post.Object)) == 1 })
	if got := lemmy.Comments(post.Object)[0]; got.ID != reply.Object || got.Author != bob.ID || got.Group != birds.ID {
		t.Errorf("the comment is %+v", got)
	}
	bob.Like(ctx, post.Object)
	lemmy.Wait(t, "the like", func() bool { up, _ := lemmy.Votes(post.Object); return up == 1 })

	alice.Delete(ctx, post.Object)
	lemmy.Wait(t, "the deletion", func() bool { return len(lemmy.Posts(birds.ID)) == 0 })
}
