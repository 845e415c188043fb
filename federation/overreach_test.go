package federation

import (
	"net/http"
	"testing"

	"halqa/circles"
)

// A circle that somebody here follows says what happened in it, and nothing else.
func TestACircleSpeaksForItselfOnly(t *testing.T) {
	n := newNeighbourhood(t)
	c := n.house.circle(n.olga, "garden", circles.Public)
	mine := n.postAddress(n.write(n.olga, c, "Roses"))
	n.carol.must(n.carol.says("Create", n.carol.page("/post/1", n.address(c), "Birches")))
	theirs := n.carol.base + "/post/1"
	n.carol.must(n.carol.says("Like", mine))
	far := n.carol.far
	nobody := &voice{far: far, id: far.base + "/u/nobody"}
	for _, inner := range []obj{
		nobody.says("Like", mine),
		n.carol.says("Dislike", mine),
		n.carol.says("Undo", n.carol.says("Like", mine)),
		n.bob.says("Like", mine),
		n.bob.says("Delete", mine, obj{"summary": "mod"}),
		n.carol.says("Delete", theirs, obj{"summary": "mod"}),
		n.bob.says("Undo", n.bob.says("Delete", theirs, obj{"summary": "mod"})),
		n.bob.says("Create", n.bob.note("/comment/1", n.trees.id, mine, "In your circle")),
		n.bob.says("Follow", n.address(c)),
		n.bob.says("Accept", n.bob.says("Follow", n.address(c))),
		{"id": n.site.Base + "/activity/1", "type": "Delete", "actor": n.site.Base + "/u/olga", "object": mine},
		{"id": n.site.Base + "/activity/1", "type": "Like", "actor": n.site.Base + "/u/olga", "object": theirs},
		{"id": "x", "type": "Like", "actor": "/u/olga", "object": theirs},
		n.trees.says("Announce", n.bob.says("Like", mine)),
	} {
		n.trees.announces(inner)
		n.resume()
		if got := n.score(mine); got != "+1 -0" {
			t.Fatalf("%s by %s: %s, want +1 -0", inner["type"], inner["actor"], got)
		}
		if got := n.wantPost(mine).State; got != circles.Visible {
			t.Fatalf("%s by %s: our post is %q", inner["type"], inner["actor"], got)
		}
		if p := n.wantPost(theirs); p.State != circles.Visible || p.Ups != 0 {
			t.Fatalf("%s by %s: their post is %+v", inner["type"], inner["actor"], *p)
		}
	}
	n.wantNoPost(n.bob.base + "/comment/1")
	if n.actor(nobody.id) != nil {
		t.Error("somebody who does not count was noted")
	}
}

// The id of what a circle says that somebody said is not taken from who really says it.
func TestAnnouncedIdsAndTombstonesTakeNothing(t *testing.T) {
	n := newNeighbourhood(t)
	c := n.house.circle(n.olga, "garden", circles.Public)
	tree := n.bob.far.put(n.bob.page("/post/1", n.trees.id, "Oaks"))
	n.trees.announces(tree["id"])
	n.resume()
	page := n.carol.page("/post/1", n.address(c), "Birches")
	real := n.carol.says("Create", page)
	like := n.carol.says("Like", n.postAddress(n.write(n.olga, c, "Roses")))

	n.trees.announces(n.carol.says("Like", tree["id"], obj{"id": real["id"]}))
	n.trees.announces(n.carol.says("Like", tree["id"], obj{"id": like["id"]}))
	n.trees.announces(n.carol.says("Delete", page["id"], obj{"summary": "never"}))
	n.trees.announces(n.carol.says("Undo", obj{"id": like["id"], "type": "Like", "actor": n.carol.id, "object": n.bob.base + "/post/99"}))
	n.trees.announces(n.carol.says("Undo", like))
	n.carol.must(real)
	n.carol.must(like)
	n.wantPost(n.carol.base + "/post/1")
	if got := n.score(like["object"].(string)); got != "+1 -0" {
		t.Errorf("%s, want +1 -0", got)
	}
}

// What is forwarded must not displace the real thing while that waits, nor hold it up.
func TestForwardingDisplacesNothing(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	first, second := h.far(), h.far()
	relay, bob := first.speaker("relay"), second.speaker("bob")
	page := bob.page("/post/1", h.address(c), "Roses")
	second.answer("/post/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	real := bob.says("Create", page)
	relay.must(bob.says("Create", bob.page("/post/1", h.address(c), "Lies"), obj{"id": real["id"]}))
	if got := h.parked(); got != 1 {
		t.Fatalf("%d wait, want one", got)
	}
	bob.must(real)
	if got := h.wantPost(bob.base + "/post/1").Title; got != "Roses" {
		t.Errorf("title %q", got)
	}
	for range 5 {
		relay.must(bob.says("Update", page))
	}
	if got := h.parked(); got != 1 {
		t.Errorf("%d wait after the same was forwarded again and again, want one", got)
	}
}

// Anybody on a circle's server may say that it changed; what it is now says its server.
func TestANeighbourCannotRewriteACircle(t *testing.T) {
	n := newNeighbourhood(t)
	eve := n.trees.far.speaker("eve")
	fake := *n.trees
	fake.key = spareKeys()[1]
	forged := merge(fake.document("Group"), obj{"name": "Eve's"})
	eve.must(eve.says("Update", forged))
	n.trees.announces(eve.says("Update", forged))
	n.resume()
	if a := n.actor(n.trees.id); a.DisplayName == "Eve's" {
		t.Error("a neighbour renamed the circle")
	}
	if got := fake.send(fake.says("Announce", n.carol.base+"/post/1")); got != http.StatusUnauthorized {
		t.Errorf("signed with a key that a neighbour gave it: got %d, want 401", got)
	}
	// When it is true, it is taken over.
	n.trees.far.put(merge(n.trees.document("Group"), obj{"name": "Old trees"}))
	eve.must(eve.says("Update", forged))
	n.resume()
	if got := n.actor(n.trees.id).DisplayName; got != "Old trees" {
		t.Errorf("the circle is called %q, want what its server says", got)
	}
	// Nor can somebody pass for a circle, or a circle for somebody.
	n.trees.must(n.trees.says("Update", merge(n.trees.document("Person"), obj{"name": "A person"})))
	eve.must(eve.says("Update", merge(eve.document("Group"), obj{"name": "A circle"})))
	if a, b := n.actor(n.trees.id), n.actor(eve.id); a.Kind != circles.KindCircle || b.Kind != circles.KindPerson {
		t.Errorf("they are now %s and %s", a.Kind, b.Kind)
	}
}
