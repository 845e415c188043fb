package app

import (
	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// Findable returns what these posts and comments are found by, in a View. gone are those that are not
// visible, unknown ones too; nobody finds them.
func Findable(tx *store.Tx, ids []circles.PostID) (found []store.Words, gone []circles.PostID, err error) {
	posts, err := tx.PostsWhole(ids)
	if err != nil {
		return nil, nil, err
	}
	alts, err := tx.PhotoTexts(ids)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		p := posts[id]
		if p == nil || p.State != circles.Visible {
			gone = append(gone, id)
			continue
		}
		found = append(found, store.WordsOf(p, append([]string{p.Title, p.Warning, text.Plain(p.BodyHTML)}, alts[id]...)...))
	}
	return found, gone, nil
}
