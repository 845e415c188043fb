package httpsig

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// ClockSkew is how far date or created may be from now: what Mastodon, Lemmy and PieFed allow.
const ClockSkew = time.Hour

// A Checked is a signature that covers what matters, for this host, this hour and this body. Only
// Verify is left.
type Checked struct {
	sig   *Signature
	bases []string // the texts that may have been signed, the exact one first
}

// Check refuses a signature that must not count whoever made it: one that leaves out what matters,
// was meant for a host not in hosts (ours, ASCII, with the port if not the default one), is more than
// ClockSkew from now or past its expiry, or carries another digest than that of body. body is what
// was read from the request; nil for GET.
func (s *Signature) Check(hosts []string, body []byte, now time.Time) (*Checked, error) {
	if err := s.checkCoverage(); err != nil {
		return nil, err
	}
	if !ours(hosts, s.req.Host) {
		return nil, refuse(ReasonHost, "The request is addressed to a host that is not served here.")
	}
	if err := s.checkClock(now); err != nil {
		return nil, err
	}
	if err := s.checkDigest(body); err != nil {
		return nil, err
	}
	c := &Checked{sig: s}
	var err error
	if s.Family == Cavage {
		err = c.cavageBases()
	} else {
		err = c.rfc9421Bases()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *Signature) covers(c string) bool { return slices.Contains(s.components, c) }

func (s *Signature) checkCoverage() error {
	missing := func(what string) error {
		return refuse(ReasonCoverage, "The signature must cover "+what+".")
	}
	if s.Family == Cavage {
		switch {
		case !s.covers("(request-target)"):
			return missing("(request-target)")
		case !s.covers("host"):
			return missing("host")
		case !s.covers("date") && !s.covers("(created)"):
			return missing("date")
		case !s.covers("digest") && !bodyless(s.req.Method):
			return missing("digest")
		}
		return nil
	}
	address := s.covers("@target-uri") ||
		(s.covers("@authority") || s.covers("host")) && (s.covers("@path") || s.covers("@request-target"))
	switch {
	case !s.covers("@method"):
		return missing("@method")
	case !address:
		return missing("@target-uri, or @authority and @path")
	case s.created.IsZero():
		return missing("created")
	case !s.covers("content-digest") && !bodyless(s.req.Method):
		return missing("content-digest")
	}
	return nil
}

// ours compares hosts without regard to case and default ports.
func ours(hosts []string, host string) bool {
	host = authority(host)
	return host != "" && slices.ContainsFunc(hosts, func(h string) bool { return authority(h) == host })
}

// authority is RFC 9421 2.2.3: lower case, default port left out.
func authority(host string) string {
	host = strings.ToLower(host)
	if h, ok := strings.CutSuffix(host, ":443"); ok {
		return h
	}
	return strings.TrimSuffix(host, ":80")
}

func (s *Signature) checkClock(now time.Time) error {
	near := func(t time.Time) bool { return t.Sub(now).Abs() <= ClockSkew }
	fault := refuse(ReasonClock, "The request's date is more than an hour from now.")
	if s.covers("date") {
		v := s.req.Header.Values("Date")
		if len(v) != 1 {
			return refuse(ReasonMalformed, "The request must carry exactly one Date.")
		}
		t, err := http.ParseTime(v[0])
		if err != nil {
			return refuse(ReasonMalformed, "The Date header cannot be read.")
		}
		if !near(t) {
			return fault
		}
	}
	if s.covers("(created)") && s.created.IsZero() || s.covers("(expires)") && s.expires.IsZero() {
		return refuse(ReasonMalformed, "The signature covers a time that it does not state.")
	}
	if !s.created.IsZero() && !near(s.created) {
		return fault
	}
	if !s.expires.IsZero() && now.After(s.expires) {
		return refuse(ReasonClock, "The signature has expired.")
	}
	return nil
}

// checkDigest compares whichever digest headers are there with body, covered or not: a wrong one is
// a sign of tampering in any case. Only sha-256 and sha-512 count, and one of them must be there if
// the digest is covered.
func (s *Signature) checkDigest(body []byte) error {
	for _, field := range []string{"Digest", "Content-Digest"} {
		values := s.req.Header.Values(field)
		covered := s.covers(strings.ToLower(field))
		if len(values) == 0 && !covered {
			continue
		}
		if len(values) != 1 || len(values[0]) > maxHeader {
			return refuse(ReasonMalformed, "The request must carry exactly one "+field+".")
		}
		var sums map[string][]byte
		var ok bool
		if field == "Digest" {
			sums, ok = parseDigest(values[0])
		} else {
			sums, ok = parseContentDigest(values[0])
		}
		if !ok {
			return refuse(ReasonMalformed, "The "+field+" header cannot be read.")
		}
		known := false
		if sum, ok := sums["sha-256"]; ok {
			known = true
			if got := sha256.Sum256(body); !bytes.Equal(sum, got[:]) {
				return refuse(ReasonDigest, "The body does not match its digest.")
			}
		}
		if sum, ok := sums["sha-512"]; ok {
			known = true
			if got := sha512.Sum512(body); !bytes.Equal(sum, got[:]) {
				return refuse(ReasonDigest, "The body does not match its digest.")
			}
		}
		if covered && !known {
			return refuse(ReasonUnsupported, "The digest must be SHA-256 or SHA-512.")
		}
	}
	return nil
}

// parseDigest reads "SHA-256=…,SHA-512=…"; an algorithm must not stand there twice. // RFC 3230 4.3.2
func parseDigest(h string) (map[string][]byte, bool) {
	sums := map[string][]byte{}
	for part := range strings.SplitSeq(h, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		name = strings.ToLower(name)
		if _, twice := sums[name]; !ok || twice {
			return nil, false
		}
		if name != "sha-256" && name != "sha-512" {
			continue
		}
		sum, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return nil, false
		}
		sums[name] = sum
	}
	return sums, true
}

// parseContentDigest reads "sha-256=:…:". // RFC 9530 2
func parseContentDigest(h string) (map[string][]byte, bool) {
	dict, err := httpsfv.UnmarshalDictionary([]string{h})
	if err != nil {
		return nil, false
	}
	sums := map[string][]byte{}
	for _, name := range dict.Names() {
		member, _ := dict.Get(name)
		item, ok := member.(httpsfv.Item)
		if !ok {
			return nil, false
		}
		if sum, ok := item.Value.([]byte); ok {
			sums[name] = sum
		}
	}
	return sums, true
}

// target returns the request's path and query exactly as sent; a proxy's absolute form is cut.
func target(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// cavageBases builds the signed text, and a second one without the query: peers disagree whether it
// belongs to (request-target). // draft-cavage-http-signatures-12 2.3
func (c *Checked) cavageBases() error {
	s := c.sig
	uri := target(s.req)
	targets := []string{uri}
	if path, _, ok := strings.Cut(uri, "?"); ok {
		targets = append(targets, path)
	}
	for _, uri := range targets {
		var b strings.Builder
		for i, name := range s.components {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(name)
			b.WriteString(": ")
			switch name {
			case "(request-target)":
				b.WriteString(strings.ToLower(s.req.Method) + " " + uri)
			case "host":
				b.WriteString(s.req.Host)
			case "(created)", "(expires)":
				if strings.HasPrefix(s.algorithm, "rsa") {
					return refuse(ReasonUnsupported, "With an rsa algorithm the signature must cover date instead of "+name+".")
				}
				t := s.created
				if name == "(expires)" {
					t = s.expires
				}
				b.WriteString(strconv.FormatInt(t.Unix(), 10))
			default:
				if err := s.writeField(&b, name); err != nil {
					return err
				}
			}
		}
		if b.Len() > maxBase {
			return refuse(ReasonUnsupported, "The signature covers too much.")
		}
		c.bases = append(c.bases, b.String())
	}
	return nil
}

// rfc9421Bases builds the signature base; a second one with http if @target-uri is covered, since
// the scheme that the peer saw is not known behind a proxy. // RFC 9421 2.5
func (c *Checked) rfc9421Bases() error {
	s := c.sig
	uri := target(s.req)
	path, query, _ := strings.Cut(uri, "?")
	schemes := []string{"https"}
	if s.covers("@target-uri") || s.covers("@scheme") {
		schemes = append(schemes, "http")
	}
	for _, scheme := range schemes {
		var b strings.Builder
		for _, name := range s.components {
			b.WriteString(`"` + name + `": `)
			switch name {
			case "@method":
				b.WriteString(s.req.Method)
			case "@target-uri":
				b.WriteString(scheme + "://" + authority(s.req.Host) + uri)
			case "@authority":
				b.WriteString(authority(s.req.Host))
			case "@scheme":
				b.WriteString(scheme)
			case "@request-target":
				b.WriteString(uri)
			case "@path":
				b.WriteString(path)
			case "@query":
				b.WriteString("?" + query)
			case "host":
				b.WriteString(s.req.Host)
			default:
				if strings.HasPrefix(name, "@") {
					return refuse(ReasonUnsupported, "The component "+strconv.Quote(name)+" is not supported.")
				}
				if err := s.writeField(&b, name); err != nil {
					return err
				}
			}
			b.WriteByte('\n')
		}
		b.WriteString(`"@signature-params": ` + s.params)
		if b.Len() > maxBase {
			return refuse(ReasonUnsupported, "The signature covers too much.")
		}
		c.bases = append(c.bases, b.String())
	}
	return nil
}

// writeField writes a header's value, several of them joined. // RFC 9421 2.1
func (s *Signature) writeField(b *strings.Builder, name string) error {
	values := s.req.Header.Values(name)
	if len(values) == 0 && name == "content-length" && s.req.ContentLength >= 0 {
		// net/http moves it out of the header map.
		b.WriteString(strconv.FormatInt(s.req.ContentLength, 10))
		return nil
	}
	if len(values) == 0 {
		return refuse(ReasonMalformed, "The signature covers "+strconv.Quote(name)+", which the request does not have.")
	}
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimSpace(v))
	}
	return nil
}
