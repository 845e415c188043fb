package lightning

import (
	"crypto/sha256"
	"testing"
	"time"

	"halqa/wallet/lightning/lntest"
)

// TestDecodeRoundTrip reads what the tests sign, so that a fake cannot be wrong in the reader's own way
// alone; that the reader is right is TestDecodeExamples.
func TestDecodeRoundTrip(t *testing.T) {
	key := lntest.NewKey()
	d := lntest.Invoice{Network: Simnet, MilliSat: 21_000, Hash: [32]byte{1}, Created: time.Unix(1_800_000_000, 0).UTC(), Expiry: 3601 * time.Second}
	for _, node := range []bool{false, true} {
		d.Named = node
		in, err := Decode(d.Sign(key))
		if err != nil {
			t.Fatal(err)
		}
		want := Invoice{Network: Simnet, MilliSat: 21_000, PaymentHash: d.Hash, Created: d.Created, Expires: d.Created.Add(d.Expiry)}
		copy(want.Payee[:], key.PubKey().SerializeCompressed())
		if in != want {
			t.Errorf("node %t:\n got %+v\nwant %+v", node, in, want)
		}
	}
}

func TestProves(t *testing.T) {
	key := lntest.NewKey()
	preimage := [32]byte{7}
	d := lntest.Invoice{Network: Mainnet, MilliSat: 1000, Hash: sha256.Sum256(preimage[:]), Text: "x", Created: time.Unix(1_800_000_000, 0), Expiry: time.Hour}
	invoice := d.Sign(key)
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
