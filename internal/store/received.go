package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// Admit takes in the id of an activity, once: fresh is false if it came before. raw may be nil; it
// is kept where a circle will announce it. The row's id is what Detail.Received of a log entry names.
func (tx *Tx) Admit(uri string, raw []byte) (id int64, fresh bool, err error) {
	id = tx.NewID()
	var bytes any // a nil []byte is not NULL to every driver
	if raw != nil {
		bytes = raw
	}
	n, err := tx.exec(`INSERT INTO received (id, uri, at, raw) VALUES ($1, $2, $3, $4) ON CONFLICT (uri) DO NOTHING`, id, uri, tx.Now(), bytes)
	if err != nil {
		return 0, false, fmt.Errorf("admit: %w", err)
	}
	if n == 1 {
		return id, true, nil
	}
	id, err = one(tx, value[int64], `SELECT id FROM received WHERE uri = $1`, uri)
	return id, false, err
}

// Received returns the bytes of an admitted activity; nil if they were not kept, or no longer are.
func (tx *Tx) Received(id int64) ([]byte, error) {
	var raw []byte
	err := tx.row(`SELECT raw FROM received WHERE id = $1`, id).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return raw, err
}

// DropReceived forgets the bytes of an admitted activity, but not that it came.
func (tx *Tx) DropReceived(id int64) error {
	_, err := tx.exec(`UPDATE received SET raw = NULL WHERE id = $1`, id)
	return err
}

// TrimReceived forgets activities that were admitted before a time, at most limit, and returns how
// many; the caller goes on until it is 0. An entry of the log may still name one whose bytes are to
// be announced, so they are kept as long as the log is.
func (tx *Tx) TrimReceived(before int64, limit int) (int64, error) {
	return tx.exec(`DELETE FROM received WHERE id IN (SELECT id FROM received WHERE at < $1 ORDER BY at LIMIT $2)`, before, limit)
}

// AddTombstone notes that what has this id was deleted or undone before it was ever seen here, on the
// word of host: its Create must come to nothing.
func (tx *Tx) AddTombstone(uri, host string) error {
	_, err := tx.exec(`INSERT INTO tombstone (uri, host, at) VALUES ($1, $2, $3)
		ON CONFLICT (uri) DO UPDATE SET host = excluded.host, at = excluded.at`, uri, host, tx.Now())
	return err
}

// Tombstone returns the host that said that what has this id is gone; "" if none did.
func (tx *Tx) Tombstone(uri string) (host string, err error) {
	host, err = one(tx, value[string], `SELECT host FROM tombstone WHERE uri = $1`, uri)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return host, err
}

// RemoveTombstone lifts one, when a deletion is undone.
func (tx *Tx) RemoveTombstone(uri string) error {
	_, err := tx.exec(`DELETE FROM tombstone WHERE uri = $1`, uri)
	return err
}

// TrimTombstones forgets those from before a time, at most limit, and returns how many.
func (tx *Tx) TrimTombstones(before int64, limit int) (int64, error) {
	return tx.exec(`DELETE FROM tombstone WHERE uri IN (SELECT uri FROM tombstone WHERE at < $1 ORDER BY at LIMIT $2)`, before, limit)
}
