package ledger

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Kind is what an account is in the books. People's credits are a liability of the instance.
type Kind string

const (
	Asset     Kind = "asset"
	Liability Kind = "liability"
	Income    Kind = "income"
	Expense   Kind = "expense"
	Equity    Kind = "equity"
)

// An Account is named by its code, such as "user:4711:CRD"; it is opened by the first booking that
// names it. Kind, asset and bound never change afterwards.
type Account struct {
	Code    string
	Asset   string
	Kind    Kind
	Bounded bool // its balance never goes below zero
}

// A Posting is one line of a booking.
type Posting struct {
	Account Account
	Amount  int64 // minor units; not 0, at most MaxPosting either way
}

// MaxPosting bounds one line, so that no sum of a booking can overflow.
const MaxPosting = 1_000_000_000_000_000

// maxBalance bounds a balance either way, as the table does.
const maxBalance = 1<<62 - 1

// maxPostings bounds a booking; a red packet's is the widest.
const maxPostings = 256

// A Txn is a booking.
type Txn struct {
	ID       string // names it for ever: the same id is booked once
	Kind     string // for people who read the books: "grant", "hold", "settle", "return" …
	Reverses string // the id of the booking that this one takes back; each is taken back once
	Postings []Posting
}

var (
	// ErrReused says that the id was booked with other contents. Nothing was written.
	ErrReused = errors.New("ledger: id used for another booking")
	// ErrShort says that a bounded account has not enough. Nothing was written, and the Tx goes on.
	ErrShort = errors.New("ledger: not enough in the account")
	// ErrFull says that an account would hold more than a balance can say. Nothing was written, and the Tx
	// goes on.
	ErrFull = errors.New("ledger: the account is full")
	// ErrInvalid says that the booking could never be: unbalanced, empty, or too large.
	ErrInvalid = errors.New("ledger: no such booking can be")
)

// check returns ErrInvalid for what the triggers would refuse, before anything is spent on it.
func (t Txn) check() error {
	if t.ID == "" || len(t.ID) > 200 || t.Kind == "" {
		return fmt.Errorf("%w: it has no id or kind", ErrInvalid)
	}
	if len(t.Postings) < 2 || len(t.Postings) > maxPostings {
		return fmt.Errorf("%w: %d postings", ErrInvalid, len(t.Postings))
	}
	sums := map[string]int64{}
	named := make(map[string]Account, len(t.Postings))
	for _, p := range t.Postings {
		if p.Amount == 0 || p.Amount > MaxPosting || p.Amount < -MaxPosting {
			return fmt.Errorf("%w: a posting of %d", ErrInvalid, p.Amount)
		}
		if old, ok := named[p.Account.Code]; ok && old != p.Account {
			return fmt.Errorf("%w: account %s is named in two ways", ErrInvalid, p.Account.Code)
		}
		named[p.Account.Code] = p.Account
		sums[p.Account.Asset] += p.Amount // 256 × 10^15 fits
	}
	for asset, sum := range sums {
		if sum != 0 {
			return fmt.Errorf("%w: %s is off by %d", ErrInvalid, asset, sum)
		}
	}
	return nil
}

// idem is the hash of the contents, by which a repeated id is told from a reused one.
func (t Txn) idem() []byte {
	d := newDigest()
	d.text("halqa ledger contents 1", t.ID, t.Kind, t.Reverses)
	for _, p := range t.Postings {
		d.text(p.Account.Code, p.Account.Asset)
		d.number(p.Amount)
	}
	return d.sum()
}

// Post books t and reports whether it was new; false without an error says that the same was booked
// before. ErrReused, ErrShort, ErrFull or ErrInvalid wrote nothing and leave the Tx usable.
//
// On PostgreSQL two that book at once meet at the head of the chain, and one of their Updates runs
// again.
func Post(tx *store.Tx, t Txn) (booked bool, err error) {
	if err := t.check(); err != nil {
		return false, err
	}
	s := tx.Statements(key.SQL{})
	idem := t.idem()
	var (
		head record
		old  []byte
	)
	err = s.Row(`SELECT h.seq, h.hash, t.idem_hash FROM ledger_head h LEFT JOIN ledger_txn t ON t.id = $1 WHERE h.one = 1`, t.ID).Scan(&head.seq, &head.hash, &old)
	switch {
	case err != nil:
		return false, fmt.Errorf("book %s: %w", t.ID, err)
	case bytes.Equal(old, idem):
		return false, nil
	case old != nil:
		return false, fmt.Errorf("%w: %s", ErrReused, t.ID)
	}
	rows, err := standing(s, t.Postings)
	if err != nil {
		return false, fmt.Errorf("book %s: %w", t.ID, err)
	}
	if err := covered(rows, t.Postings); err != nil {
		return false, err
	}
	ids, err := open(tx, s, rows, t.Postings)
	if err != nil {
		return false, fmt.Errorf("book %s: %w", t.ID, err)
	}
	next := record{
		seq: head.seq + 1, id: t.ID, kind: t.Kind, idem: idem, reverses: t.Reverses, at: tx.Now(),
		prev: head.hash, postings: t.Postings,
	}
	next.hash = next.digest()
	if err := write(s, next, ids); err != nil {
		return false, fmt.Errorf("book %s: %w", t.ID, err)
	}
	return true, nil
}

func write(s store.Statements, r record, ids map[string]int64) error {
	var reverses any
	if r.reverses != "" {
		reverses = r.reverses
	}
	if _, err := s.Exec(`UPDATE ledger_head SET seq = $1, hash = $2 WHERE one = 1`, r.seq, r.hash); err != nil {
		return err
	}
	if _, err := s.Exec(`INSERT INTO ledger_txn (seq, id, kind, idem_hash, reverses, at, n, prev_hash, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		r.seq, r.id, r.kind, r.idem, reverses, r.at, len(r.postings), r.prev, r.hash); err != nil {
		return err
	}
	// Nearly every booking has two lines; of wider ones two at a time, so that there are two statements to prepare.
	for i := 0; i < len(r.postings); i += 2 {
		query := `INSERT INTO ledger_posting (txn, i, account, amount, asset) VALUES ($1, $2, $3, $4, $5)`
		args := line(nil, r, i, ids)
		if i+1 < len(r.postings) {
			query += `, ($6, $7, $8, $9, $10)`
			args = line(args, r, i+1, ids)
		}
		if _, err := s.Exec(query, args...); err != nil {
			return err
		}
	}
	_, err := s.Exec(`UPDATE ledger_txn SET sealed = 1 WHERE seq = $1`, r.seq)
	return err
}

func line(args []any, r record, i int, ids map[string]int64) []any {
	p := r.postings[i]
	return append(args, r.seq, i, ids[p.Account.Code], p.Amount, p.Account.Asset)
}

// An accountRow is an account as it stands, before a booking.
type accountRow struct {
	Account
	id, balance int64
}

// standing returns those accounts of a booking that were opened before.
func standing(s store.Statements, postings []Posting) (map[string]accountRow, error) {
	codes := make([]string, 0, len(postings))
	for _, p := range postings {
		codes = append(codes, p.Account.Code)
	}
	list, args := s.In(nil, codes)
	rows := make(map[string]accountRow, len(postings))
	err := s.Rows(`SELECT id, code, asset, kind, min_balance, balance FROM ledger_account WHERE code IN (`+list+`)`, args, func(r store.Row) error {
		var a accountRow
		var low sql.NullInt64
		err := r.Scan(&a.id, &a.Code, &a.Asset, &a.Kind, &low, &a.balance)
		a.Bounded = low.Valid
		rows[a.Code] = a
		return err
	})
	return rows, err
}

// covered returns ErrInvalid if an account was opened as another, ErrShort if a bounded one would go below
// zero, and ErrFull if one would hold more than a balance can say. The table's CHECKs and triggers hold the
// same for what this would miss, but a failed statement would spend the Tx.
func covered(rows map[string]accountRow, postings []Posting) error {
	change := make(map[string]int64, len(postings))
	for _, p := range postings {
		if old, ok := rows[p.Account.Code]; ok && old.Account != p.Account {
			return fmt.Errorf("%w: account %s was opened as another", ErrInvalid, p.Account.Code)
		}
		change[p.Account.Code] += p.Amount // maxPostings × MaxPosting fits
	}
	for _, p := range postings {
		switch by, have := change[p.Account.Code], rows[p.Account.Code].balance; {
		case p.Account.Bounded && by < 0 && have+by < 0:
			return fmt.Errorf("%w: %s has %d, needs %d", ErrShort, p.Account.Code, have, -by)
		case full(have, by):
			return fmt.Errorf("%w: %s has %d", ErrFull, p.Account.Code, have)
		}
	}
	return nil
}

// open returns the accounts' ids, opening those that are new, in the order of their codes, so that
// two bookings never wait for each other.
func open(tx *store.Tx, s store.Statements, rows map[string]accountRow, postings []Posting) (map[string]int64, error) {
	accounts := make([]Account, 0, len(postings))
	for _, p := range postings {
		accounts = append(accounts, p.Account)
	}
	slices.SortFunc(accounts, func(a, b Account) int { return cmp.Compare(a.Code, b.Code) })
	accounts = slices.Compact(accounts)
	ids := make(map[string]int64, len(accounts))
	for _, a := range accounts {
		if old, ok := rows[a.Code]; ok {
			ids[a.Code] = old.id
			continue
		}
		var floor any
		if a.Bounded {
			floor = int64(0)
		}
		ids[a.Code] = tx.NewID()
		if _, err := s.Exec(`INSERT INTO ledger_account (id, code, asset, kind, min_balance) VALUES ($1, $2, $3, $4, $5)`,
			ids[a.Code], a.Code, a.Asset, a.Kind, floor); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// full reports whether a balance has no room for a change of at most maxPostings × MaxPosting.
func full(have, by int64) bool {
	return by > 0 && have > maxBalance-by || by < 0 && have < -maxBalance-by
}

// Room returns ErrFull if an amount cannot go from one account to another because a balance would not hold it.
func Room(tx *store.Tx, from, to Account, amount int64) error {
	for code, by := range map[string]int64{from.Code: -amount, to.Code: amount} {
		have, err := Balance(tx, code)
		if err != nil {
			return err
		}
		if full(have, by) {
			return fmt.Errorf("%w: %s has %d", ErrFull, code, have)
		}
	}
	return nil
}

// A record is a booking as it stands in the chain.
type record struct {
	seq      int64
	id, kind string
	idem     []byte
	reverses string
	at       int64
	prev     []byte
	hash     []byte
	postings []Posting
}

// digest is the hash of a booking over everything that the tables say of it.
func (r record) digest() []byte {
	d := newDigest()
	d.text("halqa ledger 1", string(r.prev))
	d.number(r.seq)
	d.text(r.id, r.kind, string(r.idem), r.reverses)
	d.number(r.at)
	d.number(int64(len(r.postings)))
	for _, p := range r.postings {
		d.text(p.Account.Code, p.Account.Asset)
		d.number(p.Amount)
	}
	return d.sum()
}

// A digest writes each value with its length, so that no two different rows read the same.
type digest struct{ b []byte }

// digestRoom is more than a booking of two lines needs.
const digestRoom = 512

func newDigest() *digest { return &digest{make([]byte, 0, digestRoom)} }

func (d *digest) text(values ...string) {
	for _, v := range values {
		d.b = append(strconv.AppendInt(d.b, int64(len(v)), 10), ':')
		d.b = append(d.b, v...)
	}
}

func (d *digest) number(n int64) { d.b = append(strconv.AppendInt(append(d.b, 'i'), n, 10), ',') }

func (d *digest) sum() []byte {
	h := sha256.Sum256(d.b)
	return h[:]
}
