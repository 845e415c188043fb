package tips

import (
	"context"
	"fmt"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
)

// ClaimPacket takes one share for the viewer: who was a member of the circle when the packet was laid down
// and is one still. Taking again takes nothing more.
func (t *Tips) ClaimPacket(ctx context.Context, v circles.Viewer, id int64) (*Packet, error) {
	err := t.store.Update(ctx, func(tx *store.Tx) error { return t.claim(tx, v, id) })
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("red packet", err)
	}
	return t.Packet(ctx, v, id)
}

func (t *Tips) claim(tx *store.Tx, v circles.Viewer, id int64) error {
	p, err := ledger.PacketBy(tx, id)
	if err != nil {
		return err
	}
	shares, err := ledger.SharesOf(tx, id)
	if err != nil {
		return err
	}
	free := -1
	for i, s := range shares {
		if s.Person != 0 && s.Person == v.Person {
			return nil // as it was
		}
		if s.Person == 0 && free < 0 {
			free = i
		}
	}
	if err := t.mayClaim(tx, v, p); err != nil {
		return err
	}
	if free < 0 || p.ClosedAt != 0 || tx.Now() >= p.EndsAt {
		return circles.Errorf(circles.Conflict, "This red packet is over.").With("refused.packet-over", nil)
	}
	given, err := ledger.GivenSince(tx, p.Maker, v.Person, true, p.Asset, dayBefore(tx))
	if err != nil {
		return err
	}
	me, err := tx.Actor(v.Person.Actor())
	if err != nil {
		return err
	}
	share := shares[free]
	if err := t.dayOf(v, me, minor(share.Amount, p.Asset), t.Exponent(p.Asset), given); err != nil {
		return err
	}
	ok, err := ledger.TakeShare(tx, id, share.N, v.Person)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("packet %d: share %d was taken meanwhile", id, share.N)
	}
	_, err = ledger.Post(tx, ledger.Txn{ID: fmt.Sprintf("packet_%d:%d", id, share.N), Kind: "claim", Postings: []ledger.Posting{
		{Account: p.Account(), Amount: -share.Amount}, {Account: creditsOf(v.Person, p.Asset), Amount: share.Amount},
	}})
	if err != nil {
		return err
	}
	if err := t.round(tx, ledger.Edge{From: p.Maker, To: v.Person}, 0); err != nil {
		return err
	}
	if free == len(shares)-1 { // they are taken in their order
		return t.closePacket(tx, p)
	}
	return nil
}

// mayClaim refuses whom a packet is not for.
func (t *Tips) mayClaim(tx *store.Tx, v circles.Viewer, p *ledger.Packet) error {
	if _, err := t.packetPlace(tx, v, p.Circle); err != nil {
		return err
	}
	if p.Post != 0 {
		post, err := tx.Post(p.Post)
		if err != nil {
			return err
		}
		if _, err := t.post(tx, v, post); err != nil {
			return err
		}
	}
	for _, id := range []circles.PersonID{v.Person, p.Maker} {
		a, err := tx.Actor(id.Actor())
		if err != nil {
			return err
		}
		if !a.Local() || a.Kind != circles.KindPerson || a.DeletedAt != 0 || a.SuspendedAt != 0 {
			return circles.Errorf(circles.Forbidden, "This red packet cannot be taken from.").With("refused.packet-person", nil)
		}
	}
	if p.Maker == v.Person {
		return breaks(rulePacketOwn, v, p.Maker.Actor(), false, circles.Errorf(circles.Forbidden, "Nobody takes from their own red packet.").With("refused.packet-own", nil))
	}
	since, ok, err := ledger.MemberSince(tx, p.Circle, v.Person)
	if err != nil {
		return err
	}
	if !ok || since > p.CreatedAt {
		return breaks(rulePacketStranger, v, p.Maker.Actor(), false, circles.Errorf(circles.Forbidden, "This red packet is for those who were members when it was laid down.").With("refused.packet-late", nil))
	}
	same, err := ledger.SharesAccount(tx, p, v.Person)
	if err != nil {
		return err
	}
	if same { // two accounts of one owner are one person
		return breaks(rulePacketOwn, v, p.Maker.Actor(), true, circles.Errorf(circles.Forbidden, "This red packet cannot be taken from.").With("refused.packet-person", nil))
	}
	for _, pair := range [][2]circles.ActorID{{p.Maker.Actor(), v.Person.Actor()}, {v.Person.Actor(), p.Maker.Actor()}} {
		blocked, err := tx.Blocked(pair[0], pair[1])
		if err != nil {
			return err
		}
		if blocked { // which of the two is nobody's business
			return breaks(ruleBlocked, v, p.Maker.Actor(), false, circles.Errorf(circles.Forbidden, "This red packet cannot be taken from.").With("refused.packet-person", nil))
		}
	}
	return nil
}

// closePacket gives back what is left, and tells the maker.
func (t *Tips) closePacket(tx *store.Tx, p *ledger.Packet) error {
	have, err := ledger.Balance(tx, p.Account().Code)
	if err != nil {
		return err
	}
	if have > 0 {
		_, err := ledger.Post(tx, ledger.Txn{ID: fmt.Sprintf("packet_%d:return", p.ID), Kind: "return", Postings: []ledger.Posting{
			{Account: p.Account(), Amount: -have}, {Account: creditsOf(p.Maker, p.Asset), Amount: have},
		}})
		if err != nil {
			return err
		}
	}
	p.ClosedAt, p.Back = tx.Now(), have
	if err := ledger.ClosePacket(tx, p); err != nil {
		return err
	}
	return tx.NotifyOfTip(p.Maker, store.ToldPacket, p.ID, 0, p.Maker.Actor())
}

// ReturnPacket takes a packet of the viewer's back while nobody took from it.
func (t *Tips) ReturnPacket(ctx context.Context, v circles.Viewer, id int64) (*Packet, error) {
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		p, err := ledger.PacketBy(tx, id)
		if err != nil {
			return err
		}
		taken, err := ledger.TakenOf(tx, []int64{id})
		switch {
		case err != nil:
			return err
		case !v.SignedIn() || p.Maker != v.Person:
			return errNoPacket()
		case p.ClosedAt == 0 && taken[id] == 0:
			return t.closePacket(tx, p)
		case p.Back == p.Total: // done before
			return nil
		}
		return circles.Errorf(circles.Forbidden, "Somebody has taken from it; what is left comes back when its time is over.").With("refused.packet-taken", nil)
	})
	if err != nil {
		return nil, wrap("red packet", err)
	}
	return t.Packet(ctx, v, id)
}

// SweepPackets closes those whose time is over. The clock calls it.
func (t *Tips) SweepPackets(ctx context.Context) error {
	for range sweepPages {
		var due []int64
		err := t.store.View(ctx, func(tx *store.Tx) (err error) {
			due, err = ledger.DuePackets(tx, tx.Now(), sweepPage)
			return err
		})
		if err != nil {
			return fmt.Errorf("due packets: %w", err)
		}
		for _, id := range due {
			err := t.store.Update(ctx, func(tx *store.Tx) error {
				p, err := ledger.PacketBy(tx, id)
				if err != nil || p.ClosedAt != 0 {
					return err
				}
				return t.closePacket(tx, p)
			})
			if err != nil {
				return fmt.Errorf("packet %d: %w", id, err)
			}
		}
		if len(due) < sweepPage {
			return nil
		}
	}
	return nil
}
