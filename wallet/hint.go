package wallet

import (
	"encoding/hex"
	"fmt"
	"time"
)

// A Hint says "look again". It carries no money: Halqa asks GetCharge or GetRefund, and believes that.
type Hint struct {
	ChargeID string `json:"chargeId,omitempty"`
	RefundID string `json:"refundId,omitempty"`
	DedupeID string `json:"dedupeId,omitempty"` // the rail's id of the message; may repeat
}

// A Reply is what the rail wants to hear, sent once the hints are durable. Alipay wants exactly the
// seven bytes "success".
type Reply struct {
	Status      int    `json:"status"`
	ContentType string `json:"contentType"`
	Body        []byte `json:"body"` // base64 in JSON
}

// A Page is a stretch of a feed. Cursor is where the next one begins, also when nothing was found;
// More says that it begins now.
type Page struct {
	Hints  []Hint `json:"hints"`
	Cursor string `json:"cursor"` // at most 500 bytes
	More   bool   `json:"more"`
}

// A RefundRequest asks to give back part or all of what a charge received.
type RefundRequest struct {
	Key      string `json:"key"` // ValidKey, of its own
	ChargeID string `json:"chargeId"`
	Reason   string `json:"reason"` // for the payer; at most MaxReason bytes
	Amount   Amount `json:"amount"`
}

// Check returns ErrInvalid for what no adapter should be asked.
func (in RefundRequest) Check() error {
	switch {
	case !ValidKey(in.Key):
		return fmt.Errorf("%w: key", ErrInvalid)
	case in.ChargeID == "" || len(in.ChargeID) > 200:
		return fmt.Errorf("%w: charge id", ErrInvalid)
	case in.Amount.Minor <= 0 || !ValidAsset(in.Amount.Asset):
		return fmt.Errorf("%w: amount must be above zero", ErrInvalid)
	case len(in.Reason) > MaxReason:
		return fmt.Errorf("%w: reason is longer than %d bytes", ErrInvalid, MaxReason)
	}
	return nil
}

// A Refund is one giving back. Its states are Pending, Processing, Settled, Failed and Unknown; when it
// is Settled, its amount is part of its charge's Refunded.
type Refund struct {
	ID       string `json:"id"`
	Key      string `json:"key"`
	ChargeID string `json:"chargeId"`
	Revision int64  `json:"revision"`
	State    State  `json:"state"`
	Amount   Amount `json:"amount"`
}

// A Proof is evidence of a payment that others can check: Type "bolt11-preimage", "lud21-verify",
// "attested" …. It is shown to payer and payee only; a preimage is never public.
type Proof struct {
	Type string            `json:"type"`
	Data map[string]string `json:"data"`
}

// A ProofQuery asks whether a proof shows that a payee got an amount for an intent.
type ProofQuery struct {
	Proof   Proof   `json:"proof"`
	Amount  Amount  `json:"amount"`
	Payee   Payee   `json:"payee"`
	Binding Binding `json:"binding"`
}

// A ProofResult is the answer. UniqueID names the payment itself (a payment hash; a transaction and
// address): Halqa keeps it unique, so that one payment proves one tip.
type ProofResult struct {
	OK       bool   `json:"ok"`
	Final    bool   `json:"final"`
	Received Amount `json:"received"`
	UniqueID string `json:"uniqueId"`
}

// A Binding is the SHA-256 of the canonical intent, in JSON 64 hexadecimal digits.
type Binding [32]byte

// MarshalText writes the digits.
func (b Binding) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(b[:])), nil }

// UnmarshalText reads 64 digits.
func (b *Binding) UnmarshalText(text []byte) error {
	if len(text) != 64 {
		return fmt.Errorf("%w: binding must be 64 hexadecimal digits", ErrInvalid)
	}
	if _, err := hex.Decode(b[:], text); err != nil {
		return fmt.Errorf("%w: binding must be 64 hexadecimal digits", ErrInvalid)
	}
	return nil
}

// MaxSkew is how far a signed time may be from now, into the past and into the future alike.
const MaxSkew = 300 * time.Second
