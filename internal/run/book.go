package run

import (
	"context"
	"fmt"
	"sync"

	"halqa/circles"
	"halqa/internal/store"
)

// bookPage bounds how many rows one Update of Flush writes: on SQLite nobody else writes meanwhile.
const bookPage = 250

// A Book collects positions that moved, and writes them together. It is safe for concurrent use.
type Book struct {
	store *store.Store

	mu    sync.Mutex
	dirty map[bookKey]store.Cursor
	also  []func(*store.Tx) error

	flushing sync.Mutex // one Flush at a time, or an older position could be written last
}

type bookKey struct{ consumer, lane string }

// NewBook returns an empty book.
func NewBook(st *store.Store) *Book {
	return &Book{store: st, dirty: make(map[bookKey]store.Cursor)}
}

// Put notes a position. It replaces one of the same consumer and lane that was not written yet.
func (b *Book) Put(c store.Cursor) {
	c.Beyond = append([]circles.Seq(nil), c.Beyond...)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty[bookKey{c.Consumer, c.Lane}] = c
}

// Also has f run inside an Update of the next Flush, before any position is written: what a position
// leaves behind must be on record before it moves. f may run more than once.
func (b *Book) Also(f func(*store.Tx) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.also = append(b.also, f)
}

// Flush writes what was noted. What could not be written is kept for the next time.
func (b *Book) Flush(ctx context.Context) error {
	b.flushing.Lock()
	defer b.flushing.Unlock()

	b.mu.Lock()
	also := b.also
	b.also = nil
	cursors := make([]store.Cursor, 0, len(b.dirty))
	for _, c := range b.dirty {
		cursors = append(cursors, c)
	}
	clear(b.dirty)
	b.mu.Unlock()

	for len(also) > 0 {
		page := also[:min(bookPage, len(also))]
		err := b.store.Update(ctx, func(tx *store.Tx) error {
			for _, f := range page {
				if err := f(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.keep(also, cursors)
			return fmt.Errorf("save what hangs on positions: %w", err)
		}
		also = also[len(page):]
	}
	for len(cursors) > 0 {
		page := cursors[:min(bookPage, len(cursors))]
		err := b.store.Update(ctx, func(tx *store.Tx) error { return tx.SaveCursors(page) })
		if err != nil {
			b.keep(nil, cursors)
			return fmt.Errorf("save positions: %w", err)
		}
		cursors = cursors[len(page):]
	}
	return nil
}

// keep puts back what was not written, behind what has been noted since.
func (b *Book) keep(also []func(*store.Tx) error, cursors []store.Cursor) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.also = append(also[:len(also):len(also)], b.also...)
	for _, c := range cursors {
		key := bookKey{c.Consumer, c.Lane}
		if _, newer := b.dirty[key]; !newer {
			b.dirty[key] = c
		}
	}
}
