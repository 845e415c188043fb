package text

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"halqa/circles"
)

// A Kind says what a reference in a text or a search box points to.
type Kind string

const (
	Person  Kind = "person"  // @name@host, name@host, acct:name@host
	Circle  Kind = "circle"  // !name@host
	Tag     Kind = "tag"     // #name
	Address Kind = "address" // an https address of an actor or a post
)

const (
	maxHandle     = 2048 // bytes of what is pasted; the longest address that browsers agree on
	maxRemoteName = 128  // runes; Mastodon has no limit of its own for remote names
)

// ParseHandle reads what people paste to find someone: @name@host, name@host, acct:name@host,
// !circle@host, @name and !circle for this instance (host is then empty), or an https address, for
// which the kind is Address, the name is the whole address in normal form and the host its host.
// Hosts are as Host returns them. A name is in lower case if it is local and as typed if not.
func ParseHandle(s string) (kind Kind, name, host string, err error) {
	if len(s) > maxHandle {
		return "", "", "", badHandle()
	}
	s = CleanLine(s, maxHandle)
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		scheme = strings.ToLower(scheme)
		if scheme != "https" && scheme != "http" {
			return "", "", "", badHandle()
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.User != nil {
			return "", "", "", badHandle()
		}
		if host, err = Host(u.Host); err != nil {
			return "", "", "", err
		}
		u.Scheme, u.Host, u.Fragment, u.RawFragment = scheme, host, "", ""
		return Address, u.String(), host, nil
	}
	kind = Person
	switch {
	case strings.HasPrefix(s, "acct:"):
		s = strings.TrimPrefix(s[len("acct:"):], "@")
		if !strings.Contains(s, "@") {
			return "", "", "", badHandle()
		}
	case strings.HasPrefix(s, "@"):
		s = s[1:]
	case strings.HasPrefix(s, "!"):
		kind, s = Circle, s[1:]
	case !strings.Contains(s, "@"):
		return "", "", "", badHandle()
	}
	name, host, remote := strings.Cut(s, "@")
	if !remoteName(name) {
		return "", "", "", badHandle()
	}
	if !remote {
		return kind, strings.ToLower(name), "", nil
	}
	if host, err = Host(host); err != nil {
		return "", "", "", err
	}
	return kind, name, host, nil
}

// remoteName accepts more than ValidName: NodeBB's categories have hyphens, WordPress's authors dots.
func remoteName(s string) bool {
	if s == "" || len(s) > maxRemoteName || strings.Trim(s, "._-~") == "" {
		return false
	}
	for _, c := range []byte(s) {
		if !isNameByte(c) && c != '.' && c != '-' && c != '~' {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// Host returns the one form of a host name, with its port if it has one other than 443: IDNA's
// ASCII form in lower case, without the final dot. Compare hosts in this form only: Mastodon once
// took "Example.com" and "example.com" for two (CVE-2023-42451). IP addresses pass, for test
// networks; whether one may be reached is the fetcher's to say.
func Host(s string) (string, error) {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && (!strings.Contains(s[:i], ":") || strings.HasSuffix(s[:i], "]")) {
		host, port = s[:i], s[i+1:]
		if !isPort(port) {
			return "", badHost()
		}
		if port == "443" {
			port = ""
		}
	}
	if strings.HasPrefix(host, "[") || looksNumeric(host) {
		ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
		if err != nil || ip.Zone() != "" || ip.Is6() != strings.HasPrefix(host, "[") || ip.Is6() != strings.HasSuffix(host, "]") {
			return "", badHost()
		}
		host = ip.String()
		if port == "" {
			if ip.Is6() {
				host = "[" + host + "]"
			}
			return host, nil
		}
		return net.JoinHostPort(host, port), nil
	}
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || host == "" || len(host) > 253 || looksNumeric(host) {
		return "", badHost()
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return "", badHost()
		}
	}
	if port != "" {
		return host + ":" + port, nil
	}
	return host, nil
}

// looksNumeric reports hosts that a resolver may read as an IPv4 address: those whose last label is
// a number (WHATWG URL, "ends in a number").
func looksNumeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if len(last) > 2 && (last[:2] == "0x" || last[:2] == "0X") {
		return true
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func isPort(s string) bool {
	return s != "" && len(s) <= 5 && s[0] != '0' && strings.Trim(s, "0123456789") == "" && (len(s) < 5 || s <= "65535")
}

func badHandle() error {
	return circles.Errorf(circles.Invalid, "That is not an address; write it as @name@host, !circle@host or https://…").
		With("refused.handle", nil)
}

func badHost() error {
	return circles.Errorf(circles.Invalid, "That is not the name of a server; write it as example.org.").
		With("refused.host", nil)
}
