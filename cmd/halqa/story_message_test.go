package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
	"halqa/internal/testpeer"
)

// Two people on two servers write to each other: the first message of a stranger is a request, an answer
// opens it, and each can take back what they wrote. Nobody else reads any of it.
func TestPrivateMessages(t *testing.T) {
	for _, c := range []struct {
		name    string
		persona testpeer.Persona
		opts    []testpeer.Option
		typ     string // as our message must be there
	}{
		{"Mastodon", testpeer.Mastodon, nil, "Note"},
		{"GoToSocial", testpeer.GoToSocial, nil, "Note"},
		{"Misskey", testpeer.Misskey, nil, "Note"},
		{"Lemmy 1.0", testpeer.Lemmy, nil, "ChatMessage"},
		{"Lemmy 0.19", testpeer.Lemmy, []testpeer.Option{testpeer.WithVersion("0.19.11")}, "ChatMessage"},
		{"Mbin", testpeer.Mbin, nil, "ChatMessage"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			talk(newTown(t).visit(c.persona, c.opts...), c.typ)
		})
	}
}

func talk(v *visit, typ string) {
	v.level.Set(slog.LevelDebug)
	ctx, lin := v.t.Context(), v.lin
	sent := v.bob.Message(ctx, v.finger("lin"), `<p>Hello, see <a href="https://spam.example/x">this</a></p>`)
	var page *app.LetterPage
	v.eventually("the request", func() bool {
		page = v.letters(lin, v.bob)
		return len(page.Letters) == 1
	})
	if l := page.Letters[0]; page.State != circles.CorrespondenceRequest || l.BodyHTML != "" || l.Text != "Hello, see this" {
		v.t.Fatalf("the request is %q, %+v", page.State, l)
	}
	v.wantUnread(lin, 0) // a stranger does not light the lamp
	if v.at(sent.Object) != nil {
		v.t.Fatalf("the message %s is a post here", sent.Object)
	}

	made, err := v.h.app.SendMessage(ctx, lin, app.NewMessage{To: circles.PersonID(page.With.ID), Body: "Who are *you*?"})
	v.must(err)
	at := v.h.site.Address(made.URI)
	v.sees("the answer", func() bool { p, ok := v.peer.Post(at); return ok && strings.Contains(p.HTML, "<em>you</em>") })
	if p, _ := v.peer.Post(at); p.Type != typ || p.Group != "" {
		v.t.Errorf("%s got a %s in %q, want a %s in no community", v.peer.Persona, p.Type, p.Group, typ)
	}
	for _, n := range v.peer.Notices(v.bob.ID) {
		if n.Object == at && !n.Private {
			v.t.Errorf("the message is public at %s", v.peer.Persona)
		}
	}
	if page = v.letters(lin, v.bob); page.State != circles.CorrespondenceOpen || !strings.Contains(page.Letters[0].BodyHTML, "<a href") {
		v.t.Errorf("after the answer the conversation is %q, %+v", page.State, page.Letters[0])
	}

	v.bob.Update(ctx, sent.Object, "<p>Hello again</p>")
	v.eventually("the new words", func() bool { return v.letters(lin, v.bob).Letters[0].BodyHTML == "<p>Hello again</p>" })
	second := v.bob.Message(ctx, v.finger("lin"), "<p>A neighbour</p>")
	v.eventually("the second message", func() bool { return len(v.letters(lin, v.bob).Letters) == 3 })
	v.wantUnread(lin, 1)
	v.bob.Delete(ctx, second.Object)
	v.eventually("what was taken back", func() bool { l := v.letters(lin, v.bob).Letters[2]; return l.DeletedAt != 0 && l.BodyHTML == "" })

	status, body := v.peer.Get(ctx, v.bob, at)
	if status != 200 || !strings.Contains(body, "Who are") {
		v.t.Errorf("bob reads his message: %d %s", status, body)
	}
	for who, as := range map[string]*testpeer.Actor{"a stranger": v.peer.Person("eve"), "nobody": nil} {
		if status, body := v.peer.Get(ctx, as, at); status != 404 || strings.Contains(body, "Who are") {
			v.t.Errorf("%s gets %d %q for a message to bob", who, status, body)
		}
	}
	v.must(v.h.app.DeleteMessage(ctx, lin, made.ID))
	v.sees("that it was taken back", func() bool { p, _ := v.peer.Post(at); return p.Gone == "deleted" })
	if status, _ := v.peer.Get(ctx, v.bob, at); status != 404 {
		v.t.Errorf("a message that was taken back answers %d", status)
	}
	v.content("the end")
	v.silent(v.peer.Outgoing(), "Who are", "Hello again", "neighbour")
}

// On Mastodon people answer in private what was said in public. Such an answer is a message to whom it
// answers, and no comment.
func TestAPrivateAnswerToAPost(t *testing.T) {
	w := newTown(t)
	garden := w.circle("gardening")
	v := w.visit(testpeer.Mastodon)
	asked := w.post(w.lin, garden.CircleID(), "Whose cat is this?", "It sleeps in my beans.")
	id := v.peer.URL + "/notes/private"
	object := `{"id":"` + id + `","type":"Note","attributedTo":"` + v.bob.ID + `","to":["` + w.finger("lin") + `"],"cc":[],"inReplyTo":"` +
		asked.at + `","content":"<p>Mine, I am ashamed</p>","tag":[{"type":"Mention","href":"` + w.finger("lin") + `","name":"@lin"}]}`
	ans := v.bob.Daring().Send(t.Context(), w.h.site.Base+"/inbox", []byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"`+id+
		`/create","type":"Create","actor":"`+v.bob.ID+`","to":["`+w.finger("lin")+`"],"cc":[],"object":`+object+`}`))
	if ans.Status != 202 {
		t.Fatalf("answered %d %v", ans.Status, ans.Err)
	}
	w.eventually("the answer", func() bool { return len(w.letters(w.lin, v.bob).Letters) == 1 })
	if l := w.letters(w.lin, v.bob).Letters[0]; !strings.Contains(l.Text+l.BodyHTML, "ashamed") {
		t.Errorf("the answer is %+v", l)
	}
	if w.at(id) != nil {
		t.Error("the private answer is a comment in the circle")
	}
}

// A third server may neither read, change nor take back what two others wrote, nor bring it into a circle.
func TestAThirdServerAndAMessage(t *testing.T) {
	w := newTown(t)
	w.level.Set(slog.LevelDebug)
	ctx := t.Context()
	garden := w.circle("gardening")
	v, eve := w.visit(testpeer.Mastodon), w.visit(testpeer.Unknown)
	sent := v.bob.Message(ctx, w.finger("lin"), "<p>For lin alone</p>")
	w.eventually("the message", func() bool { return len(w.letters(w.lin, v.bob).Letters) == 1 })
	bob := w.letters(w.lin, v.bob).With
	made, err := w.h.app.SendMessage(ctx, w.lin, app.NewMessage{To: circles.PersonID(bob.ID), Body: "For bob alone"})
	w.must(err)
	at := w.h.site.Address(made.URI)
	v.sees("the answer", func() bool { _, ok := v.peer.Post(at); return ok })

	bold := eve.bob.Daring()
	inbox := w.h.site.Base + "/inbox"
	object := func(more string) string {
		return `{"id":"` + sent.Object + `","type":"Note","attributedTo":"` + v.bob.ID + `","to":["` + w.finger("lin") + `"],"cc":[],"content":"<p>Forged</p>"` + more + `}`
	}
	n := 0
	say := func(typ, actor, object string) {
		n++
		body := `{"@context":"https://www.w3.org/ns/activitystreams","id":"` + eve.peer.URL + `/acts/x` + string(rune('a'+n)) + `","type":"` + typ +
			`","actor":"` + actor + `","to":["` + w.finger("lin") + `"],"cc":[],"object":` + object + `}`
		if ans := bold.Send(ctx, inbox, []byte(body)); ans.Status >= 500 || ans.Status == 0 {
			t.Errorf("%s: %d %v", typ, ans.Status, ans.Err)
		}
	}
	say("Update", eve.bob.ID, object(""))
	say("Update", v.bob.ID, object(""))
	say("Delete", eve.bob.ID, `"`+sent.Object+`"`)
	say("Delete", eve.bob.ID, `"`+at+`"`)
	say("Create", v.bob.ID, object(""))
	say("Announce", eve.bob.ID, `"`+sent.Object+`"`)
	say("Like", eve.bob.ID, `"`+at+`"`)
	say("Undo", eve.bob.ID, `{"id":"`+eve.peer.URL+`/acts/u","type":"Delete","actor":"`+eve.bob.ID+`","object":"`+at+`"}`)
	if status, body := eve.peer.Get(ctx, eve.bob, at); status != 404 || strings.Contains(body, "alone") {
		t.Errorf("eve reads a message to bob: %d %q", status, body)
	}
	if status, body := eve.peer.Get(ctx, eve.bob, w.activityOf(made)); status != 404 || strings.Contains(body, "alone") {
		t.Errorf("eve reads the activity: %d %q", status, body)
	}
	if status, _ := v.peer.Get(ctx, v.bob, w.activityOf(made)); status != 200 {
		t.Errorf("bob cannot read the activity: %d", status)
	}
	// Her own message is hers; it names a circle, and still does not get into it.
	mixed := eve.bob.Message(ctx, w.finger("lin"), "<p>Mine</p>")
	eve.bob.Update(ctx, mixed.Object, "<p>Mine, to all</p>", func(o map[string]any) {
		o["to"] = []any{"https://www.w3.org/ns/activitystreams#Public", w.finger("gardening")}
	})
	w.eventually("her new words", func() bool {
		l := w.letters(w.lin, eve.bob).Letters
		return len(l) == 1 && l[0].Text == "Mine, to all"
	})

	letters := w.letters(w.lin, v.bob).Letters
	if len(letters) != 2 || !strings.Contains(letters[0].BodyHTML, "For lin alone") || letters[0].DeletedAt != 0 || letters[1].DeletedAt != 0 {
		t.Errorf("after eve the conversation is %+v", letters)
	}
	for _, address := range []string{sent.Object, at, mixed.Object} {
		if p := w.at(address); p != nil {
			t.Errorf("%s is a post: %+v", address, p)
		}
	}
	w.must(w.h.store.View(ctx, func(tx *store.Tx) error {
		ids, err := tx.FederatedPostsIn(garden.CircleID(), 10)
		if len(ids) > 0 {
			t.Errorf("the circle has %v", ids)
		}
		return err
	}))
	if !strings.Contains(w.said.String(), "DEBUG") {
		t.Error("the log is not at its most talkative")
	}
	w.silent([]testpeer.Sent{sent, mixed}, "For lin", "For bob", "Forged", "Mine")
}

// Who is blocked, whom a server is blocked for, and who asks for nothing gets nothing.
func TestMessagesThatAreNotWanted(t *testing.T) {
	w := newTown(t)
	ctx := t.Context()
	v := w.visit(testpeer.Mastodon)
	v.bob.Message(ctx, w.finger("lin"), "<p>One</p>")
	w.eventually("the first", func() bool { return len(w.letters(w.lin, v.bob).Letters) == 1 })
	bob := w.letters(w.lin, v.bob).With
	want := func(when string, n int) {
		t.Helper()
		if got := len(w.letters(w.lin, v.bob).Letters); got != n {
			t.Errorf("%s lin has %d messages, want %d", when, got, n)
		}
	}
	w.must(w.h.app.SetBlock(ctx, w.lin, bob.ID, true))
	v.bob.Message(ctx, w.finger("lin"), "<p>Two</p>")
	want("blocking bob", 1)
	w.must(w.h.app.SetBlock(ctx, w.lin, bob.ID, false))
	w.must(w.h.app.SetMessageWish(ctx, w.lin, "nobody"))
	v.bob.Message(ctx, w.finger("lin"), "<p>Three</p>")
	want("hearing nobody", 1)
	w.must(w.h.app.SetMessageWish(ctx, w.lin, "follows"))
	v.bob.Message(ctx, w.finger("lin"), "<p>Four</p>")
	want("hearing whom she follows", 1)
	w.must(w.h.app.SetMessageWish(ctx, w.lin, "everyone"))
	w.must(w.h.app.DeclineMessages(ctx, w.lin, circles.PersonID(bob.ID)))
	v.bob.Message(ctx, w.finger("lin"), "<p>Five</p>")
	want("after declining", 1)
	_, err := w.h.app.SendMessage(ctx, w.lin, app.NewMessage{To: circles.PersonID(bob.ID), Body: "Well then"})
	w.must(err)
	v.bob.Message(ctx, w.finger("lin"), "<p>Six</p>")
	want("after writing to him", 3)
	for range 20 {
		v.bob.Message(ctx, w.finger("lin"), "<p>More</p>")
	}
	if got := len(w.letters(w.lin, v.bob).Letters); got > 13 {
		t.Errorf("in one minute bob got %d messages to lin", got)
	}
}

func (w *town) letters(who circles.Viewer, with *testpeer.Actor) *app.LetterPage {
	w.t.Helper()
	name, host, _ := strings.Cut(strings.TrimPrefix(with.Handle(), "@"), "@")
	page, err := w.h.app.Letters(w.t.Context(), who, name, host, "")
	if circles.Is(err, circles.NotFound) {
		return &app.LetterPage{}
	}
	w.must(err)
	return page
}

func (w *town) eventually(what string, holds func() bool) {
	w.t.Helper()
	if !within(patience, holds) {
		w.t.Fatalf("our instance did not see %s", what)
	}
}

func (w *town) wantUnread(who circles.Viewer, want int64) {
	w.t.Helper()
	if n, err := w.h.app.UnreadMessages(w.t.Context(), who); err != nil || n != want {
		w.t.Errorf("unread messages: %d, %v, want %d", n, err, want)
	}
}

// activityOf is the address of the Create of a message of ours.
func (w *town) activityOf(m *circles.Message) string {
	return w.h.site.Base + "/activity/" + m.CreateSeq.String()
}

// silent fails if any of these words stands in what the instance said about itself, in its entries of
// what happened, or in what it kept of these activities.
func (w *town) silent(activities []testpeer.Sent, words ...string) {
	w.t.Helper()
	log := w.said.String()
	w.must(w.h.store.Update(w.t.Context(), func(tx *store.Tx) error {
		for _, a := range activities {
			id, fresh, err := tx.Admit(a.ID, nil)
			if err != nil || fresh {
				return fmt.Errorf("%s did not arrive: %v", a.ID, err)
			}
			raw, err := tx.Received(id)
			if err != nil {
				return err
			}
			log += string(raw)
		}
		all, err := tx.EventsAfter(0, 1000)
		for _, e := range all {
			log += fmt.Sprintf("%+v\n", e)
		}
		return err
	}))
	for _, word := range words {
		if strings.Contains(log, word) {
			w.t.Errorf("%q stands in the log or in what was kept", word)
		}
	}
}
