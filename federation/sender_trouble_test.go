package federation

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

func TestRetryAfterIsHonoured(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.deliver()
	p.set(func(int, []byte) (int, http.Header) {
		return http.StatusTooManyRequests, http.Header{"Retry-After": {"90"}}
	})
	w.post("Tomatoes", 0)
	w.route()
	w.quiet()
	n := p.requests()
	p.set(nil)
	w.clock.forward(89 * time.Second)
	w.sender.tick()
	w.sender.Heard(p.host) // it may say hello all it likes
	w.quiet()
	if got := p.requests(); got != n {
		t.Errorf("%d requests before the time was over", got-n)
	}
	w.clock.forward(2 * time.Second)
	w.sender.tick()
	if !w.quiet() {
		t.Errorf("not delivered after the wait: %+v", w.sender.Peers())
	}
}

func TestPoisonIsSkippedAndOnRecord(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.deliver()
	p.set(func(_ int, body []byte) (int, http.Header) {
		if strings.Contains(string(body), "Poison") {
			return http.StatusInternalServerError, nil
		}
		return http.StatusAccepted, nil
	})
	w.post("Poison", 0)
	for range 12 {
		w.post("Fine", 0)
		w.route()
		w.quiet()
		w.clock.forward(13 * time.Hour)
		w.sender.tick()
		w.quiet()
	}
	w.save()
	ex := w.exceptions(p)
	if len(ex) != 1 || ex[0].Status != 500 {
		t.Errorf("exceptions: %+v", ex)
	}
	if got := len(p.heard(t)); got != 13 {
		t.Errorf("heard %d activities, want the Accept and 12 posts", got)
	}
}

func TestUnauthorizedGetsASecondChance(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.deliver()
	p.set(func(n int, body []byte) (int, http.Header) {
		if strings.Contains(string(body), "Never") || n == 2 {
			return http.StatusUnauthorized, nil
		}
		return http.StatusAccepted, nil
	})
	w.post("Second time", 0)
	w.deliver()
	w.post("Never", 0)
	before := p.requests()
	w.deliver()
	w.save()
	if got := len(p.heard(t)); got != 2 {
		t.Errorf("heard %d activities, want 2", got)
	}
	if got := p.requests() - before; got != 2 {
		t.Errorf("%d requests for what is never taken, want 2", got)
	}
	if ex := w.exceptions(p); len(ex) != 1 || ex[0].Status != 401 {
		t.Errorf("exceptions: %+v", ex)
	}
}

func TestADormantHostWakesWhenHeard(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.deliver()
	p.set(always(http.StatusBadGateway))
	w.post("One", 0)
	w.route()
	for range 12 {
		w.quiet()
		w.clock.forward(13 * time.Hour)
		w.sender.tick()
	}
	w.quiet()
	w.sender.tick()
	n := p.requests()
	w.clock.forward(13 * time.Hour)
	w.sender.tick()
	w.post("Two", 0)
	w.route()
	w.quiet()
	if got := p.requests(); got != n {
		t.Errorf("a dormant host was asked %d times more", got-n)
	}
	if w.sender.inboxes[p.inbox] != nil {
		t.Error("a dormant host's inbox is in memory")
	}
	p.set(nil)
	w.sender.Heard(p.host)
	if !w.quiet() {
		t.Errorf("still pending after it was heard: %+v", w.sender.Peers())
	}
	if got := says(p.heard(t)); !slices.Equal(got, []string{"Accept Follow", "Announce Create", "Announce Create"}) {
		t.Errorf("heard %v", got)
	}
}

// What was still to be sent when the process ended is sent by the next one, even if the newest entry
// of its stream had arrived.
func TestARestartSendsWhatWasStuck(t *testing.T) {
	for _, later := range []string{"", "Later"} {
		w := newWorld(t)
		p := newPeer(t, "lemmy")
		w.follow(p, w.circle)
		w.deliver()
		p.set(func(_ int, body []byte) (int, http.Header) {
			if strings.Contains(string(body), "Stuck") {
				return http.StatusServiceUnavailable, nil
			}
			return http.StatusAccepted, nil
		})
		w.post("Stuck", 0)
		w.post("Fine", 0)
		w.route()
		heard := func(text string) (n int) {
			for _, h := range p.heard(t) {
				if strings.Contains(h.Content, text) {
					n++
				}
			}
			return n
		}
		for range 20 {
			w.quiet()
			if heard("Fine") > 0 {
				break
			}
			w.clock.forward(time.Minute)
			w.sender.tick()
		}
		if got := heard("Fine"); got != 1 {
			t.Fatalf("%d posts behind the stuck one arrived, want 1", got)
		}
		w.save()
		w.kill()
		p.set(nil)
		w.clock.forward(time.Hour)
		w.begin()
		if later != "" {
			w.post(later, 0)
		}
		w.deliver()
		for _, text := range []string{"Stuck", "Fine", later} {
			if got := heard(text); text != "" && got != 1 {
				t.Errorf("then %q: %q arrived %d times, want once", later, text, got)
			}
		}
	}
}

// makeDormant lets a peer fail until it is left alone.
func makeDormant(w *world, p *peer) {
	w.t.Helper()
	p.set(always(http.StatusBadGateway))
	w.route()
	for range 12 {
		w.quiet()
		w.clock.forward(13 * time.Hour)
		w.sender.tick()
	}
	w.quiet()
	w.sender.tick()
	if w.sender.inboxes[p.inbox] != nil {
		w.t.Fatal("a dormant host's inbox is in memory")
	}
	p.set(nil)
}

// Until the positions of a host that wakes are read again, nothing new may move them.
func TestAnEntryRoutedWhileAHostWakesPassesNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		fail error // of the first attempt to read the positions
	}{{"", nil}, {"at the second attempt", errors.New("disk full")}} {
		w := newWorld(t)
		p := newPeer(t, "lemmy")
		w.follow(p, w.circle)
		w.deliver()
		w.post("One", 0)
		makeDormant(w, p)
		w.post("Two", 0)
		w.route()
		w.post("Three", 0)
		gate, fail := make(chan struct{}), c.fail
		w.book.Also(func(*store.Tx) error { // the positions are written before they are read
			<-gate
			err := fail
			fail = nil
			return err
		})
		w.sender.Heard(p.host)
		w.route()
		close(gate)
		w.quiet()
		w.sender.tick()
		if !w.quiet() {
			t.Errorf("%s: still pending: %+v", c.name, w.sender.Peers())
		}
		if got := says(p.heard(t)); len(got) != 4 {
			t.Errorf("%s: heard %v, want the Accept and three posts", c.name, got)
		}
	}
}

// What a dormant host was sent before it fell asleep may have arrived.
func TestATriedCreateIsTakenBackAfterDormancy(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.deliver()
	post := w.post("One", 0)
	makeDormant(w, p)
	w.change(post, circles.PostDeleted, "")
	w.route()
	w.sender.Heard(p.host)
	if !w.quiet() {
		t.Errorf("still pending after it was heard: %+v", w.sender.Peers())
	}
	if got := says(p.heard(t)); !slices.Equal(got, []string{"Accept Follow", "Announce Delete"}) {
		t.Errorf("heard %v", got)
	}
}
