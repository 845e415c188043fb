package alipaytest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A trade is one order, from when its payer opened it.
type trade struct {
	app     App
	no      string // out_trade_no
	id      string // trade_no
	subject string
	params  string // that later openings must repeat
	pass    string
	total   int64
	status  string
	ends    time.Time
	notify  string
	back    string
	created time.Time
	paid    time.Time
	closed  time.Time
	refunds map[string]int64 // by out_request_no
	notices []string         // bodies, oldest first
}

// ErrRefused is what a payer hears whom the gateway lets do nothing.
var ErrRefused = errors.New("alipaytest: refused")

var (
	orderForm  = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	amountForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})\.[0-9]{2}$`)
	timeForm   = regexp.MustCompile(`^([1-9][0-9]{0,4})m$`)
)

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

func fen(s string) (int64, bool) {
	if !amountForm.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.Replace(s, ".", "", 1), 10, 64)
	return n, err == nil && n > 0 && n <= 100_000_000_00
}

// open is the payer coming to the cashier with a form that the merchant signed. The lock is held.
func (g *Gateway) open(app App, method string, v url.Values, biz map[string]string) (*trade, string) {
	product := map[string]string{"alipay.trade.page.pay": "FAST_INSTANT_TRADE_PAY", "alipay.trade.wap.pay": "QUICK_WAP_WAY"}[method]
	total, ok := fen(biz["total_amount"])
	minutes := timeForm.FindStringSubmatch(biz["timeout_express"])
	switch {
	case biz["product_code"] != product:
		return nil, "isv.invalid-product"
	case !orderForm.MatchString(biz["out_trade_no"]):
		return nil, "isv.invalid-order"
	case !ok:
		return nil, "isv.invalid-amount"
	case biz["subject"] == "" || len(biz["subject"]) > 256:
		return nil, "isv.invalid-subject"
	case minutes == nil:
		return nil, "isv.invalid-timeout"
	}
	params := app.ID + "\n" + biz["subject"] + "\n" + biz["total_amount"]
	key := app.ID + "/" + biz["out_trade_no"]
	if t, ok := g.trades[key]; ok {
		if t.params != params {
			return nil, "ACQ.CONTEXT_INCONSISTENT"
		}
		return t, ""
	}
	g.serial++
	n, _ := strconv.Atoi(minutes[1])
	t := &trade{app: app, no: biz["out_trade_no"], id: fmt.Sprintf("2026112222001%015d", g.serial), subject: biz["subject"], params: params, pass: biz["passback_params"],
		total: total, status: "WAIT_BUYER_PAY", created: g.now(), ends: g.now().Add(time.Duration(n) * time.Minute), notify: v.Get("notify_url"), back: v.Get("return_url"), refunds: map[string]int64{}}
	g.trades[key] = t
	g.tell(t, nil)
	return t, ""
}

// age closes a trade whose time is over. The lock is held.
func (g *Gateway) age(t *trade) {
	if t.status == "WAIT_BUYER_PAY" && !g.now().Before(t.ends) {
		t.status, t.closed = "TRADE_CLOSED", t.ends
	}
}

func (g *Gateway) find(no string) *trade {
	for _, t := range g.trades {
		if t.no == no {
			g.age(t)
			return t
		}
	}
	return nil
}

// Pay is the payer's password at the cashier.
func (g *Gateway) Pay(no string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.find(no)
	if t == nil || t.status != "WAIT_BUYER_PAY" {
		return ErrRefused
	}
	t.status, t.paid = "TRADE_SUCCESS", g.now()
	g.tell(t, nil)
	return nil
}

// Finish is the end of the time in which a trade can be refunded.
func (g *Gateway) Finish(no string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.find(no); t != nil && t.status == "TRADE_SUCCESS" {
		t.status = "TRADE_FINISHED"
		g.tell(t, nil)
	}
}

// GiveBack is the merchant refunding by hand, on Alipay's own pages; so Alipay returns what a payer
// complained about, too. request may be "", then the gateway takes the order's number.
func (g *Gateway) GiveBack(no, request string, minor int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.find(no)
	if t == nil {
		return ErrRefused
	}
	if request == "" {
		request = no
	}
	if _, why := g.refund(t, request, minor); why != "" {
		return fmt.Errorf("%w: %s", ErrRefused, why)
	}
	return nil
}

func (t *trade) given() (sum int64) {
	for _, n := range t.refunds {
		sum += n
	}
	return sum
}

// refund gives back; change says whether anything moved. The lock is held.
func (g *Gateway) refund(t *trade, request string, minor int64) (change, why string) {
	before, again := t.refunds[request]
	switch {
	case again && before != minor:
		return "", "ACQ.DISCORDANT_REPEAT_REQUEST"
	case again:
		return "N", ""
	case t.status != "TRADE_SUCCESS":
		return "", "ACQ.TRADE_STATUS_ERROR"
	case minor <= 0 || minor > t.total-t.given():
		return "", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
	}
	t.refunds[request] = minor
	if t.given() == t.total {
		t.status, t.closed = "TRADE_CLOSED", g.now()
	}
	g.tell(t, map[string]string{"gmt_refund": g.stamp(g.now()) + ".000", "refund_fee": yuan(t.given()), "out_biz_no": request})
	return "Y", ""
}

// api answers what a merchant's server asks. The lock is held.
func (g *Gateway) api(app App, method string, biz map[string]string) map[string]any {
	no := func(code string) map[string]any {
		return map[string]any{"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": "no"}
	}
	t := g.trades[app.ID+"/"+biz["out_trade_no"]]
	if t == nil {
		return no("ACQ.TRADE_NOT_EXIST")
	}
	g.age(t)
	out := map[string]any{"code": "10000", "msg": "Success", "trade_no": t.id, "out_trade_no": t.no}
	switch method {
	case "alipay.trade.query":
		out["trade_status"], out["total_amount"], out["buyer_logon_id"], out["buyer_user_id"] = t.status, yuan(t.total), "pay***@example.com", "2088102122524333"
		if t.pass != "" {
			out["passback_params"] = t.pass
		}
		if !t.paid.IsZero() {
			out["send_pay_date"], out["receipt_amount"] = g.stamp(t.paid), yuan(t.total)
		}
	case "alipay.trade.close":
		if t.status != "WAIT_BUYER_PAY" {
			return no("ACQ.TRADE_STATUS_ERROR")
		}
		t.status, t.closed = "TRADE_CLOSED", g.now()
		g.tell(t, nil)
	case "alipay.trade.refund":
		minor, ok := fen(biz["refund_amount"])
		if !ok || !orderForm.MatchString(biz["out_request_no"]) {
			return no("ACQ.INVALID_PARAMETER")
		}
		change, why := g.refund(t, biz["out_request_no"], minor)
		if why != "" {
			return no(why)
		}
		out["fund_change"], out["refund_fee"] = change, yuan(t.given())
	case "alipay.trade.fastpay.refund.query":
		// What never was is answered with success and without a status.
		if minor, ok := t.refunds[biz["out_request_no"]]; ok {
			out["out_request_no"], out["refund_amount"], out["total_amount"], out["refund_status"] = biz["out_request_no"], yuan(minor), yuan(t.total), "REFUND_SUCCESS"
		}
	default:
		return map[string]any{"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-method", "sub_msg": "no"}
	}
	return out
}

// tell makes a notice of what a trade is now. The lock is held.
func (g *Gateway) tell(t *trade, more map[string]string) {
	t.notices = append(t.notices, g.signed(g.key, g.notice(t, more)))
}

func (g *Gateway) notice(t *trade, more map[string]string) url.Values {
	g.serial++
	v := url.Values{}
	for name, value := range map[string]string{
		"notify_time": g.stamp(g.now()), "notify_type": "trade_status_sync", "notify_id": fmt.Sprintf("ac05099524730693a8b330c5ecf%06d", g.serial),
		"charset": "utf-8", "version": "1.0", "sign_type": "RSA2", "app_id": t.app.ID, "auth_app_id": t.app.ID, "seller_id": t.app.Seller,
		"seller_email": "", "trade_no": t.id, "out_trade_no": t.no, "trade_status": t.status, "total_amount": yuan(t.total), "subject": t.subject,
		"body": "", "gmt_create": g.stamp(t.created), "passback_params": t.pass, // empty values are part of the string
	} {
		v.Set(name, value)
	}
	if !t.paid.IsZero() {
		v.Set("gmt_payment", g.stamp(t.paid))
	}
	if !t.closed.IsZero() {
		v.Set("gmt_close", g.stamp(t.closed))
	}
	for name, value := range more {
		v.Set(name, value)
	}
	return v
}

// Notices returns the bodies that the gateway sent or would send about a trade, oldest first.
func (g *Gateway) Notices(no string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.find(no); t != nil {
		return append([]string(nil), t.notices...)
	}
	return nil
}

// Send posts one body to where a trade's notices go, and returns what it hears. Anything but the seven
// bytes "success" makes Alipay send it again.
func (g *Gateway) Send(no, body string) (status int, heard string, err error) {
	g.mu.Lock()
	t := g.find(no)
	g.mu.Unlock()
	if t == nil {
		return 0, "", ErrRefused
	}
	resp, err := http.Post(t.notify, "application/x-www-form-urlencoded; charset=utf-8", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return resp.StatusCode, string(b), err
}

// Orders counts the orders of a number over all applications.
func (g *Gateway) Orders(no string) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.trades {
		if t.no == no {
			n++
		}
	}
	return n
}
