package lightning

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"halqa/wallet"
)

// ProofPreimage is the type of a wallet.Proof that holds an invoice ("bolt11") and what its payer got for
// the money ("preimage", 64 hexadecimal digits).
const ProofPreimage = "bolt11-preimage"

// ErrNotProven is returned for a preimage that is another invoice's, or none.
var ErrNotProven = errors.New("lightning: not proven")

// Proves returns the invoice if the preimage shows that it was paid: only who was paid could give it
// away. ErrInvoice or ErrNotProven otherwise.
//
// It proves that this invoice was paid, and nothing of whose it is: anybody can sign an invoice and knows
// its preimage. The caller compares it with what the payee's side quoted, to the letter.
//
// BOLT 11, `p`
func Proves(bolt11, preimage string) (Invoice, error) {
	in, err := Decode(strings.TrimPrefix(bolt11, "lightning:"))
	if err != nil {
		return in, err
	}
	if _, err := open(in.PaymentHash, preimage); err != nil {
		return Invoice{}, err
	}
	return in, nil
}

// open returns the bytes of a preimage if they hash to a payment hash.
func open(hash [32]byte, preimage string) ([]byte, error) {
	b, err := hex.DecodeString(strings.TrimSpace(preimage))
	if err != nil || len(b) != 32 || sha256.Sum256(b) != hash {
		return nil, ErrNotProven
	}
	return b, nil
}

// proof is what a payer can show of a paid invoice.
func proof(bolt11 string, preimage []byte) *wallet.Proof {
	return &wallet.Proof{Type: ProofPreimage, Data: map[string]string{"bolt11": bolt11, "preimage": hex.EncodeToString(preimage)}}
}

// checked decodes an invoice that somebody else made and compares it with what it was asked to be.
func checked(bolt11, network string, minor int64) (Invoice, error) {
	in, err := Decode(bolt11)
	switch {
	case err != nil:
		return in, fmt.Errorf("%w: %w", wallet.ErrInvalid, err)
	case in.Network != network:
		return in, fmt.Errorf("%w: an invoice for the network %s, not %s", wallet.ErrInvalid, in.Network, network)
	case in.MilliSat != minor:
		return in, fmt.Errorf("%w: an invoice over %d millisatoshi, asked for %d", wallet.ErrInvalid, in.MilliSat, minor)
	}
	return in, nil
}
