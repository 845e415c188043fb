package consumers

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
)

// heard tells what a person was told, the latest first: "answer by bob in Title".
func (h *house) heard(v circles.Viewer) (all []string) {
	h.Helper()
	page, err := h.Notifications(h.ctx(), v, "", 0)
	h.must(err)
	for _, g := range page.Groups {
		for _, n := range g.Shown {
			s := fmt.Sprintf("%s by %s", n.Kind, n.Actor.Name)
			if g.Thread != nil {
				s += " in " + g.Thread.Title
			}
			all = append(all, s)
		}
	}
	return all
}

func (h *house) wantHeard(what string, v circles.Viewer, want ...string) {
	h.Helper()
	h.catchUp()
	if got := h.heard(v); !slices.Equal(got, want) {
		h.Errorf("%s: told %q, want %q", what, got, want)
	}
	n, err := h.UnseenNotifications(h.ctx(), v)
	h.must(err)
	if n > int64(len(want)) {
		h.Errorf("%s: %d unseen, but only %d to see", what, n, len(want))
	}
}

func TestWhoIsTold(t *testing.T) {
	h := newHouse(t)
	ann, bob, cid, dan := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember), h.person("cid", circles.SiteMember), h.person("dan", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	p := h.write(ann, garden, "Leek", "Hello @cid and @ann")
	h.wantHeard("her own post", ann)
	h.wantHeard("named", cid, "mention by ann in Leek")

	c := h.answer(bob, p.ID, "Yes, @ann, says @cid")
	h.wantHeard("answered and named", ann, "answer by bob in Leek")
	h.wantHeard("named again", cid, "mention by bob in Leek", "mention by ann in Leek")
	h.wantHeard("nobody told", dan)

	h.must(h.SetThreadWish(h.ctx(), dan, c.ID, app.FollowThread))
	h.must(h.SetThreadWish(h.ctx(), cid, p.ID, app.MuteThread))
	h.answer(cid, c.ID, "Well, @dan")
	h.wantHeard("muted the thread", cid)
	h.wantHeard("follows it and is named", dan, "mention by cid in Leek")
	last := h.answer(ann, c.ID, "So")
	h.wantHeard("follows it", dan, "thread by ann in Leek", "mention by cid in Leek")
	h.wantHeard("answered twice", bob, "answer by ann in Leek", "answer by cid in Leek")

	h.must(h.Delete(h.ctx(), ann, last.ID))
	h.wantHeard("what was deleted", bob, "answer by cid in Leek")
	h.must(h.Remove(h.ctx(), ann, c.ID, "off topic"))
	h.wantHeard("his own was removed", bob, "removed by ann in Leek", "answer by cid in Leek")
	h.must(h.Return(h.ctx(), ann, c.ID))
	h.wantHeard("and put back", bob, "answer by cid in Leek")

	_, err := h.Follow(h.ctx(), dan, bob.Person.Actor())
	h.must(err)
	h.wantHeard("followed", bob, "follow by dan", "answer by cid in Leek")
	h.must(h.SetMute(h.ctx(), bob, cid.Person.Actor(), true))
	h.wantHeard("mutes cid", bob, "follow by dan")
	h.must(h.SetBlock(h.ctx(), bob, dan.Person.Actor(), true))
	h.wantHeard("blocks dan", bob)

	// An edit tells those whom it newly names, and those only.
	_, err = h.Edit(h.ctx(), ann, p.ID, app.Edit{Title: "Leek", Body: "Hello @cid and @ann and @dan"})
	h.must(err)
	h.wantHeard("named in an edit", dan, "mention by ann in Leek", "mention by cid in Leek")
}

func TestPeopleElsewhereTell(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", circles.SiteMember)
	zoe := circles.PersonID(h.far(circles.KindPerson, "zoe"))
	orchard := circles.CircleID(h.far(circles.KindCircle, "orchard"))
	mine := h.write(ann, orchard, "Pear", "")
	h.catchUp()
	said := app.Said{By: zoe, Via: orchard}
	receive := func(in app.RemotePost) (id circles.PostID) {
		h.update(func(tx *store.Tx) error {
			out, err := h.ReceivePost(tx, said, in)
			if err == nil && out.Result != app.Applied {
				err = fmt.Errorf("%s: %v", out.Result, out.Refusal)
			}
			id = out.Post
			return err
		})
		return id
	}
	receive(app.RemotePost{URI: "https://far.example/1", Parent: mine.ID, HTML: "<p>Ripe.</p>"})
	h.wantHeard("answered in a circle elsewhere", ann, "answer by zoe in Pear")
	old := h.now.AddDate(0, -1, 0).UnixMicro()
	receive(app.RemotePost{URI: "https://far.example/2", Circle: orchard, Title: "Old", Mentions: []circles.ActorID{ann.Person.Actor()}, Published: old})
	h.wantHeard("what is fetched from the past is no news", ann, "answer by zoe in Pear")

	h.update(func(tx *store.Tx) error {
		_, err := h.ReceiveRemoval(tx, said, mine.ID, "no pears")
		return err
	})
	h.wantHeard("removed by moderators elsewhere", ann, "removed by zoe in Pear", "answer by zoe in Pear")
	h.must(h.SetHostBlock(h.ctx(), ann, "far.example", true))
	h.wantHeard("what happened to one's own is told whoever did it", ann, "removed by zoe in Pear")
}

func TestEntriesMayComeTwice(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember)
	p := h.write(ann, h.open(ann, "garden", circles.Public), "Leek", "")
	h.answer(bob, p.ID, "one")
	h.wantHeard("once", ann, "answer by bob in Leek")
	page, err := h.Notifications(h.ctx(), ann, "", 0)
	h.must(err)
	h.must(h.SeeNotifications(h.ctx(), ann, page.Latest, 0))
	h.at = 0
	h.wantHeard("twice", ann, "answer by bob in Leek")
	if n, err := h.UnseenNotifications(h.ctx(), ann); n != 0 || err != nil {
		t.Errorf("%d unseen, %v", n, err)
	}
}

func TestNotificationsAreGroupedPagedAndBounded(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	var posts []*circles.Post
	for i := range 4 {
		posts = append(posts, h.write(ann, garden, fmt.Sprint("Post ", i), ""))
	}
	for i := range 12 {
		h.answer(bob, posts[i%3].ID, "x")
	}
	h.answer(bob, posts[0].ID, "last")
	h.catchUp()
	page, err := h.Notifications(h.ctx(), ann, "", 2)
	h.must(err)
	if len(page.Groups) != 2 || page.Groups[0].Thread.ID != posts[0].ID || page.Groups[0].Count != 5 || page.Groups[0].Unseen != 5 || page.Groups[1].Thread.ID != posts[2].ID {
		t.Fatalf("groups %+v", page.Groups)
	}
	rest, err := h.Notifications(h.ctx(), ann, page.Next, 2)
	h.must(err)
	if len(rest.Groups) != 1 || rest.Groups[0].Thread.ID != posts[1].ID || rest.Next != "" {
		t.Fatalf("rest %+v", rest.Groups)
	}

	thread, err := h.Thread(h.ctx(), ann, posts[0].ID, app.ThreadQuery{})
	h.must(err)
	h.must(h.MarkRead(h.ctx(), ann, thread))
	if n, err := h.UnseenNotifications(h.ctx(), ann); n != 8 || err != nil {
		t.Errorf("%d unseen after reading one thread, %v; want 8", n, err)
	}

	h.update(func(tx *store.Tx) error {
		for range store.NotificationsKept {
			id := circles.PostID(tx.NewID())
			if err := tx.AddPost(&circles.Post{ID: id, URI: "/comment/" + id.String(), Kind: circles.IsComment, Circle: garden, Author: bob.Person,
				Root: posts[3].ID, Parent: posts[3].ID, State: circles.Visible}); err != nil {
				return err
			}
			if _, err := tx.NotifyOfPost(&circles.Post{ID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	h.answer(bob, posts[3].ID, "one too many")
	h.catchUp()
	page, err = h.Notifications(h.ctx(), ann, "", 0)
	h.must(err)
	if len(page.Groups) != 1 || page.Groups[0].Count != store.NotificationsKept {
		t.Errorf("kept %d groups, the first of %d; want one of %d", len(page.Groups), page.Groups[0].Count, store.NotificationsKept)
	}
	if n, err := h.UnseenNotifications(h.ctx(), ann); n != 100 || err != nil {
		t.Errorf("badge says %d, %v", n, err)
	}
}

// TestNobodyIsToldWhatTheyMayNotSee lets things happen in circles of all kinds, members come and go, and
// looks whether anybody hears of, or finds, what circles.MaySee or MaySeePost denies them.
func TestNobodyIsToldWhatTheyMayNotSee(t *testing.T) {
	h := newHouse(t)
	people := []circles.Viewer{h.person("ann", circles.SiteAdmin), h.person("bob", circles.SiteMember), h.person("cid", circles.SiteMember), h.person("dan", circles.SiteModerator)}
	names, runs := []string{"ann", "bob", "cid", "dan"}, 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		var all []circles.CircleID
		for i, v := range []circles.Visibility{circles.Public, circles.Unlisted, circles.LocalOnly, circles.MembersOnly, circles.MembersOnly} {
			all = append(all, h.open(people[i%3], fmt.Sprintf("c%d_%d", runs, i), v))
		}
		var posts []circles.PostID
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			who := rapid.SampledFrom(people).Draw(rt, "who")
			c := rapid.SampledFrom(all).Draw(rt, "circle")
			post := circles.PostID(1)
			if len(posts) > 0 {
				post = rapid.SampledFrom(posts).Draw(rt, "post")
			}
			body := "word @" + rapid.SampledFrom(names).Draw(rt, "named") + " #leek"
			keep := func(p *circles.Post, err error) error {
				if err == nil {
					posts = append(posts, p.ID)
				}
				return err
			}
			verbs := []func() error{
				func() error { return keep(h.Post(h.ctx(), who, app.NewPost{Circle: c, Title: "x", Body: body})) },
				func() error { return keep(h.Comment(h.ctx(), who, app.NewComment{Parent: post, Body: body})) },
				func() error { return keep(h.Comment(h.ctx(), who, app.NewComment{Parent: post, Body: body})) },
				func() error { _, err := h.Join(h.ctx(), who, c); return err },
				func() error {
					role := rapid.SampledFrom([]circles.Role{circles.NoRole, circles.RoleMember}).Draw(rt, "role")
					h.update(func(tx *store.Tx) error { return tx.SetRole(c, who.Person, role) })
					return nil
				},
				func() error { return h.SetThreadWish(h.ctx(), who, post, app.FollowThread) },
				func() error { return h.Save(h.ctx(), who, post) },
				func() error { return h.Delete(h.ctx(), who, post) },
				func() error { return h.Remove(h.ctx(), who, post, "why") },
				func() error { h.catchUp(); return nil },
			}
			if err := verbs[rapid.IntRange(0, len(verbs)-1).Draw(rt, "verb")](); circles.KindOf(err) == circles.Internal {
				rt.Fatal(err)
			}
		}
		h.catchUp()
		for _, v := range append([]circles.Viewer{{}, {Person: people[1].Person, Remote: true}}, people...) {
			h.checkSees(rt, v)
		}
	})
}

// checkSees looks through everything a viewer is told, finds or saved.
func (h *house) checkSees(t *rapid.T, v circles.Viewer) {
	var seen []circles.PostID
	if v.SignedIn() {
		page, err := h.Notifications(h.ctx(), v, "", 100)
		h.must(err)
		for _, g := range page.Groups {
			if g.Thread != nil {
				seen = append(seen, g.Thread.ID)
			}
			for _, n := range g.Shown {
				if n.Post != nil {
					seen = append(seen, n.Post.ID)
				}
			}
		}
		saved, err := h.Saved(h.ctx(), v, "", 100)
		h.must(err)
		seen = append(seen, itemIDs(saved.Items)...)
	}
	for _, kind := range app.SearchTypes()[:2] {
		page, err := h.Search(h.ctx(), v, app.SearchQuery{Text: "word", Type: kind, Limit: 100})
		h.must(err)
		seen = append(seen, itemIDs(page.Items)...)
	}
	feed, err := h.Feed(h.ctx(), v, app.FeedQuery{Scope: app.Tagged, Tag: "#Leek", Limit: 100})
	h.must(err)
	for _, row := range feed.Posts {
		seen = append(seen, row.Post.ID)
	}
	h.must(h.store.View(h.ctx(), func(tx *store.Tx) error {
		for _, id := range seen {
			p, err := tx.Post(id)
			if err != nil {
				return err
			}
			c, err := tx.Circle(p.Circle)
			if err != nil {
				return err
			}
			role, err := tx.Role(p.Circle, v.Person)
			if err != nil {
				return err
			}
			if !circles.MaySee(v, c.Audience(), role) || !circles.MaySeePost(v, role, p) {
				t.Fatalf("%+v with role %q met %s %d, %s in a %s circle", v, role, p.Kind, id, p.State, c.Visibility)
			}
		}
		return nil
	}))
}

func itemIDs(items []app.Item) (ids []circles.PostID) {
	for _, i := range items {
		if i.Post != nil {
			ids = append(ids, i.Post.Post.ID)
		} else {
			ids = append(ids, i.Comment.Comment.ID)
		}
	}
	return ids
}

// TestThePastIsNoNews: what a backfill brings tells nobody, however young it is, and is found.
func TestThePastIsNoNews(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", circles.SiteMember)
	zoe, woods := h.far(circles.KindPerson, "zoe"), h.far(circles.KindCircle, "woods")
	for _, past := range []bool{true, false} {
		h.update(func(tx *store.Tx) error {
			said := app.Said{By: circles.PersonID(zoe), Via: circles.CircleID(woods), Past: past}
			out, err := h.ReceivePost(tx, said, app.RemotePost{URI: fmt.Sprintf("https://far.example/%v", past), Circle: circles.CircleID(woods),
				Title: fmt.Sprintf("Larch %v", past), Mentions: []circles.ActorID{ann.Person.Actor()}})
			if err == nil && out.Result != app.Applied {
				err = fmt.Errorf("%+v", out)
			}
			return err
		})
	}
	h.wantHeard("the past and the present", ann, "mention by zoe in Larch false")
}
