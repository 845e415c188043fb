package testpeer

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A signature is one as received, either family, not yet trusted.
type signature struct {
	keyID     string
	algorithm string
	covered   []string
	value     []byte
	created   time.Time // zero if not stated
	expires   time.Time
	base      string
	pathBase  string // the same without the query, which some leave out; "" if that does not count
}

// A denial is a Reason with the detail that a reader of a failing test wants.
type denial struct {
	reason Reason
	detail string
}

func deny(reason Reason, detail string) *denial { return &denial{reason, detail} }

// check reads the signature of a request and applies all that needs no key.
func (r sigRules) check(req *http.Request, body []byte, now time.Time) (*signature, *denial) {
	header := req.Header.Get("Signature")
	if header == "" {
		return nil, deny(ReasonUnsigned, "no Signature header")
	}
	if input := req.Header.Get("Signature-Input"); input != "" && r.rfc9421 {
		return r.check9421(req, input, header, body, now)
	}
	sig, why := parseCavage(header, r.naive)
	if why != nil {
		return nil, why
	}
	if r.algorithms != nil && !slices.Contains(r.algorithms, sig.algorithm) {
		return nil, deny(ReasonAlgorithm, sig.algorithm)
	}
	if r.dateHeader && req.Header.Get("Date") == "" {
		return nil, deny(ReasonNoDate, "")
	}
	if r.fragment && body == nil && !strings.Contains(sig.keyID, "#") {
		return nil, deny(ReasonKeyForm, sig.keyID)
	}
	for _, row := range r.cover {
		if body == nil && slices.Contains(row, "digest") {
			continue
		}
		if !slices.ContainsFunc(row, func(c string) bool { return slices.Contains(sig.covered, c) }) {
			return nil, deny(ReasonCoverage, strings.Join(row, " or ")+" is not signed")
		}
	}
	if why := r.digestOK(req.Header.Get("Digest"), body); why != nil {
		return nil, why
	}
	at := sig.created
	if slices.Contains(sig.covered, "date") || at.IsZero() {
		var err error
		if at, err = http.ParseTime(req.Header.Get("Date")); err != nil && r.clock > 0 {
			return nil, deny(ReasonNoDate, req.Header.Get("Date"))
		}
	}
	if why := r.clockOK(at, sig.expires, now); why != nil {
		return nil, why
	}
	lines := make([]string, 0, len(sig.covered))
	for _, name := range sig.covered {
		v := cavageValue(req, name)
		switch name {
		case "(created)":
			v = strconv.FormatInt(sig.created.Unix(), 10)
		case "(expires)":
			v = strconv.FormatInt(sig.expires.Unix(), 10)
		}
		lines = append(lines, name+": "+v)
	}
	sig.base = strings.Join(lines, "\n")
	if r.anyQuery && req.URL.RawQuery != "" {
		sig.pathBase = strings.Replace(sig.base, "?"+req.URL.RawQuery, "", 1)
	}
	return sig, nil
}

func (r sigRules) clockOK(at, expires, now time.Time) *denial {
	if r.clock == 0 {
		return nil
	}
	if off := now.Sub(at).Abs(); off > r.clock {
		return deny(ReasonClock, off.String()+" off")
	}
	if !expires.IsZero() && now.After(expires) {
		return deny(ReasonClock, "expired")
	}
	return nil
}

func (r sigRules) digestOK(header string, body []byte) *denial {
	if body == nil {
		return nil
	}
	if header == "" {
		if r.digest {
			return deny(ReasonDigestMissing, "")
		}
		return nil
	}
	if r.exactDigest {
		if header != "SHA-256="+digestOf(body) {
			return deny(ReasonDigest, header)
		}
		return nil
	}
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(name, "sha-256") {
			if value != digestOf(body) {
				return deny(ReasonDigest, header)
			}
			return nil
		}
	}
	return deny(ReasonDigest, "no SHA-256 in "+header)
}

// parseCavage reads keyId="…",algorithm="…". The naive way is that of PieFed: what follows a comma
// is a name, blanks and all.
func parseCavage(header string, naive bool) (*signature, *denial) {
	fields := map[string]string{}
	for part := range strings.SplitSeq(header, ",") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, deny(ReasonMalformedSig, part)
		}
		if !naive {
			name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		}
		if _, twice := fields[name]; twice {
			return nil, deny(ReasonMalformedSig, name+" twice")
		}
		fields[name] = strings.Trim(value, `"`)
	}
	sig := &signature{keyID: fields["keyId"], algorithm: fields["algorithm"]}
	need := []string{"keyId", "signature"}
	if naive {
		need = append(need, "algorithm", "headers")
	}
	for _, name := range need {
		if fields[name] == "" {
			return nil, deny(ReasonMalformedSig, "no "+name)
		}
	}
	sig.covered = strings.Fields(strings.ToLower(fields["headers"]))
	if fields["headers"] == "" {
		sig.covered = []string{"date"}
	}
	var err error
	if sig.value, err = base64.StdEncoding.DecodeString(fields["signature"]); err != nil {
		return nil, deny(ReasonMalformedSig, err.Error())
	}
	sig.created, sig.expires = unix(fields["created"]), unix(fields["expires"])
	return sig, nil
}

func unix(s string) time.Time {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0)
	}
	return time.Time{}
}

// check9421 reads the first signature of the newer family. // RFC 9421 4
func (r sigRules) check9421(req *http.Request, input, header string, body []byte, now time.Time) (*signature, *denial) {
	label, params, ok := strings.Cut(input, "=")
	if !ok || !strings.HasPrefix(params, "(") {
		return nil, deny(ReasonMalformedSig, input)
	}
	list, rest, ok := strings.Cut(params[1:], ")")
	if !ok {
		return nil, deny(ReasonMalformedSig, input)
	}
	sig := &signature{}
	for _, c := range strings.Fields(list) {
		sig.covered = append(sig.covered, strings.Trim(c, `"`))
	}
	for p := range strings.SplitSeq(rest, ";") {
		name, value, _ := strings.Cut(p, "=")
		switch value = strings.Trim(value, `"`); name {
		case "keyid":
			sig.keyID = value
		case "alg":
			sig.algorithm = value
		case "created":
			sig.created = unix(value)
		case "expires":
			sig.expires = unix(value)
		}
	}
	raw, ok := strings.CutPrefix(header, label+"=:")
	if !ok {
		return nil, deny(ReasonMalformedSig, header)
	}
	var err error
	if sig.value, err = base64.StdEncoding.DecodeString(strings.TrimSuffix(raw, ":")); err != nil {
		return nil, deny(ReasonMalformedSig, err.Error())
	}
	need := []string{"@method", "@target-uri"}
	if body != nil {
		need = append(need, "content-digest")
		if req.Header.Get("Content-Digest") != "sha-256=:"+digestOf(body)+":" {
			return nil, deny(ReasonDigest, req.Header.Get("Content-Digest"))
		}
	}
	for _, c := range need {
		if !slices.Contains(sig.covered, c) {
			return nil, deny(ReasonCoverage, c+" is not signed")
		}
	}
	if sig.created.IsZero() {
		return nil, deny(ReasonNoDate, "no created")
	}
	if why := r.clockOK(sig.created, sig.expires, now); why != nil {
		return nil, why
	}
	if sig.base, err = rfc9421Base(req, sig.covered, params); err != nil {
		return nil, deny(ReasonCoverage, err.Error())
	}
	return sig, nil
}

// matches tells whether the key made the signature. hs2019 says nothing of the hash.
func (s *signature) matches(key crypto.PublicKey) bool {
	return s.covers(s.base, key) || s.pathBase != "" && s.covers(s.pathBase, key)
}

func (s *signature) covers(base string, key crypto.PublicKey) bool {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, []byte(base), s.value)
	case *rsa.PublicKey:
		sum := sha256.Sum256([]byte(base))
		if s.algorithm != "rsa-sha512" && rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], s.value) == nil {
			return true
		}
		if s.algorithm == "hs2019" || s.algorithm == "rsa-sha512" {
			long := sha512.Sum512([]byte(base))
			return rsa.VerifyPKCS1v15(k, crypto.SHA512, long[:], s.value) == nil
		}
	}
	return false
}

func parseKey(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("publicKeyPem is no PEM")
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}
