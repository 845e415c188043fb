package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/media"
	"halqa/internal/store"
)

func TestFeedRowsHaveWhatTheyShow(t *testing.T) {
	h := newHouse(t)
	ada, bob := h.person("ada"), h.person("bob")
	garden := h.open(ada, "garden", circles.Public)
	photo, err := h.Upload(h.ctx(), ada, picture(1), media.Post)
	h.must(err)
	p, err := h.Post(h.ctx(), ada, NewPost{Circle: garden, Title: "Leaves", Body: "They *fall* in\n\nautumn. " + strings.Repeat("And rise again. ", 100),
		Photos: []PhotoRef{{ID: photo.ID, Alt: "a leaf"}}})
	h.must(err)
	_, err = h.Vote(h.ctx(), bob, p.ID, 1)
	h.must(err)

	page, err := h.Feed(h.ctx(), bob, FeedQuery{Scope: All})
	h.must(err)
	if len(page.Posts) != 1 || page.Next != "" {
		t.Fatalf("%d rows and next %q, want one row", len(page.Posts), page.Next)
	}
	row := page.Posts[0]
	if row.Author.Name != "ada" || row.Circle.Name != "garden" || row.Vote != 1 || row.Post.PhotoN != 1 {
		t.Errorf("row by %q in %q, vote %d, %d photos", row.Author.Name, row.Circle.Name, row.Vote, row.Post.PhotoN)
	}
	if row.Photo == nil || row.Photo.Alt != "a leaf" || len(row.Photo.Files) == 0 {
		t.Errorf("photo is %+v", row.Photo)
	}
	if !strings.HasPrefix(row.Excerpt, "They fall in autumn.") || len([]rune(row.Excerpt)) > excerptLen {
		t.Errorf("excerpt is %q", row.Excerpt)
	}
	if row.Post.Body != "" || row.Post.BodyHTML != "" {
		t.Error("a row carries the text")
	}
}

func TestFeedPagesFollowEachOther(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	garden := h.open(ada, "garden", circles.Public)
	var want []string
	for i := range 7 {
		title := fmt.Sprintf("Post %d", i)
		h.write(ada, garden, title)
		want = append([]string{title}, want...)
	}
	var got []string
	q := FeedQuery{Scope: InCircle, Circle: garden, Sort: ranking.ByNew, Limit: 3}
	for range 5 {
		page, err := h.Feed(h.ctx(), circles.Viewer{}, q)
		h.must(err)
		for _, row := range page.Posts {
			got = append(got, row.Post.Title)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMadeUpCursorsAreRefused(t *testing.T) {
	h := newHouse(t)
	good := encodeMark("ha-", store.Mark{Key: 5, ID: 7})
	if _, err := h.Feed(h.ctx(), circles.Viewer{}, FeedQuery{Cursor: good}); err != nil {
		t.Errorf("cursor %q: %v", good, err)
	}
	for _, cursor := range []string{"x", "ha-", "ha-5", "ha-5.", "ha-5.0", "ha-5.-7", "ha-05.7", "ha-+5.7", "na-5.7", good + " ", good + "\x00",
		"ha-zzzzzzzzzzzzzzzzz.7", "ha-5.7' OR 1=1", strings.Repeat("ha-", 1000)} {
		_, err := h.Feed(h.ctx(), circles.Viewer{}, FeedQuery{Cursor: cursor})
		wantKind(t, fmt.Sprintf("cursor %.40q", cursor), err, circles.Invalid)
	}
}

func FuzzDecodeMark(f *testing.F) {
	f.Add("ha-5.7")
	f.Add("ha--1y2p0ij32e8e7.1y2p0ij32e8e7")
	f.Fuzz(func(t *testing.T, cursor string) {
		m, err := decodeMark("ha-", cursor)
		if err == nil && cursor != "" && encodeMark("ha-", m) != cursor {
			t.Errorf("%q was read as %+v", cursor, m)
		}
	})
}

func TestSubscribedNeedsAPerson(t *testing.T) {
	h := newHouse(t)
	_, err := h.Feed(h.ctx(), circles.Viewer{}, FeedQuery{Scope: Subscribed})
	wantKind(t, "visitor", err, circles.Denied)
}

func TestMembersOnlyCircleIsClosedToOthers(t *testing.T) {
	h := newHouse(t)
	ada, bob, eve := h.person("ada"), h.person("bob"), h.person("eve")
	secret := h.open(ada, "secret", circles.MembersOnly)
	_, err := h.Join(h.ctx(), bob, secret)
	h.must(err)
	h.must(h.SetRole(h.ctx(), ada, secret, bob.Person, circles.RoleModerator))
	p := h.write(ada, secret, "Within")

	for who, v := range map[string]circles.Viewer{"visitor": {}, "eve": eve, "remote": {Person: bob.Person, Remote: true}} {
		_, err := h.Feed(h.ctx(), v, FeedQuery{Scope: InCircle, Circle: secret})
		wantKind(t, who+" reads the feed", err, circles.NotFound)
		_, err = h.Thread(h.ctx(), v, p.ID, ThreadQuery{})
		wantKind(t, who+" reads the post", err, circles.NotFound)
		_, err = h.History(h.ctx(), v, p.ID)
		wantKind(t, who+" reads the history", err, circles.NotFound)
		_, err = h.Delivery(h.ctx(), v, p.ID)
		wantKind(t, who+" reads the delivery", err, circles.NotFound)
	}
	_, err = h.Circle(h.ctx(), circles.Viewer{}, "secret", "")
	wantKind(t, "visitor opens the circle", err, circles.NotFound)

	page, err := h.Circle(h.ctx(), eve, "secret", "")
	h.must(err)
	if !page.Closed || page.Moderators != nil || page.Circle.Posts != 0 || page.NoPost == nil || page.NoJoin != nil {
		t.Errorf("eve gets %+v", page)
	}
	page, err = h.Circle(h.ctx(), bob, "secret", "")
	h.must(err)
	if page.Closed || page.Role != circles.RoleModerator || page.NoPost != nil || page.MayEdit {
		t.Errorf("bob gets %+v", page)
	}
	if len(page.Moderators) != 2 || page.Moderators[0].Actor.Name != "ada" || page.Moderators[0].Role != circles.RoleOwner {
		t.Errorf("moderators are %+v, want ada first", page.Moderators)
	}

	for name, want := range map[string]int{"ada": 1, "bob": 1, "eve": 0} {
		v := map[string]circles.Viewer{"ada": ada, "bob": bob, "eve": eve}[name]
		person, err := h.Person(h.ctx(), v, "ada", "", PersonQuery{})
		h.must(err)
		if len(person.Posts) != want {
			t.Errorf("%s sees %d of ada's posts, want %d", name, len(person.Posts), want)
		}
		person, err = h.Person(h.ctx(), v, "ada", "", PersonQuery{Tab: PersonCircles})
		h.must(err)
		if len(person.Circles) != want {
			t.Errorf("%s sees %d of ada's circles, want %d", name, len(person.Circles), want)
		}
	}
}

func TestDirectory(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	for name, v := range map[string]circles.Visibility{"open1": circles.Public, "open2": circles.Public, "hidden": circles.Unlisted, "inside": circles.LocalOnly, "secret": circles.MembersOnly} {
		h.open(ada, name, v)
	}
	h.write(ada, h.open(ada, "lively", circles.Public), "News")
	h.farCircle("remote", "far.example")

	names := func(v circles.Viewer, q DirectoryQuery) []string {
		t.Helper()
		var all []string
		for {
			page, err := h.Directory(h.ctx(), v, q)
			h.must(err)
			for _, row := range page.Rows {
				all = append(all, row.Circle.Name)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if len(all) > 0 && all[0] != "lively" {
			t.Errorf("%s comes first, want the liveliest", all[0])
		}
		slices.Sort(all)
		return all
	}
	for _, c := range []struct {
		viewer circles.Viewer
		query  DirectoryQuery
		want   string
	}{
		{circles.Viewer{}, DirectoryQuery{}, "lively open1 open2 remote"},
		{circles.Viewer{}, DirectoryQuery{Limit: 1}, "lively open1 open2 remote"},
		{ada, DirectoryQuery{Limit: 2}, "inside lively open1 open2 remote"},
		{ada, DirectoryQuery{Local: true}, "inside lively open1 open2"},
		{ada, DirectoryQuery{Topic: "tea"}, ""},
	} {
		if got := strings.Join(names(c.viewer, c.query), " "); got != c.want {
			t.Errorf("directory %+v: %s; want %s", c.query, got, c.want)
		}
	}
}

// TestThreadShowsEveryCommentOnce builds random threads and reads them page by page, whole and by
// branch.
func TestThreadShowsEveryCommentOnce(t *testing.T) {
	h := newHouse(t)
	ada, bob := h.person("ada"), h.person("bob")
	garden := h.open(ada, "garden", circles.Public)
	rapid.Check(t, func(rt *rapid.T) {
		post := h.write(ada, garden, "Thread")
		all := h.grow(rt, post, []circles.PersonID{ada.Person}, rapid.IntRange(0, 60).Draw(rt, "comments"))
		order := rapid.SampledFrom(ranking.CommentOrders()).Draw(rt, "order")
		for _, v := range []circles.Viewer{{}, bob} {
			c := threadCheck{T: rt, all: all, viewer: v, order: order, seen: map[circles.PostID]int{}}
			q := ThreadQuery{Sort: order}
			for {
				thread, err := h.Thread(h.ctx(), v, post.ID, q)
				if err != nil {
					rt.Fatal(err)
				}
				c.nodes(thread.Comments, post.ID, 1)
				if q.Cursor = thread.Next; q.Cursor == "" {
					break
				}
			}
			for id := range c.deeper {
				c.branch(h, post.ID, id)
			}
			for id, p := range all {
				want := 0
				if circles.MaySeePost(v, circles.NoRole, p) {
					want = 1
				}
				if c.seen[id] != want {
					rt.Fatalf("%s comment %d at depth %d shown %d times to %d by %s, want %d", p.State, id, p.Depth, c.seen[id], v.Person, order, want)
				}
			}
		}
	})
}

// grow adds n comments to a post in random places and states.
func (h *house) grow(t *rapid.T, post *circles.Post, authors []circles.PersonID, n int) map[circles.PostID]*circles.Post {
	all := map[circles.PostID]*circles.Post{}
	parents := []*circles.Post{post}
	err := h.store.Update(h.ctx(), func(tx *store.Tx) error {
		clear(all)
		parents = parents[:1]
		for i := range n {
			parent := parents[max(0, len(parents)-1-rapid.IntRange(0, len(parents)-1).Draw(t, "parent"))]
			if rapid.IntRange(0, 2).Draw(t, "chain") > 0 {
				parent = parents[len(parents)-1]
			}
			id := circles.PostID(tx.NewID())
			p := &circles.Post{ID: id, URI: fmt.Sprintf("/comment/%d", id), Kind: circles.IsComment, Circle: post.Circle, Author: authors[i%len(authors)],
				Root: post.ID, Parent: parent.ID, Depth: parent.Depth + 1, BodyHTML: "<p>text</p>", Published: tx.Now(), CreatedAt: tx.Now(),
				Hot: rapid.Int64Range(0, 3).Draw(t, "hot"), Controversy: rapid.Int64Range(0, 2).Draw(t, "controversy")}
			p.State = rapid.SampledFrom([]circles.PostState{circles.Visible, circles.Visible, circles.Visible, circles.Deleted, circles.Removed, circles.Held}).Draw(t, "state")
			if err := tx.AddPost(p); err != nil {
				return err
			}
			all[id] = p
			parents = append(parents, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

type threadCheck struct {
	*rapid.T
	all    map[circles.PostID]*circles.Post
	viewer circles.Viewer
	order  ranking.Order
	seen   map[circles.PostID]int
	deeper map[circles.PostID]bool // comments below which more is hidden
}

func (c *threadCheck) nodes(nodes []*CommentNode, parent circles.PostID, level int) {
	var last *circles.Post
	for _, n := range nodes {
		p := c.all[n.Post.ID]
		if p == nil || p.Parent != parent || n.Level != level {
			c.Fatalf("comment %d at level %d below %d, want level %d", n.Post.ID, n.Level, parent, level)
		}
		may := circles.MaySeePost(c.viewer, circles.NoRole, p)
		switch {
		case n.Notice == may:
			c.Fatalf("%s comment %d is a notice: %v", p.State, p.ID, n.Notice)
		case n.Notice && (n.Post.BodyHTML != "" || n.Author != nil || n.Post.Author != 0):
			c.Fatalf("the notice for %s comment %d says %+v", p.State, p.ID, n.Post)
		case n.Notice && n.Below == 0:
			c.Fatalf("a notice for %d with nothing below it", p.ID)
		case !n.Notice:
			c.seen[p.ID]++
			if n.Post.BodyHTML == "" || n.Author == nil {
				c.Fatalf("comment %d without text or author", p.ID)
			}
		}
		if last != nil && c.order.Compare(entry(last), entry(p)) >= 0 {
			c.Fatalf("comment %d stands before %d by %s", last.ID, p.ID, c.order)
		}
		last = p
		if want := c.below(p.ID); n.Below != want {
			c.Fatalf("comment %d says %d below it, want %d", p.ID, n.Below, want)
		}
		if n.Hidden > 0 {
			if c.deeper == nil {
				c.deeper = map[circles.PostID]bool{}
			}
			c.deeper[p.ID] = true
		}
		c.nodes(n.Kids, p.ID, level+1)
	}
}

// branch reads what hangs below a comment on its own page.
func (c *threadCheck) branch(h *house, post, id circles.PostID) {
	thread, err := h.Thread(h.ctx(), c.viewer, post, ThreadQuery{Sort: c.order, Focus: id})
	if err != nil {
		c.Fatal(err)
	}
	if len(thread.Comments) != 1 || thread.Comments[0].Post.ID != id {
		c.Fatalf("the page of %d begins with something else", id)
	}
	for i := range thread.Above {
		next := id
		if i+1 < len(thread.Above) {
			next = thread.Above[i+1].Post.ID
		}
		if c.all[next].Parent != thread.Above[i].Post.ID {
			c.Fatalf("%d stands above %d", thread.Above[i].Post.ID, next)
		}
	}
	below := threadCheck{T: c.T, all: c.all, viewer: c.viewer, order: c.order, seen: c.seen}
	below.nodes(thread.Comments[0].Kids, id, 2)
	for id := range below.deeper {
		below.branch(h, post, id)
	}
}

// below counts visible comments below one.
func (c *threadCheck) below(id circles.PostID) (n int64) {
	for _, p := range c.all {
		if p.Parent == id {
			n += c.below(p.ID)
			if circles.MaySeePost(c.viewer, circles.NoRole, p) {
				n++
			}
		}
	}
	return n
}

func entry(p *circles.Post) ranking.Entry {
	return ranking.Entry{ID: int64(p.ID), Published: int64(p.ID), Hot: p.Hot, Controversial: p.Controversy}
}

// plant adds comments with these parents; 0 is the post, n the n-th comment, counted from 1.
func (h *house) plant(post *circles.Post, parents []int) []circles.PostID {
	h.Helper()
	ids := make([]circles.PostID, len(parents)+1)
	h.update(func(tx *store.Tx) error {
		ids[0] = post.ID
		for i, parent := range parents {
			id := circles.PostID(tx.NewID())
			ids[i+1] = id
			if err := tx.AddPost(&circles.Post{ID: id, URI: fmt.Sprintf("/comment/%d", id), Kind: circles.IsComment, Circle: post.Circle, Author: post.Author,
				Root: post.ID, Parent: ids[parent], State: circles.Visible, BodyHTML: "<p>text</p>", Published: tx.Now(), CreatedAt: tx.Now(), Hot: int64(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	return ids[1:]
}

func countNodes(nodes []*CommentNode) (n int) {
	for _, c := range nodes {
		n += 1 + countNodes(c.Kids)
	}
	return n
}

func TestWideThreadsArePaged(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	post := h.write(ada, h.open(ada, "garden", circles.Public), "Wide")
	var parents []int
	for i := range 420 {
		parents = append(parents, 0, 2*i+1)
	}
	h.plant(post, parents)
	total, pages := 0, 0
	for q := (ThreadQuery{Sort: ranking.ByNew}); ; pages++ {
		thread, err := h.Thread(h.ctx(), circles.Viewer{}, post.ID, q)
		h.must(err)
		n := countNodes(thread.Comments)
		if n > maxThread {
			t.Errorf("page %d has %d comments", pages, n)
		}
		total += n
		if q.Cursor = thread.Next; q.Cursor == "" {
			break
		}
	}
	if total != 840 || pages != 2 {
		t.Errorf("%d comments, %d pages before the last; want 840 and 2", total, pages)
	}
}

func TestOneAnswerWithTooManyBelow(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	post := h.write(ada, h.open(ada, "garden", circles.Public), "Heavy")
	parents := []int{0}
	for range 900 {
		parents = append(parents, 1)
	}
	ids := h.plant(post, parents)
	thread, err := h.Thread(h.ctx(), circles.Viewer{}, post.ID, ThreadQuery{})
	h.must(err)
	first := thread.Comments[0]
	if n := countNodes(thread.Comments); n != maxThread || first.Hidden != 401 || first.Below != 900 {
		t.Errorf("%d comments shown, %d hidden, %d below; want %d, 401, 900", n, first.Hidden, first.Below, maxThread)
	}
	if got, want := first.Kids[0].Post.ID, ids[900]; got != want {
		t.Errorf("%d comes first, want the hottest, %d", got, want)
	}
	seen := map[circles.PostID]bool{}
	for q := (ThreadQuery{Focus: ids[0]}); ; {
		thread, err := h.Thread(h.ctx(), circles.Viewer{}, post.ID, q)
		h.must(err)
		for _, n := range thread.Comments[0].Kids {
			seen[n.Post.ID] = true
		}
		if q.Cursor = thread.Next; q.Cursor == "" {
			break
		}
	}
	if len(seen) != 900 {
		t.Errorf("the pages of the branch show %d comments, want 900", len(seen))
	}
}

func TestBlockedPeopleLeaveAGap(t *testing.T) {
	h := newHouse(t)
	ada, bob, eve := h.person("ada"), h.person("bob"), h.person("eve")
	garden := h.open(ada, "garden", circles.Public)
	post := h.write(ada, garden, "Gap")
	rude := h.answer(eve, post.ID, "rude")
	h.answer(ada, rude.ID, "please")
	h.answer(eve, post.ID, "rude again")
	h.write(eve, garden, "By eve")
	h.update(func(tx *store.Tx) error { return tx.SetBlock(bob.Person.Actor(), eve.Person.Actor(), true) })

	thread, err := h.Thread(h.ctx(), bob, post.ID, ThreadQuery{})
	h.must(err)
	if len(thread.Comments) != 1 {
		t.Fatalf("%d answers, want the one with an answer below it", len(thread.Comments))
	}
	if n := thread.Comments[0]; !n.Notice || !n.Blocked || n.Post.BodyHTML != "" || n.Author != nil || len(n.Kids) != 1 {
		t.Errorf("in eve's place stands %+v", n)
	}
	page, err := h.Feed(h.ctx(), bob, FeedQuery{})
	h.must(err)
	if len(page.Posts) != 1 || page.Posts[0].Post.ID != post.ID {
		t.Errorf("the feed has %d posts, want ada's", len(page.Posts))
	}
}

func TestWhatIsGoneSaysSo(t *testing.T) {
	h := newHouse(t)
	ada, bob := h.person("ada"), h.person("bob")
	post := h.write(ada, h.open(ada, "garden", circles.Public), "Mistake")
	h.answer(bob, post.ID, "hm")
	h.must(h.Delete(h.ctx(), ada, post.ID))
	thread, err := h.Thread(h.ctx(), bob, post.ID, ThreadQuery{})
	h.must(err)
	if !thread.Notice || thread.Post.Title != "" || thread.Post.State != circles.Deleted || thread.FullPost.Author != nil || len(thread.Comments) != 1 {
		t.Errorf("bob gets %+v with %d comments", thread.FullPost, len(thread.Comments))
	}
	if thread.NoComment == nil || thread.NoVote == nil {
		t.Error("bob may answer what is gone")
	}
	thread, err = h.Thread(h.ctx(), ada, post.ID, ThreadQuery{})
	h.must(err)
	if thread.Notice || thread.Post.Title != "Mistake" {
		t.Errorf("its author gets %+v", thread.FullPost)
	}
	page, err := h.Feed(h.ctx(), ada, FeedQuery{})
	h.must(err)
	if len(page.Posts) != 0 {
		t.Error("a deleted post is in a feed")
	}
	mine, err := h.Person(h.ctx(), ada, "ada", "", PersonQuery{})
	h.must(err)
	if len(mine.Posts) != 1 {
		t.Errorf("ada finds %d of her posts, want the deleted one", len(mine.Posts))
	}
}

func TestDeliveryIsTheAudienceOfThen(t *testing.T) {
	h := newHouse(t)
	ada, bob, root := h.person("ada"), h.person("bob"), h.admin("root1")
	garden := h.open(ada, "garden", circles.Public)
	follow := func(name, host string) *circles.Follow {
		who := h.stranger(name, host)
		f := &circles.Follow{Follower: who.Actor(), Followee: garden.Actor(), State: circles.FollowActive, Inbox: "https://" + host + "/inbox", FromSeq: h.mark()}
		h.update(func(tx *store.Tx) error {
			f.ID = tx.NewID()
			return tx.AddFollow(f)
		})
		return f
	}
	follow("one", "a.example")
	follow("two", "a.example") // behind the same inbox
	follow("three", "b.example")
	gone := follow("four", "c.example")
	gone.State, gone.UntilSeq = circles.FollowOver, h.mark()
	h.update(func(tx *store.Tx) error { return tx.SaveFollow(gone) })
	post := h.post(h.write(ada, garden, "News").ID)
	follow("five", "late.example")

	want := func(what string, done, failed, total int) *Delivery {
		t.Helper()
		d, err := h.Delivery(h.ctx(), ada, post.ID)
		h.must(err)
		if d.Done != done || d.Failed != failed || d.Total != total {
			t.Errorf("%s: %d done, %d failed of %d; want %d, %d of %d", what, d.Done, d.Failed, d.Total, done, failed, total)
		}
		return d
	}
	d := want("at first", 0, 0, 2)
	if len(d.Waiting) != 2 || d.Waiting[0].Host != "a.example" || d.Waiting[1].Host != "b.example" {
		t.Errorf("waiting are %+v", d.Waiting)
	}
	h.update(func(tx *store.Tx) error {
		return tx.SaveCursors([]store.Cursor{
			{Consumer: store.SenderPrefix + "https://a.example/inbox", Lane: string(circles.LaneContent), Acked: 1, Beyond: []circles.Seq{post.AnnounceSeq}},
			{Consumer: store.SenderPrefix + "https://b.example/inbox", Lane: string(circles.LaneContent), Acked: post.AnnounceSeq - 1},
			{Consumer: store.SenderPrefix + "https://b.example/inbox", Lane: string(circles.LaneVote), Acked: post.AnnounceSeq + 5},
		})
	})
	h.update(func(tx *store.Tx) error {
		return tx.SavePeerHealth(store.Peer{Host: "b.example", FailingSince: 5, Fails: 1, NextTryAt: 9, LastError: "no answer"})
	})
	d = want("one beyond", 1, 0, 2)
	if len(d.Waiting) != 1 || d.Waiting[0].Error != "no answer" || d.Waiting[0].NextTryAt != 9 || d.Waiting[0].Failed {
		t.Errorf("waiting are %+v", d.Waiting)
	}
	h.update(func(tx *store.Tx) error {
		if err := tx.RecordException("https://b.example/inbox", post.AnnounceSeq, 403, "not wanted"); err != nil {
			return err
		}
		return tx.SaveCursors([]store.Cursor{{Consumer: store.SenderPrefix + "https://b.example/inbox", Lane: string(circles.LaneContent), Acked: post.AnnounceSeq}})
	})
	d = want("given up", 1, 1, 2)
	if len(d.Waiting) != 1 || !d.Waiting[0].Failed || d.Waiting[0].Status != 403 || d.Waiting[0].Error != "not wanted" {
		t.Errorf("waiting are %+v", d.Waiting)
	}
	_, err := h.Delivery(h.ctx(), bob, post.ID)
	wantKind(t, "somebody else asks", err, circles.NotFound)
	if _, err := h.Delivery(h.ctx(), root, post.ID); err != nil {
		t.Errorf("an admin asks: %v", err)
	}
}

func TestOnlyWhatIsFederatedIsRead(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	for _, v := range []circles.Visibility{circles.Public, circles.Unlisted, circles.LocalOnly, circles.MembersOnly} {
		id := h.open(ada, "c_"+string(v), v)
		post := h.write(ada, id, "In "+string(v))
		comment := h.answer(ada, post.ID, "and an answer")
		deleted := h.answer(ada, post.ID, "not this one")
		h.must(h.Delete(h.ctx(), ada, deleted.ID))

		docs, err := h.PublicPostsOfCircle(h.ctx(), id)
		h.must(err)
		_, comments, err := h.CommentsOfThread(h.ctx(), post.ID, 0)
		if !v.Federated() {
			wantKind(t, "context in "+string(v), err, circles.NotFound)
			if len(docs) != 0 {
				t.Errorf("the outbox of a %s circle has %d posts", v, len(docs))
			}
			continue
		}
		h.must(err)
		if len(docs) != 1 || docs[0].Post.ID != post.ID || docs[0].Author.Name != "ada" || docs[0].Circle.ID != id.Actor() {
			t.Errorf("the outbox of a %s circle has %+v", v, docs)
		}
		if len(comments) != 1 || comments[0].ID != comment.ID {
			t.Errorf("the context in a %s circle has %d comments", v, len(comments))
		}
	}
	docs, err := h.PublicPostsOfPerson(h.ctx(), ada.Person)
	h.must(err)
	if len(docs) != 4 { // a post and a comment in two circles
		t.Errorf("ada's outbox has %d entries, want 4", len(docs))
	}
	for _, d := range docs {
		if d.Post.Kind == circles.IsComment && (d.Parent == nil || d.Parent.URI == "" || d.Answered == nil) {
			t.Errorf("comment %d does not say what it answers: %+v", d.Post.ID, d)
		}
	}
}

func TestHistoryShowsFormerTexts(t *testing.T) {
	h := newHouse(t)
	ada, bob := h.person("ada"), h.person("bob")
	post, err := h.Post(h.ctx(), ada, NewPost{Circle: h.open(ada, "garden", circles.Public), Title: "First", Body: "one"})
	h.must(err)
	_, err = h.Edit(h.ctx(), ada, post.ID, Edit{Title: "Second", Body: "two"})
	h.must(err)
	page, err := h.History(h.ctx(), bob, post.ID)
	h.must(err)
	if page.Post.Title != "Second" || len(page.Revisions) != 1 || page.Revisions[0].Title != "First" || page.Revisions[0].Body != "" ||
		page.Editors[page.Revisions[0].Editor] == nil {
		t.Errorf("history is %+v", page)
	}
	source, err := h.Source(h.ctx(), ada, post.ID)
	h.must(err)
	if source.Post.Body != "two" {
		t.Errorf("ada edits %q, want the markdown", source.Post.Body)
	}
	source, err = h.Source(h.ctx(), bob, post.ID)
	h.must(err)
	if source.Post.Body != "" {
		t.Error("bob gets the markdown of what he cannot edit")
	}
}

func TestCountsAreKeptForAWhile(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	h.update(func(tx *store.Tx) error {
		return tx.AddAccount(&store.Account{Person: ada.Person, Role: circles.SiteMember, SeenAt: tx.Now(), CreatedAt: tx.Now()})
	})
	garden := h.open(ada, "garden", circles.Public)
	post := h.write(ada, garden, "One")
	h.answer(ada, post.ID, "and one")
	want := Counts{People: 1, ActiveMonth: 1, ActiveHalfYear: 1, Circles: 1, Posts: 1, Comments: 1}
	check := func(what string) {
		t.Helper()
		got, err := h.Counts(h.ctx())
		h.must(err)
		if got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	check("first")
	h.write(ada, garden, "Two")
	check("soon after")
	h.pass(keepFor)
	want.Posts = 2
	check("later")
}
