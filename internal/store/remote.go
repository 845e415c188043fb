package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// VoteByURI returns a person's vote by the id of the activity that cast it; nil if there is none.
func (tx *Tx) VoteByURI(uri string, person circles.PersonID) (*circles.Vote, error) {
	post, err := one(tx, value[circles.PostID], `SELECT post FROM vote WHERE actor = $1 AND uri = $2`, person, uri)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return tx.Vote(post, person)
}

// FollowByURI returns what an actor follows by the id of its Follow; nil if there is none.
func (tx *Tx) FollowByURI(uri string, follower circles.ActorID) (*circles.Follow, error) {
	f, err := one(tx, scanFollow, `SELECT `+followColumns+` FROM follow f
		WHERE f.follower = $1 AND f.uri = $2 AND f.state <> 'ended'`, follower, uri)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return f, err
}

// HasLocalFollower reports whether somebody here follows an actor, or asked to.
func (tx *Tx) HasLocalFollower(actor circles.ActorID) (bool, error) {
	return tx.exists(`SELECT 1 FROM follow f JOIN actor a ON a.id = f.follower
		WHERE f.followee = $1 AND f.state <> 'ended' AND a.host = ''`, actor)
}

// FollowedHere reports whether somebody here follows an actor and was let in.
func (tx *Tx) FollowedHere(actor circles.ActorID) (bool, error) {
	return tx.exists(`SELECT 1 FROM follow f JOIN actor a ON a.id = f.follower
		WHERE f.followee = $1 AND f.state = 'accepted' AND a.host = ''`, actor)
}

// maxPinned bounds a circle's featured posts.
const maxPinned = 20

// PinnedPosts returns a circle's pinned visible posts, the newest first.
func (tx *Tx) PinnedPosts(circle circles.CircleID) ([]circles.PostID, error) {
	return list(tx, value[circles.PostID], `SELECT id FROM post
		WHERE circle = $1 AND pinned = 1 AND kind = 'post' AND state = 'visible' ORDER BY id DESC LIMIT $2`, circle, maxPinned)
}

// ReplyURIs returns the ids of the visible answers to a post or comment, the oldest first.
func (tx *Tx) ReplyURIs(parent circles.PostID, limit int) ([]string, error) {
	return list(tx, value[string], `SELECT uri FROM post
		WHERE parent = $1 AND kind = 'comment' AND state = 'visible' ORDER BY id LIMIT $2`, parent, limit)
}

// LocalCircles returns circles that live here in the order of their making, after one.
func (tx *Tx) LocalCircles(after circles.CircleID, limit int) ([]*circles.Circle, error) {
	return list(tx, scanCircle, selectCircle+`WHERE a.host = '' AND a.deleted_at = 0 AND c.id > $1 ORDER BY c.id LIMIT $2`, after, limit)
}
