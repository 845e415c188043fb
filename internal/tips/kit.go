package tips

import (
	"context"

	"halqa/internal/store"
	"halqa/internal/store/ledger"
)

// A Conformance is how a wallet did in the conformance kit.
type Conformance = ledger.Conformance

// KeepReport keeps an adapter's latest, for the page of the wallets.
func (t *Tips) KeepReport(ctx context.Context, r Conformance) error {
	return wrap("wallet report", t.store.Update(ctx, func(tx *store.Tx) error { return ledger.SaveConformance(tx, r) }))
}

// A tested adapter is one of the program's own that says how it does in the conformance kit; its tests hold
// it to that.
type tested interface {
	Kit() (level, passed, failed, skipped int)
}

// report is what the page of the wallets says of one.
func (r *rail) report(kept map[string]Conformance) *Conformance {
	if p, ok := kept[r.d.Name]; ok {
		return &p
	}
	own, ok := r.Adapter.(tested)
	if !ok {
		return nil
	}
	p := Conformance{Adapter: r.d.Name, Version: r.d.Version}
	p.Level, p.Passed, p.Failed, p.Skipped = own.Kit()
	return &p
}
