package store

import (
	"fmt"

	"halqa/circles"
)

// A Route is what delivery needs of a follow.
type Route struct {
	ID       int64
	Followee circles.ActorID
	Inbox    string
	FromSeq  circles.Seq
	UntilSeq circles.Seq // 0 = still following
}

const routeColumns = `f.id, f.followee, f.inbox, f.from_seq, f.until_seq`

func scanRoute(r rowScanner) (Route, error) {
	var f Route
	err := r.Scan(&f.ID, &f.Followee, &f.Inbox, &f.FromSeq, &f.UntilSeq)
	return f, err
}

// Routes calls f for every follow that was ever accepted and has an inbox, ended ones too, in the
// order in which they were made.
func (tx *Tx) Routes(f func(Route)) error {
	return tx.rows(`SELECT `+routeColumns+` FROM follow f WHERE f.inbox <> '' AND f.from_seq <> 0 ORDER BY f.id`, nil,
		func(r rowScanner) error {
			route, err := scanRoute(r)
			if err == nil {
				f(route)
			}
			return err
		})
}

// RoutesTouching returns the routes that an actor is an end of.
func (tx *Tx) RoutesTouching(actor circles.ActorID) ([]Route, error) {
	return list(tx, scanRoute, `SELECT `+routeColumns+` FROM follow f
		WHERE f.inbox <> '' AND f.from_seq <> 0 AND (f.followee = $1 OR f.follower = $1) ORDER BY f.id`, actor)
}

// LastOfStream returns the newest entry of a stream of one of these kinds; 0 if the log has none.
func (tx *Tx) LastOfStream(stream circles.ActorID, kinds []circles.EventKind) (circles.Seq, error) {
	places, args := in([]any{stream}, kinds)
	var last circles.Seq
	err := tx.row(`SELECT MAX(seq) FROM (SELECT seq FROM event WHERE stream = $1 AND kind IN (`+places+`)
		ORDER BY seq DESC LIMIT 1) AS newest`, args...).Scan(orZero(&last))
	return last, err
}

// LastNamed calls f with the newest entry of each kind that names an inbox.
func (tx *Tx) LastNamed(f func(inbox string, kind circles.EventKind, last circles.Seq)) error {
	return tx.rows(`SELECT t.inbox, e.kind, MAX(t.seq) FROM event_to t JOIN event e ON e.seq = t.seq
		GROUP BY t.inbox, e.kind ORDER BY t.inbox, e.kind`, nil, func(r rowScanner) error {
		var inbox string
		var kind circles.EventKind
		var last circles.Seq
		err := r.Scan(&inbox, &kind, &last)
		if err == nil {
			f(inbox, kind, last)
		}
		return err
	})
}

// PostSeqs are the places in the log of a post's Create and of its circle's Announce.
type PostSeqs struct{ Create, Announce circles.Seq }

// PostSeqs returns those of many posts; unknown ones are left out.
func (tx *Tx) PostSeqs(ids []circles.PostID) (map[circles.PostID]PostSeqs, error) {
	found := make(map[circles.PostID]PostSeqs, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	places, args := in(nil, ids)
	err := tx.rows(`SELECT id, create_seq, announce_seq FROM post WHERE id IN (`+places+`)`, args, func(r rowScanner) error {
		var id circles.PostID
		var s PostSeqs
		err := r.Scan(&id, &s.Create, &s.Announce)
		found[id] = s
		return err
	})
	return found, err
}

// A Peer is what is known of another server. Times are UTC microseconds, 0 = never.
type Peer struct {
	Host         string
	Family       string // NodeInfo's software.name
	Version      string
	AskedAt      int64 // when NodeInfo was asked for
	FirstSeenAt  int64
	HeardAt      int64
	ReachedAt    int64
	FailingSince int64
	Fails        int
	NextTryAt    int64
	LastStatus   int
	LastError    string
	Policy       string // "", "limited" or "blocked"
}

const peerColumns = `host, family, version, asked_at, first_seen_at, heard_at, reached_at, failing_since, fails,
	next_try_at, last_status, last_error, policy`

func scanPeer(r rowScanner) (Peer, error) {
	var p Peer
	err := r.Scan(&p.Host, &p.Family, &p.Version, &p.AskedAt, &p.FirstSeenAt, &p.HeardAt, &p.ReachedAt, &p.FailingSince,
		&p.Fails, &p.NextTryAt, &p.LastStatus, &p.LastError, &p.Policy)
	return p, err
}

// PeersBy returns the rows of these hosts, as far as there are any.
func (tx *Tx) PeersBy(hosts []string) ([]Peer, error) {
	var all []Peer
	for len(hosts) > 0 {
		page := hosts[:min(len(hosts), 256)]
		hosts = hosts[len(page):]
		places, args := in(nil, page)
		more, err := list(tx, scanPeer, `SELECT `+peerColumns+` FROM peer WHERE host IN (`+places+`)`, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// SavePeerHealth writes what delivering to a server told about it: everything but its policy.
func (tx *Tx) SavePeerHealth(p Peer) error {
	_, err := tx.exec(`INSERT INTO peer (host, family, version, asked_at, first_seen_at, heard_at, reached_at,
			failing_since, fails, next_try_at, last_status, last_error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (host) DO UPDATE SET family = excluded.family, version = excluded.version, asked_at = excluded.asked_at,
			heard_at = CASE WHEN excluded.heard_at > peer.heard_at THEN excluded.heard_at ELSE peer.heard_at END,
			reached_at = excluded.reached_at, failing_since = excluded.failing_since, fails = excluded.fails,
			next_try_at = excluded.next_try_at, last_status = excluded.last_status, last_error = excluded.last_error`,
		p.Host, p.Family, p.Version, p.AskedAt, tx.Now(), p.HeardAt, p.ReachedAt,
		p.FailingSince, p.Fails, p.NextTryAt, p.LastStatus, cleanText(p.LastError, maxExceptionError))
	if err != nil {
		return fmt.Errorf("peer %s: %w", p.Host, err)
	}
	return nil
}
