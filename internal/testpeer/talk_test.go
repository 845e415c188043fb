package testpeer

import "testing"

func TestPollsReactionsMessagesAndMoves(t *testing.T) {
	ctx := t.Context()
	here, there := New(t, Mastodon), New(t, Misskey)
	bob, eve := here.Person("bob"), there.Person("eve")
	bob.Follow(ctx, eve.Find(ctx, eve.Handle()))
	here.Wait(t, "the Accept", func() bool { return bob.Follows(eve.ID) })

	poll := eve.Ask(ctx, "Tea?", []string{"Yes", "No"}).Object
	here.Wait(t, "the poll", func() bool { x, ok := here.Post(poll); return ok && x.Type == "Question" })
	toot := bob.Toot(ctx, "hello", eve.ID).Object
	eve.React(ctx, toot, "👍")
	if up, down := here.Votes(toot); up != 1 || down != 0 {
		t.Errorf("votes are %d, %d\n%s", up, down, here.Story())
	}
	eve.Message(ctx, bob.ID, "<p>between us</p>")
	if got := here.Notices(bob.ID); len(got) != 1 || !got[0].Private {
		t.Errorf("notices are %+v\n%s", got, here.Story())
	}
	eve.Boost(ctx, toot)
	if got := here.Boosts(); len(got) != 1 || got[0].By != eve.ID {
		t.Errorf("boosts are %+v\n%s", got, here.Story())
	}
	bob.Unfollow(ctx, eve.ID)
	if got := there.Followers(eve.ID); len(got) != 0 {
		t.Errorf("followers are %q", got)
	}
}

// A poll's answers are counted by who asked, and are no comments.
func TestChoiceIsNoComment(t *testing.T) {
	ctx := t.Context()
	here, there := New(t, Mastodon), New(t, Mastodon)
	bob, eve := here.Person("bob"), there.Person("eve")
	poll := eve.Ask(ctx, "Tea?", []string{"Yes", "No"}, bob.ID).Object
	bob.Choose(ctx, poll, "Yes")
	if got := there.Answers(poll); len(got) != 1 || got[0] != "Yes" {
		t.Errorf("answers are %q\n%s", got, there.Story())
	}
	if got := there.Comments(poll); len(got) != 0 {
		t.Errorf("comments are %+v", got)
	}
}

func TestModeration(t *testing.T) {
	ctx := t.Context()
	for _, persona := range []Persona{Lemmy, PieFed, Mbin} {
		home, away := New(t, persona), New(t, Lemmy)
		alice, mod, bob := home.Person("alice"), away.Person("mod"), away.Person("bob")
		tea := home.Group("tea", alice)
		for _, x := range []*Actor{mod, bob} {
			x.Follow(ctx, tea.ID)
			away.Wait(t, "the Accept", func() bool { return x.Follows(tea.ID) })
		}
		post := bob.Post(ctx, tea.ID, "Buy now", "<p>Cheap.</p>").Object
		if s := mod.Daring().Remove(ctx, post, "spam"); s.Answers[0].OK() && !home.Complained(ReasonNotModerator) {
			t.Errorf("%s lets anyone remove", persona)
		}
		alice.Appoint(ctx, tea.ID, mod.ID)
		removed := mod.Remove(ctx, post, "spam")
		if x, _ := home.Post(post); x.Gone != "removed" || x.Why != "spam" {
			t.Errorf("%s: after the removal %+v\n%s", persona, x, home.Story())
		}
		mod.Undo(ctx, removed)
		if x, _ := home.Post(post); x.Gone != "" {
			t.Errorf("%s: after its undoing %+v\n%s", persona, x, home.Story())
		}
		mod.Pin(ctx, post)
		if x, _ := home.Post(post); !x.Pinned {
			t.Errorf("%s: not pinned\n%s", persona, home.Story())
		}
		mod.Ban(ctx, tea.ID, bob.ID, "again")
		if s := bob.Daring().Post(ctx, tea.ID, "Again", "<p>x</p>"); !home.Complained(ReasonBanned) {
			t.Errorf("%s: a banned person posts: %+v", persona, s.Answers)
		}
		bob.Report(ctx, post, "not mine")
		if got := home.Reports(); len(got) != 1 || got[0].Object != post {
			t.Errorf("%s: reports are %+v", persona, got)
		}
	}
}

func TestBackfill(t *testing.T) {
	ctx := t.Context()
	home := New(t, Lemmy)
	alice := home.Person("alice")
	tea := home.Group("tea", alice)
	post := alice.Post(ctx, tea.ID, "Which pot?", "<p>Clay.</p>", Linking("https://news.example/pot")).Object
	alice.Pin(ctx, post)
	alice.Reply(ctx, post, "<p>Or iron.</p>")
	for _, persona := range []Persona{Lemmy, PieFed, Mbin} {
		away := New(t, persona)
		away.Person("bob").Backfill(ctx, tea.ID)
		x, ok := away.Post(post)
		if got := away.Complaints(); !ok || !x.Pinned || x.Link != "https://news.example/pot" || len(got) != 0 {
			t.Errorf("%s: the post is %+v; complaints %+v", persona, x, got)
		}
	}
}
