package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testpeer"
)

// A member asks in a circle of ours, and somebody elsewhere answers as their server does; then they ask
// there, and a member answers.
func TestPollsBetweenServers(t *testing.T) {
	for _, persona := range []testpeer.Persona{testpeer.Mastodon, testpeer.Misskey, testpeer.GoToSocial, testpeer.PieFed, testpeer.Lemmy} {
		t.Run(string(persona), func(t *testing.T) {
			t.Parallel()
			askAndAnswer(newTown(t).visit(persona))
		})
	}
}

func askAndAnswer(v *visit) {
	ctx := v.t.Context()
	garden := v.circle("gardening")
	group := v.follows("gardening")
	asked, err := v.h.app.Post(ctx, v.lin, app.NewPost{Circle: garden.CircleID(), Title: "Leeks or beans?", Language: "en",
		Poll: &app.NewPoll{Options: []string{"Leeks", "Beans"}, For: time.Hour}})
	v.must(err)
	at := v.h.site.Address(asked.URI)
	seen := v.shown("the poll", at, nil)
	if v.peer.Persona == testpeer.Lemmy {
		if seen.Type != "Page" || !strings.Contains(seen.HTML, "Beans") {
			v.t.Errorf("Lemmy shows a %s: %s", seen.Type, seen.HTML)
		}
		return
	}
	if seen.Type != "Question" {
		v.t.Errorf("the poll is a %s there", seen.Type)
	}
	v.bob.ChooseOption(ctx, at, "Beans")
	v.bob.ChooseOption(ctx, at, "Beans")
	v.pollStands("bob's vote", asked.ID, 0, 1)
	if p := v.at(at); p.Comments != 0 {
		v.t.Errorf("a vote became one of %d comments", p.Comments)
	}

	// Another question forgets the vote, and bob may vote in it.
	_, err = v.h.app.Edit(ctx, v.lin, asked.ID, app.Edit{Title: "Leeks or rye?", Language: "en", Poll: &app.NewPoll{Options: []string{"Leeks", "Rye"}}})
	v.must(err)
	v.pollStands("the new question", asked.ID, 0, 0)
	if v.peer.Persona != testpeer.Misskey { // which takes no other words for what it has
		v.shown("the new question", at, func(p testpeer.Post) bool { return strings.Contains(p.Title+p.HTML, "rye") })
	}
	v.bob.ChooseOption(ctx, at, "Beans")
	v.bob.ChooseOption(ctx, at, "Rye")
	v.pollStands("bob's second vote", asked.ID, 0, 1)

	said := v.bob.Post(ctx, group, "Peas or rye?", "<p>Peas or rye?</p>", testpeer.Asking(time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "Peas", "Rye")).Object
	here := v.arrives("bob's poll", said, func(p *circles.Post) bool { return p.State == circles.Visible })
	v.pollStands("bob's poll", here.ID, 0, 0)
	_, err = v.h.app.VotePoll(ctx, v.lin, here.ID, []int{0})
	v.must(err)
	if v.peer.Persona == testpeer.Mastodon {
		v.forgives = append(v.forgives, testpeer.ReasonPollVote) // this time it is one
		v.sees("lin's vote", func() bool { return slices.Equal(v.peer.Answers(said), []string{"Peas"}) })
	}
}

// pollStands waits until the two options of a poll have so many votes.
func (w *town) pollStands(what string, id circles.PostID, want ...int64) {
	w.t.Helper()
	var got []int64
	ok := within(patience, func() bool {
		got = nil
		w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) error {
			p, err := tx.Poll(id)
			if p != nil {
				for _, o := range p.Options {
					got = append(got, o.Votes)
				}
			}
			return err
		}))
		return slices.Equal(got, want)
	})
	if !ok {
		w.t.Fatalf("%s: the poll stands at %v, want %v", what, got, want)
	}
}
