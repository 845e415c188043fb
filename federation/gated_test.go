package federation

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/testdb"
)

const (
	switchedOff = `{"off":true,"reason":{"en":"The doors are shut"}}`
	asksMuch    = `{"gate":{"any":[[{"fact":"days_known_here","gte":400}],[{"fact":"vouches","gte":5}]],"else":"deny","reason":{"en":"The doors are shut"}}}`
)

// TestEveryGatedKind sends every kind of activity over HTTP while every action is shut everywhere. What a gate
// refuses is first made one that asks for more than anybody has, and then opened, until the activity is taken.
// The answer's body is held against what the person would have read before, and what was met against the
// table: a kind that asks and does not say so fails, and so does one of which there is no example here.
func TestEveryGatedKind(t *testing.T) {
	h := newHouse(t)
	olga := h.person("olga")
	h.update(func(tx *store.Tx) error { // who has an account takes messages
		return tx.AddAccount(&store.Account{Person: olga.Person, Role: circles.SiteMember, CreatedAt: tx.Now(), SeenAt: tx.Now()})
	})
	garden := h.circle(olga, "garden", circles.Public)
	at := h.address(garden)
	open := h.write(olga, garden, "Sowing")
	poll, err := h.app.Post(t.Context(), olga, app.NewPost{Circle: garden.CircleID(), Title: "Which?", Poll: &app.NewPoll{Options: []string{"Leeks", "Beans"}, For: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	far := h.far()
	bob, cyn, trees := far.speaker("bob"), far.speaker("cyn"), far.group("trees")
	trees.followedBy(olga)
	bob.must(bob.says("Follow", at))
	mine := bob.page("/post/1", at, "Mine")
	bob.must(bob.says("Create", mine))
	said := bob.note("/comment/1", at, h.postAddress(open), "Said")
	bob.must(bob.says("Create", said))
	gone := bob.note("/comment/2", at, h.postAddress(open), "Gone soon")
	bob.must(bob.says("Create", gone))
	bob.must(bob.says("Like", h.postAddress(open), obj{"id": bob.id + "/like"}))

	picture := obj{"attachment": arr{obj{"type": "Image", "url": far.base + "/bed.jpg"}, obj{"type": "Link", "href": "https://soil.example/"}}}
	to := obj{"to": arr{h.site.Base + "/u/olga"}, "cc": arr{}}
	n := 0
	next := func() string { n++; return fmt.Sprintf("/post/new-%d", n) }
	examples := map[string][]func() obj{
		"Follow": {func() obj { return far.speaker(fmt.Sprintf("new%d", len(next()))).says("Follow", at) }},
		"Create": {
			func() obj { return bob.says("Create", bob.page(next(), at, "With a picture", picture)) },
			func() obj { return bob.says("Create", bob.note(next(), at, h.postAddress(open), "A comment")) },
			func() obj {
				return cyn.says("Create", merge(obj{"id": cyn.base + next(), "type": "ChatMessage", "attributedTo": cyn.id, "content": "<p>We have not met</p>"}, to), to)
			},
			func() obj {
				return bob.says("Create", merge(obj{"id": bob.base + next(), "type": "Note", "attributedTo": bob.id, "name": "Leeks", "inReplyTo": h.postAddress(poll)}, to), to)
			},
		},
		"Update": {
			func() obj {
				return bob.says("Update", merge(obj{}, mine, picture, obj{"updated": "2026-11-22T10:30:00Z"}))
			},
			func() obj {
				return bob.says("Update", merge(obj{}, said, obj{"content": "<p>Said better</p>", "updated": "2026-11-22T10:30:00Z"}))
			},
		},
		"Like":       {func() obj { return bob.says("Like", h.postAddress(poll)) }},
		"EmojiReact": {func() obj { return bob.says("EmojiReact", h.postAddress(open), obj{"content": "🌱"}) }},
		"Dislike":    {func() obj { return bob.says("Dislike", h.postAddress(open)) }},
		"PollVote":   {func() obj { return bob.says("PollVote", h.postAddress(poll), obj{"choice_text": "Leeks"}) }},

		"Accept": {func() obj { return bob.says("Accept", h.site.Base+"/activity/1") }},
		"Reject": {func() obj { return bob.says("Reject", h.site.Base+"/activity/1") }},
		"Delete": {func() obj { return bob.says("Delete", gone["id"]) }},
		"Undo": {func() obj {
			return bob.says("Undo", obj{"id": bob.id + "/like", "type": "Like", "actor": bob.id, "object": h.postAddress(open)})
		}},
		"Announce": {func() obj {
			eve := far.speaker("eve")
			return trees.announces(eve.says("Create", eve.page(next(), trees.id, "Elsewhere")))
		}},
		"Block":  {func() obj { return trees.announces(trees.says("Block", bob.id, obj{"target": trees.id})) }},
		"Lock":   {func() obj { return bob.says("Lock", mine["id"]) }},
		"Add":    {func() obj { return bob.says("Add", mine["id"], obj{"target": at + "/featured"}) }},
		"Remove": {func() obj { return bob.says("Remove", mine["id"], obj{"target": at + "/featured"}) }},
		"Flag":   {func() obj { return bob.says("Flag", h.postAddress(open), obj{"content": "Spam"}) }},
		"Move":   {func() obj { return bob.says("Move", bob.id, obj{"target": bob.base + "/u/new"}) }},
	}
	met := map[string]map[reputation.Action]bool{}
	for _, name := range h.inbox.Kinds() {
		if len(examples[name]) == 0 {
			t.Errorf("there is no example of a %s", name)
		}
		for _, example := range examples[name] {
			for _, a := range h.shutFor(name, example, olga) {
				if met[name] == nil {
					met[name] = map[reputation.Action]bool{}
				}
				met[name][a] = true
			}
		}
	}
	for _, complaint := range unsaid(h.inbox.kinds, met) {
		t.Error(complaint)
	}
	// The check can fail, on either side.
	wrong := kinds()
	wrong["Follow"] = kind{take: (*Inbox).follow}
	wrong["Flag"] = kind{take: (*Inbox).flag, gates: []reputation.Action{reputation.Comment}}
	if got := unsaid(wrong, met); len(got) != 2 || !strings.Contains(got[0]+got[1], "Follow asks before join") || !strings.Contains(got[0]+got[1], "Flag says that it asks before comment") {
		t.Errorf("of a row too few and one too many the check says %q", got)
	}
}

func unsaid(kinds map[string]kind, met map[string]map[reputation.Action]bool) (complaints []string) {
	for name, k := range kinds {
		for a := range met[name] {
			if !slices.Contains(k.gates, a) {
				complaints = append(complaints, fmt.Sprintf("%s asks before %s and does not say so", name, a))
			}
		}
		for _, a := range k.gates {
			if !met[name][a] {
				complaints = append(complaints, fmt.Sprintf("%s says that it asks before %s, which nothing met", name, a))
			}
		}
	}
	return complaints
}

// shutFor sends an activity again and again, each time with one gate less before it, and returns those that it
// met.
func (h *house) shutFor(name string, example func() obj, by circles.Viewer) (met []reputation.Action) {
	h.Helper()
	swap := func(actions []reputation.Action, was, rule string) {
		var names []string
		for _, a := range actions {
			names = append(names, string(a))
		}
		if err := testdb.SwapGates(h.Context(), h.store, names, was, store.GateRule{Rule: rule, SetBy: by.Person.Actor()}); err != nil {
			h.Fatal(err)
		}
	}
	swap(reputation.Actions(), "", switchedOff)
	defer swap(reputation.Actions(), asksMuch, "")
	defer swap(reputation.Actions(), switchedOff, "")
	for range 2 * len(reputation.Actions()) {
		h.gated = nil
		activity := example()
		body, err := json.Marshal(activity)
		if err != nil {
			h.Fatal(err)
		}
		who := activity["actor"].(string)
		speaker := &voice{far: &far{house: h}, id: who, keyID: who + "#main-key", key: spareKeys()[0]}
		resp, err := noRedirect.Do(speaker.request(body))
		if err != nil {
			h.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			h.Errorf("%s is answered %d %s, want 202: peers drop what is not", name, resp.StatusCode, text)
		}
		if len(h.gated) == 0 {
			if len(text) > 0 {
				h.Errorf("%s meets no gate and is answered %s", name, text)
			}
			return met
		}
		a := h.gated[0]
		met = append(met, a)
		var off bool
		if a == reputation.React || a == reputation.Downvote {
			if off = !slices.Contains(met[:len(met)-1], a); len(text) > 0 {
				h.Errorf("a vote by %s is answered %s", name, text)
			}
		} else {
			off = h.compareAnswer(name, who, a, text)
		}
		if off {
			swap([]reputation.Action{a}, switchedOff, asksMuch)
		} else {
			swap([]reputation.Action{a}, asksMuch, "")
		}
	}
	h.Errorf("%s is never taken", name)
	return met
}

// compareAnswer holds the body of an answer against what its reader would have read before.
func (h *house) compareAnswer(name, who string, a reputation.Action, text []byte) (off bool) {
	h.Helper()
	var p struct {
		Type   string
		Status int
		Detail string
		Gate   json.RawMessage
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Type != "https://w3id.org/halqa/v1#problem-gate" || p.Status != http.StatusAccepted || p.Detail == "" {
		h.Errorf("%s refused for %s is answered %q", name, a, text)
		return true
	}
	var want []byte
	h.view(func(tx *store.Tx) error {
		person, err := tx.ActorByURI(who)
		if err != nil {
			return err
		}
		var c *circles.Circle
		if a != reputation.StartDM {
			g, err := tx.ActorByURI("/c/garden")
			if err != nil {
				return err
			}
			if c, err = tx.Circle(circles.CircleID(g.ID)); err != nil {
				return err
			}
		}
		x, err := standing.AccessTo(tx, circles.Viewer{Person: circles.PersonID(person.ID), Remote: true}, c, a)
		if err != nil {
			return err
		}
		off = x.Off
		told, err := x.Tellable()
		if err != nil {
			return err
		}
		gate, err := h.site.gate(told, store.GateRefused)
		if err != nil {
			return err
		}
		want, err = json.Marshal(gate)
		return err
	})
	if string(want) != string(p.Gate) {
		h.Errorf("%s refused for %s is told\n%s\nand before it was tried\n%s", name, a, p.Gate, want)
	}
	for _, member := range []string{`"action":"` + string(a) + `"`, `"decision":"refused"`, `"setBy":"` + h.site.Base + `/u/olga"`, `"reason":"The doors are shut"`, `/why#appeal"`} {
		if !strings.Contains(string(p.Gate), member) {
			h.Errorf("%s refused for %s is told %s, without %s", name, a, p.Gate, member)
		}
	}
	if !off && (strings.Count(string(p.Gate), `"fact"`) != 2 || strings.Count(string(p.Gate), `"eta"`) != 1) {
		h.Errorf("%s refused for %s misses %s", name, a, p.Gate)
	}
	return off
}
