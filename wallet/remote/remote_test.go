package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"halqa/wallet"
	"halqa/wallet/remote"
)

// simple is the smallest adapter: the four methods and nothing else.
type simple struct {
	charge wallet.Charge
	err    error
	asked  wallet.CreateCharge
}

func (s *simple) Describe(context.Context) (wallet.Descriptor, error) {
	return wallet.Descriptor{
		Name: "simple", Version: "1", Contract: wallet.Contract, Assets: []wallet.Asset{{Code: "CNY", Exponent: 2, Min: 1, Max: 1 << 62, Step: 1}},
		Custody: wallet.CustodyNone, PayeeKinds: []string{"x"}, Capabilities: wallet.Capabilities(s),
	}, s.err
}
func (s *simple) Health(context.Context) error { return s.err }
func (s *simple) CreateCharge(_ context.Context, in wallet.CreateCharge) (wallet.Charge, error) {
	s.asked = in
	return s.charge, s.err
}
func (s *simple) GetCharge(context.Context, string) (wallet.Charge, error) { return s.charge, s.err }

var (
	secret = []byte(strings.Repeat("k", remote.MinSecret))
	at     = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
)

func clock() time.Time { return at }

func dial(t *testing.T, o remote.Options) *remote.Client {
	t.Helper()
	if o.Secret == nil {
		o.Secret = secret
	}
	if o.Now == nil {
		o.Now = clock
	}
	c, err := remote.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatIsSaidArrives(t *testing.T) {
	fee := wallet.Units(3)
	want := wallet.Charge{
		ID: "a/b c", Key: "tip_1_a1", Revision: 7, State: wallet.Settled, Requested: wallet.Amount{Minor: 1<<62 + 1, Asset: "CNY"},
		Received: 1<<62 + 1, Fee: &fee, Late: true, Actions: []wallet.Action{{Kind: wallet.ActRedirect, Method: "POST", URI: "https://x.example/", Fields: map[string]string{"a": "b"}}},
		ExpiresAt: at.Add(time.Hour), SettledAt: at, RailRef: "r",
	}
	s := &simple{charge: want}
	srv := httptest.NewServer(remote.Serve(s, secret, clock))
	defer srv.Close()
	c := dial(t, remote.Options{URL: srv.URL})
	ctx := context.Background()
	in := wallet.CreateCharge{Key: "tip_1_a1", Amount: want.Requested, Payee: wallet.Payee{Kind: "x", Ref: "y"}, Binding: wallet.Binding{9}, ExpiresAt: at.Add(time.Hour), Memo: "你好"}
	got, err := c.CreateCharge(ctx, in)
	if err != nil || fmt.Sprintf("%+v %d", got, *got.Fee) != fmt.Sprintf("%+v %d", got, fee) || got.Received != want.Received || !s.asked.Same(in) {
		t.Errorf("got %+v, %v; asked %+v", got, err, s.asked)
	}
	if got, err = c.GetCharge(ctx, "a/b c"); err != nil || got.ID != want.ID || got.Actions[0].Fields["a"] != "b" {
		t.Errorf("got %+v, %v", got, err)
	}
	if d, err := c.Describe(ctx); err != nil || d.Check() != nil || len(d.Capabilities) != 0 {
		t.Errorf("described as %+v, %v", d, err)
	}
	// What the adapter lacks is said to be lacking.
	_, find := c.FindCharge(ctx, "k")
	_, cancel := c.CancelCharge(ctx, "k")
	_, payee := c.CheckPayee(ctx, "k", "k")
	_, _, hook := c.Webhook(ctx, http.Header{"A": {"b"}}, "q=1", []byte("x"))
	_, feed := c.Feed(ctx, "", 10)
	_, refund := c.Refund(ctx, wallet.RefundRequest{Amount: want.Requested})
	_, refund2 := c.GetRefund(ctx, "x")
	_, proof := c.VerifyProof(ctx, wallet.ProofQuery{Amount: want.Requested})
	for i, err := range []error{find, cancel, payee, hook, feed, refund, refund2, proof} {
		if !errors.Is(err, wallet.ErrUnsupported) {
			t.Errorf("%d: %v, want ErrUnsupported", i, err)
		}
	}
}

func TestErrorsArrive(t *testing.T) {
	s := &simple{}
	srv := httptest.NewServer(remote.Serve(s, secret, clock))
	defer srv.Close()
	c := dial(t, remote.Options{URL: srv.URL})
	for _, want := range []error{wallet.ErrKeyReuse, wallet.ErrNotFound, wallet.ErrInvalid, wallet.ErrMismatch, wallet.ErrLimit, wallet.ErrOverflow,
		wallet.ErrUnsupported, wallet.ErrTemporary, wallet.ErrIndeterminate} {
		s.err = fmt.Errorf("%w: because", want)
		_, err := c.GetCharge(context.Background(), "x")
		if !errors.Is(err, want) || !strings.HasSuffix(err.Error(), ": because") {
			t.Errorf("%v arrives as %v", want, err)
		}
	}
	s.err = errors.New("anything else")
	if _, err := c.GetCharge(context.Background(), "x"); !errors.Is(err, wallet.ErrIndeterminate) {
		t.Errorf("an error that is not the contract's arrives as %v", err)
	}
	s.err = fmt.Errorf("%w: cannot use %s, which is %x", wallet.ErrTemporary, secret, secret)
	if err := c.Health(context.Background()); !errors.Is(err, wallet.ErrTemporary) || !strings.HasSuffix(err.Error(), ": cannot use [secret], which is [secret]") {
		t.Errorf("an adapter that tells its secret arrives as %v", err)
	}
	srv.Close()
	if _, err := c.CreateCharge(context.Background(), wallet.CreateCharge{Amount: wallet.Amount{Minor: 1, Asset: "CNY"}}); !errors.Is(err, wallet.ErrTemporary) {
		t.Errorf("nobody listens: %v, want ErrTemporary", err)
	}
}

// TestStrangersAreNotServed takes a good request and spoils one thing.
func TestStrangersAreNotServed(t *testing.T) {
	var calls atomic.Int64
	inner := remote.Serve(&simple{charge: wallet.Charge{Requested: wallet.Amount{Minor: 1, Asset: "CNY"}}}, secret, clock)
	var last *http.Request
	var lastBody []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		last, lastBody = r.Clone(context.Background()), body
		r.Body = io.NopCloser(bytes.NewReader(body))
		inner.ServeHTTP(w, r)
	}))
	defer srv.Close()
	c := dial(t, remote.Options{URL: srv.URL})
	in := wallet.CreateCharge{Key: "k", Amount: wallet.Amount{Minor: 1, Asset: "CNY"}, Payee: wallet.Payee{Kind: "x", Ref: "y"}, ExpiresAt: at}
	if _, err := c.CreateCharge(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	header, good := last.Header.Get(remote.Header), lastBody
	send := func(method, uri, header string, body []byte) (int, string) {
		r := httptest.NewRequest(method, uri, bytes.NewReader(body))
		r.Header.Set(remote.Header, header)
		w := httptest.NewRecorder()
		inner.ServeHTTP(w, r)
		return w.Code, w.Header().Get(remote.Header)
	}
	for name, c := range map[string]struct {
		method, uri, header string
		body                []byte
	}{
		"once more":        {"POST", "/v1/charges", header, good},
		"another body":     {"POST", "/v1/charges", header, append(bytes.Clone(good), ' ')},
		"another route":    {"POST", "/v1/refunds", header, good},
		"another method":   {"GET", "/v1/charges", header, good},
		"a query":          {"POST", "/v1/charges?a=b", header, good},
		"no signature":     {"POST", "/v1/charges", "", good},
		"half a signature": {"POST", "/v1/charges", strings.Split(header, ",v1=")[0], good},
		"another time":     {"POST", "/v1/charges", strings.Replace(header, "t=17", "t=18", 1), good},
		"a number twice":   {"POST", "/v1/charges", header + ",n=" + strings.Repeat("0", 32), good},
	} {
		if status, signed := send(c.method, c.uri, c.header, c.body); status != http.StatusUnauthorized || (signed != "" && name != "once more") {
			t.Errorf("%s: %d, signed %q", name, status, signed)
		}
	}
	if status, _ := send("POST", "/v1/charges", header, make([]byte, remote.MaxRequest+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too much: %d", status)
	}
}

func TestClocksMayDifferByFiveMinutes(t *testing.T) {
	srv := httptest.NewServer(remote.Serve(&simple{}, secret, clock))
	defer srv.Close()
	for off, ok := range map[time.Duration]bool{
		299 * time.Second: true, -299 * time.Second: true, 301 * time.Second: false, -301 * time.Second: false,
	} {
		c := dial(t, remote.Options{URL: srv.URL, Now: func() time.Time { return at.Add(off) }})
		if err := c.Health(context.Background()); (err == nil) != ok {
			t.Errorf("%s apart: %v", off, err)
		}
	}
}

// TestAnswersAreTheAdapters puts somebody who does not know the secret in between.
func TestAnswersAreTheAdapters(t *testing.T) {
	inner := remote.Serve(&simple{charge: wallet.Charge{ID: "c", Requested: wallet.Amount{Minor: 1, Asset: "CNY"}}}, secret, clock)
	var first *httptest.ResponseRecorder
	mode := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, r)
		if first == nil {
			first = rec
		}
		out := rec
		body, status := rec.Body.Bytes(), rec.Code
		switch mode {
		case "another answer":
			out, body = first, first.Body.Bytes()
		case "altered":
			body = bytes.Replace(body, []byte(`"c"`), []byte(`"d"`), 1)
		case "another status":
			status = http.StatusNotFound
		case "unsigned":
			rec.Header().Del(remote.Header)
		case "refused on the way":
			rec.Header().Del(remote.Header)
			status, body = 401, []byte(`{"error":"bad-signature"}`)
		case "elsewhere":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
			return
		case "endless":
			w.Header().Set(remote.Header, out.Header().Get(remote.Header))
			for range 2 * remote.MaxAnswer / 1024 {
				w.Write(make([]byte, 1024))
			}
			return
		}
		for k, v := range out.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		w.Write(body)
	}))
	defer srv.Close()
	c := dial(t, remote.Options{URL: srv.URL})
	for _, mode = range []string{"", "another answer", "altered", "another status", "unsigned", "refused on the way", "elsewhere", "endless"} {
		_, err := c.GetCharge(context.Background(), "c")
		if mode == "" && err != nil || mode != "" && !errors.Is(err, wallet.ErrIndeterminate) {
			t.Errorf("%q: %v", mode, err)
		}
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: remote.Serve(&simple{}, secret, clock)}
	go srv.Serve(l)
	defer srv.Close()
	if err := dial(t, remote.Options{URL: "unix:" + path}).Health(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestAddressesAndSecrets(t *testing.T) {
	for _, url := range []string{"", "ftp://x", "http://", "http://user:pw@x", "http://x?a=b", "127.0.0.1:9000"} {
		if _, err := remote.New(remote.Options{URL: url, Secret: secret, Now: clock}); !errors.Is(err, wallet.ErrInvalid) {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := remote.New(remote.Options{URL: "http://x", Secret: []byte("short"), Now: clock}); !errors.Is(err, wallet.ErrInvalid) {
		t.Errorf("a short secret: %v", err)
	}
}

func FuzzServe(f *testing.F) {
	f.Add("POST", "/v1/charges", `{"key":"k","amount":{"minor":"1","asset":"CNY"}}`)
	f.Add("GET", "/v1/events?cursor=x&limit=5", "")
	f.Add("POST", "/v1/webhook", `{"header":{"A":["b"]},"query":"","body":"eA=="}`)
	h := remote.Serve(&simple{}, secret, clock)
	f.Fuzz(func(t *testing.T, method, uri, body string) {
		if !strings.HasPrefix(uri, "/") || strings.ContainsAny(method+uri, " \r\n\t\x00") || method == "" {
			return
		}
		r, err := http.NewRequest(method, "http://x"+uri, strings.NewReader(body))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code < 300 {
			t.Errorf("%s %s without a signature: %d", method, uri, w.Code)
		}
	})
}
