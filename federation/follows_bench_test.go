//go:build unix

package federation

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
	"halqa/internal/run"
	"halqa/internal/testdb"
)

// ticking lets a stopwatch show the time of day until the benchmark ends.
func (c *stopwatch) ticking(b *testing.B) {
	stop := make(chan struct{})
	var done sync.WaitGroup
	tick := time.NewTicker(time.Millisecond)
	done.Go(func() {
		for {
			select {
			case <-stop:
				return
			case at := <-tick.C:
				c.mu.Lock()
				c.at = at
				c.mu.Unlock()
			}
		}
	})
	b.Cleanup(func() { close(stop); done.Wait(); tick.Stop() })
}

// loopbackHost listens on an address of its own on loopback, and so is a host of its own.
func loopbackHost(b *testing.B, n int, handler http.Handler) (base string) {
	b.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+n/62500, 1+n/250%250, 1+n%250))
	if err != nil {
		b.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler}}
	server.Start()
	b.Cleanup(server.Close)
	return "http://" + l.Addr().String()
}

// BenchmarkFollows has 1,000 people of 1,000 hosts that nobody here knows follow a circle at once, over 16
// connections: each actor is fetched, each Follow is durable, and each gets its Accept. A host that is
// told to wait asks again a little later. It reports the time until the last Accept, and the CPU of one Follow with
// its ratio to what it cannot cost less than: one RSA verification, one durable commit, two signatures,
// and three empty exchanges. The hosts run in this process and are counted in.
//
//	go test ./federation -run '^$' -bench Follows -benchtime 1x
func BenchmarkFollows(b *testing.B) {
	const hosts = 1000
	h := &house{TB: b, clock: &stopwatch{at: time.Now()}, dsn: testdb.DSN(b)}
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.pub.ServeHTTP(w, r) }))
	b.Cleanup(h.server.Close)
	h.clock.ticking(b)
	var err error
	if h.site, err = NewSite(h.server.URL); err != nil {
		b.Fatal(err)
	}
	h.client = fetch.New(fetch.Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Now: h.clock.now})
	b.Cleanup(h.client.Close)
	h.open()
	b.Cleanup(func() { h.store.Close() })
	if _, err := h.app.EnsureInstanceActor(context.Background()); err != nil {
		b.Fatal(err)
	}
	worker := run.New(run.Options{Store: h.store, Holder: "bench", Now: h.clock.now})
	sender := NewSender(SenderOptions{Site: h.site, Store: h.store, Fetch: h.client, Book: worker.Book(), Now: h.clock.now})
	worker.Follow(sender.Consumer())
	worker.Part("sender", sender.Run)
	worker.Part("parked activities", h.inbox.Resume)
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() {
		if err := worker.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() { stop(); working.Wait() })

	keys := make([]*rsa.PrivateKey, benchKeys)
	for i := range keys {
		if keys[i], err = httpsig.GenerateKey(); err != nil {
			b.Fatal(err)
		}
	}
	verify, commit, exchange := physical(b, h, keys[0])
	limit := verify + commit + 2*signing(b, keys[0]) + 3*(exchange.server+exchange.client)

	var fetched, accepted atomic.Int64
	done := make(chan struct{}, 1)
	voices := func() (all []*voice) {
		for n := range hosts {
			v := &voice{far: &far{house: h}, key: keys[n%len(keys)]}
			var document []byte
			mux := http.NewServeMux()
			mux.HandleFunc("/u/bob", func(w http.ResponseWriter, _ *http.Request) {
				fetched.Add(1)
				w.Header().Set("Content-Type", fetch.ActivityJSON)
				w.Write(document)
			})
			mux.HandleFunc("/u/bob/inbox", func(w http.ResponseWriter, r *http.Request) { takeAccept(w, r, &accepted, hosts, done) })
			mux.HandleFunc("/inbox", func(w http.ResponseWriter, r *http.Request) { takeAccept(w, r, &accepted, hosts, done) })
			v.base = loopbackHost(b, n, mux)
			v.host = strings.TrimPrefix(v.base, "http://")
			v.id = v.base + "/u/bob"
			v.keyID = v.id + "#main-key"
			if document, err = json.Marshal(v.document("Person")); err != nil {
				b.Fatal(err)
			}
			all = append(all, v)
		}
		return all
	}
	olga := h.person("olga")
	var took, spent time.Duration
	waits := int64(0)
	for round := range b.N {
		c := h.circle(olga, fmt.Sprint("garden", round), circles.Public)
		all := voices()
		requests := make([][]byte, hosts)
		for i, v := range all {
			requests[i] = wire(v, v.says("Follow", h.address(c)))
		}
		accepted.Store(0)
		before, began := cpuTime(), time.Now()
		waits += sendUntilTaken(b, h.server.Listener.Addr().String(), requests)
		<-done
		took += time.Since(began)
		spent += cpuTime() - before
	}
	each := float64(spent.Microseconds()) / float64(b.N*hosts)
	b.ReportMetric(took.Seconds()/float64(b.N), "s/1000-follows")
	b.ReportMetric(each, "µs-CPU/follow")
	b.ReportMetric(each/limit, "×limit")
	b.ReportMetric(float64(waits)/float64(b.N), "told-to-wait")
	if n := fetched.Load(); n < int64(hosts*b.N) {
		b.Errorf("%d actors were fetched for %d new hosts", n, hosts*b.N)
	}
}

// signing measures one RSA signature over a request, in microseconds of CPU.
func signing(b *testing.B, key *rsa.PrivateKey) float64 {
	const n = 200
	signer := &httpsig.Signer{KeyID: "https://h.example/#main-key", Key: key}
	return cpuOf(n, func() {
		for range n {
			req, err := http.NewRequest(http.MethodGet, "https://peer.example/u/bob", nil)
			if err != nil {
				b.Fatal(err)
			}
			if err := signer.SignRequest(req, httpsig.Body{}, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// takeAccept is the inbox of a host: it counts Accepts and says when all are there.
func takeAccept(w http.ResponseWriter, r *http.Request, accepted *atomic.Int64, all int64, done chan struct{}) {
	body, err := io.ReadAll(r.Body)
	if err == nil && strings.Contains(string(body), `"type":"Accept"`) && accepted.Add(1) == all {
		done <- struct{}{}
	}
	w.WriteHeader(http.StatusAccepted)
}

// sendUntilTaken sends the requests over 16 connections, each until it is answered 202, and returns how
// often somebody was told to wait.
func sendUntilTaken(b *testing.B, address string, requests [][]byte) int64 {
	b.Helper()
	var next, waits atomic.Int64
	var all sync.WaitGroup
	for range benchConns {
		all.Go(func() {
			conn, err := dialWire(address)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			for i := int(next.Add(1)) - 1; i < len(requests); i = int(next.Add(1)) - 1 {
				for {
					status, err := conn.send(requests[i])
					if err != nil {
						b.Error(err)
					}
					if strings.Contains(status, " 202 ") || b.Failed() {
						break
					}
					if !strings.Contains(status, " 429 ") && !strings.Contains(status, " 503 ") {
						b.Errorf("answered %q", status)
						return
					}
					waits.Add(1)
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	return waits.Load()
}
