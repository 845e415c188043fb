package hosted

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"halqa/wallet"
)

// A Book keeps what Alipay does not, in notes that only this adapter reads. Each method is a transaction of
// its own, and durable when it returns.
type Book interface {
	// Keep stores a note under a key, unless the key has one, and returns what it has. No two keys have
	// the same mark: wallet.ErrKeyReuse if it is another's.
	Keep(ctx context.Context, key, mark, note string) (kept string, err error)
	// Read returns wallet.ErrNotFound if the key has no note.
	Read(ctx context.Context, key string) (string, error)
	// Change replaces a note that still says what it said, and returns what stands there afterwards.
	Change(ctx context.Context, key, from, to string) (kept string, err error)
}

// maxRefunds bounds how many refunds of one charge are followed.
const maxRefunds = 100

// A payment is that Alipay said that a charge is paid.
type payment struct {
	Trade string    `json:"trade"` // Alipay's number
	At    time.Time `json:"at"`
}

// A record is the note of a charge. Things are only ever added to it, so what is read off it never goes back,
// and of two records of one charge the later has all of the earlier.
type record struct {
	In       wallet.CreateCharge `json:"in"`                // its Key is empty: there never was such a charge
	Canceled time.Time           `json:"canceled,omitzero"` // taken back before it was paid
	Expired  time.Time           `json:"expired,omitzero"`  // its time was over and nothing was paid
	Paid     *payment            `json:"paid,omitempty"`
	Returned bool                `json:"returned,omitempty"` // all of it went back

	// Refunds by their numbers: what was asked for, 0 of those that a notice told of; what Alipay said was
	// given back; what it said never will be.
	Asked   map[string]int64 `json:"asked,omitempty"`
	Given   map[string]int64 `json:"given,omitempty"`
	Refused map[string]bool  `json:"refused,omitempty"`

	text string // as it stands in the book
}

func parse(text string) (r record, err error) {
	err = json.Unmarshal([]byte(text), &r)
	r.text = text
	return r, err
}

// booked reads a charge's record; an empty one if there is none. The book is our own: what it did not commit
// did not happen.
func (a *Adapter) booked(ctx context.Context, key string) (record, error) {
	text, err := a.book.Read(ctx, key)
	if errors.Is(err, wallet.ErrNotFound) {
		return record{}, nil
	}
	var r record
	if err == nil {
		r, err = parse(text)
	}
	if err != nil {
		return r, fmt.Errorf("%w: book: %w", wallet.ErrTemporary, err)
	}
	return r, nil
}

// begin books what was asked for, unless the key has a record, and returns the record that it has.
func (a *Adapter) begin(ctx context.Context, in wallet.CreateCharge) (record, error) {
	text, err := json.Marshal(record{In: in})
	if err != nil {
		return record{}, err
	}
	kept, err := a.book.Keep(ctx, in.Key, in.Key, string(text))
	if err != nil {
		return record{}, fmt.Errorf("%w: book: %w", wallet.ErrIndeterminate, err)
	}
	return parse(kept)
}

// add books something more about a charge, and returns its record. add is called again if somebody else was
// faster, with what they left.
func (a *Adapter) add(ctx context.Context, r record, add func(*record)) (record, error) {
	for {
		next, err := parse(r.text)
		if err != nil {
			return r, err
		}
		add(&next)
		text, err := json.Marshal(next)
		if err != nil {
			return r, err
		}
		if string(text) == r.text { // it stands there already
			return r, nil
		}
		kept, err := a.book.Change(ctx, r.In.Key, r.text, string(text))
		if err != nil {
			return r, fmt.Errorf("%w: book: %w", wallet.ErrIndeterminate, err)
		}
		if r, err = parse(kept); err != nil || kept == string(text) {
			return r, err
		}
	}
}

// once books a time that is known already where it is.
func once(at *time.Time, now time.Time) {
	if at.IsZero() {
		*at = now.UTC()
	}
}

// put adds to a map of a record, unless it is there.
func put[V any](m *map[string]V, number string, v V) {
	if _, there := (*m)[number]; there {
		return
	}
	if *m = maps.Clone(*m); *m == nil {
		*m = map[string]V{}
	}
	(*m)[number] = v
}

// open reports whether more is to be heard of a refund.
func (r record) open(number string) bool {
	_, asked := r.Asked[number]
	_, given := r.Given[number]
	return asked && !given && !r.Refused[number]
}

// refundKey is where a refund's request is booked; the keys of refunds and charges are not kept apart by who
// makes them.
func refundKey(key string) string { return "refund:" + key }

// request books what a refund's key asks for, and returns what it asked for first.
func (a *Adapter) request(ctx context.Context, in wallet.RefundRequest) (first wallet.RefundRequest, err error) {
	text, err := json.Marshal(in)
	if err != nil {
		return in, err
	}
	kept, err := a.book.Keep(ctx, refundKey(in.Key), refundKey(in.Key), string(text))
	if err != nil {
		return in, fmt.Errorf("%w: book: %w", wallet.ErrIndeterminate, err)
	}
	return first, json.Unmarshal([]byte(kept), &first)
}

// requested returns what a refund's key asks for, wallet.ErrNotFound if nothing.
func (a *Adapter) requested(ctx context.Context, key string) (in wallet.RefundRequest, err error) {
	text, err := a.book.Read(ctx, refundKey(key))
	switch {
	case errors.Is(err, wallet.ErrNotFound):
		return in, wallet.ErrNotFound
	case err != nil:
		return in, fmt.Errorf("%w: book: %w", wallet.ErrTemporary, err)
	}
	return in, json.Unmarshal([]byte(text), &in)
}

// charge reads a charge off its record. Each thing that was added is one change.
func (r record) charge() wallet.Charge {
	c := wallet.Charge{ID: r.In.Key, Key: r.In.Key, Revision: 1, State: wallet.Pending, Requested: r.In.Amount, ExpiresAt: r.In.ExpiresAt, Actions: []wallet.Action{}}
	if !r.Canceled.IsZero() {
		c.Revision, c.State = c.Revision+1, wallet.Canceled
	}
	if !r.Expired.IsZero() {
		c.Revision++
		if r.Canceled.IsZero() {
			c.State = wallet.Expired
		}
	}
	if r.Paid == nil {
		return c
	}
	c.Revision, c.State, c.Received, c.SettledAt, c.RailRef = c.Revision+1, wallet.Settled, wallet.Units(r.In.Amount.Minor), r.Paid.At, r.Paid.Trade
	// Alipay's stamps have whole seconds.
	c.Late = !r.Paid.At.Before(r.In.ExpiresAt) || !r.Canceled.IsZero() && !r.Paid.At.Before(r.Canceled.Truncate(time.Second))
	for _, minor := range r.Given {
		c.Revision++
		c.Refunded += wallet.Units(minor)
	}
	if r.Returned {
		c.Revision++
	}
	if r.Returned || c.Refunded > c.Received {
		c.Refunded = c.Received
	}
	return c
}
