package app

import (
	"context"
	"time"

	"halqa/circles"
	"halqa/internal/media"
	"halqa/internal/store"
)

const (
	// looseFor is how long an upload waits for its post.
	looseFor = 24 * time.Hour

	// settling is how old a blob must be before it may go: older than any upload can take, which
	// writes its blobs before the row that names them.
	settling = time.Hour

	sweepPage = 100
)

// SweepMedia removes uploads that no post took within a day, with their files. The clock calls it.
func (a *App) SweepMedia(ctx context.Context) error {
	before := a.now().Add(-looseFor).UnixMicro()
	for {
		var found int
		var unused []string
		err := a.update(ctx, "sweep pictures", func(tx *store.Tx) error {
			found, unused = 0, nil
			ids, err := tx.LoosePhotos(before, sweepPage)
			if err != nil {
				return err
			}
			found = len(ids)
			for _, id := range ids {
				hashes, err := tx.RemovePhoto(id)
				if err != nil {
					return err
				}
				unused = append(unused, hashes...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, hash := range unused {
			if err := a.dropBlob(ctx, hash); err != nil {
				return err
			}
		}
		if found < sweepPage {
			return nil
		}
	}
}

// SweepBlobs removes files that no row names: those of uploads that failed half-way, or whose removal
// did. It looks at every file, so the clock calls it rarely.
func (a *App) SweepBlobs(ctx context.Context) error {
	return a.blobs.Walk(ctx, func(b media.Blob) error {
		return a.dropBlob(ctx, b.Hash)
	})
}

// dropBlob removes a file that no photo has and that nobody is storing just now.
func (a *App) dropBlob(ctx context.Context, hash string) error {
	before := a.now().Add(-settling)
	used := false
	err := a.store.View(ctx, func(tx *store.Tx) (err error) {
		used, err = tx.HashUsed(hash)
		return err
	})
	if err != nil || used {
		return err
	}
	_, err = a.blobs.Delete(hash, before)
	if circles.Is(err, circles.NotFound) {
		return nil
	}
	return err
}
