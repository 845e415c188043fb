package store

import (
	"halqa/circles"
)

// A Session is one browser that is signed in. Times are UTC microseconds.
type Session struct {
	Hash      string // SHA-256 of the token, in hex; the token itself is nowhere here
	Person    circles.PersonID
	CreatedAt int64
	SeenAt    int64 // to the hour
	ExpiresAt int64
	Agent     string // the browser's own words
}

const sessionColumns = `s.hash, s.person, s.created_at, s.seen_at, s.expires_at, s.agent`

func sessionDest(s *Session) []any {
	return []any{&s.Hash, &s.Person, &s.CreatedAt, &s.SeenAt, &s.ExpiresAt, &s.Agent}
}

// AddSession stores a session, and ends the person's oldest ones beyond limit.
func (tx *Tx) AddSession(s *Session, limit int) error {
	_, err := tx.exec(`INSERT INTO session (hash, person, created_at, seen_at, expires_at, agent) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.Hash, s.Person, s.CreatedAt, s.SeenAt, s.ExpiresAt, cleanText(s.Agent, maxAgent))
	if err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE person = $1 AND hash <> $2
		ORDER BY seen_at DESC, created_at DESC, hash LIMIT 1000 OFFSET $3)`, s.Person, s.Hash, max(limit-1, 0))
	return err
}

// maxAgent bounds what is kept of a browser's description of itself.
const maxAgent = 300 // bytes

// SessionAccount returns a session that has not expired, with whose it is.
func (tx *Tx) SessionAccount(hash string) (*Session, *AnAccount, error) {
	s := new(Session)
	a, err := one(tx, func(r rowScanner) (*AnAccount, error) { return scanAnAccount(rowWith{r, sessionDest(s)}) },
		"SELECT "+accountColumns+", "+actorCard+", "+sessionColumns+` FROM session s
		JOIN account b ON b.person = s.person JOIN actor a ON a.id = s.person
		WHERE s.hash = $1 AND s.expires_at > $2`, hash, tx.at)
	return s, a, notFound(err, "session")
}

// TouchSession notes that a session was used, and until when it is good now.
func (tx *Tx) TouchSession(s *Session, expiresAt int64) error {
	if _, err := tx.exec("UPDATE session SET seen_at = $2, expires_at = $3 WHERE hash = $1", s.Hash, tx.at, expiresAt); err != nil {
		return err
	}
	_, err := tx.exec("UPDATE account SET seen_at = $2 WHERE person = $1", s.Person, tx.at)
	return err
}

// Sessions returns a person's sessions that have not expired, the last used first.
func (tx *Tx) Sessions(person circles.PersonID) ([]*Session, error) {
	return list(tx, func(r rowScanner) (*Session, error) {
		s := new(Session)
		err := r.Scan(sessionDest(s)...)
		return s, err
	}, "SELECT "+sessionColumns+" FROM session s WHERE s.person = $1 AND s.expires_at > $2 ORDER BY s.seen_at DESC, s.created_at DESC, s.hash",
		person, tx.at)
}

// EndSession ends one session. Ending one that is not there is no error.
func (tx *Tx) EndSession(hash string) error {
	_, err := tx.exec("DELETE FROM session WHERE hash = $1", hash)
	return err
}

// EndSessions ends all sessions of a person but one; keep "" ends them all.
func (tx *Tx) EndSessions(person circles.PersonID, keep string) error {
	_, err := tx.exec("DELETE FROM session WHERE person = $1 AND hash <> $2", person, keep)
	return err
}

// SweepSessions deletes sessions that have expired, at most limit, and returns how many.
func (tx *Tx) SweepSessions(limit int) (int64, error) {
	return tx.exec("DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)", tx.at, limit)
}
