package ledger

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"

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
	for _, p := range t.Postings {
		if p.Amount == 0 || p.Amount > MaxPosting || p.Amount < -MaxPosting {
			return fmt.Errorf("%w: a posting of %d", ErrInvalid, p.Amount)
		}
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
	var old []byte
	switch err := s.Row(`SELECT idem_hash FROM ledger_txn WHERE id = $1`, t.ID).Scan(&old); {
	case err == nil && bytes.Equal(old, idem):
		return false, nil
	case err == nil:
		return false, fmt.Errorf("%w: %s", ErrReused, t.ID)
	case !errors.Is(err, sql.ErrNoRows):
		return false, fmt.Errorf("book %s: %w", t.ID, err)
	}
	if err := covered(s, t.Postings); err != nil {
		return false, err
	}
	ids, err := open(tx, s, t.Postings)
	if err != nil {
		return false, fmt.Errorf("book %s: %w", t.ID, err)
	}
	var head record
	if err := s.Row(`SELECT seq, hash FROM ledger_head WHERE one = 1`).Scan(&head.seq, &head.hash); err != nil {
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
	for i, p := range r.postings {
		if _, err := s.Exec(`INSERT INTO ledger_posting (txn, i, account, amount, asset) VALUES ($1, $2, $3, $4, $5)`,
			r.seq, i, ids[p.Account.Code], p.Amount, p.Account.Asset); err != nil {
			return err
		}
	}
	_, err := s.Exec(`UPDATE ledger_txn SET sealed = 1 WHERE seq = $1`, r.seq)
	return err
}

// covered returns ErrShort if a bounded account would go below zero. The table's CHECK holds the same
// for what this would miss, but a failed statement would spend the Tx.
func covered(s store.Statements, postings []Posting) error {
	change := map[string]int64{}
	for _, p := range postings {
		if p.Account.Bounded {
			change[p.Account.Code] += p.Amount
		}
	}
	for code, by := range change {
		if by >= 0 {
			continue
		}
		have, err := balance(s, code)
		if err != nil {
			return err
		}
		if have+by < 0 {
			return fmt.Errorf("%w: %s has %d, needs %d", ErrShort, code, have, -by)
		}
	}
	return nil
}

// open returns the accounts' rows, opening those that are new, in the order of their codes, so that
// two bookings never wait for each other.
func open(tx *store.Tx, s store.Statements, postings []Posting) (map[string]int64, error) {
	accounts := make([]Account, 0, len(postings))
	for _, p := range postings {
		accounts = append(accounts, p.Account)
	}
	slices.SortFunc(accounts, func(a, b Account) int { return cmp.Compare(a.Code, b.Code) })
	accounts = slices.Compact(accounts)
	change := map[string]int64{}
	for _, p := range postings {
		change[p.Account.Code] += p.Amount // maxPostings × MaxPosting fits
	}
	ids := make(map[string]int64, len(accounts))
	var missing []Account
	for _, a := range accounts {
		var (
			id, have int64
			old      Account
			low      sql.NullInt64
			kind     string
		)
		err := s.Row(`SELECT id, asset, kind, min_balance, balance FROM ledger_account WHERE code = $1`, a.Code).Scan(&id, &old.Asset, &kind, &low, &have)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			missing = append(missing, a)
		case err != nil:
			return nil, err
		case old.Asset != a.Asset || Kind(kind) != a.Kind || low.Valid != a.Bounded:
			return nil, fmt.Errorf("%w: account %s was opened as another", ErrInvalid, a.Code)
		case full(have, change[a.Code]):
			return nil, fmt.Errorf("%w: %s has %d", ErrFull, a.Code, have)
		}
		if _, twice := ids[a.Code]; twice {
			return nil, fmt.Errorf("%w: account %s is named in two ways", ErrInvalid, a.Code)
		}
		ids[a.Code] = id
	}
	for _, a := range missing {
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
	s := tx.Statements(key.SQL{})
	for code, by := range map[string]int64{from.Code: -amount, to.Code: amount} {
		have, err := balance(s, code)
		if err != nil {
			return err
		}
		if full(have, by) {
			return fmt.Errorf("%w: %s has %d", ErrFull, code, have)
		}
	}
	return nil
}

func balance(s store.Statements, code string) (int64, error) {
	var n int64
	err := s.Row(`SELECT balance FROM ledger_account WHERE code = $1`, code).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
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
type digest struct{ b bytes.Buffer }

func newDigest() *digest { return &digest{} }

func (d *digest) text(values ...string) {
	for _, v := range values {
		fmt.Fprintf(&d.b, "%d:%s", len(v), v)
	}
}

func (d *digest) number(n int64) { fmt.Fprintf(&d.b, "i%d,", n) }

func (d *digest) sum() []byte {
	h := sha256.Sum256(d.b.Bytes())
	return h[:]
}
