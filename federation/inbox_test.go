package federation

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"
)

func TestFollowIsAcceptedAndRepeated(t *testing.T) {
	h := newHouse(t)
	owner := h.person("olga")
	c := h.circle(owner, "garden", circles.Public)
	far := h.far()
	bob := far.speaker("bob")
	before := h.mark()

	follow := bob.must(bob.says("Follow", h.address(c)))
	if got, want := h.events(before), []circles.EventKind{circles.FollowAccepted, circles.MemberJoined}; !slices.Equal(got, want) {
		t.Errorf("after a Follow: got entries %v, want %v", got, want)
	}
	var to string
	who := h.actor(bob.id).ID
	h.view(func(tx *store.Tx) error {
		f, err := tx.FollowByURI(follow["id"].(string), who)
		if err == nil && f != nil {
			to = f.Inbox
		}
		return err
	})
	if want := far.base + "/inbox"; to != want {
		t.Errorf("the follower's inbox: got %q, want the shared one %q", to, want)
	}
	if !slices.Contains(h.heard, far.host) {
		t.Errorf("heard of %v, want %s among them", h.heard, far.host)
	}

	// A repeated one has lost its answer.
	before = h.mark()
	bob.must(bob.says("Follow", h.address(c)))
	if got, want := h.events(before), []circles.EventKind{circles.FollowAccepted}; !slices.Equal(got, want) {
		t.Errorf("after the same Follow again: got entries %v, want %v", got, want)
	}
	// The same bytes twice are one.
	before = h.mark()
	bob.must(follow)
	if got := h.events(before); len(got) != 0 {
		t.Errorf("after the very same activity: got entries %v, want none", got)
	}

	before = h.mark()
	bob.must(bob.says("Undo", follow))
	if got, want := h.events(before), []circles.EventKind{circles.FollowEnded, circles.MemberLeft}; !slices.Equal(got, want) {
		t.Errorf("after Undo of the Follow: got entries %v, want %v", got, want)
	}
}

func TestAnUndoneFollowThatComesLateIsNone(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	bob := h.far().speaker("bob")
	follow := bob.says("Follow", h.address(c))
	bob.must(bob.says("Undo", follow))
	before := h.mark()
	bob.must(follow)
	if got := h.events(before); len(got) != 0 {
		t.Errorf("after a Follow that was undone before: got entries %v, want none", got)
	}
}

func TestAnswersToOurFollow(t *testing.T) {
	for _, test := range []struct {
		name string
		does func(group *voice, ask string) obj
		want circles.FollowState
	}{
		{"Accept with the Follow", func(g *voice, ask string) obj {
			return g.says("Accept", obj{"id": ask, "type": "Follow", "actor": g.site.Base + "/u/olga", "object": g.id})
		}, circles.FollowActive},
		{"Accept by id", func(g *voice, ask string) obj { return g.says("Accept", ask) }, circles.FollowActive},
		{"Accept by embedded id", func(g *voice, ask string) obj { return g.says("Accept", obj{"id": ask}) }, circles.FollowActive},
		{"Reject with the Follow", func(g *voice, ask string) obj {
			return g.says("Reject", obj{"id": ask, "type": "Follow", "actor": g.site.Base + "/u/olga", "object": g.id})
		}, ""},
		{"Reject by id", func(g *voice, ask string) obj { return g.says("Reject", ask) }, ""},
		{"Accept by somebody else", func(g *voice, ask string) obj {
			other := g.far.group("other")
			return other.must(other.says("Accept", ask))
		}, circles.FollowPending},
		{"Accept of somebody else's", func(g *voice, ask string) obj {
			other := g.far.group("other")
			return other.must(other.says("Accept", obj{"type": "Follow", "actor": g.site.Base + "/u/olga", "object": g.id}))
		}, circles.FollowPending},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			olga := h.person("olga")
			group := h.far().group("trees")
			a, err := h.inbox.FetchActor(t.Context(), group.id)
			if err != nil {
				t.Fatal(err)
			}
			before := h.mark()
			if _, err := h.app.Follow(t.Context(), olga, a.ID); err != nil {
				t.Fatal(err)
			}
			var ask string
			h.view(func(tx *store.Tx) error {
				all, err := tx.EventsAfter(before, 10)
				for _, e := range all {
					if e.Kind == circles.FollowAsked {
						ask = h.site.Base + "/activity/" + e.Seq.String()
					}
				}
				return err
			})
			activity := test.does(group, ask)
			if activity["actor"] == group.id {
				group.must(activity)
			}
			var got circles.FollowState
			h.view(func(tx *store.Tx) error {
				f, err := tx.Following(olga.Person.Actor(), a.ID)
				if f != nil {
					got = f.State
				}
				return err
			})
			if got != test.want {
				t.Errorf("the follow is %q, want %q", got, test.want)
			}
		})
	}
}

func TestAPostArrivesChangesAndGoes(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	bob := h.far().speaker("bob")
	before := h.mark()
	page := bob.page("/post/1", h.address(c), "Roses")
	create := bob.must(bob.says("Create", page))

	p := h.wantPost(bob.base + "/post/1")
	if p.Circle != c.CircleID() || p.Title != "Roses" || p.State != circles.Visible || p.Kind != circles.IsPost {
		t.Errorf("the post is %+v", *p)
	}
	if got, want := h.events(before), []circles.EventKind{circles.PostCreated}; !slices.Equal(got, want) {
		t.Errorf("entries %v, want %v", got, want)
	}
	bob.must(create) // the same again
	bob.must(bob.says("Create", page))
	if got := h.events(before); len(got) != 1 {
		t.Errorf("after it came three times: entries %v, want one", got)
	}

	changed := bob.page("/post/1", h.address(c), "Red roses", obj{"updated": "2026-11-22T09:30:00Z"})
	bob.must(bob.says("Update", changed))
	if got := h.wantPost(bob.base + "/post/1").Title; got != "Red roses" {
		t.Errorf("after Update: title %q, want %q", got, "Red roses")
	}

	gone := bob.must(bob.says("Delete", obj{"id": bob.base + "/post/1", "type": "Tombstone"}))
	if got := h.wantPost(bob.base + "/post/1").State; got != circles.Deleted {
		t.Errorf("after Delete: %q, want %q", got, circles.Deleted)
	}
	bob.must(bob.says("Undo", gone))
	if got := h.wantPost(bob.base + "/post/1").State; got != circles.Visible {
		t.Errorf("after Undo of Delete: %q, want %q", got, circles.Visible)
	}
}

// ActivityPub 6: whom its author hid stays hidden, also from the followers of the circle.
func TestHiddenRecipientsAreNotAnnounced(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	bob := h.far().speaker("bob")
	secret := "https://far.example/u/secret"
	page := bob.page("/post/1", h.address(c), "Roses", obj{"bto": []any{secret}})
	bob.must(bob.says("Create", page, obj{"bcc": secret, "bto": secret}))
	p := h.wantPost(bob.base + "/post/1")
	for _, path := range []string{h.site.activityPath(p.AnnounceSeq, formMain), h.address(c) + "/outbox?page=1"} {
		path = strings.TrimPrefix(path, h.site.Base)
		resp, body := h.get(path, "application/activity+json")
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "Roses") {
			t.Errorf("%s: %s %s", path, resp.Status, body)
		}
		if strings.Contains(string(body), secret) {
			t.Errorf("%s tells of a hidden recipient: %s", path, body)
		}
	}
}

func TestATootThatNamesACircleIsAPost(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	elsewhere := h.far().group("trees")
	elsewhere.followedBy(olga)
	c := h.circle(olga, "garden", circles.Public)
	bob := h.far().speaker("bob")
	// A circle elsewhere named first does not take it from ours.
	bob.must(bob.says("Create", obj{"id": bob.base + "/@bob/1", "type": "Note", "attributedTo": bob.id,
		"to": arr{as.Public}, "cc": arr{bob.id + "/followers", elsewhere.id, h.address(c)},
		"content":   `<p><a href="#" class="mention">@garden</a> My first tulip. It is yellow.</p>`,
		"tag":       arr{obj{"type": "Mention", "href": elsewhere.id, "name": "@trees"}, obj{"type": "Mention", "href": h.address(c), "name": "@garden"}},
		"published": "2026-11-22T09:00:00Z"}))
	p := h.wantPost(bob.base + "/@bob/1")
	if p.Circle != c.CircleID() || p.Kind != circles.IsPost {
		t.Errorf("it is %+v, want a post in the circle", *p)
	}
	if !strings.HasPrefix(p.Title, "My first tulip") {
		t.Errorf("title %q, want one derived from the text without the mention", p.Title)
	}
}

func TestWhatIsNotPublicIsNobodysPost(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	bob := h.far().speaker("bob")
	for path, page := range map[string]obj{
		"/post/1": bob.page("/post/1", h.address(c), "To the circle only", obj{"to": arr{h.address(c)}}),
		"/post/2": bob.page("/post/2", h.address(c), "To followers", obj{"to": arr{bob.id + "/followers"}, "cc": arr{h.address(c)}}),
	} {
		// What the envelope says does not make public what the object says is not.
		bob.must(bob.says("Create", page))
		bob.must(bob.says("Update", page))
		h.wantNoPost(bob.base + path)
	}
}

func TestAnAnswerToAComment(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	post := h.write(olga, c, "Roses")
	comment := h.answer(olga, post.ID, "Which ones?")
	bob := h.far().speaker("bob")
	bob.must(bob.says("Create", bob.note("/comment/1", h.address(c), h.postAddress(comment), "The red ones.")))
	p := h.wantPost(bob.base + "/comment/1")
	if p.Kind != circles.IsComment || p.Parent != comment.ID || p.Root != post.ID || p.Depth != 2 {
		t.Errorf("the answer is %+v, want it below comment %s of post %s", *p, comment.ID, post.ID)
	}
}

func TestVotes(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	post := h.write(olga, h.circle(olga, "garden", circles.Public), "Roses")
	at := h.postAddress(post)
	far := h.far()
	bob, eve := far.speaker("bob"), far.speaker("eve")

	like := bob.must(bob.says("Like", at))
	bob.must(like)
	bob.must(bob.says("Like", at))
	eve.must(eve.says("EmojiReact", at, obj{"content": "🌷"}))
	if got := h.score(at); got != "+2 -0" {
		t.Errorf("after Like thrice and EmojiReact: %s, want +2 -0", got)
	}
	eve.must(eve.says("Dislike", at))
	if got := h.score(at); got != "+1 -1" {
		t.Errorf("after Dislike: %s, want +1 -1", got)
	}
	bob.must(bob.says("Undo", like["id"]))
	if got := h.score(at); got != "+0 -1" {
		t.Errorf("after Undo by id: %s, want +0 -1", got)
	}
	eve.must(eve.says("Undo", eve.says("Dislike", at)))
	if got := h.score(at); got != "+0 -0" {
		t.Errorf("after Undo of a Dislike with another id: %s, want +0 -0", got)
	}

	// Undo first, the Like after it.
	late := bob.says("Like", at)
	bob.must(bob.says("Undo", late))
	bob.must(late)
	if got := h.score(at); got != "+0 -0" {
		t.Errorf("after a Like that was undone before: %s, want +0 -0", got)
	}
	// Nobody undoes for others.
	like = bob.must(bob.says("Like", at))
	eve.must(eve.says("Undo", like))
	eve.must(eve.says("Undo", like["id"]))
	if got := h.score(at); got != "+1 -0" {
		t.Errorf("after somebody else's Undo: %s, want +1 -0", got)
	}
}

func TestADeleteBeforeItsCreateWins(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	far := h.far()
	bob, eve := far.speaker("bob"), far.speaker("eve")
	page := bob.page("/post/1", h.address(c), "Roses")
	gone := bob.must(bob.says("Delete", page["id"]))
	bob.must(bob.says("Create", page))
	h.wantNoPost(bob.base + "/post/1")
	// When it is taken back the post may come again.
	bob.must(bob.says("Undo", gone))
	bob.must(bob.says("Create", page))
	h.wantPost(bob.base + "/post/1")

	// A neighbour on the same server buries nothing, and digs nothing up.
	second := bob.page("/post/2", h.address(c), "Tulips")
	eve.must(eve.says("Delete", second["id"]))
	bob.must(bob.says("Create", second))
	h.wantPost(bob.base + "/post/2")
	third := bob.page("/post/3", h.address(c), "Peonies")
	bob.must(bob.says("Delete", third["id"]))
	eve.must(eve.says("Undo", eve.says("Delete", third["id"])))
	eve.must(eve.says("Delete", third["id"]))
	bob.must(bob.says("Create", third))
	h.wantNoPost(bob.base + "/post/3")
}

func TestUnknownActivitiesAreKept(t *testing.T) {
	h := newHouse(t)
	bob := h.far().speaker("bob")
	odd := bob.must(bob.says("Twirl", h.site.Base+"/c/garden"))
	var raw []byte
	h.update(func(tx *store.Tx) error {
		id, fresh, err := tx.Admit(odd["id"].(string), nil)
		if fresh {
			t.Error("it was not admitted")
		}
		if err == nil {
			raw, err = tx.Received(id)
		}
		return err
	})
	if !strings.Contains(string(raw), "Twirl") {
		t.Errorf("kept %q, want the activity", raw)
	}
}

func TestADeletedStrangerCostsNothing(t *testing.T) {
	h := newHouse(t)
	far := h.far()
	bob := far.speaker("bob")
	bob.must(bob.says("Delete", bob.id))
	if n := far.total(); n != 0 {
		t.Errorf("%d requests were made for a deleted actor that nobody here knew, want none", n)
	}
}

func TestADeletedActorIsGone(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	bob := h.far().speaker("bob")
	bob.must(bob.says("Create", bob.page("/post/1", h.address(c), "Roses")))
	bob.must(bob.says("Delete", bob.id))
	if got := h.wantPost(bob.base + "/post/1").State; got != circles.Deleted {
		t.Errorf("their post is %q, want %q", got, circles.Deleted)
	}
	bob.must(bob.says("Create", bob.page("/post/2", h.address(c), "More")))
	h.wantNoPost(bob.base + "/post/2")
}

func TestAnActivityWithoutIdCountsOnce(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	at := h.postAddress(h.write(olga, h.circle(olga, "garden", circles.Public), "Roses"))
	bob := h.far().speaker("bob")
	bob.must(bob.says("Like", at, obj{"id": nil}))
	bob.must(bob.says("Update", bob.document("Person"), obj{"id": nil}))
	if got := h.score(at); got != "+1 -0" {
		t.Errorf("%s, want +1 -0", got)
	}
}

func TestProfileUpdate(t *testing.T) {
	h := newHouse(t)
	c := h.circle(h.person("olga"), "garden", circles.Public)
	far := h.far()
	bob, eve := far.speaker("bob"), far.speaker("eve")
	bob.must(bob.says("Follow", h.address(c)))
	bob.must(bob.says("Update", merge(bob.document("Person"), obj{"name": "Bob the Gardener", "summary": `<p onclick="x()">Hi</p>`})))
	a := h.actor(bob.id)
	if a.DisplayName != "Bob the Gardener" || strings.Contains(a.SummaryHTML, "onclick") {
		t.Errorf("bob is called %q and says %q", a.DisplayName, a.SummaryHTML)
	}
	eve.must(eve.says("Update", merge(bob.document("Person"), obj{"name": "Eve's bob"})))
	h.resume()
	if got := h.actor(bob.id).DisplayName; got != "Bob the Gardener" {
		t.Errorf("after somebody else's Update bob is called %q", got)
	}
}

func TestKeyRotation(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	at := h.postAddress(h.write(olga, h.circle(olga, "garden", circles.Public), "Roses"))
	far := h.far()
	bob := far.speaker("bob")
	bob.must(bob.says("Like", at))
	if n := far.seen("/u/bob"); n != 1 {
		t.Errorf("the key was fetched %d times for one request, want once", n)
	}
	// Unannounced: after a while the key is asked for once more.
	h.clock.forward(keyRefreshes + time.Second)
	bob.key = spareKeys()[1]
	far.put(bob.document("Person"))
	bob.must(bob.says("Undo", bob.says("Like", at)))
	if got := h.score(at); got != "+0 -0" {
		t.Errorf("after Undo with the new key: %s, want +0 -0", got)
	}
	if n := far.seen("/u/bob"); n != 2 {
		t.Errorf("the key was fetched %d times, want twice", n)
	}
	// It stays after a restart.
	h.restart()
	bob.must(bob.says("Like", at))
	if n := far.seen("/u/bob"); n != 2 {
		t.Errorf("the key was fetched %d times, want twice", n)
	}
	// Announced: the old key signs the new one.
	bob.key = spareKeys()[2]
	announce := bob.document("Person")
	bob.key = spareKeys()[1] // the old one
	bob.must(bob.says("Update", announce))
	bob.key = spareKeys()[2]
	bob.must(bob.says("Undo", bob.says("Like", at)))
	if n := far.seen("/u/bob"); n != 2 {
		t.Errorf("the key was fetched %d times, want twice", n)
	}
	// A wrong key is wrong, and not asked for again and again.
	bob.key = spareKeys()[0]
	for range 3 {
		if got := bob.send(bob.says("Like", at)); got != http.StatusUnauthorized {
			t.Errorf("a wrong signature: got %d, want 401", got)
		}
	}
	if n := far.seen("/u/bob"); n > 3 {
		t.Errorf("the key was fetched %d times, want at most once for three wrong signatures", n-2)
	}
}

func TestFailuresOfKeysAreRemembered(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	at := h.postAddress(h.write(olga, h.circle(olga, "garden", circles.Public), "Roses"))
	far := h.far()
	bob := far.speaker("bob")
	far.drop(bob.id)
	for range 3 {
		if got := bob.send(bob.says("Like", at)); got != http.StatusUnauthorized {
			t.Errorf("a key that is not there: got %d, want 401", got)
		}
	}
	if n := far.seen("/u/bob"); n != 1 {
		t.Errorf("the key was asked for %d times, want once", n)
	}
}

// Whoever has a key could fill the disk with what concerns nobody here.
func TestBytesThatNoCircleAnnouncesAreNotKept(t *testing.T) {
	h := newHouse(t)
	garden := h.circle(h.person("olga"), "garden", circles.Public)
	bob := h.far().speaker("bob")
	kept := func(said obj) []byte {
		t.Helper()
		var raw []byte
		h.update(func(tx *store.Tx) error {
			id, fresh, err := tx.Admit(said["id"].(string), nil)
			if fresh {
				t.Errorf("%v was not admitted", said["id"])
			}
			if err == nil {
				raw, err = tx.Received(id)
			}
			return err
		})
		return raw
	}
	for what, said := range map[string]obj{
		"a post for a circle elsewhere": bob.must(bob.says("Create", bob.page("/post/1", "https://elsewhere.example/c/trees", "Elms"))),
		"an answer to nothing here":     bob.must(bob.says("Create", bob.note("/comment/1", "https://elsewhere.example/c/trees", "https://elsewhere.example/post/1", "Yes"))),
	} {
		if raw := kept(said); raw != nil {
			t.Errorf("%s: %d bytes are kept, want none", what, len(raw))
		}
	}
	if raw := kept(bob.must(bob.says("Create", bob.page("/post/2", h.address(garden), "Roses")))); raw == nil {
		t.Error("a post for a circle here: its bytes are not kept, so it cannot be announced")
	}
}
