package app

import (
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

func TestCreateCircle(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	c, err := h.CreateCircle(h.ctx(), ann, NewCircle{Name: "garden", Title: "The Garden", Description: "*Peas*", Rules: "Be kind", Hue: 3})
	h.must(err)
	if c.Visibility != circles.Public || c.Posting != circles.PostingOpen || c.CreatedBy != ann.Person || c.Members != 1 ||
		c.SummaryHTML != "<p><em>Peas</em></p>\n" && c.SummaryHTML != "<p><em>Peas</em></p>" || c.URI != "/c/garden" || c.PublicKey == "" {
		t.Errorf("made %+v", c)
	}
	if got := h.role(c.CircleID(), ann.Person); got != circles.RoleOwner {
		t.Errorf("its founder is %q", got)
	}
	h.update(func(tx *store.Tx) error {
		f, err := tx.Following(ann.Person.Actor(), c.ID)
		if err != nil || f == nil || f.State != circles.FollowActive || f.Inbox != "" || f.FromSeq == 0 {
			t.Errorf("founder follows %+v, %v", f, err)
		}
		if key, err := tx.PrivateKey(c.ID); err != nil || len(key) == 0 {
			t.Errorf("no private key: %v", err)
		}
		return nil
	})
	for _, tt := range []struct {
		name string
		who  circles.Viewer
		in   NewCircle
		want circles.Kind
	}{
		{"name of a circle", bob, NewCircle{Name: "garden"}, circles.Conflict},
		{"name of a person", bob, NewCircle{Name: "ann"}, circles.Conflict},
		{"reserved name", bob, NewCircle{Name: "admin"}, circles.Invalid},
		{"visitor", circles.Viewer{}, NewCircle{Name: "other"}, circles.Denied},
		{"no such visibility", bob, NewCircle{Name: "other", Visibility: "secret"}, circles.Invalid},
		{"colour off the circle", bob, NewCircle{Name: "other", Hue: 12}, circles.Invalid},
	} {
		_, err := h.CreateCircle(h.ctx(), tt.who, tt.in)
		wantKind(t, tt.name, err, tt.want)
	}
	// What was refused has not taken the name.
	_, err = h.CreateCircle(h.ctx(), bob, NewCircle{Name: "other"})
	h.must(err)
}

func TestRoles(t *testing.T) {
	h := newHouse(t)
	ann, bob, cid, dan := h.person("ann"), h.person("bob"), h.person("cid"), h.person("dan")
	boss := h.admin("boss")
	c := h.open(ann, "garden", circles.MembersOnly)

	for _, who := range []circles.Viewer{bob, cid} {
		role, err := h.Join(h.ctx(), who, c)
		h.must(err)
		if role != circles.RolePending {
			t.Errorf("joining a members-only circle gives %q", role)
		}
	}
	_, err := h.Post(h.ctx(), bob, NewPost{Circle: c, Title: "let me in"})
	wantKind(t, "post by one who waits", err, circles.NotFound)
	h.must(h.SetRole(h.ctx(), ann, c, bob.Person, circles.RoleOperator))
	h.must(h.SetRole(h.ctx(), bob, c, cid.Person, circles.RoleMember))
	if got := h.circle(c).Members; got != 3 {
		t.Errorf("%d members, want 3", got)
	}
	wantKind(t, "operator makes an operator", h.SetRole(h.ctx(), bob, c, cid.Person, circles.RoleOperator), circles.Forbidden)
	wantKind(t, "operator puts the owner down", h.SetRole(h.ctx(), bob, c, ann.Person, circles.RoleMember), circles.Forbidden)
	wantKind(t, "member makes a moderator", h.SetRole(h.ctx(), cid, c, cid.Person, circles.RoleModerator), circles.Forbidden)
	wantKind(t, "role for one who is not in", h.SetRole(h.ctx(), ann, c, dan.Person, circles.RoleMember), circles.Conflict)
	wantKind(t, "outsider", h.SetRole(h.ctx(), dan, c, dan.Person, circles.RoleOwner), circles.NotFound)
	wantKind(t, "last owner leaves", h.Leave(h.ctx(), ann, c), circles.Conflict)
	wantKind(t, "last owner steps down", h.SetRole(h.ctx(), ann, c, ann.Person, circles.RoleMember), circles.Conflict)
	h.must(h.SetRole(h.ctx(), boss, c, cid.Person, circles.RoleOwner))
	h.must(h.Leave(h.ctx(), ann, c))
	wantKind(t, "leaving twice", h.Leave(h.ctx(), ann, c), circles.NotFound)
	if got := h.circle(c).Members; got != 2 {
		t.Errorf("%d members, want 2", got)
	}
	h.update(func(tx *store.Tx) error {
		if f, err := tx.Following(ann.Person.Actor(), c.Actor()); f != nil || err != nil {
			t.Errorf("who left still follows: %+v, %v", f, err)
		}
		return nil
	})
}

func TestOperatorsOnly(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	zoe := h.stranger("zoe", "far.example")
	c, err := h.CreateCircle(h.ctx(), ann, NewCircle{Name: "news", Posting: circles.PostingOperators})
	h.must(err)
	p := h.write(ann, c.CircleID(), "News")
	_, err = h.Post(h.ctx(), bob, NewPost{Circle: c.CircleID(), Title: "Mine"})
	wantKind(t, "post by a member", err, circles.Forbidden)
	out := h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceivePost(tx, Said{By: zoe}, RemotePost{URI: "https://far.example/1", Circle: c.CircleID(), Title: "Mine"})
	})
	if out.Result != Refused || out.Reason != "operators-only" {
		t.Errorf("post from elsewhere: %+v", out)
	}
	h.answer(bob, p.ID, "comments are for everyone")
}

func TestJoinCircleElsewhere(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	c := h.farCircle("garden", "far.example")
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann", c.Actor(): "garden"}
	seq := h.mark()
	role, err := h.Join(h.ctx(), ann, c)
	h.must(err)
	asked := h.wantSaid(seq, names, "follow.asked in nobody by ann to https://far.example/inbox")
	if role != circles.RolePending || h.circle(c).Members != 0 {
		t.Errorf("role %q with %d members, want pending with 0", role, h.circle(c).Members)
	}
	for range 2 {
		h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveAccept(tx, c.Actor(), ann.Person.Actor()) })
	}
	if got := h.role(c, ann.Person); got != circles.RoleMember || h.circle(c).Members != 1 {
		t.Errorf("accepted as %q with %d members", got, h.circle(c).Members)
	}
	seq = h.mark()
	h.must(h.Leave(h.ctx(), ann, c))
	h.must(h.Leave(h.ctx(), ann, c))
	ended := h.wantSaid(seq, names, "follow.ended in nobody by ann to https://far.example/inbox", "member.left in garden by garden")
	if ended[0].Detail.Of != asked[0].Seq || ended[0].OrderKey != asked[0].OrderKey {
		t.Errorf("the Undo names %d with key %d, want %d with %d", ended[0].Detail.Of, ended[0].OrderKey, asked[0].Seq, asked[0].OrderKey)
	}

	_, err = h.Join(h.ctx(), ann, c)
	h.must(err)
	h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveReject(tx, c.Actor(), ann.Person.Actor()) })
	if got := h.role(c, ann.Person); got != circles.NoRole {
		t.Errorf("rejected, and yet %q", got)
	}
}

func TestFollowPeople(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann"), h.person("bob")
	zoe := h.stranger("zoe", "far.example")
	names := map[circles.ActorID]string{ann.Person.Actor(): "ann"}
	state, err := h.Follow(h.ctx(), ann, bob.Person.Actor())
	h.must(err)
	if state != circles.FollowActive {
		t.Errorf("following a neighbour is %q", state)
	}
	_, err = h.Follow(h.ctx(), ann, ann.Person.Actor())
	wantKind(t, "following oneself", err, circles.Invalid)
	seq := h.mark()
	state, err = h.Follow(h.ctx(), ann, zoe.Actor())
	h.must(err)
	if state != circles.FollowPending {
		t.Errorf("following a stranger is %q", state)
	}
	h.must(h.Unfollow(h.ctx(), ann, zoe.Actor()))
	h.must(h.Unfollow(h.ctx(), ann, zoe.Actor()))
	h.must(h.Unfollow(h.ctx(), ann, bob.Person.Actor()))
	h.wantSaid(seq, names, "follow.asked in nobody by ann to https://far.example/inbox",
		"follow.ended in nobody by ann to https://far.example/inbox")
	h.update(func(tx *store.Tx) error { return tx.SetBlock(bob.Person.Actor(), ann.Person.Actor(), true) })
	_, err = h.Follow(h.ctx(), ann, bob.Person.Actor())
	wantKind(t, "following who blocks", err, circles.Forbidden)
}

func TestReceiveFollow(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	zoe := h.stranger("zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	names := map[circles.ActorID]string{c.Actor(): "garden"}
	ask := func(uri string) Outcome {
		t.Helper()
		return h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceiveFollow(tx, Said{By: zoe}, c.Actor(), uri, "https://far.example/inbox")
		})
	}
	seq := h.mark()
	if out := ask("https://far.example/f/1"); out.Result != Applied {
		t.Fatalf("follow: %+v", out)
	}
	first := h.wantSaid(seq, names, "follow.accepted in nobody by garden to https://far.example/inbox", "member.joined in garden by garden")
	if d := first[0].Detail; d.URI != "https://far.example/f/1" || d.Actor != zoe.Actor() {
		t.Errorf("the Accept answers %+v", d)
	}
	seq = h.mark()
	ask("https://far.example/f/2")
	h.wantSaid(seq, names, "follow.accepted in nobody by garden to https://far.example/inbox")
	h.update(func(tx *store.Tx) error {
		f, err := tx.Following(zoe.Actor(), c.Actor())
		if err != nil || f.FromSeq != first[0].Seq || f.URI != "https://far.example/f/2" || f.ID != first[0].Object {
			t.Errorf("follow %+v, %v; asking again must not skip what lies between", f, err)
		}
		return err
	})
	if got := h.circle(c).Members; got != 2 {
		t.Errorf("%d members, want 2", got)
	}
	out := h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceiveUnfollow(tx, Said{By: zoe}, c.Actor()) })
	if out.Result != Applied || h.circle(c).Members != 1 || h.role(c, zoe) != circles.NoRole {
		t.Errorf("unfollow: %+v, %d members", out, h.circle(c).Members)
	}

	h.update(func(tx *store.Tx) error { return tx.SetBlock(c.Actor(), zoe.Actor(), true) })
	seq = h.mark()
	for range 3 {
		if out := ask("https://far.example/f/3"); out.Result != Refused || out.Reason != "banned" {
			t.Errorf("banned follower: %+v", out)
		}
	}
	refusals := h.since(seq)
	if len(refusals) != 3 || refusals[2].Kind != circles.FollowRefused {
		t.Fatalf("refusals said %+v", refusals)
	}
	h.update(func(tx *store.Tx) error {
		if _, err := tx.Follow(refusals[0].Object); !circles.Is(err, circles.NotFound) {
			t.Errorf("an earlier refusal leaves its row: %v", err)
		}
		f, err := tx.Follow(refusals[2].Object)
		if err != nil || f.State != circles.FollowOver || f.FromSeq != 0 {
			t.Errorf("refused follow %+v, %v", f, err)
		}
		return nil
	})
}

// TestPutOut: whom an operator puts out is told, and gets nothing any more.
func TestPutOut(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann")
	zoe := h.stranger("zoe", "far.example")
	c := h.open(ann, "garden", circles.Public)
	h.receive(func(tx *store.Tx) (Outcome, error) {
		return h.ReceiveFollow(tx, Said{By: zoe}, c.Actor(), "https://far.example/f/1", "https://far.example/inbox")
	})
	seq := h.mark()
	h.must(h.SetRole(h.ctx(), ann, c, zoe, circles.NoRole))
	h.wantSaid(seq, map[circles.ActorID]string{c.Actor(): "garden"},
		"follow.refused in nobody by garden to https://far.example/inbox", "member.left in garden by garden")
	h.update(func(tx *store.Tx) error {
		if f, err := tx.Following(zoe.Actor(), c.Actor()); f != nil || err != nil {
			t.Errorf("still follows: %+v, %v", f, err)
		}
		return nil
	})
}

func TestEnsureInstanceActor(t *testing.T) {
	h := newHouse(t)
	first, err := h.EnsureInstanceActor(h.ctx())
	h.must(err)
	again, err := h.EnsureInstanceActor(h.ctx())
	h.must(err)
	if first.ID != again.ID || first.URI != "/" || first.Name != home || first.Kind != circles.KindInstance || first.PublicKey == "" {
		t.Errorf("made %+v, then found %+v", first, again)
	}
}
