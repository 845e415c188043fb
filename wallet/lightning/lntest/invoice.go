package lntest

import (
	"crypto/sha256"
	"strconv"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil/bech32"
)

// Networks, as invoices name them.
const (
	Mainnet = "bc"
	Simnet  = "sb"
)

// An Invoice is what Sign writes down. // BOLT 11
type Invoice struct {
	Network  string // the prefix after ln
	MilliSat int64  // 0 = any amount
	Hash     [32]byte
	Text     string // unless there is a TextHash
	TextHash []byte
	Created  time.Time
	Expiry   time.Duration // whole seconds, less than 2^20
	Named    bool          // name the signer
}

// NewKey returns a node's key.
func NewKey() *btcec.PrivateKey { return must(btcec.NewPrivateKey()) }

// must is for what cannot go wrong with an invoice of a test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Sign writes an invoice down. // BOLT 11
func (d Invoice) Sign(key *btcec.PrivateKey) string {
	hrp := "ln" + d.Network
	switch {
	case d.MilliSat == 0:
	case d.MilliSat%1e8 == 0:
		hrp += strconv.FormatInt(d.MilliSat/1e8, 10) + "m"
	default:
		hrp += strconv.FormatInt(d.MilliSat*10, 10) + "p"
	}
	var words []byte
	for shift := 30; shift >= 0; shift -= 5 {
		words = append(words, byte(d.Created.Unix()>>shift&31))
	}
	field := func(tag byte, data []byte) {
		five := must(bech32.ConvertBits(data, 8, 5, true))
		words = append(append(words, tag, byte(len(five)>>5), byte(len(five)&31)), five...)
	}
	field(1, d.Hash[:])
	field(16, make([]byte, 32))
	if d.TextHash != nil {
		field(23, d.TextHash)
	} else {
		field(13, []byte(d.Text))
	}
	if d.Named {
		field(19, key.PubKey().SerializeCompressed())
	}
	s := int64(d.Expiry / time.Second)
	words = append(words, 6, 0, 4, byte(s>>15&31), byte(s>>10&31), byte(s>>5&31), byte(s&31))
	digest := sha256.Sum256(append([]byte(hrp), must(bech32.ConvertBits(words, 5, 8, true))...))
	sig := ecdsa.SignCompact(key, digest[:], true)
	five := must(bech32.ConvertBits(append(sig[1:], sig[0]-31), 8, 5, true))
	return must(bech32.Encode(hrp, append(words, five...)))
}
