package federation

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
	"halqa/internal/store"

	"github.com/maypok86/otter/v2"
)

const (
	keysKept     = 50_000           // keys held in memory, about 1 KiB each at most
	keyRefusals  = 10_000           // failures remembered
	keyRefusal   = 10 * time.Minute // how long a key that could not be had is not asked for again
	keyFetches   = 64               // keys fetched at the same time; each waits for the network, not for us
	keyFetchHost = 2                // of those from one host
	keyWaits     = 1024             // keys that may wait for their turn
	keyBytes     = 32 << 20         // of requests that may wait for keys
	keyRefreshes = 10 * time.Minute // a key that does not fit is fetched again, but not oftener than this
)

// A knownKey is a public key and whose it is.
type knownKey struct {
	key   httpsig.PublicKey
	owner string // the actor's address
	at    time.Time
}

// keyRing finds the public keys of other servers' actors: in memory, in the database, or by asking
// their server. It is safe for concurrent use.
type keyRing struct {
	store   *store.Store
	fetcher *documents
	now     func() time.Time

	known   *otter.Cache[string, knownKey]
	refused *otter.Cache[string, error]

	free   chan struct{}
	mu     sync.Mutex
	asking map[string]*askedKey // by key id
	hosts  map[string]*keyHost
	bytes  int // of the requests that wait
}

// An askedKey is a key being fetched; all who need it wait for the one answer.
type askedKey struct {
	done  chan struct{}
	found knownKey
	actor *as.Actor
	err   error
}

// A keyHost is a host that is being asked.
type keyHost struct {
	free  chan struct{}
	users int
}

func newKeyRing(s *store.Store, fetcher *documents, now func() time.Time) *keyRing {
	return &keyRing{
		store: s, fetcher: fetcher, now: now,
		known: otter.Must(&otter.Options[string, knownKey]{MaximumSize: keysKept}),
		refused: otter.Must(&otter.Options[string, error]{
			MaximumSize:      keyRefusals,
			ExpiryCalculator: otter.ExpiryWriting[string, error](keyRefusal),
		}),
		free:   make(chan struct{}, keyFetches),
		asking: map[string]*askedKey{},
		hosts:  map[string]*keyHost{},
	}
}

// look returns a key that is here already. ok is false where it has to be fetched from its host, which the
// error then says if it is blocked.
func (k *keyRing) look(ctx context.Context, keyID, host string) (found knownKey, ok bool, err error) {
	if found, ok := k.known.GetIfPresent(keyID); ok {
		return found, true, nil
	}
	var at store.SigningKey
	err = k.store.View(ctx, func(tx *store.Tx) error {
		blocked, err := tx.PeerBlocked(host)
		if err != nil {
			return err
		}
		if blocked {
			return errBlocked
		}
		at, err = tx.SigningKey(keyID)
		return err
	})
	if circles.Is(err, circles.NotFound) {
		return knownKey{}, false, nil
	}
	if err != nil {
		return knownKey{}, false, err
	}
	key, err := httpsig.ParsePEM(at.PEM)
	if err != nil || !fetch.SameHost(at.Owner, keyID) {
		return knownKey{}, false, nil
	}
	found = knownKey{key: key, owner: at.Owner, at: time.UnixMicro(at.FetchedAt)}
	k.known.Set(keyID, found)
	return found, true, nil
}

// fetch asks the key's server for it, and returns the actor it belongs to as well, which is stored
// only once a signature proves to be its own. One host is asked few things at a time, and one thing
// only once, however many wait for it; size is what the caller's request keeps in memory meanwhile. old is
// the key that does not fit, if there is one: what was fetched since, for somebody else, is not asked for
// again, and comes without its actor, as what look returns.
func (k *keyRing) fetch(ctx context.Context, keyID string, size int, old knownKey) (knownKey, *as.Actor, error) {
	if err, refused := k.refused.GetIfPresent(keyID); refused {
		return knownKey{}, nil, err
	}
	host, err := fetch.Host(keyID)
	if err != nil {
		return knownKey{}, nil, err
	}
	asked, found, err := k.join(ctx, keyID, host, size, old)
	if err != nil || asked == nil {
		return found, nil, err
	}
	defer func() {
		k.mu.Lock()
		k.bytes -= size
		k.mu.Unlock()
	}()
	select {
	case <-asked.done:
		return asked.found, asked.actor, asked.err
	case <-ctx.Done():
		return knownKey{}, nil, ctx.Err()
	}
}

// join returns the fetch of a key that is under way, or begins it; or the key, if it was fetched since the
// caller looked. The fetch goes on when who asked first hangs up, because others may wait.
func (k *keyRing) join(ctx context.Context, keyID, host string, size int, old knownKey) (*askedKey, knownKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	asked := k.asking[keyID]
	if asked == nil {
		if found, ok := k.known.GetIfPresent(keyID); ok && found.at.After(old.at) {
			return nil, found, nil
		}
	}
	if k.bytes+size > keyBytes || asked == nil && len(k.asking) >= keyWaits {
		return nil, knownKey{}, circles.Errorf(circles.Limited, "Too many keys are being fetched; try again shortly.")
	}
	k.bytes += size
	if asked != nil {
		return asked, knownKey{}, nil
	}
	asked = &askedKey{done: make(chan struct{})}
	k.asking[keyID] = asked
	h := k.hosts[host]
	if h == nil {
		h = &keyHost{free: make(chan struct{}, keyFetchHost)}
		k.hosts[host] = h
	}
	h.users++
	ctx = context.WithoutCancel(ctx)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, keyPatience)
		defer cancel()
		asked.found, asked.actor, asked.err = k.turn(ctx, h, keyID)
		if asked.err == nil {
			k.known.Set(keyID, asked.found)
		} else if ctx.Err() == nil && !circles.Is(asked.err, circles.Limited) {
			k.refused.Set(keyID, asked.err)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.asking, keyID)
		if h.users--; h.users == 0 {
			delete(k.hosts, host)
		}
		close(asked.done)
	}()
	return asked, knownKey{}, nil
}

// turn asks when it is this key's turn.
func (k *keyRing) turn(ctx context.Context, h *keyHost, keyID string) (knownKey, *as.Actor, error) {
	late := circles.Errorf(circles.Limited, "The key was not fetched in time; try again shortly.")
	if !acquire(ctx, h.free, nil) {
		return knownKey{}, nil, late
	}
	defer func() { <-h.free }()
	if !acquire(ctx, k.free, nil) {
		return knownKey{}, nil, late
	}
	defer func() { <-k.free }()
	return k.ask(ctx, keyID)
}

// forget drops a key that was replaced, or whose owner is gone.
func (k *keyRing) forget(keyID string) { k.known.Invalidate(keyID) }

func (k *keyRing) ask(ctx context.Context, keyID string) (knownKey, *as.Actor, error) {
	address, _, _ := strings.Cut(keyID, "#")
	actor, err := k.fetcher.actor(ctx, address)
	if err != nil {
		return knownKey{}, nil, fmt.Errorf("key %s: %w", keyID, err)
	}
	if !fetch.SameHost(actor.ID, keyID) {
		// A redirect led to another server, which must not speak under the first one's name.
		return knownKey{}, nil, circles.Errorf(circles.Denied, "The key at %s belongs to an actor of another server.", address)
	}
	key, listed := actor.Key(keyID)
	if !listed {
		return knownKey{}, nil, circles.Errorf(circles.Denied, "The actor at %s does not list the key that signed.", address)
	}
	if key.Owner != "" && key.Owner != actor.ID {
		return knownKey{}, nil, circles.Errorf(circles.Denied, "The key at %s says that it belongs to somebody else.", address)
	}
	var public httpsig.PublicKey
	if key.PEM != "" {
		public, err = httpsig.ParsePEM(key.PEM)
	} else {
		public, err = httpsig.ParseMultikey(key.Multibase)
	}
	if err != nil {
		return knownKey{}, nil, err
	}
	return knownKey{key: public, owner: actor.ID, at: k.now()}, actor, nil
}
