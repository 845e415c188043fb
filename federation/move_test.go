package federation

import (
	"fmt"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

// following tells which of some people follow an actor, asked or accepted.
func (h *house) following(people []circles.Viewer, address string) (n int) {
	h.Helper()
	h.view(func(tx *store.Tx) error {
		n = 0
		a, err := tx.ActorByURI(address)
		if circles.Is(err, circles.NotFound) {
			return nil
		}
		for _, p := range people {
			f, err := tx.Following(p.Person.Actor(), a.ID)
			if err != nil {
				return err
			}
			if f != nil {
				n++
			}
		}
		return err
	})
	return n
}

// alias publishes an actor that says that it was others.
func (v *voice) alias(olds ...*voice) {
	doc := v.document("Person")
	var addresses arr
	for _, old := range olds {
		addresses = append(addresses, old.id)
	}
	doc["alsoKnownAs"] = addresses
	v.put(doc)
}

func (v *voice) moves(target *voice) {
	v.Helper()
	v.must(v.says("Move", v.id, obj{"target": target.id}))
	v.resume()
}

// TestMovesRest: a hostile server cannot lead whom it has on and on.
func TestMovesRest(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	all := []circles.Viewer{olga}
	far := h.far()
	a, b, c := far.speaker("a"), far.speaker("b"), far.speaker("c")
	b.alias(a, c)
	c.alias(a, b)
	a.followedBy(olga)
	at := func(want *voice, when string) {
		t.Helper()
		for _, v := range []*voice{a, b, c} {
			n := 0
			if v == want {
				n = 1
			}
			if got := h.following(all, v.id); got != n {
				t.Fatalf("%s: %d follow %s, want %d", when, got, v.id, n)
			}
		}
	}
	a.moves(b)
	at(b, "moved")
	before := h.mark()
	a.moves(b)
	a.moves(c)
	b.moves(c)
	at(b, "moved again at once")
	if kinds := h.events(before); len(kinds) > 0 {
		t.Errorf("that made %v", kinds)
	}
	h.clock.forward(29 * 24 * time.Hour)
	b.moves(c)
	at(b, "moved again after 29 days")
	h.clock.forward(2 * 24 * time.Hour)
	b.moves(c)
	at(c, "moved again after 31 days")
	c.moves(b)
	at(c, "and back")
}

// TestManyAreLedAcrossARestart: more are led than one transaction leads, though the instance stops in
// between, and nobody twice.
func TestManyAreLedAcrossARestart(t *testing.T) {
	h := newHouse(t)
	far := h.far()
	old, next := far.speaker("old"), far.speaker("next")
	next.alias(old)
	const n = 130
	people := make([]circles.Viewer, n)
	for i := range people {
		people[i] = h.person(fmt.Sprintf("person%d", i))
		if i == 0 {
			old.followedBy(people[0])
			continue
		}
		if _, err := h.app.Follow(t.Context(), people[i], h.actor(old.id).ID); err != nil {
			t.Fatal(err)
		}
	}
	before := h.mark()
	old.moves(next)
	led := h.following(people, next.id)
	if left := h.following(people, old.id); led == 0 || led >= n || led+left != n {
		t.Fatalf("the first transaction led %d and left %d of %d", led, left, n)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	h.open()
	for range 2 {
		if err := h.app.FinishMoves(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if led, left := h.following(people, next.id), h.following(people, old.id); led != n || left != 0 {
		t.Errorf("in the end %d were led and %d left", led, left)
	}
	asked := map[circles.EventKind]int{}
	for _, k := range h.events(before) {
		asked[k]++
	}
	if asked[circles.FollowAsked] != n || asked[circles.FollowEnded] != n {
		t.Errorf("%d asked and %d left, want %d each once", asked[circles.FollowAsked], asked[circles.FollowEnded], n)
	}
}
