package as

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"halqa/circles"
)

// Tips between two instances. Members are read strictly, for they are about money: an amount is a string of
// digits and nothing else, and what is missing or unreadable is refused by name.

// RelPayment and RelEndpoint are what a Link among an actor's attachments is: somewhere to pay // FEP-0ea0
// and, beside that, where an instance of our kind takes intents.
const (
	RelPayment  = "payment"
	RelEndpoint = Namespace + "endpoint"
)

// The types of what two instances say to each other about tips.
const (
	TypeTipIntent  = "TipIntent"
	TypeTipQuote   = "TipQuote"
	TypeTipTerms   = "TipTerms"
	TypeTipReceipt = "TipReceipt"
	TypeTipRevoked = "TipRevoked"
)

// Money is an amount in minor units, and of what: "BTC/11" is bitcoin with eleven decimals.
type Money struct {
	Minor    int64
	Asset    string
	Exponent uint8
}

// A TipIntent asks for a way to pay.
type TipIntent struct {
	ID      string
	Actor   string
	Object  string
	Money   Money
	Nonce   string
	Content string // plain text, for the payee
	Expires time.Time
}

// A TipQuote answers it.
type TipQuote struct {
	Intent       string
	AttributedTo string
	Binding      [32]byte
	Money        Money
	Wallet       string
	Actions      []TipAction
	Expires      time.Time
	ProofTypes   []string
	Fee          int64 // -1 = not known
}

// A TipAction is one way of paying.
type TipAction struct {
	Kind, URI, Method, Text string
	For                     string // "computer", "phone"; "" = anywhere
	Fields                  map[string]string
}

// TipTerms are what can be given for an object.
type TipTerms struct {
	Object       string
	AttributedTo string
	Assets       []TipAsset
}

// A TipAsset is one asset of them. The amounts are minor units.
type TipAsset struct {
	Asset                 string
	Exponent              uint8
	Min, Max, Usual, Step int64
	Wallet                string
	Test                  bool
}

// A TipReceipt says that a tip was paid.
type TipReceipt struct {
	ID           string
	AttributedTo string
	Context      string // what was tipped
	Intent       string
	Money        Money
	Binding      [32]byte
	ProofType    string
	Proof        map[string]string
	Published    time.Time
}

// A TipRevoked says how much of what a receipt says has gone back, all in all.
type TipRevoked struct {
	ID           string
	AttributedTo string
	Receipt      string
	Intent       string
	Money        Money
}

const (
	maxTipAssets  = 16
	maxTipActions = 8
	maxTipFields  = 64
	maxTipText    = 4096 // bytes of an address or a field: an invoice has 1.5 kB, a signed form of Alipay 3 kB in all
	maxTipProof   = 8
	maxTipName    = 64
	maxTipNote    = 2000 // 500 characters
)

var (
	minorUnits = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
	assetForm  = regexp.MustCompile(`^([A-Z][A-Z0-9]{1,11})/(0|[1-9]|1[0-2])$`)
)

func unfit(what string) error {
	return circles.Errorf(circles.Invalid, "The %s is missing or cannot be read.", what)
}

// units reads a number of minor units above zero.
func (v value) units(what string) (int64, error) {
	if !v.isString() || !minorUnits.MatchString(v.str()) {
		return 0, circles.Errorf(circles.Invalid, "The %s has to be a whole number above zero in a string, without sign, point or exponent.", what)
	}
	n, err := strconv.ParseInt(v.str(), 10, 64)
	if err != nil {
		return 0, circles.Errorf(circles.Invalid, "The %s is larger than 9223372036854775807.", what)
	}
	return n, nil
}

// asset reads "BTC/11".
func (v value) asset() (code string, exponent uint8, err error) {
	m := assetForm.FindStringSubmatch(v.str())
	if !v.isString() || m == nil {
		return "", 0, circles.Errorf(circles.Invalid, "The asset has to be a code and its decimals, such as BTC/11.")
	}
	n, _ := strconv.Atoi(m[2])
	return m[1], uint8(n), nil
}

func (v value) money() (m Money, err error) {
	if m.Minor, err = v.get("amountMinor").units("amount"); err != nil {
		return m, err
	}
	m.Asset, m.Exponent, err = v.get("asset").asset()
	return m, err
}

// exactTime reads a time to the second, as it is written.
func (v value) exactTime(what string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, v.str())
	if err != nil || stamp(t) != v.str() {
		return time.Time{}, circles.Errorf(circles.Invalid, "The %s has to be a time in UTC and whole seconds.", what)
	}
	return t, nil
}

func (v value) binding() (b [32]byte, err error) {
	digits, ok := strings.CutPrefix(v.str(), "sha256:")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(b) || digits != strings.ToLower(digits) {
		return b, circles.Errorf(circles.Invalid, "The binding has to be sha256: and 64 hexadecimal digits.")
	}
	copy(b[:], raw)
	return b, nil
}

// whole is text that is refused rather than cut when it is too long.
func (v value) whole(max int, what string) (string, error) {
	s := v.str()
	if !v.absent() && !v.isString() || len(s) > max {
		return "", circles.Errorf(circles.Invalid, "The %s has to be a text of at most %d bytes.", what, max)
	}
	return s, nil
}

// tipDoc scans a document of one type.
func tipDoc(raw []byte, typ string) (value, error) {
	doc, err := scan(raw)
	if err != nil {
		return value{}, err
	}
	v := doc.root()
	if v.typ() != typ {
		return value{}, circles.Errorf(circles.Invalid, "This is no %s.", typ)
	}
	return v, nil
}

// ParseTipIntent reads an intent. Who may say it is not checked.
func ParseTipIntent(raw []byte) (*TipIntent, error) {
	v, err := tipDoc(raw, TypeTipIntent)
	if err != nil {
		return nil, err
	}
	in := &TipIntent{ID: v.get("id").id(), Actor: v.get("actor").id(), Object: v.get("object").id()}
	for _, m := range []struct{ what, value string }{{"id", in.ID}, {"actor", in.Actor}, {"object", in.Object}} {
		if m.value == "" {
			return nil, unfit(m.what)
		}
	}
	if in.Money, err = v.money(); err != nil {
		return nil, err
	}
	if in.Nonce, err = v.get("nonce").whole(maxTipName, "nonce"); err != nil {
		return nil, err
	}
	if in.Content, err = v.get("content").whole(maxTipNote, "content"); err != nil {
		return nil, err
	}
	if v.get("anonymous").truth() { // the payee would be shown all the same
		return nil, circles.Errorf(circles.Invalid, "This server shows people who tipped them; it takes no anonymous tips.")
	}
	in.Expires, err = v.get("expires").exactTime("end")
	return in, err
}

// ParseTipQuote reads an answer.
func ParseTipQuote(raw []byte) (*TipQuote, error) {
	v, err := tipDoc(raw, TypeTipQuote)
	if err != nil {
		return nil, err
	}
	q := &TipQuote{Intent: v.get("intent").id(), AttributedTo: v.get("attributedTo").id(), Fee: -1}
	if q.Binding, err = v.get("binding").binding(); err != nil {
		return nil, err
	}
	if q.Money, err = v.money(); err != nil {
		return nil, err
	}
	if q.Wallet, err = v.get("wallet").whole(maxTipName, "wallet"); err != nil {
		return nil, err
	}
	if q.Expires, err = v.get("expires").exactTime("end"); err != nil {
		return nil, err
	}
	if fee := v.get("fee"); !fee.absent() {
		if fee.str() == "0" {
			q.Fee = 0
		} else if q.Fee, err = fee.units("fee"); err != nil {
			return nil, err
		}
	}
	v.get("proofTypes").each(func(e value) {
		if len(q.ProofTypes) < maxTipProof {
			q.ProofTypes = append(q.ProofTypes, e.text(maxTipName))
		}
	})
	v.get("actions").each(func(e value) {
		if err != nil {
			return
		}
		var a TipAction
		if a, err = tipAction(e); err == nil {
			q.Actions = append(q.Actions, a)
		}
		if len(q.Actions) > maxTipActions {
			err = circles.Errorf(circles.Invalid, "There are more than %d ways to pay.", maxTipActions)
		}
	})
	return q, err
}

func tipAction(v value) (a TipAction, err error) {
	for _, m := range []struct {
		key string
		to  *string
	}{{"kind", &a.Kind}, {"uri", &a.URI}, {"method", &a.Method}, {"text", &a.Text}, {"for", &a.For}} {
		if *m.to, err = v.get(m.key).whole(maxTipText, m.key+" of an action"); err != nil {
			return a, err
		}
	}
	for _, r := range a.URI + a.Text {
		if r < ' ' || r == 0x7f {
			return a, circles.Errorf(circles.Invalid, "A way to pay has control characters in it.")
		}
	}
	fields := v.get("fields")
	if fields.absent() {
		return a, nil
	}
	a.Fields = map[string]string{}
	fields.members(func(key string, m value) {
		if err != nil {
			return
		}
		a.Fields[key], err = m.whole(maxTipText, "field of an action")
		if len(a.Fields) > maxTipFields || len(key) > maxTipText {
			err = circles.Errorf(circles.Invalid, "A way to pay has too many fields.")
		}
	})
	return a, err
}

// ParseTipTerms reads what can be given. Assets that cannot be read are left out.
func ParseTipTerms(raw []byte) (*TipTerms, error) {
	v, err := tipDoc(raw, TypeTipTerms)
	if err != nil {
		return nil, err
	}
	t := &TipTerms{Object: v.get("object").id(), AttributedTo: v.get("attributedTo").id()}
	v.get("assets").each(func(e value) {
		a := TipAsset{Wallet: e.get("wallet").text(maxTipName), Test: e.get("test").truth()}
		var err error
		if a.Asset, a.Exponent, err = e.get("asset").asset(); err != nil || len(t.Assets) == maxTipAssets {
			return
		}
		for key, to := range map[string]*int64{"min": &a.Min, "max": &a.Max, "usual": &a.Usual, "step": &a.Step} {
			if *to, err = e.get(key).units(key); err != nil {
				return
			}
		}
		t.Assets = append(t.Assets, a)
	})
	return t, nil
}

// TipReceipt reads the embedded object of a Create.
func (r Ref) TipReceipt() (*TipReceipt, error) {
	if !r.Embedded() || r.Type != TypeTipReceipt {
		return nil, unfit("receipt")
	}
	v := r.v
	out := &TipReceipt{
		ID: v.get("id").id(), AttributedTo: v.get("attributedTo").id(), Context: v.get("context").id(), Intent: v.get("intent").id(),
		Published: v.get("published").time(),
	}
	var err error
	if out.Money, err = v.money(); err != nil {
		return nil, err
	}
	if out.Binding, err = v.get("binding").binding(); err != nil {
		return nil, err
	}
	proof := v.get("paymentProof")
	if out.ProofType, err = proof.get("type").whole(maxTipName, "type of the proof"); err != nil {
		return nil, err
	}
	if out.ProofType == "" {
		return nil, unfit("proof")
	}
	out.Proof = map[string]string{}
	proof.members(func(key string, m value) {
		if err != nil || key == "type" {
			return
		}
		out.Proof[key], err = m.whole(maxTipText, "proof")
		if len(out.Proof) > maxTipProof || len(key) > maxTipName {
			err = unfit("proof")
		}
	})
	return out, err
}

// TipRevoked reads the embedded object of a Create.
func (r Ref) TipRevoked() (*TipRevoked, error) {
	if !r.Embedded() || r.Type != TypeTipRevoked {
		return nil, unfit("revocation")
	}
	out := &TipRevoked{
		ID: r.v.get("id").id(), AttributedTo: r.v.get("attributedTo").id(), Receipt: r.v.get("receipt").id(), Intent: r.v.get("intent").id(),
	}
	var err error
	out.Money, err = r.v.money()
	return out, err
}

// contextTip is for what two instances say to each other about tips.
const contextTip = `["https://www.w3.org/ns/activitystreams",{"halqa":"` + Namespace + `",` +
	`"TipIntent":"halqa:TipIntent","TipQuote":"halqa:TipQuote","TipTerms":"halqa:TipTerms","TipReceipt":"halqa:TipReceipt","TipRevoked":"halqa:TipRevoked",` +
	`"intent":{"@id":"halqa:intent","@type":"@id"},"receipt":{"@id":"halqa:receipt","@type":"@id"},` +
	`"amountMinor":"halqa:amountMinor","asset":"halqa:asset","assets":{"@id":"halqa:assets","@type":"@json"},"binding":"halqa:binding","nonce":"halqa:nonce",` +
	`"expires":"halqa:expires","wallet":"halqa:wallet","fee":"halqa:fee","proofTypes":"halqa:proofTypes",` +
	`"actions":{"@id":"halqa:actions","@type":"@json"},"paymentProof":{"@id":"halqa:paymentProof","@type":"@json"}}]`

func (m Money) asset() string { return fmt.Sprintf("%s/%d", m.Asset, m.Exponent) }
func bindingText(b [32]byte) string {
	return "sha256:" + hex.EncodeToString(b[:])
}

// Doc renders the intent.
func (t TipIntent) Doc() Doc {
	return Doc{context: contextTip, body: render(struct {
		ID      string `json:"id"`
		Type    string `json:"type"`
		Actor   string `json:"actor"`
		Object  string `json:"object"`
		Minor   string `json:"amountMinor"`
		Asset   string `json:"asset"`
		Nonce   string `json:"nonce"`
		Content string `json:"content,omitempty"`
		Expires string `json:"expires"`
	}{t.ID, TypeTipIntent, t.Actor, t.Object, strconv.FormatInt(t.Money.Minor, 10), t.Money.asset(), t.Nonce, t.Content, stamp(t.Expires)})}
}

type tipActionOut struct {
	Kind   string            `json:"kind"`
	URI    string            `json:"uri,omitempty"`
	Method string            `json:"method,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
	Text   string            `json:"text,omitempty"`
	For    string            `json:"for,omitempty"`
}

// Doc renders the quote.
func (q TipQuote) Doc() Doc {
	fee := ""
	if q.Fee >= 0 {
		fee = strconv.FormatInt(q.Fee, 10)
	}
	actions := list[tipActionOut]{}
	for _, a := range q.Actions {
		actions = append(actions, tipActionOut{a.Kind, a.URI, a.Method, a.Fields, a.Text, a.For})
	}
	return Doc{context: contextTip, body: render(struct {
		Type         string             `json:"type"`
		Intent       string             `json:"intent"`
		AttributedTo string             `json:"attributedTo"`
		Binding      string             `json:"binding"`
		Minor        string             `json:"amountMinor"`
		Asset        string             `json:"asset"`
		Wallet       string             `json:"wallet"`
		Fee          string             `json:"fee,omitempty"`
		Actions      list[tipActionOut] `json:"actions"`
		Expires      string             `json:"expires"`
		ProofTypes   list[string]       `json:"proofTypes"`
	}{TypeTipQuote, q.Intent, q.AttributedTo, bindingText(q.Binding), strconv.FormatInt(q.Money.Minor, 10), q.Money.asset(), q.Wallet, fee,
		actions, stamp(q.Expires), list[string](q.ProofTypes)})}
}

// Doc renders the terms.
func (t TipTerms) Doc() Doc {
	type asset struct {
		Asset  string `json:"asset"`
		Min    string `json:"min"`
		Max    string `json:"max"`
		Usual  string `json:"usual"`
		Step   string `json:"step"`
		Wallet string `json:"wallet"`
		Test   bool   `json:"test,omitempty"`
	}
	n := func(minor int64) string { return strconv.FormatInt(minor, 10) }
	assets := list[asset]{}
	for _, a := range t.Assets {
		assets = append(assets, asset{Money{0, a.Asset, a.Exponent}.asset(), n(a.Min), n(a.Max), n(a.Usual), n(a.Step), a.Wallet, a.Test})
	}
	return Doc{context: contextTip, body: render(struct {
		Type         string      `json:"type"`
		Object       string      `json:"object"`
		AttributedTo string      `json:"attributedTo"`
		Assets       list[asset] `json:"assets"`
	}{TypeTipTerms, t.Object, t.AttributedTo, assets})}
}

// Doc renders the receipt.
func (r TipReceipt) Doc() Doc {
	proof := map[string]string{"type": r.ProofType} // encoding/json sorts the keys
	for key, text := range r.Proof {
		if key != "type" {
			proof[key] = text
		}
	}
	return Doc{context: contextTip, body: render(struct {
		ID           string            `json:"id"`
		Type         string            `json:"type"`
		AttributedTo string            `json:"attributedTo"`
		Context      string            `json:"context"`
		Intent       string            `json:"intent"`
		Minor        string            `json:"amountMinor"`
		Asset        string            `json:"asset"`
		Binding      string            `json:"binding"`
		Proof        map[string]string `json:"paymentProof"`
		Published    string            `json:"published"`
	}{r.ID, TypeTipReceipt, r.AttributedTo, r.Context, r.Intent, strconv.FormatInt(r.Money.Minor, 10), r.Money.asset(), bindingText(r.Binding), proof, stamp(r.Published)})}
}

// Doc renders the revocation.
func (r TipRevoked) Doc() Doc {
	return Doc{context: contextTip, body: render(struct {
		ID           string `json:"id"`
		Type         string `json:"type"`
		AttributedTo string `json:"attributedTo"`
		Receipt      string `json:"receipt"`
		Intent       string `json:"intent"`
		Minor        string `json:"amountMinor"`
		Asset        string `json:"asset"`
	}{r.ID, TypeTipRevoked, r.AttributedTo, r.Receipt, r.Intent, strconv.FormatInt(r.Money.Minor, 10), r.Money.asset()})}
}
