package store

import (
	"strings"

	"halqa/circles"
)

// keptRows is how many rows of a kind a transaction keeps: an act reads a post, its root and the people
// and circle of both, and each again in the next verb that looks at it.
const keptRows = 4

// A keep holds the whole posts, actors or circles that a transaction read last, so that reading one again
// costs nothing until a statement may have changed it. They are values: who gets a copy may change it.
type keep[K ~int64, V any] struct {
	ids  [keptRows]K
	rows [keptRows]*V
	next int
}

// read returns the row with this id, and asks for it only if it is not kept. It is refused when asking
// would be.
func (k *keep[K, V]) read(tx *Tx, id K, ask func() (*V, error)) (*V, error) {
	for i, row := range k.rows {
		if row != nil && k.ids[i] == id {
			if _, err := tx.begin(nil); err != nil {
				return nil, err
			}
			again := *row
			return &again, nil
		}
	}
	row, err := ask()
	if err == nil {
		k.put(id, row)
	}
	return row, err
}

func (k *keep[K, V]) put(id K, row *V) {
	own := *row
	k.ids[k.next], k.rows[k.next] = id, &own
	k.next = (k.next + 1) % keptRows
}

// forget drops what the transaction read, unless the statement only reads.
func (tx *Tx) forget(query string) {
	if !strings.HasPrefix(query, "SELECT") {
		tx.posts.rows, tx.actors.rows, tx.circles.rows = [keptRows]*circles.Post{}, [keptRows]*circles.Actor{}, [keptRows]*circles.Circle{}
	}
}
