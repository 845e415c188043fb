package federation

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"halqa/internal/store"
)

const (
	// keptDaily is how many bytes of posts a host may have kept here in a day for our circles to announce.
	// They stay a week, so one host fills half a gigabyte at most; 16,000 posts of 4 KiB are more than
	// the largest server known writes into the circles of one other.
	keptDaily = 64 << 20

	maxKeepers = 4096 // hosts counted; when there are more, the day begins anew for all
)

// keeping counts the bytes that are kept of each host's posts, by the day. It counts in memory and is written
// down by SaveKept: a restart is no new day, and a request costs no write. It is safe for concurrent use.
type keeping struct {
	now   func() time.Time
	daily int64

	mu     sync.Mutex
	loaded bool // what an earlier process wrote down is in it
	since  time.Time
	hosts  map[string]int64
	dirty  map[string]bool // counted since it was written down
}

// full refuses a host that has had its share of the day.
func (k *keeping) full(host string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now().Sub(k.since).Abs() >= 24*time.Hour || len(k.hosts) > maxKeepers {
		k.since, k.hosts, k.dirty = k.now().Truncate(time.Microsecond), map[string]int64{}, map[string]bool{}
	}
	if k.hosts[host] < k.daily {
		return nil
	}
	return &httpError{http.StatusTooManyRequests, "Your server has written more here today than is kept of one; send this again later."}
}

func (k *keeping) add(host string, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hosts != nil {
		k.hosts[host] += int64(n)
		k.dirty[host] = true
	}
}

// load takes in what an earlier process wrote down, beside what this one has counted since it began.
func (k *keeping) load(since time.Time, all []store.Kept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loaded = true
	if k.now().Sub(since).Abs() >= 24*time.Hour {
		return
	}
	had := k.hosts
	k.since, k.hosts, k.dirty = since, make(map[string]int64, len(all)+len(had)), map[string]bool{}
	for _, h := range all {
		k.hosts[h.Host] = h.Bytes
	}
	for host, n := range had {
		k.hosts[host] += n
		k.dirty[host] = true
	}
}

// unsaved returns what changed since it was written down, and takes it for written.
func (k *keeping) unsaved() (since time.Time, hosts []store.Kept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for host := range k.dirty {
		hosts = append(hosts, store.Kept{Host: host, Bytes: k.hosts[host]})
	}
	clear(k.dirty)
	return k.since, hosts
}

// unwritten takes that back after a write that failed.
func (k *keeping) unwritten(hosts []store.Kept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, h := range hosts {
		if _, ok := k.hosts[h.Host]; ok {
			k.dirty[h.Host] = true
		}
	}
}

// SaveKept writes down how many bytes of whose posts were kept today, if that changed, and first takes in what
// the process before this one wrote. The clock calls it, and whoever stops the instance.
func (in *Inbox) SaveKept(ctx context.Context) error {
	k := &in.keeping
	k.mu.Lock()
	loaded := k.loaded
	k.mu.Unlock()
	if !loaded {
		var since int64
		var all []store.Kept
		err := in.store.View(ctx, func(tx *store.Tx) (err error) {
			since, all, err = tx.KeptSince()
			return err
		})
		if err != nil {
			return fmt.Errorf("bytes kept: %w", err)
		}
		k.load(time.UnixMicro(since), all)
	}
	since, hosts := k.unsaved()
	if len(hosts) == 0 {
		return nil
	}
	err := in.store.Update(ctx, func(tx *store.Tx) error { return tx.SaveKept(since.UnixMicro(), hosts) })
	if err != nil {
		k.unwritten(hosts)
		return fmt.Errorf("bytes kept: %w", err)
	}
	return nil
}
