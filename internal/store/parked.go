package store

import (
	"database/sql"
	"errors"

	"halqa/circles"
)

// A Parked activity was verified and waits for something to be fetched, or for an earlier one with
// the same order key that does.
type Parked struct {
	ID       int64
	URI      string // the activity's id
	OrderKey string
	Signer   string          // address of the actor whose key signed it
	InboxOf  circles.ActorID // 0 = the shared inbox
	Needs    string          // what to fetch; "" = only its turn
	At       int64
	Tries    int
	DueAt    int64
	Raw      []byte
}

func scanParked(r rowScanner) (Parked, error) {
	var p Parked
	err := r.Scan(&p.ID, &p.URI, &p.OrderKey, &p.Signer, &p.InboxOf, &p.Needs, &p.At, &p.Tries, &p.DueAt, &p.Raw)
	return p, err
}

// Park keeps an activity for later. One that is parked already is left as it is.
func (tx *Tx) Park(p Parked) error {
	_, err := tx.exec(`INSERT INTO parked (id, uri, order_key, signer, inbox_of, needs, at, tries, due_at, raw)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (uri) DO NOTHING`,
		tx.NewID(), p.URI, p.OrderKey, p.Signer, p.InboxOf, p.Needs, tx.Now(), p.Tries, p.DueAt, p.Raw)
	return err
}

// An Arrival is what is asked of everything that arrives.
type Arrival struct {
	Waits   bool // something with its order key does
	Blocked bool // nothing is exchanged with the server that says it
	Buried  bool // there is a tombstone under the id that was asked for
}

// Arrives returns that, in one statement.
func (tx *Tx) Arrives(orderKey, host, tombstone string) (a Arrival, err error) {
	err = tx.row(`SELECT EXISTS (SELECT 1 FROM parked WHERE order_key = $1), EXISTS (SELECT 1 FROM peer WHERE host = $2 AND policy = 'blocked'),
		EXISTS (SELECT 1 FROM tombstone WHERE uri = $3)`, orderKey, host, tombstone).Scan(&a.Waits, &a.Blocked, &a.Buried)
	return a, err
}

// IsParked reports whether something with this order key waits.
func (tx *Tx) IsParked(orderKey string) (bool, error) {
	return tx.exists(`SELECT 1 FROM parked WHERE order_key = $1`, orderKey)
}

// ParkedBy tells how much waits of each signer.
func (tx *Tx) ParkedBy(each func(signer string, n int)) error {
	return tx.rows(`SELECT signer, COUNT(*) FROM parked GROUP BY signer`, nil, func(r rowScanner) error {
		var signer string
		var n int
		if err := r.Scan(&signer, &n); err != nil {
			return err
		}
		each(signer, n)
		return nil
	})
}

// DueParked returns what is due and comes behind p in the order of their times, oldest first, without
// the bytes; of each order key only the first that waits.
func (tx *Tx) DueParked(now int64, p Parked, limit int) ([]Parked, error) {
	return list(tx, scanParked, `SELECT p.id, p.uri, p.order_key, p.signer, p.inbox_of, p.needs, p.at, p.tries, p.due_at, NULL FROM parked p
		WHERE p.due_at <= $1 AND (p.due_at, p.id) > ($3, $4)
			AND NOT EXISTS (SELECT 1 FROM parked q WHERE q.order_key = p.order_key AND q.id < p.id)
		ORDER BY p.due_at, p.id LIMIT $2`, now, limit, p.DueAt, p.ID)
}

// ParkedRaw returns the bytes of what is parked; nil if it no longer is.
func (tx *Tx) ParkedRaw(id int64) ([]byte, error) {
	var raw []byte
	err := tx.row(`SELECT raw FROM parked WHERE id = $1`, id).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return raw, err
}

// DelayParked writes when to try again, how often it was tried, and what it waits for now.
func (tx *Tx) DelayParked(id int64, dueAt int64, tries int, needs string) error {
	_, err := tx.exec(`UPDATE parked SET due_at = $2, tries = $3, needs = $4 WHERE id = $1`, id, dueAt, tries, needs)
	return err
}

// Unpark removes what was applied or given up.
func (tx *Tx) Unpark(id int64) error {
	_, err := tx.exec(`DELETE FROM parked WHERE id = $1`, id)
	return err
}
