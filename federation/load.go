package federation

import (
	"context"
	"slices"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/fetch"
	"halqa/internal/run"
	"halqa/internal/store"
)

// start reads the routes, finds the inboxes that are behind, and returns where the log ended then:
// the dispatcher offers what comes later.
func (s *Sender) start(ctx context.Context) (circles.Seq, error) {
	var head circles.Seq
	routes := newRoutes()
	var cursors []store.Cursor
	var behind map[string]circles.Seq
	var peers []store.Peer
	err := s.store.View(ctx, func(tx *store.Tx) error {
		routes = newRoutes()
		var err error
		if _, head, err = tx.LogEnds(); err != nil {
			return err
		}
		if err := tx.Routes(routes.put); err != nil {
			return err
		}
		if cursors, err = tx.LoadCursors(); err != nil {
			return err
		}
		if behind, err = inboxesBehind(tx, routes, cursors); err != nil {
			return err
		}
		peers, err = tx.PeersBy(hostsOf(routes, behind))
		return err
	})
	if err != nil {
		return 0, err
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes, s.routed = routes, head
	s.hosts = make(map[string]*peerHost)
	s.inboxes = make(map[string]*inboxState)
	s.dirty = make(map[*inboxState]struct{})
	s.onRecord = make(map[string]struct{})
	s.press = newPress(s.site, s.store)
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.started, s.stopping = true, false
	s.requests, s.loads = 0, 0
	for _, p := range peers {
		s.hosts[p.Host] = peerFromRow(p)
	}
	saved := cursorsBy(cursors)
	for inbox, lanes := range saved {
		if len(lanes) == len(laneOrder) {
			s.onRecord[inbox] = struct{}{}
		}
	}
	for inbox, last := range behind {
		h := s.host(inbox)
		if h == nil || h.blocked || h.dormantNow(s.now()) {
			continue
		}
		st := s.resume(inbox, h, saved[inbox], last)
		s.wake(st)
		s.refill(st)
	}
	return head, nil
}

// dormantNow is dormant for a host whose row was read: the row does not tell when it failed last.
func (h *peerHost) dormantNow(now time.Time) bool {
	if !h.failingSince.IsZero() && now.Sub(h.failingSince) >= dormantAfter && h.fails > len(backoff) {
		h.failedAt = now
		return true
	}
	return false
}

// resume returns an inbox as its cursors left it.
func (s *Sender) resume(inbox string, h *peerHost, saved map[string]store.Cursor, want circles.Seq) *inboxState {
	st := &inboxState{url: inbox, host: h, want: want, late: s.routed}
	for i := range st.lanes {
		c := saved[string(laneOrder[i])]
		st.lanes[i].cursor = run.Resume(c.Acked, c.Beyond)
		if i == 0 || c.Acked < st.loaded {
			st.loaded = c.Acked
		}
	}
	return st
}

func cursorsBy(cursors []store.Cursor) map[string]map[string]store.Cursor {
	by := make(map[string]map[string]store.Cursor)
	for _, c := range cursors {
		inbox, ours := strings.CutPrefix(c.Consumer, store.SenderPrefix)
		if !ours {
			continue
		}
		if by[inbox] == nil {
			by[inbox] = make(map[string]store.Cursor, len(laneOrder))
		}
		by[inbox][c.Lane] = c
	}
	return by
}

// inboxesBehind returns the inboxes that may have work pending, each with the newest entry that may
// concern it. It looks at the end of each stream only, so it costs nothing that grows with the log;
// an inbox named without need finds nothing to do and goes back to sleep.
func inboxesBehind(tx *store.Tx, routes *routes, cursors []store.Cursor) (map[string]circles.Seq, error) {
	saved := cursorsBy(cursors)
	behind := make(map[string]circles.Seq)
	look := func(inbox string, lane circles.Lane, last circles.Seq) {
		// That the last one is done tells nothing: what is beyond Acked lies behind one that is not.
		if last > saved[inbox][string(lane)].Acked {
			behind[inbox] = max(behind[inbox], last)
		}
	}
	for stream, inboxes := range routes.streams {
		for _, lane := range laneOrder {
			last, err := tx.LastOfStream(stream, kindsOf(lane))
			if err != nil {
				return nil, err
			}
			if last == 0 {
				continue
			}
			for inbox := range inboxes {
				look(inbox, lane, last)
			}
		}
	}
	err := tx.LastNamed(func(inbox string, kind circles.EventKind, last circles.Seq) {
		if lane := kind.Lane(); lane != "" {
			look(inbox, lane, last)
		}
	})
	// What is behind in one lane reads all of them, up to the newest entry of any.
	return behind, err
}

// kindsOf lists the kinds of entries that travel in a lane.
func kindsOf(lane circles.Lane) []circles.EventKind {
	var kinds []circles.EventKind
	for _, k := range []circles.EventKind{
		circles.PostCreated, circles.PostUpdated, circles.PostDeleted, circles.PostRestored, circles.PostRemoved,
		circles.PostReturned, circles.PostLocked, circles.PostUnlocked, circles.PostPinned, circles.PostUnpinned,
		circles.MemberBanned, circles.MemberUnbanned, circles.ModeratorAdded, circles.ModeratorRemoved, circles.ReportSent,
		circles.MessageSent, circles.MessageDeleted, circles.GateTold, circles.TipReceipted, circles.TipRevoked,
		circles.PollCounted, circles.PollEnded,
		circles.VoteCast, circles.VoteWithdrawn, circles.PollVoted,
		circles.FollowAsked, circles.FollowAccepted, circles.FollowRefused, circles.FollowEnded,
		circles.ActorUpdated, circles.ActorDeleted,
	} {
		if k.Lane() == lane {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

func hostsOf(routes *routes, behind map[string]circles.Seq) []string {
	seen := make(map[string]struct{})
	add := func(inbox string) {
		if host, err := fetch.Host(inbox); err == nil {
			seen[host] = struct{}{}
		}
	}
	for inbox := range routes.inboxes {
		add(inbox)
	}
	for inbox := range behind {
		add(inbox)
	}
	hosts := make([]string, 0, len(seen))
	for host := range seen {
		hosts = append(hosts, host)
	}
	return hosts
}

// mayLoad reports whether it is worth reading for a host: not before it may be tried again.
func (h *peerHost) mayLoad(now time.Time) bool {
	return !h.blocked && !h.dormant() && !h.nextTry.After(now)
}

// load begins reading for inboxes that wait for it, a few at a time.
func (s *Sender) load() {
	for s.loads < maxLoads && len(s.toLoad) > 0 && !s.stopping {
		st := s.toLoad[0]
		s.toLoad = s.toLoad[1:]
		s.loads++
		s.working.Go(func() { s.read(st) })
	}
}

// read offers an inbox the next page of what concerns it.
func (s *Sender) read(st *inboxState) {
	s.mu.Lock()
	after, want, late := st.loaded, st.want, st.late
	streams := s.routes.streamsOf(st.url)
	ctx := s.ctx
	s.mu.Unlock()

	var page []*outgoing
	upTo := want
	err := s.store.View(ctx, func(tx *store.Tx) error {
		upTo = want
		all, err := tx.StreamEvents(streams, after, loadPage)
		if err != nil {
			return err
		}
		if len(all) == loadPage {
			upTo = min(upTo, all[loadPage-1].Seq)
		}
		named, err := tx.InboxEvents(st.url, after, loadPage)
		if err != nil {
			return err
		}
		if len(named) == loadPage {
			upTo = min(upTo, named[loadPage-1].Seq)
		}
		all = append(all, named...)
		slices.SortFunc(all, func(a, b circles.Event) int { return int(a.Seq - b.Seq) })
		all = slices.CompactFunc(all, func(a, b circles.Event) bool { return a.Seq == b.Seq })
		all = slices.DeleteFunc(all, func(e circles.Event) bool { return e.Seq > upTo || e.Kind.Lane() == "" })
		page, err = outgoings(tx, all, late)
		return err
	})

	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads--
	st.loading = false
	if err != nil {
		if s.ctx.Err() == nil {
			s.log.Error("read the log for an inbox", "inbox", st.url, "err", err)
		}
	} else if !st.dropped && s.started {
		s.take(st, page, upTo)
	}
	s.load()
	if s.started && !st.dropped && err == nil {
		s.refill(st)
		s.pump(st.host)
	}
	s.idle.Broadcast()
}

// take puts a page into the queues, as far as there is room.
func (s *Sender) take(st *inboxState, page []*outgoing, upTo circles.Seq) {
	old := micros(s.now().Add(-voteWorth))
	s.dirty[st] = struct{}{}
	for _, o := range page {
		if !s.routes.goesTo(o, st.url) {
			continue
		}
		if o.lane == circles.LaneVote && o.At < old {
			st.host.dropped++
			continue
		}
		if st.pending() >= pendingMost || !st.relieved() {
			st.loaded = o.Seq - 1
			return
		}
		st.offer(o)
		st.loaded = o.Seq
	}
	st.loaded = upTo
	for i := range st.lanes {
		st.lanes[i].cursor.Pass(upTo)
	}
}

// Heard tells the sender that a host spoke to us, which is worth more than any timer: what waited
// for it is tried at once.
func (s *Sender) Heard(host string) {
	s.mu.Lock()
	h := s.hosts[host]
	if !s.started || s.stopping || h == nil {
		s.mu.Unlock()
		return
	}
	asleep := h.dormant()
	woken := h.heard(s.now())
	if woken && !asleep {
		s.pump(h)
	}
	if woken && asleep {
		s.rouse(h)
	}
	s.mu.Unlock()
}

// PeerDecided tells the sender that a host was blocked, or is so no longer. A blocked one is sent nothing
// from then on; what was written meanwhile follows when it is opened again, as far as the log goes back.
func (s *Sender) PeerDecided(host string, blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started || s.stopping {
		return // it reads the rows when it starts
	}
	h := s.hosts[host]
	if h == nil {
		h = newPeerHost(host)
		s.hosts[host] = h
	}
	opened := h.blocked && !blocked
	h.blocked = blocked
	if !opened {
		return
	}
	s.pump(h)
	s.rouse(h)
}

// rouse brings the inboxes of a host back that entries were routed past. Until that is done, no new
// entry takes one of them into memory, or its position would move over what it missed.
func (s *Sender) rouse(h *peerHost) {
	h.missed = true
	if h.rousing || s.stopping {
		return
	}
	h.rousing = true
	ctx := s.ctx
	s.loads++
	s.working.Go(func() { s.recall(ctx, h) })
}

// recall reads the positions of a host's inboxes. If that fails, the next tick tries again.
func (s *Sender) recall(ctx context.Context, h *peerHost) {
	var cursors []store.Cursor
	err := s.book.Flush(ctx)
	if err == nil {
		err = s.store.View(ctx, func(tx *store.Tx) (err error) {
			cursors, err = tx.LoadCursors()
			return err
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.idle.Broadcast()
	s.loads--
	s.load() // others may have waited for the place
	h.rousing = false
	if err != nil || !s.started {
		if err != nil && ctx.Err() == nil {
			s.log.Error("wake a peer", "host", h.name, "err", err)
		}
		return
	}
	h.missed = false
	saved := cursorsBy(cursors)
	inboxes := make(map[string]struct{})
	for inbox := range s.routes.inboxes {
		inboxes[inbox] = struct{}{}
	}
	for inbox := range saved {
		inboxes[inbox] = struct{}{}
	}
	for inbox := range inboxes {
		if name, err := fetch.Host(inbox); err != nil || name != h.name || s.inboxes[inbox] != nil {
			continue
		}
		st := s.resume(inbox, h, saved[inbox], s.routed)
		s.wake(st)
		s.refill(st)
	}
}
