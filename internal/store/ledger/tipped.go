package ledger

import (
	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// CountTip adds to what a person gave for a post, or takes from it, and keeps the number of people.
func CountTip(tx *store.Tx, post circles.PostID, payer circles.PersonID, asset string, by int64) error {
	if post == 0 || by == 0 {
		return nil
	}
	s := tx.Statements(key.SQL{})
	var others, had int64 // other assets that they gave of, and how much of this one
	err := s.Rows(`SELECT asset, amount FROM tipper WHERE post = $1 AND payer = $2`, []any{post, payer}, func(r store.Row) error {
		var of string
		var n int64
		err := r.Scan(&of, &n)
		switch {
		case of == asset:
			had = n
		case n > 0:
			others++
		}
		return err
	})
	if err != nil {
		return err
	}
	if _, err := s.Exec(`INSERT INTO tipper (post, payer, asset, amount) VALUES ($1, $2, $3, $4)
		ON CONFLICT (post, payer, asset) DO UPDATE SET amount = tipper.amount + excluded.amount`, post, payer, asset, by); err != nil {
		return err
	}
	before, after := had > 0, had+by > 0
	if others > 0 || before == after {
		return nil
	}
	change := 1
	if before {
		change = -1
	}
	_, err = s.Exec(`INSERT INTO tipped (post, people) VALUES ($1, $2)
		ON CONFLICT (post) DO UPDATE SET people = tipped.people + excluded.people`, post, change)
	return err
}

// Tippers returns how many people tipped each of some posts; posts that nobody tipped are left out, and
// those that are sensitive or stand in a circle which says nothing of tips.
func Tippers(tx *store.Tx, posts []circles.PostID) (map[circles.PostID]int, error) {
	s := tx.Statements(key.SQL{})
	all := map[circles.PostID]int{}
	list, args := s.InIDs(nil, posts)
	err := s.Rows(`SELECT t.post, t.people FROM tipped t CROSS JOIN post p LEFT JOIN circle c ON c.id = p.circle
		WHERE t.people > 0 AND t.post IN (`+list+`) AND p.id = t.post AND p.sensitive = 0 AND (c.sensitive IS NULL OR c.sensitive = 0)
		AND NOT EXISTS (SELECT 1 FROM tip_policy x WHERE x.circle = p.circle AND x.policy = 'off')`, args, func(r store.Row) error {
		var (
			post circles.PostID
			n    int
		)
		if err := r.Scan(&post, &n); err != nil {
			return err
		}
		all[post] = n
		return nil
	})
	return all, err
}
