package store

import (
	"sync"
	"time"

	"halqa/circles"
)

// perMilli is how many ids one millisecond holds.
const perMilli = 1 << 12

// ids hands out ids in ascending order: the next of this millisecond, or the one after the last if
// more than 4,096 were made in it or the clock went back.
//
// What a process cannot know, ids of another process on the same PostgreSQL or ids given before a
// restart by a clock that was ahead, the primary key catches: an Update that made ids and met a
// clash runs again, with the counter moved on.
type ids struct {
	mu   sync.Mutex
	last int64
}

func (g *ids) next(now time.Time) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(g.last+1, circles.IDFloor(now))
	return g.last
}

// skip moves the counter on after the n-th clash in a row, further each time.
func (g *ids) skip(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last += 256 << min(n, maxRetries)
}

// NewID returns an id that no one else gets, greater than every id this process made before.
func (tx *Tx) NewID() int64 {
	tx.newIDs = true
	return tx.store.ids.next(time.UnixMicro(tx.at))
}

// NewIDAt returns an id of the millisecond of t, for a row that belongs into the past: a post sorts
// by when it was published. A t that is not past gives NewID. highest returns the greatest id in
// [from, to) of the table the id is for, 0 if there is none; it is asked once for each millisecond
// that is full.
//
// Two Updates that pick the same id do not both commit: on SQLite they run one after the other, on
// PostgreSQL the primary key refuses the second, which then runs again. So the id has to be inserted
// in this Update, into that table.
func (tx *Tx) NewIDAt(t time.Time, highest func(from, to int64) (int64, error)) (int64, error) {
	now := circles.IDFloor(time.UnixMicro(tx.at))
	from := circles.IDFloor(t)
	// A stranger can claim one moment for as many posts as they like; full milliseconds are therefore
	// passed in growing steps, and it costs a few queries, not thousands.
	for step := int64(perMilli); from < now; step *= 2 {
		last, err := highest(from, from+perMilli)
		if err != nil {
			return 0, err
		}
		if last == 0 {
			tx.newIDs = true
			return from, nil
		}
		if last+1 < from+perMilli {
			tx.newIDs = true
			return last + 1, nil
		}
		from += step
	}
	return tx.NewID(), nil
}
