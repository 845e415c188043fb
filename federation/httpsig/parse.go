package httpsig

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// A Family is a dialect of signatures.
type Family string

const (
	Cavage  Family = "cavage"  // draft-cavage-http-signatures-12
	RFC9421 Family = "rfc9421" // RFC 9421
)

const (
	maxHeader     = 8 << 10 // of Signature, Signature-Input, Digest and Content-Digest each
	maxKeyID      = 2048
	maxComponents = 32
	maxBase       = 32 << 10 // the signed text; a header we know nothing about may be covered
)

// A Signature is what the headers of one request claim; nothing of it is proven yet.
type Signature struct {
	KeyID  string // as it stands there; at most 2048 bytes
	Family Family

	algorithm  string   // lower case; "" if not stated
	components []string // covered, in order; lower case
	params     string   // RFC 9421: the serialized @signature-params
	created    time.Time
	expires    time.Time
	value      []byte
	req        *http.Request
}

// Parse reads the signature headers of r, which must be the request as the server got it: r.Host and
// r.RequestURI are used later. It computes nothing. A request with two signatures is refused: a
// second one is never honest, and servers have been made to check one and believe the other.
func Parse(r *http.Request) (*Signature, error) {
	values, inputs := r.Header.Values("Signature"), r.Header.Values("Signature-Input")
	if len(values) == 0 && len(inputs) == 0 {
		return nil, refuse(ReasonMissing, "The request is not signed.")
	}
	if len(values) != 1 || len(inputs) > 1 {
		return nil, refuse(ReasonMalformed, "A request must carry exactly one signature.")
	}
	if len(values[0]) > maxHeader || (len(inputs) == 1 && len(inputs[0]) > maxHeader) {
		return nil, refuse(ReasonMalformed, "The signature headers are too long.")
	}
	var s *Signature
	var err error
	if len(inputs) == 1 {
		s, err = parseRFC9421(inputs[0], values[0])
	} else {
		s, err = parseCavage(values[0])
	}
	if err != nil {
		return nil, err
	}
	if s.KeyID == "" || len(s.KeyID) > maxKeyID {
		return nil, refuse(ReasonMalformed, "The signature names no usable key.")
	}
	if len(s.value) == 0 {
		return nil, refuse(ReasonMalformed, "The signature is empty.")
	}
	if len(s.components) > maxComponents {
		return nil, refuse(ReasonMalformed, "The signature covers too many fields.")
	}
	for i, c := range s.components {
		for _, d := range s.components[:i] {
			if c == d {
				return nil, refuse(ReasonMalformed, "The signature covers "+strconv.Quote(c)+" twice.")
			}
		}
	}
	s.req = r
	return s, nil
}

// parseCavage reads keyId="…",algorithm="…",headers="…",signature="…". Quoted values have no escapes
// in practice; numbers may stand bare. // draft-cavage-http-signatures-12 2.1
func parseCavage(h string) (*Signature, error) {
	s := &Signature{Family: Cavage}
	seen := map[string]bool{}
	for h = strings.TrimSpace(h); h != ""; {
		name, rest, ok := strings.Cut(h, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" || seen[name] {
			return nil, refuse(ReasonMalformed, "The Signature header cannot be read.")
		}
		seen[name] = true
		var value string
		rest = strings.TrimLeft(rest, " \t")
		if strings.HasPrefix(rest, `"`) {
			value, rest, ok = strings.Cut(rest[1:], `"`)
			if !ok || strings.Contains(value, `\`) {
				return nil, refuse(ReasonMalformed, "The Signature header has an unclosed quote.")
			}
			rest = strings.TrimLeft(rest, " \t")
			if rest != "" && rest[0] != ',' {
				return nil, refuse(ReasonMalformed, "The Signature header cannot be read.")
			}
			rest = strings.TrimPrefix(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
			value = strings.TrimSpace(value)
		}
		if err := s.setCavage(name, value); err != nil {
			return nil, err
		}
		h = strings.TrimSpace(rest)
	}
	if !seen["headers"] {
		// The draft's default covers no address, so that Check refuses it.
		s.components = []string{"(created)"}
	}
	return s, nil
}

func (s *Signature) setCavage(name, value string) error {
	switch name {
	case "keyid":
		s.KeyID = value
	case "algorithm":
		s.algorithm = strings.ToLower(value)
	case "headers":
		s.components = strings.Fields(strings.ToLower(value))
	case "signature":
		v, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return refuse(ReasonMalformed, "The signature is not base64.")
		}
		s.value = v
	case "created", "expires":
		t, err := unixSeconds(value)
		if err != nil {
			return err
		}
		if name == "created" {
			s.created = t
		} else {
			s.expires = t
		}
	}
	return nil
}

// unixSeconds reads whole or decimal seconds; only the whole ones matter to us, and signers of
// (created) use whole ones.
func unixSeconds(v string) (time.Time, error) {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return time.Time{}, refuse(ReasonMalformed, "The signature has a time that cannot be read.")
	}
	return time.Unix(n, 0).UTC(), nil
}

// parseRFC9421 reads one labelled signature from both dictionaries. // RFC 9421 4
func parseRFC9421(input, value string) (*Signature, error) {
	malformed := refuse(ReasonMalformed, "The Signature-Input and Signature headers cannot be read.")
	in, err := httpsfv.UnmarshalDictionary([]string{input})
	if err != nil {
		return nil, malformed
	}
	sigs, err := httpsfv.UnmarshalDictionary([]string{value})
	if err != nil || len(in.Names()) != 1 || len(sigs.Names()) != 1 {
		return nil, malformed
	}
	label := in.Names()[0]
	member, _ := in.Get(label)
	list, ok := member.(httpsfv.InnerList)
	if !ok || list.Params == nil {
		return nil, malformed
	}
	member, ok = sigs.Get(label)
	item, isItem := member.(httpsfv.Item)
	if !ok || !isItem {
		return nil, malformed
	}
	s := &Signature{Family: RFC9421}
	if s.value, ok = item.Value.([]byte); !ok {
		return nil, malformed
	}
	for _, c := range list.Items {
		name, ok := c.Value.(string)
		if !ok || name == "" || name != strings.ToLower(name) {
			return nil, malformed
		}
		if c.Params != nil && len(c.Params.Names()) > 0 {
			return nil, refuse(ReasonUnsupported, "Parameters on covered components are not supported.")
		}
		s.components = append(s.components, name)
	}
	for _, name := range list.Params.Names() {
		v, _ := list.Params.Get(name)
		if err := s.setRFC9421(name, v); err != nil {
			return nil, err
		}
	}
	if s.params, err = httpsfv.Marshal(list); err != nil {
		return nil, malformed
	}
	return s, nil
}

func (s *Signature) setRFC9421(name string, v any) error {
	ok := true
	switch name {
	case "keyid":
		s.KeyID, ok = v.(string)
	case "alg":
		s.algorithm, ok = v.(string)
		ok = ok && s.algorithm != ""
	case "created", "expires":
		var n int64
		n, ok = v.(int64)
		ok = ok && n >= 0 && n <= 1<<40
		if name == "created" {
			s.created = time.Unix(n, 0).UTC()
		} else {
			s.expires = time.Unix(n, 0).UTC()
		}
	}
	if !ok {
		return refuse(ReasonMalformed, "The signature's parameter "+strconv.Quote(name)+" cannot be read.")
	}
	return nil
}
