package federation

import (
	"net/http"
	"sync"
	"time"
)

const (
	// keptDaily is how many bytes of posts a host may have kept here in a day for our circles to announce.
	// They stay a week, so one host fills half a gigabyte at most; 16,000 posts of 4 KiB are more than
	// the largest server known writes into the circles of one other.
	keptDaily = 64 << 20

	maxKeepers = 4096 // hosts counted; when there are more, the day begins anew for all
)

// keeping counts the bytes that are kept of each host's posts, by the day. It is safe for concurrent use.
type keeping struct {
	now   func() time.Time
	daily int64

	mu    sync.Mutex
	since time.Time
	hosts map[string]int64
}

// full refuses a host that has had its share of the day.
func (k *keeping) full(host string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now().Sub(k.since).Abs() >= 24*time.Hour || len(k.hosts) > maxKeepers {
		k.since, k.hosts = k.now(), map[string]int64{}
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
	}
}
