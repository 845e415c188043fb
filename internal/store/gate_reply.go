package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// A GateReply is what a circle elsewhere answered to a change of a post that somebody here wrote in it or, with
// Post 0, to their wish to join it.
type GateReply struct {
	Person   circles.PersonID
	Circle   circles.CircleID
	Post     circles.PostID
	At       int64
	Decision string // GateHeld or GateRefused
	Why      string // as internal/standing writes it
}

// doorThread is the group of notifications about who is let into a circle.
const doorThread = -8

// GateReply returns it; nil if there was none, or it does not stand any more.
func (tx *Tx) GateReply(person circles.PersonID, circle circles.CircleID, post circles.PostID) (*GateReply, error) {
	g, err := one(tx, func(r rowScanner) (*GateReply, error) {
		var g GateReply
		return &g, r.Scan(&g.Person, &g.Circle, &g.Post, &g.At, &g.Decision, &g.Why)
	}, `SELECT person, circle, post, at, decision, why FROM gate_reply WHERE person = $1 AND circle = $2 AND post = $3`, person, circle, post)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return g, err
}

// SaveGateReply writes it in the place of an earlier one, and tells its person, again if they were told of that.
func (tx *Tx) SaveGateReply(g *GateReply) error {
	g.At = tx.Now()
	_, err := tx.exec(`INSERT INTO gate_reply (person, circle, post, at, decision, why) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (person, circle, post) DO UPDATE SET at = excluded.at, decision = excluded.decision, why = excluded.why`,
		g.Person, g.Circle, g.Post, g.At, g.Decision, g.Why)
	if err != nil {
		return err
	}
	if err := tx.untellReply(g.Person, g.Circle, g.Post); err != nil {
		return err
	}
	kind, object, thread := ToldNotIn, int64(g.Circle), circles.PostID(doorThread)
	switch {
	case g.Post != 0:
		p, err := tx.Post(g.Post)
		if err != nil {
			return err
		}
		kind, object, thread = ToldNoEdit, int64(g.Post), p.Root
	case g.Decision == GateHeld:
		kind = ToldAtDoor
	}
	_, err = tx.exec(`INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT k.person, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT) FROM account k WHERE k.person = $1`,
		g.Person, kind, object, thread, g.Circle, tx.at)
	return err
}

// DropGateReply forgets it: the circle took it after all, or nobody asks for it any more.
func (tx *Tx) DropGateReply(person circles.PersonID, circle circles.CircleID, post circles.PostID) error {
	n, err := tx.exec(`DELETE FROM gate_reply WHERE person = $1 AND circle = $2 AND post = $3`, person, circle, post)
	if err != nil || n == 0 {
		return err
	}
	return tx.untellReply(person, circle, post)
}

func (tx *Tx) untellReply(person circles.PersonID, circle circles.CircleID, post circles.PostID) error {
	kinds, object := `'not-in', 'at-door'`, int64(circle)
	if post != 0 {
		kinds, object = `'no-edit'`, int64(post)
	}
	_, err := tx.exec(`DELETE FROM notification WHERE person = $1 AND kind IN (`+kinds+`) AND object = $2`, person, object)
	return err
}
