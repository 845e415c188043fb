package store

import (
	"database/sql"
	"errors"
	"strconv"

	"halqa/circles"
)

// A Moving is an actor that moved, and how far its followers here have been led after it.
type Moving struct {
	Actor, Target circles.ActorID
	After         int64 // the last follow that was
}

// SaveMoving notes how far that has come.
func (tx *Tx) SaveMoving(m Moving) error {
	_, err := tx.exec(`INSERT INTO moving (actor, target, after) VALUES ($1, $2, $3)
		ON CONFLICT (actor) DO UPDATE SET target = excluded.target, after = excluded.after`, m.Actor, m.Target, m.After)
	return err
}

// NextMoving returns one that is not done; the zero Moving if all are.
func (tx *Tx) NextMoving() (Moving, error) {
	m, err := one(tx, func(r rowScanner) (Moving, error) {
		var m Moving
		err := r.Scan(&m.Actor, &m.Target, &m.After)
		return m, err
	}, `SELECT actor, target, after FROM moving ORDER BY actor LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return Moving{}, nil
	}
	return m, err
}

// MovingDone strikes an actor off.
func (tx *Tx) MovingDone(id circles.ActorID) error {
	_, err := tx.exec(`DELETE FROM moving WHERE actor = $1`, id)
	return err
}

// LocalFollows returns follows of an actor by people here, asked and accepted, by id after the given one.
func (tx *Tx) LocalFollows(followee circles.ActorID, after int64, limit int) ([]*circles.Follow, error) {
	return list(tx, scanFollow, `SELECT `+followColumns+` FROM follow f CROSS JOIN actor a
		WHERE f.followee = $1 AND f.state <> 'ended' AND f.id > $2 AND a.id = f.follower AND a.host = ''
		ORDER BY f.id LIMIT $3`, followee, after, limit)
}

// movedThread keeps notifications of moves apart from those of followers, which have no thread either.
const movedThread = -1

// NotifyOfMove tells a person that whom they followed moved, and where.
func (tx *Tx) NotifyOfMove(person circles.PersonID, from, to circles.ActorID) error {
	_, err := tx.exec(`INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT k.person, 'moved', CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT) FROM account k WHERE k.person = $1
		ON CONFLICT (person, kind, object) DO UPDATE SET actor = excluded.actor, at = excluded.at, seen = 0`,
		person, from, movedThread, to, tx.at)
	return err
}

// movedPrefix begins the names of the settings that say when an actor moved, or was moved to, last.
const movedPrefix = "moved/"

// LastMove returns when an actor moved, or was moved to, in UTC microseconds; 0 if that is not known or
// long ago.
func (tx *Tx) LastMove(id circles.ActorID) (int64, error) {
	at, err := tx.Setting(Setting(movedPrefix + id.String()))
	if err != nil || at == "" {
		return 0, err
	}
	return strconv.ParseInt(at, 10, 64)
}

// NoteMove notes that actors moved, or were moved to, now, and forgets whose last move was before a time.
func (tx *Tx) NoteMove(before int64, ids ...circles.ActorID) error {
	_, err := tx.exec(`DELETE FROM setting WHERE substr(name, 1, $1) = $2 AND CAST(value AS BIGINT) < $3`, len(movedPrefix), movedPrefix, before)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.SetSetting(Setting(movedPrefix+id.String()), strconv.FormatInt(tx.at, 10)); err != nil {
			return err
		}
	}
	return nil
}
