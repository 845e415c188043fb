package main

import (
	"slices"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/moderation"
	"halqa/internal/store"
	"halqa/internal/testpeer"
)

// What moderators do travels both ways between a circle of ours and Lemmy, PieFed and Mbin: pins, locks,
// moderators, bans and reports.
func TestModerationTravels(t *testing.T) {
	for _, persona := range []testpeer.Persona{testpeer.Lemmy, testpeer.PieFed, testpeer.Mbin} {
		t.Run(string(persona)+" in our circle", func(t *testing.T) {
			t.Parallel()
			moderatedHere(newTown(t).visit(persona))
		})
		t.Run("we in a community of "+string(persona), func(t *testing.T) {
			t.Parallel()
			moderatedElsewhere(newTown(t).visit(persona))
		})
	}
	t.Run("Mastodon reports", func(t *testing.T) {
		t.Parallel()
		v := newTown(t).visit(testpeer.Mastodon)
		garden := v.circle("gardening")
		v.follows("gardening")
		post := v.post(v.lin, garden.CircleID(), "Buy this", "Now.")
		v.shown("the post", post.at, nil)
		v.bob.Report(t.Context(), post.at, "spam")
		v.wantReport(garden.CircleID(), post.ID, "spam")
		v.content("the end")
	})
}

// cases are the open reports of a circle as ann sees them.
func (w *town) cases(circle circles.CircleID) []moderation.Case {
	w.t.Helper()
	cases, _, err := w.h.moderation.Reports(w.t.Context(), w.ann, circle, false, "")
	w.must(err)
	return cases
}

func (v *visit) wantReport(circle circles.CircleID, post circles.PostID, why string) {
	v.t.Helper()
	if !within(patience, func() bool { return len(v.cases(circle)) == 1 }) {
		v.t.Fatalf("the report did not come")
	}
	c := v.cases(circle)[0]
	if c.Target.Post != post || len(c.Complaints) != 1 || c.Complaints[0].Text != why {
		v.t.Errorf("the report is %+v", c)
	}
}

func (w *town) ban(circle circles.CircleID, person circles.PersonID) (b *circles.Ban) {
	w.t.Helper()
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) (err error) {
		b, err = tx.Ban(circle, person)
		return err
	}))
	return b
}

// known is how one of theirs is known here.
func (w *town) known(address string) (a *circles.Actor) {
	w.t.Helper()
	w.must(w.h.store.View(w.t.Context(), func(tx *store.Tx) (err error) {
		a, err = tx.ActorByURI(address)
		return err
	}))
	return a
}

func moderatedHere(v *visit) {
	ctx := v.t.Context()
	garden := v.circle("gardening")
	group := v.follows("gardening")
	id := garden.CircleID()
	post := v.post(v.lin, id, "Rules of the garden", "Be kind.")
	v.shown("the post", post.at, nil)

	// ann pins, locks, and shuts lin out.
	v.must(v.h.app.Pin(ctx, v.ann, post.ID))
	v.shown("the pin", post.at, func(p testpeer.Post) bool { return p.Pinned })
	v.must(v.h.app.Unpin(ctx, v.ann, post.ID))
	v.shown("the end of the pin", post.at, func(p testpeer.Post) bool { return !p.Pinned })
	lin := v.address(v.actor(v.lin))
	isBanned := func(person string) bool {
		return slices.ContainsFunc(v.peer.Bans(), func(b testpeer.Ban) bool { return b.Person == person && b.Group == group })
	}
	v.must(v.h.app.Ban(ctx, v.ann, app.NewBan{Circle: id, Person: v.lin.Person, Reason: "rude"}))
	v.sees("the ban", func() bool { return isBanned(lin) })
	v.must(v.h.app.Unban(ctx, v.ann, id, v.lin.Person))
	v.sees("the end of the ban", func() bool { return !isBanned(lin) })

	// bob reports; made a moderator, he moderates from where he is.
	v.bob.Report(ctx, post.at, "off topic")
	v.wantReport(id, post.ID, "off topic")
	bob := v.known(v.bob.ID)
	v.must(v.h.app.SetRole(ctx, v.ann, id, circles.PersonID(bob.ID), circles.RoleOperator))
	v.bob.Lock(ctx, post.at)
	v.arrives("bob's lock", post.at, func(p *circles.Post) bool { return p.Locked })
	v.bob.Pin(ctx, post.at)
	v.arrives("bob's pin", post.at, func(p *circles.Post) bool { return p.Pinned })
	v.forgives = append(v.forgives, testpeer.ReasonBanned) // of lin's post that he closed, should it still be on its way
	v.bob.Ban(ctx, group, lin, "ruder")
	if !within(patience, func() bool { return v.ban(id, v.lin.Person) != nil }) {
		v.t.Fatal("bob's ban did not come")
	}
	v.sees("bob's own ban", func() bool { return isBanned(lin) })
	eve := v.peer.Person("eve")
	eve.Follow(ctx, group)
	v.sees("eve's Accept", func() bool { return eve.Follows(group) })
	v.bob.Appoint(ctx, group, eve.ID)
	if !within(patience, func() bool {
		return v.role(circles.Viewer{Person: circles.PersonID(v.known(eve.ID).ID)}, id) == circles.RoleModerator
	}) {
		v.t.Fatal("eve was not made a moderator")
	}
	v.bob.Remove(ctx, post.at, "enough")
	v.arrives("bob's removal", post.at, func(p *circles.Post) bool { return p.State == circles.Removed })
	if open := v.cases(id); len(open) != 0 {
		v.t.Errorf("the report of what was removed is open: %+v", open)
	}
	v.content("the end")
}

func moderatedElsewhere(v *visit) {
	ctx := v.t.Context()
	mod, dora := v.peer.Person("mod"), v.peer.Person("dora")
	birds := v.peer.Group("birds", mod)
	circle, err := v.h.followDemo(ctx, v.lin, "birds", v.peer.Host())
	v.must(err)
	first := dora.Post(ctx, birds.ID, "What sings at four?", "<p>Loudly.</p>").Object
	here := v.arrives("dora's post", first, nil)

	v.must(v.h.moderation.Report(ctx, v.lin, moderation.NewReport{Target: circles.ReportTarget{Post: here.ID}, Category: circles.ReportRules, Text: "no bird"}))
	v.sees("lin's report", func() bool {
		return slices.ContainsFunc(v.peer.Reports(), func(r testpeer.Report) bool {
			return r.Object == first && r.By == v.address(v.actor(v.lin)) && r.Reason == "Against the rules: no bird"
		})
	})
	mod.Pin(ctx, first)
	v.arrives("the pin", first, func(p *circles.Post) bool { return p.Pinned })
	mod.Unpin(ctx, first)
	v.arrives("the end of the pin", first, func(p *circles.Post) bool { return !p.Pinned })
	lock := mod.Lock(ctx, first)
	v.arrives("the lock", first, func(p *circles.Post) bool { return p.Locked })
	mod.Undo(ctx, lock)
	v.arrives("the end of the lock", first, func(p *circles.Post) bool { return !p.Locked })
	lin := v.address(v.actor(v.lin))
	mod.Appoint(ctx, birds.ID, lin)
	if !within(patience, func() bool { return v.role(v.lin, circle.CircleID()) == circles.RoleModerator }) {
		v.t.Fatal("lin was not made a moderator")
	}
	mod.Dismiss(ctx, birds.ID, lin)
	if !within(patience, func() bool { return v.role(v.lin, circle.CircleID()) == circles.RoleMember }) {
		v.t.Fatal("lin is a moderator still")
	}
	block := mod.Ban(ctx, birds.ID, lin, "no birder")
	if !within(patience, func() bool { return v.ban(circle.CircleID(), v.lin.Person) != nil }) {
		v.t.Fatal("the ban did not come")
	}
	_, err = v.h.app.Post(ctx, v.lin, app.NewPost{Circle: circle.CircleID(), Title: "But I like birds"})
	if !circles.Is(err, circles.Forbidden) {
		v.t.Errorf("lin writes where she is banned: %v", err)
	}
	mod.Undo(ctx, block)
	v.content("the end")
}
