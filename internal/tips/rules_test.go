package tips_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
)

// give starts a tip between two people, for the person, and returns the refusal.
func (w *world) give(from, to circles.Viewer, minor int64) (*tips.Tip, error) {
	w.forms++
	return w.tips.Start(context.Background(), from, tips.Intent{Payee: to.Person, Adapter: "credits",
		Amount: wallet.Amount{Minor: minor, Asset: "CRD"}, Once: fmt.Sprint("form", w.forms)})
}

// rich gives everybody credits.
func (w *world) rich(minor int64) {
	w.t.Helper()
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	for _, v := range []circles.Viewer{w.ann, w.bob, w.carl} {
		w.forms++
		if err := w.tips.Grant(context.Background(), admin, v.Person, wallet.Amount{Minor: minor, Asset: "CRD"}, "for the test", fmt.Sprint("grant", w.forms)); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) audits() (all []ledger.Audit) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx *store.Tx) (err error) {
		all, err = ledger.Audits(tx, false, 0, 100)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func textOf(err error) string {
	var e *circles.Error
	if errors.As(err, &e) {
		return e.Text
	}
	return fmt.Sprint(err)
}

// Each rule refuses what goes one beyond its value, lets through what does not, and writes down what it
// refused.
func TestRules(t *testing.T) {
	amounts := func(b tips.Bounds) tips.Rules { return tips.Rules{Assets: map[string]tips.Bounds{"CRD": b}} }
	for _, c := range []struct {
		name   string
		rules  tips.Rules
		good   func(w *world) error
		bad    func(w *world) error
		text   string
		rule   string // of its row; "" = it leaves none
		review bool
	}{
		{name: "least", rules: amounts(tips.Bounds{Min: 5}), text: "refused.tip-outside",
			good: func(w *world) error { _, err := w.give(w.ann, w.bob, 5); return err },
			bad:  func(w *world) error { _, err := w.give(w.ann, w.bob, 4); return err }},
		{name: "most", rules: amounts(tips.Bounds{Max: 20}), text: "refused.tip-outside",
			good: func(w *world) error { _, err := w.give(w.ann, w.bob, 20); return err },
			bad:  func(w *world) error { _, err := w.give(w.ann, w.bob, 21); return err }},
		{name: "given in a day", rules: amounts(tips.Bounds{PayerDay: 30}), text: "refused.tip-payer-day", rule: "payer-day",
			good: func(w *world) error {
				_, err := w.give(w.ann, w.bob, 20)
				_, err2 := w.give(w.ann, w.carl, 10)
				return errors.Join(err, err2)
			},
			bad: func(w *world) error { _, err := w.give(w.ann, w.carl, 1); return err }},
		{name: "got in a day", rules: amounts(tips.Bounds{PayeeDay: 30}), text: "refused.tip-payee-day", rule: "payee-day", review: true,
			good: func(w *world) error {
				_, err := w.give(w.ann, w.bob, 20)
				_, err2 := w.give(w.carl, w.bob, 10)
				return errors.Join(err, err2)
			},
			bad: func(w *world) error { _, err := w.give(w.carl, w.bob, 1); return err }},
		{name: "one to another in a day", rules: amounts(tips.Bounds{PairDay: 30}), text: "refused.tip-pair-day", rule: "pair-day",
			good: func(w *world) error {
				_, err := w.give(w.ann, w.bob, 30)
				_, err2 := w.give(w.ann, w.carl, 30)
				return errors.Join(err, err2)
			},
			bad: func(w *world) error { _, err := w.give(w.ann, w.bob, 1); return err }},
		{name: "pace", rules: tips.Rules{Pace: 3}, text: "refused.tip-pace", rule: "pace", review: true,
			good: func(w *world) (err error) {
				for range 3 {
					_, e := w.give(w.ann, w.bob, 1)
					err = errors.Join(err, e)
				}
				return err
			},
			bad: func(w *world) error { _, err := w.give(w.ann, w.bob, 1); return err }},
		{name: "oneself", text: "refused.tip-oneself", rule: "self-tip",
			good: func(w *world) error { _, err := w.give(w.ann, w.bob, 1); return err },
			bad:  func(w *world) error { _, err := w.give(w.ann, w.ann, 1); return err }},
		{name: "blocked", text: "refused.tip-blocked", rule: "blocked",
			good: func(w *world) error { _, err := w.give(w.ann, w.bob, 1); return err },
			bad: func(w *world) error {
				w.update(func(tx *store.Tx) error { return tx.SetBlock(w.bob.Person.Actor(), w.ann.Person.Actor(), true) })
				_, err := w.give(w.ann, w.bob, 1)
				return err
			}},
		{name: "who wants none", text: "refused.tip-refuses", rule: "refuses",
			good: func(w *world) error { _, err := w.give(w.ann, w.bob, 1); return err },
			bad: func(w *world) error {
				if err := w.tips.SetWish(context.Background(), w.bob, tips.Wish{Takes: tips.TakesNone}); err != nil {
					return err
				}
				_, err := w.give(w.ann, w.bob, 1)
				return err
			}},
		{name: "one's own limit", text: "refused.tip-own-limit",
			good: func(w *world) error {
				err := w.tips.SetLimits(context.Background(), w.ann, tips.LimitWish{Asset: "CRD", Minor: 10})
				_, err2 := w.give(w.ann, w.bob, 10)
				return errors.Join(err, err2)
			},
			bad: func(w *world) error { _, err := w.give(w.ann, w.carl, 1); return err }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.rules = c.rules
			w.tips = w.open()
			w.rich(100)
			if err := c.good(w); err != nil {
				t.Fatalf("within the rule: %v", err)
			}
			if got := w.audits(); len(got) != 0 {
				t.Errorf("within the rule, this was written down: %+v", got)
			}
			before := w.balance(w.ann) + w.balance(w.carl)
			if got := textOf(c.bad(w)); got != c.text {
				t.Errorf("beyond it: %s, want %s", got, c.text)
			}
			if after := w.balance(w.ann) + w.balance(w.carl); after != before {
				t.Errorf("a refusal cost %d", before-after)
			}
			got := w.audits()
			if c.rule == "" {
				if len(got) != 0 {
					t.Errorf("written down: %+v, want nothing", got)
				}
				return
			}
			if len(got) != 1 || got[0].Rule != c.rule || got[0].N != 1 || got[0].Review != c.review {
				t.Errorf("written down: %+v, want %s once, to look at %t", got, c.rule, c.review)
			}
			if c.bad(w) == nil {
				t.Error("the second time it is let through")
			}
			if got := w.audits(); len(got) != 1 || got[0].N != 2 {
				t.Errorf("after the second time: %+v, want one row that counts 2", got)
			}
			w.verify()
		})
	}
}

func (w *world) update(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// A day is over when 24 hours are, and then there is room again.
func TestCapsAreOfTheLastDay(t *testing.T) {
	w := newWorld(t)
	w.rules = tips.Rules{Assets: map[string]tips.Bounds{"CRD": {PayerDay: 10}}}
	w.tips = w.open()
	w.rich(100)
	if _, err := w.give(w.ann, w.bob, 10); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(23*time.Hour + 59*time.Minute)
	if _, err := w.give(w.ann, w.bob, 1); textOf(err) != "refused.tip-payer-day" {
		t.Errorf("within the day: %v", err)
	}
	w.now = w.now.Add(2 * time.Minute)
	if _, err := w.give(w.ann, w.bob, 10); err != nil {
		t.Errorf("a day later: %v", err)
	}
	undone, err := w.give(w.carl, w.bob, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.tips.Undo(context.Background(), w.carl, undone.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.give(w.carl, w.bob, 10); err != nil {
		t.Errorf("what was undone counts: %v", err)
	}
}

// A circle narrows what the instance allows, or closes it; an operator decides, and nobody else.
func TestCirclePolicy(t *testing.T) {
	w := newWorld(t)
	w.rules = tips.Rules{Assets: map[string]tips.Bounds{"CRD": {Min: 2, Usual: 5, Max: 50}}}
	w.tips = w.open()
	w.rich(100)
	ctx := context.Background()
	set := func(v circles.Viewer, p tips.Policy, b ...tips.CircleBounds) error {
		return w.tips.SetPolicy(ctx, v, tips.CirclePolicy{Circle: w.circle, Policy: p, Bounds: b})
	}
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	wantKind(t, set(w.ann, tips.PolicyOff), circles.Forbidden)
	wantKind(t, set(admin, "perhaps"), circles.Invalid)
	wantKind(t, set(admin, tips.PolicyOn, tips.CircleBounds{Asset: "CRD", Low: 9, High: 8}), circles.Invalid)
	wantKind(t, set(admin, tips.PolicyOn, tips.CircleBounds{Asset: "GOLD", Low: 9}), circles.Invalid)
	if err := set(admin, tips.PolicyOn, tips.CircleBounds{Asset: "CRD", Low: 1, Usual: 8, High: 900}); err != nil {
		t.Fatal(err)
	}
	o, err := w.tips.Offer(ctx, w.ann, w.post, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := o.Way("credits", "CRD"); !ok || got.Min != 2 || got.Usual != 8 || got.Max != 50 || got.Have != 100 || got.Undo != 10*time.Minute {
		t.Errorf("offered %+v, want 2, 8, 50 of 100 with ten minutes", got)
	}
	tip := w.start(w.intent("credits", "CRD", 8))
	w.pass(11 * time.Minute)
	if w.tippers() != 1 {
		t.Fatalf("%d tipped", w.tippers())
	}
	for _, c := range []struct {
		policy  tips.Policy
		text    string
		tippers int
	}{{tips.PolicyLikesOnly, "refused.tip-likes-only", 1}, {tips.PolicyOff, "refused.tip-off", 0}} {
		if err := set(admin, c.policy); err != nil {
			t.Fatal(err)
		}
		if _, err := w.tips.Start(ctx, w.ann, w.intent("credits", "CRD", 8)); textOf(err) != c.text {
			t.Errorf("%s: %v", c.policy, err)
		}
		if w.tippers() != c.tippers {
			t.Errorf("%s: %d tipped, want %d", c.policy, w.tippers(), c.tippers)
		}
		reaches, err := w.tips.Reaches(ctx, w.ann, &circles.Circle{Actor: circles.Actor{ID: w.circle.Actor()}}, []*circles.Actor{{ID: w.bob.Person.Actor(), Kind: circles.KindPerson}})
		if err != nil || len(reaches) != 0 {
			t.Errorf("%s: a button is offered for %v, %v", c.policy, reaches, err)
		}
	}
	if got := w.tip(tip.ID); got.State != tips.Paid {
		t.Errorf("the earlier tip is %s", got.State)
	}
}

// Tips that go round are paid, and neither they nor those they close are counted.
func TestRingsAreNotCounted(t *testing.T) {
	for _, c := range []struct {
		name  string
		round func(w *world) [][2]circles.Viewer // before ann tips bob's post
		later time.Duration
		rings bool
	}{
		{"no ring", func(w *world) [][2]circles.Viewer { return [][2]circles.Viewer{{w.bob, w.carl}} }, 0, false},
		{"of two", func(w *world) [][2]circles.Viewer { return [][2]circles.Viewer{{w.bob, w.ann}} }, 0, true},
		{"of three", func(w *world) [][2]circles.Viewer { return [][2]circles.Viewer{{w.bob, w.carl}, {w.carl, w.ann}} }, 0, true},
		{"of two, long ago", func(w *world) [][2]circles.Viewer { return [][2]circles.Viewer{{w.bob, w.ann}} }, 8 * 24 * time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.rules = tips.Rules{Ring: 7 * 24 * time.Hour}
			w.tips = w.open()
			w.rich(100)
			for _, pair := range c.round(w) {
				if _, err := w.give(pair[0], pair[1], 3); err != nil {
					t.Fatal(err)
				}
			}
			w.pass(11 * time.Minute)
			w.now = w.now.Add(c.later)
			tip := w.start(w.intent("credits", "CRD", 8))
			w.pass(11 * time.Minute)
			if got := w.tip(tip.ID); got.State != tips.Paid {
				t.Errorf("the tip is %s, want paid whatever it is part of", got.State)
			}
			want, rows := 1, 0
			if c.rings {
				want, rows = 0, 1
			}
			if got := w.tippers(); got != want {
				t.Errorf("%d tipped the post, want %d", got, want)
			}
			got := w.audits()
			if len(got) != rows || rows == 1 && (got[0].Rule != "ring" || !got[0].Review || got[0].Tip != tip.ID) {
				t.Errorf("written down: %+v", got)
			}
			w.verify()
		})
	}
}

// Raising one's own limit takes a day, lowering it a moment.
func TestOwnLimitRisesSlowly(t *testing.T) {
	w := newWorld(t)
	w.rules = tips.Rules{LimitWait: 24 * time.Hour}
	w.tips = w.open()
	w.rich(100)
	ctx := context.Background()
	set := func(n int64) {
		t.Helper()
		if err := w.tips.SetLimits(ctx, w.ann, tips.LimitWish{Asset: "CRD", Minor: n}); err != nil {
			t.Fatal(err)
		}
	}
	set(10)
	set(50)
	if _, err := w.give(w.ann, w.bob, 11); textOf(err) != "refused.tip-own-limit" {
		t.Errorf("raised just now: %v", err)
	}
	w.now = w.now.Add(24 * time.Hour)
	if _, err := w.give(w.ann, w.bob, 50); err != nil {
		t.Errorf("raised a day ago: %v", err)
	}
	set(5)
	if _, err := w.give(w.ann, w.bob, 1); textOf(err) != "refused.tip-own-limit" {
		t.Errorf("lowered just now: %v", err)
	}
	wantKind(t, w.tips.SetLimits(ctx, w.ann, tips.LimitWish{Asset: "GOLD", Minor: 1}), circles.Invalid)
	wantKind(t, w.tips.SetLimits(ctx, circles.Viewer{}, tips.LimitWish{Asset: "CRD", Minor: 1}), circles.Denied)
}

// What a member wants of tips is stored whole or not at all.
func TestWishAndLimitsAreOne(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	wish := tips.Wish{Takes: tips.TakesNone, Quiet: true}
	wantKind(t, w.tips.SetWish(ctx, w.ann, wish, tips.LimitWish{Asset: "CRD", Minor: 5}, tips.LimitWish{Asset: "GOLD", Minor: 5}), circles.Invalid)
	wantKind(t, w.tips.SetWish(ctx, w.ann, wish, tips.LimitWish{Asset: "CRD", Minor: -2}), circles.Invalid)
	c, err := w.tips.Choice(ctx, w.ann)
	if err != nil || c.Takes != tips.TakesAll || c.Quiet || len(c.Limits) != 0 {
		t.Errorf("after two refusals: %+v, %v", c, err)
	}
	if err := w.tips.SetWish(ctx, w.ann, wish, tips.LimitWish{Asset: "CRD", Minor: 5}, tips.LimitWish{Asset: "CNY", Minor: 500}); err != nil {
		t.Fatal(err)
	}
	if c, err = w.tips.Choice(ctx, w.ann); err != nil || c.Takes != tips.TakesNone || !c.Quiet || len(c.Limits) != 2 {
		t.Errorf("stored: %+v, %v", c, err)
	}
}

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		exponent uint8
		want     string
	}{
		{2100, 2, "21.00"}, {5, 0, "5"}, {5000, 3, "5.000"}, {1_000_000, 11, "0.00001"}, {100_000_000_000, 11, "1"}, {1_000_000_000_000, 11, "10"},
		{1, 11, "0.00000000001"}, {0, 11, "0"}, {-21_000, 11, "-0.00000021"}, {0, 12, "0"},
	} {
		if got := tips.Plain(c.minor, c.exponent); got != c.want {
			t.Errorf("Plain(%d, %d) = %q, want %q", c.minor, c.exponent, got, c.want)
		}
	}
}
