package app

import (
	"context"
	"slices"
	"strings"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// An Edit is how a post or comment is to be from now on, as a whole. Of a comment only Body,
// Language, Sensitive and Warning count.
type Edit struct {
	Title     string
	Body      string
	Link      string
	Photos    []PhotoRef // those it has and keeps, and new uploads, in order
	Language  string
	Sensitive bool
	Warning   string
	Poll      *NewPoll // in the place of the poll it has, whose votes are forgotten if it asks something else; For does not count; nil = the poll stays as it is

	Base *int64 // circles.Post.Rev as the author saw it; another one is a Conflict. nil = whatever it is
}

// Edit changes what an author wrote; how it stood before is kept. An edit that changes nothing
// leaves no trace.
func (a *App) Edit(ctx context.Context, who circles.Viewer, id circles.PostID, in Edit) (*circles.Post, error) {
	var kind circles.PostKind
	err := a.store.View(ctx, func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		kind = at.post.Kind
		_, err = allow(tx, at.question(who, standing.Edit))
		return err
	})
	if err != nil {
		return nil, err
	}
	w, err := cleanWords(kind, words{title: in.Title, body: in.Body, link: in.Link, language: in.Language,
		sensitive: in.Sensitive, warning: in.Warning, photos: in.Photos})
	if err != nil {
		return nil, err
	}
	if in.Poll != nil && kind == circles.IsPost {
		if !slices.ContainsFunc(in.Poll.Options, func(o string) bool { return strings.TrimSpace(o) != "" }) {
			return nil, circles.FieldErrorf(circles.Invalid, "poll", "A poll cannot be taken off a post; leave it two options at least.").With("refused.poll-stays", nil)
		}
		asked := *in.Poll
		asked.For = circles.MinPollTime // when it ends stays as it is
		if w.poll, err = cleanPoll(&asked); err != nil {
			return nil, err
		}
	}
	body, err := a.render(ctx, w.body)
	if err != nil {
		return nil, err
	}
	var edited *circles.Post
	err = a.update(ctx, "edit", func(tx *store.Tx) error {
		at, err := placeOf(tx, id)
		if err != nil {
			return err
		}
		q := at.question(who, standing.Edit)
		q.Words = a.judged(w.title, body.html, body.names, captionsOf(w.photos))
		had, err := tx.PhotosOf(id)
		if err != nil {
			return err
		}
		q.With = added(at.post, slices.ContainsFunc(w.photos, func(r PhotoRef) bool {
			return !slices.ContainsFunc(had, func(p circles.Photo) bool { return p.ID == r.ID })
		}), w.link)
		d, err := allow(tx, q)
		if err != nil {
			return err
		}
		if in.Base != nil && *in.Base != at.post.Rev {
			return circles.Errorf(circles.Conflict, "This was changed while you were writing, perhaps by you in another window; compare, and save again.").
				With("refused.edited-meanwhile", nil)
		}
		before := *at.post
		w.put(at.post, body)
		changed := before != *at.post
		if kind == circles.IsPost {
			photos, err := takePhotos(tx, at.post, d.Actor.ID, w.photos)
			if err != nil {
				return err
			}
			polled, err := editPoll(tx, at.post.ID, w.poll)
			if err != nil {
				return err
			}
			changed = changed || photos || polled
		}
		if !changed {
			edited = at.post
			return nil
		}
		if err := body.names.keep(tx, id); err != nil {
			return err
		}
		if err := a.quoteIn(tx, at.post); err != nil {
			return err
		}
		if err := saveEdit(tx, at, d.Actor, before, tx.Now(), circles.EventDetail{}); err != nil {
			return err
		}
		edited, err = tx.Post(id)
		return err
	})
	return edited, err
}

// saveEdit keeps how a post stood before, writes what at.post now says and tells the log, unless
// nobody else has seen it yet.
func saveEdit(tx *store.Tx, at place, author *circles.Actor, before circles.Post, editedAt int64, detail circles.EventDetail) error {
	p := at.post
	p.EditedAt = editedAt
	err := tx.AddRevision(circles.Revision{Post: p.ID, At: tx.Now(), Editor: author.ID,
		Title: before.Title, Link: before.Link, Body: before.Body, BodyHTML: before.BodyHTML})
	if err != nil {
		return err
	}
	if p.State == circles.Visible {
		if _, _, err := sayWritten(tx, change{kind: circles.PostUpdated, at: at, author: author, detail: detail}); err != nil {
			return err
		}
	}
	if err := tx.SavePostText(p); err != nil {
		return err
	}
	if at.circle == nil {
		return nil
	}
	return tx.BumpCircle(at.circle.CircleID(), store.CircleChange{})
}
