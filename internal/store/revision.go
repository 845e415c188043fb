package store

import (
	"halqa/circles"
)

// maxRevisions is how many former texts of a post are kept. A peer may send edits without end.
const maxRevisions = 50

// AddRevision keeps how a post stood before an edit; the oldest make room. Two within a microsecond
// get different times.
func (tx *Tx) AddRevision(r circles.Revision) error {
	last, err := one(tx, value[int64], `SELECT COALESCE(MAX(at), 0) FROM post_revision WHERE post = $1`, r.Post)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO post_revision (post, at, editor, title, link, body, body_html) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.Post, max(r.At, last+1), r.Editor, r.Title, r.Link, r.Body, r.BodyHTML)
	if err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM post_revision WHERE post = $1 AND at <=
		(SELECT at FROM post_revision WHERE post = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)`, r.Post, maxRevisions)
	return err
}

// Revisions returns the former texts of a post, newest first.
func (tx *Tx) Revisions(post circles.PostID) ([]circles.Revision, error) {
	return list(tx, func(r rowScanner) (circles.Revision, error) {
		var v circles.Revision
		err := r.Scan(&v.Post, &v.At, &v.Editor, &v.Title, &v.Link, &v.Body, &v.BodyHTML)
		return v, err
	}, `SELECT post, at, editor, title, link, body, body_html FROM post_revision WHERE post = $1 ORDER BY at DESC`, post)
}
