package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"halqa/circles"
)

// deletionPrefix begins the names of the settings that list actors of whose words not all are deleted
// yet. Such rows live for seconds.
const deletionPrefix = "deleting/"

// A Deletion is how far the deletion of an actor's words has come.
type Deletion struct {
	Actor circles.ActorID
	Kind  circles.PostKind // of the last that was deleted
	After circles.PostID
}

// SaveDeletion notes that what an actor wrote has to be deleted, and how far that has come.
func (tx *Tx) SaveDeletion(d Deletion) error {
	_, err := tx.exec(`INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
		deletionPrefix+d.Actor.String(), string(d.Kind)+"/"+d.After.String())
	return err
}

// NextDeletion returns one that is not done; the zero Deletion if all are.
func (tx *Tx) NextDeletion() (Deletion, error) {
	var name, progress string
	err := tx.row(`SELECT name, value FROM setting WHERE substr(name, 1, $1) = $2 ORDER BY name LIMIT 1`,
		len(deletionPrefix), deletionPrefix).Scan(&name, &progress)
	if errors.Is(err, sql.ErrNoRows) {
		return Deletion{}, nil
	}
	if err != nil {
		return Deletion{}, err
	}
	id, err := strconv.ParseInt(name[len(deletionPrefix):], 10, 64)
	if err != nil {
		return Deletion{}, fmt.Errorf("setting %s: %w", name, err)
	}
	kind, after, _ := strings.Cut(progress, "/")
	post, err := strconv.ParseInt(after, 10, 64)
	if err != nil {
		return Deletion{}, fmt.Errorf("setting %s: %w", name, err)
	}
	return Deletion{Actor: circles.ActorID(id), Kind: circles.PostKind(kind), After: circles.PostID(post)}, nil
}

// DeletionDone strikes an actor off.
func (tx *Tx) DeletionDone(id circles.ActorID) error {
	_, err := tx.exec(`DELETE FROM setting WHERE name = $1`, deletionPrefix+id.String())
	return err
}
