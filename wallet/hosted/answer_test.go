package hosted_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"halqa/wallet"
	"halqa/wallet/hosted"
	"halqa/wallet/hosted/alipaytest"
)

// An answer that nobody signed, somebody else signed, or that was changed on its way says nothing, also when
// it says that there is no such order; and one that is about something else books nothing.
func TestAnswersThatAreNotBelieved(t *testing.T) {
	for _, f := range []alipaytest.Fault{alipaytest.Unsigned, alipaytest.Forged, alipaytest.Altered, alipaytest.Lose, alipaytest.Drop, alipaytest.Busy} {
		p := newPlace(t)
		c := p.create(t, "tip_1_a1")
		if err := p.Pay(t.Context(), c.ID, 100, true); err != nil {
			t.Fatal(err)
		}
		p.gate.Fail("alipay.trade.query", f)
		if got, err := p.GetCharge(t.Context(), c.ID); !errors.Is(err, wallet.ErrTemporary) {
			t.Errorf("%s: %s, %d received, %v; want no answer", f, got.State, got.Received, err)
		}
		p.gate.Fail("alipay.trade.query", f)
		if _, err := p.CreateCharge(t.Context(), p.ask("tip_2_a1")); !errors.Is(err, wallet.ErrTemporary) {
			t.Errorf("%s: a new charge: %v", f, err)
		}
		if _, err := p.FindCharge(t.Context(), "tip_2_a1"); !errors.Is(err, wallet.ErrNotFound) {
			t.Errorf("%s: the charge that was not made is found: %v", f, err)
		}
		p.gate.Fail("alipay.trade.query", f)
		if err := p.Health(t.Context()); err == nil {
			t.Errorf("%s: all is well", f)
		}
		if got := p.look(t, c.ID); got.State != wallet.Settled || got.Received != 100 {
			t.Errorf("%s, asked again: %s, %d", f, got.State, got.Received)
		}
	}
	for name, change := range map[string]func(map[string]any){
		"another amount":    func(a map[string]any) { a["total_amount"] = "1000.00" },
		"a float":           func(a map[string]any) { a["total_amount"] = 1.0 },
		"an exponent":       func(a map[string]any) { a["total_amount"] = "1e2" },
		"below zero":        func(a map[string]any) { a["total_amount"] = "-1.00" },
		"too fine":          func(a map[string]any) { a["total_amount"] = "1.000" },
		"another order":     func(a map[string]any) { a["out_trade_no"] = "tip_7_a1" },
		"another currency":  func(a map[string]any) { a["trans_currency"] = "HKD" },
		"another intent":    func(a map[string]any) { a["passback_params"] = strings.Repeat("ab", 32) },
		"a status of its":   func(a map[string]any) { a["trade_status"] = "TRADE_PENDING" },
		"no number":         func(a map[string]any) { delete(a, "trade_no") },
		"a time that is no": func(a map[string]any) { a["send_pay_date"] = "tomorrow" },
	} {
		p := newPlace(t)
		c := p.create(t, "tip_1_a1")
		if err := p.Pay(t.Context(), c.ID, 100, true); err != nil {
			t.Fatal(err)
		}
		p.gate.Edit("alipay.trade.query", change)
		if got, err := p.GetCharge(t.Context(), c.ID); !errors.Is(err, wallet.ErrTemporary) && !errors.Is(err, wallet.ErrIndeterminate) {
			t.Errorf("%s: %s, %d received, %v; want no answer", name, got.State, got.Received, err)
		}
		p.gate.Edit("alipay.trade.query", nil)
		if got := p.look(t, c.ID); got.State != wallet.Settled {
			t.Errorf("%s, asked again: %s", name, got.State)
		}
	}
}

// Whose account it was is said of what was paid and passed every check, in either of Alipay's ways to name
// one, and kept nowhere here; what looks like no account is left out, and the money comes all the same.
func TestSource(t *testing.T) {
	for _, c := range []struct {
		name         string
		number, open any
		want         string
	}{
		{"a number", "2088102122524333", nil, "user:2088102122524333"},
		{"a name for the application", nil, "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5", "open:074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"},
		{"both", "2088102122524333", "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5", "user:2088102122524333"},
		{"neither", nil, nil, ""},
		{"no account", "<b>2088102122524333</b>", strings.Repeat("x", 129), ""},
	} {
		p := newPlace(t)
		charge := p.create(t, "tip_1_a1")
		p.gate.Edit("alipay.trade.query", func(a map[string]any) {
			delete(a, "buyer_user_id")
			for name, v := range map[string]any{"buyer_user_id": c.number, "buyer_open_id": c.open} {
				if v != nil {
					a[name] = v
				}
			}
		})
		if err := p.open(t.Context(), charge.ID); err != nil {
			t.Fatal(err)
		}
		if got := p.look(t, charge.ID); got.Source != "" {
			t.Errorf("%s: before it was paid, the source is %q", c.name, got.Source)
		}
		if err := p.Pay(t.Context(), charge.ID, 100, true); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := p.look(t, charge.ID); got.State != wallet.Settled || got.Received != 100 || got.Source != c.want {
				t.Errorf("%s: %s, %d received from %q, want %q", c.name, got.State, got.Received, got.Source, c.want)
			}
		}
		for _, note := range p.book.notes {
			if strings.Contains(note, "2088102122524333") || strings.Contains(note, "074a1Cc") {
				t.Errorf("%s: the account was written down: %s", c.name, note)
			}
		}
	}
}

// Whatever stands on the wire, the library does not end the process, and nothing is booked.
func TestAnswersThatAreNone(t *testing.T) {
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
	defer srv.Close()
	gate := alipaytest.New(start)
	defer gate.Close()
	app := gate.Add(adaApp, adaSeller)
	b := newBook()
	a, err := hosted.New(hosted.Options{Gateway: srv.URL + "/gateway.do", Book: b, Now: start,
		Merchants: []hosted.Merchant{{App: adaApp, Seller: adaSeller, Key: app.PEM(), AlipayKey: gate.PublicPEM()}}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(map[string]any{"in": (&place{}).ask("tip_1_a1")})
	if err != nil {
		t.Fatal(err)
	}
	note := string(in)
	b.notes["tip_1_a1"] = note
	for _, body = range []string{"", "{}", "null", "[]", "<html>", `{"alipay_trade_query_response":null}`, `{"alipay_trade_query_response":null,"sign":"x"}`,
		`{"alipay_trade_query_response":{}}`, `{"alipay_trade_query_response":"","sign":""}`, `{"alipay_trade_query_response":"AAAA","sign":"AAAA"}`,
		`{"error_response":null}`, `{"error_response":{"code":"10000"}}`, `{"alipay_trade_query_response":{"code":"10000","trade_status":"TRADE_SUCCESS","total_amount":"1.00","out_trade_no":"tip_1_a1"}}`,
		`{"alipay_trade_query_response":{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"},"sign":1}`, `{"alipay_trade_query_response":{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}}`,
		`{"alipay_trade_query_response":{},"alipay_cert_sn":"x","sign":"AAAA"}`, strings.Repeat(" ", 1<<20) + "{}"} {
		if c, err := a.GetCharge(t.Context(), "tip_1_a1"); !errors.Is(err, wallet.ErrTemporary) {
			t.Errorf("%.80q: %s, %v", body, c.State, err)
		}
	}
	if b.notes["tip_1_a1"] != note {
		t.Errorf("the note became %s", b.notes["tip_1_a1"])
	}
}

// A link carries what was asked for, for both kinds of page, in Beijing's time; the gateway takes it as it is,
// and does not once a byte of it is another.
func TestLinks(t *testing.T) {
	p := newPlace(t)
	in := p.ask("tip_1_a1")
	in.Memo = "A/tip=for&<you>\n\u4f60"
	c, err := p.CreateCharge(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Actions) != 2 || c.Actions[0].For != wallet.OnComputer || c.Actions[1].For != wallet.OnPhone {
		t.Fatalf("actions %+v", c.Actions)
	}
	for i, method := range []string{"alipay.trade.page.pay", "alipay.trade.wap.pay"} {
		u, err := url.Parse(c.Actions[i].URI)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		var biz map[string]string
		if err := json.Unmarshal([]byte(q.Get("biz_content")), &biz); err != nil {
			t.Fatal(err)
		}
		if q.Get("method") != method || q.Get("notify_url") != in.NotifyURL || q.Get("return_url") != in.ReturnURL || biz["total_amount"] != "1.00" ||
			biz["out_trade_no"] != "tip_1_a1" || biz["timeout_express"] != "60m" || biz["subject"] != "A tip for <you> \u4f60" || biz["passback_params"] != fmt.Sprintf("%x", in.Binding[:]) {
			t.Errorf("%s: %v, %v", method, q, biz)
		}
		for _, name := range []string{"app_id", "sign_type", "timestamp", "notify_url", "return_url", "biz_content", "sign"} {
			bad := u.Query()
			bad.Set(name, strings.Replace(bad.Get(name), "1", "2", 1)+" ")
			if status, _, err := visit(t.Context(), wallet.Action{Method: "GET", URI: p.gate.URL + "?" + bad.Encode()}); err != nil || p.gate.Orders("tip_1_a1") != 0 {
				t.Errorf("%s with another %s: %d, %v, %d orders", method, name, status, err, p.gate.Orders("tip_1_a1"))
			}
		}
	}
	if err := p.open(t.Context(), "tip_1_a1"); err != nil {
		t.Error(err)
	}
	if n := len(p.gate.Refused()); n != 14 {
		t.Errorf("the gateway refused %d links: %q", n, p.gate.Refused())
	}
}

// The process ends after the payer's order is noted and before anybody heard: the key finds it, and Alipay's
// own answer about that order says what became of it.
func TestALostCreateIsFound(t *testing.T) {
	p := newPlace(t)
	p.Crash(t.Context(), "between")
	if _, err := p.CreateCharge(t.Context(), p.ask("tip_1_a1")); !errors.Is(err, wallet.ErrIndeterminate) {
		t.Fatalf("a note whose end nobody knows: %v", err)
	}
	before := p.gate.Asked("alipay.trade.query")
	c, err := p.FindCharge(t.Context(), "tip_1_a1")
	if err != nil || c.State != wallet.Pending || len(c.Actions) != 2 || p.gate.Asked("alipay.trade.query") != before+1 {
		t.Fatalf("found: %+v, %v", c, err)
	}
	if err := p.Pay(t.Context(), c.ID, 100, true); err != nil {
		t.Fatal(err)
	}
	if c, err = p.FindCharge(t.Context(), "tip_1_a1"); err != nil || c.State != wallet.Settled || c.Received != 100 || c.RailRef == "" {
		t.Errorf("paid: %+v, %v", c, err)
	}
	if again, err := p.CreateCharge(t.Context(), p.ask("tip_1_a1")); err != nil || again.ID != c.ID || again.Received != 100 {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	if _, err := p.FindCharge(t.Context(), "tip_2_a1"); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("a key that never was: %v", err)
	}
}

// A number that another program of the same merchant used is not taken for ours.
func TestAnotherProgramsOrder(t *testing.T) {
	p := newPlace(t)
	c := p.create(t, "tip_1_a1")
	if err := p.open(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	p.book.mu.Lock()
	p.book.notes = map[string]string{} // as if the other had asked
	p.book.mu.Unlock()
	if _, err := p.CreateCharge(t.Context(), p.ask("tip_1_a1")); !errors.Is(err, wallet.ErrKeyReuse) {
		t.Errorf("%v, want a refusal", err)
	}
}

// Refunds of ours, of the merchant's on Alipay's pages with and without a number, in parts and of all.
func TestRefunds(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	c := p.create(t, "tip_1_a1")
	refund := func(key string, minor int64) (wallet.Refund, error) {
		return p.Refund(ctx, wallet.RefundRequest{Key: key, ChargeID: c.ID, Reason: "Too much & more", Amount: wallet.Amount{Minor: minor, Asset: "CNY"}})
	}
	if _, err := refund("ref_0", 1); !errors.Is(err, wallet.ErrLimit) {
		t.Errorf("before it was paid: %v", err)
	}
	if err := p.Pay(ctx, c.ID, 100, true); err != nil {
		t.Fatal(err)
	}
	p.look(t, c.ID)
	r, err := refund("ref_1", 30)
	if err != nil || r.State != wallet.Settled || r.ID != "tip_1_a1.ref_1" {
		t.Fatalf("a part: %+v, %v", r, err)
	}
	// The answer is lost: nobody knows, asking again with the number moves nothing more.
	p.gate.Fail("alipay.trade.refund", alipaytest.Lose)
	if _, err := refund("ref_2", 20); !errors.Is(err, wallet.ErrIndeterminate) {
		t.Errorf("a lost answer: %v", err)
	}
	if r, err = p.GetRefund(ctx, "tip_1_a1.ref_2"); err != nil || r.State != wallet.Settled {
		t.Errorf("looked for: %+v, %v", r, err)
	}
	if r, err = refund("ref_2", 20); err != nil || r.State != wallet.Settled {
		t.Errorf("asked again: %+v, %v", r, err)
	}
	// Never done, and asked again.
	p.gate.Fail("alipay.trade.refund", alipaytest.Drop)
	if _, err := refund("ref_3", 5); !errors.Is(err, wallet.ErrIndeterminate) {
		t.Errorf("a lost question: %v", err)
	}
	if r, err = p.GetRefund(ctx, "tip_1_a1.ref_3"); err != nil || r.State != wallet.Pending {
		t.Errorf("looked for: %+v, %v", r, err)
	}
	if _, err := refund("ref_4", 46); !errors.Is(err, wallet.ErrLimit) {
		t.Errorf("more than is left beside the one on its way: %v", err)
	}
	if r, err = refund("ref_3", 5); err != nil || r.State != wallet.Settled {
		t.Errorf("asked again: %+v, %v", r, err)
	}
	if got := p.look(t, c.ID); got.Refunded != 55 || got.State != wallet.Settled {
		t.Errorf("55 fen went back: %+v", got)
	}
	p.gate.Fail("alipay.trade.refund", alipaytest.Unsigned)
	if _, err := refund("ref_5", 1); !errors.Is(err, wallet.ErrIndeterminate) {
		t.Errorf("an unsigned answer: %v", err)
	}
	p.look(t, c.ID)
	// By hand at Alipay: a notice tells the number, and only the query the sum.
	if err := p.gate.GiveBack(c.ID, "HZRF-001", 10); err != nil {
		t.Fatal(err)
	}
	if got := p.look(t, c.ID); got.Refunded != 56 {
		t.Errorf("before the notice: %d", got.Refunded)
	}
	tell := func() {
		all := p.gate.Notices(c.ID)
		hints, _, err := p.Webhook(ctx, nil, "", []byte(all[len(all)-1]))
		if err != nil || len(hints) != 1 || hints[0].ChargeID != c.ID {
			t.Fatalf("a notice of a refund: %v, %v", hints, err)
		}
	}
	tell()
	tell()
	if got := p.look(t, c.ID); got.Refunded != 66 {
		t.Errorf("after the notice: %d", got.Refunded)
	}
	// All the rest, and its notice is lost: the trade is closed, which says it.
	if err := p.gate.GiveBack(c.ID, "HZRF-002", 34); err != nil {
		t.Fatal(err)
	}
	got := p.look(t, c.ID)
	if got.Refunded != 100 || got.Net() != 0 || got.Received != 100 {
		t.Errorf("all went back: %+v", got)
	}
	if again := p.look(t, c.ID); again.Revision != got.Revision {
		t.Errorf("looking made revision %d of %d", again.Revision, got.Revision)
	}
	if _, err := refund("ref_6", 1); !errors.Is(err, wallet.ErrLimit) {
		t.Errorf("nothing is left: %v", err)
	}
}

// A refund that Alipay refuses for good is failed, and its sum can be asked for under another number.
func TestARefundThatIsRefused(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	c := p.create(t, "tip_1_a1")
	if err := p.Pay(ctx, c.ID, 100, true); err != nil {
		t.Fatal(err)
	}
	p.look(t, c.ID)
	in := wallet.RefundRequest{Key: "ref_1", ChargeID: c.ID, Amount: wallet.Amount{Minor: 100, Asset: "CNY"}}
	p.gate.Finish(c.ID)
	if r, err := p.Refund(ctx, in); err != nil || r.State != wallet.Failed {
		t.Errorf("of a finished trade: %+v, %v", r, err)
	}
	if r, err := p.GetRefund(ctx, "tip_1_a1.ref_1"); err != nil || r.State != wallet.Failed {
		t.Errorf("looked for: %+v, %v", r, err)
	}
	if got := p.look(t, c.ID); got.State != wallet.Settled || got.Refunded != 0 {
		t.Errorf("a finished trade: %+v", got)
	}
	for _, id := range []string{"tip_1_a1.ref_9", "tip_1_a1", "tip_1_a1.", ".ref_1", "tip_9_a1.ref_1", "tip_1_a1.ref_1.ref_1"} {
		if _, err := p.GetRefund(ctx, id); !errors.Is(err, wallet.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// What each life of an order comes to.
func TestLives(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	// Opened, and its time is over: closed at Alipay, so that nobody pays it any more.
	c := p.create(t, "tip_1_a1")
	p.Advance(ctx, 50*time.Minute)
	if err := p.open(ctx, c.ID); err != nil {
		t.Fatal(err)
	}
	p.Advance(ctx, 10*time.Minute)
	if got := p.look(t, c.ID); got.State != wallet.Expired || len(got.Actions) != 0 {
		t.Errorf("over: %+v", got)
	}
	if err := p.gate.Pay(c.ID); !errors.Is(err, alipaytest.ErrRefused) || p.gate.Asked("alipay.trade.close") != 1 {
		t.Errorf("paid although it was closed: %v", err)
	}
	// Canceled while the payer sits at the cashier.
	c = p.create(t, "tip_2_a1")
	p.open(ctx, c.ID)
	if got, err := p.CancelCharge(ctx, c.ID); err != nil || got.State != wallet.Canceled {
		t.Errorf("canceled: %+v, %v", got, err)
	}
	if err := p.gate.Pay(c.ID); !errors.Is(err, alipaytest.ErrRefused) {
		t.Errorf("paid although it was canceled: %v", err)
	}
	// Canceled before anybody opened it, opened all the same, and closed by the next look.
	c = p.create(t, "tip_3_a1")
	if _, err := p.CancelCharge(ctx, c.ID); err != nil {
		t.Fatal(err)
	}
	p.open(ctx, c.ID)
	if got := p.look(t, c.ID); got.State != wallet.Canceled {
		t.Errorf("opened afterwards: %s", got.State)
	}
	if err := p.gate.Pay(c.ID); !errors.Is(err, alipaytest.ErrRefused) {
		t.Errorf("paid although it was closed: %v", err)
	}
	// An hour of no gateway around the payment: nobody calls it failed.
	c = p.create(t, "tip_4_a1")
	if err := p.Pay(ctx, c.ID, 100, true); err != nil {
		t.Fatal(err)
	}
	p.gate.Down(true)
	p.Advance(ctx, 3*time.Hour)
	if _, err := p.GetCharge(ctx, c.ID); !errors.Is(err, wallet.ErrTemporary) {
		t.Errorf("down: %v", err)
	}
	p.gate.Down(false)
	if got := p.look(t, c.ID); got.State != wallet.Settled || got.Late || !got.SettledAt.Equal(p.now().Add(-3*time.Hour)) {
		t.Errorf("up again: %+v", got)
	}
	// A merchant who was taken out of the configuration: waited for, not failed.
	a, err := hosted.New(hosted.Options{Gateway: p.gate.URL, Book: p.book, Now: p.now, Merchants: []hosted.Merchant{{App: bobApp, Seller: bobSeller, Key: p.bob.PEM(), AlipayKey: p.gate.PublicPEM()}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.GetCharge(ctx, c.ID); !errors.Is(err, wallet.ErrTemporary) {
		t.Errorf("without its merchant: %v", err)
	}
	if _, err := a.CreateCharge(ctx, p.ask("tip_5_a1")); !errors.Is(err, wallet.ErrInvalid) {
		t.Errorf("a new one without its merchant: %v", err)
	}
}

// What is wrong with a configuration is said, and no part of a key.
func TestConfiguration(t *testing.T) {
	gate := alipaytest.New(start)
	defer gate.Close()
	app := gate.Add(adaApp, adaSeller)
	good := hosted.Merchant{App: adaApp, Seller: adaSeller, Key: app.PEM(), AlipayKey: gate.PublicPEM()}
	bare := func(b []byte) []byte { // as Alipay's tool writes keys
		lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
		return bytes.Join(lines[1:len(lines)-1], nil)
	}
	if _, err := hosted.New(hosted.Options{Now: start, Book: newBook(), Merchants: []hosted.Merchant{{App: adaApp, Seller: adaSeller, Key: bare(app.PEM()), AlipayKey: bare(gate.PublicPEM())}}}); err != nil {
		t.Errorf("keys without their frame: %v", err)
	}
	for name, c := range map[string]struct {
		gateway string
		change  func(*hosted.Merchant)
		says    string
	}{
		"a gateway without TLS": {"http://openapi.alipay.com/gateway.do", func(*hosted.Merchant) {}, "https"},
		"no gateway":            {"gateway", func(*hosted.Merchant) {}, "https"},
		"an app":                {"", func(m *hosted.Merchant) { m.App = "ada" }, "app must be its number"},
		"a seller":              {"", func(m *hosted.Merchant) { m.Seller = "ada@example.com" }, "2088"},
		"no key":                {"", func(m *hosted.Merchant) { m.Key = nil }, "private key is no RSA key"},
		"the keys exchanged":    {"", func(m *hosted.Merchant) { m.Key, m.AlipayKey = m.AlipayKey, m.Key }, "private key is no RSA key"},
		"half a key":            {"", func(m *hosted.Merchant) { m.Key = m.Key[:len(m.Key)/2] }, "private key is no RSA key"},
		"the app's own public":  {"", func(m *hosted.Merchant) { m.AlipayKey = app.PublicPEM() }, "application's own"},
	} {
		m := good
		c.change(&m)
		_, err := hosted.New(hosted.Options{Gateway: c.gateway, Now: start, Book: newBook(), Merchants: []hosted.Merchant{m}})
		if !errors.Is(err, wallet.ErrInvalid) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), string(bare(app.PEM())[40:80])) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if _, err := hosted.New(hosted.Options{Now: start, Book: newBook(), Merchants: []hosted.Merchant{good, good}}); !errors.Is(err, wallet.ErrInvalid) {
		t.Errorf("named twice: %v", err)
	}
	if _, err := hosted.New(hosted.Options{Now: start, Book: newBook()}); !errors.Is(err, wallet.ErrInvalid) {
		t.Errorf("nobody named: %v", err)
	}
	a, err := hosted.New(hosted.Options{Now: start, Book: newBook(), Merchants: []hosted.Merchant{good}})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := a.Describe(t.Context()); err != nil || d.TestMode || d.Custody != wallet.CustodyNone || d.Check() != nil {
		t.Errorf("on the real gateway: %+v, %v", d, err)
	}
}
