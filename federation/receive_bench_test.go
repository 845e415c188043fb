//go:build unix

package federation

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

const (
	benchConns  = 16
	benchActors = 2000
	benchHosts  = 200
	benchKeys   = 16 // spread over the actors; each actor's is read and kept for itself
	benchPosts  = 50
)

// BenchmarkReceive takes in signed activities over TCP on loopback, 16 connections at a time, each from
// another actor with another body, to a database that is durable at each answer. Whoever sends them is a
// process of its own, so that the CPU an activity is what it costs the server; what it costs both is told
// beside it, and what of the server's cannot be saved: one RSA verification, one durable commit in company,
// and its part of an empty exchange over the same connections.
//
//	go test ./federation -run '^$' -bench Receive -benchtime 5000x
func BenchmarkReceive(b *testing.B) {
	h := newHouse(b)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	var posts []string
	for i := range benchPosts {
		posts = append(posts, h.postAddress(h.write(olga, c, fmt.Sprintf("Post %d", i))))
	}
	var keys []*rsa.PrivateKey
	for range benchKeys {
		key, err := httpsig.GenerateKey()
		if err != nil {
			b.Fatal(err)
		}
		keys = append(keys, key)
	}
	voices := benchVoices(h, keys)
	verify, commit, exchange := physical(b, h, keys[0])
	limit := verify + commit + exchange.server

	for _, kind := range []struct {
		name string
		body func(v *voice, i int) obj
	}{
		{"vote", func(v *voice, i int) obj { return v.says("Like", posts[i/benchActors%benchPosts]) }},
		{"comment", func(v *voice, i int) obj {
			note := v.note(fmt.Sprintf("/comment/%d", i), h.address(c), posts[i%benchPosts],
				fmt.Sprintf("I have thought about it for %d days, and I would water them less. <a href=\"https://x.example/%d\">See here</a>.", i, i))
			return v.says("Create", note)
		}},
	} {
		done := 0 // the runner calls again with a larger N
		b.Run(kind.name, func(b *testing.B) {
			requests := make([][]byte, b.N)
			var made sync.WaitGroup
			for part := range 2 {
				made.Go(func() {
					for i := part; i < b.N; i += 2 {
						v := voices[(done+i)%benchActors]
						requests[i] = wire(v, kind.body(v, done+i))
					}
				})
			}
			made.Wait()
			done += b.N
			before := h.mark()
			went := sendApart(b, h.server.Listener.Addr().String(), requests)
			if got := int(h.mark() - before); got != b.N {
				b.Fatalf("%d entries in the log for %d activities", got, b.N)
			}
			slices.Sort(went.Took)
			b.ReportMetric(went.server, "µs-server-CPU/op")
			b.ReportMetric(went.server+went.client, "µs-CPU-with-client/op")
			b.ReportMetric(went.server/limit, "×limit")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
			b.ReportMetric(float64(went.Took[len(went.Took)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}

// benchVoices makes actors of many servers known.
func benchVoices(h *house, keys []*rsa.PrivateKey) []*voice {
	h.Helper()
	voices := make([]*voice, benchActors)
	for i := range voices {
		host := fmt.Sprintf("h%d.example", i%benchHosts)
		f := &far{house: h, base: "https://" + host, host: host}
		v := &voice{far: f, id: fmt.Sprintf("%s/u/p%d", f.base, i), key: keys[i%len(keys)]}
		v.keyID = v.id + "#main-key"
		voices[i] = v
		public, err := httpsig.PublicPEM(v.key)
		if err != nil {
			h.Fatal(err)
		}
		h.update(func(tx *store.Tx) error {
			_, err := h.app.UpsertRemoteActor(tx, app.RemoteActor{Actor: circles.Actor{Kind: circles.KindPerson, Name: fmt.Sprintf("p%d", i),
				Host: host, URI: v.id, Inbox: v.id + "/inbox", SharedInbox: f.base + "/inbox", KeyID: v.keyID, PublicKey: public}})
			return err
		})
	}
	return voices
}

// wire is a signed request as it goes over the connection.
func wire(v *voice, activity obj) []byte {
	body, err := json.Marshal(activity)
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	if err := v.request(body).Write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// physical measures what one activity cannot cost a server less than, in microseconds of CPU: an RSA
// verification, a durable commit in company, and its part of an empty exchange, told beside its client's.
func physical(b *testing.B, h *house, key *rsa.PrivateKey) (verify, commit float64, exchange sent) {
	b.Helper()
	const n = 4000
	public, err := httpsig.PublicPEM(key)
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := httpsig.ParsePEM(public)
	if err != nil {
		b.Fatal(err)
	}
	body := bytes.Repeat([]byte("x"), 700)
	req, err := http.NewRequest(http.MethodPost, h.site.Base+"/inbox", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", fetch.ActivityJSON)
	if err := (&httpsig.Signer{KeyID: h.site.Base + "/x#main-key", Key: key}).SignRequest(req, httpsig.PrepareBody(body), h.clock.now()); err != nil {
		b.Fatal(err)
	}
	var raw bytes.Buffer
	if err := req.Clone(context.Background()).Write(&raw); err != nil {
		b.Fatal(err)
	}
	req.RequestURI = "/inbox"
	sig, err := httpsig.Parse(req)
	if err != nil {
		b.Fatal(err)
	}
	checked, err := sig.Check([]string{h.site.Host}, body, h.clock.now())
	if err != nil {
		b.Fatal(err)
	}
	verify = cpuOf(n, func() {
		for range n {
			if err := checked.Verify(verifier); err != nil {
				b.Fatal(err)
			}
		}
	})
	commit = cpuOf(n, func() {
		var all sync.WaitGroup
		for w := range benchConns {
			all.Go(func() {
				for i := range n / benchConns {
					err := h.store.Update(context.Background(), func(tx *store.Tx) error {
						_, _, err := tx.Admit(fmt.Sprintf("https://limit.example/%d/%d", w, i), body)
						return err
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
	empty := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var buf [as.MaxBody >> 8]byte
		for {
			if _, err := r.Body.Read(buf[:]); err != nil {
				break
			}
		}
		w.WriteHeader(http.StatusAccepted)
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go empty.Serve(listener)
	defer empty.Close()
	exchange = sendApart(b, listener.Addr().String(), slices.Repeat([][]byte{raw.Bytes()}, n))
	b.Logf("the limit: verify %.0f µs + commit %.0f µs + an empty exchange %.0f µs, which costs its client %.0f µs",
		verify, commit, exchange.server, exchange.client)
	return verify, commit, exchange
}

func cpuOf(n int, f func()) float64 {
	before := cpuTime()
	f()
	return float64((cpuTime() - before).Microseconds()) / float64(n)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
