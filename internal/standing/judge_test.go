package standing

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// A scene is a circle with people in all its roles, and one post by the member.
type scene struct {
	*testing.T
	store  *store.Store
	circle *circles.Circle
	post   *circles.Post
	via    circles.CircleID // that passes on what is asked about
	who    map[string]circles.Viewer
}

func newScene(t *testing.T, v circles.Visibility, host string) *scene {
	t.Helper()
	s := &scene{T: t, store: testdb.Open(t), who: map[string]circles.Viewer{"visitor": {}}}
	s.update(func(tx *store.Tx) error {
		c := &circles.Circle{Visibility: v, Posting: circles.PostingOpen}
		c.Actor = circles.Actor{ID: circles.ActorID(tx.NewID()), Kind: circles.KindCircle, Name: "garden", Host: host, URI: "/c/garden"}
		s.circle = c
		if err := tx.AddCircle(c); err != nil {
			return err
		}
		for _, name := range []string{"owner", "operator", "moderator", "member", "pending", "outsider", "sitemod", "admin", "far"} {
			a := circles.Actor{ID: circles.ActorID(tx.NewID()), Kind: circles.KindPerson, Name: name, URI: "/u/" + name}
			viewer := circles.Viewer{Person: circles.PersonID(a.ID), Role: circles.SiteMember}
			role := circles.Role(name)
			switch name {
			case "far":
				a.Host, a.URI = "far.example", "https://far.example/far"
				viewer.Remote, viewer.Role, role = true, "", circles.NoRole
			case "admin":
				viewer.Role, role = circles.SiteAdmin, circles.NoRole
			case "sitemod":
				viewer.Role, role = circles.SiteModerator, circles.NoRole
			case "outsider":
				role = circles.NoRole
			}
			if err := tx.AddActor(&a); err != nil {
				return err
			}
			if err := tx.SetRole(c.CircleID(), viewer.Person, role); err != nil {
				return err
			}
			s.who[name] = viewer
		}
		id := circles.PostID(tx.NewID())
		s.post = &circles.Post{ID: id, URI: "/post/1", Kind: circles.IsPost, Circle: c.CircleID(), Author: s.who["member"].Person, Root: id, State: circles.Visible}
		return nil
	})
	return s
}

func (s *scene) update(f func(*store.Tx) error) {
	s.Helper()
	if err := s.store.Update(s.Context(), f); err != nil {
		s.Fatal(err)
	}
}

// ask judges and returns the reason, "" when allowed.
func (s *scene) ask(who string, action Action, change func(*Question)) Reason {
	s.Helper()
	c, p := *s.circle, *s.post
	q := Question{Who: s.who[who], Action: action, Circle: &c, Post: &p, Via: s.via}
	if change != nil {
		change(&q)
	}
	var d Decision
	s.update(func(tx *store.Tx) (err error) {
		d, err = Judge(tx, q)
		return err
	})
	if d.Allowed() != (d.Reason == "") || d.Allowed() != (d.Err() == nil) {
		s.Errorf("%s %s: a muddled decision %+v", who, action, d)
	}
	return d.Reason
}

func TestWhoMay(t *testing.T) {
	all := []string{"visitor", "far", "outsider", "pending", "member", "moderator", "operator", "owner", "sitemod", "admin"}
	locked := func(q *Question) { q.Post.Locked = true }
	operators := func(q *Question) { q.Circle.Posting = circles.PostingOperators }
	removed := func(q *Question) { q.Post.State, q.Post.RemovedAt = circles.Removed, 1 }
	deleted := func(q *Question) { q.Post.State, q.Post.DeletedAt = circles.Deleted, 1 }
	const public, members, local = circles.Public, circles.MembersOnly, circles.LocalOnly
	for _, tt := range []struct {
		name       string
		visibility circles.Visibility
		action     Action
		change     func(*Question)
		may        []string
	}{
		{"post", public, Post, nil, all[1:]},
		{"post among locals", local, Post, nil, all[2:]},
		{"post among members", members, Post, nil, []string{"member", "moderator", "operator", "owner"}},
		{"post where operators do", public, Post, operators, []string{"operator", "owner"}},
		{"comment where operators post", public, Comment, operators, all[1:]},
		{"comment", public, Comment, nil, all[1:]},
		{"comment on a locked thread", public, Comment, locked, []string{"moderator", "operator", "owner", "sitemod", "admin"}},
		{"comment on what was removed", public, Comment, removed, nil},
		{"comment on what was deleted", public, Comment, deleted, []string{"far"}},
		{"vote", public, React, nil, all[1:]},
		{"vote among members", members, Downvote, nil, []string{"member", "moderator", "operator", "owner", "admin"}},
		{"vote on what was deleted", public, React, deleted, nil},
		{"take a vote back from what was deleted", public, Unvote, deleted, all[1:]},
		{"edit", public, Edit, nil, []string{"member"}},
		{"edit what was removed", public, Edit, removed, nil},
		{"delete", public, Delete, nil, []string{"member"}},
		{"delete what was removed", public, Delete, removed, []string{"member"}},
		{"restore", public, Restore, deleted, []string{"member"}},
		{"restore what was removed", public, Restore, removed, nil},
		{"remove", public, Remove, nil, []string{"moderator", "operator", "owner", "sitemod", "admin"}},
		{"remove among members", members, Remove, nil, []string{"moderator", "operator", "owner", "admin"}},
		{"lock", public, Lock, nil, []string{"moderator", "operator", "owner", "sitemod", "admin"}},
		{"pin", public, Pin, nil, []string{"moderator", "operator", "owner", "sitemod", "admin"}},
		{"see people", public, SeePeople, nil, []string{"member", "moderator", "operator", "owner", "sitemod", "admin"}},
		{"see reports", public, SeeReports, nil, []string{"moderator", "operator", "owner", "sitemod", "admin"}},
		{"see reports of the instance", public, SeeReports, func(q *Question) { q.Circle, q.Post = nil, nil }, []string{"sitemod", "admin"}},
		{"report", public, Report, nil, all[1:]},
		{"report among members", members, Report, nil, []string{"member", "moderator", "operator", "owner", "admin"}},
		{"decide about peers", public, DecidePeers, nil, []string{"admin"}},
		{"decide about the audit", public, DecideAudits, nil, []string{"admin"}},
		{"change the circle", public, EditCircle, nil, []string{"operator", "owner", "admin"}},
		{"join", public, Join, nil, all[1:]},
		{"join among locals", local, Join, nil, all[2:]},
		{"ask to join members", members, Join, nil, all[2:]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, tt.visibility, "")
			for _, who := range all {
				want := false
				for _, m := range tt.may {
					want = want || m == who
				}
				if reason := s.ask(who, tt.action, tt.change); (reason == "") != want {
					t.Errorf("%s: %q, want allowed = %v", who, reason, want)
				}
			}
		})
	}
}

func TestShutOut(t *testing.T) {
	for _, tt := range []struct {
		name   string
		host   string // of the circle
		do     func(s *scene, tx *store.Tx) error
		who    string
		action Action
		want   Reason
	}{
		{"banned", "", func(s *scene, tx *store.Tx) error {
			return tx.SetBlock(s.circle.ID, s.who["outsider"].Person.Actor(), true)
		},
			"outsider", Comment, Banned},
		{"banned, deleting", "", func(s *scene, tx *store.Tx) error {
			return tx.SetBlock(s.circle.ID, s.who["member"].Person.Actor(), true)
		},
			"member", Delete, ""},
		{"blocked by the author", "", func(s *scene, tx *store.Tx) error {
			return tx.SetBlock(s.post.Author.Actor(), s.who["outsider"].Person.Actor(), true)
		}, "outsider", React, BlockedBy},
		{"blocking the author oneself", "", func(s *scene, tx *store.Tx) error {
			return tx.SetBlock(s.who["outsider"].Person.Actor(), s.post.Author.Actor(), true)
		}, "outsider", React, ""},
		{"suspended", "", func(s *scene, tx *store.Tx) error { return tx.SetSuspended(s.who["owner"].Person.Actor(), 1) },
			"owner", Remove, Suspended},
		{"suspended, deleting", "", func(s *scene, tx *store.Tx) error { return tx.SetSuspended(s.post.Author.Actor(), 1) },
			"member", Delete, ""},
		{"peer blocked", "", func(s *scene, tx *store.Tx) error { return tx.SetPeerPolicy("far.example", "blocked") }, "far", Comment, PeerBlocked},
		{"peer blocked, deleting", "", func(s *scene, tx *store.Tx) error {
			s.post.Author = s.who["far"].Person
			return tx.SetPeerPolicy("far.example", "blocked")
		}, "far", Delete, ""},
		{"peer limited", "", func(s *scene, tx *store.Tx) error { return tx.SetPeerPolicy("far.example", "limited") }, "far", Comment, PeerLimited},
		{"peer limited, joining", "", func(s *scene, tx *store.Tx) error { return tx.SetPeerPolicy("far.example", "limited") }, "far", Join, PeerLimited},
		{"peer limited, voting", "", func(s *scene, tx *store.Tx) error { return tx.SetPeerPolicy("far.example", "limited") }, "far", React, ""},
		{"peer limited, a member", "", func(s *scene, tx *store.Tx) error {
			if err := tx.SetRole(s.circle.CircleID(), s.who["far"].Person, circles.RoleMember); err != nil {
				return err
			}
			return tx.SetPeerPolicy("far.example", "limited")
		}, "far", Post, ""},
		{"peer limited, followed here", "", func(s *scene, tx *store.Tx) error {
			f := &circles.Follow{ID: tx.NewID(), Follower: s.who["member"].Person.Actor(), Followee: s.who["far"].Person.Actor(), State: circles.FollowActive}
			if err := tx.AddFollow(f); err != nil {
				return err
			}
			return tx.SetPeerPolicy("far.example", "limited")
		}, "far", Comment, ""},
		{"peer limited, through its circle", "far.example", func(s *scene, tx *store.Tx) error {
			s.via = s.circle.CircleID()
			return tx.SetPeerPolicy("far.example", "limited")
		}, "far", Comment, ""},
		{"peer limited, through a circle elsewhere", "third.example", func(s *scene, tx *store.Tx) error {
			s.via = s.circle.CircleID()
			return tx.SetPeerPolicy("far.example", "limited")
		}, "far", Comment, PeerLimited},
		{"ban that ended", "", func(s *scene, tx *store.Tx) error {
			return tx.SetBan(circles.Ban{Circle: s.circle.CircleID(), Person: s.who["outsider"].Person, Until: tx.Now()})
		}, "outsider", Comment, ""},
		{"ban that has not ended", "", func(s *scene, tx *store.Tx) error {
			return tx.SetBan(circles.Ban{Circle: s.circle.CircleID(), Person: s.who["outsider"].Person, Until: tx.Now() + 1e9})
		}, "outsider", Comment, Banned},
		{"banned, reporting", "", func(s *scene, tx *store.Tx) error {
			return tx.SetBan(circles.Ban{Circle: s.circle.CircleID(), Person: s.who["outsider"].Person})
		}, "outsider", Report, ""},
		{"peer of the circle blocked", "far.example", func(s *scene, tx *store.Tx) error { return tx.SetPeerPolicy("far.example", "blocked") },
			"member", Comment, PeerBlocked},
		{"suspended circle", "", func(s *scene, tx *store.Tx) error { s.circle.SuspendedAt = 1; return nil }, "owner", Post, CircleGone},
		{"session of a stranger", "", func(s *scene, tx *store.Tx) error {
			s.who["far"] = circles.Viewer{Person: s.who["far"].Person, Role: circles.SiteAdmin}
			return nil
		}, "far", Remove, NotSignedIn},
		{"moderator of a circle elsewhere", "far.example", func(s *scene, tx *store.Tx) error { return nil }, "moderator", Remove, Elsewhere},
		{"moderator of this instance in a circle elsewhere", "far.example", func(s *scene, tx *store.Tx) error { return nil }, "sitemod", Remove, ""},
		{"owner of a circle elsewhere", "far.example", func(s *scene, tx *store.Tx) error { return nil }, "owner", EditCircle, Elsewhere},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, circles.Public, tt.host)
			s.update(func(tx *store.Tx) error { return tt.do(s, tx) })
			if got := s.ask(tt.who, tt.action, nil); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestBanned: one bans whom one stands above.
func TestBanned(t *testing.T) {
	s := newScene(t, circles.Public, "")
	people := []string{"far", "outsider", "member", "moderator", "operator", "owner", "sitemod", "admin"}
	may := map[string][]string{
		"moderator": {"far", "outsider", "member", "sitemod", "admin"},
		"operator":  {"far", "outsider", "member", "moderator", "sitemod", "admin"},
		"owner":     {"far", "outsider", "member", "moderator", "operator", "sitemod", "admin"},
		"sitemod":   {"far", "outsider", "member", "moderator", "operator", "admin"},
		"admin":     {"far", "outsider", "member", "moderator", "operator", "sitemod"},
	}
	for _, who := range people {
		for _, whom := range people {
			a := &circles.Actor{ID: s.who[whom].Person.Actor(), Kind: circles.KindPerson}
			reason := s.ask(who, Ban, func(q *Question) { q.Post, q.Person = nil, a })
			if want := slices.Contains(may[who], whom); (reason == "") != want {
				t.Errorf("%s bans %s: %q, want allowed = %v", who, whom, reason, want)
			}
		}
	}
}

// TestVouched: a circle elsewhere speaks for its moderators, and only for its own posts.
func TestVouched(t *testing.T) {
	s := newScene(t, circles.Public, "far.example")
	via := func(id circles.CircleID) func(*Question) { return func(q *Question) { q.Via = id } }
	if got := s.ask("far", Remove, via(s.circle.CircleID())); got != "" {
		t.Errorf("passed on by the circle: %q", got)
	}
	if got := s.ask("far", Remove, via(s.circle.CircleID()+1)); got != NotAModerator {
		t.Errorf("passed on by another circle: %q", got)
	}
	here := newScene(t, circles.Public, "")
	if got := here.ask("far", Remove, via(here.circle.CircleID())); got != NotAModerator {
		t.Errorf("in the name of a circle of ours: %q", got)
	}
}

// TestEveryReasonSpeaks reads the constants from the source, so that none is forgotten.
func TestEveryReasonSpeaks(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		v, ok := node.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		lit, ok := v.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		r, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if s := refusals[Reason(r)]; s.kind == "" || !strings.HasSuffix(s.message, ".") {
			t.Errorf("reason %q has no sentence", r)
		}
		return true
	})
	if n != len(refusals) {
		t.Errorf("%d constants, %d sentences", n, len(refusals))
	}
}
