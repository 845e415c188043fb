package federation

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/httpsig"
	"halqa/internal/store"
)

// cpu is the time that this process has spent on processors.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A post goes to 1,000 hosts over kept connections. The receivers run in this process, so what they
// cost is measured by itself, with bare requests of the same size, and taken off. Printed is the CPU
// of one delivery and its ratio to one RSA signature of the same run.
func BenchmarkDelivery(b *testing.B) {
	const hosts = 1000
	w := newWorld(b)
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		buf := make([]byte, 4096)
		for {
			if _, err := r.Body.Read(buf); err != nil {
				break
			}
		}
		rw.WriteHeader(http.StatusAccepted)
	})
	var inboxes []string
	w.update(func(tx *store.Tx) error {
		for i := range hosts {
			// Every peer has an address of its own on loopback, and so a host of its own.
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.%d.%d:0", 1+i/250, 1+i%250))
			if err != nil {
				return err
			}
			server := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler}}
			server.Start()
			b.Cleanup(server.Close)
			host := l.Addr().String()
			inbox := "http://" + host + "/inbox"
			inboxes = append(inboxes, inbox)
			id := circles.ActorID(tx.NewID())
			err = tx.AddActor(&circles.Actor{ID: id, Kind: circles.KindPerson, Name: "bob", Host: host, URI: "http://" + host + "/u/bob",
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
	round := func() {
		w.post(strings.Repeat("Tomatoes ", 60), 0)
		w.route()
		if !w.quiet() {
			b.Fatalf("not delivered: %+v", w.sender.Peers()[:1])
		}
		w.save()
	}
	round() // connections are made

	private, _ := oneKey()
	key, err := httpsig.ParsePrivatePEM(private)
	if err != nil {
		b.Fatal(err)
	}
	signer := httpsig.Signer{KeyID: "https://h.example/c/gardening#main-key", Key: key}
	body := httpsig.PrepareBody([]byte(strings.Repeat("x", 3000)))

	b.ResetTimer()
	before := cpu(b)
	for b.Loop() {
		round()
	}
	whole := (cpu(b) - before) / time.Duration(b.N*hosts)
	b.StopTimer()

	// One signature.
	const signatures = 500
	before = cpu(b)
	for range signatures {
		req, err := http.NewRequest(http.MethodPost, inboxes[0], nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := signer.SignRequest(req, body, w.clock.now()); err != nil {
			b.Fatal(err)
		}
	}
	signature := (cpu(b) - before) / signatures

	// One bare exchange: client and server of net/http without anything of ours.
	bare := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	exchange := func() {
		for _, inbox := range inboxes {
			resp, err := bare.Post(inbox, "application/activity+json", strings.NewReader(string(body.Bytes)))
			if err != nil {
				b.Fatal(err)
			}
			resp.Body.Close()
		}
	}
	exchange()
	before = cpu(b)
	for range 3 {
		exchange()
	}
	loopback := (cpu(b) - before) / (3 * hosts)

	b.ReportMetric(float64(whole.Microseconds()), "µs-cpu/delivery-and-receipt")
	b.ReportMetric(float64(signature.Microseconds()), "µs-cpu/signature")
	b.ReportMetric(float64(loopback.Microseconds()), "µs-cpu/exchange")
	b.ReportMetric(float64(whole)/float64(signature), "ratio-with-receiver")
	// Half of a bare exchange is the receiver's.
	b.ReportMetric(float64(whole-loopback/2)/float64(signature), "ratio")
	b.ReportMetric(float64(hosts*b.N)/b.Elapsed().Seconds(), "deliveries/s")
}
