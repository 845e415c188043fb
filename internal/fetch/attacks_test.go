package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"halqa/circles"
)

// Each test is named after what somebody did to a server of the fediverse.

// refusedAddresses lists one address or more of every range that leads anywhere but outside.
var refusedAddresses = []string{
	"0.0.0.0", "0.1.2.3", // CVE-2025-25194
	"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
	"100.64.0.1", "100.100.100.200", "100.127.255.255",
	"127.0.0.1", "127.255.255.254", "169.254.169.254",
	"192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
	"224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"::", "::1", "fc00::1", "fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "100::1",
	"2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1",
	"2002:808:808::1", "3fff::1", "5f00::1", "4000::1",
}

func TestPublic(t *testing.T) {
	c := client(t, Options{})
	for _, s := range refusedAddresses {
		if public(netip.MustParseAddr(s)) {
			t.Errorf("%s counts as public", s)
		}
		if c.permits(netip.AddrPortFrom(netip.MustParseAddr(s), httpsPort)) {
			t.Errorf("the dialer would connect to %s", s)
		}
	}
	for _, s := range []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
		"172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "2606:4700::1111", "2a01:4f8::1", "2400:cb00::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
	} {
		if !public(netip.MustParseAddr(s)) {
			t.Errorf("%s does not count as public", s)
		}
	}
	if public(netip.Addr{}) || public(netip.MustParseAddr("2606:4700::1%eth0")) {
		t.Error("an invalid or zoned address counts as public")
	}
}

// Names that resolve inside are refused by the dialer, before a packet is sent. Only addresses of
// this machine are tried here, so that a broken guard reaches nobody.
func TestRefusesPrivateAddressAtDialTime(t *testing.T) {
	with6 := sockets6()
	for _, s := range []string{"127.0.0.1", "127.255.255.254", "0.0.0.0", "::1", "::"} {
		if netip.MustParseAddr(s).Is6() && !with6 {
			continue
		}
		c := client(t, Options{Resolver: to(t, s)})
		_, err := c.Document(t.Context(), "https://inside.example/", nil)
		wantReason(t, s, err, ReasonAddress)
		_, err = c.HTTPClient().Get("https://inside.example/")
		wantReason(t, "HTTPClient, "+s, err, ReasonAddress)
	}
}

// sockets6 reports whether this machine has IPv6 sockets; without them the dialer fails before it
// comes to our check.
func sockets6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err == nil {
		l.Close()
	}
	return err == nil
}

// GHSA-vwhj-3g83-v276: IPv4 wrapped in IPv6 is unwrapped before its range is tested.
func TestRefusesIPv4CompatibleIPv6(t *testing.T) {
	plain := client(t, Options{})
	withLab := client(t, Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.7/32")}})
	for _, s := range []string{
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::7f00:1", "::a00:1", "::8.8.8.8",
		"64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::127.0.0.1", "64:ff9b:1::8.8.8.8",
		"2002:a00:1::", "2001:0:a00:1::", "::ffff:0:127.0.0.1",
	} {
		for _, c := range []*Client{plain, withLab} {
			if c.permits(netip.AddrPortFrom(netip.MustParseAddr(s), httpsPort)) {
				t.Errorf("the dialer would connect to %s", s)
			}
			wantReason(t, s, c.checkURL(&url.URL{Scheme: "https", Host: "[" + s + "]", Path: "/"}), ReasonAddress)
		}
	}
}

// A lab network that is written as IPv4 holds its mapped form too, and nothing more.
func TestLabNetworksAreThoseNamed(t *testing.T) {
	c := client(t, Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8")}})
	for s, want := range map[string]bool{
		"10.0.0.1:80": true, "[::ffff:10.9.9.9]:8080": true, "127.0.0.1:443": false, "192.168.0.1:443": false,
		"1.1.1.1:443": true, "1.1.1.1:80": false, "[64:ff9b::a00:1]:443": false,
	} {
		if got := c.permits(netip.MustParseAddrPort(s)); got != want {
			t.Errorf("permits(%s) = %v", s, got)
		}
	}
}

func TestRefusesAddressesThatAreNotPlainHTTPS(t *testing.T) {
	c := client(t, Options{Resolver: names(t, func(host string, _ int) netip.Addr {
		t.Errorf("%s was looked up", host)
		return netip.Addr{}
	})})
	for _, address := range []string{
		"http://peer.example/", "https://peer.example:8443/", "https://peer.example:22/", "http://peer.example:443/",
		"https://127.0.0.1/", "https://[::1]/", "https://１２７.0.0.1/",
		"https://ann:secret@peer.example/", "file:///etc/passwd", "gopher://peer.example/", "https:peer.example",
		"", "https://", "/u/ann", "https://peer.example/" + strings.Repeat("a", maxURL),
	} {
		_, err := c.Document(t.Context(), address, nil)
		wantReason(t, address, err, ReasonAddress)
		req := &http.Request{Method: "GET", URL: &url.URL{}}
		if u, err := url.Parse(address); err == nil {
			req.URL = u
		}
		if _, err := c.HTTPClient().Do(req); err == nil {
			t.Errorf("%s: HTTPClient fetched it", address)
		}
	}
	for _, host := range []string{"1.1.1.1", "[2606:4700::1111]"} { // servers have names
		wantReason(t, host, c.checkURL(&url.URL{Scheme: "https", Host: host, Path: "/"}), ReasonAddress)
	}
}

// 127.0.0.2 stands for the public internet here: it alone may be reached.
var onlyPublic = []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}

// publicServer listens where onlyPublic allows.
func publicServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	l, err := net.Listen("tcp4", "127.0.0.2:0")
	if err != nil {
		t.Skip("this machine has no second loopback address: ", err)
	}
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// CVE-2024-39687: every hop is judged anew.
func TestRedirectToLoopbackIsRefused(t *testing.T) {
	inside := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the inside was reached")
		activity(w, `{}`)
	})
	var target string
	outside := publicServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) })
	c := client(t, Options{LabNetworks: onlyPublic, Resolver: to(t, "127.0.0.1")})
	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "http://"), ":")
	for _, target = range []string{inside.URL, "http://inside.example:" + port + "/", "//127.0.0.1:" + port, "file:///etc/passwd"} {
		_, err := c.Document(t.Context(), outside.URL, nil)
		wantReason(t, target, err, ReasonAddress)
	}
}

// The name resolves to an allowed address first and to loopback later.
func TestDNSRebinding(t *testing.T) {
	outside := publicServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		activity(w, `{}`)
	})
	c := client(t, Options{LabNetworks: onlyPublic, Resolver: names(t, func(_ string, n int) netip.Addr {
		if n == 0 {
			return netip.MustParseAddr("127.0.0.2")
		}
		return netip.MustParseAddr("127.0.0.1")
	})})
	u, _ := url.Parse(outside.URL)
	address := "http://rebind.example:" + u.Port() + "/"
	if _, err := c.Document(t.Context(), address, nil); err != nil {
		t.Fatalf("first: %v", err)
	}
	_, err := c.Document(t.Context(), address, nil)
	wantReason(t, "second", err, ReasonAddress)
	_, err = c.HTTPClient().Get(address)
	wantReason(t, "HTTPClient", err, ReasonAddress)
}

// CVE-2026-34148: a chain of redirects ends, and a circle is seen as one.
func TestEndlessRedirect(t *testing.T) {
	var asked []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		switch r.URL.Path {
		case "/a":
			http.Redirect(w, r, "/b#x", http.StatusFound)
		case "/b":
			http.Redirect(w, r, "/a", http.StatusMovedPermanently)
		case "/end":
			activity(w, `{}`)
		case "/3":
			http.Redirect(w, r, "/end", http.StatusPermanentRedirect)
		default:
			http.Redirect(w, r, r.URL.Path+"x", http.StatusTemporaryRedirect)
		}
	})
	c := client(t, Options{LabNetworks: lab})
	tests := []struct {
		path      string
		redirects int
		reason    string
		asked     int
	}{
		{"/a", 3, ReasonRedirects, 2},
		{"/x", 3, ReasonRedirects, 4},
		{"/x", 1, ReasonRedirects, 2},
		{"/3", 1, "", 2},
	}
	for _, tt := range tests {
		asked = nil
		resp, err := c.Do(t.Context(), request(t, "GET", s.URL+tt.path, nil), Limits{Redirects: tt.redirects}, nil)
		if tt.reason != "" {
			wantReason(t, tt.path, err, tt.reason)
		} else if err != nil || resp.FinalURL.Path != "/end" {
			t.Errorf("%s: got %v, %v", tt.path, resp, err)
		}
		if len(asked) != tt.asked {
			t.Errorf("%s with %d redirects asked for %q", tt.path, tt.redirects, asked)
		}
	}
	resp, err := c.Do(t.Context(), request(t, "GET", s.URL+"/a", nil), Limits{}, nil)
	if err != nil || resp.Status != http.StatusFound {
		t.Errorf("without redirects: got %v, %v; want the 302 itself", resp, err)
	}
}

// A signed GET that is redirected is signed anew, for the new address, and what was meant for the
// first host does not travel.
func TestRedirectIsSignedAnew(t *testing.T) {
	var second http.Header
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		second = r.Header.Clone()
		activity(w, `{}`)
	})
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/moved", http.StatusFound)
	})
	c := client(t, Options{LabNetworks: lab})
	sign := func(r *http.Request) error {
		if got := r.Header.Get("Signature"); got != "" {
			t.Errorf("the request to %s came with the signature %q", r.URL, got)
		}
		r.Header.Set("Signature", "for "+r.URL.Host+r.URL.Path)
		return nil
	}
	req := request(t, "GET", first.URL, nil)
	req.Header.Set("Authorization", "Bearer secret")
	if _, err := c.Do(t.Context(), req, Limits{Redirects: 1}, sign); err != nil {
		t.Fatal(err)
	}
	if got, want := second.Get("Signature"), "for "+strings.TrimPrefix(other.URL, "http://")+"/moved"; got != want {
		t.Errorf("signature of the second hop %q, want %q", got, want)
	}
	if second.Get("Authorization") != "" {
		t.Error("the bearer token went to another host")
	}
}

// A delivery that is redirected is not repeated elsewhere.
func TestDeliveryDoesNotFollowRedirects(t *testing.T) {
	posts := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		posts++
		http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
	})
	c := client(t, Options{LabNetworks: lab})
	resp, err := c.Do(t.Context(), request(t, "POST", s.URL, strings.NewReader("{}")), Limits{Redirects: 3}, nil)
	if err != nil || resp.Status != 307 || posts != 1 {
		t.Errorf("Do: got %v, %v after %d posts", resp, err, posts)
	}
	var se *StatusError
	if err := resp.Err(); !errors.As(err, &se) || se.Status != 307 {
		t.Errorf("Err: got %v", err)
	}
	hr, err := c.HTTPClient().Post(s.URL, ActivityJSON, strings.NewReader("{}"))
	if err != nil || hr.StatusCode != 307 || posts != 2 {
		t.Errorf("HTTPClient: got %v, %v after %d posts", hr, err, posts)
	}
	hr.Body.Close()
}

func TestTooLargeBody(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := MaxBody
		if r.URL.Path == "/over" {
			n++
		}
		activity(w, strings.Repeat(" ", n))
	})
	c := client(t, Options{LabNetworks: lab})
	if resp, err := c.Document(t.Context(), s.URL+"/just", nil); err != nil || len(resp.Body) != MaxBody {
		t.Errorf("at the limit: %v", err)
	}
	_, err := c.Document(t.Context(), s.URL+"/over", nil)
	wantReason(t, "over the limit", err, ReasonTooLarge)
	if !circles.Is(err, circles.TooLarge) {
		t.Errorf("kind %q", circles.KindOf(err))
	}
	resp, err := c.HTTPClient().Get(s.URL + "/over")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	wantReason(t, "HTTPClient", err, ReasonTooLarge)
	if n != MaxBody {
		t.Errorf("HTTPClient read %d bytes", n)
	}
}

// What is counted is what came out, not what was sent.
func TestGzipBomb(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 8*MaxBody)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		activity(w, bomb.String())
	})
	if bomb.Len() >= MaxBody {
		t.Fatalf("the bomb has %d bytes, too many to prove anything", bomb.Len())
	}
	_, err := client(t, Options{LabNetworks: lab}).Document(t.Context(), s.URL, nil)
	wantReason(t, "bomb", err, ReasonTooLarge)
}

// A server that stops in the middle, or never begins, is given up.
func TestSlowlorisBody(t *testing.T) {
	for _, path := range []string{"/header", "/body", "/drip"} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/header" {
				activity(w, `{`)
				w.(http.Flusher).Flush()
			}
			for r.URL.Path == "/drip" && r.Context().Err() == nil {
				io.WriteString(w, " ")
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
		})
		o := Options{LabNetworks: lab, Read: 50 * time.Millisecond, Total: time.Hour}
		if path == "/drip" {
			o = Options{LabNetworks: lab, Read: time.Hour, Total: 50 * time.Millisecond}
		}
		req := request(t, "GET", s.URL+path, nil)
		_, err := client(t, o).Do(t.Context(), req, Limits{Body: 1 << 40}, nil)
		wantReason(t, path, err, ReasonTimeout)
	}
}

func TestCancelledByTheCallerIsNoRefusal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := client(t, Options{LabNetworks: lab}).Document(ctx, s.URL, nil)
	var e *circles.Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
}

func TestEndlessHeader(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("a", 2*maxAnswerHeader))
		activity(w, `{}`)
	})
	_, err := client(t, Options{LabNetworks: lab}).Document(t.Context(), s.URL, nil)
	wantReason(t, "long header", err, ReasonUnreachable)
}

// CVE-2024-25623: only a document that says so is one.
func TestWrongContentType(t *testing.T) {
	tests := []struct {
		kind           string
		document, json bool
	}{
		{`application/activity+json`, true, false},
		{`application/activity+json; charset=utf-8`, true, false},
		{`Application/Activity+JSON;charset=UTF-8`, true, false},
		{`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, true, false},
		{`application/ld+json; profile="https://www.w3.org/ns/activitystreams"; charset=utf-8`, true, false},
		{`application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted https://www.w3.org/ns/activitystreams"`, true, false},
		{`application/ld+json`, false, false},
		{`application/ld+json; profile="https://www.w3.org/ns/other"`, false, false},
		{`application/activity+json; charset=utf-7`, false, false},
		{`application/activity+json; x=y`, false, false},
		{`application/activity+jsonx`, false, false},
		{`application/json`, false, true},
		{`application/jrd+json; charset=utf-8`, false, true},
		{`application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.0#"`, false, true},
		{`text/html`, false, false},
		{`text/plain; application/activity+json`, false, false},
		{`application/octet-stream`, false, false},
		{`image/png`, false, false},
		{``, false, false},
	}
	for _, tt := range tests {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", tt.kind)
			io.WriteString(w, `{}`)
		})
		c := client(t, Options{LabNetworks: lab})
		if _, err := c.Document(t.Context(), s.URL, nil); tt.document == (err != nil) {
			t.Errorf("Document with %q: %v", tt.kind, err)
		} else if err != nil {
			wantReason(t, tt.kind, err, ReasonType)
		}
		if _, err := c.JSON(t.Context(), s.URL); tt.json == (err != nil) {
			t.Errorf("JSON with %q: %v", tt.kind, err)
		}
	}
}

// Two types in one answer let two readers disagree.
func TestTwoContentTypes(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{ActivityJSON, "text/html"}
		io.WriteString(w, `{}`)
	})
	_, err := client(t, Options{LabNetworks: lab}).Document(t.Context(), s.URL, nil)
	wantReason(t, "two types", err, ReasonType)
}

// CVE-2022-46405: one domain with a wildcard record is not ten thousand servers.
func TestSubdomainFlood(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	looked := 0
	c := client(t, Options{
		LabNetworks: onlyPublic,
		Now:         func() time.Time { return now },
		Known:       func(host string) bool { return host == "old.flood.example" },
		Resolver: names(t, func(string, int) netip.Addr {
			looked++
			return netip.Addr{}
		}),
	})
	try := func(host string) error {
		_, err := c.Document(t.Context(), "https://"+host+"/", nil)
		return err
	}
	for i := range newSubdomains {
		wantReason(t, "new", try(fmt.Sprintf("a%d.flood.example", i)), ReasonUnreachable)
	}
	before := looked
	wantReason(t, "one more", try("more.flood.example"), ReasonSubdomains)
	wantReason(t, "one more, deeper and in capitals", try("X.Y.Flood.example"), ReasonSubdomains)
	if looked != before {
		t.Error("a host over the budget was looked up")
	}
	wantReason(t, "seen", try("A3.flood.example"), ReasonUnreachable)
	wantReason(t, "known", try("old.flood.example"), ReasonUnreachable)
	wantReason(t, "another domain", try("a.other.example"), ReasonUnreachable)
	for i := range newSubdomains + 1 { // each a registered domain of its own: github.io is a public suffix
		wantReason(t, "blog", try(fmt.Sprintf("blog%d.github.io", i)), ReasonUnreachable)
	}
	now = now.Add(budgetWindow)
	wantReason(t, "an hour later", try("more.flood.example"), ReasonUnreachable)
}

// Fedify 2026-69132: maps that strangers fill are bounded.
func TestMapsOfHostsAreBounded(t *testing.T) {
	b := newBudget(time.Now)
	b.hosts.limit, b.domains.limit = 20, 5
	for i := range 100 {
		if err := b.spend(fmt.Sprintf("www.d%d.example", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.hosts.byKey) != 20 || b.hosts.order.Len() != 20 || len(b.domains.byKey) != 5 {
		t.Errorf("%d hosts and %d domains are remembered", len(b.hosts.byKey), len(b.domains.byKey))
	}
	if _, ok := b.hosts.get("www.d99.example"); !ok {
		t.Error("the latest host was forgotten")
	}
}

// An instance without a public name reaches its test network and nothing else.
func TestLabOnlyRefusesThePublicInternet(t *testing.T) {
	c := New(Options{LabNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, LabOnly: true})
	for s, want := range map[string]bool{
		"127.0.0.1:8081":             true,
		"93.184.216.34:443":          false,
		"[2606:2800:220:1::1]:443":   false,
		"[::ffff:93.184.216.34]:443": false,
	} {
		if got := c.permits(netip.MustParseAddrPort(s)); got != want {
			t.Errorf("permits(%s) = %v, want %v", s, got, want)
		}
	}
}
