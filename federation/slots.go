package federation

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Before a signature is checked, nothing is known about a sender but the host its key claims to live
// on. Slots bound what one such host can take from the others: how many of its requests are worked
// on at a time, and how many it may send a second.

const (
	slotsAll     = 16   // requests worked on together; each costs a signature check and an Update
	slotsPerHost = 4    // of those, so that one busy peer leaves room for the rest
	waitPerHost  = 64   // requests of one host that may wait; another Halqa's window opens that far
	hostRate     = 400  // requests a second; lemmy.world, the largest sender known, makes about 40
	hostBurst    = 2000 // a peer that was down sends what it has kept
	maxHosts     = 4096 // hosts remembered; the one silent for longest is forgotten first
	slotWait     = 2 * time.Second
)

// slots is safe for concurrent use. Its keys are a host with the address block that speaks for it:
// the host alone is a claim until the signature is checked, and a stranger must not be able to use
// up the share of the host it names.
type slots struct {
	now  func() time.Time
	free chan struct{}

	mu    sync.Mutex
	hosts map[string]*hostSlots
}

type hostSlots struct {
	limit *rate.Limiter
	free  chan struct{}
	users int // working or waiting
	seen  time.Time
}

func newSlots(now func() time.Time) *slots {
	return &slots{now: now, free: make(chan struct{}, slotsAll), hosts: map[string]*hostSlots{}}
}

// take waits shortly for a slot. ok is false where the host is over its share; then after says when
// to come back. Otherwise release must be called; calling it again does nothing.
func (s *slots) take(ctx context.Context, host string) (release func(), after time.Duration, ok bool) {
	h, after := s.enter(host)
	if h == nil {
		return nil, after, false
	}
	timer := time.NewTimer(slotWait)
	defer timer.Stop()
	if !acquire(ctx, h.free, timer.C) {
		s.leave(h)
		return nil, time.Second, false
	}
	if !acquire(ctx, s.free, timer.C) {
		<-h.free
		s.leave(h)
		return nil, time.Second, false
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			<-s.free
			<-h.free
			s.leave(h)
		})
	}, 0, true
}

func acquire(ctx context.Context, free chan struct{}, timeout <-chan time.Time) bool {
	select {
	case free <- struct{}{}:
		return true
	default:
	}
	select {
	case free <- struct{}{}:
		return true
	case <-timeout:
	case <-ctx.Done():
	}
	return false
}

func (s *slots) enter(host string) (*hostSlots, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	h := s.hosts[host]
	if h == nil {
		s.forgetOne()
		h = &hostSlots{limit: rate.NewLimiter(hostRate, hostBurst), free: make(chan struct{}, slotsPerHost)}
		s.hosts[host] = h
	}
	h.seen = now
	if h.users >= slotsPerHost+waitPerHost {
		return nil, time.Second
	}
	if !h.limit.AllowN(now, 1) {
		return nil, 2 * time.Second
	}
	h.users++
	return h, 0
}

func (s *slots) leave(h *hostSlots) {
	s.mu.Lock()
	h.users--
	s.mu.Unlock()
}

// forgetOne makes room for another host. Hosts with requests under way stay. Of a few that come to
// hand the one silent for longest goes: looking at them all would be work that a stranger orders.
func (s *slots) forgetOne() {
	if len(s.hosts) < maxHosts {
		return
	}
	var oldest string
	var at time.Time
	seen := 0
	for name, h := range s.hosts {
		if h.users == 0 && (oldest == "" || h.seen.Before(at)) {
			oldest, at = name, h.seen
		}
		if seen++; seen >= 16 && oldest != "" || seen >= 256 {
			break
		}
	}
	delete(s.hosts, oldest)
}

// A slot is what one request holds of the slots while it is worked on.
type slot struct {
	slots *slots
	share string
	held  func()
}

// take waits for the slot, or says when to come back.
func (s *slot) take(ctx context.Context, w http.ResponseWriter) error {
	release, after, ok := s.slots.take(ctx, s.share)
	if !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(after/time.Second)))
		return &httpError{http.StatusTooManyRequests, "This server takes no more from you at the moment."}
	}
	s.held = release
	return nil
}

// release may be called when nothing is held.
func (s *slot) release() {
	if s.held != nil {
		s.held()
		s.held = nil
	}
}

const (
	bodiesAll   = 128 << 20 // bytes of requests in memory together; most are below 8 KiB
	bodiesBlock = 32 << 20  // of those from one part of the network
)

// bodies bounds the memory that requests take before anybody knows who sends them.
type bodies struct {
	mu     sync.Mutex
	all    int64
	blocks map[string]int64
}

func newBodies() *bodies { return &bodies{blocks: map[string]int64{}} }

func (b *bodies) take(block string, size int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all+size > bodiesAll || b.blocks[block]+size > bodiesBlock {
		return false
	}
	b.all += size
	b.blocks[block] += size
	return true
}

func (b *bodies) give(block string, size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all -= size
	if b.blocks[block] -= size; b.blocks[block] == 0 {
		delete(b.blocks, block)
	}
}
