package api

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

// BenchmarkLists asks for lists over 16 connections, with 100,000 posts in one circle, and reports the
// slowest of a hundred. Garbage is collected as often as `halqa serve` does.
func BenchmarkLists(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	h := newHouse(b)
	lin := h.person("lin", circles.SiteMember)
	var garden CircleView
	lin.post("/circles", m{"name": "gardening"}, &garden)
	circle, _ := parseID(garden.Circle.ID)
	const posts, batch = 100_000, 2000
	for i := 0; i < posts; i += batch {
		h.must(h.db.Update(h.ctx(), func(tx *store.Tx) error {
			for j := range batch {
				id := circles.PostID(tx.NewID())
				n := int64(i + j)
				err := tx.AddPost(&circles.Post{ID: id, URI: fmt.Sprintf("/post/%d", id), Kind: circles.IsPost, Circle: circles.CircleID(circle), Author: lin.who.Person, Root: id,
					State: circles.Visible, Title: fmt.Sprintf("Post %d", n), BodyHTML: "<p>Some words.</p>", Listed: true, LocalTo: true, Published: tx.Now(), CreatedAt: tx.Now(),
					Score: n % 97, Hot: n, Scaled: n, Active: n})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for _, list := range []string{"/posts", "/posts?scope=subscribed&sort=new", "/posts?sort=active&scope=circle&circle=" + string(garden.Circle.ID), "/circles"} {
		b.Run(list[1:min(len(list), 24)], func(b *testing.B) {
			transport := &http.Transport{MaxIdleConnsPerHost: 16, MaxConnsPerHost: 16}
			defer transport.CloseIdleConnections()
			var mu sync.Mutex
			var took []time.Duration
			work := make(chan struct{})
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() {
					for range work {
						req, _ := http.NewRequest("GET", h.site.URL+Prefix+list, nil)
						req.Header.Set("Authorization", "Bearer "+lin.token)
						begin := time.Now()
						resp, err := transport.RoundTrip(req)
						if err != nil || resp.StatusCode != 200 {
							b.Errorf("%v %v", resp, err)
							continue
						}
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
						mu.Lock()
						took = append(took, time.Since(begin))
						mu.Unlock()
					}
				})
			}
			b.ResetTimer()
			from := cpu(b)
			for range b.N {
				work <- struct{}{}
			}
			close(work)
			all.Wait()
			b.StopTimer()
			b.ReportMetric(float64(cpu(b)-from)/1e6/float64(b.N), "cpu-ms/op")
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
			b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
		})
	}
}

// cpu is what the process has used so far, clients included; the clock on the wall counts what others do, too.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
