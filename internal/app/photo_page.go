package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
)

// A PhotoPage is a photo with the post that shows it.
type PhotoPage struct {
	Photo  *circles.Photo // with its files; of a loose one without them
	Post   *circles.Post  // without texts; nil = it belongs to none yet
	Public bool           // anyone may see it, so caches may keep it
}

// Photo returns a photo to who may see its post. To everyone else it does not exist.
func (a *App) Photo(ctx context.Context, who circles.Viewer, id circles.MediaID) (*PhotoPage, error) {
	var page *PhotoPage
	err := a.view(ctx, "photo", func(tx *store.Tx) error {
		photo, err := tx.Photo(id)
		if err != nil {
			return err
		}
		sees, public, err := photoAudience(tx, who, photo)
		if err != nil {
			return err
		}
		if !sees {
			return noPicture()
		}
		page = &PhotoPage{Photo: &photo, Public: public}
		if photo.Post == 0 {
			return nil
		}
		posts, err := tx.PostTitles([]circles.PostID{photo.Post})
		if err != nil {
			return err
		}
		page.Post = posts[photo.Post]
		all, err := tx.AllPhotos([]circles.PostID{photo.Post})
		for _, p := range all[photo.Post] {
			if p.ID == id {
				page.Photo = p
			}
		}
		return err
	})
	return page, err
}

// LoosePhotos returns those of these uploads that are the viewer's and belong to no post yet, in the
// order asked for and without their files. Of too many the first circles.MaxPhotos are looked at.
func (a *App) LoosePhotos(ctx context.Context, who circles.Viewer, ids []circles.MediaID) ([]circles.Photo, error) {
	if len(ids) == 0 || !who.SignedIn() {
		return nil, nil
	}
	var loose []circles.Photo
	err := a.view(ctx, "uploads", func(tx *store.Tx) error {
		loose = nil
		for _, id := range ids[:min(len(ids), circles.MaxPhotos)] {
			p, err := tx.Photo(id)
			switch {
			case circles.Is(err, circles.NotFound):
			case err != nil:
				return err
			case p.Post == 0 && p.Owner == who.Person.Actor():
				loose = append(loose, p)
			}
		}
		return nil
	})
	return loose, err
}
