package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"halqa/internal/app"
	"halqa/internal/testpeer"
)

// toldWithin is promised to authors: by then they read what holds their post up.
const toldWithin = 30 * time.Second

// A server that hangs, some that refuse and one that is down each show their own sentence on the
// author's post, and one that is well gets the post before any of them is given up.
func TestAuthorSeesWhoIsInTrouble(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	garden := w.circle("gardening")
	type trouble struct {
		persona testpeer.Persona
		begin   func(*testpeer.Peer)
		says    string // in the sentence
		status  int
		failed  bool // nothing is tried again
	}
	troubles := map[string]trouble{
		"hangs": {persona: testpeer.Lemmy, begin: func(p *testpeer.Peer) { p.Behave(testpeer.Hang()) }, says: "took too long"},
		"forbids": {persona: testpeer.PieFed, begin: func(p *testpeer.Peer) { p.Inboxes(testpeer.Refuse(http.StatusForbidden)) },
			says: "403", status: 403, failed: true},
		"breaks": {persona: testpeer.Mbin, begin: func(p *testpeer.Peer) { p.Inboxes(testpeer.Refuse(http.StatusInternalServerError)) },
			says: "500", status: 500},
		"is busy": {persona: testpeer.Mastodon, begin: func(p *testpeer.Peer) { p.Inboxes(testpeer.RetryAfter(http.StatusTooManyRequests, "3600")) },
			says: "429", status: 429},
		"is down": {persona: testpeer.GoToSocial, begin: (*testpeer.Peer).Down, says: "could not be reached"},
	}
	well := w.visit(testpeer.NodeBB)
	well.follows("gardening")
	ill := map[string]*visit{}
	for name, tr := range troubles {
		v := w.visit(tr.persona)
		v.follows("gardening")
		tr.begin(v.peer)
		ill[name] = v
	}
	calm := w.visit(testpeer.Misskey)
	calm.follows("gardening")

	post := w.post(w.lin, garden.CircleID(), "Who gets this?", "All who can.")
	well.shown("the post", post.at, nil)
	calm.shown("the post", post.at, nil)
	row := func(d *app.Delivery, v *visit) *app.DeliveryHost {
		for i := range d.Waiting {
			if d.Waiting[i].Host == v.peer.Host() {
				return &d.Waiting[i]
			}
		}
		return nil
	}
	look := func() *app.Delivery {
		d, err := w.h.app.Delivery(t.Context(), w.lin, post.ID)
		w.must(err)
		return d
	}
	if h := row(look(), ill["hangs"]); h == nil || h.Failed {
		t.Errorf("the others had to wait until the one that hangs was given up: %+v", h)
	}
	var d *app.Delivery
	told := within(toldWithin, func() bool {
		d = look()
		for _, v := range ill {
			if h := row(d, v); h == nil || h.Error == "" {
				return false
			}
		}
		return d.Done == 2
	})
	if !told {
		t.Fatalf("after %v the author sees %+v", toldWithin, d)
	}
	if want := len(ill) + 2; d.Total != want || d.Failed != 1 {
		t.Errorf("delivered to %d of %d, given up for %d; want 2 of %d and 1", d.Done, d.Total, d.Failed, want)
	}
	sentences := map[string]string{}
	for name, v := range ill {
		tr, h := troubles[name], row(d, v)
		if !strings.Contains(h.Error, tr.says) || !strings.Contains(h.Error, v.peer.Host()) || h.Status != tr.status || h.Failed != tr.failed {
			t.Errorf("the one that %s: %+v, want a sentence with %q, status %d, given up %v", name, *h, tr.says, tr.status, tr.failed)
		}
		if (h.NextTryAt != 0) == tr.failed {
			t.Errorf("the one that %s is tried again at %d, given up %v", name, h.NextTryAt, tr.failed)
		}
		plain := strings.ReplaceAll(h.Error, v.peer.Host(), "")
		if other, same := sentences[plain]; same {
			t.Errorf("the one that %s and the one that %s are told apart by nothing: %s", name, other, h.Error)
		}
		sentences[plain] = name
	}
}
