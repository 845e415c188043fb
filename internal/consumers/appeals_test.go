package consumers

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/app"
	"halqa/internal/moderation"
	"halqa/internal/store"
)

// wantTold compares everything that a person was told, the latest first, as "appeals garden 2".
func (h *house) wantTold(what string, v circles.Viewer, want ...string) {
	h.Helper()
	h.catchUp()
	page, err := h.Notifications(h.ctx(), v, "", 0)
	h.must(err)
	var got []string
	for _, g := range page.Groups {
		for _, n := range g.Shown {
			s := string(n.Kind)
			switch {
			case n.Kind == app.ToldAppeals && n.Circle != nil:
				s = fmt.Sprintf("%s %s %d", s, n.Circle.Name, n.Waiting)
			case n.Kind == app.ToldAppeals:
				s = fmt.Sprintf("%s instance %d", s, n.Waiting)
			case n.Actor != nil && g.Thread != nil:
				s += " by " + n.Actor.Name + " in " + g.Thread.Title
			case n.Actor != nil:
				s += " by " + n.Actor.Name
			}
			got = append(got, s)
		}
	}
	if !slices.Equal(got, want) {
		h.Errorf("%s: told %q, want %q", what, got, want)
	}
}

func TestAppealsAreTold(t *testing.T) {
	h := newHouse(t)
	boss, ann, moe := h.person("boss", circles.SiteAdmin), h.person("ann", circles.SiteMember), h.person("moe", circles.SiteMember)
	bob, cid := h.person("bob", circles.SiteMember), h.person("cid", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	h.update(func(tx *store.Tx) error { return tx.SetRole(garden, moe.Person, circles.RoleModerator) })
	mod := moderation.New(moderation.Options{Store: h.store, App: h.App, Host: "home.example"})
	object := func(who circles.Viewer) *circles.Appeal {
		t.Helper()
		p := h.write(who, garden, "Leek", "")
		h.must(h.Remove(h.ctx(), moe, p.ID, "spam"))
		a, err := mod.Object(h.ctx(), who, moderation.Grievance{Kind: circles.AppealRemoval, Post: p.ID}, "It is none.")
		h.must(err)
		h.wantTold("who decided", moe)
		return a
	}
	a := object(bob)
	h.wantTold("one waits", ann, "appeals garden 1")
	h.wantTold("not the instance's", boss)
	page, err := h.Notifications(h.ctx(), ann, "", 0)
	h.must(err)
	h.must(h.SeeNotifications(h.ctx(), ann, page.Latest, 0))
	h.at = 0
	h.wantTold("the same twice", ann, "appeals garden 1")
	if n, err := h.UnseenNotifications(h.ctx(), ann); n != 0 || err != nil {
		t.Errorf("%d unseen, %v, after what was seen came once more", n, err)
	}
	b := object(cid)
	h.wantTold("folded", ann, "appeals garden 2")
	if n, err := h.UnseenNotifications(h.ctx(), ann); n != 1 || err != nil {
		t.Errorf("%d unseen, %v, want 1", n, err)
	}
	h.must(mod.Answer(h.ctx(), ann, a.ID, false, "It is."))
	h.wantTold("one less", ann, "appeals garden 1")
	h.wantTold("denied", bob, "appeal-denied", "removed by moe in Leek")
	h.must(mod.GoOn(h.ctx(), bob, a.ID))
	h.wantTold("taken further", boss, "appeals instance 1")
	h.wantTold("not the circle's any more", ann, "appeals garden 1")
	h.must(mod.Answer(h.ctx(), boss, a.ID, true, ""))
	h.wantTold("answered", boss)
	h.wantTold("granted", bob, "appeal-granted")
	h.must(mod.Withdraw(h.ctx(), cid, b.ID))
	h.wantTold("taken back", ann)
	h.wantTold("nobody answered", cid, "removed by moe in Leek")
}

func TestWhatWasHeldIsTold(t *testing.T) {
	h := newHouse(t)
	ann, moe, bob := h.person("ann", circles.SiteMember), h.person("moe", circles.SiteMember), h.person("bob", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	h.update(func(tx *store.Tx) error {
		if err := tx.SetRole(garden, moe.Person, circles.RoleModerator); err != nil {
			return err
		}
		return tx.SetGateRule(garden, store.GateRule{Action: string(reputation.Post), SetBy: ann.Person.Actor(), SetAt: tx.Now(),
			Rule: `{"gate":{"any":[[{"fact":"standing","scope":"circle","gte":20}]],"else":"hold"}}`})
	})
	mod := moderation.New(moderation.Options{Store: h.store, App: h.App, Host: "home.example"})
	write := func(title string) circles.PostID {
		t.Helper()
		p := h.write(bob, garden, title, "")
		if p.State != circles.Held {
			t.Fatalf("%s is %s", title, p.State)
		}
		return p.ID
	}
	one, two, three := write("One"), write("Two"), write("Three")
	h.wantTold("it waits, as it said at once", bob)
	_, err := mod.Object(h.ctx(), bob, moderation.Grievance{Kind: circles.AppealHeld, Post: one}, "Please.")
	h.must(err)
	_, err = h.Approve(h.ctx(), moe, one, nil)
	h.must(err)
	h.wantTold("approved, which answers the appeal", bob, "approved by garden in One")
	h.must(h.Refuse(h.ctx(), moe, two, "No.", nil))
	h.wantTold("refused", bob, "refused by garden in Two", "approved by garden in One")
	a, err := mod.Object(h.ctx(), bob, moderation.Grievance{Kind: circles.AppealHeld, Post: two}, "Please.")
	h.must(err)
	h.must(mod.Answer(h.ctx(), ann, a.ID, true, ""))
	h.wantTold("overruled", bob, "appeal-granted", "approved by garden in One")
	h.now = h.now.Add(app.HeldFor + time.Hour)
	h.must(h.SweepHeld(h.ctx()))
	h.wantTold("nobody decided", bob, "refused by garden in Three", "appeal-granted", "approved by garden in One")
	if p, err := h.Held(h.ctx(), bob, three); err != nil || !p.Refused {
		t.Errorf("held %+v, %v", p, err)
	}

	// Silence is an answer, too.
	_, err = mod.Object(h.ctx(), bob, moderation.Grievance{Kind: circles.AppealGate, Circle: garden, Action: reputation.Post}, "Please.")
	h.must(err)
	h.now = h.now.Add(moderation.AppealFor + time.Hour)
	h.must(mod.SweepAppeals(h.ctx()))
	h.wantTold("a pass", bob, "appeal-passed", "appeal-granted", "refused by garden in Three", "approved by garden in One")
}
