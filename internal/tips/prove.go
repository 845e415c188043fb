package tips

import (
	"context"
	"strings"

	"halqa/circles"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// proofPreimage is the proof that a payer can type: what their wallet got for the money.
const proofPreimage = "bolt11-preimage"

// Look asks the rail about a tip now, for who gave or got it and does not want to wait for the clock.
// It is no error that the rail does not answer.
func (t *Tips) Look(ctx context.Context, v circles.Viewer, id int64) (*Tip, error) {
	tip, err := t.Tip(ctx, v, id)
	if err != nil || tip.State != ledger.TipOpen && tip.State != ledger.TipExpired {
		return tip, err
	}
	if err := t.look(context.WithoutCancel(ctx), tip.charge.ID, newWaited()); err != nil {
		return nil, err
	}
	return t.Tip(ctx, v, id)
}

// Prove takes what the payer's wallet shows of a payment, on rails where nobody else can tell. The rail
// checks it and remembers; then it is asked like at any other time.
func (t *Tips) Prove(ctx context.Context, v circles.Viewer, id int64, preimage string) (*Tip, error) {
	tip, err := t.Tip(ctx, v, id)
	if err != nil {
		return nil, err
	}
	r := t.rail(tip.Adapter)
	prover, ok := able[wallet.Prover](r, wallet.CapProof)
	if !ok || tip.Payer != v.Person || tip.charge.RailID == "" {
		return nil, circles.Errorf(circles.NotFound, "This wallet takes no proof.").With("refused.tip-no-proof", nil)
	}
	q := wallet.ProofQuery{
		Proof:  wallet.Proof{Type: proofPreimage, Data: map[string]string{"charge": tip.charge.RailID, "preimage": clip(strings.TrimSpace(preimage), 200)}},
		Amount: wallet.Amount{Minor: tip.charge.Requested, Asset: tip.charge.Asset}, Payee: wallet.Payee{Kind: tip.charge.PayeeKind, Ref: tip.charge.PayeeRef},
	}
	copy(q.Binding[:], tip.Binding)
	var got wallet.ProofResult
	err = ask(ctx, func(ctx context.Context) (err error) {
		got, err = prover.VerifyProof(ctx, q)
		return err
	})
	switch {
	case err != nil:
		t.log.Warn("wallet did not check a proof", "adapter", r.d.Name, "key", tip.charge.Key, "error", err)
		return nil, &circles.Error{Kind: circles.Busy, Message: "The wallet cannot be asked now; try again later.", Text: "refused.tip-proof-later", Err: err}
	case !got.OK || !got.Final:
		return nil, circles.FieldErrorf(circles.Invalid, "preimage", "That does not prove this payment. Copy the whole preimage, 64 letters and digits, from the payment in your wallet.").With("refused.tip-proof", nil)
	}
	if err := t.look(context.WithoutCancel(ctx), tip.charge.ID, newWaited()); err != nil {
		return nil, err
	}
	return t.Tip(ctx, v, id)
}
