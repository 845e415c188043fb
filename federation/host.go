package federation

import (
	"math/rand/v2"
	"time"

	"halqa/internal/store"
)

// How fast a host is sent to, and how long it is left alone when it fails. Everything here is per
// host, so that one which hangs holds nothing but its own window.
const (
	windowStart = 4
	windowMost  = 64
	quick       = time.Second // an answer that took longer does not widen the window

	probeWindow = 1 // requests at once to a host whose last answer was a failure

	dormantAfter = 72 * time.Hour // of failing; then only hearing from the host wakes it

	poisonTries = 8 // of one activity that a host answers with 5xx while it takes others
)

// backoff is what a host, or one activity, waits after the n-th failure in a row.
var backoff = [...]time.Duration{0, 10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour}

// after returns the n-th wait, n counted from 1, give or take a fifth: hosts that fell together
// should not be asked together.
func after(n int, jitter func() float64) time.Duration {
	d := backoff[min(max(n, 1), len(backoff))-1]
	return d + time.Duration((jitter()*2-1)*0.2*float64(d))
}

// A peerHost is what the sender knows of one server. It is guarded by the Sender's lock.
type peerHost struct {
	name    string
	family  string    // NodeInfo's software.name; "" = not known
	version string    //
	askedAt time.Time // when NodeInfo was last asked for
	asking  bool
	blocked bool // nothing is exchanged with it
	missed  bool // entries were routed past it: the positions of its inboxes have to be read again
	rousing bool // they are being read

	window    float64
	threshold float64 // below it the window grows by one an answer, above it by one a round
	cutAt     time.Time
	inflight  int

	fails        int // rounds in a row
	failedAt     time.Time
	failingSince time.Time // zero = not failing
	nextTry      time.Time // zero = at once
	reachedAt    time.Time // last 2xx
	heardAt      time.Time
	lastStatus   int
	lastError    string

	dropped int64 // votes too old to be worth sending, since the start

	awake   []*inboxState // with pending work
	turn    int           // whose turn it is among them
	queued  bool          // waits for a free request slot of the whole sender
	changed bool          // differs from its row
	savedAt time.Time     // reachedAt as it stands in the row
}

func newPeerHost(name string) *peerHost {
	return &peerHost{name: name, window: windowStart, threshold: windowMost}
}

// peerFromRow is a host as the table knows it.
func peerFromRow(r store.Peer) *peerHost {
	h := newPeerHost(r.Host)
	h.family, h.version, h.blocked = r.Family, r.Version, r.Policy == "blocked"
	h.askedAt, h.heardAt, h.reachedAt = moment(r.AskedAt), moment(r.HeardAt), moment(r.ReachedAt)
	h.savedAt = h.reachedAt
	h.failingSince, h.nextTry = moment(r.FailingSince), moment(r.NextTryAt)
	h.fails, h.lastStatus, h.lastError = r.Fails, r.LastStatus, r.LastError
	return h
}

// row is what is kept of it.
func (h *peerHost) row() store.Peer {
	return store.Peer{
		Host: h.name, Family: h.family, Version: h.version, AskedAt: micros(h.askedAt),
		HeardAt: micros(h.heardAt), ReachedAt: micros(h.reachedAt),
		FailingSince: micros(h.failingSince), Fails: h.fails, NextTryAt: micros(h.nextTry),
		LastStatus: h.lastStatus, LastError: h.lastError,
	}
}

// room reports whether another request may begin now.
func (h *peerHost) room(now time.Time) bool {
	if h.blocked || h.dormant() || h.nextTry.After(now) {
		return false
	}
	limit := int(h.window)
	if h.fails > 0 {
		limit = probeWindow
	}
	return h.inflight < max(limit, 1)
}

// dormant reports whether the host has failed for so long that only hearing from it wakes it.
func (h *peerHost) dormant() bool {
	return !h.failingSince.IsZero() && h.failedAt.Sub(h.failingSince) >= dormantAfter
}

// succeeded notes a 2xx that took so long.
func (h *peerHost) succeeded(now time.Time, took time.Duration) {
	h.alive(now)
	h.reachedAt = now
	if (h.lastError != "" || h.lastStatus != 0) && !h.retrying() {
		h.lastError, h.lastStatus = "", 0
		h.changed = true
	}
	if now.Sub(h.savedAt) >= time.Hour {
		h.changed = true
	}
	if took >= quick {
		return
	}
	if h.window < h.threshold {
		h.window++
	} else {
		h.window += 1 / h.window
	}
	h.window = min(h.window, windowMost)
}

// retrying reports whether something that failed is still to be sent; until then its error is shown.
func (h *peerHost) retrying() bool {
	for _, st := range h.awake {
		for i := range st.lanes {
			for _, it := range st.lanes[i].items {
				if it.tries > 0 {
					return true
				}
			}
		}
	}
	return false
}

// alive notes that the host answered sensibly, whatever it said.
func (h *peerHost) alive(now time.Time) {
	if h.fails > 0 || !h.failingSince.IsZero() || !h.nextTry.IsZero() {
		h.changed = true
	}
	h.fails, h.failingSince, h.nextTry = 0, time.Time{}, time.Time{}
}

// refused notes an answer that will be the same next time.
func (h *peerHost) refused(now time.Time, status int, sentence string) {
	h.alive(now)
	h.lastStatus, h.lastError = status, sentence
	h.changed = true
}

// failed notes an answer, or the lack of one, that may be another next time. began is when the
// request was started: those that were under way together count as one failure.
func (h *peerHost) failed(began, now time.Time, status int, wait time.Duration, sentence string, jitter func() float64) {
	h.lastStatus, h.lastError = status, sentence
	h.changed = true
	if now.Sub(h.cutAt) >= quick || began.After(h.cutAt) {
		h.cutAt = now
		h.threshold = max(h.window/2, 2)
		h.window = max(h.window/2, 1)
		if status == 0 {
			h.window = 1 // it hangs: feel the way
		}
	}
	if status == statusTooMany {
		// It lives and says when: that is no failure to be counted.
		if wait <= 0 {
			wait = after(2, jitter)
		}
		h.nextTry = later(h.nextTry, now.Add(wait))
		return
	}
	if h.fails == 0 || !began.Before(h.failedAt) {
		h.fails++
		h.nextTry = later(h.nextTry, now.Add(max(after(h.fails, jitter), wait)))
	}
	h.failedAt = now
	if h.failingSince.IsZero() {
		h.failingSince = now
	}
}

// heard notes that the host itself spoke to us. It reports whether it is worth trying again at once.
func (h *peerHost) heard(now time.Time) bool {
	if now.Sub(h.heardAt) >= time.Hour {
		h.changed = true
	}
	h.heardAt = now
	if h.fails == 0 || h.lastStatus == statusTooMany {
		return false
	}
	// Once a minute at most: a host whose inbox is broken may go on talking.
	if now.Sub(h.failedAt) < time.Minute {
		return false
	}
	woken := h.dormant() || h.nextTry.After(now)
	if h.dormant() {
		h.failingSince = now // another three days
	}
	h.nextTry = time.Time{}
	h.changed = h.changed || woken
	return woken
}

const statusTooMany = 429

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func randomJitter() float64 { return rand.Float64() }
