package tips_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/internal/tips"
	"halqa/wallet"
)

// Tips in credits under the rules of an instance that sets none, each committed with the intent, the hold and
// what the rail answered; the goal is 1,500 a second. The limit beside it is as many bare bookings by as many
// callers.
func BenchmarkCreditsTips(b *testing.B) {
	w := newWorld(b)
	w.rules = tips.DefaultRules()
	w.tips = w.open()
	payers, posts := w.crowd(b.N/5+1), w.posts(b.N/100+1) // nobody gives, or gets, more than is allowed in a day
	admin := circles.Viewer{Person: w.carl.Person, Role: circles.SiteAdmin}
	w.each(len(payers), func(i int) error {
		return w.tips.Grant(context.Background(), admin, payers[i].Person, wallet.Amount{Minor: 100, Asset: "CRD"}, "for the measure", fmt.Sprint(i))
	})
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			in := tips.Intent{Post: posts[i%int64(len(posts))], Adapter: "credits", Amount: wallet.Amount{Minor: 1, Asset: "CRD"}, Once: fmt.Sprint("bench", i)}
			if _, err := w.tips.Start(context.Background(), payers[i%int64(len(payers))], in); err != nil {
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
			err := w.store.Update(context.Background(), func(tx *store.Tx) error {
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
		w.rules = tips.DefaultRules()
		w.rail.page = charges
		w.tips = w.open()
		payers, posts := w.crowd(charges/5), w.posts(charges/500)
		w.each(charges, func(i int) error {
			in := tips.Intent{Post: posts[i%len(posts)], Adapter: w.rail.d.Name, Amount: wallet.Amount{Minor: 500, Asset: "CNY"}, Once: fmt.Sprint("feed", i)}
			_, err := w.tips.Start(ctx, payers[i%len(payers)], in)
			return err
		})
		w.rail.pay("", 500)
		w.now = w.now.Add(time.Second) // nothing is due but what the feed names
		b.StartTimer()
		if err := w.tips.ReadFeeds(ctx); err != nil {
			b.Fatal(err)
		}
		for range 2 { // one sweep has an end
			if err := w.tips.Sweep(ctx); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		if got := -w.account("memo:rail:" + w.rail.d.Name + ":CNY"); got != charges*500 {
			b.Fatalf("%d were settled, want %d", got, charges*500)
		}
		b.StartTimer()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/10, "ofgoal")
}

// each calls f for 0 to n-1 from many goroutines, for a commit serves all that wait.
func (w *world) each(n int, f func(i int) error) {
	w.t.Helper()
	var at atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for i := int(at.Add(1)) - 1; i < n; i = int(at.Add(1)) - 1 {
				if err := f(i); err != nil {
					w.t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// posts are as many in the circle, each by somebody else.
func (w *world) posts(n int) []circles.PostID { return w.postsBy(w.crowd(n)) }

func (w *world) postsBy(authors []circles.Viewer) (all []circles.PostID) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		all = nil
		for _, v := range authors {
			id := circles.PostID(tx.NewID())
			if err := tx.AddPost(&circles.Post{ID: id, URI: fmt.Sprintf("/post/%d", id), Kind: circles.IsPost, Circle: w.circle, Author: v.Person, Root: id, State: circles.Visible}); err != nil {
				return err
			}
			all = append(all, id)
		}
		return nil
	})
	return all
}

// A chain of half a million bookings, a million lines, checked from the first; the goal is ten seconds.
func BenchmarkVerifyMillionPostings(b *testing.B) {
	const bookings, batch = 500_000, 20
	ctx := context.Background()
	w := newWorld(b)
	w.each(bookings/batch, func(n int) error {
		return w.store.Update(ctx, func(tx *store.Tx) error {
			for i := range batch {
				_, err := ledger.Post(tx, ledger.Txn{ID: fmt.Sprint("v", n*batch+i), Kind: "grant", Postings: []ledger.Posting{
					{Account: ledger.Account{Code: "a", Asset: "CRD", Kind: ledger.Equity}, Amount: -1}, {Account: ledger.Account{Code: fmt.Sprint("u", (n*batch+i)%1000), Asset: "CRD", Kind: ledger.Equity}, Amount: 1}}})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	for b.Loop() {
		if r, err := w.tips.VerifyAll(ctx); err != nil || r.To != bookings {
			b.Fatalf("checked up to %d, %v", r.To, err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/10, "ofgoal")
}
