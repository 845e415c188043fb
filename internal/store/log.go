package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"halqa/circles"
)

// logLock is the key of the advisory lock under which PostgreSQL draws seq: "halq" in ASCII.
const logLock = 0x68616c71

const eventColumns = "seq, at, kind, stream, signer, order_key, object, detail"

// AppendEvent appends an entry to the log and returns its place. Seq and At of e are ignored. It is
// the last thing a closure does, or nearly: on PostgreSQL whoever appends waits until the transaction
// before has committed, because only then is the order of seq the order of the commits, and a
// follower that has read up to n will never see an n-1 appear.
func (tx *Tx) AppendEvent(e circles.Event) (circles.Seq, error) {
	detail := ""
	if e.Detail != (circles.EventDetail{}) {
		b, err := json.Marshal(e.Detail)
		if err != nil {
			return 0, fmt.Errorf("event %s: %w", e.Kind, err)
		}
		detail = string(b)
	}
	if tx.postgres() && !tx.locked {
		if _, err := tx.exec("SELECT pg_advisory_xact_lock($1)", logLock); err != nil {
			return 0, err
		}
		tx.locked = true
	}
	place, err := tx.insert("seq", `INSERT INTO event (at, kind, stream, signer, order_key, object, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		tx.at, e.Kind, e.Stream, e.Signer, e.OrderKey, e.Object, detail)
	seq := circles.Seq(place)
	if err != nil {
		return 0, fmt.Errorf("append %s: %w", e.Kind, err)
	}
	for _, inbox := range e.To {
		if _, err := tx.exec(`INSERT INTO event_to (seq, inbox) VALUES ($1, $2) ON CONFLICT (seq, inbox) DO NOTHING`, seq, inbox); err != nil {
			return 0, fmt.Errorf("address %s: %w", e.Kind, err)
		}
	}
	tx.appended = true
	return seq, nil
}

// Appended reports whether this closure wrote to the log.
func (tx *Tx) Appended() bool { return tx.appended }

// LogEnds returns the first entry the log still has and the last it ever got; both are 0 if there is
// none yet, and first is last+1 if all were trimmed.
func (tx *Tx) LogEnds() (first, last circles.Seq, err error) {
	err = tx.row("SELECT MIN(seq), MAX(seq) FROM event").Scan(orZero(&first), orZero(&last))
	return first, last, err
}

// Event returns one entry; NotFound if it was trimmed or never was.
func (tx *Tx) Event(seq circles.Seq) (circles.Event, error) {
	e, err := one(tx, scanEvent, "SELECT "+eventColumns+" FROM event WHERE seq = $1", seq)
	if err != nil {
		return circles.Event{}, notFound(err, "log entry")
	}
	all := []circles.Event{e}
	err = tx.addressees(all)
	return all[0], err
}

// EventsAfter returns the entries behind seq in ascending order, at most limit.
func (tx *Tx) EventsAfter(seq circles.Seq, limit int) ([]circles.Event, error) {
	all, err := list(tx, scanEvent, "SELECT "+eventColumns+" FROM event WHERE seq > $1 ORDER BY seq LIMIT $2", seq, limit)
	if err != nil {
		return nil, err
	}
	return all, tx.addressees(all)
}

// StreamEvents returns the entries of the streams behind seq in ascending order, at most limit. It
// costs a look into an index for each stream and never reads entries of others.
func (tx *Tx) StreamEvents(streams []circles.ActorID, after circles.Seq, limit int) ([]circles.Event, error) {
	var all []circles.Event
	upTo := circles.Seq(math.MaxInt64) // nothing behind it can be among the first limit
	for _, stream := range streams {
		more, err := list(tx, scanEvent, "SELECT "+eventColumns+` FROM event
			WHERE stream = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`, stream, after, upTo, limit)
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			continue
		}
		all = append(all, more...)
		if len(all) >= limit {
			all = firstEvents(all, limit)
			upTo = all[limit-1].Seq
		}
	}
	all = firstEvents(all, limit)
	return all, tx.addressees(all)
}

// InboxEvents returns the entries behind seq that name the inbox, in ascending order, at most limit.
func (tx *Tx) InboxEvents(inbox string, after circles.Seq, limit int) ([]circles.Event, error) {
	all, err := list(tx, scanEvent, `SELECT e.seq, e.at, e.kind, e.stream, e.signer, e.order_key, e.object, e.detail
		FROM event_to t JOIN event e ON e.seq = t.seq
		WHERE t.inbox = $1 AND t.seq > $2 ORDER BY t.seq LIMIT $3`, inbox, after, limit)
	if err != nil {
		return nil, err
	}
	return all, tx.addressees(all)
}

// TrimEvents removes entries from before a time, in UTC microseconds, oldest first and at most limit
// of them, with what hangs on them. It returns how many; the caller goes on until it is 0.
func (tx *Tx) TrimEvents(before int64, limit int) (int64, error) {
	// The newest entry stays even if it is old, so that the end of the log can be told.
	var upTo circles.Seq
	err := tx.row(`SELECT MAX(seq) FROM (
			SELECT seq, at FROM event WHERE seq < (SELECT MAX(seq) FROM event) ORDER BY seq LIMIT $2
		) AS oldest WHERE at < $1`, before, limit).Scan(orZero(&upTo))
	if err != nil || upTo == 0 {
		return 0, err
	}
	n, err := tx.exec("DELETE FROM event WHERE seq <= $1", upTo)
	if err != nil {
		return 0, fmt.Errorf("trim log: %w", err)
	}
	for _, q := range []string{
		"DELETE FROM event_to WHERE seq <= $1",
		"DELETE FROM delivery_exception WHERE seq <= $1",
	} {
		if _, err := tx.exec(q, upTo); err != nil {
			return 0, fmt.Errorf("trim log: %w", err)
		}
	}
	return n, nil
}

func scanEvent(r rowScanner) (circles.Event, error) {
	var e circles.Event
	var detail string
	if err := r.Scan(&e.Seq, &e.At, &e.Kind, &e.Stream, &e.Signer, &e.OrderKey, &e.Object, &detail); err != nil {
		return e, err
	}
	if detail != "" {
		if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
			return e, fmt.Errorf("detail of event %s: %w", e.Seq, err)
		}
	}
	return e, nil
}

// addressees fills in To of events in ascending order.
func (tx *Tx) addressees(events []circles.Event) error {
	for chunk := range slices.Chunk(events, 256) {
		seqs := make([]circles.Seq, len(chunk))
		at := make(map[circles.Seq]*circles.Event, len(chunk))
		for i := range chunk {
			seqs[i] = chunk[i].Seq
			at[chunk[i].Seq] = &chunk[i]
		}
		places, args := in(nil, seqs)
		err := tx.rows("SELECT seq, inbox FROM event_to WHERE seq IN ("+places+") ORDER BY seq, inbox", args, func(r rowScanner) error {
			var seq circles.Seq
			var inbox string
			if err := r.Scan(&seq, &inbox); err != nil {
				return err
			}
			at[seq].To = append(at[seq].To, inbox)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func firstEvents(all []circles.Event, limit int) []circles.Event {
	slices.SortFunc(all, func(a, b circles.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return all[:min(limit, len(all))]
}
