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

// elsewhereSlow asks the server that each payee chose, of which one is slow.
type elsewhereSlow struct {
	*addressed
	w     *world
	asked map[string]int // by the payee's reference
}

func (s *elsewhereSlow) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	c, err := s.addressed.GetCharge(ctx, id)
	to := s.addressed.asked[s.addressed.ids[id]].Payee.Ref
	s.asked[to]++
	if strings.HasSuffix(to, "@slow.example") {
		s.w.now = s.w.now.Add(9 * time.Second)
	}
	return c, err
}

// Payees whose provider is slow wait for each other, and nobody else of the same adapter waits for them.
func TestASlowProviderHasItsShareOfAnAdapter(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	rail := &elsewhereSlow{addressed: &addressed{newScripted()}, w: w, asked: map[string]int{}}
	if err := w.tips.Use(ctx, rail); err != nil {
		t.Fatal(err)
	}
	authors := w.crowd(6)
	posts := w.postsBy(authors)
	for i, a := range authors {
		host := "slow.example"
		if i >= 4 {
			host = "quick.example"
		}
		if err := w.tips.SetPayee(ctx, a, "addressed", "", fmt.Sprintf("a%d@%s", i, host)); err != nil {
			t.Fatal(err)
		}
		in := w.intent("addressed", "CNY", 500)
		in.Post = posts[i]
		w.start(in)
	}
	w.now = w.now.Add(10 * time.Minute)
	if err := w.tips.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	slow, quick := 0, 0
	for to, n := range rail.asked {
		if strings.HasSuffix(to, "@slow.example") {
			slow += n
		} else {
			quick += n
		}
	}
	if slow != 2 || quick != 2 {
		t.Errorf("one sweep waited for %d slow answers and took %d quick ones, want 2 and both", slow, quick)
	}
}
