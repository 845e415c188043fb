package lightning

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"halqa/wallet"
)

// The asset of both adapters. A millisatoshi is what channels count in; payers' wallets show satoshis, so
// that every charge is whole ones.
const (
	assetCode     = "BTC"
	assetExponent = 11
	satoshi       = 1000

	// maxCharge is the largest payment that nodes take without having agreed on large ones, in
	// millisatoshi and rounded to satoshis (BOLT 2, channels below 2^24 satoshis).
	maxCharge = 1<<32/satoshi*satoshi - satoshi
)

func asset() wallet.Asset {
	return wallet.Asset{Code: assetCode, Exponent: assetExponent, Min: satoshi, Max: maxCharge, Step: satoshi}
}

// PayeeNode is the kind of payee that a node belongs to.
const PayeeNode = "lnd-node"

// LNDOptions are what is configured of one node.
type LNDOptions struct {
	Name     string // of the wallet
	URL      string // https://127.0.0.1:8080
	Cert     []byte // tls.cert: this one, and no other, is believed
	Macaroon []byte // invoice.macaroon, which can make and read invoices and nothing else
	// Secret is what preimages are made from, at least 32 bytes. Who knows it takes the payments of every
	// open invoice on their way; another one makes this wallet forget its charges. Two wallets never
	// share it.
	Secret []byte
	// Code is what members enter to be paid to this node, so that nobody is by mistake. It is no secret:
	// who enters a stranger's gives their own tips away.
	Code    string
	Network string // Mainnet …; "" = Mainnet
	Hints   bool   // name the node's unannounced channels in invoices, for nodes that have no others
	Now     func() time.Time
	Quiet   time.Duration // how long the node is silent when it has told all it knows; 0 = 2 s
}

// LND is the wallet over one node.
type LND struct {
	o     LNDOptions
	node  *node
	payee wallet.Payee
}

const (
	minSecret = 32 // bytes
	minCode   = 4  // of a payee's code
	maxCode   = 64
)

// NewLND checks the options and asks nobody. Errors wrap wallet.ErrInvalid and name no secrets.
func NewLND(o LNDOptions) (*LND, error) {
	if o.Network == "" {
		o.Network = Mainnet
	}
	if o.Quiet <= 0 {
		o.Quiet = 2 * time.Second
	}
	switch {
	case len(o.Secret) < minSecret:
		return nil, fmt.Errorf("%w: the secret has %d bytes, it needs %d", wallet.ErrInvalid, len(o.Secret), minSecret)
	case len(o.Code) < minCode || len(o.Code) > maxCode:
		return nil, fmt.Errorf("%w: the payee's code has %d to %d characters", wallet.ErrInvalid, minCode, maxCode)
	}
	n, err := newNode(o.URL, o.Cert, o.Macaroon)
	if err != nil {
		return nil, err
	}
	l := &LND{o: o, node: n}
	l.payee = wallet.Payee{Kind: PayeeNode, Ref: hex.EncodeToString(l.mac("payee", o.Code)[:16])}
	d, _ := l.Describe(context.Background())
	return l, d.Check()
}

// mac is a value that only this wallet can have made.
func (l *LND) mac(what, of string) []byte {
	m := hmac.New(sha256.New, l.o.Secret)
	fmt.Fprintf(m, "halqa %s\x00%s\x00%s", what, l.o.Name, of)
	return m.Sum(nil)
}

// Describe implements wallet.Adapter.
func (l *LND) Describe(context.Context) (wallet.Descriptor, error) {
	text := map[string]any{"type": "string"}
	secret := map[string]any{"type": "string", "writeOnly": true}
	return wallet.Descriptor{
		Name: l.o.Name, Version: "1", Contract: wallet.Contract, Assets: []wallet.Asset{asset()},
		Custody: wallet.CustodyNone, PayeeKinds: []string{PayeeNode}, Capabilities: wallet.Capabilities(l),
		// A payer may send up to twice the sum, never less (BOLT 4); an invoice that is over takes nothing.
		InexactFunds: true,
		TestMode:     l.o.Network != Mainnet,
		ConfigSchema: map[string]any{"type": "object", "properties": map[string]any{
			"url": text, "cert": text, "macaroon": secret, "secret": secret, "payee": text,
		}},
	}, nil
}

// CheckPayee implements wallet.PayeeChecker: it compares what was entered with the node's code.
func (l *LND) CheckPayee(_ context.Context, kind, input string) (wallet.Payee, error) {
	if kind != PayeeNode || !hmac.Equal([]byte(input), []byte(l.o.Code)) {
		return wallet.Payee{}, fmt.Errorf("%w: that is not the code of this node", wallet.ErrInvalid)
	}
	return l.payee, nil
}

// CreateCharge implements wallet.Adapter. The invoice's preimage follows from the key, so that the node
// itself refuses a second one, and what was asked for stands, hashed, in the invoice's memo, which the
// node shows to its owner and to nobody else.
func (l *LND) CreateCharge(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	if err := in.Check(); err != nil {
		return wallet.Charge{}, err
	}
	if err := asset().Takes(in.Amount); err != nil {
		return wallet.Charge{}, err
	}
	if in.Payee != l.payee {
		return wallet.Charge{}, fmt.Errorf("%w: another payee than the node's", wallet.ErrInvalid)
	}
	c, err := l.again(ctx, in)
	if !errors.Is(err, wallet.ErrNotFound) {
		return c, temporary(err)
	}
	left := int64(in.ExpiresAt.Sub(l.o.Now()) / time.Second)
	if left < 1 || left > maxExpiry {
		return wallet.Charge{}, fmt.Errorf("%w: expiresAt", wallet.ErrInvalid)
	}
	added := l.node.add(ctx, order{
		Memo: in.Memo + note(in), Preimage: l.mac("preimage", in.Key), MilliSat: whole64(in.Amount.Minor),
		DescriptionHash: in.Binding[:], Expiry: whole64(left), Private: l.o.Hints,
	})
	var no *refusal
	if added != nil && !errors.As(added, &no) {
		return wallet.Charge{}, added
	}
	// Refused may mean that another call with this key was faster.
	c, err = l.again(ctx, in)
	switch {
	case errors.Is(err, wallet.ErrNotFound) && added != nil:
		return c, added
	case errors.Is(err, wallet.ErrNotFound), errors.Is(err, wallet.ErrTemporary) && added == nil:
		return c, fmt.Errorf("%w: the invoice was made, and cannot be read: %v", wallet.ErrIndeterminate, err)
	}
	return c, err
}

// temporary is for questions that change nothing: without an answer, nothing happened.
func temporary(err error) error {
	if errors.Is(err, wallet.ErrIndeterminate) {
		return fmt.Errorf("%w: %v", wallet.ErrTemporary, err)
	}
	return err
}

// again returns the charge that a request has already; wallet.ErrNotFound if it has none.
func (l *LND) again(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	hash := sha256.Sum256(l.mac("preimage", in.Key))
	r, err := l.node.look(ctx, hash[:])
	if err != nil {
		return wallet.Charge{}, err
	}
	if !strings.HasSuffix(r.Memo, note(in)) {
		return wallet.Charge{}, wallet.ErrKeyReuse
	}
	c, err := l.charge(r)
	if err == nil && c.Requested != in.Amount {
		err = fmt.Errorf("%w: an invoice over %d millisatoshi", wallet.ErrInvalid, c.Requested.Minor)
	}
	return c, err
}

// note ends the memo of an invoice: its key, and the hash of what was asked with it.
func note(in wallet.CreateCharge) string {
	return " [" + in.Key + " " + digest(in) + "]"
}

// digest is the hash of a request's contents.
func digest(in wallet.CreateCharge) string {
	in.Locale, in.ExpiresAt = "", in.ExpiresAt.UTC()
	b, err := json.Marshal(in)
	if err != nil {
		panic(err) // plain values only
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

var noteForm = regexp.MustCompile(` \[([A-Za-z0-9_]{1,64}) [0-9a-f]{32}\]$`)

// mine returns the key of an invoice, false if it is not this wallet's: the owner makes invoices of their
// own, and other wallets may share the node.
func (l *LND) mine(r record) (key string, ok bool) {
	m := noteForm.FindStringSubmatch(r.Memo)
	if m == nil {
		return "", false
	}
	hash := sha256.Sum256(l.mac("preimage", m[1]))
	return m[1], bytes.Equal(hash[:], r.Hash)
}

// Revisions, one for each state that an invoice can come to: none leads back. That a canceled one turns
// into an expired one is the clock's doing alone, for the node does not keep why it closed it.
const (
	revOpen = iota
	revAccepted
	revCanceled
	revExpired
	revSettled
)

// charge reads a record of the node. Only SETTLED is money: a canceled one may still show a sum as paid
// that went back to its payer.
func (l *LND) charge(r record) (wallet.Charge, error) {
	key, ok := l.mine(r)
	if !ok {
		return wallet.Charge{}, wallet.ErrNotFound
	}
	in, err := checked(r.PaymentRequest, l.o.Network, int64(r.MilliSat))
	if err != nil || !bytes.Equal(in.PaymentHash[:], r.Hash) {
		return wallet.Charge{}, fmt.Errorf("%w: the node's invoice for %s is another's: %v", wallet.ErrInvalid, key, err)
	}
	now, fee := l.o.Now(), wallet.Units(0)
	c := wallet.Charge{
		ID: hex.EncodeToString(r.Hash), Key: key, State: wallet.Pending, Requested: wallet.Amount{Minor: in.MilliSat, Asset: assetCode},
		Fee: &fee, Actions: []wallet.Action{}, ExpiresAt: in.Expires, RailRef: hex.EncodeToString(r.Hash), RailCode: r.State,
	}
	switch r.State {
	case "OPEN":
		if now.Before(in.Expires) {
			c.Actions = append(c.Actions, wallet.Action{Kind: wallet.ActQR, URI: "lightning:" + r.PaymentRequest, Text: r.PaymentRequest})
		}
	case "ACCEPTED":
		c.State, c.Revision, c.Pending = wallet.Processing, revAccepted, wallet.Units(r.Paid)
	case "CANCELED":
		c.State, c.Revision = wallet.Canceled, revCanceled
		if !now.Before(in.Expires) {
			c.State, c.Revision = wallet.Expired, revExpired
		}
	case "SETTLED":
		if r.Paid < r.MilliSat {
			return wallet.Charge{}, fmt.Errorf("%w: settled with %d of %d", wallet.ErrInvalid, r.Paid, r.MilliSat)
		}
		c.State, c.Revision, c.Received = wallet.Settled, revSettled, wallet.Units(r.Paid)
		c.SettledAt = time.Unix(int64(r.Settled), 0).UTC()
		c.Late = c.SettledAt.After(in.Expires)
		c.Proof = proof(r.PaymentRequest, l.mac("preimage", key))
	default:
		return wallet.Charge{}, fmt.Errorf("%w: the node's invoice is %.20q", wallet.ErrTemporary, r.State)
	}
	return c, nil
}

// GetCharge implements wallet.Adapter. Ids are payment hashes.
func (l *LND) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	hash, err := hex.DecodeString(id)
	if err != nil || len(hash) != sha256.Size || hex.EncodeToString(hash) != id {
		return wallet.Charge{}, wallet.ErrNotFound
	}
	r, err := l.node.look(ctx, hash)
	if err != nil {
		return wallet.Charge{}, temporary(err)
	}
	return l.charge(r)
}

// FindCharge implements wallet.KeyFinder.
func (l *LND) FindCharge(ctx context.Context, key string) (wallet.Charge, error) {
	hash := sha256.Sum256(l.mac("preimage", key))
	return l.GetCharge(ctx, hex.EncodeToString(hash[:]))
}

// CancelCharge implements wallet.Canceler.
func (l *LND) CancelCharge(ctx context.Context, id string) (wallet.Charge, error) {
	c, err := l.GetCharge(ctx, id)
	if err != nil || c.State != wallet.Pending {
		return c, err
	}
	hash, _ := hex.DecodeString(id)
	said := l.node.cancel(ctx, hash)
	// Whatever it said, what became of the invoice is what counts.
	if c, err = l.GetCharge(ctx, id); err == nil && c.State.Open() && said != nil {
		err = temporary(said)
	}
	return c, err
}

// Health implements wallet.Adapter. It also tries what the macaroon must not be able to do: a server that
// anybody can tip through keeps no key that opens the till.
func (l *LND) Health(ctx context.Context) error {
	if _, _, err := l.node.list(ctx, 0, 1); err != nil {
		return fmt.Errorf("the node at %s does not list invoices: %w", l.o.URL, err)
	}
	var no *refusal
	switch err := l.node.call(ctx, "GET", "/v1/balance/channels", nil, nil); {
	case err == nil:
		return errors.New("this macaroon can do more than make invoices; use the node's invoice.macaroon")
	case !errors.As(err, &no):
		return fmt.Errorf("the node at %s does not answer: %w", l.o.URL, err)
	}
	return nil
}
