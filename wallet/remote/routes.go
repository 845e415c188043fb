package remote

import (
	"errors"
	"net/http"

	"halqa/wallet"
)

// The routes, below whatever address the adapter has:
//
//	GET  /v1/describe                 Descriptor
//	GET  /v1/health                   {}
//	POST /v1/charges                  CreateCharge → Charge
//	GET  /v1/charges/{id}             Charge
//	GET  /v1/charges?key=…            Charge            "find"
//	POST /v1/charges/{id}/cancel      Charge            "cancel"
//	POST /v1/payees/check             PayeeQuery → Payee "payee-check"
//	POST /v1/webhook                  Message → Heard   "webhook"
//	GET  /v1/events?cursor=…&limit=…  Page              "feed"
//	POST /v1/refunds                  RefundRequest → Refund "refund"
//	GET  /v1/refunds/{id}             Refund            "refund"
//	POST /v1/proofs/verify            ProofQuery → ProofResult "proof"
const prefix = "/v1/"

// Bounds of what travels, in bytes.
const (
	MaxRequest = 64 << 10
	MaxAnswer  = 256 << 10
)

// A PayeeQuery asks whether somebody can be paid.
type PayeeQuery struct {
	Kind  string `json:"kind"`
	Input string `json:"input"`
}

// A Message is what a rail sent to Halqa, passed on to the adapter as it came.
type Message struct {
	Header map[string][]string `json:"header"`
	Query  string              `json:"query"`
	Body   []byte              `json:"body"` // base64
}

// Heard is what an adapter made of a message.
type Heard struct {
	Hints []wallet.Hint `json:"hints"`
	Reply wallet.Reply  `json:"reply"`
}

// A Problem is the body of every answer that is not a success.
type Problem struct {
	Error   string `json:"error"`   // a word of the table below
	Message string `json:"message"` // one sentence without secrets
}

// problems says how each error of the contract travels.
var problems = []struct {
	err    error
	word   string
	status int
}{
	{wallet.ErrBadSignature, "bad-signature", http.StatusUnauthorized},
	{wallet.ErrNotFound, "not-found", http.StatusNotFound},
	{wallet.ErrKeyReuse, "key-reuse", http.StatusConflict},
	{wallet.ErrMismatch, "mismatch", http.StatusUnprocessableEntity},
	{wallet.ErrLimit, "limit", http.StatusUnprocessableEntity},
	{wallet.ErrOverflow, "overflow", http.StatusUnprocessableEntity},
	{wallet.ErrInvalid, "invalid", http.StatusUnprocessableEntity},
	{wallet.ErrUnsupported, "unsupported", http.StatusNotImplemented},
	{wallet.ErrTemporary, "temporary", http.StatusServiceUnavailable},
	{wallet.ErrIndeterminate, "indeterminate", http.StatusBadGateway},
}

// problemOf is how an error travels; one that is not of the contract says that nobody knows.
func problemOf(err error) (word string, status int) {
	for _, p := range problems {
		if errors.Is(err, p.err) {
			return p.word, p.status
		}
	}
	return "indeterminate", http.StatusBadGateway
}

// StatusOf is the status that an error's word has over HTTP, 0 if there is no such word.
func StatusOf(word string) int {
	for _, p := range problems {
		if p.word == word {
			return p.status
		}
	}
	return 0
}

// errorOf is what a word meant, nil if it is none.
func errorOf(word string) error {
	for _, p := range problems {
		if p.word == word {
			return p.err
		}
	}
	return nil
}
