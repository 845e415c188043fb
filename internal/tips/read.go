package tips

import (
	"context"
	"encoding/json"
	"fmt"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// A Tip is a tip as its payer or payee sees it.
type Tip struct {
	ledger.Tip
	Exponent uint8           // decimals of the asset
	Actions  []wallet.Action // what the payer still has to do; nil for anybody else
	Net      int64           // minor units that the payee has of it
	Fee      int64           // of them, what the rail kept; -1 while nobody knows
	Late     bool            // some of it came after its time
	UndoEnds int64           // until when the payer can take it back, UTC microseconds; 0 = not
	RailRef  string          // for receipts and support
	Asking   bool            // the rail has not answered; it is asked again
	Refunds  []*ledger.Refund

	charge *ledger.Charge // the latest
}

// Tip returns a tip to its payer or its payee; NotFound to anybody else, an admin too.
func (t *Tips) Tip(ctx context.Context, v circles.Viewer, id int64) (*Tip, error) {
	var out *Tip
	err := t.store.View(ctx, func(tx *store.Tx) error {
		tip, err := ledger.TipBy(tx, id)
		if err != nil {
			return err
		}
		if !v.SignedIn() || (tip.Payer != v.Person && tip.Payee != v.Person) {
			return circles.Errorf(circles.NotFound, "There is no such tip.").With("refused.no-tip", nil)
		}
		out, err = t.whole(tx, v, tip)
		return err
	})
	return out, wrap("tip", err)
}

func (t *Tips) whole(tx *store.Tx, v circles.Viewer, tip *ledger.Tip) (*Tip, error) {
	charges, err := ledger.ChargesOf(tx, tip.ID)
	if err != nil {
		return nil, err
	}
	if len(charges) == 0 {
		return nil, fmt.Errorf("tip %d has no charge", tip.ID)
	}
	last := charges[0]
	out := &Tip{Tip: *tip, charge: last, RailRef: last.RailRef, Fee: -1}
	if last.Fee.Valid {
		out.Fee = last.Fee.Int64
	}
	for _, c := range charges {
		out.Net += asCharge(c).Net()
		out.Late = out.Late || c.Late
	}
	out.Asking = last.Revision < 0 && last.State == string(wallet.Unknown) || last.State == string(wallet.Unknown)
	if r := t.rail(tip.Adapter); r != nil {
		if a, ok := r.d.Asset(tip.Asset); ok {
			out.Exponent = a.Exponent
		}
		if r.d.Can(wallet.CapCancel) && v.Person == tip.Payer && tip.State == ledger.TipHeld {
			out.UndoEnds = last.RailExpiresAt
		}
	}
	if v.Person == tip.Payer && wallet.State(last.State).Open() && last.Actions != "" {
		if err := json.Unmarshal([]byte(last.Actions), &out.Actions); err != nil {
			return nil, fmt.Errorf("actions of charge %s: %w", last.Key, err)
		}
	}
	out.Refunds, err = ledger.RefundsOf(tx, last.ID)
	return out, err
}

// History returns what a person gave and got, latest first: before an id (0 = from the end), at most
// limit of them.
func (t *Tips) History(ctx context.Context, v circles.Viewer, before int64, limit int) (all []*ledger.Tip, err error) {
	if !v.SignedIn() {
		return nil, circles.Errorf(circles.Denied, "Sign in to see your tips.").With("refused.tip-sign-in", nil)
	}
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = ledger.TipsOf(tx, v.Person, before, limit)
		return err
	})
	return all, wrap("tips", err)
}

// Tippers returns how many people tipped each of some posts; those that nobody did are left out. Who
// asks has already been shown the posts.
func (t *Tips) Tippers(ctx context.Context, posts []circles.PostID) (all map[circles.PostID]int, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = ledger.Tippers(tx, posts)
		return err
	})
	return all, wrap("tips", err)
}

// VerifyTail checks what was booked since the last checkpoint; VerifyAll the whole, and leaves one. A
// *ledger.Finding in the error says what is wrong.
func (t *Tips) VerifyTail(ctx context.Context) (ledger.Report, error) {
	return ledger.VerifyTail(ctx, t.store)
}

// VerifyAll checks the ledger from its first booking.
func (t *Tips) VerifyAll(ctx context.Context) (ledger.Report, error) {
	return ledger.VerifyAll(ctx, t.store)
}
