package tips

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// A red packet is credits that a member lays down in a circle, or with a post of theirs, for others of it
// to take, one share each; after a day the rest goes back. Nothing is asked for a share, neither a like
// nor a word. Its makers take none of it, and who took from a random one makes none the same day: rings
// in which the luckiest must send the next one are gambling.

// fewestShares is how many people a packet is for at least; one for one person is a tip.
const fewestShares = 2

// NewPacket is what a member lays down.
type NewPacket struct {
	Circle circles.CircleID // read only if Post is 0
	Post   circles.PostID   // of the maker's; 0 = in the circle as a whole
	Amount wallet.Amount    // for all together
	Shares int
	Random bool   // shares differ, none above twice the mean; else they are alike
	Once   string // names the form: sent twice, it is one packet
}

// A Ground is what a member may lay down in a circle.
type Ground struct {
	Circle    *circles.Circle
	Post      *circles.Post // nil = none
	Asset     string
	Exponent  uint8
	Min, Max  int64 // of all together
	Have      int64
	Fewest    int // shares
	Most      int
	Life      time.Duration
	RandomNot *circles.Error // why it cannot be random; nil = it can
}

func errNoPacket() error {
	return circles.Errorf(circles.NotFound, "There is no such red packet.").With("refused.no-packet", nil)
}

// PacketGround says what the viewer may lay down in a circle, or with post beside it; a refusal if nothing.
func (t *Tips) PacketGround(ctx context.Context, v circles.Viewer, circle circles.CircleID, post circles.PostID) (g *Ground, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) error {
		g, err = t.ground(tx, v, circle, post)
		return err
	})
	return g, wrap("red packet", err)
}

func (t *Tips) ground(tx *store.Tx, v circles.Viewer, circle circles.CircleID, post circles.PostID) (*Ground, error) {
	if !v.SignedIn() {
		return nil, circles.Errorf(circles.Denied, "Sign in to tip.").With("refused.tip-sign-in", nil)
	}
	maker, err := tx.Actor(v.Person.Actor())
	if err != nil {
		return nil, err
	}
	if maker.DeletedAt != 0 || maker.SuspendedAt != 0 {
		return nil, circles.Errorf(circles.Forbidden, "Your account is suspended.").With("refused.tip-suspended", nil)
	}
	g := &Ground{Fewest: fewestShares, Most: t.rules.PacketShares, Life: t.rules.PacketLife}
	if post != 0 {
		if g.Post, err = tx.Post(post); err != nil {
			return nil, err
		}
		if g.Post.Author != v.Person {
			return nil, circles.Errorf(circles.Forbidden, "A red packet lies with a post of one's own.").With("refused.packet-post", nil)
		}
		if _, err := t.post(tx, v, g.Post); err != nil {
			return nil, err
		}
		circle = g.Post.Circle
	}
	policy, err := t.packetPlace(tx, v, circle)
	if err != nil {
		return nil, err
	}
	if g.Circle, err = tx.Circle(circle); err != nil {
		return nil, err
	}
	for _, r := range t.all() {
		if !r.closed() || len(r.d.Assets) == 0 {
			continue
		}
		a := r.d.Assets[0]
		low, _, high, ok := t.bounds(a, policy)
		if !ok {
			break
		}
		g.Asset, g.Exponent, g.Min, g.Max = a.Code, a.Exponent, max(low, fewestShares), high
	}
	if g.Asset == "" || g.Most < fewestShares || g.Life <= 0 {
		return nil, circles.Errorf(circles.Forbidden, "There are no red packets here.").With("refused.packet-none", nil)
	}
	if g.Have, err = ledger.Balance(tx, creditsOf(v.Person, g.Asset).Code); err != nil {
		return nil, err
	}
	took, err := ledger.TookRandom(tx, v.Person, circle, time.UnixMicro(tx.Now()).Add(-t.rules.PacketLife))
	if err != nil {
		return nil, err
	}
	if took {
		g.RandomNot = circles.FieldErrorf(circles.Forbidden, "random", "Who took from a random red packet makes none of that sort the same day; alike it may be.").With("refused.packet-chain", nil)
	}
	return g, nil
}

// packetPlace refuses circles that want no red packets, and who is no member.
func (t *Tips) packetPlace(tx *store.Tx, v circles.Viewer, circle circles.CircleID) (policy ledger.CirclePolicy, err error) {
	if circle == 0 {
		return policy, circles.Errorf(circles.Forbidden, "Red packets lie in circles.").With("refused.packet-circle", nil)
	}
	c, err := tx.Circle(circle)
	if err != nil {
		return policy, err
	}
	role, err := tx.Role(circle, v.Person)
	if err != nil {
		return policy, err
	}
	if policy, err = ledger.PolicyOf(tx, circle); err != nil {
		return policy, err
	}
	switch {
	case !circles.MaySee(v, c.Audience(), role):
		return policy, circles.Errorf(circles.NotFound, "There is no such circle.").With("refused.packet-circle", nil)
	case !c.Local() || c.Sensitive || policy.Policy != ledger.PolicyOn || !policy.Packets:
		return policy, circles.Errorf(circles.Forbidden, "There are no red packets in this circle.").With("refused.packet-off", nil)
	case !role.Member():
		return policy, circles.Errorf(circles.Forbidden, "Red packets are for members of the circle.").With("refused.packet-member", nil)
	}
	return policy, nil
}

// CheckPacket refuses what MakePacket would, and lays nothing down.
func (t *Tips) CheckPacket(ctx context.Context, v circles.Viewer, in NewPacket) (g *Ground, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) error {
		if g, err = t.ground(tx, v, in.Circle, in.Post); err != nil {
			return err
		}
		return t.packetFits(tx, v, in, g)
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("red packet", err)
	}
	return g, nil
}

func (t *Tips) packetFits(tx *store.Tx, v circles.Viewer, in NewPacket, g *Ground) error {
	n := in.Amount.Minor
	switch {
	case in.Amount.Asset != g.Asset:
		return circles.FieldErrorf(circles.Invalid, "amount", "This wallet does not move %s.", in.Amount.Asset).With("refused.tip-no-asset", map[string]any{"Asset": in.Amount.Asset})
	case in.Shares < g.Fewest || in.Shares > g.Most:
		return circles.FieldErrorf(circles.Invalid, "shares", "A red packet is for %d to %d people.", g.Fewest, g.Most).With("refused.packet-shares", map[string]any{"Min": g.Fewest, "Max": g.Most})
	case n < g.Min || n > g.Max:
		return outside(g.Asset, g.Exponent, g.Min, g.Max)
	case n < int64(in.Shares):
		return circles.FieldErrorf(circles.Invalid, "amount", "There must be something for everybody.").With("refused.packet-small", nil)
	case n > g.Have:
		return circles.FieldErrorf(circles.Forbidden, "amount", "You have %d credits. Nothing was paid.", g.Have).With("refused.tip-have", map[string]any{"Have": g.Have})
	case in.Random && g.RandomNot != nil:
		return breaks(rulePacketChain, v, g.Circle.ID, true, g.RandomNot)
	}
	open, err := ledger.HasOpenPacket(tx, v.Person, g.Circle.CircleID())
	if err != nil {
		return err
	}
	if open {
		return circles.Errorf(circles.Conflict, "A red packet of yours lies in this circle already.").With("refused.packet-open", nil)
	}
	return t.day(tx, v, nil, in.Amount, g.Exponent)
}

// MakePacket lays credits down. They are on an account of their own from then on, and what they are split
// into is fixed before anybody comes.
func (t *Tips) MakePacket(ctx context.Context, v circles.Viewer, in NewPacket) (*Packet, error) {
	if in.Once == "" || len(in.Once) > 64 {
		return nil, circles.Errorf(circles.Invalid, "The form is out of date. Load the page again.").With("refused.form-old", nil)
	}
	var seed [32]byte
	crand.Read(seed[:]) // never fails
	var id int64
	err := t.store.Update(ctx, func(tx *store.Tx) error {
		old, err := ledger.PacketOnce(tx, v.Person, in.Once)
		if err == nil {
			if old.Post != in.Post || in.Post == 0 && old.Circle != in.Circle || old.Asset != in.Amount.Asset || old.Total != in.Amount.Minor ||
				old.Shares != in.Shares || old.Random != in.Random {
				return formReused()
			}
			id = old.ID
			return nil
		}
		if !circles.Is(err, circles.NotFound) {
			return err
		}
		g, err := t.ground(tx, v, in.Circle, in.Post)
		if err != nil {
			return err
		}
		if err := t.packetFits(tx, v, in, g); err != nil {
			return err
		}
		p := &ledger.Packet{ID: tx.NewID(), Maker: v.Person, Circle: g.Circle.CircleID(), Post: in.Post, Asset: g.Asset, Total: in.Amount.Minor, Shares: in.Shares,
			Random: in.Random, Once: in.Once, CreatedAt: tx.Now(), EndsAt: tx.Now() + g.Life.Microseconds()}
		id = p.ID
		if err := ledger.AddPacket(tx, p, Split(p.Total, p.Shares, p.Random, rand.New(rand.NewChaCha8(seed)))); err != nil {
			return err
		}
		_, err = ledger.Post(tx, ledger.Txn{ID: fmt.Sprintf("packet_%d:fill", p.ID), Kind: "packet", Postings: []ledger.Posting{
			{Account: creditsOf(p.Maker, p.Asset), Amount: -p.Total}, {Account: p.Account(), Amount: p.Total},
		}})
		if errors.Is(err, ledger.ErrShort) {
			err = circles.FieldErrorf(circles.Forbidden, "amount", "You have %d credits. Nothing was paid.", g.Have).With("refused.tip-have", map[string]any{"Have": g.Have})
		}
		return err
	})
	if err = t.ruled(ctx, err); err != nil {
		return nil, wrap("red packet", err)
	}
	return t.Packet(ctx, v, id)
}

// Split divides total into n parts, each at least 1: alike, where the first get what does not divide; or
// by chance, none above twice the mean, so that nobody is made to come for a windfall. total is at least n.
func Split(total int64, n int, random bool, r *rand.Rand) []int64 {
	parts := make([]int64, n)
	if !random {
		for i := range parts {
			parts[i] = total / int64(n)
			if int64(i) < total%int64(n) {
				parts[i]++
			}
		}
		return parts
	}
	most, left := 2*total/int64(n), total
	for i := range parts {
		others := int64(n - i - 1)
		low := max(1, left-others*most)                   // what the others can still take
		high := min(most, left-others, 2*left/int64(n-i)) // what they need, and twice the mean of what is left
		parts[i] = low + r.Int64N(max(high, low)-low+1)
		left -= parts[i]
	}
	r.Shuffle(n, func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return parts
}
