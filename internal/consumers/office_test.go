package consumers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/moderation"
	"halqa/internal/store"
)

// office tells what a person was told by those who moderate, and those who moderate by the others.
func (h *house) office(v circles.Viewer) (all []string) {
	h.Helper()
	h.catchUp()
	page, err := h.Notifications(h.ctx(), v, "", 0)
	h.must(err)
	for _, g := range page.Groups {
		for _, n := range g.Shown {
			if n.Kind != app.ToldBanned && n.Kind != app.ToldReport {
				continue
			}
			if n.Actor != nil {
				h.Errorf("%s names %s", n.Kind, n.Actor.Name)
			}
			where, end := "the instance", ""
			if n.Circle != nil {
				where = n.Circle.Name
			}
			if n.Ban.Until != 0 {
				end = " until " + time.UnixMicro(n.Ban.Until).UTC().Format(time.DateOnly)
			}
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %d %s%s", n.Kind, where, n.Waiting, n.Ban.Reason, end)))
		}
	}
	slices.Sort(all)
	unseen, err := h.UnseenNotifications(h.ctx(), v)
	h.must(err)
	if unseen > int64(len(all)) {
		h.Errorf("%d unseen of %q", unseen, all)
	}
	return all
}

func (h *house) wantOffice(what string, v circles.Viewer, want ...string) {
	h.Helper()
	if got := h.office(v); !slices.Equal(got, want) {
		h.Errorf("%s: told %q, want %q", what, got, want)
	}
}

func TestTheBannedAreTold(t *testing.T) {
	h := newHouse(t)
	ann, bob, cid := h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember), h.person("cid", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	until := h.now.AddDate(0, 0, 3).UnixMicro()
	ban := func(person circles.PersonID, reason string, until int64) {
		t.Helper()
		h.must(h.Ban(h.ctx(), ann, app.NewBan{Circle: garden, Person: person, Reason: reason, Until: until}))
	}
	ban(bob.Person, "spam", until)
	h.wantOffice("for three days", bob, "banned garden 0 spam until 2026-11-25")
	h.wantOffice("nobody else", cid)

	page, err := h.Notifications(h.ctx(), bob, "", 0)
	h.must(err)
	h.must(h.SeeNotifications(h.ctx(), bob, page.Latest, 0))
	h.at = 0
	h.wantOffice("twice", bob, "banned garden 0 spam until 2026-11-25")
	if n, err := h.UnseenNotifications(h.ctx(), bob); n != 0 || err != nil {
		t.Errorf("%d unseen, %v after what was seen came once more", n, err)
	}
	ban(bob.Person, "more spam", 0)
	h.wantOffice("for good", bob, "banned garden 0 more spam")
	if n, err := h.UnseenNotifications(h.ctx(), bob); n != 1 || err != nil {
		t.Errorf("%d unseen, %v after a second ban", n, err)
	}
	h.must(h.Unban(h.ctx(), ann, garden, bob.Person))
	h.wantOffice("lifted", bob)
	ban(bob.Person, "again", until)
	h.now = h.now.AddDate(0, 0, 4)
	h.wantOffice("it has ended", bob)

	// A circle elsewhere is heard of by those who have had to do with it.
	orchard, woods := circles.CircleID(h.far(circles.KindCircle, "orchard")), circles.CircleID(h.far(circles.KindCircle, "woods"))
	zoe := circles.PersonID(h.far(circles.KindPerson, "zoe"))
	h.write(bob, orchard, "Pear", "")
	for _, c := range []circles.CircleID{orchard, woods} {
		h.update(func(tx *store.Tx) error {
			out, err := h.ReceiveBan(tx, app.Said{By: zoe, Via: c}, app.NewBan{Circle: c, Person: bob.Person, Reason: "no pears"})
			if err == nil && out.Result != app.Applied {
				err = fmt.Errorf("%+v", out)
			}
			return err
		})
	}
	h.wantOffice("elsewhere", bob, "banned orchard 0 no pears")
}

func TestModeratorsAreToldOfReports(t *testing.T) {
	h := newHouse(t)
	boss, ann, bob, cid := h.person("boss", circles.SiteAdmin), h.person("ann", circles.SiteMember), h.person("bob", circles.SiteMember), h.person("cid", circles.SiteMember)
	garden := h.open(ann, "garden", circles.Public)
	mod := moderation.New(moderation.Options{Store: h.store, App: h.App, Host: "home.example"})
	report := func(who circles.Viewer, target circles.ReportTarget) {
		t.Helper()
		h.must(mod.Report(h.ctx(), who, moderation.NewReport{Target: target, Category: circles.ReportSpam, Text: "look"}))
	}
	one, two := h.write(bob, garden, "One", ""), h.write(bob, garden, "Two", "")
	report(cid, circles.ReportTarget{Post: one.ID})
	h.wantOffice("the first", ann, "report garden 1")
	h.wantOffice("not the author", bob)
	h.wantOffice("not who reported", cid)

	page, err := h.Notifications(h.ctx(), ann, "", 0)
	h.must(err)
	h.must(h.SeeNotifications(h.ctx(), ann, page.Latest, 0))
	report(bob, circles.ReportTarget{Post: one.ID})
	h.at = 0
	h.wantOffice("the same once more", ann, "report garden 1")
	if n, err := h.UnseenNotifications(h.ctx(), ann); n != 0 || err != nil {
		t.Errorf("%d unseen, %v: a second voice in an open report is no news", n, err)
	}
	report(cid, circles.ReportTarget{Post: two.ID})
	h.wantOffice("folded", ann, "report garden 2")
	if n, err := h.UnseenNotifications(h.ctx(), ann); n != 1 || err != nil {
		t.Errorf("%d unseen, %v", n, err)
	}
	h.must(h.Remove(h.ctx(), ann, one.ID, "spam"))
	h.wantOffice("one decided", ann, "report garden 1")
	h.wantOffice("not the instance's", boss)
	report(cid, circles.ReportTarget{Person: bob.Person})
	h.wantOffice("of the instance", boss, "report the instance 1")
	h.wantOffice("not of the circle", ann, "report garden 1")

	h.update(func(tx *store.Tx) error { return tx.SetRole(garden, ann.Person, circles.RoleMember) })
	h.wantOffice("moderates no more", ann)
}
