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
// taken for ours. Then the request is noted, and only then there is a link to pay by.
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
	s, err := a.read(ctx, in.Key)
	if err != nil {
		return wallet.Charge{}, err
	}
	if s.in.Key == "" {
		if left := in.ExpiresAt.Sub(a.now()); left <= 0 || left > maxOpen {
			return wallet.Charge{}, fmt.Errorf("%w: an order is open for up to %d days", wallet.ErrInvalid, maxOpen/(24*time.Hour))
		}
		o, err := m.query(ctx, in.Key)
		if err != nil {
			return wallet.Charge{}, err
		}
		if o.status == "" {
			if err := a.note(ctx, in.Key, noteCharge, "", in); err != nil {
				return wallet.Charge{}, err
			}
		}
		// Another call with this key may have been faster, and its payer, too.
		if s, err = a.read(ctx, in.Key); err != nil {
			return wallet.Charge{}, err
		}
		if s.in.Key == "" {
			return wallet.Charge{}, fmt.Errorf("%w: Alipay has another order of that number", wallet.ErrKeyReuse)
		}
	}
	if !s.in.Same(in) {
		return wallet.Charge{}, fmt.Errorf("%w: %s", wallet.ErrKeyReuse, in.Key)
	}
	return a.shape(s)
}

// GetCharge implements wallet.Adapter. A charge's id is its key.
func (a *Adapter) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	s, m, err := a.known(ctx, id)
	if err != nil {
		return wallet.Charge{}, err
	}
	return a.look(ctx, s, m)
}

// FindCharge implements wallet.KeyFinder. What was never noted was never shown to a payer.
func (a *Adapter) FindCharge(ctx context.Context, key string) (wallet.Charge, error) {
	return a.GetCharge(ctx, key)
}

// known reads a charge's notes and finds its merchant.
func (a *Adapter) known(ctx context.Context, id string) (state, *merchant, error) {
	if !wallet.ValidKey(id) {
		return state{}, nil, wallet.ErrNotFound
	}
	s, err := a.read(ctx, id)
	switch {
	case err != nil:
		return s, nil, err
	case s.in.Key == "":
		return s, nil, wallet.ErrNotFound
	}
	m := a.bySeller[s.in.Payee.Ref]
	if m == nil {
		return s, nil, fmt.Errorf("%w: the merchant %s is no longer in the configuration", wallet.ErrTemporary, s.in.Payee.Ref)
	}
	return s, m, nil
}

// look asks Alipay, notes what is new, and reads the charge off the notes.
func (a *Adapter) look(ctx context.Context, s state, m *merchant) (wallet.Charge, error) {
	o, err := a.ask(ctx, s, m)
	if err != nil {
		return wallet.Charge{}, err
	}
	over := !s.canceled.IsZero() || !s.expired.IsZero()
	late := !a.now().Before(s.in.ExpiresAt)
	if o.status == alipay.TradeStatusWaitBuyerPay && (over || late) {
		// The payer came too late, or had the page open all the time. If they pay in this very moment, Alipay
		// decides, and the next query knows.
		if err := m.close(ctx, s.in.Key); err != nil {
			return wallet.Charge{}, err
		}
		if o, err = a.ask(ctx, s, m); err != nil {
			return wallet.Charge{}, err
		}
	}
	key := s.in.Key
	switch o.status {
	case alipay.TradeStatusSuccess, alipay.TradeStatusFinished:
		err = a.pay(ctx, s, o)
	case alipay.TradeStatusClosed:
		// Closed is both: nobody paid, and all went back. Only the second has a time of payment.
		if s.paid == nil && o.paid.IsZero() {
			switch {
			case over:
			case late:
				err = a.note(ctx, key, noteExpired, "", a.now().UTC())
			default: // the merchant closed it on Alipay's own pages
				err = a.note(ctx, key, noteCanceled, "", a.now().UTC())
			}
			break
		}
		err = a.pay(ctx, s, o)
	case "":
		if late && !over && s.paid == nil {
			err = a.note(ctx, key, noteExpired, "", a.now().UTC())
		}
	}
	if err != nil {
		return wallet.Charge{}, err
	}
	if err := a.followRefunds(ctx, s, m); err != nil {
		return wallet.Charge{}, err
	}
	if s, err = a.read(ctx, key); err != nil {
		return wallet.Charge{}, err
	}
	if o.status == alipay.TradeStatusClosed && s.paid != nil && !s.returned && s.charge().Refunded < s.charge().Received {
		// Refunds on Alipay's own pages have numbers that nobody told us.
		if err := a.note(ctx, key, noteReturned, "", true); err != nil {
			return wallet.Charge{}, err
		}
		if s, err = a.read(ctx, key); err != nil {
			return wallet.Charge{}, err
		}
	}
	return a.shape(s)
}

// ask queries the order and checks that it is the one that was asked for.
func (a *Adapter) ask(ctx context.Context, s state, m *merchant) (order, error) {
	o, err := m.query(ctx, s.in.Key)
	if err == nil && o.status != "" && (o.total != s.in.Amount.Minor || o.pass != "" && o.pass != binding(s.in)) {
		err = fmt.Errorf("%w: Alipay has another order of the number %s, over %d fen", wallet.ErrIndeterminate, s.in.Key, o.total)
	}
	return o, err
}

// pay notes that a charge was paid. Alipay leaves the time out of some answers; then it is now.
func (a *Adapter) pay(ctx context.Context, s state, o order) error {
	if s.paid != nil {
		return nil
	}
	if o.paid.IsZero() {
		o.paid = a.now().UTC()
	}
	return a.note(ctx, s.in.Key, notePaid, "", payment{o.trade, o.paid})
}

// CancelCharge implements wallet.Canceler. A link that is open somewhere is closed at Alipay; one that nobody
// has opened cannot be, and what is paid over it all the same is received, and late.
func (a *Adapter) CancelCharge(ctx context.Context, id string) (wallet.Charge, error) {
	s, m, err := a.known(ctx, id)
	if err != nil {
		return wallet.Charge{}, err
	}
	if s.paid != nil || !s.canceled.IsZero() || !s.expired.IsZero() {
		return a.look(ctx, s, m)
	}
	o, err := a.ask(ctx, s, m)
	if err == nil && o.status == alipay.TradeStatusWaitBuyerPay {
		if err = m.close(ctx, s.in.Key); err == nil {
			o, err = a.ask(ctx, s, m)
		}
	}
	if err == nil && (o.status == "" || o.status == alipay.TradeStatusClosed && o.paid.IsZero()) {
		err = a.note(ctx, id, noteCanceled, "", a.now().UTC())
	}
	if err != nil {
		return wallet.Charge{}, err
	}
	if s, m, err = a.known(ctx, id); err != nil {
		return wallet.Charge{}, err
	}
	return a.look(ctx, s, m)
}

// shape is a charge with the links to pay by, while it can be paid.
func (a *Adapter) shape(s state) (wallet.Charge, error) {
	c := s.charge()
	if c.State != wallet.Pending || !a.now().Before(s.in.ExpiresAt) {
		return c, nil
	}
	m := a.bySeller[s.in.Payee.Ref]
	if m == nil {
		return c, nil
	}
	// How long Alipay keeps the order is counted from when the payer opens it, in whole minutes.
	minutes := max(1, (s.in.ExpiresAt.Sub(a.now())+time.Minute-1)/time.Minute)
	t := alipay.Trade{
		OutTradeNo: s.in.Key, TotalAmount: s.in.Amount.Decimal(yuan.Exponent), Subject: plain(s.in.Memo), GoodsType: "0",
		NotifyURL: s.in.NotifyURL, ReturnURL: s.in.ReturnURL, TimeoutExpress: fmt.Sprintf("%dm", minutes), PassbackParams: binding(s.in),
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
	second, err := m.client.TradeWapPay(alipay.TradeWapPay{Trade: phone, QuitURL: s.in.ReturnURL})
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
