package consumers

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
)

const (
	searchName = "search"

	// The lanes of the cursor that say how far the index was filled from the tables; "" is the log's.
	laneFrom   = "from" // where the log ended when the fill began
	laneActors = "actors"
	lanePosts  = "posts"

	indexPage = 100 // posts or actors indexed in one Update
	retryFill = 10 * time.Second
)

// Search keeps the index of posts and comments. People and circles are indexed where they are saved;
// only when the index is new are they filled in here too.
//
// It keeps its position itself, in the transaction of what it indexed. If it has none, or the log has
// dropped entries that it did not see, it fills the index from the tables and follows from where the log
// ended before; a fill that was interrupted goes on where it was.
type Search struct {
	store *store.Store
	log   *slog.Logger
}

// NewSearch returns the consumer.
func NewSearch(st *store.Store, log *slog.Logger) *Search { return &Search{store: st, log: log} }

// Name is the name of its cursors.
func (s *Search) Name() string { return searchName }

// Start returns the position to follow the log from, and fills the index first where that is needed. It
// does not give up before ctx ends.
func (s *Search) Start(ctx context.Context) (circles.Seq, error) {
	for {
		pos, err := s.start(ctx)
		if err == nil || ctx.Err() != nil {
			return pos, err
		}
		s.log.Error("search index", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryFill):
		}
	}
}

func (s *Search) start(ctx context.Context) (circles.Seq, error) {
	at := map[string]circles.Seq{}
	var first, last circles.Seq
	err := s.store.View(ctx, func(tx *store.Tx) error {
		clear(at)
		all, err := tx.LoadCursors()
		for _, c := range all {
			if c.Consumer == searchName {
				at[c.Lane] = c.Acked
			}
		}
		if err != nil {
			return err
		}
		first, last, err = tx.LogEnds()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("search: %w", err)
	}
	pos, known := at[""]
	from, begun := at[laneFrom]
	if known && pos+1 < first || begun && !known && from+1 < first {
		// Cursors do not move back: the fill begins anew with fresh ones.
		known, begun = false, false
		if err := s.store.Update(ctx, func(tx *store.Tx) error { return tx.DropCursors(searchName) }); err != nil {
			return 0, fmt.Errorf("search: %w", err)
		}
		clear(at)
	}
	if !known {
		pos = last
		if begun {
			pos = from // what happened since may be behind the fill; the log still has it
		}
		if err := s.fill(ctx, at, pos); err != nil {
			return 0, fmt.Errorf("search: fill the index: %w", err)
		}
	}
	return pos, nil
}

// fill indexes everything in the tables, page by page, and then notes the position.
func (s *Search) fill(ctx context.Context, at map[string]circles.Seq, pos circles.Seq) error {
	note := func(tx *store.Tx, lane string, seq circles.Seq) error {
		return tx.SaveCursors([]store.Cursor{{Consumer: searchName, Lane: lane, Acked: seq}})
	}
	if err := s.store.Update(ctx, func(tx *store.Tx) error { return note(tx, laneFrom, pos) }); err != nil {
		return err
	}
	for actor := circles.ActorID(at[laneActors]); ; {
		var next circles.ActorID
		err := s.store.Update(ctx, func(tx *store.Tx) (err error) {
			if next, err = tx.IndexActors(actor, indexPage); err != nil || next == 0 {
				return err
			}
			return note(tx, laneActors, circles.Seq(next))
		})
		if err != nil {
			return err
		}
		if next == 0 {
			break
		}
		actor = next
	}
	for post := circles.PostID(at[lanePosts]); ; {
		var ids []circles.PostID
		err := s.store.View(ctx, func(tx *store.Tx) (err error) {
			ids, err = tx.PostsAfter(post, indexPage)
			return err
		})
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		post = ids[len(ids)-1]
		if err := s.index(ctx, ids, func(tx *store.Tx) error { return note(tx, lanePosts, circles.Seq(post)) }); err != nil {
			return err
		}
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return note(tx, "", pos) })
}

// Handle takes the next entries of the log.
func (s *Search) Handle(ctx context.Context, batch []circles.Event) error {
	var ids []circles.PostID
	for _, e := range batch {
		switch {
		case e.Kind == circles.ActorDeleted:
			if err := s.forget(ctx, circles.PersonID(e.Object)); err != nil {
				return fmt.Errorf("search: forget what %d wrote: %w", e.Object, err)
			}
		case changesPost(e.Kind):
			ids = append(ids, circles.PostID(e.Object))
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for page := range slices.Chunk(ids, indexPage) {
		if err := s.index(ctx, page, func(*store.Tx) error { return nil }); err != nil {
			return fmt.Errorf("search: %w", err)
		}
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		return tx.SaveCursors([]store.Cursor{{Consumer: searchName, Acked: batch[len(batch)-1].Seq}})
	})
}

func changesPost(k circles.EventKind) bool {
	switch k {
	case circles.PostCreated, circles.PostUpdated, circles.PostDeleted, circles.PostRestored, circles.PostRemoved, circles.PostReturned:
		return true
	}
	return false
}

// index makes the index say of these posts what the tables say. It reads and splits texts outside of the
// Update, for on SQLite everyone who writes waits for that.
func (s *Search) index(ctx context.Context, ids []circles.PostID, also func(*store.Tx) error) error {
	var found []store.Words
	var gone []circles.PostID
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		found, gone, err = app.Findable(tx, ids)
		return err
	})
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.ForgetPosts(gone); err != nil {
			return err
		}
		for _, w := range found {
			if err := tx.IndexPost(w); err != nil {
				return err
			}
		}
		return also(tx)
	})
}

// forget takes everything out that an actor wrote, whose words are all being deleted.
func (s *Search) forget(ctx context.Context, author circles.PersonID) error {
	for after := circles.PostID(0); ; {
		var ids []circles.PostID
		err := s.store.Update(ctx, func(tx *store.Tx) (err error) {
			if ids, err = tx.PostIDsBy(author, after, indexPage); err != nil {
				return err
			}
			return tx.ForgetPosts(ids)
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
	}
}
