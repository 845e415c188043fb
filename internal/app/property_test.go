package app

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/store"
)

// A crowd does random things in three circles. What it knows by itself is only who exists; everything
// else is asked of the store afterwards.
type crowd struct {
	*house
	people  []circles.Viewer
	far     []circles.PersonID
	circles []circles.CircleID
	closed  circles.CircleID
	posts   []circles.PostID
	uris    int
	runs    int
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{house: newHouse(t)}
	for _, name := range []string{"ann", "bob", "cid", "dan"} {
		c.people = append(c.people, c.person(name))
	}
	c.far = []circles.PersonID{c.stranger("zoe", "far.example"), c.stranger("yan", "other.example")}
	return c
}

// again gives the crowd fresh circles, so that one database serves all runs.
func (c *crowd) again() {
	c.runs++
	name := func(s string) string { return fmt.Sprint(s, c.runs) }
	c.posts = nil
	c.closed = c.open(c.people[0], name("den"), circles.MembersOnly)
	c.circles = []circles.CircleID{c.open(c.people[0], name("garden"), circles.Public), c.closed, c.farCircle(name("orchard"), "far.example")}
}

// step does one random thing. Refusals are fine, other errors are not.
func (c *crowd) step(t *rapid.T) {
	who := rapid.SampledFrom(c.people).Draw(t, "who")
	said := Said{By: rapid.SampledFrom(c.far).Draw(t, "stranger")}
	if rapid.Bool().Draw(t, "passed on") {
		said.Via = c.circles[2]
	}
	circle := rapid.SampledFrom(c.circles).Draw(t, "circle")
	post := circles.PostID(1)
	if len(c.posts) > 0 {
		few := c.posts[:min(len(c.posts), 4)] // so that much happens to the same
		post = rapid.OneOf(rapid.SampledFrom(few), rapid.SampledFrom(c.posts)).Draw(t, "post")
	}
	value := rapid.IntRange(-1, 1).Draw(t, "value")
	keep := func(p *circles.Post, err error) error {
		if err == nil {
			c.posts = append(c.posts, p.ID)
		}
		return err
	}
	receive := func(f func(*store.Tx) (Outcome, error)) error {
		var out Outcome
		err := c.store.Update(c.ctx(), func(tx *store.Tx) (err error) {
			out, err = f(tx)
			return err
		})
		if err == nil && out.Refusal != nil {
			return out.Refusal
		}
		return err
	}
	arrive := func(in RemotePost) error {
		c.uris++
		host := map[circles.PersonID]string{c.far[0]: "far.example", c.far[1]: "other.example"}[said.By]
		in.URI, in.HTML = fmt.Sprintf("https://%s/p/%d", host, c.uris), "<p>x</p>"
		return receive(func(tx *store.Tx) (Outcome, error) {
			out, err := c.ReceivePost(tx, said, in)
			if err == nil && out.Result == Applied {
				c.posts = append(c.posts, out.Post)
			}
			return out, err
		})
	}
	vote := func() error { _, err := c.Vote(c.ctx(), who, post, value); return err }
	verbs := []func() error{
		func() error {
			return keep(c.Post(c.ctx(), who, NewPost{Circle: circle, Title: "x", Body: "@zoe@far.example"}))
		},
		func() error { return keep(c.Comment(c.ctx(), who, NewComment{Parent: post, Body: "x"})) },
		func() error { return arrive(RemotePost{Circle: circle, Title: "x"}) },
		func() error { return arrive(RemotePost{Parent: post}) },
		vote, vote, vote,
		func() error {
			_, err := c.Edit(c.ctx(), who, post, Edit{Title: "x", Body: fmt.Sprint("edit ", value)})
			return err
		},
		func() error { return c.Delete(c.ctx(), who, post) },
		func() error { return c.Restore(c.ctx(), who, post) },
		func() error { return c.Remove(c.ctx(), who, post, "because") },
		func() error { return c.Return(c.ctx(), who, post) },
		func() error { return c.Lock(c.ctx(), who, post) },
		func() error { return c.Unlock(c.ctx(), who, post) },
		func() error { _, err := c.Join(c.ctx(), who, circle); return err },
		func() error { return c.Leave(c.ctx(), who, circle) },
		func() error {
			other := rapid.SampledFrom(c.people).Draw(t, "other")
			role := rapid.SampledFrom([]circles.Role{circles.NoRole, circles.RoleMember, circles.RoleModerator, circles.RoleOwner}).Draw(t, "role")
			return c.SetRole(c.ctx(), who, circle, other.Person, role)
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) { return c.ReceiveVote(tx, said, post, value|1, "https://x/v") })
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) { return c.ReceiveUnvote(tx, said, post, value) })
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) { return c.ReceiveDelete(tx, said, post) })
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) { return c.ReceiveUndoDelete(tx, said, post) })
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) { return c.ReceiveRemoval(tx, said, post, "no") })
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) { return c.ReceiveUndoRemoval(tx, said, post) })
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) {
				return c.ReceiveFollow(tx, said, circle.Actor(), "https://x/f", "https://x/inbox")
			})
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) { return c.ReceiveUnfollow(tx, said, circle.Actor()) })
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) {
				return c.ReceiveAccept(tx, c.circles[2].Actor(), who.Person.Actor())
			})
		},
		func() error {
			return receive(func(tx *store.Tx) (Outcome, error) {
				return c.ReceiveReject(tx, c.circles[2].Actor(), who.Person.Actor())
			})
		},
	}
	n := rapid.IntRange(0, len(verbs)-1).Draw(t, "verb")
	if err := verbs[n](); circles.KindOf(err) == circles.Internal {
		t.Fatalf("verb %d: %v", n, err)
	}
}

// recount compares every counter and rank with what the rows say.
func (c *crowd) recount(t *rapid.T) {
	people := append([]circles.PersonID{}, c.far...)
	for _, v := range c.people {
		people = append(people, v.Person)
	}
	type tally struct{ posts, comments, members int64 }
	err := c.store.View(c.ctx(), func(tx *store.Tx) error {
		want := map[circles.CircleID]tally{}
		below := map[circles.PostID]int64{}
		for _, id := range c.posts {
			p, err := tx.Post(id)
			if err != nil {
				return err
			}
			if p.State == circles.Visible {
				n := want[p.Circle]
				if p.Kind == circles.IsPost {
					n.posts++
				} else {
					n.comments++
					below[p.Root]++
				}
				want[p.Circle] = n
			}
			var ups, downs int64
			for _, who := range people {
				v, err := tx.Vote(id, who)
				if err != nil {
					return err
				}
				if v != nil {
					ups, downs = ups+btoi(v.Value > 0), downs+btoi(v.Value < 0)
				}
			}
			if p.Ups != ups || p.Downs != downs || p.Score != ups-downs ||
				p.Hot != ranking.Hot(ups-downs, p.Published) || p.Controversy != ranking.Controversial(ups, downs) {
				t.Fatalf("post %d has %d up, %d down, score %d; its votes are %d and %d", id, p.Ups, p.Downs, p.Score, ups, downs)
			}
			if want := p.Hot; p.Comments == 0 && p.Kind == circles.IsComment && p.Active != want {
				t.Fatalf("comment %d is active at %d, want %d", id, p.Active, want)
			}
		}
		for _, id := range c.posts {
			if p, err := tx.Post(id); err != nil || p.Comments != below[id] {
				t.Fatalf("post %d counts %d comments, %v; there are %d", id, p.Comments, err, below[id])
			}
		}
		for _, id := range c.circles {
			n := want[id]
			for _, who := range people {
				role, err := tx.Role(id, who)
				if err != nil {
					return err
				}
				n.members += btoi(role.Member())
			}
			got, err := tx.Circle(id)
			if err != nil {
				return err
			}
			if (tally{got.Posts, got.Comments, got.Members}) != n {
				t.Fatalf("%s counts %d posts, %d comments, %d members; there are %+v", got.Name, got.Posts, got.Comments, got.Members, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// leaks looks for entries about the closed circle that somebody elsewhere would get.
func (c *crowd) leaks(t *rapid.T, after circles.Seq) {
	for _, e := range c.since(after) {
		if e.Stream == c.closed.Actor() && len(e.To) > 0 {
			t.Fatalf("%s in the closed circle goes to %v", e.Kind, e.To)
		}
		if kind := string(e.Kind); !strings.HasPrefix(kind, "post.") && !strings.HasPrefix(kind, "vote.") {
			continue // its object is no post
		}
		if p := c.post(circles.PostID(e.Object)); p.Circle == c.closed && (e.Stream != c.closed.Actor() || len(e.To) > 0) {
			t.Fatalf("%s of a post in the closed circle has stream %d and goes to %v", e.Kind, e.Stream, e.To)
		}
	}
}

// TestCountersEqualRecounts: whatever happens, counters say what a recount would, and nothing leaves the closed circle.
func TestCountersEqualRecounts(t *testing.T) {
	c := newCrowd(t)
	rapid.Check(t, func(r *rapid.T) {
		c.again()
		seq := c.mark()
		for range rapid.IntRange(10, 80).Draw(r, "steps") {
			c.step(r)
		}
		c.recount(r)
		c.leaks(r, seq)
	})
}
