package testpeer

import (
	"context"
	"fmt"
	"testing"
)

// TestMutationsTurnTheirStoryRed plays every story with each persona that a mutation names, first
// as it should be and then damaged. Unheard-of stands for our instance: it sends what we send.
func TestMutationsTurnTheirStoryRed(t *testing.T) {
	byPersona := map[Persona][]Mutation{}
	for _, m := range Mutations() {
		byPersona[m.Persona] = append(byPersona[m.Persona], m)
	}
	for persona, mutations := range byPersona {
		t.Run(string(persona), func(t *testing.T) {
			home, away := New(t, Unknown), New(t, persona)
			n := 0
			play := func(story Story, settled func() bool) {
				n++
				name := fmt.Sprint("birds", n)
				playStory(t, home, away, story, name, settled)
			}
			for _, story := range []Story{StoryFollow, StoryPost, StoryComment, StoryDelete} {
				away.Mutate(nil)
				play(story, nil)
				if got := away.Complaints(); len(got) > 0 {
					t.Fatalf("%s: complaints %+v\n%s", story, got, away.Story())
				}
			}
			for _, m := range mutations {
				away.Mutate(&m)
				play(m.Story, func() bool { return away.Complained(m.Reason) })
			}
		})
	}
}

// playStory plays one story to its end, or until settled says that it went wrong as expected.
func playStory(t *testing.T, home, away *Peer, story Story, name string, settled func() bool) {
	ctx := t.Context()
	alice, birds, bob := home.Person("alice").Daring(), home.Group(name), away.Person("bob")
	reached := func(what string, cond func() bool) {
		t.Helper()
		if settled != nil {
			what, cond = "the complaint in: "+string(story), settled
		}
		away.Wait(t, what, cond)
	}
	follow := func() { bob.Follow(ctx, birds.ID) }
	admitted := func() bool { return bob.Follows(birds.ID) }
	if story == StoryFollow {
		follow()
		reached("the Accept", admitted)
		return
	}
	damage := read(away, func() *Mutation { return away.mutation })
	away.Mutate(nil) // the story up to its point goes well
	follow()
	away.Wait(t, "the Accept", admitted)
	if story == StoryPost {
		away.Mutate(damage)
	}
	post := alice.Post(ctx, birds.ID, "A title", "<p>Text.</p>").Object
	visible := func() bool { x, ok := away.Post(post); return ok && x.Gone == "" }
	if story == StoryPost {
		reached("the post", visible)
		return
	}
	away.Wait(t, "the post", visible)
	switch story {
	case StoryComment:
		comment := bob.Reply(ctx, post, "<p>An opinion.</p>").Object
		home.Wait(t, "the comment", func() bool { _, ok := home.Post(comment); return ok })
		away.Mutate(damage)
		answer := alice.Reply(ctx, comment, "<p>Another.</p>").Object
		reached("the answer", func() bool { _, ok := away.Post(answer); return ok })
	case StoryDelete:
		away.Mutate(damage)
		deleteFor(ctx, alice, bob, post)
		reached("the deletion", func() bool { x, _ := away.Post(post); return x.Gone == "deleted" })
	}
}

// deleteFor deletes a post; microblogs believe only its author, so that is told as well.
func deleteFor(ctx context.Context, author, reader *Actor, post string) {
	o := author.own(post)
	author.Delete(ctx, post)
	if reader.peer.traits.group == "" {
		author.send(ctx, author.activity("Delete", post, obj{"to": o["to"], "cc": o["cc"]}), []string{reader.ID})
	}
}
