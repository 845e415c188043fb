package moderation

import (
	"context"
	"fmt"
	"strconv"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// Options are what a Moderation needs.
type Options struct {
	Store *store.Store
	App   *app.App
	Host  string // this instance's

	// Queues tells how delivering to other servers goes; nil = nothing is delivered.
	Queues func() []Queue
	// PeerDecided is told, after the commit, of every server whose policy changed; may be nil.
	PeerDecided func(host string, blocked bool)
}

// A Moderation is the use cases over one store. Its methods are safe for concurrent use.
type Moderation struct {
	store       *store.Store
	app         *app.App
	host        string
	queues      func() []Queue
	peerDecided func(host string, blocked bool)
}

// New returns a Moderation.
func New(o Options) *Moderation {
	m := &Moderation{store: o.Store, app: o.App, host: o.Host, queues: o.Queues, peerDecided: o.PeerDecided}
	if m.queues == nil {
		m.queues = func() []Queue { return nil }
	}
	if m.peerDecided == nil {
		m.peerDecided = func(string, bool) {}
	}
	return m
}

func (m *Moderation) update(ctx context.Context, what string, f func(*store.Tx) error) error {
	if err := m.store.Update(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (m *Moderation) view(ctx context.Context, what string, f func(*store.Tx) error) error {
	if err := m.store.View(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
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

// A cursor is the id of the last row of a page. It gives nobody anything: the next page is judged like
// the first.
func encodeCursor(id int64) string { return strconv.FormatInt(id, 36) }

// cut takes the row that is one too many off a page, and returns the cursor after the last that stays; "" where
// none was too many.
func cut[T any](rows []T, most int, id func(T) int64) ([]T, string) {
	if len(rows) <= most {
		return rows, ""
	}
	return rows[:most], encodeCursor(id(rows[most-1]))
}

func decodeCursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(s, 36, 64)
	if err != nil || id <= 0 || encodeCursor(id) != s {
		return 0, circles.Errorf(circles.Invalid, "This list cannot be continued from there; begin with its first page.").With("refused.cursor", nil)
	}
	return id, nil
}
