package federation

import (
	"encoding/json"
	"errors"
	"testing"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/moderation"
	"halqa/internal/store"
)

// said renders every form of every entry behind seq that says something, in short, and checks that what
// other servers get is what the address of the activity answers.
func (h *house) said(after circles.Seq) (all []obj) {
	h.Helper()
	h.view(func(tx *store.Tx) error {
		events, err := tx.EventsAfter(after, 100)
		for _, ev := range events {
			said, err := (speaker{site: h.site, tx: tx}).say(ev, formMain)
			if errors.Is(err, errVoid) {
				continue
			}
			if err != nil {
				return err
			}
			var o obj
			if err := json.Unmarshal(said.doc.Bytes(), &o); err != nil {
				return err
			}
			if _, err := as.Parse(said.doc.Bytes()); err != nil {
				h.Errorf("%s is not read back: %v", ev.Kind, err)
			}
			all = append(all, o)
		}
		return err
	})
	return all
}

// inside is what a circle announces; it has to be there at its address, too.
func (h *house) inside(o obj, circle string) obj {
	h.Helper()
	inner, ok := o["object"].(map[string]any)
	if !ok || o["type"] != "Announce" || o["actor"] != circle {
		h.Fatalf("%v is no Announce by %s", o, circle)
	}
	status, there := h.getObj(inner["id"].(string)[len(h.site.Base):])
	if status != 200 || there["type"] != inner["type"] || there["actor"] != inner["actor"] {
		h.Errorf("at %v there is %d %v", inner["id"], status, there)
	}
	return obj(inner)
}

func (h *house) wantMembers(o obj, want obj) {
	h.Helper()
	for k, v := range want {
		got, _ := json.Marshal(o[k])
		wanted, _ := json.Marshal(v)
		if string(got) != string(wanted) {
			h.Errorf("%s of %v is %s, want %s", k, o["type"], got, wanted)
		}
	}
}

// TestWhatACircleDecidesIsAnnounced as Lemmy, PieFed and Mbin read it: to and cc are lists, and the
// actor is a person of the circle's server.
func TestWhatACircleDecidesIsAnnounced(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	olga, bob := h.person("olga"), h.person("bob")
	c := h.circle(olga, "garden", circles.Public)
	p := h.write(olga, c, "Roses")
	if _, err := h.app.Join(ctx, bob, c.CircleID()); err != nil {
		t.Fatal(err)
	}
	circle, me, him, post := h.address(c), h.site.Base+"/u/olga", h.site.Base+"/u/bob", h.postAddress(p)
	do := func(err error) obj {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return nil
	}
	said := func(f func() error) obj {
		t.Helper()
		before := h.mark()
		do(f())
		for _, o := range h.said(before) {
			if o["type"] != "Announce" {
				continue
			}
			return h.inside(o, circle)
		}
		t.Fatal("nothing was said")
		return nil
	}
	set := func(role circles.Role) func() error {
		return func() error { return h.app.SetRole(ctx, olga, c.CircleID(), bob.Person, role) }
	}
	public := arr{as.Public}

	h.wantMembers(said(set(circles.RoleModerator)), obj{"type": "Add", "actor": me, "object": him, "target": circle + "/moderators",
		"to": public, "cc": arr{circle}, "audience": circle})
	h.wantMembers(said(set(circles.RoleMember)), obj{"type": "Remove", "actor": me, "object": him, "target": circle + "/moderators"})
	h.wantMembers(said(func() error { return h.app.Pin(ctx, olga, p.ID) }), obj{"type": "Add", "actor": me, "object": post,
		"target": circle + "/featured", "audience": circle})
	h.wantMembers(said(func() error { return h.app.Unpin(ctx, olga, p.ID) }), obj{"type": "Remove", "object": post, "target": circle + "/featured"})
	h.wantMembers(said(func() error { return h.app.Lock(ctx, olga, p.ID) }), obj{"type": "Lock", "object": post})

	until := h.clock.now().AddDate(0, 0, 7).UTC()
	ban := said(func() error {
		return h.app.Ban(ctx, olga, app.NewBan{Circle: c.CircleID(), Person: bob.Person, Reason: "spam", Until: until.UnixMicro(), Remove: true})
	})
	h.wantMembers(ban, obj{"type": "Block", "actor": me, "object": him, "target": circle, "summary": "spam", "removeData": true,
		"endTime": until.Format("2006-01-02T15:04:05Z"), "to": public, "cc": arr{circle}})
	lifted := said(func() error { return h.app.Unban(ctx, olga, c.CircleID(), bob.Person) })
	h.wantMembers(lifted, obj{"type": "Undo", "actor": me, "to": public, "cc": arr{circle}})
	undone := obj(lifted["object"].(map[string]any))
	h.wantMembers(undone, obj{"id": ban["id"], "type": "Block", "object": him, "target": circle, "summary": "spam"})

	// The ban is not true any more, so neither a server that is behind nor its address is told of it.
	if status, _ := h.getObj(ban["id"].(string)[len(h.site.Base):]); status != 404 {
		t.Errorf("the lifted ban answers %d", status)
	}
	hidden := h.circle(olga, "secret", circles.MembersOnly)
	before := h.mark()
	do(h.app.Ban(ctx, olga, app.NewBan{Circle: hidden.CircleID(), Person: bob.Person, Reason: "x"}))
	if got := h.said(before); len(got) != 0 {
		t.Errorf("a circle that nothing leaves says %v", got)
	}
}

// TestWhatAModeratorElsewhereDidIsPassedOn in their own bytes.
func TestWhatAModeratorElsewhereDidIsPassedOn(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	far := h.far()
	mod, bob := far.speaker("mod"), far.speaker("bob")
	if err := h.app.SetRole(t.Context(), olga, c.CircleID(), mod.follows(c), circles.RoleModerator); err != nil {
		t.Fatal(err)
	}
	bob.follows(c)
	before := h.mark()
	sent := mod.must(mod.says("Block", bob.id, obj{"target": h.address(c), "summary": "spam", "strange": obj{"kept": true}}))
	for _, o := range h.said(before) {
		if o["type"] != "Announce" {
			continue
		}
		inner := obj(o["object"].(map[string]any))
		h.wantMembers(inner, obj{"id": sent["id"], "actor": mod.id, "strange": obj{"kept": true}, "summary": "spam"})
		return
	}
	t.Error("it was not announced")
}

// TestReportsAndSuspensionsAreSaid to those whom they concern.
func TestReportsAndSuspensionsAreSaid(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	olga, bob := h.person("olga"), h.person("bob")
	c := h.circle(olga, "garden", circles.Public)
	far := h.far()
	lake, cid := far.group("lake"), far.speaker("cid")
	lake.followedBy(olga)
	page := cid.page("/post/1", lake.id, "Carp")
	lake.put(page)
	lake.must(lake.announces(cid.says("Create", page)))
	cid.must(cid.says("Create", cid.page("/post/2", h.address(c), "Spam")))
	h.resume()
	m := moderation.New(moderation.Options{Store: h.store, App: h.app, Host: h.site.Host})
	report := func(p *circles.Post) obj {
		t.Helper()
		before := h.mark()
		if err := m.Report(ctx, bob, moderation.NewReport{Target: circles.ReportTarget{Post: p.ID}, Category: circles.ReportSpam, Text: "look"}); err != nil {
			t.Fatal(err)
		}
		said := h.said(before)
		if len(said) != 1 {
			t.Fatalf("said %v", said)
		}
		if status, _ := h.getObj(said[0]["id"].(string)[len(h.site.Base):]); status != 404 {
			t.Errorf("anybody may read a report: %d", status)
		}
		return said[0]
	}
	words := "Spam or advertising: look"
	h.wantMembers(report(h.wantPost(cid.base+"/post/1")), obj{"type": "Flag", "actor": h.site.Base + "/u/bob", "to": arr{lake.id}, "cc": nil,
		"object": cid.base + "/post/1", "summary": words, "content": words})
	h.wantMembers(report(h.wantPost(cid.base+"/post/2")), obj{"type": "Flag", "to": arr{cid.id}, "object": arr{cid.id, cid.base + "/post/2"}})

	boss := h.person("boss")
	boss.Role = circles.SiteAdmin
	before := h.mark()
	if err := m.Suspend(ctx, boss, bob.Person.Actor(), "spam"); err != nil {
		t.Fatal(err)
	}
	said := h.said(before)
	if len(said) != 1 {
		t.Fatalf("said %v", said)
	}
	h.wantMembers(said[0], obj{"type": "Block", "actor": h.site.Base + "/u/boss", "object": h.site.Base + "/u/bob", "target": h.site.Base + "/",
		"summary": "spam", "to": arr{as.Public}, "cc": arr{}})
	for _, tt := range []struct {
		class class
		kind  circles.EventKind
		want  int
	}{{threads, circles.MemberBanned, 1}, {microblog, circles.MemberBanned, 0}, {microblog, circles.ReportSent, 1}} {
		got := forms(circles.Event{Kind: tt.kind}, &circles.Actor{Kind: circles.KindPerson}, tt.class)
		if len(got) != tt.want {
			t.Errorf("%s to class %v has the forms %q", tt.kind, tt.class, got)
		}
	}
}
