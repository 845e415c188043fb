package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A MonthGiven is what a person gave in a month.
type MonthGiven struct {
	Month  int64 // 202611
	People int   // who got something of it
	Sums   []Sum // by asset, those above zero
}

// A Sum is minor units of an asset.
type Sum struct {
	Asset string
	Minor int64
}

// A MonthMark is how far people were told of months.
type MonthMark struct {
	Month  int64            // 0 = nobody was ever told of one
	Person circles.PersonID // the last who was seen to
	Done   bool             // everybody was
}

// MonthMarked returns it.
func MonthMarked(tx *store.Tx) (m MonthMark, err error) {
	err = tx.Statements(key.SQL{}).Row(`SELECT month, person, done FROM tip_month_mark WHERE one = 1`).Scan(&m.Month, &m.Person, &m.Done)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return m, err
}

// MarkMonth sets it.
func MarkMonth(tx *store.Tx, m MonthMark) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip_month_mark (one, month, person, done) VALUES (1, $1, $2, $3)
		ON CONFLICT (one) DO UPDATE SET month = excluded.month, person = excluded.person, done = excluded.done`, m.Month, m.Person, m.Done)
	return err
}

// Givers returns people of this instance who began a tip between two times, or laid down a red packet since
// laid, and want to be told what they gave: by id, those after one, at most limit. It looks at each account
// by index, never at all tips of the month.
func Givers(tx *store.Tx, from, to, laid time.Time, after circles.PersonID, limit int) ([]circles.PersonID, error) {
	var all []circles.PersonID
	err := tx.Statements(key.SQL{}).Rows(`SELECT k.person FROM account k WHERE k.person > $1
			AND (EXISTS (SELECT 1 FROM tip t WHERE t.payer = k.person AND t.id >= $2 AND t.id < $3)
				OR EXISTS (SELECT 1 FROM packet p WHERE p.maker = k.person AND p.id >= $4 AND p.id < $3))
			AND NOT EXISTS (SELECT 1 FROM tip_wish w WHERE w.person = k.person AND w.no_month = 1)
		ORDER BY k.person LIMIT $5`,
		[]any{after, circles.IDFloor(from), circles.IDFloor(to), circles.IDFloor(laid), limit}, func(r store.Row) error {
			var id circles.PersonID
			err := r.Scan(&id)
			all = append(all, id)
			return err
		})
	return all, err
}

// GivenIn sums what a person gave between two times: what came of the tips that they began then, without
// what went back, and what others took then of red packets that they laid down since laid.
func GivenIn(tx *store.Tx, person circles.PersonID, from, to, laid time.Time) (MonthGiven, error) {
	var m MonthGiven
	payees := map[circles.PersonID]bool{}
	sums := map[string]int64{}
	err := tx.Statements(key.SQL{}).Rows(`SELECT t.asset, t.payee, CAST(SUM(c.received - c.refunded - c.reversed) AS BIGINT)
			FROM tip t CROSS JOIN charge c WHERE t.payer = $1 AND t.id >= $2 AND t.id < $3 AND c.tip = t.id GROUP BY t.asset, t.payee
		UNION ALL SELECT k.asset, s.person, CAST(SUM(s.amount) AS BIGINT)
			FROM packet k CROSS JOIN packet_share s WHERE k.maker = $1 AND k.id >= $4 AND k.id < $3 AND s.packet = k.id AND s.person <> 0
			AND s.at >= $5 AND s.at < $6 GROUP BY k.asset, s.person`,
		[]any{person, circles.IDFloor(from), circles.IDFloor(to), circles.IDFloor(laid), from.UnixMicro(), to.UnixMicro()}, func(r store.Row) error {
			var (
				asset string
				payee circles.PersonID
				minor int64
			)
			if err := r.Scan(&asset, &payee, &minor); err != nil {
				return err
			}
			if minor > 0 {
				payees[payee] = true
				sums[asset] += minor
			}
			return nil
		})
	if err != nil {
		return m, fmt.Errorf("given in a month: %w", err)
	}
	m.People = len(payees)
	for asset, minor := range sums {
		m.Sums = append(m.Sums, Sum{asset, minor})
	}
	slices.SortFunc(m.Sums, func(a, b Sum) int { return strings.Compare(a.Asset, b.Asset) })
	return m, nil
}

// AddMonth keeps what somebody is told of a month. What they were told before stands.
func AddMonth(tx *store.Tx, person circles.PersonID, m MonthGiven) error {
	for _, s := range m.Sums {
		_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip_month (person, month, asset, amount, people) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (person, month, asset) DO NOTHING`, person, m.Month, s.Asset, s.Minor, m.People)
		if err != nil {
			return err
		}
	}
	return nil
}

// MonthsOf returns what somebody was told of months since one, by month.
func MonthsOf(tx *store.Tx, person circles.PersonID, since int64) (map[int64]MonthGiven, error) {
	all := map[int64]MonthGiven{}
	err := tx.Statements(key.SQL{}).Rows(`SELECT month, people, asset, amount FROM tip_month WHERE person = $1 AND month >= $2 ORDER BY month, asset`,
		[]any{person, since}, func(r store.Row) error {
			var (
				m MonthGiven
				s Sum
			)
			if err := r.Scan(&m.Month, &m.People, &s.Asset, &s.Minor); err != nil {
				return err
			}
			m.Sums = append(all[m.Month].Sums, s)
			all[m.Month] = m
			return nil
		})
	return all, err
}
