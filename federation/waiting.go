package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

const (
	maxParked     = 20_000           // activities waiting for a fetch; above that senders keep theirs
	maxParkedHost = 5_000            // of one host, so that no one fills the rest up
	recountParked = 10 * time.Second // how old the count of them may be
)

// park keeps an activity until what it needs is here, as long as its sender has room.
func (in *Inbox) park(tx *store.Tx, p store.Parked) error {
	if !in.waiting.room(p.Signer) {
		return circles.Errorf(circles.Limited, "Too much is waiting here already; send this again later.")
	}
	p.DueAt = tx.Now()
	return tx.Park(p)
}

func (in *Inbox) nudge() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// waiting counts what is parked by the host that sent it. It reads the table now and then and adds up
// in between, so that parking costs no count of its own. It is safe for concurrent use.
type waiting struct {
	now func() time.Time

	mu      sync.Mutex
	counted time.Time
	all     int
	hosts   map[string]int
}

// recount reads how much there is, unless that was done a short while ago.
func (w *waiting) recount(ctx context.Context, s *store.Store) error {
	w.mu.Lock()
	fresh := w.hosts != nil && w.now().Sub(w.counted).Abs() < recountParked
	w.mu.Unlock()
	if fresh {
		return nil
	}
	hosts, all := map[string]int{}, 0
	err := s.View(ctx, func(tx *store.Tx) error {
		clear(hosts)
		all = 0
		return tx.ParkedBy(func(signer string, n int) {
			host, _ := hostOf(signer)
			hosts[host] += n
			all += n
		})
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts, w.all, w.counted = hosts, all, w.now()
	return nil
}

func (w *waiting) room(signer string) bool {
	host, _ := hostOf(signer)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all < maxParked && w.hosts[host] < maxParkedHost
}

func (w *waiting) add(signer string) {
	host, _ := hostOf(signer)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hosts == nil {
		w.hosts = map[string]int{}
	}
	w.all++
	w.hosts[host]++
}

// orderKey names what an activity must not overtake: the object it is about, or for something
// between two, both. What others say about an object is between the two as well: while it waits, the
// object's own server must not have to.
func orderKey(a *as.Envelope) string {
	object := about(a)
	switch {
	case object == "":
		return bounded(a.ID)
	case a.Type == "Announce" && (single(a) || !a.Object.Embedded()), single(a) && fetch.SameHost(object, a.Actor):
		return bounded(object)
	}
	who := a.Actor
	if inner, err := a.Object.Activity(); err == nil && inner.Actor != "" {
		who = inner.Actor
	}
	return bounded(who + " " + object)
}

// about returns the object that an activity, or the one in it, is about.
func about(a *as.Envelope) string {
	switch a.Type {
	case "Announce", "Undo", "Accept", "Reject":
		inner, err := a.Object.Activity()
		if err == nil && inner.Type != "" && !isContentType(inner.Type) && inner.Object.ID != "" && inner.ID != inner.Object.ID {
			return about(inner)
		}
	}
	return a.Object.ID
}

// single reports what changes an object, rather than what is between an actor and an object.
func single(a *as.Envelope) bool {
	switch a.Type {
	case "Create", "Update", "Delete":
		return true
	case "Undo", "Announce":
		inner, err := a.Object.Activity()
		return err == nil && (isContentType(inner.Type) || single(inner))
	}
	return false
}

// maxIndexed is what a key made of addresses may be long. PostgreSQL refuses to index 2,700 bytes.
const maxIndexed = 1024

// bounded returns a key itself, or what stands for it if it is too long to be indexed.
func bounded(key string) string {
	if len(key) <= maxIndexed {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// What an activity may lack.
const (
	needActor  = "actor"  // fetch the actor, then apply
	needObject = "object" // fetch the post or comment, then apply
	needParent = "parent" // the same of what is answered; if that is gone, its place will do
	needFresh  = "fresh"  // fetch it again and take over what its server says now; that is all
	needRenew  = "renew"  // the same for an actor
	needMove   = "move"   // fetch the actor, and if it says so lead the followers of another there
)

// A lacks error says that applying must wait until something was fetched. It never leaves the
// package.
type lacks struct {
	what    string
	address string
	circle  circles.CircleID // the circle elsewhere that announced it, 0 = none did; of needMove who moves
	behind  string           // the order key of something parked that it is about; then nothing else counts
	errand  *errand          // what it is fetched for, if that has bounds of its own; never kept
}

func (l *lacks) Error() string { return "lacks " + l.what + " " + l.address + l.behind }

// String is the form in which a parked row keeps it; "" = it only waits for its turn.
func (l lacks) String() string {
	if l.what == "" {
		return ""
	}
	return fmt.Sprintf("%s %d %s", l.what, l.circle, l.address)
}

func parseLacks(s string) (l lacks, ok bool) {
	parts := strings.SplitN(s, " ", 3)
	if len(parts) != 3 {
		return lacks{}, false
	}
	var id int64
	if _, err := fmt.Sscan(parts[1], &id); err != nil {
		return lacks{}, false
	}
	return lacks{what: parts[0], circle: circles.CircleID(id), address: parts[2]}, true
}

// onlyFetch reports a need that is the whole of what there is to do.
func (l lacks) onlyFetch() bool {
	return l.what == needFresh || l.what == needRenew || l.what == needMove
}
