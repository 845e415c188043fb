package federation

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

// TestEachServerHasItsShareOfTheDisk: what is kept of one server's posts in a day is bounded; it is told to
// come back, others are not concerned, and what keeps nothing goes on.
func TestEachServerHasItsShareOfTheDisk(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("ann"), "garden", circles.Public)
	bob, carol := h.far().speaker("bob"), h.far().speaker("carol")
	post := func(v *voice, n int) obj {
		return v.says("Create", v.page(fmt.Sprintf("/post/%d", n), h.address(c), fmt.Sprintf("Post %d", n)))
	}
	h.inbox.keeping.daily = 2000
	n, status := 0, 0
	for n = 1; n < 20; n++ {
		if status = bob.send(post(bob, n)); status != http.StatusAccepted {
			break
		}
	}
	if status != http.StatusTooManyRequests || n < 2 {
		t.Fatalf("the post number %d was answered %d, want 429 once the share is used up", n, status)
	}
	h.wantNoPost(fmt.Sprintf("%s/post/%d", bob.base, n))
	bob.must(bob.says("Like", bob.base+"/post/1"))
	carol.must(post(carol, 1))
	h.wantPost(carol.base + "/post/1")
	h.clock.forward(24 * time.Hour)
	bob.must(post(bob, n))
	h.wantPost(fmt.Sprintf("%s/post/%d", bob.base, n))
}

// TestARestartIsNoNewDay: what was written down counts on in the next process, beside what came before it was
// read; nothing is written where nothing came; and a day later the count begins anew.
func TestARestartIsNoNewDay(t *testing.T) {
	h := newHouse(t)
	bob := "bob.example"
	restart := func() {
		h.inbox.keeping = keeping{now: h.inbox.now, daily: 1000}
	}
	save := func() {
		t.Helper()
		if err := h.inbox.SaveKept(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count := func(host string, n int) error {
		err := h.inbox.keeping.full(host)
		if err == nil {
			h.inbox.keeping.add(host, n)
		}
		return err
	}
	restart()
	save()
	if err := count(bob, 600); err != nil {
		t.Fatal(err)
	}
	save()
	restart()
	if err := count(bob, 100); err != nil { // before the first sweep has read it
		t.Fatal(err)
	}
	if err := count("eve.example", 50); err != nil {
		t.Fatal(err)
	}
	save()
	if err := count(bob, 300); err != nil {
		t.Errorf("700 of 1000 are too many: %v", err)
	}
	if count(bob, 1) == nil {
		t.Error("a restart gave a server its share anew")
	}
	save()
	since, all := h.kept()
	if want := map[string]int64{bob: 1000, "eve.example": 50}; !reflect.DeepEqual(all, want) {
		t.Errorf("written down is %v, want %v", all, want)
	}
	h.inbox.keeping.add(bob, 0)
	if _, hosts := h.inbox.keeping.unsaved(); len(hosts) != 1 {
		t.Errorf("%v would be written, want only whose count changed", hosts)
	}
	h.clock.forward(23 * time.Hour)
	restart()
	save()
	if count(bob, 1) == nil {
		t.Error("after 23 hours and a restart the share is given anew")
	}
	h.clock.forward(time.Hour)
	restart()
	save()
	if err := count(bob, 10); err != nil {
		t.Errorf("a day later: %v", err)
	}
	save()
	if later, all := h.kept(); later <= since || len(all) != 1 || all[bob] != 10 {
		t.Errorf("a day later %v are written down", all)
	}
}

func (h *house) kept() (since int64, bytes map[string]int64) {
	h.Helper()
	bytes = map[string]int64{}
	err := h.store.View(h.Context(), func(tx *store.Tx) error {
		var all []store.Kept
		var err error
		since, all, err = tx.KeptSince()
		for _, k := range all {
			bytes[k.Host] = k.Bytes
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return since, bytes
}
