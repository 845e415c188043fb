package federation

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
	"halqa/internal/tips"
)

// Tips that go to another instance, and what ours says to it of those that came.

const (
	tipTime   = 9 * time.Second // below what tips allow a wallet
	maxQuote  = 64 << 10
	maxTheirs = 200 // bytes of another instance's sentence
)

// Carrier takes intents to other instances, signed by their payers.
func (in *Inbox) Carrier() tips.Carrier {
	return tips.Carrier{Terms: in.askTerms, Order: in.sendIntent}
}

// askTerms fetches what can be given for an object.
func (in *Inbox) askTerms(ctx context.Context, endpoint, object string) (*tips.Terms, error) {
	if err := in.mayAsk(ctx, endpoint); err != nil {
		return nil, err
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, circles.Errorf(circles.Invalid, "Their server gives an address that cannot be read.")
	}
	q := u.Query()
	q.Set("object", object)
	u.RawQuery = q.Encode()
	req, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	sign, err := in.fetcher.sign(ctx)
	if err != nil {
		return nil, err
	}
	body, err := in.exchange(ctx, req, sign)
	if err != nil {
		return nil, err
	}
	doc, err := as.ParseTipTerms(body)
	if err != nil {
		return nil, err
	}
	out := &tips.Terms{Payee: doc.AttributedTo}
	for _, a := range doc.Assets {
		out.Add(a.Asset, a.Exponent, a.Min, a.Max, a.Step, a.Usual, a.Wallet, a.Test)
	}
	return out, nil
}

// sendIntent sends an order, signed by its payer, and returns the quote.
func (in *Inbox) sendIntent(ctx context.Context, payer circles.PersonID, endpoint string, o tips.Order) (*tips.Quote, error) {
	if err := in.mayAsk(ctx, endpoint); err != nil {
		return nil, err
	}
	signer, err := in.signers.signer(ctx, payer.Actor())
	if err != nil {
		return nil, err
	}
	doc := as.TipIntent{ID: o.ID, Actor: o.Payer, Object: o.Object, Money: as.Money{Minor: o.Minor, Asset: o.Asset, Exponent: o.Exponent},
		Nonce: o.Nonce, Content: o.Note, Expires: o.Expires}.Doc()
	body := httpsig.PrepareBody(doc.Bytes())
	req, err := http.NewRequest(http.MethodPost, endpoint, bytes.NewReader(body.Bytes))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", fetch.ActivityJSON)
	answer, err := in.exchange(ctx, req, func(r *http.Request) error { return signer.SignRequest(r, body, in.now()) })
	if err != nil {
		return nil, err
	}
	q, err := as.ParseTipQuote(answer)
	if err != nil {
		return nil, err
	}
	out := &tips.Quote{Intent: q.Intent, Payee: q.AttributedTo, Binding: q.Binding, Minor: q.Money.Minor, Asset: q.Money.Asset, Exponent: q.Money.Exponent,
		Wallet: q.Wallet, Expires: q.Expires, Proofs: q.ProofTypes, Fee: q.Fee}
	for _, a := range q.Actions {
		if err := in.payable(a); err != nil {
			return nil, err
		}
		out.Add(a.Kind, a.URI, a.Method, a.Text, a.For, a.Fields)
	}
	return out, nil
}

// exchange sends a request of ours to another instance and returns what it answers. Its refusals are said
// in its own words. Busy is only what surely did nothing: it was never sent, or turned away unread. What came to no
// answer, or to one of a server in trouble, may have been heard: an order's wallet may have made a charge before.
func (in *Inbox) exchange(ctx context.Context, req *http.Request, sign fetch.Sign) ([]byte, error) {
	req.Header.Set("Accept", fetch.ActivityJSON)
	resp, err := in.fetcher.client.Do(ctx, req, fetch.Limits{Body: maxQuote, Total: tipTime}, sign)
	if err != nil {
		var refusal *circles.Error
		if errors.As(err, &refusal) && refusal.Reason == fetch.ReasonAddress {
			return nil, err
		}
		var op *net.OpError
		var dns *net.DNSError
		if errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial" || refusal != nil && (refusal.Reason == fetch.ReasonTLS || refusal.Reason == fetch.ReasonSubdomains) {
			return nil, &circles.Error{Kind: circles.Busy, Message: "Their server cannot be reached.", Err: err}
		}
		return nil, &circles.Error{Kind: circles.Internal, Message: "Their server gave no answer.", Err: err}
	}
	switch {
	case resp.Status >= 200 && resp.Status <= 299:
		return resp.Body, nil
	case resp.Status >= 500:
		return nil, &circles.Error{Kind: circles.Internal, Message: "Their server is in trouble.", Err: resp.Err()}
	case resp.Status == http.StatusRequestTimeout, resp.Status == statusTooMany:
		return nil, &circles.Error{Kind: circles.Busy, Message: "Their server is busy.", Err: resp.Err()}
	}
	return nil, &circles.Error{Kind: circles.Forbidden, Message: sentence(resp.Body), Err: resp.Err()}
}

// sentence is the first line of what another instance answered, as plain text that may be shown.
func sentence(body []byte) string {
	line, _, _ := bytes.Cut(body[:min(len(body), 4*maxTheirs)], []byte("\n"))
	var b strings.Builder
	for _, r := range string(bytes.ToValidUTF8(line, nil)) {
		if r < ' ' || r == 0x7f || r == '<' || r == '>' {
			continue
		}
		if b.Len() >= maxTheirs {
			break
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return "no reason was given."
	}
	return b.String()
}

// payable refuses a way to pay that leads a browser of ours where no wallet is: into somebody's own network, or
// back to us, where their form would be one of our own.
func (in *Inbox) payable(a as.TipAction) error {
	if a.Kind != "redirect" && !strings.HasPrefix(strings.ToLower(a.URI), "http") {
		return nil
	}
	u, err := url.Parse(a.URI)
	if err == nil {
		_, err = fetch.Host(a.URI)
	}
	if err != nil || u.User != nil {
		return circles.Errorf(circles.Invalid, "The quote leads to an address that cannot be read.")
	}
	if in.site.Ours(a.URI) {
		return circles.Errorf(circles.Invalid, "The quote leads to this server.")
	}
	if in.fetcher.client.Lab() {
		return nil
	}
	if _, bare := netip.ParseAddr(strings.Trim(u.Hostname(), "[]")); u.Scheme != "https" || bare == nil || !strings.Contains(u.Hostname(), ".") {
		return circles.Errorf(circles.Invalid, "The quote leads to an address that is not public.")
	}
	return nil
}

func wireQuote(q *tips.Quote) as.TipQuote {
	out := as.TipQuote{Intent: q.Intent, AttributedTo: q.Payee, Binding: q.Binding, Money: as.Money{Minor: q.Minor, Asset: q.Asset, Exponent: q.Exponent},
		Wallet: q.Wallet, Expires: q.Expires, ProofTypes: q.Proofs, Fee: q.Fee}
	for _, a := range q.Actions {
		out.Actions = append(out.Actions, as.TipAction{Kind: string(a.Kind), URI: a.URI, Method: a.Method, Text: a.Text, Fields: a.Fields, For: a.For})
	}
	return out
}

// root is the address of a server's own actor.
func root(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/"
}

func isTip(k circles.EventKind) bool { return k == circles.TipReceipted || k == circles.TipRevoked }

// tip says to the payer's server that a tip was paid, or that some of it went back. It is for that one inbox;
// nobody else reads it, and its address answers nobody.
func (s speaker) tip(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	if form != formMain {
		return saying{}, errNoForm
	}
	r, payer, back, err := tips.ReceiptOf(s.tx, s.site.Base, ev.Object)
	if err != nil {
		return saying{}, gone(err)
	}
	if payer.Local() || r.Payee != s.site.ActorAddress(signer) {
		return saying{}, errVoid
	}
	act := as.Act{ID: s.site.activityPath(ev.Seq, formMain), Actor: r.Payee, To: []string{payer.URI}}
	money := as.Money{Minor: r.Minor, Asset: r.Asset, Exponent: r.Exponent}
	if ev.Kind == circles.TipRevoked {
		if back == 0 {
			return saying{}, errVoid
		}
		money.Minor = back
		doc := as.TipRevoked{ID: act.ID + "/revoked", AttributedTo: r.Payee, Receipt: r.ID, Intent: r.Intent, Money: money}.Doc()
		return saying{doc: as.Create(act, doc), signer: signer.ID}, nil
	}
	doc := as.TipReceipt{ID: r.ID, AttributedTo: r.Payee, Context: r.Object, Intent: r.Intent, Money: money, Binding: r.Binding,
		ProofType: r.Proof.Type, Proof: r.Proof.Data, Published: r.At}.Doc()
	return saying{doc: as.Create(act, doc), signer: signer.ID}, nil
}
