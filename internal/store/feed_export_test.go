package store

import "halqa/circles"

// FeedMerge is the way that FeedPage takes when a walk would be long.
func (tx *Tx) FeedMerge(v circles.Viewer, f Feed) ([]Mark, error) {
	return tx.feedMerge(feedQuery{Feed: f, viewer: v, blocks: v.SignedIn(), key: feedKey(f.Order)})
}
