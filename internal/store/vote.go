package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// Vote returns a person's vote on a post; nil if there is none.
func (tx *Tx) Vote(post circles.PostID, person circles.PersonID) (*circles.Vote, error) {
	v, err := one(tx, func(r rowScanner) (*circles.Vote, error) {
		var v circles.Vote
		return &v, r.Scan(&v.Post, &v.Actor, &v.Value, &v.At, &v.Seq, &v.URI)
	}, `SELECT post, actor, value, at, seq, uri FROM vote WHERE post = $1 AND actor = $2`, post, person)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return v, err
}

// SetVote stores a vote in place of the person's earlier one.
func (tx *Tx) SetVote(v circles.Vote) error {
	_, err := tx.exec(`INSERT INTO vote (post, actor, value, at, seq, uri) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (post, actor) DO UPDATE SET value = excluded.value, at = excluded.at, seq = excluded.seq, uri = excluded.uri`,
		v.Post, v.Actor, v.Value, v.At, v.Seq, v.URI)
	return err
}

// RemoveVote forgets a person's vote on a post.
func (tx *Tx) RemoveVote(post circles.PostID, person circles.PersonID) error {
	_, err := tx.exec(`DELETE FROM vote WHERE post = $1 AND actor = $2`, post, person)
	return err
}
