package wallettest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"halqa/wallet"
)

var moneyCases = []testCase{
	{19, 2, "paid exactly", nil, true, func(k *kit) error {
		c, err := k.paid()
		if err != nil {
			return err
		}
		if c.SettledAt.IsZero() || c.Late {
			return fmt.Errorf("settled at %v, late %t", c.SettledAt, c.Late)
		}
		return nil
	}},
	{20, 2, "paid too little is not paid", nil, true, func(k *kit) error {
		if !k.d.InexactFunds {
			return skip("the rail takes exact amounts only")
		}
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		part := c.Requested.Minor - int64(k.asset.Step)
		if c, err = k.pay(c, part, true); err != nil {
			return err
		}
		if c.State == wallet.Settled || int64(c.Received) != part {
			return fmt.Errorf("%d of %d came: %s with %d received", part, c.Requested.Minor, c.State, c.Received)
		}
		return nil
	}},
	{21, 2, "the rest comes later", nil, true, func(k *kit) error {
		if !k.d.SplitFunds {
			return skip("the rail takes one payment only")
		}
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		part := int64(k.asset.Step)
		for _, minor := range []int64{part, c.Requested.Minor - part} {
			if c, err = k.pay(c, minor, true); err != nil {
				return err
			}
		}
		return has(c, wallet.Settled, c.Requested.Minor)
	}},
	{22, 2, "paid too much is all received", nil, true, func(k *kit) error {
		if !k.d.InexactFunds {
			return skip("the rail takes exact amounts only")
		}
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		over := c.Requested.Minor + 3*int64(k.asset.Step)
		if c, err = k.pay(c, over, true); err != nil {
			return err
		}
		return has(c, wallet.Settled, over)
	}},
	{23, 2, "paid twice is received twice, or refused by the rail", nil, true, func(k *kit) error {
		c, err := k.paid()
		if err != nil {
			return err
		}
		if err := k.h.Rail.Pay(k.ctx, c.ID, c.Requested.Minor, true); err != nil { // the rail refused it
			after, err := k.look(c)
			if err != nil {
				return err
			}
			return still(c, after)
		}
		if c, err = k.look(c); err != nil {
			return err
		}
		return has(c, wallet.Settled, 2*c.Requested.Minor)
	}},
	{24, 2, "paid after it expired is late, not lost", nil, true, func(k *kit) error {
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		if err := k.advance(c.ExpiresAt.Sub(k.railNow()) + time.Minute); err != nil {
			return err
		}
		if c, err = k.look(c); err != nil {
			return err
		}
		if err := has(c, wallet.Expired, 0); err != nil {
			return err
		}
		return k.lateMoney(c)
	}},
	{25, 2, "paid after it was canceled is late, not lost", []string{wallet.CapCancel}, true, func(k *kit) error {
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		after, err := k.a.CancelCharge(k.ctx, c.ID)
		if err != nil {
			return err
		}
		if err := errors.Join(c.Follows(after), has(after, wallet.Canceled, 0)); err != nil {
			return err
		}
		again, err := k.a.CancelCharge(k.ctx, c.ID)
		if err != nil {
			return fmt.Errorf("canceled twice: %w", err)
		}
		if err := still(after, again); err != nil {
			return err
		}
		return k.lateMoney(again)
	}},
	{26, 2, "a payment that meets a cancelation is kept", []string{wallet.CapCancel}, true, func(k *kit) error {
		for range 8 {
			c, err := k.create(k.sum())
			if err != nil {
				return err
			}
			var wg sync.WaitGroup
			var paid, canceled error
			wg.Add(2)
			go func() { defer wg.Done(); paid = k.h.Rail.Pay(k.ctx, c.ID, c.Requested.Minor, true) }()
			go func() { defer wg.Done(); _, canceled = k.a.CancelCharge(k.ctx, c.ID) }()
			wg.Wait()
			if canceled != nil {
				return canceled
			}
			if c, err = k.look(c); err != nil {
				return err
			}
			if paid == nil && (c.State != wallet.Settled || int64(c.Received) != c.Requested.Minor) {
				return fmt.Errorf("the rail took the money, and the charge is %s with %d received", c.State, c.Received)
			}
			if paid != nil && c.Received != 0 {
				return fmt.Errorf("the rail refused the money, and %d was received", c.Received)
			}
		}
		return nil
	}},
	{27, 2, "seen is not received", nil, true, func(k *kit) error {
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		if c, err = k.pay(c, c.Requested.Minor, false); err != nil {
			return err
		}
		if c.State != wallet.Processing || c.Received != 0 || int64(c.Pending) != c.Requested.Minor {
			return fmt.Errorf("seen and not final: %s, %d pending, %d received", c.State, c.Pending, c.Received)
		}
		return nil
	}},
	{28, 2, "what was seen can vanish", nil, true, func(k *kit) error {
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		if c, err = k.pay(c, c.Requested.Minor, false); err != nil {
			return err
		}
		if err := k.h.Rail.Reorg(k.ctx, c.ID); err != nil {
			return err
		}
		seen := c
		if c, err = k.look(c); err != nil {
			return err
		}
		if c.Pending != 0 || c.Received != 0 || !c.State.Open() || c.Revision == seen.Revision {
			return fmt.Errorf("vanished: %s, %d pending, %d received, revision %d after %d", c.State, c.Pending, c.Received, c.Revision, seen.Revision)
		}
		return nil
	}},
	{40, 2, "revisions grow, counters never shrink", nil, true, func(k *kit) error {
		c, err := k.create(k.sum())
		if err != nil {
			return err
		}
		last := c.Revision
		steps := []func() error{
			func() error { return k.h.Rail.Pay(k.ctx, c.ID, c.Requested.Minor, true) },
		}
		if k.d.Reversible {
			steps = append(steps, func() error { return k.h.Rail.Dispute(k.ctx, c.ID, int64(k.asset.Step)) },
				func() error { return k.h.Rail.Dispute(k.ctx, c.ID, int64(k.asset.Step)) })
		}
		for i, step := range steps {
			if err := step(); err != nil {
				return err
			}
			if c, err = k.look(c); err != nil {
				return fmt.Errorf("step %d: %w", i+1, err)
			}
			if c.Revision <= last {
				return fmt.Errorf("step %d: revision %d after %d", i+1, c.Revision, last)
			}
			last = c.Revision
			same, err := k.look(c)
			if err != nil {
				return err
			}
			if same.Revision != c.Revision {
				return fmt.Errorf("step %d: the revision grew and nothing changed", i+1)
			}
		}
		return nil
	}},
	{41, 2, "refunds are bounded, and their keys are too", []string{wallet.CapRefund}, true, func(k *kit) error {
		c, err := k.paid()
		if err != nil {
			return err
		}
		step := int64(k.asset.Step)
		in := wallet.RefundRequest{Key: k.ask(1).Key, ChargeID: c.ID, Reason: "kit", Amount: wallet.Amount{Minor: step, Asset: k.asset.Code}}
		first, err := k.a.Refund(k.ctx, in)
		if err != nil {
			return fmt.Errorf("part of it: %w", err)
		}
		again, err := k.a.Refund(k.ctx, in)
		if err != nil || again.ID != first.ID {
			return fmt.Errorf("the same key again: refund %q and %q, %v", first.ID, again.ID, err)
		}
		other := in
		other.Amount.Minor += step
		_, err = k.a.Refund(k.ctx, other)
		if err := wants(err, wallet.ErrKeyReuse); err != nil {
			return fmt.Errorf("the key with another amount: %w", err)
		}
		rest := in
		rest.Key, rest.Amount.Minor = k.ask(1).Key, c.Requested.Minor // with the first that is more than came
		_, err = k.a.Refund(k.ctx, rest)
		if err := wants(err, wallet.ErrLimit); err != nil {
			return fmt.Errorf("more than is left: %w", err)
		}
		_, err = k.a.GetRefund(k.ctx, "kit-nothing")
		return wants(err, wallet.ErrNotFound)
	}},
	{42, 2, "a refund that waits has not happened", []string{wallet.CapRefund}, true, func(k *kit) error {
		c, err := k.paid()
		if err != nil {
			return err
		}
		f, err := k.a.Refund(k.ctx, wallet.RefundRequest{Key: k.ask(1).Key, ChargeID: c.ID, Amount: c.Requested})
		if err != nil {
			return err
		}
		after, err := k.look(c)
		if err != nil {
			return err
		}
		if f.State != wallet.Settled && after.Refunded != 0 {
			return fmt.Errorf("the refund is %s, and %d count as refunded", f.State, after.Refunded)
		}
		if f.State != wallet.Settled {
			if err := k.h.Rail.TakeRefund(k.ctx, f.ID); err != nil {
				return err
			}
		}
		if f, err = k.a.GetRefund(k.ctx, f.ID); err != nil {
			return err
		}
		if after, err = k.look(c); err != nil {
			return err
		}
		if f.State != wallet.Settled || int64(after.Refunded) != c.Requested.Minor {
			return fmt.Errorf("fetched: the refund is %s, %d of %d refunded", f.State, after.Refunded, c.Requested.Minor)
		}
		return nil
	}},
	{43, 2, "a chargeback takes back what there is, and no more", nil, true, func(k *kit) error {
		if !k.d.Reversible {
			return skip("the rail takes nothing back")
		}
		c, err := k.paid()
		if err != nil {
			return err
		}
		if err := k.h.Rail.Dispute(k.ctx, c.ID, c.Requested.Minor); err != nil {
			return err
		}
		if c, err = k.look(c); err != nil {
			return err
		}
		if c.State != wallet.Reversed || int64(c.Reversed) != c.Requested.Minor {
			return fmt.Errorf("charged back: %s, %d reversed", c.State, c.Reversed)
		}
		if !k.d.Can(wallet.CapRefund) {
			return nil
		}
		if c, err = k.paid(); err != nil {
			return err
		}
		f, err := k.a.Refund(k.ctx, wallet.RefundRequest{Key: k.ask(1).Key, ChargeID: c.ID, Amount: c.Requested})
		if err != nil {
			return err
		}
		if f.State != wallet.Settled {
			if err := k.h.Rail.TakeRefund(k.ctx, f.ID); err != nil {
				return err
			}
		}
		// What a bank takes back once more is not the payee's: nothing is left of the charge.
		if err := k.h.Rail.Dispute(k.ctx, c.ID, c.Requested.Minor); err != nil && !errors.Is(err, ErrNotPossible) {
			return err
		}
		c, err = k.look(c)
		if err == nil && c.Net() != 0 {
			return fmt.Errorf("refunded and charged back: %d are left", c.Net())
		}
		return err
	}},
}

// lateMoney pays a charge that is over.
func (k *kit) lateMoney(c wallet.Charge) error {
	err := k.h.Rail.Pay(k.ctx, c.ID, c.Requested.Minor, true)
	if !k.d.LateFunds {
		if err == nil {
			return errors.New("the rail took late money, and the descriptor says it does not")
		}
		after, err := k.look(c)
		if err != nil {
			return err
		}
		return still(c, after)
	}
	if err != nil {
		return err
	}
	if c, err = k.look(c); err != nil {
		return err
	}
	if !c.Late {
		return errors.New("late money does not show as late")
	}
	return has(c, wallet.Settled, c.Requested.Minor)
}
