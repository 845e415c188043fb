package main

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// `halqa config check --online` asks its own server over the public address and wants to know what
// came out behind the proxy. The command gets a one-time path over the control socket, asks it from
// outside, and collects over the socket how the request looked; the public answer says nothing.

const (
	probePath   = "/probe"                    // on the control socket
	probePrefix = "/.well-known/halqa-probe/" // on the public address
	maxProbes   = 8                           // that wait; the socket is ours alone, so this is for forgotten ones
)

// A seen is how a request arrived.
type seen struct {
	Host    string     `json:"host"`
	Proto   string     `json:"proto"`  // X-Forwarded-Proto
	Peer    netip.Addr `json:"peer"`   // who connected to us: the proxy
	Client  netip.Addr `json:"client"` // whom we take it to come from
	Trusted bool       `json:"trusted"`
}

// probes are the paths that were handed out and what arrived at them.
type probes struct {
	mu      sync.Mutex
	waiting map[string]*seen // nil = nothing arrived yet
}

func (p *probes) begin() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil || len(p.waiting) >= maxProbes {
		p.waiting = map[string]*seen{}
	}
	path := probePrefix + rand.Text()
	p.waiting[path] = nil
	return path
}

// see takes a request to a path that was handed out, and reports whether it was one.
func (p *probes) see(h *house, r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, probePrefix) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.waiting[r.URL.Path]; !ok {
		return false
	}
	s := &seen{Host: r.Host, Proto: r.Header.Get("X-Forwarded-Proto"), Client: h.client(r)}
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		s.Peer = ap.Addr().Unmap()
		s.Trusted = s.Peer.IsLoopback() || h.trusted(s.Peer)
	}
	p.waiting[r.URL.Path] = s
	return true
}

// take returns what arrived at a path, and forgets it.
func (p *probes) take(path string) *seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.waiting[path]
	delete(p.waiting, path)
	return s
}

func (h *house) serveProbe(w http.ResponseWriter, _ *http.Request) {
	h.answer(w, h.probes.begin())
}

// serveProbed answers null where nothing arrived.
func (h *house) serveProbed(w http.ResponseWriter, r *http.Request) {
	h.answer(w, h.probes.take(r.URL.Query().Get("path")))
}

func (h *house) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		h.log.Warn("control socket", "error", err)
	}
}
