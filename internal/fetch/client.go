package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

const (
	connectTimeout = 5 * time.Second  // name look-up and TCP; as much again for TLS
	readTimeout    = 10 * time.Second // to the first byte of the answer, and between any two reads
	totalTimeout   = 30 * time.Second // one request with all its redirects

	maxAnswerHeader = 64 << 10 // bytes; the longest seen from a real peer are below 8 KiB
	idleTimeout     = 60 * time.Second

	// Reading: a few connections a host serve threads and outboxes; more would let one slow host
	// hold many of ours.
	readConnsPerHost = 8
	readIdlePerHost  = 2
	readIdle         = 256

	// Delivering: the sender's window per host grows to 64; idle connections are kept for the
	// many hosts that an active circle reaches every few seconds.
	sendConnsPerHost = 64
	sendIdlePerHost  = 8
	sendIdle         = 1024

	defaultUserAgent = "Halqa" // never empty: GoToSocial answers 418 to a request without one
)

// Options are what a Client is made of; the zero value fetches from the public internet.
type Options struct {
	// LabNetworks may be reached whatever they are, over plain http and on any port too. For test
	// networks only: whoever can name an address can reach everything in them.
	LabNetworks []netip.Prefix
	// LabOnly refuses everything outside LabNetworks, the public internet too: for an instance that
	// has no public name yet, which nobody out there could answer.
	LabOnly   bool
	UserAgent string
	Now       func() time.Time // nil = time.Now
	Resolver  *net.Resolver    // nil = the system's
	RootCAs   *x509.CertPool   // nil = the system's
	// Known reports whether this instance already deals with a host (in the form of Host); such
	// hosts do not count against their domain's budget of new subdomains. nil = none is known.
	Known func(host string) bool
	// Zero = 5 s, 10 s and 30 s.
	Connect, Read, Total time.Duration
}

// A Client fetches from and delivers to strangers. It is safe for concurrent use; Close it to let
// go of its idle connections.
type Client struct {
	lab     []netip.Prefix
	labOnly bool
	agent   string
	now     func() time.Time
	known   func(string) bool
	budget  *budget
	read    time.Duration
	total   time.Duration
	reading *http.Transport // GET and HEAD
	sending *http.Transport // everything else, and HTTPClient
}

// New returns a Client; see Options.
func New(o Options) *Client {
	c := &Client{
		labOnly: o.LabOnly,
		agent:   o.UserAgent,
		now:     o.Now,
		known:   o.Known,
		read:    orDefault(o.Read, readTimeout),
		total:   orDefault(o.Total, totalTimeout),
	}
	for _, p := range o.LabNetworks {
		c.lab = append(c.lab, p.Masked())
	}
	if c.agent == "" {
		c.agent = defaultUserAgent
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.budget = newBudget(c.now)
	connect := orDefault(o.Connect, connectTimeout)
	c.reading = c.transport(o, connect, readIdle, readIdlePerHost, readConnsPerHost)
	c.sending = c.transport(o, connect, sendIdle, sendIdlePerHost, sendConnsPerHost)
	return c
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

func (c *Client) transport(o Options, connect time.Duration, idle, idlePerHost, connsPerHost int) *http.Transport {
	dialer := &net.Dialer{
		Timeout:  connect,
		Resolver: o.Resolver,
		// The last moment before connect(2), with the address that was really resolved: what was
		// checked is what is reached, whatever DNS says next.
		Control: func(_, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil || !c.permits(ap) {
				return errRefused
			}
			return nil
		},
	}
	return &http.Transport{
		Proxy:                  nil, // a proxy would resolve and connect behind our back
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		TLSHandshakeTimeout:    connect,
		ResponseHeaderTimeout:  c.read,
		ExpectContinueTimeout:  time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           idle,
		MaxIdleConnsPerHost:    idlePerHost,
		MaxConnsPerHost:        connsPerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxAnswerHeader,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: c.read, PingTimeout: c.read},
	}
}

// Close lets go of idle connections. Requests under way are not disturbed.
func (c *Client) Close() {
	c.reading.CloseIdleConnections()
	c.sending.CloseIdleConnections()
}

// Lab reports whether any lab network is configured.
func (c *Client) Lab() bool { return len(c.lab) > 0 }

// HTTPClient returns a client with the same guard for libraries that want one. It follows no
// redirect (the 3xx is the answer), keeps no cookies, ends after the total time, and stops reading
// a body at MaxBody. Its errors unwrap to a *circles.Error where one of our rules refused.
func (c *Client) HTTPClient() *http.Client {
	return &http.Client{
		Transport:     guard{c},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       c.total,
	}
}

// guard is the RoundTripper of HTTPClient.
type guard struct{ c *Client }

func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.c.checkURL(req.URL); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	if req.Header.Get("User-Agent") == "" {
		req = req.Clone(req.Context())
		req.Header.Set("User-Agent", g.c.agent)
	}
	resp, err := g.c.sending.RoundTrip(req)
	if err != nil {
		return nil, classify(req.Context(), req.URL, err)
	}
	resp.Body = &cappedBody{body: resp.Body, u: req.URL, left: MaxBody}
	return resp, nil
}

// checkURL refuses, before any name is looked up, what could not be allowed whatever it resolves
// to. The address itself is judged when its socket connects.
func (c *Client) checkURL(u *url.URL) error {
	if u.User != nil || u.Opaque != "" || u.Host == "" || len(u.String()) > maxURL {
		return badAddress()
	}
	name, err := hostName(u)
	if err != nil {
		return err
	}
	port, err := portOf(u)
	if err != nil {
		return err
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && port != httpsPort && c.Lab():
		// The dialer knows ports, not schemes: plain http to 443 would pass for https there.
	default:
		return notAllowed(shown(u))
	}
	if port != httpsPort && !c.Lab() {
		return notAllowed(shown(u))
	}
	if addr, err := netip.ParseAddr(name); err == nil && !within(addr, c.lab) {
		return notAllowed(shown(u)) // servers have names; a bare address is somebody probing
	}
	return nil
}
