package tips_test

import (
	"context"
	"testing"
	"time"

	"halqa/internal/tips"
	"halqa/wallet"
)

// A rail that takes nearly all the time there is for each answer.
type slow struct {
	*scripted
	w     *world
	asked int
}

func (s *slow) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	s.asked++
	s.w.now = s.w.now.Add(9 * time.Second)
	return s.scripted.GetCharge(ctx, id)
}

// Somebody who is slow on purpose, as the server behind a Lightning Address may be, does not keep the tips of
// others from being settled.
func TestASlowRailHasItsShareOfASweep(t *testing.T) {
	w := newWorld(t)
	w.rich(100)
	rail := &slow{scripted: newScripted(), w: w}
	rail.d.Name = "slow"
	if err := w.tips.Use(context.Background(), rail); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		w.start(w.intent("slow", "CNY", 500))
	}
	good := w.start(w.intent("credits", "CRD", 5))
	w.now = w.now.Add(10 * time.Minute)
	if err := w.tips.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if rail.asked != 2 {
		t.Errorf("one sweep waited for %d answers of 9 seconds, want 2", rail.asked)
	}
	if got := w.tip(good.ID); got.State != tips.Paid {
		t.Errorf("the other tip is %s", got.State)
	}
	for range 4 { // nothing is forgotten
		w.now = w.now.Add(10 * time.Second)
		if err := w.tips.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if rail.asked < 8 {
		t.Errorf("five sweeps asked %d times about 8 tips", rail.asked)
	}
}
