package app

import (
	"context"
	"net/url"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// words are what an author can choose of a post or a comment, cleaned.
type words struct {
	title, body, link, language, warning string
	sensitive                            bool
	photos                               []PhotoRef
	poll                                 *circles.Poll // nil = none; without its times
	pollFor                              time.Duration
}

// cleanWords checks what can be checked without the database.
func cleanWords(kind circles.PostKind, w words) (words, error) {
	var err error
	if w.body, err = block("body", "text", w.body, circles.MaxBody); err != nil {
		return w, err
	}
	if w.language, err = text.Language(w.language); err != nil {
		return w, err
	}
	if w.warning, err = line("warning", "content warning", w.warning, circles.MaxWarning); err != nil {
		return w, err
	}
	w.sensitive = w.sensitive || w.warning != ""
	if kind == circles.IsComment {
		if w.body == "" {
			return w, circles.FieldErrorf(circles.Invalid, "body", "The comment is empty; write something first.").With("refused.empty-comment", nil)
		}
		return w, nil
	}
	if w.title, err = line("title", "title", w.title, circles.MaxTitle); err != nil {
		return w, err
	}
	if w.title == "" {
		return w, circles.FieldErrorf(circles.Invalid, "title", "A post needs a title; say in a few words what it is about.").With("refused.no-title", nil)
	}
	if w.link, err = link(w.link); err != nil {
		return w, err
	}
	w.photos, err = cleanPhotos(w.photos)
	return w, err
}

// put writes the words into a post, with the HTML that the body became.
func (w words) put(p *circles.Post, body rendered) {
	p.Body, p.BodyHTML, p.Language, p.Sensitive, p.Warning = w.body, body.html, w.language, w.sensitive, w.warning
	if p.Kind == circles.IsPost {
		p.Title, p.Link, p.PhotoN, p.CrossOf = w.title, w.link, len(w.photos), body.crossOf
	}
}

// names are whom and what a text names.
type names struct {
	people []circles.ActorID
	tags   []string // text.TagKeys
}

// keep notes what a post names. People once named stay named, tags do not.
func (n names) keep(tx *store.Tx, id circles.PostID) error {
	if err := tx.AddMentions(id, n.people); err != nil {
		return err
	}
	return tx.SetTags(id, n.tags)
}

// A rendered text is HTML with what it names.
type rendered struct {
	html    string
	names   names
	crossOf string // see circles.Post.CrossOf
}

// render turns markdown into HTML. It runs before a transaction: parsing is the dearest part of a
// post, and on SQLite everyone who writes would wait for it. Only people and circles that are known
// here become links.
func (a *App) render(ctx context.Context, markdown string) (rendered, error) {
	if markdown == "" {
		return rendered{}, nil
	}
	type ref struct {
		kind       text.Kind
		name, host string
	}
	known := map[ref]*circles.Actor{}
	first := a.text.Render(markdown, nil)
	err := a.store.View(ctx, func(tx *store.Tx) error {
		clear(known)
		look := func(kind text.Kind, want circles.ActorKind, all []text.Mention) error {
			for _, m := range all {
				actor, err := tx.ActorByHandle(m.Name, a.hostOf(m.Host))
				if circles.Is(err, circles.NotFound) {
					continue
				}
				if err != nil {
					return err
				}
				isCircle := actor.Kind == circles.KindCircle
				if isCircle != (want == circles.KindCircle) || actor.DeletedAt != 0 || actor.SuspendedAt != 0 {
					continue
				}
				known[ref{kind, m.Name, m.Host}] = actor
			}
			return nil
		}
		if err := look(text.Person, circles.KindPerson, first.Mentions); err != nil {
			return err
		}
		return look(text.Circle, circles.KindCircle, first.Circles)
	})
	if err != nil {
		return rendered{}, err
	}
	out := a.text.Render(markdown, func(kind text.Kind, name, host string) (string, bool) {
		if kind == text.Tag {
			return a.origin + "/tag/" + url.PathEscape(name), true
		}
		actor := known[ref{kind, name, host}]
		if actor == nil {
			return "", false
		}
		return a.pageOf(actor), true
	})
	r := rendered{html: out.HTML, names: names{tags: out.Tags}, crossOf: a.uriOf(text.CrosspostOf(markdown))}
	for _, m := range out.Mentions {
		if len(r.names.people) < circles.MaxMentions {
			r.names.people = append(r.names.people, known[ref{text.Person, m.Name, m.Host}].ID)
		}
	}
	return r, nil
}

// hostOf is a host as the store has it: "" for this instance.
func (a *App) hostOf(host string) string {
	if host == a.host {
		return ""
	}
	return host
}

// uriOf is a whole address as the store has it: a path for one of ours.
func (a *App) uriOf(address string) string {
	if path, ours := strings.CutPrefix(address, a.origin+"/"); ours {
		return "/" + path
	}
	return address
}

// pageOf is the whole address of an actor's page where they live.
func (a *App) pageOf(actor *circles.Actor) string {
	switch {
	case actor.Local():
		return a.origin + actor.Path()
	case actor.URL != "":
		return actor.URL
	}
	return actor.URI
}
