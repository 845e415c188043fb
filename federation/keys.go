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
	keyFetches   = 16               // keys fetched at the same time
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

	free  chan struct{}
	mu    sync.Mutex
	hosts map[string]bool // a fetch is under way
}

func newKeyRing(s *store.Store, fetcher *documents, now func() time.Time) *keyRing {
	return &keyRing{
		store: s, fetcher: fetcher, now: now,
		known: otter.Must(&otter.Options[string, knownKey]{MaximumSize: keysKept}),
		refused: otter.Must(&otter.Options[string, error]{
			MaximumSize:      keyRefusals,
			ExpiryCalculator: otter.ExpiryWriting[string, error](keyRefusal),
		}),
		free:  make(chan struct{}, keyFetches),
		hosts: map[string]bool{},
	}
}

// look returns a key that is here already. ok is false where it has to be fetched.
func (k *keyRing) look(ctx context.Context, keyID string) (found knownKey, ok bool, err error) {
	if found, ok := k.known.GetIfPresent(keyID); ok {
		return found, true, nil
	}
	var a *circles.Actor
	err = k.store.View(ctx, func(tx *store.Tx) error {
		var err error
		a, err = tx.ActorByKey(keyID)
		return err
	})
	if circles.Is(err, circles.NotFound) {
		return knownKey{}, false, nil
	}
	if err != nil {
		return knownKey{}, false, err
	}
	key, err := httpsig.ParsePEM(a.PublicKey)
	if err != nil || a.Local() {
		return knownKey{}, false, nil
	}
	found = knownKey{key: key, owner: a.URI, at: time.UnixMicro(a.FetchedAt)}
	k.known.Set(keyID, found)
	return found, true, nil
}

// fetch asks the key's server for it, and returns the actor it belongs to as well, which is stored
// only once a signature proves to be its own. One host is asked one thing at a time.
func (k *keyRing) fetch(ctx context.Context, keyID string) (knownKey, *as.Actor, error) {
	if err, refused := k.refused.GetIfPresent(keyID); refused {
		return knownKey{}, nil, err
	}
	host, err := fetch.Host(keyID)
	if err != nil {
		return knownKey{}, nil, err
	}
	if !k.begin(host) {
		return knownKey{}, nil, circles.Errorf(circles.Limited, "Keys of %s are being fetched already; try again shortly.", host)
	}
	defer k.end(host)
	found, actor, err := k.ask(ctx, keyID)
	if err != nil {
		if ctx.Err() == nil {
			k.refused.Set(keyID, err)
		}
		return knownKey{}, nil, err
	}
	k.known.Set(keyID, found)
	return found, actor, nil
}

// forget drops a key that was replaced, or whose owner is gone.
func (k *keyRing) forget(keyID string) { k.known.Invalidate(keyID) }

func (k *keyRing) ask(ctx context.Context, keyID string) (knownKey, *as.Actor, error) {
	address, _, _ := strings.Cut(keyID, "#")
	actor, err := k.fetcher.actor(ctx, address)
	if err != nil {
		return knownKey{}, nil, fmt.Errorf("key %s: %w", keyID, err)
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

func (k *keyRing) begin(host string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hosts[host] {
		return false
	}
	select {
	case k.free <- struct{}{}:
	default:
		return false
	}
	k.hosts[host] = true
	return true
}

func (k *keyRing) end(host string) {
	k.mu.Lock()
	delete(k.hosts, host)
	k.mu.Unlock()
	<-k.free
}
