package app

import (
	"fmt"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// modlog tells what moderators did, the first first, in short.
func (h *house) modlog() (all []string) {
	h.Helper()
	h.update(func(tx *store.Tx) error {
		entries, err := tx.ModLog(circles.Viewer{Role: circles.SiteAdmin, Person: 1}, 0, 0, 1000)
		all = nil
		for i := len(entries) - 1; i >= 0; i-- {
			all = append(all, string(entries[i].Action))
		}
		return err
	})
	return all
}

func (h *house) follow(follower circles.PersonID, c circles.CircleID) {
	h.Helper()
	h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceiveFollow(tx, Said{By: follower}, c.Actor(), "https://far.example/follow/1", "https://far.example/inbox")
	})
}

func TestBan(t *testing.T) {
	h := newHouse(t)
	ann, bob, eve := h.person("ann"), h.person("bob"), h.person("eve")
	c := h.open(ann, "garden", circles.Public)
	other := h.open(eve, "kitchen", circles.Public)
	far := h.stranger("far", "far.example")
	h.follow(far, c)
	p := h.write(ann, c, "Roses")
	names := map[circles.ActorID]string{c.Actor(): "circle", ann.Person.Actor(): "ann", far.Actor(): "far"}
	comment := func() Outcome {
		return h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceivePost(tx, Said{By: far}, RemotePost{URI: fmt.Sprintf("https://far.example/n/%d", tx.Now()), Parent: p.ID, HTML: "<p>no</p>"})
		})
	}
	if o := comment(); o.Result != Applied {
		t.Fatalf("before the ban: %+v", o)
	}

	wantKind(t, "no reason", h.Ban(h.ctx(), ann, NewBan{Circle: c, Person: far, Reason: " "}), circles.Invalid)
	wantKind(t, "over already", h.Ban(h.ctx(), ann, NewBan{Circle: c, Person: far, Reason: "x", Until: 5}), circles.Invalid)
	wantKind(t, "moderator of another circle", h.Ban(h.ctx(), eve, NewBan{Circle: c, Person: far, Reason: "x"}), circles.Forbidden)
	wantKind(t, "not signed in", h.Ban(h.ctx(), circles.Viewer{}, NewBan{Circle: c, Person: far, Reason: "x"}), circles.Denied)
	wantKind(t, "a circle", h.Ban(h.ctx(), ann, NewBan{Circle: c, Person: circles.PersonID(other), Reason: "x"}), circles.Invalid)
	wantKind(t, "oneself", h.Ban(h.ctx(), ann, NewBan{Circle: c, Person: ann.Person, Reason: "x"}), circles.Invalid)

	from := h.mark()
	until := h.clock().Add(time.Hour).UnixMicro()
	in := NewBan{Circle: c, Person: far, Reason: "spam", Until: until}
	h.must(h.Ban(h.ctx(), ann, in))
	said := h.wantSaid(from, names, "follow.refused in nobody by circle to https://far.example/inbox", "member.left in circle by circle",
		"member.banned in circle by circle to https://far.example/inbox")
	if d := said[2].Detail; said[2].Object != int64(far) || d.Actor != ann.Person.Actor() || d.Reason != "spam" || d.Until != until || d.Remove {
		t.Errorf("the entry is %+v", said[2])
	}
	from = h.mark()
	h.must(h.Ban(h.ctx(), ann, in))
	h.wantSaid(from, names) // the same again says nothing
	if o := comment(); o.Result != Refused || o.Reason != standing.Banned {
		t.Errorf("banned: %+v", o)
	}
	bans, next, err := h.Bans(h.ctx(), ann, c, "")
	if err != nil || next != "" || len(bans) != 1 || bans[0].Who.Name != "far" || bans[0].By.Name != "ann" || bans[0].Until != until {
		t.Errorf("bans are %+v, %q, %v", bans, next, err)
	}
	for who, want := range map[circles.Viewer]bool{ann: true, bob: false, eve: false, {}: false, {Person: bob.Person, Role: circles.SiteModerator}: true} {
		if page, err := h.Circle(h.ctx(), who, "garden", ""); err != nil || page.MayMod != want {
			t.Errorf("the page of the circle says to %+v that they may moderate: %v, %v", who, page.MayMod, err)
		}
	}
	_, _, err = h.Bans(h.ctx(), bob, c, "")
	wantKind(t, "who may see bans", err, circles.Forbidden)

	h.pass(2 * time.Hour)
	if o := comment(); o.Result != Applied {
		t.Errorf("after its end: %+v", o)
	}
	if bans, _, _ := h.Bans(h.ctx(), ann, c, ""); len(bans) != 0 {
		t.Errorf("an ended ban is listed: %+v", bans)
	}
	from = h.mark()
	h.must(h.Unban(h.ctx(), ann, c, far))
	h.wantSaid(from, names) // it is over already
	h.must(h.FinishRemovals(h.ctx()))

	h.must(h.Ban(h.ctx(), ann, NewBan{Circle: c, Person: far, Reason: "again"}))
	wantKind(t, "lifted elsewhere", h.Unban(h.ctx(), eve, c, far), circles.Forbidden)
	from = h.mark()
	h.must(h.Unban(h.ctx(), ann, c, far))
	h.must(h.Unban(h.ctx(), ann, c, far))
	said = h.wantSaid(from, names, "member.unbanned in circle by circle to https://far.example/inbox")
	if said[0].Detail.Of == 0 || said[0].Detail.Reason != "again" {
		t.Errorf("the undoing is %+v", said[0])
	}
	if got, want := fmt.Sprint(h.modlog()), "[ban ban unban]"; got != want {
		t.Errorf("the moderators' log is %s, want %s", got, want)
	}
}

func TestBanRemovesWhatTheyWrote(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c, elsewhere := h.open(ann, "garden", circles.Public), h.open(ann, "kitchen", circles.Public)
	stays := h.write(bob, elsewhere, "Soup")
	const n = removedPerUpdate + 20
	first := h.write(bob, c, "Spam")
	for range n - 1 {
		h.answer(bob, first.ID, "spam")
	}
	if _, err := h.Join(h.ctx(), bob, c); err != nil {
		t.Fatal(err)
	}
	h.must(h.Ban(h.ctx(), ann, NewBan{Circle: c, Person: bob.Person, Reason: "spam", Remove: true}))
	if got := h.circle(c); got.Posts+got.Comments != n-removedPerUpdate || got.Members != 1 {
		t.Errorf("after the first part: %d posts, %d comments, %d members", got.Posts, got.Comments, got.Members)
	}
	h.must(h.FinishRemovals(h.ctx()))
	if got := h.circle(c); got.Posts != 0 || got.Comments != 0 {
		t.Errorf("in the end: %d posts, %d comments", got.Posts, got.Comments)
	}
	if p := h.post(first.ID); p.State != circles.Removed || p.Reason != "spam" || p.RemovedBy != ann.Person.Actor() {
		t.Errorf("the post is %s for %q by %d", p.State, p.Reason, p.RemovedBy)
	}
	if p := h.post(stays.ID); p.State != circles.Visible {
		t.Errorf("what they wrote in another circle is %s", p.State)
	}
	if got := len(h.modlog()); got != n+1 {
		t.Errorf("the moderators' log has %d lines, want %d", got, n+1)
	}
	from := h.mark()
	h.must(h.FinishRemovals(h.ctx()))
	h.wantSaid(from, nil)
}

func TestBansFromElsewhere(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c := h.open(ann, "garden", circles.Public)
	away, third := h.farCircle("lake", "far.example"), h.farCircle("hill", "third.example")
	mod, stranger := h.stranger("mod", "far.example"), h.stranger("far", "far.example")
	receive := func(s Said, in NewBan) Outcome {
		return h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveBan(tx, s, in) })
	}
	spam := NewBan{Circle: c, Person: bob.Person, Reason: "  spam\x00 "}
	if o := receive(Said{By: mod}, spam); o.Result != Refused || o.Reason != standing.NotAModerator {
		t.Errorf("by a stranger: %+v", o)
	}
	if o := receive(Said{By: mod, Via: away}, spam); o.Result != Refused {
		t.Errorf("through a circle elsewhere about ours: %+v", o)
	}
	h.follow(mod, c)
	h.must(h.SetRole(h.ctx(), ann, c, mod, circles.RoleModerator))
	from := h.mark()
	if o := receive(Said{By: mod, Received: 77}, spam); o.Result != Applied {
		t.Errorf("by a moderator elsewhere: %+v", o)
	}
	if said := h.since(from); len(said) == 0 || said[len(said)-1].Detail.Received != 77 || said[len(said)-1].Detail.Reason != "spam" {
		t.Errorf("the log got %+v", said)
	}
	_, err := h.Post(h.ctx(), bob, NewPost{Circle: c, Title: "x"})
	wantKind(t, "banned from elsewhere", err, circles.Forbidden)
	if own, err := h.BansOf(h.ctx(), bob); err != nil || len(own) != 1 || own[0].Circle.Name != "garden" || own[0].Reason != "spam" {
		t.Errorf("bob's bans are %+v, %v", own, err)
	}
	if o := receive(Said{By: mod}, spam); o.Result != Nothing {
		t.Errorf("again: %+v", o)
	}
	if o := receive(Said{By: mod}, NewBan{Circle: c, Person: ann.Person}); o.Result != Refused || o.Reason != standing.RanksHigher {
		t.Errorf("of the owner: %+v", o)
	}
	late := NewBan{Circle: c, Person: stranger, Until: 5}
	if o := receive(Said{By: mod}, late); o.Result != Nothing {
		t.Errorf("over already: %+v", o)
	}
	if o := h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveUnban(tx, Said{By: mod}, c, bob.Person) }); o.Result != Applied {
		t.Errorf("lifted: %+v", o)
	}
	h.write(bob, c, "Back")

	// A circle elsewhere shuts out one of ours, and speaks for nobody but itself.
	if _, err := h.Join(h.ctx(), bob, away); err != nil {
		t.Fatal(err)
	}
	h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveAccept(tx, away.Actor(), bob.Person.Actor()) })
	if o := receive(Said{By: mod, Via: third}, NewBan{Circle: away, Person: bob.Person}); o.Result != Refused {
		t.Errorf("through another circle: %+v", o)
	}
	from = h.mark()
	if o := receive(Said{By: mod, Via: away}, NewBan{Circle: away, Person: bob.Person, Reason: "off topic"}); o.Result != Applied {
		t.Errorf("by its own circle: %+v", o)
	}
	for _, e := range h.since(from) {
		// An entry without stream, signer and inbox only tells our own people of it.
		if e.Kind == circles.MemberBanned && (e.Stream != 0 || e.Signer != 0 || len(e.To) > 0) {
			t.Errorf("we speak for a circle elsewhere: %+v", e)
		}
	}
	if r := h.role(away, bob.Person); r != circles.NoRole {
		t.Errorf("still %q there", r)
	}
	_, err = h.Post(h.ctx(), bob, NewPost{Circle: away, Title: "x"})
	wantKind(t, "banned there", err, circles.Forbidden)
}

func TestPin(t *testing.T) {
	h := newHouse(t)
	ann, eve := h.person("ann"), h.person("eve")
	c := h.open(ann, "garden", circles.Public)
	h.open(eve, "kitchen", circles.Public)
	p := h.write(ann, c, "Roses")
	names := map[circles.ActorID]string{c.Actor(): "circle"}
	wantKind(t, "moderator of another circle", h.Pin(h.ctx(), eve, p.ID), circles.Forbidden)
	wantKind(t, "comment", h.Pin(h.ctx(), ann, h.answer(ann, p.ID, "x").ID), circles.Invalid)
	from := h.mark()
	rev := h.circle(c).Rev
	h.must(h.Pin(h.ctx(), ann, p.ID))
	h.must(h.Pin(h.ctx(), ann, p.ID))
	h.wantSaid(from, names, "post.pinned in circle by circle")
	if !h.post(p.ID).Pinned || h.circle(c).Rev == rev {
		t.Error("it is not pinned, or cached pages do not know")
	}
	for range maxPins - 1 {
		h.must(h.Pin(h.ctx(), ann, h.write(ann, c, "More").ID))
	}
	wantKind(t, "one too many", h.Pin(h.ctx(), ann, h.write(ann, c, "More").ID), circles.Conflict)
	h.must(h.Remove(h.ctx(), ann, p.ID, "x"))
	from = h.mark()
	h.must(h.Unpin(h.ctx(), ann, p.ID))
	h.wantSaid(from, names, "post.unpinned in circle by circle")

	mod := h.stranger("mod", "far.example")
	more := h.write(ann, c, "Again")
	receive := func(s Said, pinned bool) Outcome {
		return h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceivePin(tx, s, more.ID, pinned) })
	}
	if o := receive(Said{By: mod}, true); o.Result != Refused {
		t.Errorf("by a stranger: %+v", o)
	}
	h.follow(mod, c)
	h.must(h.SetRole(h.ctx(), ann, c, mod, circles.RoleModerator))
	if o := receive(Said{By: mod, Received: 7}, true); o.Result != Applied || !h.post(more.ID).Pinned {
		t.Errorf("by a moderator elsewhere: %+v", o)
	}
	if o := receive(Said{By: mod}, false); o.Result != Applied || h.post(more.ID).Pinned {
		t.Errorf("taken out: %+v", o)
	}
}

func TestModeratorsFromElsewhere(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c := h.open(ann, "garden", circles.Public)
	away := h.farCircle("lake", "far.example")
	boss, mod := h.stranger("boss", "far.example"), h.stranger("mod", "far.example")
	h.follow(boss, c)
	receive := func(s Said, c circles.CircleID, who circles.PersonID, in bool) Outcome {
		return h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveModerator(tx, s, c, who, in) })
	}
	names := map[circles.ActorID]string{c.Actor(): "circle"}
	if o := receive(Said{By: boss}, c, boss, true); o.Result != Refused {
		t.Errorf("a member makes themselves one: %+v", o)
	}
	from := h.mark()
	h.must(h.SetRole(h.ctx(), ann, c, boss, circles.RoleOperator))
	h.wantSaid(from, names, "moderator.added in circle by circle to https://far.example/inbox", "actor.updated in circle by circle")
	if o := receive(Said{By: boss}, c, mod, true); o.Result != Refused || o.Refusal.Text != "refused.not-in-circle" {
		t.Errorf("one who is not in the circle: %+v", o)
	}
	h.follow(mod, c)
	if o := receive(Said{By: boss, Received: 9}, c, mod, true); o.Result != Applied || h.role(c, mod) != circles.RoleModerator {
		t.Errorf("a member: %+v", o)
	}
	if o := receive(Said{By: boss}, c, mod, true); o.Result != Nothing {
		t.Errorf("again: %+v", o)
	}
	if o := receive(Said{By: mod}, c, boss, false); o.Result != Refused {
		t.Errorf("a moderator retires an operator: %+v", o)
	}
	if o := receive(Said{By: boss}, c, mod, false); o.Result != Applied || h.role(c, mod) != circles.RoleMember {
		t.Errorf("retired: %+v, %q", o, h.role(c, mod))
	}

	if o := receive(Said{By: boss}, away, bob.Person, true); o.Result != Refused {
		t.Errorf("without the circle's word: %+v", o)
	}
	from = h.mark()
	if o := receive(Said{By: boss, Via: away}, away, bob.Person, true); o.Result != Applied || h.role(away, bob.Person) != circles.RoleModerator {
		t.Errorf("of a circle elsewhere: %+v", o)
	}
	if o := receive(Said{By: boss, Via: away}, away, bob.Person, false); o.Result != Applied || h.role(away, bob.Person) != circles.NoRole {
		t.Errorf("and back: %+v", o)
	}
	for _, e := range h.since(from) {
		if e.Kind != circles.MemberJoined && e.Kind != circles.MemberLeft {
			t.Errorf("we speak for a circle elsewhere: %+v", e)
		}
	}
}

func TestFollowersAreApproved(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	h.must(h.EditProfile(h.ctx(), ann, Profile{Locked: true}))
	far, more := h.stranger("far", "far.example"), h.stranger("more", "far.example")
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann"}
	for _, p := range []circles.PersonID{far, more} {
		h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceiveFollow(tx, Said{By: p}, ann.Person.Actor(), "https://far.example/f/"+p.String(), "https://far.example/inbox")
		})
	}
	if state, err := h.Follow(h.ctx(), bob, ann.Person.Actor()); state != circles.FollowPending || err != nil {
		t.Fatalf("a neighbour follows at once: %q, %v", state, err)
	}
	waiting, err := h.FollowRequests(h.ctx(), ann)
	if err != nil || len(waiting) != 3 || waiting[0].Name != "far" {
		t.Fatalf("waiting are %v, %v", waiting, err)
	}
	if mine, _ := h.FollowRequests(h.ctx(), bob); len(mine) != 0 {
		t.Errorf("somebody else sees %v", mine)
	}
	h.must(h.AnswerFollower(h.ctx(), bob, far.Actor(), true)) // nobody asked bob
	from := h.mark()
	h.must(h.AnswerFollower(h.ctx(), ann, far.Actor(), true))
	h.must(h.AnswerFollower(h.ctx(), ann, far.Actor(), true))
	h.must(h.AnswerFollower(h.ctx(), ann, more.Actor(), false))
	h.must(h.AnswerFollower(h.ctx(), ann, more.Actor(), false))
	h.must(h.AnswerFollower(h.ctx(), ann, bob.Person.Actor(), true))
	said := h.wantSaid(from, names, "follow.accepted in nobody by ann to https://far.example/inbox",
		"follow.refused in nobody by ann to https://far.example/inbox", "follow.accepted in nobody by ann")
	h.update(func(tx *store.Tx) error {
		f, err := tx.Following(far.Actor(), ann.Person.Actor())
		if err != nil || f == nil || f.State != circles.FollowActive || f.FromSeq != said[0].Seq {
			t.Errorf("the follow is %+v, %v", f, err)
		}
		if f, err = tx.Following(more.Actor(), ann.Person.Actor()); err != nil || f != nil {
			t.Errorf("the refused one is %+v, %v", f, err)
		}
		return nil
	})
}

func TestActivityIsCountedAnew(t *testing.T) {
	h := newHouse(t)
	ann, bob, cid, dan := h.person("ann"), h.person("bob"), h.person("cid"), h.person("dan")
	c, quiet := h.open(ann, "garden", circles.Public), h.open(ann, "kitchen", circles.Public)
	p := h.write(ann, c, "Roses")
	h.answer(ann, p.ID, "one")
	reply := h.answer(bob, p.ID, "two")
	if _, err := h.Vote(h.ctx(), cid, reply.ID, 1); err != nil {
		t.Fatal(err)
	}
	h.must(h.Remove(h.ctx(), ann, h.write(dan, c, "Spam").ID, "spam"))
	count := func(want int64) {
		t.Helper()
		h.must(h.RefreshActivity(h.ctx()))
		if got := h.circle(c).ActiveMonth; got != want {
			t.Errorf("%d people are active, want %d", got, want)
		}
		if got := h.circle(quiet).ActiveMonth; got != 0 {
			t.Errorf("%d people are active where nobody wrote", got)
		}
	}
	count(3)
	h.pass(20 * 24 * time.Hour)
	h.answer(dan, p.ID, "late")
	count(4)
	h.pass(15 * 24 * time.Hour)
	count(1)
	h.pass(30 * 24 * time.Hour)
	count(0)
}

// TestLimited: who comes from a limited instance joins nothing new, and is told so; who was in before
// goes on.
func TestLimited(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	c := h.open(ann, "garden", circles.Public)
	old, fresh := h.stranger("old", "far.example"), h.stranger("fresh", "far.example")
	h.follow(old, c)
	h.update(func(tx *store.Tx) error { return tx.SetPeerPolicy("far.example", "limited") })
	names := map[circles.ActorID]string{c.Actor(): "circle"}
	from := h.mark()
	h.follow(fresh, c)
	h.wantSaid(from, names, "follow.refused in nobody by circle to https://far.example/inbox")
	from = h.mark()
	h.follow(old, c)
	h.wantSaid(from, names, "follow.accepted in nobody by circle to https://far.example/inbox")
	post := func(by circles.PersonID) Outcome {
		return h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceivePost(tx, Said{By: by}, RemotePost{URI: fmt.Sprintf("https://far.example/p/%d", by), Circle: c, Title: "x"})
		})
	}
	if o := post(old); o.Result != Applied {
		t.Errorf("a member: %+v", o)
	}
	if o := post(fresh); o.Result != Refused || o.Reason != standing.PeerLimited {
		t.Errorf("a stranger: %+v", o)
	}
	h.update(func(tx *store.Tx) error {
		return tx.AddFollow(&circles.Follow{ID: tx.NewID(), Follower: ann.Person.Actor(), Followee: fresh.Actor(), State: circles.FollowActive})
	})
	if o := post(fresh); o.Result != Applied {
		t.Errorf("one whom ann follows: %+v", o)
	}
}
