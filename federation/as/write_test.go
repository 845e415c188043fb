package as

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-fed/activity/streams"
)

var update = flag.Bool("update", false, "write testdata/shapes anew")

const (
	site   = "https://h.example"
	alice  = site + "/u/alice"
	circle = site + "/c/gardening"
)

var (
	posted = time.Date(2026, 11, 22, 10, 0, 0, 999, time.FixedZone("", 3600))
	edited = posted.Add(time.Hour)
)

func profile(path, name string) Profile {
	id := site + path
	return Profile{
		ID: id, Username: strings.ToLower(name), Name: name, Summary: "<p>About</p>", Markdown: "About", URL: id,
		Inbox: id + "/inbox", Outbox: id + "/outbox", Followers: id + "/followers", Following: id + "/following",
		Featured: id + "/featured", Shared: site + "/inbox", KeyID: id + "#main-key",
		KeyPEM: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", Published: posted,
	}
}

func examplePage() Page {
	return Page{
		ID: site + "/post/101", AttributedTo: alice, To: []string{circle, Public}, CC: []string{alice + "/followers"},
		Audience: circle, Name: "Soil & <compost>", Content: "<p>body</p>", Markdown: "body", URL: site + "/post/101",
		Link: "https://news.example/a", Images: []Picture{{URL: site + "/media/x", MediaType: "image/webp", Name: "A bed", Width: 4, Height: 3}},
		Thumbnail: &Picture{URL: site + "/media/t"}, Language: Language{"en", "English"},
		Tags:    []Mark{Hashtag(site+"/tag/soil", "#soil"), Mention(circle, "@gardening@h.example")},
		Context: site + "/post/101/context", Replies: site + "/post/101/replies",
		Likes: Count{ID: site + "/post/101/likes"}, Shares: Count{site + "/post/101/shares", 2}, Published: posted,
	}
}

func exampleNote() Note {
	return Note{
		ID: site + "/comment/102", AttributedTo: alice, To: []string{Public, "https://lemmy.example/u/bob"},
		CC: []string{circle, circle + "/followers"}, Audience: circle, InReplyTo: site + "/post/101", Content: "<p>Yes</p>",
		Markdown: "Yes", Tags: []Mark{Mention("https://lemmy.example/u/bob", "@bob@lemmy.example")},
		Context: site + "/post/101/context", Published: posted, Updated: edited,
	}
}

const foreignFollow = `{"@context":"https://www.w3.org/ns/activitystreams", "id":"https://p.example/f/1","type":"Follow","actor":"https://p.example/u/bob","object":"https://h.example/c/gardening"}`

// examplePoll is one with a name and one option to choose, or for microblogs with several and at its end.
func examplePoll(closed bool) Page {
	p := examplePage()
	p.Poll = &Ballot{Options: []BallotOption{{"leeks", 3}, {"beans", 0}}, Ends: edited, Voters: 3}
	if closed {
		p.Name, p.Poll.Multiple, p.Poll.Closed = "", true, true
	}
	return p
}

// shapes is everything we send, each once or in each of its forms.
func shapes(t *testing.T) map[string]Doc {
	act := func(n, actor string, to, cc []string) Act {
		return Act{ID: site + "/activity/" + n, Actor: actor, To: to, CC: cc, Audience: circle}
	}
	toCircle, followers := []string{circle, Public}, []string{alice + "/followers"}
	everyone, members := []string{Public}, []string{circle + "/followers"}
	bob := []string{"https://p.example/u/bob"}
	follow, err := Raw([]byte(foreignFollow))
	if err != nil {
		t.Fatal(err)
	}
	page, create := examplePage().Doc(), Create(act("103", alice, toCircle, followers), examplePage().Doc())
	group := Group{Profile: profile("/c/gardening", "Gardening"), Moderators: circle + "/moderators", Discoverable: true,
		Indexable: true, PostingWarning: "Newcomers wait two days.", Languages: []Language{{"en", "English"}}}
	person := Person{Profile: profile("/u/alice", "Alice"), Discoverable: true, Indexable: true,
		AlsoKnownAs: []string{"https://old.example/u/alice"}, Payments: []Payment{{Rel: []string{RelPayment, RelEndpoint}, Name: "Tip", Href: alice + "/tip"}}}
	person.Icon, person.Ed25519ID, person.Ed25519 = &Picture{URL: site + "/media/i"}, alice+"#ed25519-key", "z6MkhaXg"
	bot := Person{Profile: profile("/u/gate", "Gate"), Bot: true}
	instance := Application{Profile: Profile{ID: site + "/", Username: "h.example", Name: "h.example", Inbox: site + "/inbox",
		Outbox: site + "/outbox", KeyID: site + "/#main-key", KeyPEM: "PEM"}}
	closed := examplePage()
	closed.Closed, closed.Updated, closed.Warning, closed.Sensitive = true, edited, "soil", true
	gate := &Gate{Action: "post", Decision: "held", Unmet: []Unmet{
		{Fact: "days_known_here", Have: 1, Need: 2, ETA: edited}, {Fact: "vouches", Have: 0, Need: 1}},
		SetBy: site + "/u/lin", Reason: "spam wave", Appeal: site + "/appeal"}
	return map[string]Doc{
		"group": group.Doc(), "person": person.Doc(), "service": bot.Doc(), "application": instance.Doc(),
		"page": page, "page-bare": Page{ID: site + "/post/1", AttributedTo: alice, Name: "x", Published: posted}.Doc(), "page-closed": closed.Doc(),
		"note": exampleNote().Doc(), "tombstone": Tombstone{site + "/comment/102", "Note", site + "/c/gardening", site + "/post/101", posted, edited}.Doc(),
		"create": create, "create-note": Create(act("104", alice, everyone, members), exampleNote().Doc()),
		"create-by-id":   Create(act("130", alice, toCircle, followers), ByID(site+"/post/101")),
		"update":         Update(act("105", alice, toCircle, followers), closed.Doc()),
		"update-group":   Update(act("106", alice, everyone, members), group.Doc()),
		"delete":         Delete(act("107", alice, toCircle, followers), site+"/post/101"),
		"delete-removal": DeleteRemoval(act("108", alice, everyone, members), "https://p.example/post/9", "spam", true),
		"undo-removal":   Undo(act("109", alice, everyone, members), DeleteRemoval(act("108", alice, everyone, members), "https://p.example/post/9", "", false)),
		"like":           Like(act("110", alice, nil, nil), "https://p.example/post/9"),
		"dislike":        Dislike(act("111", alice, nil, nil), "https://p.example/post/9"),
		"undo-like":      Undo(act("112", alice, nil, nil), Like(act("110", alice, nil, nil), "https://p.example/post/9")),
		"follow":         Follow(Act{ID: site + "/activity/113", Actor: alice, To: bob}, bob[0]),
		"undo-follow":    Undo(Act{ID: site + "/activity/114", Actor: alice, To: bob}, Follow(Act{ID: site + "/activity/113", Actor: alice, To: bob}, bob[0])),
		"accept":         Accept(Act{ID: site + "/activity/115", Actor: circle, To: bob}, follow),
		"reject":         Reject(Act{ID: site + "/activity/116", Actor: circle, To: bob}, follow),
		"reject-post":    RejectGated(Act{ID: site + "/activity/117", Actor: circle, To: bob}, "https://p.example/activity/1", "Held, not lost.", "<p>Held, not lost.</p>", gate),
		"announce":       Announce(act("118", circle, everyone, members), create),
		"announce-id":    AnnounceID(act("119", circle, everyone, members), site+"/post/101", posted),
		"undo-announce":  Undo(act("120", circle, everyone, members), AnnounceID(act("119", circle, everyone, members), site+"/post/101", posted)),
		"flag":           Flag(Act{ID: site + "/activity/121", Actor: alice, To: []string{"https://p.example/c/x"}}, []string{"https://p.example/post/9"}, "rude"),
		"flag-person":    Flag(Act{ID: site + "/activity/121", Actor: alice, To: []string{"https://m.example/u/x"}}, []string{"https://m.example/u/x", "https://m.example/p/9"}, "rude"),
		"block":          Block(act("122", alice, everyone, members), bob[0], Ban{circle, "spam", edited, true}),
		"undo-block":     Undo(act("123", alice, everyone, members), Block(act("122", alice, everyone, members), bob[0], Ban{Target: circle})),
		"add":            Add(act("124", alice, everyone, members), bob[0], circle+"/moderators"),
		"remove":         Remove(act("125", alice, everyone, members), site+"/post/101", circle+"/featured"),
		"lock":           Lock(act("126", alice, everyone, members), site+"/post/101", "heated"),
		"undo-lock":      Undo(act("127", alice, everyone, members), Lock(act("126", alice, everyone, members), site+"/post/101", "heated")),
		"warn":           Warn(act("128", site+"/u/gate", bob, nil), "https://p.example/post/9", "held"),
		"question":       examplePoll(false).Doc(), "question-closed": examplePoll(true).Doc(),
		"create-question":    Create(act("131", alice, toCircle, followers), examplePoll(false).Doc()),
		"poll-vote":          PollVote(Act{ID: site + "/activity/132", Actor: alice, To: bob}, site+"/activity/132/inner", "https://p.example/post/9", "leeks"),
		"move":               Move(Act{ID: site + "/activity/129", Actor: alice, To: followers}, "https://new.example/u/alice"),
		"moderators":         AddressCollection(circle+"/moderators", "", []string{alice}),
		"context":            AddressCollection(site+"/post/101/context", circle, []string{site + "/post/101", site + "/comment/102"}),
		"followers":          CountCollection(circle+"/followers", 12),
		"featured":           ObjectCollection(circle+"/featured", 1, []Doc{page}),
		"outbox":             ObjectCollection(circle+"/outbox", 0, nil),
		"create-tip-receipt": Create(Act{ID: site + "/activity/133", Actor: alice, To: bob}, exampleReceipt().Doc()),
		"create-tip-revoked": Create(Act{ID: site + "/activity/134", Actor: alice, To: bob}, exampleRevoked().Doc()),
	}
}

func TestShapesAreGolden(t *testing.T) {
	for name, doc := range shapes(t) {
		golden(t, name+".json", doc.Bytes())
	}
	golden(t, "webfinger.json", WebFinger{"acct:gardening@h.example", circle, "Group", circle, site + "/authorize_interaction?uri={uri}"}.Bytes())
	info := NodeInfo{Name: "H", Version: "0.1.0", Repository: "https://code.example/halqa", Open: true, Users: 5, ActiveMonth: 3, ActiveHalfyear: 4, Posts: 7, Comments: 9}
	golden(t, "nodeinfo-2.0.json", info.Bytes("2.0"))
	golden(t, "nodeinfo-2.1.json", info.Bytes("2.1"))
	golden(t, "nodeinfo-links.json", NodeInfoLinks(site+"/nodeinfo/2.0", site+"/nodeinfo/2.1", site+"/"))
	hostMeta := HostMeta(site + "/.well-known/webfinger?resource={uri}&x=1")
	golden(t, "host-meta.xml", hostMeta)
	if err := xml.Unmarshal(hostMeta, new(struct{ XMLName xml.Name })); err != nil {
		t.Errorf("host-meta is not XML: %v", err)
	}
}

// golden compares the exact bytes: what is sent twice must be the same twice. The files are what a
// reader of the protocol looks at.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "shapes", name)
	got = append(bytes.Clone(got), '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
	}
}

// Rules that a peer breaks on, for every shape and everything embedded in it.
func TestShapesKeepTheRules(t *testing.T) {
	for name, doc := range shapes(t) {
		var root map[string]any
		if err := json.Unmarshal(doc.Bytes(), &root); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, ok := root["@context"]; !ok {
			t.Errorf("%s: no @context", name)
		}
		delete(root, "@context")
		checkRules(t, name, root)
	}
}

func checkRules(t *testing.T, where string, v any) {
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null", where)
	case []any:
		for _, e := range v {
			checkRules(t, where+"[]", e)
		}
	case map[string]any:
		if strings.Contains(where, ".oneOf") || strings.Contains(where, ".anyOf") || strings.HasPrefix(where, "poll-vote") {
			return // answers and votes in polls are Notes with nothing but a name
		}
		typ, _ := v["type"].(string)
		where += "/" + typ
		for _, key := range []string{"to", "cc", "tag", "attachment", "orderedItems", "items"} {
			if m, ok := v[key]; ok {
				if _, ok := m.([]any); !ok {
					t.Errorf("%s: %s is no array", where, key)
				}
			}
		}
		need := map[string][]string{
			"Create": {"to", "cc"}, "Update": {"to", "cc"}, "Announce": {"to", "cc"}, "Block": {"to", "cc"},
			"Add": {"to", "cc", "target"}, "Remove": {"to", "cc", "target"}, "Lock": {"to", "cc"}, "Delete": {"to", "cc"},
			"Page": {"to", "cc", "name", "content", "published", "attachment", "tag"}, "Note": {"to", "cc", "content", "published"},
			"Group": {"inbox", "outbox", "publicKey", "preferredUsername", "language", "postingRestrictedToMods"},
			"Flag":  {"to", "summary", "content"}, "Accept": {"to", "object"},
		}
		for _, key := range need[typ] {
			if _, ok := v[key]; !ok {
				t.Errorf("%s: %s is missing", where, key)
			}
		}
		if _, ok := v["@context"]; ok {
			t.Errorf("%s: an embedded @context", where)
		}
		if _, ok := v["name"]; ok && typ == "Note" {
			t.Errorf("%s: a Note with a name is a vote", where)
		}
		if typ == "Page" && v["inReplyTo"] != nil {
			t.Errorf("%s: a Page in reply is no post", where)
		}
		for key, m := range v {
			checkRules(t, where+"."+key, m)
		}
	}
}

// go-fed, a reader that nobody here wrote, finds in each shape what we put there.
func TestShapesReadBackThroughGoFed(t *testing.T) {
	unknown := map[string]bool{"lock": true, "undo-lock": false, "warn": true} // types that are Lemmy's
	for name, doc := range shapes(t) {
		var m map[string]any
		if err := json.Unmarshal(doc.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		typ, err := streams.ToType(context.Background(), m)
		if unknown[name] {
			if err == nil {
				t.Errorf("%s: go-fed knows it now: take it out of the list", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := typ.GetTypeName(), m["type"]; got != want {
			t.Errorf("%s: type %q, want %q", name, got, want)
		}
		if id := typ.GetJSONLDId(); id == nil || id.Get().String() != m["id"] {
			t.Errorf("%s: id %v, want %v", name, id, m["id"])
		}
		back, err := streams.Serialize(typ)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for key := range m {
			if list, ok := m[key].([]any); ok && len(list) == 0 {
				continue // go-fed drops empty lists
			}
			if _, ok := back[key]; !ok {
				t.Errorf("%s: go-fed lost %q", name, key)
			}
		}
	}
}

// Our own readers get out what the writers took in.
func TestShapesReadBack(t *testing.T) {
	all := shapes(t)
	e, err := Parse(all["announce"].Bytes())
	if err != nil {
		t.Fatal(err)
	}
	inner, err := e.Object.Activity()
	if err != nil {
		t.Fatal(err)
	}
	c, err := inner.Object.Content()
	if err != nil {
		t.Fatal(err)
	}
	p := examplePage()
	same(t, "page", []any{c.Name, c.Content, c.Source.Content, c.Language, c.To, c.CC, c.Published, len(c.Attachments), c.Attachments[0].URL, c.Shares},
		[]any{p.Name, p.Content, p.Markdown, "en", p.To, p.CC, date("2026-11-22T09:00:00Z"), 2, p.Link, Tally{p.Shares.ID, 2}})
	a, err := ParseActor(all["person"].Bytes())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "person", []any{a.Username, a.SharedInbox, len(a.Keys), a.Keys[1].Multibase, *a.Discoverable, a.AlsoKnownAs, a.Fields[0].Rel[1], a.Icon},
		[]any{"alice", site + "/inbox", 2, "z6MkhaXg", true, []string{"https://old.example/u/alice"}, RelEndpoint, site + "/media/i"})
	removal, err := Parse(all["undo-removal"].Bytes())
	if err != nil {
		t.Fatal(err)
	}
	d, err := removal.Object.Activity()
	if err != nil || !d.HasSummary {
		t.Errorf("a removal without a reason must have a summary all the same: %+v, %v", d, err)
	}
}

// The author's bytes go out as they came in, odd spaces, unknown members, escapes and all, but for the
// brackets of recipients.
func TestRawIsVerbatim(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"first", `{"@context":["x",{"a":"b"}], "id" : "1","to":["a"],"odd":{"n":1.50,"s":"\u00fc"}}`, `{"id" : "1","to":["a"],"odd":{"n":1.50,"s":"\u00fc"}}`},
		{"middle", `{"id":"1" , "@context": "x" , "type":"Like"}`, `{"id":"1" , "type":"Like"}`},
		{"last", `{"id":"1","tag":[{"a":","}] , "@context":"x"}`, `{"id":"1","tag":[{"a":","}] }`},
		{"alone", `{"@context":"x"}`, `{}`},
		{"none", ` {"id":"1"} `, `{"id":"1"}`},
		{"inner ones stay", `{"@context":"x","object":{"@context":"y"}}`, `{"object":{"@context":"y"}}`},
		{"recipients without brackets", `{"type":"Create","to":"a", "cc" : "b","object":{"type":"Note","cc":["c"],"to":"\u00e4"},"@context":"x"}`,
			`{"type":"Create","to":["a"], "cc" : ["b"],"object":{"type":"Note","cc":["c"],"to":["\u00e4"]}}`},
		{"no cc", `{"@context":"x","type":"Create","to":"a"}`, `{"type":"Create","to":["a"],"cc":[]}`},
		{"no cc of a Like", `{"type":"Like","to":"a"}`, `{"type":"Like","to":["a"]}`},
		{"recipients under a proof", `{"to":"a","proof":{"type":"DataIntegrityProof"}}`, `{"to":"a","proof":{"type":"DataIntegrityProof"}}`},
		{"an object under a proof", `{"type":"Create","to":"a","cc":[],"object":{"to":"b","proof":{}}}`,
			`{"type":"Create","to":["a"],"cc":[],"object":{"to":"b","proof":{}}}`},
		{"hidden recipients", `{"bto":"s","type":"Create","to":["a"],"cc":[],"object":{"id":"2" , "bto":["s"],"bcc":"s"} , "b\u0063c":"s"}`,
			`{"type":"Create","to":["a"],"cc":[],"object":{"id":"2" } }`},
		{"hidden by their long names", `{"as:bcc":"s","object":[{"object":{"https://www.w3.org/ns/activitystreams#bto":"s"}},{"bcc":null,"id":"2","as:bto":"s"}]}`,
			`{"object":[{"object":{}},{"id":"2"}]}`},
		{"hidden ones with @context", `{"id":"1","bto":"s","@context":"x"}`, `{"id":"1"}`},
		{"a word in a text, a term in a context", `{"content":"bto","object":{"@context":{"bto":"as:bto"}}}`, `{"content":"bto","object":{"@context":{"bto":"as:bto"}}}`},
		{"hidden ones under a proof", `{"@context":"x","to":"a","object":{"id":"2","proof":{}},"bto":"s","proof":{"bcc":"s"}}`, `{"to":["a"],"object":{"id":"2","proof":{}}}`},
		{"hidden ones of an object under a proof", `{"@context":"x","id":"1","object":{"proof":[{}],"id":"2","bcc":"s"}}`, `{"id":"1","object":{"id":"2"}}`},
		{"proof", `{"@context":"x","id":"1","proof":{"type":"DataIntegrityProof"}}`, `{"@context":"x","id":"1","proof":{"type":"DataIntegrityProof"}}`},
	} {
		d, err := Raw([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		out := Announce(Act{ID: "https://h/1", Actor: "https://h/c"}, d).Bytes()
		if !bytes.HasSuffix(out, []byte(`,"object":`+c.want+`}`)) {
			t.Errorf("%s: got %s, want it to end in %s", c.name, out, c.want)
		}
		if !json.Valid(out) {
			t.Errorf("%s: not JSON: %s", c.name, out)
		}
	}
	if _, err := Raw([]byte(`{"a":1,"a":2}`)); err == nil {
		t.Error("a document that two readers would read differently was taken for passing on")
	}
}

func BenchmarkWriteAnnounceCreate(b *testing.B) {
	p := examplePage()
	b.ReportAllocs()
	for b.Loop() {
		create := Create(Act{ID: site + "/activity/103", Actor: alice, To: p.To, CC: p.CC}, p.Doc())
		if len(Announce(Act{ID: site + "/activity/104", Actor: circle, To: p.To}, create).Bytes()) == 0 {
			b.Fatal("nothing")
		}
	}
}
