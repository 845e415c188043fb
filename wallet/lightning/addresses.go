package lightning

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"halqa/wallet"
)

// PayeeAddress is the kind of payee that a Lightning Address is.
const PayeeAddress = "ln-address"

// Notes are what the wallet must not forget: a provider makes another invoice each time it is asked, and
// tells no list of them. Halqa keeps them in its database; each method is a transaction of its own.
type Notes interface {
	// Keep stores a note under a key, unless the key has one, and returns what it has. No two keys have
	// the same mark: wallet.ErrKeyReuse if it is another's.
	Keep(ctx context.Context, key, mark, note string) (kept string, err error)
	// Read returns wallet.ErrNotFound if the key has no note.
	Read(ctx context.Context, key string) (string, error)
	// Change replaces a note that still says what it said, and returns what stands there afterwards.
	Change(ctx context.Context, key, from, to string) (kept string, err error)
}

// AddressesOptions are what is configured of it.
type AddressesOptions struct {
	Name    string       // of the wallet
	Client  *http.Client // refuses private networks, for what people type decides where it goes
	Notes   Notes
	Network string // Mainnet …; "" = Mainnet
	Now     func() time.Time
}

// Addresses is the wallet that pays people at their Lightning Address, with no node of one's own.
type Addresses struct {
	o AddressesOptions
	p provider

	mu      sync.Mutex
	trouble string // of the last provider that was asked; "" = it answered
}

// NewAddresses returns the wallet.
func NewAddresses(o AddressesOptions) (*Addresses, error) {
	if o.Network == "" {
		o.Network = Mainnet
	}
	a := &Addresses{o: o, p: provider{o.Client}}
	d, _ := a.Describe(context.Background())
	return a, d.Check()
}

const (
	// minTime is what an invoice must leave for scanning and paying it.
	minTime = time.Minute

	// closing is how long after its end a provider may still be booking a payment that came in time.
	closing = 30 * time.Second

	// Where nobody confirms, a charge stays unknown for a while, in which the payer can show the
	// preimage: a day where the provider tells nothing at all, two weeks where it would and is away.
	silentFor = 24 * time.Hour
	awayFor   = 14 * 24 * time.Hour
)

// Describe implements wallet.Adapter.
func (a *Addresses) Describe(context.Context) (wallet.Descriptor, error) {
	return wallet.Descriptor{
		Name: a.o.Name, Version: "1", Contract: wallet.Contract, Assets: []wallet.Asset{asset()},
		Custody: wallet.CustodyNone, PayeeKinds: []string{PayeeAddress}, Capabilities: wallet.Capabilities(a),
		TestMode:     a.o.Network != Mainnet,
		ConfigSchema: map[string]any{"type": "object", "properties": map[string]any{"addresses": map[string]any{"type": "boolean"}}},
	}, nil
}

// asked remembers how the last provider did, for Health.
func (a *Addresses) asked(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trouble = ""; err != nil {
		a.trouble = err.Error()
	}
}

// Health implements wallet.Adapter. There is no one place to ask: it tells how the last one did.
func (a *Addresses) Health(context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trouble != "" {
		return fmt.Errorf("the provider that was asked last did not answer: %.200s", a.trouble)
	}
	return nil
}

// CheckPayee implements wallet.PayeeChecker: it asks the address whether it can be paid.
func (a *Addresses) CheckPayee(ctx context.Context, kind, input string) (wallet.Payee, error) {
	if kind != PayeeAddress {
		return wallet.Payee{}, fmt.Errorf("%w: payees are of the kind %s", wallet.ErrInvalid, PayeeAddress)
	}
	to, err := ParseAddress(input)
	if err != nil {
		return wallet.Payee{}, err
	}
	if _, err := a.p.offer(ctx, to); err != nil {
		return wallet.Payee{}, fmt.Errorf("%w: nobody can be paid at %s: %w", wallet.ErrInvalid, to, err)
	}
	return wallet.Payee{Kind: PayeeAddress, Ref: to.String()}, nil
}

// A note is one charge.
type addressNote struct {
	Digest   string    `json:"digest"` // of the request
	Minor    int64     `json:"minor"`
	Invoice  string    `json:"invoice"`
	Hash     string    `json:"hash"`
	Verify   string    `json:"verify,omitempty"`
	Expires  time.Time `json:"expires"`
	Preimage string    `json:"preimage,omitempty"` // it was paid
	Settled  time.Time `json:"settled,omitzero"`
	Over     bool      `json:"over,omitempty"` // nobody paid it, or nobody said so
}

func (n addressNote) text() string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err) // plain values only
	}
	return string(b)
}

func readNote(text string) (n addressNote, err error) {
	if err = json.Unmarshal([]byte(text), &n); err != nil {
		err = fmt.Errorf("lightning: a note cannot be read: %w", err)
	}
	return n, err
}

// CreateCharge implements wallet.Adapter. An invoice that was made and not noted is shown to nobody, so
// that asking again costs nothing but the provider's trouble.
func (a *Addresses) CreateCharge(ctx context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	if err := in.Check(); err != nil {
		return wallet.Charge{}, err
	}
	if err := asset().Takes(in.Amount); err != nil {
		return wallet.Charge{}, err
	}
	to, err := ParseAddress(in.Payee.Ref)
	if err != nil || in.Payee.Kind != PayeeAddress {
		return wallet.Charge{}, fmt.Errorf("%w: payee", wallet.ErrInvalid)
	}
	text, err := a.o.Notes.Read(ctx, in.Key)
	if errors.Is(err, wallet.ErrNotFound) {
		if !a.o.Now().Before(in.ExpiresAt) {
			return wallet.Charge{}, fmt.Errorf("%w: expiresAt", wallet.ErrInvalid)
		}
		text, err = a.fresh(ctx, in, to)
	}
	if err != nil {
		return wallet.Charge{}, err
	}
	n, err := readNote(text)
	if err == nil && n.Digest != digest(in) {
		err = wallet.ErrKeyReuse
	}
	if err != nil {
		return wallet.Charge{}, err
	}
	return a.charge(in.Key, n, false), nil
}

// fresh gets an invoice and notes it.
func (a *Addresses) fresh(ctx context.Context, in wallet.CreateCharge, to Address) (string, error) {
	o, err := a.p.offer(ctx, to)
	a.asked(err)
	if err != nil {
		return "", fmt.Errorf("%w: %w", wallet.ErrTemporary, err)
	}
	if in.Amount.Minor < int64(o.Min) || in.Amount.Minor > int64(o.Max) {
		return "", fmt.Errorf("%w: %s takes %d to %d millisatoshi", wallet.ErrLimit, to.Host, o.Min, o.Max)
	}
	b, err := a.p.bill(ctx, o, a.o.Network, in.Amount.Minor, in.Memo)
	a.asked(err)
	if err != nil && !errors.Is(err, wallet.ErrInvalid) {
		err = fmt.Errorf("%w: %w", wallet.ErrTemporary, err)
	}
	if err == nil && b.Expires.Sub(a.o.Now()) < minTime {
		err = fmt.Errorf("%w: %w: an invoice that is over", wallet.ErrInvalid, errProvider)
	}
	if err != nil {
		return "", err
	}
	n := addressNote{Digest: digest(in), Minor: in.Amount.Minor, Invoice: b.Text, Hash: hex.EncodeToString(b.PaymentHash[:]), Verify: b.Verify, Expires: b.Expires}
	text, err := a.o.Notes.Keep(ctx, in.Key, n.Hash, n.text())
	if errors.Is(err, wallet.ErrKeyReuse) { // one payment would have paid two tips
		err = fmt.Errorf("%w: %w: an invoice that another tip has", wallet.ErrInvalid, errProvider)
	}
	return text, err
}

// Revisions, one for each of what can become known.
const (
	revWaiting = iota
	revOver
	revProven
)

// charge is a note as a charge. Silent says that whoever could tell was asked, and told nothing.
func (a *Addresses) charge(key string, n addressNote, silent bool) wallet.Charge {
	c := wallet.Charge{
		ID: key, Key: key, State: wallet.Pending, Requested: wallet.Amount{Minor: n.Minor, Asset: assetCode},
		Actions: []wallet.Action{}, ExpiresAt: n.Expires, RailRef: n.Hash,
	}
	switch {
	case n.Preimage != "":
		c.State, c.Revision, c.Received, c.SettledAt = wallet.Settled, revProven, wallet.Units(n.Minor), n.Settled
		if preimage, err := hex.DecodeString(n.Preimage); err == nil {
			c.Proof = proof(n.Invoice, preimage)
		}
		return c
	case n.Over:
		c.State, c.Revision = wallet.Expired, revOver
		return c
	case silent:
		c.State = wallet.Unknown
	}
	if a.o.Now().Before(n.Expires) {
		c.Actions = append(c.Actions, wallet.Action{Kind: wallet.ActQR, URI: "lightning:" + n.Invoice, Text: n.Invoice})
	}
	return c
}

// GetCharge implements wallet.Adapter. Ids are keys. It asks the provider, where that tells; where it
// does not, the state is Unknown once the invoice is over, until the payer shows a proof or a day has
// passed.
func (a *Addresses) GetCharge(ctx context.Context, id string) (wallet.Charge, error) {
	if !wallet.ValidKey(id) {
		return wallet.Charge{}, wallet.ErrNotFound
	}
	text, err := a.o.Notes.Read(ctx, id)
	if err != nil {
		return wallet.Charge{}, err
	}
	n, err := readNote(text)
	if err != nil || n.Preimage != "" || n.Over {
		return a.charge(id, n, false), err
	}
	now := a.o.Now()
	if n.Verify == "" {
		if now.After(n.Expires.Add(silentFor)) {
			return a.change(ctx, id, text, func(n *addressNote) { n.Over = true })
		}
		return a.charge(id, n, !now.Before(n.Expires)), nil
	}
	v, err := a.p.verify(ctx, n.Verify, n.Invoice)
	a.asked(err)
	switch {
	case err != nil && now.After(n.Expires.Add(awayFor)),
		err == nil && !v.Settled && now.After(n.Expires.Add(closing)):
		return a.change(ctx, id, text, func(n *addressNote) { n.Over = true })
	case err != nil:
		return a.charge(id, n, true), nil
	case !v.Settled:
		return a.charge(id, n, false), nil
	}
	return a.prove(ctx, id, text, n, v.Preimage)
}

// prove settles a charge by its preimage. A provider that says "settled" and shows none, or another's,
// has told nothing: the charge is unknown.
func (a *Addresses) prove(ctx context.Context, key, text string, n addressNote, preimage string) (wallet.Charge, error) {
	if n.opens(preimage) != nil {
		c := a.charge(key, n, true)
		c.RailCode = "settled without its preimage"
		return c, nil
	}
	return a.change(ctx, key, text, func(n *addressNote) { n.settle(preimage, a.o.Now()) })
}

// opens returns nil if a preimage is the note's.
func (n addressNote) opens(preimage string) error {
	var hash [32]byte
	if b, err := hex.DecodeString(n.Hash); err != nil || copy(hash[:], b) != len(hash) {
		return ErrNotProven
	}
	_, err := open(hash, preimage)
	return err
}

// settle notes a preimage that opens; when it was paid nobody knows better than now.
func (n *addressNote) settle(preimage string, now time.Time) {
	n.Preimage, n.Settled, n.Over = strings.ToLower(strings.TrimSpace(preimage)), now.UTC().Truncate(time.Second), false
}

// change writes a note anew. Another that was faster is what counts.
func (a *Addresses) change(ctx context.Context, key, from string, to func(*addressNote)) (wallet.Charge, error) {
	n, err := readNote(from)
	if err != nil {
		return wallet.Charge{}, err
	}
	to(&n)
	kept, err := a.o.Notes.Change(ctx, key, from, n.text())
	if err == nil {
		n, err = readNote(kept)
	}
	if err != nil {
		return wallet.Charge{}, err
	}
	return a.charge(key, n, false), nil
}

// FindCharge implements wallet.KeyFinder.
func (a *Addresses) FindCharge(ctx context.Context, key string) (wallet.Charge, error) {
	return a.GetCharge(ctx, key)
}

// VerifyProof implements wallet.Prover. A proof is of type ProofPreimage, its data "charge", the id, and
// "preimage". One that opens the charge's invoice is noted, so that the charge is settled from then on,
// also where its provider tells nothing and its time is long over.
func (a *Addresses) VerifyProof(ctx context.Context, q wallet.ProofQuery) (wallet.ProofResult, error) {
	nothing := wallet.ProofResult{Received: wallet.Amount{Asset: assetCode}}
	key, preimage := q.Proof.Data["charge"], q.Proof.Data["preimage"]
	if q.Proof.Type != ProofPreimage || !wallet.ValidKey(key) {
		return nothing, nil
	}
	text, err := a.o.Notes.Read(ctx, key)
	if errors.Is(err, wallet.ErrNotFound) {
		return nothing, nil
	}
	if err != nil {
		return nothing, err
	}
	n, err := readNote(text)
	if err != nil || n.opens(preimage) != nil || q.Amount != (wallet.Amount{Minor: n.Minor, Asset: assetCode}) {
		return nothing, err
	}
	if n.Preimage == "" {
		if c, err := a.change(ctx, key, text, func(n *addressNote) { n.settle(preimage, a.o.Now()) }); err != nil || c.State != wallet.Settled {
			return nothing, errors.Join(err, wallet.ErrTemporary)
		}
	}
	return wallet.ProofResult{OK: true, Final: true, Received: q.Amount, UniqueID: n.Hash}, nil
}
