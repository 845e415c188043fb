package federation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/fetch"
	"halqa/internal/store"
)

func (h *house) ask(who circles.Viewer, c *circles.Circle, multiple bool, options ...string) *circles.Post {
	h.Helper()
	p, err := h.app.Post(h.Context(), who, app.NewPost{Circle: c.CircleID(), Title: "Leeks & beans?", Body: "Think *twice*.",
		Poll: &app.NewPoll{Options: options, Multiple: multiple, For: 24 * time.Hour}})
	if err != nil {
		h.Fatal(err)
	}
	return p
}

func (h *house) poll(id circles.PostID) (p *circles.Poll) {
	h.Helper()
	h.view(func(tx *store.Tx) (err error) {
		p, err = tx.Poll(id)
		return err
	})
	return p
}

func (h *house) wantCounts(when string, id circles.PostID, want string) {
	h.Helper()
	got := "no poll"
	if p := h.poll(id); p != nil {
		got = fmt.Sprintf("%d:", p.Voters)
		for _, o := range p.Options {
			got += fmt.Sprintf(" %s=%d", o.Text, o.Votes)
		}
	}
	if got != want {
		h.Errorf("%s: the poll stands at %q, want %q", when, got, want)
	}
}

// choice is a vote in a poll as Mastodon and Misskey send it.
func (v *voice) choice(poll, option string, more ...obj) obj {
	v.n++
	note := merge(obj{"id": fmt.Sprintf("%s#votes/%d", v.id, v.n), "type": "Note", "attributedTo": v.id, "to": v.site.Base + "/u/olga", "inReplyTo": poll, "name": option}, more...)
	return v.says("Create", note, obj{"to": v.site.Base + "/u/olga", "cc": nil})
}

// asked fetches a document as a server that calls itself so.
func (h *house) asked(path, agent string) (o obj, vary string) {
	h.Helper()
	req, err := http.NewRequest(http.MethodGet, h.server.URL+path, nil)
	if err != nil {
		h.Fatal(err)
	}
	req.Header.Set("Accept", fetch.ActivityJSON)
	req.Header.Set("User-Agent", agent)
	resp, err := noRedirect.Do(req)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
		h.Fatalf("%s: %v", path, err)
	}
	return o, resp.Header.Get("Vary")
}

// A poll is a Question for those who read one, and a Page that lists it for all others.
func TestPollIsServedAsItsReaderReadsIt(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	p := h.ask(olga, c, true, "leeks <b>", "*beans*")
	if _, err := h.app.VotePoll(t.Context(), olga, p.ID, []int{0, 1}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ agent, typ, name, content string }{
		{"Mastodon/4.6.5 (http.rb/5.3.1; +https://m.example/)", "Question", "", "<p>Leeks &amp; beans?</p><p>Think <em>twice</em>.</p>"},
		{"http.rb/5.1.1 (Mastodon/4.2.1; +https://m.example/)", "Question", "", "<p>Leeks &amp; beans?</p><p>Think <em>twice</em>.</p>"},
		{"gotosocial/0.20.0 (+https://g.example)", "Question", "", "<p>Leeks &amp; beans?</p><p>Think <em>twice</em>.</p>"},
		{"Misskey/2025.4.1 (https://k.example)", "Question", "", "<p>Leeks &amp; beans?</p><p>Think <em>twice</em>.</p>"},
		{"PieFed/1.6.6; +https://p.example", "Question", "Leeks & beans?", "<p>Think <em>twice</em>.</p>"},
		{"Halqa/0.1 (+https://h.example/)", "Question", "Leeks & beans?", "<p>Think <em>twice</em>.</p>"},
		{"Lemmy/1.0.0-beta.1; +https://l.example", "Page", "Leeks & beans?", "<ul><li>leeks &lt;b&gt;</li><li>*beans*</li></ul>"},
		{"Mbin/1.10.1 (+https://b.example/agent)", "Page", "Leeks & beans?", "<ul><li>leeks &lt;b&gt;</li><li>*beans*</li></ul>"},
		{"Mozilla/5.0 (compatible; Friendica 'Blutwurz' 2024.08; https://f.example)", "Page", "Leeks & beans?", "<ul>"},
		{"curl/8.0", "Page", "Leeks & beans?", "<ul>"},
		{"", "Page", "Leeks & beans?", "<ul>"},
	} {
		o, vary := h.asked(p.Path(), tt.agent)
		name, _ := o["name"].(string)
		content, _ := o["content"].(string)
		if o["type"] != tt.typ || name != tt.name || !strings.Contains(strings.ReplaceAll(content, "\n", ""), tt.content) || o["id"] != h.postAddress(p) {
			t.Errorf("%q gets a %v %q: %s; want a %s %q with %s", tt.agent, o["type"], name, content, tt.typ, tt.name, tt.content)
		}
		if !strings.Contains(vary, "User-Agent") {
			t.Errorf("%q: Vary is %q", tt.agent, vary)
		}
		if tt.typ == "Page" {
			markdown, _ := o["source"].(obj)["content"].(string)
			if !strings.Contains(markdown, `- leeks \<b\>`) || !strings.Contains(markdown, `- \*beans\*`) || !strings.Contains(markdown, "<"+h.postAddress(p)+">") {
				t.Errorf("%q gets the markdown %q", tt.agent, markdown)
			}
			continue
		}
		body, _ := json.Marshal(o)
		content2, err := as.ParseContent(body)
		if err != nil || content2.Poll == nil {
			t.Fatalf("%q: %v in %s", tt.agent, err, body)
		}
		got := fmt.Sprintf("%+v", *content2.Poll)
		want := fmt.Sprintf("%+v", as.Poll{Multiple: true, Voters: 1, EndTime: moment(h.poll(p.ID).EndsAt).Truncate(time.Second),
			Options: []as.PollOption{{Name: "leeks <b>", Votes: 1}, {Name: "*beans*", Votes: 1}}})
		if got != want {
			t.Errorf("%q reads %s, want %s", tt.agent, got, want)
		}
	}
}

// What is delivered says the counts that the log told last, and so is the same each time; who lists polls
// hears of them at the end only.
func TestPollIsToldByClass(t *testing.T) {
	h := newHouse(t)
	olga, bob := h.person("olga"), h.person("bob")
	c := h.circle(olga, "garden", circles.Public)
	p := h.ask(olga, c, false, "leeks", "beans")
	bodies := func(kind circles.EventKind, cl class) (all []string) {
		h.Helper()
		h.view(func(tx *store.Tx) error {
			seq, err := tx.LastEntry(int64(p.ID), kind, c.ID)
			if err != nil || seq == 0 {
				return fmt.Errorf("entry %s: %d, %v", kind, seq, err)
			}
			ev, err := tx.Event(seq)
			if err != nil {
				return err
			}
			b, err := pack(h.site, tx, ev, cl)
			if err != nil {
				return err
			}
			for _, parcel := range b.parcels {
				all = append(all, string(parcel.body.Bytes))
			}
			return nil
		})
		return all
	}
	classes := []class{threads, asking, microblog, misskey, unknown}
	before := map[class][]string{}
	for _, cl := range classes {
		before[cl] = bodies(circles.PostCreated, cl)
	}
	if _, err := h.app.VotePoll(t.Context(), bob, p.ID, []int{1}); err != nil {
		t.Fatal(err)
	}
	for _, cl := range classes {
		if got := bodies(circles.PostCreated, cl); strings.Join(got, "\n") != strings.Join(before[cl], "\n") {
			t.Errorf("%s: the Create is %s after a vote, was %s", cl, got, before[cl])
		}
	}
	h.clock.forward(6 * time.Minute)
	if err := h.app.SweepPolls(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.clock.forward(24 * time.Hour)
	if err := h.app.SweepPolls(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		class          class
		counted, ended []string // a word of each body
	}{
		{threads, nil, []string{"<li>beans: 1</li>"}},
		{asking, []string{`"name":"beans","replies":{"type":"Collection","totalItems":1}`}, []string{`"closed":"2026-11-23T`}},
		{microblog, []string{`"name":"beans","replies":{"type":"Collection","totalItems":1}`}, []string{`"closed":"2026-11-23T`}},
		{misskey, []string{`"name":"beans","replies":{"type":"Collection","totalItems":1}`}, []string{`"closed":"2026-11-23T`}},
		{unknown, nil, []string{"<li>beans: 1</li>", "<li>beans: 1</li>"}},
	} {
		for kind, want := range map[circles.EventKind][]string{circles.PollCounted: tt.counted, circles.PollEnded: tt.ended} {
			got := bodies(kind, tt.class)
			if len(got) != len(want) {
				t.Errorf("%s of %s: %d bodies, want %d", kind, tt.class, len(got), len(want))
				continue
			}
			for i := range want {
				if !strings.Contains(got[i], want[i]) || !strings.Contains(got[i], `"Update"`) {
					t.Errorf("%s of %s: %s, want an Update with %s", kind, tt.class, got[i], want[i])
				}
			}
		}
	}
}

func TestVotesFromElsewhere(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	p, plain := h.ask(olga, c, false, "leeks", "beans"), h.write(olga, c, "Roses")
	several := h.ask(olga, c, true, "leeks", "beans")
	far, other := h.far(), h.far()
	bob, eve, group := far.speaker("bob"), other.speaker("eve"), other.group("trees")
	group.followedBy(olga)
	at := h.postAddress(p)

	vote := bob.choice(at, "beans")
	bob.must(vote)
	h.wantCounts("a vote", p.ID, "1: leeks=0 beans=1")
	bob.must(vote)
	bob.must(bob.choice(at, "beans"))
	bob.must(bob.choice(at, "leeks"))
	h.wantCounts("the same person again", p.ID, "1: leeks=0 beans=1")
	bob.must(bob.choice(h.postAddress(several), "leeks"))
	bob.must(bob.choice(h.postAddress(several), "beans", obj{"id": nil}))
	h.wantCounts("two of several", several.ID, "1: leeks=1 beans=1")

	eve.must(eve.choice(at, "rye"))
	eve.must(eve.choice(at, "leeks", obj{"attributedTo": bob.id}))
	eve.must(eve.choice(h.postAddress(plain), "leeks"))
	eve.must(eve.choice(h.site.Base+"/post/1", "leeks"))
	h.wantCounts("no such option, another's name, no poll, no post", p.ID, "1: leeks=0 beans=1")
	// A circle does not pass on what is between a voter and an author; PieFed's own form it does, for
	// what is in it.
	group.announces(eve.choice(at, "leeks"))
	group.announces(eve.says("PollVote", at, obj{"choice_text": "leeks"}))
	h.wantCounts("by way of a circle elsewhere", p.ID, "1: leeks=0 beans=1")
	eve.must(eve.says("Update", eve.choice(at, "leeks")["object"]))
	h.wantCounts("an Update", p.ID, "1: leeks=0 beans=1")
	eve.must(eve.says("PollVote", at, obj{"choice_text": "leeks", "audience": h.address(c)}))
	h.wantCounts("as PieFed says it", p.ID, "2: leeks=1 beans=1")
	eve.must(eve.says("PollVote", at))

	far.put(merge(obj{"id": bob.base + "/vote", "type": "Note", "attributedTo": bob.id, "to": arr{as.Public}, "inReplyTo": at, "name": "leeks"}))
	if _, err := h.inbox.FetchPost(t.Context(), bob.base+"/vote"); err == nil {
		t.Error("a vote is fetched as if it were a comment")
	}
	h.clock.forward(25 * time.Hour)
	late := far.speaker("late")
	late.must(late.choice(at, "leeks"))
	h.wantCounts("too late", p.ID, "2: leeks=1 beans=1")
	h.view(func(tx *store.Tx) error {
		for _, id := range []circles.PostID{p.ID, several.ID, plain.ID} {
			q, err := tx.Post(id)
			if err != nil || q.Comments != 0 {
				t.Errorf("post %s has %d comments, %v: votes are none", id, q.Comments, err)
			}
		}
		return nil
	})
	if n := h.parked(); n != 0 {
		t.Errorf("%d votes wait for something", n)
	}
}

func question(v *voice, path, circle string, options arr, more ...obj) obj {
	return merge(obj{"@context": "https://www.w3.org/ns/activitystreams", "id": v.base + path, "type": "Question", "attributedTo": v.id,
		"to": arr{circle, as.Public}, "cc": arr{}, "content": "<p>Which one?</p>", "published": "2026-11-22T09:00:00Z",
		"endTime": "2026-11-25T09:00:00Z", "votersCount": 3, "oneOf": options}, more...)
}

func choiceOf(name string, votes any) obj {
	return obj{"type": "Note", "name": name, "replies": obj{"type": "Collection", "totalItems": votes}}
}

func TestQuestionsFromElsewhere(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	c := h.circle(olga, "garden", circles.Public)
	far, other := h.far(), h.far()
	bob, eve := far.speaker("bob"), other.speaker("eve")
	q := question(bob, "/p/1", h.address(c), arr{choiceOf("leeks", 2), choiceOf("beans", 1)})
	bob.must(bob.says("Create", q))
	here := h.wantPost(q["id"].(string))
	if here.Title != "Which one?" || here.Circle != c.CircleID() {
		t.Errorf("the question is %q in %s", here.Title, here.Circle)
	}
	h.wantCounts("a question", here.ID, "3: leeks=2 beans=1")

	// Our vote goes to the author's server alone, as a Note that PieFed and Mastodon both count.
	from := h.mark()
	if _, err := h.app.VotePoll(t.Context(), olga, here.ID, []int{0}); err != nil {
		t.Fatal(err)
	}
	h.view(func(tx *store.Tx) error {
		all, err := tx.EventsAfter(from, 10)
		if err != nil || len(all) != 1 || len(all[0].To) != 1 || all[0].To[0] != bob.base+"/inbox" {
			t.Fatalf("the vote is said as %+v, %v", all, err)
		}
		for _, cl := range []class{threads, asking, microblog, unknown} {
			b, err := pack(h.site, tx, all[0], cl)
			if err != nil || len(b.parcels) != 1 {
				t.Fatalf("%s: %+v, %v", cl, b, err)
			}
			var sent obj
			decode(t, b.parcels[0].body.Bytes, &sent)
			note := sent["object"].(obj)
			if sent["type"] != "Create" || note["name"] != "leeks" || note["inReplyTo"] != q["id"] || note["published"] != nil || note["content"] != nil ||
				fmt.Sprint(note["to"]) != fmt.Sprint(arr{bob.id}) || bytes.Contains(b.parcels[0].body.Bytes, []byte(as.Public)) {
				t.Errorf("%s gets %s", cl, b.parcels[0].body.Bytes)
			}
		}
		return nil
	})
	if _, open, _, err := Activity(t.Context(), h.store, h.site, h.mark(), ""); open || err != nil {
		t.Errorf("who voted for what is open %t to everyone, %v", open, err)
	}
	h.wantCounts("our own vote", here.ID, "4: leeks=3 beans=1")

	counted := func(leeks, beans any) obj {
		return question(bob, "/p/1", h.address(c), arr{choiceOf("leeks", leeks), choiceOf("beans", beans)}, obj{"votersCount": 9})
	}
	eve.must(eve.says("Update", counted(0, 99)))
	h.wantCounts("an Update by another server", here.ID, "4: leeks=3 beans=1")
	mallory := far.speaker("mallory")
	mallory.must(mallory.says("Update", counted(0, 99)))
	h.wantCounts("an Update by another person there", here.ID, "4: leeks=3 beans=1")
	bob.must(bob.says("Update", counted(5, 4)))
	h.wantCounts("new counts", here.ID, "9: leeks=5 beans=4")
	bob.must(bob.says("Update", counted(-5, 1e300)))
	if p := h.poll(here.ID); p.Options[0].Votes != 0 || p.Options[1].Votes < 0 || p.Options[1].Votes > circles.MaxPollCount {
		t.Errorf("absurd counts are taken over: %+v", p.Options)
	}

	many := arr{}
	for i := range 50 {
		many = append(many, choiceOf(fmt.Sprint("option ", i), 0))
	}
	for i, options := range []arr{many, {choiceOf("a", 1)}, {choiceOf("a", 1), choiceOf("a", 2)}, {}, {1, "x", nil}, {choiceOf("a", 1), obj{"type": "Note"}}} {
		odd := question(bob, fmt.Sprintf("/odd/%d", i), h.address(c), options)
		bob.must(bob.says("Create", odd))
		h.wantCounts(fmt.Sprintf("odd question %d", i), h.wantPost(odd["id"].(string)).ID, "no poll")
	}
	closed := question(bob, "/p/2", h.address(c), arr{choiceOf("a", 1), choiceOf("b", 2)}, obj{"closed": "2026-11-22T09:30:00Z"})
	bob.must(bob.says("Create", closed))
	if _, err := h.app.VotePoll(t.Context(), olga, h.wantPost(closed["id"].(string)).ID, []int{0}); !circles.Is(err, circles.Conflict) {
		t.Errorf("a vote in a closed poll: %v", err)
	}
}
