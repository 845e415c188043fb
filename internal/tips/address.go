package tips

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
	"halqa/wallet"
)

// A member with a node of their own can be paid by every Lightning wallet there is, at name@host. What
// comes so is between that wallet and the node: nobody here gave it, no post got it, and nothing is booked.

const (
	// nodeKind is the kind of payee whose invoices commit to what we say: a Lightning Address elsewhere
	// commits to what is said there.
	nodeKind = "lnd-node"

	bitcoin = "BTC" // in millisatoshi

	// addressKey begins the keys of charges that strangers asked for.
	addressKey = "lnurl_"

	addressTime = 10 * time.Minute // for a wallet that has the invoice in its hand
)

// An AddressOffer is what a member takes at their Lightning Address: LUD-06, LUD-16. Amounts are
// millisatoshi. Metadata is a text that invoices commit to, to the byte.
type AddressOffer struct {
	Min, Max int64
	Metadata string

	adapter string
	payee   wallet.Payee
}

// An AddressBill is an invoice that a wallet asked for there, and what became of it: LUD-21.
type AddressBill struct {
	ID       string // names it, for asking what became of it
	Invoice  string // BOLT 11; "" once it is over
	Settled  bool
	Preimage string // of a settled one
}

// AddressOf returns a member's Lightning Address, "" if there cannot be one: it needs a node, and a name
// that such addresses can have. On says whether it is served.
func (t *Tips) AddressOf(ctx context.Context, v circles.Viewer) (address string, on bool, err error) {
	if !v.SignedIn() {
		return "", false, nil
	}
	err = t.store.View(ctx, func(tx *store.Tx) error {
		p, err := tx.Actor(v.Person.Actor())
		if err != nil {
			return err
		}
		payees, err := ledger.PayeesOf(tx, v.Person)
		if err != nil {
			return err
		}
		if r, _ := t.node(p, payees, tx.Now()); r == nil {
			return nil
		}
		address = p.Name + "@" + t.host()
		on, err = ledger.HasAddress(tx, v.Person)
		return err
	})
	return address, on, wrap("address", err)
}

// SetAddress says whether every Lightning wallet can pay the viewer at name@host.
func (t *Tips) SetAddress(ctx context.Context, v circles.Viewer, on bool) error {
	if !v.SignedIn() {
		return circles.Errorf(circles.Denied, "Sign in to see your tips.").With("refused.tip-sign-in", nil)
	}
	return wrap("address", t.store.Update(ctx, func(tx *store.Tx) error { return ledger.SetAddress(tx, v.Person, on) }))
}

// host is what stands behind the @.
func (t *Tips) host() string {
	u, err := url.Parse(t.origin)
	if err != nil {
		return ""
	}
	return u.Host
}

// node is the first rail that leads to a node of the payee's own; nil if there is none.
func (t *Tips) node(p *circles.Actor, payees map[string]ledger.Payee, now int64) (*rail, wallet.Payee) {
	for _, r := range t.all() {
		if a, ok := r.d.Asset(bitcoin); !ok || a.Exponent != 11 || !slices.Contains(r.d.PayeeKinds, nodeKind) {
			continue
		}
		if ref, ok := (destination{payee: p, payees: payees}).ref(r, now); ok && ref.Kind == nodeKind {
			return r, ref
		}
	}
	return nil, wallet.Payee{}
}

// noAddress is the one answer to whoever asks for somebody who is not there, has no node, or wants none
// of this: which it is concerns nobody.
func noAddress() error {
	return circles.Errorf(circles.NotFound, "Nobody can be paid at this address.")
}

// AddressOffer returns what a member takes from any wallet. Amounts are the instance's for one tip.
func (t *Tips) AddressOffer(ctx context.Context, name string) (*AddressOffer, error) {
	var o *AddressOffer
	err := t.store.View(ctx, func(tx *store.Tx) error {
		p, err := tx.LocalActor(name)
		if circles.Is(err, circles.NotFound) || err == nil && (p.Kind != circles.KindPerson || p.DeletedAt != 0 || p.SuspendedAt != 0) {
			return noAddress()
		}
		if err != nil {
			return err
		}
		person := circles.PersonID(p.ID)
		on, err := ledger.HasAddress(tx, person)
		if err != nil {
			return err
		}
		w, err := ledger.WishOf(tx, person)
		if err != nil {
			return err
		}
		if !on || w.Takes == ledger.TakesNone {
			return noAddress()
		}
		payees, err := ledger.PayeesOf(tx, person)
		if err != nil {
			return err
		}
		r, ref := t.node(p, payees, tx.Now())
		if r == nil {
			return noAddress()
		}
		a, _ := r.d.Asset(bitcoin)
		low, _, high, ok := t.bounds(a, ledger.CirclePolicy{})
		if !ok {
			return noAddress()
		}
		address := p.Name + "@" + t.host()
		// LUD-16: text/identifier is the address itself.
		metadata, err := json.Marshal([][2]string{{"text/identifier", address}, {"text/plain", "For " + address}})
		o = &AddressOffer{Min: low, Max: high, Metadata: string(metadata), adapter: r.d.Name, payee: ref}
		return err
	})
	return o, wrap("address", err)
}

// AddressBill makes an invoice over an amount in millisatoshi. It writes nothing down here: strangers can
// ask as often as the caller lets them.
func (t *Tips) AddressBill(ctx context.Context, name string, minor int64) (*AddressBill, error) {
	o, err := t.AddressOffer(ctx, name)
	if err != nil {
		return nil, err
	}
	r := t.rail(o.adapter)
	a, ok := r.d.Asset(bitcoin)
	amount := wallet.Amount{Minor: minor, Asset: bitcoin}
	if err := a.Takes(amount); !ok || err != nil || minor < o.Min || minor > o.Max {
		return nil, outside(bitcoin, a.Exponent, o.Min, o.Max)
	}
	var id [16]byte
	rand.Read(id[:])
	key := addressKey + hex.EncodeToString(id[:])
	var c wallet.Charge
	err = ask(ctx, func(ctx context.Context) (err error) {
		c, err = r.CreateCharge(ctx, wallet.CreateCharge{
			Key: key, TipID: key, Amount: amount, Payee: o.payee, Memo: "Lightning Address", Binding: sha256.Sum256([]byte(o.Metadata)),
			ExpiresAt: t.now().Add(addressTime).UTC().Truncate(time.Second), ReturnURL: t.origin, NotifyURL: t.origin + "/wallet/" + o.adapter + "/webhook", Locale: "en",
		})
		return err
	})
	bill := billOf(c)
	if err == nil && bill.Invoice == "" {
		err = errors.New("the charge has no invoice")
	}
	if err != nil {
		t.log.Warn("wallet made no invoice for a Lightning Address", "adapter", o.adapter, "error", err)
		return nil, &circles.Error{Kind: circles.Busy, Message: "The wallet cannot be reached. Nothing was paid; try again later.", Err: err}
	}
	return bill, nil
}

// AddressPaid says what became of an invoice of AddressBill, to whoever can name it; NotFound for any
// other charge, whoever asks.
func (t *Tips) AddressPaid(ctx context.Context, name, id string) (*AddressBill, error) {
	o, err := t.AddressOffer(ctx, name)
	if err != nil {
		return nil, err
	}
	var c wallet.Charge
	err = ask(ctx, func(ctx context.Context) (err error) {
		c, err = t.rail(o.adapter).GetCharge(ctx, id)
		return err
	})
	switch {
	case errors.Is(err, wallet.ErrNotFound), err == nil && !strings.HasPrefix(c.Key, addressKey):
		return nil, noAddress()
	case err != nil || c.State == wallet.Unknown:
		return nil, &circles.Error{Kind: circles.Busy, Message: "The wallet cannot be asked now.", Err: err}
	}
	return billOf(c), nil
}

// billOf reads a charge.
func billOf(c wallet.Charge) *AddressBill {
	b := &AddressBill{ID: c.ID, Settled: c.State == wallet.Settled}
	for _, a := range c.Actions {
		if invoice, ok := strings.CutPrefix(a.URI, "lightning:"); ok && a.Kind == wallet.ActQR {
			b.Invoice = invoice
		}
	}
	if b.Settled && c.Proof != nil {
		b.Invoice, b.Preimage = c.Proof.Data["bolt11"], c.Proof.Data["preimage"]
	}
	return b
}
