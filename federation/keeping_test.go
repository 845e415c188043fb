package federation

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"halqa/circles"
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
