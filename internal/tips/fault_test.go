package tips_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/testdb"
	"halqa/internal/tips"
	"halqa/wallet"
)

// A breaker makes statements of the databases it is asked by fail: the k-th after it was set, or all from there.
type breaker struct {
	mu      sync.Mutex
	left    int // until the one that fails; 0 = none does
	lasting bool
	hit     bool
}

var errBroken = errors.New("the database broke")

func (b *breaker) set(k int, lasting bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left, b.lasting, b.hit = k, lasting, false
}

// mend lets everything work again, and reports whether anything failed.
func (b *breaker) mend() (hit bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = 0
	return b.hit
}

func (b *breaker) ask(string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left > 1 {
		b.left--
	} else if b.left == 1 {
		b.hit = true
		if !b.lasting {
			b.left = 0
		}
		return errBroken
	}
	return nil
}

// A flow is something that people do with money. do is one press of a button or one call of the clock; after a
// fault it is pressed again, the same form with the same key. done is what must hold then, however it went.
type flow struct {
	name  string
	begin func(w *world)
	do    func(w *world) error
	done  func(w *world) error
	once  bool // no key tells a second press from another wish; who heard no error does not press again
}

func flows() []flow {
	ctx := context.Background()
	var in tips.Intent
	var tip *tips.Tip
	var packet *tips.Packet
	var laid tips.NewPacket
	var before int64 // held for tips of others
	want := func(w *world, ann, bob int64) error {
		a, b, c, lies, held := w.balance(w.ann), w.balance(w.bob), w.balance(w.carl), int64(0), w.account("held:CRD")-before
		if packet != nil {
			lies = w.account(packet.Account().Code)
		}
		if a != ann || b != bob || a+b+c+lies+held != 100 || held < 0 || lies < 0 {
			return fmt.Errorf("ann has %d, want %d; bob %d, want %d; %d are held, %d in a packet", a, ann, b, bob, held, lies)
		}
		return nil
	}
	start := func(w *world) error { _, err := w.tips.Start(ctx, w.ann, in); return err }
	rich := func(w *world) { packet, before = nil, w.account("held:CRD"); w.grant(100) }
	credits := func(w *world) { rich(w); in = w.intent("credits", "CRD", 30) }
	begun := func(w *world) { credits(w); tip = w.start(in) }
	sweep := func(w *world) error { return w.tips.Sweep(ctx) }
	asked := func(w *world) { in = w.intent(w.rail.d.Name, "CNY", 500) }
	open := func(w *world) { asked(w); tip = w.start(in) }
	paid := func(w *world) {
		open(w)
		w.rail.pay("", 500)
		w.knock()
		w.pass(time.Minute)
	}
	got := func(minor int64, state tips.State) func(*world) error {
		return func(w *world) error {
			all, err := w.tips.History(ctx, w.ann, 0, 10)
			if err != nil {
				return err
			}
			if len(all) != 1 || all[0].State != state || len(w.rail.charges) != 1 || w.got(w.bob) != minor {
				return fmt.Errorf("ann gave %d tips; the rail has %d charges, bob got %d, want %d", len(all), len(w.rail.charges), w.got(w.bob), minor)
			}
			return nil
		}
	}
	ready := func(w *world) {
		rich(w)
		w.update(func(tx *store.Tx) error {
			for _, v := range []circles.Viewer{w.ann, w.bob} {
				if err := tx.SetRole(w.circle, v.Person, circles.RoleMember); err != nil {
					return err
				}
			}
			return nil
		})
		w.enrol(w.ann)
		w.allow(tips.CirclePolicy{Policy: tips.PolicyOn, Packets: true, Gifts: true})
		w.now = w.now.Add(time.Minute)
		laid = tips.NewPacket{Circle: w.circle, Amount: wallet.Amount{Minor: 9, Asset: "CRD"}, Shares: 2, Once: "packet"}
	}
	lay := func(w *world) (err error) { packet, err = w.tips.MakePacket(ctx, w.ann, laid); return err }
	lies := func(w *world) {
		ready(w)
		if err := lay(w); err != nil {
			w.t.Fatal(err)
		}
	}
	return []flow{
		{"a tip in credits", credits, start, func(w *world) error {
			if all, err := w.tips.History(ctx, w.ann, 0, 10); err != nil || len(all) != 1 || all[0].State != tips.Held {
				return fmt.Errorf("tips %+v, %v", all, err)
			}
			return want(w, 70, 0)
		}, false},
		{"its settlement", func(w *world) { begun(w); w.now = w.now.Add(10 * time.Minute) }, sweep, func(w *world) error {
			w.pass(time.Minute) // a rail that could not be asked is asked again
			if n := w.tippers(); n != 1 || len(w.kindsOf(tip.ID)) != 1 {
				return fmt.Errorf("%d tipped, events %v", n, w.kindsOf(tip.ID))
			}
			return want(w, 70, 30)
		}, false},
		{"its undoing", begun, func(w *world) error {
			_, err := w.tips.Undo(ctx, w.ann, tip.ID)
			if textOf(err) == "refused.tip-too-late" && w.tip(tip.ID).State == tips.Canceled {
				err = nil // it was undone, and only the answer failed
			}
			return err
		}, func(w *world) error { return want(w, 100, 0) }, false},
		{"a gift", func(w *world) { ready(w); in = w.intent("credits", "CRD", 5); in.Gift, in.Note = "tea", "Thanks" }, start, func(w *world) error {
			w.pass(11 * time.Minute)
			all, err := w.tips.History(ctx, w.bob, 0, 10)
			if err != nil || len(all) != 1 {
				return fmt.Errorf("bob got %d tips, %v", len(all), err)
			}
			if err := w.tips.ShowGift(ctx, w.bob, all[0].ID, true); err != nil {
				return err
			}
			if all := w.shown(); len(all) != 1 {
				return fmt.Errorf("shown %+v", all)
			}
			return want(w, 95, 5)
		}, false},
		{"a red packet", ready, lay, func(w *world) error { return want(w, 91, 0) }, false},
		{"a share of it", lies, func(w *world) error { _, err := w.tips.ClaimPacket(ctx, w.bob, packet.ID); return err }, func(w *world) error { return want(w, 91, 5) }, false},
		{"its return", func(w *world) {
			lies(w)
			if _, err := w.tips.ClaimPacket(ctx, w.bob, packet.ID); err != nil {
				w.t.Fatal(err)
			}
			w.now = w.now.Add(24 * time.Hour)
		}, func(w *world) error { return w.tips.SweepPackets(ctx) }, func(w *world) error {
			if told := w.told(w.ann); len(told) != 1 {
				return fmt.Errorf("ann was told %v", told)
			}
			return want(w, 95, 5)
		}, false},
		{"a tip over a rail", asked, start, got(0, tips.Open), false},
		{"its webhook", func(w *world) { open(w); w.rail.pay("", 500) }, func(w *world) error {
			_, err := w.tips.Webhook(ctx, w.rail.d.Name, map[string][]string{"Signature": {"good"}}, "", fmt.Appendf(nil, "rail-tip_%d_a1", tip.ID))
			return errors.Join(err, w.tips.Sweep(ctx))
		}, got(500, tips.Paid), false},
		{"its feed", func(w *world) {
			paid(w)
			w.rail.change("", func(c *wallet.Charge) { c.State, c.Reversed = wallet.Reversed, 500 })
		}, func(w *world) error { return errors.Join(w.tips.ReadFeeds(ctx), w.tips.Sweep(ctx)) }, got(0, tips.Returned), false},
		{"its refund", paid, func(w *world) error { return w.tips.Refund(ctx, w.bob, tip.ID, 200, "too kind") }, func(w *world) error {
			w.pass(time.Minute)
			w.rail.finishRefund()
			w.pass(2 * time.Hour)
			if len(w.rail.refunds) != 1 {
				return fmt.Errorf("the rail has %d refunds", len(w.rail.refunds))
			}
			return got(300, tips.Short)(w)
		}, true},
	}
}

// kindsOf is what the log says of a tip.
func (w *world) kindsOf(tip int64) (all []circles.EventKind) {
	w.t.Helper()
	if err := w.store.View(context.Background(), func(tx *store.Tx) error {
		events, err := tx.EventsAfter(0, 100_000)
		for _, e := range events {
			if e.Object == tip {
				all = append(all, e.Kind)
			}
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// The k-th statement fails, for k = 1 and on until none of the flow is left; or the database is away from the k-th
// on, until somebody comes back. After each the books hold, and who tries again gets what they wanted, once.
func TestAnyStatementFails(t *testing.T) {
	for i, f := range flows() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f := flows()[i] // with a state of its own
			b := &breaker{}
			w := &world{t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), site: "https://h.example", rules: tips.Rules{PacketShares: 10, PacketLife: 24 * time.Hour}}
			w.store = testdb.OpenFaulty(t, func() time.Time { return w.now }, b.ask)
			plays := 0
			for _, lasting := range []bool{false, true} {
				for k, hit := 1, true; hit; k += step(lasting) {
					plays++
					w.fill(fmt.Sprint(plays))
					f.begin(w)
					b.set(k, lasting)
					err := f.do(w)
					hit = b.mend()
					if err != nil && !hit {
						t.Fatalf("without a fault: %v", err)
					}
					if err != nil || hit && !f.once {
						if err := f.do(w); err != nil {
							t.Fatalf("statement %d, lasting %t, failed with %v; again: %v", k, lasting, err, errors.Unwrap(err))
						}
					}
					if err := f.done(w); err != nil {
						t.Fatalf("after statement %d, lasting %t: %v", k, lasting, err)
					}
					w.sound()
				}
			}
			w.verify()
			if plays < 12 {
				t.Errorf("only %d statements: faults are not where the flow is", plays)
			}
		})
	}
}

// step is by how much k grows. How the first of many failures is taken is seen with every k already.
func step(lasting bool) int {
	if lasting {
		return 7
	}
	return 1
}

// sound checks the books from where they were last checked. That costs no commit; verify, at the end, reckons all
// balances again.
func (w *world) sound() {
	w.t.Helper()
	if _, err := w.tips.VerifyTail(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// Between two instances it is the same, whichever of the two databases fails: one charge, and the same in both
// books.
func TestAnyStatementFailsBetweenTwo(t *testing.T) {
	ctx := context.Background()
	var in tips.Intent
	var tip *tips.Tip
	forms := 0 // of which each left at most one charge at b
	start := func(p *pair) (err error) {
		tip, err = p.a.tips.Start(ctx, p.a.ann, in)
		if err == nil && tip.State == tips.Failed { // ann read that nothing was paid, and fills in another form
			in, forms = p.intent(500), 1
			tip, err = p.a.tips.Start(ctx, p.a.ann, in)
		}
		return err
	}
	asked := func(p *pair) { in, forms = p.intent(500), 1 }
	quoted := func(p *pair) {
		asked(p)
		p.must(start(p))
	}
	paid := func(p *pair) {
		quoted(p)
		p.pays(intentOf(tip.ID), 500)
	}
	for _, f := range []struct {
		name  string
		begin func(*pair)
		do    func(*pair) error
		net   int64
		state tips.State
	}{
		{"order and quote", asked, start, 0, tips.Open},
		{"settlement", func(p *pair) {
			quoted(p)
			theirs, _ := p.taken(intentOf(tip.ID))
			p.b.rail.pay(fmt.Sprintf("tip_%d_a1", theirs.ID), 500)
		}, func(p *pair) error {
			theirs := ""
			for _, c := range p.b.rail.charges {
				theirs = c.ID
			}
			_, err := p.b.tips.Webhook(ctx, p.b.rail.d.Name, map[string][]string{"Signature": {"good"}}, "", []byte(theirs))
			return errors.Join(err, p.b.tips.Sweep(ctx))
		}, 500, tips.Paid},
		{"receipt", paid, func(p *pair) error { return p.hear() }, 500, tips.Paid},
		{"revocation", func(p *pair) {
			paid(p)
			p.must(p.hear())
			p.b.rail.change("", func(c *wallet.Charge) { c.Reversed = 200 })
			p.b.knock()
			p.b.pass(time.Minute)
		}, func(p *pair) error { return p.hear() }, 300, tips.Short},
	} {
		t.Run(f.name, func(t *testing.T) {
			b := &breaker{}
			p := brokenPair(t, b.ask)
			plays := 0
			for _, lasting := range []bool{false, true} {
				for k, hit := 1, true; hit; k += step(lasting) {
					if plays++; plays > 1 {
						p.fill(fmt.Sprint(plays))
						p.heard = 0
						if all := p.news(0); len(all) > 0 {
							p.heard = all[len(all)-1].Seq
						}
					}
					p.a.now = p.a.now.Add(time.Hour)
					p.b.now = p.a.now
					f.begin(p)
					b.set(k, lasting)
					err := f.do(p)
					if hit = b.mend(); err != nil && !hit {
						t.Fatalf("without a fault: %v", err)
					}
					p.a.sound()
					p.b.sound()
					if hit {
						if err := f.do(p); err != nil {
							t.Fatalf("statement %d, lasting %t, failed; again: %v", k, lasting, err)
						}
					}
					for _, w := range []*world{p.b, p.a} {
						w.pass(time.Minute)
					}
					p.must(p.hear())
					theirs, net := p.taken(intentOf(tip.ID))
					mine := p.a.tip(tip.ID)
					if theirs == nil || mine.State != f.state || theirs.State != f.state || mine.Net != f.net || net != f.net || len(p.b.rail.charges) > forms ||
						p.b.got(p.b.bob) != f.net || p.a.got(circles.Viewer{Person: circles.PersonID(p.bob.ID)}) != f.net {
						t.Fatalf("after statement %d, lasting %t: a has %d (%s), b %d of %+v; %d charges", k, lasting, mine.Net, mine.State, net, theirs, len(p.b.rail.charges))
					}
					p.a.sound()
					p.b.sound()
				}
			}
			p.a.verify()
			p.b.verify()
			if plays < 12 {
				t.Errorf("only %d statements: faults are not where the flow is", plays)
			}
		})
	}
}

// hear tells a what b has to say and a has not heard, up to the first that cannot be taken.
func (p *pair) hear() error {
	all, err := p.read(p.heard)
	for _, e := range all {
		if err := p.deliver(e); err != nil {
			return err
		}
		p.heard = e.Seq
	}
	return err
}
