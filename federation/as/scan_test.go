package as

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"halqa/circles"
)

func reasonOf(err error) string {
	var e *circles.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func deep(n int) string {
	return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}"
}

func wide(n int) string { return `{"a":[` + strings.TrimSuffix(strings.Repeat("0,", n), ",") + "]}" }

func broad(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":0,`, i)
	}
	return "{" + strings.TrimSuffix(b.String(), ",") + "}"
}

func TestScanLimits(t *testing.T) {
	for _, c := range []struct{ name, body, reason string }{
		{"empty object", `{}`, ""},
		{"space around", " \r\n\t{ \"a\" : [ 1 , -0.5e+3 ] } \n", ""},
		{"depth at the limit", deep(MaxDepth), ""},
		{"depth over it", deep(MaxDepth + 1), ReasonLimits},
		{"list at the limit", wide(MaxArray), ""},
		{"list over it", wide(MaxArray + 1), ReasonLimits},
		{"members at the limit", broad(MaxMembers), ""},
		{"members over it", broad(MaxMembers + 1), ReasonLimits},
		{"body at the limit", `{"a":"` + strings.Repeat("x", MaxBody-8) + `"}`, ""},
		{"body over it", `{"a":"` + strings.Repeat("x", MaxBody-7) + `"}`, ReasonTooLarge},
		{"a list", `[]`, ReasonNotJSON},
		{"nothing", ``, ReasonNotJSON},
		{"two documents", `{}{}`, ReasonNotJSON},
		{"cut off", `{"a":`, ReasonNotJSON},
		{"trailing comma", `{"a":1,}`, ReasonNotJSON},
		{"leading zero", `{"a":01}`, ReasonNotJSON},
		{"bare control character", "{\"a\":\"\x01\"}", ReasonNotJSON},
		{"bad escape", `{"a":"\x"}`, ReasonNotJSON},
		{"signed hex", `{"a":"\u+123"}`, ReasonNotJSON},
		{"not UTF-8", "{\"a\":\"\xff\"}", ReasonNotJSON},
		{"a member twice", `{"actor":"x","actor":"y"}`, ReasonDuplicate},
		{"twice by escape", `{"actor":"x","\u0061ctor":"y"}`, ReasonDuplicate},
		{"twice deep inside", `{"a":[{"b":{"id":1,"type":2,"id":3}}]}`, ReasonDuplicate},
		{"twice among many", strings.TrimSuffix(broad(40), "}") + `,"k3":1}`, ReasonDuplicate},
		{"twice, both late", strings.TrimSuffix(broad(40), "}") + `,"x":1,"x":1}`, ReasonDuplicate},
		{"@graph", `{"@graph":[]}`, ReasonGraph},
		{"@included, escaped and nested", `{"a":{"\u0040included":[]}}`, ReasonGraph},
		{"@reverse", `{"a":[{"@reverse":{}}]}`, ReasonGraph},
	} {
		_, err := Parse([]byte(c.body))
		if got := reasonOf(err); got != c.reason || (err != nil) != (c.reason != "") {
			t.Errorf("%s: got %v (%s), want reason %q", c.name, err, got, c.reason)
		}
	}
}

func TestContentTooLong(t *testing.T) {
	body := func(n int) []byte { return []byte(`{"type":"Note","content":"` + strings.Repeat("x", n) + `"}`) }
	if _, err := ParseContent(body(MaxContent)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := ParseContent(body(MaxContent + 1)); !circles.Is(err, circles.TooLarge) {
		t.Errorf("over it: %v, want kind %s", err, circles.TooLarge)
	}
}

// Whatever scan accepts is what encoding/json accepts, with the same values in it; and what it calls
// no JSON is none, or no object in UTF-8.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,-0,1.5e3,true,null,"\ud83c\udf31\u0000\n\/"],"b":{"c":{}}}`, `{"a":01}`, `{"\u0061":1,"a":2}`, deep(40)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := scan(data)
		if err != nil {
			trimmed := strings.TrimLeft(string(data), " \t\r\n")
			if reasonOf(err) == ReasonNotJSON && json.Valid(data) && utf8.Valid(data) && strings.HasPrefix(trimmed, "{") {
				t.Fatalf("%v, yet it is JSON: %q", err, data)
			}
			return
		}
		var want map[string]any
		if err := json.Unmarshal(data, &want); err != nil && !strings.Contains(err.Error(), "cannot unmarshal number") {
			t.Fatalf("accepted %q, which encoding/json refuses: %v", data, err)
		}
		for key, v := range want {
			if strings.Contains(key, "\x00") || strings.ContainsRune(key, utf8.RuneError) {
				continue
			}
			if s, ok := v.(string); ok {
				if got, want := doc.root().get(key).str(), strings.ReplaceAll(s, "\x00", ""); got != want {
					t.Fatalf("%q: member %q is %q, want %q", data, key, got, want)
				}
			}
		}
	})
}

func FuzzReaders(f *testing.F) {
	for _, name := range []string{"lemmy-announce-page.json", "mastodon-create-note.json", "mastodon-question.json",
		"nodebb-announce-article.json", "peertube-video.json", "piefed-group.json"} {
		f.Add(peer(f, name))
	}
	f.Add([]byte(`{"type":"Create","bto":"s","object":[{"bcc":["s"],"proof":{}}],"proof":{"as:bto":1}}`))
	f.Add([]byte(`{"type":"Question","anyOf":[{"name":"a","replies":{"totalItems":-1}},1,null,{"name":["b"],"replies":{"type":"Collection","totalItems":1e300}}],"closed":true,"votersCount":"x"}`))
	f.Add([]byte(`{"type":"PollVote","object":"https://p.example/1","choice_text":["a"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data)
		if err != nil {
			return
		}
		var seen []string
		for _, o := range e.Objects {
			if inner, err := o.Activity(); err == nil {
				seen = append(seen, inner.ID, inner.Summary)
			}
			if c, err := o.Content(); err == nil {
				seen = append(seen, c.ID, c.Name, c.Content)
			}
		}
		if c, err := ParseContent(data); err == nil {
			seen = append(seen, c.ID, c.Name, c.Content, c.Summary, c.URL, c.Language)
		}
		if a, err := ParseActor(data); err == nil {
			seen = append(seen, a.ID, a.Username, a.Name, a.Summary, a.Inbox)
		}
		if c, err := ParseCollection(data); err == nil {
			seen = append(seen, c.ID, c.Next)
		}
		if w, err := ParseWebFinger(data); err == nil {
			seen = append(seen, w.Subject)
		}
		if s, err := ParseNodeInfo(data); err == nil {
			seen = append(seen, s.Name, s.Version)
		}
		if s, err := ParseNodeInfoLinks(data); err == nil {
			seen = append(seen, s)
		}
		for _, s := range seen {
			if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
				t.Fatalf("%q is not clean text", s)
			}
		}
		d, err := Raw(data)
		if err != nil {
			t.Fatalf("Raw refuses what Parse took: %v", err)
		}
		if out := Announce(Act{ID: "https://h/1"}, d).Bytes(); !json.Valid(out) {
			t.Fatalf("announced as %q", out)
		}
		if left, err := scan(d.body); err != nil || left.root().conceal(new([]edit)) {
			t.Fatalf("%q passed on as %q, hidden recipients and all; %v", data, d.body, err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	announce := peer(b, "lemmy-announce-page.json")
	note := peer(b, "mastodon-create-note.json")
	like := []byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"https://p.example/activities/like/1","type":"Like","actor":"https://p.example/u/bob","object":"https://h.example/post/101","audience":"https://h.example/c/gardening"}`)
	run := func(name string, data []byte, f func([]byte) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := f(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	envelope := func(d []byte) error { _, err := Parse(d); return err }
	run("envelope-like", like, envelope)
	run("envelope-announce", announce, envelope)
	run("json-to-map-announce", announce, func(d []byte) error { var m map[string]any; return json.Unmarshal(d, &m) })
	run("content-note", note, func(d []byte) error {
		e, err := Parse(d)
		if err != nil {
			return err
		}
		_, err = e.Object.Content()
		return err
	})
	run("actor-group", peer(b, "piefed-group.json"), func(d []byte) error { _, err := ParseActor(d); return err })
}
