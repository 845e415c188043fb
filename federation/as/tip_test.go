package as

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

var tipEnd = time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)

func exampleIntent() TipIntent {
	return TipIntent{ID: "https://p.example/tips/77", Actor: "https://p.example/u/bob", Object: site + "/post/101",
		Money: Money{21_000, "BTC", 11}, Nonce: "0123456789abcdef", Content: "For the <leeks> \"&\" more", Expires: tipEnd}
}

func exampleQuote() TipQuote {
	return TipQuote{Intent: "https://p.example/tips/77", AttributedTo: alice, Binding: [32]byte{1, 2, 254}, Money: Money{21_000, "BTC", 11}, Wallet: "lightning",
		Actions: []TipAction{{Kind: "qr", URI: "lightning:lnbc1"}, {Kind: "redirect", URI: "https://pay.example/x", Method: "POST", Fields: map[string]string{"b": "2", "a": "1"}, For: "phone"}},
		Expires: tipEnd, ProofTypes: []string{"adapter-attested", "bolt11-preimage"}, Fee: 0}
}

func exampleTerms() TipTerms {
	return TipTerms{Object: site + "/post/101", AttributedTo: alice,
		Assets: []TipAsset{{Asset: "BTC", Exponent: 11, Min: 1000, Max: 30_000_000, Usual: 1_000_000, Step: 1000, Wallet: "lightning", Test: true}}}
}

func exampleReceipt() TipReceipt {
	return TipReceipt{ID: site + "/tips/5/receipt", AttributedTo: alice, Context: site + "/post/101", Intent: "https://p.example/tips/77",
		Money: Money{21_000, "BTC", 11}, Binding: [32]byte{1, 2, 254}, ProofType: "bolt11-preimage", Proof: map[string]string{"preimage": "00ff", "bolt11": "lnbc1"}, Published: tipEnd}
}

func exampleRevoked() TipRevoked {
	return TipRevoked{ID: site + "/activity/134/revoked", AttributedTo: alice, Receipt: site + "/tips/5/receipt", Intent: "https://p.example/tips/77", Money: Money{1_000, "BTC", 11}}
}

func TestTipsAreGolden(t *testing.T) {
	golden(t, "tip-intent.json", exampleIntent().Doc().Bytes())
	golden(t, "tip-quote.json", exampleQuote().Doc().Bytes())
	golden(t, "tip-terms.json", exampleTerms().Doc().Bytes())
}

// What one instance writes, the other reads back.
func TestTipsAreReadAsTheyAreWritten(t *testing.T) {
	check := func(what string, got any, err error, want any) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", what, got, err, want)
		}
	}
	intent, quote, terms, receipt, revoked := exampleIntent(), exampleQuote(), exampleTerms(), exampleReceipt(), exampleRevoked()
	in, err := ParseTipIntent(intent.Doc().Bytes())
	check("intent", in, err, &intent)
	q, err := ParseTipQuote(quote.Doc().Bytes())
	check("quote", q, err, &quote)
	tt, err := ParseTipTerms(terms.Doc().Bytes())
	check("terms", tt, err, &terms)
	e, err := Parse(Create(Act{ID: site + "/activity/1", Actor: alice}, receipt.Doc()).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Object.TipReceipt()
	check("receipt", r, err, &receipt)
	if e, err = Parse(Create(Act{ID: site + "/activity/2", Actor: alice}, revoked.Doc()).Bytes()); err != nil {
		t.Fatal(err)
	}
	v, err := e.Object.TipRevoked()
	check("revoked", v, err, &revoked)
}

// Each of these is about money, and none is read as some.
func TestTipsThatAreRefused(t *testing.T) {
	good := string(exampleIntent().Doc().Bytes())
	for _, c := range []struct{ from, to, want string }{
		{`"21000"`, `21000`, "in a string"},
		{`"21000"`, `21000.5`, "in a string"},
		{`"21000"`, `"21000.0"`, "without sign, point or exponent"},
		{`"21000"`, `"2.1e4"`, "without sign, point or exponent"},
		{`"21000"`, `"+21000"`, "without sign, point or exponent"},
		{`"21000"`, `"-21000"`, "without sign, point or exponent"},
		{`"21000"`, `"021000"`, "without sign, point or exponent"},
		{`"21000"`, `" 21000"`, "without sign, point or exponent"},
		{`"21000"`, `"２１０００"`, "without sign, point or exponent"},
		{`"21000"`, `"0"`, "above zero"},
		{`"21000"`, `""`, "above zero"},
		{`"21000"`, `null`, "in a string"},
		{`"21000"`, `["21000"]`, "in a string"},
		{`"21000"`, `"9223372036854775808"`, "larger than"},
		{`"21000"`, `"99999999999999999999"`, "without sign"},
		{`"BTC/11"`, `"BTC"`, "decimals"},
		{`"BTC/11"`, `"btc/11"`, "decimals"},
		{`"BTC/11"`, `"BTC/13"`, "decimals"},
		{`"BTC/11"`, `"BTC/011"`, "decimals"},
		{`"BTC/11"`, `"BTC/-1"`, "decimals"},
		{`"BTC/11"`, `{"code":"BTC"}`, "decimals"},
		{`"2026-11-22T11:00:00Z"`, `"2026-11-22T11:00:00.5Z"`, "whole seconds"},
		{`"2026-11-22T11:00:00Z"`, `"2026-11-22T12:00:00+01:00"`, "whole seconds"},
		{`"2026-11-22T11:00:00Z"`, `"tomorrow"`, "whole seconds"},
		{`"type":"TipIntent"`, `"type":"TipQuote"`, "no TipIntent"},
		{`"id":"https://p.example/tips/77"`, `"id":""`, "id is missing"},
		{`"actor":"https://p.example/u/bob"`, `"actor":7`, "actor is missing"},
		{`"object":`, `"subject":`, "object is missing"},
		{`"nonce":"0123456789abcdef"`, `"nonce":"` + strings.Repeat("0", 65) + `"`, "nonce"},
		{`"nonce":"0123456789abcdef"`, `"nonce":"0123456789abcdef","anonymous":true`, "anonymous"},
		{`"nonce":"0123456789abcdef"`, `"nonce":"0123456789abcdef","amountMinor":"1"`, "twice"},
	} {
		bad := strings.Replace(good, c.from, c.to, 1)
		if bad == good {
			t.Fatalf("%s is not in %s", c.from, good)
		}
		if in, err := ParseTipIntent([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: got %+v, %v, want a refusal with %q", c.to, c.from, in, err, c.want)
		}
	}
	quote := string(exampleQuote().Doc().Bytes())
	for _, c := range []struct{ from, to, want string }{
		{`"fee":"0"`, `"fee":0.5`, "fee"},
		{`"fee":"0"`, `"fee":"-1"`, "fee"},
		{`sha256:0102`, `sha256:01`, "64 hexadecimal digits"},
		{`sha256:0102fe`, `sha256:0102FE`, "64 hexadecimal digits"},
		{`sha256:`, `md5:`, "64 hexadecimal digits"},
		{`"lightning:lnbc1"`, `"lightning:lnbc1\n"`, "control characters"},
		{`"lightning:lnbc1"`, fmt.Sprintf("%q", "lightning:"+strings.Repeat("x", 5000)), "at most 4096 bytes"},
		{`{"kind":"qr","uri":"lightning:lnbc1"}`, strings.Repeat(`{"kind":"none"},`, 9) + `{"kind":"none"}`, "more than 8"},
	} {
		bad := strings.Replace(quote, c.from, c.to, 1)
		if bad == quote {
			t.Fatalf("%s is not in %s", c.from, quote)
		}
		if q, err := ParseTipQuote([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s for %s: got %+v, %v, want a refusal with %q", c.to, c.from, q, err, c.want)
		}
	}
}

// Whatever a stranger sends as one of these is refused or within bounds, and written again it is the same.
func FuzzTips(f *testing.F) {
	for _, seed := range [][]byte{exampleIntent().Doc().Bytes(), exampleQuote().Doc().Bytes(), exampleTerms().Doc().Bytes(),
		Create(Act{ID: site, Actor: alice}, exampleReceipt().Doc()).Bytes(), Create(Act{ID: site, Actor: alice}, exampleRevoked().Doc()).Bytes()} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if in, err := ParseTipIntent(raw); err == nil {
			again, err := ParseTipIntent(in.Doc().Bytes())
			if err != nil || !reflect.DeepEqual(in, again) || in.Money.Minor <= 0 || in.Money.Exponent > 12 {
				t.Errorf("intent %+v, again %+v, %v", in, again, err)
			}
		}
		if q, err := ParseTipQuote(raw); err == nil && (len(q.Actions) > maxTipActions || q.Money.Minor <= 0 || q.Fee < -1) {
			t.Errorf("quote %+v", q)
		}
		if tt, err := ParseTipTerms(raw); err == nil {
			for _, a := range tt.Assets {
				if a.Min <= 0 || a.Max <= 0 || a.Step <= 0 || a.Usual <= 0 {
					t.Errorf("terms %+v", a)
				}
			}
		}
		if e, err := Parse(raw); err == nil {
			if r, err := e.Object.TipReceipt(); err == nil && (r.Money.Minor <= 0 || len(r.Proof) > maxTipProof) {
				t.Errorf("receipt %+v", r)
			}
			if r, err := e.Object.TipRevoked(); err == nil && r.Money.Minor <= 0 {
				t.Errorf("revoked %+v", r)
			}
		}
	})
}
