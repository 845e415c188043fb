package fetch

import (
	"container/list"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"halqa/circles"
)

// A wildcard DNS record makes endless hosts out of one domain, and each can refer to the next
// (CVE-2022-46405). So a registered domain introduces few new ones at a time.
const (
	newSubdomains = 10        // an hour and registered domain
	budgetWindow  = time.Hour // from the first new one on

	// Both maps are bounded: strangers choose their keys (Fedify 2026-69132).
	maxKnownHosts = 50_000
	maxDomains    = 10_000
)

// budget counts the hosts of each registered domain that were not seen before.
type budget struct {
	now func() time.Time

	mu      sync.Mutex
	hosts   *lru[struct{}]
	domains *lru[*window]
}

type window struct {
	began time.Time
	used  int
}

func newBudget(now func() time.Time) *budget {
	return &budget{now: now, hosts: newLRU[struct{}](maxKnownHosts), domains: newLRU[*window](maxDomains)}
}

// spend refuses u if its host is one new subdomain too many.
func (c *Client) spend(u *url.URL) error {
	name, err := hostName(u)
	if err != nil {
		return err
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return nil
	}
	if c.known != nil {
		if host, err := hostOf(u); err == nil && c.known(host) {
			return nil
		}
	}
	return c.budget.spend(name)
}

func (b *budget) spend(name string) error {
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		domain = name // a public suffix itself, or a single label: nobody hands out names below it
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.hosts.get(name); ok {
		return nil
	}
	now := b.now()
	w, ok := b.domains.get(domain)
	if !ok || now.Sub(w.began) >= budgetWindow {
		w = &window{began: now}
		b.domains.put(domain, w)
	}
	if w.used >= newSubdomains {
		return refusal(circles.Limited, ReasonSubdomains, "Too many servers under %s are new; try again in an hour.", domain)
	}
	w.used++
	b.hosts.put(name, struct{}{})
	return nil
}

// lru is a map that forgets its least recently used key when it is full.
type lru[V any] struct {
	limit int
	order *list.List // of *entry[V], the most recent first
	byKey map[string]*list.Element
}

type entry[V any] struct {
	key   string
	value V
}

func newLRU[V any](limit int) *lru[V] {
	return &lru[V]{limit: limit, order: list.New(), byKey: make(map[string]*list.Element)}
}

func (l *lru[V]) get(key string) (v V, ok bool) {
	e, ok := l.byKey[key]
	if !ok {
		return v, false
	}
	l.order.MoveToFront(e)
	return e.Value.(*entry[V]).value, true
}

func (l *lru[V]) put(key string, v V) {
	if e, ok := l.byKey[key]; ok {
		e.Value.(*entry[V]).value = v
		l.order.MoveToFront(e)
		return
	}
	l.byKey[key] = l.order.PushFront(&entry[V]{key, v})
	if l.order.Len() > l.limit {
		last := l.order.Back()
		l.order.Remove(last)
		delete(l.byKey, last.Value.(*entry[V]).key)
	}
}
