package tips

import (
	"context"
	"fmt"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// Undo takes a tip back while the rail lets its payer do so. Forbidden once it was paid.
func (t *Tips) Undo(ctx context.Context, v circles.Viewer, id int64) (*Tip, error) {
	tip, err := t.Tip(ctx, v, id)
	if err != nil {
		return nil, err
	}
	late := circles.Errorf(circles.Forbidden, "This tip can no longer be undone.").With("refused.tip-too-late", nil)
	if tip.Payer != v.Person {
		return nil, late
	}
	r := t.rail(tip.Adapter)
	canceler, ok := able[wallet.Canceler](r, wallet.CapCancel)
	if !ok || (tip.State != ledger.TipOpen && tip.State != ledger.TipHeld) || tip.charge.RailID == "" {
		return nil, late
	}
	var got wallet.Charge
	err = ask(ctx, func(ctx context.Context) (err error) {
		got, err = canceler.CancelCharge(ctx, tip.charge.RailID)
		return err
	})
	if err != nil {
		t.log.Warn("wallet did not cancel", "adapter", r.d.Name, "key", tip.charge.Key, "error", err)
		return nil, &circles.Error{Kind: circles.Busy, Message: "The wallet did not answer. Look again in a minute whether the tip was undone.", Text: "refused.tip-undo-unknown", Err: err}
	}
	if _, err := t.believe(context.WithoutCancel(ctx), answer{tip.charge.ID, got}); err != nil {
		return nil, err
	}
	after, err := t.Tip(ctx, v, id)
	if err == nil && after.State != ledger.TipCanceled {
		return nil, late
	}
	return after, err
}

// Refund gives back part of a tip, by its payee. It stays pending until the rail is done; Forbidden
// where the rail cannot. Asked for again before the rail has answered, it is the same one; whoever heard no
// error must not ask again.
func (t *Tips) Refund(ctx context.Context, v circles.Viewer, id, minor int64, reason string) error {
	tip, err := t.Tip(ctx, v, id)
	if err != nil {
		return err
	}
	cannot := circles.Errorf(circles.Forbidden, "This tip cannot be given back here.").With("refused.tip-no-refund", nil)
	r := t.rail(tip.Adapter)
	refunder, ok := able[wallet.Refunder](r, wallet.CapRefund)
	if !ok || tip.Payee != v.Person || tip.charge.RailID == "" {
		return cannot
	}
	if len(reason) > wallet.MaxReason {
		return circles.FieldErrorf(circles.Invalid, "reason", "A reason has at most %d characters.", wallet.MaxReason).With("refused.tip-note", map[string]any{"Max": wallet.MaxReason})
	}
	var f *ledger.Refund
	err = t.store.Update(ctx, func(tx *store.Tx) error {
		c, err := ledger.ChargeBy(tx, tip.charge.ID)
		if err != nil {
			return err
		}
		all, err := ledger.RefundsOf(tx, c.ID)
		if err != nil {
			return err
		}
		for _, old := range all { // pressed again, for want of an answer: it is the same one
			if old.RailID == "" && wallet.State(old.State).Open() && old.Amount == minor && old.Reason == reason {
				f = old
				return nil
			}
		}
		open := openRefunds(all)
		if minor < 1 || minor > asCharge(c).Net()-open {
			return circles.FieldErrorf(circles.Invalid, "amount", "More than what is left of the tip cannot be given back.").With("refused.tip-refund-too-much", nil)
		}
		fid := tx.NewID()
		f = &ledger.Refund{
			ID: fid, Charge: c.ID, Key: fmt.Sprintf("ref_%d", fid), Amount: minor, State: string(wallet.Unknown), Revision: -1,
			AskedBy: v.Person, CreatedAt: tx.Now(), DueAt: tx.Now() + (2 * railTime).Microseconds(), Reason: reason,
		}
		return ledger.AddRefund(tx, f)
	})
	if err != nil {
		return wrap("refund", err)
	}
	return t.askRefund(context.WithoutCancel(ctx), refunder, f, tip.charge)
}

// openRefunds is what is already on its way back, so that two refunds at once give back no more than
// there is.
func openRefunds(all []*ledger.Refund) (sum int64) {
	for _, f := range all {
		if wallet.State(f.State).Open() {
			sum += f.Amount
		}
	}
	return sum
}

// askRefund asks the rail, with the same key however often, and believes the answer.
func (t *Tips) askRefund(ctx context.Context, refunder wallet.Refunder, f *ledger.Refund, c *ledger.Charge) error {
	var got wallet.Refund
	err := ask(ctx, func(ctx context.Context) (err error) {
		if f.RailID != "" {
			got, err = refunder.GetRefund(ctx, f.RailID)
			return err
		}
		got, err = refunder.Refund(ctx, wallet.RefundRequest{
			Key: f.Key, ChargeID: c.RailID, Reason: f.Reason, Amount: wallet.Amount{Minor: f.Amount, Asset: c.Asset},
		})
		return err
	})
	return wrap("refund", t.store.Update(ctx, func(tx *store.Tx) error {
		now, e := ledger.RefundBy(tx, f.ID)
		if e != nil {
			return e
		}
		switch {
		case err != nil && now.RailID == "" && refused(err):
			now.State, now.DueAt = string(wallet.Failed), 0
		case err != nil || got.Revision < now.Revision || !wallet.ValidID(got.ID) || got.Key != now.Key || got.Amount.Minor != now.Amount:
			now.Tries++
			now.DueAt = t.now().Add(min(firstAsk<<min(now.Tries, 8), lastAsk)).UnixMicro()
		default:
			now.RailID, now.Revision = got.ID, got.Revision
			switch got.State {
			case wallet.Settled, wallet.Failed:
				now.State, now.DueAt = string(got.State), 0
				// What went back is the charge's to say.
				if err := ledger.KnockCharge(tx, now.Charge); err != nil {
					return err
				}
			default:
				now.State = string(wallet.Pending)
				now.Tries++
				now.DueAt = t.now().Add(min(firstAsk<<min(now.Tries, 8), lateAsk)).UnixMicro()
			}
		}
		return ledger.SaveRefund(tx, now)
	}))
}

// lookRefund asks about a refund whose time has come.
func (t *Tips) lookRefund(ctx context.Context, id int64) error {
	var f *ledger.Refund
	var c *ledger.Charge
	err := t.store.View(ctx, func(tx *store.Tx) (err error) {
		if f, err = ledger.RefundBy(tx, id); err != nil {
			return err
		}
		c, err = ledger.ChargeBy(tx, f.Charge)
		return err
	})
	if err != nil {
		return wrap("refund", err)
	}
	refunder, ok := able[wallet.Refunder](t.rail(c.Adapter), wallet.CapRefund)
	if !ok { // it is no longer configured, or can no more: this one waits, and nobody else for it
		return t.store.Update(ctx, func(tx *store.Tx) error {
			now, err := ledger.RefundBy(tx, id)
			if err != nil {
				return err
			}
			now.DueAt = t.now().Add(lateAsk).UnixMicro()
			return ledger.SaveRefund(tx, now)
		})
	}
	return t.askRefund(ctx, refunder, f, c)
}
