package app

import (
	"fmt"
	"slices"
	"testing"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/store"
)

// TestLoosePosts: what people elsewhere write in no circle is in the feed of who follows them, on their
// page, and nowhere else; what they keep out of lists only who follows them may read.
func TestLoosePosts(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	zoe, yan := h.stranger("zoe", "far.example"), h.stranger("yan", "far.example")
	for _, p := range []circles.PersonID{zoe, yan} {
		h.update(func(tx *store.Tx) error {
			return tx.AddFollow(&circles.Follow{ID: tx.NewID(), Follower: ann.Person.Actor(), Followee: p.Actor(), State: circles.FollowActive, At: tx.Now()})
		})
	}
	garden := h.open(ann, "garden", circles.Public)
	var in []string
	write := func(by circles.PersonID, title string, unlisted bool, parent circles.PostID) circles.PostID {
		out := h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceivePost(tx, Said{By: by}, RemotePost{URI: "https://far.example/" + title, Title: title, HTML: "<p>" + title + "</p>", Unlisted: unlisted, Parent: parent})
		})
		if out.Result != Applied {
			t.Fatalf("%s: %+v", title, out)
		}
		return out.Post
	}
	open, quiet := write(zoe, "open", false, 0), write(zoe, "quiet", true, 0)
	if _, err := h.Crosspost(h.ctx(), ann, open); err != nil {
		t.Errorf("a follower takes an open post further: %v", err)
	}
	_, err := h.Crosspost(h.ctx(), ann, quiet)
	wantKind(t, "a follower takes a quiet post further", err, circles.Forbidden)
	_, err = h.Crosspost(h.ctx(), bob, quiet)
	wantKind(t, "somebody else takes it further", err, circles.NotFound)
	for i := range 30 {
		title := fmt.Sprintf("more %02d", i)
		if i%2 == 0 {
			h.write(ann, garden, title)
		} else {
			write(yan, fmt.Sprintf("more-%02d", i), false, 0)
			title = fmt.Sprintf("more-%02d", i)
		}
		in = append(in, title)
	}
	slices.Reverse(in)
	in = append(in, "quiet", "open")

	for _, order := range ranking.FeedOrders() {
		var got []string
		q := FeedQuery{Scope: Subscribed, Sort: order, Window: "all", Limit: 7}
		for {
			page, err := h.Feed(h.ctx(), ann, q)
			h.must(err)
			for _, c := range page.Posts {
				if c.Circle == nil || c.Author == nil {
					t.Fatalf("%s: %q has circle %v", order, c.Post.Title, c.Circle)
				}
				got = append(got, c.Post.Title)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		want := slices.Clone(in)
		if order == ranking.ByControversial {
			want = nil
		}
		if order != ranking.ByNew {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("subscribed by %s: %q, want %q", order, got, want)
		}
	}
	for _, v := range []circles.Viewer{ann, bob, {}} {
		for _, scope := range []Scope{All, Local} {
			page, err := h.Feed(h.ctx(), v, FeedQuery{Scope: scope, Limit: 100})
			h.must(err)
			for _, c := range page.Posts {
				if c.Post.Circle == 0 {
					t.Errorf("%s shows %q", scope, c.Post.Title)
				}
			}
		}
	}

	answer := write(yan, "an answer", false, quiet)
	for _, tt := range []struct {
		who     string
		v       circles.Viewer
		follows bool
	}{{"a follower", ann, true}, {"another member", bob, false}, {"a visitor", circles.Viewer{}, false}} {
		page, err := h.Person(h.ctx(), tt.v, "zoe", "far.example", PersonQuery{})
		h.must(err)
		var got []string
		for _, c := range page.Posts {
			got = append(got, c.Post.Title)
		}
		want := []string{"open"}
		if tt.follows {
			want = []string{"quiet", "open"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s finds %q on the page, want %q", tt.who, got, want)
		}
		for id, listed := range map[circles.PostID]bool{open: true, quiet: false} {
			th, err := h.Thread(h.ctx(), tt.v, id, ThreadQuery{})
			if may := circles.MaySeeLoose(tt.v, listed, tt.follows); may != (err == nil) {
				t.Errorf("%s reads %s: %v, want %v", tt.who, id, err, may)
			} else if may && (th.Circle.Name != "zoe" || th.Circle.Kind != circles.KindPerson) {
				t.Errorf("%s: the thread is in %s %q", tt.who, th.Circle.Kind, th.Circle.Name)
			}
		}
		_, err = h.Root(h.ctx(), tt.v, answer)
		if (err == nil) != tt.follows {
			t.Errorf("%s finds the answer to the quiet one: %v", tt.who, err)
		}
	}

	// Answers and likes go to the author, and to no circle.
	_, err = h.Comment(h.ctx(), bob, NewComment{Parent: quiet, Body: "hello"})
	wantKind(t, "a comment on what one may not read", err, circles.NotFound)
	_, err = h.Vote(h.ctx(), bob, quiet, 1)
	wantKind(t, "a like of what one may not read", err, circles.NotFound)
	seq := h.mark()
	c := h.answer(ann, quiet, "hello")
	_, err = h.Vote(h.ctx(), ann, quiet, 1)
	h.must(err)
	for _, e := range h.since(seq) {
		if !slices.Equal(e.To, []string{"https://far.example/inbox"}) || e.Signer != ann.Person.Actor() {
			t.Errorf("%s goes to %q, signed by %d", e.Kind, e.To, e.Signer)
		}
	}
	if p := h.post(c.ID); p.Listed || p.Circle != 0 || h.post(quiet).Comments != 2 {
		t.Errorf("the comment is %+v", p)
	}
	page, err := h.Person(h.ctx(), bob, "ann", "", PersonQuery{Tab: PersonComments})
	h.must(err)
	if len(page.Sayings) != 0 {
		t.Errorf("bob finds %d answers to what he may not read", len(page.Sayings))
	}
	page, err = h.Person(h.ctx(), ann, "ann", "", PersonQuery{Tab: PersonComments})
	h.must(err)
	if len(page.Sayings) != 1 || page.Sayings[0].Circle.Name != "zoe" {
		t.Errorf("ann finds %+v", page.Sayings)
	}
	h.must(h.Save(h.ctx(), ann, open))
	saved, err := h.Saved(h.ctx(), ann, "", 0)
	h.must(err)
	if len(saved.Items) != 1 {
		t.Errorf("%d saved, want what was saved", len(saved.Items))
	}
}

// A picture is for who may read what it is in, and kept by caches only where that is everyone.
func TestLoosePictures(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	zoe := h.stranger("zoe", "far.example")
	h.update(func(tx *store.Tx) error {
		return tx.AddFollow(&circles.Follow{ID: tx.NewID(), Follower: ann.Person.Actor(), Followee: zoe.Actor(), State: circles.FollowActive, At: tx.Now()})
	})
	for _, quiet := range []bool{false, true} {
		out := h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceivePost(tx, Said{By: zoe}, RemotePost{URI: fmt.Sprintf("https://far.example/%t", quiet), Title: "x", HTML: "<p>x</p>", Unlisted: quiet,
				Photos: []RemotePhoto{{URL: "https://far.example/pea.png", Mime: "image/png"}}})
		})
		var photos []circles.Photo
		h.update(func(tx *store.Tx) (err error) { photos, err = tx.PhotosOf(out.Post); return err })
		if len(photos) != 1 {
			t.Fatalf("quiet %t: %d photos", quiet, len(photos))
		}
		for _, who := range []struct {
			name string
			circles.Viewer
			sees bool
		}{{"ann", ann, true}, {"bob", bob, !quiet}, {"a visitor", circles.Viewer{}, !quiet}} {
			page, err := h.Photo(h.ctx(), who.Viewer, photos[0].ID)
			if got := err == nil; got != who.sees || got && page.Public == quiet {
				t.Errorf("quiet %t: %s sees it: %t (%v), want %t", quiet, who.name, got, err, who.sees)
			}
		}
	}
}
