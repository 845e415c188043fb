package wallet

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDecimal(t *testing.T) {
	for _, c := range []struct {
		in       string
		exponent uint8
		want     int64
		err      error
	}{
		{"21", 2, 2100, nil},
		{"21.5", 2, 2150, nil},
		{"0.01", 2, 1, nil},
		{"00.01", 2, 1, nil},
		{"7", 0, 7, nil},
		{"0.000000000001", 12, 1, nil},
		{"92233720368547758.07", 2, math.MaxInt64, nil},
		{"92233720368547758.08", 2, 0, ErrOverflow},
		{"9223372036854775808", 0, 0, ErrOverflow},
		{"0.001", 2, 0, ErrInvalid},
		{"1.", 2, 0, ErrInvalid},
		{".5", 2, 0, ErrInvalid},
		{"", 2, 0, ErrInvalid},
		{"-1", 2, 0, ErrInvalid},
		{"+1", 2, 0, ErrInvalid},
		{"1e3", 2, 0, ErrInvalid},
		{"1,000", 2, 0, ErrInvalid},
		{"１", 2, 0, ErrInvalid},
		{"NaN", 2, 0, ErrInvalid},
		{"1.5", 0, 0, ErrInvalid},
		{"1", 13, 0, ErrInvalid},
		{strings.Repeat("0", 400), 2, 0, ErrInvalid},
	} {
		got, err := ParseDecimal(c.in, "CNY", c.exponent)
		if !errors.Is(err, c.err) || (err == nil && got.Minor != c.want) {
			t.Errorf("ParseDecimal(%q, exponent %d) = %d, %v; want %d, %v", c.in, c.exponent, got.Minor, err, c.want, c.err)
		}
	}
}

func TestDecimalReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Min(0).Draw(t, "minor")
		exponent := rapid.Uint8Max(12).Draw(t, "exponent")
		s := Amount{minor, "XMR"}.Decimal(exponent)
		got, err := ParseDecimal(s, "XMR", exponent)
		if err != nil || got.Minor != minor {
			t.Fatalf("%d with exponent %d is written %q and read %d, %v", minor, exponent, s, got.Minor, err)
		}
	})
}

func TestAmountJSON(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Amount
		err  error
	}{
		{`{"minor":"2100","asset":"CNY"}`, Amount{2100, "CNY"}, nil},
		{`{"minor":"9223372036854775807","asset":"XMR"}`, Amount{math.MaxInt64, "XMR"}, nil},
		{`{"minor":"-5","asset":"CNY"}`, Amount{-5, "CNY"}, nil},
		{`{"minor":"9223372036854775808","asset":"XMR"}`, Amount{}, ErrOverflow},
		{`{"minor":"99999999999999999999999","asset":"XMR"}`, Amount{}, ErrOverflow},
		{`{"minor":2100,"asset":"CNY"}`, Amount{}, ErrInvalid},
		{`{"minor":"21.00","asset":"CNY"}`, Amount{}, ErrInvalid},
		{`{"minor":"1e3","asset":"CNY"}`, Amount{}, ErrInvalid},
		{`{"minor":"+1","asset":"CNY"}`, Amount{}, ErrInvalid},
		{`{"minor":"01","asset":"CNY"}`, Amount{}, ErrInvalid},
		{`{"minor":"-0","asset":"CNY"}`, Amount{}, ErrInvalid},
		{`{"minor":"","asset":"CNY"}`, Amount{}, ErrInvalid},
		{`{"minor":"1","asset":"cny"}`, Amount{}, ErrInvalid},
		{`{"minor":"1","asset":"CNY","major":1}`, Amount{}, ErrInvalid},
	} {
		var got Amount
		err := json.Unmarshal([]byte(c.in), &got)
		if !errors.Is(err, c.err) || got != c.want {
			t.Errorf("%s is read as %v, %v; want %v, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestArithmeticNeverWraps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64().Draw(t, "a")
		b := rapid.Int64().Draw(t, "b")
		got, err := Amount{a, "BTC"}.Add(Amount{b, "BTC"})
		fits := (b >= 0 && a <= math.MaxInt64-b) || (b < 0 && a >= math.MinInt64-b)
		if fits != (err == nil) || (fits && got.Minor != a+b) {
			t.Fatalf("%d + %d = %d, %v", a, b, got.Minor, err)
		}
	})
	for _, c := range []struct{ part, whole int64 }{{1, 3}, {2, 3}, {3, 3}, {0, 1}} {
		got, err := Amount{100, "CNY"}.Share(c.part, c.whole)
		if err != nil || got.Minor != 100*c.part/c.whole {
			t.Errorf("%d/%d of 100 = %v, %v", c.part, c.whole, got, err)
		}
	}
	if _, err := (Amount{math.MaxInt64, "CNY"}).Share(2, 3); !errors.Is(err, ErrOverflow) {
		t.Errorf("2/3 of the largest amount: %v, want ErrOverflow", err)
	}
	if _, err := (Amount{0, "CNY"}).Sub(Amount{math.MinInt64, "CNY"}); !errors.Is(err, ErrOverflow) {
		t.Errorf("0 - the smallest amount: %v, want ErrOverflow", err)
	}
	if _, err := (Amount{1, "CNY"}).Add(Amount{1, "BTC"}); !errors.Is(err, ErrMismatch) {
		t.Errorf("yuan + bitcoin: %v, want ErrMismatch", err)
	}
}

func TestAssetTakes(t *testing.T) {
	sats := Asset{Code: "BTC", Exponent: 11, Min: 1000, Max: 1_000_000, Step: 1000}
	for _, c := range []struct {
		in  Amount
		err error
	}{
		{Amount{1000, "BTC"}, nil},
		{Amount{1_000_000, "BTC"}, nil},
		{Amount{999, "BTC"}, ErrLimit},
		{Amount{1_001_000, "BTC"}, ErrLimit},
		{Amount{1500, "BTC"}, ErrInvalid},
		{Amount{0, "BTC"}, ErrInvalid},
		{Amount{-1000, "BTC"}, ErrInvalid},
		{Amount{1000, "CNY"}, ErrMismatch},
	} {
		if err := sats.Takes(c.in); !errors.Is(err, c.err) {
			t.Errorf("%v: %v, want %v", c.in, err, c.err)
		}
	}
	for _, bad := range []Asset{
		{Code: "btc", Min: 1, Max: 1, Step: 1},
		{Code: "BTC", Exponent: 13, Min: 1, Max: 1, Step: 1},
		{Code: "BTC", Min: 0, Max: 1, Step: 1},
		{Code: "BTC", Min: 2, Max: 1, Step: 1},
		{Code: "BTC", Min: 1, Max: 1, Step: 0},
		{Code: "BTC", Min: 3, Max: 3, Step: 2},
		{Code: "BTC", Min: 1, Max: 3, Step: 5},
	} {
		if err := bad.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v, want ErrInvalid", bad, err)
		}
	}
}

func TestChargeMayMoveForwardOnly(t *testing.T) {
	base := Charge{ID: "c", Key: "tip_1_a1", Revision: 3, State: Settled, Requested: Amount{100, "CNY"}, Received: 100, Source: "card-7"}
	if err := base.Check(); err != nil {
		t.Fatalf("a settled charge: %v", err)
	}
	for name, change := range map[string]func(*Charge){
		"another id":                func(c *Charge) { c.ID = "d" },
		"another amount":            func(c *Charge) { c.Requested.Minor = 1 },
		"older":                     func(c *Charge) { c.Revision = 2 },
		"shrinks":                   func(c *Charge) { c.Revision, c.Received = 4, 99 },
		"new under an old revision": func(c *Charge) { c.Received = 200 },
		"another source":            func(c *Charge) { c.Source = "card-8" },
	} {
		next := base
		change(&next)
		if err := base.Follows(next); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	next := base
	next.Source = "" // not said again
	next.Revision, next.State, next.Reversed = 4, Reversed, 100
	if err := base.Follows(next); err != nil || next.Check() != nil || next.Net() != 0 {
		t.Errorf("settled, then reversed: %v, %v, net %d", err, next.Check(), next.Net())
	}
	for name, change := range map[string]func(*Charge){
		"more back than received": func(c *Charge) { c.Refunded, c.Reversed = 60, 41 },
		"overflowing sums":        func(c *Charge) { c.Refunded, c.Reversed = math.MaxInt64, 1 },
		"settled for nothing":     func(c *Charge) { c.Received = 0 },
		"negative":                func(c *Charge) { c.Pending = -1 },
		"no state":                func(c *Charge) { c.State = "done" },
		"a source without end":    func(c *Charge) { c.Source = strings.Repeat("x", MaxSource+1) },
	} {
		bad := base
		change(&bad)
		if err := bad.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func TestSameContents(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	in := CreateCharge{Key: "k", TipID: "1", Amount: Amount{100, "CNY"}, Payee: Payee{"local-user", "7"}, ExpiresAt: at, Locale: "en"}
	if err := in.Check(); err != nil {
		t.Fatal(err)
	}
	same := in
	same.Locale, same.ExpiresAt = "zh", at.In(time.FixedZone("", 8*3600))
	if !in.Same(same) {
		t.Error("another language or another way to write the same time is other contents")
	}
	for name, change := range map[string]func(*CreateCharge){
		"amount":  func(c *CreateCharge) { c.Amount.Minor++ },
		"payee":   func(c *CreateCharge) { c.Payee.Ref = "8" },
		"memo":    func(c *CreateCharge) { c.Memo = "x" },
		"binding": func(c *CreateCharge) { c.Binding[0] = 1 },
		"expiry":  func(c *CreateCharge) { c.ExpiresAt = at.Add(time.Second) },
	} {
		other := in
		change(&other)
		if in.Same(other) {
			t.Errorf("another %s is the same contents", name)
		}
	}
}

func TestActionCheck(t *testing.T) {
	for _, c := range []struct {
		a  Action
		ok bool
	}{
		{Action{Kind: ActNone}, true},
		{Action{Kind: ActQR, URI: "lightning:lnbc1"}, true},
		{Action{Kind: ActAddress, Text: "say this at the desk"}, true},
		{Action{Kind: ActQR, URI: "javascript:alert(1)"}, false},
		{Action{Kind: ActQR, URI: "http://rail.example/"}, false},
		{Action{Kind: ActRedirect, URI: "https://rail.example/pay", For: OnPhone}, true},
		{Action{Kind: ActRedirect, URI: "http://127.0.0.1:9101/pay", Method: "POST"}, true},
		{Action{Kind: ActRedirect, URI: "javascript:alert(1)"}, false},
		{Action{Kind: ActRedirect, URI: "https://rail.example/pay", Method: "PUT"}, false},
		{Action{Kind: ActRedirect, URI: "https://rail.example/pay", For: "watch"}, false},
		{Action{Kind: "link", URI: "https://rail.example/pay"}, false},
	} {
		if err := c.a.Check(); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v, want ok %t", c.a, err, c.ok)
		}
	}
}
