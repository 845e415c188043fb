package federation

import (
	"testing"

	"halqa/circles"
)

// TestWhatACircleTookAwayItGivesBack: where a post was gone without a word of its author, the circle removed it
// for who reads circles, and so the circle undoes that, whichever way the post comes back.
func TestWhatACircleTookAwayItGivesBack(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	cid := h.far().speaker("cid")
	page := cid.put(cid.page("/post/1", h.address(c), "Carp"))
	post := page["id"].(string)
	cid.must(cid.says("Create", page))
	h.resume()
	look := func() {
		t.Helper()
		if _, err := h.inbox.met(t.Context(), lacks{what: needFresh, address: post}, false, 0); err != nil {
			t.Fatal(err)
		}
	}
	state := func(want circles.PostState) {
		t.Helper()
		if got := h.wantPost(post).State; got != want {
			t.Fatalf("the post is %q, want %q", got, want)
		}
	}
	for what, back := range map[string]func(){
		"its server has it again": func() { cid.put(page); look() },
		"its author says so":      func() { cid.put(page); cid.must(cid.says("Undo", cid.says("Delete", post))) },
	} {
		before := h.mark()
		cid.drop(post)
		look()
		state(circles.Deleted)
		said := h.said(before)
		before = h.mark()
		back()
		state(circles.Visible)
		if said = append(said, h.said(before)...); len(said) != 2 {
			t.Fatalf("%s: said %v", what, said)
		}
		removed, _ := said[0]["object"].(map[string]any)
		undone := h.inside(said[1], h.address(c))
		h.wantMembers(removed, obj{"type": "Delete", "actor": h.site.Base + "/u/olga", "object": post, "summary": tookBack})
		h.wantMembers(undone, obj{"type": "Undo", "actor": h.site.Base + "/u/olga"})
		inner, _ := undone["object"].(map[string]any)
		h.wantMembers(inner, obj{"type": "Delete", "id": removed["id"], "object": post, "summary": tookBack})
	}

	// What its author took back in their own words comes back by their own words, which are announced.
	before := h.mark()
	cid.must(cid.says("Delete", post))
	look() // an old copy
	state(circles.Deleted)
	said := h.said(before)
	before = h.mark()
	cid.must(cid.says("Undo", cid.says("Delete", post)))
	state(circles.Visible)
	said = append(said, h.said(before)...)
	if len(said) != 2 {
		t.Fatalf("said %v", said)
	}
	for i, kind := range []string{"Delete", "Undo"} {
		inner, _ := said[i]["object"].(map[string]any)
		h.wantMembers(inner, obj{"type": kind, "actor": cid.id})
	}
}
