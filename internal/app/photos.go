package app

import (
	"halqa/circles"
	"halqa/internal/store"
)

// cleanPhotos checks the list of a form.
func cleanPhotos(refs []PhotoRef) ([]PhotoRef, error) {
	if len(refs) > circles.MaxPhotos {
		return nil, circles.FieldErrorf(circles.TooLarge, "photos", "A post has at most %d pictures; take some out.", circles.MaxPhotos).
			With("refused.too-many-photos", map[string]any{"Max": circles.MaxPhotos})
	}
	seen := map[circles.MediaID]bool{}
	clean := make([]PhotoRef, 0, len(refs))
	for _, r := range refs {
		var err error
		if r.Alt, err = line("alt", "description", r.Alt, circles.MaxAlt); err != nil {
			return nil, err
		}
		if !seen[r.ID] {
			seen[r.ID] = true
			clean = append(clean, r)
		}
	}
	return clean, nil
}

// takePhotos makes uploads of the author the photos of a post, in this order, and reports whether that
// changed anything. Those it had and is to have no more become loose.
func takePhotos(tx *store.Tx, p *circles.Post, owner circles.ActorID, refs []PhotoRef) (changed bool, err error) {
	had, err := tx.PhotosOf(p.ID)
	if err != nil {
		return false, err
	}
	drop := map[circles.MediaID]circles.Photo{}
	for _, h := range had {
		drop[h.ID] = h
	}
	for i, r := range refs {
		photo, own := drop[r.ID]
		delete(drop, r.ID)
		if !own {
			if photo, err = tx.Photo(r.ID); err != nil && !circles.Is(err, circles.NotFound) {
				return false, err
			}
			if err != nil || photo.Owner != owner || photo.Post != 0 || photo.Pos == store.IconPos {
				return false, circles.FieldErrorf(circles.NotFound, "photos", "One of the pictures is no longer there; upload it again.").
					With("refused.photo-gone", nil)
			}
		}
		if !own || photo.Pos != i {
			changed = true
			if err := tx.PlacePhoto(r.ID, p.ID, i); err != nil {
				return false, err
			}
		}
		if photo.Alt != r.Alt {
			changed = true
			if err := tx.SetPhotoAlt(r.ID, r.Alt); err != nil {
				return false, err
			}
		}
	}
	for id := range drop {
		changed = true
		if err := tx.PlacePhoto(id, 0, 0); err != nil {
			return false, err
		}
	}
	p.PhotoN = len(refs)
	return changed, nil
}
