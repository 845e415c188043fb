package ledger

import (
	"database/sql"
	"errors"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Policy says whether a circle takes tips.
type Policy string

const (
	PolicyOn        Policy = "on"
	PolicyLikesOnly Policy = "likes-only" // no new ones; those there were stay counted
	PolicyOff       Policy = "off"        // and nothing is said of those there were
)

// A CirclePolicy is what a circle wants of tips.
type CirclePolicy struct {
	Circle  circles.CircleID
	Policy  Policy
	Gifts   bool
	Packets bool
	By      circles.PersonID
	At      int64
	Bounds  []Bounds // by asset; a circle has few
}

// Bounds are the amounts that a circle wants of one asset, in minor units; 0 = as the instance has it.
type Bounds struct {
	Asset            string
	Low, Usual, High int64
}

// PolicyOf returns what a circle wants; what it never said is PolicyOn.
func PolicyOf(tx *store.Tx, circle circles.CircleID) (CirclePolicy, error) {
	s := tx.Statements(key.SQL{})
	p := CirclePolicy{Circle: circle}
	err := s.Row(`SELECT policy, gifts, packets, by, at FROM tip_policy WHERE circle = $1`, circle).Scan(&p.Policy, &p.Gifts, &p.Packets, &p.By, &p.At)
	if errors.Is(err, sql.ErrNoRows) {
		p.Policy = PolicyOn
		return p, nil
	}
	if err != nil {
		return p, err
	}
	err = s.Rows(`SELECT asset, low, usual, high FROM tip_bounds WHERE circle = $1 ORDER BY asset`, []any{circle}, func(r store.Row) error {
		var b Bounds
		err := r.Scan(&b.Asset, &b.Low, &b.Usual, &b.High)
		p.Bounds = append(p.Bounds, b)
		return err
	})
	return p, err
}

// SavePolicy stores what a circle wants, in place of what it wanted.
func SavePolicy(tx *store.Tx, p CirclePolicy) error {
	s := tx.Statements(key.SQL{})
	_, err := s.Exec(`INSERT INTO tip_policy (circle, policy, gifts, packets, by, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (circle) DO UPDATE SET policy = excluded.policy, gifts = excluded.gifts, packets = excluded.packets, by = excluded.by, at = excluded.at`,
		p.Circle, p.Policy, p.Gifts, p.Packets, p.By, p.At)
	if err != nil {
		return err
	}
	if _, err := s.Exec(`DELETE FROM tip_bounds WHERE circle = $1`, p.Circle); err != nil {
		return err
	}
	for _, b := range p.Bounds {
		if _, err := s.Exec(`INSERT INTO tip_bounds (circle, asset, low, usual, high) VALUES ($1, $2, $3, $4, $5)`,
			p.Circle, b.Asset, b.Low, b.Usual, b.High); err != nil {
			return err
		}
	}
	return nil
}

// Takes says who may tip a person.
type Takes string

const (
	TakesAll      Takes = "all"
	TakesFollowed Takes = "followed" // those whom they follow
	TakesNone     Takes = "none"
)

// A Wish is what a member wants of tips.
type Wish struct {
	Takes  Takes
	Quiet  bool // they are not offered to tip
	Abroad bool // other servers are shown that they take tips

	NoMonth bool // they are not told at the end of a month what they gave in it
}

// WishOf returns what a member wants; who never said takes tips from all.
func WishOf(tx *store.Tx, person circles.PersonID) (Wish, error) {
	w := Wish{Takes: TakesAll}
	err := tx.Statements(key.SQL{}).Row(`SELECT takes, quiet, abroad, no_month FROM tip_wish WHERE person = $1`, person).Scan(&w.Takes, &w.Quiet, &w.Abroad, &w.NoMonth)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return w, err
}

// SaveWish stores what a member wants.
func SaveWish(tx *store.Tx, person circles.PersonID, w Wish) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip_wish (person, takes, quiet, abroad, at, no_month) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (person) DO UPDATE SET takes = excluded.takes, quiet = excluded.quiet, abroad = excluded.abroad, at = excluded.at, no_month = excluded.no_month`,
		person, w.Takes, w.Quiet, w.Abroad, tx.Now(), w.NoMonth)
	return err
}

// Refusing returns those of some people who take no tips from the payer, or whom a block parts from them.
func Refusing(tx *store.Tx, payer circles.PersonID, people []circles.PersonID) (map[circles.PersonID]bool, error) {
	s := tx.Statements(key.SQL{})
	ids := make([]circles.PostID, len(people)) // InIDs takes ids of one type
	for i, p := range people {
		ids[i] = circles.PostID(p)
	}
	list, args := s.InIDs([]any{payer}, ids)
	all := map[circles.PersonID]bool{}
	err := s.Rows(`SELECT w.person FROM tip_wish w WHERE w.person IN (`+list+`) AND (w.takes = 'none' OR w.takes = 'followed'
			AND NOT EXISTS (SELECT 1 FROM follow f WHERE f.follower = w.person AND f.followee = $1 AND f.state = 'accepted' AND f.state <> 'ended'))
		UNION SELECT b.target FROM block b WHERE b.actor = $1 AND b.target IN (`+list+`)
		UNION SELECT b.actor FROM block b WHERE b.target = $1 AND b.actor IN (`+list+`)`, args, func(r store.Row) error {
		var id circles.PersonID
		err := r.Scan(&id)
		all[id] = true
		return err
	})
	return all, err
}

// Between returns what parts a payer from one payee: a block, whoever made it, and that the payee takes no tips
// from them.
func Between(tx *store.Tx, payer, payee circles.PersonID) (blocked, refuses bool, err error) {
	var blocks, wishes int64
	err = tx.Statements(key.SQL{}).Row(`SELECT (SELECT COUNT(*) FROM block WHERE actor = $1 AND target = $2) + (SELECT COUNT(*) FROM block WHERE actor = $2 AND target = $1),
		(SELECT COUNT(*) FROM tip_wish w WHERE w.person = $2 AND (w.takes = 'none' OR w.takes = 'followed'
			AND NOT EXISTS (SELECT 1 FROM follow f WHERE f.follower = w.person AND f.followee = $1 AND f.state = 'accepted' AND f.state <> 'ended')))`, payer, payee).Scan(&blocks, &wishes)
	return blocks > 0, wishes > 0, err
}

// A Limit is what a member allows themselves to give of an asset in 24 hours, in minor units; -1 = they
// set none. Later is what they asked for since, and holds from LaterAt; 0 = nothing.
type Limit struct {
	Asset   string
	Amount  int64
	Later   int64
	LaterAt int64
}

// At returns the limit that holds at a time.
func (l Limit) At(now int64) int64 {
	if l.LaterAt != 0 && now >= l.LaterAt {
		return l.Later
	}
	return l.Amount
}

// LimitsOf returns the limits that a member set.
func LimitsOf(tx *store.Tx, person circles.PersonID) ([]Limit, error) {
	var all []Limit
	err := tx.Statements(key.SQL{}).Rows(`SELECT asset, amount, later, later_at FROM tip_limit WHERE person = $1 ORDER BY asset`, []any{person},
		func(r store.Row) error {
			var l Limit
			err := r.Scan(&l.Asset, &l.Amount, &l.Later, &l.LaterAt)
			all = append(all, l)
			return err
		})
	return all, err
}

// SaveLimit stores one of them.
func SaveLimit(tx *store.Tx, person circles.PersonID, l Limit) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip_limit (person, asset, amount, later, later_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (person, asset) DO UPDATE SET amount = excluded.amount, later = excluded.later, later_at = excluded.later_at`,
		person, l.Asset, l.Amount, l.Later, l.LaterAt)
	return err
}

// A Payee is where a member is paid over a rail. Next is what they changed it to, from NextAt on; 0 =
// they did not.
type Payee struct {
	Person           circles.PersonID
	Adapter          string
	Kind, Ref, Typed string // Typed is as the member wrote it
	At               int64
	Next             struct{ Kind, Ref, Typed string }
	NextAt           int64
}

// Now returns kind and reference that hold at a time.
func (p Payee) Now(now int64) (kind, ref, typed string) {
	if p.NextAt != 0 && now >= p.NextAt {
		return p.Next.Kind, p.Next.Ref, p.Next.Typed
	}
	return p.Kind, p.Ref, p.Typed
}

// PayeesOf returns where a member is paid, by adapter.
func PayeesOf(tx *store.Tx, person circles.PersonID) (map[string]Payee, error) {
	all, _, err := PayeesOfBoth(tx, person, person)
	return all, err
}

// PayeesOfBoth is PayeesOf for two people at once.
func PayeesOfBoth(tx *store.Tx, one, other circles.PersonID) (ones, others map[string]Payee, err error) {
	ones, others = map[string]Payee{}, map[string]Payee{}
	err = tx.Statements(key.SQL{}).Rows(`SELECT person, adapter, kind, ref, typed, at, next_kind, next_ref, next_typed, next_at
		FROM tip_account WHERE person IN ($1, $2)`, []any{one, other}, func(r store.Row) error {
		var p Payee
		err := r.Scan(&p.Person, &p.Adapter, &p.Kind, &p.Ref, &p.Typed, &p.At, &p.Next.Kind, &p.Next.Ref, &p.Next.Typed, &p.NextAt)
		if p.Person == one {
			ones[p.Adapter] = p
		}
		if p.Person == other {
			others[p.Adapter] = p
		}
		return err
	})
	return ones, others, err
}

// SavePayee stores one.
func SavePayee(tx *store.Tx, p Payee) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip_account (person, adapter, kind, ref, typed, at, next_kind, next_ref, next_typed, next_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (person, adapter) DO UPDATE SET kind = excluded.kind, ref = excluded.ref, typed = excluded.typed, at = excluded.at,
			next_kind = excluded.next_kind, next_ref = excluded.next_ref, next_typed = excluded.next_typed, next_at = excluded.next_at`,
		p.Person, p.Adapter, p.Kind, p.Ref, p.Typed, p.At, p.Next.Kind, p.Next.Ref, p.Next.Typed, p.NextAt)
	return err
}

// Forget removes what a person who is gone said of themselves. Their tips and bookings stay, for they
// are somebody else's too.
func Forget(tx *store.Tx, person circles.PersonID) error {
	s := tx.Statements(key.SQL{})
	for _, q := range []string{`DELETE FROM tip_wish WHERE person = $1`, `DELETE FROM tip_limit WHERE person = $1`,
		`DELETE FROM tip_account WHERE person = $1`, `DELETE FROM tip_address WHERE person = $1`, `DELETE FROM tip_month WHERE person = $1`,
		`DELETE FROM tip_source WHERE payer = $1`, `UPDATE tip SET note = '' WHERE payer = $1 AND note <> ''`,
		`UPDATE gift SET taken = '' WHERE taken <> '' AND tip IN (SELECT id FROM tip WHERE payer = $1)`,
		`UPDATE gift SET report = '' WHERE reported_by = $1 AND reported_by <> 0 AND report <> ''`} {
		if _, err := s.Exec(q, person); err != nil {
			return err
		}
	}
	return nil
}
