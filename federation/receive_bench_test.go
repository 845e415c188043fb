//go:build unix

package federation

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
// another actor with another body, to a database that is durable at each answer. It reports the CPU of
// the whole process an activity, the sending side included, and what of it cannot be saved: one RSA
// verification, one durable commit in company, and one empty exchange over the same connections.
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
	limit := verify + commit + exchange

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
			b.ResetTimer()
			cpu := cpuTime()
			took := send16(b, h.server.Listener.Addr().String(), requests)
			spent := cpuTime() - cpu
			b.StopTimer()
			if got := int(h.mark() - before); got != b.N {
				b.Fatalf("%d entries in the log for %d activities", got, b.N)
			}
			slices.Sort(took)
			each := float64(spent.Microseconds()) / float64(b.N)
			b.ReportMetric(each, "µs-CPU/op")
			b.ReportMetric(each/limit, "×limit")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
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

// send16 sends the requests over 16 connections and returns how long each took.
func send16(b *testing.B, address string, requests [][]byte) []time.Duration {
	b.Helper()
	took := make([]time.Duration, len(requests))
	var next atomic.Int64
	var all sync.WaitGroup
	for range benchConns {
		conn := dialWire(b, address)
		all.Go(func() {
			defer conn.Close()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return
				}
				begun := time.Now()
				status := conn.send(b, requests[i])
				took[i] = time.Since(begun)
				if !strings.Contains(status, " 202 ") {
					b.Errorf("answered %q", status)
					return
				}
			}
		})
	}
	all.Wait()
	return took
}

// A wireConn sends requests that were made before and reads how they are answered.
type wireConn struct {
	net.Conn
	in *bufio.Reader
}

func dialWire(b *testing.B, address string) wireConn {
	b.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	return wireConn{conn, bufio.NewReader(conn)}
}

// send returns the status line of the answer, which may have a body of a known length.
func (c wireConn) send(b *testing.B, request []byte) (status string) {
	if _, err := c.Write(request); err != nil {
		b.Error(err)
		return ""
	}
	body := 0
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			b.Error(err)
			return ""
		}
		if status == "" {
			status = line
		}
		if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			fmt.Sscan(n, &body)
		}
		if line == "\r\n" {
			break
		}
	}
	if _, err := c.in.Discard(body); err != nil {
		b.Error(err)
	}
	return status
}

// physical measures what one activity cannot cost less than, in microseconds of CPU: an RSA verification,
// a durable commit in company, and an empty exchange.
func physical(b *testing.B, h *house, key *rsa.PrivateKey) (verify, commit, exchange float64) {
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
	requests := slices.Repeat([][]byte{raw.Bytes()}, n)
	exchange = cpuOf(n, func() { send16(b, listener.Addr().String(), requests) })
	b.Logf("the limit: verify %.0f µs + commit %.0f µs; an empty exchange, both sides, %.0f µs", verify, commit, exchange)
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
