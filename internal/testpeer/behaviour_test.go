package testpeer

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// Everybody who can follow a community of everybody who has them sees a post of it, and the post's
// author sees their comment where they can be reached.
func TestEveryPersonaReadsEveryCommunity(t *testing.T) {
	for _, host := range Personas() {
		if !host.Threadiverse() {
			continue
		}
		t.Run(string(host), func(t *testing.T) {
			ctx := t.Context()
			home := New(t, host)
			alice := home.Person("alice")
			tea := home.Group("tea", alice)
			for _, persona := range Personas() {
				away := New(t, persona)
				bob := away.Person("bob")
				bob.Follow(ctx, tea.ID)
				away.Wait(t, "the Accept", func() bool { return bob.Follows(tea.ID) })
				post := alice.Post(ctx, tea.ID, "Which pot?", "<p>Clay.</p>").Object
				unlisted := persona == GoToSocial || persona == Snac // by PieFed's list of microblogs
				if host == Mbin && (unlisted || persona == Misskey) || host == PieFed && unlisted {
					// These communities announce activities alone to it, which it drops.
					away.Wait(t, "that it is dropped", func() bool { return away.Complained(ReasonAnnounceIgnored) })
					continue
				}
				away.Wait(t, "the post", func() bool {
					x, ok := away.Post(post)
					return ok && (persona.Threadiverse() && x.Group == tea.ID && x.Title == "Which pot?" || away.Boosted(post))
				})
				if unlisted && host == Lemmy { // its lists of one are no lists, which Lemmy refuses
					bob.Daring().Reply(ctx, post, "<p>Iron.</p>")
					if !home.Complained(ReasonToShape) {
						t.Errorf("Lemmy takes to as a string\n%s", home.Story())
					}
					continue
				}
				comment := bob.Reply(ctx, post, "<p>Iron.</p>").Object
				home.Wait(t, "the comment", func() bool { _, ok := home.Post(comment); return ok })
			}
		})
	}
}

func TestBehaviours(t *testing.T) {
	ctx := t.Context()
	here, there := New(t, Mastodon), New(t, Mastodon)
	bob, eve := here.Person("bob").Daring(), there.Person("eve")
	status := func(want int) {
		t.Helper()
		if got := bob.Follow(ctx, eve.ID).Answers[0]; got.Status != want {
			t.Errorf("status %d, %v, want %d", got.Status, got.Err, want)
		}
	}
	there.Inboxes(Refuse(503).Times(1))
	status(503)
	status(202)
	there.Inboxes(RetryAfter(429, "7"))
	status(429)
	there.Inboxes(Slow(time.Millisecond))
	status(202)
	there.Inboxes(Normal())
	there.BehaveAt("/inbox", RedirectTo(there.URL+"/elsewhere"))
	status(404)
	there.BehaveAt("/inbox", Normal())

	there.Down()
	if got := bob.Follow(ctx, eve.ID).Answers[0]; got.Err == nil {
		t.Errorf("a server that is down answers %d", got.Status)
	}
	there.Up()
	status(202)

	there.Inboxes(Hang())
	short, cancel := context.WithCancel(ctx)
	before := len(there.Asked())
	go func() {
		there.Wait(t, "the request", func() bool { return len(there.Asked()) > before })
		cancel()
	}()
	if got := bob.Follow(short, eve.ID).Answers[0]; got.Err == nil {
		t.Errorf("a hanging server answers %d", got.Status)
	}
}

func TestBadBodies(t *testing.T) {
	here, there := New(t, Mastodon), New(t, Mastodon)
	eve := there.Person("eve")
	for name, b := range map[string]Behaviour{"endless": Endless(), "cut": Cut()} {
		there.Behave(b)
		if _, _, err := here.get(t.Context(), eve.ID, activityAccept); err == nil {
			t.Errorf("an %s document was read", name)
		}
	}
}

func TestReplayIsSeen(t *testing.T) {
	ctx := t.Context()
	here, there := New(t, PieFed), New(t, Lemmy)
	bob, eve := here.Person("bob"), there.Person("eve")
	first := bob.Follow(ctx, eve.ID).Answers[0]
	if again := here.Replay(ctx, first); !again.OK() {
		t.Errorf("a replay is answered %d, %v", again.Status, again.Err)
	}
	got := there.Received()
	if len(got) != 2 || got[1].Reason != ReasonRepeated || string(got[0].Body) != string(got[1].Body) {
		t.Errorf("received\n%s", there.Story())
	}
}

func TestBothFamiliesOfSignatures(t *testing.T) {
	for _, c := range []struct {
		name    string
		to      Persona
		option  Option
		answers int // requests that the inbox saw
	}{
		{"RFC 9421 to Mastodon", Mastodon, WithRFC9421(), 1},
		{"double knock at Mastodon", Mastodon, WithDoubleKnock(), 1},
		{"double knock at Lemmy", Lemmy, WithDoubleKnock(), 2},
		{"double knock at PieFed", PieFed, WithDoubleKnock(), 2},
	} {
		here, there := New(t, Unknown, c.option), New(t, c.to)
		bob, eve := here.Person("bob"), there.Person("eve")
		bob.Follow(t.Context(), eve.ID)
		here.Wait(t, "the Accept", func() bool { return bob.Follows(eve.ID) })
		posts := 0
		for _, q := range there.Asked() {
			if q.Method == http.MethodPost {
				posts++
			}
		}
		if posts != c.answers {
			t.Errorf("%s: %d requests, want %d\n%s", c.name, posts, c.answers, there.Story())
		}
	}
}

// Two servers in secure mode learn each other's keys through stubs that anybody may see.
func TestSecureModeDoesNotDeadlock(t *testing.T) {
	here, there := New(t, GoToSocial), New(t, GoToSocial)
	bob, eve := here.Person("bob"), there.Person("eve")
	bob.Follow(t.Context(), eve.ID)
	here.Wait(t, "the Accept", func() bool { return bob.Follows(eve.ID) })
	post := eve.Toot(t.Context(), "hello", bob.ID).Object
	here.Wait(t, "the toot", func() bool { return len(here.Notices(bob.ID)) == 1 })
	eve.Update(t.Context(), post, "<p>hello again</p>")
	here.Wait(t, "the edit", func() bool { x, _ := here.Post(post); return x.Edits == 1 })
}

// Mastodon asks for a key again that no longer fits; Lemmy believes the old one.
func TestKeyRotation(t *testing.T) {
	for persona, want := range map[Persona]bool{Mastodon: true, Lemmy: false} {
		here, there := New(t, Unknown), New(t, persona)
		bob, eve := here.Person("bob").Daring(), there.Person("eve")
		bob.Follow(t.Context(), eve.ID)
		bob.RotateKey()
		if got := bob.Unfollow(t.Context(), eve.ID).Answers[0].OK(); got != want {
			t.Errorf("%s takes the new key: %v, want %v\n%s", persona, got, want, there.Story())
		}
	}
}
