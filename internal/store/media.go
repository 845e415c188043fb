package store

import (
	"fmt"

	"halqa/circles"
)

const photoColumns = `m.id, m.owner, m.post, m.pos, m.alt, m.mime, m.width, m.height, m.blurhash, m.animated, m.remote_url, m.created_at`

func scanPhoto(r rowScanner) (circles.Photo, error) {
	var p circles.Photo
	err := r.Scan(&p.ID, &p.Owner, &p.Post, &p.Pos, &p.Alt, &p.Mime, &p.Width, &p.Height, &p.Blurhash, &p.Animated,
		&p.RemoteURL, &p.CreatedAt)
	return p, err
}

func scanPhotoFile(r rowScanner) (circles.PhotoFile, error) {
	var f circles.PhotoFile
	err := r.Scan(&f.Name, &f.Mime, &f.Width, &f.Height, &f.Bytes, &f.Hash)
	return f, err
}

// AddPhoto stores a photo and its files.
func (tx *Tx) AddPhoto(p *circles.Photo) error {
	_, err := tx.exec(`INSERT INTO media (id, owner, post, pos, alt, mime, width, height, blurhash, animated, remote_url, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.ID, p.Owner, p.Post, p.Pos, p.Alt, p.Mime, p.Width, p.Height, p.Blurhash, p.Animated, p.RemoteURL, p.CreatedAt)
	if err != nil {
		return err
	}
	for _, f := range p.Files {
		_, err := tx.exec(`INSERT INTO media_file (media, name, mime, width, height, bytes, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			p.ID, f.Name, f.Mime, f.Width, f.Height, f.Bytes, f.Hash)
		if err != nil {
			return fmt.Errorf("file %s: %w", f.Name, err)
		}
	}
	return nil
}

// Photo returns a photo without its files.
func (tx *Tx) Photo(id circles.MediaID) (circles.Photo, error) {
	p, err := one(tx, scanPhoto, `SELECT `+photoColumns+` FROM media m WHERE m.id = $1`, id)
	return p, notFound(err, "picture")
}

// PhotoFile returns one file of a photo.
func (tx *Tx) PhotoFile(id circles.MediaID, name string) (circles.PhotoFile, error) {
	f, err := one(tx, scanPhotoFile, `SELECT name, mime, width, height, bytes, hash FROM media_file WHERE media = $1 AND name = $2`, id, name)
	return f, notFound(err, "picture")
}

// PhotosOf returns the photos of a post in their order, without their files.
func (tx *Tx) PhotosOf(post circles.PostID) ([]circles.Photo, error) {
	return list(tx, scanPhoto, `SELECT `+photoColumns+` FROM media m WHERE m.post = $1 AND m.post <> 0 ORDER BY m.pos`, post)
}

// PlacePhoto makes a photo the pos-th of a post, or with post 0 a loose one again, or an icon. It leaves the
// draft that it waited in.
func (tx *Tx) PlacePhoto(id circles.MediaID, post circles.PostID, pos int) error {
	if _, err := tx.exec(`DELETE FROM draft_photo WHERE media = $1`, id); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE media SET post = $2, pos = $3 WHERE id = $1`, id, post, pos)
	return err
}

// SetPhotoAlt writes the description of a photo.
func (tx *Tx) SetPhotoAlt(id circles.MediaID, alt string) error {
	_, err := tx.exec(`UPDATE media SET alt = $2 WHERE id = $1`, id, alt)
	return err
}

// IconPos is the place of a photo that is the picture of an actor of this instance and belongs to no
// post. The place says so, so that nobody has to look through all actors.
const IconPos = -1

// LoosePhotoCount returns how many photos of an owner belong to no post or draft yet, counted up to limit.
func (tx *Tx) LoosePhotoCount(owner circles.ActorID, limit int) (int64, error) {
	return one(tx, value[int64], `SELECT COUNT(*) FROM (SELECT 1 FROM media WHERE post = 0 AND pos >= 0 AND owner = $1 LIMIT $2) AS loose`, owner, limit)
}

// LoosePhotos returns photos from before a time that belong to no post or draft and are no one's picture,
// at most limit, oldest first.
func (tx *Tx) LoosePhotos(before int64, limit int) ([]circles.MediaID, error) {
	return list(tx, value[circles.MediaID], `SELECT m.id FROM media m
		WHERE m.post = 0 AND m.created_at < $1 AND m.pos >= 0
		ORDER BY m.created_at LIMIT $2`, before, limit)
}

// RemovePhoto forgets a photo and returns the hashes of files that no other photo has. Their blobs
// may go once this Update is committed.
func (tx *Tx) RemovePhoto(id circles.MediaID) ([]string, error) {
	hashes, err := list(tx, value[string], `SELECT DISTINCT f.hash FROM media_file f WHERE f.media = $1
		AND NOT EXISTS (SELECT 1 FROM media_file o WHERE o.hash = f.hash AND o.media <> f.media)`, id)
	if err != nil {
		return nil, err
	}
	for _, table := range []string{"media_file", "draft_photo"} {
		if _, err := tx.exec("DELETE FROM "+table+" WHERE media = $1", id); err != nil {
			return nil, err
		}
	}
	_, err = tx.exec(`DELETE FROM media WHERE id = $1`, id)
	return hashes, err
}

// HashUsed reports whether any photo has a file with this content.
func (tx *Tx) HashUsed(hash string) (bool, error) {
	return tx.exists(`SELECT 1 FROM media_file WHERE hash = $1`, hash)
}
