package tips

import (
	"fmt"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
)

// Tips that go round, from one to another and back or over others, are paid like any; they are how a
// few accounts would make each other look tipped. They are not counted where people look, and an admin
// is told.

const (
	ringLength = 6   // people in the longest ring that is looked for
	ringEdges  = 500 // pairs read in one step; who tips more people than that in a week is no ring
)

// ring looks whether a tip that was just paid closes one, and hides the tips it is made of.
func (t *Tips) ring(tx *store.Tx, tip *ledger.Tip) error {
	if tip.Hidden {
		return nil
	}
	return t.round(tx, ledger.Edge{From: tip.Payer, To: tip.Payee}, tip.ID)
}

// round is ring for money that just went from one to another, by a tip or, with 0, out of a red packet.
func (t *Tips) round(tx *store.Tx, just ledger.Edge, tip int64) error {
	if t.rules.Ring <= 0 {
		return nil
	}
	since := time.UnixMicro(tx.Now()).Add(-t.rules.Ring)
	path, err := way(tx, just.To, just.From, since)
	if err != nil || path == nil {
		return err
	}
	path = append([]ledger.Edge{just}, path...)
	var people []string
	for _, e := range path {
		people = append(people, fmt.Sprint(int64(e.From)))
		hidden, err := ledger.Hide(tx, e, since)
		if err != nil {
			return err
		}
		for _, h := range hidden {
			net, err := t.net(tx, h)
			if err != nil {
				return err
			}
			if err := ledger.CountTip(tx, h.Post, h.Payer, h.Asset, -net); err != nil {
				return err
			}
		}
	}
	return ledger.AddAudit(tx, ledger.Audit{Rule: ruleRing, Actor: just.From.Actor(), Other: just.To.Actor(), Tip: tip, Review: true,
		Detail: strings.Join(people, " ")})
}

// way returns the shortest chain of tips from one person to another since then, nil if there is none.
func way(tx *store.Tx, from, to circles.PersonID, since time.Time) ([]ledger.Edge, error) {
	came := map[circles.PersonID]ledger.Edge{} // how each was reached
	front := []circles.PersonID{from}
	for range ringLength - 1 {
		edges, err := ledger.TippedBy(tx, front, since, ringEdges)
		if err != nil {
			return nil, err
		}
		front = front[:0:0]
		for _, e := range edges {
			if _, seen := came[e.To]; seen || e.To == from {
				continue
			}
			came[e.To] = e
			if e.To == to {
				var path []ledger.Edge
				for at := to; at != from; at = came[at].From {
					path = append([]ledger.Edge{came[at]}, path...)
				}
				return path, nil
			}
			front = append(front, e.To)
		}
		if len(front) == 0 {
			return nil, nil
		}
	}
	return nil, nil
}

// net is what a tip's payee has of it.
func (t *Tips) net(tx *store.Tx, tip *ledger.Tip) (sum int64, err error) {
	charges, err := ledger.ChargesOf(tx, tip.ID)
	for _, c := range charges {
		sum += asCharge(c).Net()
	}
	return sum, err
}
