package app

import (
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

func TestDeletePersonTakesWordsFirst(t *testing.T) {
	h := newHouse(t)
	ada, bob := h.person("ada"), h.person("bob")
	garden := h.open(ada, "garden", circles.Public)
	_, err := h.Join(h.ctx(), bob, garden)
	h.must(err)
	post := h.write(bob, garden, "By bob")
	h.answer(ada, post.ID, "an answer")
	reply := h.answer(bob, post.ID, "and mine")

	del := func(who circles.Viewer) error {
		return h.store.Update(h.ctx(), func(tx *store.Tx) error { return h.DeletePerson(tx, who.Person) })
	}
	wantKind(t, "the only owner", del(ada), circles.Conflict)
	seq := h.mark()
	h.must(del(bob))
	h.must(h.FinishDeletions(h.ctx()))
	if h.role(garden, bob.Person) != circles.NoRole {
		t.Error("bob is still a member")
	}
	for _, id := range []circles.PostID{post.ID, reply.ID} {
		if p := h.post(id); p.State != circles.Deleted {
			t.Errorf("%s %d is %s, want deleted", p.Kind, id, p.State)
		}
	}
	deletes, last := 0, circles.EventKind("")
	for _, e := range h.since(seq) {
		if e.Kind == circles.PostDeleted && e.Signer == bob.Person.Actor() {
			deletes++
		}
		last = e.Kind
	}
	if deletes != 2 || last != circles.ActorDeleted {
		t.Errorf("%d deletions by bob and %s at the end, want 2 and %s", deletes, last, circles.ActorDeleted)
	}
	_, err = h.Person(h.ctx(), ada, "bob", "", PersonQuery{})
	wantKind(t, "bob's page", err, circles.Gone)
	again := h.mark()
	h.must(del(bob))
	h.must(h.FinishDeletions(h.ctx()))
	if got := h.since(again); len(got) != 0 {
		t.Errorf("a second deletion says %+v", got)
	}
	h.update(func(tx *store.Tx) error {
		free, err := tx.ClaimName("bob")
		if free {
			t.Error("the name can be taken again")
		}
		return err
	})
}
