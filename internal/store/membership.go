package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// Role returns a person's place in a circle, NoRole if there is none.
func (tx *Tx) Role(circle circles.CircleID, person circles.PersonID) (circles.Role, error) {
	if circle == 0 || person == 0 {
		return circles.NoRole, nil
	}
	role, err := one(tx, value[circles.Role], `SELECT role FROM membership WHERE circle = $1 AND person = $2`, circle, person)
	if errors.Is(err, sql.ErrNoRows) {
		return circles.NoRole, nil
	}
	return role, err
}

// An Asker is a person who wants to do something, with what is known for and against them.
type Asker struct {
	Actor       *circles.Actor
	Role        circles.Role // in the circle
	PeerBlocked bool         // this instance exchanges nothing with theirs
	PeerLimited bool         // their instance is limited
	Banned      bool         // by the circle
	BlockedBy   bool         // by the other person, alone or with all of their server
}

// Asker returns all that in one statement, for it is asked at every vote that arrives. circle and
// other may be 0.
func (tx *Tx) Asker(person circles.PersonID, circle circles.CircleID, other circles.ActorID) (Asker, error) {
	var a Asker
	var policy string
	kept := true
	actor, err := tx.kept.actors.read(tx, person.Actor(), func() (*circles.Actor, error) {
		kept = false
		return one(tx, func(r rowScanner) (*circles.Actor, error) {
			var actor circles.Actor
			return &actor, r.Scan(append(actorDest(&actor), &a.Role, &policy, &a.Banned, &a.BlockedBy)...)
		}, `SELECT `+actorColumns+`, `+ofAsker+` FROM actor a WHERE a.id = $1`, person, circle, other, tx.at)
	})
	if err == nil && kept {
		err = tx.row(`SELECT `+ofAsker+` FROM (SELECT CAST($5 AS TEXT) AS host) a`, person, circle, other, tx.at, actor.Host).Scan(&a.Role, &policy, &a.Banned, &a.BlockedBy)
	}
	if err != nil {
		return Asker{}, notFound(err, "account")
	}
	a.Actor, a.PeerBlocked, a.PeerLimited = actor, policy == "blocked", policy == "limited"
	return a, nil
}

// ofAsker is what is known for and against somebody whose server is a.host.
const ofAsker = `COALESCE((SELECT m.role FROM membership m WHERE m.circle = $2 AND m.person = $1), ''),
	COALESCE((SELECT p.policy FROM peer p WHERE p.host = a.host), ''),
	EXISTS (SELECT 1 FROM block b WHERE b.actor = $2 AND b.target = $1 AND (b.until = 0 OR b.until > $4)),
	EXISTS (SELECT 1 FROM block b WHERE b.actor = $3 AND b.target = $1)
		OR EXISTS (SELECT 1 FROM host_block h WHERE h.person = $3 AND h.host = a.host)`

// SetRole gives a person a place in a circle, or takes it with NoRole. It does not touch the
// circle's counters. Since when they are a member counts from when they were let in, not from when they
// asked: gates and red packets go by it.
func (tx *Tx) SetRole(circle circles.CircleID, person circles.PersonID, role circles.Role) error {
	if role == circles.NoRole {
		_, err := tx.exec(`DELETE FROM membership WHERE circle = $1 AND person = $2`, circle, person)
		return err
	}
	_, err := tx.exec(`INSERT INTO membership (circle, person, role, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (circle, person) DO UPDATE SET role = excluded.role,
			at = CASE WHEN membership.role = 'pending' AND excluded.role <> 'pending' THEN excluded.at ELSE membership.at END`, circle, person, role, tx.Now())
	return err
}

// OtherOwner reports whether the circle has an owner beside this person.
func (tx *Tx) OtherOwner(circle circles.CircleID, person circles.PersonID) (bool, error) {
	return tx.exists(`SELECT 1 FROM membership WHERE circle = $1 AND role = 'owner' AND person <> $2`, circle, person)
}

// MembershipsOf returns all circles that a person has a place in. A person of this instance chose
// each of them; of a remote person only circles of ours are known.
func (tx *Tx) MembershipsOf(person circles.PersonID) ([]circles.Membership, error) {
	return list(tx, func(r rowScanner) (circles.Membership, error) {
		var m circles.Membership
		err := r.Scan(&m.Circle, &m.Person, &m.Role, &m.At)
		return m, err
	}, `SELECT circle, person, role, at FROM membership WHERE person = $1 ORDER BY circle`, person)
}

// Pending returns who asked to join a circle and has no answer, the first to ask first, at most limit.
func (tx *Tx) Pending(circle circles.CircleID, limit int) ([]*circles.Actor, error) {
	return list(tx, scanActorCard, "SELECT "+actorCard+` FROM membership m JOIN actor a ON a.id = m.person
		WHERE m.circle = $1 AND m.role = 'pending' AND a.deleted_at = 0 ORDER BY m.at, m.person LIMIT $2`, circle, limit)
}

// A Member is somebody who belongs to a circle.
type Member struct {
	Actor *circles.Actor // as ActorCards has it
	Role  circles.Role
	At    int64 // when they joined, or asked to; UTC microseconds
}

// Members returns who belongs to a circle, the latest first, after the given place, at most limit. Key of a
// Mark is Member.At.
func (tx *Tx) Members(circle circles.CircleID, after Mark, limit int) ([]Member, error) {
	args := []any{circle}
	cond := ""
	if after != (Mark{}) {
		cond = " AND (m.at, m.person) < (" + arg(&args, after.Key) + ", " + arg(&args, after.ID) + ")"
	}
	return list(tx, func(r rowScanner) (Member, error) {
		m := Member{Actor: new(circles.Actor)}
		return m, r.Scan(append(actorCardFields(m.Actor), &m.Role, &m.At)...)
	}, "SELECT "+actorCard+", m.role, m.at FROM membership m CROSS JOIN actor a WHERE m.circle = $1 AND m.role <> 'pending'"+cond+
		" AND a.id = m.person AND a.deleted_at = 0 ORDER BY m.at DESC, m.person DESC LIMIT "+arg(&args, limit), args...)
}
