package main

import (
	"strings"
	"testing"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// Between two instances of ours a change that a circle elsewhere refuses, and a wish to join it that it refuses or
// has to decide about, reach who asked as the explanation that a member of the circle would read, and no message
// beside. It stands until the circle takes what it refused.
func TestRefusedBetweenTwoInstances(t *testing.T) {
	b, a := newTown(t), newTown(t)
	ctx := t.Context()
	garden := b.circle("gardening")
	far, err := a.h.followDemo(ctx, a.lin, "gardening", b.h.site.Host)
	a.must(err)
	there := far.CircleID()
	beans := a.post(a.lin, there, "Beans", "They climb.")
	b.arrives("lin's post", beans.at, func(p *circles.Post) bool { return p.State == circles.Visible })
	was := ""
	rules := func(rule string) {
		t.Helper()
		b.must(testdb.SwapGates(ctx, b.h.store, []string{"join", "post"}, was, store.GateRule{Rule: rule, SetBy: b.ann.Person.Actor()}))
		was = rule
	}
	told := func(w *town, who circles.Viewer, kind store.NotificationKind) (n int) {
		t.Helper()
		w.must(w.h.store.View(ctx, func(tx *store.Tx) error {
			all, err := tx.Notifications(who)
			for _, x := range all {
				if x.Kind == kind {
					n++
				}
			}
			return err
		}))
		return n
	}
	explained := func(x *standing.Access, local standing.Access) {
		t.Helper()
		for _, lang := range []string{"en", "zh"} {
			if x.Text[lang] != local.Text[lang] || x.Text[lang] == "" {
				t.Errorf("read is %q, where somebody there reads %q", x.Text[lang], local.Text[lang])
			}
		}
		if say := x.Say("en"); !strings.Contains(say, "The garden sleeps") || x.Appeal != b.address(&garden.Actor)+"/why" {
			t.Errorf("read is %q, and that one objects at %q", say, x.Appeal)
		}
	}
	asks := func(action reputation.Action) standing.Access {
		t.Helper()
		all, err := b.h.gates.Access(ctx, b.lin, garden.CircleID()) // lin of b is new there, too
		b.must(err)
		for _, x := range all {
			if x.Action == action {
				return x
			}
		}
		t.Fatalf("nothing is asked before %s", action)
		return standing.Access{}
	}

	// A change.
	rules(`{"off":true,"reason":{"en":"The garden sleeps"}}`)
	for _, words := range []string{"They climb high.", "They climb higher."} {
		a.edit(a.lin, a.at(beans.at), "Beans", words)
	}
	var h *app.Held
	a.eventually("why the change is not taken", func() bool {
		var err error
		h, err = a.h.app.Held(ctx, a.lin, beans.ID)
		return err == nil && h.Edit && h.Refused
	})
	explained(h.Why, asks(reputation.Post))
	if n := told(a, a.lin, store.ToldNoEdit); n != 1 {
		t.Errorf("lin has %d notices of it", n)
	}
	ruled := func(who circles.Viewer) app.Ruling {
		page, err := a.h.app.Thread(ctx, who, beans.ID, app.ThreadQuery{})
		a.must(err)
		return page.Ruled[beans.ID]
	}
	if mine, others := ruled(a.lin), ruled(a.ann); mine != app.RuledEdit || others != "" {
		t.Errorf("lin reads of it %q, ann %q", mine, others)
	}
	if p := b.at(beans.at); !strings.Contains(p.BodyHTML, "They climb.") {
		t.Errorf("there it says %q", p.BodyHTML)
	}

	// A wish to join, refused.
	role, err := a.h.app.Join(ctx, a.ann, there)
	a.must(err)
	if role != circles.RolePending {
		t.Errorf("ann is %q", role)
	}
	door := func() *standing.Access {
		t.Helper()
		page, err := a.h.app.CircleByID(ctx, a.ann, there)
		a.must(err)
		return page.Door
	}
	a.eventually("why ann is not let in", func() bool { return door() != nil && a.role(a.ann, there) == circles.NoRole })
	explained(door(), asks(reputation.Join))
	if n := told(a, a.ann, store.ToldNotIn); n != 1 {
		t.Errorf("ann has %d notices of it", n)
	}

	// And one that somebody has to decide about.
	rules(`{"gate":{"any":[[{"fact":"vouches","scope":"circle","gte":2}]],"else":"request"},"reason":{"en":"The garden sleeps"}}`)
	_, err = a.h.app.Join(ctx, a.ann, there)
	a.must(err)
	a.eventually("that ann waits at the door", func() bool { return told(a, a.ann, store.ToldAtDoor) == 1 })
	explained(door(), asks(reputation.Join))
	if n := told(a, a.ann, store.ToldNotIn); n != 0 || a.role(a.ann, there) != circles.RolePending {
		t.Errorf("ann, who is %q, still reads %d times that she was not let in", a.role(a.ann, there), n)
	}
	var hers *circles.Actor
	ann := a.address(a.actor(a.ann))
	b.must(b.h.store.View(ctx, func(tx *store.Tx) (err error) {
		hers, err = tx.ActorByURI(ann)
		return err
	}))
	b.must(b.h.app.SetRole(ctx, b.ann, garden.CircleID(), circles.PersonID(hers.ID), circles.RoleMember))
	a.eventually("that ann is let in", func() bool {
		return a.role(a.ann, there).Member() && door() == nil && told(a, a.ann, store.ToldAtDoor) == 0
	})

	// What the circle takes ends it.
	rules("")
	a.edit(a.lin, a.at(beans.at), "Beans", "They climbed.")
	a.eventually("that the change is taken", func() bool { return ruled(a.lin) == "" && told(a, a.lin, store.ToldNoEdit) == 0 })
	for _, who := range []circles.Viewer{a.lin, a.ann} {
		if n, err := a.h.app.UnreadMessages(ctx, who); err != nil || n != 0 {
			t.Errorf("%d messages beside, %v", n, err)
		}
	}
}
