package hosted

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/smartwalle/alipay/v3"

	"halqa/wallet"
)

// maxAnswer bounds an answer of the gateway, in bytes; a query's has about one thousand.
const maxAnswer = 64 << 10

// bounded returns a client that follows no redirect and reads no more than maxAnswer: the library reads
// answers whole.
func bounded(c *http.Client) *http.Client {
	own := http.Client{Timeout: 10 * time.Second}
	if c != nil {
		own = *c
	}
	if own.Transport == nil {
		own.Transport = http.DefaultTransport
	}
	own.Transport = bound{own.Transport}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

type bound struct{ base http.RoundTripper }

func (b bound) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body} // what is cut off is no JSON
	return resp, nil
}

// An answer is a refusal that Alipay signed.
type answer struct{ code string }

func (e answer) Error() string { return "Alipay says " + e.code }

// codeForm keeps what may be a code and nothing else: the texts beside it may name people.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func code(e alipay.Error) string {
	for _, s := range []string{e.SubCode, string(e.Code)} {
		if codeForm.MatchString(s) {
			return s
		}
	}
	return "nothing readable"
}

// heard sorts what the library returns. An error of its own, a lost connection, a wrong signature or none
// at all, means that nobody knows: a refusal without Alipay's signature is not believed. The rest is an
// answer.
func heard(err error, said *alipay.Error) error {
	var unsigned *alipay.Error
	switch {
	case errors.As(err, &unsigned) && unsigned != nil:
		return fmt.Errorf("%w: Alipay did not sign its answer, %s", wallet.ErrTemporary, code(*unsigned))
	case errors.As(err, &unsigned):
		return fmt.Errorf("%w: Alipay answered nothing", wallet.ErrTemporary)
	case err != nil:
		return fmt.Errorf("%w: Alipay does not answer: %w", wallet.ErrTemporary, err)
	case said == nil:
		return fmt.Errorf("%w: Alipay answered nothing", wallet.ErrTemporary)
	case said.Code == alipay.CodeSuccess:
		return nil
	}
	return answer{code(*said)}
}

// says reports whether a refusal has one of these codes.
func says(err error, codes ...string) bool {
	var a answer
	if errors.As(err, &a) {
		for _, c := range codes {
			if a.code == c {
				return true
			}
		}
	}
	return false
}

// noAnswer makes a refusal that nobody foresaw into one that says nothing: Alipay's "system error" and the
// like mean that it is to be asked again.
func noAnswer(err error) error {
	var a answer
	if errors.As(err, &a) {
		return fmt.Errorf("%w: %w", wallet.ErrTemporary, err)
	}
	return err
}

// An order is a trade as Alipay has it.
type order struct {
	status alipay.TradeStatus // "" = there is none of that number
	trade  string
	total  int64
	paid   time.Time // zero = never
	pass   string
	buyer  string // the payer's account; "" = Alipay does not say. Never kept here
}

// buyerForm is a user's number at Alipay, or what an application has in its place.
var buyerForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)

// buyer is whose account an order was paid from, told by the one name or the other: newer applications get no
// number. What looks like neither is left out; nothing but a rule against abuse asks for it.
func buyer(number, open string) string {
	switch {
	case buyerForm.MatchString(number):
		return "user:" + number
	case buyerForm.MatchString(open):
		return "open:" + open
	}
	return ""
}

// query is alipay.trade.query. wallet.ErrTemporary if Alipay gives no answer of its own.
func (m *merchant) query(ctx context.Context, key string) (order, error) {
	r, err := m.client.TradeQuery(ctx, alipay.TradeQuery{OutTradeNo: key})
	var said *alipay.Error
	if r != nil {
		said = &r.Error
	}
	err = heard(err, said)
	if says(err, "ACQ.TRADE_NOT_EXIST") {
		return order{}, nil
	}
	if err != nil {
		return order{}, noAnswer(err)
	}
	o := order{status: r.TradeStatus, trade: r.TradeNo, pass: r.PassbackParams}
	total, err := wallet.ParseDecimal(r.TotalAmount, asset, yuan.Exponent)
	switch o.status {
	case alipay.TradeStatusWaitBuyerPay, alipay.TradeStatusClosed, alipay.TradeStatusSuccess, alipay.TradeStatusFinished:
	default:
		err = fmt.Errorf("status %.40q", o.status)
	}
	if err == nil && r.OutTradeNo != key {
		err = errors.New("another order")
	}
	if err == nil && r.TransCurrency != "" && r.TransCurrency != asset {
		err = errors.New("another currency")
	}
	if err == nil && r.SendPayDate != "" {
		o.paid, err = time.ParseInLocation(stamp, r.SendPayDate, beijing)
	}
	if err == nil && !codeForm.MatchString(o.trade) {
		err = errors.New("no number")
	}
	if err != nil {
		return order{}, fmt.Errorf("%w: Alipay's answer makes no sense: %w", wallet.ErrTemporary, err)
	}
	o.total, o.paid, o.buyer = total.Minor, o.paid.UTC(), buyer(r.BuyerUserId, r.BuyerOpenId)
	return o, nil
}

// close is alipay.trade.close. A trade that cannot be closed any more, or never was, is no error: the next
// query says what it is.
func (m *merchant) close(ctx context.Context, key string) error {
	r, err := m.client.TradeClose(ctx, alipay.TradeClose{OutTradeNo: key})
	var said *alipay.Error
	if r != nil {
		said = &r.Error
	}
	err = heard(err, said)
	if says(err, "ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS") {
		return nil
	}
	return noAnswer(err)
}

// refund is alipay.trade.refund; the number makes asking again harmless. An [answer] is Alipay's refusal.
func (m *merchant) refund(ctx context.Context, key, number, reason string, minor int64) (moved bool, err error) {
	r, err := m.client.TradeRefund(ctx, alipay.TradeRefund{OutTradeNo: key, OutRequestNo: number, RefundReason: plain(reason),
		RefundAmount: wallet.Amount{Minor: minor, Asset: asset}.Decimal(yuan.Exponent)})
	var said *alipay.Error
	if r != nil {
		said = &r.Error
	}
	if err := heard(err, said); err != nil {
		return false, err
	}
	if r.OutTradeNo != key {
		return false, fmt.Errorf("%w: Alipay answered about another order", wallet.ErrTemporary)
	}
	return r.FundChange == "Y", nil
}

// refunded is alipay.trade.fastpay.refund.query: how much a refund gave back, 0 if it has not.
func (m *merchant) refunded(ctx context.Context, key, number string) (minor int64, err error) {
	r, err := m.client.TradeFastPayRefundQuery(ctx, alipay.TradeFastPayRefundQuery{OutTradeNo: key, OutRequestNo: number})
	var said *alipay.Error
	if r != nil {
		said = &r.Error
	}
	err = heard(err, said)
	if says(err, "ACQ.TRADE_NOT_EXIST", "TRADE_NOT_EXIST") {
		return 0, nil
	}
	if err != nil {
		return 0, noAnswer(err)
	}
	if r.RefundStatus != "REFUND_SUCCESS" { // success of the question is not success of the refund
		return 0, nil
	}
	got, err := wallet.ParseDecimal(r.RefundAmount, asset, yuan.Exponent)
	if err != nil || r.OutTradeNo != key || r.OutRequestNo != number || got.Minor < 1 {
		return 0, fmt.Errorf("%w: Alipay's answer about a refund makes no sense", wallet.ErrTemporary)
	}
	return got.Minor, nil
}
