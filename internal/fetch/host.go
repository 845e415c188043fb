package fetch

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"halqa/circles"
)

const (
	httpsPort = 443
	maxURL    = 2048 // bytes; peers store addresses in columns of about this size
	maxHost   = 253  // bytes in DNS (RFC 1035 2.3.4)
)

// hostProfile maps a host to the form that DNS compares: ASCII, lower case (UTS 46, not
// transitional). Underscores stay possible, since container networks name hosts with them.
var hostProfile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// Host returns the host of an absolute http or https address as hosts are compared: IDNA in ASCII,
// lower case, without a final dot, with the port only if it is not the scheme's own. Two addresses
// belong to the same server exactly when their Hosts are equal (CVE-2023-42451).
func Host(address string) (string, error) {
	u, err := parse(address)
	if err != nil {
		return "", err
	}
	return hostOf(u)
}

// SameHost reports whether two addresses belong to one server. Addresses that cannot be read
// belong to none.
func SameHost(a, b string) bool {
	ha, err := Host(a)
	if err != nil {
		return false
	}
	hb, err := Host(b)
	return err == nil && ha == hb
}

// NormalHost brings a bare host, with or without a port, as it stands in a handle (name@host) to
// the form that Host returns.
func NormalHost(host string) (string, error) {
	if strings.ContainsAny(host, "/?#@\\") {
		return "", badAddress()
	}
	return Host("https://" + host)
}

// parse reads an absolute http or https address without user or password.
func parse(address string) (*url.URL, error) {
	if len(address) > maxURL {
		return nil, badAddress()
	}
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.User != nil || u.Host == "" {
		return nil, badAddress()
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, badAddress()
	}
	return u, nil
}

func hostOf(u *url.URL) (string, error) {
	name, err := hostName(u)
	if err != nil {
		return "", err
	}
	port, err := portOf(u)
	if err != nil {
		return "", err
	}
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port == schemePort(u.Scheme) {
		return name, nil
	}
	return name + ":" + strconv.Itoa(int(port)), nil
}

// hostName returns u's host in comparable form, without port and brackets.
func hostName(u *url.URL) (string, error) {
	raw := u.Hostname()
	if addr, err := netip.ParseAddr(raw); err == nil {
		if addr.Zone() != "" {
			return "", badAddress()
		}
		return addr.Unmap().String(), nil
	}
	name, err := hostProfile.ToASCII(raw)
	if err != nil {
		return "", badAddress()
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if again, err := hostProfile.ToASCII(name); err != nil || again != name {
		return "", badAddress() // a form that reads as another the second time
	}
	// Once more: full-width digits become an address only by mapping.
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Unmap().String(), nil
	}
	if name == "" || len(name) > maxHost || strings.HasPrefix(name, ".") || strings.Contains(name, "..") {
		return "", badAddress()
	}
	for _, c := range []byte(name) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
			return "", badAddress()
		}
	}
	return name, nil
}

func portOf(u *url.URL) (uint16, error) {
	text := u.Port()
	if text == "" {
		return schemePort(u.Scheme), nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, badAddress()
	}
	return uint16(n), nil
}

func schemePort(scheme string) uint16 {
	if scheme == "http" {
		return 80
	}
	return httpsPort
}

func badAddress() error {
	e := circles.Errorf(circles.Invalid, "This is not a complete https address; check it and try again.")
	e.Reason = ReasonAddress
	return e
}
