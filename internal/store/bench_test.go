package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"halqa/internal/store"
)

// BenchmarkUpdate measures Updates of three statements with their commit on disk, and sets them beside
// the physical limit: appending 4 KiB to a file and waiting for the disk, one after another.
func BenchmarkUpdate(b *testing.B) {
	limit := syncsPerSecond(b)
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openWithTables(b)
			var left atomic.Int64
			left.Store(int64(b.N))
			var longest atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						start := time.Now()
						err := s.Update(context.Background(), func(tx *store.Tx) error {
							id := tx.NewID()
							if _, err := tx.Exec("INSERT INTO done (id, filler) VALUES ($1, 'some words to keep')", id); err != nil {
								return err
							}
							if _, err := tx.Exists("SELECT 1 FROM done WHERE id = $1", id-1); err != nil {
								return err
							}
							_, err := tx.Exec("UPDATE done SET filler = 'other words' WHERE id = $1", id)
							return err
						})
						if err != nil {
							b.Error(err)
							return
						}
						for d := int64(time.Since(start)); ; {
							if old := longest.Load(); d <= old || longest.CompareAndSwap(old, d) {
								break
							}
						}
					}
				})
			}
			wg.Wait()
			perSecond := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(perSecond, "updates/s")
			b.ReportMetric(perSecond/limit, "×bare-sync")
			b.ReportMetric(float64(longest.Load())/1e6, "ms-longest")
		})
	}
}

func BenchmarkView(b *testing.B) {
	s := openWithTables(b)
	for b.Loop() {
		number(b, s, "SELECT v FROM n WHERE id = 1")
	}
}

func syncsPerSecond(b *testing.B) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	const n = 500
	page := make([]byte, 4096)
	start := time.Now()
	for range n {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return n / time.Since(start).Seconds()
}
