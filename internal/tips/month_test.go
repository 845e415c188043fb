package tips_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
)

// sweepMonths sweeps twice, as after a restart.
func (w *world) sweepMonths() {
	w.t.Helper()
	for range 2 {
		w.tips = w.open()
		if err := w.tips.SweepMonths(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// toldMonths are the months that a member was told of, the latest first.
func (w *world) toldMonths(v circles.Viewer) (all []int64) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx *store.Tx) error {
		told, err := tx.Notifications(v)
		for _, n := range told {
			if n.Kind == store.ToldMonth {
				all = append(all, n.Month)
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *world) month(v circles.Viewer, code int64) tips.Month {
	w.t.Helper()
	all, err := w.tips.Months(context.Background(), v, code)
	if err != nil {
		w.t.Fatal(err)
	}
	return all[code]
}

// When a month is over, who gave something in it is told once what it was; who undid all of it, who only
// got something, and who does not want to hear it, are not.
func TestMonths(t *testing.T) {
	w := newWorld(t)
	w.rules = tips.DefaultRules()
	w.tips = w.open()
	ctx := context.Background()
	w.rich(200)
	last := w.crowd(1)[0]
	w.enrol(w.ann, w.bob, w.carl, last)
	w.now = time.Date(2027, 1, 31, 20, 0, 0, 0, time.UTC)
	w.sweepMonths() // December, of which there is nothing
	tip := func(from, to circles.Viewer, minor int64) *tips.Tip {
		t.Helper()
		got, err := w.give(from, to, minor)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	tip(w.ann, w.bob, 30)
	tip(w.ann, w.bob, 20)
	undone := tip(w.ann, last, 9)
	if _, err := w.tips.Undo(ctx, w.ann, undone.ID); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute)
	undone = tip(w.bob, w.ann, 5)
	if _, err := w.tips.Undo(ctx, w.bob, undone.ID); err != nil {
		t.Fatal(err)
	}
	tip(w.carl, w.bob, 7)
	if err := w.tips.SetWish(ctx, w.carl, tips.Wish{Takes: tips.TakesAll, NoMonth: true}); err != nil {
		t.Fatal(err)
	}
	if err := w.tips.SetLimits(ctx, w.ann, tips.LimitWish{Asset: "CRD", Minor: 60}); err != nil {
		t.Fatal(err)
	}
	w.now = time.Date(2027, 1, 31, 23, 59, 0, 0, time.UTC)
	late := tip(w.ann, w.carl, 4) // held into February, and still January's
	w.pass(30 * time.Minute)
	tip(w.ann, w.carl, 1) // February's
	w.sweepMonths()
	if got := w.toldMonths(w.ann); len(got) != 0 {
		t.Fatalf("half an hour into February ann was told of %v", got)
	}
	w.pass(2 * time.Hour)
	w.sweepMonths()
	if got := w.toldMonths(w.ann); !slices.Equal(got, []int64{202701}) {
		t.Fatalf("ann was told of %v, want January once", got)
	}
	for name, v := range map[string]circles.Viewer{"bob, who undid it": w.bob, "carl, who will not hear it": w.carl, "who only got": last} {
		if got := w.toldMonths(v); len(got) != 0 {
			t.Errorf("%s was told of %v", name, got)
		}
	}
	m := w.month(w.ann, 202701)
	if len(m.Sums) != 1 || m.Sums[0] != (ledger.Sum{Asset: "CRD", Minor: 54}) || m.People != 2 {
		t.Errorf("ann gave %+v to %d in January, want 54 CRD to 2", m.Sums, m.People)
	}
	if len(m.Limits) != 1 || m.Limits[0].At(w.now.UnixMicro()) != 60 {
		t.Errorf("beside %+v, want her limit of 60", m.Limits)
	}
	if all, err := w.tips.History(ctx, w.ann, m.Until, 10); err != nil || len(all) == 0 || all[0].ID != late.ID {
		t.Errorf("the history from there begins with %+v, %v, want the last tip of January", all, err)
	}

	// Two months go by with the server down; each is told of, and once.
	w.now = time.Date(2027, 2, 5, 0, 0, 0, 0, time.UTC)
	tip(w.ann, w.bob, 10)
	w.now = time.Date(2027, 3, 5, 0, 0, 0, 0, time.UTC)
	if err := w.tips.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	tip(w.ann, w.bob, 2)
	w.pass(time.Hour)
	w.now = time.Date(2027, 5, 9, 0, 0, 0, 0, time.UTC)
	w.sweepMonths()
	if got := w.toldMonths(w.ann); !slices.Equal(got, []int64{202703, 202702, 202701}) {
		t.Errorf("ann was told of %v, want March, February and January", got)
	}
	if m := w.month(w.ann, 202702); len(m.Sums) != 1 || m.Sums[0].Minor != 11 {
		t.Errorf("ann gave %+v in February, want 11", m.Sums)
	}
	// What was told stands, and is not said again, whatever becomes of the tips and of the notification.
	if err := w.tips.SetWish(ctx, w.carl, tips.Wish{Takes: tips.TakesAll}); err != nil {
		t.Fatal(err)
	}
	w.sweepMonths()
	if got := w.toldMonths(w.carl); len(got) != 0 {
		t.Errorf("carl wants to hear it from now on, and was told of %v", got)
	}
	if got := w.month(w.bob, 202701); got.People != 0 {
		t.Errorf("bob reads of %+v", got)
	}
}

// Assets are not mixed, what went back is not counted, and everybody is told though they are more than a page.
func TestMonthOfManyAndOfAssets(t *testing.T) {
	w := newWorld(t)
	w.rules = tips.DefaultRules()
	w.tips = w.open()
	ctx := context.Background()
	w.rich(200)
	crowd := w.crowd(101)
	w.enrol(append(crowd, w.ann)...)
	w.now = time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC)
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	for _, v := range crowd {
		w.forms++
		if err := w.tips.Grant(ctx, admin, v.Person, wallet.Amount{Minor: 5, Asset: "CRD"}, "for the test", v.Person.Actor().String()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.give(v, w.bob, 3); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.give(w.ann, w.carl, 8); err != nil {
		t.Fatal(err)
	}
	in := w.intent("scripted", "CNY", 500)
	tip, err := w.tips.Start(ctx, w.ann, in)
	if err != nil {
		t.Fatal(err)
	}
	w.rail.pay(fmt.Sprintf("tip_%d_a1", tip.ID), 500)
	w.pass(time.Hour)
	w.now = time.Date(2027, 2, 1, 3, 0, 0, 0, time.UTC)
	w.sweepMonths()
	for i, v := range crowd {
		if got := w.toldMonths(v); !slices.Equal(got, []int64{202701}) {
			t.Fatalf("member %d of %d was told of %v, want January once", i, len(crowd), got)
		}
	}
	m := w.month(w.ann, 202701)
	if len(m.Sums) != 2 || m.Sums[0] != (ledger.Sum{Asset: "CNY", Minor: 500}) || m.Sums[1] != (ledger.Sum{Asset: "CRD", Minor: 8}) || m.People != 2 {
		t.Errorf("ann gave %+v to %d, want 500 CNY and 8 CRD to 2", m.Sums, m.People)
	}
}

// What others took of a red packet counts in the month they took it in, what came back in none.
func TestMonthOfRedPackets(t *testing.T) {
	w, m := packets(t, 3)
	ctx := context.Background()
	w.now = time.Date(2027, 1, 31, 20, 0, 0, 0, time.UTC)
	p := w.mustLay(10, 3, false)
	if _, err := w.tips.ClaimPacket(ctx, m[0], p.ID); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(8 * time.Hour)
	if _, err := w.tips.ClaimPacket(ctx, m[1], p.ID); err != nil {
		t.Fatal(err)
	}
	w.now = time.Date(2027, 3, 1, 3, 0, 0, 0, time.UTC)
	if err := w.tips.SweepPackets(ctx); err != nil {
		t.Fatal(err)
	}
	w.sweepMonths()
	if got := w.toldMonths(w.ann); !slices.Equal(got, []int64{202702}) { // the first sweep tells of the month before alone
		t.Fatalf("ann was told of %v, want February", got)
	}
	if got := w.month(w.ann, 202702); len(got.Sums) != 1 || got.Sums[0].Minor != 3 || got.People != 1 {
		t.Errorf("February: %+v to %d, want 3 to 1", got.Sums, got.People)
	}
}
