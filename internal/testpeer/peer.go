package testpeer

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	patience    = 15 * time.Second // Wait and every request of a peer give up after it; a story takes far less
	maxDocument = 1 << 20          // bytes of a fetched document
)

// A Peer is one remote server. Its methods may be called from several goroutines.
type Peer struct {
	URL     string // http://127.0.0.1:port, no slash at the end
	Persona Persona

	t      testing.TB
	now    func() time.Time
	traits traits
	rules  *rules
	client *http.Client
	server *http.Server
	bg     sync.WaitGroup  // deliveries that nobody waits for, and the server itself
	life   context.Context // ends with the test

	signRFC9421 bool
	doubleKnock bool

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced whenever anything below changes
	closed     bool          // nothing more is taken in
	keys       int           // number of the last key
	last       int           // number of the last object or activity
	actors     map[string]*Actor
	docs       map[string]obj // by id: what this peer has made
	raw        map[string]rawDocument
	behave     map[string]Behaviour // by path; "" is every path, "inbox" every inbox
	mutation   *Mutation
	tails      map[string]chan struct{} // by host: closed when what is under way there is done
	seen       map[string]bool          // ids of activities that were read
	remotes    map[string]obj           // actors of others
	stubs      map[string]obj           // documents of keys that are no part of an actor
	sites      map[string]bool          // by host: whether Lemmy has met its instance actor
	gone       map[string]bool          // hosts given up for ever
	received   []Receipt
	complaints []Complaint
	asked      []Question
	fetched    []string
	sent       []Sent
	world      world
}

// An Option changes a Peer before it listens.
type Option func(*Peer)

// WithClock makes the peer tell the time from now.
func WithClock(now func() time.Time) Option { return func(p *Peer) { p.now = now } }

// WithRFC9421 makes the peer sign in the newer family alone.
func WithRFC9421() Option { return func(p *Peer) { p.signRFC9421 = true } }

// WithDoubleKnock makes the peer sign by RFC 9421 first and, after 400 or 401, the older way, as
// servers built on Fedify do.
func WithDoubleKnock() Option { return func(p *Peer) { p.doubleKnock = true } }

// WithVersion makes NodeInfo state another version than the one whose rules are played.
func WithVersion(v string) Option { return func(p *Peer) { p.traits.version = v } }

// New starts a peer that stops when the test ends.
func New(t testing.TB, persona Persona, opts ...Option) *Peer {
	t.Helper()
	life, stop := context.WithCancel(context.Background())
	p := &Peer{
		Persona: persona, t: t, now: time.Now, traits: persona.traits(), life: life,
		changed: make(chan struct{}), actors: map[string]*Actor{}, docs: map[string]obj{},
		raw: map[string]rawDocument{}, behave: map[string]Behaviour{}, seen: map[string]bool{}, tails: map[string]chan struct{}{},
		remotes: map[string]obj{}, stubs: map[string]obj{}, gone: map[string]bool{}, sites: map[string]bool{}, world: newWorld(),
	}
	for _, o := range opts {
		o(p)
	}
	p.rules = p.traits.rules()
	p.client = p.newClient()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("testpeer: %v", err)
	}
	p.URL = "http://" + ln.Addr().String()
	p.keys = ln.Addr().(*net.TCPAddr).Port * 53 // far from those of a peer on a neighbouring port
	p.serve(ln)
	t.Cleanup(func() {
		stop() // ends what hangs, and deliveries under way
		p.mu.Lock()
		srv := p.server
		p.closed = true
		p.mu.Unlock()
		_ = srv.Close()
		p.bg.Wait()
		p.client.CloseIdleConnections()
	})
	p.instanceActor()
	return p
}

func (p *Peer) serve(ln net.Listener) {
	srv := &http.Server{Handler: http.HandlerFunc(p.handle), ReadHeaderTimeout: patience}
	p.mu.Lock()
	p.server = srv
	p.mu.Unlock()
	p.bg.Go(func() { _ = srv.Serve(ln) })
}

// Host is the address without the scheme, as it stands in handles.
func (p *Peer) Host() string { return strings.TrimPrefix(p.URL, "http://") }

// Down stops listening: connections are refused until Up.
func (p *Peer) Down() {
	p.mu.Lock()
	srv := p.server
	p.mu.Unlock()
	_ = srv.Close()
}

// Up listens again, on the same port.
func (p *Peer) Up() {
	p.t.Helper()
	ln, err := net.Listen("tcp", p.Host())
	if err != nil {
		p.t.Fatalf("testpeer: %v", err)
	}
	p.serve(ln)
}

// Mutate makes the peer apply m to every document of another host before it reads it, after
// signature and digest were checked, and forget the actors and complaints that it had. While a
// mutation is in force no verb fails the test for an inbox that cannot be found. nil ends that.
func (p *Peer) Mutate(m *Mutation) {
	p.update(func() {
		p.mutation, p.complaints = m, nil
		p.remotes, p.stubs = map[string]obj{}, map[string]obj{}
	})
}

func (p *Peer) mutating() bool { return read(p, func() bool { return p.mutation != nil }) }

// Wait returns once cond holds; it is asked again whenever something changes at this peer. After 15
// seconds the test fails with what and all that the peer has received.
func (p *Peer) Wait(t testing.TB, what string, cond func() bool) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		if cond() {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("%s did not see in %v: %s\n%s", p.Persona, patience, what, p.Story())
		}
	}
}

// Story tells what the peer received, a line each, for a failing test.
func (p *Peer) Story() string {
	var b strings.Builder
	for _, r := range p.Received() {
		fmt.Fprintf(&b, "  %s\n", r)
	}
	if b.Len() == 0 {
		return "  (nothing was received)"
	}
	return b.String()
}

// update changes the state and wakes those who wait.
func (p *Peer) update(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.changed)
	p.changed = make(chan struct{})
}

// read looks at the state.
func read[T any](p *Peer, f func() T) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	return f()
}

// number is the next number for an id.
func (p *Peer) number() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	return p.last
}

// activityID makes an id for an activity, as this server shapes them.
func (p *Peer) activityID() string { return p.URL + fmt.Sprintf(p.traits.activity, p.number()) }

// ours tells whether an id is of this peer.
func (p *Peer) ours(id string) bool { return hostOf(id) == p.Host() }
