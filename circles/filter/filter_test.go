package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	two := 2
	rules := Rules{Words: []string{"ass", "free money", "/vi[a4]gr[a4]/", "赌博", "naïve"}, Hosts: []string{"Bad.example."}, Links: &two, Mentions: &two}
	f, err := Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		said Said
		want Hit
	}{
		{Said{Text: "a class of assets from Scunthorpe"}, ""},
		{Said{Text: "what an ASS!"}, "ass"},
		{Said{Text: "ass"}, "ass"},
		{Said{Text: "classy ass_ets, bassoon ass."}, "ass"},
		{Said{Text: "FREE \n money here"}, "free money"},
		{Said{Text: "freemoney"}, ""},
		{Said{Text: "xVI4GRAx"}, "/vi[a4]gr[a4]/"},
		{Said{Text: "来赌博吧"}, "赌博"},
		{Said{Text: "NAÏVE art"}, "naïve"},
		{Said{Links: []string{"https://bad.example/x"}}, "bad.example"},
		{Said{Links: []string{"https://user@www.BAD.example:8443?x"}}, "bad.example"},
		{Said{Links: []string{"https://notbad.example/", "https://x.example/?bad.example"}}, ""},
		{Said{Links: []string{"https://a.example", "https://b.example", "https://c.example"}}, "links > 2"},
		{Said{Mentions: 3}, "mentions > 2"},
		{Said{Mentions: 2, Text: "fine"}, ""},
	} {
		if got := f.Match(tt.said); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.said, got, tt.want)
		}
	}
}

func TestRulesThatCannotBe(t *testing.T) {
	minus := -1
	for _, tt := range []struct {
		rules Rules
		field string
		why   string
	}{
		{Rules{Words: []string{"/(/"}}, "words", "no regular expression"},
		{Rules{Words: []string{"/.*/"}}, "words", "everything"},
		{Rules{Words: []string{" "}}, "words", "empty"},
		{Rules{Words: []string{strings.Repeat("x", maxWord+1)}}, "words", "at most"},
		{Rules{Words: []string{"/(x{1000}){10}/"}}, "words", ""},
		{Rules{Words: []string{"/[a-z]{900}/", "\xff"}}, "words", ""},
		{Rules{Words: make([]string, maxWords+1)}, "words", "at most"},
		{Rules{Hosts: []string{"https://bad.example"}}, "hosts", "host such as"},
		{Rules{Links: &minus}, "links", "number"},
	} {
		_, err := Compile(tt.rules)
		var bad *Bad
		if !errors.As(err, &bad) || bad.Field != tt.field || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%.80v: got %v, want %s: %s", tt.rules, err, tt.field, tt.why)
		}
	}
	var heavy []string
	for i := range 40 {
		heavy = append(heavy, fmt.Sprintf("/%d[a-z]{900}/", i))
	}
	if _, err := Compile(Rules{Words: heavy}); err == nil {
		t.Error("forty large expressions were taken")
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c Cache
	for i := range 3 * maxKept {
		rules := fmt.Sprintf(`{"words":["w%d"]}`, i)
		first := c.Of(rules)
		if first.Match(Said{Text: fmt.Sprintf("w%d", i)}) == "" || c.Of(rules) != first {
			t.Fatalf("rules %d are not kept", i)
		}
	}
	if len(c.kept) > maxKept {
		t.Errorf("%d are kept", len(c.kept))
	}
	if hit := c.Of(`{"words":["/(/"]}`).Match(Said{Text: "("}); hit != "" {
		t.Errorf("broken rules hit %q", hit)
	}
}

// FuzzRules: whatever is saved compiles, matches without panic, and says which of its rules matched.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{`{"words":["a","/b+/"],"hosts":["x.example"],"links":1}`, `{"mentions":0}`, `{"words":["/(?s).*?/"]}`, `{"words":["ſ","K"]}`} {
		f.Add(seed, "some TEXT with b and ſ", "https://x.example/y")
	}
	f.Fuzz(func(t *testing.T, rules, text, link string) {
		r, err := Parse([]byte(rules))
		if err != nil {
			return
		}
		c, err := Compile(r)
		if err != nil {
			return
		}
		hit := c.Match(Said{Text: text, Links: []string{link}, Mentions: 1})
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var cache Cache
		if other := cache.Of(string(again)).Match(Said{Text: text, Links: []string{link}, Mentions: 1}); other != hit {
			t.Errorf("kept rules give %q, want %q", other, hit)
		}
	})
}
