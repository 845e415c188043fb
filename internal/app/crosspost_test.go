package app

import (
	"fmt"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

// also tells which posts a page names as being about the same: "garden 2" is one with two comments there.
func (h *house) also(v circles.Viewer, id circles.PostID) string {
	h.Helper()
	t, err := h.Thread(h.ctx(), v, id, ThreadQuery{})
	h.must(err)
	var all []string
	for _, x := range t.Also {
		all = append(all, fmt.Sprint(x.Circle.Name, " ", x.Comments))
	}
	return strings.Join(all, ", ")
}

// Posts about the same find each other, ours and others', as far as the viewer may know of them.
func TestCrossposts(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	garden, lounge, den := h.open(ann, "garden", circles.Public), h.open(ann, "lounge", circles.LocalOnly), h.open(ann, "den", circles.MembersOnly)
	orchard := h.farCircle("orchard", "far.example")
	zoe := h.stranger("zoe", "far.example")
	const link = "https://news.example/a?b=1"
	post := func(c circles.CircleID, in NewPost) *circles.Post {
		t.Helper()
		in.Circle, in.Title = c, "x"
		p, err := h.Post(h.ctx(), ann, in)
		h.must(err)
		return p
	}
	arrive := func(n int, in RemotePost) circles.PostID {
		t.Helper()
		in.URI, in.Circle, in.Title = fmt.Sprintf("https://far.example/post/%d", n), orchard, "y"
		out := h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceivePost(tx, Said{By: zoe, Via: orchard}, in) })
		if out.Result != Applied {
			t.Fatalf("post %d: %+v", n, out)
		}
		return out.Post
	}
	first := post(garden, NewPost{Link: link})
	post(lounge, NewPost{Link: link})
	post(den, NewPost{Link: link})
	post(garden, NewPost{Link: "https://news.example/a?b=2"})
	far := arrive(1, RemotePost{Link: link})
	h.answer(bob, far, "one")
	for _, c := range []struct {
		name string
		who  circles.Viewer
		want string
	}{{"a visitor", circles.Viewer{}, "orchard 1"}, {"a member", bob, "orchard 1, lounge 0"}, {"who is in the den", ann, "orchard 1, den 0, lounge 0"}} {
		if got := h.also(c.who, first.ID); got != c.want {
			t.Errorf("%s meets %q, want %q", c.name, got, c.want)
		}
	}
	if got, want := h.also(circles.Viewer{}, far), "garden 0"; got != want {
		t.Errorf("the other way round: %q, want %q", got, want)
	}
	h.must(h.Delete(h.ctx(), ann, first.ID))
	if got := h.also(circles.Viewer{}, far); got != "" {
		t.Errorf("a deleted post is named: %q", got)
	}

	// Without a link, what was taken over says from where: ours from theirs, theirs from ours, and siblings.
	origin := arrive(2, RemotePost{HTML: "<p>Sow in <b>March</b>.</p><p>Not before.</p>"})
	in, err := h.Crosspost(h.ctx(), bob, origin)
	h.must(err)
	if want := "cross-posted from: https://far.example/post/2\n\n> Sow in March.\n>\n> Not before.\n"; in.Body != want || in.Title != "y" {
		t.Errorf("a crosspost begins with %q titled %q, want %q", in.Body, in.Title, want)
	}
	ours := post(garden, *in)
	sibling := arrive(3, RemotePost{HTML: `<p>cross-posted from: <a href="https://far.example/post/2">https://far.example/post/2</a></p><blockquote><p>Sow</p></blockquote>`})
	theirs := arrive(4, RemotePost{Source: "cross-posted from: https://" + home + ours.URI + "\n\n> Sow", HTML: "<p>x</p>"})
	for _, c := range []struct {
		of   circles.PostID
		want string
	}{{origin, "orchard 0, garden 0"}, {ours.ID, "orchard 0, orchard 0, orchard 0"}, {sibling, "garden 0, orchard 0"}, {theirs, "garden 0"}} {
		if got := h.also(circles.Viewer{}, c.of); got != c.want {
			t.Errorf("post %s: also %q, want %q", c.of, got, c.want)
		}
	}
	for n := range 9 {
		arrive(100+n, RemotePost{Link: "https://" + home + ours.URI})
	}
	if got := strings.Count(h.also(circles.Viewer{}, ours.ID), "orchard"); got != maxCrossposts {
		t.Errorf("%d posts are named, want %d", got, maxCrossposts)
	}
	if got := strings.Count(h.also(bob, ours.ID), "orchard"); got != maxCrossposts {
		t.Errorf("%d posts are named to a member, want %d", got, maxCrossposts)
	}
	h.must(h.SetBlock(h.ctx(), bob, zoe.Actor(), true))
	if got := h.also(bob, ours.ID); got != "" {
		t.Errorf("with their author blocked: %q", got)
	}
}

// One's own words are taken as they are; what is said among few is not for others to take.
func TestCrosspostBegins(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	garden, lounge, den := h.open(ann, "garden", circles.Public), h.open(ann, "lounge", circles.LocalOnly), h.open(ann, "den", circles.MembersOnly)
	post := func(c circles.CircleID) circles.PostID {
		p, err := h.Post(h.ctx(), ann, NewPost{Circle: c, Title: "T", Body: "B", Link: "https://a.example/", Warning: "w", Language: "zh"})
		h.must(err)
		return p.ID
	}
	open := post(garden)
	got, err := h.Crosspost(h.ctx(), ann, open)
	h.must(err)
	if got.Body != "B" || got.Link != "https://a.example/" || got.Warning != "w" || got.Language != "zh" || !got.Sensitive {
		t.Errorf("one's own: %+v", got)
	}
	got, err = h.Crosspost(h.ctx(), bob, open)
	h.must(err)
	if want := "cross-posted from: https://" + home + "/post/" + open.String() + "\n\n> B\n"; got.Body != want {
		t.Errorf("another's: %q, want %q", got.Body, want)
	}
	_, err = h.Crosspost(h.ctx(), bob, post(lounge))
	wantKind(t, "from a local-only circle", err, circles.Forbidden)
	_, err = h.Crosspost(h.ctx(), bob, post(den))
	wantKind(t, "from a circle that bob is not in", err, circles.NotFound)
	_, err = h.Crosspost(h.ctx(), circles.Viewer{}, open)
	wantKind(t, "a visitor", err, circles.Denied)
	_, err = h.Crosspost(h.ctx(), bob, h.answer(ann, open, "x").ID)
	wantKind(t, "a comment", err, circles.NotFound)
	h.must(h.Delete(h.ctx(), ann, open))
	_, err = h.Crosspost(h.ctx(), bob, open)
	wantKind(t, "a deleted post", err, circles.NotFound)
}
