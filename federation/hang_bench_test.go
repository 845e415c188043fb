//go:build unix

package federation

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

// BenchmarkHanging sends a post to 1,000 hosts, first with all of them well, then with 50 that take a
// request and never answer, and reports how long it takes until the last of the 950 others has it.
//
//	go test ./federation -run '^$' -bench Hanging -benchtime 5x
func BenchmarkHanging(b *testing.B) {
	const hosts, sick = 1000, 50
	w := newWorld(b)
	var left atomic.Int64
	var hanging atomic.Bool
	done, release := make(chan struct{}, 1), make(chan struct{})
	w.update(func(tx *store.Tx) error {
		for i := range hosts {
			hangs := i%(hosts/sick) == 0
			base := loopbackHost(b, i, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				if hangs {
					if hanging.Load() {
						select {
						case <-release:
						case <-r.Context().Done():
							return
						}
					}
				} else if left.Add(-1) == 0 {
					done <- struct{}{}
				}
				rw.WriteHeader(http.StatusAccepted)
			}))
			host, inbox := strings.TrimPrefix(base, "http://"), base+"/inbox"
			id := circles.ActorID(tx.NewID())
			err := tx.AddActor(&circles.Actor{ID: id, Kind: circles.KindPerson, Name: "bob", Host: host, URI: base + "/u/bob",
				Inbox: inbox, Published: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now()})
			if err != nil {
				return err
			}
			err = tx.AddFollow(&circles.Follow{ID: tx.NewID(), Follower: id, Followee: w.circle, State: circles.FollowActive,
				Inbox: inbox, At: tx.Now(), FromSeq: 1})
			if err != nil {
				return err
			}
			if err := tx.SavePeerHealth(store.Peer{Host: host, Family: "lemmy", AskedAt: tx.Now()}); err != nil {
				return err
			}
		}
		_, err := tx.AppendEvent(circles.Event{Kind: circles.CircleMade, Stream: w.circle, Signer: w.circle})
		return err
	})
	w.kill()
	w.begin()
	round := func(n int) time.Duration {
		left.Store(hosts - sick)
		w.post(fmt.Sprintf("Tomatoes %d", n), 0)
		began := time.Now()
		w.route()
		<-done
		return time.Since(began)
	}
	settle := func() {
		if !w.quiet() {
			b.Fatal("not delivered")
		}
	}
	round(0) // connections are made
	settle()
	var well, ill time.Duration
	for n := range b.N {
		well += round(2*n + 1)
		settle()
		hanging.Store(true)
		ill += round(2*n + 2)
		hanging.Store(false)
		close(release)
		release = make(chan struct{})
		settle()
	}
	b.ReportMetric(float64(well.Milliseconds())/float64(b.N), "ms-all-well")
	b.ReportMetric(float64(ill.Milliseconds())/float64(b.N), "ms-50-hang")
	b.ReportMetric(float64(ill)/float64(well), "ratio")
}
