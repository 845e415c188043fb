package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/testpeer"
)

// What a post or comment quotes stands below it as one card, for who may see it; others are told in the
// terms that they read.
func TestQuotes(t *testing.T) {
	w := newTown(t)
	ctx := t.Context()
	garden := w.circle("gardening")
	closed, err := w.h.app.CreateCircle(ctx, w.ann, app.NewCircle{Name: "board", Title: "Board", Topic: "nature", Visibility: circles.MembersOnly})
	w.must(err)
	v, l := w.visit(testpeer.Mastodon), w.visit(testpeer.Lemmy)
	group := v.follows("gardening")
	l.follows("gardening")

	first := w.post(w.lin, garden.CircleID(), "Slugs at night", "They come at ten.")
	second := w.post(w.lin, garden.CircleID(), "More about slugs", "As said in "+first.at+" they come.")
	third := w.post(w.lin, garden.CircleID(), "Even more", "See [this]("+second.at+").")
	l.shown("the quoting post", third.at, nil)
	w.card(w.lin, second.ID, "Slugs at night")
	if q := w.card(w.lin, third.ID, "More about slugs"); strings.Contains(q.Excerpt, "ten") {
		t.Errorf("the card quotes what it quotes: %+v", q)
	}
	if got := w.document(second.at)["quoteUri"]; got != first.at {
		t.Errorf("the document says quoteUri %v, want %s", got, first.at)
	}
	if doc := w.document(first.at); doc["quoteUri"] != nil {
		t.Errorf("a post that quotes nothing says %v", doc["quoteUri"])
	}

	// Each of the ways in which others say it.
	for name, edit := range map[string]testpeer.Edit{
		"FEP-044f": func(o map[string]any) { o["quote"] = first.at },
		"quoteUri": func(o map[string]any) { o["quoteUri"] = first.at },
		"Misskey":  func(o map[string]any) { o["_misskey_quote"] = first.at },
		"FEP-e232": func(o map[string]any) {
			tags, _ := o["tag"].([]any)
			o["tag"] = append(tags, map[string]any{"type": "Link", "href": first.at, "mediaType": `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`})
		},
	} {
		said := v.bob.Post(ctx, group, "From "+name, "<p>Look</p>", edit).Object
		p := w.arrives(name, said, func(p *circles.Post) bool { return p.State == circles.Visible })
		w.card(circles.Viewer{}, p.ID, "Slugs at night")
	}
	said := v.bob.Reply(ctx, second.at, "<p>Indeed</p>", func(o map[string]any) { o["quote"] = first.at }).Object
	answer := w.arrives("bob's answer", said, nil)
	page, err := w.h.app.Thread(ctx, w.lin, second.ID, app.ThreadQuery{})
	w.must(err)
	if len(page.Comments) != 1 || page.Comments[0].Post.ID != answer.ID || page.Comments[0].Quote == nil || page.Comments[0].Quote.Post == nil {
		t.Errorf("the answer has no card: %+v", page.Comments)
	}

	// What is never here is a link; what its author does not let others quote is no card.
	away := v.bob.Post(ctx, group, "Elsewhere", "<p>Look</p>", func(o map[string]any) { o["quote"] = "https://example.org/notes/1" }).Object
	p := w.arrives("a quote of something elsewhere", away, nil)
	if q := w.quoteOf(w.lin, p.ID); q == nil || q.Away != "https://example.org/notes/1" {
		t.Errorf("what is elsewhere has the card %+v", q)
	}
	mine := v.bob.Post(ctx, group, "Mine alone", "<p>Do not quote</p>", func(o map[string]any) {
		o["interactionPolicy"] = map[string]any{"canQuote": map[string]any{"automaticApproval": []any{v.bob.ID}}}
	}).Object
	w.arrives("bob's own", mine, nil)
	quoting := w.post(w.lin, garden.CircleID(), "About bob", "He wrote "+mine)
	if q := w.quoteOf(w.lin, quoting.ID); q != nil {
		t.Errorf("a post that must not be quoted has the card %+v", q)
	}

	// Members read what is theirs; everyone else gets the same sentence as for what is gone.
	secret := w.post(w.ann, closed.CircleID(), "The budget", "A hundred.")
	leak := w.post(w.ann, garden.CircleID(), "Numbers", "See "+secret.at)
	w.card(w.ann, leak.ID, "The budget")
	for who, viewer := range map[string]circles.Viewer{"a member of the instance": w.lin, "a visitor": {}} {
		if q := w.quoteOf(viewer, leak.ID); q == nil || !q.Gone || q.Post != nil || q.Name != "" || q.Away != "" {
			t.Errorf("%s sees of the closed circle %+v", who, q)
		}
	}
	if doc := w.document(leak.at); doc["quoteUri"] != nil || doc["_misskey_quote"] != nil {
		t.Errorf("the document names the closed post: %v", doc["quoteUri"])
	}
	w.must(w.h.app.Delete(ctx, w.lin, first.ID))
	if q := w.quoteOf(w.lin, second.ID); q == nil || !q.Gone {
		t.Errorf("what was deleted has the card %+v", q)
	}
	res, err := http.Get(w.h.site.Base + second.Path())
	w.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	w.must(err)
	if !strings.Contains(string(body), `<blockquote class="quoted">`) || strings.Contains(string(body), "Slugs at night") {
		t.Errorf("the page shows the deleted post, or no card")
	}
	l.content("the end")
}

func (w *town) quoteOf(who circles.Viewer, id circles.PostID) *app.QuoteCard {
	w.t.Helper()
	page, err := w.h.app.Thread(w.t.Context(), who, id, app.ThreadQuery{})
	w.must(err)
	return page.Quote
}

func (w *town) card(who circles.Viewer, id circles.PostID, title string) *app.QuoteCard {
	w.t.Helper()
	q := w.quoteOf(who, id)
	if q == nil || q.Post == nil || q.Post.Title != title || q.Author == nil || q.Name == "" {
		w.t.Fatalf("the card of %s is %+v, want one of %q", id, q, title)
	}
	return q
}

func (w *town) document(address string) map[string]any {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	w.must(err)
	req.Header.Set("Accept", "application/activity+json")
	res, err := http.DefaultClient.Do(req)
	w.must(err)
	defer res.Body.Close()
	var doc map[string]any
	w.must(json.NewDecoder(res.Body).Decode(&doc))
	return doc
}
