package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
)

const (
	certificateLeft = 7 * 24 * time.Hour // less means that renewing does not work: it happens 30 days before the end
	clockApart      = time.Minute        // peers bear an hour, some of them less
	onlinePatience  = 15 * time.Second   // for one check
)

// An outside looks at an instance as others see it.
type outside struct {
	host  string // as configured
	base  string // "https://" and the host; where the public address is asked
	actor string // the id of the instance's own actor
	local string // where the server answers on this machine, such as "http://localhost:8080"
	fetch *fetch.Client
	ctl   *http.Client // of the running server; nil = none runs
	now   func() time.Time

	// What tests put in the place of the system's.
	resolver *net.Resolver
	roots    *x509.CertPool
	lab      []netip.Prefix
}

// newOutside prepares the checks. close lets go of connections.
func newOutside(c config) (o *outside, close func(), err error) {
	if c.Host == "" {
		return nil, nil, circles.Errorf(circles.Invalid, "No host is configured, so there is nothing to see from outside; set host first.")
	}
	lab, err := prefixes("federation.lab_networks", c.Federation.LabNetworks)
	if err != nil {
		return nil, nil, err
	}
	client, running, err := dialCtl(c)
	if err != nil {
		return nil, nil, err
	}
	o = &outside{host: c.Host, base: "https://" + c.Host, actor: "https://" + c.Host + "/", local: baseOf(config{Listen: c.Listen}, c.Listen), now: time.Now, resolver: net.DefaultResolver, lab: lab}
	if running {
		o.ctl = client
	}
	o.fetch = fetch.New(fetch.Options{LabNetworks: lab, UserAgent: "Halqa/" + version + " (+" + o.base + "/)"})
	return o, func() {
		o.fetch.Close()
		if running {
			client.CloseIdleConnections()
		}
	}, nil
}

// look makes every check, each for itself, and prints a line for it. The result is a refusal if any
// found trouble.
func (o *outside) look(ctx context.Context, out io.Writer) error {
	failed := 0
	for _, check := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{
		{"dns", o.dns}, {"certificate", o.certificate}, {"webfinger", o.webFinger}, {"nodeinfo", o.nodeInfo},
		{"clock", o.clock}, {"proxy", o.proxy},
	} {
		ctx, cancel := context.WithTimeout(ctx, onlinePatience)
		found, err := check.do(ctx)
		cancel()
		if err != nil {
			failed++
			fmt.Fprintf(out, "fail  %-12s %s\n", check.name, sentenceOf(err))
			continue
		}
		fmt.Fprintf(out, "ok    %-12s %s\n", check.name, found)
	}
	if failed > 0 {
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
}

// sentenceOf is what a check says of its trouble, on one line.
func sentenceOf(err error) string {
	var refusal *circles.Error
	if errors.As(err, &refusal) {
		return refusal.Message
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

func trouble(format string, args ...any) error {
	return circles.Errorf(circles.Invalid, format, args...)
}

func (o *outside) dns(ctx context.Context) (string, error) {
	addrs, err := o.resolver.LookupNetIP(ctx, "ip", o.host)
	if err != nil || len(addrs) == 0 {
		return "", trouble("%s has no address. Add an A or AAAA record that names this server.", o.host)
	}
	var list []string
	for _, a := range addrs {
		a = a.Unmap()
		if !o.public(a) {
			return "", trouble("%s is %s, which others cannot reach. Let its A and AAAA records name the public address.", o.host, a)
		}
		list = append(list, a.String())
	}
	return o.host + " is " + strings.Join(list, ", "), nil
}

func (o *outside) public(a netip.Addr) bool {
	for _, p := range o.lab {
		if p.Contains(a) {
			return true
		}
	}
	return a.IsGlobalUnicast() && !a.IsPrivate()
}

func (o *outside) certificate(ctx context.Context) (string, error) {
	u, err := url.Parse(o.base)
	if err != nil {
		return "", err
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Resolver: o.resolver}, Config: &tls.Config{RootCAs: o.roots, ServerName: o.host, Time: o.now}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(o.host, port))
	var invalid *tls.CertificateVerificationError
	if errors.As(err, &invalid) {
		return "", trouble("The certificate of %s is not valid: %v. Have the reverse proxy get one for this name.", o.host, invalid.Err)
	}
	if err != nil {
		return "", trouble("%s does not answer with TLS on port %s: %v. Look whether the reverse proxy runs and the firewall lets it be reached.", o.host, port, err)
	}
	defer conn.Close()
	end := conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter
	left := end.Sub(o.now())
	if left < certificateLeft {
		return "", trouble("The certificate of %s ends on %s, in %d days. Look why the reverse proxy has not renewed it.", o.host, end.Format(time.DateOnly), int(left.Hours()/24))
	}
	return fmt.Sprintf("valid for another %d days", int(left.Hours()/24)), nil
}

// webFinger compares what the public address says of the instance's own actor with what the server
// itself says. RFC 7033 4
func (o *outside) webFinger(ctx context.Context) (string, error) {
	query := "/.well-known/webfinger?resource=" + url.QueryEscape(o.actor)
	own, err := o.askLocal(ctx, query)
	if err != nil {
		return "", err
	}
	public, err := o.fetch.JSON(ctx, o.base+query)
	if err != nil {
		return "", publicTrouble(o.base+"/.well-known/webfinger", err)
	}
	finger, err := as.ParseWebFinger(public.Body)
	if err != nil || !bytes.Equal(bytes.TrimSpace(public.Body), bytes.TrimSpace(own)) {
		return "", trouble("%s/.well-known/webfinger is answered by something else than this server. Have the reverse proxy hand over everything, /.well-known too.", o.base)
	}
	for _, self := range finger.Selves {
		if self.Href == o.actor {
			return "the instance is " + self.Href, nil
		}
	}
	return "", trouble("The instance says that it is not %s; restart it with this configuration.", o.actor)
}

func publicTrouble(address string, err error) error {
	return trouble("%s cannot be read from outside: %s Look at the reverse proxy.", address, sentenceOf(err))
}

// askLocal asks the server on this machine, past the proxy.
func (o *outside) askLocal(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.local+path, nil)
	if err != nil {
		return nil, err
	}
	req.Host = o.host
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: onlinePatience}
	resp, err := client.Do(req)
	if err != nil {
		return nil, trouble("The server does not answer at %s. Start it, and check from where it runs.", o.local)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, trouble("The server at %s was started for another host; restart it with this configuration.", o.local)
	}
	return io.ReadAll(io.LimitReader(resp.Body, fetch.MaxBody))
}

func (o *outside) nodeInfo(ctx context.Context) (string, error) {
	links, err := o.fetch.JSON(ctx, o.base+"/.well-known/nodeinfo")
	if err != nil {
		return "", publicTrouble(o.base+"/.well-known/nodeinfo", err)
	}
	address, err := as.ParseNodeInfoLinks(links.Body)
	if err != nil {
		return "", publicTrouble(o.base+"/.well-known/nodeinfo", err)
	}
	path, ours := strings.CutPrefix(address, strings.TrimSuffix(o.actor, "/"))
	if !ours {
		return "", trouble("%s/.well-known/nodeinfo names %.80q, which is elsewhere. Have the reverse proxy hand over everything, /.well-known too.", o.base, address)
	}
	doc, err := o.fetch.JSON(ctx, o.base+path)
	if err != nil {
		return "", publicTrouble(address, err)
	}
	var said struct {
		Software struct{ Name, Version string }
	}
	if err := json.Unmarshal(doc.Body, &said); err != nil || said.Software.Name != as.SoftwareName {
		return "", trouble("%s says that another program answers (%.40q). Have the reverse proxy hand over /nodeinfo too.", address, said.Software.Name)
	}
	return fmt.Sprintf("%s %.40s", said.Software.Name, said.Software.Version), nil
}

// clock compares our clock with the Date of the public address. That may be this machine's own, so a
// proxy elsewhere tells more. RFC 9110 6.6.1
func (o *outside) clock(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, o.base+"/", nil)
	if err != nil {
		return "", err
	}
	before := o.now()
	resp, err := o.fetch.Do(ctx, req, fetch.Limits{}, nil)
	if err != nil {
		return "", publicTrouble(o.base+"/", err)
	}
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return "", trouble("%s sends no Date header, so clocks cannot be compared.", o.base)
	}
	// Date has whole seconds, and lies somewhere between asking and answer.
	apart := max(before.Sub(date.Add(time.Second)), date.Sub(o.now()), 0)
	if apart > clockApart {
		return "", trouble("This machine's clock and that of %s are %s apart; signatures will be refused. Set the clock with NTP.", o.base, apart.Round(time.Second))
	}
	return "this machine and the public address agree", nil
}

// proxy has a request come in over the public address and looks at what the proxy made of it.
func (o *outside) proxy(ctx context.Context) (string, error) {
	if o.ctl == nil {
		return "", trouble("No server runs on the configured data folder, so what the reverse proxy hands over cannot be seen. Start it first.")
	}
	var path string
	if err := o.askCtl(ctx, http.MethodPost, probePath, &path); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.base+path, nil)
	if err != nil {
		return "", err
	}
	if _, err := o.fetch.Do(ctx, req, fetch.Limits{}, nil); err != nil {
		return "", publicTrouble(o.base, err)
	}
	var s *seen
	if err := o.askCtl(ctx, http.MethodGet, probePath+"?path="+url.QueryEscape(path), &s); err != nil {
		return "", err
	}
	switch {
	case s == nil:
		return "", trouble("A request to %s did not come to this server. Have the reverse proxy hand over everything to %s.", o.base, o.local)
	case s.Host != o.host:
		return "", trouble("The reverse proxy changes Host to %.80q, and signatures cover it. Have it hand over Host as it came.", s.Host)
	case s.Proto != "https":
		return "", trouble("The reverse proxy sends X-Forwarded-Proto: %.20q. Have it send https.", s.Proto)
	case !s.Trusted:
		return "", trouble("Requests come from %s, which is not among proxies. Add it there if it is your reverse proxy.", s.Peer)
	case s.Client == s.Peer:
		return "", trouble("The reverse proxy at %s does not say whom it serves. Have it send X-Forwarded-For.", s.Peer)
	}
	return fmt.Sprintf("%s hands over Host, X-Forwarded-Proto and X-Forwarded-For", s.Peer), nil
}

func (o *outside) askCtl(ctx context.Context, method, path string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://halqa"+path, nil)
	if err != nil {
		return err
	}
	resp, err := o.ctl.Do(req)
	if err != nil {
		return fmt.Errorf("ask the running server: %w", err)
	}
	defer resp.Body.Close()
	return json.NewDecoder(io.LimitReader(resp.Body, maxCtl)).Decode(answer)
}
