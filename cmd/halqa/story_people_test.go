package main

import (
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/testpeer"
)

// A member of ours follows a person of a microblog, sees what they wrote and write for everyone, likes it
// and answers; what is for followers alone is kept nowhere.
func TestPersonElsewhereIsFollowed(t *testing.T) {
	for _, persona := range []testpeer.Persona{testpeer.Mastodon, testpeer.GoToSocial, testpeer.Misskey, testpeer.Snac} {
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			v := newTown(t).visit(persona)
			ctx := t.Context()
			before := v.bob.Toot(ctx, "Before anybody looked").Object
			ignored := v.peer.Person("carol").Toot(ctx, "To nobody here").Object
			followed, err := v.h.inbox.Lookup(ctx, circles.KindPerson, "bob", v.peer.Host())
			v.must(err)
			_, err = v.h.app.Follow(ctx, v.lin, followed.ID)
			v.must(err)
			loose := func(p *circles.Post) bool {
				return p.State == circles.Visible && p.Circle == 0 && p.Author.Actor() == followed.ID
			}
			v.arrives("what bob wrote before", before, loose)

			said := v.bob.Toot(ctx, "The first frost").Object
			here := v.arrives("what bob writes", said, func(p *circles.Post) bool { return loose(p) && p.Listed })
			followers := v.bob.ID + "/followers"
			quiet := v.bob.Say(ctx, "By the way", testpeer.Set("to", []any{followers}),
				testpeer.Set("cc", []any{"https://www.w3.org/ns/activitystreams#Public"})).Object
			v.arrives("what bob keeps out of lists", quiet, func(p *circles.Post) bool { return loose(p) && !p.Listed })
			private := v.bob.Say(ctx, "For friends", testpeer.Set("to", []any{followers}), testpeer.Set("cc", []any{})).Object
			last := v.bob.Toot(ctx, "The last").Object
			v.arrives("the last", last, loose)
			for _, at := range []string{ignored, private} {
				if v.at(at) != nil {
					t.Errorf("%s is kept here", at)
				}
			}
			feed, err := v.h.app.Feed(ctx, v.lin, app.FeedQuery{Scope: app.Subscribed})
			v.must(err)
			if len(feed.Posts) != 4 {
				t.Errorf("lin's feed has %d posts, want 4", len(feed.Posts))
			}

			v.vote(v.lin, here.ID, 1)
			v.sees("lin's like", func() bool { up, _ := v.peer.Votes(said); return up == 1 })
			answer := v.comment(v.lin, here.ID, "Cover the *leeks*!")
			v.sees("lin's answer", func() bool {
				p, ok := v.peer.Post(answer.at)
				return ok && p.ReplyTo == said && strings.Contains(p.HTML, "leeks")
			})
			reply := v.bob.Reply(ctx, answer.at, "<p>Done.</p>").Object
			v.arrives("bob's answer", reply, func(p *circles.Post) bool { return p.Parent == answer.ID })
			var told *app.NotificationPage
			if !within(patience, func() bool {
				told, err = v.h.app.Notifications(ctx, v.lin, "", 0)
				v.must(err)
				return len(told.Groups) == 1
			}) {
				t.Errorf("lin was told of %d threads, want of bob's answer", len(told.Groups))
			}

			v.bob.Update(ctx, said, "<p>The first frost, at last.</p>")
			v.arrives("bob's edit", said, func(p *circles.Post) bool { return strings.Contains(p.BodyHTML, "at last") })
			v.bob.Delete(ctx, said)
			v.arrives("bob's deletion", said, func(p *circles.Post) bool { return p.State == circles.Deleted })
			v.content("the end")
		})
	}
}
