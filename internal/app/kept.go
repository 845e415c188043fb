package app

import (
	"sync"
	"time"

	"halqa/internal/store"
)

// keepFor is how old an answer that is costly to find may be.
const keepFor = 10 * time.Minute

// A kept is an answer that is found anew when it is too old. One caller looks; the others take the old
// answer meanwhile, or wait if there is none.
type kept[T any] struct {
	mu      sync.Mutex
	asking  sync.Mutex
	known   bool
	foundAt int64 // UTC microseconds
	value   T
}

// at returns the answer as of the transaction's time, or finds it.
func (k *kept[T]) at(tx *store.Tx, find func() (T, error)) (T, error) {
	if v, known, fresh := k.look(tx); fresh {
		return v, nil
	} else if known && !k.asking.TryLock() {
		return v, nil
	} else if !known {
		k.asking.Lock()
	}
	defer k.asking.Unlock()
	if v, _, fresh := k.look(tx); fresh {
		return v, nil
	}
	v, err := find()
	if err != nil {
		return v, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.value, k.known, k.foundAt = v, true, tx.Now()
	return v, nil
}

func (k *kept[T]) look(tx *store.Tx) (v T, known, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value, k.known, k.known && tx.Now() < k.foundAt+keepFor.Microseconds()
}
