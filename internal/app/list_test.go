package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/circles/ranking"
)

func (h *house) list(who circles.Viewer, title string, public bool, in ...circles.CircleID) *circles.List {
	h.Helper()
	l, err := h.CreateList(h.ctx(), who, List{Title: title, Public: public})
	h.must(err)
	for _, c := range in {
		h.must(h.SetListed(h.ctx(), who, l.Slug, c, true))
	}
	return l
}

// read tells which circles somebody meets in a list, and the titles of its feed.
func (h *house) read(v circles.Viewer, owner string, l *circles.List, q FeedQuery) string {
	h.Helper()
	page, err := h.List(h.ctx(), v, owner, l.Slug)
	if err != nil {
		wantKind(h, "list", err, circles.NotFound)
		_, err = h.Feed(h.ctx(), v, FeedQuery{Scope: InList, List: l.ID})
		wantKind(h, "feed of a list that is not to be read", err, circles.NotFound)
		return "nothing"
	}
	var names, titles []string
	for _, r := range page.Rows {
		names = append(names, r.Circle.Name)
	}
	q.Scope, q.List = InList, l.ID
	for {
		feed, err := h.Feed(h.ctx(), v, q)
		h.must(err)
		for _, p := range feed.Posts {
			titles = append(titles, p.Post.Title)
		}
		if q.Cursor = feed.Next; q.Cursor == "" {
			break
		}
	}
	return strings.Join(names, " ") + ": " + strings.Join(titles, " ")
}

// Everyone meets in a list what they may see, and a private list is its owner's alone.
func TestListsForEachViewer(t *testing.T) {
	h := newHouse(t)
	ann, bob, cid := h.person("ann"), h.person("bob"), h.person("cid")
	garden, local := h.open(ann, "garden", circles.Public), h.open(ann, "lounge", circles.LocalOnly)
	quiet, den := h.open(ann, "quiet", circles.Unlisted), h.open(ann, "den", circles.MembersOnly)
	_, err := h.Join(h.ctx(), cid, den)
	h.must(err)
	h.must(h.SetRole(h.ctx(), ann, den, cid.Person, circles.RoleMember))
	all := []circles.CircleID{garden, local, quiet, den}
	for i, c := range all {
		h.write(ann, c, fmt.Sprint("p", i))
	}
	other := h.open(ann, "other", circles.Public)
	h.write(ann, other, "not listed")

	open, shut := h.list(ann, "Everything I read", true, all...), h.list(ann, "Mine", false, all...)
	if open.Slug != "everything-i-read" {
		t.Errorf("slug %q", open.Slug)
	}
	for _, o := range []ranking.Order{ranking.ByNew, ranking.ByHot} {
		q := FeedQuery{Sort: o, Limit: 1}
		for _, c := range []struct {
			name  string
			who   circles.Viewer
			l     *circles.List
			want  string
			wants []string
		}{
			{"its owner", ann, open, "den garden lounge quiet: ", []string{"p0", "p1", "p2", "p3"}},
			{"a visitor", circles.Viewer{}, open, "garden: ", []string{"p0"}},
			{"a member", bob, open, "garden lounge: ", []string{"p0", "p1"}},
			{"who is in the den", cid, open, "den garden lounge: ", []string{"p0", "p1", "p3"}},
			{"its owner, in private", ann, shut, "den garden lounge quiet: ", []string{"p0", "p1", "p2", "p3"}},
			{"a member, in private", bob, shut, "nothing", nil},
			{"a visitor, in private", circles.Viewer{}, shut, "nothing", nil},
		} {
			got := h.read(c.who, "ann", c.l, q)
			names, titles, _ := strings.Cut(got, ": ")
			sorted := strings.Fields(titles)
			slices.Sort(sorted)
			if want := strings.TrimSuffix(c.want, ": "); names != want || !slices.Equal(sorted, c.wants) {
				t.Errorf("%s by %s reads %q, want %q with %v", c.name, o, got, want, c.wants)
			}
		}
	}
	if got := h.read(ann, "ann", open, FeedQuery{Sort: ranking.ByNew}); got != "den garden lounge quiet: p3 p2 p1 p0" {
		t.Errorf("newest first: %q", got)
	}

	// Whom somebody has blocked they do not meet here either.
	h.must(h.SetBlock(h.ctx(), bob, local.Actor(), true))
	if got := h.read(bob, "ann", open, FeedQuery{}); got != "garden lounge: p0" {
		t.Errorf("with a block: %q", got)
	}
	rows, err := h.ListsOf(h.ctx(), bob, ann.Person, 0)
	if err != nil || len(rows) != 1 || rows[0].Slug != open.Slug || rows[0].Circles != 4 {
		t.Errorf("what bob sees of ann's lists: %+v, %v", rows, err)
	}
	rows, err = h.ListsOf(h.ctx(), ann, ann.Person, den)
	if err != nil || len(rows) != 2 || !rows[0].Has || !rows[1].Has {
		t.Errorf("ann's own lists: %+v, %v", rows, err)
	}
}

func TestChangeLists(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	garden, den := h.open(ann, "garden", circles.Public), h.open(ann, "den", circles.MembersOnly)
	l := h.list(ann, "茶 & Tea", true)
	if l.Slug != "茶-tea" {
		t.Errorf("slug %q, want 茶-tea", l.Slug)
	}
	if again := h.list(ann, "茶 tea", false); again.Slug != "茶-tea-2" {
		t.Errorf("slug of a second list %q", again.Slug)
	}
	if dots := h.list(ann, "…", false); dots.Slug != "list" {
		t.Errorf("slug without letters %q", dots.Slug)
	}
	wantKind(t, "another's list", h.SetListed(h.ctx(), bob, l.Slug, garden, true), circles.NotFound)
	wantKind(t, "another's edit", h.EditList(h.ctx(), bob, l.Slug, List{Title: "x"}), circles.NotFound)
	wantKind(t, "another's deletion", h.DeleteList(h.ctx(), bob, l.Slug), circles.NotFound)
	mine := h.list(bob, "B", true)
	wantKind(t, "a circle that bob may not enter", h.SetListed(h.ctx(), bob, mine.Slug, den, true), circles.NotFound)
	_, err := h.CreateList(h.ctx(), bob, List{})
	wantKind(t, "no title", err, circles.Invalid)
	_, err = h.CreateList(h.ctx(), circles.Viewer{}, List{Title: "x"})
	wantKind(t, "a visitor", err, circles.Denied)

	h.must(h.SetLists(h.ctx(), ann, garden, map[string]bool{l.Slug: true, "茶-tea-2": true}))
	h.must(h.SetLists(h.ctx(), ann, garden, map[string]bool{l.Slug: false, "茶-tea-2": true}))
	if got := h.read(ann, "ann", l, FeedQuery{}); got != ": " {
		t.Errorf("taken out: %q", got)
	}
	h.must(h.EditList(h.ctx(), ann, l.Slug, List{Title: "New name", About: "about"}))
	page, err := h.List(h.ctx(), ann, "ann", l.Slug)
	if err != nil || page.List.Title != "New name" || page.List.About != "about" || page.List.Public {
		t.Errorf("edited %+v, %v", page, err)
	}
	if got := h.read(bob, "ann", l, FeedQuery{}); got != "nothing" {
		t.Errorf("a list that was made private: %q", got)
	}
	h.must(h.DeleteList(h.ctx(), ann, l.Slug))
	_, err = h.List(h.ctx(), ann, "ann", l.Slug)
	wantKind(t, "deleted", err, circles.NotFound)
}

func TestListLimits(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	l := h.list(ann, "x", false)
	for i := range maxListed {
		h.must(h.SetListed(h.ctx(), ann, l.Slug, h.farCircle(fmt.Sprint("c", i), "far.example"), true))
	}
	wantKind(t, "one circle more", h.SetListed(h.ctx(), ann, l.Slug, h.farCircle("more", "far.example"), true), circles.TooLarge)
	for range maxLists - 1 {
		h.list(ann, "x", false)
	}
	_, err := h.CreateList(h.ctx(), ann, List{Title: "x"})
	wantKind(t, "one list more", err, circles.TooLarge)
}
