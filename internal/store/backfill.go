package store

import "halqa/circles"

// A Backfill is the wish for what an actor elsewhere wrote before anybody here followed it.
type Backfill struct {
	Actor   circles.ActorID
	DueAt   int64 // 0 = done
	Tries   int   // begun so often
	Fetched int   // posts and comments that were asked for
}

// WantBackfill notes that an actor's past is to be fetched, unless it was noted before.
func (tx *Tx) WantBackfill(id circles.ActorID) error {
	_, err := tx.exec(`INSERT INTO backfill (actor, at, due_at) VALUES ($1, $2, $2) ON CONFLICT (actor) DO NOTHING`, id, tx.Now())
	return err
}

// RenewBackfill has an actor's past fetched once more, if it ever was to be.
func (tx *Tx) RenewBackfill(id circles.ActorID) error {
	_, err := tx.exec(`UPDATE backfill SET due_at = $2, tries = 0 WHERE actor = $1`, id, tx.Now())
	return err
}

// DueBackfills returns what is due, the longest first.
func (tx *Tx) DueBackfills(limit int) ([]Backfill, error) {
	return list(tx, scanBackfill, `SELECT actor, due_at, tries, fetched FROM backfill
		WHERE due_at <> 0 AND due_at <= $1 ORDER BY due_at, actor LIMIT $2`, tx.Now(), limit)
}

func scanBackfill(r rowScanner) (Backfill, error) {
	var b Backfill
	err := r.Scan(&b.Actor, &b.DueAt, &b.Tries, &b.Fetched)
	return b, err
}

// SaveBackfill writes how far one has come.
func (tx *Tx) SaveBackfill(b Backfill) error {
	_, err := tx.exec(`UPDATE backfill SET due_at = $2, tries = $3, fetched = $4 WHERE actor = $1`, b.Actor, b.DueAt, b.Tries, b.Fetched)
	return err
}

// Backfill returns how an actor's past stands; NotFound if nobody here ever followed it.
func (tx *Tx) Backfill(id circles.ActorID) (Backfill, error) {
	b, err := one(tx, scanBackfill, `SELECT actor, due_at, tries, fetched FROM backfill WHERE actor = $1`, id)
	return b, notFound(err, "past")
}
