package lightning

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil/bech32"
)

// Networks that an invoice can be for, as its prefix names them.
const (
	Mainnet = "bc"
	Testnet = "tb"
	Signet  = "tbs"
	Regtest = "bcrt"
	Simnet  = "sb"
)

// An Invoice is a request for money over Lightning, signed by who wants it.
type Invoice struct {
	Network         string
	MilliSat        int64 // 0 = the payer chooses
	PaymentHash     [32]byte
	Description     string // empty where Hashed
	DescriptionHash [32]byte
	Hashed          bool
	Created         time.Time
	Expires         time.Time
	Payee           [33]byte // compressed public key of the node that signed
}

const (
	// MaxInvoice bounds an invoice, in bytes: more fits into no code that a telephone reads.
	MaxInvoice = 2000

	defaultExpiry  = time.Hour             // BOLT 11 `x`
	maxExpiry      = 100 * 365 * 24 * 3600 // seconds; what is longer is no time but a mistake
	signatureWords = (64 + 1) * 8 / 5      // of five bits
	timestampWords = 35 / 5                //
	maxFeature     = 63                    // the highest bit that BOLT 9 has given a meaning in invoices
	wholeHash      = 52                    // words of a field with 256 bits
	wholeKey       = 53                    // words of one with 33 bytes
)

// ErrInvoice is wrapped by every error of Decode.
var ErrInvoice = errors.New("lightning: not an invoice")

var invoicePrefix = regexp.MustCompile(`^ln(bcrt|tbs|bc|tb|sb)(?:([1-9][0-9]{0,17})([munp]?))?$`)

// Decode reads an invoice and checks its signature. It takes capitals and small letters, and no
// "lightning:" before them. It decides nothing about routes, and refuses what a payer must refuse: features
// that nobody knows, a part of a millisatoshi, no description or two.
//
// BOLT 11
func Decode(text string) (Invoice, error) {
	var in Invoice
	if len(text) > MaxInvoice {
		return in, fmt.Errorf("%w: %d bytes", ErrInvoice, len(text))
	}
	hrp, words, err := bech32.DecodeNoLimit(text)
	if err != nil {
		return in, fmt.Errorf("%w: bech32", ErrInvoice)
	}
	prefix := invoicePrefix.FindStringSubmatch(hrp)
	if prefix == nil {
		return in, fmt.Errorf("%w: prefix %.30q", ErrInvoice, hrp)
	}
	in.Network = prefix[1]
	if in.MilliSat, err = milliSat(prefix[2], prefix[3]); err != nil {
		return in, err
	}
	if len(words) < timestampWords+signatureWords {
		return in, fmt.Errorf("%w: too short", ErrInvoice)
	}
	signed, signature := words[:len(words)-signatureWords], words[len(words)-signatureWords:]
	in.Created = time.Unix(number(signed[:timestampWords]), 0).UTC()
	f, err := readFields(signed[timestampWords:])
	if err != nil {
		return in, err
	}
	switch {
	case f.hash == nil:
		return in, fmt.Errorf("%w: no payment hash", ErrInvoice)
	case f.secret == nil:
		return in, fmt.Errorf("%w: no payment secret", ErrInvoice)
	case (f.text == nil) == (f.textHash == nil):
		return in, fmt.Errorf("%w: not one description", ErrInvoice)
	}
	copy(in.PaymentHash[:], f.hash)
	if in.Hashed = f.textHash != nil; in.Hashed {
		copy(in.DescriptionHash[:], f.textHash)
	} else {
		in.Description = string(f.text)
	}
	in.Expires = in.Created.Add(f.expiry)
	in.Payee, err = signer(hrp, signed, signature, f.node)
	return in, err
}

// milliSat is the amount of a prefix.
func milliSat(digits, multiplier string) (int64, error) {
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: amount", ErrInvoice)
	}
	if multiplier == "p" {
		if n%10 != 0 {
			return 0, fmt.Errorf("%w: a part of a millisatoshi", ErrInvoice)
		}
		return n / 10, nil
	}
	unit := map[string]int64{"": 1e11, "m": 1e8, "u": 1e5, "n": 1e2}[multiplier]
	if n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%w: amount", ErrInvoice)
	}
	return n * unit, nil
}

// fields are the tagged parts that matter here; nil where there is none.
type fields struct {
	hash, secret, text, textHash, node []byte
	expiry                             time.Duration
}

// readFields reads them. Of several of a kind the first counts; those of a wrong length
// are skipped, as the document's own example wants where its rules would rather refuse.
func readFields(words []byte) (fields, error) {
	f := fields{expiry: defaultExpiry}
	timed := false
	for len(words) > 0 {
		if len(words) < 3 {
			return f, fmt.Errorf("%w: a field is cut off", ErrInvoice)
		}
		tag, n := words[0], int(words[1])<<5|int(words[2])
		words = words[3:]
		if n > len(words) {
			return f, fmt.Errorf("%w: a field is cut off", ErrInvoice)
		}
		data := words[:n]
		words = words[n:]
		var err error
		switch {
		case tag == 1 && n == wholeHash && f.hash == nil:
			f.hash, err = whole(data)
		case tag == 16 && n == wholeHash && f.secret == nil:
			f.secret, err = whole(data)
		case tag == 23 && n == wholeHash && f.textHash == nil:
			f.textHash, err = whole(data)
		case tag == 19 && n == wholeKey && f.node == nil:
			f.node, err = whole(data)
		case tag == 13 && f.text == nil:
			if f.text, err = whole(data); err == nil && !utf8.Valid(f.text) {
				err = fmt.Errorf("%w: description", ErrInvoice)
			}
		case tag == 6 && !timed:
			timed = true
			seconds := number(data)
			if seconds > maxExpiry {
				return f, fmt.Errorf("%w: expiry", ErrInvoice)
			}
			f.expiry = time.Duration(seconds) * time.Second
		case tag == 5:
			err = known(data)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// whole turns words into the bytes that they hold; bits that fill up the last word are dropped.
func whole(words []byte) ([]byte, error) {
	b, err := bech32.ConvertBits(words, 5, 8, true)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvoice, err)
	}
	return append([]byte{}, b[:len(words)*5/8]...), nil
}

// number reads words as one number, or as more than any that is taken where they do not fit.
func number(words []byte) int64 {
	var n int64
	for _, w := range words {
		if n > math.MaxInt64>>5 {
			return math.MaxInt64
		}
		n = n<<5 | int64(w)
	}
	return n
}

// known refuses features that a payer must understand and nobody does: even bits beyond those that have
// a meaning.
func known(words []byte) error {
	for i, w := range words {
		for b := range 5 {
			bit := (len(words)-1-i)*5 + b
			if w>>b&1 == 1 && bit%2 == 0 && bit > maxFeature {
				return fmt.Errorf("%w: feature %d", ErrInvoice, bit)
			}
		}
	}
	return nil
}

// signer checks the signature and returns the key that made it: the node that the invoice names, or the
// one that the signature leads to.
func signer(hrp string, signed, signature, node []byte) (key [33]byte, err error) {
	data, err := bech32.ConvertBits(signed, 5, 8, true)
	if err != nil {
		return key, fmt.Errorf("%w: %w", ErrInvoice, err)
	}
	sig, err := bech32.ConvertBits(signature, 5, 8, false)
	if err != nil || len(sig) != 65 || sig[64] > 3 {
		return key, fmt.Errorf("%w: signature", ErrInvoice)
	}
	digest := sha256.Sum256(append([]byte(hrp), data...))
	if node == nil {
		compact := append([]byte{27 + 4 + sig[64]}, sig[:64]...)
		public, _, err := ecdsa.RecoverCompact(compact, digest[:])
		if err != nil {
			return key, fmt.Errorf("%w: signature", ErrInvoice)
		}
		copy(key[:], public.SerializeCompressed())
		return key, nil
	}
	public, err := btcec.ParsePubKey(node)
	if err != nil {
		return key, fmt.Errorf("%w: node", ErrInvoice)
	}
	var r, s btcec.ModNScalar
	if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:64]) || s.IsOverHalfOrder() || !ecdsa.NewSignature(&r, &s).Verify(digest[:], public) {
		return key, fmt.Errorf("%w: signature", ErrInvoice)
	}
	copy(key[:], node)
	return key, nil
}
