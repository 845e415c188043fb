package store

import (
	"encoding/binary"
	"errors"

	"halqa/circles/reputation"
)

// The states of standing as columns hold them: a first byte that says how it is written, then small
// numbers. JSON would take most of the time that a vote may take.

const standingCode = 1

var errStandingCode = errors.New("a row of standing cannot be read; replay the ledger")

// A packer writes a state.
type packer []byte

func (p *packer) num(n int64)          { *p = binary.AppendVarint(*p, n) }
func (p *packer) day(d reputation.Day) { p.num(int64(d)) }
func (p *packer) flag(b bool)          { *p = append(*p, byte(btoi(b))) }

func (p *packer) sum(s reputation.Sum) {
	if s.Zero() {
		*p = append(*p, 0)
		return
	}
	*p = append(*p, 1)
	for _, w := range s {
		*p = binary.LittleEndian.AppendUint64(*p, w)
	}
}

func (p *packer) days(d *reputation.Days) {
	p.day(d.Last)
	at := len(*p)
	*p = append(*p, 0)
	for i, n := range d.N {
		if n != 0 {
			*p = append(*p, byte(i), n)
			(*p)[at]++
		}
	}
}

func (p *packer) latch(l reputation.Latch) {
	p.flag(l.On)
	p.day(l.Low)
}

func btoi(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// An unpacker reads one; after a mistake it gives zeros, and bad is set.
type unpacker struct {
	rest []byte
	bad  bool
}

func unpack(state []byte) *unpacker {
	if len(state) == 0 || state[0] != standingCode {
		return &unpacker{bad: true}
	}
	return &unpacker{rest: state[1:]}
}

func (u *unpacker) err() error {
	if u.bad || len(u.rest) != 0 {
		return errStandingCode
	}
	return nil
}

func (u *unpacker) num() int64 {
	n, used := binary.Varint(u.rest)
	if used <= 0 {
		u.bad, u.rest = true, nil
		return 0
	}
	u.rest = u.rest[used:]
	return n
}

func (u *unpacker) day() reputation.Day { return reputation.Day(u.num()) }

func (u *unpacker) take(n int) []byte {
	if len(u.rest) < n {
		u.bad, u.rest = true, nil
		return make([]byte, n)
	}
	b := u.rest[:n]
	u.rest = u.rest[n:]
	return b
}

func (u *unpacker) flag() bool { return u.take(1)[0] != 0 }

func (u *unpacker) sum() (s reputation.Sum) {
	if !u.flag() {
		return s
	}
	b := u.take(24)
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return s
}

func (u *unpacker) days(d *reputation.Days) {
	d.Last = u.day()
	n := int(u.take(1)[0])
	b := u.take(2 * n)
	for i := range n {
		if at := int(b[2*i]); at < len(d.N) {
			d.N[at] = b[2*i+1]
		} else {
			u.bad = true
		}
	}
}

func (u *unpacker) latch() reputation.Latch { return reputation.Latch{On: u.flag(), Low: u.day()} }

func packPerson(v reputation.Person) []byte {
	p := append(make(packer, 0, 256), standingCode)
	p.sum(v.A)
	p.sum(v.P)
	p.num(int64(v.Branches))
	p.num(int64(v.Accepted))
	p.days(&v.Days)
	p.days(&v.Strikes)
	p.num(int64(v.Approved))
	p.num(int64(v.Vouched))
	vouches := len(v.Vouches)
	for vouches > 0 && v.Vouches[vouches-1] == (reputation.Voucher{}) {
		vouches--
	}
	p.num(int64(vouches))
	for _, w := range v.Vouches[:vouches] {
		p.num(int64(w.Event))
		p.num(int64(w.By))
		p.day(w.From)
		p.day(w.Until)
	}
	p.num(int64(v.Intro.Event))
	p.num(int64(v.Intro.By))
	p.num(int64(v.Intro.Branch))
	p.num(int64(v.Operates))
	p.days(&v.Rated)
	given := len(v.Given)
	for given > 0 && v.Given[given-1] == 0 {
		given--
	}
	p.num(int64(given))
	for _, d := range v.Given[:given] {
		p.day(d)
	}
	p.day(v.NoVouch)
	p.latch(v.Regular)
	p.latch(v.Trusted)
	p.day(v.Checked)
	p.day(v.Known)
	p.days(&v.Active)
	p.day(v.ThirdActive)
	return p
}

// unpackPerson reads a person's row; nobody's is the zero one.
func unpackPerson(state []byte) (v reputation.Person, err error) {
	if state == nil {
		return v, nil
	}
	u := unpack(state)
	v.A, v.P = u.sum(), u.sum()
	v.Branches, v.Accepted = int32(u.num()), int32(u.num())
	u.days(&v.Days)
	u.days(&v.Strikes)
	v.Approved, v.Vouched = int32(u.num()), int32(u.num())
	for i := range u.count(len(v.Vouches)) {
		v.Vouches[i] = reputation.Voucher{Event: reputation.EventID(u.num()), By: reputation.ActorID(u.num()), From: u.day(), Until: u.day()}
	}
	v.Intro = reputation.Introduction{Event: reputation.EventID(u.num()), By: reputation.ActorID(u.num()), Branch: reputation.ActorID(u.num())}
	v.Operates = int32(u.num())
	u.days(&v.Rated)
	for i := range u.count(len(v.Given)) {
		v.Given[i] = u.day()
	}
	v.NoVouch = u.day()
	v.Regular, v.Trusted = u.latch(), u.latch()
	v.Checked, v.Known = u.day(), u.day()
	u.days(&v.Active)
	v.ThirdActive = u.day()
	return v, u.err()
}

// count reads how many of at most follow.
func (u *unpacker) count(most int) int {
	n := u.num()
	if n < 0 || n > int64(most) {
		u.bad, u.rest = true, nil
		return 0
	}
	return int(n)
}

func packEdge(v reputation.Edge) []byte {
	p := append(make(packer, 0, 48), standingCode)
	p.sum(v.A)
	p.num(int64(v.Likes))
	p.num(v.DaySum)
	p.num(v.DaySquares)
	p.day(v.Last)
	return p
}

func unpackEdge(state []byte) (v reputation.Edge, err error) {
	if state == nil {
		return v, nil
	}
	u := unpack(state)
	v = reputation.Edge{A: u.sum(), Likes: int32(u.num()), DaySum: u.num(), DaySquares: u.num(), Last: u.day()}
	return v, u.err()
}

func packSum(v reputation.Sum) []byte {
	p := packer{standingCode}
	p.sum(v)
	return p
}

func unpackSum(state []byte) (v reputation.Sum, err error) {
	if state == nil {
		return v, nil
	}
	u := unpack(state)
	v = u.sum()
	return v, u.err()
}

func packCircle(v reputation.Circle) []byte {
	p := packer{standingCode}
	p.num(int64(v.Operators))
	p.num(int64(v.Heads))
	for _, d := range v.Reached {
		p.day(d)
	}
	return p
}

func unpackCircle(state []byte) (v reputation.Circle, err error) {
	if state == nil {
		return v, nil
	}
	u := unpack(state)
	v.Operators, v.Heads = int32(u.num()), int32(u.num())
	for i := range v.Reached {
		v.Reached[i] = u.day()
	}
	return v, u.err()
}

func packDays(v reputation.Days) []byte {
	p := packer{standingCode}
	p.days(&v)
	return p
}

func unpackDays(state []byte) (v reputation.Days, err error) {
	if state == nil {
		return v, nil
	}
	u := unpack(state)
	u.days(&v)
	return v, u.err()
}
