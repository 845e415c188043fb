package store

import "halqa/circles"

// KeepEmoji notes pictures that a text names.
func (tx *Tx) KeepEmoji(all []circles.Emoji) error {
	for _, e := range all {
		if _, err := tx.exec(`INSERT INTO emoji (id, url, at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, e.ID, e.URL, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// EmojiURL returns where a picture lives.
func (tx *Tx) EmojiURL(id string) (string, error) {
	url, err := one(tx, value[string], `SELECT url FROM emoji WHERE id = $1`, id)
	return url, notFound(err, "picture")
}
