package app

import (
	"fmt"
	"strings"
	"testing"

	"halqa/circles"
)

// outline tells a tree of comments in short: "a(b(c) d)"; a way up is "^", a notice "-".
func outline(nodes []*CommentNode, names map[circles.PostID]string) string {
	var all []string
	for _, n := range nodes {
		s := names[n.Post.ID]
		if n.MoreAbove {
			s = "^" + s
		}
		if n.Notice {
			s = "-" + s
		}
		if len(n.Kids) > 0 {
			s += "(" + outline(n.Kids, names) + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

// What the author of a post said is shown with what it answers, and nothing else, however deep.
func TestOnlyTheAuthor(t *testing.T) {
	h := newHouse(t)
	ann, bob, cid := h.person("ann"), h.person("bob"), h.person("cid")
	garden := h.open(bob, "garden", circles.Public)
	post := h.write(ann, garden, "Ask me")
	names := map[circles.PostID]string{}
	say := func(who circles.Viewer, parent circles.PostID, name string) circles.PostID {
		t.Helper()
		p := h.answer(who, parent, name)
		names[p.ID] = name
		return p.ID
	}
	want := func(step string, v circles.Viewer, cursor, tree string) string {
		t.Helper()
		page, err := h.Thread(h.ctx(), v, post.ID, ThreadQuery{Author: true, Cursor: cursor})
		h.must(err)
		if got := outline(page.Comments, names); got != tree {
			t.Errorf("%s: %s, want %s", step, got, tree)
		}
		return page.Next
	}
	want("nothing yet", bob, "", "")
	say(bob, post.ID, "noise")
	q := say(bob, post.ID, "q")
	say(ann, q, "a1")
	own := say(ann, post.ID, "own")
	say(cid, own, "thanks")
	d1 := say(cid, q, "d1")
	d2 := say(bob, d1, "d2")
	d3 := say(cid, d2, "d3")
	d4 := say(bob, d3, "d4")
	deep := say(ann, d4, "deep")
	want("a few", circles.Viewer{}, "", "q(a1) own ^d2(d3(d4(deep)))")

	// A dialogue that goes on and on stays within what a page shows.
	at := deep
	for i := range 12 {
		at = say([]circles.Viewer{bob, ann}[i%2], at, fmt.Sprint("x", i))
	}
	want("deep", bob, "", "q(a1) own ^d2(d3(d4(deep(x0(x1(x2(x3))))))) ^x4(x5(x6(x7(x8(x9(x10(x11)))))))")

	// What is blocked or gone leaves a notice where something hangs below it.
	h.must(h.SetBlock(h.ctx(), bob, cid.Person.Actor(), true))
	h.must(h.Delete(h.ctx(), bob, q))
	want("blocked and deleted", bob, "", "q(a1) own ^d2(-d3(d4(deep(x0(x1(x2(x3))))))) ^x4(x5(x6(x7(x8(x9(x10(x11)))))))")

	// Pages follow one another.
	for i := range authorPage {
		say(ann, post.ID, fmt.Sprint("p", i))
	}
	next := ""
	seen := map[string]int{}
	for pages := 0; ; pages++ {
		page, err := h.Thread(h.ctx(), bob, post.ID, ThreadQuery{Author: true, Cursor: next})
		h.must(err)
		for _, n := range page.Comments {
			seen[names[n.Post.ID]]++
		}
		if next = page.Next; next == "" {
			break
		}
		if pages > 3 {
			t.Fatal("pages without end")
		}
	}
	for i := range authorPage {
		if n := seen[fmt.Sprint("p", i)]; n != 1 {
			t.Errorf("p%d was shown %d times", i, n)
		}
	}
}
