package store

import "halqa/circles"

// FeedMerge is the way that FeedPage takes when a walk would be long.
func (tx *Tx) FeedMerge(v circles.Viewer, f Feed) ([]Mark, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return nil, err
	}
	return tx.feedMerge(feedQuery{Feed: f, viewer: v, wishes: w, key: feedKey(f.Order)})
}
