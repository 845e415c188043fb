package hosted

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/smartwalle/alipay/v3"

	"halqa/wallet"
)

// Name is what the adapter is called.
const Name = "alipay"

// Gateways of Alipay.
const (
	Gateway = "https://openapi.alipay.com/gateway.do"
	Sandbox = "https://openapi-sandbox.dl.alipaydev.com/gateway.do" // no real money moves
)

// PayeeKind is the kind of [wallet.Payee] that is paid here; its Ref is a merchant's Seller.
const PayeeKind = "alipay-merchant"

const asset = "CNY"

// yuan is what one charge may be, by Alipay's limits: 0.01 to 100,000,000.00.
var yuan = wallet.Asset{Code: asset, Exponent: 2, Min: 1, Max: 100_000_000_00, Step: 1}

// A Merchant is somebody who is paid by Alipay: an application with page pay and WAP pay in its contract,
// and the account that its money goes to.
type Merchant struct {
	App       string // app_id
	Seller    string // the account's number, 2088 and 12 digits more
	Key       []byte // the application's private key, PEM or its base64 alone; RSA of 2048 bits at least
	AlipayKey []byte // Alipay's public key for this application, likewise
}

// Options are what the adapter needs.
type Options struct {
	Merchants []Merchant
	Gateway   string       // "" = Gateway
	Client    *http.Client // nil = one of the package's own; redirects are refused either way
	Book      Book
	Now       func() time.Time
}

// Adapter is the rail. The zero value is of no use.
type Adapter struct {
	gateway  string
	book     Book
	now      func() time.Time
	byApp    map[string]*merchant
	bySeller map[string]*merchant
}

type merchant struct {
	app, seller string
	client      *alipay.Client
}

var _ interface {
	wallet.Adapter
	wallet.KeyFinder
	wallet.Canceler
	wallet.WebhookReceiver
	wallet.Refunder
} = (*Adapter)(nil)

// beijing is the time zone of every stamp that Alipay reads or writes. China knows no summer time.
var beijing = time.FixedZone("CST", 8*60*60)

const stamp = "2006-01-02 15:04:05"

var (
	appForm    = regexp.MustCompile(`^[0-9]{8,32}$`)
	sellerForm = regexp.MustCompile(`^2088[0-9]{12}$`)
)

// New returns the adapter, or wallet.ErrInvalid with a sentence that names the merchant and what is wrong
// with it, and never a part of a key. It asks nothing yet.
func New(o Options) (*Adapter, error) {
	a := &Adapter{gateway: o.Gateway, book: o.Book, now: o.Now, byApp: map[string]*merchant{}, bySeller: map[string]*merchant{}}
	if a.gateway == "" {
		a.gateway = Gateway
	}
	u, err := url.Parse(a.gateway)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, fmt.Errorf("%w: the gateway must be an https address", wallet.ErrInvalid)
	}
	if len(o.Merchants) == 0 {
		return nil, fmt.Errorf("%w: no merchant is named", wallet.ErrInvalid)
	}
	client := bounded(o.Client)
	for _, m := range o.Merchants {
		own, err := m.open(a.gateway, client)
		if err != nil {
			return nil, err
		}
		if a.byApp[m.App] != nil || a.bySeller[m.Seller] != nil {
			return nil, fmt.Errorf("%w: app %s or its seller is named twice", wallet.ErrInvalid, m.App)
		}
		a.byApp[m.App], a.bySeller[m.Seller] = own, own
	}
	return a, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// open reads the keys of a merchant.
func (m Merchant) open(gateway string, client *http.Client) (*merchant, error) {
	if !appForm.MatchString(m.App) {
		return nil, fmt.Errorf("%w: the app must be its number, not %.40q", wallet.ErrInvalid, m.App)
	}
	if !sellerForm.MatchString(m.Seller) {
		return nil, fmt.Errorf("%w: app %s: the seller must be 2088 and 12 digits more", wallet.ErrInvalid, m.App)
	}
	key, err := privateKey(m.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: app %s: its private key %v", wallet.ErrInvalid, m.App, err)
	}
	theirs, err := publicKey(m.AlipayKey)
	if err != nil {
		return nil, fmt.Errorf("%w: app %s: Alipay's public key %v", wallet.ErrInvalid, m.App, err)
	}
	if theirs.Equal(&key.PublicKey) {
		// The two are shown side by side on Alipay's pages. With the wrong one whoever can sign for the
		// application could sign as Alipay.
		return nil, fmt.Errorf("%w: app %s: Alipay's public key is the application's own; take the one that Alipay shows as its own", wallet.ErrInvalid, m.App)
	}
	// "Not production" is only how the library is kept from fetching certificates that a message names: the
	// gateway is given either way.
	c, err := alipay.New(m.App, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})), false,
		alipay.WithSandboxGateway(gateway), alipay.WithHTTPClient(client), alipay.WithTimeLocation(beijing))
	if err != nil {
		return nil, fmt.Errorf("%w: app %s: its private key cannot be used", wallet.ErrInvalid, m.App)
	}
	public, err := x509.MarshalPKIXPublicKey(theirs)
	if err != nil {
		return nil, fmt.Errorf("%w: app %s: Alipay's public key cannot be used", wallet.ErrInvalid, m.App)
	}
	if err := c.LoadAliPayPublicKey(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))); err != nil {
		return nil, fmt.Errorf("%w: app %s: Alipay's public key cannot be used", wallet.ErrInvalid, m.App)
	}
	return &merchant{app: m.App, seller: m.Seller, client: c}, nil
}

// minBits is what RSA2 asks for.
const minBits = 2048

func privateKey(text []byte) (*rsa.PrivateKey, error) {
	der := keyBytes(text)
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		any, err := x509.ParsePKCS8PrivateKey(der)
		own, ok := any.(*rsa.PrivateKey)
		if err != nil || !ok {
			return nil, fmt.Errorf("is no RSA key in PEM") // what stands there is never said
		}
		key = own
	}
	if key.N.BitLen() < minBits {
		return nil, fmt.Errorf("has %d bits, it needs %d", key.N.BitLen(), minBits)
	}
	return key, nil
}

func publicKey(text []byte) (*rsa.PublicKey, error) {
	any, err := x509.ParsePKIXPublicKey(keyBytes(text))
	key, ok := any.(*rsa.PublicKey)
	switch {
	case err != nil || !ok:
		return nil, fmt.Errorf("is no RSA key in PEM")
	case key.N.BitLen() < minBits:
		return nil, fmt.Errorf("has %d bits, it needs %d", key.N.BitLen(), minBits)
	}
	return key, nil
}

// keyBytes reads PEM, or the base64 alone that Alipay's own tool writes.
func keyBytes(text []byte) []byte {
	if block, _ := pem.Decode(text); block != nil {
		return block.Bytes
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		return nil
	}
	return der
}

// Describe implements wallet.Adapter.
func (a *Adapter) Describe(context.Context) (wallet.Descriptor, error) {
	text := func(title string, secret bool) map[string]any {
		return map[string]any{"type": "string", "title": title, "writeOnly": secret}
	}
	return wallet.Descriptor{
		Name: Name, Version: "1", Contract: wallet.Contract,
		Assets:  []wallet.Asset{yuan},
		Custody: wallet.CustodyNone, // each payee is the merchant, and the money goes to their account
		// Only merchants of the configuration: Alipay pays nobody else by these two products.
		PayeeKinds:   []string{PayeeKind},
		Capabilities: wallet.Capabilities(a),
		// A link that a payer opened before can be paid after it was canceled or its time was over here.
		LateFunds: true,
		// A trade is paid once and exactly. What goes back is a refund, whoever decided it: Alipay reports
		// no other reversal.
		ConfigSchema: map[string]any{"type": "object", "properties": map[string]any{
			"gateway": text("Address of the gateway", false),
			"merchants": map[string]any{"type": "array", "items": map[string]any{"type": "object", "properties": map[string]any{
				"app": text("app_id", false), "seller": text("Number of the account", false),
				"key": text("The application's private key", true), "alipay_key": text("Alipay's public key", false)}}},
		}},
		TestMode: a.gateway != Gateway,
	}, nil
}

// healthOrder is an order that never is.
const healthOrder = "halqa_health"

// Health implements wallet.Adapter: it asks for an order that never is, in the name of each merchant. The
// answer shows that both keys fit.
func (a *Adapter) Health(ctx context.Context) error {
	for app, m := range a.byApp {
		if _, err := m.query(ctx, healthOrder); err != nil {
			return fmt.Errorf("app %s: %w", app, err)
		}
	}
	return nil
}

// Kit is how the adapter does in the conformance kit against a gateway of its own tests. What is skipped is
// what this rail does not have: parts, inexact sums, money that is seen and not final, chargebacks, a feed,
// and notices whose age would tell anything.
func (*Adapter) Kit() (level, passed, failed, skipped int) { return 3, 40, 0, 9 }
