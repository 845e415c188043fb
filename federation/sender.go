package federation

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"halqa/circles"
	"halqa/internal/fetch"
	"halqa/internal/run"
	"halqa/internal/store"
)

const (
	requestTimeout = 12 * time.Second // of one delivery; the author sees within half a minute who hangs
	maxRequests    = 2048             // under way in all: each holds a socket
	maxLoads       = 4                // inboxes that read up on the log at the same time
	loadPage       = 200              // entries read at once for one inbox
	stopPatience   = 5 * time.Second  // what is under way when the sender stops may end well for so long
	tickEvery      = 250 * time.Millisecond

	// Entries in memory for one inbox: what its host's window can use, and hardly any while the host
	// fails, so that a thousand dead peers cost little.
	pendingPerWindow = 4
	pendingMost      = 256
	pendingFailing   = 8

	voteWorth  = 24 * time.Hour   // an older vote is not sent to a peer that is behind
	askAgain   = 24 * time.Hour   // a host that answered and did not tell
	askSoon    = 10 * time.Minute // one that did not answer
	askRefresh = 7 * 24 * time.Hour
)

// SenderOptions are what a Sender is made of.
type SenderOptions struct {
	Site  Site
	Store *store.Store
	Fetch *fetch.Client
	Book  *run.Book        // where positions are noted; its owner writes them every second
	Now   func() time.Time // nil = time.Now
	Log   *slog.Logger     // nil = nothing is logged
}

// A Sender delivers the log to other servers. It is a consumer of the log (Consumer) that keeps a
// cursor for each inbox and lane, and a part of the worker (Run). Nothing it holds grows with the
// number of posts: an inbox without pending work is not in memory but for its routes, and one that
// is far behind reads the log a page at a time.
//
// An entry is on its way through three places: route finds the inboxes that it concerns, the queue of
// an inbox and lane keeps order, and the host's window says when the next request may begin.
type Sender struct {
	site   Site
	store  *store.Store
	client *fetch.Client
	book   *run.Book
	now    func() time.Time
	log    *slog.Logger
	jitter func() float64
	press  *press
	keys   *signers

	mu       sync.Mutex
	started  bool
	routes   *routes
	hosts    map[string]*peerHost
	inboxes  map[string]*inboxState // with pending work
	dirty    map[*inboxState]struct{}
	onRecord map[string]struct{} // inboxes with a row for every lane: the next start need not look further back
	routed   circles.Seq         // how far the log was routed; at the start, where it ended
	ctx      context.Context
	cancel   context.CancelFunc
	stopping bool
	requests int
	released int         // how often what was held was let go on
	waiting  []*peerHost // for one of maxRequests
	loads    int
	toLoad   []*inboxState
	working  sync.WaitGroup
	idle     *sync.Cond // for tests: something ended
}

// NewSender returns a sender.
func NewSender(o SenderOptions) *Sender {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s := &Sender{
		site: o.Site, store: o.Store, client: o.Fetch, book: o.Book, now: o.Now, log: o.Log,
		jitter: randomJitter, press: newPress(o.Site, o.Store), keys: newSigners(o.Site, o.Store),
	}
	s.idle = sync.NewCond(&s.mu)
	return s
}

// Consumer is the sender's place in the dispatcher.
func (s *Sender) Consumer() run.Consumer {
	return run.Consumer{Name: "sender", Start: s.start, Handle: s.handle}
}

// Run lets failed hosts be tried again, and at the end of ctx waits for the requests under way. It
// belongs into the same worker as Consumer.
func (s *Sender) Run(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.stop()
			return ctx.Err()
		case <-tick.C:
			s.tick()
		}
	}
}

// handle routes the next entries of the log.
func (s *Sender) handle(ctx context.Context, batch []circles.Event) error {
	routed, follows, err := s.prepare(ctx, batch)
	if err != nil {
		return err
	}
	for _, o := range routed {
		if err := s.route(o, follows[o.Seq]); err != nil {
			return err
		}
	}
	return nil
}

// route puts one entry into the queues of all whom it concerns.
func (s *Sender) route(o *outgoing, follows []store.Route) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping || !s.started {
		return context.Canceled
	}
	s.routed = max(s.routed, o.Seq)
	for _, f := range follows {
		if o.Kind == circles.FollowAccepted && f.FromSeq != o.Seq {
			s.routes.moved(f, o.Seq) // it asked again, perhaps with another inbox
		}
		s.routes.put(f)
	}
	s.press.changed(o.Object)
	if o.Kind == circles.ActorUpdated {
		s.keys.forget(o.Signer)
		if o.lifts {
			s.release()
		}
	}
	if o.lane == "" {
		return nil
	}
	touched := make(map[*peerHost]struct{})
	s.routes.concerned(o, func(inbox string) {
		if st := s.deliverTo(inbox, o); st != nil {
			touched[st.host] = struct{}{}
		}
	})
	for h := range touched {
		s.pump(h)
	}
	return nil
}

// release lets go on what is held for suspended circles: a circle of ours changed, and may be suspended no
// more.
func (s *Sender) release() {
	s.released++
	for _, st := range s.inboxes {
		again := false
		for i := range st.lanes {
			for _, object := range st.lanes[i].release() {
				s.press.changed(object)
				again = true
			}
		}
		if again {
			s.pump(st.host)
		}
	}
}

// prepare reads what routing a batch needs, outside the lock.
func (s *Sender) prepare(ctx context.Context, batch []circles.Event) ([]*outgoing, map[circles.Seq][]store.Route, error) {
	var routed []*outgoing
	follows := make(map[circles.Seq][]store.Route)
	var peers []store.Peer
	err := s.store.View(ctx, func(tx *store.Tx) error {
		clear(follows)
		var err error
		if routed, err = outgoings(tx, batch, 0); err != nil {
			return err
		}
		for i, ev := range batch {
			switch ev.Kind {
			case circles.ActorUpdated: // people edit their profiles as they like, and nothing is held for them
				a, err := tx.Actor(circles.ActorID(ev.Object))
				if err != nil && !circles.Is(err, circles.NotFound) {
					return err
				}
				routed[i].lifts = err == nil && a.Kind == circles.KindCircle && a.SuspendedAt == 0
			case circles.FollowAccepted, circles.FollowRefused, circles.FollowEnded:
				f, err := tx.Follow(ev.Object)
				if circles.Is(err, circles.NotFound) {
					continue
				}
				if err != nil {
					return err
				}
				follows[ev.Seq] = append(follows[ev.Seq], store.Route{
					ID: f.ID, Followee: f.Followee, Inbox: f.Inbox, FromSeq: f.FromSeq, UntilSeq: f.UntilSeq})
			case circles.ActorDeleted:
				// Its follows ended with it, in both directions, without entries of their own.
				if follows[ev.Seq], err = tx.RoutesTouching(circles.ActorID(ev.Object)); err != nil {
					return err
				}
			}
		}
		peers, err = tx.PeersBy(s.strangers(batch, follows))
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("route: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range peers {
		if s.hosts != nil && s.hosts[p.Host] == nil {
			s.hosts[p.Host] = peerFromRow(p)
		}
	}
	return routed, follows, nil
}

// outgoings makes entries ready for queues. Those up to late may have been sent before.
func outgoings(tx *store.Tx, batch []circles.Event, late circles.Seq) ([]*outgoing, error) {
	all := make([]*outgoing, len(batch))
	var posts []circles.PostID
	for i, ev := range batch {
		o := &outgoing{Event: ev, lane: ev.Kind.Lane(), late: ev.Seq <= late}
		all[i] = o
		if inheritsAudience(ev.Kind) || o.lane == circles.LaneVote {
			posts = append(posts, circles.PostID(ev.Object))
		}
	}
	seqs, err := tx.PostSeqs(posts)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if inheritsAudience(o.Kind) || o.lane == circles.LaneVote {
			at := seqs[circles.PostID(o.Object)]
			o.created, o.announced = at.Create, at.Announce
		}
	}
	return all, nil
}

// strangers lists the hosts of a batch that are not in memory yet.
func (s *Sender) strangers(batch []circles.Event, follows map[circles.Seq][]store.Route) []string {
	var inboxes []string
	for _, ev := range batch {
		inboxes = append(inboxes, ev.To...)
	}
	for _, fs := range follows {
		for _, f := range fs {
			inboxes = append(inboxes, f.Inbox)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var hosts []string
	for _, inbox := range inboxes {
		if host, err := fetch.Host(inbox); err == nil && s.hosts[host] == nil && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// host returns what is known of an inbox's server; nil where its address cannot be one.
func (s *Sender) host(inbox string) *peerHost {
	name, err := fetch.Host(inbox)
	if err != nil || name == s.site.Host {
		return nil
	}
	h := s.hosts[name]
	if h == nil {
		h = newPeerHost(name)
		s.hosts[name] = h
	}
	return h
}

// deliverTo puts an entry into the queue of an inbox, waking it if need be; nil = it goes nowhere.
// An inbox that is not in memory has everything before the entry, or belongs to a host that entries
// are routed past: its position is in its row, and must not move.
func (s *Sender) deliverTo(inbox string, o *outgoing) *inboxState {
	st := s.inboxes[inbox]
	if st == nil {
		h := s.host(inbox)
		if h == nil || h.blocked || h.dormant() || h.missed {
			return nil
		}
		if o.lane == circles.LaneVote && classOf(h.family).micro() && !slices.Contains(o.To, inbox) {
			return nil // microblogs are told of no votes: not worth waking for
		}
		st = &inboxState{url: inbox, host: h, want: o.Seq - 1, loaded: o.Seq - 1}
		for i := range st.lanes {
			st.lanes[i].cursor = run.Resume(o.Seq-1, nil)
		}
		s.wake(st)
	}
	caughtUp := st.want <= st.loaded && !st.loading
	st.want = o.Seq
	if caughtUp && st.pending() < st.limit() && st.relieved() {
		st.offer(o)
		st.loaded = o.Seq
		s.dirty[st] = struct{}{}
	}
	return st
}

// wake takes an inbox into memory.
func (s *Sender) wake(st *inboxState) {
	s.inboxes[st.url] = st
	st.host.awake = append(st.host.awake, st)
}

// next returns the inbox's next entry that may go, and the lane it is in.
func (s *Sender) next(st *inboxState, now time.Time) (*laneQueue, *item) {
	control := &st.lanes[laneIndex(circles.LaneControl)]
	content := &st.lanes[laneIndex(circles.LaneContent)]
	asked := !s.mustAsk(st.host, now) && !st.host.asking
	var lane *laneQueue
	var best *item
	for i := range st.lanes {
		q := &st.lanes[i]
		it := q.next(now, func(it *item) bool {
			switch laneOrder[i] {
			case circles.LaneControl:
				return it.Kind != circles.ActorUpdated || asked
			case circles.LaneContent:
				// The Accept goes before the first post, and an Announce has a form for each family.
				return asked && control.cursor.Settled(s.routes.accepted(it.outgoing, st.url))
			default:
				return asked && content.cursor.Settled(it.created) && content.cursor.Settled(it.announced)
			}
		})
		if it != nil && (best == nil || it.tries < best.tries) {
			lane, best = q, it
		}
	}
	return lane, best
}

// mustAsk reports whether it has to be learned first what software the host runs.
func (s *Sender) mustAsk(h *peerHost, now time.Time) bool {
	if h.family != "" {
		return now.Sub(h.askedAt) >= askRefresh && h.fails == 0
	}
	return now.Sub(h.askedAt) >= askAgain
}

// pump begins as many requests as a host's window allows.
func (s *Sender) pump(h *peerHost) {
	now := s.now()
	if s.stopping || !s.started {
		return
	}
	if len(h.awake) > 0 && s.mustAsk(h, now) && !h.asking && h.room(now) && s.work(h) {
		h.asking = true
		inbox := h.awake[0].url
		s.begin(h, func() { s.ask(h, inbox) })
	}
	for idle := 0; idle < len(h.awake) && h.room(now); {
		st := h.awake[h.turn%len(h.awake)]
		h.turn++
		q, it := s.next(st, now)
		if it == nil {
			idle++
			continue
		}
		if s.requests >= maxRequests {
			if !h.queued {
				h.queued = true
				s.waiting = append(s.waiting, h)
			}
			return
		}
		idle = 0
		it.sending = true
		s.begin(h, func() { s.deliver(st, q, it) })
	}
}

// work reports whether a host has anything pending that depends on what it runs.
func (s *Sender) work(h *peerHost) bool {
	for _, st := range h.awake {
		for i := range st.lanes {
			for _, it := range st.lanes[i].items {
				if laneOrder[i] != circles.LaneControl || it.Kind == circles.ActorUpdated {
					return true
				}
			}
		}
	}
	return false
}

// begin runs a request of a host on a goroutine of its own.
func (s *Sender) begin(h *peerHost, request func()) {
	h.inflight++
	s.requests++
	s.working.Go(request)
}

// end gives a request's place back and lets others go on.
func (s *Sender) end(h *peerHost) {
	h.inflight--
	s.requests--
	s.pump(h)
	for s.requests < maxRequests && len(s.waiting) > 0 {
		next := s.waiting[0]
		s.waiting = s.waiting[1:]
		next.queued = false
		s.pump(next)
	}
	s.idle.Broadcast()
}

// refill has an inbox read on in the log when its queues run low, and lets it go when it has
// everything.
func (s *Sender) refill(st *inboxState) {
	if st.loading || st.dropped {
		return
	}
	if st.want > st.loaded {
		if st.pending() <= st.limit()/2 && st.relieved() && st.host.mayLoad(s.now()) {
			st.loading = true
			s.toLoad = append(s.toLoad, st)
			s.load()
		}
		return
	}
	if st.empty() {
		s.sleep(st)
	}
}

// sleep takes an inbox out of memory.
func (s *Sender) sleep(st *inboxState) {
	st.dropped = true
	s.save(st)
	delete(s.dirty, st)
	delete(s.inboxes, st.url)
	h := st.host
	h.awake = slices.DeleteFunc(h.awake, func(o *inboxState) bool { return o == st })
}

// save notes the positions of an inbox that moved.
func (s *Sender) save(st *inboxState) {
	_, recorded := s.onRecord[st.url]
	for i := range st.lanes {
		q := &st.lanes[i]
		if q.dirty || st.dropped && !recorded {
			acked, beyond := q.cursor.Position()
			s.book.Put(store.Cursor{Consumer: store.SenderPrefix + st.url, Lane: string(laneOrder[i]), Acked: acked, Beyond: beyond})
			q.dirty = false
		}
	}
	if st.dropped {
		s.onRecord[st.url] = struct{}{}
	}
}

// tick tries failed hosts again when their time has come, and notes what moved.
func (s *Sender) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		return
	}
	now := s.now()
	for _, h := range s.hosts {
		if h.missed {
			s.rouse(h)
		}
		if h.dormant() && len(h.awake) > 0 && h.inflight == 0 {
			for _, st := range slices.Clone(h.awake) {
				s.sleep(st)
			}
		}
		for _, st := range slices.Clone(h.awake) {
			s.refill(st)
		}
		if len(h.awake) > 0 && h.room(now) {
			s.pump(h)
		}
	}
	s.note()
}

// note hands what changed since the last time to the book.
func (s *Sender) note() {
	for st := range s.dirty {
		s.save(st)
	}
	clear(s.dirty)
	for _, h := range s.hosts {
		if h.changed {
			h.changed, h.savedAt = false, h.reachedAt
			row := h.row()
			s.book.Also(func(tx *store.Tx) error { return tx.SavePeerHealth(row) })
		}
	}
}

// stop ends the sender: what is under way may end well, what hangs is cut off.
func (s *Sender) stop() {
	s.mu.Lock()
	s.stopping = true
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cut := time.AfterFunc(stopPatience, cancel)
		s.working.Wait()
		cut.Stop()
		cancel()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		s.note()
	}
	s.started = false
	s.routes, s.hosts, s.inboxes, s.dirty, s.onRecord, s.waiting, s.toLoad = nil, nil, nil, nil, nil, nil, nil
}
