package app

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

// BenchmarkThread reads a page of 500 comments by 60 people, and one of the 300 out of 5,000.
func BenchmarkThread(b *testing.B) {
	for _, n := range []int{500, 5000} {
		h := newHouse(b)
		var people []circles.PersonID
		for i := range 60 {
			people = append(people, h.person(fmt.Sprintf("person%d", i)).Person)
		}
		v := circles.Viewer{Person: people[0], Role: circles.SiteMember}
		post := h.write(v, h.open(v, "garden", circles.Public), "Busy")
		rng := rand.New(rand.NewPCG(1, 2))
		ids := []circles.PostID{post.ID}
		h.update(func(tx *store.Tx) error {
			for i := range n {
				parent := ids[0]
				if i%3 > 0 {
					parent = ids[rng.IntN(len(ids))]
				}
				id := circles.PostID(tx.NewID())
				ids = append(ids, id)
				if err := tx.AddPost(&circles.Post{ID: id, URI: fmt.Sprintf("/comment/%d", id), Kind: circles.IsComment, Circle: post.Circle,
					Author: people[i%len(people)], Root: post.ID, Parent: parent, State: circles.Visible, Published: tx.Now(), CreatedAt: tx.Now(),
					BodyHTML: "<p>" + strings.Repeat("some words of an answer ", 12) + "</p>", Hot: rng.Int64N(1e6)}); err != nil {
					return err
				}
				if i%5 == 0 {
					if err := tx.SetVote(circles.Vote{Post: id, Actor: v.Person, Value: 1, At: tx.Now()}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			before, shown := cpuTime(), 0
			for b.Loop() {
				t, err := h.Thread(h.ctx(), v, post.ID, ThreadQuery{})
				if err != nil {
					b.Fatal(err)
				}
				shown = countNodes(t.Comments)
			}
			b.ReportMetric(float64(cpuTime()-before)/1e6/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(shown), "comments")
		})
	}
}

// BenchmarkFeedRows reads a page of 50 rows with everything they show.
func BenchmarkFeedRows(b *testing.B) {
	h := newHouse(b)
	ada, bob := h.person("ada"), h.person("bob")
	for c := range 20 {
		id := h.open(ada, fmt.Sprintf("circle%d", c), circles.Public)
		_, err := h.Join(h.ctx(), bob, id)
		h.must(err)
		for range 20 {
			_, err := h.Post(h.ctx(), ada, NewPost{Circle: id, Title: "A title about something", Body: strings.Repeat("Words about an interest. ", 60)})
			h.must(err)
		}
	}
	b.Run("subscribed", func(b *testing.B) {
		before := cpuTime()
		for b.Loop() {
			page, err := h.Feed(h.ctx(), bob, FeedQuery{Scope: Subscribed, Limit: 50})
			if err != nil || len(page.Posts) != 50 {
				b.Fatal(len(page.Posts), err)
			}
		}
		b.ReportMetric(float64(cpuTime()-before)/1e6/float64(b.N), "cpu-ms/op")
	})
}

// cpuTime is what this process has used, in nanoseconds.
func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
