package federation

import (
	"testing"

	"halqa/internal/store"
)

// TestADecisionAboutAHostHoldsAtOnce: a host that is blocked while the sender runs is sent nothing more,
// and gets what it missed when it is opened again.
func TestADecisionAboutAHostHoldsAtOnce(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.post("first", 0)
	w.deliver()
	decide := func(policy string) {
		t.Helper()
		w.update(func(tx *store.Tx) error { return tx.SetPeerPolicy(p.host, policy) })
		w.sender.PeerDecided(p.host, policy == "blocked")
	}
	decide("blocked")
	before := p.requests()
	for range 3 {
		w.post("while blocked", 0)
	}
	w.route()
	w.quiet()
	w.save()
	if got := p.requests(); got != before {
		t.Errorf("a blocked host was asked %d times", got-before)
	}
	if row := w.row(p); row.Policy != "blocked" {
		t.Errorf("what the sender wrote made the policy %q", row.Policy)
	}
	decide("")
	w.deliver()
	n := 0
	for _, a := range p.heard(t) {
		if a.Says == "Announce Create" {
			n++
		}
	}
	if n != 4 {
		t.Errorf("it has %d posts, want 4: %v", n, says(p.heard(t)))
	}
}
