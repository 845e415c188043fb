package tips_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"halqa/circles"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// A storyStep is something that happens to a charge at its rail.
type storyStep struct {
	what  int
	minor int64
}

const (
	paysOnce = iota
	paysMore
	takenBack // by the payer's bank
	givenBack // by the payee, at the rail's own desk
	seenOnly
	runsOut
	closed
	storySteps
)

// happens lets a step happen at the rail.
func (w *world) happens(key string, s storyStep) {
	left := func(c *wallet.Charge) wallet.Units { return min(wallet.Units(max(c.Net(), 0)), wallet.Units(s.minor)) }
	switch s.what {
	case paysOnce, paysMore:
		w.rail.pay(key, s.minor)
	case takenBack:
		w.rail.change(key, func(c *wallet.Charge) { c.Reversed += left(c) })
	case givenBack:
		w.rail.change(key, func(c *wallet.Charge) { c.Refunded += left(c) })
	case seenOnly:
		w.rail.change(key, func(c *wallet.Charge) { c.Pending = wallet.Units(s.minor) })
	case runsOut, closed:
		w.rail.change(key, func(c *wallet.Charge) {
			if c.Received == 0 {
				c.State = map[int]wallet.State{runsOut: wallet.Expired, closed: wallet.Canceled}[s.what]
			}
		})
	}
}

// delivers brings a message to the address of a rail, and says how it was answered.
func (w *world) delivers(rail, signature, body string) error {
	_, err := w.tips.Webhook(context.Background(), rail, http.Header{"Signature": {signature}}, "", []byte(body))
	return err
}

// forges brings messages that are not what they seem. The victim is a charge that nobody paid.
func (w *world) forges(fail func(string, ...any), rail, paid, victim string) {
	for _, m := range []struct {
		name, rail, signature, body string
		kind                        circles.Kind // "" = it is taken, for it is signed, and means nothing
	}{
		{"nobody's signature", rail, "", victim, circles.Denied},
		{"a wrong signature", rail, "bad", victim + " settled 500", circles.Denied},
		{"a paid charge's news, for another", rail, "good", victim + " settled 500", ""},
		{"another amount", rail, "good", paid + " settled 999999900", ""},
		{"a charge that never was", rail, "good", "rail-tip_1_a1 settled 500", ""},
		{"at another wallet's address", w.other.d.Name, "good", victim + " settled 500", ""},
		{"at the address of a wallet that does not listen", "credits", "good", victim, circles.NotFound},
		{"at nobody's address", "nobody", "good", victim, circles.NotFound},
	} {
		if err := w.delivers(m.rail, m.signature, m.body); circles.KindOf(err) != m.kind && (err != nil || m.kind != "") {
			fail("%s: %v, want %q", m.name, err, m.kind)
		}
	}
}

// sweeps is the clock after some time.
func (w *world) sweeps(d time.Duration) {
	w.t.Helper()
	w.now = w.now.Add(d)
	if err := w.tips.Sweep(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) feeds() {
	w.t.Helper()
	if err := w.tips.ReadFeeds(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// TestPropertySameLedger plays one script of a rail's life twice: once with every piece of news heard
// at once, once in a storm of messages that are lost, doubled, reordered, forged, and delivered long after
// the charge ended, by processes that end anywhere and a rail that goes away. The books end the same.
func TestPropertySameLedger(t *testing.T) {
	w := newWorld(t)
	plays := 0
	defer w.verify()
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) storyStep {
			return storyStep{rapid.IntRange(0, storySteps-1).Draw(t, "what"), rapid.Int64Range(1, 600).Draw(t, "minor")}
		}), 1, 5).Draw(rt, "script")
		noise := rapid.SliceOfN(rapid.IntRange(0, 9), len(script), len(script)).Draw(rt, "noise")
		late := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7}).Draw(rt, "late")
		share := rapid.Int64Range(0, 100).Draw(rt, "share that goes back")
		type end struct {
			got, net     int64
			state, other ledger.TipState
			tippers      int
		}
		play := func(noisy bool) end {
			if plays++; plays > 1 {
				w.fill(fmt.Sprint(plays)) // other people in the same database
			}
			name := w.rail.d.Name
			w.other = newScripted()
			w.other.d.Name = "other" + fmt.Sprint(plays)
			w.tips = w.open()
			w.rail.lose = noisy
			tip, victim := w.start(w.intent(name, "CNY", 500)), w.start(w.intent(name, "CNY", 500))
			w.rail.lose = false
			w.sweeps(time.Minute)
			key := fmt.Sprintf("tip_%d_a1", tip.ID)
			forge := func() { w.forges(rt.Fatalf, name, "rail-"+key, fmt.Sprintf("rail-tip_%d_a1", victim.ID)) }
			hear := func(letters []string) {
				for _, m := range letters {
					if err := w.delivers(name, "good", m); err != nil {
						rt.Fatal(err)
					}
				}
			}
			for i, s := range script {
				w.happens(key, s)
				if !noisy {
					w.knock()
					w.sweeps(time.Minute)
					continue
				}
				switch noise[i] {
				case 0: // nobody says anything
				case 1: // twice
					w.knock()
					w.knock()
				case 2:
					w.tips = w.open() // another process; this one's memory is gone
				case 3:
					w.rail.down = wallet.ErrIndeterminate
					w.knock()
					w.sweeps(time.Minute)
					w.rail.down = nil
				case 4:
					w.feeds()
				case 5:
					w.sweeps(time.Hour) // its time to be paid is over
				case 6: // an answer that is overtaken
					old := *w.rail.charges[key]
					w.knock()
					w.sweeps(time.Minute)
					now := w.rail.charges[key]
					current := *now
					*now = old
					w.knock()
					w.sweeps(time.Minute)
					*now = current
				case 7: // the latest first
					m := slices.Clone(w.rail.letters)
					slices.Reverse(m)
					hear(m)
				case 8:
					forge()
				case 9: // forged, and believed at once if ever
					forge()
					w.sweeps(time.Second)
				}
			}
			w.feeds()
			w.sweeps(2 * time.Hour)
			w.returns(rt, key, share, noisy)
			ends := func() end {
				got := w.tip(tip.ID)
				return end{w.got(w.bob), got.Net, got.State, w.tip(victim.ID).State, w.tippers()}
			}
			before := ends()
			if noisy { // long after, to a process that knows only what was written down, everything comes again
				w.tips = w.open()
				w.now = w.now.Add(30 * 24 * time.Hour)
				for _, i := range late {
					if i < len(w.rail.letters) {
						hear(w.rail.letters[i : i+1])
						w.sweeps(time.Second)
					}
				}
				forge()
				w.sweeps(time.Second)
				if after := ends(); after != before {
					rt.Fatalf("messages that came late made %+v of %+v", after, before)
				}
			}
			w.forgets()
			return before
		}
		if quiet, storm := play(false), play(true); quiet != storm {
			rt.Fatalf("heard at once: %+v; in the storm: %+v", quiet, storm)
		}
	})
}

// forgets lets time pass until no charge of the rail is asked about any more, for its next play has another.
func (w *world) forgets() {
	w.rail.change("", func(c *wallet.Charge) {
		if c.State == wallet.Pending {
			c.State = wallet.Expired
		}
	})
	w.knock()
	w.sweeps(20 * 24 * time.Hour)
	w.knock()
	w.sweeps(time.Minute)
}

// returns has the payee give back so many percent of what they have, which the payer takes. In a storm the
// rail answers late, and what it says of it comes twice.
func (w *world) returns(rt *rapid.T, key string, percent int64, noisy bool) {
	c := w.rail.charges[key]
	minor := c.Net() * percent / 100
	if minor < 1 {
		return
	}
	ctx := context.Background()
	all, err := w.tips.History(ctx, w.bob, 0, 10)
	if err != nil {
		rt.Fatal(err)
	}
	i := slices.IndexFunc(all, func(tip *ledger.Tip) bool { return fmt.Sprintf("tip_%d_a1", tip.ID) == key })
	if noisy {
		w.rail.down = wallet.ErrIndeterminate
		if err := w.tips.Refund(ctx, w.bob, all[i].ID, minor, "why"); err != nil {
			rt.Fatal(err)
		}
		w.rail.down = nil
	}
	if err := w.tips.Refund(ctx, w.bob, all[i].ID, minor, "why"); err != nil { // in the storm, for want of an answer
		rt.Fatal(err)
	}
	w.rail.finishRefund()
	if noisy {
		w.knock()
		w.knock()
		w.tips = w.open()
	}
	w.feeds()
	w.sweeps(2 * time.Hour)
	w.sweeps(2 * time.Hour) // the refund first, and then what it made of the charge
	if n := len(w.rail.refunds); n != 1 {
		rt.Fatalf("the rail was asked for %d refunds, want one", n)
	}
}
