package reputation

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens again")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestSentences(t *testing.T) {
	lin := Facts{}.With(DaysKnown, ScopeInstance, 5).With(AcceptedCount, ScopeInstance, 2).With(StandingPoints, ScopeCircle, 8)
	people := []struct {
		name  string
		facts Facts
	}{{"a fresh account", Facts{}}, {"five days here, two contributions, standing 8", lin}}
	var b strings.Builder
	custom := Preset{Name: "custom", Circle: Settings{Gates: map[Action]Gate{
		Comment:  gate(Hold, Path{{StandingPoints, "", 20}}, Path{{VouchesHeld, "", 2}}, Path{{MembershipDays, "", 7}, {StrikesLately, "", 0}}, Path{{ActiveDays, "", 1}}),
		Downvote: gate(Deny, Path{{StandingPoints, "", 40}}),
	}}}
	for _, p := range append(Presets(), custom) {
		for _, person := range people {
			fmt.Fprintf(&b, "# %s, %s\n", p.Name, person.name)
			for _, a := range Actions() {
				s := p.Circle
				if !a.at(InCircle) {
					s = p.Instance
				}
				d := s.Judge(a, &person.facts)
				if d.Allowed {
					continue
				}
				for _, lang := range []string{"en", "zh"} {
					fmt.Fprintf(&b, "%s\n", d.Explain(a, lang, false))
					if own := d.Explain(a, lang, true); own != d.Explain(a, lang, false) {
						fmt.Fprintf(&b, "  (to its owner) %s\n", own)
					}
				}
				fmt.Fprintf(&b, "  soonest %d\n", d.Soonest())
			}
		}
	}
	golden(t, "sentences.txt", b.String())

	b.Reset()
	order := append([]Preset{{Name: "nothing"}}, Presets()...)
	for i, p := range order[1:] {
		for _, lang := range []string{"en", "zh"} {
			fmt.Fprintf(&b, "# %s to %s\n%s\n", order[i].Name, p.Name, strings.Join(Diff(order[i].Circle, p.Circle, lang), "\n"))
		}
	}
	golden(t, "diffs.txt", b.String())
}

func TestLimitsAndSwitches(t *testing.T) {
	minus := -1
	for i, s := range []Settings{
		{Limits: map[Action]Limit{Comment: {FirstHeld: 1}}},
		{Limits: map[Action]Limit{PostMedia: {FirstHeld: 4}}},
		{Limits: map[Action]Limit{Comment: {PerDay: -1}}},
		{Limits: map[Action]Limit{Comment: {MaxLinks: &minus}}},
		{Limits: map[Action]Limit{Comment: {Below: Trusted, PerDay: 1}}},
		{Limits: map[Action]Limit{Downvote: {PerDay: 1}}},
		{Off: map[Action]bool{Comment: true}},
		{Off: map[Action]bool{"appeal": true}},
		{Off: map[Action]bool{CreateCircle: true}},
	} {
		var r *Refused
		if err := village().Check(1, s, DefaultBounds(), false); !errors.As(err, &r) || r.Fault != FaultLimit {
			t.Errorf("%d: %v, want it refused as a limit", i, err)
		}
	}
	if err := village().Check(1, Settings{Off: map[Action]bool{Downvote: true}}, DefaultBounds(), false); err != nil {
		t.Error(err)
	}
}

func TestLimit(t *testing.T) {
	comment, media := presetWelcoming().Circle.Limits[Comment], presetOpen().Circle.Limits[PostMedia]
	for _, tt := range []struct {
		limit Limit
		act   Act
		want  Outcome
		hit   LimitHit
	}{
		{comment, Act{Today: 4, Links: 2}, Allow, ""},
		{comment, Act{Today: 5}, Deny, HitPerDay},
		{comment, Act{Links: 3}, Deny, HitMaxLinks},
		{comment, Act{Media: true}, Deny, HitTextOnly},
		{comment, Act{Tier: Member, Today: 50, Links: 9, Media: true}, Allow, ""},
		{media, Act{Tier: Trusted, Ever: 2}, Hold, HitFirstHeld},
		{media, Act{Ever: 3}, Allow, ""},
		{Limit{}, Act{Today: 1000, Links: 1000, Media: true}, Allow, ""},
	} {
		if got, hit := tt.limit.Judge(tt.act); got != tt.want || hit != tt.hit {
			t.Errorf("%+v by %+v: got %s %q, want %s %q", tt.act, tt.limit, got, hit, tt.want, tt.hit)
		}
	}
}

func TestStormIsBounded(t *testing.T) {
	const hour = 3600 * 1_000_000
	now := Epoch.Start() + 300*microsPerDay
	for _, tt := range []struct {
		last, length int64
		ok           bool
	}{
		{0, 72 * hour, true}, {0, 72*hour + 1, false}, {0, 0, false},
		{now - 14*microsPerDay, hour, true}, {now - 14*microsPerDay + 1, hour, false},
	} {
		if err := Storm(tt.last, now, tt.length); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// FuzzSettings: whatever is sent as settings is refused or stands, never panics, and what stands is the
// same after being written and read.
func FuzzSettings(f *testing.F) {
	for _, p := range Presets() {
		text, err := json.Marshal(p.Circle)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"gates":{"comment":{"any":[[{"fact":"tier","gte":"member"}]],"else":"hold"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s Settings
		if json.Unmarshal(text, &s) != nil || village().Check(2, s, DefaultBounds(), false) != nil {
			return
		}
		again, err := json.Marshal(s)
		var back Settings
		if err != nil || json.Unmarshal(again, &back) != nil {
			t.Fatalf("%s becomes %s: %v", text, again, err)
		}
		if Tighter(s, back) || Tighter(back, s) {
			t.Fatalf("%s becomes %s", text, again)
		}
		Diff(Settings{}, s, "zh")
	})
}

func FuzzRowText(f *testing.F) {
	f.Add("20574 20570:1 20574:2", "0123456789abcdef0123456789abcdef0123456789abcdef")
	f.Fuzz(func(t *testing.T, days, sum string) {
		var d, d2 Days
		if d.UnmarshalText([]byte(days)) == nil {
			text, _ := d.MarshalText()
			if err := d2.UnmarshalText(text); err != nil || d2 != d {
				t.Fatalf("%q becomes %q: %v", days, text, err)
			}
		}
		var s, s2 Sum
		if s.UnmarshalText([]byte(sum)) == nil {
			text, _ := s.MarshalText()
			if err := s2.UnmarshalText(text); err != nil || s2 != s {
				t.Fatalf("%q becomes %q: %v", sum, text, err)
			}
		}
	})
}
