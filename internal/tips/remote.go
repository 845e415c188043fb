package tips

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// A tip can go from a member of one instance to a member of another. The money never touches the payer's
// instance: it asks the payee's for a way to pay (remote_give.go), the payee's asks its own wallet and
// answers with what the payer has to do (remote_take.go), and says later whether it was paid
// (remote_receipt.go). To the payer's books the payee's instance is a rail called Abroad, which is believed
// only about what it was asked for.

// Abroad is the name of the wallet that tips to people on other instances go over.
const Abroad = "abroad"

const (
	// quoteTime bounds how far off the end of an intent may lie that others send.
	quoteTime = 2 * payWithin

	maxOrderURL = 500 // bytes of an address in an intent
	maxNonce    = 64
	minNonce    = 16
)

// An Order is what the payer's instance asks the payee's for: a TipIntent.
type Order struct {
	ID       string // its address on the payer's instance; the same one is the same order
	Payer    string // address of the actor whose key signs it
	Object   string // address of the post that is tipped, or of the person
	Minor    int64
	Asset    string
	Exponent uint8 // decimals of the asset
	Nonce    string
	Expires  time.Time // whole seconds
	Note     string    // for the payee
}

// Binding is the SHA-256 of the order in canonical JSON (RFC 8785), as docs/protocol.md lists its members.
func (o Order) Binding() wallet.Binding {
	var b bytes.Buffer
	// In the order of their names, which is that of their UTF-16 code units.
	b.WriteByte('{')
	member := func(name, value string) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		canonical(&b, name)
		b.WriteByte(':')
		canonical(&b, value)
	}
	member("actor", o.Payer)
	member("amountMinor", fmt.Sprint(o.Minor))
	member("asset", AssetCode(o.Asset, o.Exponent))
	if o.Note != "" {
		member("content", o.Note)
	}
	member("expires", o.Expires.UTC().Format(time.RFC3339))
	member("id", o.ID)
	member("nonce", o.Nonce)
	member("object", o.Object)
	member("type", "TipIntent")
	b.WriteByte('}')
	return sha256.Sum256(b.Bytes())
}

// canonical writes a string of valid UTF-8 as RFC 8785 3.2.2.2 has it: nothing is escaped that need not be.
func canonical(b *bytes.Buffer, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\f':
			b.WriteString(`\f`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < ' ':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// AssetCode is an asset as it is called between instances: with its decimals, because the same number of
// minor units is another amount where they differ.
func AssetCode(code string, exponent uint8) string { return fmt.Sprintf("%s/%d", code, exponent) }

// A Quote is what the payee's instance answers to an order: how it can be paid, and to whom it goes.
type Quote struct {
	Intent   string          `json:"intent"`
	Payee    string          `json:"payee"` // address of the actor who gets it
	Binding  wallet.Binding  `json:"binding"`
	Minor    int64           `json:"minor,string"`
	Asset    string          `json:"asset"`
	Exponent uint8           `json:"exponent"`
	Wallet   string          `json:"wallet"` // what the payee's instance calls it
	Actions  []wallet.Action `json:"actions"`
	Expires  time.Time       `json:"expires"`
	Proofs   []string        `json:"proofs"` // of what types the receipt's can be
	Fee      int64           `json:"fee,string"`
}

// A Terms is what can be given to somebody on another instance for one object, by that instance's word.
type Terms struct {
	Payee  string // address
	Assets []TermsAsset
}

// A TermsAsset is one asset of them.
type TermsAsset struct {
	wallet.Asset
	Usual  int64
	Wallet string
	Test   bool // no real money moves
}

// A Carrier carries what the payer's side asks to the payee's instance. Its errors are the other side's
// refusals (any circles.Error but Busy), Busy where surely nothing happened and asking again may help, and
// anything else where nobody knows: the same order is sent again then, and finds what it made.
type Carrier struct {
	Terms func(ctx context.Context, endpoint, object string) (*Terms, error)
	Order func(ctx context.Context, payer circles.PersonID, endpoint string, o Order) (*Quote, error)
}

// Connect gives tips a way to other instances; without one they reach nobody there. The same receipt types
// that the other side may send are checked by what Proves was given.
func (t *Tips) Connect(p Carrier) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.carry = &p
	t.abroad = &rail{Adapter: &elsewhere{t}, d: wallet.Descriptor{
		Name: Abroad, Version: "1", Contract: wallet.Contract, Custody: wallet.CustodyNone,
		PayeeKinds: []string{abroadPayee}, LateFunds: true, Reversible: true,
	}}
}

// abroadPayee is the kind of payee whose reference is where their instance takes intents.
const abroadPayee = "endpoint"

// Connected reports whether other instances can be reached.
func (t *Tips) Connected() bool { return t.carrier() != nil }

func (t *Tips) carrier() *Carrier {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.carry
}

// LinksOf returns the payment links of somebody elsewhere, as their server says.
func LinksOf(tx *store.Tx, actor circles.ActorID) ([]Link, error) { return ledger.LinksOf(tx, actor) }

// Elsewhere returns the payment links of somebody on another server, for their page.
func (t *Tips) Elsewhere(ctx context.Context, actor circles.ActorID) (all []Link, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = ledger.LinksOf(tx, actor)
		return err
	})
	return all, wrap("payment links", err)
}

// KeepLinks stores what an actor's own server says of where they are paid. At most MaxLinks are kept.
func KeepLinks(tx *store.Tx, actor circles.ActorID, all []Link) error {
	return ledger.SetLinks(tx, actor, all[:min(len(all), MaxLinks)])
}

// MaxLinks is how many payment links of one actor are kept.
const MaxLinks = 4

// KeepOrigin notes that a server's own actor showed where it takes tips, "" for nowhere.
func KeepOrigin(tx *store.Tx, host, endpoint string) error {
	return ledger.SetOrigin(tx, host, endpoint)
}

// KnownOrigin reports whether a server showed it within the last week.
func KnownOrigin(tx *store.Tx, host string) (bool, error) {
	at, err := ledger.OriginOf(tx, host)
	return at > tx.Now()-originKept.Microseconds(), err
}

const originKept = 7 * 24 * time.Hour

// A Shown is what others are told of where a member is paid.
type Shown struct {
	Open      bool   // their instance takes tips for them
	Lightning string // their Lightning Address elsewhere; "" = none
	Served    bool   // every Lightning wallet can pay them at their name and our host
}

// ShownOf returns what a member of ours lets others see. Nothing, unless they asked for it.
func ShownOf(tx *store.Tx, person circles.PersonID) (s Shown, err error) {
	w, err := ledger.WishOf(tx, person)
	if err != nil || !w.Abroad || w.Takes == ledger.TakesNone {
		return s, err
	}
	s.Open = true
	all, err := ledger.PayeesOf(tx, person)
	for _, p := range all {
		if kind, ref, _ := p.Now(tx.Now()); kind == lightningAddress && strings.Count(ref, "@") == 1 {
			s.Lightning = ref
		}
	}
	if err == nil {
		s.Served, err = ledger.HasAddress(tx, person)
	}
	return s, err
}

// lightningAddress is the kind of payee whose reference is name@host. // LUD-16
const lightningAddress = "ln-address"

// PolicyFor returns what a post says of tips to others: "" if its author shows nothing of them.
func PolicyFor(tx *store.Tx, p *circles.Post, c *circles.Circle, sensitive bool) (ledger.Policy, error) {
	if !p.Local() {
		return "", nil
	}
	w, err := ledger.WishOf(tx, p.Author)
	if err != nil || !w.Abroad || w.Takes == ledger.TakesNone {
		return "", err
	}
	if sensitive {
		return ledger.PolicyOff, nil
	}
	if c == nil {
		return ledger.PolicyOn, nil
	}
	if c.Sensitive {
		return ledger.PolicyOff, nil
	}
	q, err := ledger.PolicyOf(tx, c.CircleID())
	return q.Policy, err
}

// CircleSays returns what a circle of ours says of tips to others.
func CircleSays(tx *store.Tx, c *circles.Circle) (ledger.Policy, error) {
	if c.Sensitive {
		return ledger.PolicyOff, nil
	}
	p, err := ledger.PolicyOf(tx, c.CircleID())
	return p.Policy, err
}

// KeepPolicy stores what a circle elsewhere says of tips. What is no policy, silence too, is PolicyOn.
func KeepPolicy(tx *store.Tx, circle circles.CircleID, said string) error {
	p := ledger.Policy(said)
	if p != ledger.PolicyLikesOnly && p != ledger.PolicyOff {
		p = ledger.PolicyOn
	}
	had, err := ledger.PolicyOf(tx, circle)
	if err != nil || had.Policy == p {
		return err
	}
	return ledger.SavePolicy(tx, ledger.CirclePolicy{Circle: circle, Policy: p, At: tx.Now()})
}

// CountOf returns how many people tipped a post, for others to see.
func CountOf(tx *store.Tx, post circles.PostID) (int, error) {
	all, err := ledger.Tippers(tx, []circles.PostID{post})
	return all[post], err
}

// fromAbroad reports whether a tip is somebody's on another instance to a member of ours.
func fromAbroad(tip *ledger.Tip) bool { return strings.Contains(tip.Once, "://") }

// elsewhere is the rail Abroad. Who it pays is the payee's instance's affair; it only carries the order
// there, and what it knows of the money is what receipts said.
type elsewhere struct{ t *Tips }

func (e *elsewhere) Describe(context.Context) (wallet.Descriptor, error) { return e.t.abroad.d, nil }
func (e *elsewhere) Health(context.Context) error                        { return nil }

// CreateCharge sends the order, the same however often; the other side answers the same.
func (e *elsewhere) CreateCharge(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	var tip *ledger.Tip
	var c *ledger.Charge
	var a *ledger.Abroad
	var payer, payee *circles.Actor
	err := e.t.store.View(ctx, func(tx *store.Tx) (err error) {
		if c, err = ledger.ChargeByKey(tx, in.Key); err != nil {
			return err
		}
		if tip, err = ledger.TipBy(tx, c.Tip); err != nil {
			return err
		}
		if a, err = ledger.AbroadOf(tx, tip.ID); err != nil {
			return err
		}
		if payer, err = tx.Actor(tip.Payer.Actor()); err != nil {
			return err
		}
		payee, err = tx.Actor(tip.Payee.Actor())
		return err
	})
	if err != nil {
		return wallet.Charge{}, err
	}
	o := e.t.order(tip, a, payer)
	if !e.t.now().Before(o.Expires) {
		return wallet.Charge{}, fmt.Errorf("%w: the order is over", wallet.ErrInvalid)
	}
	q, err := e.t.carrier().Order(ctx, tip.Payer, a.Endpoint, o)
	var refusal *circles.Error
	switch {
	case errors.As(err, &refusal) && refusal.Kind == circles.Busy:
		return wallet.Charge{}, fmt.Errorf("%w: %w", wallet.ErrTemporary, err)
	case errors.As(err, &refusal) && refusal.Kind != circles.Internal:
		return wallet.Charge{}, fmt.Errorf("%w: %w", wallet.ErrInvalid, err)
	case err != nil:
		return wallet.Charge{}, fmt.Errorf("%w: %w", wallet.ErrIndeterminate, err)
	}
	if err := fitsOrder(q, o, payee); err != nil {
		return wallet.Charge{}, fmt.Errorf("%w: %w", wallet.ErrInvalid, err)
	}
	if err := e.t.keepQuote(context.WithoutCancel(ctx), tip.ID, q); err != nil {
		return wallet.Charge{}, err
	}
	out := wallet.Charge{
		ID: a.Intent, Key: in.Key, Revision: 1, State: wallet.Pending, Requested: in.Amount, Actions: q.Actions, ExpiresAt: q.Expires,
	}
	if q.Fee >= 0 {
		fee := wallet.Units(q.Fee)
		out.Fee = &fee
	}
	return out, nil
}

// order is what the payee's instance is asked for a tip.
func (t *Tips) order(tip *ledger.Tip, a *ledger.Abroad, payer *circles.Actor) Order {
	return Order{
		ID: a.Intent, Payer: t.origin + payer.URI, Object: a.Object, Minor: tip.Amount, Asset: tip.Asset, Exponent: a.Exponent,
		Nonce: a.Nonce, Expires: time.UnixMicro(a.ExpiresAt).UTC(), Note: tip.Note,
	}
}

// GetCharge returns a charge as receipts left it. Nobody is asked: they are sent until they arrive.
func (e *elsewhere) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	var out wallet.Charge
	err := e.t.store.View(ctx, func(tx *store.Tx) error {
		a, err := ledger.AbroadByIntent(tx, id)
		if circles.Is(err, circles.NotFound) || err == nil && a.Side != ledger.OfPayer {
			return wallet.ErrNotFound
		}
		if err != nil {
			return err
		}
		all, err := ledger.ChargesOf(tx, a.Tip)
		if err != nil || len(all) == 0 {
			return err
		}
		out = asCharge(all[0])
		out.ExpiresAt = micros(all[0].RailExpiresAt)
		if out.State == wallet.Pending && e.t.now().UnixMicro() >= all[0].RailExpiresAt {
			out.State, out.Revision = wallet.Expired, out.Revision+1
		}
		return nil
	})
	return out, err
}

// Add adds an asset to terms, as the other instance says it.
func (t *Terms) Add(code string, exponent uint8, low, high, step, usual int64, over string, test bool) {
	a := TermsAsset{Usual: usual, Wallet: over, Test: test}
	a.Code, a.Exponent = code, exponent
	a.Min, a.Max, a.Step = wallet.Units(low), wallet.Units(high), wallet.Units(step)
	t.Assets = append(t.Assets, a)
}

// Add adds a way to pay to a quote, as the other instance says it. A kind that is not known is left out, and of
// where it is meant for, what is not known says nothing.
func (q *Quote) Add(kind, uri, method, text, where string, fields map[string]string) {
	if where != wallet.OnComputer && where != wallet.OnPhone {
		where = ""
	}
	switch k := wallet.ActionKind(kind); k {
	case wallet.ActNone, wallet.ActQR, wallet.ActRedirect, wallet.ActAddress:
		q.Actions = append(q.Actions, wallet.Action{Kind: k, URI: uri, Method: method, Text: text, Fields: fields, For: where})
	}
}
