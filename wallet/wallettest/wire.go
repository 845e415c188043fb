package wallettest

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"halqa/wallet"
	"halqa/wallet/remote"
)

// wireCases are about what stands between the adapter and whoever reaches its port: the signature, which
// no other case tests, because all others sign as they should.
var wireCases = []testCase{
	{45, 0, "who does not know the secret is not served", nil, false, func(k *kit) error {
		uri, at := k.below("/v1/describe"), strconv.FormatInt(k.now().Unix(), 10)
		good := func(body []byte) string { return k.signed(at, k.number(), "GET."+uri, body) }
		for _, bad := range []struct{ what, header, uri string }{
			{"no signature", "", uri},
			{"a signature that cannot be read", "v1", uri},
			{"a signature with another secret", kitWith("another secret than the one that is shared").signed(at, k.number(), "GET."+uri, nil), uri},
			{"the signature of another method", k.signed(at, k.number(), "POST."+uri, nil), uri},
			{"the signature of another path", k.signed(at, k.number(), "GET."+k.below("/v1/health"), nil), uri},
			{"the signature of another query", good(nil), uri + "?a=b"},
			{"the signature of another body", good([]byte("{}")), uri},
		} {
			if err := k.refusedWith(bad.what, "GET", bad.uri, bad.header, nil); err != nil {
				return err
			}
		}
		big, err := json.Marshal(k.ask(k.sum()))
		if err != nil {
			return err
		}
		big = append(big, bytes.Repeat([]byte(" "), remote.MaxRequest)...)
		if a, err := k.raw("POST", "/v1/charges", big); err == nil && a.status == http.StatusOK {
			return fmt.Errorf("a body of %d bytes is taken, want at most %d", len(big), remote.MaxRequest)
		}
		return nil
	}},
	{46, 0, "a request is served once, and in its time", nil, false, func(k *kit) error {
		uri := k.below("/v1/describe")
		at := func(off time.Duration) string { return strconv.FormatInt(k.now().Add(off).Unix(), 10) }
		once := k.signed(at(0), k.number(), "GET."+uri, nil)
		if a, err := k.send("GET", uri, once, nil); err != nil {
			return err
		} else if a.status != http.StatusOK {
			return fmt.Errorf("a request that is signed rightly is answered %d %.200s", a.status, a.body)
		}
		if err := k.refusedWith("a number that was used", "GET", uri, once, nil); err != nil {
			return err
		}
		const beyond = wallet.MaxSkew + time.Minute
		if err := k.refusedWith("a time six minutes ago", "GET", uri, k.signed(at(-beyond), k.number(), "GET."+uri, nil), nil); err != nil {
			return err
		}
		return k.refusedWith("a time six minutes ahead", "GET", uri, k.signed(at(beyond), k.number(), "GET."+uri, nil), nil)
	}},
	{47, 0, "it says that it is well", nil, false, func(k *kit) error {
		if err := k.a.Health(k.ctx); err != nil {
			return fmt.Errorf("health: %w", err)
		}
		return nil
	}},
	{48, 0, "a charge says how it is paid", nil, false, func(k *kit) error {
		in := k.ask(k.sum())
		c, err := k.a.CreateCharge(k.ctx, in)
		if err != nil {
			return err
		}
		for i, a := range c.Actions {
			if err := a.Check(); err != nil {
				return fmt.Errorf("action %d: %w", i+1, err)
			}
		}
		if c.State == wallet.Pending && len(c.Actions) == 0 {
			return fmt.Errorf("the charge is pending and has no actions: nobody is told how to pay it")
		}
		if c.ExpiresAt.IsZero() {
			return fmt.Errorf("the charge has no expiresAt; asked for %s", in.ExpiresAt.Format(time.RFC3339))
		}
		return nil
	}},
	{49, 0, "errors have the status of their word", nil, false, func(k *kit) error {
		in := k.ask(k.sum())
		in.Key = "no key"
		keyless, err := json.Marshal(in)
		if err != nil {
			return err
		}
		for _, c := range []struct{ what, method, uri, body string }{
			{"a charge that never was", "GET", "/v1/charges/kit-nothing", ""},
			{"a body that is no JSON", "POST", "/v1/charges", "{"},
			{"a key that can be none", "POST", "/v1/charges", string(keyless)},
		} {
			a, err := k.raw(c.method, c.uri, []byte(c.body))
			if err != nil {
				return err
			}
			if a.status == http.StatusOK {
				return fmt.Errorf("%s is accepted", c.what)
			}
			var p remote.Problem
			if err := json.Unmarshal(a.body, &p); err != nil {
				return fmt.Errorf("%s is answered %.200q, want {\"error\":\"…\",\"message\":\"…\"}", c.what, a.body)
			}
			switch want := remote.StatusOf(p.Error); {
			case want == 0:
				return fmt.Errorf("%s: there is no error %.40q", c.what, p.Error)
			case want != a.status:
				return fmt.Errorf("%s: %s is answered with the status %d, want %d", c.what, p.Error, a.status, want)
			}
		}
		return nil
	}},
}

// answer is what came back, unread.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// below is a route's address on the adapter's host, as it is signed.
func (k *kit) below(route string) string {
	u, err := url.Parse(k.h.URL)
	if err != nil {
		return route
	}
	return strings.TrimSuffix(u.Path, "/") + route
}

// raw sends a signed request whose body is anything, as docs/adapters.md describes it.
func (k *kit) raw(method, route string, body []byte) (answer, error) {
	uri := k.below(route)
	return k.send(method, uri, k.signed(strconv.FormatInt(k.now().Unix(), 10), k.number(), method+"."+uri, body), body)
}

// send sends a request under any signature, "" for none.
func (k *kit) send(method, uri, header string, body []byte) (answer, error) {
	u, err := url.Parse(k.h.URL)
	if err != nil || u.Host == "" {
		return answer{}, skip("the adapter listens on no TCP address")
	}
	req, err := http.NewRequestWithContext(k.ctx, method, u.Scheme+"://"+u.Host+uri, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	if header != "" {
		req.Header.Set(remote.Header, header)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, remote.MaxAnswer))
	return answer{resp.StatusCode, resp.Header, got}, err
}

// refusedWith returns nil if a request is answered 401, unsigned.
func (k *kit) refusedWith(what, method, uri, header string, body []byte) error {
	a, err := k.send(method, uri, header, body)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case a.status != http.StatusUnauthorized:
		return fmt.Errorf("%s is answered %d, want 401", what, a.status)
	case a.header.Get(remote.Header) != "":
		return fmt.Errorf("%s is refused, under the adapter's signature: sign nothing for strangers", what)
	}
	return nil
}

// number is a new one, for a signature.
func (k *kit) number() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// signed is the header of a message, written from the description alone. what is "METHOD.path?query" of a
// request and the status of an answer.
func (k *kit) signed(t, nonce, what string, body []byte) string {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, k.h.Secret)
	fmt.Fprintf(mac, "%s.%s.%s.%s", t, nonce, what, hex.EncodeToString(sum[:]))
	return "t=" + t + ",n=" + nonce + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// kitWith signs with another secret.
func kitWith(secret string) *kit { return &kit{h: Harness{Secret: []byte(secret)}} }
