package federation

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/moderation"
	"halqa/internal/store"
)

func (h *house) backfill() {
	h.Helper()
	if err := h.inbox.backfillDue(context.Background()); err != nil {
		h.Fatal(err)
	}
}

func (h *house) backfilled(v *voice) (b store.Backfill) {
	h.Helper()
	id := h.actor(v.id).ID
	h.view(func(tx *store.Tx) (err error) {
		b, err = tx.Backfill(id)
		return err
	})
	return b
}

func (f *far) collection(path string, items ...any) string {
	f.put(obj{"@context": "https://www.w3.org/ns/activitystreams", "id": f.base + path, "type": "OrderedCollection",
		"totalItems": len(items), "orderedItems": items})
	return f.base + path
}

// TestBackfillReadsEveryForm: a post in an outbox is one whatever it is wrapped in, and what is not the
// circle's own server's is fetched from where it lives.
func TestBackfillReadsEveryForm(t *testing.T) {
	n := newNeighbourhood(t)
	create := func(v *voice, page obj) obj { return v.says("Create", page) }
	announce := func(inner any) obj { return n.trees.says("Announce", inner) }
	ours := func(i int) obj { return n.bob.page(fmt.Sprintf("/post/%d", i), n.trees.id, fmt.Sprintf("Oak %d", i)) }
	theirs := func(i int) obj {
		return n.carol.put(n.carol.page(fmt.Sprintf("/post/%d", i), n.trees.id, fmt.Sprintf("Elm %d", i)))
	}
	forged := merge(n.carol.page("/post/3", n.trees.id, "Forged"))
	theirs(3)
	inAnothersName := n.bob.page("/post/66", n.trees.id, "Not bob's", obj{"attributedTo": n.carol.id})
	elsewhere := n.bob.page("/post/67", n.carol.base+"/c/other", "For another circle")
	private := n.bob.page("/post/68", n.trees.id, "Private", obj{"to": arr{n.trees.id}})
	byID := n.bob.put(create(n.bob, n.bob.put(ours(7))))
	n.put(n.trees, "/c/trees/outbox",
		announce(create(n.bob, ours(1))),           // Lemmy
		announce(theirs(2)["id"]),                  // a microblog's community
		announce(create(n.carol, forged)),          // the words of another server
		create(n.bob, ours(4)),                     // Mbin
		ours(5),                                    // a bare Page
		n.bob.put(ours(6))["id"],                   // or its address
		byID["id"],                                 // or that of its Create
		announce(announce(create(n.bob, ours(8)))), // nobody sends that
		announce(n.bob.says("Like", n.bob.base+"/post/1")),
		inAnothersName, elsewhere, private, 7, nil, obj{"type": "Page"},
		announce("https://not a host/"), n.site.Base+"/post/1",
	)
	n.backfill()
	for path, title := range map[string]string{"/post/1": "Oak 1", "/post/4": "Oak 4", "/post/5": "Oak 5", "/post/6": "Oak 6", "/post/7": "Oak 7"} {
		if p := n.wantPost(n.bob.base + path); p.Title != title || p.Circle != n.role() {
			t.Errorf("%s is %q in %s", path, p.Title, p.Circle)
		}
	}
	for path, title := range map[string]string{"/post/2": "Elm 2", "/post/3": "Elm 3"} {
		if p := n.wantPost(n.carol.base + path); p.Title != title || p.Circle != n.role() {
			t.Errorf("%s is %q in %s, want what its own server says", path, p.Title, p.Circle)
		}
	}
	for _, path := range []string{"/post/8", "/post/66", "/post/67", "/post/68"} {
		n.wantNoPost(n.bob.base + path)
	}
	if got := n.bob.seen("/post/1"); got != 0 {
		t.Errorf("what the circle's own server embedded was fetched %d times", got)
	}
	p := n.wantPost(n.bob.base + "/post/1")
	if want := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC); p.Published != want.UnixMicro() || circles.IDTime(int64(p.ID)).Truncate(time.Second) != want {
		t.Errorf("published %d, id of %v; want both of %v", p.Published, circles.IDTime(int64(p.ID)), want)
	}
	if b := n.backfilled(n.trees); b.DueAt != 0 || b.Tries != 1 {
		t.Errorf("afterwards %+v", b)
	}
}

// put makes a collection of a voice's server.
func (n *neighbourhood) put(v *voice, path string, items ...any) string {
	return v.collection(path, items...)
}

// TestBackfillReadsThreads: the answers to a post come from the collection of its thread, or where there
// is none from those of each answer.
func TestBackfillReadsThreads(t *testing.T) {
	n := newNeighbourhood(t)
	b, c := n.bob, n.carol
	context := b.base + "/post/1/context"
	n.put(n.trees, "/c/trees/outbox",
		b.page("/post/1", n.trees.id, "With context", obj{"context": context}),
		b.page("/post/2", n.trees.id, "With replies", obj{"context": "tag:example,2026:2", "replies": obj{"id": b.base + "/post/2/replies",
			"type": "Collection", "first": obj{"type": "CollectionPage", "partOf": b.base + "/post/2/replies",
				"next": b.base + "/post/2/replies/more", "items": arr{b.base + "/comment/4"}}}}),
		b.page("/post/3", n.trees.id, "With both, one of them broken", obj{"context": b.base + "/nothing", "replies": b.base + "/post/3/replies"}),
	)
	n.put(b, "/post/1/context", b.base+"/post/1", b.put(b.note("/comment/1", n.trees.id, b.base+"/post/1", "One"))["id"],
		b.note("/comment/2", n.trees.id, b.base+"/comment/1", "Two"), c.put(c.note("/comment/3", n.trees.id, b.base+"/comment/2", "Three"))["id"])
	b.put(obj{"id": b.base + "/post/2/replies/more", "type": "CollectionPage", "partOf": b.base + "/post/2/replies",
		"next": b.base + "/post/2/replies/more", "items": arr{c.put(c.note("/comment/5", n.trees.id, b.base+"/comment/4", "Five"))["id"]}})
	b.put(b.note("/comment/4", n.trees.id, b.base+"/post/2", "Four", obj{"replies": b.base + "/comment/4/replies"}))
	n.put(b, "/comment/4/replies", b.put(b.note("/comment/6", n.trees.id, b.base+"/comment/4", "Six"))["id"])
	n.put(b, "/post/3/replies", b.put(b.note("/comment/7", n.trees.id, b.base+"/post/3", "Seven"))["id"])
	n.backfill()
	for uri, parent := range map[string]string{
		b.base + "/comment/1": b.base + "/post/1", b.base + "/comment/2": b.base + "/comment/1", c.base + "/comment/3": b.base + "/comment/2",
		b.base + "/comment/4": b.base + "/post/2", c.base + "/comment/5": b.base + "/comment/4", b.base + "/comment/6": b.base + "/comment/4",
		b.base + "/comment/7": b.base + "/post/3",
	} {
		if p := n.wantPost(uri); p.Parent != n.wantPost(parent).ID {
			t.Errorf("%s does not hang below %s", uri, parent)
		}
	}
	if got := n.wantPost(b.base + "/post/1").Comments; got != 3 {
		t.Errorf("the first post has %d comments, want 3", got)
	}
	if got := b.seen("/post/2/replies/more"); got != 1 {
		t.Errorf("a page that names itself as the next was read %d times", got)
	}
}

// TestBackfillFollowsPages: Mastodon's outboxes have a first page, and every page names the next.
func TestBackfillFollowsPages(t *testing.T) {
	n := newNeighbourhood(t)
	box := n.trees.id + "/outbox"
	n.trees.put(obj{"id": box, "type": "OrderedCollection", "totalItems": 60, "first": box + "/1"})
	for page := 1; page <= 6; page++ {
		items := arr{}
		for i := range 4 {
			items = append(items, n.bob.page(fmt.Sprintf("/post/%d", 4*page+i), n.trees.id, "Oak"))
		}
		n.trees.put(obj{"id": fmt.Sprintf("%s/%d", box, page), "type": "OrderedCollectionPage", "partOf": box,
			"next": fmt.Sprintf("%s/%d", box, page+1), "orderedItems": items})
	}
	n.backfill()
	for i := 4; i < 4+backfillPosts; i++ {
		n.wantPost(fmt.Sprintf("%s/post/%d", n.bob.base, i))
	}
	n.wantNoPost(fmt.Sprintf("%s/post/%d", n.bob.base, 4+backfillPosts))
	if got := n.trees.seen("/c/trees/outbox/6"); got != 0 {
		t.Errorf("a page beyond what is wanted was asked for %d times", got)
	}
}

// TestBackfillIsBounded: a server that has no end is left after 200 objects, and one that does not
// answer after three.
func TestBackfillIsBounded(t *testing.T) {
	n := newNeighbourhood(t)
	items := arr{}
	for i := range 30 {
		path := fmt.Sprintf("/post/%d", i)
		items = append(items, n.bob.page(path, n.trees.id, "Oak", obj{"context": n.bob.base + path + "/context"}))
		answers := arr{}
		for k := range 25 {
			if i%2 == 0 {
				answers = append(answers, n.bob.put(n.bob.note(fmt.Sprintf("/comment/%d-%d", i, k), n.trees.id, n.bob.base+path, "Yes"))["id"])
			} else {
				answers = append(answers, fmt.Sprintf("%s/down/%d-%d", n.carol.base, i, k))
			}
		}
		n.put(n.bob, path+"/context", answers...)
	}
	down := 0
	for i := range 30 {
		for k := range 25 {
			n.carol.answer(fmt.Sprintf("/down/%d-%d", i, k), func(w http.ResponseWriter, r *http.Request) {
				down++
				w.WriteHeader(http.StatusBadGateway)
			})
		}
	}
	n.put(n.trees, "/c/trees/outbox", items...)
	n.backfill()
	if b := n.backfilled(n.trees); b.Fetched != backfillObjects || b.DueAt != 0 {
		t.Errorf("afterwards %+v, want %d fetched and nothing due", b, backfillObjects)
	}
	if down != maxSilent {
		t.Errorf("a server that does not answer was asked %d times, want %d", down, maxSilent)
	}
	var stored int64
	circle := n.role()
	n.view(func(tx *store.Tx) error {
		c, err := tx.Circle(circle)
		stored = c.Posts + c.Comments
		return err
	})
	if stored != backfillObjects-maxSilent {
		t.Errorf("%d posts and comments are here, want %d", stored, backfillObjects-maxSilent)
	}
}

// TestBackfillHappensOnce: the second follower brings nothing again, nor does a restart; a failure is
// tried again, later and later, and not for ever.
func TestBackfillHappensOnce(t *testing.T) {
	n := newNeighbourhood(t)
	asked, fail := 0, true
	n.trees.answer("/c/trees/outbox", func(w http.ResponseWriter, r *http.Request) {
		asked++
		if fail {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", as.ActivityJSON)
		fmt.Fprintf(w, `{"id":%q,"type":"OrderedCollection","orderedItems":[]}`, n.trees.id+"/outbox")
	})
	n.backfill()
	n.backfill() // not due yet
	if b := n.backfilled(n.trees); asked != 1 || b.Tries != 1 || b.DueAt != n.clock.now().Add(backfillAgain).UnixMicro() {
		t.Errorf("asked %d times, then %+v", asked, b)
	}
	n.restart()
	n.clock.forward(backfillAgain)
	fail = false
	n.backfill()
	if b := n.backfilled(n.trees); asked != 2 || b.Tries != 2 || b.DueAt != 0 {
		t.Errorf("asked %d times, then %+v", asked, b)
	}
	n.trees.followedBy(n.person("petra"))
	n.clock.forward(24 * time.Hour)
	n.backfill()
	if asked != 2 {
		t.Errorf("the second follower made it ask again")
	}

	other := n.far().group("moss")
	asked, fail = 0, true
	other.answer("/c/moss/outbox", func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	other.followedBy(n.olga)
	for range 2 * backfillTries {
		n.backfill()
		n.clock.forward(48 * time.Hour)
	}
	if asked != backfillTries {
		t.Errorf("a server that stays away was asked %d times, want %d", asked, backfillTries)
	}
}

// TestBackfillIsNoNews: the log says of each that it is of the past, in no stream and to nobody.
func TestBackfillIsNoNews(t *testing.T) {
	n := newNeighbourhood(t)
	n.put(n.trees, "/c/trees/outbox", n.bob.page("/post/1", n.trees.id, "For @olga", obj{"replies": n.bob.base + "/post/1/replies",
		"tag": arr{obj{"type": "Mention", "href": n.site.Base + "/u/olga", "name": "@olga"}}}))
	n.put(n.bob, "/post/1/replies", n.carol.put(n.carol.note("/comment/1", n.trees.id, n.bob.base+"/comment/0", "Parent first"))["id"])
	n.bob.put(n.bob.note("/comment/0", n.trees.id, n.bob.base+"/post/1", "The parent"))
	before := n.mark()
	n.backfill()
	n.wantPost(n.carol.base + "/comment/1")
	seen := 0
	n.view(func(tx *store.Tx) error {
		all, err := tx.EventsAfter(before, 100)
		for _, e := range all {
			if e.Kind != circles.PostCreated {
				continue
			}
			if seen++; !e.Detail.Past || e.Stream != 0 || len(e.To) != 0 {
				t.Errorf("the log has %+v", e)
			}
		}
		return err
	})
	if seen != 3 {
		t.Errorf("%d posts and comments in the log, want 3", seen)
	}
	if strings.Contains(n.wantPost(n.bob.base+"/post/1").Title, "\n") {
		t.Error("a title of several lines")
	}
}

// TestBackfillAfterASuspension: what a circle elsewhere said while it was suspended here was not taken, and is
// fetched when that is lifted.
func TestBackfillAfterASuspension(t *testing.T) {
	n := newNeighbourhood(t)
	n.put(n.trees, "/c/trees/outbox", n.bob.page("/post/1", n.trees.id, "Before"))
	n.backfill()
	n.wantPost(n.bob.base + "/post/1")
	boss := n.person("boss")
	boss.Role = circles.SiteAdmin
	m := moderation.New(moderation.Options{Store: n.store, App: n.app, Host: n.site.Host})
	trees := n.actor(n.trees.id).ID
	if err := m.Suspend(t.Context(), boss, trees, "spam"); err != nil {
		t.Fatal(err)
	}
	during := n.bob.page("/post/2", n.trees.id, "During")
	n.trees.announces(n.bob.says("Create", during))
	n.resume()
	n.put(n.trees, "/c/trees/outbox", during, n.bob.page("/post/1", n.trees.id, "Before"))
	n.backfill()
	n.wantNoPost(n.bob.base + "/post/2")
	if err := m.Unsuspend(t.Context(), boss, trees); err != nil {
		t.Fatal(err)
	}
	n.backfill()
	n.wantPost(n.bob.base + "/post/2")
}
