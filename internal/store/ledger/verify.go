package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// genesis stands where the first booking's hash of the one before it would be.
const genesis = "genesis"

// verifyPage is how many bookings one transaction reads: a reader that stays long keeps the
// write-ahead log from being cut.
const verifyPage = 500

// A Finding is what a check found wrong; the books are not to be trusted until a person has looked.
type Finding struct {
	Seq  int64 // the booking it was found at, 0 for an account
	What string
}

func (f *Finding) Error() string { return "ledger: " + f.What }

// A Report is what a check looked at.
type Report struct {
	From, To int64 // bookings, 0 and 0 if there are none
	Accounts int   // whose balance was reckoned again
	Head     []byte
}

// VerifyTail checks the chain from the last checkpoint on, as is done at every start. A *Finding says
// what is wrong.
func VerifyTail(ctx context.Context, st *store.Store) (Report, error) { return verify(ctx, st, false) }

// VerifyAll checks the chain from the first booking and reckons every balance again. A *Finding says
// what is wrong; when all is well, a checkpoint is left for VerifyTail.
func VerifyAll(ctx context.Context, st *store.Store) (Report, error) { return verify(ctx, st, true) }

// A walk follows the chain page by page.
type walk struct {
	report Report
	prev   []byte
	seq    int64
	sums   map[string]int64 // reckoned balance of each account; nil if only the chain is checked
}

func verify(ctx context.Context, st *store.Store, all bool) (Report, error) {
	w := walk{prev: []byte(genesis)}
	var err error
	if all {
		w.sums = map[string]int64{}
	} else {
		err = st.View(ctx, w.resume)
	}
	w.report.From = w.seq + 1
	for more := true; more && err == nil; {
		err = st.View(ctx, func(tx *store.Tx) error { // a View runs once
			var err error
			if more, err = w.page(tx); err == nil && !more {
				err = w.finish(tx)
			}
			return err
		})
	}
	if w.seq < w.report.From {
		w.report.From = 0
	}
	w.report.To, w.report.Head = w.seq, w.prev
	if err == nil && all && w.seq > 0 {
		err = st.Update(ctx, w.checkpoint)
	}
	var f *Finding
	switch {
	case errors.As(err, &f):
		return w.report, f
	case err != nil:
		return w.report, fmt.Errorf("verify ledger: %w", err)
	}
	return w.report, nil
}

// resume begins at the last checkpoint, with the balances of that time.
func (w *walk) resume(tx *store.Tx) error {
	s := tx.Statements(key.SQL{})
	err := s.Row(`SELECT seq, hash FROM ledger_checkpoint ORDER BY seq DESC LIMIT 1`).Scan(&w.seq, &w.prev)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var hash []byte
	switch err := s.Row(`SELECT hash FROM ledger_txn WHERE seq = $1`, w.seq).Scan(&hash); {
	case errors.Is(err, sql.ErrNoRows):
		return &Finding{w.seq, fmt.Sprintf("booking %d of the last checkpoint is gone", w.seq)}
	case err != nil:
		return err
	case !bytes.Equal(hash, w.prev):
		return &Finding{w.seq, fmt.Sprintf("booking %d is not the one of the last checkpoint", w.seq)}
	}
	return nil
}

// page checks the next bookings and reports whether there may be more.
func (w *walk) page(tx *store.Tx) (more bool, err error) {
	s := tx.Statements(key.SQL{})
	var records []record
	sealed := true
	err = s.Rows(`SELECT seq, id, kind, idem_hash, reverses, at, n, prev_hash, hash, sealed FROM ledger_txn
		WHERE seq > $1 ORDER BY seq LIMIT $2`, []any{w.seq, verifyPage}, func(row store.Row) error {
		var (
			r        record
			reverses sql.NullString
			n        int
			closed   bool
		)
		if err := row.Scan(&r.seq, &r.id, &r.kind, &r.idem, &reverses, &r.at, &n, &r.prev, &r.hash, &closed); err != nil {
			return err
		}
		r.reverses = reverses.String
		r.postings = make([]Posting, 0, n)
		sealed = sealed && closed
		records = append(records, r)
		return nil
	})
	if err != nil || len(records) == 0 {
		return false, err
	}
	if !sealed {
		return false, &Finding{records[0].seq, fmt.Sprintf("between %d and %d a booking was never sealed", records[0].seq, records[len(records)-1].seq)}
	}
	if err := fill(s, records); err != nil {
		return false, err
	}
	for _, r := range records {
		if err := w.step(r); err != nil {
			return false, err
		}
	}
	return len(records) == verifyPage, nil
}

// fill reads the postings of consecutive bookings at once.
func fill(s store.Statements, records []record) error {
	first, last := records[0].seq, records[len(records)-1].seq
	i := 0
	return s.Rows(`SELECT p.txn, a.code, a.asset, p.amount FROM ledger_posting p JOIN ledger_account a ON a.id = p.account
		WHERE p.txn >= $1 AND p.txn <= $2 ORDER BY p.txn, p.i`, []any{first, last}, func(r store.Row) error {
		var (
			seq int64
			p   Posting
		)
		if err := r.Scan(&seq, &p.Account.Code, &p.Account.Asset, &p.Amount); err != nil {
			return err
		}
		for i < len(records) && records[i].seq < seq {
			i++
		}
		if i == len(records) || records[i].seq != seq {
			return &Finding{seq, fmt.Sprintf("a posting belongs to booking %d, which is not there", seq)}
		}
		records[i].postings = append(records[i].postings, p)
		return nil
	})
}

// step checks one booking against the one before.
func (w *walk) step(r record) error {
	switch {
	case r.seq != w.seq+1:
		return &Finding{w.seq + 1, fmt.Sprintf("booking %d is missing", w.seq+1)}
	case !bytes.Equal(r.prev, w.prev):
		return &Finding{r.seq, fmt.Sprintf("booking %d does not follow the one before it", r.seq)}
	case !bytes.Equal(r.hash, r.digest()):
		return &Finding{r.seq, fmt.Sprintf("booking %d was changed after it was written", r.seq)}
	}
	sums := map[string]int64{}
	for _, p := range r.postings {
		sums[p.Account.Asset] += p.Amount
		if w.sums != nil {
			w.sums[p.Account.Code] += p.Amount
		}
	}
	for asset, sum := range sums {
		if sum != 0 {
			return &Finding{r.seq, fmt.Sprintf("booking %d is off by %d %s", r.seq, sum, asset)}
		}
	}
	w.seq, w.prev = r.seq, r.hash
	return nil
}

// finish compares the end of the chain and the balances, in the same snapshot as the last page.
func (w *walk) finish(tx *store.Tx) error {
	s := tx.Statements(key.SQL{})
	var (
		seq  int64
		hash []byte
	)
	if err := s.Row(`SELECT seq, hash FROM ledger_head WHERE one = 1`).Scan(&seq, &hash); err != nil {
		return err
	}
	if seq != w.seq || !bytes.Equal(hash, w.prev) {
		return &Finding{w.seq, fmt.Sprintf("the chain ends at %d, its head says %d", w.seq, seq)}
	}
	if w.sums == nil {
		return nil
	}
	return s.Rows(`SELECT code, balance FROM ledger_account ORDER BY code`, nil, func(r store.Row) error {
		var (
			code string
			n    int64
		)
		if err := r.Scan(&code, &n); err != nil {
			return err
		}
		w.report.Accounts++
		if w.sums[code] != n {
			return &Finding{0, fmt.Sprintf("account %s says %d, its bookings %d", code, n, w.sums[code])}
		}
		return nil
	})
}

// checkpoint keeps what was just found whole. What was booked since is the next tail.
func (w *walk) checkpoint(tx *store.Tx) error {
	s := tx.Statements(key.SQL{})
	var have int64
	err := s.Row(`SELECT seq FROM ledger_checkpoint ORDER BY seq DESC LIMIT 1`).Scan(&have)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err == nil && have >= w.seq {
		return nil
	}
	_, err = s.Exec(`INSERT INTO ledger_checkpoint (seq, at, hash) VALUES ($1, $2, $3)`, w.seq, tx.Now(), w.prev)
	return err
}
