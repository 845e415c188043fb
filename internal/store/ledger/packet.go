package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Packet is credits that a member laid down for others of a circle.
type Packet struct {
	ID        int64
	Maker     circles.PersonID
	Circle    circles.CircleID
	Post      circles.PostID // that it lies with; 0 = none
	Asset     string
	Total     int64
	Shares    int
	Random    bool
	Once      string // the form it came from
	CreatedAt int64
	EndsAt    int64
	ClosedAt  int64 // when nothing was left of it; 0 = it is open
	Back      int64 // what went back to its maker
}

// Account is where a packet's credits are while nobody has them.
func (p *Packet) Account() Account {
	return Account{Code: fmt.Sprintf("held:redpacket:%d", p.ID), Asset: p.Asset, Kind: Liability, Bounded: true}
}

// A Share is one part of a packet.
type Share struct {
	N      int
	Amount int64
	Person circles.PersonID // who took it; 0 = nobody
	At     int64
}

const packetColumns = `k.id, k.maker, k.circle, k.post, k.asset, k.total, k.shares, k.random, k.once, k.created_at, k.ends_at, k.closed_at, k.back`

func scanPacket(r store.Row) (*Packet, error) {
	var p Packet
	err := r.Scan(&p.ID, &p.Maker, &p.Circle, &p.Post, &p.Asset, &p.Total, &p.Shares, &p.Random, &p.Once, &p.CreatedAt, &p.EndsAt, &p.ClosedAt, &p.Back)
	return &p, err
}

func packets(tx *store.Tx, query string, args ...any) (all []*Packet, err error) {
	err = tx.Statements(key.SQL{}).Rows(`SELECT `+packetColumns+` FROM packet k `+query, args, func(r store.Row) error {
		p, err := scanPacket(r)
		all = append(all, p)
		return err
	})
	return all, err
}

// AddPacket stores one with what it is split into. Its booking is the caller's.
func AddPacket(tx *store.Tx, p *Packet, amounts []int64) error {
	s := tx.Statements(key.SQL{})
	_, err := s.Exec(`INSERT INTO packet (id, maker, circle, post, asset, total, shares, random, once, created_at, ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.ID, p.Maker, p.Circle, p.Post, p.Asset, p.Total, p.Shares, p.Random, p.Once, p.CreatedAt, p.EndsAt)
	if err != nil {
		return fmt.Errorf("packet %d: %w", p.ID, err)
	}
	for n, a := range amounts {
		if _, err := s.Exec(`INSERT INTO packet_share (packet, n, amount) VALUES ($1, $2, $3)`, p.ID, n, a); err != nil {
			return fmt.Errorf("packet %d: %w", p.ID, err)
		}
	}
	return nil
}

// PacketBy returns a packet; NotFound if there is none.
func PacketBy(tx *store.Tx, id int64) (*Packet, error) {
	p, err := scanPacket(tx.Statements(key.SQL{}).Row(`SELECT `+packetColumns+` FROM packet k WHERE k.id = $1`, id))
	return p, noSuch(err, "red packet")
}

// PacketOnce returns the packet that a maker's form made; NotFound if it made none yet.
func PacketOnce(tx *store.Tx, maker circles.PersonID, once string) (*Packet, error) {
	p, err := scanPacket(tx.Statements(key.SQL{}).Row(`SELECT `+packetColumns+` FROM packet k WHERE k.maker = $1 AND k.once = $2`, maker, once))
	return p, noSuch(err, "red packet")
}

// OpenPackets returns those that lie in a circle, the latest first, at most limit.
func OpenPackets(tx *store.Tx, circle circles.CircleID, now int64, limit int) ([]*Packet, error) {
	return packets(tx, `WHERE k.circle = $1 AND k.closed_at = 0 AND k.ends_at > $2 ORDER BY k.id DESC LIMIT $3`, circle, now, limit)
}

// PacketsOn returns the open packets that lie with a post, the latest first, at most limit.
func PacketsOn(tx *store.Tx, post circles.PostID, now int64, limit int) ([]*Packet, error) {
	return packets(tx, `WHERE k.post = $1 AND k.post <> 0 AND k.closed_at = 0 AND k.ends_at > $2 ORDER BY k.id DESC LIMIT $3`, post, now, limit)
}

// PacketsOf returns those that a person made or took from, the latest first, at most limit.
func PacketsOf(tx *store.Tx, person circles.PersonID, limit int) ([]*Packet, error) {
	return packets(tx, `WHERE k.id IN (SELECT x.id FROM (SELECT id FROM packet WHERE maker = $1 ORDER BY id DESC LIMIT $2) AS x
		UNION SELECT y.packet FROM (SELECT packet FROM packet_share WHERE person = $1 ORDER BY at DESC LIMIT $2) AS y)
		ORDER BY k.id DESC LIMIT $2`, person, limit)
}

// DuePackets returns the ids of packets whose time is over and that are not closed, at most limit.
func DuePackets(tx *store.Tx, now int64, limit int) ([]int64, error) {
	return ids(tx, `SELECT id FROM packet WHERE closed_at = 0 AND ends_at <= $1 ORDER BY ends_at, id LIMIT $2`, now, limit)
}

// HasOpenPacket reports whether a person's packet lies in a circle.
func HasOpenPacket(tx *store.Tx, maker circles.PersonID, circle circles.CircleID) (bool, error) {
	var n int
	err := tx.Statements(key.SQL{}).Row(`SELECT COUNT(*) FROM packet WHERE circle = $2 AND maker = $1 AND closed_at = 0`, maker, circle).Scan(&n)
	return n > 0, err
}

// TookRandom reports whether a person took from a packet of random shares in a circle since then.
func TookRandom(tx *store.Tx, person circles.PersonID, circle circles.CircleID, since time.Time) (bool, error) {
	var n int
	err := tx.Statements(key.SQL{}).Row(`SELECT COUNT(*) FROM packet_share s CROSS JOIN packet k
		WHERE s.person = $1 AND s.person <> 0 AND s.at >= $3 AND k.id = s.packet AND k.circle = $2 AND k.random = 1`, person, circle, since.UnixMicro()).Scan(&n)
	return n > 0, err
}

// SharesOf returns what a packet is split into, in the order in which it is taken.
func SharesOf(tx *store.Tx, packet int64) (all []Share, err error) {
	err = tx.Statements(key.SQL{}).Rows(`SELECT n, amount, person, at FROM packet_share WHERE packet = $1 ORDER BY n`, []any{packet}, func(r store.Row) error {
		var x Share
		err := r.Scan(&x.N, &x.Amount, &x.Person, &x.At)
		all = append(all, x)
		return err
	})
	return all, err
}

// TakenOf returns how many shares of some packets were taken.
func TakenOf(tx *store.Tx, packets []int64) (map[int64]int, error) {
	s := tx.Statements(key.SQL{})
	in := make([]circles.PostID, len(packets)) // InIDs takes ids of one type
	for i, id := range packets {
		in[i] = circles.PostID(id)
	}
	list, args := s.InIDs(nil, in)
	all := map[int64]int{}
	err := s.Rows(`SELECT packet, COUNT(*) FROM packet_share WHERE packet IN (`+list+`) AND person <> 0 GROUP BY packet`, args, func(r store.Row) error {
		var id int64
		var n int
		err := r.Scan(&id, &n)
		all[id] = n
		return err
	})
	return all, err
}

// TakeShare gives a share that nobody has to a person, and reports whether nobody had it.
func TakeShare(tx *store.Tx, packet int64, n int, person circles.PersonID) (bool, error) {
	rows, err := tx.Statements(key.SQL{}).Exec(`UPDATE packet_share SET person = $3, at = $4 WHERE packet = $1 AND n = $2 AND person = 0`, packet, n, person, tx.Now())
	return rows == 1, err
}

// SharesAccount reports whether a person is paid to the same account as the packet's maker, or as somebody
// who took from it.
func SharesAccount(tx *store.Tx, p *Packet, person circles.PersonID) (bool, error) {
	var n int
	err := tx.Statements(key.SQL{}).Row(`SELECT COUNT(*) FROM tip_account a CROSS JOIN tip_account b
		WHERE a.person = $1 AND a.ref <> '' AND b.adapter = a.adapter AND b.ref = a.ref AND b.person <> a.person
		AND (b.person = $2 OR b.person IN (SELECT s.person FROM packet_share s WHERE s.packet = $3 AND s.person <> 0))`, person, p.Maker, p.ID).Scan(&n)
	return n > 0, err
}

// ClosePacket stores that nothing is left of a packet, and what went back.
func ClosePacket(tx *store.Tx, p *Packet) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE packet SET closed_at = $2, back = $3 WHERE id = $1`, p.ID, p.ClosedAt, p.Back)
	return err
}

// MemberSince returns since when a person has their place in a circle; false if they have none.
func MemberSince(tx *store.Tx, circle circles.CircleID, person circles.PersonID) (at int64, ok bool, err error) {
	err = tx.Statements(key.SQL{}).Row(`SELECT at FROM membership WHERE circle = $1 AND person = $2`, circle, person).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return at, err == nil, err
}
