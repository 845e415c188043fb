package reputation

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// village is an instance with one open circle (1) in which a fresh account may comment at once.
func village() World {
	w := presetWelcoming()
	return World{Instance: w.Instance, Circles: []CircleSettings{{ID: 1, Settings: w.Circle, Open: true}}}
}

func TestPresetsPassTheSameCheck(t *testing.T) {
	for _, p := range Presets() {
		for place, s := range map[CircleID]Settings{2: p.Circle, 0: p.Instance} {
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var back Settings
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatalf("%s: %s: %v", p.Name, text, err)
			}
			again, _ := json.Marshal(back)
			if string(again) != string(text) || len(Diff(s, back, "en")) > 0 {
				t.Errorf("%s comes back from JSON as %s, want %s", p.Name, again, text)
			}
			if err := village().Check(place, back, DefaultBounds(), p.Storm); err != nil {
				t.Errorf("%s at %d: %v", p.Name, place, err)
			}
		}
	}
	if err := village().Check(2, presetStorm().Circle, DefaultBounds(), false); err == nil {
		t.Error("a storm stands as an everyday setting")
	}
}

func TestRefusedGates(t *testing.T) {
	yes := approved(ScopeCircle)
	many := func(c ...Clause) Path { return c }
	for _, tt := range []struct {
		name   string
		place  CircleID
		action Action
		gate   Gate
		want   Fault
		path   int
		says   string
	}{
		{"five paths", 2, Post, gate(Hold, Path{known(1)}, Path{known(2)}, Path{known(3)}, Path{known(4)}, Path{yes}), FaultShape, 0, "at most 4"},
		{"empty path", 2, Post, gate(Hold, Path{yes}, Path{}), FaultShape, 2, "asks nothing"},
		{"five facts", 2, Post, gate(Hold, many(known(1), contributed(1), yes, vouched(), tier(Member))), FaultShape, 1, "5 facts"},
		{"unknown fact", 2, Post, gate(Hold, Path{{Fact: "tips_given", Value: 1}}), FaultUnknown, 1, `"tips_given"`},
		{"no circle has it", 2, Post, gate(Hold, Path{{DaysKnown, ScopeCircle, 1}}), FaultUnknown, 1, "not kept"},
		{"a circle's fact on the instance", 0, CreateCircle, gate(Deny, Path{tier(Member)}), FaultPlace, 1, "a circle's"},
		{"create_circle in a circle", 2, CreateCircle, gate(Deny, Path{approved(ScopeInstance)}), FaultPlace, 0, "does not stand here"},
		{"report", 2, "report", gate(Deny, Path{known(1)}), FaultUnknown, 0, "never be gated"},
		{"asked twice", 2, Post, gate(Hold, many(known(1), known(3)), Path{yes}), FaultIdle, 1, "twice"},
		{"asks nothing", 2, Post, gate(Hold, Path{known(0)}, Path{yes}), FaultIdle, 1, "everyone"},
		{"negative", 2, Post, gate(Hold, Path{known(-1)}, Path{yes}), FaultContradicts, 1, "cannot be -1"},
		{"91 of 90 days", 2, Post, gate(Hold, Path{{ActiveDays, ScopeInstance, 91}}, Path{yes}), FaultContradicts, 1, "nobody ever"},
		{"a member before joining", 2, Join, gate(Request, Path{{MembershipDays, ScopeCircle, 1}}, Path{known(1)}), FaultContradicts, 1, "before joining"},
		{"31 days", 2, Post, gate(Hold, Path{known(31)}, Path{yes}), FaultBounds, 1, "at most 30 days"},
		{"15 days to comment", 2, Comment, gate(Hold, Path{yes}, Path{known(15)}), FaultBounds, 2, "at most 14 days"},
		{"4 days to react", 2, React, gate(Deny, Path{known(4)}), FaultBounds, 1, "at most 3 days"},
		{"standing 41", 2, PostLink, gate(Hold, Path{{StandingPoints, "", 41}}, Path{yes}), FaultBounds, 1, "standing of 40"},
		{"standing 21 to comment", 2, Comment, gate(Hold, Path{{StandingPoints, "", 21}}, Path{yes}), FaultBounds, 1, "standing of 20"},
		{"Trusted", 2, PostLink, gate(Hold, Path{tier(Trusted)}, Path{yes}), FaultBounds, 1, "Regular"},
		{"no person", 2, Post, gate(Hold, Path{known(7)}), FaultNoPerson, 0, "vouch or an approval"},
		{"a person and days", 2, Post, gate(Hold, Path{known(7)}, many(yes, known(1))), FaultNoPerson, 0, "alone"},
		{"no way alone", 2, Post, gate(Hold, Path{yes}, Path{tier(Member)}), FaultNoWay, 0, "waits for other people"},
		{"silence keeps it shut", 2, Join, gate(Request), FaultNoWay, 0, "waits for other people"},
		{"held react", 2, React, gate(Hold, Path{known(1)}), FaultUnknown, 0, "cannot be held"},
		{"requested post", 2, Post, gate(Request, Path{known(1)}), FaultUnknown, 0, "requests"},
		{"no else", 2, Post, gate("", Path{known(1)}, Path{yes}), FaultUnknown, 0, "otherwise"},
		{"strikes", 2, Post, gate(Hold, many(known(1), Clause{StrikesLately, ScopeCircle, 0}), Path{yes}), "", 0, ""},
	} {
		s := Settings{Gates: map[Action]Gate{tt.action: tt.gate}}
		check(t, tt.name, village().Check(tt.place, s, DefaultBounds(), false), tt.want, tt.path, tt.says)
	}
}

// TestTooLate: contributions must come from what is open, and in time.
func TestTooLate(t *testing.T) {
	ten := func(commentDays int) Settings {
		return Settings{Gates: map[Action]Gate{
			Comment: gate(Hold, Path{known(commentDays)}, Path{vouched()}),
			Post:    gate(Hold, Path{approved(ScopeCircle)}, Path{{AcceptedCount, ScopeCircle, 10}, {StrikesLately, ScopeCircle, 0}}),
		}}
	}
	b := DefaultBounds()
	if err := village().Check(2, ten(14), b, false); err != nil { // comments of days 14 to 23, the last accepted on 25
		t.Error(err)
	}
	b.Days = 24
	check(t, "ten comments", village().Check(2, ten(14), b, false), FaultUnreachable, 2, "cannot have 10 accepted contributions in this circle and")
	for in, want := range map[int]int{1: 12, 14: 25} {
		w := village().with(2, ten(in))
		if day, ok := w.Reach(2, Post, ten(in).Gates[Post].Any[1], 30); !ok || day != want {
			t.Errorf("comments open on day %d: reached on %d (%v), want %d", in, day, ok, want)
		}
	}
}

func check(t *testing.T, name string, err error, want Fault, path int, says string) {
	t.Helper()
	var r *Refused
	errors.As(err, &r)
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v, want it to stand", name, err)
	case want == "":
	case r == nil || r.Fault != want || r.Path != path || !strings.Contains(err.Error(), says):
		t.Errorf("%s: got %v, want %s at path %d saying %q", name, err, want, path, says)
	}
}

// TestGatesOfTwoCircles: each is reachable through the other until both ask for what only the other
// gives; what a change elsewhere broke falls back to its days.
func TestGatesOfTwoCircles(t *testing.T) {
	careful := presetCareful()
	w := village().with(2, careful.Circle)
	w.Circles[1].Open = true
	if err := w.Check(2, careful.Circle, DefaultBounds(), false); err != nil {
		t.Fatal(err)
	}
	if err := w.Check(1, careful.Circle, DefaultBounds(), false); err == nil {
		t.Fatal("two careful circles stand alone: nobody can earn what they ask")
	}
	for _, close := range []func(*World){
		func(w *World) { *w = w.with(1, careful.Circle) },
		func(w *World) { w.Circles[0].Open = false }, // archived
	} {
		w := village().with(2, careful.Circle)
		w.Circles[1].Open = true
		if broken := w.Broken(DefaultBounds()); len(broken) != 0 {
			t.Fatalf("broken before: %+v", broken)
		}
		close(&w)
		for rounds := 0; ; rounds++ {
			broken := w.Broken(DefaultBounds())
			if len(broken) == 0 {
				if rounds == 0 {
					t.Error("nothing was broken")
				}
				break
			}
			if rounds > 3 {
				t.Fatalf("never mended: %+v", broken)
			}
			for _, b := range broken {
				s := w.place(b.Circle).Settings
				s.Gates = mapsClone(s.Gates)
				s.Gates[b.Action] = b.Mended
				w = w.with(b.Circle, s)
			}
		}
	}
}

func mapsClone(m map[Action]Gate) map[Action]Gate {
	c := map[Action]Gate{}
	for k, v := range m {
		c[k] = v
	}
	return c
}

func TestHostileJSON(t *testing.T) {
	for text, says := range map[string]string{
		`{"fact":"standing","lte":5}`:                "good conduct",
		`{"fact":"strikes_90d","gte":1}`:             "only be asked as lte",
		`{"fact":"tier","gte":2}`:                    "a tier is",
		`{"fact":"tier","gte":"admin"}`:              "no tier",
		`{"fact":"wallet_balance","gte":1}`:          "no fact",
		`{"fact":"vouches","gte":1,"lte":2}`:         "exactly one",
		`{"fact":"operator_approved","eq":false}`:    "cannot be asked as eq",
		`{"fact":"vouches","gte":1,"unless":"rich"}`: "unknown field",
		`{"fact":"days_known_here","gte":1.5}`:       "cannot unmarshal",
	} {
		var c Clause
		if err := json.Unmarshal([]byte(text), &c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want an error with %q", text, err, says)
		}
	}
}

// genFacts draws facts of somebody; better returns somebody who differs only by good conduct.
func genFacts(t *rapid.T, label string) Facts {
	var f Facts
	for _, info := range FactList() {
		for _, s := range info.Scopes {
			f = f.With(info.Fact, s, rapid.IntRange(0, min(info.Max, 40)).Draw(t, label+string(info.Fact)))
		}
	}
	return f
}

func better(t *rapid.T, f Facts) Facts {
	for _, info := range FactList() {
		for _, s := range info.Scopes {
			n := f.Of(info.Fact, s)
			if info.AtMost {
				n = rapid.IntRange(0, n).Draw(t, "fewer")
			} else {
				n += rapid.IntRange(0, 10).Draw(t, "more")
			}
			f = f.With(info.Fact, s, n)
		}
	}
	return f
}

func genGate(t *rapid.T, label string) Gate {
	g := Gate{Else: rapid.SampledFrom([]Outcome{Hold, Deny}).Draw(t, label)}
	for range rapid.IntRange(0, maxPaths).Draw(t, "paths") {
		var p Path
		for range rapid.IntRange(1, maxClauses).Draw(t, "clauses") {
			info := rapid.SampledFrom(FactList()).Draw(t, "fact")
			p = append(p, Clause{info.Fact, rapid.SampledFrom(info.Scopes).Draw(t, "scope"), rapid.IntRange(0, min(info.Max, 40)).Draw(t, "value")})
		}
		g.Any = append(g.Any, p)
	}
	return g
}

func TestGoodConductNeverRemovesAccess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, f := genGate(t, "gate"), genFacts(t, "")
		after := better(t, f)
		if Evaluate(g, &f).Allowed && !Evaluate(g, &after).Allowed {
			t.Fatalf("%+v let %+v pass, and not %+v", g, f, after)
		}
	})
}

func TestUnmetIsTheWayIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, f := genGate(t, "gate"), genFacts(t, "")
		d := Evaluate(g, &f)
		if d.Allowed != passes(g, &f) {
			t.Fatalf("%+v: Evaluate says %v", g, d.Allowed)
		}
		if d.Allowed || len(g.Any) == 0 {
			return
		}
		path := d.Unmet[rapid.IntRange(0, len(d.Unmet)-1).Draw(t, "one")].Path
		for _, u := range d.Unmet {
			if u.Path == path {
				f = f.With(u.Fact, u.Scope, u.Need)
			}
		}
		// Two clauses of one fact are refused on save; here the larger floor may still be missing.
		seen := map[string]bool{}
		for _, c := range g.Any[path] {
			k := string(c.Fact) + string(c.scope())
			if seen[k] {
				return
			}
			seen[k] = true
		}
		if !Evaluate(g, &f).Allowed {
			t.Fatalf("%+v: doing all that path %d lacks does not open it", g, path)
		}
	})
}

// TestTighter: a change that is not called tighter lets everyone pass who passed.
func TestTighter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, next := genGate(t, "now"), genGate(t, "next")
		if rapid.Bool().Draw(t, "a near one") {
			next = Gate{Any: slices.Clone(now.Any), Else: now.Else}
			if len(next.Any) > 0 {
				i := rapid.IntRange(0, len(next.Any)-1).Draw(t, "path")
				next.Any[i] = slices.Clone(next.Any[i])
				next.Any[i][0].Value = max(0, next.Any[i][0].Value+rapid.IntRange(-2, 2).Draw(t, "by"))
			}
		}
		if TighterGate(now, next) {
			return
		}
		f := genFacts(t, "")
		if rapid.Bool().Draw(t, "at the edge") && len(now.Any) > 0 {
			f = rapid.SampledFrom(now.Any).Draw(t, "edge").least()
		}
		if f.Of(VouchesHeld, ScopeCircle)+f.Of(ByOperator, ScopeCircle) > 0 { // facts as they can be
			f = f.With(TierHeld, ScopeCircle, max(int(Member), f.Of(TierHeld, ScopeCircle)))
		}
		f = f.With(DaysKnown, ScopeInstance, max(f.Of(DaysKnown, ScopeInstance), f.Of(MembershipDays, ScopeCircle)))
		if Evaluate(now, &f).Allowed && !Evaluate(next, &f).Allowed {
			t.Fatalf("%+v to %+v shuts out %+v and is not called tighter", now, next, f)
		}
	})
	order := []Preset{presetOpen(), presetWelcoming(), presetCareful()}
	for i, p := range order {
		if Tighter(p.Circle, p.Circle) {
			t.Errorf("%s is tighter than itself", p.Name)
		}
		if i > 0 && (!Tighter(order[i-1].Circle, p.Circle) || !Tighter(Settings{}, p.Circle) || Tighter(p.Circle, Settings{})) {
			t.Errorf("%s after %s: wrong", p.Name, order[i-1].Name)
		}
	}
	off := Settings{Off: map[Action]bool{Downvote: true}}
	if !Tighter(Settings{}, off) || Tighter(off, Settings{Gates: map[Action]Gate{Downvote: gate(Deny, Path{tier(Regular)})}}) {
		t.Error("a switch is judged wrongly")
	}
}

// TestNoSettingsKeepShut plays operators who set whatever they like in three circles: what is saved
// never keeps a tireless account without money, vouch or approval from joining, posting and commenting.
func TestNoSettingsKeepShut(t *testing.T) {
	b := DefaultBounds()
	rapid.Check(t, func(t *rapid.T) {
		w := village().with(2, Settings{}).with(3, Settings{})
		for i := range w.Circles {
			w.Circles[i].Open = true
		}
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			at := CircleID(rapid.IntRange(1, 3).Draw(t, "circle"))
			if rapid.IntRange(0, 9).Draw(t, "lifecycle") == 0 {
				i := int(at) - 1
				w.Circles[i].Open = !w.Circles[i].Open
			} else {
				s := Settings{Gates: mapsClone(w.place(at).Gates)}
				a := rapid.SampledFrom([]Action{Join, Post, Comment}).Draw(t, "action")
				g := genGate(t, "gate")
				g.Any = append(g.Any[:min(len(g.Any), 2)], Path{approved(ScopeCircle)},
					Path{known(rapid.IntRange(1, 14).Draw(t, "days")), {AcceptedCount, rapid.SampledFrom([]Scope{ScopeCircle, ScopeInstance}).Draw(t, "scope"), rapid.IntRange(1, 10).Draw(t, "n")}})
				s.Gates[a] = g
				if w.Check(at, s, b, false) == nil {
					w = w.with(at, s)
				}
			}
			for broken := w.Broken(b); len(broken) > 0; broken = w.Broken(b) {
				for _, x := range broken {
					s := w.place(x.Circle).Settings
					s.Gates = mapsClone(s.Gates)
					s.Gates[x.Action] = x.Mended
					w = w.with(x.Circle, s)
				}
			}
			for _, c := range w.Circles {
				for _, a := range []Action{Join, Post, Comment} {
					g := c.Gates[a]
					ok := g.Open()
					for _, p := range g.Any {
						_, reached := w.Reach(c.ID, a, p, b.within(a))
						ok = ok || reached
					}
					if !ok {
						t.Fatalf("circle %d keeps %s shut: %+v in %+v", c.ID, a, g, w)
					}
				}
			}
		}
	})
}

func TestOnlyItsOwnerSeesStanding(t *testing.T) {
	f := Facts{}.With(StandingPoints, ScopeCircle, 17)
	d := Evaluate(gate(Deny, Path{{StandingPoints, "", 20}}), &f)
	others := d.ForOthers()
	if text, _ := json.Marshal(others); strings.Contains(string(text), "17") || others.Unmet[0].Have != -1 {
		t.Errorf("others read %s", text)
	}
	if d.Unmet[0].Have != 17 {
		t.Errorf("its owner reads %d, want 17", d.Unmet[0].Have)
	}
}

func TestDryRun(t *testing.T) {
	g := presetCareful().Circle.Gates[Comment]
	var past []Judged
	for i := range 212 {
		f := Facts{}.With(DaysKnown, ScopeInstance, 30).With(AcceptedCount, ScopeInstance, 9)
		if i < 14 {
			f = Facts{}.With(DaysKnown, ScopeInstance, 2)
		}
		past = append(past, Judged{ActorID(i % 100), f})
	}
	if got, want := DryRun(g, past), (Trial{212, 14, 100, 14}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestRegistry(t *testing.T) {
	for i, info := range FactList() {
		if info.Fact.index() != i || info.AtMost != info.Fact.atMost() || len(info.Scopes) == 0 || info.Max <= 0 || info.Unit == "" || info.Text == "" {
			t.Errorf("%+v", info)
		}
		c := Clause{Fact: info.Fact, Value: 1}
		if !slices.Contains(info.Scopes, c.scope()) {
			t.Errorf("%s: its first scope is %s", info.Fact, c.scope())
		}
		if c.text("en") == c.text("zh") || c.text("en") == string(info.Fact) {
			t.Errorf("%s has no sentence", info.Fact)
		}
	}
	for _, a := range Actions() {
		if verbs[a] == "" || verbsZH[a] == "" {
			t.Errorf("%s has no verb", a)
		}
	}
	if b := DefaultBounds(); b.Check() != nil {
		t.Error(b.Check())
	}
	b := DefaultBounds()
	b.CommentDays = 15
	if b.Check() == nil {
		t.Error("bounds wider than the widest stand")
	}
	if !reflect.DeepEqual(village().with(9, Settings{}).Circles[0], village().Circles[0]) {
		t.Error("with changes what it copies")
	}
}

func BenchmarkEvaluate(b *testing.B) {
	g := Gate{Else: Hold}
	for range maxPaths {
		g.Any = append(g.Any, Path{known(30), contributed(10), tier(Regular), vouched()})
	}
	var f Facts
	b.ReportAllocs()
	for b.Loop() {
		if Evaluate(g, &f).Allowed {
			b.Fatal("allowed")
		}
	}
}

func BenchmarkDryRun(b *testing.B) {
	past := make([]Judged, 50_000)
	for i := range past {
		past[i] = Judged{ActorID(i % 5000), Facts{}.With(DaysKnown, ScopeInstance, i%30)}
	}
	g := presetCareful().Circle.Gates[Comment]
	for b.Loop() {
		DryRun(g, past)
	}
}

func BenchmarkCheck(b *testing.B) {
	w := village()
	for i := range 500 {
		w = w.with(CircleID(i+2), presetCareful().Circle)
		w.Circles[i+1].Open = true
	}
	for b.Loop() {
		if err := w.Check(2, presetCareful().Circle, DefaultBounds(), false); err != nil {
			b.Fatal(err)
		}
	}
}
