package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

const followColumns = `f.id, f.follower, f.followee, f.state, f.uri, f.inbox, f.at, f.from_seq, f.until_seq`

func scanFollow(r rowScanner) (*circles.Follow, error) {
	var f circles.Follow
	return &f, r.Scan(&f.ID, &f.Follower, &f.Followee, &f.State, &f.URI, &f.Inbox, &f.At, &f.FromSeq, &f.UntilSeq)
}

// Follow returns a follow by its id, ended ones too.
func (tx *Tx) Follow(id int64) (*circles.Follow, error) {
	f, err := one(tx, scanFollow, `SELECT `+followColumns+` FROM follow f WHERE f.id = $1`, id)
	return f, notFound(err, "follow")
}

// Following returns how one actor follows another now: pending or accepted; nil if it does not.
func (tx *Tx) Following(follower, followee circles.ActorID) (*circles.Follow, error) {
	f, err := one(tx, scanFollow, `SELECT `+followColumns+` FROM follow f
		WHERE f.follower = $1 AND f.followee = $2 AND f.state <> 'ended'`, follower, followee)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return f, err
}

// AddFollow stores a new follow under f.ID.
func (tx *Tx) AddFollow(f *circles.Follow) error {
	_, err := tx.exec(`INSERT INTO follow (id, follower, followee, state, uri, inbox, at, from_seq, until_seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		f.ID, f.Follower, f.Followee, f.State, f.URI, f.Inbox, f.At, f.FromSeq, f.UntilSeq)
	return err
}

// SaveFollow writes what can change about a follow.
func (tx *Tx) SaveFollow(f *circles.Follow) error {
	_, err := tx.exec(`UPDATE follow SET state = $2, uri = $3, inbox = $4, from_seq = $5, until_seq = $6 WHERE id = $1`,
		f.ID, f.State, f.URI, f.Inbox, f.FromSeq, f.UntilSeq)
	return err
}

// ForgetRefusals removes follows between the two that were never accepted and are over, so that one
// who asks again and again leaves one row.
func (tx *Tx) ForgetRefusals(follower, followee circles.ActorID) error {
	_, err := tx.exec(`DELETE FROM follow WHERE follower = $1 AND followee = $2 AND state = 'ended' AND from_seq = 0`, follower, followee)
	return err
}

// EndFollowsBy ends everything that an actor follows; who is gone is sent nothing more.
func (tx *Tx) EndFollowsBy(follower circles.ActorID, until circles.Seq) error {
	_, err := tx.exec(`UPDATE follow SET state = 'ended', until_seq = $2 WHERE follower = $1 AND state <> 'ended'`, follower, until)
	return err
}

// EndFollowsOf ends everyone's following of an actor.
func (tx *Tx) EndFollowsOf(followee circles.ActorID, until circles.Seq) error {
	_, err := tx.exec(`UPDATE follow SET state = 'ended', until_seq = $2 WHERE followee = $1 AND state <> 'ended'`, followee, until)
	return err
}
