package wallet

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// A State is where a charge stands. It is for people and for deciding whether to look again; money
// moves by the counters of [Charge] alone.
type State string

const (
	Pending    State = "pending"    // instructions were given out, nothing was seen
	Processing State = "processing" // seen or held, not final yet
	Settled    State = "settled"    // final enough to count
	Expired    State = "expired"    // not paid in time; on some rails money may still come, and then it is Settled and Late
	Canceled   State = "canceled"   // taken back before it was paid
	Failed     State = "failed"     // the rail said no, for good
	Reversed   State = "reversed"   // everything was taken back after it had settled: chargeback, reorganisation, recall
	Unknown    State = "unknown"    // the rail does not answer. Never treated as failed
)

// Valid reports whether s is one of the states above.
func (s State) Valid() bool {
	switch s {
	case Pending, Processing, Settled, Expired, Canceled, Failed, Reversed, Unknown:
		return true
	}
	return false
}

// Open reports whether more is expected without anybody's error: Halqa asks again until it is not.
func (s State) Open() bool { return s == Pending || s == Processing || s == Unknown }

// A key is minted and committed by Halqa before the adapter is called, so that a call whose answer was
// lost can be asked for. 64 of these characters is what the narrowest rail (Alipay) keeps.
var keyForm = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)

// ValidKey reports whether s can be a key of a charge or a refund: [A-Za-z0-9_]{1,64}.
func ValidKey(s string) bool { return keyForm.MatchString(s) }

// A Payee is who gets the money, in the adapter's own words; Halqa keeps it and never reads it. It
// comes from [PayeeChecker], or has the kind "local-user" and Halqa's id of a person.
type Payee struct {
	Kind string `json:"kind"`
	Ref  string `json:"ref"`
}

// Lengths that an adapter may rely on, in bytes.
const (
	MaxMemo   = 200  // of CreateCharge.Memo
	MaxReason = 200  // of RefundRequest.Reason
	MaxURL    = 2000 // of any address
	MaxSource = 200  // of Charge.Source
)

// CreateCharge asks for a way to pay.
//
// The same Key with the same contents returns the same charge, whatever happened since; with other
// contents ErrKeyReuse. Contents are all fields but Locale.
type CreateCharge struct {
	Key       string    `json:"key"`       // ValidKey
	TipID     string    `json:"tipId"`     // Halqa's id of the tip, for the rail's records
	Amount    Amount    `json:"amount"`    // what the payee is meant to get
	Payee     Payee     `json:"payee"`     //
	Memo      string    `json:"memo"`      // shown to the payer by the rail; at most MaxMemo bytes, no secrets, no names of third persons
	Binding   Binding   `json:"binding"`   // binds the payment to the intent; into description_hash, message or metadata
	ExpiresAt time.Time `json:"expiresAt"` // UTC, whole seconds
	ReturnURL string    `json:"returnUrl"` // where a browser goes back to; proves nothing
	NotifyURL string    `json:"notifyUrl"` // where the rail may knock
	Locale    string    `json:"locale"`    // BCP 47, of the payer
}

// Check returns ErrInvalid for what no adapter should be asked.
func (in CreateCharge) Check() error {
	switch {
	case !ValidKey(in.Key):
		return fmt.Errorf("%w: key", ErrInvalid)
	case in.Amount.Minor <= 0 || !ValidAsset(in.Amount.Asset):
		return fmt.Errorf("%w: amount must be above zero", ErrInvalid)
	case in.Payee.Kind == "" || in.Payee.Ref == "" || len(in.Payee.Kind) > 64 || len(in.Payee.Ref) > MaxURL:
		return fmt.Errorf("%w: payee", ErrInvalid)
	case len(in.Memo) > MaxMemo:
		return fmt.Errorf("%w: memo is longer than %d bytes", ErrInvalid, MaxMemo)
	case in.ExpiresAt.IsZero():
		return fmt.Errorf("%w: expiresAt is missing", ErrInvalid)
	case len(in.ReturnURL) > MaxURL || len(in.NotifyURL) > MaxURL:
		return fmt.Errorf("%w: address is longer than %d bytes", ErrInvalid, MaxURL)
	}
	return nil
}

// Same reports whether two requests have the same contents, so that their key may be the same.
func (in CreateCharge) Same(other CreateCharge) bool {
	in.Locale, other.Locale = "", ""
	if !in.ExpiresAt.Equal(other.ExpiresAt) {
		return false
	}
	in.ExpiresAt, other.ExpiresAt = time.Time{}, time.Time{}
	return in == other
}

// An ActionKind is how the payer pays.
type ActionKind string

const (
	ActNone     ActionKind = "none"     // nothing to do
	ActQR       ActionKind = "qr"       // show URI as a code and as a link: "lightning:lnbc…"
	ActRedirect ActionKind = "redirect" // send the browser to URI, by GET, or by POST with Fields
	ActAddress  ActionKind = "address"  // show Text, an address to pay to; URI may carry it with the amount
)

// Where an [Action] is meant for. Halqa offers the one for what the payer seems to hold first, and the others
// beside it: the payer knows better.
const (
	OnComputer = "computer"
	OnPhone    = "phone"
)

// An Action is one way of paying that the payer may choose. It is never markup: Halqa draws it.
type Action struct {
	Kind   ActionKind        `json:"kind"`
	URI    string            `json:"uri,omitempty"`
	Method string            `json:"method,omitempty"` // of ActRedirect: "GET" or "POST"
	Fields map[string]string `json:"fields,omitempty"` // of a POST
	Text   string            `json:"text,omitempty"`
	For    string            `json:"for,omitempty"` // OnComputer, OnPhone; "" = anywhere
}

// PayScheme reports whether Halqa shows a link of that scheme as a code and a link to a wallet.
func PayScheme(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "lightning", "bitcoin", "monero", "https":
		return true
	}
	return false
}

// Check returns ErrInvalid for an action that no page of Halqa shows: a kind or a device that there is not, an
// address that leads to no rail, one of ActRedirect that is not http or https. Over http nothing is shown either
// where the instance has a host of its own.
func (a Action) Check() error {
	scheme, _, _ := strings.Cut(a.URI, ":")
	switch a.Kind {
	case ActNone:
	case ActQR, ActAddress:
		if a.Text == "" && !PayScheme(scheme) {
			return fmt.Errorf("%w: %s has no text, and the address %.60q is none of lightning, bitcoin, monero and https", ErrInvalid, a.Kind, a.URI)
		}
	case ActRedirect:
		u, err := url.Parse(a.URI)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return fmt.Errorf("%w: redirect leads to %.60q, want an address with http or https", ErrInvalid, a.URI)
		}
		if a.Method != "" && a.Method != "GET" && a.Method != "POST" {
			return fmt.Errorf("%w: redirect by %.20q, want GET or POST", ErrInvalid, a.Method)
		}
	default:
		return fmt.Errorf("%w: there is no kind of action %.40q", ErrInvalid, a.Kind)
	}
	if a.For != "" && a.For != OnComputer && a.For != OnPhone {
		return fmt.Errorf("%w: for %.40q, want %s or %s", ErrInvalid, a.For, OnComputer, OnPhone)
	}
	return nil
}

// A Charge is one request for money and what became of it.
//
// All counters are minor units of Requested.Asset, cumulative, never negative. Received and Pending
// are gross, before the rail's fee. Revision grows with every change of any field but Actions; becoming
// Unknown, and known again, is no change. Halqa ignores a charge whose revision is below what it has,
// and books the difference otherwise. Hence
// for one charge Received, Refunded and Reversed never shrink, and Refunded+Reversed ≤ Received.
// A payment that an unfinished chain takes back leaves Pending and is never in Received; one that was
// final and is taken back all the same is counted in Reversed.
//
// Source is optional: the payer's account, card or node as the rail names it, at most MaxSource bytes, the
// same for every charge that is paid from there, and no other after it was said once. It comes with the
// Received that it explains; with several payments it is the first one's. Rails that do not know leave it out.
// It may change neither Revision nor money. Halqa asks only whether several people pay from one place: it
// keeps a keyed hash for some days, and never shows or logs it.
type Charge struct {
	ID        string    `json:"id"`  // the adapter's own; at most 200 bytes
	Key       string    `json:"key"` // of the CreateCharge
	Revision  int64     `json:"revision"`
	State     State     `json:"state"`
	Requested Amount    `json:"requested"`
	Pending   Units     `json:"pending"`       // seen, not final
	Received  Units     `json:"received"`      // final; the only number that moves money
	Refunded  Units     `json:"refunded"`      // given back by the payee's will
	Reversed  Units     `json:"reversed"`      // taken back by the rail
	Fee       *Units    `json:"fee,omitempty"` // what the rail kept of Received; nil while unknown
	Late      bool      `json:"late"`          // some of Received came after expiry or cancelation
	Actions   []Action  `json:"actions"`       // none once nothing can be paid
	Proof     *Proof    `json:"proof,omitempty"`
	ExpiresAt time.Time `json:"expiresAt"`
	SettledAt time.Time `json:"settledAt,omitzero"` // when Received first reached Requested
	RailRef   string    `json:"railRef,omitempty"`  // for receipts and support
	Source    string    `json:"source,omitempty"`   // where the money came from; see below
	RailCode  string    `json:"railCode,omitempty"` // raw reason; for logs only, never shown
}

// ValidID reports whether an id is 1 to 200 bytes of UTF-8 without a NUL, which no database keeps in a text.
func ValidID(id string) bool {
	return id != "" && len(id) <= 200 && utf8.ValidString(id) && !strings.Contains(id, "\x00")
}

// Check returns ErrInvalid for a charge that contradicts itself. Halqa refuses such an answer as a
// whole and asks again later.
func (c Charge) Check() error {
	taken, err := Sum(int64(c.Refunded), int64(c.Reversed))
	switch {
	case !ValidID(c.ID):
		return fmt.Errorf("%w: charge id", ErrInvalid)
	case !ValidKey(c.Key):
		return fmt.Errorf("%w: charge key", ErrInvalid)
	case !c.State.Valid():
		return fmt.Errorf("%w: state %.20q", ErrInvalid, c.State)
	case c.Revision < 0:
		return fmt.Errorf("%w: revision %d", ErrInvalid, c.Revision)
	case c.Requested.Minor <= 0 || !ValidAsset(c.Requested.Asset):
		return fmt.Errorf("%w: requested amount", ErrInvalid)
	case c.Pending < 0 || c.Received < 0 || c.Refunded < 0 || c.Reversed < 0 || (c.Fee != nil && *c.Fee < 0):
		return fmt.Errorf("%w: a counter is negative", ErrInvalid)
	case err != nil || taken > int64(c.Received):
		return fmt.Errorf("%w: refunded %d and reversed %d are more than the received %d", ErrInvalid, c.Refunded, c.Reversed, c.Received)
	case c.State == Settled && c.Received == 0:
		return fmt.Errorf("%w: settled with nothing received", ErrInvalid)
	case len(c.Actions) > 8:
		return fmt.Errorf("%w: %d actions", ErrInvalid, len(c.Actions))
	case len(c.Source) > MaxSource:
		return fmt.Errorf("%w: a source of %d bytes", ErrInvalid, len(c.Source))
	}
	return nil
}

// Net returns what the payee has of the charge, before fees: Received − Refunded − Reversed.
func (c Charge) Net() int64 { return int64(c.Received - c.Refunded - c.Reversed) }

// counters is a charge for an error.
func (c Charge) counters() string {
	return fmt.Sprintf("%s at revision %d with pending %d, received %d, refunded %d, reversed %d, late %t",
		c.State, c.Revision, c.Pending, c.Received, c.Refunded, c.Reversed, c.Late)
}

// Follows returns nil if next can come after c for the same charge: ErrInvalid if it names another
// charge or source, moves a counter backwards, or says something new under an old revision.
func (c Charge) Follows(next Charge) error {
	switch {
	case next.ID != c.ID || next.Key != c.Key || next.Requested != c.Requested:
		return fmt.Errorf("%w: another charge", ErrInvalid)
	case next.Revision < c.Revision:
		return fmt.Errorf("%w: revision %d after %d", ErrInvalid, next.Revision, c.Revision)
	case next.Received < c.Received || next.Refunded < c.Refunded || next.Reversed < c.Reversed:
		return fmt.Errorf("%w: a counter shrank: %s, then %s", ErrInvalid, c.counters(), next.counters())
	case c.Source != "" && next.Source != "" && next.Source != c.Source:
		return fmt.Errorf("%w: another source", ErrInvalid)
	case next.Revision == c.Revision && (next.Pending != c.Pending || next.Received != c.Received ||
		next.Refunded != c.Refunded || next.Reversed != c.Reversed || next.Late != c.Late ||
		next.State != c.State && next.State != Unknown && c.State != Unknown):
		return fmt.Errorf("%w: changed without a new revision: %s, then %s", ErrInvalid, c.counters(), next.counters())
	}
	return nil
}
