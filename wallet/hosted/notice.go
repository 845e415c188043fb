package hosted

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"halqa/wallet"
)

const (
	// maxNotice bounds a notice, in bytes; Alipay's have about two thousand.
	maxNotice = 16 << 10

	// noticeAge is how long Alipay sends a notice again: 25 hours, and one for its clock.
	noticeAge = 26 * time.Hour
)

// Webhook implements wallet.WebhookReceiver: a notice that a trade changed. Its signature is Alipay's, and
// that is not enough: it may be a true notice for another application, so app, seller, order and amount are
// compared with what was asked for. What it says of money is not read.
func (a *Adapter) Webhook(ctx context.Context, _ http.Header, rawQuery string, body []byte) ([]wallet.Hint, wallet.Reply, error) {
	v, err := fields(rawQuery, body)
	if err != nil {
		return nil, wallet.Reply{}, err
	}
	m := a.byApp[v.Get("app_id")]
	if m == nil || v.Has("auth_app_id") && v.Get("auth_app_id") != m.app {
		return nil, wallet.Reply{}, refuse("for another application")
	}
	n, err := m.client.DecodeNotification(v)
	if err != nil {
		return nil, wallet.Reply{}, refuse("not signed by Alipay")
	}
	at, err := time.ParseInLocation(stamp, n.NotifyTime, beijing)
	switch now := a.now(); {
	case err != nil:
		return nil, wallet.Reply{}, refuse("without a time")
	case at.Sub(now) > wallet.MaxSkew, now.Sub(at) > noticeAge:
		return nil, wallet.Reply{}, refuse("sent at another time")
	case n.SellerId != m.seller:
		return nil, wallet.Reply{}, refuse("for another seller")
	case n.NotifyType != "trade_status_sync": // Alipay's, and nothing that is followed here
		return nil, heardIt, nil
	}
	r, owner, err := a.known(ctx, n.OutTradeNo)
	if err != nil {
		return nil, wallet.Reply{}, err
	}
	total, err := wallet.ParseDecimal(n.TotalAmount, asset, yuan.Exponent)
	switch {
	case owner != m:
		return nil, wallet.Reply{}, refuse("for another application than the order's")
	case err != nil || total != r.In.Amount:
		return nil, wallet.Reply{}, refuse("over another amount")
	case n.PassbackParams != "" && n.PassbackParams != binding(r.In):
		return nil, wallet.Reply{}, refuse("for another intent")
	}
	hint := wallet.Hint{ChargeID: r.In.Key}
	if len(n.NotifyId) <= 128 {
		hint.DedupeID = n.NotifyId
	}
	if n.RefundFee != "" {
		number := n.OutBizNo
		if number == "" { // a refund without a number has its order's
			number = n.OutTradeNo
		}
		if err := a.tellOfRefund(ctx, r, number); err != nil {
			return nil, wallet.Reply{}, err
		}
		hint.RefundID = refundID(r.In.Key, number)
	}
	return []wallet.Hint{hint}, heardIt, nil
}

// heardIt is what Alipay wants to hear, to the byte; anything else, and it sends the notice again.
var heardIt = wallet.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: []byte("success")}

func refuse(why string) error { return fmt.Errorf("%w: a notice %s", wallet.ErrBadSignature, why) }

// tellOfRefund books the number of a refund that somebody made elsewhere, so that it can be asked about.
func (a *Adapter) tellOfRefund(ctx context.Context, r record, number string) error {
	if _, known := r.Asked[number]; known || len(r.Asked) >= maxRefunds || !codeForm.MatchString(number) {
		return nil
	}
	_, err := a.add(ctx, r, func(r *record) { put(&r.Asked, number, 0) })
	return err
}

// fields reads the form that a notice is. The library would take the first of two values where the
// signature is over both, ignore line breaks in the signature, and fetch a certificate that a stranger
// names: nothing of that reaches it.
func fields(rawQuery string, body []byte) (url.Values, error) {
	if rawQuery != "" || len(body) == 0 || len(body) > maxNotice {
		return nil, refuse("that is none")
	}
	v, err := url.ParseQuery(string(body))
	if err != nil || len(v) > 100 {
		return nil, refuse("that cannot be read")
	}
	for _, values := range v {
		if len(values) != 1 {
			return nil, refuse("that says something twice")
		}
	}
	sign, err := base64.StdEncoding.Strict().DecodeString(v.Get("sign"))
	switch {
	case err != nil || base64.StdEncoding.EncodeToString(sign) != v.Get("sign"):
		return nil, refuse("without a signature")
	case v.Get("sign_type") != "RSA2" || v.Has("alipay_cert_sn"):
		return nil, refuse("with another kind of signature")
	case v.Has("charset") && v.Get("charset") != "utf-8":
		return nil, refuse("in another charset")
	}
	return v, nil
}
