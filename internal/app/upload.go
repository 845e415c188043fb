package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"halqa/circles"
	"halqa/internal/media"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// maxLoose is how many uploads a person may have that belong to no post yet: two full posts in two
// windows, and what was given up on the way.
const maxLoose = 40

// A PhotoRef is an upload that is to become a photo of a post.
type PhotoRef struct {
	ID  circles.MediaID
	Alt string // the description for who cannot see it
}

// Upload takes in a picture for a post or for an actor's icon. It belongs to whoever uploads it, and
// is forgotten after a day if no post takes it.
func (a *App) Upload(ctx context.Context, who circles.Viewer, r io.Reader, use media.Use) (circles.Photo, error) {
	may := func(tx *store.Tx) error {
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.Upload}); err != nil {
			return err
		}
		n, err := tx.LoosePhotoCount(who.Person.Actor(), maxLoose)
		if err == nil && n >= maxLoose {
			return circles.Errorf(circles.Limited, "You have %d pictures waiting for a post; use some of them first, or try again tomorrow.", n).
				With("refused.too-many-uploads", map[string]any{"Count": n})
		}
		return err
	}
	// Decoding is dear, so who may not is told before.
	if err := a.store.View(ctx, may); err != nil {
		return circles.Photo{}, err
	}
	made, err := a.pictures.Process(ctx, r, use)
	if err != nil {
		return circles.Photo{}, err
	}
	id, err := newMediaID()
	if err != nil {
		return circles.Photo{}, err
	}
	p := circles.Photo{ID: id, Owner: who.Person.Actor(), Mime: made.Mime, Width: made.Width, Height: made.Height,
		Blurhash: made.Blurhash, Animated: made.Animated}
	for _, f := range made.Files {
		if _, err := a.blobs.Put(f.Data); err != nil {
			return circles.Photo{}, fmt.Errorf("keep %s: %w", f.Name, err)
		}
		p.Files = append(p.Files, circles.PhotoFile{Name: f.Name, Mime: f.Mime, Width: f.Width, Height: f.Height,
			Bytes: int64(len(f.Data)), Hash: f.Hash})
	}
	err = a.update(ctx, "upload", func(tx *store.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		p.CreatedAt = tx.Now()
		return tx.AddPhoto(&p)
	})
	return p, err
}

// newMediaID makes an address that nobody guesses.
func newMediaID() (circles.MediaID, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make address: %w", err)
	}
	return circles.MediaID(hex.EncodeToString(b[:])), nil
}

// SetAlt writes the description of a photo. Its post, if it has one, counts as edited: others have a
// copy of the description.
func (a *App) SetAlt(ctx context.Context, who circles.Viewer, id circles.MediaID, alt string) error {
	alt, err := line("alt", "description", alt, circles.MaxAlt)
	if err != nil {
		return err
	}
	return a.update(ctx, "describe picture", func(tx *store.Tx) error {
		photo, err := tx.Photo(id)
		if err != nil {
			return err
		}
		if photo.Owner != who.Person.Actor() || photo.RemoteURL != "" {
			return noPicture()
		}
		if photo.Post == 0 {
			if _, err := allow(tx, standing.Question{Who: who, Action: standing.Upload}); err != nil {
				return err
			}
			return tx.SetPhotoAlt(id, alt)
		}
		at, err := placeOf(tx, photo.Post)
		if err != nil {
			return err
		}
		q := at.question(who, standing.Edit)
		if q.Words, err = a.judgedAlt(tx, at.post, id, alt); err != nil {
			return err
		}
		d, err := allow(tx, q)
		if err != nil || photo.Alt == alt {
			return err
		}
		if err := tx.SetPhotoAlt(id, alt); err != nil {
			return err
		}
		return saveEdit(tx, at, d.Actor, *at.post, tx.Now(), circles.EventDetail{})
	})
}

// judgedAlt is what gates look at when one caption of a post is to change: the words of the whole, as in an
// edit, or what may not be said at once would be said in two steps.
func (a *App) judgedAlt(tx *store.Tx, p *circles.Post, id circles.MediaID, alt string) (*standing.Words, error) {
	photos, err := tx.PhotosOf(p.ID)
	if err != nil {
		return nil, err
	}
	captions := make([]string, len(photos))
	for i, photo := range photos {
		if captions[i] = photo.Alt; photo.ID == id {
			captions[i] = alt
		}
	}
	return a.judged(p.Title, p.BodyHTML, names{}, captions), nil // whom the text names, it named before
}

func noPicture() error {
	return circles.Errorf(circles.NotFound, "There is no such picture; check the address.").With("refused.no-picture", nil)
}

// A PhotoContent is one file of a photo, to be served and closed.
type PhotoContent struct {
	circles.PhotoFile
	*os.File
	Public bool // anyone may see it, so caches may keep it
}

// PhotoFile opens a file of a photo for who may see its post. To everyone else it does not exist.
func (a *App) PhotoFile(ctx context.Context, who circles.Viewer, id circles.MediaID, name string) (*PhotoContent, error) {
	var c PhotoContent
	err := a.store.View(ctx, func(tx *store.Tx) error {
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
		c.Public = public
		c.PhotoFile, err = tx.PhotoFile(id, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.File, err = a.blobs.Open(c.Hash); err != nil {
		return nil, err
	}
	return &c, nil
}

// photoAudience reports whether a viewer may see a photo, and whether everyone may.
func photoAudience(tx *store.Tx, who circles.Viewer, photo circles.Photo) (sees, public bool, err error) {
	if photo.Post == 0 {
		icon := photo.Pos == store.IconPos
		return icon || who.Person != 0 && photo.Owner == who.Person.Actor(), icon, nil
	}
	p, err := tx.Post(photo.Post)
	if err != nil {
		return false, false, err
	}
	c, err := circleOf(tx, p)
	if err != nil {
		return false, false, err
	}
	if c == nil {
		if _, err := loose(tx, who, p); circles.Is(err, circles.NotFound) {
			return false, false, nil
		} else if err != nil {
			return false, false, err
		}
		return circles.MaySeePost(who, circles.NoRole, p), p.State == circles.Visible && p.Listed, nil
	}
	role, err := tx.Role(c.CircleID(), who.Person)
	if err != nil {
		return false, false, err
	}
	sees = circles.MaySee(who, c.Audience(), role) && circles.MaySeePost(who, role, p)
	return sees, p.State == circles.Visible && c.Visibility.Federated(), nil
}
