package as

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func peer(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "peers", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// same compares two values and shows them as JSON.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		g, _ := json.MarshalIndent(got, "", " ")
		w, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("%s:\ngot  %s\nwant %s", what, g, w)
	}
}

func date(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestReadLemmyAnnounce(t *testing.T) {
	e, err := Parse(peer(t, "lemmy-announce-page.json"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "outer", []any{e.ID, e.Type, e.Actor, e.To, e.CC, e.IsPublic(), e.Object.ID, e.Object.Type},
		[]any{"https://lemmy.example/activities/announce/create/22bb", "Announce", "https://lemmy.example/c/birds",
			[]string{Public}, []string{"https://lemmy.example/c/birds/followers"}, true,
			"https://lemmy.example/activities/create/11aa", "Create"})
	inner, err := e.Object.Activity()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "inner", []any{inner.Type, inner.Actor, inner.Audience, inner.Object.Type},
		[]any{"Create", "https://lemmy.example/u/bob", []string{"https://lemmy.example/c/birds"}, "Page"})
	if !strings.HasPrefix(string(inner.Raw), "{\n    \"id\": \"https://lemmy.example/activities/create/11aa\"") {
		t.Errorf("the inner activity's own bytes begin %.60q", inner.Raw)
	}
	c, err := inner.Object.Content()
	if err != nil {
		t.Fatal(err)
	}
	c.Raw = nil
	closed := false
	same(t, "page", c, &Content{
		ID: "https://lemmy.example/post/7", Type: "Page", AttributedTo: "https://lemmy.example/u/bob",
		To: []string{"https://lemmy.example/c/birds", Public}, Audience: []string{"https://lemmy.example/c/birds"},
		Name: "re: what sings at four in the morning?", Content: "<p>It is <em>loud</em>.</p>\n", MediaType: "text/html",
		Source: Source{"It is *loud*.", "text/markdown"}, Language: "en",
		Attachments: []Attachment{
			{Type: "Link", URL: "https://news.example/dawn"},
			{Type: "Image", URL: "https://lemmy.example/pictrs/robin.webp", Name: "A robin", Width: 640, Height: 480},
		},
		Image:     &Attachment{Type: "Image", URL: "https://lemmy.example/pictrs/thumb.webp"},
		Tags:      []Tag{{Type: "Hashtag", Href: "https://lemmy.example/post/7", Name: "#birds"}},
		Published: date("2026-11-20T04:03:02.123456Z"), Updated: date("2026-11-20T04:05:00Z"),
		Replies: Tally{Total: -1}, Likes: Tally{Total: -1}, Shares: Tally{Total: -1}, CommentsEnabled: &closed,
	})
}

func TestReadMastodonNote(t *testing.T) {
	e, err := Parse(peer(t, "mastodon-create-note.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Object.Content()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := c.Answers.Collection(); err != nil || r.ID != c.Replies.ID || !r.First.Embedded() {
		t.Errorf("replies %+v, %v; want a collection with its first page", r, err)
	}
	c.Raw, c.Answers = nil, Ref{}
	same(t, "note", c, &Content{
		ID: "https://masto.example/users/ann/statuses/5", Type: "Note", AttributedTo: "https://masto.example/users/ann",
		To: []string{Public}, CC: []string{"https://masto.example/users/ann/followers", "https://h.example/c/gardening"},
		Summary: "gardening, long", Sensitive: true,
		Content:    `<p>Leeks! <span class="h-card">@<span>gardening</span></span></p>`,
		ContentMap: []LangText{{"de", "<p>Lauch!</p>"}}, Language: "de",
		URL: "https://masto.example/@ann/5", Quote: "https://masto.example/users/eve/statuses/3",
		Attachments: []Attachment{{Type: "Document", URL: "https://files.masto.example/leek.jpg", MediaType: "image/jpeg",
			Name: "Two leeks", Blurhash: "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH", Width: 1200, Height: 900}},
		Tags: []Tag{
			{Type: "Mention", Href: "https://h.example/c/gardening", Name: "@gardening@h.example"},
			{Type: "Hashtag", Href: "https://masto.example/tags/leek", Name: "#leek"},
			{Type: "Emoji", Name: ":leek:", Icon: "https://files.masto.example/e.png"},
		},
		Published:    date("2026-11-20T12:00:00Z"),
		Context:      "https://masto.example/contexts/9",
		Conversation: "tag:masto.example,2026-11-20:objectId=9:objectType=Conversation",
		Replies:      Tally{"https://masto.example/users/ann/statuses/5/replies", -1},
		Likes:        Tally{"https://masto.example/users/ann/statuses/5/likes", 4},
		Shares:       Tally{"https://masto.example/users/ann/statuses/5/shares", 1},
	})
}

func TestReadQuestion(t *testing.T) {
	c, err := ParseContent(peer(t, "mastodon-question.json"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "poll", c.Poll, &Poll{Multiple: true, Voters: 5, Closed: true, EndTime: date("2026-11-21T12:00:00Z"),
		Options: []PollOption{{"note: leeks", 3}, {"beans", 2}}})
	same(t, "to", c.To, []string{Public})
}

// NodeBB's numbers among addresses, addresses within addresses, titles that look like addresses, NUL.
func TestReadNodeBB(t *testing.T) {
	e, err := Parse(peer(t, "nodebb-announce-article.json"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "cc", e.CC, []string{"https://nodebb.example/uid/1", Public})
	c, err := e.Object.Content()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "article", []any{c.ID, c.Name, c.Content, c.Published, c.Replies, c.IsPublic()}, []any{
		"https://nodebb.example/post/https%3A%2F%2Fp.example%2F9", "Tip: mulch",
		"<p>Mulch, 你好 🌱 and more.</p>", date("2026-11-20T03:10:41.257Z"),
		Tally{"https://nodebb.example/post/2/replies", -1}, true})
}

func TestReadPeerTube(t *testing.T) {
	c, err := ParseContent(peer(t, "peertube-video.json"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "video", []any{c.Type, c.AttributedTo, c.Channel, c.CC, c.URL, c.MediaType, c.Language, *c.CommentsEnabled, c.Published},
		[]any{"Video", "https://tube.example/accounts/joe", "https://tube.example/video-channels/garden",
			[]string{"https://tube.example/accounts/joe/followers"}, "https://tube.example/w/1", "text/markdown", "fr", true,
			date("2026-11-20T10:00:00Z")})
}

func TestReadPieFedGroup(t *testing.T) {
	a, err := ParseActor(peer(t, "piefed-group.json"))
	if err != nil {
		t.Fatal(err)
	}
	a.Raw = nil
	yes, no := true, false
	same(t, "group", a, &Actor{
		ID: "https://piefed.example/c/tea", Type: "Group", Username: "tea", Name: "Tea", Summary: "<p>All teas</p>",
		Source: Source{"All teas", "text/markdown"}, URL: "https://piefed.example/c/tea",
		Inbox: "https://piefed.example/c/tea/inbox", Outbox: "https://piefed.example/c/tea/outbox",
		SharedInbox: "https://piefed.example/inbox", Followers: "https://piefed.example/c/tea/followers",
		Featured: "https://piefed.example/c/tea/featured", Moderators: "https://piefed.example/c/tea/moderators",
		AttributedTo: "https://piefed.example/c/tea/moderators",
		Icon:         "https://piefed.example/tea.webp", Image: "https://piefed.example/banner.webp",
		Keys: []Key{
			{ID: "https://piefed.example/c/tea#main-key", Owner: "https://piefed.example/c/tea", PEM: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"},
			{ID: "https://piefed.example/c/tea#ed", Owner: "https://piefed.example/c/tea", Multibase: "z6MkhaXg"},
		},
		ManuallyApproves: true, RestrictedToMods: true, PostingWarning: "Be kind",
		Discoverable: &yes, Indexable: &no, Languages: []string{"en", "zh"},
		Published: date("2026-01-02T03:04:05.678901Z"),
	})
	if _, ok := a.Key("https://piefed.example/c/tea#ed"); !ok {
		t.Error("the second key is not found by its id")
	}
}

func TestReadActivities(t *testing.T) {
	for _, c := range []struct {
		name, body string
		got        func(e *Envelope) any
		want       any
	}{
		{"Mbin removes", `{"type":"Delete","actor":"https://m/u","object":"https://m/p","summary":" "}`,
			func(e *Envelope) any { return []any{e.HasSummary, e.Summary, e.Object.ID, e.Object.Embedded()} }, []any{true, " ", "https://m/p", false}},
		{"an author deletes", `{"type":"Delete","summary":null,"object":{"id":"https://m/p","type":"Tombstone"}}`,
			func(e *Envelope) any { return []any{e.HasSummary, e.Object.ID, e.Object.Type} }, []any{false, "https://m/p", "Tombstone"}},
		{"Mastodon flags several", `{"type":"Flag","object":["https://h/u/a","https://h/p/1",null,7],"content":"spam"}`,
			func(e *Envelope) any { return []any{len(e.Objects), e.Objects[1].ID, e.Object.ID, e.Content} }, []any{2, "https://h/p/1", "https://h/u/a", "spam"}},
		{"PieFed's batch", `{"type":"Announce","object":[{"id":"https://p/1","type":"Like","actor":"https://p/u","object":"https://p/x"},{"id":"https://p/2","type":"Dislike"}]}`,
			func(e *Envelope) any {
				i, _ := e.Objects[0].Activity()
				return []any{len(e.Objects), i.Type, i.Object.ID}
			}, []any{2, "Like", "https://p/x"}},
		{"actor embedded, type twice", `{"type":["EmojiReact","Like"],"actor":{"id":"https://p/u","type":"Person"},"object":"https://p/x"}`,
			func(e *Envelope) any { return []any{e.Type, e.Actor} }, []any{"EmojiReact", "https://p/u"}},
		{"a ban", `{"type":"Block","object":"https://p/u","target":"https://p/c","expires":"2026-12-01T00:00:00Z","removeData":true}`,
			func(e *Envelope) any { return []any{e.Target.ID, e.EndTime, e.RemoveData} }, []any{"https://p/c", date("2026-12-01T00:00:00Z"), true}},
		{"undo of an undo of a name", `{"type":"Undo","object":{"type":"Undo","object":"https://p/1"}}`,
			func(e *Envelope) any {
				i, _ := e.Object.Activity()
				return []any{e.Object.Embedded(), e.Object.ID, i.Object.ID}
			}, []any{true, "", "https://p/1"}},
		{"addresses that are none", `{"id":"https://h/a b","actor":"https://h/\n","to":["", "https://h/x", "https://h/x"],"object":"` + strings.Repeat("h", MaxIRI+1) + `"}`,
			func(e *Envelope) any { return []any{e.ID, e.Actor, e.To, e.Object.IsZero()} }, []any{"", "", []string{"https://h/x"}, true}},
		{"public by its short names", `{"to":"as:Public","cc":["Public"]}`,
			func(e *Envelope) any { return []any{e.To, e.CC, e.IsPublic()} }, []any{[]string{Public}, []string{Public}, true}},
		{"escaped keys", `{"\u0074ype":"Like","\u0061ctor":"https://p/u"}`,
			func(e *Envelope) any { return []any{e.Type, e.Actor} }, []any{"Like", "https://p/u"}},
		{"keys in another case", `{"Type":"Delete","type":"Like","Actor":"https://evil","actor":"https://p/u"}`,
			func(e *Envelope) any { return []any{e.Type, e.Actor} }, []any{"Like", "https://p/u"}},
		{"a proof", `{"type":"Like","proof":{"type":"DataIntegrityProof"}}`,
			func(e *Envelope) any { return e.Proof }, true},
		{"nothing", `{}`, func(e *Envelope) any { return []any{e.Type, e.Object.IsZero()} }, []any{"", true}},
	} {
		e, err := Parse([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		same(t, c.name, c.got(e), c.want)
	}
}

// What go-fed would fail on or turn round must come through.
func TestReadOddContent(t *testing.T) {
	for _, c := range []struct {
		name, body string
		got        func(c *Content) any
		want       any
	}{
		{"a type unknown to go-fed", `{"type":"ChatMessage","content":"hi"}`, func(c *Content) any { return []any{c.Type, c.Content} }, []any{"ChatMessage", "hi"}},
		{"no type", `{"content":"hi"}`, func(c *Content) any { return []any{c.Type, c.Content} }, []any{"", "hi"}},
		{"everything of the wrong kind", `{"type":{},"id":[],"name":{"a":1},"content":5,"summary":[[]],"published":7,"tag":"x","attachment":3,"image":[],"url":{"a":[]},"likes":true,"source":"s","contentMap":[1],"language":7,"sensitive":"yes","commentsEnabled":null,"to":{},"replies":[null]}`,
			func(c *Content) any {
				return []any{c.ID, c.Name, c.Content, c.Summary, c.Published.IsZero(), c.Sensitive, c.CommentsEnabled == nil}
			},
			[]any{"", "", "", "", true, false, true}},
		{"content in a map alone", `{"type":"Note","contentMap":{"zh":"你好","en":"hello"}}`, func(c *Content) any { return []any{c.Content, c.Language, len(c.ContentMap)} }, []any{"你好", "", 2}},
		{"texts like addresses", `{"type":"Note","name":"HTTP://x/ü","content":"mailto:a b","summary":"cw:food"}`, func(c *Content) any { return []any{c.Name, c.Content, c.Summary} }, []any{"HTTP://x/ü", "mailto:a b", "cw:food"}},
		{"ids that net/url would rewrite", `{"id":"https://h/ü#","inReplyTo":{"id":"HTTPS://H/a?"},"attributedTo":[{"id":"https://h/u","type":"Person"}]}`, func(c *Content) any { return []any{c.ID, c.InReplyTo, c.AttributedTo} }, []any{"https://h/ü#", "HTTPS://H/a?", "https://h/u"}},
		{"a date out of bounds", `{"published":"0001-01-01T00:00:00Z","updated":"2026-11-20T10:00Z"}`, func(c *Content) any { return []any{c.Published.IsZero(), c.Updated} }, []any{true, date("2026-11-20T10:00:00Z")}},
		{"half a surrogate", `{"content":"a\ud83cb\udf31"}`, func(c *Content) any { return c.Content }, "a\ufffdb\ufffd"},
		{"a long title is cut between runes", `{"name":"` + strings.Repeat("界", 1000) + `"}`, func(c *Content) any { return len(c.Name) }, 2046},
		{"many tags", `{"tag":[` + strings.Repeat(`{"type":"Hashtag","name":"#a"},`, 200) + `0]}`, func(c *Content) any { return len(c.Tags) }, MaxList},
	} {
		got, err := ParseContent([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		same(t, c.name, c.got(got), c.want)
	}
}

func TestReadCollections(t *testing.T) {
	c, err := ParseCollection([]byte(`{"id":"https://p/c/outbox","type":"OrderedCollection","totalItems":905,
		"orderedItems":["https://p/1",{"id":"https://p/2","type":"Announce","object":{"type":"Create","id":"https://p/3"}},null,4],
		"first":{"type":"OrderedCollectionPage","items":"https://p/9","next":"https://p/c/outbox?page=2","partOf":"https://p/c/outbox"}}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "collection", []any{c.Type, c.Total, len(c.Items), c.Items[0].ID, c.Items[1].Type}, []any{"OrderedCollection", 905, 2, "https://p/1", "Announce"})
	page, err := c.First.Collection()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "page", []any{page.Items[0].ID, page.Next, page.PartOf, page.Total}, []any{"https://p/9", "https://p/c/outbox?page=2", "https://p/c/outbox", -1})
}

func TestReadDiscovery(t *testing.T) {
	f, err := ParseWebFinger([]byte(`{"subject":"acct:tea@p.example","aliases":["https://p.example/u/tea"],"links":[
		{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"https://p.example/u/tea"},
		{"rel":"self","type":"application/activity+json","href":"https://p.example/u/tea","properties":{"https://www.w3.org/ns/activitystreams#type":"Person"}},
		{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"https://p.example/c/tea","properties":{"https://www.w3.org/ns/activitystreams#type":"Group"}},
		{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://p.example/nothing"},
		{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://p.example/follow?uri={uri}"},
		{"rel":"self","type":"text/html","href":"https://p.example/x"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "webfinger", f, &Finger{"acct:tea@p.example", []string{"https://p.example/u/tea"},
		[]Self{{"https://p.example/u/tea", "Person"}, {"https://p.example/c/tea", "Group"}}, "https://p.example/follow?uri={uri}"})
	href, err := ParseNodeInfoLinks([]byte(`{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"https://p/2.1"},{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://p/2.0"},{"rel":"other","href":"https://p/3"}]}`))
	if err != nil || href != "https://p/2.1" {
		t.Errorf("nodeinfo links: %q, %v", href, err)
	}
	s, err := ParseNodeInfo([]byte(`{"version":"2.0","software":{"name":"NodeBB","version":"4.15.1"},"usage":{"users":{"total":"12"}},"openRegistrations":true}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "nodeinfo", s, Software{"nodebb", "4.15.1", 12, true})
}

// What a Tombstone says of what was there is read.
func TestTombstoneIsRead(t *testing.T) {
	c, err := ParseContent(Tombstone{"https://h.example/comment/2", "Note", "https://h.example/c/garden", "https://h.example/post/1", posted, edited}.Doc().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if c.Type != "Tombstone" || c.FormerType != "Note" || !slices.Equal(c.Audience, []string{"https://h.example/c/garden"}) ||
		c.InReplyTo != "https://h.example/post/1" || !c.Published.Equal(posted.Truncate(time.Second)) || !c.Deleted.Equal(edited.Truncate(time.Second)) {
		t.Errorf("read as %+v", *c)
	}
}
