package ledger

import (
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// given are the states in which a tip counts against what a day allows: it moved, or may yet.
const given = `('open', 'held', 'paid', 'short')`

// A Day is what was given in some stretch of time, in minor units of an asset.
type Day struct {
	Payer, Payee, Pair int64
}

// GivenSince sums what the payer gave, the payee got, and the one gave the other since then, with what
// went into and came out of red packets. What the payee got in all is read only if asked for: theirs may be
// many more tips than any payer's. With payee 0, for what is for nobody yet, only Payer is more than 0.
func GivenSince(tx *store.Tx, payer, payee circles.PersonID, got bool, asset string, since time.Time) (d Day, err error) {
	all := payee
	if !got {
		all = 0
	}
	var laid, took, pair int64
	err = tx.Statements(key.SQL{}).Row(`SELECT a.gave, a.pair, b.got, c.laid, d.took, d.pair FROM
		(SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS gave, CAST(COALESCE(SUM(CASE WHEN payee = $2 THEN amount ELSE 0 END), 0) AS BIGINT) AS pair
			FROM tip WHERE payer = $1 AND id >= $5 AND asset = $4 AND state IN `+given+`) AS a
		CROSS JOIN (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS got
			FROM tip WHERE payee = $3 AND id >= $5 AND asset = $4 AND state IN `+given+`) AS b
		CROSS JOIN (SELECT CAST(COALESCE(SUM(total - back), 0) AS BIGINT) AS laid
			FROM packet WHERE maker = $1 AND id >= $5 AND asset = $4) AS c
		CROSS JOIN (SELECT CAST(COALESCE(SUM(s.amount), 0) AS BIGINT) AS took, CAST(COALESCE(SUM(CASE WHEN k.maker = $1 THEN s.amount ELSE 0 END), 0) AS BIGINT) AS pair
			FROM packet_share s CROSS JOIN packet k WHERE s.person = $2 AND s.person <> 0 AND s.at >= $6 AND k.id = s.packet AND k.asset = $4) AS d`,
		payer, payee, all, asset, circles.IDFloor(since), since.UnixMicro()). // ids are made in the order of time, and indexed with the people
		Scan(&d.Payer, &d.Pair, &d.Payee, &laid, &took, &pair)
	d.Payer, d.Pair = d.Payer+laid, d.Pair+pair
	if got {
		d.Payee += took
	}
	return d, err
}

// TipsSince counts what a payer meant to give since then, tips and red packets, whatever became of it; of either at
// most to limit.
func TipsSince(tx *store.Tx, payer circles.PersonID, since time.Time, limit int) (n int, err error) {
	err = tx.Statements(key.SQL{}).Row(`SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM tip WHERE payer = $1 AND id >= $2 LIMIT $3) AS t)
		+ (SELECT COUNT(*) FROM (SELECT 1 AS one FROM packet WHERE maker = $1 AND id >= $2 LIMIT $3) AS k)`,
		payer, circles.IDFloor(since), limit).Scan(&n)
	return n, err
}

// An Edge is that one person tipped another, or another took from their packet.
type Edge struct{ From, To circles.PersonID }

// TippedBy returns whom some people tipped since then, at most limit of those pairs.
func TippedBy(tx *store.Tx, payers []circles.PersonID, since time.Time, limit int) ([]Edge, error) {
	s := tx.Statements(key.SQL{})
	ids := make([]circles.PostID, len(payers)) // InIDs takes ids of one type
	for i, p := range payers {
		ids[i] = circles.PostID(p)
	}
	list, args := s.InIDs([]any{circles.IDFloor(since), limit}, ids)
	var all []Edge
	err := s.Rows(`SELECT payer, payee FROM (
		SELECT payer, payee FROM tip WHERE id >= $1 AND payer IN (`+list+`) AND state IN ('paid', 'short')
		UNION SELECT k.maker, s.person FROM packet k CROSS JOIN packet_share s
			WHERE k.id >= $1 AND k.maker IN (`+list+`) AND s.packet = k.id AND s.person <> 0) AS e
		ORDER BY payer, payee LIMIT $2`, args, func(r store.Row) error {
		var e Edge
		err := r.Scan(&e.From, &e.To)
		all = append(all, e)
		return err
	})
	return all, err
}

// Hide takes the tips from one person to another since then out of what people see, and returns them.
// Their counts are the caller's.
func Hide(tx *store.Tx, e Edge, since time.Time) ([]*Tip, error) {
	s := tx.Statements(key.SQL{})
	var all []*Tip
	err := s.Rows(`SELECT `+tipColumns+` FROM tip WHERE payer = $1 AND payee = $2 AND id >= $3 AND hidden = 0 AND state IN ('paid', 'short') ORDER BY id`,
		[]any{e.From, e.To, circles.IDFloor(since)}, func(r store.Row) error {
			t, err := scanTip(r)
			all = append(all, t)
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		if _, err := s.Exec(`UPDATE tip SET hidden = 1 WHERE id = $1`, t.ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// An Audit is what a rule did between two people on a day, and how often.
type Audit struct {
	ID     int64
	Rule   string
	Actor  circles.ActorID
	Other  circles.ActorID
	N      int64
	Tip    int64
	At     int64
	LastAt int64
	Detail string
	Review bool // an admin has not looked yet
}

// AddAudit writes one down, or counts it on the row of its day. Review asks for an admin's look again.
func AddAudit(tx *store.Tx, a Audit) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip_audit (id, rule, actor, other, day, n, tip, at, last_at, detail, review)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $7, $8, $9)
		ON CONFLICT (rule, actor, other, day) DO UPDATE SET n = tip_audit.n + 1, last_at = excluded.last_at, tip = excluded.tip,
			detail = excluded.detail, review = excluded.review`,
		tx.NewID(), a.Rule, a.Actor, a.Other, time.UnixMicro(tx.Now()).Unix()/86400, a.Tip, tx.Now(), a.Detail, a.Review)
	return err
}

// Audits returns what the rules did, the latest first: before an id (0 = from the end), at most limit;
// only what waits for a look, if so asked.
func Audits(tx *store.Tx, review bool, before int64, limit int) ([]Audit, error) {
	if before <= 0 {
		before = 1<<62 - 1
	}
	query := `SELECT id, rule, actor, other, n, tip, at, last_at, detail, review FROM tip_audit WHERE id < $1 ORDER BY id DESC LIMIT $2`
	if review {
		query = `SELECT id, rule, actor, other, n, tip, at, last_at, detail, review FROM tip_audit WHERE review = 1 AND id < $1 ORDER BY id DESC LIMIT $2`
	}
	var all []Audit
	err := tx.Statements(key.SQL{}).Rows(query, []any{before, limit}, func(r store.Row) error {
		var a Audit
		err := r.Scan(&a.ID, &a.Rule, &a.Actor, &a.Other, &a.N, &a.Tip, &a.At, &a.LastAt, &a.Detail, &a.Review)
		all = append(all, a)
		return err
	})
	return all, err
}

// SeeAudit notes who looked at one.
func SeeAudit(tx *store.Tx, id int64, by circles.PersonID) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE tip_audit SET review = 0, seen_by = $2, seen_at = $3 WHERE id = $1 AND review = 1`, id, by, tx.Now())
	return err
}
