package wallettest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"halqa/wallet"
)

var keyCases = []testCase{
	{12, 1, "the same key with the same contents is the same charge", nil, false, func(k *kit) error {
		in := k.ask(k.sum())
		first, err := k.a.CreateCharge(k.ctx, in)
		if err != nil {
			return err
		}
		in.Locale = "zh" // no part of the contents
		again, err := k.a.CreateCharge(k.ctx, in)
		if err != nil {
			return fmt.Errorf("again: %w", err)
		}
		if again.ID != first.ID {
			return fmt.Errorf("charges %q and %q", first.ID, again.ID)
		}
		return k.requests(in.Key, 1)
	}},
	{13, 1, "the same key with other contents is refused", nil, false, func(k *kit) error {
		in := k.ask(k.sum())
		if _, err := k.a.CreateCharge(k.ctx, in); err != nil {
			return err
		}
		for name, change := range map[string]func(*wallet.CreateCharge){
			"amount":         func(in *wallet.CreateCharge) { in.Amount.Minor += int64(k.asset.Step) },
			"memo":           func(in *wallet.CreateCharge) { in.Memo += "." },
			"binding":        func(in *wallet.CreateCharge) { in.Binding[31]++ },
			"tip":            func(in *wallet.CreateCharge) { in.TipID = "2" },
			"expiry":         func(in *wallet.CreateCharge) { in.ExpiresAt = in.ExpiresAt.Add(time.Second) },
			"return address": func(in *wallet.CreateCharge) { in.ReturnURL += "/2" },
			"notify address": func(in *wallet.CreateCharge) { in.NotifyURL += "/2" },
		} {
			other := in
			change(&other)
			_, err := k.a.CreateCharge(k.ctx, other)
			if err := wants(err, wallet.ErrKeyReuse); err != nil {
				return fmt.Errorf("another %s: %w", name, err)
			}
		}
		return nil
	}},
	{14, 1, "a hundred at once with one key are one charge", nil, false, func(k *kit) error {
		in := k.ask(k.sum())
		var (
			wg  sync.WaitGroup
			mu  sync.Mutex
			ids = map[string]int{}
			bad error
		)
		for range 100 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				c, err := k.a.CreateCharge(k.ctx, in)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					ids[c.ID]++
				case !errors.Is(err, wallet.ErrTemporary) && !errors.Is(err, wallet.ErrIndeterminate):
					bad = err
				}
			}()
		}
		wg.Wait()
		if bad != nil {
			return bad
		}
		if len(ids) != 1 {
			return fmt.Errorf("%d different charges", len(ids))
		}
		return k.requests(in.Key, 1)
	}},
	{15, 1, "an answer that was lost is found by its key", nil, false, func(k *kit) error {
		for _, f := range []fault{loseAnswer, cutAnswer, sendTwice} {
			in := k.ask(k.sum())
			k.faults.set(f)
			if _, err := k.a.CreateCharge(k.ctx, in); err != nil && !errors.Is(err, wallet.ErrIndeterminate) {
				return fmt.Errorf("%s: %w", f, err)
			}
			c, err := k.recover(in)
			if err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
			if err := fits(in, c); err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
			if err := k.requests(in.Key, 1); err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
		}
		return nil
	}},
	{16, 1, "a crash before the rail was asked leaves nothing behind", nil, true, func(k *kit) error {
		in := k.ask(k.sum())
		if err := k.h.Rail.Crash(k.ctx, CrashBefore); err != nil {
			return err
		}
		if _, err := k.a.CreateCharge(k.ctx, in); err == nil {
			return errors.New("an adapter that ended answered all the same")
		}
		if err := k.awake(); err != nil {
			return fmt.Errorf("it was to end, and to be started again: %w", err)
		}
		if k.d.Can(wallet.CapFind) {
			_, err := k.a.FindCharge(k.ctx, in.Key)
			if err := wants(err, wallet.ErrNotFound); err != nil {
				return fmt.Errorf("found by its key: %w", err)
			}
		}
		c, err := k.a.CreateCharge(k.ctx, in)
		if err != nil {
			return fmt.Errorf("asked again: %w", err)
		}
		if err := fits(in, c); err != nil {
			return err
		}
		return k.requests(in.Key, 1)
	}},
	{17, 1, "a crash after the rail was asked makes nothing twice", nil, true, func(k *kit) error {
		in := k.ask(k.sum())
		if err := k.h.Rail.Crash(k.ctx, CrashBetween); err != nil {
			return err
		}
		if _, err := k.a.CreateCharge(k.ctx, in); err == nil {
			return errors.New("an adapter that ended answered all the same")
		}
		if err := k.awake(); err != nil {
			return fmt.Errorf("it was to end, and to be started again: %w", err)
		}
		c, err := k.recover(in)
		if err != nil {
			return err
		}
		if err := fits(in, c); err != nil {
			return err
		}
		return k.requests(in.Key, 1)
	}},
}

// recover does what Halqa does when it does not know: it looks, and asks again with the same key.
func (k *kit) recover(in wallet.CreateCharge) (wallet.Charge, error) {
	if k.d.Can(wallet.CapFind) {
		c, err := k.a.FindCharge(k.ctx, in.Key)
		if !errors.Is(err, wallet.ErrNotFound) {
			return c, err
		}
	}
	return k.a.CreateCharge(k.ctx, in)
}

// requests compares how many requests for money a key has on the rail, where the kit can see that.
func (k *kit) requests(key string, want int) error {
	if k.h.Rail == nil {
		return nil
	}
	n, err := k.h.Rail.Requests(k.ctx, key)
	if errors.Is(err, ErrNotPossible) {
		return nil
	}
	if err == nil && n != want {
		return fmt.Errorf("the rail was asked for money %d times, want %d", n, want)
	}
	return err
}
