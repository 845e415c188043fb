package store

import (
	"encoding/json"
	"fmt"
	"slices"

	"halqa/circles"
)

// SenderPrefix begins the name under which the sender keeps its cursors: an inbox's address follows.
const SenderPrefix = "send:"

// A Target is an inbox that the entries of a post concern, and how far it has got.
type Target struct {
	Inbox  string
	Done   bool   // it has them all
	Failed bool   // it was given up on at least one of them
	Status int    // of the last attempt that was given up; 0 = no answer
	Error  string // of the same
}

// Reached returns the inboxes that a post's own entry and its circle's entry concern: those that
// followed the author or the circle at that point of the log, and those that were named. The audience
// is the one of then, so it needs no row for each delivery. Its cost grows with the inboxes.
func (tx *Tx) Reached(p *circles.Post) ([]Target, error) {
	if p.CreateSeq == 0 && p.AnnounceSeq == 0 {
		return nil, nil
	}
	const followed = `SELECT f.inbox, CAST($%[1]d AS BIGINT) AS seq FROM follow f WHERE f.followee = $%[2]d AND f.inbox <> ''
		AND f.from_seq > 0 AND f.from_seq < $%[1]d AND (f.until_seq = 0 OR f.until_seq >= $%[1]d) AND $%[1]d > 0`
	var all []Target
	at := map[string]int{}
	err := tx.rows(`SELECT d.inbox, d.seq, COALESCE(c.acked, 0), COALESCE(c.beyond, ''), COALESCE(e.seq, 0), COALESCE(e.status, 0), COALESCE(e.error, '')
		FROM (`+fmt.Sprintf(followed, 1, 2)+" UNION "+fmt.Sprintf(followed, 3, 4)+` UNION
			SELECT t.inbox, t.seq FROM event_to t WHERE t.seq IN ($1, $3)) AS d
		LEFT JOIN cursor c ON c.consumer = $5 || d.inbox AND c.lane = $6
		LEFT JOIN delivery_exception e ON e.inbox = d.inbox AND e.seq = d.seq
		ORDER BY d.inbox, d.seq`,
		[]any{p.CreateSeq, p.Author, p.AnnounceSeq, p.Circle, SenderPrefix, circles.LaneContent}, func(r rowScanner) error {
			var t Target
			var seq, acked, failed circles.Seq
			var beyond string
			if err := r.Scan(&t.Inbox, &seq, &acked, &beyond, &failed, &t.Status, &t.Error); err != nil {
				return err
			}
			t.Failed = failed != 0
			t.Done = acked >= seq && !t.Failed
			if !t.Done && !t.Failed && beyond != "" {
				var later []circles.Seq
				if err := json.Unmarshal([]byte(beyond), &later); err != nil {
					return fmt.Errorf("cursor %s: %w", t.Inbox, err)
				}
				t.Done = slices.Contains(later, seq)
			}
			i, ok := at[t.Inbox]
			if !ok {
				at[t.Inbox] = len(all)
				all = append(all, t)
				return nil
			}
			all[i].Done = all[i].Done && t.Done
			if t.Failed {
				all[i].Failed, all[i].Status, all[i].Error = true, t.Status, t.Error
			}
			return nil
		})
	return all, err
}
