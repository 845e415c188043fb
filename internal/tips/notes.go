package tips

import (
	"context"

	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// Notes are what one adapter that is built in must not forget of its charges; wallet/lightning says what
// the methods promise. Like every rail, the adapter is called outside any transaction.
type Notes struct {
	t       *Tips
	adapter string
}

// Notes returns those of the adapter with that name.
func (t *Tips) Notes(adapter string) Notes { return Notes{t, adapter} }

// Keep stores a note under a key, unless the key has one, and returns what it has.
func (n Notes) Keep(ctx context.Context, key, mark, note string) (kept string, err error) {
	err = n.t.store.Update(ctx, func(tx *store.Tx) error {
		had, ok, err := ledger.Note(tx, n.adapter, key)
		if err != nil || ok {
			kept = had
			return err
		}
		other, err := ledger.Marked(tx, n.adapter, mark)
		if err != nil {
			return err
		}
		if other != "" {
			return wallet.ErrKeyReuse
		}
		kept = note
		return ledger.AddNote(tx, n.adapter, key, mark, note)
	})
	return kept, wrap("wallet note", err)
}

// Read returns wallet.ErrNotFound if the key has no note.
func (n Notes) Read(ctx context.Context, key string) (note string, err error) {
	err = n.t.store.View(ctx, func(tx *store.Tx) error {
		had, ok, err := ledger.Note(tx, n.adapter, key)
		if err == nil && !ok {
			err = wallet.ErrNotFound
		}
		note = had
		return err
	})
	return note, wrap("wallet note", err)
}

// Change replaces a note that still says what it said, and returns what stands there afterwards.
func (n Notes) Change(ctx context.Context, key, from, to string) (kept string, err error) {
	err = n.t.store.Update(ctx, func(tx *store.Tx) error {
		had, ok, err := ledger.Note(tx, n.adapter, key)
		switch {
		case err != nil:
			return err
		case !ok:
			return wallet.ErrNotFound
		case had != from:
			kept = had
			return nil
		}
		kept = to
		return ledger.SetNote(tx, n.adapter, key, to)
	})
	return kept, wrap("wallet note", err)
}
