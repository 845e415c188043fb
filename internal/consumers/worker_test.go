package consumers

import (
	"context"
	"errors"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/run"
)

// TestConsumersFollowTheWorker runs both as an instance does.
func TestConsumersFollowTheWorker(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	h.write(ann, garden, "earlier", "")

	ctx, cancel := context.WithCancel(t.Context())
	w := run.New(run.Options{Store: h.store, Holder: "test"})
	w.Follow(run.Consumer{Name: h.search.Name(), Start: h.search.Start, Handle: h.search.Handle})
	w.Follow(run.Consumer{Name: "notifications", Handle: h.told.Handle})
	over := make(chan error, 1)
	go func() { over <- w.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-over; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("worker: %v", err)
		}
	}()
	until := func(what string, f func() bool) {
		t.Helper()
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		limit := time.After(30 * time.Second)
		for !f() {
			select {
			case <-look.C:
			case <-limit:
				t.Fatalf("waited in vain until %s", what)
			}
		}
	}
	until("the index is filled", func() bool { return len(h.finds(ann, "earlier", app.SearchPosts)) == 1 })
	p := h.write(ann, garden, "later", "")
	h.answer(bob, p.ID, "answer")
	until("the log is followed", func() bool { return len(h.finds(ann, "later", app.SearchPosts)) == 1 })
	until("the answer is told", func() bool { return len(h.heard(ann)) == 1 })
}
