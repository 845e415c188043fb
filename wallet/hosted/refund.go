package hosted

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"halqa/wallet"
)

// refundsALook bounds how many refunds are asked about at once; the next look has the others.
const refundsALook = 10

// followRefunds asks about refunds that are not done yet, ours and those that notices told of.
func (a *Adapter) followRefunds(ctx context.Context, r record, m *merchant) (_ record, err error) {
	n := 0
	for number := range r.Asked {
		if !r.open(number) {
			continue
		}
		if n++; n > refundsALook {
			break
		}
		if r, err = a.followRefund(ctx, r, number, m); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (a *Adapter) followRefund(ctx context.Context, r record, number string, m *merchant) (record, error) {
	minor, err := m.refunded(ctx, r.In.Key, number)
	if err != nil || minor == 0 {
		return r, err
	}
	return a.add(ctx, r, func(r *record) { put(&r.Given, number, minor) })
}

// Refund implements wallet.Refunder. Its key is Alipay's out_request_no, so that asking again moves nothing.
func (a *Adapter) Refund(ctx context.Context, in wallet.RefundRequest) (wallet.Refund, error) {
	if err := in.Check(); err != nil {
		return wallet.Refund{}, err
	}
	r, m, err := a.known(ctx, in.ChargeID)
	if err != nil {
		return wallet.Refund{}, err
	}
	if in.Amount.Asset != asset {
		return wallet.Refund{}, fmt.Errorf("%w: %s", wallet.ErrMismatch, in.Amount.Asset)
	}
	first, err := a.request(ctx, in)
	if err != nil {
		return wallet.Refund{}, err
	}
	if first != in {
		return wallet.Refund{}, fmt.Errorf("%w: %s", wallet.ErrKeyReuse, in.Key)
	}
	if f := r.refund(in); f.State != wallet.Pending {
		return f, nil
	}
	if left := r.left(in.Key); in.Amount.Minor > left {
		return wallet.Refund{}, fmt.Errorf("%w: %d fen are left", wallet.ErrLimit, left)
	}
	if r, err = a.add(ctx, r, func(r *record) { put(&r.Asked, in.Key, in.Amount.Minor) }); err != nil {
		return wallet.Refund{}, err
	}
	moved, err := m.refund(ctx, in.ChargeID, in.Key, in.Reason, in.Amount.Minor)
	never := func() (err error) {
		r, err = a.add(ctx, r, func(r *record) { put(&r.Refused, in.Key, true) })
		return err
	}
	switch {
	case says(err, "ACQ.DISCORDANT_REPEAT_REQUEST"):
		return wallet.Refund{}, fmt.Errorf("%w: %s", wallet.ErrKeyReuse, in.Key)
	case says(err, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"):
		return wallet.Refund{}, errors.Join(fmt.Errorf("%w: Alipay has less left", wallet.ErrLimit), never())
	case says(err, "ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.TRADE_HAS_FINISHED", "ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_REFUND_FEE_ERR",
		"ACQ.REFUND_ACCOUNT_NOT_EXIST", "ACQ.TRADE_NOT_ALLOW_REFUND", "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND"):
		// The merchant is out of money, or the time to give back is over: this number is done with.
		err = never()
	case err != nil: // it may have moved all the same
		return wallet.Refund{}, fmt.Errorf("%w: %w", wallet.ErrIndeterminate, err)
	case moved:
		r, err = a.add(ctx, r, func(r *record) { put(&r.Given, in.Key, in.Amount.Minor) })
	default: // asked for before, or still on its way
		r, err = a.followRefund(ctx, r, in.Key, m)
	}
	if err != nil {
		return wallet.Refund{}, err
	}
	return r.refund(in), nil
}

// GetRefund implements wallet.Refunder. A refund's id is its charge's and its key.
func (a *Adapter) GetRefund(ctx context.Context, id string) (wallet.Refund, error) {
	charge, key, ok := strings.Cut(id, ".")
	if !ok || !wallet.ValidKey(key) {
		return wallet.Refund{}, wallet.ErrNotFound
	}
	r, m, err := a.known(ctx, charge)
	if err != nil {
		return wallet.Refund{}, err
	}
	in, err := a.requested(ctx, key)
	if err != nil {
		return wallet.Refund{}, err
	}
	if _, asked := r.Asked[key]; in.ChargeID != charge || !asked {
		return wallet.Refund{}, wallet.ErrNotFound
	}
	if r.open(key) {
		if r, err = a.followRefund(ctx, r, key, m); err != nil {
			return wallet.Refund{}, err
		}
	}
	return r.refund(in), nil
}

// refund reads a refund off its charge's record.
func (r record) refund(in wallet.RefundRequest) wallet.Refund {
	f := wallet.Refund{ID: refundID(in.ChargeID, in.Key), Key: in.Key, ChargeID: in.ChargeID, Revision: 1, State: wallet.Pending, Amount: in.Amount}
	if _, given := r.Given[in.Key]; given {
		f.Revision, f.State = 2, wallet.Settled
	} else if r.Refused[in.Key] {
		f.Revision, f.State = 2, wallet.Failed
	}
	return f
}

func refundID(charge, key string) string { return charge + "." + key }

// left is what can still be given back of a charge, apart from what one refund asks for.
func (r record) left(but string) int64 {
	c := r.charge()
	left := int64(c.Received - c.Refunded)
	for number, minor := range r.Asked {
		if r.open(number) && number != but {
			left -= minor
		}
	}
	return left
}
