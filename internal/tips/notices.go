package tips

import (
	"context"
	"fmt"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
)

// Handle tells people what became of tips, from the log: the payee that they were tipped, the payer
// that something came to nothing or went back. It may be told twice; people are told once.
func (t *Tips) Handle(ctx context.Context, batch []circles.Event) error {
	for _, e := range batch {
		var err error
		switch e.Kind {
		case circles.TipPaid, circles.TipFailed, circles.TipReturned:
			err = t.store.Update(ctx, func(tx *store.Tx) error { return tell(tx, e) })
		case circles.ActorDeleted:
			err = t.store.Update(ctx, func(tx *store.Tx) error { return ledger.Forget(tx, circles.PersonID(e.Object)) })
		}
		if err != nil {
			return fmt.Errorf("tell of entry %s: %w", e.Seq, err)
		}
	}
	return nil
}

func tell(tx *store.Tx, e circles.Event) error {
	tip, err := ledger.TipBy(tx, e.Object)
	if circles.Is(err, circles.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var thread circles.PostID
	if tip.Post != 0 {
		p, err := tx.Post(tip.Post)
		if err != nil && !circles.Is(err, circles.NotFound) {
			return err
		}
		if err == nil {
			thread = p.Root
		}
	}
	switch e.Kind {
	case circles.TipPaid:
		return tx.NotifyOfTip(tip.Payee, store.ToldTip, tip.ID, thread, tip.Payer.Actor())
	case circles.TipFailed:
		return tx.NotifyOfTip(tip.Payer, store.ToldTipFailed, tip.ID, thread, tip.Payee.Actor())
	}
	if err := tx.NotifyOfTip(tip.Payee, store.ToldTipBack, tip.ID, thread, tip.Payer.Actor()); err != nil {
		return err
	}
	return tx.NotifyOfTip(tip.Payer, store.ToldTipBack, tip.ID, thread, tip.Payee.Actor())
}
