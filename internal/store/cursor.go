package store

import (
	"encoding/json"
	"fmt"

	"halqa/circles"
)

// A Cursor says how far a follower of the log got: everything up to Acked is done, and of what comes
// later the entries in Beyond are done too. It never moves back.
type Cursor struct {
	Consumer string // an inbox's URL, or the name of a consumer of our own
	Lane     string
	Acked    circles.Seq
	Beyond   []circles.Seq // ascending
}

// LoadCursors returns all cursors.
func (tx *Tx) LoadCursors() ([]Cursor, error) {
	return list(tx, scanCursor, "SELECT consumer, lane, acked, beyond FROM cursor ORDER BY consumer, lane")
}

// SaveCursors stores many cursors at once. One that is further on in the database stays as it is.
func (tx *Tx) SaveCursors(cursors []Cursor) error {
	for _, c := range cursors {
		beyond := ""
		if len(c.Beyond) > 0 {
			b, err := json.Marshal(c.Beyond)
			if err != nil {
				return err
			}
			beyond = string(b)
		}
		_, err := tx.exec(`INSERT INTO cursor (consumer, lane, acked, beyond) VALUES ($1, $2, $3, $4)
			ON CONFLICT (consumer, lane) DO UPDATE SET acked = excluded.acked, beyond = excluded.beyond
			WHERE cursor.acked <= excluded.acked`, c.Consumer, c.Lane, c.Acked, beyond)
		if err != nil {
			return fmt.Errorf("cursor %s: %w", c.Consumer, err)
		}
	}
	return nil
}

// DropCursors forgets a consumer: nobody behind the inbox follows anything any more.
func (tx *Tx) DropCursors(consumer string) error {
	_, err := tx.exec("DELETE FROM cursor WHERE consumer = $1", consumer)
	return err
}

func scanCursor(r rowScanner) (Cursor, error) {
	var c Cursor
	var beyond string
	if err := r.Scan(&c.Consumer, &c.Lane, &c.Acked, &beyond); err != nil {
		return c, err
	}
	if beyond != "" {
		if err := json.Unmarshal([]byte(beyond), &c.Beyond); err != nil {
			return c, fmt.Errorf("cursor %s: %w", c.Consumer, err)
		}
	}
	return c, nil
}

// A DeliveryException is an entry that an inbox did not get.
type DeliveryException struct {
	Inbox  string
	Seq    circles.Seq
	Status int    // HTTP status; 0 = skipped, or no answer
	Error  string // for the operator
	At     int64  // UTC microseconds
}

// maxExceptionError bounds what is kept of a peer's answer.
const maxExceptionError = 500 // bytes

// RecordException notes that an entry was not delivered. A later note for the same entry replaces it.
func (tx *Tx) RecordException(inbox string, seq circles.Seq, status int, reason string) error {
	_, err := tx.exec(`INSERT INTO delivery_exception (inbox, seq, status, error, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (inbox, seq) DO UPDATE SET status = excluded.status, error = excluded.error, at = excluded.at`,
		inbox, seq, status, cleanText(reason, maxExceptionError), tx.at)
	if err != nil {
		return fmt.Errorf("exception of %s: %w", inbox, err)
	}
	return nil
}

// Exceptions returns what an inbox did not get behind seq, in ascending order, at most limit.
func (tx *Tx) Exceptions(inbox string, after circles.Seq, limit int) ([]DeliveryException, error) {
	return list(tx, scanException, `SELECT inbox, seq, status, error, at FROM delivery_exception
		WHERE inbox = $1 AND seq > $2 ORDER BY seq LIMIT $3`, inbox, after, limit)
}

// ExceptionsOf returns who did not get an entry, at most limit.
func (tx *Tx) ExceptionsOf(seq circles.Seq, limit int) ([]DeliveryException, error) {
	return list(tx, scanException, `SELECT inbox, seq, status, error, at FROM delivery_exception
		WHERE seq = $1 ORDER BY inbox LIMIT $2`, seq, limit)
}

func scanException(r rowScanner) (DeliveryException, error) {
	var e DeliveryException
	err := r.Scan(&e.Inbox, &e.Seq, &e.Status, &e.Error, &e.At)
	return e, err
}
