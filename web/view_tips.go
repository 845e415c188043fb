package web

import (
	"html/template"
	"time"
)

// TipView is page "tip": how much to give whom, and on the same address the page that says what will
// happen before it does.
type TipView struct {
	Page
	Form
	Action  string // /post/{id}/tip or /u/{name}/tip
	Payee   PersonRef
	On      Link // the post; empty = the person
	Back    string
	Ways    []TipWay
	Amount  string // as typed
	Note    string
	NoteMax int
	Gifts   []Option // it can be a gift; nil = it cannot
	Gift    string   // as chosen

	Confirm bool // say what will happen
	Way     TipWay
	Sum     string // the amount in words

	GiftLabel string // of what was chosen
	Left      string // of credits, what is left afterwards
	Once      string // names the form
}

// A TipWay is one asset over one wallet, as the form offers it.
type TipWay struct {
	Value      string // wallet and asset
	Label      string
	Range      string // least and most
	Usual      string
	Have       string // of credits, what the payer has
	Undo       int    // minutes in which it can be taken back; 0 = not
	Refunds    bool
	Reversible bool
	Test       bool
	Selected   bool
	Host       string // of the other instance that says how it is paid; "" = this one
}

// TipPageView is page "tip-page", /tips/{id}: what became of a tip, for who gave and who got it.
type TipPageView struct {
	Page
	Form
	ID        string
	Gave      bool // the reader gave it
	Payer     PersonRef
	Payee     PersonRef
	On        Link
	Sum       string
	Net       string // what the payee has of it; "" = nothing yet
	Fee       string // of it, what the rail kept; "" = unknown or nothing
	State     string // in words
	Class     string // of the notice: "", "ok", "warn"
	Asking    bool
	Looking   bool // the page looks again by itself
	MayStop   bool // the payer can say that they do not pay
	Late      bool
	At        time.Time
	PaidAt    time.Time
	Wallet    string
	RailRef   string
	Note      string
	Gift      string // its label; "" = it is none
	MayShow   bool   // the reader got it, and decides whether others read it
	Shown     bool
	NoteTaken bool   // by a moderator
	Report    string // where the reader reports the note; "" = they cannot
	Pay       []TipAction
	Look      bool      // the wallet can be asked now
	Prove     bool      // the payer can show what their wallet got for the money
	UndoEnds  time.Time // zero = it cannot be undone
	Refund    string    // the most that the payee can give back, as a form begins; "" = they cannot
	Reason    string
	Back      []TipRefund
	Host      string // of this server, for the receipt
	Beyond    string // the other instance that says what became of it; "" = this one knows
}

// A TipAction is one way of paying.
type TipAction struct {
	QR     template.HTML
	URI    string // a link to open; "" = none
	Host   string // where a redirect leads
	Post   bool   // by POST, with Fields
	Fields []TipField
	Text   string // to copy
	For    string // wallet.OnPhone, wallet.OnComputer; "" = anywhere
	Other  bool   // not for what the payer seems to hold
}

// A TipField is a hidden field of a form that leads elsewhere.
type TipField struct{ Name, Value string }

// A TipRefund is one giving back.
type TipRefund struct {
	Sum, State, Reason string
	At                 time.Time
}

// TipsView is page "tips": what the reader gave and got.
type TipsView struct {
	Page
	Have []string // credits
	Rows []TipRow
	More string
}

// A TipRow is one line of it.
type TipRow struct {
	Href  string
	Gave  bool
	Other PersonRef
	On    Link
	Sum   string
	State string
	Gift  string // its label
	At    time.Time
}

// TipSettingsView is page "tip-settings", /settings/tips.
type TipSettingsView struct {
	Page
	Form
	Tabs      []Tab
	Takes     []Option
	Quiet     bool
	Abroad    bool // other servers are shown that they take tips
	MayAbroad bool // there is a way to them
	NoMonth   bool // they are not told at the end of a month what they gave
	Limits    []TipLimit
	Payees    []TipPayee

	Address string // where every Lightning wallet could pay the member; "" = nowhere
	Served  bool   // and can
}

// A TipLimit is what the member allows themselves to give in a day.
type TipLimit struct {
	Asset, Value string
	Later        string // what they asked for since; "" = nothing
	At           time.Time
}

// A TipPayee is where the member is paid over one wallet.
type TipPayee struct {
	Adapter string
	Kinds   []Option
	Typed   string
	Next    string
	At      time.Time

	Problem, NoPassword string // what is wrong with the account and the password
}

// CircleTipsView is page "circle-tips", /c/{name}/tips.
type CircleTipsView struct {
	Page
	Form
	Circle    CircleRef
	Tabs      []Tab
	Sensitive bool // there are none whatever is chosen
	Policies  []Option
	Gifts     bool
	Packets   bool
	Bounds    []TipBounds
}

// TipBounds are a circle's amounts of one asset.
type TipBounds struct{ Asset, Low, Usual, High string }

// WalletsView is page "wallets", /admin/wallets.
type WalletsView struct {
	Page
	Form
	Tabs     []Tab
	Wallets  []WalletRow
	Review   []AuditRow
	Audits   []AuditRow
	Problems []ProblemRow
	Grants   []CreditRow
	Bookings int
	Head     string
	Checked  int
	At       time.Time

	Credits string // their name; "" = there are none
	Once    string
	Name    string // the form's
	Amount  string
	Reason  string
}

// A WalletRow is one wallet.
type WalletRow struct {
	Name, Version, Assets, Health string
	Open                          int
	Test                          bool
	Kit                           string // how it did in the conformance kit; "" = it was never run
	KitBad                        bool   // some of it failed
}

// An AuditRow is what a rule did.
type AuditRow struct {
	ID     int64
	What   string
	Who    PersonRef
	Other  PersonRef // Name is empty = nobody
	N      int
	Last   time.Time
	Detail string
}

// A ProblemRow is a charge with which something is wrong.
type ProblemRow struct {
	Key, Wallet, Problem string
	At, Next             time.Time
}

// A CreditRow is credits that somebody was given.
type CreditRow struct {
	To, By PersonRef // By.Name is empty = the instance
	Sum    string
	Reason string
	At     time.Time
}

// PayLink is the link that opens a wallet. Its scheme is none that html/template knows; tipAction let
// only those through that wallets register.
func (a TipAction) PayLink() template.URL {
	if a.Host != "" || a.URI == "" {
		return ""
	}
	return template.URL(a.URI)
}
