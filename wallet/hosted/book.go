package hosted

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"halqa/wallet"
)

// A Book keeps what Alipay does not: notes of a few hundred bytes under a key. Notes are only ever added.
type Book interface {
	// Add keeps a note under key, kind and ref, unless there is one: then that one stays, and it is no
	// error. It is durable when Add returns.
	Add(ctx context.Context, key, kind, ref string, data []byte) error
	// Read calls each with every note of a key; none is no error.
	Read(ctx context.Context, key string, each func(kind, ref string, data []byte)) error
}

// The kinds of notes of a charge.
const (
	noteCharge   = "charge"   // what was asked for
	noteCanceled = "canceled" // taken back before it was paid; when
	noteExpired  = "expired"  // its time was over and nothing was paid; when
	notePaid     = "paid"     // Alipay said so
	noteReturned = "returned" // all of it went back
	noteRefund   = "refund"   // somebody asked for a refund; ref is its number
	noteRefunded = "refunded" // Alipay said that it is done
	noteNoRefund = "refused"  // Alipay said that it will never be

	noteRequest = "request" // of a refund's key: what was asked for
)

// maxRefunds bounds how many refunds of one charge are followed.
const maxRefunds = 100

// payment is what notePaid holds.
type payment struct {
	Trade string    `json:"trade"` // Alipay's number
	At    time.Time `json:"at"`
}

// refund is what noteRefund and noteRefunded hold. A refund that a notice told of has no amount until
// Alipay was asked.
type refund struct {
	Minor int64 `json:"minor"`
}

// A state is all notes of a charge.
type state struct {
	in                wallet.CreateCharge // Key is empty: there never was such a charge
	canceled, expired time.Time
	paid              *payment
	returned          bool
	asked             map[string]int64
	given             map[string]int64
	refused           map[string]bool
}

func (a *Adapter) read(ctx context.Context, key string) (state, error) {
	s := state{asked: map[string]int64{}, given: map[string]int64{}, refused: map[string]bool{}}
	var bad error
	err := a.book.Read(ctx, key, func(kind, ref string, data []byte) {
		if err := s.take(kind, ref, data); err != nil && bad == nil {
			bad = fmt.Errorf("note %s of %s: %w", kind, key, err)
		}
	})
	if err == nil {
		err = bad
	}
	if err != nil { // the book is our own: what it did not commit did not happen
		return s, fmt.Errorf("%w: book: %w", wallet.ErrTemporary, err)
	}
	return s, nil
}

func (s *state) take(kind, ref string, data []byte) error {
	var r refund
	switch kind {
	case noteCharge:
		return json.Unmarshal(data, &s.in)
	case noteCanceled:
		return json.Unmarshal(data, &s.canceled)
	case noteExpired:
		return json.Unmarshal(data, &s.expired)
	case notePaid:
		s.paid = &payment{}
		return json.Unmarshal(data, s.paid)
	case noteReturned:
		s.returned = true
	case noteRefund:
		err := json.Unmarshal(data, &r)
		s.asked[ref] = r.Minor
		return err
	case noteRefunded:
		err := json.Unmarshal(data, &r)
		s.given[ref] = r.Minor
		return err
	case noteNoRefund:
		s.refused[ref] = true
	}
	return nil
}

// note adds one.
func (a *Adapter) note(ctx context.Context, key, kind, ref string, value any) error {
	data, err := json.Marshal(value)
	if err == nil {
		err = a.book.Add(ctx, key, kind, ref, data)
	}
	if err != nil {
		return fmt.Errorf("%w: book: %w", wallet.ErrIndeterminate, err)
	}
	return nil
}

// request notes what a refund's key asks for, and returns what it asked for first.
func (a *Adapter) request(ctx context.Context, in wallet.RefundRequest) (wallet.RefundRequest, error) {
	if err := a.note(ctx, in.Key, noteRequest, "", in); err != nil {
		return in, err
	}
	return a.requested(ctx, in.Key)
}

// requested returns what a refund's key asks for, wallet.ErrNotFound if nothing.
func (a *Adapter) requested(ctx context.Context, key string) (in wallet.RefundRequest, err error) {
	var text []byte
	err = a.book.Read(ctx, key, func(kind, _ string, data []byte) {
		if kind == noteRequest {
			text = bytes.Clone(data)
		}
	})
	switch {
	case err != nil:
		return in, fmt.Errorf("%w: book: %w", wallet.ErrTemporary, err)
	case text == nil:
		return in, wallet.ErrNotFound
	}
	return in, json.Unmarshal(text, &in)
}

// charge reads a charge off the notes. Each note but those of what was asked for is one change.
func (s state) charge() wallet.Charge {
	c := wallet.Charge{ID: s.in.Key, Key: s.in.Key, Revision: 1, State: wallet.Pending, Requested: s.in.Amount, ExpiresAt: s.in.ExpiresAt, Actions: []wallet.Action{}}
	if !s.canceled.IsZero() {
		c.Revision, c.State = c.Revision+1, wallet.Canceled
	}
	if !s.expired.IsZero() {
		c.Revision++
		if s.canceled.IsZero() {
			c.State = wallet.Expired
		}
	}
	if s.paid == nil {
		return c
	}
	c.Revision, c.State, c.Received, c.SettledAt, c.RailRef = c.Revision+1, wallet.Settled, wallet.Units(s.in.Amount.Minor), s.paid.At, s.paid.Trade
	// Alipay's stamps have whole seconds.
	c.Late = !s.paid.At.Before(s.in.ExpiresAt) || !s.canceled.IsZero() && !s.paid.At.Before(s.canceled.Truncate(time.Second))
	for _, minor := range s.given {
		c.Revision++
		c.Refunded += wallet.Units(minor)
	}
	if s.returned {
		c.Revision++
	}
	if s.returned || c.Refunded > c.Received {
		c.Refunded = c.Received
	}
	return c
}
