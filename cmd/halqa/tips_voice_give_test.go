package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
	"halqa/wallet/wallettest"
)

// Purses are what tips came to in a play, so that a script that gives nothing cannot pass for one that does.
type purses struct {
	arrived                            int64 // credits
	gifts, shown, undone               int
	packets, claims, taken, leftover   int // packets: taken back by their maker, and those of which something was left
	overWallet, givenBack, chargedBack int
}

func (p purses) least() int {
	return min(p.gifts, p.shown, p.undone, p.packets, p.claims, p.taken, p.leftover, p.overWallet, p.givenBack, p.chargedBack)
}

// Generous people tip in every way there is.
type generous struct {
	t      *testing.T
	h      *house
	people []circles.Viewer
	circle circles.CircleID

	rail *wallettest.Fake
	purses
	hidden []*tips.Tip // gifts that only their payees see
	laid   []int64
}

func newGenerous(t *testing.T, h *house, people []circles.Viewer, circle circles.CircleID, now *time.Time) *generous {
	t.Helper()
	ctx := t.Context()
	g := &generous{t: t, h: h, people: people, circle: circle, rail: wallettest.NewFake("", func() time.Time { return *now })}
	g.must(h.tips.Use(ctx, g.rail))
	g.must(h.tips.SetPolicy(ctx, people[0], tips.CirclePolicy{Circle: circle, Policy: tips.PolicyOn, Gifts: true, Packets: true}))
	for i, v := range people {
		g.must(h.tips.Grant(ctx, people[0], v.Person, wallet.Amount{Minor: 4000, Asset: creditsCode}, "for the script", fmt.Sprint(i)))
		g.must(h.tips.SetPayee(ctx, v, "fake", "fake-account", string(rune('a'+i))+"person"))
	}
	return g
}

func (g *generous) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// did reports whether something was done; a refusal is part of the script.
func (g *generous) did(err error) bool {
	g.t.Helper()
	var refusal *circles.Error
	if err != nil && !errors.As(err, &refusal) {
		g.t.Fatal(err)
	}
	return err == nil
}

// give is one step of the script.
func (g *generous) give(step int, who circles.Viewer, post circles.PostID, amount int64) {
	g.t.Helper()
	ctx := g.t.Context()
	g.hidden = slices.DeleteFunc(g.hidden, func(tip *tips.Tip) bool {
		if !g.did(g.h.tips.ShowGift(ctx, circles.Viewer{Person: tip.Payee, Role: circles.SiteMember}, tip.ID, true)) {
			return false // it can still be undone
		}
		g.shown++
		return true
	})
	in := tips.Intent{Post: post, Adapter: "credits", Amount: wallet.Amount{Minor: amount, Asset: creditsCode}, Once: fmt.Sprint(step)}
	switch step % 6 {
	case 1:
		in.Gift, in.Note = tips.GiftKinds()[step%5], "With thanks"
		tip, err := g.h.tips.Start(ctx, who, in)
		if g.did(err) {
			g.gifts++
			g.hidden = append(g.hidden, tip)
		}
	case 2:
		g.overRail(ctx, step, who, in)
	case 3:
		g.lay(ctx, step, who, amount)
	case 4:
		if tip, err := g.h.tips.Start(ctx, who, in); g.did(err) {
			if _, err := g.h.tips.Undo(ctx, who, tip.ID); g.did(err) {
				g.undone++
			}
		}
	default:
		_, err := g.h.tips.Start(ctx, who, in)
		g.did(err)
	}
	g.must(g.h.tips.Sweep(ctx))
	g.must(g.h.tips.SweepPackets(ctx))
}

// overRail tips over the wallet; of some tips a part goes back, by their payee or by the payer's bank.
func (g *generous) overRail(ctx context.Context, step int, who circles.Viewer, in tips.Intent) {
	g.t.Helper()
	in.Adapter, in.Amount = "fake", wallet.Amount{Minor: 1000 * in.Amount.Minor, Asset: "XTS"}
	tip, err := g.h.tips.Start(ctx, who, in)
	if !g.did(err) {
		return
	}
	bill := fmt.Sprintf("bill-tip_%d_a1", tip.ID)
	g.must(g.rail.Pay(ctx, bill, tip.Amount, true))
	if tip, err = g.h.tips.Look(ctx, who, tip.ID); err != nil || tip.State != tips.Paid {
		g.t.Fatalf("step %d: the tip is %+v, %v", step, tip, err)
	}
	g.overWallet++
	switch step / 6 % 3 {
	case 0:
		g.must(g.h.tips.Refund(ctx, circles.Viewer{Person: tip.Payee, Role: circles.SiteMember}, tip.ID, tip.Amount, "Too kind"))
		tip, err = g.h.tips.Tip(ctx, who, tip.ID)
		g.must(err)
		for _, f := range tip.Refunds {
			g.must(g.rail.TakeRefund(ctx, f.RailID))
		}
	case 1:
		g.must(g.rail.Dispute(ctx, bill, tip.Amount/2))
		all, err := g.rail.Messages(ctx, bill)
		g.must(err)
		for _, m := range all {
			_, err := g.h.tips.Webhook(ctx, "fake", m.Header, m.Query, m.Body)
			g.must(err)
		}
	}
}

// lay lays a red packet down, which its maker takes back, or others take a part of.
func (g *generous) lay(ctx context.Context, step int, who circles.Viewer, amount int64) {
	g.t.Helper()
	p, err := g.h.tips.MakePacket(ctx, who, tips.NewPacket{Circle: g.circle, Amount: wallet.Amount{Minor: 3 * amount, Asset: creditsCode}, Shares: 3, Random: step%4 == 3, Once: fmt.Sprint(step)})
	if !g.did(err) {
		return
	}
	g.packets++
	if step%5 == 0 {
		_, err := g.h.tips.ReturnPacket(ctx, who, p.ID)
		g.must(err)
		g.taken++
		return
	}
	g.laid = append(g.laid, p.ID)
	for i, v := range g.people {
		if i%2 == step/6%2 {
			if _, err := g.h.tips.ClaimPacket(ctx, v, p.ID); g.did(err) {
				g.claims++
			}
		}
	}
}

// ends lets everything come to its end and counts.
func (g *generous) ends() purses {
	g.t.Helper()
	ctx := g.t.Context()
	g.must(g.h.tips.Sweep(ctx))
	g.must(g.h.tips.SweepPackets(ctx))
	for _, id := range g.laid {
		p, err := g.h.tips.Packet(ctx, g.people[0], id)
		g.must(err)
		if p.Back > 0 {
			g.leftover++
		}
	}
	for _, v := range g.people {
		all, err := g.h.tips.History(ctx, v, 0, 1000)
		g.must(err)
		for _, tip := range all {
			switch {
			case tip.Payee != v.Person:
			case tip.State == tips.Paid && tip.Asset == creditsCode:
				g.arrived += tip.Amount
			case tip.State == tips.Returned:
				g.givenBack++
			case tip.State == tips.Short:
				g.chargedBack++
			}
		}
	}
	_, err := g.h.tips.VerifyAll(ctx)
	g.must(err)
	return g.purses
}
