package httpsig

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A Signer signs requests in the name of one actor. It is safe for concurrent use.
type Signer struct {
	KeyID string          // "https://h.example/u/alice#main-key"; Lemmy wants the fragment
	Key   *rsa.PrivateKey // never nil
}

// A Body is a request's body with its digest, computed once for all the peers it goes to.
type Body struct {
	Bytes  []byte
	digest string
}

// PrepareBody computes the Digest header of b, which must not change afterwards.
func PrepareBody(b []byte) Body {
	sum := sha256.Sum256(b)
	return Body{Bytes: b, digest: "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])}
}

// SignRequest sets the Date, Digest and Signature headers of req, which is about to be sent to
// req.URL (or req.Host, if set) with exactly body; for GET and HEAD the body is ignored. The URL's
// host must be ASCII. What it writes is the one form that every peer reads: no spaces after commas
// (PieFed splits without trimming), algorithm always there, date instead of (created), which Mbin and
// PieFed lack. // draft-cavage-http-signatures-12
func (s *Signer) SignRequest(req *http.Request, body Body, now time.Time) error {
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	for i := 0; i < len(host); i++ {
		// net/http would send the punycode form, and the signature would not match it.
		if host[i] >= 0x80 {
			return fmt.Errorf("sign request: host %q is not ASCII", host)
		}
	}
	if host == "" {
		return fmt.Errorf("sign request: no host")
	}
	date := now.UTC().Format(http.TimeFormat)
	req.Header.Set("Date", date)

	var b strings.Builder
	b.Grow(512)
	b.WriteString("(request-target): ")
	b.WriteString(strings.ToLower(req.Method))
	b.WriteByte(' ')
	b.WriteString(req.URL.RequestURI())
	b.WriteString("\nhost: ")
	b.WriteString(host)
	b.WriteString("\ndate: ")
	b.WriteString(date)
	headers := "(request-target) host date"
	if !bodyless(req.Method) {
		if body.digest == "" {
			return fmt.Errorf("sign request: a %s needs a prepared body", req.Method)
		}
		req.Header.Set("Digest", body.digest)
		b.WriteString("\ndigest: ")
		b.WriteString(body.digest)
		headers += " digest"
	}

	sum := sha256.Sum256([]byte(b.String()))
	sig, err := rsa.SignPKCS1v15(nil, s.Key, crypto.SHA256, sum[:])
	if err != nil {
		return fmt.Errorf("sign request: %w", err)
	}
	req.Header.Set("Signature", `keyId="`+s.KeyID+`",algorithm="rsa-sha256",headers="`+headers+
		`",signature="`+base64.StdEncoding.EncodeToString(sig)+`"`)
	return nil
}

// bodyless tells the methods whose signature need not cover a digest.
func bodyless(method string) bool { return method == http.MethodGet || method == http.MethodHead }
