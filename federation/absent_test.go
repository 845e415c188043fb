package federation

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// leaves has a server answer that something is gone, with what it leaves behind.
func (f *far) leaves(path string, left obj) string {
	left = merge(obj{"@context": "https://www.w3.org/ns/activitystreams", "id": f.base + path, "type": "Tombstone"}, left)
	f.answer(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", fetch.ActivityJSON)
		w.WriteHeader(http.StatusGone)
		json.NewEncoder(w).Encode(left)
	})
	return f.base + path
}

func stood(circle string, more ...obj) obj {
	return merge(obj{"formerType": "Page", "audience": circle, "published": "2026-11-22T08:00:00Z", "deleted": "2026-11-22T08:30:00Z"}, more...)
}

func stoodBelow(circle, parent string) obj {
	return stood(circle, obj{"formerType": "Note", "inReplyTo": parent})
}

// absentAt returns the place that is kept for an address; nil if none is.
func (h *house) absentAt(address string) (p *circles.Post) {
	h.Helper()
	h.view(func(tx *store.Tx) (err error) {
		p, err = tx.PostByURI(address)
		if circles.Is(err, circles.NotFound) {
			p, err = nil, nil
		}
		return err
	})
	return p
}

func TestAnswersToWhatWasGoneBeforeItCameHaveTheirPlace(t *testing.T) {
	for form, say := range map[string]func(n *neighbourhood, note obj){
		"of its own server": func(n *neighbourhood, note obj) { n.trees.announces(n.bob.says("Create", note)) },
		"of another server": func(n *neighbourhood, note obj) {
			note["id"], note["attributedTo"] = n.carol.base+"/note/9", n.carol.id
			n.carol.far.put(note)
			n.trees.announces(n.carol.says("Create", note))
		},
	} {
		t.Run(form, func(t *testing.T) {
			n := newNeighbourhood(t)
			root := n.bob.leaves("/post/1", stood(n.trees.id))
			between := n.carol.leaves("/note/2", stoodBelow(n.trees.id, root))
			note := n.bob.note("/note/9", n.trees.id, between, "Still here")
			say(n, note)
			n.resume()

			c := n.wantPost(note["id"].(string))
			above, top := n.absentAt(between), n.absentAt(root)
			if above == nil || top == nil {
				t.Fatalf("what is above it has no place: %+v, %+v", above, top)
			}
			for _, p := range []*circles.Post{above, top} {
				if p.State != circles.Deleted || !p.Absent || p.Title != "" || p.BodyHTML != "" || p.Circle != n.role() {
					t.Errorf("the place is %+v, want nothing but a place", *p)
				}
				var who *circles.Actor
				n.view(func(tx *store.Tx) (err error) { who, err = tx.Actor(p.Author.Actor()); return err })
				if who.Kind != circles.KindInstance || who.Local() {
					t.Errorf("it was written by %+v, want nobody", *who)
				}
			}
			if c.Parent != above.ID || c.Root != top.ID || c.Depth != 2 || above.Parent != top.ID || above.Kind != circles.IsComment || top.Kind != circles.IsPost {
				t.Errorf("the thread is %+v below %+v below %+v", *c, *above, *top)
			}
			thread, err := n.app.Thread(t.Context(), n.olga, top.ID, app.ThreadQuery{})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []*circles.Post{thread.Post, thread.Comments[0].Post} {
				if !p.Absent {
					t.Errorf("the page says that the author deleted %s, which nobody said", p.URI)
				}
			}
			if top.Comments != 1 {
				t.Errorf("the thread counts %d comments, want 1", top.Comments)
			}
			if got, want := top.Published, time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC).UnixMicro(); got != want {
				t.Errorf("published %d, want %d", got, want)
			}
		})
	}
}

// A circle of ours takes an answer to what was gone before it came, and announces it.
func TestOurCircleTakesAnswersToWhatNeverCame(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	bob := h.far().speaker("bob")
	root := bob.leaves("/post/1", stood(h.address(c)))
	before := h.mark()
	bob.must(bob.says("Create", bob.note("/note/2", h.address(c), root, "Mine")))
	h.resume()
	if p := h.wantPost(bob.base + "/note/2"); p.State != circles.Visible || p.Parent != h.absentAt(root).ID {
		t.Errorf("the comment is %+v", *p)
	}
	if said := h.said(before); len(said) != 1 {
		t.Errorf("the circle says %v, want the comment alone", said)
	}
}

// What only an id was left of, what was elsewhere, and what nobody's circle passes on have no place.
func TestTombstonesThatPlaceNothing(t *testing.T) {
	n := newNeighbourhood(t)
	garden := n.circle(n.olga, "garden", circles.Public)
	secret := n.circle(n.olga, "cellar", circles.LocalOnly)
	ours := n.write(n.olga, garden, "Roses")
	via := func(note obj) { n.trees.announces(n.bob.says("Create", note)) }
	straight := func(note obj) { n.bob.must(n.bob.says("Create", note)) }
	for i, tt := range []struct {
		name string
		left obj
		in   string
		say  func(obj)
	}{
		{"a bare id", nil, n.trees.id, via},
		{"no type that it had", obj{"audience": n.trees.id, "formerType": nil}, n.trees.id, via},
		{"an actor's", stood(n.trees.id, obj{"formerType": "Person"}), n.trees.id, via},
		{"in no circle", stood(n.trees.id, obj{"audience": nil}), n.trees.id, via},
		{"in another circle", stood(n.address(garden)), n.trees.id, via},
		{"below a post of another circle", stoodBelow(n.trees.id, n.postAddress(ours)), n.trees.id, via},
		{"in a circle elsewhere that does not pass it on", stood(n.trees.id), n.address(garden), straight},
		{"in a circle that stays here", stood(n.address(secret)), n.address(secret), straight},
		{"below itself", stoodBelow(n.trees.id, n.bob.base+"/post/107"), n.trees.id, via},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := "/post/10" + string(rune('0'+i))
			if tt.name == "below itself" {
				path = "/post/107"
			}
			gone := n.bob.leaves(path, tt.left)
			tt.say(n.bob.note("/note/10"+string(rune('0'+i)), tt.in, gone, "Hm"))
			n.resume()
			if p := n.absentAt(gone); p != nil {
				t.Errorf("it got a place: %+v", *p)
			}
			if p := n.absentAt(n.bob.base + "/note/10" + string(rune('0'+i))); p != nil {
				t.Errorf("what answers it is here: %+v", *p)
			}
		})
	}
	// What is said to be somebody else's is not theirs to place.
	liar := n.bob.leaves("/post/200", stood(n.trees.id, obj{"id": n.carol.base + "/post/200"}))
	via(n.bob.note("/note/200", n.trees.id, liar, "Hm"))
	n.resume()
	if n.absentAt(liar) != nil || n.absentAt(n.carol.base+"/post/200") != nil {
		t.Error("a Tombstone with another id than its address got a place")
	}
}

// What comes back takes its place, with all that was counted there; until then whatever is said of it is
// said of something that is not here.
func TestWhatComesBackTakesItsPlace(t *testing.T) {
	n := newNeighbourhood(t)
	root := n.bob.leaves("/post/1", stood(n.trees.id))
	n.trees.announces(n.bob.says("Create", n.bob.note("/note/2", n.trees.id, root, "Below")))
	n.resume()
	place := n.absentAt(root)
	if place == nil {
		t.Fatal("it has no place")
	}

	n.trees.announces(n.bob.says("Like", root))
	n.trees.announces(n.bob.says("Lock", root, obj{"audience": n.trees.id}))
	n.trees.announces(n.bob.says("Delete", root, obj{"summary": "off topic"}))
	n.trees.announces(n.carol.says("Update", n.carol.page("/post/1", n.trees.id, "Not mine", obj{"id": root})))
	n.trees.announces(n.bob.says("Update", n.bob.page("/post/1", "https://other.example/c/x", "Elsewhere")))
	n.resume()
	if p := n.absentAt(root); !p.Absent || p.Ups != 0 || p.RemovedAt != 0 {
		t.Errorf("the place is %+v, want it as it was", *p)
	}

	// Deleted and restored, as servers of ours say it.
	page := n.bob.page("/post/1", n.trees.id, "Oaks", obj{"published": "2026-11-22T08:00:00Z"})
	deleted := n.bob.says("Delete", root)
	n.trees.announces(deleted)
	n.trees.announces(n.bob.says("Create", page))
	n.resume()
	if p := n.absentAt(root); !p.Absent {
		t.Errorf("after Delete and a late Create: %+v, want it gone still", *p)
	}
	n.trees.announces(n.bob.says("Undo", deleted))
	n.trees.announces(n.bob.says("Update", page))
	n.resume()
	p := n.wantPost(root)
	if p.ID != place.ID || p.Absent || p.State != circles.Visible || p.DeletedAt != 0 || p.Title != "Oaks" || p.Comments != 1 || p.Author.Actor() != n.actor(n.bob.id).ID {
		t.Errorf("it came back as %+v in the place %s", *p, place.ID)
	}
	// And it is a post like others now.
	n.trees.announces(n.bob.says("Like", root))
	n.trees.announces(n.bob.says("Delete", root))
	n.resume()
	if p := n.wantPost(root); p.Ups != 1 || p.State != circles.Deleted || p.Absent {
		t.Errorf("after Like and Delete: %+v", *p)
	}
}

// Places cost their server what posts do: nobody fills our disk with what is nothing.
func TestPlacesHaveAnEnd(t *testing.T) {
	n := newNeighbourhood(t)
	n.inbox.keeping.daily = 3 * placeSize
	kept := 0
	for i := range 6 {
		gone := n.bob.leaves("/post/"+string(rune('0'+i)), stood(n.trees.id))
		note := n.carol.note("/note/"+string(rune('0'+i)), n.trees.id, gone, "Hm")
		n.carol.far.put(note)
		n.trees.announces(n.carol.says("Create", note))
		n.resume()
		if n.absentAt(gone) != nil {
			kept++
		}
	}
	if kept != 3 {
		t.Errorf("%d places are kept of a server whose day has room for 3", kept)
	}
}

// Who is elsewhere may answer late what its author deleted, but not so what a moderator took away before, nor
// what never stood in the circle: that its author deleted it, too, opens nothing.
func TestLateAnswersToWhatWasTakenAway(t *testing.T) {
	h := newHouse(t)
	olga, ines := h.person("olga"), h.person("ines")
	c := h.circle(olga, "garden", circles.Public)
	deleted, removed := h.write(ines, c, "Deleted"), h.write(ines, c, "Removed")
	if err := h.app.Remove(t.Context(), olga, removed.ID, "spam"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*circles.Post{deleted, removed} {
		if err := h.app.Delete(t.Context(), ines, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	const holds = `{"gate":{"any":[[{"fact":"days_known_here","gte":400}]],"else":"hold"}}`
	if err := testdb.SwapGates(t.Context(), h.store, []string{"post"}, "", store.GateRule{Rule: holds, SetBy: olga.Person.Actor()}); err != nil {
		t.Fatal(err)
	}
	bob := h.far().speaker("bob")
	held := bob.page("/post/1", h.address(c), "Held")
	bob.must(bob.says("Create", held))
	if p := h.wantPost(bob.base + "/post/1"); p.State != circles.Held {
		t.Fatalf("the post is %s, want it held", p.State)
	}
	bob.must(bob.says("Delete", bob.base+"/post/1"))
	for i, tt := range []struct {
		to   string
		want bool
	}{
		{h.postAddress(deleted), true},
		{h.postAddress(removed), false},
		{bob.base + "/post/1", false},
	} {
		id := "/note/" + string(rune('0'+i))
		bob.must(bob.says("Create", bob.note(id, h.address(c), tt.to, "Hm")))
		h.resume()
		if got := h.absentAt(bob.base+id) != nil; got != tt.want {
			t.Errorf("an answer to %s is taken: %t, want %t", tt.to, got, tt.want)
		}
	}
}
