package tips_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
)

// Tips in credits, each committed with the intent, the hold and what the rail answered; the goal is 1,500 a
// second. The limit beside it is as many bare bookings by as many callers.
func BenchmarkCreditsTips(b *testing.B) {
	w := newWorld(b)
	ctx := context.Background()
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	payers := w.crowd(500) // nobody gives thousands of tips in a day
	for i, v := range payers {
		if err := w.tips.Grant(ctx, admin, v.Person, wallet.Amount{Minor: tips.MaxGrant, Asset: "CRD"}, "for the measure", fmt.Sprint(i)); err != nil {
			b.Fatal(err)
		}
	}
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			in := tips.Intent{Post: w.post, Adapter: "credits", Amount: wallet.Amount{Minor: 1, Asset: "CRD"}, Once: fmt.Sprint("bench", i)}
			if _, err := w.tips.Start(ctx, payers[i%int64(len(payers))], in); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	perTip := b.Elapsed() / time.Duration(b.N)
	var m atomic.Int64
	began := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := w.store.Update(ctx, func(tx *store.Tx) error {
				_, err := ledger.Post(tx, ledger.Txn{ID: fmt.Sprint("bare", m.Add(1)), Kind: "grant", Postings: []ledger.Posting{
					{Account: ledger.Account{Code: "a", Asset: "CRD", Kind: ledger.Equity}, Amount: -1}, {Account: ledger.Account{Code: "b", Asset: "CRD", Kind: ledger.Equity}, Amount: 1}}})
				return err
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	limit := time.Since(began) / time.Duration(b.N)
	b.ReportMetric(float64(time.Second)/float64(perTip), "tips/s")
	b.ReportMetric(float64(perTip)/float64(max(limit, 1)), "xbooking")
	w.verify()
}

// Ten thousand charges that were paid while nobody listened, found by the feed and settled; the goal is ten
// seconds.
func BenchmarkSettleFromFeed(b *testing.B) {
	const charges = 10_000
	ctx := context.Background()
	for range b.N {
		b.StopTimer()
		w := newWorld(b)
		payers := w.crowd(500)
		for i := range charges {
			if _, err := w.tips.Start(ctx, payers[i%len(payers)], w.intent(w.rail.d.Name, "CNY", 500)); err != nil {
				b.Fatal(err)
			}
		}
		w.rail.pay("", 500)
		w.now = w.now.Add(time.Second) // nothing is due but what the feed names
		b.StartTimer()
		if err := w.tips.ReadFeeds(ctx); err != nil {
			b.Fatal(err)
		}
		for w.got(w.bob) < charges*500 {
			if err := w.tips.Sweep(ctx); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/10, "ofgoal")
}

// A chain of half a million bookings, a million lines, checked from the first; the goal is ten seconds.
func BenchmarkVerifyMillionPostings(b *testing.B) {
	const bookings, batch = 500_000, 1_000
	w := newWorld(b)
	ctx := context.Background()
	for from := 0; from < bookings; from += batch {
		err := w.store.Update(ctx, func(tx *store.Tx) error {
			for i := range batch {
				_, err := ledger.Post(tx, ledger.Txn{ID: fmt.Sprint("v", from+i), Kind: "grant", Postings: []ledger.Posting{
					{Account: ledger.Account{Code: "a", Asset: "CRD", Kind: ledger.Equity}, Amount: -1}, {Account: ledger.Account{Code: fmt.Sprint("u", i), Asset: "CRD", Kind: ledger.Equity}, Amount: 1}}})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for range b.N {
		if _, err := w.tips.VerifyAll(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/10, "ofgoal")
}
