package web

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
)

// Strangers use up what strangers have, by source and together, and nothing of what a wallet has that showed
// a true message; nor of another wallet's.
func TestHookGate(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	g := newHookGate(func() time.Time { return now })
	forged := &circles.Error{Kind: circles.Denied, Message: "x"}
	flood := func(adapter, from string, n int, err error) (let int) {
		for range n {
			if heard, ok := g.admit(adapter, netip.MustParseAddr(from)); ok {
				heard(err)
				let++
			}
		}
		return let
	}
	if n := flood("alipay", "192.0.2.1", 50, nil); n != 50 {
		t.Errorf("a wallet's own messages: %d of 50", n)
	}
	if n := flood("alipay", "198.51.100.1", 1000, forged); n != strangeBurst {
		t.Errorf("a stranger is let in %d times, want %d", n, strangeBurst)
	}
	if n := flood("desk", "198.51.100.1", 5, forged); n != 5 {
		t.Errorf("at another wallet %d of 5", n)
	}
	// One network of IPv6 is one source.
	if n := flood("alipay", "2001:db8::1", 15, forged) + flood("alipay", "2001:db8::2", 15, forged); n != strangeBurst {
		t.Errorf("one network is let in %d times, want %d", n, strangeBurst)
	}
	all := 0
	for i := range 200 {
		all += flood("alipay", netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}).String(), 5, forged)
	}
	if all > strangersMax {
		t.Errorf("strangers together are let in %d times, want at most %d", all, strangersMax)
	}
	if n := flood("alipay", "192.0.2.1", 50, nil); n != 50 {
		t.Errorf("in the flood, the wallet's own messages: %d of 50", n)
	}
	if n := flood("alipay", "192.0.2.1", 1000, nil); n > hookBurst {
		t.Errorf("a storm of true messages is let in %d times", n)
	}
	now = now.Add(time.Minute)
	if n := flood("alipay", "198.51.100.1", 1000, forged); n != strangeBurst {
		t.Errorf("a minute later a stranger is let in %d times, want %d", n, strangeBurst)
	}
	// An adapter that is down is not the fault of who knocks.
	now = now.Add(time.Minute)
	down := errors.Join(&circles.Error{Kind: circles.Busy, Message: "x"})
	if n := flood("alipay", "192.0.2.77", 60, down); n != 60 {
		t.Errorf("while the wallet cannot be asked: %d of 60", n)
	}
}

// A flood of forged messages from elsewhere ends with 429 before any signature is looked at, and the wallet's
// own go on being heard.
func TestAFloodOfForgedMessages(t *testing.T) {
	d := &counter{charges: map[string]*wallet.Charge{}}
	_, proxies, err := net.ParseCIDR("127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouseWith(t, func(o *Options) { o.Proxies = []*net.IPNet{proxies} })
	tp := tips.New(tips.Options{Store: h.db, Origin: h.site.URL, Now: h.clock, Log: h.log})
	h.must(tp.Use(h.ctx(), d))
	h.tips = tp
	h.tipRoutes()
	knock := func(from, sign, wallet string) int {
		t.Helper()
		req, err := http.NewRequest("POST", h.site.URL+"/wallet/"+wallet+"/webhook", strings.NewReader("x"))
		h.must(err)
		req.Header.Set("Desk", sign)
		req.Header.Set("X-Forwarded-For", from)
		resp, err := http.DefaultClient.Do(req)
		h.must(err)
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := knock("192.0.2.1", "signed", "desk"); got != http.StatusOK {
		t.Fatalf("the wallet hears %d", got)
	}
	count := map[int]int{}
	for range 60 {
		count[knock("198.51.100.1", "forged", "desk")]++
	}
	if count[http.StatusTooManyRequests] < 30 || count[http.StatusUnauthorized] > strangeBurst+5 || count[http.StatusOK] != 0 {
		t.Errorf("the flood hears %v", count)
	}
	for range 50 {
		if got := knock("192.0.2.1", "signed", "desk"); got != http.StatusOK {
			t.Fatalf("in the flood the wallet hears %d", got)
		}
	}
	if got := knock("198.51.100.1", "forged", "nobody"); got != http.StatusNotFound {
		t.Errorf("at no wallet: %d", got)
	}
}
