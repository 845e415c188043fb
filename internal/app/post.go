package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// NewPost is what a person wrote to start a thread.
type NewPost struct {
	Circle    circles.CircleID
	Title     string
	Body      string     // markdown
	Link      string     // the page it is about; "" = none
	Photos    []PhotoRef // uploads of theirs, in order
	Language  string     // BCP 47; "" = unknown
	Sensitive bool
	Warning   string // makes it sensitive
	Poll      *NewPoll
	Draft     string // the name of the draft that this was, which is forgotten with it; "" = none
}

// Post starts a thread in a circle.
func (a *App) Post(ctx context.Context, who circles.Viewer, in NewPost) (*circles.Post, error) {
	w, err := cleanWords(circles.IsPost, words{title: in.Title, body: in.Body, link: in.Link, language: in.Language,
		sensitive: in.Sensitive, warning: in.Warning, photos: in.Photos})
	if err != nil {
		return nil, err
	}
	if w.poll, err = cleanPoll(in.Poll); err != nil {
		return nil, err
	}
	if w.poll != nil {
		w.pollFor = in.Poll.For
	}
	body, err := a.render(ctx, w.body)
	if err != nil {
		return nil, err
	}
	var made *circles.Post
	err = a.update(ctx, "post", func(tx *store.Tx) error {
		c, err := tx.Circle(in.Circle)
		if err != nil {
			return err
		}
		q := standing.Question{Who: who, Action: standing.Post, Circle: c, Words: a.judged(w.title, body.html, body.names, captionsOf(w.photos))}
		if len(w.photos) > 0 {
			q.With = append(q.With, standing.PostMedia)
		}
		if w.link != "" {
			q.With = append(q.With, standing.PostLink)
		}
		d, err := allow(tx, q)
		if err != nil {
			return err
		}
		id := circles.PostID(tx.NewID())
		p := &circles.Post{ID: id, Kind: circles.IsPost, Circle: c.CircleID(), Author: who.Person, Root: id}
		if made, err = a.publishOwn(tx, place{post: p, circle: c, root: p}, d, w, body); err != nil {
			return err
		}
		if err := sentDraft(tx, who, in.Draft); err != nil {
			return err
		}
		return tx.SetReadMark(who.Person, id, tx.Now(), 0) // so that answers count as new
	})
	return made, err
}

// NewComment is what a person wrote under a post or a comment.
type NewComment struct {
	Parent   circles.PostID
	Body     string // markdown
	Language string
	Draft    string // the name of the draft that this was, which is forgotten with it; "" = none
}

// Comment answers a post or a comment.
func (a *App) Comment(ctx context.Context, who circles.Viewer, in NewComment) (*circles.Post, error) {
	w, err := cleanWords(circles.IsComment, words{body: in.Body, language: in.Language})
	if err != nil {
		return nil, err
	}
	body, err := a.render(ctx, w.body)
	if err != nil {
		return nil, err
	}
	var made *circles.Post
	err = a.update(ctx, "comment", func(tx *store.Tx) error {
		at, err := placeOf(tx, in.Parent)
		if err != nil {
			return err
		}
		q := at.question(who, standing.Comment)
		q.Words = a.judged("", body.html, body.names, nil)
		d, err := allow(tx, q)
		if err != nil {
			return err
		}
		p := &circles.Post{ID: circles.PostID(tx.NewID()), Kind: circles.IsComment, Circle: at.post.Circle, Author: who.Person,
			Root: at.root.ID, Parent: at.post.ID, Depth: at.post.Depth + 1}
		if err := sentDraft(tx, who, in.Draft); err != nil {
			return err
		}
		if made, err = a.publishOwn(tx, place{post: p, circle: at.circle, root: at.root}, d, w, body); err != nil || made.State != circles.Visible {
			return err
		}
		return tx.BumpReadMark(who.Person, at.root.ID)
	})
	return made, err
}

// publishOwn stores what a local person wrote and returns it as it now stands.
func (a *App) publishOwn(tx *store.Tx, at place, d standing.Decision, w words, body rendered) (*circles.Post, error) {
	p := at.post
	p.URI = p.Path()
	p.Published = tx.Now()
	w.put(p, body)
	if _, err := takePhotos(tx, p, d.Actor.ID, w.photos); err != nil {
		return nil, err
	}
	poll := w.poll
	if poll != nil {
		timed := *poll // the closure may run twice
		timed.EndsAt = p.Published + w.pollFor.Microseconds()
		poll = &timed
	}
	if err := publish(tx, at, d, extras{names: body.names, poll: poll, quote: a.quoteIn}, circles.EventDetail{}); err != nil {
		return nil, err
	}
	return tx.Post(p.ID)
}

// extras are what is stored beside a post.
type extras struct {
	names names
	poll  *circles.Poll                        // nil = none
	raw   []byte                               // the author's activity, of what came from elsewhere
	quote func(*store.Tx, *circles.Post) error // finds out what it quotes; nil = nothing
}

// publish stores a post or comment that was judged, tells the log, and counts it. The caller has
// filled in who wrote what where.
func publish(tx *store.Tx, at place, d standing.Decision, with extras, detail circles.EventDetail) error {
	p, c := at.post, at.circle
	p.State = circles.Visible
	if d.Outcome == standing.Hold {
		p.State, p.Reason = circles.Held, string(d.Reason)
	}
	p.CreatedAt = tx.Now()
	p.LocalTo = c != nil && c.Local()
	switch {
	case c != nil:
		p.Listed = c.Visibility == circles.Public
	case p.Kind == circles.IsComment:
		p.Listed = at.root.Listed
	}
	rankNew(p, monthlyActive(c))
	add := tx.AddPost
	if p.Absent {
		p.Absent, add = false, tx.FillAbsent
	}
	if err := add(p); err != nil {
		return err
	}
	if err := with.names.keep(tx, p.ID); err != nil {
		return err
	}
	if err := addPoll(tx, p.ID, with.poll); err != nil {
		return err
	}
	if err := keepRaw(tx, p.ID, with.raw); err != nil {
		return err
	}
	if with.quote != nil {
		if err := with.quote(tx, p); err != nil {
			return err
		}
	}
	if err := d.Note(tx); err != nil {
		return err
	}
	if err := standing.Acted(tx, d.Actor); err != nil {
		return err
	}
	if p.State != circles.Visible {
		return hold(tx, at, d, detail.Received)
	}
	create, announce, err := sayWritten(tx, change{kind: circles.PostCreated, at: at, author: d.Actor, detail: detail})
	if err != nil {
		return err
	}
	if create != 0 || announce != 0 {
		if err := tx.SetPostSeqs(p.ID, create, announce); err != nil {
			return err
		}
	}
	if err := standing.Published(tx, p, c); err != nil {
		return err
	}
	return count(tx, at, 1)
}
