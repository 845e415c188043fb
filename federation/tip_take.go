package federation

import (
	"context"
	"errors"
	"net/http"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/federation/httpsig"
	"halqa/internal/fetch"
	"halqa/internal/store"
	"halqa/internal/tips"
)

// Tips that come from another instance: its intent is answered at once, because somebody waits before a
// code; whether it was paid is delivered like everything else.

const (
	maxIntent    = 16 << 10 // bytes; ours have below 2 kB
	quotesAtOnce = 16       // wallets that are asked for strangers at the same time
	originTime   = 8 * time.Second
)

// terms answers what can be given for an object of ours. Nothing in it depends on who asks.
func (in *Inbox) terms(w http.ResponseWriter, r *http.Request) error {
	if in.tips == nil || !in.tips.Connected() {
		return notHere()
	}
	person, err := in.tipped(r)
	if err != nil {
		return err
	}
	object := r.URL.Query().Get("object")
	if object == "" && person != nil {
		object = in.site.ActorAddress(person)
	}
	terms, err := in.tips.TermsOf(r.Context(), object, idOf(person))
	var refusal *circles.Error
	if errors.As(err, &refusal) && refusal.Kind != circles.Internal { // why, for the payer to read
		http.Error(w, refusal.Message, http.StatusForbidden)
		return nil
	}
	if err != nil {
		return err
	}
	doc := as.TipTerms{Object: object, AttributedTo: terms.Payee}
	for _, a := range terms.Assets {
		doc.Assets = append(doc.Assets, as.TipAsset{Asset: a.Code, Exponent: a.Exponent, Min: int64(a.Min), Max: int64(a.Max),
			Usual: a.Usual, Step: int64(a.Step), Wallet: a.Wallet, Test: a.Test})
	}
	return sendDoc(w, doc.Doc())
}

// tipped is the member whose address is asked; nil for the instance's own.
func (in *Inbox) tipped(r *http.Request) (a *circles.Actor, err error) {
	name := r.PathValue("name")
	if name == "" {
		return nil, nil
	}
	err = in.store.View(r.Context(), func(tx *store.Tx) (err error) {
		a, err = tx.LocalActor(name)
		return err
	})
	if err == nil && (a.Kind != circles.KindPerson || a.DeletedAt != 0) {
		err = notHere()
	}
	return a, err
}

func idOf(a *circles.Actor) circles.PersonID {
	if a == nil {
		return 0
	}
	return circles.PersonID(a.ID)
}

// takeTip answers POST of an intent with a quote, or with one sentence why there is none.
func (in *Inbox) takeTip(w http.ResponseWriter, r *http.Request) {
	quote, err := in.quote(w, r)
	if err == nil {
		w.Header().Set("Cache-Control", "private, no-store")
		w.Header().Set("Content-Type", as.ActivityJSON)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(wireQuote(quote).Doc().Bytes())
		return
	}
	switch circles.KindOf(err) {
	case circles.Forbidden:
		http.Error(w, message(err), http.StatusForbidden)
	case circles.NotFound, circles.Gone:
		http.Error(w, message(err), http.StatusNotFound)
	case circles.Conflict:
		http.Error(w, message(err), http.StatusConflict)
	default:
		in.answer(w, r, err)
	}
}

func (in *Inbox) quote(w http.ResponseWriter, r *http.Request) (*tips.Quote, error) {
	if in.tips == nil || !in.tips.Connected() {
		return nil, notHere()
	}
	if !fetch.IsActivityPub(r.Header.Get("Content-Type")) {
		return nil, &httpError{http.StatusUnsupportedMediaType, "An intent is application/activity+json."}
	}
	tooLarge := &httpError{http.StatusRequestEntityTooLarge, "An intent may be 16 KiB long."}
	if r.ContentLength > maxIntent {
		return nil, tooLarge
	}
	sig, err := httpsig.Parse(r)
	if err != nil {
		return nil, err
	}
	host, err := fetch.Host(sig.KeyID)
	if err != nil {
		return nil, &httpError{http.StatusUnauthorized, "The signature names a key that has no usable address."}
	}
	person, err := in.tipped(r)
	if err != nil {
		return nil, err
	}
	from := block(in.client(r))
	body, done, err := in.body(w, r, from)
	if err != nil {
		return nil, err
	}
	defer done()
	if len(body) > maxIntent {
		return nil, tooLarge
	}
	slot := slot{slots: in.slots, share: host + " " + from}
	if err := slot.take(r.Context(), w); err != nil {
		return nil, err
	}
	defer slot.release()
	intent, err := as.ParseTipIntent(body)
	if err != nil {
		return nil, err
	}
	signer, stranger, err := in.proven(w, r, sig, host, body, &slot, true)
	if err != nil {
		return nil, err
	}
	if blocked, err := in.blocked(r.Context(), host); err != nil {
		return nil, err
	} else if blocked {
		return nil, errBlocked
	}
	in.heard(host)
	slot.release() // what follows waits for others
	if signer != intent.Actor || !fetch.SameHost(intent.ID, intent.Actor) || in.site.Ours(intent.Actor) {
		return nil, &httpError{http.StatusUnauthorized, "An intent is signed by who gives the tip, and its id is on their server."}
	}
	payer, err := in.payer(r.Context(), intent.Actor, stranger)
	if err != nil {
		return nil, err
	}
	select {
	case in.quotes <- struct{}{}:
		defer func() { <-in.quotes }()
	default:
		return nil, &httpError{http.StatusTooManyRequests, "Too many tips are being asked for at the moment; try again shortly."}
	}
	if err := in.origin(r.Context(), payer); err != nil {
		return nil, err
	}
	return in.tips.Answer(r.Context(), payer, tips.Order{
		ID: intent.ID, Payer: intent.Actor, Object: intent.Object, Minor: intent.Money.Minor, Asset: intent.Money.Asset, Exponent: intent.Money.Exponent,
		Nonce: intent.Nonce, Expires: intent.Expires, Note: intent.Content,
	}, idOf(person))
}

// payer returns who signed an intent, and stores them if they were fetched just now.
func (in *Inbox) payer(ctx context.Context, address string, stranger *as.Actor) (*circles.Actor, error) {
	var found *circles.Actor
	var described portrait
	if stranger != nil {
		var err error
		if described, err = in.describe(stranger); err != nil {
			return nil, err
		}
	}
	err := in.store.Update(ctx, func(tx *store.Tx) (err error) {
		if stranger != nil {
			found, err = in.keep(tx, described)
			return err
		}
		found, err = tx.ActorByURI(address)
		return err
	})
	if circles.Is(err, circles.NotFound) || err == nil && found.Inbox == "" { // their key is remembered, they are not
		found, err = in.fetchActor(ctx, address)
	}
	if err == nil && (found.Kind != circles.KindPerson || found.DeletedAt != 0) {
		err = circles.Errorf(circles.Forbidden, "Only people give tips.")
	}
	return found, err
}

// origin makes sure that the payer's server is one that reads receipts: its own actor shows where it takes
// tips itself. No other server is ever sent one.
func (in *Inbox) origin(ctx context.Context, payer *circles.Actor) error {
	shown := false
	err := in.store.View(ctx, func(tx *store.Tx) (err error) {
		shown, err = tips.KnownOrigin(tx, payer.Host)
		return err
	})
	if err != nil || shown {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, originTime)
	defer cancel()
	_, err = in.fetchActor(ctx, root(payer.URI))
	if err != nil && circles.KindOf(err) != circles.Internal {
		return &circles.Error{Kind: circles.Forbidden, Message: "Your server's own actor could not be read, which would show that it reads receipts.", Err: err}
	}
	return err
}

// ofTips reports whether a Create is about a tip between two instances.
func ofTips(e *as.Envelope) bool {
	return e.Type == "Create" && (e.Object.Type == as.TypeTipReceipt || e.Object.Type == as.TypeTipRevoked)
}

// tipNews takes what the payee's instance says of a tip that one of ours gave.
func (in *Inbox) tipNews(tx *store.Tx, a act) error {
	if in.tips == nil || a.via != nil {
		return circles.Errorf(circles.Forbidden, "A receipt comes from who was tipped, and from nobody else.")
	}
	from, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	var refusal error
	if a.Object.Type == as.TypeTipRevoked {
		r, err := a.Object.TipRevoked()
		if err != nil {
			return err
		}
		refusal, err = in.tips.ReceiveRevocation(tx, from, tips.Revocation{Receipt: r.Receipt, Payee: r.AttributedTo, Intent: r.Intent,
			Minor: r.Money.Minor, Asset: r.Money.Asset, Exponent: r.Money.Exponent})
		return in.refusedTip(a, refusal, err)
	}
	r, err := a.Object.TipReceipt()
	if err != nil {
		return err
	}
	if !fetch.SameHost(r.ID, a.Actor) {
		return circles.Errorf(circles.Forbidden, "The receipt and who was tipped are on different servers.")
	}
	got := tips.Receipt{ID: r.ID, Payee: r.AttributedTo, Object: r.Context, Intent: r.Intent, Minor: r.Money.Minor, Asset: r.Money.Asset,
		Exponent: r.Money.Exponent, Binding: r.Binding, At: r.Published}
	got.Proof.Type, got.Proof.Data = r.ProofType, r.Proof
	refusal, err = in.tips.ReceiveReceipt(tx, from, got)
	return in.refusedTip(a, refusal, err)
}

// refusedTip notes a refusal in the log; that it was booked nowhere stands in the audit of tips.
func (in *Inbox) refusedTip(a act, refusal, err error) error {
	if err == nil && refusal != nil {
		in.log.Warn("a receipt was refused; nothing was booked", "id", a.ID, "actor", a.Actor, "reason", refusal.Error())
	}
	return err
}
