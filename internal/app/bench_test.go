package app

import (
	"fmt"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

// The part of an arriving vote or comment that is this package's: judged, applied and durable, one
// after the other. Several at once share a commit.

func BenchmarkReceiveVote(b *testing.B) {
	h := newHouse(b)
	ann := h.person("ann")
	p := h.write(ann, h.open(ann, "garden", circles.Public), "x")
	voters := make([]circles.PersonID, 100)
	for i := range voters {
		voters[i] = h.stranger(fmt.Sprint("v", i), "far.example")
	}
	b.ResetTimer()
	for i := range b.N {
		value := 1 - 2*(i/len(voters)%2)
		err := h.store.Update(b.Context(), func(tx *store.Tx) error {
			_, err := h.ReceiveVote(tx, Said{By: voters[i%len(voters)], Received: 1}, p.ID, value, "https://far.example/v")
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReceiveComment(b *testing.B) {
	h := newHouse(b)
	ann, zoe := h.person("ann"), h.stranger("zoe", "far.example")
	p := h.write(ann, h.open(ann, "garden", circles.Public), "x")
	b.ResetTimer()
	for i := range b.N {
		in := RemotePost{URI: fmt.Sprintf("https://far.example/n/%d", i), Parent: p.ID, HTML: "<p>Some words about peas and beans.</p>", Raw: make([]byte, 1500)}
		h.Prepare(&in)
		err := h.store.Update(b.Context(), func(tx *store.Tx) error {
			_, err := h.ReceivePost(tx, Said{By: zoe, Received: 1}, in)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReceiveCountedVote is ReceiveVote where each vote moves standing: the post is accepted, the
// voters are vouched for, and a like is given, taken back by a dislike, and given back.
func BenchmarkReceiveCountedVote(b *testing.B) {
	h := newHouse(b)
	ann, ben := h.person("ann"), h.person("ben")
	c := h.open(ann, "garden", circles.Public)
	p := h.write(ben, c, "x")
	voters := make([]circles.PersonID, 20) // as many as an operator may vouch for
	for i := range voters {
		voters[i] = h.stranger(fmt.Sprint("v", i), fmt.Sprintf("far%d.example", i))
		h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceiveVote(tx, Said{By: voters[i]}, p.ID, -1, "https://far.example/v")
		})
	}
	h.pass(8 * days)
	h.sweep()
	for _, v := range voters {
		h.vouchedFor(c, ann.Person, v)
	}
	b.ResetTimer()
	for i := range b.N {
		value := 1 - 2*(i/len(voters)%2)
		err := h.store.Update(b.Context(), func(tx *store.Tx) error {
			_, err := h.ReceiveVote(tx, Said{By: voters[i%len(voters)], Received: 1}, p.ID, value, "https://far.example/v")
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if got := h.earned(c, ben.Person); b.N >= len(voters) && b.N/len(voters)%2 == 1 && got == 0 {
		b.Error("nothing was credited")
	}
}
