package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/store"
)

// TestNothingKeptOfAPostIsOld looks at a feed after everything that can happen to a post, with what was kept
// from the looks before and with nothing kept.
func TestNothingKeptOfAPostIsOld(t *testing.T) {
	h := newHouse(t)
	ada, bob, eve := h.person("ada"), h.person("bob"), h.person("eve")
	tea := h.open(ada, "tea", circles.Public)
	cup := h.write(bob, tea, "Cups")
	saucer := h.write(bob, tea, "Saucers")
	answer := h.answer(ada, cup.ID, "Yes.")

	look := func(a *App, v circles.Viewer) string {
		t.Helper()
		page, err := a.Feed(h.ctx(), v, FeedQuery{Scope: InCircle, Circle: tea, Sort: ranking.ByNew})
		h.must(err)
		slices.SortFunc(page.Posts, func(a, b PostCard) int { return int(a.Post.ID - b.Post.ID) })
		shown, err := json.Marshal(page.Posts)
		h.must(err)
		return string(shown)
	}
	viewers := map[string]circles.Viewer{"ada": ada, "bob": bob, "eve": eve, "a visitor": {}}
	last := map[string]string{}
	for name, v := range viewers {
		last[name] = look(h.App, v)
	}
	edit := func(in Edit) func() error {
		return func() error { _, err := h.Edit(h.ctx(), bob, cup.ID, in); return err }
	}
	for _, step := range []struct {
		what string
		do   func() error
		sees []string // who sees a change; nil = everyone
	}{
		{"edited", edit(Edit{Title: "Bowls", Body: "Of clay."}), nil},
		{"given a warning", edit(Edit{Title: "Bowls", Body: "Of clay.", Sensitive: true, Warning: "clay"}), nil},
		{"its text alone edited", edit(Edit{Title: "Bowls", Body: "Of glass."}), nil},
		{"voted for", func() error { _, err := h.Vote(h.ctx(), ada, cup.ID, 1); return err }, nil},
		{"a vote taken back", func() error { _, err := h.Vote(h.ctx(), ada, cup.ID, 0); return err }, nil},
		{"saved", func() error { return h.Save(h.ctx(), eve, cup.ID) }, []string{"eve"}},
		{"let go of", func() error { return h.Unsave(h.ctx(), eve, cup.ID) }, []string{"eve"}},
		{"commented on", func() error {
			_, err := h.Comment(h.ctx(), eve, NewComment{Parent: cup.ID, Body: "No."})
			return err
		}, nil},
		{"looked at", func() error {
			h.pass(1e9)
			thread, err := h.Thread(h.ctx(), ada, cup.ID, ThreadQuery{})
			if err != nil {
				return err
			}
			return h.MarkRead(h.ctx(), ada, thread)
		}, []string{"ada"}},
		{"a comment deleted", func() error { return h.Delete(h.ctx(), ada, answer.ID) }, nil},
		{"locked", func() error { return h.Lock(h.ctx(), ada, cup.ID) }, nil},
		{"unlocked", func() error { return h.Unlock(h.ctx(), ada, cup.ID) }, nil},
		{"pinned", func() error { return h.Pin(h.ctx(), ada, cup.ID) }, nil},
		{"removed", func() error { return h.Remove(h.ctx(), ada, cup.ID, "off topic") }, nil},
		{"returned", func() error { return h.Return(h.ctx(), ada, cup.ID) }, nil},
		{"deleted", func() error { return h.Delete(h.ctx(), bob, cup.ID) }, nil},
		{"restored", func() error { return h.Restore(h.ctx(), bob, cup.ID) }, nil},
		{"its author renamed", func() error { return h.EditProfile(h.ctx(), bob, Profile{DisplayName: "Robert"}) }, nil},
		{"no more in the common feeds", func() error {
			return h.store.Update(h.ctx(), func(tx *store.Tx) error { return tx.SetListed(tea, false) })
		}, nil},
		{"its author blocked", func() error { return h.SetBlock(h.ctx(), eve, bob.Person.Actor(), true) }, []string{"eve"}},
		{"its author suspended", func() error {
			return h.store.Update(h.ctx(), func(tx *store.Tx) error { return tx.SetSuspended(bob.Person.Actor(), tx.Now()) })
		}, []string{"ada", "bob", "a visitor"}},
	} {
		h.must(step.do())
		for name, v := range viewers {
			got, want := look(h.App, v), look(New(Options{Store: h.store, Now: h.clock}), v)
			if got != want {
				t.Errorf("%s, %s sees\n%s\nwhich is now\n%s", step.what, name, got, want)
			}
			if changed := want != last[name]; changed != (step.sees == nil || slices.Contains(step.sees, name)) {
				t.Errorf("%s, what %s sees: changed %v", step.what, name, changed)
			}
			last[name] = want
		}
	}
	if k, ok := h.leads.kept.GetIfPresent(saucer.ID); !ok || k.post.Title != "Saucers" {
		t.Error("what never changed is not kept, so this tests nothing")
	}
}

// TestWhatMayNotComeToBeIsNotKept reads a post in an Update that is given up.
func TestWhatMayNotComeToBeIsNotKept(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	p := h.write(ada, h.open(ada, "tea", circles.Public), "Cups")
	title := func() string {
		page, err := h.Feed(h.ctx(), ada, FeedQuery{Scope: Subscribed})
		h.must(err)
		return page.Posts[0].Post.Title
	}
	if got := title(); got != "Cups" {
		t.Fatal(got)
	}
	errGivenUp := errors.New("given up")
	err := h.store.Update(context.Background(), func(tx *store.Tx) error {
		p.Title = "Thimbles"
		if err := tx.SavePostText(p); err != nil {
			return err
		}
		rows, err := h.leads.read(tx, ada.Person, []circles.PostID{p.ID})
		if err == nil && rows[p.ID].post.Title != "Thimbles" {
			t.Errorf("inside, %q", rows[p.ID].post.Title)
		}
		return errors.Join(err, errGivenUp)
	})
	if !errors.Is(err, errGivenUp) {
		t.Fatal(err)
	}
	if _, err := h.Edit(h.ctx(), ada, p.ID, Edit{Title: "Bowls"}); err != nil {
		t.Fatal(err)
	}
	if got := title(); got != "Bowls" {
		t.Errorf("after the next edit, which has the same Rev: %q", got)
	}
}
