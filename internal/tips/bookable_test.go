package tips_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"halqa/internal/tips"
	"halqa/wallet"
)

// What a rail says that the books have no room for is noted, and nobody else's tip waits for it.
func TestOneChargeThatCannotBeBookedStopsNoOther(t *testing.T) {
	ctx := context.Background()
	for name, poison := range map[string]func(c *wallet.Charge){
		"more than one booking holds": func(c *wallet.Charge) { c.State, c.Received = wallet.Settled, 2e15 },
		"ways to pay without end": func(c *wallet.Charge) {
			c.Actions = []wallet.Action{{Kind: wallet.ActQR, URI: "lightning:x", Text: strings.Repeat("x", 40<<10)}}
		},
		"a proof without end": func(c *wallet.Charge) {
			c.State, c.Received, c.Proof = wallet.Settled, 500, &wallet.Proof{Type: "x", Data: map[string]string{"x": strings.Repeat("x", 40<<10)}}
		},
	} {
		w := newWorld(t)
		w.rich(100)
		bad := w.start(w.intent("scripted", "CNY", 500))
		w.rail.change(fmt.Sprintf("tip_%d_a1", bad.ID), poison)
		w.now = w.now.Add(time.Minute) // the bad one is due first
		good := w.start(w.intent("credits", "CRD", 5))
		w.pass(11 * time.Minute)
		if got := w.tip(good.ID); got.State != tips.Paid {
			t.Errorf("%s: the other tip is %s", name, got.State)
		}
		if got := w.tip(bad.ID); got.Net != 0 || got.State != tips.Open {
			t.Errorf("%s: %d were booked, %s", name, got.Net, got.State)
		}
		w.verify()
		if err := w.tips.Sweep(ctx); err != nil {
			t.Error(err)
		}
	}
}

// A first answer with an id that cannot be kept, or that is another charge's, is noted like any other that
// contradicts itself: the database would refuse it, and every settlement behind it would wait for good.
func TestAChargeWithAnImpossibleIDStopsNoOther(t *testing.T) {
	ctx := context.Background()
	for name, id := range map[string]string{"no text": "x\x00y", "half a letter": "x\xe5", "another charge's": ""} {
		w := newWorld(t)
		w.rich(100)
		first := w.start(w.intent("scripted", "CNY", 500))
		w.rail.lose = true
		bad := w.start(w.intent("scripted", "CNY", 500))
		w.rail.lose = false
		if id == "" {
			id = fmt.Sprintf("rail-tip_%d_a1", first.ID)
		}
		w.rail.change(fmt.Sprintf("tip_%d_a1", bad.ID), func(c *wallet.Charge) { c.ID = id })
		w.now = w.now.Add(time.Minute) // the bad one is due first
		good := w.start(w.intent("credits", "CRD", 5))
		w.now = w.now.Add(11 * time.Minute)
		if err := w.tips.Sweep(ctx); err != nil {
			t.Errorf("%s: the sweep ends with %v", name, err)
		}
		if got := w.tip(good.ID); got.State != tips.Paid {
			t.Errorf("%s: the other tip is %s", name, got.State)
		}
		if got := w.tip(bad.ID); got.Net != 0 || got.State != tips.Open {
			t.Errorf("%s: %d were booked, %s", name, got.Net, got.State)
		}
		w.verify()
	}
}

// A tip is never more than can be booked, whatever a wallet would move.
func TestNoTipIsMoreThanCanBeBooked(t *testing.T) {
	w := newWorld(t)
	rail := newScripted()
	rail.d.Name, rail.d.Assets = "big", []wallet.Asset{{Code: "DUST", Exponent: 12, Min: 1, Max: 9e18, Step: 1}}
	if err := w.tips.Use(context.Background(), rail); err != nil {
		t.Fatal(err)
	}
	if _, err := w.tips.Start(context.Background(), w.ann, w.intent("big", "DUST", 1e15+1)); textOf(err) != "refused.tip-outside" {
		t.Errorf("more than one booking holds: %v", err)
	}
	tip := w.start(w.intent("big", "DUST", 1e15))
	rail.change("", func(c *wallet.Charge) { c.State, c.Received = wallet.Settled, wallet.Units(c.Requested.Minor) })
	w.pass(time.Minute)
	if got := w.tip(tip.ID); got.State != tips.Paid || got.Net != 1e15 {
		t.Errorf("the most there is: %s, %d", got.State, got.Net)
	}
	w.verify()
}

// A refund over a wallet that is gone from the configuration waits, and nothing waits for it.
func TestARefundOfAWalletThatIsGoneWaits(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	tip := w.start(w.intent("scripted", "CNY", 500))
	w.rail.change("", func(c *wallet.Charge) { c.State, c.Received = wallet.Settled, 500 })
	w.pass(time.Minute)
	if err := w.tips.Refund(ctx, w.bob, tip.ID, 100, ""); err != nil {
		t.Fatal(err)
	}
	w.rail.d.Name = "another"
	w.tips = w.open()
	w.now = w.now.Add(24 * time.Hour)
	for range 2 {
		if err := w.tips.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
