package federation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"
)

// A neighbourhood is a house whose olga follows a group of another server, and a third server with
// people.
type neighbourhood struct {
	*house
	olga  circles.Viewer
	trees *voice // the group
	bob   *voice // lives where the group does
	carol *voice // lives elsewhere
}

func newNeighbourhood(t testing.TB) *neighbourhood {
	t.Helper()
	h := newHouse(t)
	n := &neighbourhood{house: h, olga: h.person("olga")}
	first, second := h.far(), h.far()
	n.trees, n.bob, n.carol = first.group("trees"), first.speaker("bob"), second.speaker("carol")
	n.trees.followedBy(n.olga)
	return n
}

func (n *neighbourhood) role() circles.CircleID {
	return circles.CircleID(n.actor(n.trees.id).ID)
}

func TestAnnounceOfItsOwnServer(t *testing.T) {
	n := newNeighbourhood(t)
	page := n.bob.page("/post/1", n.trees.id, "Oaks")
	n.trees.announces(n.bob.says("Create", page))
	n.resume() // bob himself has to be fetched
	p := n.wantPost(n.bob.base + "/post/1")
	if p.Circle != n.role() || p.Title != "Oaks" {
		t.Errorf("the post is %+v", *p)
	}
	if got := n.bob.far.seen("/post/1"); got != 0 {
		t.Errorf("the post was fetched %d times, want never: its own server said it", got)
	}
	n.trees.announces(n.bob.says("Update", n.bob.page("/post/1", n.trees.id, "Old oaks", obj{"updated": "2026-11-22T09:30:00Z"})))
	if got := n.wantPost(n.bob.base + "/post/1").Title; got != "Old oaks" {
		t.Errorf("after Update: title %q", got)
	}
	n.trees.announces(n.bob.says("Delete", page["id"]))
	if got := n.wantPost(n.bob.base + "/post/1").State; got != circles.Deleted {
		t.Errorf("after Delete: %q", got)
	}
}

func TestAnnounceOfAnotherServerIsFetched(t *testing.T) {
	for form, wrap := range map[string]func(n *neighbourhood, page obj) any{
		"an embedded Create": func(n *neighbourhood, page obj) any { return n.carol.says("Create", page) },
		"an embedded Create with lies": func(n *neighbourhood, page obj) any {
			return n.carol.says("Create", merge(obj{"name": "A lie"}, obj{"id": page["id"], "type": "Page"}))
		},
		"a plain address":            func(n *neighbourhood, page obj) any { return page["id"] },
		"an embedded Page":           func(n *neighbourhood, page obj) any { return page },
		"an embedded Page with lies": func(n *neighbourhood, page obj) any { return obj{"id": page["id"], "type": "Page", "name": "A lie"} },
		"the address of its Create":  func(n *neighbourhood, page obj) any { return n.carol.far.put(n.carol.says("Create", page))["id"] },
		"the same embedded twice": func(n *neighbourhood, page obj) any {
			return n.carol.says("Create", page, obj{"id": n.carol.id + "/activity/1"})
		},
	} {
		t.Run(form, func(t *testing.T) {
			n := newNeighbourhood(t)
			page := n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))
			n.trees.announces(wrap(n, page))
			if got := n.parked(); got != 1 {
				t.Errorf("%d activities wait, want one", got)
			}
			n.resume()
			p := n.wantPost(n.carol.base + "/post/1")
			if p.Title != "Birches" || p.Circle != n.role() {
				t.Errorf("the post is %+v, want what its own server says", *p)
			}
			if got := n.parked(); got != 0 {
				t.Errorf("%d activities wait still", got)
			}
		})
	}
}

func TestAnnouncedChangesOfAnotherServerAreFetched(t *testing.T) {
	n := newNeighbourhood(t)
	page := n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))
	n.trees.announces(page["id"])
	n.resume()
	at := n.carol.base + "/post/1"

	// The group lies; nothing changed.
	lie := n.carol.page("/post/1", n.trees.id, "Lies", obj{"updated": "2026-11-22T09:30:00Z"})
	n.trees.announces(n.carol.says("Update", lie))
	n.trees.announces(n.carol.says("Update", lie, obj{"summary": "as if it were a moderator's"}))
	n.trees.announces(n.carol.says("Delete", at))
	n.resume()
	if p := n.wantPost(at); p.Title != "Birches" || p.State != circles.Visible {
		t.Errorf("on the word of a circle elsewhere the post became %q, %s", p.Title, p.State)
	}
	// Now it is true.
	n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Silver birches", obj{"updated": "2026-11-22T09:40:00Z"}))
	n.trees.announces(n.carol.says("Update", at))
	n.resume()
	if got := n.wantPost(at).Title; got != "Silver birches" {
		t.Errorf("after Update: %q", got)
	}
	n.carol.far.drop(at)
	n.trees.announces(n.carol.says("Delete", at))
	n.resume()
	if got := n.wantPost(at).State; got != circles.Deleted {
		t.Errorf("after Delete: %q", got)
	}
	// A Tombstone in its place says the same.
	page2 := n.carol.far.put(n.carol.page("/post/2", n.trees.id, "Limes"))
	n.trees.announces(page2["id"])
	n.resume()
	n.wantPost(n.carol.base + "/post/2")
	n.carol.far.put(obj{"id": page2["id"], "type": "Tombstone"})
	n.trees.announces(n.carol.says("Delete", page2["id"]))
	n.resume()
	if got := n.wantPost(n.carol.base + "/post/2").State; got != circles.Deleted {
		t.Errorf("after a Tombstone: %q", got)
	}
}

func TestAnnouncedVotesOfUnknownPeople(t *testing.T) {
	n := newNeighbourhood(t)
	n.trees.announces(n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))["id"])
	n.resume()
	at := n.carol.base + "/post/1"
	fetched := n.carol.far.total()
	like := n.carol.says("Like", at)
	n.trees.announces(like)
	n.trees.announces(like) // the same, announced twice
	dan := &voice{far: n.carol.far, id: n.carol.base + "/u/dan"}
	n.trees.announces(dan.says("Dislike", at))
	if got := n.score(at); got != "+1 -1" {
		t.Errorf("%s, want +1 -1", got)
	}
	if got := n.carol.far.total() - fetched; got != 0 {
		t.Errorf("%d fetches for votes, want none", got)
	}
	n.trees.announces(dan.says("Undo", dan.says("Dislike", at)))
	if got := n.score(at); got != "+1 -0" {
		t.Errorf("after Undo: %s, want +1 -0", got)
	}
	// A batch, as PieFed sends it; one vote in it is on something unknown.
	eva := &voice{far: n.carol.far, id: n.carol.base + "/u/eva"}
	n.trees.announces(arr{dan.says("Like", n.carol.base+"/post/77"), dan.says("Like", at), eva.says("Like", at)})
	if got := n.score(at); got != "+3 -0" {
		t.Errorf("after a batch: %s, want +3 -0", got)
	}
	// By its address, as Mbin sends it, also twice. One whose server says it of somebody else's person
	// is not counted.
	finn := &voice{far: n.carol.far, id: n.carol.base + "/u/finn"}
	named := n.carol.far.put(finn.says("Like", at))["id"]
	n.trees.announces(named)
	n.trees.announces(named)
	n.trees.announces(n.carol.far.put(merge(finn.says("Like", at), obj{"actor": n.bob.id}))["id"])
	n.resume()
	if got := n.score(at); got != "+4 -0" {
		t.Errorf("after votes by address: %s, want +4 -0", got)
	}
	// Who was noted as a voter can turn out to be a circle.
	n.trees.announces((&voice{far: n.carol.far, id: n.carol.base + "/c/moss"}).says("Like", at))
	moss := n.carol.far.group("moss")
	a, err := n.inbox.FetchActor(t.Context(), moss.id)
	if err != nil || a.Kind != circles.KindCircle {
		t.Errorf("a circle that was named as a voter: got %+v, %v", a, err)
	}
}

func TestAVoteOverItsPostWaitsForIt(t *testing.T) {
	n := newNeighbourhood(t)
	page := n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))
	n.trees.announces(n.carol.says("Create", page))
	n.trees.announces(n.carol.says("Like", page["id"])) // Lemmy's authors like what they write
	n.resume()
	if got := n.score(page["id"].(string)); got != "+1 -0" {
		t.Errorf("%s, want +1 -0", got)
	}
}

func TestAnnouncedRemoval(t *testing.T) {
	n := newNeighbourhood(t)
	n.trees.announces(n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))["id"])
	n.resume()
	at := n.carol.base + "/post/1"
	mod := &voice{far: n.house.far(), id: "http://127.0.0.2:1/u/mod"}
	remove := mod.says("Delete", at, obj{"summary": "off topic"})
	n.trees.announces(remove)
	if p := n.wantPost(at); p.State != circles.Removed || p.Reason != "off topic" {
		t.Errorf("after a removal: %q because %q", p.State, p.Reason)
	}
	n.trees.announces(mod.says("Undo", remove))
	if p := n.wantPost(at); p.State != circles.Visible {
		t.Errorf("after its Undo: %q", p.State)
	}
}

func TestAnAnnounceThatNobodyAskedForIsNothing(t *testing.T) {
	n := newNeighbourhood(t)
	moss := n.house.far().group("moss")
	page := n.carol.far.put(n.carol.page("/post/1", moss.id, "Moss"))
	fetched := n.carol.far.total()
	moss.announces(page["id"])
	moss.announces(n.carol.says("Create", page))
	moss.announces(moss.says("Create", page))
	n.resume()
	n.wantNoPost(n.carol.base + "/post/1")
	if got := n.carol.far.total() - fetched; got != 0 {
		t.Errorf("%d fetches, want none", got)
	}
	// A person's boost is none either.
	dan := n.carol.far.speaker("dan")
	dan.followedBy(n.olga)
	dan.announces(page["id"])
	n.resume()
	n.wantNoPost(n.carol.base + "/post/1")
}

func TestParentsAreFetched(t *testing.T) {
	n := newNeighbourhood(t)
	far := n.carol.far
	far.put(n.carol.page("/post/1", n.trees.id, "Birches"))
	parent := n.carol.base + "/post/1"
	for i := 1; i <= 10; i++ {
		id := fmt.Sprintf("/comment/%d", i)
		far.put(n.carol.note(id, n.trees.id, parent, "More"))
		parent = n.carol.base + id
	}
	n.trees.announces(parent)
	n.resume()
	if p := n.wantPost(parent); p.Depth != 10 {
		t.Errorf("the last answer has depth %d, want 10", p.Depth)
	}
}

func TestChainsOfParentsEnd(t *testing.T) {
	n := newNeighbourhood(t)
	far := n.carol.far
	for i := range 60 {
		far.put(n.carol.note(fmt.Sprintf("/comment/%d", i), n.trees.id, fmt.Sprintf("%s/comment/%d", n.carol.base, i+1), "More"))
	}
	before := far.total()
	n.trees.announces(n.carol.base + "/comment/0")
	n.resume()
	n.wantNoPost(n.carol.base + "/comment/0")
	if got := far.total() - before; got > maxParents+2 {
		t.Errorf("%d fetches for an endless chain, want at most %d", got, maxParents+2)
	}

	// Two that answer each other, and one that answers itself.
	far.put(n.carol.note("/comment/100", n.trees.id, n.carol.base+"/comment/101", "You first"))
	far.put(n.carol.note("/comment/101", n.trees.id, n.carol.base+"/comment/100", "No, you"))
	far.put(n.carol.note("/comment/102", n.trees.id, n.carol.base+"/comment/102", "Me"))
	before = far.total()
	n.trees.announces(n.carol.base + "/comment/100")
	n.trees.announces(n.carol.base + "/comment/102")
	n.resume()
	if got := far.total() - before; got > 2*maxParents+4 {
		t.Errorf("%d fetches for comments that answer each other", got)
	}
	if got := n.parked(); got != 0 {
		t.Errorf("%d activities wait still, want none", got)
	}

	// A parent that is there and private is asked for once.
	far.put(n.carol.page("/post/9", n.trees.id, "Private", obj{"to": arr{n.trees.id}}))
	far.put(n.carol.note("/comment/200", n.trees.id, n.carol.base+"/post/9", "Hm"))
	n.trees.announces(n.carol.base + "/comment/200")
	n.resume()
	if got := far.seen("/post/9"); got != 1 {
		t.Errorf("a private parent was fetched %d times, want once", got)
	}
}

func TestParkedWorkSurvivesARestart(t *testing.T) {
	n := newNeighbourhood(t)
	far := n.carol.far
	page := n.carol.page("/post/1", n.trees.id, "Birches")
	far.answer("/post/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	n.trees.announces(n.carol.says("Create", page))
	n.trees.announces(n.carol.says("Update", n.carol.page("/post/1", n.trees.id, "Birches", obj{"updated": "2026-11-22T09:30:00Z"})))
	n.resume()
	if got := n.parked(); got != 2 {
		t.Fatalf("%d activities wait, want two: their server is down", got)
	}
	n.restart()
	far.answer("/post/1", nil)
	far.put(page)
	n.clock.forward(resumeFirst + time.Second)
	n.resume()
	if got := n.wantPost(n.carol.base + "/post/1").Title; got != "Birches" {
		t.Errorf("title %q", got)
	}
	if got := n.parked(); got != 0 {
		t.Errorf("%d activities wait still", got)
	}
}

// What came later for the same post is applied later, though it could be applied at once.
func TestOrderIsKeptWhileSomethingWaits(t *testing.T) {
	n := newNeighbourhood(t)
	page := n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))
	n.trees.announces(n.carol.says("Create", page))
	n.carol.must(n.carol.says("Delete", page["id"]))
	if got := n.parked(); got != 2 {
		t.Errorf("%d activities wait, want the Delete behind the Create", got)
	}
	n.resume()
	if got := n.wantPost(n.carol.base + "/post/1").State; got != circles.Deleted {
		t.Errorf("the post is %q, want %q", got, circles.Deleted)
	}
}

func TestAForwardedActivityIsLookedUp(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	post := h.postAddress(h.write(olga, c, "Roses"))
	first, second := h.far(), h.far()
	relay, bob := first.speaker("relay"), second.speaker("bob")

	// Mastodon passes on an answer, with a signature inside that nobody here reads.
	reply := bob.note("/comment/1", h.address(c), post, "Pretty!")
	create := bob.says("Create", reply, obj{"signature": obj{"type": "RsaSignature2017", "signatureValue": "…"}})
	relay.must(create)
	h.resume()
	h.wantNoPost(bob.base + "/comment/1") // it is not there

	second.put(reply)
	lie := bob.says("Create", bob.note("/comment/1", h.address(c), post, "Ugly!"))
	relay.must(lie)
	h.resume()
	if got := h.wantPost(bob.base + "/comment/1").BodyHTML; got != "<p>Pretty!</p>" {
		t.Errorf("the comment says %q, want what its own server says", got)
	}
	relay.must(bob.says("Delete", reply["id"]))
	h.resume()
	if got := h.wantPost(bob.base + "/comment/1").State; got != circles.Visible {
		t.Errorf("after a forwarded Delete of what is still there: %q", got)
	}
	second.drop(bob.base + "/comment/1")
	relay.must(bob.says("Delete", reply["id"]))
	h.resume()
	if got := h.wantPost(bob.base + "/comment/1").State; got != circles.Deleted {
		t.Errorf("after a forwarded Delete of what is gone: %q", got)
	}
	// What concerns nothing here is not worth a look.
	before := second.total()
	relay.must(bob.says("Create", bob.note("/comment/2", bob.id, bob.base+"/post/1", "Elsewhere")))
	relay.must(bob.says("Update", bob.base+"/post/5"))
	relay.must(bob.says("Like", post))
	h.resume()
	if got := second.total() - before; got != 0 {
		t.Errorf("%d fetches, want none", got)
	}
}

func TestTheCircleOfAPostIsItsAuthorsChoice(t *testing.T) {
	n := newNeighbourhood(t)
	moss := n.house.far().group("moss")
	moss.followedBy(n.olga)
	// The moss people pass on what was written for the trees before the trees do.
	page := n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))
	moss.announces(page["id"])
	n.resume()
	n.wantNoPost(n.carol.base + "/post/1")
	n.trees.announces(page["id"])
	n.resume()
	if got := n.wantPost(n.carol.base + "/post/1").Circle; got != n.role() {
		t.Errorf("the post is in circle %v, want %v", got, n.role())
	}
	// What names no circle at all may be passed on by any.
	moss.announces(n.carol.far.put(obj{"id": n.carol.base + "/post/2", "type": "Note", "attributedTo": n.carol.id,
		"to": arr{as.Public}, "content": "Look at this moss"})["id"])
	n.resume()
	n.wantPost(n.carol.base + "/post/2")
}

// A comment that comes from nobody's circle does not bring its thread along.
func TestAnUnknownParentIsNotVouchedFor(t *testing.T) {
	n := newNeighbourhood(t)
	mine := n.house.circle(n.olga, "garden", circles.Public)
	n.update(func(tx *store.Tx) error {
		c, err := tx.Circle(mine.CircleID())
		if err != nil {
			return err
		}
		c.Posting = circles.PostingOperators
		return tx.SaveCircle(c)
	})
	far := n.carol.far
	far.put(n.carol.page("/post/1", n.trees.id, "Nobody announced this"))
	far.put(n.carol.page("/post/2", n.house.address(mine), "Only operators post here"))
	n.carol.must(n.carol.says("Create", n.carol.note("/comment/1", n.trees.id, n.carol.base+"/post/1", "Up")))
	n.carol.must(n.carol.says("Create", n.carol.note("/comment/2", n.house.address(mine), n.carol.base+"/post/2", "Up")))
	n.resume()
	n.wantNoPost(n.carol.base + "/post/1")
	n.wantNoPost(n.carol.base + "/post/2")
	n.wantNoPost(n.carol.base + "/comment/1")
	n.wantNoPost(n.carol.base + "/comment/2")
}

func TestKeyFetchHoldsNoSlot(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	at := h.postAddress(h.write(olga, h.circle(olga, "garden", circles.Public), "Roses"))
	slow, fast := h.far(), h.far()
	let := make(chan struct{})
	asked := make(chan struct{}, 1)
	bob := slow.speaker("bob")
	document := bob.document("Person")
	slow.answer("/u/bob", func(w http.ResponseWriter, _ *http.Request) {
		select {
		case asked <- struct{}{}:
		default: // asked again, which is counted below; it must not hang the server
		}
		<-let
		w.Header().Set("Content-Type", "application/activity+json")
		json.NewEncoder(w).Encode(document)
	})
	// More of them than there are slots, all with the one key.
	const many = slotsAll + 4
	statuses := make(chan int, many)
	for range many {
		body := bob.says("Like", at)
		go func() { statuses <- bob.send(body) }()
	}
	<-asked
	dan := fast.speaker("dan")
	dan.must(dan.says("Like", at)) // somebody else is served meanwhile
	close(let)
	for range many {
		if got := <-statuses; got != http.StatusAccepted {
			t.Errorf("got %d, want 202", got)
		}
	}
	if got := h.score(at); got != "+2 -0" {
		t.Errorf("%s, want +2 -0", got)
	}
	if got := slow.seen("/u/bob"); got != 1 {
		t.Errorf("the key was asked for %d times, want once for all of them", got)
	}
}

// A server that answers slowly holds up only what waits for itself.
func TestASlowServerHoldsUpNobodyElse(t *testing.T) {
	n := newNeighbourhood(t)
	slow := n.house.far()
	let := make(chan struct{})
	for i := range 3 * resumePerHost {
		path := fmt.Sprintf("/post/%d", i)
		slow.answer(path, func(w http.ResponseWriter, _ *http.Request) { <-let })
		n.trees.announces(slow.base + path)
	}
	page := n.carol.far.put(n.carol.page("/post/1", n.trees.id, "Birches"))
	n.trees.announces(page["id"])
	work := newResumption(n.inbox)
	if err := work.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n.post(n.carol.base+"/post/1") == nil {
		select {
		case <-n.inbox.wake:
		case <-t.Context().Done():
			t.Fatal("the post never came")
		}
	}
	close(let)
	work.running.Wait()
}

// One server must not fill the whole queue.
func TestEachServerHasItsShareOfTheQueue(t *testing.T) {
	n := newNeighbourhood(t)
	n.update(func(tx *store.Tx) error {
		for i := range maxParkedHost {
			p := store.Parked{URI: fmt.Sprint(i), OrderKey: fmt.Sprint(i), Signer: n.trees.id, Needs: "object 0 http://127.0.0.1:1/", DueAt: 1 << 60, Raw: []byte("{}")}
			if err := tx.Park(p); err != nil {
				return err
			}
		}
		return nil
	})
	if got := n.trees.send(n.trees.says("Announce", n.carol.base+"/post/1")); got != http.StatusTooManyRequests {
		t.Errorf("one activity more than its share: got %d, want 429", got)
	}
	moss := n.house.far().group("moss")
	moss.followedBy(n.olga)
	moss.announces(n.carol.base + "/post/2")
}
