package federation

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/store"
)

// follows makes a voice a follower, and so a member, of a circle of ours.
func (v *voice) follows(c *circles.Circle) circles.PersonID {
	v.Helper()
	v.must(v.says("Follow", v.address(c), obj{"to": arr{v.address(c)}, "cc": nil}))
	return circles.PersonID(v.actor(v.id).ID)
}

func (h *house) banned(c circles.CircleID, p circles.ActorID) (b *circles.Ban) {
	h.Helper()
	h.view(func(tx *store.Tx) (err error) {
		b, err = tx.Ban(c, circles.PersonID(p))
		return err
	})
	return b
}

func (h *house) role(c circles.CircleID, p circles.ActorID) (r circles.Role) {
	h.Helper()
	h.view(func(tx *store.Tx) (err error) {
		r, err = tx.Role(c, circles.PersonID(p))
		return err
	})
	return r
}

// TestAModeratorElsewhereModerates: a person of another server who moderates a circle of ours does it
// from there, a stranger does not.
func TestAModeratorElsewhereModerates(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	far := h.far()
	mod, bob, cid := far.speaker("mod"), far.speaker("bob"), far.speaker("cid")
	modID := mod.follows(c)
	bob.follows(c)
	p := h.write(olga, c, "Roses")
	address, post := h.address(c), h.postAddress(p)
	ban := func(who *voice, whom string, more ...obj) obj {
		return who.says("Block", whom, append([]obj{{"target": address, "summary": "spam", "cc": arr{address}}}, more...)...)
	}
	tries := func() {
		mod.must(ban(mod, bob.id))
		mod.must(mod.says("Lock", post))
		mod.must(mod.says("Add", post, obj{"target": address + "/featured"}))
		mod.must(mod.says("Add", bob.id, obj{"target": address + "/moderators"}))
	}
	tries()
	got := h.wantPost(p.URI)
	if h.banned(c.CircleID(), h.actor(bob.id).ID) != nil || got.Locked || got.Pinned || h.role(c.CircleID(), h.actor(bob.id).ID) != circles.RoleMember {
		t.Fatalf("a stranger moderates: %+v", got)
	}
	if err := h.app.SetRole(t.Context(), olga, c.CircleID(), modID, circles.RoleOperator); err != nil {
		t.Fatal(err)
	}
	before := h.mark()
	tries()
	got = h.wantPost(p.URI)
	b := h.banned(c.CircleID(), h.actor(bob.id).ID)
	if b == nil || b.Reason != "spam" || b.By != modID.Actor() || b.Until != 0 || !got.Locked || !got.Pinned {
		t.Errorf("the ban is %+v, the post %+v", b, got)
	}
	want := []circles.EventKind{circles.FollowRefused, circles.MemberLeft, circles.MemberBanned, circles.PostLocked, circles.PostPinned}
	if kinds := h.events(before); !slices.Equal(kinds, want) {
		t.Errorf("entries %v, want %v", kinds, want)
	}
	// One whom nobody here knows is looked up first.
	mod.must(ban(mod, cid.id, obj{"endTime": "2099-01-01T00:00:00Z"}))
	h.resume()
	if b := h.banned(c.CircleID(), h.actor(cid.id).ID); b == nil || b.Until == 0 {
		t.Errorf("the ban of a stranger is %+v", b)
	}
	bob.must(bob.says("Create", bob.page("/post/2", address, "More spam")))
	h.wantNoPost(bob.base + "/post/2")

	mod.must(mod.says("Undo", ban(mod, bob.id)))
	mod.must(mod.says("Undo", mod.says("Lock", post)))
	mod.must(mod.says("Remove", post, obj{"target": address + "/featured"}))
	if got = h.wantPost(p.URI); h.banned(c.CircleID(), h.actor(bob.id).ID) != nil || got.Locked || got.Pinned {
		t.Errorf("after taking it back: %+v", got)
	}
	bob.follows(c)
	mod.must(mod.says("Add", bob.id, obj{"target": address + "/moderators"}))
	if r := h.role(c.CircleID(), h.actor(bob.id).ID); r != circles.RoleModerator {
		t.Errorf("bob is %q", r)
	}
	bob.must(ban(bob, mod.id))
	if h.banned(c.CircleID(), modID.Actor()) != nil {
		t.Error("a moderator banned an operator")
	}
	mod.must(mod.says("Remove", bob.id, obj{"target": address + "/moderators"}))
	if r := h.role(c.CircleID(), h.actor(bob.id).ID); r != circles.RoleMember {
		t.Errorf("bob is %q, want a member", r)
	}
	// What was undone before it came comes to nothing.
	late := ban(mod, bob.id)
	mod.must(mod.says("Undo", late))
	mod.must(late)
	if h.banned(c.CircleID(), h.actor(bob.id).ID) != nil {
		t.Error("a ban that was lifted before it came holds")
	}
}

// TestACircleElsewhereSpeaksForItsModerators, and for nothing but itself.
func TestACircleElsewhereSpeaksForItsModerators(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	ours := h.circle(olga, "garden", circles.Public)
	far := h.far()
	lake, hill, mod, bob := far.group("lake"), far.group("hill"), far.speaker("mod"), far.speaker("bob")
	doc := lake.document("Group")
	doc["attributedTo"] = lake.id + "/moderators"
	lake.put(doc)
	lakeID, hillID := lake.followedBy(olga), hill.followedBy(olga)
	page := bob.page("/post/1", lake.id, "Carp")
	lake.put(page)
	lake.must(lake.announces(bob.says("Create", page)))
	h.resume()
	uri := bob.base + "/post/1"
	h.wantPost(uri)
	me := h.site.Base + "/u/olga"

	block := mod.says("Block", me, obj{"target": lake.id, "summary": "off topic"})
	for name, wrong := range map[string]obj{
		"said to us":              block,
		"passed on by another":    hill.announces(mod.says("Block", me, obj{"target": lake.id})),
		"about a circle of ours":  lake.announces(mod.says("Block", bob.id, obj{"target": h.address(ours)})),
		"a pin by another circle": hill.announces(mod.says("Add", uri, obj{"target": hill.id + "/featured"})),
		"a lock by another":       hill.announces(mod.says("Lock", uri)),
		"moderators of another":   hill.announces(mod.says("Add", me, obj{"target": lake.id + "/moderators"})),
	} {
		speaker := *hill
		speaker.id = wrong["actor"].(string)
		speaker.keyID = speaker.id + "#main-key"
		speaker.must(wrong)
		p := h.wantPost(uri)
		if h.banned(circles.CircleID(lakeID.ID), h.actor("/u/olga").ID) != nil || p.Pinned || p.Locked || h.role(circles.CircleID(hillID.ID), h.actor("/u/olga").ID) == circles.RoleModerator {
			t.Errorf("%s: it was believed", name)
		}
	}
	lake.must(lake.announces(mod.says("Add", uri, obj{"target": lake.id + "/featured"})))
	lock := mod.says("Lock", uri)
	lake.must(lake.announces(lock))
	lake.must(lake.announces(mod.says("Add", me, obj{"target": lake.id + "/moderators"})))
	if p := h.wantPost(uri); !p.Pinned || !p.Locked || h.role(circles.CircleID(lakeID.ID), h.actor("/u/olga").ID) != circles.RoleModerator {
		t.Errorf("the post is %+v, olga %q", p, h.role(circles.CircleID(lakeID.ID), h.actor("/u/olga").ID))
	}
	lake.must(lake.announces(mod.says("Undo", lock)))
	lake.must(lake.announces(mod.says("Remove", uri, obj{"target": lake.id + "/featured"})))
	lake.must(lake.announces(mod.says("Remove", me, obj{"target": lake.id + "/moderators"})))
	if p := h.wantPost(uri); p.Pinned || p.Locked || h.role(circles.CircleID(lakeID.ID), h.actor("/u/olga").ID) != circles.RoleMember {
		t.Errorf("taken back, the post is %+v, olga %q", p, h.role(circles.CircleID(lakeID.ID), h.actor("/u/olga").ID))
	}
	lake.must(lake.announces(mod.says("Block", bob.id, obj{"target": lake.id, "removeData": true, "summary": "spam"})))
	if p := h.wantPost(uri); p.State != circles.Removed || p.Reason != "spam" {
		t.Errorf("the post of a banned person is %s for %q", p.State, p.Reason)
	}
	lake.must(lake.announces(block))
	if b := h.banned(circles.CircleID(lakeID.ID), h.actor("/u/olga").ID); b == nil || b.Reason != "off topic" {
		t.Errorf("the ban is %+v", b)
	}
	if _, err := h.app.Post(t.Context(), olga, app.NewPost{Circle: circles.CircleID(lakeID.ID), Title: "x"}); !circles.Is(err, circles.Forbidden) {
		t.Errorf("banned there, writing: %v", err)
	}
}

// TestFlag: reports in the words of Lemmy, Mastodon and GoToSocial.
func TestFlag(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	far := h.far()
	p := h.write(olga, c, "Roses")
	post, person := h.postAddress(p), h.site.Base+"/u/olga"
	bob, server := far.speaker("bob"), far.voice("Application", "/actor")
	bob.must(bob.says("Flag", post, obj{"to": arr{h.address(c)}, "cc": nil, "summary": "rude"}))
	server.must(server.says("Flag", arr{person, post, "https://nobody.example/x"}, obj{"to": person, "cc": nil, "content": "spam"}))
	third := far.voice("Application", "/instance")
	third.must(third.says("Flag", person, obj{"to": nil, "cc": nil, "content": "test report"}))
	var circle, site []*circles.Report
	var words []string
	h.view(func(tx *store.Tx) (err error) {
		if circle, err = tx.Reports(store.ReportQueue{Circle: c.CircleID(), Limit: 9}); err != nil {
			return err
		}
		if site, err = tx.Reports(store.ReportQueue{Limit: 9}); err != nil || len(circle) != 1 {
			return err
		}
		said, err := tx.Complaints(circle[0].ID, 9)
		for _, s := range said {
			words = append(words, s.Text)
		}
		return err
	})
	if len(circle) != 1 || circle[0].Count != 2 || circle[0].Target.Post != p.ID || !slices.Equal(words, []string{"rude", "spam"}) {
		t.Errorf("the circle's reports are %+v, with %q", circle, words)
	}
	if len(site) != 1 || site[0].Target.Person != olga.Person {
		t.Errorf("the instance's reports are %+v", site)
	}
}

// TestABlockBetweenPeople, as Mastodon and GoToSocial send it.
func TestABlockBetweenPeople(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	bob := h.far().speaker("bob")
	known := bob.followedBy(olga)
	me := h.site.Base + "/u/olga"
	block := bob.must(bob.says("Block", me, obj{"to": me, "cc": nil}))
	h.view(func(tx *store.Tx) error {
		f, err := tx.Following(olga.Person.Actor(), known.ID)
		if err != nil || f != nil {
			t.Errorf("olga follows still: %+v, %v", f, err)
		}
		return err
	})
	if _, err := h.app.Follow(t.Context(), olga, known.ID); !circles.Is(err, circles.Forbidden) {
		t.Errorf("following who blocked one: %v", err)
	}
	bob.must(bob.says("Undo", block))
	if _, err := h.app.Follow(t.Context(), olga, known.ID); err != nil {
		t.Errorf("following after it: %v", err)
	}
}

// TestCommentsEnabled: who may say by an Update of a post that it takes comments, as servers do that know
// no Lock.
func TestCommentsEnabled(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	ours := h.circle(olga, "garden", circles.Public)
	far, other := h.far(), h.far()
	lake, mod, bob := far.group("lake"), far.speaker("mod"), far.speaker("bob")
	eve := other.speaker("eve")
	lake.followedBy(olga)
	modID := mod.follows(ours)
	mine := h.write(olga, ours, "Roses")
	said := func(page obj, enabled bool, more ...obj) obj {
		page = maps.Clone(page)
		page["commentsEnabled"] = enabled
		for _, m := range more {
			maps.Copy(page, m)
		}
		return page
	}
	my := olgasPage(h, mine)

	// In a circle of ours its moderators say so, by an Update of anybody's post, and nothing else with it.
	mod.must(mod.says("Update", said(my, false)))
	if got := h.wantPost(mine.URI); got.Locked {
		t.Error("a stranger closes a thread")
	}
	if err := h.app.SetRole(t.Context(), olga, ours.CircleID(), modID, circles.RoleModerator); err != nil {
		t.Fatal(err)
	}
	before := h.mark()
	mod.must(mod.says("Update", said(my, false, obj{"name": "Weeds", "content": "<p>Weeds</p>"})))
	got := h.wantPost(mine.URI)
	if !got.Locked || got.Title != mine.Title || got.BodyHTML != mine.BodyHTML {
		t.Errorf("a moderator closes a thread: %+v", got)
	}
	mod.must(mod.says("Update", said(my, true)))
	if got := h.wantPost(mine.URI); got.Locked {
		t.Error("a moderator does not open it again")
	}
	if kinds, want := h.events(before), []circles.EventKind{circles.PostLocked, circles.PostUnlocked}; !slices.Equal(kinds, want) {
		t.Errorf("entries %v, want %v", kinds, want)
	}

	// Authors there close what is theirs only if they moderate; that a thread is open is in every edit.
	own := mod.page("/post/1", h.address(ours), "Dahlias")
	mod.must(mod.says("Create", own))
	guest := bob.page("/post/2", h.address(ours), "Asters")
	bob.must(bob.says("Create", guest))
	mod.must(mod.says("Update", said(own, false)))
	mod.must(mod.says("Update", said(own, true)))
	if got := h.wantPost(own["id"].(string)); !got.Locked {
		t.Error("a moderator's own thread: open, want closed and not opened by an edit")
	}
	bob.must(bob.says("Update", said(guest, false, obj{"name": "Asters, tall", "updated": "2026-11-22T11:00:00Z"})))
	if got := h.wantPost(guest["id"].(string)); got.Locked || got.Title != "Asters, tall" {
		t.Errorf("a guest's own thread: %q, closed %v", got.Title, got.Locked)
	}

	// In a circle elsewhere its server says so: for its own people in both directions, and by its moderators.
	carp, perch := bob.page("/post/3", lake.id, "Carp"), eve.page("/post/4", lake.id, "Perch")
	bob.put(carp)
	eve.put(perch)
	lake.must(lake.announces(bob.says("Create", carp)))
	lake.must(lake.announces(eve.says("Create", perch)))
	h.resume()
	locked := func(page obj) bool { h.Helper(); return h.wantPost(page["id"].(string)).Locked }
	for _, closed := range []bool{true, false} {
		lake.must(lake.announces(bob.says("Update", said(carp, !closed))))
		lake.must(lake.announces(mod.says("Update", said(perch, !closed, obj{"name": "Pike"}))))
		h.resume()
		if locked(carp) != closed || locked(perch) != closed || h.wantPost(perch["id"].(string)).Title != "Perch" {
			t.Errorf("passed on with commentsEnabled %v: carp closed %v, perch closed %v", !closed, locked(carp), locked(perch))
		}
	}
	edited := said(perch, false, obj{"content": "<p>Again</p>", "updated": "2026-11-22T11:00:00Z"})
	eve.put(edited)
	lake.must(lake.announces(eve.says("Update", edited)))
	mod.must(mod.says("Update", said(carp, false)))
	h.resume()
	if locked(perch) || locked(carp) || !strings.Contains(h.wantPost(perch["id"].(string)).BodyHTML, "Again") {
		t.Errorf("an author elsewhere closes a thread of another server's circle: %v, a moderator past their circle: %v", locked(perch), locked(carp))
	}
}

// olgasPage is a post of ours as another server has it.
func olgasPage(h *house, p *circles.Post) obj {
	return obj{"type": "Page", "id": h.postAddress(p), "attributedTo": h.site.Base + "/u/olga", "to": arr{as.Public}, "cc": arr{},
		"name": p.Title, "content": p.BodyHTML, "published": "2026-11-22T10:00:00Z"}
}
