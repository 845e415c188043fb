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
func (a *Adapter) followRefunds(ctx context.Context, s state, m *merchant) error {
	n := 0
	for number := range s.asked {
		if _, done := s.given[number]; done || s.refused[number] {
			continue
		}
		if n++; n > refundsALook {
			return nil
		}
		if err := a.followRefund(ctx, s.in.Key, number, m); err != nil {
			return err
		}
	}
	return nil
}

func (a *Adapter) followRefund(ctx context.Context, key, number string, m *merchant) error {
	minor, err := m.refunded(ctx, key, number)
	if err != nil || minor == 0 {
		return err
	}
	return a.note(ctx, key, noteRefunded, number, refund{minor})
}

// Refund implements wallet.Refunder. Its key is Alipay's out_request_no, so that asking again moves nothing.
func (a *Adapter) Refund(ctx context.Context, in wallet.RefundRequest) (wallet.Refund, error) {
	if err := in.Check(); err != nil {
		return wallet.Refund{}, err
	}
	s, m, err := a.known(ctx, in.ChargeID)
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
	if r := s.refundOf(in); r.State != wallet.Pending {
		return r, nil
	}
	if in.Amount.Minor > s.left(in.Key) {
		return wallet.Refund{}, fmt.Errorf("%w: %d fen are left", wallet.ErrLimit, s.left(in.Key))
	}
	if err := a.note(ctx, in.ChargeID, noteRefund, in.Key, refund{in.Amount.Minor}); err != nil {
		return wallet.Refund{}, err
	}
	moved, err := m.refund(ctx, in.ChargeID, in.Key, in.Reason, in.Amount.Minor)
	switch {
	case says(err, "ACQ.DISCORDANT_REPEAT_REQUEST"):
		return wallet.Refund{}, fmt.Errorf("%w: %s", wallet.ErrKeyReuse, in.Key)
	case says(err, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"):
		err = a.note(ctx, in.ChargeID, noteNoRefund, in.Key, true)
		return wallet.Refund{}, errors.Join(fmt.Errorf("%w: Alipay has less left", wallet.ErrLimit), err)
	case says(err, "ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.TRADE_HAS_FINISHED", "ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_REFUND_FEE_ERR",
		"ACQ.REFUND_ACCOUNT_NOT_EXIST", "ACQ.TRADE_NOT_ALLOW_REFUND", "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND"):
		// The merchant is out of money, or the time to give back is over: this number is done with.
		err = a.note(ctx, in.ChargeID, noteNoRefund, in.Key, true)
	case err != nil: // it may have moved all the same
		return wallet.Refund{}, fmt.Errorf("%w: %w", wallet.ErrIndeterminate, err)
	case moved:
		err = a.note(ctx, in.ChargeID, noteRefunded, in.Key, refund{in.Amount.Minor})
	default: // asked for before, or still on its way
		err = a.followRefund(ctx, in.ChargeID, in.Key, m)
	}
	if err != nil {
		return wallet.Refund{}, err
	}
	if s, err = a.read(ctx, in.ChargeID); err != nil {
		return wallet.Refund{}, err
	}
	return s.refundOf(in), nil
}

// GetRefund implements wallet.Refunder. A refund's id is its charge's and its key.
func (a *Adapter) GetRefund(ctx context.Context, id string) (wallet.Refund, error) {
	charge, key, ok := strings.Cut(id, ".")
	if !ok || !wallet.ValidKey(key) {
		return wallet.Refund{}, wallet.ErrNotFound
	}
	s, m, err := a.known(ctx, charge)
	if err != nil {
		return wallet.Refund{}, err
	}
	in, err := a.requested(ctx, key)
	if err != nil {
		return wallet.Refund{}, err
	}
	if _, asked := s.asked[key]; in.ChargeID != charge || !asked {
		return wallet.Refund{}, wallet.ErrNotFound
	}
	if s.refundOf(in).State == wallet.Pending {
		if err := a.followRefund(ctx, charge, key, m); err != nil {
			return wallet.Refund{}, err
		}
		if s, err = a.read(ctx, charge); err != nil {
			return wallet.Refund{}, err
		}
	}
	return s.refundOf(in), nil
}

// refundOf reads a refund off the notes.
func (s state) refundOf(in wallet.RefundRequest) wallet.Refund {
	r := wallet.Refund{ID: refundID(in.ChargeID, in.Key), Key: in.Key, ChargeID: in.ChargeID, Revision: 1, State: wallet.Pending, Amount: in.Amount}
	if _, done := s.given[in.Key]; done {
		r.Revision, r.State = 2, wallet.Settled
	} else if s.refused[in.Key] {
		r.Revision, r.State = 2, wallet.Failed
	}
	return r
}

func refundID(charge, key string) string { return charge + "." + key }

// left is what can still be given back of a charge, apart from what one refund asks for.
func (s state) left(but string) int64 {
	c := s.charge()
	left := int64(c.Received - c.Refunded)
	for number, minor := range s.asked {
		if _, done := s.given[number]; !done && !s.refused[number] && number != but {
			left -= minor
		}
	}
	return left
}
