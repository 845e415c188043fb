package app

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/store"
)

func (h *house) row(v circles.Viewer, id circles.PostID) PostCard {
	h.Helper()
	page, err := h.Feed(h.ctx(), v, FeedQuery{Sort: ranking.ByNew})
	h.must(err)
	i := slices.IndexFunc(page.Posts, func(c PostCard) bool { return c.Post.ID == id })
	if i < 0 {
		h.Fatalf("post %d is not in the feed", id)
	}
	return page.Posts[i]
}

func (h *house) look(v circles.Viewer, id circles.PostID) *Thread {
	h.Helper()
	t, err := h.Thread(h.ctx(), v, id, ThreadQuery{})
	h.must(err)
	h.must(h.MarkRead(h.ctx(), v, t))
	return t
}

func (h *house) titles(v circles.Viewer, q FeedQuery) (all []string) {
	h.Helper()
	q.Sort = ranking.ByNew
	page, err := h.Feed(h.ctx(), v, q)
	h.must(err)
	for _, c := range page.Posts {
		all = append(all, c.Post.Title)
	}
	return all
}

func TestWhatIsNewSinceTheLastVisit(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	garden := h.open(ann, "garden", circles.Public)
	p := h.write(ann, garden, "Leek")
	h.write(ann, garden, "Pear")
	if row := h.row(bob, p.ID); row.SeenAt != 0 || row.Unread != 0 {
		t.Errorf("never seen: %+v", row)
	}
	h.answer(ann, p.ID, "first")
	h.look(bob, p.ID)
	if row := h.row(bob, p.ID); row.SeenAt == 0 || row.Unread != 0 {
		t.Errorf("seen at %d, %d unread", row.SeenAt, row.Unread)
	}
	if got := h.titles(bob, FeedQuery{Unread: true}); !slices.Equal(got, []string{"Pear"}) {
		t.Errorf("unread: %q", got)
	}
	late := h.answer(ann, p.ID, "second")
	own := h.answer(bob, p.ID, "my own")
	if row := h.row(bob, p.ID); row.Unread != 1 {
		t.Errorf("%d unread, want 1: one's own is none", row.Unread)
	}
	if row := h.row(ann, p.ID); row.Unread != 1 {
		t.Errorf("%d unread for the author, want 1: the answer of another", row.Unread)
	}
	if got := h.titles(bob, FeedQuery{Unread: true}); !slices.Equal(got, []string{"Pear", "Leek"}) {
		t.Errorf("unread after an answer: %q", got)
	}
	thread := h.look(bob, p.ID)
	for _, n := range thread.Comments {
		if want := n.Post.ID == late.ID; n.New != want {
			t.Errorf("comment %d is new: %v, want %v (own %d)", n.Post.ID, n.New, want, own.ID)
		}
	}
	// A page that was read before a comment came does not hide it.
	before, err := h.Thread(h.ctx(), bob, p.ID, ThreadQuery{})
	h.must(err)
	h.answer(ann, p.ID, "third")
	h.must(h.MarkRead(h.ctx(), bob, before))
	if row := h.row(bob, p.ID); row.Unread != 1 {
		t.Errorf("%d unread after a look at an older page, want 1", row.Unread)
	}
	seq := h.row(bob, p.ID).SeenAt
	h.look(bob, p.ID)
	h.must(h.MarkRead(h.ctx(), bob, before))
	if got := h.row(bob, p.ID); got.SeenAt <= seq || got.Unread != 0 {
		t.Errorf("an older look came later: seen at %d, %d unread", got.SeenAt, got.Unread)
	}
	h.pass(400 * 24 * time.Hour)
	h.must(h.SweepReading(h.ctx()))
	if row := h.row(bob, p.ID); row.SeenAt != 0 {
		t.Errorf("remembered after a year: %d", row.SeenAt)
	}
}

func TestSavedPosts(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	garden, den := h.open(ann, "garden", circles.Public), h.open(ann, "den", circles.MembersOnly)
	p := h.write(ann, garden, "Leek")
	c := h.answer(bob, p.ID, "Yes")
	closed := h.write(ann, den, "Secret")
	wantKind(t, "saving what one may not see", h.Save(h.ctx(), bob, closed.ID), circles.NotFound)
	wantKind(t, "a visitor", h.Save(h.ctx(), circles.Viewer{}, p.ID), circles.Denied)
	for _, id := range []circles.PostID{p.ID, c.ID, p.ID} {
		h.must(h.Save(h.ctx(), bob, id))
	}
	page, err := h.Saved(h.ctx(), bob, "", 1)
	h.must(err)
	if len(page.Items) != 1 || page.Items[0].Comment == nil || page.Items[0].Comment.Comment.ID != c.ID || !page.Items[0].Comment.Saved {
		t.Fatalf("first page %+v", page.Items)
	}
	if page, err = h.Saved(h.ctx(), bob, page.Next, 1); err != nil || len(page.Items) != 1 || page.Items[0].Post.Post.ID != p.ID || page.Next != "" {
		t.Fatalf("second page %+v, %v", page, err)
	}
	if thread := h.look(bob, p.ID); !thread.Saved || !thread.Comments[0].Saved || !h.row(bob, p.ID).Saved {
		t.Error("pages do not say what is saved")
	}
	h.must(h.Unsave(h.ctx(), bob, c.ID))
	h.must(h.Remove(h.ctx(), ann, p.ID, "why"))
	if page, err = h.Saved(h.ctx(), bob, "", 0); err != nil || len(page.Items) != 0 {
		t.Errorf("left: %+v, %v", page.Items, err)
	}
}

func TestWhatSomebodyDoesNotWantToMeet(t *testing.T) {
	h := newHouse(t)
	ann, bob, cid := h.person("ann"), h.person("bob"), h.person("cid")
	zoe := h.stranger("zoe", "far.example")
	garden, pond := h.open(ann, "garden", circles.Public), h.open(ann, "pond", circles.Public)
	p := h.write(ann, garden, "by ann")
	h.write(cid, garden, "by cid")
	h.write(ann, pond, "in pond")
	h.arrive(Said{By: zoe}, RemotePost{URI: "https://far.example/1", Circle: garden, Title: "by zoe"})
	_, err := h.Post(h.ctx(), ann, NewPost{Circle: garden, Title: "tagged", Body: "about #园艺 today"})
	h.must(err)
	h.answer(cid, p.ID, "by cid")
	h.arrive(Said{By: zoe}, RemotePost{URI: "https://far.example/2", Parent: p.ID, HTML: "by zoe"})
	all := []string{"tagged", "by zoe", "in pond", "by cid", "by ann"}
	if got := h.titles(bob, FeedQuery{}); !slices.Equal(got, all) {
		t.Fatalf("everything: %q", got)
	}
	host := func(on bool) error { return h.SetHostBlock(h.ctx(), bob, "FAR.example", on) }
	tag := func(on bool) error {
		wish := NoTagWish
		if on {
			wish = BlockTag
		}
		return h.SetTagWish(h.ctx(), bob, "#园艺", wish)
	}
	for _, tt := range []struct {
		name     string
		set      func(on bool) error
		hidden   string
		comments int // of two, that a thread still shows
	}{
		{"mute a person", func(on bool) error { return h.SetMute(h.ctx(), bob, cid.Person.Actor(), on) }, "by cid", 1},
		{"block a person", func(on bool) error { return h.SetBlock(h.ctx(), bob, cid.Person.Actor(), on) }, "by cid", 1},
		{"mute a circle", func(on bool) error { return h.SetMute(h.ctx(), bob, pond.Actor(), on) }, "in pond", 2},
		{"block a circle", func(on bool) error { return h.SetBlock(h.ctx(), bob, pond.Actor(), on) }, "in pond", 2},
		{"block a server", host, "by zoe", 1},
		{"block a tag", tag, "tagged", 2},
	} {
		h.must(tt.set(true))
		want := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == tt.hidden })
		if got := h.titles(bob, FeedQuery{}); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
		if got := h.titles(cid, FeedQuery{}); !slices.Equal(got, all) {
			t.Errorf("%s: another sees %q", tt.name, got)
		}
		if shown := len(h.look(bob, p.ID).Comments); shown != tt.comments {
			t.Errorf("%s: %d comments, want %d", tt.name, shown, tt.comments)
		}
		h.must(tt.set(false))
	}
	if got := h.titles(bob, FeedQuery{}); !slices.Equal(got, all) {
		t.Errorf("lifted: %q", got)
	}
	wantKind(t, "blocking oneself", h.SetBlock(h.ctx(), bob, bob.Person.Actor(), true), circles.Invalid)
	wantKind(t, "blocking this instance", h.SetHostBlock(h.ctx(), bob, home, true), circles.Invalid)
	wantKind(t, "no host", h.SetHostBlock(h.ctx(), bob, "not a host", true), circles.Invalid)

	h.must(h.SetMute(h.ctx(), bob, cid.Person.Actor(), true))
	h.must(h.SetBlock(h.ctx(), bob, pond.Actor(), true))
	h.must(host(true))
	b, err := h.Blocks(h.ctx(), bob)
	h.must(err)
	if len(b.Blocked) != 1 || b.Blocked[0].Name != "pond" || len(b.Muted) != 1 || b.Muted[0].Name != "cid" || !slices.Equal(b.Hosts, []string{"far.example"}) {
		t.Errorf("blocks: %+v", b)
	}
}

// TestABlockPartsTwo: neither follows the other any more, and the other's server is told only that its
// person does not follow here.
func TestABlockPartsTwo(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	zoe := h.stranger("zoe", "far.example")
	for _, pair := range [][2]circles.Viewer{{ann, bob}, {bob, ann}} {
		_, err := h.Follow(h.ctx(), pair[0], pair[1].Person.Actor())
		h.must(err)
	}
	h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceiveFollow(tx, Said{By: zoe}, ann.Person.Actor(), "https://far.example/f", "https://far.example/inbox")
	})
	seq := h.mark()
	h.must(h.SetBlock(h.ctx(), ann, bob.Person.Actor(), true))
	h.must(h.SetBlock(h.ctx(), ann, zoe.Actor(), true))
	h.wantSaid(seq, map[circles.ActorID]string{ann.Person.Actor(): "ann"}, "follow.refused in nobody by ann to https://far.example/inbox")
	h.update(func(tx *store.Tx) error {
		for _, pair := range [][2]circles.ActorID{{ann.Person.Actor(), bob.Person.Actor()}, {bob.Person.Actor(), ann.Person.Actor()}, {zoe.Actor(), ann.Person.Actor()}} {
			if f, err := tx.Following(pair[0], pair[1]); f != nil || err != nil {
				return fmt.Errorf("%d still follows %d, %v", pair[0], pair[1], err)
			}
		}
		return nil
	})
	c := h.open(bob, "garden", circles.Public)
	mine := h.write(ann, c, "mine")
	_, err := h.Comment(h.ctx(), bob, NewComment{Parent: mine.ID, Body: "hello"})
	wantKind(t, "a comment to who blocked them", err, circles.Forbidden)
	h.must(h.SetBlock(h.ctx(), ann, bob.Person.Actor(), false))
	h.must(h.SetBlock(h.ctx(), ann, zoe.Actor(), false))
	h.must(h.SetHostBlock(h.ctx(), ann, "far.example", true))
	out := h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceivePost(tx, Said{By: zoe}, RemotePost{URI: "https://far.example/9", Parent: mine.ID, HTML: "x"})
	})
	if out.Result != Refused {
		t.Errorf("a comment from a blocked server: %+v", out)
	}
}

func TestTagsOfPosts(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	garden, den := h.open(ann, "garden", circles.Public), h.open(ann, "den", circles.MembersOnly)
	write := func(c circles.CircleID, title, body string) *circles.Post {
		p, err := h.Post(h.ctx(), ann, NewPost{Circle: c, Title: title, Body: body})
		h.must(err)
		return p
	}
	p := write(garden, "one", "今天#园艺 and #Jardín, again #JARDÍN")
	write(den, "closed", "#园艺")
	if thread := h.look(bob, p.ID); !slices.Equal(thread.Tags, []string{"jardín", "园艺"}) {
		t.Errorf("tags %q", thread.Tags)
	}
	for _, tt := range []struct {
		who  circles.Viewer
		tag  string
		want []string
	}{
		{bob, "#园艺", []string{"one"}}, {circles.Viewer{}, "JARDÍN", []string{"one"}}, {ann, "园艺", []string{"closed", "one"}}, {bob, "nothing", nil},
	} {
		if got := h.titles(tt.who, FeedQuery{Scope: Tagged, Tag: tt.tag}); !slices.Equal(got, tt.want) {
			t.Errorf("%s to %d: %q, want %q", tt.tag, tt.who.Person, got, tt.want)
		}
	}
	_, err := h.Feed(h.ctx(), bob, FeedQuery{Scope: Tagged, Tag: "no tag"})
	wantKind(t, "no tag", err, circles.NotFound)
	wantKind(t, "wish without a tag", h.SetTagWish(h.ctx(), bob, "1 2", FollowTag), circles.Invalid)
	h.must(h.SetTagWish(h.ctx(), bob, "#Jardín", FollowTag))
	if got := h.titles(bob, FeedQuery{Scope: Subscribed}); !slices.Equal(got, []string{"one"}) {
		t.Errorf("subscribed with a followed tag: %q", got)
	}
	_, err = h.Edit(h.ctx(), ann, p.ID, Edit{Title: "one", Body: "no tags"})
	h.must(err)
	if got := h.titles(bob, FeedQuery{Scope: Subscribed}); got != nil {
		t.Errorf("after the tag was taken out: %q", got)
	}
	followed, blocked, err := h.TagWishes(h.ctx(), bob)
	if err != nil || !slices.Equal(followed, []string{"jardín"}) || blocked != nil {
		t.Errorf("wishes %q, %q, %v", followed, blocked, err)
	}
}
