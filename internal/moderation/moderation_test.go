package moderation

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/text"
)

const home = "home.example"

// onePair saves each test half a second of looking for primes.
var onePair = sync.OnceValues(app.NewKeys)

// A house is an instance with a circle of ann's in it.
type house struct {
	*testing.T
	*Moderation
	app    *app.App
	store  *store.Store
	now    time.Time
	mu     sync.Mutex
	boss   circles.Viewer // an admin
	ann    circles.Viewer // owner of the circle
	bob    circles.Viewer // anybody
	eve    circles.Viewer // owner of another circle
	circle circles.CircleID
	other  circles.CircleID
	queues []Queue
	told   []string // servers decided about
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	h.store = testdb.OpenAt(t, h.clock)
	h.app = app.New(app.Options{Store: h.store, Text: text.NewRenderer("https://" + home), Sanitizer: text.NewSanitizer(),
		Host: home, Origin: "https://" + home, Now: h.clock})
	h.Moderation = New(Options{Store: h.store, App: h.app, Host: home, Queues: func() []Queue { return h.queues },
		PeerDecided: func(host string, blocked bool) { h.told = append(h.told, fmt.Sprint(host, blocked)) }})
	h.boss, h.ann, h.bob, h.eve = h.person("boss"), h.person("ann"), h.person("bob"), h.person("eve")
	h.boss.Role = circles.SiteAdmin
	h.circle, h.other = h.open(h.ann, "garden", circles.Public), h.open(h.eve, "kitchen", circles.Public)
	return h
}

// clock moves on by a millisecond with each look.
func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(time.Millisecond)
	return h.now
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) update(f func(*store.Tx) error) {
	h.Helper()
	h.must(h.store.Update(h.Context(), f))
}

func (h *house) person(name string) circles.Viewer {
	h.Helper()
	keys, err := onePair()
	h.must(err)
	v := circles.Viewer{Role: circles.SiteMember}
	h.update(func(tx *store.Tx) (err error) {
		if v.Person, err = h.app.CreatePerson(tx, app.NewPerson{Name: name, Keys: keys}); err != nil {
			return err
		}
		return tx.AddAccount(&store.Account{Person: v.Person, Role: circles.SiteMember})
	})
	return v
}

func (h *house) open(owner circles.Viewer, name string, v circles.Visibility) circles.CircleID {
	h.Helper()
	c, err := h.app.CreateCircle(h.Context(), owner, app.NewCircle{Name: name, Visibility: v})
	h.must(err)
	return c.CircleID()
}

func (h *house) write(who circles.Viewer, c circles.CircleID, title string) *circles.Post {
	h.Helper()
	p, err := h.app.Post(h.Context(), who, app.NewPost{Circle: c, Title: title})
	h.must(err)
	return p
}

// far makes an actor of another instance known here.
func (h *house) far(kind circles.ActorKind, name, host string) circles.ActorID {
	h.Helper()
	base := "https://" + host
	var id circles.ActorID
	h.update(func(tx *store.Tx) (err error) {
		id, err = h.app.UpsertRemoteActor(tx, app.RemoteActor{Actor: circles.Actor{Kind: kind, Name: name, Host: host, URI: base + "/" + name,
			Inbox: base + "/" + name + "/inbox", SharedInbox: base + "/inbox"}})
		return err
	})
	return id
}

// arrived is a post by somebody elsewhere in a circle, which passed it on if it is elsewhere, too.
func (h *house) arrived(by circles.PersonID, c, via circles.CircleID, uri string) *circles.Post {
	h.Helper()
	var p *circles.Post
	h.update(func(tx *store.Tx) error {
		o, err := h.app.ReceivePost(tx, app.Said{By: by, Via: via}, app.RemotePost{URI: uri, Circle: c, Title: "From afar", HTML: "<p>x</p>"})
		if err != nil || o.Result != app.Applied {
			return fmt.Errorf("%+v, %w", o, err)
		}
		p, err = tx.Post(o.Post)
		return err
	})
	return p
}

func (h *house) post(id circles.PostID) (p *circles.Post) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		p, err = tx.Post(id)
		return err
	})
	return p
}

func (h *house) flag(by circles.ActorID, via circles.CircleID, targets ...circles.ReportTarget) (out app.Outcome) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		out, err = ReceiveFlag(tx, app.Said{By: circles.PersonID(by), Via: via}, targets, "  bad\x00 thing ")
		return err
	})
	return out
}

// sent returns the entries of reports on their way elsewhere.
func (h *house) sent() (all []circles.Event) {
	h.Helper()
	h.update(func(tx *store.Tx) error {
		events, err := tx.EventsAfter(0, 1000)
		all = nil
		for _, e := range events {
			if e.Kind == circles.ReportSent {
				all = append(all, e)
			}
		}
		return err
	})
	return all
}

// list tells the open reports of a circle in short.
func (h *house) list(who circles.Viewer, c circles.CircleID) (cases []Case) {
	h.Helper()
	cases, _, err := h.Reports(h.Context(), who, c, false, "")
	h.must(err)
	return cases
}

func wantKind(t testing.TB, what string, err error, kind circles.Kind) {
	t.Helper()
	if got := circles.KindOf(err); got != kind {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, kind)
	}
}

func about(p *circles.Post) circles.ReportTarget { return circles.ReportTarget{Post: p.ID} }

func TestReportsMeetInOne(t *testing.T) {
	h := newHouse(t)
	p := h.write(h.bob, h.circle, "Spam")
	report := func(who circles.Viewer, words string) error {
		return h.Report(h.Context(), who, NewReport{Target: about(p), Category: circles.ReportSpam, Text: words})
	}
	wantKind(t, "a visitor", report(circles.Viewer{}, ""), circles.Denied)
	wantKind(t, "too long", report(h.eve, strings.Repeat("x", maxText+1)), circles.TooLarge)
	wantKind(t, "no category", h.Report(h.Context(), h.eve, NewReport{Target: about(p), Category: "bad"}), circles.Invalid)
	wantKind(t, "nothing", h.Report(h.Context(), h.eve, NewReport{Category: circles.ReportSpam}), circles.Invalid)
	wantKind(t, "two things", h.Report(h.Context(), h.eve, NewReport{Category: circles.ReportSpam,
		Target: circles.ReportTarget{Post: p.ID, Person: h.bob.Person}}), circles.Invalid)
	h.must(report(h.eve, "look"))
	h.must(report(h.eve, "look again"))
	h.must(report(h.boss, "indeed"))
	cases := h.list(h.ann, h.circle)
	if len(cases) != 1 || cases[0].Count != 2 || cases[0].Site || len(cases[0].Complaints) != 2 {
		t.Fatalf("the list is %+v", cases)
	}
	c := cases[0]
	if c.Post.Title != "Spam" || c.Person.Name != "bob" || c.Circle.Name != "garden" || c.Complaints[0].Who.Name != "eve" || c.Complaints[0].Text != "look" {
		t.Errorf("the case is %+v", c)
	}
	if sent := h.sent(); len(sent) != 0 {
		t.Errorf("a report of our own goes elsewhere: %+v", sent)
	}
	_, _, err := h.Reports(h.Context(), h.eve, h.circle, false, "")
	wantKind(t, "moderator of another circle", err, circles.Forbidden)
	_, _, err = h.Reports(h.Context(), h.ann, 0, false, "")
	wantKind(t, "reports of the instance", err, circles.Forbidden)
	wantKind(t, "decided by the reporter", h.Dismiss(h.Context(), h.eve, c.ID, ""), circles.Forbidden)
	counts, err := h.OpenReports(h.Context(), h.ann, []circles.CircleID{0, h.circle, h.other, 5})
	if err != nil || fmt.Sprint(counts) != fmt.Sprint(map[circles.CircleID]int64{h.circle: 1}) {
		t.Errorf("open are %v, %v", counts, err)
	}

	h.must(h.Dismiss(h.Context(), h.ann, c.ID, "a joke"))
	wantKind(t, "decided twice", h.Remove(h.Context(), h.ann, c.ID, circles.Minor, "x"), circles.Conflict)
	if h.post(p.ID).State != circles.Visible {
		t.Error("what was dismissed is gone")
	}
	decided, _, err := h.Reports(h.Context(), h.ann, h.circle, true, "")
	if err != nil || len(decided) != 1 || decided[0].State != circles.ReportDismissed || decided[0].DecidedBy.Name != "ann" || decided[0].Note != "a joke" {
		t.Errorf("decided are %+v, %v", decided, err)
	}
	h.must(report(h.eve, "still")) // a new one, for the first is closed
	if cases = h.list(h.ann, h.circle); len(cases) != 1 || cases[0].Count != 1 {
		t.Errorf("after that the list is %+v", cases)
	}
}

func TestWhatIsDoneAboutReports(t *testing.T) {
	h := newHouse(t)
	report := func(target circles.ReportTarget) int64 {
		t.Helper()
		h.must(h.Report(h.Context(), h.eve, NewReport{Target: target, Category: circles.ReportRules}))
		c, site := h.circle, h.boss
		if target.Post == 0 {
			c = 0
		}
		return h.list(site, c)[0].ID
	}
	p := h.write(h.bob, h.circle, "One")
	id := report(about(p))
	wantKind(t, "without a reason", h.Remove(h.Context(), h.ann, id, circles.Minor, ""), circles.Invalid)
	if len(h.list(h.ann, h.circle)) != 1 {
		t.Error("the report was closed although nothing was removed")
	}
	h.must(h.Remove(h.Context(), h.ann, id, circles.Minor, "off topic"))
	if p = h.post(p.ID); p.State != circles.Removed || p.Reason != "off topic" {
		t.Errorf("the post is %s for %q", p.State, p.Reason)
	}

	p = h.write(h.bob, h.circle, "Two")
	report(about(p))
	h.must(h.app.Remove(h.Context(), h.ann, p.ID, "seen without the list"))
	if open := h.list(h.ann, h.circle); len(open) != 0 {
		t.Errorf("the report of a removed post stays open: %+v", open)
	}

	p = h.write(h.bob, h.circle, "Three")
	h.must(h.Ban(h.Context(), h.ann, report(about(p)), circles.Minor, app.NewBan{Reason: "again and again", Remove: true}))
	if h.post(p.ID).State != circles.Removed {
		t.Error("what a banned person wrote stands")
	}
	_, err := h.app.Post(h.Context(), h.bob, app.NewPost{Circle: h.circle, Title: "Four"})
	wantKind(t, "banned", err, circles.Forbidden)
	// Nobody is kept from reporting.
	h.must(h.Report(h.Context(), h.bob, NewReport{Target: about(h.write(h.ann, h.circle, "Unfair")), Category: circles.ReportHarassment}))

	person := report(circles.ReportTarget{Person: h.bob.Person})
	wantKind(t, "a person is no post", h.Remove(h.Context(), h.boss, person, circles.Minor, "x"), circles.Invalid)
	wantKind(t, "nor in a circle", h.Ban(h.Context(), h.boss, person, circles.Minor, app.NewBan{Reason: "x"}), circles.Invalid)
	wantKind(t, "owner of a circle decides about people", h.Uphold(h.Context(), h.ann, person, circles.Minor, ""), circles.Forbidden)
	h.must(h.Uphold(h.Context(), h.boss, person, circles.Minor, "suspended"))
	circle := report(circles.ReportTarget{Circle: h.circle})
	wantKind(t, "owner decides about the circle", h.Dismiss(h.Context(), h.ann, circle, ""), circles.Forbidden)
	h.must(h.Dismiss(h.Context(), h.boss, circle, ""))
	wantKind(t, "oneself", h.Report(h.Context(), h.eve, NewReport{Target: circles.ReportTarget{Person: h.eve.Person}, Category: circles.ReportSpam}), circles.Invalid)
	wantKind(t, "unknown", h.Dismiss(h.Context(), h.boss, 5, ""), circles.NotFound)
}

func TestReportsAreBounded(t *testing.T) {
	h := newHouse(t)
	for i := range perDay {
		h.must(h.Report(h.Context(), h.eve, NewReport{Target: about(h.write(h.bob, h.circle, fmt.Sprint(i))), Category: circles.ReportSpam}))
	}
	more := NewReport{Target: about(h.write(h.bob, h.circle, "more")), Category: circles.ReportSpam}
	wantKind(t, "one too many", h.Report(h.Context(), h.eve, more), circles.Limited)
	h.must(h.Report(h.Context(), h.ann, more))
	first, next, err := h.Reports(h.Context(), h.ann, h.circle, false, "")
	if err != nil || len(first) != reportPage || next == "" {
		t.Fatalf("the first page has %d, then %q, %v", len(first), next, err)
	}
	second, end, err := h.Reports(h.Context(), h.ann, h.circle, false, next)
	if err != nil || len(second) != perDay+1-reportPage || end != "" {
		t.Errorf("the second page has %d, then %q, %v", len(second), end, err)
	}
	_, _, err = h.Reports(h.Context(), h.ann, h.circle, false, "!")
	wantKind(t, "a cursor of nobody's", err, circles.Invalid)
	h.mu.Lock()
	h.now = h.now.Add(25 * time.Hour)
	h.mu.Unlock()
	more.Target = about(h.write(h.bob, h.circle, "tomorrow"))
	h.must(h.Report(h.Context(), h.eve, more))
}

func TestReportsGoElsewhere(t *testing.T) {
	h := newHouse(t)
	lake := circles.CircleID(h.far(circles.KindCircle, "lake", "lake.example"))
	far := circles.PersonID(h.far(circles.KindPerson, "far", "far.example"))
	_, err := h.app.Join(h.Context(), h.bob, lake)
	h.must(err)
	report := func(target circles.ReportTarget) {
		t.Helper()
		h.must(h.Report(h.Context(), h.bob, NewReport{Target: target, Category: circles.ReportSpam, Text: "look"}))
	}
	report(about(h.arrived(far, lake, lake, "https://far.example/p/1")))
	report(about(h.arrived(far, h.circle, 0, "https://far.example/p/2")))
	report(circles.ReportTarget{Person: far})
	report(circles.ReportTarget{Circle: lake})
	var got []string
	for _, e := range h.sent() {
		if e.Signer != h.bob.Person.Actor() || e.Stream != 0 || len(e.To) != 1 {
			t.Errorf("the entry is %+v", e)
			continue
		}
		who := map[circles.ActorID]string{lake.Actor(): "lake", far.Actor(): "far"}[e.Detail.Actor]
		got = append(got, who+" "+e.To[0])
	}
	want := "lake https://lake.example/inbox,far https://far.example/inbox,far https://far.example/inbox,lake https://lake.example/inbox"
	if strings.Join(got, ",") != want {
		t.Errorf("sent to %v, want %s", got, want)
	}
	// What is in a circle elsewhere is decided by who runs this instance, as is who runs a circle.
	if n := len(h.list(h.boss, 0)); n != 3 {
		t.Errorf("the instance's list has %d reports, want 3", n)
	}
	if n := len(h.list(h.ann, h.circle)); n != 1 {
		t.Errorf("the circle's list has %d reports, want 1", n)
	}
}

func TestFlags(t *testing.T) {
	h := newHouse(t)
	far := h.far(circles.KindPerson, "far", "far.example")
	server := h.far(circles.KindInstance, "masto.example", "masto.example")
	lake := circles.CircleID(h.far(circles.KindCircle, "lake", "lake.example"))
	hill := circles.CircleID(h.far(circles.KindCircle, "hill", "hill.example"))
	_, err := h.app.Join(h.Context(), h.bob, lake)
	h.must(err)
	p := h.write(h.bob, h.circle, "Spam")
	there := h.arrived(circles.PersonID(far), lake, lake, "https://far.example/p/1")
	hidden := h.open(h.ann, "secret", circles.MembersOnly)
	secret := h.write(h.ann, hidden, "Secret")
	bob := circles.ReportTarget{Person: h.bob.Person}

	if o := h.flag(far, 0, about(p)); o.Result != app.Applied {
		t.Errorf("by a person: %+v", o)
	}
	if o := h.flag(far, 0, about(p)); o.Result != app.Nothing {
		t.Errorf("again: %+v", o)
	}
	if o := h.flag(server, 0, bob, about(p)); o.Result != app.Applied { // as Mastodon does
		t.Errorf("by a server: %+v", o)
	}
	cases := h.list(h.ann, h.circle)
	if len(cases) != 1 || cases[0].Count != 2 || cases[0].Complaints[0].Text != "bad thing" {
		t.Errorf("the circle's list is %+v", cases)
	}
	if n := len(h.list(h.boss, 0)); n != 0 {
		t.Errorf("a person was reported beside their post: %d", n)
	}
	if o := h.flag(server, 0, bob); o.Result != app.Applied || len(h.list(h.boss, 0)) != 1 {
		t.Errorf("a person: %+v", o)
	}
	for name, o := range map[string]app.Outcome{
		"what is elsewhere":                   h.flag(far, 0, about(there)),
		"by another circle":                   h.flag(far, hill, about(there)),
		"nothing":                             h.flag(far, 0),
		"what is not there":                   h.flag(far, 0, circles.ReportTarget{Post: 5}),
		"somebody of that server":             h.flag(far, 0, circles.ReportTarget{Person: circles.PersonID(server)}),
		"what they can know nothing of":       h.flag(far, 0, about(secret)),
		"what they can know nothing of, told": h.flag(far, lake, about(secret)),
	} {
		if o.Result == app.Applied {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if o := h.flag(far, lake, about(there)); o.Result != app.Applied {
		t.Errorf("passed on by its circle: %+v", o)
	}
	for i := range 2 * perDay {
		h.flag(far, 0, about(h.write(h.eve, h.other, fmt.Sprint(i))))
	}
	all, _, err := h.Reports(h.Context(), h.eve, h.other, false, "")
	counts, _ := h.OpenReports(h.Context(), h.eve, []circles.CircleID{h.other})
	if err != nil || len(all) == 0 || counts[h.other] > perDay {
		t.Errorf("one stranger filed %d reports, %v", counts[h.other], err)
	}
	if sent := h.sent(); len(sent) != 0 {
		t.Errorf("a report from elsewhere goes on: %+v", sent)
	}
}

func TestLogNamesAndHides(t *testing.T) {
	h := newHouse(t)
	p := h.write(h.bob, h.circle, "Words that had to go")
	pinned := h.write(h.ann, h.circle, "Rules")
	hidden := h.open(h.ann, "secret", circles.MembersOnly)
	h.must(h.app.Remove(h.Context(), h.ann, p.ID, "rude"))
	h.must(h.app.Pin(h.Context(), h.ann, pinned.ID))
	h.must(h.app.Lock(h.Context(), h.ann, h.write(h.ann, hidden, "Secret").ID))
	entries, next, err := h.Log(h.Context(), circles.Viewer{}, 0, "")
	if err != nil || next != "" || len(entries) != 2 {
		t.Fatalf("a visitor reads %+v, %q, %v", entries, next, err)
	}
	if e := entries[0]; e.Action != circles.ModPin || e.Post.Title != "Rules" || e.By.Name != "ann" {
		t.Errorf("the pin is %+v", e)
	}
	if e := entries[1]; e.Action != circles.ModRemove || e.Reason != "rude" || e.Person.Name != "bob" || e.Circle.Name != "garden" || e.Post.Title != "" || e.Post.Link != "" {
		t.Errorf("the removal is %+v of %+v", e, e.Post)
	}
	_, _, err = h.Log(h.Context(), h.bob, hidden, "")
	wantKind(t, "log of a circle that one may not enter", err, circles.NotFound)
	if entries, _, err = h.Log(h.Context(), h.ann, hidden, ""); err != nil || len(entries) != 1 {
		t.Errorf("its owner reads %+v, %v", entries, err)
	}
	for range logPage {
		h.must(h.app.Unpin(h.Context(), h.ann, pinned.ID))
		h.must(h.app.Pin(h.Context(), h.ann, pinned.ID))
	}
	seen := 0
	for cursor := ""; ; {
		page, next, err := h.Log(h.Context(), h.ann, h.circle, cursor)
		h.must(err)
		if seen += len(page); next == "" {
			break
		}
		cursor = next
	}
	if seen != 2*logPage+2 {
		t.Errorf("all pages have %d lines, want %d", seen, 2*logPage+2)
	}
}

func TestSuspend(t *testing.T) {
	h := newHouse(t)
	far := h.far(circles.KindPerson, "far", "far.example")
	wantKind(t, "by a member", h.Suspend(h.Context(), h.ann, h.bob.Person.Actor(), "x"), circles.Forbidden)
	wantKind(t, "no reason", h.Suspend(h.Context(), h.boss, h.bob.Person.Actor(), ""), circles.Invalid)
	wantKind(t, "oneself", h.Suspend(h.Context(), h.boss, h.boss.Person.Actor(), "x"), circles.Invalid)
	mod := h.ann
	mod.Role = circles.SiteModerator
	h.update(func(tx *store.Tx) error {
		if err := tx.SaveAccount(&store.Account{Person: h.boss.Person, Role: circles.SiteAdmin}); err != nil {
			return err
		}
		return tx.AddSession(&store.Session{Hash: "aa", Person: h.bob.Person, ExpiresAt: tx.Now() + 1e12}, 5)
	})
	wantKind(t, "a moderator and an admin", h.Suspend(h.Context(), mod, h.boss.Person.Actor(), "x"), circles.Forbidden)
	h.must(h.Suspend(h.Context(), mod, h.bob.Person.Actor(), "spam"))
	h.must(h.Suspend(h.Context(), mod, h.bob.Person.Actor(), "spam"))
	h.must(h.Suspend(h.Context(), h.boss, far, "spam"))
	_, err := h.app.Post(h.Context(), h.bob, app.NewPost{Circle: h.circle, Title: "x"})
	wantKind(t, "suspended", err, circles.Forbidden)
	h.update(func(tx *store.Tx) error {
		if sessions, err := tx.Sessions(h.bob.Person); err != nil || len(sessions) != 0 {
			t.Errorf("still signed in: %v, %v", sessions, err)
		}
		return nil
	})
	h.must(h.Unsuspend(h.Context(), h.boss, h.bob.Person.Actor()))
	h.write(h.bob, h.circle, "Back")
	entries, _, err := h.Log(h.Context(), circles.Viewer{}, 0, "")
	if err != nil || len(entries) != 3 || entries[0].Action != circles.ModUnsuspend || entries[1].Person.Name != "far" {
		t.Errorf("the log is %+v, %v", entries, err)
	}
	var kinds []string
	h.update(func(tx *store.Tx) error {
		all, err := tx.StreamEvents([]circles.ActorID{h.bob.Person.Actor()}, 0, 100)
		kinds = nil
		for _, e := range all {
			kinds = append(kinds, string(e.Kind))
		}
		return err
	})
	if got := fmt.Sprint(kinds); got != "[member.banned member.unbanned post.created]" {
		t.Errorf("their followers' servers hear %s", got)
	}
}

func TestPeers(t *testing.T) {
	h := newHouse(t)
	far := circles.PersonID(h.far(circles.KindPerson, "far", "far.example"))
	set := func(who circles.Viewer, host string, p Policy, reason string) error {
		return h.SetPeer(h.Context(), who, host, p, reason)
	}
	mod := h.ann
	mod.Role = circles.SiteModerator
	wantKind(t, "by a moderator", set(mod, "far.example", Blocked, "x"), circles.Forbidden)
	wantKind(t, "no reason", set(h.boss, "far.example", Blocked, " "), circles.Invalid)
	wantKind(t, "no policy", set(h.boss, "far.example", "half", "x"), circles.Invalid)
	wantKind(t, "no host", set(h.boss, "far example/x", Blocked, "x"), circles.Invalid)
	wantKind(t, "ourselves", set(h.boss, strings.ToUpper(home), Blocked, "x"), circles.Invalid)
	h.must(set(h.boss, "unknown.example", Open, ""))
	h.must(set(h.boss, " FAR.example. ", Blocked, "spam"))
	h.must(set(h.boss, "far.example", Blocked, "spam"))
	h.must(set(h.boss, "bad.example", Limited, "rude"))
	if got := fmt.Sprint(h.told); got != "[far.example true bad.example false]" && got != "[far.exampletrue bad.examplefalse]" {
		t.Errorf("told %s", got)
	}
	comment := func() app.Outcome {
		var o app.Outcome
		h.update(func(tx *store.Tx) (err error) {
			o, err = h.app.ReceivePost(tx, app.Said{By: far}, app.RemotePost{URI: fmt.Sprintf("https://far.example/%d", tx.Now()), Circle: h.circle, Title: "x"})
			return err
		})
		return o
	}
	if o := comment(); o.Result != app.Refused {
		t.Errorf("blocked: %+v", o)
	}
	h.queues = []Queue{{Host: "far.example", Pending: 7, OldestAt: 5}}
	peers, next, err := h.Peers(h.Context(), mod, "")
	if err != nil || next != "" || len(peers) != 2 || peers[0].Policy != Limited || peers[1].Queue == nil || peers[1].Queue.Pending != 7 || peers[0].Queue != nil {
		t.Errorf("the peers are %+v, %q, %v", peers, next, err)
	}
	_, _, err = h.Peers(h.Context(), h.bob, "")
	wantKind(t, "peers for anybody", err, circles.Forbidden)
	open, _, err := h.Policies(h.Context(), "")
	if err != nil || len(open) != 2 || open[1].Reason != "spam" {
		t.Errorf("for everyone: %+v, %v", open, err)
	}
	h.must(set(h.boss, "far.example", Open, ""))
	if o := comment(); o.Result != app.Applied {
		t.Errorf("opened: %+v", o)
	}
	if open, _, _ = h.Policies(h.Context(), ""); len(open) != 1 {
		t.Errorf("after that for everyone: %+v", open)
	}
	entries, _, _ := h.Log(h.Context(), circles.Viewer{}, 0, "")
	if len(entries) != 3 || entries[2].Host != "far.example" || entries[2].Policy != "blocked" {
		t.Errorf("the log is %+v", entries)
	}
}
