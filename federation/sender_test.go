package federation

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

func TestEachFamilyHearsItsForm(t *testing.T) {
	const none = ""
	cases := []struct {
		family string
		want   map[string]string // after an act: what is said, joined by "; "
	}{
		{"lemmy", map[string]string{
			"follow": "Accept Follow", "post": "Announce Create", "comment": "Announce Create", "edit": "Announce Update",
			"like": "Announce Like", "unlike": "Announce Undo Like", "dislike": "Announce Dislike",
			"remove": "Announce Delete", "return": "Announce Undo Delete; Announce Update",
			"delete": "Announce Delete", "restore": "Announce Undo Delete; Announce Update",
			"circle": "Announce Update",
		}},
		{"mastodon", map[string]string{
			"follow": "Accept Follow", "post": "Announce", "comment": none, "edit": "Update",
			"like": none, "unlike": none, "dislike": none,
			"remove": "Undo Announce", "return": "Announce", "delete": "Delete", "restore": "Undo Delete; Announce",
			"circle": "Update",
		}},
		{"sharkey", map[string]string{
			"follow": "Accept Follow", "post": "Announce", "comment": none, "edit": "Update",
			"like": none, "unlike": none, "dislike": none,
			"remove": "Undo Announce", "return": "Announce", "delete": "Delete", "restore": "Undo Delete; Announce",
			"circle": "Update",
		}},
		{"hubzilla", map[string]string{
			"follow": "Accept Follow", "post": "Announce Create; Announce", "comment": "Announce Create", "edit": "Announce Update; Update",
			"like": "Announce Like", "unlike": "Announce Undo Like", "dislike": "Announce Dislike",
			"remove": "Announce Delete; Undo Announce", "return": "Announce Undo Delete; Announce Update; Announce",
			"delete": "Announce Delete; Delete", "restore": "Announce Undo Delete; Announce Update; Undo Delete; Announce",
			"circle": "Announce Update; Update",
		}},
	}
	for _, c := range cases {
		t.Run(c.family, func(t *testing.T) {
			w := newWorld(t)
			p := newPeer(t, c.family)
			n := 0
			step := func(act string) {
				t.Helper()
				w.clock.forward(time.Minute)
				w.deliver()
				all := p.heard(t)
				if got := strings.Join(says(all[n:]), "; "); got != c.want[act] {
					t.Errorf("after %s: %s heard %q, want %q", act, c.family, got, c.want[act])
				}
				for _, h := range all[n:] {
					if !strings.Contains(h.Raw, "application/ld") && strings.Contains(h.Raw, "null") {
						t.Errorf("after %s: null in %s", act, h.Raw)
					}
				}
				n = len(all)
			}
			w.follow(p, w.circle)
			step("follow")
			post := w.post("Tomatoes", 0)
			step("post")
			w.post("Mine too", post)
			step("comment")
			w.change(post, circles.PostUpdated, "Ripe tomatoes")
			step("edit")
			w.vote(post, 1)
			step("like")
			w.vote(post, 0)
			step("unlike")
			w.vote(post, -1)
			step("dislike")
			w.change(post, circles.PostRemoved, "off topic")
			step("remove")
			w.change(post, circles.PostReturned, "")
			step("return")
			w.change(post, circles.PostDeleted, "")
			step("delete")
			w.change(post, circles.PostRestored, "")
			step("restore")
			w.update(func(tx *store.Tx) error {
				_, err := tx.AppendEvent(circles.Event{Kind: circles.ActorUpdated, Stream: w.circle, Signer: w.circle,
					OrderKey: int64(w.circle), Object: int64(w.circle)})
				return err
			})
			step("circle")
			if ex := w.exceptions(p); len(ex) != 0 {
				t.Errorf("exceptions: %+v", ex)
			}
		})
	}
}

// What is at an activity's address is what was sent under that id.
func TestActivityIsWhatWasSent(t *testing.T) {
	w := newWorld(t)
	lemmy, mastodon := newPeer(t, "lemmy"), newPeer(t, "mastodon")
	w.follow(lemmy, w.circle)
	w.follow(mastodon, w.circle)
	w.follow(mastodon, w.alice)
	post := w.post("Tomatoes", 0)
	w.post("Mine too", post)
	w.vote(post, 1)
	w.deliver()
	n := 0
	for _, h := range append(lemmy.heard(t), mastodon.heard(t)...) {
		form := strings.TrimPrefix(strings.TrimPrefix(h.ID, w.site.activityPath(h.Seq, "")), "/")
		body, open, _, err := Activity(context.Background(), w.store, w.site, h.Seq, form)
		if err != nil {
			t.Errorf("%s: %v", h.ID, err)
			continue
		}
		if string(body) != h.Raw {
			t.Errorf("%s:\n got %s\nsent %s", h.ID, body, h.Raw)
		}
		if want := !strings.HasPrefix(h.Says, "Accept"); open != want {
			t.Errorf("%s: open is %v, want %v", h.Says, open, want)
		}
		n++
	}
	if n < 8 {
		t.Errorf("only %d activities were sent", n)
	}
	if _, _, _, err := Activity(context.Background(), w.store, w.site, 99999, ""); !circles.Is(err, circles.NotFound) {
		t.Errorf("unknown activity: %v", err)
	}
}

func TestNothingLeavesALocalCircle(t *testing.T) {
	for _, v := range []circles.Visibility{circles.LocalOnly, circles.MembersOnly} {
		w := newWorld(t)
		p := newPeer(t, "lemmy")
		w.follow(p, w.circle)
		w.deliver()
		w.update(func(tx *store.Tx) error {
			c, err := tx.Circle(circles.CircleID(w.circle))
			if err != nil {
				return err
			}
			c.Visibility = v
			return tx.SaveCircle(c)
		})
		post := w.post("Secret", 0, p.inbox)
		w.vote(post, 1)
		w.change(post, circles.PostRemoved, "why")
		w.deliver()
		if got := says(p.heard(t)); !slices.Equal(got, []string{"Accept Follow"}) {
			t.Errorf("%s: the peer heard %v", v, got)
		}
		for seq := circles.Seq(2); seq <= w.pos; seq++ {
			if body, _, _, err := Activity(context.Background(), w.store, w.site, seq, ""); err == nil {
				t.Errorf("%s: activity %d is readable: %s", v, seq, body)
			}
		}
	}
}

func TestPendingChangesFold(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	first := w.post("First", 0)
	w.deliver()
	p.set(always(http.StatusServiceUnavailable))
	w.vote(first, 1) // fails, so that what follows stays pending
	w.route()
	w.quiet()

	w.change(first, circles.PostUpdated, "one")
	w.change(first, circles.PostUpdated, "two")
	w.change(first, circles.PostUpdated, "three")
	edited := w.post("Edited", 0)
	w.change(edited, circles.PostUpdated, "better")
	gone := w.post("Gone", 0)
	w.change(gone, circles.PostDeleted, "")
	w.vote(edited, 1)
	w.vote(edited, 0)
	back := w.post("Back", 0)
	w.change(back, circles.PostDeleted, "")
	w.change(back, circles.PostRestored, "")
	w.route()
	p.set(nil)
	w.deliver()

	var got []string
	for _, h := range p.heard(t)[2:] {
		got = append(got, h.Says+" "+h.Content)
	}
	slices.Sort(got)
	want := []string{"Announce Create <p>Back</p>", "Announce Create <p>better</p>", "Announce Like ", "Announce Undo Delete ",
		"Announce Update <p>Back</p>", "Announce Update <p>three</p>"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	_ = gone
}

// What may have arrived does not vanish: its Delete has to follow.
func TestATriedCreateIsTakenBack(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.deliver()
	p.set(always(http.StatusBadGateway))
	post := w.post("Perhaps it arrived", 0)
	w.route()
	w.quiet()
	w.change(post, circles.PostDeleted, "")
	p.set(nil)
	w.deliver()
	if got := says(p.heard(t)); !slices.Equal(got, []string{"Accept Follow", "Announce Delete"}) {
		t.Errorf("heard %v", got)
	}
}

func TestAHangingPeerHoldsUpNobody(t *testing.T) {
	w := newWorld(t)
	w.client = fetch.New(fetch.Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Now: w.clock.now,
		Read: time.Minute, Total: time.Minute})
	t.Cleanup(w.client.Close)
	w.kill()
	w.begin()
	hanging := newPeer(t, "lemmy")
	var healthy []*peer
	w.follow(hanging, w.circle)
	for range 5 {
		p := newPeer(t, "lemmy")
		healthy = append(healthy, p)
		w.follow(p, w.circle)
	}
	w.deliver()
	release := make(chan struct{})
	hanging.mu.Lock()
	hanging.hold = release
	hanging.mu.Unlock()
	const posts = 40
	for range posts {
		w.post("Tomatoes", 0)
	}
	w.route()
	w.until("the healthy ones have everything", func() bool {
		for _, p := range healthy {
			if w.sender.inboxes[p.inbox] != nil {
				return false
			}
		}
		return true
	})
	for i, p := range healthy {
		if got := len(p.heard(t)); got != posts+1 {
			t.Errorf("peer %d heard %d activities, want %d", i, got, posts+1)
		}
	}
	w.sender.mu.Lock()
	inflight, window := w.sender.hosts[hanging.host].inflight, w.sender.hosts[hanging.host].window
	w.sender.mu.Unlock()
	if inflight == 0 || inflight > int(window) {
		t.Errorf("%d requests hang at a window of %v", inflight, window)
	}
	close(release)
	w.deliver()
	if got := len(hanging.heard(t)); got != posts+1 {
		t.Errorf("the slow peer heard %d activities, want %d", got, posts+1)
	}
}

func TestTroubleIsShown(t *testing.T) {
	w := newWorld(t)
	w.client = fetch.New(fetch.Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Now: w.clock.now,
		Read: 50 * time.Millisecond})
	t.Cleanup(w.client.Close)
	w.kill()
	w.begin()
	hanging, refusing, dead := newPeer(t, "lemmy"), newPeer(t, "lemmy"), newPeer(t, "lemmy")
	for _, p := range []*peer{hanging, refusing, dead} {
		w.follow(p, w.circle)
	}
	w.deliver()
	release := make(chan struct{})
	defer close(release)
	hanging.mu.Lock()
	hanging.hold = release
	hanging.mu.Unlock()
	refusing.set(always(http.StatusForbidden))
	dead.set(always(http.StatusInternalServerError))
	w.post("Tomatoes", 0)
	w.route()
	w.quiet()
	w.save()
	for _, c := range []struct {
		p       *peer
		status  int
		error   string
		failing bool
		given   bool // given up
	}{
		{hanging, 0, "took too long", true, false},
		{refusing, 403, "answered with status 403", false, true},
		{dead, 500, "answered with status 500", true, false},
	} {
		row := w.row(c.p)
		if row.LastStatus != c.status || !strings.Contains(row.LastError, c.error) || (row.FailingSince != 0) != c.failing {
			t.Errorf("peer of status %d: row %+v", c.status, row)
		}
		ex := w.exceptions(c.p)
		if (len(ex) == 1) != c.given {
			t.Errorf("peer of status %d: exceptions %+v", c.status, ex)
		}
		if c.given && (ex[0].Status != c.status || !strings.Contains(ex[0].Error, c.error)) {
			t.Errorf("exception %+v", ex[0])
		}
	}
	if got := w.sender.Peers(); len(got) != 3 {
		t.Errorf("%d peers are shown in trouble, want 3: %+v", len(got), got)
	}
	// Once it goes well again nothing is left to show.
	dead.set(nil)
	w.clock.forward(time.Minute)
	w.sender.tick()
	w.until("the dead peer lives", func() bool { return w.sender.inboxes[dead.inbox] == nil })
	w.save()
	if row := w.row(dead); row.LastError != "" || row.FailingSince != 0 || row.ReachedAt == 0 {
		t.Errorf("after success: %+v", row)
	}
}

func TestRestartResendsTheSameBytes(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.deliver()
	w.save()
	const posts = 30
	for range posts {
		w.post("Tomatoes", 0)
	}
	// Some are taken in, but the process dies before it has written which.
	p.set(func(n int, _ []byte) (int, http.Header) {
		if n%3 == 0 {
			return http.StatusServiceUnavailable, nil
		}
		return http.StatusAccepted, nil
	})
	w.route()
	w.quiet()
	w.kill()
	p.drain(w)
	before := len(p.heard(t))
	if before < 2 || before >= posts+1 {
		t.Fatalf("%d taken in before the kill; the test needs some of %d", before, posts+1)
	}
	p.set(nil)
	w.clock.forward(time.Hour)
	w.begin()
	w.deliver()
	w.save()

	sent := map[string]string{}
	for _, h := range p.heard(t) {
		if was, again := sent[h.ID]; again && was != h.Raw {
			t.Errorf("%s was sent as\n%s\nand as\n%s", h.ID, was, h.Raw)
		}
		sent[h.ID] = h.Raw
	}
	if len(sent) != posts+1 {
		t.Errorf("the peer has %d activities, want %d", len(sent), posts+1)
	}
	if len(p.heard(t)) == posts+1 {
		t.Error("nothing was sent twice: the kill lost nothing to lose")
	}

	// And a third start finds nothing to do.
	n := p.requests()
	w.kill()
	w.begin()
	w.deliver()
	if got := p.requests(); got != n {
		t.Errorf("after a clean stop %d requests were made again", got-n)
	}
}

func TestAcceptGoesBeforeContent(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.alice) // the inbox is known and awake
	w.deliver()
	p.set(func(n int, body []byte) (int, http.Header) {
		if strings.Contains(string(body), `"type":"Accept"`) && n < 5 {
			return http.StatusServiceUnavailable, nil
		}
		return http.StatusAccepted, nil
	})
	w.follow(p, w.circle)
	w.post("Tomatoes", 0)
	w.deliver()
	got := says(p.heard(t))
	accept, announce := slices.Index(got[1:], "Accept Follow"), slices.Index(got[1:], "Announce Create")
	if accept < 0 || announce < accept {
		t.Errorf("heard %v", got)
	}
}

func TestVotesWaitForTheirPost(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.deliver()
	p.set(func(n int, body []byte) (int, http.Header) {
		if strings.Contains(string(body), `"type":"Create"`) && n < 6 {
			return http.StatusServiceUnavailable, nil
		}
		return http.StatusAccepted, nil
	})
	post := w.post("Tomatoes", 0)
	w.vote(post, 1)
	w.deliver()
	if got := says(p.heard(t)); !slices.Equal(got, []string{"Accept Follow", "Announce Create", "Announce Like"}) {
		t.Errorf("heard %v", got)
	}
}

func TestOldVotesAreNotWorthSending(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	post := w.post("Tomatoes", 0)
	w.deliver()
	w.save()
	w.kill()
	w.vote(post, 1)
	w.clock.forward(25 * time.Hour)
	w.post("Beans", 0)
	w.begin()
	w.deliver()
	if got := says(p.heard(t)); !slices.Equal(got, []string{"Accept Follow", "Announce Create", "Announce Create"}) {
		t.Errorf("heard %v", got)
	}
	w.sender.mu.Lock()
	defer w.sender.mu.Unlock()
	if got := w.sender.hosts[p.host].dropped; got != 1 {
		t.Errorf("%d votes are counted as dropped, want 1", got)
	}
}

func TestABacklogIsReadAPageAtATime(t *testing.T) {
	w := newWorld(t)
	p := newPeer(t, "lemmy")
	w.follow(p, w.circle)
	w.follow(p, w.alice)
	w.deliver()
	p.set(always(http.StatusBadGateway))
	const posts = 300
	for range posts {
		w.post("Tomatoes", 0)
	}
	w.route()
	w.quiet()
	w.sender.mu.Lock()
	if got := w.sender.inboxes[p.inbox].pending(); got > pendingMost {
		t.Errorf("%d entries in memory, at most %d may be", got, pendingMost)
	}
	w.sender.mu.Unlock()
	p.set(nil)
	w.deliver()
	seen := map[string]int{}
	for _, h := range p.heard(t) {
		seen[h.ID]++
	}
	if len(seen) != 2+2*posts {
		t.Errorf("heard %d different activities, want %d", len(seen), 2+2*posts)
	}
}

func TestWhoUnfollowedStillGetsTheDelete(t *testing.T) {
	w := newWorld(t)
	p, other := newPeer(t, "lemmy"), newPeer(t, "lemmy")
	f := w.follow(p, w.circle)
	post := w.post("Tomatoes", 0)
	w.deliver()
	w.unfollow(f)
	w.follow(other, w.circle)
	later := w.post("Beans", 0)
	w.change(later, circles.PostDeleted, "")
	w.change(post, circles.PostDeleted, "")
	w.deliver()
	var got []string
	for _, h := range p.heard(t) {
		got = append(got, h.Says+strings.TrimPrefix(h.Object, "https://h.example"))
	}
	want := []string{"Accept Followhttps", "Announce Create/post/" + post.String(), "Announce Delete/post/" + post.String()}
	if len(got) != 3 || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("heard %v", got)
	}
}

func TestABigBodyGoesAsAddress(t *testing.T) {
	long := strings.Repeat("tomato ", 8000)
	for _, c := range []struct {
		family string
		want   string
	}{{"misskey", "Create"}, {"hubzilla", "Announce; Announce Create; Create"}, {"mastodon", "Create"}} {
		w := newWorld(t)
		p := newPeer(t, c.family)
		if c.family == "hubzilla" {
			w.follow(p, w.circle)
		}
		w.deliver()
		n := len(p.heard(t))
		post := w.post("Long", 0, p.inbox)
		w.update(func(tx *store.Tx) error {
			whole, err := tx.Post(post)
			if err != nil {
				return err
			}
			whole.Body, whole.BodyHTML = long, long
			return tx.SavePostText(whole)
		})
		w.deliver()
		all := p.heard(t)[n:]
		got := says(all)
		slices.Sort(got)
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s heard %v, want %s", c.family, got, c.want)
		}
		for _, h := range all {
			if c.family != "mastodon" && len(h.Raw) > maxBrief {
				t.Errorf("%s got %d bytes", c.family, len(h.Raw))
			}
		}
	}
}
