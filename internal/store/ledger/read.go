package ledger

import (
	"database/sql"
	"errors"
	"fmt"

	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// Balance returns what an account has; 0 if it was never opened.
func Balance(tx *store.Tx, code string) (int64, error) {
	var n int64
	err := tx.Statements(key.SQL{}).Row(`SELECT balance FROM ledger_account WHERE code = $1`, code).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("balance of %s: %w", code, err)
	}
	return n, nil
}

// Balances returns what accounts have; those never opened are left out. At most 1,000 codes.
func Balances(tx *store.Tx, codes []string) (map[string]int64, error) {
	s := tx.Statements(key.SQL{})
	list, args := s.In(nil, codes)
	all := make(map[string]int64, len(codes))
	err := s.Rows(`SELECT code, balance FROM ledger_account WHERE code IN (`+list+`)`, args, func(r store.Row) error {
		var (
			code string
			n    int64
		)
		if err := r.Scan(&code, &n); err != nil {
			return err
		}
		all[code] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("balances: %w", err)
	}
	return all, nil
}

// Booked returns a booking by its id, false if there is none.
func Booked(tx *store.Tx, id string) (Txn, bool, error) {
	s := tx.Statements(key.SQL{})
	t := Txn{ID: id}
	var (
		seq      int64
		reverses sql.NullString
	)
	err := s.Row(`SELECT seq, kind, reverses FROM ledger_txn WHERE id = $1`, id).Scan(&seq, &t.Kind, &reverses)
	if errors.Is(err, sql.ErrNoRows) {
		return Txn{}, false, nil
	}
	if err != nil {
		return Txn{}, false, fmt.Errorf("booking %s: %w", id, err)
	}
	t.Reverses = reverses.String
	if t.Postings, err = postings(s, seq); err != nil {
		return Txn{}, false, fmt.Errorf("booking %s: %w", id, err)
	}
	return t, true, nil
}

// Reversal returns the booking that takes back all of t under its own id.
func Reversal(t Txn, id, kind string) Txn {
	back := Txn{ID: id, Kind: kind, Reverses: t.ID}
	for _, p := range t.Postings {
		back.Postings = append(back.Postings, Posting{p.Account, -p.Amount})
	}
	return back
}

// A Line is what one booking did to one account.
type Line struct {
	Seq    int64 // place in the chain
	Txn    string
	Kind   string
	At     int64 // UTC microseconds
	Amount int64
}

// Lines returns what was booked on an account, latest first: those before a place in the chain
// (0 = from the end), at most limit.
func Lines(tx *store.Tx, code string, before int64, limit int) ([]Line, error) {
	s := tx.Statements(key.SQL{})
	var account int64
	err := s.Row(`SELECT id FROM ledger_account WHERE code = $1`, code).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lines of %s: %w", code, err)
	}
	if before <= 0 {
		before = 1<<62 - 1
	}
	var all []Line
	err = s.Rows(`SELECT p.txn, t.id, t.kind, t.at, p.amount FROM ledger_posting p JOIN ledger_txn t ON t.seq = p.txn
		WHERE p.account = $1 AND p.txn < $2 ORDER BY p.txn DESC, p.i LIMIT $3`, []any{account, before, limit}, func(r store.Row) error {
		var l Line
		if err := r.Scan(&l.Seq, &l.Txn, &l.Kind, &l.At, &l.Amount); err != nil {
			return err
		}
		all = append(all, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lines of %s: %w", code, err)
	}
	return all, nil
}

// postings returns the lines of a booking in their order.
func postings(s store.Statements, seq int64) ([]Posting, error) {
	var all []Posting
	err := s.Rows(`SELECT a.code, a.asset, a.kind, a.min_balance, p.amount FROM ledger_posting p JOIN ledger_account a ON a.id = p.account
		WHERE p.txn = $1 ORDER BY p.i`, []any{seq}, func(r store.Row) error {
		var (
			p   Posting
			low sql.NullInt64
		)
		if err := r.Scan(&p.Account.Code, &p.Account.Asset, &p.Account.Kind, &low, &p.Amount); err != nil {
			return err
		}
		p.Account.Bounded = low.Valid
		all = append(all, p)
		return nil
	})
	return all, err
}
