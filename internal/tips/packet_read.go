package tips

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// A Packet is a red packet as a member of its circle sees it.
type Packet struct {
	ledger.Packet
	Taken  int   // shares
	Mine   int64 // what the viewer took; 0 = nothing
	Takers []Taker
	May    *circles.Error // why the viewer cannot take; nil = they can
	People map[circles.ActorID]*circles.Actor
	Around *circles.Circle
}

// A Taker took a share. Of shares that differ, how much is for its taker alone to know: a list of who was
// luckiest is what makes people come back for more.
type Taker struct {
	Person circles.PersonID
	Amount int64 // 0 = not for the viewer
	At     int64
}

const packetsListed = 40

func minor(n int64, asset string) wallet.Amount { return wallet.Amount{Minor: n, Asset: asset} }

func dayBefore(tx *store.Tx) time.Time { return time.UnixMicro(tx.Now()).Add(-24 * time.Hour) }

// Packet returns one to who may read its circle, and to its maker.
func (t *Tips) Packet(ctx context.Context, v circles.Viewer, id int64) (out *Packet, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) error {
		p, err := ledger.PacketBy(tx, id)
		if circles.Is(err, circles.NotFound) {
			return errNoPacket()
		}
		if err != nil {
			return err
		}
		c, err := tx.Circle(p.Circle)
		if err != nil {
			return err
		}
		role, err := tx.Role(p.Circle, v.Person)
		if err != nil {
			return err
		}
		if !v.SignedIn() || p.Maker != v.Person && !circles.MaySee(v, c.Audience(), role) {
			return errNoPacket()
		}
		out = &Packet{Packet: *p, Around: c}
		shares, err := ledger.SharesOf(tx, id)
		if err != nil {
			return err
		}
		who := []circles.ActorID{p.Maker.Actor()}
		for _, s := range shares {
			if s.Person == 0 {
				continue
			}
			out.Taken++
			taker := Taker{Person: s.Person, At: s.At}
			if s.Person == v.Person {
				out.Mine = s.Amount
			}
			if s.Person == v.Person || !p.Random {
				taker.Amount = s.Amount
			}
			out.Takers = append(out.Takers, taker)
			who = append(who, s.Person.Actor())
		}
		switch err := t.mayClaim(tx, v, p); {
		case p.ClosedAt != 0 || tx.Now() >= p.EndsAt:
			out.May = circles.Errorf(circles.Conflict, "This red packet is over.").With("refused.packet-over", nil)
		case err != nil:
			refusal := asRefusal(err)
			if refusal == nil {
				return err
			}
			out.May = refusal
		}
		out.People, err = tx.ActorCards(who)
		return err
	})
	return out, wrap("red packet", err)
}

// A PacketRow is a packet in a list.
type PacketRow struct {
	ledger.Packet
	Taken int
	Maker *circles.Actor // nil = gone
}

// PacketsIn returns the open packets of a circle to who may read it; none where the circle wants none.
func (t *Tips) PacketsIn(ctx context.Context, v circles.Viewer, circle circles.CircleID) ([]PacketRow, error) {
	return t.packets(ctx, func(tx *store.Tx) ([]*ledger.Packet, error) {
		if _, err := t.packetPlace(tx, v, circle); err != nil {
			if asRefusal(err) != nil {
				err = nil
			}
			return nil, err
		}
		return ledger.OpenPackets(tx, circle, tx.Now(), packetsListed)
	})
}

// PacketsOn returns the open packets that lie with a post. Who asks has been shown the post.
func (t *Tips) PacketsOn(ctx context.Context, v circles.Viewer, p *circles.Post) ([]PacketRow, error) {
	return t.packets(ctx, func(tx *store.Tx) ([]*ledger.Packet, error) {
		if _, err := t.packetPlace(tx, v, p.Circle); err != nil {
			if asRefusal(err) != nil {
				err = nil
			}
			return nil, err
		}
		return ledger.PacketsOn(tx, p.ID, tx.Now(), packetsListed)
	})
}

// PacketsOf returns the packets that the viewer made or took from, the latest first.
func (t *Tips) PacketsOf(ctx context.Context, v circles.Viewer) ([]PacketRow, error) {
	if !v.SignedIn() {
		return nil, circles.Errorf(circles.Denied, "Sign in to see your tips.").With("refused.tip-sign-in", nil)
	}
	return t.packets(ctx, func(tx *store.Tx) ([]*ledger.Packet, error) { return ledger.PacketsOf(tx, v.Person, packetsListed) })
}

func (t *Tips) packets(ctx context.Context, read func(*store.Tx) ([]*ledger.Packet, error)) (rows []PacketRow, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) error {
		rows = nil
		all, err := read(tx)
		if err != nil || len(all) == 0 {
			return err
		}
		ids := make([]int64, len(all))
		makers := make([]circles.ActorID, len(all))
		for i, p := range all {
			ids[i], makers[i] = p.ID, p.Maker.Actor()
		}
		taken, err := ledger.TakenOf(tx, ids)
		if err != nil {
			return err
		}
		people, err := tx.ActorCards(makers)
		for _, p := range all {
			rows = append(rows, PacketRow{Packet: *p, Taken: taken[p.ID], Maker: people[p.Maker.Actor()]})
		}
		return err
	})
	return rows, wrap("red packets", err)
}
