package tips

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// An Overview is how the money part of an instance is, for who runs it.
type Overview struct {
	Wallets  []WalletState
	Problems []*ledger.Charge // something is wrong with them; the latest few
	Review   []ledger.Audit   // what the rules want looked at
	Audits   []ledger.Audit   // what they did of late
	Grants   []ledger.Grant   // the latest few
	Ledger   ledger.Standing
	People   map[circles.ActorID]*circles.Actor // whom the rows above name
}

// A WalletState is one wallet.
type WalletState struct {
	wallet.Descriptor
	Open   int          // charges that are asked about again
	Health string       // what is wrong, by the adapter itself; "" = nothing
	Report *Conformance // of the kit, the last time; nil = it was never run
}

const overviewRows = 30

// Overview returns it to an admin. The wallets are asked whether they are well.
func (t *Tips) Overview(ctx context.Context, v circles.Viewer) (*Overview, error) {
	if v.Role != circles.SiteAdmin {
		return nil, circles.Errorf(circles.NotFound, "There is no such page.").With("refused.tip-admin", nil)
	}
	o := &Overview{}
	open := map[string]int{}
	reports := map[string]Conformance{}
	err := t.store.View(ctx, func(tx *store.Tx) (err error) {
		if open, err = ledger.OpenCharges(tx); err != nil {
			return err
		}
		if reports, err = ledger.Conformances(tx); err != nil {
			return err
		}
		if o.Problems, err = ledger.Problems(tx, overviewRows); err != nil {
			return err
		}
		if o.Review, err = ledger.Audits(tx, true, 0, overviewRows); err != nil {
			return err
		}
		if o.Audits, err = ledger.Audits(tx, false, 0, overviewRows); err != nil {
			return err
		}
		if o.Grants, err = ledger.Grants(tx, overviewRows); err != nil {
			return err
		}
		if o.Ledger, err = ledger.StandingOf(tx); err != nil {
			return err
		}
		var ids []circles.ActorID
		for _, a := range append(o.Review, o.Audits...) {
			ids = append(ids, a.Actor, a.Other)
		}
		for _, g := range o.Grants {
			ids = append(ids, g.Person.Actor(), g.By.Actor())
		}
		o.People, err = tx.ActorCards(ids)
		return err
	})
	if err != nil {
		return nil, wrap("wallets", err)
	}
	for _, r := range t.all() {
		w := WalletState{Descriptor: r.d, Open: open[r.d.Name], Report: r.report(reports)}
		if err := ask(ctx, r.Adapter.Health); err != nil {
			w.Health = clip(err.Error(), 300)
		}
		o.Wallets = append(o.Wallets, w)
	}
	return o, nil
}

// SeeAudit takes something off the list of what is to be looked at.
func (t *Tips) SeeAudit(ctx context.Context, v circles.Viewer, id int64) error {
	if v.Role != circles.SiteAdmin {
		return circles.Errorf(circles.NotFound, "There is no such page.").With("refused.tip-admin", nil)
	}
	return wrap("audit", t.store.Update(ctx, func(tx *store.Tx) error { return ledger.SeeAudit(tx, id, v.Person) }))
}
