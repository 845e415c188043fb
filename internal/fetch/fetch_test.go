package fetch

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"halqa/circles"
)

// lab is the loopback network, in which the test servers live.
var lab = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// names is a resolver that asks nobody: answer gives the address of a host at its nth look-up
// (from 0); the zero Addr says that there is no such name.
func names(t *testing.T, answer func(host string, n int) netip.Addr) *net.Resolver {
	t.Helper()
	var mu sync.Mutex
	asked := map[string]int{}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			var size [2]byte // DNS over a stream: RFC 1035 4.2.2
			for {
				if _, err := io.ReadFull(theirs, size[:]); err != nil {
					return
				}
				packet := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(theirs, packet); err != nil {
					return
				}
				var m dnsmessage.Message
				if err := m.Unpack(packet); err != nil || len(m.Questions) != 1 {
					return
				}
				q := m.Questions[0]
				key := q.Type.String() + q.Name.String()
				mu.Lock()
				addr := answer(strings.TrimSuffix(q.Name.String(), "."), asked[key])
				asked[key]++
				mu.Unlock()
				m.Response, m.RCode, m.Additionals = true, dnsmessage.RCodeSuccess, nil
				head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
				switch {
				case !addr.IsValid():
					m.RCode = dnsmessage.RCodeNameError
				case addr.Is4() && q.Type == dnsmessage.TypeA:
					m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}}}
				case addr.Is6() && q.Type == dnsmessage.TypeAAAA:
					m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}}}
				}
				out, err := m.Pack()
				if err != nil {
					return
				}
				binary.BigEndian.PutUint16(size[:], uint16(len(out)))
				if _, err := theirs.Write(append(size[:], out...)); err != nil {
					return
				}
			}
		}()
		return ours, nil
	}}
}

// to resolves every name to one address.
func to(t *testing.T, addr string) *net.Resolver {
	return names(t, func(string, int) netip.Addr { return netip.MustParseAddr(addr) })
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

func request(t *testing.T, method, address string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// wantReason fails unless err is a refusal with this reason.
func wantReason(t *testing.T, what string, err error, reason string) {
	t.Helper()
	var e *circles.Error
	if !errors.As(err, &e) || e.Reason != reason {
		t.Errorf("%s: got error %v, want reason %q", what, err, reason)
	}
}

func activity(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", ActivityJSON)
	io.WriteString(w, body)
}

func TestDocument(t *testing.T) {
	var got http.Header
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		activity(w, `{"id":"x"}`)
	})
	c := client(t, Options{LabNetworks: lab})
	resp, err := c.Document(t.Context(), s.URL+"/u/ann#main-key", nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(resp.Body) != `{"id":"x"}` || resp.FinalURL.String() != s.URL+"/u/ann" {
		t.Errorf("got %q from %s", resp.Body, resp.FinalURL)
	}
	if got.Get("Accept") != acceptDocument || got.Get("User-Agent") == "" {
		t.Errorf("request headers: %v", got)
	}
}

func TestStatusErrorCarriesStatusAndRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		status int
		after  string
		kind   circles.Kind
		want   time.Duration
	}{
		{429, "120", circles.Limited, 2 * time.Minute},
		{503, "Sun, 22 Nov 2026 10:05:00 GMT", circles.Busy, 5 * time.Minute},
		{503, "Sun, 22 Nov 2020 10:05:00 GMT", circles.Busy, 0},
		{500, "99999999999999999999", circles.Busy, 0},
		{500, "9999999999", circles.Busy, 24 * time.Hour},
		{410, "", circles.Gone, 0},
		{404, "-5", circles.NotFound, 0},
		{401, "", circles.Forbidden, 0},
		{418, "", circles.Invalid, 0},
		{304, "", circles.Invalid, 0},
	}
	for _, tt := range tests {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", tt.after)
			w.WriteHeader(tt.status)
		})
		c := client(t, Options{LabNetworks: lab, Now: func() time.Time { return now }})
		_, err := c.Document(t.Context(), s.URL, nil)
		var se *StatusError
		if !errors.As(err, &se) || se.Status != tt.status || se.RetryAfter != tt.want {
			t.Errorf("%d, Retry-After %q: got %#v", tt.status, tt.after, err)
		}
		if got := circles.KindOf(err); got != tt.kind {
			t.Errorf("%d: got kind %q, want %q", tt.status, got, tt.kind)
		}
	}
}

func TestHost(t *testing.T) {
	tests := []struct{ address, want string }{
		{"https://Example.COM/u/ann", "example.com"},
		{"https://example.com:443/", "example.com"},
		{"http://example.com:80/", "example.com"},
		{"https://example.com:8443/", "example.com:8443"},
		{"https://example.com./", "example.com"},
		{"https://BÜCHER.example/", "xn--bcher-kva.example"},
		{"https://xn--bcher-kva.example/", "xn--bcher-kva.example"},
		{"https://例え。テスト/", "xn--r8jz45g.xn--zckzah"},
		{"https://ｅｘａｍｐｌｅ.com/", "example.com"},
		{"http://127.0.0.1:8081/c/x", "127.0.0.1:8081"},
		{"https://１２７.0.0.1/", "127.0.0.1"},
		{"https://[::ffff:127.0.0.1]/", "127.0.0.1"},
		{"https://[2001:DB8:0::1]:444/", "[2001:db8::1]:444"},
		{"https://my_peer/", "my_peer"},
		{"https:///x", ""},
		{"//example.com/", ""},
		{"/u/ann", ""},
		{"ftp://example.com/", ""},
		{"https:example.com", ""},
		{"https://ann@example.com/", ""},
		{"https://example.com:0/", ""},
		{"https://example.com:99999/", ""},
		{"https://exa mple.com/", ""},
		{"https://a..example/", ""},
		{"https://.example/", ""},
		{"https://[fe80::1%25eth0]/", ""},
		{"https://example.com/" + strings.Repeat("a", maxURL), ""},
		{"https://" + strings.Repeat("a.", 140) + "example/", ""},
	}
	for _, tt := range tests {
		got, err := Host(tt.address)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("Host(%q) = %q, %v; want %q", tt.address, got, err, tt.want)
		}
	}
}

// CVE-2023-42451: hosts are compared as DNS does, not as text.
func TestSameHostComparesNormalisedHosts(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"https://a.example/x", "https://A.example:443/y", true},
		{"https://bücher.example/", "https://xn--bcher-kva.example/", true},
		{"https://a.example/", "https://a.example.evil.example/", false},
		{"https://a.example/", "https://b.example/?https://a.example/", false},
		{"http://127.0.0.1:1/", "http://127.0.0.1:2/", false},
		{"https://a.example@evil.example/", "https://a.example/", false},
		{"", "", false},
	}
	for _, tt := range tests {
		if got := SameHost(tt.a, tt.b); got != tt.want {
			t.Errorf("SameHost(%q, %q) = %v", tt.a, tt.b, got)
		}
	}
}

func FuzzHost(f *testing.F) {
	f.Add("https://Bücher.example:443/x")
	f.Add("http://[::ffff:1.2.3.4]:80")
	f.Add("https://１２７.0.0.1/")
	f.Fuzz(func(t *testing.T, address string) {
		h, err := Host(address)
		if err != nil {
			return
		}
		scheme, _, _ := strings.Cut(strings.ToLower(address), ":")
		again, err := Host(scheme + "://" + h + "/")
		if err != nil || again != h {
			t.Errorf("Host(%q) = %q, which itself reads as %q, %v", address, h, again, err)
		}
		if _, err := url.Parse("https://" + h + "/"); err != nil {
			t.Errorf("Host(%q) = %q: %v", address, h, err)
		}
	})
}
