package moderation

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

// A Policy is what this instance exchanges with a server.
type Policy string

const (
	// Open exchanges everything.
	Open Policy = ""
	// Limited takes posts and comments only by people whom somebody here follows, and in circles of
	// which they were members already; nobody from there joins another one. Votes count, and what is
	// written here is sent.
	Limited Policy = "limited"
	// Blocked exchanges nothing: what comes is refused with 403, nothing is sent and nothing fetched.
	Blocked Policy = "blocked"
)

// A Queue is how delivering to one server goes.
type Queue struct {
	Host     string
	Window   int // requests it may get at once
	Pending  int
	Behind   bool  // more is waiting in the log
	OldestAt int64 // when the oldest waiting entry was written, UTC microseconds; 0 = none waits
	Dropped  int64 // votes too old to be sent
	Dormant  bool  // it has failed for so long that it is left alone until it is heard from
}

// A Peer is another server as the people who run this instance see it. Times are UTC microseconds,
// 0 = never.
type Peer struct {
	Host         string
	Software     string // as it calls itself; "" = not known
	Version      string
	Policy       Policy
	Reason       string
	Trusted      bool  // in standing: ratings count from the first day, and claimed ages are believed
	DecidedAt    int64 // when the policy was set; of Policies only
	FirstSeenAt  int64
	HeardAt      int64
	ReachedAt    int64
	FailingSince int64
	NextTryAt    int64
	LastStatus   int
	LastError    string // one sentence, in English
	Queue        *Queue // nil = nothing waits for it
}

const peerPage = 100

// SetPeer says what is exchanged with a server from now on. It is for admins; everyone can read the
// reason, which only opening needs none of.
func (m *Moderation) SetPeer(ctx context.Context, who circles.Viewer, host string, policy Policy, reason string) error {
	host, err := m.cleanHost(host)
	if err != nil {
		return err
	}
	switch policy {
	case Open:
		if reason = text.CleanLine(reason, maxReason); reason == "" {
			break
		}
		fallthrough
	case Limited, Blocked:
		if reason, err = reasonFor(reason); err != nil {
			return err
		}
	default:
		return circles.FieldErrorf(circles.Invalid, "policy", "Choose what is exchanged with the server: everything, limited or nothing.").With("refused.policy", nil)
	}
	changed := false
	err = m.update(ctx, "policy for a server", func(tx *store.Tx) error {
		changed = false
		d, err := allow(tx, standing.Question{Who: who, Action: standing.DecidePeers})
		if err != nil {
			return err
		}
		old, err := tx.PeerPolicy(host)
		if err != nil || old == nil && policy == Open || old != nil && old.Policy == string(policy) && old.Reason == reason {
			return err
		}
		changed = true
		if err := tx.SetPolicy(host, string(policy), reason); err != nil {
			return err
		}
		return tx.AddModEntry(circles.ModEntry{By: d.Actor.ID, Action: circles.ModPeer, Host: host, Policy: string(policy), Reason: reason})
	})
	if err == nil && changed {
		m.peerDecided(host, policy == Blocked)
	}
	return err
}

// TrustPeer says whether a server is trusted in standing: ratings by its people count from its first day here,
// and the ages that it claims for its accounts are believed. Limiting or blocking it stands over that, and so
// does spam. It is for admins; trusting needs a reason, and everyone can read it.
func (m *Moderation) TrustPeer(ctx context.Context, who circles.Viewer, host string, trusted bool, reason string) error {
	host, err := m.cleanHost(host)
	if err != nil {
		return err
	}
	if reason = text.CleanLine(reason, maxReason); trusted {
		if reason, err = reasonFor(reason); err != nil {
			return err
		}
	}
	return m.update(ctx, "trust in a server", func(tx *store.Tx) error {
		d, err := allow(tx, standing.Question{Who: who, Action: standing.DecidePeers})
		if err != nil {
			return err
		}
		old, err := tx.PeerPolicy(host)
		if err != nil || trusted == (old != nil && old.Trusted) {
			return err
		}
		if err := tx.SetPeerTrusted(host, trusted); err != nil {
			return err
		}
		action := circles.ModDistrust
		if trusted {
			action = circles.ModTrust
		}
		return tx.AddModEntry(circles.ModEntry{By: d.Actor.ID, Action: action, Host: host, Reason: reason})
	})
}

func (m *Moderation) cleanHost(s string) (string, error) {
	host, err := text.Host(text.CleanLine(s, 300))
	if err != nil || host == "" {
		return "", circles.FieldErrorf(circles.Invalid, "host", "This is not the name of a server; write it like example.org.").With("refused.server-name", nil)
	}
	if host == m.host {
		return "", circles.FieldErrorf(circles.Invalid, "host", "That is this instance itself; choose another server.").With("refused.own-host", nil)
	}
	return host, nil
}

// Peers returns servers by name, behind the one named after ("" = from the first), with how delivering to
// them goes, and the name to continue behind, "" at the end. It is for the people who run this instance.
func (m *Moderation) Peers(ctx context.Context, who circles.Viewer, after string) (peers []Peer, next string, err error) {
	err = m.view(ctx, "peers", func(tx *store.Tx) error {
		_, err := mayDecide(tx, who, 0)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return m.AllPeers(ctx, after)
}

// AllPeers is Peers for whoever runs commands on the server itself.
func (m *Moderation) AllPeers(ctx context.Context, after string) (peers []Peer, next string, err error) {
	err = m.view(ctx, "peers", func(tx *store.Tx) error {
		rows, err := tx.PeerList(after, peerPage+1)
		peers, next = pageOf(rows)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	queues := make(map[string]*Queue)
	for _, q := range m.queues() {
		queues[q.Host] = &q
	}
	for i := range peers {
		peers[i].Queue = queues[peers[i].Host]
	}
	return peers, next, nil
}

// Policies returns the servers that are limited or blocked, with the reasons, for everyone to read.
func (m *Moderation) Policies(ctx context.Context, after string) (peers []Peer, next string, err error) {
	err = m.view(ctx, "policies", func(tx *store.Tx) error {
		rows, err := tx.Policies(after, peerPage+1)
		if err != nil {
			return err
		}
		peers, next = pageOf(rows)
		hosts := make([]string, len(peers))
		for i, p := range peers {
			hosts[i] = p.Host
		}
		since, err := tx.PoliciesSince(hosts)
		for i, p := range peers {
			peers[i] = Peer{Host: p.Host, Policy: p.Policy, Reason: p.Reason, DecidedAt: since[p.Host]}
		}
		return err
	})
	return peers, next, err
}

func pageOf(rows []store.PeerPolicy) (peers []Peer, next string) {
	if len(rows) > peerPage {
		rows = rows[:peerPage]
		next = rows[peerPage-1].Host
	}
	for _, r := range rows {
		peers = append(peers, Peer{
			Host: r.Host, Software: r.Family, Version: r.Version, Policy: Policy(r.Policy), Reason: r.Reason, Trusted: r.Trusted,
			FirstSeenAt: r.FirstSeenAt, HeardAt: r.HeardAt, ReachedAt: r.ReachedAt, FailingSince: r.FailingSince,
			NextTryAt: r.NextTryAt, LastStatus: r.LastStatus, LastError: r.LastError,
		})
	}
	return peers, next
}
