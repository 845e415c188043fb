package tips

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

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
	Proves   bool            // the payer may show what their wallet got for the money; nobody else may be able to tell
	MayStop  bool            // the payer can still say that they do not pay; see Undo
	Refunds  []*ledger.Refund

	Beyond *Beyond // of a tip between two instances; nil = it stays here

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
	out, err := t.seen(v, tip, charges)
	if err != nil {
		return nil, err
	}
	if tip.Adapter == Abroad || fromAbroad(tip) {
		if err := t.beyond(tx, out); err != nil {
			return nil, err
		}
	}
	out.Refunds, err = ledger.RefundsOf(tx, charges[0].ID)
	return out, err
}

// seen is whole for what stays on this instance and has no refunds.
func (t *Tips) seen(v circles.Viewer, tip *ledger.Tip, charges []*ledger.Charge) (*Tip, error) {
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
		if _, ok := able[wallet.Prover](r, wallet.CapProof); ok && tip.Asset == bitcoin && v.Person == tip.Payer && last.RailID != "" {
			out.Proves = tip.State == ledger.TipOpen || tip.State == ledger.TipExpired
		}
		if r.d.Can(wallet.CapCancel) && v.Person == tip.Payer && tip.State == ledger.TipHeld {
			out.UndoEnds = last.RailExpiresAt
		}
		out.MayStop = r.d.Can(wallet.CapCancel) && v.Person == tip.Payer && tip.State == ledger.TipOpen && last.RailID != ""
	}
	if v.Person == tip.Payer && wallet.State(last.State).Open() && last.Actions != "" {
		if err := json.Unmarshal([]byte(last.Actions), &out.Actions); err != nil {
			return nil, fmt.Errorf("actions of charge %s: %w", last.Key, err)
		}
	}
	return out, nil
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

// Tippers returns how many people tipped each of some posts; those that nobody did are left out, and
// those whose circle says nothing of tips. Who asks has already been shown the posts.
func (t *Tips) Tippers(ctx context.Context, posts []circles.PostID) (all map[circles.PostID]int, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = ledger.Tippers(tx, posts)
		return err
	})
	return all, wrap("tips", err)
}

// Reaches returns which of some people the viewer could be offered to tip in a circle (nil = in none):
// nobody who wants no tips from them, and nobody at all for who does not want to be offered it. It is a
// guess for buttons; Offer judges.
func (t *Tips) Reaches(ctx context.Context, v circles.Viewer, c *circles.Circle, people []*circles.Actor) (map[circles.ActorID]bool, error) {
	if !v.SignedIn() || len(t.all()) == 0 && !t.Connected() || c != nil && c.Sensitive {
		return nil, nil
	}
	all := map[circles.ActorID]bool{}
	var ids, far []circles.PersonID
	for _, p := range people {
		if p != nil && (len(t.all()) > 0 || !p.Local()) && p.Kind == circles.KindPerson && p.ID != v.Person.Actor() && p.DeletedAt == 0 && p.SuspendedAt == 0 && !all[p.ID] {
			all[p.ID] = true
			ids = append(ids, circles.PersonID(p.ID))
			if !p.Local() {
				far = append(far, circles.PersonID(p.ID))
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	err := t.store.View(ctx, func(tx *store.Tx) error {
		w, err := ledger.WishOf(tx, v.Person)
		if err != nil {
			return err
		}
		if c != nil && !w.Quiet {
			p, err := ledger.PolicyOf(tx, c.CircleID())
			if err != nil {
				return err
			}
			w.Quiet = p.Policy != ledger.PolicyOn
		}
		if w.Quiet {
			clear(all)
			return nil
		}
		no, err := ledger.Refusing(tx, v.Person, ids)
		if err != nil {
			return err
		}
		for id := range no {
			delete(all, id.Actor())
		}
		reached, err := ledger.Reachable(tx, far, t.addressed())
		for _, id := range far {
			if !reached[id] {
				delete(all, id.Actor())
			}
		}
		return err
	})
	return all, wrap("tips", err)
}

// Amounts returns those of some tips that the viewer gave or got.
func (t *Tips) Amounts(ctx context.Context, v circles.Viewer, ids []int64) (all map[int64]*ledger.Tip, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = ledger.TipsBy(tx, v.Person, ids)
		return err
	})
	return all, wrap("tips", err)
}

// Received returns the latest tips for a post, to its author; to anybody else none.
func (t *Tips) Received(ctx context.Context, v circles.Viewer, p *circles.Post, limit int) (all []*ledger.Tip, err error) {
	if !v.SignedIn() || p.Author != v.Person {
		return nil, nil
	}
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = ledger.TipsOn(tx, p.ID, limit)
		return err
	})
	return all, wrap("tips", err)
}

// Faces returns whom some tips are between, and the posts they are for, as far as those still stand and the viewer
// may read them now: who left a circle has their tips there, and no titles.
func (t *Tips) Faces(ctx context.Context, v circles.Viewer, all []*ledger.Tip) (people map[circles.ActorID]*circles.Actor, posts map[circles.PostID]*circles.Post, err error) {
	var ids []circles.ActorID
	var on []circles.PostID
	for _, tip := range all {
		ids = append(ids, tip.Payer.Actor(), tip.Payee.Actor())
		if tip.Post != 0 {
			on = append(on, tip.Post)
		}
	}
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		if people, err = tx.ActorCards(ids); err != nil {
			return err
		}
		posts, err = tx.TitlesFor(v, on)
		return err
	})
	return people, posts, wrap("tips", err)
}

// Exponent returns how many decimals an asset has, 0 if no wallet moves it any more and nobody knows.
func (t *Tips) Exponent(asset string) uint8 {
	n, _ := t.exponent(asset)
	return n
}

func (t *Tips) exponent(asset string) (uint8, bool) {
	for _, a := range t.Assets() {
		if a.Code == asset {
			return a.Exponent, true
		}
	}
	return decimals(asset)
}

// finest is the most decimals that people read: more than those of bitcoin are for machines.
const finest = 8

// Plain writes an amount in whole units for people: all decimals of money, and of what is divided more
// finely only those that say something.
func Plain(minor int64, exponent uint8) string {
	s := wallet.Amount{Minor: minor}.Decimal(exponent)
	if exponent > finest {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Decimal writes an amount of an asset in whole units, with the asset.
func (t *Tips) Decimal(minor int64, asset string) string {
	if n, ok := t.exponent(asset); ok {
		return Plain(minor, n) + " " + asset
	}
	return fmt.Sprintf("%d %s", minor, asset) // its wallet is no longer configured
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
