package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

const banColumns = `b.actor, b.target, b.made_by, b.at, b.until, b.reason, b.removing`

func scanBan(r rowScanner) (circles.Ban, error) {
	var b circles.Ban
	return b, r.Scan(&b.Circle, &b.Person, &b.By, &b.At, &b.Until, &b.Reason, &b.Remove)
}

// Ban returns how a person is banned from a circle; nil if they are not, or no longer.
func (tx *Tx) Ban(circle circles.CircleID, person circles.PersonID) (*circles.Ban, error) {
	b, err := one(tx, scanBan, `SELECT `+banColumns+` FROM block b
		WHERE b.actor = $1 AND b.target = $2 AND (b.until = 0 OR b.until > $3)`, circle, person, tx.at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &b, err
}

// SetBan bans a person from a circle, in place of an earlier ban.
func (tx *Tx) SetBan(b circles.Ban) error {
	_, err := tx.exec(`INSERT INTO block (actor, target, at, made_by, until, reason, removing) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (actor, target) DO UPDATE SET at = excluded.at, made_by = excluded.made_by, until = excluded.until,
			reason = excluded.reason, removing = excluded.removing`,
		b.Circle, b.Person, tx.Now(), b.By, b.Until, b.Reason, b.Remove)
	return err
}

// Bans returns the bans of a circle that are in force, the newest first, behind the given one, at most
// limit. The Key of a Mark is Ban.At, its ID the person.
func (tx *Tx) Bans(circle circles.CircleID, after Mark, limit int) ([]circles.Ban, error) {
	args := []any{circle, tx.at}
	cond := ""
	if after != (Mark{}) {
		cond = " AND (b.at, b.target) < (" + arg(&args, after.Key) + ", " + arg(&args, after.ID) + ")"
	}
	return list(tx, scanBan, `SELECT `+banColumns+` FROM block b
		WHERE b.actor = $1 AND (b.until = 0 OR b.until > $2)`+cond+` ORDER BY b.at DESC, b.target DESC LIMIT `+arg(&args, limit), args...)
}

// BansOf returns the bans of a person that are in force.
func (tx *Tx) BansOf(person circles.PersonID, limit int) ([]circles.Ban, error) {
	return list(tx, scanBan, `SELECT `+banColumns+` FROM block b CROSS JOIN circle c
		WHERE c.id = b.actor AND b.target = $1 AND (b.until = 0 OR b.until > $2) ORDER BY b.at DESC, b.actor LIMIT $3`, person, tx.at, limit)
}

// SweepBans forgets bans that have ended, at most limit, and returns how many. Nothing depends on it:
// whoever asks looks at the clock.
func (tx *Tx) SweepBans(limit int) (int64, error) {
	return tx.exec(`DELETE FROM block WHERE (actor, target) IN (SELECT b.actor, b.target FROM block b
		WHERE b.until <> 0 AND b.until <= $1 AND b.removing = 0 ORDER BY b.until LIMIT $2)`, tx.at, limit)
}

// NextRemoval returns a ban whose person's words are not all removed yet; nil if there is none.
func (tx *Tx) NextRemoval() (*circles.Ban, error) {
	b, err := one(tx, scanBan, `SELECT `+banColumns+` FROM block b WHERE b.removing = 1 ORDER BY b.actor, b.target LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &b, err
}

// RemovalDone notes that nothing of theirs is left.
func (tx *Tx) RemovalDone(circle circles.CircleID, person circles.PersonID) error {
	_, err := tx.exec(`UPDATE block SET removing = 0 WHERE actor = $1 AND target = $2`, circle, person)
	return err
}

// StandingPostsOf returns posts and comments of an author in a circle that no moderator has removed,
// in the order of kind and id, at most limit.
func (tx *Tx) StandingPostsOf(author circles.PersonID, circle circles.CircleID, limit int) ([]*circles.Post, error) {
	return list(tx, scanPost, `SELECT `+postColumns+` FROM post p
		WHERE p.author = $1 AND p.circle = $2 AND p.removed_at = 0 AND p.state <> 'deleted'
		ORDER BY p.kind, p.id LIMIT $3`, author, circle, limit)
}

// SetPinned puts a post among those that its circle shows first, or takes it out.
func (tx *Tx) SetPinned(id circles.PostID, pinned bool) error {
	_, err := tx.exec(`UPDATE post SET pinned = $2, rev = rev + 1 WHERE id = $1`, id, pinned)
	return err
}

// PendingFollowers returns who asked to follow a person and has no answer, the first to ask first, as
// ActorCards has it.
func (tx *Tx) PendingFollowers(followee circles.ActorID, limit int) ([]*circles.Actor, error) {
	return list(tx, scanActorCard, "SELECT "+actorCard+` FROM follow f JOIN actor a ON a.id = f.follower
		WHERE f.followee = $1 AND f.state = 'pending' AND a.deleted_at = 0 ORDER BY f.id LIMIT $2`, followee, limit)
}
