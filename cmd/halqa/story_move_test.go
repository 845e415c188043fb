package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testpeer"
)

// toldOfMove waits until one of ours is told that somebody moved.
func (w *town) toldOfMove(who circles.Viewer) {
	w.t.Helper()
	ok := within(patience, func() bool {
		page, err := w.h.app.Notifications(w.t.Context(), who, "", 0)
		w.must(err)
		for _, g := range page.Groups {
			for _, n := range g.Shown {
				if n.Kind == app.ToldMoved {
					return true
				}
			}
		}
		return false
	})
	if !ok {
		w.t.Error("nobody was told of the move")
	}
}

func (w *town) becomes(what string, who circles.Viewer, c circles.CircleID, want circles.Role) {
	w.t.Helper()
	if !within(patience, func() bool { return w.role(who, c) == want }) {
		w.t.Errorf("%s: %q, want %q", what, w.role(who, c), want)
	}
}

// A community elsewhere moves to another server: members here follow it there, if the new one agrees.
func TestCommunityElsewhereMoves(t *testing.T) {
	v := newTown(t).visit(testpeer.PieFed)
	ctx := t.Context()
	birds := v.peer.Group("birds")
	circle, err := v.h.followDemo(ctx, v.lin, "birds", v.peer.Host())
	v.must(err)
	third := testpeer.New(t, testpeer.Lemmy)
	nest, stranger := third.Group("nest"), third.Group("stranger")
	nest.Rewrite(func(doc map[string]any) { doc["alsoKnownAs"] = []any{birds.ID} })

	// A community that does not agree gets nobody, and neither does who moves somebody else.
	v.moves(birds, birds.ID, stranger.ID)
	v.moves(v.bob, birds.ID, nest.ID)
	third.Wait(t, "the question", func() bool {
		return slices.ContainsFunc(third.Asked(), func(q testpeer.Question) bool { return q.Target == "/c/stranger" })
	})
	if got := v.role(v.lin, circle.CircleID()); got != circles.RoleMember {
		t.Fatalf("lin is %q in the old one", got)
	}

	v.moves(birds, birds.ID, nest.ID)
	v.becomes("lin in the old one", v.lin, circle.CircleID(), circles.NoRole)
	next := v.known(nest.ID)
	v.becomes("lin in the new one", v.lin, circles.CircleID(next.ID), circles.RoleMember)
	v.toldOfMove(v.lin)
	if got := v.known(birds.ID).MovedTo; got != nest.ID {
		t.Errorf("the old one points to %q, want %q", got, nest.ID)
	}
}

// moves says to our instance that somebody lives at another address.
func (w *town) moves(by *testpeer.Actor, object, target string) {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": by.ID + "/moves/" + rand.Text(), "type": "Move",
		"actor": by.ID, "object": object, "target": target, "to": []any{by.ID + "/followers"}})
	w.must(err)
	if a := by.Send(w.t.Context(), w.h.site.Base+"/inbox", body); a.Status != http.StatusAccepted {
		w.t.Fatalf("the Move was answered %+v", a)
	}
}

// A circle of ours moves to another instance of ours and takes along its members, there and here.
func TestCircleMovesBetweenTwoOfOurs(t *testing.T) {
	old, next := newTown(t), newTown(t)
	ctx := t.Context()
	garden := old.circle("gardening")
	field := next.circle("field")
	watcher, err := next.h.followDemo(ctx, next.lin, "gardening", old.h.site.Host)
	next.must(err)
	third := old.visit(testpeer.Mastodon)
	third.forgives = append(third.forgives, testpeer.ReasonNoContext) // what is inside an Update has the context of the Update
	third.follows("gardening")
	post := old.post(old.lin, garden.CircleID(), "The last of the old beds", "")

	look := func() *circles.Actor {
		a, err := old.h.inbox.FetchActor(ctx, next.address(&field.Actor))
		old.must(err)
		return a
	}
	move := func(who circles.Viewer) error { return old.h.app.MoveCircle(ctx, who, garden.CircleID(), look().ID) }
	if err := move(old.ann); !circles.Is(err, circles.Invalid) {
		t.Errorf("without the new one's word: %v", err)
	}
	next.must(next.h.app.SetAliases(ctx, next.ann, field.CircleID(), []string{old.address(&garden.Actor)}))
	if err := move(old.lin); !circles.Is(err, circles.Forbidden) {
		t.Errorf("by a member: %v", err)
	}
	old.must(move(old.ann))
	if err := move(old.ann); !circles.Is(err, circles.Conflict) {
		t.Errorf("a second time: %v", err)
	}

	// Members there are there already; members here follow from here.
	next.becomes("lin of the new one in the old circle", next.lin, watcher.CircleID(), circles.NoRole)
	next.becomes("lin of the new one at home", next.lin, field.CircleID(), circles.RoleMember)
	next.toldOfMove(next.lin)
	old.becomes("lin of the old one", old.lin, circles.CircleID(look().ID), circles.RoleMember)
	old.toldOfMove(old.lin)
	// The old one is an archive.
	_, err = old.h.app.Post(ctx, old.ann, app.NewPost{Circle: garden.CircleID(), Title: "More"})
	if !circles.Is(err, circles.Gone) {
		t.Errorf("a post into the old one: %v", err)
	}
	if _, err := old.h.app.Thread(context.Background(), circles.Viewer{}, post.ID, app.ThreadQuery{}); err != nil {
		t.Errorf("the old posts: %v", err)
	}
	page, err := old.h.app.Circle(ctx, circles.Viewer{}, "gardening", "")
	old.must(err)
	if page.Circle.MovedTo != next.address(&field.Actor) {
		t.Errorf("the old one points to %q", page.Circle.MovedTo)
	}
	fresh := next.post(next.ann, field.CircleID(), "New beds", "")
	old.arrives("what is written in the new one", fresh.at, nil)
	third.content("the end")
}

// A person whom a member follows moves: the member follows them at their new address.
func TestPersonElsewhereMoves(t *testing.T) {
	v := newTown(t).visit(testpeer.Mastodon)
	ctx := t.Context()
	bob, err := v.h.inbox.FetchActor(ctx, v.bob.ID)
	v.must(err)
	_, err = v.h.app.Follow(ctx, v.lin, bob.ID)
	v.must(err)
	me := v.lin.Person.Actor()
	state := func(of circles.ActorID) (s circles.FollowState) {
		v.must(v.h.store.View(ctx, func(tx *store.Tx) error {
			f, err := tx.Following(me, of)
			if f != nil {
				s = f.State
			}
			return err
		}))
		return s
	}
	if !within(patience, func() bool { return state(bob.ID) == circles.FollowActive }) {
		t.Fatal("bob did not accept")
	}
	other := testpeer.New(t, testpeer.GoToSocial)
	rob := other.Person("rob")
	rob.Rewrite(func(doc map[string]any) { doc["alsoKnownAs"] = []any{v.bob.ID} })
	v.moves(v.bob, v.bob.ID, rob.ID)
	if !within(patience, func() bool { return state(bob.ID) == "" && state(v.known(rob.ID).ID) == circles.FollowActive }) {
		t.Errorf("lin follows bob %q and rob %q", state(bob.ID), state(v.known(rob.ID).ID))
	}
	v.toldOfMove(v.lin)
}
