package lightning

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil/bech32"
	"strconv"
)

// A draft is an invoice that a test signs.
type draft struct {
	network  string
	milliSat int64
	hash     [32]byte
	text     string // or textHash
	textHash []byte
	created  time.Time
	expiry   time.Duration
	node     bool // name the signer
}

// sign writes it down as BOLT 11 has it.
func (d draft) sign(t testing.TB, key *btcec.PrivateKey) string {
	t.Helper()
	hrp := "ln" + d.network
	switch {
	case d.milliSat == 0:
	case d.milliSat%1e8 == 0:
		hrp += strconv.FormatInt(d.milliSat/1e8, 10) + "m"
	default:
		hrp += strconv.FormatInt(d.milliSat*10, 10) + "p"
	}
	var words []byte
	for shift := 30; shift >= 0; shift -= 5 {
		words = append(words, byte(d.created.Unix()>>shift&31))
	}
	field := func(tag byte, data []byte) {
		five, err := bech32.ConvertBits(data, 8, 5, true)
		if err != nil {
			t.Fatal(err)
		}
		words = append(append(words, tag, byte(len(five)>>5), byte(len(five)&31)), five...)
	}
	field(1, d.hash[:])
	field(16, make([]byte, 32))
	if d.textHash != nil {
		field(23, d.textHash)
	} else {
		field(13, []byte(d.text))
	}
	if d.node {
		field(19, key.PubKey().SerializeCompressed())
	}
	s := int64(d.expiry / time.Second)
	words = append(words, 6, 0, 4, byte(s>>15&31), byte(s>>10&31), byte(s>>5&31), byte(s&31))
	data, err := bech32.ConvertBits(words, 5, 8, true)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(append([]byte(hrp), data...))
	sig := ecdsa.SignCompact(key, digest[:], true)
	five, err := bech32.ConvertBits(append(sig[1:], sig[0]-31), 8, 5, true)
	if err != nil {
		t.Fatal(err)
	}
	text, err := bech32.Encode(hrp, append(words, five...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDecodeRoundTrip reads what the tests sign, so that a fake cannot be wrong in the reader's own way
// alone; that the reader is right is TestDecodeExamples.
func TestDecodeRoundTrip(t *testing.T) {
	key, err := btcec.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	d := draft{network: Simnet, milliSat: 21_000, hash: [32]byte{1}, created: time.Unix(1_800_000_000, 0).UTC(), expiry: 3601 * time.Second}
	for _, node := range []bool{false, true} {
		d.node = node
		in, err := Decode(d.sign(t, key))
		if err != nil {
			t.Fatal(err)
		}
		want := Invoice{Network: Simnet, MilliSat: 21_000, PaymentHash: d.hash, Created: d.created, Expires: d.created.Add(d.expiry)}
		copy(want.Payee[:], key.PubKey().SerializeCompressed())
		if in != want {
			t.Errorf("node %t:\n got %+v\nwant %+v", node, in, want)
		}
	}
}

func TestProves(t *testing.T) {
	key, err := btcec.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	preimage := [32]byte{7}
	d := draft{network: Mainnet, milliSat: 1000, hash: sha256.Sum256(preimage[:]), text: "x", created: time.Unix(1_800_000_000, 0), expiry: time.Hour}
	invoice := d.sign(t, key)
	const right = "0700000000000000000000000000000000000000000000000000000000000000"
	for _, c := range []struct {
		invoice, preimage string
		want              error
	}{
		{invoice, right, nil},
		{"lightning:" + invoice, " " + right + "\n", nil},
		{invoice, "08" + right[2:], ErrNotProven},
		{invoice, right + "00", ErrNotProven},
		{invoice, right[2:], ErrNotProven},
		{invoice, "", ErrNotProven},
		{invoice[:50], right, ErrInvoice},
		{"", "", ErrInvoice},
	} {
		in, err := Proves(c.invoice, c.preimage)
		if !is(err, c.want) {
			t.Errorf("Proves(%.20q, %.10q): %v, want %v", c.invoice, c.preimage, err, c.want)
		}
		if (err == nil) != (in.MilliSat == 1000) {
			t.Errorf("Proves(%.20q, %.10q) = %+v, %v", c.invoice, c.preimage, in, err)
		}
	}
}
