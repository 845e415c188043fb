package hosted_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"halqa/wallet"
	"halqa/wallet/hosted"
	"halqa/wallet/hosted/alipaytest"
)

// ask is a request for 1.00 yuan for Ada.
func (p *place) ask(key string) wallet.CreateCharge {
	return wallet.CreateCharge{Key: key, TipID: "1", Amount: wallet.Amount{Minor: 100, Asset: "CNY"}, Payee: wallet.Payee{Kind: hosted.PayeeKind, Ref: adaSeller},
		Memo: "Tip 1", Binding: wallet.Binding{1, 2}, ExpiresAt: p.now().Add(time.Hour), ReturnURL: "https://halqa.invalid/tips/1", NotifyURL: "https://halqa.invalid/wallet/alipay/webhook"}
}

func (p *place) create(t testing.TB, key string) wallet.Charge {
	t.Helper()
	c, err := p.CreateCharge(t.Context(), p.ask(key))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *place) look(t testing.TB, key string) wallet.Charge {
	t.Helper()
	c, err := p.GetCharge(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

// without drops one name from what is signed.
func without(over func(url.Values) string, name string) func(url.Values) string {
	return func(v url.Values) string {
		some := url.Values{}
		for k := range v {
			if k != name {
				some.Set(k, v.Get(k))
			}
		}
		return over(some)
	}
}

func set(name, value string) func(url.Values) { return func(v url.Values) { v.Set(name, value) } }

// Every way to lie in a notice is refused, and nothing is even looked at.
func TestNoticesThatAreRefused(t *testing.T) {
	p := newPlace(t)
	p.create(t, "tip_1_a1")
	good := p.gate.Forge(p.ada, "tip_1_a1", 100, alipaytest.Lie{})
	hints, reply, err := p.Webhook(t.Context(), nil, "", []byte(good))
	if err != nil || len(hints) != 1 || hints[0].ChargeID != "tip_1_a1" || string(reply.Body) != "success" || len(reply.Body) != 7 {
		t.Fatalf("a good notice: %v, %q, %v", hints, reply.Body, err)
	}
	twice := func(name string) func(string) string {
		return func(body string) string {
			v, _ := url.ParseQuery(body)
			return body + "&" + name + "=" + url.QueryEscape(v.Get(name))
		}
	}
	asked := p.gate.Asked("alipay.trade.query")
	for name, l := range map[string]struct {
		app   alipaytest.App
		minor int64
		lie   alipaytest.Lie
	}{
		"signed with the application's own key":   {p.ada, 100, alipaytest.Lie{Key: p.ada.Key}},
		"signed with a stranger's key":            {p.ada, 100, alipaytest.Lie{Key: p.bob.Key}},
		"sign_type in what is signed":             {p.ada, 100, alipaytest.Lie{Over: withType}},
		"empty values not in what is signed":      {p.ada, 100, alipaytest.Lie{Over: func(v url.Values) string { return without(alipaytest.RequestString, "sign_type")(v) }}},
		"the amount not in what is signed":        {p.ada, 100, alipaytest.Lie{Over: without(alipaytest.NoticeString, "total_amount")}},
		"another amount put in":                   {p.ada, 100, alipaytest.Lie{Alter: set("total_amount", "1000.00")}},
		"another order put in":                    {p.ada, 100, alipaytest.Lie{Alter: set("out_trade_no", "tip_2_a1")}},
		"another status put in":                   {p.ada, 100, alipaytest.Lie{Alter: set("trade_status", "TRADE_FINISHED")}},
		"an empty value filled":                   {p.ada, 100, alipaytest.Lie{Alter: set("body", "x")}},
		"an empty value taken out":                {p.ada, 100, alipaytest.Lie{Alter: func(v url.Values) { v.Del("seller_email") }}},
		"no signature":                            {p.ada, 100, alipaytest.Lie{Alter: set("sign", "")}},
		"a line break in the signature":           {p.ada, 100, alipaytest.Lie{Alter: func(v url.Values) { v.Set("sign", v.Get("sign")[:76]+"\n"+v.Get("sign")[76:]) }}},
		"a signature of another kind":             {p.ada, 100, alipaytest.Lie{Alter: set("sign_type", "RSA")}},
		"a certificate of a stranger's":           {p.ada, 100, alipaytest.Lie{Alter: set("alipay_cert_sn", "alipay-public-key")}},
		"the amount twice":                        {p.ada, 100, alipaytest.Lie{Rewrite: twice("total_amount")}},
		"the signature twice":                     {p.ada, 100, alipaytest.Lie{Rewrite: twice("sign")}},
		"a semicolon":                             {p.ada, 100, alipaytest.Lie{Rewrite: func(b string) string { return b + ";x=1" }}},
		"another application's, truly signed":     {p.bob, 100, alipaytest.Lie{}},
		"an application that is none":             {alipaytest.App{ID: "2021004100009999", Seller: adaSeller}, 100, alipaytest.Lie{}},
		"another seller, truly signed":            {p.ada, 100, alipaytest.Lie{Change: set("seller_id", bobSeller)}},
		"no seller, truly signed":                 {p.ada, 100, alipaytest.Lie{Change: func(v url.Values) { v.Del("seller_id") }}},
		"acting for another, truly signed":        {p.ada, 100, alipaytest.Lie{Change: set("auth_app_id", bobApp)}},
		"another amount, truly signed":            {p.ada, 101, alipaytest.Lie{}},
		"an amount that is none, truly signed":    {p.ada, 100, alipaytest.Lie{Change: set("total_amount", "1e2")}},
		"a signed amount, truly signed":           {p.ada, 100, alipaytest.Lie{Change: set("total_amount", "+1.00")}},
		"another intent, truly signed":            {p.ada, 100, alipaytest.Lie{Change: set("passback_params", strings.Repeat("ab", 32))}},
		"another charset, truly signed":           {p.ada, 100, alipaytest.Lie{Change: set("charset", "gbk")}},
		"six minutes from now, truly signed":      {p.ada, 100, alipaytest.Lie{At: 6 * time.Minute}},
		"of the day before yesterday":             {p.ada, 100, alipaytest.Lie{At: -27 * time.Hour}},
		"a time of another zone, eight hours off": {p.ada, 100, alipaytest.Lie{At: 8 * time.Hour}},
		"no time": {p.ada, 100, alipaytest.Lie{Change: set("notify_time", "")}},
	} {
		body := p.gate.Forge(l.app, "tip_1_a1", l.minor, l.lie)
		hints, reply, err := p.Webhook(t.Context(), nil, "", []byte(body))
		if !errors.Is(err, wallet.ErrBadSignature) || len(hints) != 0 || len(reply.Body) != 0 {
			t.Errorf("%s: %v, %q, %v; want a refusal", name, hints, reply.Body, err)
		}
	}
	for name, body := range map[string][]byte{"nothing": nil, "JSON": []byte(`{"app_id":"1"}`), "a bad escape": []byte("app_id=%zz"),
		"too much": []byte(good + "&x=" + strings.Repeat("y", 17<<10)), "too many": []byte(good + strings.Repeat("&a=1", 101))} {
		if hints, _, err := p.Webhook(t.Context(), nil, "", body); !errors.Is(err, wallet.ErrBadSignature) || len(hints) != 0 {
			t.Errorf("%s: %v, %v; want a refusal", name, hints, err)
		}
	}
	if _, _, err := p.Webhook(t.Context(), nil, "trade_status=TRADE_SUCCESS", []byte(good)); !errors.Is(err, wallet.ErrBadSignature) {
		t.Errorf("more in the address: %v", err)
	}
	if _, _, err := p.Webhook(t.Context(), nil, "", []byte(p.gate.Forge(p.ada, "tip_9_a1", 100, alipaytest.Lie{}))); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("an order that is none of ours: %v", err)
	}
	if n := p.gate.Asked("alipay.trade.query"); n != asked {
		t.Errorf("notices made %d questions", n-asked)
	}
	// All of them said that it is paid. Nothing was.
	if c := p.look(t, "tip_1_a1"); c.State != wallet.Pending || c.Received != 0 {
		t.Errorf("after the lies: %s, %d received", c.State, c.Received)
	}
}

// withType is the string of a notice with sign_type in it, which is how requests are signed.
func withType(v url.Values) string {
	all := url.Values{}
	for name := range v {
		all.Set(name, v.Get(name))
	}
	kind := all.Get("sign_type")
	all.Del("sign_type")
	all.Set("sign_typf", kind) // so that it is sorted where sign_type would be, and not left out
	return strings.Replace(alipaytest.NoticeString(all), "sign_typf=", "sign_type=", 1)
}

// A bit changed anywhere in a notice is noticed.
func TestNoticesThatWereAltered(t *testing.T) {
	p := newPlace(t)
	p.create(t, "tip_1_a1")
	good := []byte(p.gate.Forge(p.ada, "tip_1_a1", 100, alipaytest.Lie{}))
	means := func(b []byte) string {
		v, err := url.ParseQuery(string(b))
		if err != nil {
			return "nothing"
		}
		return fmt.Sprint(v)
	}
	for i := range good {
		for _, bit := range []byte{1, 4, 32} {
			b := append([]byte(nil), good...)
			b[i] ^= bit
			if means(b) == means(good) { // %2F and %2f are the same bytes
				continue
			}
			if _, _, err := p.Webhook(t.Context(), nil, "", b); !errors.Is(err, wallet.ErrBadSignature) && !errors.Is(err, wallet.ErrNotFound) {
				t.Fatalf("byte %d of %q made %q: %v", i, good, b[i], err)
			} else if errors.Is(err, wallet.ErrNotFound) {
				t.Fatalf("byte %d: an altered order was looked for", i)
			}
		}
	}
}

// A true notice is a hint however often and however late in the hours in which Alipay sends it again; it
// moves nothing by itself.
func TestNoticesAgain(t *testing.T) {
	p := newPlace(t)
	c := p.create(t, "tip_1_a1")
	if err := p.Pay(t.Context(), c.ID, 100, true); err != nil {
		t.Fatal(err)
	}
	paid := p.look(t, c.ID)
	all := p.gate.Notices(c.ID)
	if len(all) < 2 {
		t.Fatalf("%d notices", len(all))
	}
	for range 3 {
		for i := len(all) - 1; i >= 0; i-- { // the last first
			hints, reply, err := p.Webhook(t.Context(), nil, "", []byte(all[i]))
			if err != nil || len(hints) != 1 || string(reply.Body) != "success" {
				t.Fatalf("notice %d: %v, %q, %v", i, hints, reply.Body, err)
			}
		}
		p.Advance(t.Context(), 8*time.Hour)
	}
	if got := p.look(t, c.ID); got.Revision != paid.Revision || got.Received != 100 || got.State != wallet.Settled {
		t.Errorf("after nine notices: %+v, was %+v", got, paid)
	}
	p.Advance(t.Context(), 3*time.Hour)
	if _, _, err := p.Webhook(t.Context(), nil, "", []byte(all[0])); !errors.Is(err, wallet.ErrBadSignature) {
		t.Errorf("a notice of 27 hours ago: %v", err)
	}
}

func FuzzNotice(f *testing.F) {
	p := newPlace(f)
	if _, err := p.CreateCharge(f.Context(), p.ask("tip_1_a1")); err != nil {
		f.Fatal(err)
	}
	good := p.gate.Forge(p.ada, "tip_1_a1", 100, alipaytest.Lie{})
	f.Add([]byte(good))
	f.Add([]byte("app_id=" + adaApp + "&sign=&sign_type=RSA2"))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		hints, _, err := p.Webhook(t.Context(), nil, "", body)
		got, perr := url.ParseQuery(string(body))
		want, _ := url.ParseQuery(good)
		if err == nil && (perr != nil || fmt.Sprint(got) != fmt.Sprint(want)) {
			t.Errorf("%q was taken: %v", body, hints)
		}
	})
}
