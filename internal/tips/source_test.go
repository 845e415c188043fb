package tips_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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

// paidFrom has somebody tip bob, and pay it from an account of the rail.
func (w *world) paidFrom(v circles.Viewer, source string) *tips.Tip {
	w.t.Helper()
	w.forms++
	tip, err := w.tips.Start(context.Background(), v, tips.Intent{Payee: w.bob.Person, Adapter: "scripted", Amount: wallet.Amount{Minor: 200, Asset: "CNY"}, Once: fmt.Sprint("form", w.forms)})
	if err != nil {
		w.t.Fatal(err)
	}
	key := fmt.Sprintf("tip_%d_a1", tip.ID)
	w.rail.change(key, func(c *wallet.Charge) { c.Source = source })
	w.rail.pay(key, 200)
	w.pass(time.Minute)
	if tip, err = w.tips.Tip(context.Background(), v, tip.ID); err != nil || tip.State != tips.Paid {
		w.t.Fatalf("the tip is %v, %v; it is paid wherever it comes from", tip, err)
	}
	return tip
}

// Five people who pay from one account within the time are shown to an admin, and each one more; nobody is
// refused, one who pays often is one, and what the wallet said stands nowhere.
func TestOneSourceOfSeveralPeopleIsLookedAt(t *testing.T) {
	const account = "user:2088102122524333"
	w := newWorld(t)
	w.rules = tips.Rules{SourcePayers: 5, SourceTime: 30 * 24 * time.Hour}
	w.tips = w.open()
	people := w.crowd(7)
	for _, v := range people[:4] {
		w.paidFrom(v, account)
		w.paidFrom(v, account)
		w.paidFrom(v, "user:of-their-own-"+fmt.Sprint(v.Person))
		w.paidFrom(v, "")
	}
	if got := w.audits(); len(got) != 0 {
		t.Fatalf("after four people: %+v", got)
	}
	fifth := w.paidFrom(people[4], account)
	got := w.audits()
	if len(got) != 1 || got[0].Rule != "one-source" || !got[0].Review || got[0].Actor != people[4].Person.Actor() || got[0].Tip != fifth.ID ||
		got[0].Other != people[3].Person.Actor() || len(strings.Fields(got[0].Detail)) != 5 {
		t.Fatalf("after five: %+v, want one row for a look that names all", got)
	}
	w.paidFrom(people[0], account)
	if got := w.audits(); len(got) != 1 {
		t.Errorf("one of the five again: %+v", got)
	}
	w.paidFrom(people[5], account)
	if got := w.audits(); len(got) != 2 {
		t.Errorf("after six: %+v, want a row more", got)
	}
	for _, a := range w.audits() {
		if strings.Contains(fmt.Sprintf("%+v", a), "2088102122524333") {
			t.Errorf("the account stands in %+v", a)
		}
	}
	w.sources(6, account)

	w.now = w.now.Add(31 * 24 * time.Hour)
	w.paidFrom(people[6], account)
	if got := w.audits(); len(got) != 2 {
		t.Errorf("a month later it is a first payer's: %+v", got)
	}
	w.sources(1, account) // what is older is gone
	w.update(func(tx *store.Tx) error { return ledger.Forget(tx, people[6].Person) })
	w.sources(0, account)
	w.verify()
}

// sources counts who is known to have paid from an account, which is kept as a hash with the instance's key.
func (w *world) sources(want int, account string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		secret, err := tx.Setting("tips_source_key")
		if err != nil {
			return err
		}
		raw, err := hex.DecodeString(secret)
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, raw)
		fmt.Fprintf(mac, "scripted\n%s", account)
		all, err := ledger.PayersFrom(tx, mac.Sum(nil), 100)
		if err == nil && len(all) != want {
			w.t.Errorf("%d people are known to have paid from there, want %d", len(all), want)
		}
		if plain, err := ledger.PayersFrom(tx, []byte(account), 100); err != nil || len(plain) != 0 {
			w.t.Errorf("the account itself is kept: %v, %v", plain, err)
		}
		return err
	})
}

// Where the rule is off nothing is kept.
func TestNoSourceIsKeptWithoutTheRule(t *testing.T) {
	w := newWorld(t)
	w.paidFrom(w.ann, "user:2088102122524333")
	w.sources(0, "user:2088102122524333")
}
