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
