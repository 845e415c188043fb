package consumers

import (
	"slices"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
)

func (h *house) finds(v circles.Viewer, text string, kind app.SearchType) (titles []string) {
	h.Helper()
	page, err := h.Search(h.ctx(), v, app.SearchQuery{Text: text, Type: kind})
	h.must(err)
	for _, i := range page.Items {
		if i.Post != nil {
			titles = append(titles, i.Post.Post.Title)
		} else {
			titles = append(titles, i.Comment.Comment.BodyHTML)
		}
	}
	for _, c := range page.Circles {
		titles = append(titles, c.Circle.Name)
	}
	for _, p := range page.People {
		titles = append(titles, p.Name)
	}
	return titles
}

func (h *house) wantFound(what string, v circles.Viewer, text string, kind app.SearchType, want ...string) {
	h.Helper()
	if got := h.finds(v, text, kind); !slices.Equal(got, want) {
		h.Errorf("%s: %q finds %q, want %q", what, text, got, want)
	}
}

func TestIndexFollowsTheLog(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember)
	visitor := circles.Viewer{}
	garden, den := h.open(ann, "garden", circles.Public), h.open(ann, "den", circles.MembersOnly)
	p := h.write(ann, garden, "园艺社的番茄", "今天**种**了番茄。")
	h.answer(bob, p.ID, "番茄很好")
	secret := h.write(ann, den, "secret tomato", "")
	h.catchUp()
	h.wantFound("by pair", visitor, "番茄", app.SearchPosts, "园艺社的番茄")
	h.wantFound("by two words", visitor, "园艺 种", app.SearchPosts, "园艺社的番茄")
	h.wantFound("comments", visitor, "番茄", app.SearchComments, "<p>番茄很好</p>")
	h.wantFound("a closed circle", bob, "tomato", app.SearchPosts)
	h.wantFound("to its member", ann, "tomato", app.SearchPosts, "secret tomato")
	h.wantFound("circles", visitor, "gard*", app.SearchCircles, "garden")
	h.wantFound("a closed circle's name", visitor, "den", app.SearchCircles)
	h.wantFound("people", visitor, "@ann", app.SearchPeople, "ann")
	if _, err := h.Search(h.ctx(), bob, app.SearchQuery{Text: "tomato", Circle: secret.Circle}); !circles.Is(err, circles.NotFound) {
		t.Errorf("search in a closed circle: %v", err)
	}

	_, err := h.Edit(h.ctx(), ann, p.ID, app.Edit{Title: "Gurken"})
	h.must(err)
	h.catchUp()
	h.wantFound("the old text", visitor, "番茄", app.SearchPosts)
	h.wantFound("the new text", visitor, "gurken", app.SearchPosts, "Gurken")
	h.must(h.Delete(h.ctx(), ann, p.ID))
	h.wantFound("deleted, before the index knows", visitor, "gurken", app.SearchPosts)
	h.catchUp()
	h.must(h.Restore(h.ctx(), ann, p.ID))
	h.wantFound("restored, before the index knows", visitor, "gurken", app.SearchPosts)
	h.catchUp()
	h.wantFound("restored", visitor, "gurken", app.SearchPosts, "Gurken")
	h.must(h.Remove(h.ctx(), ann, p.ID, "why"))
	h.catchUp()
	h.wantFound("removed", ann, "gurken", app.SearchPosts)

	zoe := circles.PersonID(h.far(circles.KindPerson, "zoe"))
	h.update(func(tx *store.Tx) error {
		_, err := h.ReceivePost(tx, app.Said{By: zoe}, app.RemotePost{URI: "https://far.example/1", Circle: garden, Title: "quince",
			Tags: []string{"#Quince", "garden", "not a tag", "#123"}})
		return err
	})
	h.catchUp()
	h.wantFound("from elsewhere", visitor, "quince", app.SearchPosts, "quince")
	feed, err := h.Feed(h.ctx(), visitor, app.FeedQuery{Scope: app.Tagged, Tag: "QUINCE"})
	h.must(err)
	if len(feed.Posts) != 1 {
		t.Errorf("tag from elsewhere: %d posts", len(feed.Posts))
	}
	if feed, err = h.Feed(h.ctx(), visitor, app.FeedQuery{Scope: app.Tagged, Tag: "garden"}); err != nil || len(feed.Posts) != 0 {
		t.Errorf("the circle's own tag: %d posts, %v", len(feed.Posts), err)
	}
	popular, err := h.PopularTags(h.ctx(), visitor, 10)
	h.must(err)
	if len(popular) != 1 || popular[0].Tag != "quince" || popular[0].People != 1 {
		t.Errorf("popular: %+v", popular)
	}
	h.update(func(tx *store.Tx) error {
		_, err := h.ReceiveActorDelete(tx, zoe.Actor())
		return err
	})
	h.catchUp()
	h.wantFound("by somebody deleted", visitor, "quince", app.SearchPosts)
	h.wantFound("somebody deleted", visitor, "zoe", app.SearchPeople)
}

// TestIndexIsFilledFromTheTables: a new index, and one that missed part of the log, is filled; one that
// was interrupted goes on.
func TestIndexIsFilledFromTheTables(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	h.write(ann, garden, "first", "")
	empty := func() {
		h.update(func(tx *store.Tx) error { return tx.ClearIndex() })
		h.wantFound("emptied", ann, "first", app.SearchPosts)
	}
	h.wantFound("before", ann, "first", app.SearchPosts)
	pos, err := h.search.Start(h.ctx())
	h.must(err)
	h.wantFound("filled", ann, "first", app.SearchPosts, "first")
	if again, err := h.search.Start(h.ctx()); err != nil || again != pos {
		t.Errorf("started again at %d, %v; want %d", again, err, pos)
	}

	empty()
	if _, err := h.search.Start(h.ctx()); err != nil {
		t.Fatal(err)
	}
	h.wantFound("started again, and not filled again", ann, "first", app.SearchPosts)
	h.write(ann, garden, "second", "")
	h.write(ann, garden, "third", "")
	h.update(func(tx *store.Tx) error { _, err := tx.TrimEvents(h.now.Add(time.Hour).UnixMicro(), 1000); return err })
	if _, err := h.search.Start(h.ctx()); err != nil {
		t.Fatal(err)
	}
	h.wantFound("the log was cut", ann, "first", app.SearchPosts, "first")

	empty()
	h.update(func(tx *store.Tx) error {
		if err := tx.DropCursors(h.search.Name()); err != nil {
			return err
		}
		_, last, err := tx.LogEnds()
		if err != nil {
			return err
		}
		return tx.SaveCursors([]store.Cursor{{Consumer: h.search.Name(), Lane: laneFrom, Acked: last}, {Consumer: h.search.Name(), Lane: lanePosts, Acked: 1 << 52}})
	})
	if _, err := h.search.Start(h.ctx()); err != nil {
		t.Fatal(err)
	}
	h.wantFound("a fill that was nearly done goes on", ann, "first", app.SearchPosts)
	h.wantFound("people are filled in too", ann, "ann", app.SearchPeople, "ann")
}
