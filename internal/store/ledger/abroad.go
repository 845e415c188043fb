package ledger

import (
	"database/sql"
	"errors"
	"fmt"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Side says whose part of a tip between two servers is kept here.
type Side string

const (
	OfPayer Side = "payer"
	OfPayee Side = "payee"
)

// An Abroad is the part of a tip that is between two servers.
type Abroad struct {
	Tip       int64
	Side      Side
	Intent    string // the address that both know it by, on the payer's server
	Endpoint  string // OfPayer: where the intent is sent
	Object    string // the address of the post or person
	Nonce     string
	Exponent  uint8 // decimals of the asset
	ExpiresAt int64
	Quote     string // JSON; what the payee's server answered
	Receipt   string // OfPayer: the id of the receipt that was taken
	Payment   string // OfPayer: what is unique about the payment it proves
}

const abroadColumns = `tip, side, intent, endpoint, object, nonce, exponent, expires_at, quote, receipt, payment`

func scanAbroad(r store.Row) (*Abroad, error) {
	var a Abroad
	err := r.Scan(&a.Tip, &a.Side, &a.Intent, &a.Endpoint, &a.Object, &a.Nonce, &a.Exponent, &a.ExpiresAt, &a.Quote, &a.Receipt, &a.Payment)
	return &a, noSuch(err, "tip")
}

// AddAbroad stores one.
func AddAbroad(tx *store.Tx, a *Abroad) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO tip_abroad (`+abroadColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.Tip, a.Side, a.Intent, a.Endpoint, a.Object, a.Nonce, int64(a.Exponent), a.ExpiresAt, a.Quote, a.Receipt, a.Payment)
	if err != nil {
		return fmt.Errorf("tip %d abroad: %w", a.Tip, err)
	}
	return nil
}

// SaveAbroad stores what came of it: quote, receipt and payment.
func SaveAbroad(tx *store.Tx, a *Abroad) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE tip_abroad SET quote = $2, receipt = $3, payment = $4 WHERE tip = $1`, a.Tip, a.Quote, a.Receipt, a.Payment)
	return err
}

// AbroadOf returns the part of a tip that is between two servers; NotFound for one that is not.
func AbroadOf(tx *store.Tx, tip int64) (*Abroad, error) {
	return scanAbroad(tx.Statements(key.SQL{}).Row(`SELECT `+abroadColumns+` FROM tip_abroad WHERE tip = $1`, tip))
}

// AbroadByIntent returns it by the address of its intent; NotFound if there is none.
func AbroadByIntent(tx *store.Tx, intent string) (*Abroad, error) {
	return scanAbroad(tx.Statements(key.SQL{}).Row(`SELECT `+abroadColumns+` FROM tip_abroad WHERE intent = $1`, intent))
}

// ReceiptUsed reports whether a receipt, or the payment it proves, was taken for another tip.
func ReceiptUsed(tx *store.Tx, tip int64, receipt, payment string) (bool, error) {
	var n int64
	err := tx.Statements(key.SQL{}).Row(`SELECT COUNT(*) FROM tip_abroad WHERE tip <> $1
		AND (receipt <> '' AND receipt = $2 OR payment <> '' AND payment = $3)`, tip, receipt, payment).Scan(&n)
	return n > 0, err
}

// A LinkKind says what a payment link of somebody elsewhere is.
type LinkKind string

const (
	LinkEndpoint  LinkKind = "endpoint"  // their server is one of ours and takes tips there
	LinkLightning LinkKind = "lightning" // a Lightning Address
	LinkPage      LinkKind = "page"      // a page of anybody's
)

// A Link is one way of paying somebody elsewhere, as their own server says.
type Link struct {
	Kind LinkKind
	Href string
	Name string
}

// SetLinks stores the payment links of an actor elsewhere, in place of those there were.
func SetLinks(tx *store.Tx, actor circles.ActorID, all []Link) error {
	had, err := LinksOf(tx, actor)
	if err != nil {
		return err
	}
	if len(had) == 0 && len(all) == 0 { // nearly everybody
		return nil
	}
	s := tx.Statements(key.SQL{})
	if _, err := s.Exec(`DELETE FROM tip_link WHERE actor = $1`, actor); err != nil {
		return err
	}
	for i, l := range all {
		if _, err := s.Exec(`INSERT INTO tip_link (actor, i, kind, href, name) VALUES ($1, $2, $3, $4, $5)`, actor, i, l.Kind, l.Href, l.Name); err != nil {
			return err
		}
	}
	return nil
}

// LinksOf returns them in their own order.
func LinksOf(tx *store.Tx, actor circles.ActorID) ([]Link, error) {
	var all []Link
	err := tx.Statements(key.SQL{}).Rows(`SELECT kind, href, name FROM tip_link WHERE actor = $1 ORDER BY i`, []any{actor}, func(r store.Row) error {
		var l Link
		err := r.Scan(&l.Kind, &l.Href, &l.Name)
		all = append(all, l)
		return err
	})
	return all, err
}

// Reachable returns those of some actors elsewhere whose server takes tips for them, or with lightning also
// those who have a Lightning Address.
func Reachable(tx *store.Tx, people []circles.PersonID, lightning bool) (map[circles.PersonID]bool, error) {
	all := map[circles.PersonID]bool{}
	if len(people) == 0 {
		return all, nil
	}
	s := tx.Statements(key.SQL{})
	ids := make([]circles.PostID, len(people)) // InIDs takes ids of one type
	for i, p := range people {
		ids[i] = circles.PostID(p)
	}
	list, args := s.InIDs(nil, ids)
	err := s.Rows(`SELECT actor, kind FROM tip_link WHERE kind <> 'page' AND actor IN (`+list+`)`, args, func(r store.Row) error {
		var id circles.PersonID
		var kind LinkKind
		err := r.Scan(&id, &kind)
		if kind == LinkEndpoint || lightning {
			all[id] = true
		}
		return err
	})
	return all, err
}

// SetOrigin notes that a server showed where it takes tips; "" = it does not any more.
func SetOrigin(tx *store.Tx, host, endpoint string) error {
	s := tx.Statements(key.SQL{})
	if endpoint == "" {
		_, err := s.Exec(`DELETE FROM tip_origin WHERE host = $1`, host)
		return err
	}
	_, err := s.Exec(`INSERT INTO tip_origin (host, endpoint, at) VALUES ($1, $2, $3)
		ON CONFLICT (host) DO UPDATE SET endpoint = excluded.endpoint, at = excluded.at`, host, endpoint, tx.Now())
	return err
}

// OriginOf returns when a server last showed where it takes tips, in UTC microseconds; 0 = it never did.
func OriginOf(tx *store.Tx, host string) (at int64, err error) {
	err = tx.Statements(key.SQL{}).Row(`SELECT at FROM tip_origin WHERE host = $1`, host).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return at, err
}
