package wallettest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"halqa/wallet"
	"halqa/wallet/remote"
)

// A testCase is one thing that an adapter does right.
type testCase struct {
	n     int
	level int
	name  string
	needs []string // capabilities without which there is nothing to test
	rail  bool     // needs a hand on the rail
	run   func(*kit) error
}

// cases are all of them, in order.
var cases = slices.Concat(shapeCases, wireCases, keyCases, moneyCases, faultCases)

// A kit is one adapter during one or more cases.
type kit struct {
	h      Harness
	a      *remote.Client
	faults *faults
	now    func() time.Time

	gone  bool          // the adapter does not answer any more
	shift time.Duration // how far the rail's clock was moved ahead of now

	ctx   context.Context
	d     wallet.Descriptor
	asset wallet.Asset
}

// caseTime ends a case whose adapter hangs.
const caseTime = 2 * time.Minute

// try runs one case.
func (k *kit) try(ctx context.Context, c testCase) Result {
	r := Result{Case: c.n, Level: c.level, Name: c.name, Outcome: Passed}
	ctx, cancel := context.WithTimeout(ctx, caseTime)
	defer cancel()
	k.ctx = ctx
	k.faults.set("")
	if k.gone {
		return k.skipOr(r, skip("not tried: the adapter does not answer any more"))
	}
	if err := k.begin(c); err != nil {
		r.Outcome, r.Detail = Failed, err.Error()
		return k.skipOr(r, err)
	}
	if err := c.run(k); err != nil {
		r.Outcome, r.Detail = Failed, err.Error()
		return k.skipOr(r, err)
	}
	return r
}

// A skip says why there is nothing to test.
type skip string

func (s skip) Error() string { return string(s) }

func (k *kit) skipOr(r Result, err error) Result {
	var s skip
	if errors.As(err, &s) {
		r.Outcome, r.Detail = Skipped, string(s)
	} else if errors.Is(err, ErrNotPossible) {
		r.Outcome, r.Detail = Skipped, "the rail cannot do this"
	}
	return r
}

func (k *kit) begin(c testCase) (err error) {
	if err := k.awake(); err != nil {
		k.gone = true
		return err
	}
	for _, need := range c.needs {
		if !k.d.Can(need) {
			return skip("no capability " + need)
		}
	}
	if c.rail && k.h.Rail == nil {
		return skip("no hand on the rail")
	}
	if len(k.d.Assets) == 0 {
		return errors.New("describe names no assets")
	}
	k.asset = k.d.Assets[0]
	if k.h.Asset != "" {
		a, ok := k.d.Asset(k.h.Asset)
		if !ok {
			return fmt.Errorf("describe does not name the asset %s", k.h.Asset)
		}
		k.asset = a
	}
	return nil
}

// startTime is how long an adapter that ended may take to be there again.
const startTime = 10 * time.Second

// awake waits until the adapter answers: one that ended at a case's order is started again by whoever looks
// after it. What it says of itself is noted.
func (k *kit) awake() (err error) {
	ctx, cancel := context.WithTimeout(k.ctx, startTime)
	defer cancel()
	for {
		k.d, err = k.a.Describe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("describe: %w", err)
		case <-time.After(startTime / 200):
		}
	}
}

// sum is an amount in the middle of what the asset allows, in steps.
func (k *kit) sum() int64 {
	step := int64(k.asset.Step)
	n := min(int64(k.asset.Min)*5, int64(k.asset.Max)/2)
	n = max(n, int64(k.asset.Min), min(10*step, int64(k.asset.Max)))
	n = n / step * step
	if n < int64(k.asset.Min) {
		n += step
	}
	return n
}

// ask is a request that should be fine.
func (k *kit) ask(minor int64) wallet.CreateCharge {
	var b [12]byte
	rand.Read(b[:])
	key := "kit_" + hex.EncodeToString(b[:])
	return wallet.CreateCharge{
		Key: key, TipID: "1", Amount: wallet.Amount{Minor: minor, Asset: k.asset.Code}, Payee: k.h.Payee, Memo: "Conformance check",
		Binding: wallet.Binding{1, 2, 3}, ExpiresAt: k.railNow().Add(time.Hour).UTC().Truncate(time.Second),
		ReturnURL: "https://halqa.invalid/return", NotifyURL: "https://halqa.invalid/notify", Locale: "en",
	}
}

// railNow is the time at which charges live: signatures keep to the clock of the wall.
func (k *kit) railNow() time.Time { return k.now().Add(k.shift) }

// advance lets time go by on the rail.
func (k *kit) advance(d time.Duration) error {
	before := k.now()
	if err := k.h.Rail.Advance(k.ctx, d); err != nil {
		return err
	}
	if k.now().Sub(before) < d { // the harness's clock is not the rail's
		k.shift += d
	}
	return nil
}

// create makes a charge and checks what came back.
func (k *kit) create(minor int64) (wallet.Charge, error) {
	in := k.ask(minor)
	c, err := k.a.CreateCharge(k.ctx, in)
	if err != nil {
		return c, fmt.Errorf("create: %w", err)
	}
	if c.State == wallet.Expired {
		return c, fmt.Errorf("a charge that was just made, to expire at %s, is expired: is the rail's clock moved on from an earlier check? Start the rail anew",
			in.ExpiresAt.Format(time.RFC3339))
	}
	return c, fits(in, c)
}

// fits reports whether a charge is an answer to a request.
func fits(in wallet.CreateCharge, c wallet.Charge) error {
	switch err := c.Check(); {
	case err != nil:
		return err
	case c.Key != in.Key:
		return fmt.Errorf("the charge has the key %q, asked with %q", c.Key, in.Key)
	case c.Requested != in.Amount:
		return fmt.Errorf("the charge requests %v, asked for %v", c.Requested, in.Amount)
	}
	return nil
}

// look asks for a charge and checks it against what was known.
func (k *kit) look(before wallet.Charge) (wallet.Charge, error) {
	c, err := k.a.GetCharge(k.ctx, before.ID)
	if err != nil {
		return c, fmt.Errorf("get: %w", err)
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	return c, before.Follows(c)
}

// pay sends money to a charge and looks at it.
func (k *kit) pay(c wallet.Charge, minor int64, final bool) (wallet.Charge, error) {
	if err := k.h.Rail.Pay(k.ctx, c.ID, minor, final); err != nil {
		return c, fmt.Errorf("pay: %w", err)
	}
	return k.look(c)
}

// paid is a new charge that was paid exactly.
func (k *kit) paid() (wallet.Charge, error) {
	c, err := k.create(k.sum())
	if err != nil {
		return c, err
	}
	if c, err = k.pay(c, c.Requested.Minor, true); err != nil {
		return c, err
	}
	return c, has(c, wallet.Settled, c.Requested.Minor)
}

// has reports whether a charge is in a state and has received so much.
func has(c wallet.Charge, s wallet.State, received int64) error {
	if c.State != s || int64(c.Received) != received {
		return fmt.Errorf("the charge is %s with %d received, want %s with %d", c.State, c.Received, s, received)
	}
	return nil
}

// still reports whether two looks at a charge saw the same.
func still(before, after wallet.Charge) error {
	if after.State != before.State || after.Received != before.Received || after.Refunded != before.Refunded ||
		after.Reversed != before.Reversed || after.Pending != before.Pending {
		return fmt.Errorf("the charge was %s, received %d, and is %s, received %d", before.State, before.Received, after.State, after.Received)
	}
	return nil
}

// wants reports whether an error is one of those that are right.
func wants(err error, right ...error) error {
	for _, r := range right {
		if errors.Is(err, r) {
			return nil
		}
	}
	if err == nil {
		return fmt.Errorf("it was accepted, want the error %q", right[0])
	}
	return fmt.Errorf("it was refused with %q, want %q", err, right[0])
}
