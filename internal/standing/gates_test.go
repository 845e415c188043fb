package standing

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/filter"
	"halqa/circles/reputation"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

// A town is an instance with circles whose gates are under test, on a clock of its own.
type town struct {
	*testing.T
	*Gates
	db     *store.Store
	now    time.Time
	admin  circles.Viewer
	ann    circles.Viewer // owns every circle
	bob    circles.Viewer // anybody
	circle *circles.Circle
	cache  filter.Cache
}

func newTown(t *testing.T) *town {
	t.Helper()
	n := &town{T: t, now: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)}
	n.db = testdb.OpenAt(t, func() time.Time { return n.now })
	n.Gates = NewGates(n.db)
	n.admin, n.ann, n.bob = n.person("root", ""), n.person("ann", ""), n.person("bob", "")
	n.admin.Role = circles.SiteAdmin
	n.circle = n.open("garden", circles.Public)
	return n
}

func (n *town) must(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}

func (n *town) update(f func(*store.Tx) error) {
	n.Helper()
	n.must(n.db.Update(n.Context(), f))
}

func (n *town) person(name, host string) circles.Viewer {
	n.Helper()
	v := circles.Viewer{Role: circles.SiteMember, Remote: host != ""}
	n.update(func(tx *store.Tx) error {
		id := tx.NewID()
		uri := "/u/" + name
		if host != "" {
			uri = "https://" + host + uri
		}
		v.Person = circles.PersonID(id)
		return tx.AddActor(&circles.Actor{ID: circles.ActorID(id), Kind: circles.KindPerson, Name: name, Host: host, URI: uri,
			CreatedAt: tx.Now(), Published: tx.Now(), UpdatedAt: tx.Now()})
	})
	return v
}

func (n *town) open(name string, v circles.Visibility) *circles.Circle {
	n.Helper()
	c := &circles.Circle{Visibility: v, Posting: circles.PostingOpen}
	n.update(func(tx *store.Tx) error {
		c.Actor = circles.Actor{ID: circles.ActorID(tx.NewID()), Kind: circles.KindCircle, Name: name, URI: "/c/" + name,
			CreatedAt: tx.Now(), Published: tx.Now(), UpdatedAt: tx.Now()}
		if err := tx.AddCircle(c); err != nil {
			return err
		}
		if err := tx.SetRole(c.CircleID(), n.ann.Person, circles.RoleOwner); err != nil {
			return err
		}
		return BeginCircle(tx, c)
	})
	return c
}

// known makes somebody known here since so many days.
func (n *town) known(who circles.Viewer) {
	n.Helper()
	n.update(func(tx *store.Tx) error { return Known(tx, who.Person) })
}

func (n *town) judge(q Question) Decision {
	n.Helper()
	var d Decision
	if q.Circle == nil && q.Action != CreateCircle && q.Action != StartDM {
		q.Circle = n.circle
	}
	n.update(func(tx *store.Tx) (err error) {
		if d, err = Judge(tx, q); err != nil || d.Outcome == Deny {
			return err
		}
		return d.Note(tx)
	})
	return d
}

func (n *town) save(c *circles.Circle, s reputation.Settings, reason string) (*Preview, error) {
	return n.Save(n.Context(), n.ann, c.CircleID(), Change{Settings: s, Reason: reason})
}

// set makes settings hold at once, tighter or not, as if 72 hours had passed.
func (n *town) set(c *circles.Circle, s reputation.Settings, reason string) {
	n.Helper()
	pre, err := n.save(c, s, reason)
	n.must(err)
	if pre.Tighter {
		n.now = time.UnixMicro(pre.At)
		n.must(n.Sweep(n.Context()))
	}
}

func days(d int) reputation.Clause {
	return reputation.Clause{Fact: reputation.DaysKnown, Scope: reputation.ScopeInstance, Value: d}
}

var (
	vouch    = reputation.Path{{Fact: reputation.VouchesHeld, Scope: reputation.ScopeCircle, Value: 1}}
	approval = reputation.Path{{Fact: reputation.ByOperator, Scope: reputation.ScopeCircle, Value: 1}}
)

func commentAfter(d int) reputation.Settings {
	return reputation.Settings{Gates: map[reputation.Action]reputation.Gate{
		reputation.Post: {Any: []reputation.Path{{days(d)}, vouch, approval}, Else: reputation.Hold}}}
}

// TestAGateHoldsAndExplains: who is new is held, is told what is missing, by whom it was set and why; who
// runs the circle is not asked; and two days later the gate is open by itself.
func TestAGateHoldsAndExplains(t *testing.T) {
	n := newTown(t)
	n.set(n.circle, commentAfter(2), "Spam wave")
	n.known(n.bob)
	for _, who := range []circles.Viewer{n.bob, n.person("far", "far.example")} {
		d := n.judge(Question{Who: who, Action: Post})
		if d.Outcome != Hold || d.Reason != Gated || d.Err() != nil {
			t.Fatalf("%+v: got %s for %q, want hold", who, d.Outcome, d.Reason)
		}
		want := "You can post in 2 days, or now with one vouch, or now with an operator's approval. Sent now, it is held for an operator and not lost. Set by @ann, 6 Nov 2026: Spam wave."
		if got := d.Gate.Say("en"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if zh := d.Gate.Say("zh"); !strings.Contains(zh, "再过 2 天") || !strings.Contains(zh, "@ann") {
			t.Errorf("in Chinese: %q", zh)
		}
		b, err := json.Marshal(d.Gate)
		n.must(err)
		for _, part := range []string{`"allowed":false`, `"outcome":"hold"`, `"fact":"days_known_here"`, `"have":0`, `"need":2`, `"eta":"2026-11-08T00:00:00Z"`,
			`"set_by":"/u/ann"`, `"reason":{"en":"Spam wave"}`, `"why":"/c/garden/why"`} {
			if !strings.Contains(string(b), part) {
				t.Errorf("the body lacks %s: %s", part, b)
			}
		}
	}
	if d := n.judge(Question{Who: n.ann, Action: Post}); !d.Allowed() {
		t.Errorf("the owner is asked: %s", d.Refusal)
	}
	n.now = n.now.Add(48 * time.Hour)
	if d := n.judge(Question{Who: n.bob, Action: Post}); !d.Allowed() {
		t.Errorf("after two days: %v", d.Refusal)
	}
}

// TestNothingIsGated: what nobody may gate is not asked, whatever stands in the tables.
func TestNothingIsGated(t *testing.T) {
	n := newTown(t)
	n.update(func(tx *store.Tx) error {
		for _, a := range reputation.Actions() {
			if err := tx.SetGateRule(n.circle.CircleID(), store.GateRule{Action: string(a), Rule: `{"gate":{"else":"deny"},"off":true}`}); err != nil {
				return err
			}
		}
		return nil
	})
	post := &circles.Post{ID: 1, Kind: circles.IsPost, Circle: n.circle.CircleID(), Author: n.bob.Person, State: circles.Visible}
	for _, a := range []Action{Report, Leave, Unvote, Delete, Edit, Upload, EditProfile} {
		q := Question{Who: n.bob, Action: a, Post: post}
		if a == Report {
			q.Post = &circles.Post{ID: 2, Kind: circles.IsPost, Circle: n.circle.CircleID(), Author: n.ann.Person, State: circles.Visible}
		}
		if d := n.judge(q); !d.Allowed() {
			t.Errorf("%s is refused: %v", a, d.Refusal)
		}
	}
	if d := n.judge(Question{Who: n.bob, Action: Post}); d.Outcome != Deny {
		t.Errorf("a switch that is off lets %s through", Post)
	}
}

func TestLimits(t *testing.T) {
	n := newTown(t)
	one := 1
	n.set(n.circle, reputation.Settings{Limits: map[reputation.Action]reputation.Limit{
		reputation.Post:      {Below: reputation.Member, PerDay: 2, TextOnly: true, MaxLinks: &one},
		reputation.PostMedia: {FirstHeld: 1},
	}}, "")
	n.known(n.bob)
	ask := func(w *Words, with ...Action) Decision {
		return n.judge(Question{Who: n.bob, Action: Post, With: with, Words: w})
	}
	if d := ask(&Words{Links: []string{"a", "b"}}); d.Outcome != Deny || d.Gate.Limit != reputation.HitMaxLinks {
		t.Errorf("two links: %s %+v", d.Outcome, d.Gate)
	}
	if d := ask(&Words{Media: true}, PostMedia); d.Outcome != Deny || d.Gate.Limit != reputation.HitTextOnly || len(d.Gate.Also) != 1 {
		t.Errorf("a photo: %s %+v", d.Outcome, d.Gate)
	}
	for i := range 2 {
		d := ask(&Words{})
		if !d.Allowed() || d.Gate == nil || d.Gate.Limits == nil || d.Gate.Text["en"] != "For now, post: below Member 2 a day, text only, at most 1 link." {
			t.Errorf("post %d: %v %+v", i, d.Refusal, d.Gate)
		}
	}
	d := ask(&Words{})
	if d.Outcome != Deny || d.Gate.Limit != reputation.HitPerDay || d.Refusal.Kind != circles.Limited || d.Gate.Until == "" {
		t.Errorf("the third of a day: %s %+v", d.Outcome, d.Gate)
	}
	var x *Access
	if !errors.As(d.Refusal, &x) || x != d.Gate {
		t.Error("the refusal does not carry what explains it")
	}
	n.now = n.now.Add(24 * time.Hour)
	if d := ask(&Words{}); !d.Allowed() {
		t.Errorf("the next day: %v", d.Refusal)
	}
}

func TestFilterHoldsAndSaysWhy(t *testing.T) {
	n := newTown(t)
	n.must(n.SetFilter(n.Context(), n.ann, n.circle.CircleID(), CircleFilter{Rules: filter.Rules{Words: []string{"pills"}}, Below: reputation.Member}))
	words := &Words{Text: "cheap PILLS here", Filters: &n.cache}
	d := n.judge(Question{Who: n.bob, Action: Post, Words: words})
	if d.Outcome != Hold || d.Gate.Rule != "pills" || !strings.Contains(d.Gate.Say("en"), "(pills)") {
		t.Errorf("got %s %+v", d.Outcome, d.Gate)
	}
	kept, err := d.Gate.Keep()
	n.must(err)
	if back, err := ReadAccess(kept); err != nil || back.Say("zh") != d.Gate.Say("zh") || !reflect.DeepEqual(back.Text, d.Gate.Text) {
		t.Errorf("read back: %+v, %v", back, err)
	}
	post := &circles.Post{ID: 1, Kind: circles.IsPost, Circle: n.circle.CircleID(), Author: n.bob.Person, State: circles.Visible}
	if d := n.judge(Question{Who: n.bob, Action: Edit, Post: post, Words: words}); d.Outcome != Deny {
		t.Errorf("an edit brings it in: %s", d.Outcome)
	}
	if d := n.judge(Question{Who: n.ann, Action: Post, Words: words}); !d.Allowed() {
		t.Errorf("the owner is held: %v", d.Refusal)
	}
	err = n.SetFilter(n.Context(), n.ann, n.circle.CircleID(), CircleFilter{Rules: filter.Rules{Words: []string{"/(/"}}})
	if circles.KindOf(err) != circles.Invalid {
		t.Errorf("a broken rule: %v", err)
	}
	if err = n.SetFilter(n.Context(), n.bob, n.circle.CircleID(), CircleFilter{}); circles.KindOf(err) != circles.Forbidden {
		t.Errorf("anybody sets it: %v", err)
	}
}

// What asks for a direct transfer is held in a circle that never said anything, and explained; a circle may
// let it stand, which its log says.
func TestBeggingIsHeldAndExplained(t *testing.T) {
	n := newTown(t)
	words := func(text string, on bool) *Words { return &Words{Text: text, Filters: &n.cache, Begging: on} }
	const begs = "Pretty, is it not? Send me 5 on PayPal for more."
	post := &circles.Post{ID: 1, Kind: circles.IsPost, Circle: n.circle.CircleID(), Author: n.bob.Person, State: circles.Visible}
	for name, c := range map[string]struct {
		q    Question
		want Outcome
	}{
		"a post":           {Question{Who: n.bob, Action: Post, Words: words(begs, true)}, Hold},
		"in Chinese":       {Question{Who: n.bob, Action: Post, Words: words("好看吗？扫码打赏看更多", true)}, Hold},
		"an edit":          {Question{Who: n.bob, Action: Edit, Post: post, Words: words(begs, true)}, Deny},
		"the owner's":      {Question{Who: n.ann, Action: Post, Words: words(begs, true)}, Allow},
		"off for all":      {Question{Who: n.bob, Action: Post, Words: words(begs, false)}, Allow},
		"about paying":     {Question{Who: n.bob, Action: Post, Words: words("Does this shop take PayPal? That is the tip of the iceberg.", true)}, Allow},
		"about paying, 中文": {Question{Who: n.bob, Action: Post, Words: words("微信转账有限额吗？", true)}, Allow},
	} {
		d := n.judge(c.q)
		if d.Outcome != c.want {
			t.Errorf("%s: %s, want %s", name, d.Outcome, c.want)
			continue
		}
		if c.want != Allow && (d.Gate == nil || d.Gate.Rule == "" || !strings.Contains(d.Gate.Say("en"), d.Gate.Rule) || !strings.Contains(d.Gate.Say("zh"), d.Gate.Rule)) {
			t.Errorf("%s: not explained: %+v", name, d.Gate)
		}
	}
	id := n.circle.CircleID()
	n.must(n.SetFilter(n.Context(), n.ann, id, CircleFilter{Begging: true}))
	if f, err := n.Filter(n.Context(), n.ann, id); err != nil || !f.Begging {
		t.Errorf("the circle's filter: %+v, %v", f, err)
	}
	if d := n.judge(Question{Who: n.bob, Action: Post, Words: words(begs, true)}); !d.Allowed() {
		t.Errorf("where the circle lets it stand: %v", d.Refusal)
	}
	log, _, err := n.Log(n.Context(), n.bob, id, 0)
	if err != nil || len(log) == 0 || log[0].Kind != "filter" || log[0].By == nil {
		t.Errorf("the log says %+v, %v", log, err)
	}
	n.must(n.SetFilter(n.Context(), n.ann, id, CircleFilter{}))
	if d := n.judge(Question{Who: n.bob, Action: Post, Words: words(begs, true)}); d.Outcome != Hold {
		t.Errorf("turned on again: %s", d.Outcome)
	}
}

// TestSave: what tightens waits 72 hours, what loosens does not, and every step is in the log.
func TestSave(t *testing.T) {
	n := newTown(t)
	tight := commentAfter(5)
	pre, err := n.save(n.circle, tight, "First")
	n.must(err)
	if !pre.Tighter || pre.At != n.now.UnixMicro()+72*3600*1_000_000 {
		t.Errorf("tightening holds from %d", pre.At)
	}
	if d := n.judge(Question{Who: n.bob, Action: Post}); !d.Allowed() {
		t.Errorf("before its time: %v", d.Refusal)
	}
	n.now = n.now.Add(71 * time.Hour)
	n.must(n.Sweep(n.Context()))
	if d := n.judge(Question{Who: n.bob, Action: Post}); !d.Allowed() {
		t.Errorf("an hour before its time: %v", d.Refusal)
	}
	n.now = n.now.Add(time.Hour)
	n.must(n.Sweep(n.Context()))
	if d := n.judge(Question{Who: n.bob, Action: Post}); d.Outcome != Hold {
		t.Errorf("in its time: %s", d.Outcome)
	}
	// Half of this loosens and holds at once, the other half waits.
	mixed := commentAfter(1)
	mixed.Gates[reputation.React] = reputation.Gate{Any: []reputation.Path{{days(1)}}, Else: reputation.Deny}
	pre, err = n.save(n.circle, mixed, "Second")
	n.must(err)
	if !pre.Tighter || len(pre.Now.Gates) != 1 {
		t.Errorf("of the mixed change now hold %+v", pre.Now)
	}
	p, err := n.Settings(n.Context(), n.bob, n.circle.CircleID())
	n.must(err)
	if p.Next == nil || len(p.Settings.Gates) != 1 || p.Settings.Gates[reputation.Post].Any[0][0].Value != 1 {
		t.Errorf("settings are %+v", p)
	}
	_, err = n.save(n.circle, p.Settings, "")
	n.must(err)
	n.now = n.now.Add(80 * time.Hour)
	n.must(n.Sweep(n.Context()))
	if p, err = n.Settings(n.Context(), n.bob, n.circle.CircleID()); err != nil || p.Next != nil || len(p.Settings.Gates) != 1 {
		t.Errorf("what was withdrawn holds: %+v, %v", p, err)
	}
	var kinds []string
	log, _, err := n.Log(n.Context(), circles.Viewer{}, n.circle.CircleID(), 0)
	n.must(err)
	for _, e := range log {
		kinds = append(kinds, e.Kind)
	}
	if got := strings.Join(kinds, " "); got != "withdrawn announced set begun announced" {
		t.Errorf("the log has %s", got)
	}
	if d := log[3].Diff("en"); len(d) != 1 || !strings.HasPrefix(d[0], "+ post: 5 days known here") || log[3].Reason != "First" || log[3].By.Name != "ann" {
		t.Errorf("the entry is %+v: %q", log[3], d)
	}
	if _, err := n.Save(n.Context(), n.ann, n.circle.CircleID(), Change{Preset: "open", Base: 1}); circles.KindOf(err) != circles.Conflict {
		t.Errorf("saved over another's change: %v", err)
	}
	if _, err := n.Save(n.Context(), n.bob, n.circle.CircleID(), Change{Preset: "open"}); circles.KindOf(err) != circles.Forbidden {
		t.Errorf("anybody saves: %v", err)
	}
}

// TestPresetsPassSave: each loads through the same door as an operator's own.
func TestPresetsPassSave(t *testing.T) {
	n := newTown(t)
	if _, err := n.Save(n.Context(), n.ann, n.circle.CircleID(), Change{Preset: "careful"}); circles.KindOf(err) != circles.Invalid {
		t.Errorf("Careful asks for contributions that nobody can make where there is one circle: %v", err)
	}
	n.open("kitchen", circles.Public)
	for _, name := range []string{"open", "welcoming", "careful"} {
		for _, place := range []circles.CircleID{n.circle.CircleID(), 0} {
			if _, err := n.Save(n.Context(), n.admin, place, Change{Preset: name}); err != nil {
				t.Errorf("%s at %d: %v", name, place, err)
			}
		}
	}
	if _, err := n.Save(n.Context(), n.ann, n.circle.CircleID(), Change{Preset: "storm"}); circles.KindOf(err) != circles.Invalid {
		t.Errorf("a storm as settings: %v", err)
	}
	for _, bad := range []reputation.Settings{
		commentAfter(40), // more than the bounds
		{Gates: map[reputation.Action]reputation.Gate{reputation.Post: {Any: []reputation.Path{{days(1)}}, Else: reputation.Hold}}}, // nobody can open it
		{Gates: map[reputation.Action]reputation.Gate{reputation.Post: {Any: []reputation.Path{vouch}, Else: reputation.Hold}}},     // nobody's own doing opens it
	} {
		_, err := n.save(n.circle, bad, "")
		var r *reputation.Refused
		if circles.KindOf(err) != circles.Invalid || !errors.As(err, &r) || r.Why == "" {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestStorm(t *testing.T) {
	n := newTown(t)
	id := n.circle.CircleID()
	if err := n.Storm(n.Context(), n.ann, id, 100*time.Hour, "", ""); circles.KindOf(err) != circles.Conflict {
		t.Errorf("a hundred hours: %v", err)
	}
	n.must(n.Storm(n.Context(), n.ann, id, 10*time.Hour, "Raid", "en"))
	if d := n.judge(Question{Who: n.bob, Action: Post}); d.Outcome != Hold || !strings.Contains(d.Gate.Say("en"), "Raid") {
		t.Errorf("in the storm: %s", d.Outcome)
	}
	if d := n.judge(Question{Who: n.bob, Action: Join}); d.Outcome != Request {
		t.Errorf("joining in the storm: %s", d.Outcome)
	}
	n.now = n.now.Add(10 * time.Hour)
	if d := n.judge(Question{Who: n.bob, Action: Post}); !d.Allowed() {
		t.Errorf("after it, before any sweep: %v", d.Refusal)
	}
	n.must(n.Sweep(n.Context()))
	if err := n.Storm(n.Context(), n.ann, id, time.Hour, "", ""); circles.KindOf(err) != circles.Conflict {
		t.Errorf("again the same day: %v", err)
	}
	n.now = n.now.Add(14 * 24 * time.Hour)
	n.must(n.Storm(n.Context(), n.ann, id, time.Hour, "", ""))
	n.must(n.EndStorm(n.Context(), n.ann, id))
	if d := n.judge(Question{Who: n.bob, Action: Post}); !d.Allowed() {
		t.Errorf("ended early: %v", d.Refusal)
	}
}

// TestABrokenGateFallsBack: a gate that asks for contributions can be passed only while another circle
// takes them; when that closes, the gate asks its days alone, and the log says so.
func TestABrokenGateFallsBack(t *testing.T) {
	n := newTown(t)
	other := n.open("kitchen", circles.Public)
	s := reputation.Settings{Gates: map[reputation.Action]reputation.Gate{}}
	path := reputation.Path{days(7), {Fact: reputation.AcceptedCount, Scope: reputation.ScopeInstance, Value: 3}}
	for _, a := range []reputation.Action{reputation.Post, reputation.Comment} {
		s.Gates[a] = reputation.Gate{Any: []reputation.Path{path, vouch, approval}, Else: reputation.Hold}
	}
	n.set(n.circle, s, "")
	n.must(n.Prove(n.Context()))
	if p, _ := n.Settings(n.Context(), n.bob, n.circle.CircleID()); len(p.Settings.Gates[reputation.Comment].Any[0]) != 2 {
		t.Fatalf("mended though nothing broke: %+v", p.Settings)
	}
	n.update(func(tx *store.Tx) error {
		c, err := tx.Circle(other.CircleID())
		if err != nil {
			return err
		}
		c.Visibility = circles.LocalOnly
		return tx.SaveCircle(c)
	})
	for range 3 {
		n.must(n.Prove(n.Context()))
	}
	p, err := n.Settings(n.Context(), n.bob, n.circle.CircleID())
	n.must(err)
	mended := 0
	for _, a := range []reputation.Action{reputation.Post, reputation.Comment} {
		if any := p.Settings.Gates[a].Any; len(any[0]) == 1 && any[0][0] == days(7) {
			mended++
		}
	}
	if mended == 0 {
		t.Errorf("nothing was mended: %+v", p.Settings)
	}
	log, _, err := n.Log(n.Context(), n.bob, n.circle.CircleID(), 0)
	n.must(err)
	if log[0].Kind != "mended" || log[0].By != nil {
		t.Errorf("the log begins with %+v", log[0])
	}
}

// TestBoundsNarrow: an admin who asks less of everyone is obeyed at once.
func TestBoundsNarrow(t *testing.T) {
	n := newTown(t)
	n.set(n.circle, commentAfter(20), "")
	b := reputation.DefaultBounds()
	b.Days = 3
	if err := n.SetBounds(n.Context(), n.ann, b); circles.KindOf(err) != circles.Forbidden {
		t.Errorf("an operator sets bounds: %v", err)
	}
	b.Days = 31
	if err := n.SetBounds(n.Context(), n.admin, b); circles.KindOf(err) != circles.Invalid {
		t.Errorf("wider than the widest: %v", err)
	}
	b.Days = 3
	n.must(n.SetBounds(n.Context(), n.admin, b))
	n.must(n.Prove(n.Context()))
	p, err := n.Settings(n.Context(), n.bob, n.circle.CircleID())
	n.must(err)
	if got := p.Settings.Gates[reputation.Post].Any[0][0].Value; got != 3 || p.Bounds.Version != 2 {
		t.Errorf("the gate asks %d days under bounds %d", got, p.Bounds.Version)
	}
	if _, err := n.save(n.circle, commentAfter(4), ""); circles.KindOf(err) != circles.Invalid {
		t.Errorf("four days under a bound of three: %v", err)
	}
}

// TestPilot: the first circle asks what Open asks until it has ten members; later ones begin Welcoming.
func TestPilot(t *testing.T) {
	n := newTown(t)
	n.update(func(tx *store.Tx) error {
		if err := tx.SetSetting(SettingNewCircles, ""); err != nil {
			return err
		}
		return BeginCircle(tx, n.circle)
	})
	id := n.circle.CircleID()
	p, err := n.Settings(n.Context(), n.bob, id)
	n.must(err)
	if !p.Pilot || p.Preset != "open" {
		t.Errorf("the first circle is %+v", p)
	}
	if p, _ = n.Settings(n.Context(), n.bob, n.open("kitchen", circles.Public).CircleID()); p.Pilot || p.Preset != "welcoming" {
		t.Errorf("the second is %+v", p)
	}
	n.update(func(tx *store.Tx) error { return tx.BumpCircle(id, store.CircleChange{Members: 10}) })
	n.must(n.Sweep(n.Context()))
	if p, _ = n.Settings(n.Context(), n.bob, id); p.Pilot || p.Preset != "open" || p.NextPreset != "welcoming" || p.NextAt == 0 {
		t.Errorf("with ten members it is %+v", p)
	}
	n.now = n.now.Add(73 * time.Hour)
	n.must(n.Sweep(n.Context()))
	if p, _ = n.Settings(n.Context(), n.bob, id); p.Preset != "welcoming" || p.Next != nil {
		t.Errorf("three days later %+v", p)
	}
}

// TestDryRunEqualsTheGate: what a preview foretells is what judging the same acts by the gate gives.
func TestDryRunEqualsTheGate(t *testing.T) {
	n := newTown(t)
	var people []circles.Viewer
	for i := range 12 {
		who := n.person(fmt.Sprintf("p%d", i), "")
		n.known(who)
		people = append(people, who)
		n.now = n.now.Add(24 * time.Hour)
	}
	for i, who := range people {
		for range i%3 + 1 {
			n.judge(Question{Who: who, Action: Post})
		}
	}
	next := commentAfter(6)
	pre, err := n.Preview(n.Context(), n.ann, n.circle.CircleID(), Change{Settings: next})
	n.must(err)
	trial := pre.Trials[reputation.Post]
	n.set(n.circle, reputation.Settings{}, "")
	n.update(func(tx *store.Tx) error {
		return putRules(tx, n.circle.CircleID(), reputation.Settings{}, next, false, 0, n.ann.Person.Actor())
	})
	want := reputation.Trial{People: len(people)}
	for i, who := range people {
		acts := i%3 + 1
		want.Actions += acts
		if d := n.judge(Question{Who: who, Action: Post}); d.Outcome == Hold {
			want.Stopped += acts
			want.PeopleStopped++
		}
	}
	if trial != want || want.PeopleStopped == 0 {
		t.Errorf("the preview foretold %+v, the gate did %+v", trial, want)
	}
}

func TestAccess(t *testing.T) {
	n := newTown(t)
	n.set(n.circle, commentAfter(2), "")
	all, err := n.Access(n.Context(), n.bob, n.circle.CircleID())
	n.must(err)
	seen := map[reputation.Action]Access{}
	for _, a := range all {
		seen[a.Action] = a
	}
	if len(seen) != len(reputation.Actions()) {
		t.Errorf("%d actions are told of", len(seen))
	}
	if a := seen[reputation.Post]; a.Allowed || a.Outcome != Hold || a.SetBy != "/u/ann" || len(a.Unmet) != 3 {
		t.Errorf("posting: %+v", a)
	}
	if a := seen[reputation.Comment]; !a.Allowed || a.Outcome != Allow {
		t.Errorf("commenting: %+v", a)
	}
	visitor, err := n.Access(n.Context(), circles.Viewer{}, n.circle.CircleID())
	n.must(err)
	if visitor[1].Action != reputation.Post || visitor[1].Outcome != Hold {
		t.Errorf("to a visitor: %+v", visitor[1])
	}
}

// TestNoStandingToOthers: a number is for its owner.
func TestNoStandingToOthers(t *testing.T) {
	n := newTown(t)
	n.set(n.circle, reputation.Settings{Gates: map[reputation.Action]reputation.Gate{
		reputation.Downvote: {Any: []reputation.Path{{{Fact: reputation.StandingPoints, Scope: reputation.ScopeCircle, Value: 20}}}, Else: reputation.Deny}}}, "")
	post := &circles.Post{ID: 1, Kind: circles.IsPost, Circle: n.circle.CircleID(), Author: n.ann.Person, State: circles.Visible}
	d := n.judge(Question{Who: n.bob, Action: Downvote, Post: post})
	if !strings.Contains(d.Gate.Say("en"), "yours is 0") {
		t.Errorf("its owner hears %q", d.Gate.Say("en"))
	}
	kept, err := d.Gate.Keep()
	n.must(err)
	back, err := ReadAccess(kept)
	n.must(err)
	other := back.ForOthers()
	if s := other.Say("en"); strings.Contains(s, "yours") || other.Unmet[0].Have != nil {
		t.Errorf("others hear %q, %+v", s, other.Unmet)
	}
}

func TestFactsOnPaper(t *testing.T) {
	f := reputation.Facts{StrikeEase: 12}.With(reputation.DaysKnown, reputation.ScopeInstance, 7).With(reputation.VouchesHeld, reputation.ScopeCircle, 2)
	got, err := decodeFacts(encodeFacts(&f))
	if err != nil || got != f {
		t.Errorf("got %+v, %v, want %+v", got, err, f)
	}
	for _, bad := range []string{"", "c", "c9=1", "x0=1", "c0=", "c0=99999999999", "c-1=1"} {
		if _, err := decodeFacts(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestTheFirstSettings: what the migration wrote is what the presets say, so the two cannot drift.
func TestTheFirstSettings(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + t.TempDir() + "/x.db", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(t.Context(), func(tx *store.Tx) error {
		row, err := tx.GatePlace(0)
		if err != nil {
			return err
		}
		got, err := readSettings(row.Settings)
		preset, _ := reputation.PresetNamed("welcoming")
		if err != nil || !sameSettings(got, preset.Instance) {
			t.Errorf("the instance begins with %s, %v", row.Settings, err)
		}
		rules, err := rulesOf(tx, 0, []string{"create_circle", "start_dm", "vouch"})
		for a, r := range rules {
			if !sameGate(r.Gate, preset.Instance.Gates[reputation.Action(a)]) {
				t.Errorf("%s is judged by %+v", a, r.Gate)
			}
		}
		if len(rules) != 2 {
			t.Errorf("%d rules", len(rules))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
