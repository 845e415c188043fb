package lightning

import (
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func lines(t testing.TB, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b))
}

// TestDecodeExamples reads the invoices that BOLT 11 gives as examples, in its order.
func TestDecodeExamples(t *testing.T) {
	const (
		hash   = "0001020304050607080900010203040506070809000102030405060708090102"
		things = "3925b6f67e2c340036ed12093dd44e0368df1b6ea26c53dbe4811f58fd5db8c1" // the SHA-256 of a shopping list
		node   = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad"
		store  = "Blockstream Store: 88.85 USD for Blockstream Ledger Nano S x 1, \"Back In My Day\" Sticker x 2, \"I Got Lightning Working\" Sticker x 2 and 1 more items"
	)
	type want struct {
		network, text, hashed string
		minor                 int64
		hash, node            string
		expiry                time.Duration
	}
	wants := []want{
		{Mainnet, "Please consider supporting this project", "", 0, hash, node, time.Hour},
		{Mainnet, "1 cup coffee", "", 250_000_000, hash, node, time.Minute},
		{Mainnet, "ナンセンス 1杯", "", 250_000_000, hash, node, time.Minute},
		{Mainnet, "", things, 2_000_000_000, hash, node, time.Hour},
		{Testnet, "", things, 2_000_000_000, hash, node, time.Hour},
		{Mainnet, "", things, 2_000_000_000, hash, node, time.Hour},
		{Mainnet, "", things, 2_000_000_000, hash, node, time.Hour},
		{Mainnet, "", things, 2_000_000_000, hash, node, time.Hour},
		{Mainnet, "", things, 2_000_000_000, hash, node, time.Hour},
		{Mainnet, store, "", 967_878_534, "462264ede7e14047e9b249da94fefc47f41f7d02ee9b091815a5506bc8abf75f", node, 7 * 24 * time.Hour},
		{Mainnet, "coffee beans", "", 2_500_000_000, hash, node, time.Hour},
		{Mainnet, "coffee beans", "", 2_500_000_000, hash, node, time.Hour},
		{Mainnet, "coffee beans", "", 2_500_000_000, hash, node, time.Hour},
		{Mainnet, "payment metadata inside", "", 1_000_000_000, hash, node, time.Hour},
		{Mainnet, "Please consider supporting this project", "", 0, hash, "", time.Hour},
	}
	all := lines(t, "testdata/bolt11-examples.txt")
	if len(all) != len(wants) {
		t.Fatalf("%d examples, want %d", len(all), len(wants))
	}
	for n, w := range wants {
		in, err := Decode(all[n])
		if err != nil {
			t.Errorf("example %d: %v", n+1, err)
			continue
		}
		got := want{in.Network, in.Description, "", in.MilliSat, hex.EncodeToString(in.PaymentHash[:]), hex.EncodeToString(in.Payee[:]), in.Expires.Sub(in.Created)}
		if in.Hashed {
			got.hashed = hex.EncodeToString(in.DescriptionHash[:])
		}
		if w.node == "" { // the signature is another's on purpose
			got.node = ""
		}
		if got != w {
			t.Errorf("example %d:\n got %+v\nwant %+v", n+1, got, w)
		}
		if when := in.Created.Unix(); when != 1496314658 && when != 1572468703 {
			t.Errorf("example %d was made at %d", n+1, when)
		}
	}
}

// TestDecodeRefuses what BOLT 11 says no reader may take, and what could be built to hurt one.
func TestDecodeRefuses(t *testing.T) {
	bad := lines(t, "testdata/bolt11-invalid.txt")
	good := lines(t, "testdata/bolt11-examples.txt")[0]
	bad = append(bad, "", "1", "lnbc1", "lightning:"+good, good+" ", good[:len(good)-1], good[1:],
		"lnbc"+strings.Repeat("9", 30)+"1"+good[5:], strings.Repeat("q", MaxInvoice+1), "lnbc1"+strings.Repeat("q", MaxInvoice-5))
	for _, s := range bad {
		if in, err := Decode(s); !errors.Is(err, ErrInvoice) {
			t.Errorf("Decode(%.60q) = %+v, %v, want ErrInvoice", s, in, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range append(lines(f, "testdata/bolt11-examples.txt"), lines(f, "testdata/bolt11-invalid.txt")...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in, err := Decode(s)
		if err != nil {
			if !errors.Is(err, ErrInvoice) {
				t.Fatalf("Decode(%q): %v is no ErrInvoice", s, err)
			}
			return
		}
		if in.MilliSat < 0 || in.Expires.Before(in.Created) || in.Payee == [33]byte{} {
			t.Fatalf("Decode(%q) = %+v", s, in)
		}
		again, err := Decode(strings.ToUpper(s))
		if err != nil || again != in {
			t.Fatalf("in capitals: %+v, %v, want %+v", again, err, in)
		}
	})
}
