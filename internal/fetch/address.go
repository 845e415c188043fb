package fetch

import (
	"net/netip"
)

// refused4 are the IPv4 ranges that are not the public internet (IANA special-purpose registry,
// RFC 6890 and later). 240.0.0.0/4 holds the broadcast address too.
var refused4 = prefixes(
	"0.0.0.0/8",       // this host; Linux connects 0.0.0.0 to loopback (CVE-2025-25194)
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT; cloud metadata lives here at some hosters
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, cloud metadata
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarking
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, broadcast
)

// global6 is the only part of IPv6 in which public hosts live today (RFC 4291 2.4). Loopback,
// unique local, link-local, site-local, multicast, IPv4-compatible and the local NAT64 range
// 64:ff9b:1::/48 all lie outside it.
var global6 = netip.MustParsePrefix("2000::/3")

// refused6 are the ranges inside global6 that lead elsewhere. Tunnels are refused whole: they carry
// an IPv4 address of the sender's choice, and no server is reached through them any more.
var refused6 = prefixes(
	"2001::/23",     // protocol assignments: Teredo 2001::/32, benchmarking, ORCHID
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4
	"3fff::/20",     // documentation
)

// nat64 is how a host without IPv4 reaches all of IPv4 (RFC 6052 2.1), so it cannot be refused
// whole: the address inside is what counts.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func prefixes(texts ...string) []netip.Prefix {
	ps := make([]netip.Prefix, len(texts))
	for i, s := range texts {
		ps[i] = netip.MustParsePrefix(s)
	}
	return ps
}

// public reports whether addr is a host on the public internet. Wrapped IPv4 addresses are
// unwrapped first (GHSA-vwhj-3g83-v276).
func public(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	if nat64.Contains(addr) {
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	if addr.Is4() {
		return !within(addr, refused4)
	}
	return global6.Contains(addr) && !within(addr, refused6)
}

func within(addr netip.Addr, ps []netip.Prefix) bool {
	for _, p := range ps {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// permits reports whether a connection to ap may be opened: public hosts on the https port, and
// lab networks on any.
func (c *Client) permits(ap netip.AddrPort) bool {
	if within(ap.Addr().Unmap(), c.lab) {
		return true
	}
	return !c.labOnly && ap.Port() == httpsPort && public(ap.Addr())
}
