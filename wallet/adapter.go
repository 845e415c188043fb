package wallet

import (
	"context"
	"net/http"
	"time"
)

// An Adapter connects one payment rail. These four methods are all that is required; what else a rail
// can do are the small interfaces below, found by type assertion, each named in Descriptor.Capabilities
// so that the same is said over HTTP.
//
// All methods may be called concurrently, and none is ever called inside a database transaction. Each
// honours ctx; Halqa gives at most 10 seconds. Errors wrap one of the package's errors; any other is
// read as ErrIndeterminate. Errors and answers carry no secrets: Halqa logs them.
//
// Who retries: Halqa, always. After ErrTemporary nothing happened, and the call is made again with
// backoff. After ErrIndeterminate Halqa looks (FindCharge if there is one), then calls CreateCharge
// again with the same key. An adapter itself never retries something that may have moved money.
type Adapter interface {
	// Describe says what the adapter is and can do. It needs no network, and its answer changes only
	// when the configuration does.
	Describe(ctx context.Context) (Descriptor, error)

	// CreateCharge makes a way to pay, or returns the one that the key already has. See [CreateCharge]
	// for when the key counts as reused. ErrInvalid, ErrMismatch and ErrLimit say that asking again is
	// of no use; ErrKeyReuse that the key belongs to other contents.
	CreateCharge(ctx context.Context, in CreateCharge) (Charge, error)

	// GetCharge returns a charge as the rail has it now. ErrNotFound if there never was one with that
	// id; when the rail does not answer, either the charge with State Unknown and the counters last
	// known, or ErrTemporary. Never Failed.
	GetCharge(ctx context.Context, id string) (Charge, error)

	// Health returns nil if a charge could be made now; otherwise one sentence for the admin.
	Health(ctx context.Context) error
}

// A PayeeChecker turns what a person typed into a payee. Capability "payee-check".
type PayeeChecker interface {
	// CheckPayee returns ErrInvalid with a sentence for the person if nobody can be paid there. input
	// is hostile: an adapter that fetches an address uses the client it was given, which refuses
	// private networks.
	CheckPayee(ctx context.Context, kind, input string) (Payee, error)
}

// A KeyFinder recovers a charge whose CreateCharge had no answer, without creating one. Capability
// "find". Without it Halqa calls CreateCharge again.
type KeyFinder interface {
	// FindCharge returns ErrNotFound if the key was never used.
	FindCharge(ctx context.Context, key string) (Charge, error)
}

// A Canceler takes back a charge that is not paid. Capability "cancel".
type Canceler interface {
	// CancelCharge is idempotent. A charge that was paid meanwhile stays paid, and is returned so.
	CancelCharge(ctx context.Context, id string) (Charge, error)
}

// A WebhookReceiver reads what the rail sends on its own account. Capability "webhook".
type WebhookReceiver interface {
	// Webhook checks the signature over exactly these bytes and returns which charges to look at.
	// ErrBadSignature if it is not the rail's, is too old or too far in the future (300 seconds either
	// way where the rail signs a time), or is meant for another merchant: nothing is looked at then.
	// The reply goes out after the hints are durable.
	Webhook(ctx context.Context, h http.Header, rawQuery string, body []byte) ([]Hint, Reply, error)
}

// A Feeder lists what changed, for the webhooks that were lost. Capability "feed".
type Feeder interface {
	// Feed returns hints for all that changed after cursor ("" = from the beginning), oldest first, at
	// most limit. Halqa keeps Page.Cursor and asks at start and hourly. Naming something twice is
	// harmless; leaving something out is not.
	Feed(ctx context.Context, cursor string, limit int) (Page, error)
}

// A Refunder gives money back to the payer. Capability "refund".
type Refunder interface {
	// Refund begins one. The same key with the same contents returns the same refund, with others
	// ErrKeyReuse; ErrLimit if the sum of all refunds would exceed what was received. On some rails a
	// refund stays pending until the payer fetches it.
	Refund(ctx context.Context, in RefundRequest) (Refund, error)
	// GetRefund returns ErrNotFound if there never was one.
	GetRefund(ctx context.Context, id string) (Refund, error)
}

// A Prover checks a payment from what the payer shows, on rails without a query. Capability "proof".
type Prover interface {
	// VerifyProof says whether a proof holds; one that does not is no error. What a payer types on Halqa's
	// page comes as type "bolt11-preimage" with the data "charge", the charge's id, and "preimage". Where a
	// proof holds, GetCharge says Settled from then on: Halqa books that, and never the answer here.
	VerifyProof(ctx context.Context, q ProofQuery) (ProofResult, error)
}

// A Custody says who holds the money between payer and payee.
type Custody string

const (
	CustodyNone       Custody = "none"        // the payer pays the payee's own account
	CustodyClosedLoop Custody = "closed_loop" // credits of the instance, which nobody can take out
	CustodyInstance   Custody = "instance"    // the instance holds it for the payee
)

// Contract is the version of this package that an adapter names in its Descriptor.
const Contract = "wallet/1"

// The capabilities, one for each optional interface.
const (
	CapPayeeCheck = "payee-check"
	CapFind       = "find"
	CapCancel     = "cancel"
	CapWebhook    = "webhook"
	CapFeed       = "feed"
	CapRefund     = "refund"
	CapProof      = "proof"
)

// A Descriptor is what an adapter is and can do.
type Descriptor struct {
	Name         string   `json:"name"`     // [a-z0-9-]{1,32}, for addresses and accounts of the ledger
	Version      string   `json:"version"`  // of the adapter
	Contract     string   `json:"contract"` // Contract
	Assets       []Asset  `json:"assets"`
	Custody      Custody  `json:"custody"`
	PayeeKinds   []string `json:"payeeKinds"`   // "local-user", "ln-address", "alipay-merchant" …
	Capabilities []string `json:"capabilities"` // of the optional interfaces that there are, and no others

	LateFunds    bool `json:"lateFunds"`    // money may come after expiry or cancelation
	InexactFunds bool `json:"inexactFunds"` // it may be more or less than asked
	SplitFunds   bool `json:"splitFunds"`   // it may come in parts
	Reversible   bool `json:"reversible"`   // it may be taken back after it settled

	FinalitySeconds int64          `json:"finalitySeconds"` // typical time from seen to settled
	ConfigSchema    map[string]any `json:"configSchema"`    // JSON Schema of the configuration; secrets are writeOnly and have no values here
	TestMode        bool           `json:"testMode"`        // no real money moves
}

// Finality returns the typical time from seen to settled.
func (d Descriptor) Finality() time.Duration { return time.Duration(d.FinalitySeconds) * time.Second }

// Asset returns the asset with that code, false if the adapter does not move it.
func (d Descriptor) Asset(code string) (Asset, bool) {
	for _, a := range d.Assets {
		if a.Code == code {
			return a, true
		}
	}
	return Asset{}, false
}

// Can reports whether a capability is named.
func (d Descriptor) Can(capability string) bool {
	for _, c := range d.Capabilities {
		if c == capability {
			return true
		}
	}
	return false
}

// Capabilities returns what a value can do besides the four methods, by type assertion, in the order
// of the constants. An adapter's Describe may use it for its own list.
func Capabilities(a Adapter) []string {
	caps := []string{}
	if _, ok := a.(PayeeChecker); ok {
		caps = append(caps, CapPayeeCheck)
	}
	if _, ok := a.(KeyFinder); ok {
		caps = append(caps, CapFind)
	}
	if _, ok := a.(Canceler); ok {
		caps = append(caps, CapCancel)
	}
	if _, ok := a.(WebhookReceiver); ok {
		caps = append(caps, CapWebhook)
	}
	if _, ok := a.(Feeder); ok {
		caps = append(caps, CapFeed)
	}
	if _, ok := a.(Refunder); ok {
		caps = append(caps, CapRefund)
	}
	if _, ok := a.(Prover); ok {
		caps = append(caps, CapProof)
	}
	return caps
}
