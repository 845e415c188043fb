package alipaytest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"
)

// An App is a merchant's application at the gateway.
type App struct {
	ID, Seller string
	Key        *rsa.PrivateKey // the merchant's; a real gateway has its public half only
}

// A Fault is what goes wrong with the answer to one request.
type Fault string

const (
	Lose     Fault = "lose"     // it is done, and the answer never arrives
	Drop     Fault = "drop"     // it is not done, and nothing arrives
	Unsigned Fault = "unsigned" // the answer has no signature
	Forged   Fault = "forged"   // somebody else signed the answer
	Altered  Fault = "altered"  // one byte of the answer is another
	Busy     Fault = "busy"     // the gateway says that it is out of order
)

// A Gateway is one Alipay.
type Gateway struct {
	URL string // of gateway.do

	srv *httptest.Server
	key *rsa.PrivateKey
	now func() time.Time

	mu      sync.Mutex
	apps    map[string]App
	trades  map[string]*trade // by app and out_trade_no
	down    bool
	faults  map[string]Fault // by method
	edits   map[string]func(map[string]any)
	refused []string // why requests were refused
	asked   map[string]int
	serial  int
}

// New starts a gateway whose trades live by a clock. Close ends it.
func New(now func() time.Time) *Gateway {
	g := &Gateway{key: NewKey(), now: now, apps: map[string]App{}, trades: map[string]*trade{}, faults: map[string]Fault{}, edits: map[string]func(map[string]any){}, asked: map[string]int{}}
	g.srv = httptest.NewServer(http.HandlerFunc(g.serve))
	g.URL = g.srv.URL + "/gateway.do"
	return g
}

// Close ends the gateway.
func (g *Gateway) Close() { g.srv.Close() }

var keys struct {
	sync.Mutex
	made []*rsa.PrivateKey
	next int
}

// NewKey returns an RSA key of 2048 bits; a few are made and handed out in turn, for making one takes
// longer than most tests. Keys that follow each other differ.
func NewKey() *rsa.PrivateKey {
	keys.Lock()
	defer keys.Unlock()
	if len(keys.made) < 6 {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys.made = append(keys.made, key)
		return key
	}
	keys.next++
	return keys.made[keys.next%len(keys.made)]
}

// Add makes an application.
func (g *Gateway) Add(id, seller string) App {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := App{ID: id, Seller: seller, Key: NewKey()}
	for a.Key == g.key {
		a.Key = NewKey()
	}
	g.apps[id] = a
	return a
}

// PEM is the application's private key as a merchant keeps it.
func (a App) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(a.Key)})
}

// PublicPEM is the key that the gateway signs with, as it shows it to merchants.
func (g *Gateway) PublicPEM() []byte {
	b, err := x509.MarshalPKIXPublicKey(&g.key.PublicKey)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b})
}

// Down makes the gateway unreachable, or reachable again.
func (g *Gateway) Down(down bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = down
}

// Fail makes the next answer to a method go wrong.
func (g *Gateway) Fail(method string, f Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults[method] = f
}

// Edit changes every answer to a method before it is signed; nil ends that.
func (g *Gateway) Edit(method string, change func(answer map[string]any)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.edits[method] = change
}

// Refused says why requests were refused that no merchant should send.
func (g *Gateway) Refused() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.refused...)
}

// Asked counts the requests of a method.
func (g *Gateway) Asked(method string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[method]
}

// Beijing is the time zone of every stamp.
var beijing = time.FixedZone("CST", 8*60*60)

const stamp = "2006-01-02 15:04:05"

func (g *Gateway) stamp(t time.Time) string { return t.In(beijing).Format(stamp) }

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil || r.URL.Path != "/gateway.do" {
		http.NotFound(w, r)
		return
	}
	v := r.Form
	g.mu.Lock()
	defer g.mu.Unlock()
	method := v.Get("method")
	g.asked[method]++
	fault := g.faults[method]
	delete(g.faults, method)
	if g.down || fault == Drop {
		panic(http.ErrAbortHandler)
	}
	app, biz, why := g.genuine(v)
	if why != "" {
		g.refused = append(g.refused, method+": "+why)
		g.answer(w, method, map[string]any{"code": "40002", "msg": "Invalid Arguments", "sub_code": why, "sub_msg": "refused"}, Unsigned)
		return
	}
	if method == "alipay.trade.page.pay" || method == "alipay.trade.wap.pay" {
		g.cashier(w, app, method, v, biz)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "POST", http.StatusMethodNotAllowed)
		return
	}
	answer := map[string]any{"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error", "sub_msg": "busy"}
	if fault != Busy {
		answer = g.api(app, method, biz)
	}
	if edit := g.edits[method]; edit != nil {
		edit(answer)
	}
	g.answer(w, method, answer, fault)
}

// genuine checks everything that a merchant signs; why is what is wrong.
func (g *Gateway) genuine(v url.Values) (app App, biz map[string]string, why string) {
	for name, values := range v {
		if len(values) != 1 {
			return app, nil, "isv.duplicate-" + name
		}
	}
	app, ok := g.apps[v.Get("app_id")]
	at, err := time.ParseInLocation(stamp, v.Get("timestamp"), beijing)
	switch {
	case !ok:
		return app, nil, "isv.invalid-app-id"
	case v.Get("sign_type") != "RSA2":
		return app, nil, "isv.invalid-signature-type"
	case v.Get("charset") != "utf-8":
		return app, nil, "isv.invalid-charset"
	case v.Get("version") != "1.0", v.Get("format") != "JSON":
		return app, nil, "isv.invalid-parameter"
	case err != nil || time.Since(at).Abs() > 15*time.Minute: // not by the trades' clock: requests carry the wall's
		return app, nil, "isv.invalid-timestamp"
	case !verify(&app.Key.PublicKey, RequestString(v), v.Get("sign")):
		return app, nil, "isv.invalid-signature"
	}
	var raw map[string]any
	if err := json.Unmarshal([]byte(v.Get("biz_content")), &raw); err != nil {
		return app, nil, "isv.invalid-biz-content"
	}
	biz = map[string]string{}
	for name, value := range raw {
		s, ok := value.(string)
		if !ok { // an amount that is a number lost its digits somewhere
			return app, nil, "isv.not-a-string-" + name
		}
		biz[name] = s
	}
	return app, biz, ""
}

// answer writes a JSON answer with its signature behind it.
func (g *Gateway) answer(w http.ResponseWriter, method string, content map[string]any, fault Fault) {
	raw, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	key := g.key
	switch fault {
	case Lose:
		panic(http.ErrAbortHandler)
	case Forged:
		for key = NewKey(); key == g.key; key = NewKey() {
		}
	}
	sign := Sign(key, string(raw))
	if fault == Altered {
		raw = []byte(strings.Replace(string(raw), `"code":"`, `"code": "`, 1))
	}
	w.Header().Set("Content-Type", "text/html;charset=utf-8") // as the real one says
	name := strings.ReplaceAll(method, ".", "_") + "_response"
	if fault == Unsigned {
		fmt.Fprintf(w, `{"%s":%s}`, name, raw)
		return
	}
	fmt.Fprintf(w, `{"%s":%s,"sign":"%s"}`, name, raw, sign)
}

// cashier is what a browser gets that a payer sent: the trade is there from then on.
func (g *Gateway) cashier(w http.ResponseWriter, app App, method string, v url.Values, biz map[string]string) {
	t, why := g.open(app, method, v, biz)
	if why != "" {
		g.refused = append(g.refused, method+": "+why)
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<!doctype html><title>%s</title>", html.EscapeString(why))
		return
	}
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>Pay</title><p>%s %s</p><p>%s</p>", html.EscapeString(t.subject), yuan(t.total), html.EscapeString(t.no))
}

// PublicPEM is the application's public key, which Alipay shows beside its own.
func (a App) PublicPEM() []byte {
	b, err := x509.MarshalPKIXPublicKey(&a.Key.PublicKey)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b})
}
