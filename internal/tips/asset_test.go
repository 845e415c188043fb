package tips_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
)

// What another instance says of an asset's decimals is believed where it is known here, by a wallet of ours or by
// a table, and by nobody's word before: two members who agree change nothing for a third.
func TestDecimalsAreNotForOthersToSay(t *testing.T) {
	p := newPair(t)
	for _, c := range []struct {
		code  string
		said  uint8
		taken bool
	}{
		{"USD", 2, true}, {"USD", 0, false}, {"USD", 4, false}, {"JPY", 0, true}, {"JPY", 2, false}, {"KWD", 3, true}, {"CLF", 4, true}, {"XCD", 2, true},
		{"XTS", 3, true}, {"BTC", 11, true}, {"BTC", 8, false}, {"XMR", 12, true},
		{"CNY", 2, true}, {"CNY", 0, false}, // a wallet of a's moves it
		{"GOLD", 2, false}, {"DOGE", 8, false}, {"XAU", 2, false}, {"XTS", 2, false}, {"ABC", 2, false},
		{"CRD", 0, false}, // a's own credits
	} {
		p.b.rail.d.Assets = []wallet.Asset{{Code: c.code, Exponent: c.said, Min: 1, Max: 1 << 62, Step: 1}}
		p.open()
		in := p.intent(200)
		in.Amount.Asset = c.code
		for range 2 { // the first does not teach the second
			o, err := p.a.tips.Offer(context.Background(), p.a.ann, p.post, 0)
			if (err == nil) != c.taken {
				t.Errorf("%s of %d decimals: offered %+v, %v; want %t", c.code, c.said, o, err, c.taken)
				break
			}
			in.Once += "x"
			tip, err := p.a.tips.Start(context.Background(), p.a.ann, in)
			if (err == nil) != c.taken {
				t.Errorf("%s of %d decimals: %v, want %t", c.code, c.said, err, c.taken)
			}
			if err == nil && tip.Exponent != c.said {
				t.Errorf("%s of %d decimals: the tip has %d", c.code, c.said, tip.Exponent)
			}
		}
		if c.taken && p.a.tips.Exponent(c.code) != c.said {
			t.Errorf("%s is shown with %d decimals, want %d", c.code, p.a.tips.Exponent(c.code), c.said)
		}
	}
	if got := p.a.tips.Decimal(1234, "GOLD"); got != "1234 GOLD" {
		t.Errorf("what nobody knows is shown as %s", got)
	}
}

// Without a rule for its asset, one tip abroad has an end all the same: the sums of all have to be counted.
func TestTheMostOfATipAbroad(t *testing.T) {
	p := newPair(t)
	for _, c := range []struct {
		code     string
		exponent uint8
		rule     int64
		most     int64
	}{
		{"USD", 2, 0, 1_000_000_000}, {"JPY", 0, 0, 10_000_000}, {"CLF", 4, 0, 100_000_000_000}, {"BTC", 11, 0, 100_000_000_000},
		{"XMR", 12, 0, 10_000_000_000_000}, {"USD", 2, 50_000_000_000, 50_000_000_000},
	} {
		p.b.rail.d.Assets = []wallet.Asset{{Code: c.code, Exponent: c.exponent, Min: 1, Max: 1<<63 - 1, Step: 1}}
		p.a.rules = tips.Rules{Assets: map[string]tips.Bounds{c.code: {Max: c.rule}}}
		p.open()
		o, err := p.a.tips.Offer(context.Background(), p.a.ann, p.post, 0)
		if err != nil {
			t.Fatalf("%s: %v", c.code, err)
		}
		if w, ok := o.Way(tips.Abroad, c.code); !ok || w.Max != c.most {
			t.Errorf("%s with the rule %d: at most %d, want %d", c.code, c.rule, w.Max, c.most)
		}
		in := p.intent(c.most + 1)
		in.Amount.Asset = c.code
		if _, err := p.a.tips.Start(context.Background(), p.a.ann, in); textOf(err) != "refused.tip-outside" {
			t.Errorf("%s, one more: %v", c.code, err)
		}
	}
}

// fillUp moves money from one account to another until there is room for 400 more, as thousands of the largest
// bookings would.
func (w *world) fillUp(from, to ledger.Account) {
	w.t.Helper()
	left := int64(1<<62 - 1 - 400)
	for i := 0; left > 0; i++ {
		b := ledger.Txn{ID: fmt.Sprint("fill", i), Kind: "settle"}
		for range 100 {
			if n := min(left, ledger.MaxPosting); n > 0 {
				b.Postings = append(b.Postings, ledger.Posting{Account: from, Amount: -n}, ledger.Posting{Account: to, Amount: n})
				left -= n
			}
		}
		w.update(func(tx *store.Tx) error { _, err := ledger.Post(tx, b); return err })
	}
}

// A receipt that the books have no room for is refused with a sentence, an admin is told, and nothing of it
// stands anywhere; the next one that fits is taken.
func TestAReceiptThatTheBooksCannotHold(t *testing.T) {
	p := newPair(t)
	tip := p.give(500)
	p.pays(p.orders[0].ID, 500)
	rail := ledger.Account{Code: "memo:rail:abroad:CNY", Asset: "CNY", Kind: ledger.Equity}
	other := ledger.Account{Code: "memo:got:1:CNY", Asset: "CNY", Kind: ledger.Equity}
	p.a.fillUp(rail, other)
	receipt := func() (tips.Receipt, error) {
		e := p.news(0)
		var r tips.Receipt
		err := p.b.store.View(context.Background(), func(tx *store.Tx) (err error) {
			r, _, _, err = tips.ReceiptOf(tx, bSite, e[len(e)-1].Object)
			return err
		})
		p.must(err)
		return r, p.receive(p.bob, r)
	}
	for range 2 {
		if _, err := receipt(); err == nil || !strings.Contains(err.Error(), "no room for more of CNY") {
			t.Fatalf("the receipt: %v, want a refusal that says why", err)
		}
	}
	if got := p.a.tip(tip.ID); got.State != tips.Open {
		t.Errorf("the tip is %s, want open as before", got.State)
	}
	p.a.update(func(tx *store.Tx) error {
		a, err := ledger.AbroadOf(tx, tip.ID)
		if err == nil && (a.Receipt != "" || a.Payment != "") {
			t.Errorf("the receipt was written down: %+v", a)
		}
		return err
	})
	if got := p.a.audits(); len(got) != 1 || got[0].Rule != "receipt-refused" || !got[0].Review || got[0].N != 2 {
		t.Errorf("the admin reads %+v", got)
	}
	p.a.verify()
	p.a.update(func(tx *store.Tx) error {
		_, err := ledger.Post(tx, ledger.Txn{ID: "room", Kind: "refund", Postings: []ledger.Posting{{Account: other, Amount: -100}, {Account: rail, Amount: 100}}})
		return err
	})
	if _, err := receipt(); err != nil {
		t.Errorf("with room: %v", err)
	}
	if got := p.a.tip(tip.ID); got.State != tips.Paid {
		t.Errorf("with room the tip is %s", got.State)
	}
	p.a.verify()
}

// The same from a wallet of ours: nothing of the answer is booked, the charge says why, and the sweep goes on.
func TestAPaymentThatTheBooksCannotHold(t *testing.T) {
	w := newWorld(t)
	tip := w.start(w.intent("scripted", "CNY", 500))
	other := w.start(w.intent("scripted", "CNY", 300))
	got := ledger.Account{Code: fmt.Sprintf("memo:got:%d:CNY", w.bob.Person), Asset: "CNY", Kind: ledger.Equity}
	far := ledger.Account{Code: "memo:rail:far:CNY", Asset: "CNY", Kind: ledger.Equity}
	w.fillUp(far, got)
	w.rail.pay(fmt.Sprintf("tip_%d_a1", tip.ID), 500)
	w.rail.pay(fmt.Sprintf("tip_%d_a1", other.ID), 300)
	w.knock()
	w.pass(5 * time.Second)
	if got := w.tip(tip.ID); got.State != tips.Open {
		t.Errorf("the tip that does not fit is %s", got.State)
	}
	if got := w.tip(other.ID); got.State != tips.Paid {
		t.Errorf("the one that does is %s", got.State)
	}
	o, err := w.tips.Overview(context.Background(), circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin})
	if err != nil || len(o.Problems) != 1 || !strings.Contains(o.Problems[0].Problem, "full") {
		t.Errorf("the admin reads %+v, %v", o, err)
	}
	w.verify()
}
