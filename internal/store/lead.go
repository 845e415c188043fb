package store

import (
	"fmt"
	"strings"

	"halqa/circles"
)

// Marks are what stands beside a post in other tables, and what one person has to do with it.
type Marks struct {
	Vote   int  // the person's own: 1, -1 or 0
	Saved  bool // by the person
	Helped bool // somebody called it helpful
	Quotes bool // it quotes something
	Poll   bool // it has one
}

// A row of a list reads its marks in one column, for a column costs as much as a look into a small table.
const (
	markVote   = 3 // the vote and 1
	markSaved  = 4
	markHelped = 8
	markQuotes = 16
	markPoll   = 32
)

// marks is the column of the marks of post p, with those of a person, and of the others those in also.
func marks(person string, also ...int) string {
	var b strings.Builder
	b.WriteString("1 + COALESCE((SELECT v.value FROM vote v WHERE v.actor = " + person + " AND v.post = p.id), 0)")
	add := func(bit int, from string) {
		fmt.Fprintf(&b, " + CASE WHEN EXISTS (SELECT 1 FROM %s) THEN %d ELSE 0 END", from, bit)
	}
	add(markSaved, "saved s WHERE s.person = "+person+" AND s.post = p.id")
	for _, bit := range also {
		switch bit {
		case markHelped:
			add(bit, "rep_contribution h WHERE h.post = p.id AND h.helpful_by <> 0")
		case markQuotes:
			add(bit, "quote q WHERE q.post = p.id")
		case markPoll:
			add(bit, "poll o WHERE o.post = p.id")
		}
	}
	return b.String()
}

// Scan reads the column.
func (m *Marks) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("marks: a %T", src)
	}
	*m = Marks{Vote: int(n&markVote) - 1, Saved: n&markSaved != 0, Helped: n&markHelped != 0, Quotes: n&markQuotes != 0, Poll: n&markPoll != 0}
	return nil
}

// A Lead is what of a post moves without its Rev, and what one person has to do with it.
type Lead struct {
	ID                circles.PostID
	Rev               int64
	Listed            bool
	Ups, Downs, Score int64
	Comments          int64

	Marks
	SeenAt       int64 // when the person last looked at it, UTC microseconds; 0 = never
	SeenComments int64 // how many comments it had then
}

// Leads returns it for these posts. Everything else that PostLeads returns stays the same as long as Rev does,
// so whoever kept that asks for it only when Rev has moved.
func (tx *Tx) Leads(person circles.PersonID, ids []circles.PostID) ([]Lead, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	set, args := in([]any{person}, ids)
	all := make([]Lead, 0, len(ids))
	err := tx.rows("SELECT p.id, p.rev, p.listed, p.ups, p.downs, p.score, p.comments, "+marks("$1", markPoll)+`, COALESCE(r.at, 0), COALESCE(r.comments, 0)
		FROM post p LEFT JOIN read_mark r ON r.person = $1 AND r.post = p.id WHERE p.id IN (`+set+")", args, func(r rowScanner) error {
		all = append(all, Lead{})
		l := &all[len(all)-1]
		return r.Scan(&l.ID, &l.Rev, &l.Listed, &l.Ups, &l.Downs, &l.Score, &l.Comments, &l.Marks, &l.SeenAt, &l.SeenComments)
	})
	return all, err
}

// MarksOf returns the marks of one post, a poll not among them.
func (tx *Tx) MarksOf(person circles.PersonID, id circles.PostID) (Marks, error) {
	return one(tx, value[Marks], "SELECT "+marks("$1", markHelped, markQuotes)+" FROM post p WHERE p.id = $2", person, id)
}
