package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"halqa/circles"
	"halqa/circles/filter"
	"halqa/internal/media"
	"halqa/internal/standing"
	"halqa/internal/store"
	"halqa/internal/text"
)

// Options are what an App needs.
type Options struct {
	Store     *store.Store
	Text      *text.Renderer
	Sanitizer *text.Sanitizer
	Pictures  *media.Processor
	Blobs     *media.Blobs
	Host      string // this instance's, as it stands in addresses
	Origin    string // the scheme and the host: "https://h.example"
	Now       func() time.Time
	Log       *slog.Logger // nil = nothing is logged
	Begging   bool         // what asks for direct transfers is held nowhere, whatever circles say
}

// An App is the use cases over one store. Its methods are safe for concurrent use.
type App struct {
	store     *store.Store
	text      *text.Renderer
	sanitizer *text.Sanitizer
	pictures  *media.Processor
	blobs     *media.Blobs
	host      string
	origin    string
	now       func() time.Time
	log       *slog.Logger

	counts  kept[Counts]     // for NodeInfo
	filters filter.Cache     // of circles
	begging bool             // is held nowhere
	topics  kept[[]Topic]    // of the directory
	popular kept[[]TagCount] // of all
	leads   leads            // of posts in lists

	newKeys func() (Keys, error) // NewKeys; tests use one pair again and again
}

// New returns an App.
func New(o Options) *App {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return &App{
		store: o.Store, text: o.Text, sanitizer: o.Sanitizer, pictures: o.Pictures, blobs: o.Blobs,
		host: o.Host, origin: o.Origin, now: o.Now, log: o.Log, begging: o.Begging, newKeys: NewKeys,
		leads: newLeads(),
	}
}

// update runs a verb in one Update.
func (a *App) update(ctx context.Context, verb string, f func(*store.Tx) error) error {
	if err := a.store.Update(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

// allow judges and returns the refusal, if it is one, as an error.
func allow(tx *store.Tx, q standing.Question) (standing.Decision, error) {
	d, err := standing.Judge(tx, q)
	if err != nil {
		return d, err
	}
	return d, d.Err()
}

// circleOf returns the circle of a post; nil if it is in none.
func circleOf(tx *store.Tx, p *circles.Post) (*circles.Circle, error) {
	if p.Circle == 0 {
		return nil, nil
	}
	return tx.Circle(p.Circle)
}

// place is a post with what stands around it.
type place struct {
	post   *circles.Post
	circle *circles.Circle // nil if the post is in none
	root   *circles.Post   // the post itself if it is no comment
}

func placeOf(tx *store.Tx, id circles.PostID) (place, error) {
	p, err := tx.Post(id)
	if err != nil {
		return place{}, err
	}
	return placeAround(tx, p)
}

// placeAround is placeOf a post that was read already.
func placeAround(tx *store.Tx, p *circles.Post) (at place, err error) {
	at = place{post: p, root: p}
	if at.circle, err = circleOf(tx, p); err != nil {
		return place{}, err
	}
	if p.Root != p.ID {
		if at.root, err = tx.Post(p.Root); err != nil {
			return place{}, err
		}
	}
	return at, nil
}

// question is what is asked about an act on the post.
func (at place) question(who circles.Viewer, action standing.Action) standing.Question {
	return standing.Question{Who: who, Action: action, Circle: at.circle, Post: at.post, Root: at.root}
}
