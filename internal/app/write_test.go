package app

import (
	"strings"
	"sync"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

func TestPostInCircleOfOurs(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	far := h.stranger("Zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann", bob.Person.Actor(): "bob", c.Actor(): "garden"}

	seq := h.mark()
	p, err := h.Post(h.ctx(), bob, NewPost{Circle: c, Title: "  Peas\t& beans ", Body: "for @Zoe@far.example and @nobody@far.example",
		Link: "https://seeds.example/peas", Language: "EN", Warning: "soil"})
	h.must(err)
	events := h.wantSaid(seq, names,
		"post.created in bob by bob to https://far.example/inbox",
		"post.created in garden by garden")
	if p.Title != "Peas & beans" || p.Language != "en" || !p.Sensitive || p.State != circles.Visible || !p.Listed || !p.LocalTo {
		t.Errorf("stored %+v", p)
	}
	if !strings.Contains(p.BodyHTML, `href="https://far.example/Zoe"`) || strings.Contains(p.BodyHTML, "nobody@far.example\"") {
		t.Errorf("body became %s", p.BodyHTML)
	}
	if p.URI != p.Path() || p.CreateSeq != events[0].Seq || p.AnnounceSeq != events[1].Seq {
		t.Errorf("uri %q, seqs %d and %d; want %q, %d, %d", p.URI, p.CreateSeq, p.AnnounceSeq, p.Path(), events[0].Seq, events[1].Seq)
	}
	if events[1].Detail.Of != events[0].Seq || events[0].OrderKey != int64(p.ID) || events[0].Object != int64(p.ID) {
		t.Errorf("entries %+v", events)
	}
	if got := h.circle(c); got.Posts != 1 || got.PostedAt != p.Published || got.Members != 1 {
		t.Errorf("circle counts %d posts at %d, %d members; want 1 at %d, 1", got.Posts, got.PostedAt, got.Members, p.Published)
	}

	// A remote person answers, and then is answered by ours.
	in := RemotePost{URI: "https://far.example/note/1", Parent: p.ID, HTML: "<p onclick=x>Lovely</p>", Published: p.Published + 1, Raw: []byte(`{}`)}
	seq = h.mark()
	out := h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceivePost(tx, Said{By: far, Received: 77}, in) })
	events = h.wantSaid(seq, names, "post.created in garden by garden")
	if out.Result != Applied || events[0].Detail.Received != 77 || events[0].Detail.Of != 0 || events[0].OrderKey != int64(p.ID) {
		t.Errorf("outcome %+v, entry %+v", out, events[0])
	}
	reply := h.post(out.Post)
	if reply.BodyHTML != "<p>Lovely</p>" || reply.Root != p.ID || reply.Depth != 1 || reply.CreateSeq != 0 {
		t.Errorf("reply %+v", reply)
	}
	seq = h.mark()
	mine := h.answer(ann, reply.ID, "Thanks")
	h.wantSaid(seq, names,
		"post.created in ann by ann to https://far.example/inbox",
		"post.created in garden by garden")
	if mine.Depth != 2 || mine.Root != p.ID {
		t.Errorf("answer at depth %d under %d", mine.Depth, mine.Root)
	}
	if got := h.post(p.ID); got.Comments != 2 || got.Active <= p.Active {
		t.Errorf("thread has %d comments, active %d after %d", got.Comments, got.Active, p.Active)
	}
}

func TestPostInCircleElsewhere(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	c := h.farCircle("garden", "far.example")
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann"}
	seq := h.mark()
	p := h.write(ann, c, "Hello")
	h.must(h.Delete(h.ctx(), ann, p.ID))
	h.must(h.Restore(h.ctx(), ann, p.ID))
	_, err := h.Vote(h.ctx(), ann, p.ID, 1)
	h.must(err)
	events := h.wantSaid(seq, names,
		"post.created in ann by ann to https://far.example/inbox",
		"post.deleted in ann by ann to https://far.example/inbox",
		"post.restored in ann by ann to https://far.example/inbox",
		"vote.cast in nobody by ann to https://far.example/inbox")
	if events[2].Detail.Of != events[1].Seq {
		t.Errorf("the Undo names %d, want the Delete %d", events[2].Detail.Of, events[1].Seq)
	}

	// What arrives for that circle is nobody's to send on: only who follows the log here has to know.
	zoe := h.stranger("zoe", "far.example")
	seq = h.mark()
	out := h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceivePost(tx, Said{By: zoe}, RemotePost{URI: "https://far.example/p/1", Circle: c, HTML: "<p>@ann@home.example Some words. More.</p>", Locked: true})
	})
	if out.Result != Applied {
		t.Fatalf("got %+v", out)
	}
	h.wantSaid(seq, names, "post.created in nobody by ")
	if got := h.post(out.Post); got.Title != "Some words. More." || !got.Locked {
		t.Errorf("title %q, locked %v", got.Title, got.Locked)
	}
	_, err = h.Comment(h.ctx(), ann, NewComment{Parent: out.Post, Body: "late"})
	wantKind(t, "comment on a locked thread", err, circles.Forbidden)
}

// TestNothingLeavesClosedCircles runs every verb in circles that are not federated.
func TestNothingLeavesClosedCircles(t *testing.T) {
	for _, v := range []circles.Visibility{circles.LocalOnly, circles.MembersOnly} {
		t.Run(string(v), func(t *testing.T) {
			h := newHouse(t)
			ann, bob := h.person("ann"), h.person("bob")
			far := h.stranger("zoe", "far.example")
			// Somebody elsewhere follows the author: they must not get what is said among members.
			out := h.receive(func(tx *store.Tx) (Outcome, error) {
				return h.ReceiveFollow(tx, Said{By: far}, ann.Person.Actor(), "https://far.example/f/1", "https://far.example/inbox")
			})
			if out.Result != Applied {
				t.Fatalf("follow: %+v", out)
			}
			c := h.open(ann, "den", v)
			seq := h.mark()
			_, err := h.Join(h.ctx(), bob, c)
			h.must(err)
			h.must(h.SetRole(h.ctx(), ann, c, bob.Person, circles.RoleModerator))
			p, err := h.Post(h.ctx(), ann, NewPost{Circle: c, Title: "x", Body: "@zoe@far.example"})
			h.must(err)
			r := h.answer(bob, p.ID, "hello @zoe@far.example")
			_, err = h.Edit(h.ctx(), ann, p.ID, Edit{Title: "y"})
			h.must(err)
			for _, value := range []int{1, -1, 0} {
				_, err = h.Vote(h.ctx(), bob, p.ID, value)
				h.must(err)
			}
			h.must(h.Lock(h.ctx(), bob, p.ID))
			h.must(h.Unlock(h.ctx(), bob, p.ID))
			h.must(h.Delete(h.ctx(), bob, r.ID))
			h.must(h.Restore(h.ctx(), bob, r.ID))
			h.must(h.Remove(h.ctx(), bob, p.ID, "no"))
			h.must(h.Return(h.ctx(), bob, p.ID))
			edit := CircleEdit{Title: "Den", Visibility: v, Posting: circles.PostingOpen}
			_, err = h.EditCircle(h.ctx(), ann, c, edit)
			h.must(err)
			for _, e := range h.since(seq) {
				if e.Stream != c.Actor() || len(e.To) > 0 || e.Signer != c.Actor() {
					t.Errorf("%s leaves: stream %d, signer %d, to %v", e.Kind, e.Stream, e.Signer, e.To)
				}
			}
			edit.Visibility = circles.Public
			_, err = h.EditCircle(h.ctx(), ann, c, edit)
			wantKind(t, "opening a closed circle", err, circles.Conflict)

			before := h.mark()
			out = h.receive(func(tx *store.Tx) (Outcome, error) {
				return h.ReceiveFollow(tx, Said{By: far}, c.Actor(), "https://far.example/f/2", "https://far.example/inbox")
			})
			if out.Result != Refused || out.Refusal.Kind != circles.NotFound {
				t.Errorf("a stranger's Follow of a closed circle: %+v", out)
			}
			out = h.receive(func(tx *store.Tx) (Outcome, error) {
				return h.ReceivePost(tx, Said{By: far}, RemotePost{URI: "https://far.example/n/1", Parent: p.ID, HTML: "boo"})
			})
			if out.Result != Refused || out.Refusal.Kind != circles.NotFound {
				t.Errorf("a stranger's comment in a closed circle: %+v", out)
			}
			if got := h.since(before); len(got) != 0 {
				t.Errorf("refusals left entries: %v", got)
			}
		})
	}
}

func TestVoteTwiceCountsOnce(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	c := h.open(ann, "garden", circles.Public)
	far := h.stranger("zoe", "far.example")
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann", c.Actor(): "garden"}
	out := h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceivePost(tx, Said{By: far}, RemotePost{URI: "https://far.example/p/1", Circle: c, Title: "Hi"})
	})
	id := out.Post
	before := h.post(id)

	seq := h.mark()
	for range 2 {
		_, err := h.Vote(h.ctx(), ann, id, 1)
		h.must(err)
	}
	events := h.wantSaid(seq, names,
		"vote.cast in nobody by ann to https://far.example/inbox",
		"vote.cast in garden by garden")
	if e := events[1]; e.Detail.Of != events[0].Seq || e.Detail.Value != 1 || e.Detail.Actor != ann.Person.Actor() ||
		e.OrderKey != circles.PairKey(int64(ann.Person), int64(id)) {
		t.Errorf("circle's entry %+v", e)
	}
	up := h.post(id)
	if up.Ups != 1 || up.Score != 1 || up.Hot <= before.Hot || up.Active <= before.Active {
		t.Errorf("after a like: %+v", up)
	}
	seq = h.mark()
	down, err := h.Vote(h.ctx(), ann, id, -1)
	h.must(err)
	switched := h.wantSaid(seq, names,
		"vote.withdrawn in nobody by ann to https://far.example/inbox",
		"vote.withdrawn in garden by garden",
		"vote.cast in nobody by ann to https://far.example/inbox",
		"vote.cast in garden by garden")
	if switched[0].Detail.Of != events[0].Seq {
		t.Errorf("the Undo names %d, want the Like %d", switched[0].Detail.Of, events[0].Seq)
	}
	if down.Ups != 0 || down.Downs != 1 || down.Score != -1 {
		t.Errorf("after a dislike: %d up, %d down", down.Ups, down.Downs)
	}
	for range 2 {
		_, err = h.Vote(h.ctx(), ann, id, 0)
		h.must(err)
	}
	if got := h.post(id); got.Ups != 0 || got.Downs != 0 || got.Hot != before.Hot || got.Active != before.Active {
		t.Errorf("votes left traces: %+v, was %+v", got, before)
	}
}

func TestConcurrentVotesCountExactly(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	c := h.open(ann, "garden", circles.Public)
	p := h.write(ann, c, "Vote for me")
	const voters = 12
	people := make([]circles.Viewer, voters)
	for i := range people {
		people[i] = h.person("voter" + string(rune('a'+i)))
	}
	var wg sync.WaitGroup
	errs := make(chan error, 4*voters)
	for i, who := range people {
		wg.Go(func() {
			for _, value := range []int{-1, 1, 0, 1 - 2*(i%3/2)} { // ends with 8 likes, 4 dislikes
				for {
					_, err := h.Vote(h.ctx(), who, p.ID, value)
					if circles.Is(err, circles.Busy) {
						continue // refused whole; a person would press again
					}
					errs <- err
					break
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		h.must(err)
	}
	if got := h.post(p.ID); got.Ups != 8 || got.Downs != 4 || got.Score != 4 {
		t.Errorf("counted %d up, %d down, score %d; want 8, 4, 4", got.Ups, got.Downs, got.Score)
	}
}

// TestDeleteRestoreRemoveReturn: what author and moderator do to one post does not depend on each
// other, except that the author cannot bring back what a moderator removed.
func TestDeleteRestoreRemoveReturn(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c := h.open(ann, "garden", circles.Public)
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann", bob.Person.Actor(): "bob", c.Actor(): "garden"}
	root := h.write(ann, c, "Thread")
	p := h.answer(bob, root.ID, "words")
	is := func(step string, state circles.PostState, comments int64) {
		t.Helper()
		if got := h.post(p.ID); got.State != state {
			t.Errorf("%s: state %s, want %s", step, got.State, state)
		}
		if got := h.post(root.ID).Comments; got != comments {
			t.Errorf("%s: %d comments below the post, want %d", step, got, comments)
		}
		if got := h.circle(c).Comments; got != comments {
			t.Errorf("%s: %d comments in the circle, want %d", step, got, comments)
		}
	}
	seq := h.mark()
	h.must(h.Delete(h.ctx(), bob, p.ID))
	h.must(h.Delete(h.ctx(), bob, p.ID))
	is("deleted twice", circles.Deleted, 0)
	h.must(h.Restore(h.ctx(), bob, p.ID))
	is("restored", circles.Visible, 1)
	events := h.wantSaid(seq, names, "post.deleted in bob by bob", "post.deleted in garden by garden",
		"post.restored in bob by bob", "post.restored in garden by garden")
	if events[2].Detail.Of != events[0].Seq || events[3].Detail.Of != events[2].Seq {
		t.Errorf("restoring names %d and %d", events[2].Detail.Of, events[3].Detail.Of)
	}

	wantKind(t, "removal without a reason", h.Remove(h.ctx(), ann, p.ID, " "), circles.Invalid)
	wantKind(t, "removal by a member", h.Remove(h.ctx(), bob, root.ID, "mine"), circles.Forbidden)
	seq = h.mark()
	h.must(h.Remove(h.ctx(), ann, p.ID, "off topic"))
	h.must(h.Remove(h.ctx(), ann, p.ID, "again"))
	is("removed", circles.Removed, 0)
	events = h.wantSaid(seq, names, "post.removed in garden by garden")
	if d := events[0].Detail; d.Actor != ann.Person.Actor() || d.Reason != "off topic" {
		t.Errorf("removal says %+v", d)
	}
	_, err := h.Edit(h.ctx(), bob, p.ID, Edit{Body: "better"})
	wantKind(t, "editing what was removed", err, circles.Conflict)
	h.must(h.Delete(h.ctx(), bob, p.ID))
	is("removed, then deleted", circles.Deleted, 0)
	wantKind(t, "restoring what was removed", h.Restore(h.ctx(), bob, p.ID), circles.Conflict)
	h.must(h.Return(h.ctx(), ann, p.ID))
	is("returned, still deleted", circles.Deleted, 0)
	h.must(h.Restore(h.ctx(), bob, p.ID))
	is("returned and restored", circles.Visible, 1)
	h.must(h.Remove(h.ctx(), ann, p.ID, "off topic"))
	seq = h.mark()
	h.must(h.Return(h.ctx(), ann, p.ID))
	is("removed and returned", circles.Visible, 1)
	returned := h.wantSaid(seq, names, "post.returned in garden by garden")
	if returned[0].Detail.Of <= events[0].Seq {
		t.Errorf("the Undo names %d, an older removal", returned[0].Detail.Of)
	}
	_, err = h.Comment(h.ctx(), bob, NewComment{Parent: p.ID, Body: "still here"})
	h.must(err)
}

func TestEditKeepsHistory(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c := h.open(ann, "garden", circles.Public)
	p := h.write(ann, c, "First")
	rev := h.circle(c).Rev
	seq := h.mark()
	same, err := h.Edit(h.ctx(), ann, p.ID, Edit{Title: "First"})
	h.must(err)
	if same.EditedAt != 0 || len(h.since(seq)) != 0 {
		t.Errorf("an edit that changes nothing left a trace: %+v", same)
	}
	edited, err := h.Edit(h.ctx(), ann, p.ID, Edit{Title: "Second", Body: "*more*"})
	h.must(err)
	if edited.Title != "Second" || edited.EditedAt == 0 || !strings.Contains(edited.BodyHTML, "<em>") {
		t.Errorf("edited %+v", edited)
	}
	if got := h.circle(c).Rev; got <= rev {
		t.Errorf("rev of the circle stays at %d", got)
	}
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann", c.Actor(): "garden"}
	h.wantSaid(seq, names, "post.updated in ann by ann", "post.updated in garden by garden")
	h.update(func(tx *store.Tx) error {
		old, err := tx.Revisions(p.ID)
		if err != nil || len(old) != 1 || old[0].Title != "First" || old[0].Editor != ann.Person.Actor() {
			t.Errorf("history %+v, %v", old, err)
		}
		return nil
	})
	_, err = h.Edit(h.ctx(), bob, p.ID, Edit{Title: "Mine"})
	wantKind(t, "edit by another", err, circles.Forbidden)
	_, err = h.Edit(h.ctx(), ann, p.ID, Edit{Title: strings.Repeat("x", circles.MaxTitle+1)})
	wantKind(t, "too long a title", err, circles.TooLarge)
}

// TestModeratingOfACircleElsewhere: our moderators change only what we show, but what our own people
// wrote is called back everywhere.
func TestModeratingOfACircleElsewhere(t *testing.T) {
	h := newHouse(t)
	ann, boss := h.person("ann"), h.admin("boss")
	zoe := h.stranger("zoe", "far.example")
	c := h.farCircle("garden", "far.example")
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann"}
	mine := h.write(ann, c, "mine")
	theirs := h.arrive(Said{By: zoe}, RemotePost{URI: "https://far.example/1", Circle: c, Title: "theirs"})
	seq := h.mark()
	h.must(h.Remove(h.ctx(), boss, theirs, "spam"))
	h.must(h.Return(h.ctx(), boss, theirs))
	h.must(h.Lock(h.ctx(), boss, theirs))
	h.wantSaid(seq, names, "post.removed in nobody by ", "post.returned in nobody by ")
	seq = h.mark()
	h.must(h.Remove(h.ctx(), boss, mine.ID, "spam"))
	h.must(h.Return(h.ctx(), boss, mine.ID))
	events := h.wantSaid(seq, names,
		"post.deleted in ann by ann to https://far.example/inbox",
		"post.restored in ann by ann to https://far.example/inbox")
	if events[1].Detail.Of != events[0].Seq {
		t.Errorf("the Undo names %d, want %d", events[1].Detail.Of, events[0].Seq)
	}
}
