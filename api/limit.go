package api

import (
	"math"
	"net/http"
	"net/netip"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"
)

const (
	keysKept    = 20_000           // tokens and addresses remembered
	keysForgets = 10 * time.Minute // by then their allowance is whole again
)

// limits count requests: a minute's worth at once, then evenly. They are safe for concurrent use.
type limits struct {
	now  func() time.Time
	most int // a minute, of a token
	kept *otter.Cache[string, *rate.Limiter]
}

func newLimits(now func() time.Time, most int) *limits {
	return &limits{now: now, most: most, kept: otter.Must(&otter.Options[string, *rate.Limiter]{
		MaximumSize: keysKept, ExpiryCalculator: otter.ExpiryAccessing[string, *rate.Limiter](keysForgets),
	})}
}

// take counts one request of a key and reports whether it may go on, out of how many, how many are left, and
// in how many seconds all are back; after a refusal, in how many there is one.
func (l *limits) take(key string, visitor bool) (most, left, reset int, ok bool) {
	most = l.most
	if visitor {
		most = max(most/3, 1)
	}
	limiter, found := l.kept.GetIfPresent(key)
	if !found {
		limiter, _ = l.kept.SetIfAbsent(key, rate.NewLimiter(rate.Limit(most)/60, most))
	}
	now := l.now()
	ok = limiter.AllowN(now, 1)
	tokens := limiter.TokensAt(now)
	back := (float64(most) - tokens) * 60 / float64(most)
	if !ok {
		back = (1 - tokens) * 60 / float64(most)
	}
	return most, max(int(tokens), 0), int(math.Ceil(back)), ok
}

// give takes back that a request of a key was counted.
func (l *limits) give(key string) {
	if limiter, ok := l.kept.GetIfPresent(key); ok {
		limiter.AllowN(l.now(), -1)
	}
}

// client is the address a request came from.
func (s *Server) client(r *http.Request) netip.Addr {
	if s.o.Client == nil {
		return netip.Addr{}
	}
	return s.o.Client(r)
}

// addressKey is what an address counts as: an IPv6 network has as many as it likes.
func addressKey(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return "a" + netip.PrefixFrom(a, 64).Masked().String()
	}
	return "a" + a.String()
}
