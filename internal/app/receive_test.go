package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

// arrive receives a post and fails the test unless it was applied.
func (h *house) arrive(said Said, in RemotePost) circles.PostID {
	h.Helper()
	out := h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceivePost(tx, said, in) })
	if out.Result != Applied {
		h.Fatalf("%s: %+v (%v)", in.URI, out, out.Refusal)
	}
	return out.Post
}

func TestReceivePostTimes(t *testing.T) {
	h := newHouse(t)
	ann, zoe := h.person("ann"), h.stranger("zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	now := h.clock().UnixMicro()
	day := int64(24 * time.Hour / time.Microsecond)
	for i, tt := range []struct {
		name          string
		published     int64
		least, latest int64
	}{
		{"past", now - day, now - day, now - day},
		{"future", now + 365*day, now, now + day},
		{"not said", 0, now, now + day},
		{"before the year 2000", -1 << 60, earliest, earliest},
	} {
		id := h.arrive(Said{By: zoe}, RemotePost{URI: fmt.Sprintf("https://far.example/p/%d", i), Circle: c, Title: "x", Published: tt.published})
		p := h.post(id)
		if p.Published < tt.least || p.Published > tt.latest {
			t.Errorf("%s: published %d, want %d to %d", tt.name, p.Published, tt.least, tt.latest)
		}
		if got := circles.IDTime(int64(id)).UnixMilli(); got < p.Published/1000 || got > p.Published/1000+1 && tt.name == "past" {
			t.Errorf("%s: its id is of %d, published %d ms", tt.name, got, p.Published/1000)
		}
	}
}

func TestReceivePostTwice(t *testing.T) {
	h := newHouse(t)
	ann, zoe := h.person("ann"), h.stranger("zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	in := RemotePost{URI: "https://far.example/p/1", Circle: c, Title: "once"}
	id := h.arrive(Said{By: zoe}, in)
	seq := h.mark()
	out := h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceivePost(tx, Said{By: zoe}, in) })
	if out.Result != Nothing || out.Post != id || len(h.since(seq)) != 0 || h.circle(c).Posts != 1 {
		t.Errorf("second time: %+v, circle has %d posts", out, h.circle(c).Posts)
	}
}

// TestReceivePostRefuses: who is not who they say, or not welcome, changes nothing.
func TestReceivePostRefuses(t *testing.T) {
	h := newHouse(t)
	ann, zoe := h.person("ann"), h.stranger("zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	in := RemotePost{URI: "https://far.example/p/1", Circle: c, Title: "x"}
	other := in
	other.URI = "https://victim.example/p/1"
	nowhere := in
	nowhere.Circle = 12345
	reply := in
	reply.Parent = 12345
	for _, tt := range []struct {
		name   string
		before func(tx *store.Tx) error
		by     circles.PersonID
		in     RemotePost
		want   circles.Kind
	}{
		{"id on another host", nil, zoe, other, circles.Invalid},
		{"unknown circle", nil, zoe, nowhere, circles.NotFound},
		{"unknown parent", nil, zoe, reply, circles.NotFound},
		{"a local person by signature", nil, ann.Person, in, circles.Denied},
		{"a circle as author", nil, circles.PersonID(c), in, circles.Forbidden},
		{"nobody", nil, 999, in, circles.Denied},
		{"banned", func(tx *store.Tx) error { return tx.SetBlock(c.Actor(), zoe.Actor(), true) }, zoe, in, circles.Forbidden},
		{"suspended", func(tx *store.Tx) error { return tx.SetSuspended(zoe.Actor(), 1) }, zoe, in, circles.Forbidden},
	} {
		if tt.before != nil {
			h.update(tt.before)
		}
		seq := h.mark()
		out := h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceivePost(tx, Said{By: tt.by}, tt.in) })
		if out.Result != Refused || out.Refusal.Kind != tt.want {
			t.Errorf("%s: %+v (%v), want %s", tt.name, out, out.Refusal, tt.want)
		}
		if got := h.circle(c).Posts; got != 0 || len(h.since(seq)) != 0 {
			t.Errorf("%s: left %d posts and %d entries", tt.name, got, len(h.since(seq)))
		}
	}
}

func TestReceiveUpdate(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	zoe, eve := h.stranger("zoe", "far.example"), h.stranger("eve", "far.example")
	c, secret := h.open(ann, "garden", circles.Public), h.open(ann, "public2", circles.Public)
	in := RemotePost{URI: "https://far.example/p/1", Circle: c, Title: "one", HTML: "<p>one</p>", Published: 1_790_000_000_000_000,
		Photos: []RemotePhoto{{URL: "https://far.example/a.jpg", Alt: "a"}, {URL: "javascript:alert(1)"}}}
	id := h.arrive(Said{By: zoe}, in)
	if p := h.post(id); p.PhotoN != 1 {
		t.Errorf("%d photos, want 1", p.PhotoN)
	}
	update := func(by circles.PersonID, change func(*RemotePost)) Outcome {
		t.Helper()
		next := in
		change(&next)
		return h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveUpdate(tx, Said{By: by, Received: 5}, next) })
	}
	seq := h.mark()
	out := update(zoe, func(p *RemotePost) {
		p.Title, p.HTML, p.Updated, p.Circle = "two", "<p>two</p>", in.Published+2e6, secret
	})
	p := h.post(id)
	if out.Result != Applied || p.Title != "two" || p.Circle != c || p.EditedAt != in.Published+2e6 {
		t.Errorf("edit: %+v, %+v", out, p)
	}
	events := h.wantSaid(seq, map[circles.ActorID]string{c.Actor(): "garden"}, "post.updated in garden by garden")
	if events[0].Detail.Received != 5 {
		t.Errorf("entry %+v", events[0])
	}
	for _, tt := range []struct {
		name   string
		by     circles.PersonID
		change func(*RemotePost)
		want   Result
	}{
		{"older", zoe, func(p *RemotePost) { p.Title, p.Updated = "late", in.Published+1e6 }, Nothing},
		{"the same again", zoe, func(p *RemotePost) { p.Title, p.HTML, p.Updated = "two", "<p>two</p>", in.Published+3e6 }, Nothing},
		{"by another of that server", eve, func(p *RemotePost) { p.Title, p.Updated = "stolen", in.Published+9e6 }, Refused},
	} {
		if out := update(tt.by, tt.change); out.Result != tt.want {
			t.Errorf("%s: %+v, want %s", tt.name, out, tt.want)
		}
		if got := h.post(id).Title; got != "two" {
			t.Errorf("%s: the title is now %q", tt.name, got)
		}
	}
	h.update(func(tx *store.Tx) error {
		old, err := tx.Revisions(id)
		if err != nil || len(old) != 1 || old[0].BodyHTML != "<p>one</p>" {
			t.Errorf("history %+v, %v", old, err)
		}
		return nil
	})
	// An Update of what never arrived brings it.
	out = update(zoe, func(p *RemotePost) { p.URI, p.Updated = "https://far.example/p/2", in.Published+1e6 })
	if out.Result != Applied || out.Post == id || h.circle(c).Posts != 2 {
		t.Errorf("update of the unknown: %+v", out)
	}
}

// TestEditsWithoutEnd: a server that sends edit after edit makes neither the history nor the list of
// the people named grow without end.
func TestEditsWithoutEnd(t *testing.T) {
	h := newHouse(t)
	ann, zoe := h.person("ann"), h.stranger("zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	in := RemotePost{URI: "https://far.example/p/1", Circle: c, Title: "x", Published: 1_790_000_000_000_000}
	id := h.arrive(Said{By: zoe}, in)
	h.update(func(tx *store.Tx) error {
		for i := range int64(130) {
			named, err := h.UpsertRemoteActor(tx, remoteActor(circles.KindPerson, fmt.Sprint("p", i), "far.example"))
			if err != nil {
				return err
			}
			next := in
			next.Title, next.Updated, next.Mentions = fmt.Sprint("x", i), in.Published+i+1, []circles.ActorID{named}
			if out, err := h.ReceiveUpdate(tx, Said{By: zoe}, next); err != nil || out.Result != Applied {
				return fmt.Errorf("edit %d: %+v, %w", i, out, err)
			}
		}
		old, err := tx.Revisions(id)
		if err != nil || len(old) != 50 || old[0].Title != "x128" {
			t.Errorf("%d revisions, the newest %q, %v; want 50, x128", len(old), old[0].Title, err)
		}
		named, err := tx.Mentions(id)
		if err != nil || len(named) != 2*circles.MaxMentions {
			t.Errorf("%d people named, %v; want %d", len(named), err, 2*circles.MaxMentions)
		}
		return nil
	})
}

func TestReceiveDeletionAndRemoval(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	zoe, eve := h.stranger("zoe", "far.example"), h.stranger("eve", "evil.example")
	c := h.open(ann, "garden", circles.Public)
	far, other := h.farCircle("orchard", "far.example"), h.farCircle("swamp", "evil.example")
	id := h.arrive(Said{By: zoe}, RemotePost{URI: "https://far.example/p/1", Circle: c, Title: "x"})
	remote := h.arrive(Said{By: zoe}, RemotePost{URI: "https://far.example/p/2", Circle: far, Title: "x"})
	names := map[circles.ActorID]string{c.Actor(): "garden"}

	type act func(tx *store.Tx, said Said) (Outcome, error)
	del := func(id circles.PostID) act {
		return func(tx *store.Tx, said Said) (Outcome, error) { return h.ReceiveDelete(tx, said, id) }
	}
	undel := func(id circles.PostID) act {
		return func(tx *store.Tx, said Said) (Outcome, error) { return h.ReceiveUndoDelete(tx, said, id) }
	}
	remove := func(id circles.PostID) act {
		return func(tx *store.Tx, said Said) (Outcome, error) { return h.ReceiveRemoval(tx, said, id, "rude") }
	}
	unremove := func(id circles.PostID) act {
		return func(tx *store.Tx, said Said) (Outcome, error) { return h.ReceiveUndoRemoval(tx, said, id) }
	}
	lock := func(id circles.PostID) act {
		return func(tx *store.Tx, said Said) (Outcome, error) { return h.ReceiveLock(tx, said, id, true) }
	}
	for _, tt := range []struct {
		name  string
		do    act
		said  Said
		want  Result
		id    circles.PostID
		state circles.PostState
		log   string
	}{
		{"deletion by another", del(id), Said{By: eve}, Refused, id, circles.Visible, ""},
		{"removal by nobody's moderator", remove(id), Said{By: eve}, Refused, id, circles.Visible, ""},
		{"removal passed on by another circle", remove(id), Said{By: eve, Via: other}, Refused, id, circles.Visible, ""},
		{"removal passed on by the wrong circle", remove(remote), Said{By: eve, Via: other}, Refused, remote, circles.Visible, ""},
		{"removal said to us of a circle elsewhere", remove(remote), Said{By: eve}, Refused, remote, circles.Visible, ""},
		{"lock by a stranger", lock(id), Said{By: eve}, Refused, id, circles.Visible, ""},
		{"deletion", del(id), Said{By: zoe, Received: 9}, Applied, id, circles.Deleted, "post.deleted in garden by garden"},
		{"deletion again", del(id), Said{By: zoe}, Nothing, id, circles.Deleted, ""},
		{"its undoing", undel(id), Said{By: zoe, Received: 9}, Applied, id, circles.Visible, "post.restored in garden by garden"},
		{"removal its circle passed on", remove(remote), Said{By: eve, Via: far}, Applied, remote, circles.Removed, "post.removed in nobody by "},
		{"removal undone", unremove(remote), Said{By: eve, Via: far}, Applied, remote, circles.Visible, "post.returned in nobody by "},
		{"unknown post", del(404), Said{By: zoe}, Refused, id, circles.Visible, ""},
	} {
		seq := h.mark()
		out := h.receive(func(tx *store.Tx) (Outcome, error) { return tt.do(tx, tt.said) })
		if out.Result != tt.want {
			t.Errorf("%s: %+v (%v), want %s", tt.name, out, out.Refusal, tt.want)
		}
		if got := h.post(tt.id).State; got != tt.state {
			t.Errorf("%s: state %s, want %s", tt.name, got, tt.state)
		}
		if got := strings.Join(h.said(seq, names), "; "); got != tt.log {
			t.Errorf("%s: log %q, want %q", tt.name, got, tt.log)
		}
	}

	// Made a moderator of ours, eve may.
	h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceiveFollow(tx, Said{By: eve}, c.Actor(), "https://evil.example/f", "https://evil.example/inbox")
	})
	h.must(h.SetRole(h.ctx(), ann, c, eve, circles.RoleModerator))
	seq := h.mark()
	out := h.receive(func(tx *store.Tx) (Outcome, error) { return remove(id)(tx, Said{By: eve, Received: 4}) })
	events := h.wantSaid(seq, names, "post.removed in garden by garden")
	if d := events[0].Detail; out.Result != Applied || d.Actor != eve.Actor() || d.Reason != "rude" || d.Received != 4 {
		t.Errorf("removal by a moderator: %+v, %+v", out, d)
	}
}

func TestReceiveVotes(t *testing.T) {
	h := newHouse(t)
	ann, zoe := h.person("ann"), h.stranger("zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	p := h.write(ann, c, "x")
	vote := func(value int) func(*store.Tx) (Outcome, error) {
		return func(tx *store.Tx) (Outcome, error) {
			return h.ReceiveVote(tx, Said{By: zoe, Received: 3}, p.ID, value, "https://far.example/v")
		}
	}
	unvote := func(value int) func(*store.Tx) (Outcome, error) {
		return func(tx *store.Tx) (Outcome, error) { return h.ReceiveUnvote(tx, Said{By: zoe}, p.ID, value) }
	}
	for _, tt := range []struct {
		name       string
		do         func(*store.Tx) (Outcome, error)
		want       Result
		ups, downs int64
	}{
		{"like", vote(1), Applied, 1, 0},
		{"like again", vote(1), Nothing, 1, 0},
		{"dislike instead", vote(-1), Applied, 0, 1},
		{"the like undone late", unvote(1), Nothing, 0, 1},
		{"the dislike undone", unvote(-1), Applied, 0, 0},
		{"undone again", unvote(0), Nothing, 0, 0},
		{"a vote of two", vote(2), Refused, 0, 0},
	} {
		seq := h.mark()
		out := h.receive(tt.do)
		if got := h.post(p.ID); out.Result != tt.want || got.Ups != tt.ups || got.Downs != tt.downs {
			t.Errorf("%s: %s with %d up, %d down; want %s, %d, %d", tt.name, out.Result, got.Ups, got.Downs, tt.want, tt.ups, tt.downs)
		}
		entries := h.since(seq)
		if changed := tt.want == Applied; changed != (len(entries) == 1) {
			t.Errorf("%s: %d entries", tt.name, len(entries))
		}
		for _, e := range entries {
			if e.Stream != c.Actor() || e.Detail.Actor != zoe.Actor() || len(e.To) > 0 {
				t.Errorf("%s: entry %+v", tt.name, e)
			}
		}
	}
}

func TestReceiveActorDelete(t *testing.T) {
	h := newHouse(t)
	ann, zoe := h.person("ann"), h.stranger("zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceiveFollow(tx, Said{By: zoe}, c.Actor(), "https://far.example/f", "https://far.example/inbox")
	})
	root := h.write(ann, c, "x")
	const n = deletedPerUpdate + 30
	h.update(func(tx *store.Tx) error {
		for i := range n {
			in := RemotePost{URI: fmt.Sprintf("https://far.example/n/%d", i), Parent: root.ID, HTML: "x"}
			if i%10 == 0 {
				in.Parent, in.Circle, in.Title = 0, c, "x"
			}
			if out, err := h.ReceivePost(tx, Said{By: zoe}, in); err != nil || out.Result != Applied {
				return fmt.Errorf("%d: %+v, %w", i, out, err)
			}
		}
		return nil
	})
	if got := h.circle(c); got.Posts != 1+n/10 || got.Comments != n-n/10 || got.Members != 2 {
		t.Fatalf("before: %d posts, %d comments, %d members", got.Posts, got.Comments, got.Members)
	}
	seq := h.mark()
	out := h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveActorDelete(tx, zoe.Actor()) })
	if out.Result != Applied {
		t.Fatalf("delete: %+v", out)
	}
	if got := h.circle(c).Posts + h.circle(c).Comments; got != 1+30 {
		t.Errorf("the first part left %d, want 31", got)
	}
	// Each post has an entry of the circle's, in the transaction that deletes it.
	told := func() (n int) {
		for _, e := range h.since(seq) {
			if e.Kind == circles.PostDeleted && e.Stream == c.Actor() && e.Signer == c.Actor() {
				n++
			}
		}
		return n
	}
	if got := told(); got != deletedPerUpdate {
		t.Errorf("the first part has %d entries, want %d", got, deletedPerUpdate)
	}
	h.must(h.FinishDeletions(h.ctx()))
	h.must(h.FinishDeletions(h.ctx()))
	if got := h.circle(c); got.Posts != 1 || got.Comments != 0 || got.Members != 1 || h.post(root.ID).Comments != 0 {
		t.Errorf("after: %d posts, %d comments, %d members", got.Posts, got.Comments, got.Members)
	}
	if got := told(); got != n {
		t.Errorf("%d entries, want %d", got, n)
	}
	for _, e := range h.since(seq) {
		if len(e.To) > 0 {
			t.Errorf("%s goes to %v", e.Kind, e.To)
		}
	}
	out = h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceivePost(tx, Said{By: zoe}, RemotePost{URI: "https://far.example/n/late", Circle: c, Title: "back"})
	})
	if out.Result != Refused {
		t.Errorf("a post by who is gone: %+v", out)
	}
}

func TestUpsertRemoteActor(t *testing.T) {
	h := newHouse(t)
	h.person("ann")
	base := remoteActor(circles.KindPerson, "zoe", "far.example")
	for _, tt := range []struct {
		name   string
		change func(*RemoteActor)
		want   circles.Kind
	}{
		{"id on another host", func(a *RemoteActor) { a.URI = "https://victim.example/zoe" }, circles.Invalid},
		{"one of ours", func(a *RemoteActor) { a.Host, a.URI = home, "https://"+home+"/u/ann" }, circles.Invalid},
		{"a path as id", func(a *RemoteActor) { a.URI = "/u/ann" }, circles.Invalid},
		{"inbox on another host", func(a *RemoteActor) { a.Inbox = "https://victim.example/inbox" }, circles.Invalid},
		{"no name", func(a *RemoteActor) { a.Name = "\u202e" }, circles.Invalid},
		{"itself", func(a *RemoteActor) {}, ""},
		{"a circle all at once", func(a *RemoteActor) { a.Kind = circles.KindCircle }, circles.Conflict},
	} {
		in := base
		tt.change(&in)
		err := h.store.Update(h.ctx(), func(tx *store.Tx) error {
			_, err := h.UpsertRemoteActor(tx, in)
			return err
		})
		wantKind(t, tt.name, err, tt.want)
	}
	id := h.stranger("zoe", "far.example")
	h.update(func(tx *store.Tx) error { return tx.SetSuspended(id.Actor(), 7) })
	changed := base
	changed.DisplayName, changed.SummaryHTML, changed.PublicKey = "Zoe  B", `<p onclick="x">hi<script>x</script></p>`, ""
	changed.SharedInbox = "https://victim.example/inbox"
	h.update(func(tx *store.Tx) error {
		again, err := h.UpsertRemoteActor(tx, changed)
		if err != nil || again != id.Actor() {
			t.Errorf("met again as %d, %v; want %d", again, err, id)
		}
		a, err := tx.Actor(again)
		if err != nil || a.DisplayName != "Zoe B" || a.SummaryHTML != "<p>hi</p>" || a.SuspendedAt != 7 || a.PublicKey == "" || a.SharedInbox != "" {
			t.Errorf("now %+v, %v", a, err)
		}
		return nil
	})
}
