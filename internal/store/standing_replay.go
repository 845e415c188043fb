package store

import (
	"halqa/circles/reputation"
)

// What a replay reads: the ledger and all the rows that it came to. Whoever is handed a row may not
// use the transaction meanwhile.

// EachLedgerLine hands over the lines of the ledger in its order with the server of whom each is about,
// "" = local: all of them, or those that concern one circle, which are its own and the instance's.
func (tx *Tx) EachLedgerLine(circle reputation.CircleID, f func(e reputation.Event, subjectHost string) error) error {
	return tx.rows(`SELECT `+repEventColumns+`, COALESCE(a.host, '') FROM rep_event e LEFT JOIN actor a ON a.id = e.subject
		WHERE e.circle = $1 OR e.circle = 0 OR $1 = 0 ORDER BY e.id`, []any{circle}, func(r rowScanner) error {
		var e StandingEvent
		var host string
		if err := r.Scan(append(repEventDest(&e), &host)...); err != nil {
			return err
		}
		return f(e.Event, host)
	})
}

// A StandingKey names a row that the ledger came to.
type StandingKey struct {
	Circle          reputation.CircleID
	Subject, Source reputation.ActorID // Source is also the branch
	Domain          string
}

// EachStandingPerson hands over the rows of people in a circle; with 0 all, and those on the instance.
func (tx *Tx) EachStandingPerson(circle reputation.CircleID, f func(StandingKey, reputation.Person) error) error {
	return eachState(tx, `SELECT circle, person, 0, '', state FROM rep_person WHERE circle = $1 OR $1 = 0`, circle, unpackPerson, f)
}

// EachStandingEdge hands over what people gave each other.
func (tx *Tx) EachStandingEdge(circle reputation.CircleID, f func(StandingKey, reputation.Edge) error) error {
	return eachState(tx, `SELECT circle, subject, source, '', state FROM rep_edge WHERE circle = $1 OR $1 = 0`, circle, unpackEdge, f)
}

// EachStandingBranch hands over what people have from branches.
func (tx *Tx) EachStandingBranch(circle reputation.CircleID, f func(StandingKey, reputation.Sum) error) error {
	return eachState(tx, `SELECT circle, subject, branch, '', sum FROM rep_branch WHERE circle = $1 OR $1 = 0`, circle, unpackSum, f)
}

// EachStandingDomain hands over what people have from servers.
func (tx *Tx) EachStandingDomain(circle reputation.CircleID, f func(StandingKey, reputation.Sum) error) error {
	return eachState(tx, `SELECT circle, subject, 0, domain, sum FROM rep_domain WHERE circle = $1 OR $1 = 0`, circle, unpackSum, f)
}

// EachStandingCircle hands over the rows of circles.
func (tx *Tx) EachStandingCircle(circle reputation.CircleID, f func(StandingKey, reputation.Circle) error) error {
	return eachState(tx, `SELECT circle, 0, 0, '', state FROM rep_circle WHERE circle = $1 OR $1 = 0`, circle, unpackCircle, f)
}

func eachState[T any](tx *Tx, query string, circle reputation.CircleID, unpack func([]byte) (T, error), f func(StandingKey, T) error) error {
	return tx.rows(query, []any{circle}, func(r rowScanner) error {
		var k StandingKey
		var state []byte
		if err := r.Scan(&k.Circle, &k.Subject, &k.Source, &k.Domain, &state); err != nil {
			return err
		}
		v, err := unpack(state)
		if err != nil {
			return err
		}
		return f(k, v)
	})
}
