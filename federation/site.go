package federation

import (
	"strings"

	"halqa/circles"
	"halqa/internal/fetch"
)

// A Site is this instance as other servers know it. Local ids are stored as paths; on the wire they
// are addresses below the base.
type Site struct {
	Base string // "https://circles.example", without a final slash
	Host string // "circles.example"; with a port in test networks
}

// NewSite reads the base address of an instance.
func NewSite(base string) (Site, error) {
	base = strings.TrimSuffix(base, "/")
	host, err := fetch.Host(base)
	if err != nil {
		return Site{}, err
	}
	return Site{Base: base, Host: host}, nil
}

// Address turns a stored uri into the address others know: paths become ours, addresses stay.
func (s Site) Address(uri string) string {
	if strings.HasPrefix(uri, "/") {
		return s.Base + uri
	}
	return uri
}

// URI turns an address into what is stored: a path if it is ours, else itself. The instance actor's
// address is the base with or without its slash.
func (s Site) URI(address string) string {
	if path, ours := strings.CutPrefix(address, s.Base); ours {
		if path == "" {
			return "/"
		}
		if path[0] == '/' {
			return path
		}
	}
	return address
}

// Ours reports whether an address belongs to this instance.
func (s Site) Ours(address string) bool {
	host, err := fetch.Host(address)
	return err == nil && host == s.Host
}

// ActorAddress is the id of an actor on the wire.
func (s Site) ActorAddress(a *circles.Actor) string { return s.Address(a.URI) }
