package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"halqa/internal/fetch"
)

const ourHost = "circles.example"

// A proxied is an instance behind a reverse proxy with a certificate, on loopback, and what is needed
// to look at it from outside.
type proxied struct {
	*outside
	server *served
	roots  *x509.CertPool
	issue  func(names []string, end time.Time) tls.Certificate
}

// newProxied starts them. header changes what the proxy hands over; nil = as it should.
func newProxied(t *testing.T, cert func(p *proxied) tls.Certificate, header func(*httputil.ProxyRequest)) *proxied {
	t.Helper()
	in := newInstance(t, `host = "`+ourHost+`"`)
	port := freePort(t)
	p := &proxied{server: in.serve("--listen", "127.0.0.1:"+port)}
	p.roots, p.issue = authority(t)
	local := "http://127.0.0.1:" + port
	target, err := url.Parse(local)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = ourHost // on port 443 it would come like this
		r.Out.Header["X-Forwarded-For"] = []string{"203.0.113.9"}
		r.Out.Header.Set("X-Forwarded-Proto", "https")
		if header != nil {
			header(r)
		}
	}})
	certificate := p.issue([]string{ourHost}, time.Now().Add(60*24*time.Hour))
	if cert != nil {
		certificate = cert(p)
	}
	front.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.StartTLS()
	t.Cleanup(front.Close)
	_, frontPort, _ := net.SplitHostPort(front.Listener.Addr().String())

	cfg, err := loadConfig(in.config, in.getenv)
	if err != nil {
		t.Fatal(err)
	}
	o, done, err := newOutside(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	o.fetch.Close()
	o.base = "https://" + net.JoinHostPort(ourHost, frontPort)
	o.local = local
	o.actor = "https://" + ourHost + "/"
	o.lab = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	o.resolver, o.roots = namesOf(map[string]string{ourHost: "127.0.0.1", "private.example": "10.1.2.3"}), p.roots
	o.fetch = fetch.New(fetch.Options{LabNetworks: o.lab, Resolver: o.resolver, RootCAs: o.roots})
	t.Cleanup(o.fetch.Close)
	p.outside = o
	return p
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// authority makes certificates that its pool trusts.
func authority(t *testing.T) (*x509.CertPool, func([]string, time.Time) tls.Certificate) {
	t.Helper()
	sign := func(template, parent *x509.Certificate, by *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if by == nil {
			by = key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
		if err != nil {
			t.Fatal(err)
		}
		return der, key
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour * 24),
	}
	der, rootKey := sign(root, root, nil)
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool, func(names []string, end time.Time) tls.Certificate {
		leaf, key := sign(&x509.Certificate{
			SerialNumber: big.NewInt(2), DNSNames: names, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: end,
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}, parsed, rootKey)
		return tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}
	}
}

// namesOf is a resolver that asks nobody.
func namesOf(addrs map[string]string) *net.Resolver {
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
				m.Response, m.Additionals = true, nil
				addr, known := addrs[strings.TrimSuffix(q.Name.String(), ".")]
				switch {
				case !known:
					m.RCode = dnsmessage.RCodeNameError
				case q.Type == dnsmessage.TypeA:
					head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
					m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()}}}
				}
				out, err := m.Pack()
				if err != nil {
					return
				}
				if _, err := theirs.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
					return
				}
			}
		}()
		return ours, nil
	}}
}

// look runs the checks and returns what each said: "ok" or "fail" and the sentence.
func (p *proxied) lookAll(t *testing.T) (map[string]string, error) {
	t.Helper()
	var out bytes.Buffer
	err := p.look(t.Context(), &out)
	got := map[string]string{}
	for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		m := regexp.MustCompile(`^(ok|fail) +(\w+) +(.+)$`).FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("the report has the line %q", line)
		}
		got[m[2]] = m[1] + " " + m[3]
	}
	return got, err
}

func TestOnlineCheckOfAnInstanceThatIsWell(t *testing.T) {
	p := newProxied(t, nil, nil)
	got, err := p.lookAll(t)
	if err != nil {
		t.Errorf("the checks: %v", err)
	}
	for name, want := range map[string]string{
		"dns": "ok circles.example is 127.0.0.1", "certificate": "ok valid for another 59 days", "webfinger": "ok the instance is https://circles.example/",
		"nodeinfo": "ok halqa " + version, "clock": "ok ", "proxy": "ok 127.0.0.1 hands over Host",
	} {
		if !strings.HasPrefix(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	// The path that the check asked answers nobody else, and not twice.
	resp, err := http.Get(p.local + probePrefix + "AAAAAAAAAAAAAAAAAAAAAAAAAA")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("a path that was never handed out answers %d", resp.StatusCode)
	}
}

func TestOnlineCheckFindsWhatIsWrong(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		cert   func(p *proxied) tls.Certificate
		header func(*httputil.ProxyRequest)
		change func(t *testing.T, p *proxied)
		check  string
		want   string
	}{
		{name: "no such name", check: "dns", want: "has no address", change: func(_ *testing.T, p *proxied) { p.host = "nowhere.example" }},
		{name: "a private address", check: "dns", want: "is 10.1.2.3, which others cannot reach", change: func(_ *testing.T, p *proxied) { p.host = "private.example" }},
		{name: "ends soon", check: "certificate", want: "in 3 days", cert: func(p *proxied) tls.Certificate {
			return p.issue([]string{ourHost}, time.Now().Add(3*day+time.Hour))
		}},
		{name: "expired", check: "certificate", want: "is not valid", cert: func(p *proxied) tls.Certificate {
			return p.issue([]string{ourHost}, time.Now().Add(-time.Hour))
		}},
		{name: "another name", check: "certificate", want: "is not valid", cert: func(p *proxied) tls.Certificate {
			return p.issue([]string{"other.example"}, time.Now().Add(60*day))
		}},
		{name: "nobody there", check: "certificate", want: "does not answer with TLS", change: func(t *testing.T, p *proxied) {
			p.base = "https://" + net.JoinHostPort(ourHost, freePort(t))
		}},
		{name: "another server", check: "webfinger", want: "answered by something else", change: func(t *testing.T, p *proxied) {
			p.local = httptestServer(t, `{"subject": "acct:other@other.example", "links": []}`)
		}},
		{name: "no server", check: "webfinger", want: "does not answer at http://127.0.0.1:", change: func(t *testing.T, p *proxied) {
			p.local = "http://127.0.0.1:" + freePort(t)
		}},
		{name: "started for another host", check: "webfinger", want: "was started for another host", change: func(_ *testing.T, p *proxied) {
			p.actor = "https://other.example/"
		}},
		{name: "a wrong clock", check: "clock", want: "Set the clock", change: func(_ *testing.T, p *proxied) {
			p.now = func() time.Time { return time.Now().Add(5 * time.Minute) }
		}},
		{name: "no server on the folder", check: "proxy", want: "Start it first", change: func(_ *testing.T, p *proxied) { p.ctl = nil }},
		{name: "Host is changed", check: "proxy", want: `changes Host to "localhost"`, header: func(r *httputil.ProxyRequest) {
			r.Out.Host = "localhost"
		}},
		{name: "no X-Forwarded-Proto", check: "proxy", want: "Have it send https", header: func(r *httputil.ProxyRequest) {
			r.Out.Header.Del("X-Forwarded-Proto")
		}},
		{name: "no X-Forwarded-For", check: "proxy", want: "Have it send X-Forwarded-For", header: func(r *httputil.ProxyRequest) {
			r.Out.Header["X-Forwarded-For"] = nil
		}},
		{name: "/.well-known goes elsewhere", check: "proxy", want: "did not come to this server", header: func(r *httputil.ProxyRequest) {
			if strings.HasPrefix(r.Out.URL.Path, probePrefix) {
				r.Out.URL.Path = "/"
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProxied(t, c.cert, c.header)
			if c.change != nil {
				c.change(t, p)
			}
			got, err := p.lookAll(t)
			if err == nil {
				t.Error("the check as a whole found nothing wrong")
			}
			if !strings.HasPrefix(got[c.check], "fail ") || !strings.Contains(got[c.check], c.want) || !strings.HasSuffix(got[c.check], ".") {
				t.Errorf("%s: %q, want a sentence with %q", c.check, got[c.check], c.want)
			}
		})
	}
}

func httptestServer(t *testing.T, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
	t.Cleanup(s.Close)
	return s.URL
}

func TestOnlineCheckNeedsAHost(t *testing.T) {
	newInstance(t).run("", "config", "check", "--online").wantRefused(t, "set host first")
}

// The exit status of a check that was made and found trouble is 1, not 2.
func TestOnlineCheckExitStatus(t *testing.T) {
	in := newInstance(t, `host = "circles.example"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // so that nobody is asked
	var o outcome
	var out, errs bytes.Buffer
	o.code = run(ctx, []string{"--config", in.config, "config", "check", "--online"}, in.getenv, strings.NewReader(""), &out, &errs)
	o.out, o.err = out.String(), errs.String()
	if o.code != exitFailed || strings.Count(o.out, "\nfail ") != 6 {
		t.Errorf("exit status %d\n%s%s", o.code, o.out, o.err)
	}
}
