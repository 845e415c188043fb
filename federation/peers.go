package federation

import (
	"cmp"
	"slices"
	"time"

	"halqa/circles"
)

// A PeerState is how delivering to one server goes, for the page that shows it.
type PeerState struct {
	Host         string
	Family       string // NodeInfo's software.name; "" = not known
	Version      string
	Window       int // requests it may get at once
	Inflight     int
	Pending      int       // entries in memory for it
	Behind       bool      // more are in the log
	OldestAt     int64     // when the oldest pending entry was written, UTC microseconds; 0 = none
	Dropped      int64     // votes too old to be sent, since the sender started
	FailingSince time.Time // zero = not failing
	NextTry      time.Time // zero = at once
	ReachedAt    time.Time
	LastStatus   int
	LastError    string // one sentence
	Dormant      bool   // waits until it is heard from
	Inboxes      []InboxQueue
}

// An InboxQueue is what waits for one inbox of a server.
type InboxQueue struct {
	Inbox   string
	Pending int
	Oldest  int64 // UTC microseconds
	Acked   map[circles.Lane]circles.Seq
}

// Peers returns the servers that something is pending for, or that fail, by name.
func (s *Sender) Peers() []PeerState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.states()
}

func (s *Sender) states() []PeerState {
	var all []PeerState
	for _, h := range s.hosts {
		if len(h.awake) == 0 && h.lastError == "" && h.failingSince.IsZero() {
			continue
		}
		p := PeerState{
			Host: h.name, Family: h.family, Version: h.version, Window: int(h.window), Inflight: h.inflight,
			Dropped: h.dropped, FailingSince: h.failingSince, NextTry: h.nextTry, ReachedAt: h.reachedAt,
			LastStatus: h.lastStatus, LastError: h.lastError, Dormant: h.dormant(),
		}
		for _, st := range h.awake {
			q := InboxQueue{Inbox: st.url, Pending: st.pending(), Acked: make(map[circles.Lane]circles.Seq, len(laneOrder))}
			for i := range st.lanes {
				q.Acked[laneOrder[i]], _ = st.lanes[i].cursor.Position()
				if len(st.lanes[i].items) > 0 {
					if at := st.lanes[i].items[0].At; q.Oldest == 0 || at < q.Oldest {
						q.Oldest = at
					}
				}
			}
			p.Pending += q.Pending
			p.Behind = p.Behind || st.want > st.loaded
			if q.Oldest != 0 && (p.OldestAt == 0 || q.Oldest < p.OldestAt) {
				p.OldestAt = q.Oldest
			}
			p.Inboxes = append(p.Inboxes, q)
		}
		slices.SortFunc(p.Inboxes, func(a, b InboxQueue) int { return cmp.Compare(a.Inbox, b.Inbox) })
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b PeerState) int { return cmp.Compare(a.Host, b.Host) })
	return all
}
