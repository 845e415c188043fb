package hosted

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/smartwalle/alipay/v3"

	"halqa/wallet"
)

// maxOpen is the longest time that Alipay keeps an order open.
const maxOpen = 15 * 24 * time.Hour

// CreateCharge implements wallet.Adapter. Alipay is asked first: so a payer is not sent to pages that are
// down, and an order's number that Alipay knows already, from another program of the same merchant, is not
// taken for ours. Then the request is booked, and only then there is a link to pay by.
func (a *Adapter) CreateCharge(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	if err := in.Check(); err != nil {
		return wallet.Charge{}, err
	}
	if err := yuan.Takes(in.Amount); err != nil {
		return wallet.Charge{}, err
	}
	m := a.bySeller[in.Payee.Ref]
	if in.Payee.Kind != PayeeKind || m == nil {
		return wallet.Charge{}, fmt.Errorf("%w: no such merchant", wallet.ErrInvalid)
	}
	r, err := a.booked(ctx, in.Key)
	if err != nil {
		return wallet.Charge{}, err
	}
	if r.In.Key == "" {
		if left := in.ExpiresAt.Sub(a.now()); left <= 0 || left > maxOpen {
			return wallet.Charge{}, fmt.Errorf("%w: an order is open for up to %d days", wallet.ErrInvalid, maxOpen/(24*time.Hour))
		}
		o, err := m.query(ctx, in.Key)
		if err != nil {
			return wallet.Charge{}, err
		}
		if o.status == "" {
			r, err = a.begin(ctx, in)
		} else { // another call with this key may have been faster, and its payer, too
			r, err = a.booked(ctx, in.Key)
		}
		if err != nil {
			return wallet.Charge{}, err
		}
		if r.In.Key == "" {
			return wallet.Charge{}, fmt.Errorf("%w: Alipay has another order of that number", wallet.ErrKeyReuse)
		}
	}
	if !r.In.Same(in) {
		return wallet.Charge{}, fmt.Errorf("%w: %s", wallet.ErrKeyReuse, in.Key)
	}
	return a.shape(r)
}

// GetCharge implements wallet.Adapter. A charge's id is its key.
func (a *Adapter) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	r, m, err := a.known(ctx, id)
	if err != nil {
		return wallet.Charge{}, err
	}
	return a.look(ctx, r, m)
}

// FindCharge implements wallet.KeyFinder. What was never booked was never shown to a payer.
func (a *Adapter) FindCharge(ctx context.Context, key string) (wallet.Charge, error) {
	return a.GetCharge(ctx, key)
}

// known reads a charge's record and finds its merchant.
func (a *Adapter) known(ctx context.Context, id string) (record, *merchant, error) {
	if !wallet.ValidKey(id) {
		return record{}, nil, wallet.ErrNotFound
	}
	r, err := a.booked(ctx, id)
	switch {
	case err != nil:
		return r, nil, err
	case r.In.Key == "":
		return r, nil, wallet.ErrNotFound
	}
	m := a.bySeller[r.In.Payee.Ref]
	if m == nil {
		return r, nil, fmt.Errorf("%w: the merchant %s is no longer in the configuration", wallet.ErrTemporary, r.In.Payee.Ref)
	}
	return r, m, nil
}

// look asks Alipay, books what is new, and reads the charge off its record.
func (a *Adapter) look(ctx context.Context, r record, m *merchant) (wallet.Charge, error) {
	o, err := a.ask(ctx, r, m)
	if err != nil {
		return wallet.Charge{}, err
	}
	over := !r.Canceled.IsZero() || !r.Expired.IsZero()
	late := !a.now().Before(r.In.ExpiresAt)
	if o.status == alipay.TradeStatusWaitBuyerPay && (over || late) {
		// The payer came too late, or had the page open all the time. If they pay in this very moment, Alipay
		// decides, and the next query knows.
		if err := m.close(ctx, r.In.Key); err != nil {
			return wallet.Charge{}, err
		}
		if o, err = a.ask(ctx, r, m); err != nil {
			return wallet.Charge{}, err
		}
	}
	unpaid := o.status == "" || o.status == alipay.TradeStatusClosed && o.paid.IsZero()
	r, err = a.add(ctx, r, func(r *record) {
		switch {
		case o.status == alipay.TradeStatusWaitBuyerPay:
		case !unpaid, o.status == alipay.TradeStatusClosed && r.Paid != nil:
			// Closed is both: nobody paid, and all went back. Only the second has a time of payment.
			if r.Paid == nil {
				r.Paid = a.payment(o)
			}
		case over || r.Paid != nil:
		case late:
			once(&r.Expired, a.now())
		case o.status == alipay.TradeStatusClosed: // the merchant did, on Alipay's own pages
			once(&r.Canceled, a.now())
		}
	})
	if err == nil {
		r, err = a.followRefunds(ctx, r, m)
	}
	if c := r.charge(); err == nil && o.status == alipay.TradeStatusClosed && c.Refunded < c.Received {
		// Refunds on Alipay's own pages have numbers that nobody told us.
		r, err = a.add(ctx, r, func(r *record) { r.Returned = true })
	}
	if err != nil {
		return wallet.Charge{}, err
	}
	c, err := a.shape(r)
	if c.Received > 0 {
		c.Source = o.buyer
	}
	return c, err
}

// ask queries the order and checks that it is the one that was asked for.
func (a *Adapter) ask(ctx context.Context, r record, m *merchant) (order, error) {
	o, err := m.query(ctx, r.In.Key)
	if err == nil && o.status != "" && (o.total != r.In.Amount.Minor || o.pass != "" && o.pass != binding(r.In)) {
		err = fmt.Errorf("%w: Alipay has another order of the number %s, over %d fen", wallet.ErrIndeterminate, r.In.Key, o.total)
	}
	return o, err
}

// payment is that an order was paid. Alipay leaves the time out of some answers; then it is now.
func (a *Adapter) payment(o order) *payment {
	once(&o.paid, a.now())
	return &payment{o.trade, o.paid}
}

// CancelCharge implements wallet.Canceler. A link that is open somewhere is closed at Alipay; one that nobody
// has opened cannot be, and what is paid over it all the same is received, and late.
func (a *Adapter) CancelCharge(ctx context.Context, id string) (wallet.Charge, error) {
	r, m, err := a.known(ctx, id)
	if err != nil {
		return wallet.Charge{}, err
	}
	if r.Paid != nil || !r.Canceled.IsZero() || !r.Expired.IsZero() {
		return a.look(ctx, r, m)
	}
	o, err := a.ask(ctx, r, m)
	if err == nil && o.status == alipay.TradeStatusWaitBuyerPay {
		if err = m.close(ctx, r.In.Key); err == nil {
			o, err = a.ask(ctx, r, m)
		}
	}
	if err == nil && (o.status == "" || o.status == alipay.TradeStatusClosed && o.paid.IsZero()) {
		r, err = a.add(ctx, r, func(r *record) { once(&r.Canceled, a.now()) })
	}
	if err != nil {
		return wallet.Charge{}, err
	}
	return a.look(ctx, r, m)
}

// shape is a charge with the links to pay by, while it can be paid.
func (a *Adapter) shape(r record) (wallet.Charge, error) {
	c := r.charge()
	if c.State != wallet.Pending || !a.now().Before(r.In.ExpiresAt) {
		return c, nil
	}
	m := a.bySeller[r.In.Payee.Ref]
	if m == nil {
		return c, nil
	}
	// How long Alipay keeps the order is counted from when the payer opens it, in whole minutes.
	minutes := max(1, (r.In.ExpiresAt.Sub(a.now())+time.Minute-1)/time.Minute)
	t := alipay.Trade{
		OutTradeNo: r.In.Key, TotalAmount: r.In.Amount.Decimal(yuan.Exponent), Subject: plain(r.In.Memo), GoodsType: "0",
		NotifyURL: r.In.NotifyURL, ReturnURL: r.In.ReturnURL, TimeoutExpress: fmt.Sprintf("%dm", minutes), PassbackParams: binding(r.In),
	}
	if t.Subject == "" {
		t.Subject = "Tip"
	}
	page, phone := t, t
	page.ProductCode, phone.ProductCode = "FAST_INSTANT_TRADE_PAY", "QUICK_WAP_WAY"
	// By GET: the gateway sends the browser on to other hosts, which a form under a strict form-action may
	// not follow.
	first, err := m.client.TradePagePay(alipay.TradePagePay{Trade: page})
	if err != nil {
		return wallet.Charge{}, fmt.Errorf("%w: the link cannot be signed", wallet.ErrTemporary)
	}
	second, err := m.client.TradeWapPay(alipay.TradeWapPay{Trade: phone, QuitURL: r.In.ReturnURL})
	if err != nil {
		return wallet.Charge{}, fmt.Errorf("%w: the link cannot be signed", wallet.ErrTemporary)
	}
	c.Actions = []wallet.Action{
		{Kind: wallet.ActRedirect, URI: first.String(), Method: "GET", For: wallet.OnComputer},
		{Kind: wallet.ActRedirect, URI: second.String(), Method: "GET", For: wallet.OnPhone},
	}
	return c, nil
}

// binding is what a charge's order carries, so that it names the intent it is for.
func binding(in wallet.CreateCharge) string { return hex.EncodeToString(in.Binding[:]) }

// plain keeps a text within what Alipay takes in titles and reasons: no control characters, none of the
// signs that it reserves, at most 128 characters.
func plain(s string) string {
	out := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/=&`, r) || r > 0xffff {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(out); len(runes) > 128 {
		out = string(runes[:128])
	}
	return strings.TrimSpace(out)
}
