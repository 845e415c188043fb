package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Tip is what a payer meant.
type Tip struct {
	ID        int64
	Payer     circles.PersonID
	Payee     circles.PersonID
	Post      circles.PostID   // 0 = the person, for no post
	Circle    circles.CircleID // of the post
	Asset     string
	Amount    int64 // minor units
	Adapter   string
	State     TipState
	Binding   []byte // SHA-256 of the canonical intent
	CreatedAt int64
	PaidAt    int64  // when it was first paid in full; 0 = not yet
	Once      string // the form it came from; the same one makes no second tip
	Note      string
	Hidden    bool // it went round in a ring, and is not counted where people look
}

// A TipState is what became of a tip, for people.
type TipState string

const (
	TipOpen     TipState = "open"     // waits for the payer or the rail
	TipHeld     TipState = "held"     // can still be undone
	TipPaid     TipState = "paid"     // the payee has at least what was meant
	TipShort    TipState = "short"    // something came, less than was meant
	TipExpired  TipState = "expired"  //
	TipCanceled TipState = "canceled" // undone
	TipFailed   TipState = "failed"   // the rail refused it
	TipReturned TipState = "returned" // all of it went back
)

// A Charge is one try to have a tip paid, with the rail's counters as last believed.
type Charge struct {
	ID            int64
	Tip           int64
	Attempt       int
	Key           string
	Adapter       string
	RailID        string // "" until the rail has answered
	PayeeKind     string
	PayeeRef      string
	Asset         string
	Requested     int64
	Revision      int64 // -1 until the rail has answered
	State         string
	Pending       int64
	Received      int64
	Refunded      int64
	Reversed      int64
	Fee           sql.NullInt64
	Late          bool
	Held          int64 // credits taken from the payer and not yet handed on
	HeldAt        int64
	CancelAt      int64 // when the payer took it back; 0 = not
	ExpiresAt     int64 // as the rail was asked; never changes, for the same key asks the same
	RailExpiresAt int64 // as the rail says
	SettledAt     int64
	CreatedAt     int64
	DueAt         int64 // when to ask the rail again; 0 = only when it knocks
	Tries         int   // unchanged answers since the last change
	Locale        string
	RailRef       string
	Problem       string // what is wrong, for the admin
	Actions       string // JSON
	Proof         string // JSON; for payer and payee only
}

const tipColumns = `id, payer, payee, post, circle, asset, amount, adapter, state, binding, created_at, paid_at, once, note, hidden`

func (t *Tip) fields() []any {
	return []any{&t.ID, &t.Payer, &t.Payee, &t.Post, &t.Circle, &t.Asset, &t.Amount, &t.Adapter, &t.State, &t.Binding,
		&t.CreatedAt, &t.PaidAt, &t.Once, &t.Note, &t.Hidden}
}

func scanTip(r store.Row) (*Tip, error) {
	var t Tip
	err := r.Scan(t.fields()...)
	return &t, err
}

const chargeColumns = `id, tip, attempt, key, adapter, rail_id, payee_kind, payee_ref, asset, requested, revision, state,
	pending, received, refunded, reversed, fee, late, held, held_at, cancel_at, expires_at, rail_expires_at, settled_at, created_at, due_at, tries,
	locale, rail_ref, problem, actions, proof`

func (c *Charge) fields() []any {
	return []any{&c.ID, &c.Tip, &c.Attempt, &c.Key, &c.Adapter, &c.RailID, &c.PayeeKind, &c.PayeeRef, &c.Asset, &c.Requested,
		&c.Revision, &c.State, &c.Pending, &c.Received, &c.Refunded, &c.Reversed, &c.Fee, &c.Late, &c.Held, &c.HeldAt, &c.CancelAt,
		&c.ExpiresAt, &c.RailExpiresAt, &c.SettledAt, &c.CreatedAt, &c.DueAt, &c.Tries, &c.Locale, &c.RailRef, &c.Problem, &c.Actions, &c.Proof}
}

func scanCharge(r store.Row) (*Charge, error) {
	var c Charge
	err := r.Scan(c.fields()...)
	return &c, err
}

// noSuch is the refusal for what is not there, or not for the asker.
func noSuch(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return &circles.Error{Kind: circles.NotFound, Message: "There is no such " + what + ".", Err: err}
	}
	return err
}

// AddTip stores a tip and its first charge. Ids are the caller's, by Tx.NewID.
func AddTip(tx *store.Tx, t *Tip, c *Charge) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip (`+tipColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		t.ID, t.Payer, t.Payee, t.Post, t.Circle, t.Asset, t.Amount, t.Adapter, t.State, t.Binding, t.CreatedAt, t.PaidAt, t.Once, t.Note, t.Hidden)
	if err != nil {
		return fmt.Errorf("tip %d: %w", t.ID, err)
	}
	return AddCharge(tx, c)
}

// AddCharge stores one more try for a tip.
func AddCharge(tx *store.Tx, c *Charge) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO charge (id, tip, attempt, key, adapter, payee_kind, payee_ref, asset, requested, state,
		expires_at, created_at, due_at, locale) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		c.ID, c.Tip, c.Attempt, c.Key, c.Adapter, c.PayeeKind, c.PayeeRef, c.Asset, c.Requested, c.State, c.ExpiresAt, c.CreatedAt, c.DueAt, c.Locale)
	if err != nil {
		return fmt.Errorf("charge %s: %w", c.Key, err)
	}
	return nil
}

// TipOnce returns the tip that a payer's form made; NotFound if it made none yet.
func TipOnce(tx *store.Tx, payer circles.PersonID, once string) (*Tip, error) {
	t, err := scanTip(tx.Statements(key.SQL{}).Row(`SELECT `+tipColumns+` FROM tip WHERE payer = $1 AND once = $2 AND once <> ''`, payer, once))
	return t, noSuch(err, "tip")
}

// TipBy returns a tip; NotFound if there is none.
func TipBy(tx *store.Tx, id int64) (*Tip, error) {
	t, err := scanTip(tx.Statements(key.SQL{}).Row(`SELECT `+tipColumns+` FROM tip WHERE id = $1`, id))
	return t, noSuch(err, "tip")
}

// SetTipState stores what became of a tip.
func SetTipState(tx *store.Tx, t *Tip) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE tip SET state = $2, paid_at = $3 WHERE id = $1`, t.ID, t.State, t.PaidAt)
	return err
}

// TipsOf returns what a person gave or got, latest first: those before an id (0 = from the end), at
// most limit.
func TipsOf(tx *store.Tx, person circles.PersonID, before int64, limit int) ([]*Tip, error) {
	if before <= 0 {
		before = 1<<62 - 1
	}
	// Two walks of an index, not one OR that reads all.
	var all []*Tip
	err := tx.Statements(key.SQL{}).Rows(`SELECT `+tipColumns+` FROM (
		SELECT * FROM (SELECT `+tipColumns+` FROM tip WHERE payer = $1 AND id < $2 ORDER BY id DESC LIMIT $3) AS gave
		UNION ALL
		SELECT * FROM (SELECT `+tipColumns+` FROM tip WHERE payee = $1 AND payer <> $1 AND id < $2 ORDER BY id DESC LIMIT $3) AS got
		) AS both_ways ORDER BY id DESC LIMIT $3`, []any{person, before, limit}, func(r store.Row) error {
		t, err := scanTip(r)
		if err != nil {
			return err
		}
		all = append(all, t)
		return nil
	})
	return all, err
}

// TipsOn returns the tips for a post that were paid, latest first, at most limit.
func TipsOn(tx *store.Tx, post circles.PostID, limit int) ([]*Tip, error) {
	var all []*Tip
	err := tx.Statements(key.SQL{}).Rows(`SELECT `+tipColumns+` FROM tip WHERE post = $1 AND post <> 0 AND state IN ('paid', 'short')
		ORDER BY id DESC LIMIT $2`, []any{post, limit}, func(r store.Row) error {
		t, err := scanTip(r)
		if err != nil {
			return err
		}
		all = append(all, t)
		return nil
	})
	return all, err
}

// ChargeByKey returns a charge; NotFound if the key was never committed.
func ChargeByKey(tx *store.Tx, k string) (*Charge, error) {
	c, err := scanCharge(tx.Statements(key.SQL{}).Row(`SELECT `+chargeColumns+` FROM charge WHERE key = $1`, k))
	return c, noSuch(err, "charge")
}

// ChargeBy returns a charge; NotFound if there is none.
func ChargeBy(tx *store.Tx, id int64) (*Charge, error) {
	c, err := scanCharge(tx.Statements(key.SQL{}).Row(`SELECT `+chargeColumns+` FROM charge WHERE id = $1`, id))
	return c, noSuch(err, "charge")
}

// ChargesOf returns the tries of a tip, the latest first; there are few.
func ChargesOf(tx *store.Tx, tip int64) ([]*Charge, error) {
	var all []*Charge
	err := tx.Statements(key.SQL{}).Rows(`SELECT `+chargeColumns+` FROM charge WHERE tip = $1 ORDER BY attempt DESC LIMIT 16`, []any{tip},
		func(r store.Row) error {
			c, err := scanCharge(r)
			if err != nil {
				return err
			}
			all = append(all, c)
			return nil
		})
	return all, err
}

// SaveHold stores how many credits of a charge are held, since when, and when its payer took them back. It
// touches no index, as SaveCharge does.
func SaveHold(tx *store.Tx, c *Charge) error {
	n, err := tx.Statements(key.SQL{}).Exec(`UPDATE charge SET held = $2, held_at = $3, cancel_at = $4 WHERE id = $1`, c.ID, c.Held, c.HeldAt, c.CancelAt)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows", n)
	}
	if err != nil {
		return fmt.Errorf("charge %s: %w", c.Key, err)
	}
	return nil
}

// SaveCharge stores what changed of a charge: all but what it was made with.
func SaveCharge(tx *store.Tx, c *Charge) error {
	n, err := tx.Statements(key.SQL{}).Exec(`UPDATE charge SET rail_id = $2, revision = $3, state = $4, pending = $5, received = $6,
		refunded = $7, reversed = $8, fee = $9, late = $10, held = $11, held_at = $12, cancel_at = $13, rail_expires_at = $14, settled_at = $15,
		due_at = $16, tries = $17, rail_ref = $18, problem = $19, actions = $20, proof = $21 WHERE id = $1`,
		c.ID, c.RailID, c.Revision, c.State, c.Pending, c.Received, c.Refunded, c.Reversed, null(c.Fee), c.Late, c.Held, c.HeldAt, c.CancelAt,
		c.RailExpiresAt, c.SettledAt, c.DueAt, c.Tries, c.RailRef, c.Problem, c.Actions, c.Proof)
	if err != nil {
		return fmt.Errorf("charge %s: %w", c.Key, err)
	}
	if n != 1 {
		return fmt.Errorf("charge %s: %d rows", c.Key, n)
	}
	return nil
}

func null(n sql.NullInt64) any {
	if !n.Valid {
		return nil
	}
	return n.Int64
}

// RailIDUsed reports whether a rail gave its own id to another charge.
func RailIDUsed(tx *store.Tx, adapter, railID string, charge int64) (bool, error) {
	var n int64
	err := tx.Statements(key.SQL{}).Row(`SELECT COUNT(*) FROM charge WHERE adapter = $1 AND rail_id = $2 AND rail_id <> '' AND id <> $3`,
		adapter, railID, charge).Scan(&n)
	return n > 0, err
}

// Knock makes a charge due now because its rail said "look again", and reports whether it is known.
func Knock(tx *store.Tx, adapter, railID string) (bool, error) {
	n, err := tx.Statements(key.SQL{}).Exec(`UPDATE charge SET due_at = $3, tries = 0 WHERE adapter = $1 AND rail_id = $2 AND rail_id <> ''`,
		adapter, railID, tx.Now())
	return n > 0, err
}

// PutOff has a charge asked about later, without anything being known of it.
func PutOff(tx *store.Tx, id, until int64) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE charge SET due_at = $2 WHERE id = $1`, id, until)
	return err
}

// KnockCharge makes a charge due now.
func KnockCharge(tx *store.Tx, id int64) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE charge SET due_at = $2, tries = 0 WHERE id = $1`, id, tx.Now())
	return err
}

// Feed returns how far a rail's list of changes was read, "" if never.
func Feed(tx *store.Tx, adapter string) (string, error) {
	var c string
	err := tx.Statements(key.SQL{}).Row(`SELECT cursor FROM wallet_feed WHERE adapter = $1`, adapter).Scan(&c)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return c, err
}

// SetFeed stores how far it was read.
func SetFeed(tx *store.Tx, adapter, cursor string) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO wallet_feed (adapter, cursor, at) VALUES ($1, $2, $3)
		ON CONFLICT (adapter) DO UPDATE SET cursor = excluded.cursor, at = excluded.at`, adapter, cursor, tx.Now())
	return err
}

// A Grant is credits that an admin gave out.
type Grant struct {
	ID     int64
	Person circles.PersonID
	Asset  string
	Amount int64
	By     circles.PersonID // 0 = the instance, on somebody's arrival
	At     int64
	Reason string
}

// AddGrant stores who gave what to whom, and why; the booking is the caller's.
func AddGrant(tx *store.Tx, g Grant) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip_grant (id, person, asset, amount, by, at, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		g.ID, g.Person, g.Asset, g.Amount, g.By, g.At, g.Reason)
	return err
}

// settingWelcomed holds the last account that was welcomed. Ids of accounts grow.
const settingWelcomed store.Setting = "tips_welcomed"

// Arrived returns accounts that were not welcomed yet, the oldest first, at most limit.
func Arrived(tx *store.Tx, limit int) ([]circles.PersonID, error) {
	last, err := tx.Setting(settingWelcomed)
	if err != nil {
		return nil, err
	}
	after, _ := strconv.ParseInt(last, 10, 64) // "" = nobody yet
	found, err := ids(tx, `SELECT person FROM account WHERE person > $1 ORDER BY person LIMIT $2`, after, limit)
	all := make([]circles.PersonID, 0, len(found))
	for _, id := range found {
		all = append(all, circles.PersonID(id))
	}
	return all, err
}

// SetArrived notes that an account, and all before it, were welcomed.
func SetArrived(tx *store.Tx, person circles.PersonID) error {
	return tx.SetSetting(settingWelcomed, strconv.FormatInt(int64(person), 10))
}

func ids(tx *store.Tx, query string, args ...any) ([]int64, error) {
	var all []int64
	err := tx.Statements(key.SQL{}).Rows(query, args, func(r store.Row) error {
		var id int64
		if err := r.Scan(&id); err != nil {
			return err
		}
		all = append(all, id)
		return nil
	})
	return all, err
}
