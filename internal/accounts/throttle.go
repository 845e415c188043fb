package accounts

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"halqa/circles"
)

// How many at once, and how long until one more is allowed. A person mistypes a few times; a program
// guesses a million times. A name is counted for each address that tries it, not for itself alone:
// otherwise whoever sends one wrong password a minute keeps its owner out for good. A program with a
// thousand addresses then has 1,440,000 tries a day at one name, as far as our processors hash that
// many, which finds no password of twelve characters that is not a known one. An address may be a
// school's, so it is given more.
const (
	nameBurst, nameEvery       = 10, time.Minute
	addressBurst, addressEvery = 30, 10 * time.Second
	signupBurst, signupEvery   = 10, 5 * time.Minute
)

// maxBuckets bounds the memory of a throttle, to about 3 MB. Whoever fills it needs as many addresses.
const maxBuckets = 10_000

// A throttle counts events of each key. The key that was used least recently makes room.
type throttle struct {
	now   func() time.Time
	burst int
	every time.Duration
	mu    sync.Mutex
	byKey map[string]*list.Element // of *bucket
	used  *list.List               // the last used first
}

type bucket struct {
	key     string
	limiter *rate.Limiter
}

func newThrottle(now func() time.Time, burst int, every time.Duration) *throttle {
	return &throttle{now: now, burst: burst, every: every, byKey: map[string]*list.Element{}, used: list.New()}
}

// take uses one of the key's tokens, and reports whether there was one. give hands it back.
func (t *throttle) take(key string) bool {
	if key == "" {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bucket(key).limiter.AllowN(t.now(), 1)
}

// give hands back a token that was taken for something that turned out well.
func (t *throttle) give(key string) {
	if key == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bucket(key).limiter
	if b.TokensAt(t.now()) < float64(t.burst) {
		b.AllowN(t.now(), -1)
	}
}

func (t *throttle) bucket(key string) *bucket {
	if e := t.byKey[key]; e != nil {
		t.used.MoveToFront(e)
		return e.Value.(*bucket)
	}
	if len(t.byKey) >= maxBuckets {
		last := t.used.Back()
		delete(t.byKey, t.used.Remove(last).(*bucket).key)
	}
	b := &bucket{key, rate.NewLimiter(rate.Every(t.every), t.burst)}
	t.byKey[key] = t.used.PushFront(b)
	return b
}

// addressKey is what an address counts as: an IPv6 network has as many addresses as it likes, so the
// first half stands for it.
func addressKey(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return netip.PrefixFrom(a, 64).Masked().String()
	}
	return a.String()
}

func errOften() error {
	return circles.Errorf(circles.Limited, "That was too often; wait a minute and try again.").With("refused.too-often", nil)
}
