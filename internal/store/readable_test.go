package store_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// world is a small random instance, kept in Go as well, to hold the lists against.
type world struct {
	people  []circles.PersonID
	circles []*circles.Circle
	roles   map[circles.CircleID]map[circles.PersonID]circles.Role
	posts   []*circles.Post
	blocks  map[circles.PersonID]map[circles.ActorID]bool
}

func drawWorld(t *rapid.T) *world {
	w := &world{roles: map[circles.CircleID]map[circles.PersonID]circles.Role{}, blocks: map[circles.PersonID]map[circles.ActorID]bool{}}
	next := int64(0)
	id := func() int64 { next++; return next << 12 }
	for range rapid.IntRange(2, 5).Draw(t, "people") {
		w.people = append(w.people, circles.PersonID(id()))
	}
	roles := []circles.Role{circles.NoRole, circles.RolePending, circles.RoleMember, circles.RoleModerator, circles.RoleOperator, circles.RoleOwner}
	for range rapid.IntRange(1, 6).Draw(t, "circles") {
		c := &circles.Circle{Posting: circles.PostingOpen, PostedAt: 1}
		c.ID, c.Kind = circles.ActorID(id()), circles.KindCircle
		c.Visibility = rapid.SampledFrom([]circles.Visibility{circles.Public, circles.Unlisted, circles.LocalOnly, circles.MembersOnly}).Draw(t, "visibility")
		c.Name, c.URI = fmt.Sprintf("circle%d", c.ID), fmt.Sprintf("/c/circle%d", c.ID)
		if rapid.IntRange(0, 3).Draw(t, "suspended") == 0 {
			c.SuspendedAt = 1
		}
		if c.Visibility.Federated() && rapid.Bool().Draw(t, "remote") {
			c.Host, c.URI = "far.example", "https://far.example"+c.URI
		}
		w.circles = append(w.circles, c)
		w.roles[c.CircleID()] = map[circles.PersonID]circles.Role{}
		for _, p := range w.people {
			if role := rapid.SampledFrom(roles).Draw(t, "role"); role != circles.NoRole {
				w.roles[c.CircleID()][p] = role
			}
		}
	}
	for i := range rapid.IntRange(1, 30).Draw(t, "posts") {
		c := rapid.SampledFrom(w.circles).Draw(t, "circle")
		p := &circles.Post{ID: circles.PostID(id()), Kind: circles.IsPost, Circle: c.CircleID(), Listed: c.Visibility == circles.Public, LocalTo: c.Local()}
		p.URI, p.Root = fmt.Sprintf("/post/%d", p.ID), p.ID
		p.Author = rapid.SampledFrom(w.people).Draw(t, "author")
		p.State = rapid.SampledFrom([]circles.PostState{circles.Visible, circles.Visible, circles.Held, circles.Refused, circles.Removed, circles.Deleted}).Draw(t, "state")
		// Few different numbers, so that ids have to decide.
		p.Hot, p.Active, p.Scaled = rapid.Int64Range(0, 3).Draw(t, "hot"), int64(i%3), int64(i%2)
		p.Controversy = rapid.Int64Range(0, 2).Draw(t, "controversy")
		w.posts = append(w.posts, p)
	}
	for _, p := range w.people {
		w.blocks[p] = map[circles.ActorID]bool{}
		if rapid.Bool().Draw(t, "blocks") {
			w.blocks[p][rapid.SampledFrom(w.people).Draw(t, "blocked person").Actor()] = true
			if rapid.Bool().Draw(t, "blocks circle") {
				w.blocks[p][rapid.SampledFrom(w.circles).Draw(t, "blocked circle").ID] = true
			}
		}
	}
	return w
}

func (w *world) save(tx *store.Tx) error {
	for _, table := range []string{"block", "membership", "post", "circle", "actor"} {
		if _, err := tx.Exec("DELETE FROM " + table); err != nil {
			return err
		}
	}
	for _, p := range w.people {
		if err := tx.AddActor(&circles.Actor{ID: p.Actor(), Kind: circles.KindPerson, Name: fmt.Sprintf("person%d", p), URI: fmt.Sprintf("/u/person%d", p)}); err != nil {
			return err
		}
	}
	for _, c := range w.circles {
		if err := tx.AddCircle(c); err != nil {
			return err
		}
		for p, role := range w.roles[c.CircleID()] {
			if err := tx.SetRole(c.CircleID(), p, role); err != nil {
				return err
			}
		}
		if err := tx.BumpCircle(c.CircleID(), store.CircleChange{PostedAt: tx.Now()}); err != nil {
			return err
		}
	}
	for _, p := range w.posts {
		if err := tx.AddPost(p); err != nil {
			return err
		}
	}
	for p, targets := range w.blocks {
		for target := range targets {
			if err := tx.SetBlock(p.Actor(), target, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// viewers are everyone who may come by.
func (w *world) viewers() []circles.Viewer {
	all := []circles.Viewer{{}}
	for i, p := range w.people {
		role := []circles.SiteRole{circles.SiteMember, circles.SiteModerator, circles.SiteAdmin}[i%3]
		all = append(all, circles.Viewer{Person: p, Role: role}, circles.Viewer{Person: p, Remote: true})
	}
	return all
}

func (w *world) circle(id circles.CircleID) *circles.Circle {
	return w.circles[slices.IndexFunc(w.circles, func(c *circles.Circle) bool { return c.CircleID() == id })]
}

// TestListsShowWhatCirclesAllows holds every list of posts against circles.MaySee and MaySeePost.
func TestListsShowWhatCirclesAllows(t *testing.T) {
	s := testdb.Open(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		if err := s.Update(t.Context(), w.save); err != nil {
			rt.Fatal(err)
		}
		err := s.View(t.Context(), func(tx *store.Tx) error {
			for _, v := range w.viewers() {
				for _, author := range w.people {
					got, err := tx.PostsBy(v, author, circles.IsPost, store.Mark{}, 100)
					if err != nil {
						return err
					}
					var want []circles.PostID
					for _, p := range slices.Backward(w.posts) {
						role := w.roles[p.Circle][v.Person]
						if p.Author == author && circles.MaySee(v, w.circle(p.Circle).Audience(), role) && circles.MaySeePost(v, role, p) {
							want = append(want, p.ID)
						}
					}
					if ids := postIDs(got); !slices.Equal(ids, want) {
						rt.Fatalf("posts of %d to %+v: got %v, want %v", author, v, ids, want)
					}
				}
				w.checkFeeds(rt, tx, v)
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// checkFeeds reads each feed page by page in each order and compares it with the sorted posts.
func (w *world) checkFeeds(t *rapid.T, tx *store.Tx, v circles.Viewer) {
	scopes := []store.Feed{{Scope: store.FeedAll}, {Scope: store.FeedLocal}, {Scope: store.FeedCircle, Circle: w.circles[0].CircleID()}}
	if v.SignedIn() {
		scopes = append(scopes, store.Feed{Scope: store.FeedSubscribed})
	}
	for _, f := range scopes {
		f.Order = rapid.SampledFrom(ranking.FeedOrders()).Draw(t, "order")
		f.Limit = rapid.IntRange(1, 4).Draw(t, "limit")
		want := w.feed(v, f)
		var got []circles.PostID
		for {
			page, err := tx.FeedPage(v, f)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, postIDs(page)...)
			if len(page) < f.Limit || len(got) > len(want) {
				break
			}
			f.After = page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("feed %s by %s to %+v: got %v, want %v", f.Scope, f.Order, v, got, want)
		}
		f.After = store.Mark{}
		if f.Scope == store.FeedLocal || f.Scope == store.FeedSubscribed {
			merged, err := tx.FeedMerge(v, f)
			if err != nil {
				t.Fatal(err)
			}
			if ids := postIDs(merged); !slices.Equal(ids, want[:min(len(want), f.Limit)]) {
				t.Fatalf("merged feed %s by %s to %+v: got %v, want the beginning of %v", f.Scope, f.Order, v, ids, want)
			}
		}
	}
}

func (w *world) feed(v circles.Viewer, f store.Feed) []circles.PostID {
	var fit []ranking.Entry
	for _, p := range w.posts {
		c, role := w.circle(p.Circle), w.roles[p.Circle][v.Person]
		in := false
		switch common := c.Visibility == circles.Public || c.Visibility == circles.LocalOnly; f.Scope {
		case store.FeedAll:
			in = common
		case store.FeedLocal:
			in = common && c.Local()
		case store.FeedSubscribed:
			in = role.Member()
		case store.FeedCircle:
			in = p.Circle == f.Circle
		}
		if !in || p.State != circles.Visible || !circles.MaySee(v, c.Audience(), role) {
			continue
		}
		if v.SignedIn() && (w.blocks[v.Person][p.Author.Actor()] || w.blocks[v.Person][c.ID]) {
			continue
		}
		if f.Order == ranking.ByControversial && p.Controversy == 0 {
			continue
		}
		// Nobody has voted, and ids sort by time.
		fit = append(fit, ranking.Entry{ID: int64(p.ID), Published: int64(p.ID), Hot: p.Hot, Active: p.Active, Scaled: p.Scaled, Controversial: p.Controversy})
	}
	slices.SortFunc(fit, f.Order.Compare)
	ids := make([]circles.PostID, 0, len(fit))
	for _, e := range fit {
		ids = append(ids, circles.PostID(e.ID))
	}
	return ids
}

func postIDs(marks []store.Mark) []circles.PostID {
	ids := make([]circles.PostID, 0, len(marks))
	for _, m := range marks {
		ids = append(ids, circles.PostID(m.ID))
	}
	return ids
}
