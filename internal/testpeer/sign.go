package testpeer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A signer makes one signature. The base text is written out here a second time, independent of
// what our instance does: a mistake must not be made in both places.
type signer struct {
	keyID     string
	key       *rsa.PrivateKey
	algorithm string
	cover     []string // in the older family; nil: what most peers cover
	cover9421 []string // in the newer
	pathOnly  bool     // leaves the query out of (request-target), as NodeBB does (seen)
	now       time.Time
}

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// cavage signs in the older family. // draft-cavage-http-signatures-12 2.3
func (s signer) cavage(req *http.Request, body []byte) error {
	req.Header.Set("Date", s.now.UTC().Format(http.TimeFormat))
	cover := s.cover
	if cover == nil {
		cover = []string{"(request-target)", "host", "date"}
		if body != nil {
			cover = append(cover, "digest")
		}
	}
	if (body != nil || slices.Contains(cover, "digest")) && req.Header.Get("Digest") == "" {
		req.Header.Set("Digest", "SHA-256="+digestOf(body))
	}
	lines := make([]string, 0, len(cover))
	for _, name := range cover {
		v := cavageValue(req, name)
		if s.pathOnly && name == "(request-target)" {
			v, _, _ = strings.Cut(v, "?")
		}
		lines = append(lines, name+": "+v)
	}
	sig, err := s.rsa(strings.Join(lines, "\n"))
	if err != nil {
		return err
	}
	req.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="%s",headers="%s",signature="%s"`,
		s.keyID, s.algorithm, strings.Join(cover, " "), sig))
	return nil
}

func cavageValue(req *http.Request, name string) string {
	switch name {
	case "(request-target)":
		return strings.ToLower(req.Method) + " " + req.URL.RequestURI()
	case "host":
		return hostHeader(req)
	default:
		return strings.Join(req.Header.Values(name), ", ")
	}
}

func hostHeader(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// rfc9421 signs in the newer family, covering what Mastodon covers. // RFC 9421 2.5, RFC 9530 2
func (s signer) rfc9421(req *http.Request, body []byte) error {
	req.Header.Set("Date", s.now.UTC().Format(http.TimeFormat))
	components := s.cover9421
	if components == nil {
		components = []string{"@method", "@target-uri"}
		if body != nil {
			components = append(components, "content-digest")
		}
	}
	if body != nil && req.Header.Get("Content-Digest") == "" {
		req.Header.Set("Content-Digest", "sha-256=:"+digestOf(body)+":")
	}
	quoted := make([]string, len(components))
	for i, c := range components {
		quoted[i] = `"` + c + `"`
	}
	params := fmt.Sprintf(`(%s);created=%d;keyid="%s";alg="rsa-v1_5-sha256"`,
		strings.Join(quoted, " "), s.now.Unix(), s.keyID)
	base, err := rfc9421Base(req, components, params)
	if err != nil {
		return err
	}
	sig, err := s.rsa(base)
	if err != nil {
		return err
	}
	req.Header.Set("Signature-Input", "sig1="+params)
	req.Header.Set("Signature", "sig1=:"+sig+":")
	return nil
}

func rfc9421Base(req *http.Request, components []string, params string) (string, error) {
	var b strings.Builder
	for _, c := range components {
		var v string
		switch c {
		case "@method":
			v = req.Method
		case "@target-uri":
			v = "http://" + hostHeader(req) + req.URL.RequestURI()
		case "@authority":
			v = strings.ToLower(hostHeader(req))
		case "@path":
			v = req.URL.EscapedPath()
		case "@query":
			v = "?" + req.URL.RawQuery
		case "@request-target":
			v = req.URL.RequestURI()
		default:
			if strings.HasPrefix(c, "@") || len(req.Header.Values(c)) == 0 {
				return "", fmt.Errorf("component %q is not in the request", c)
			}
			v = strings.Join(req.Header.Values(c), ", ")
		}
		fmt.Fprintf(&b, "\"%s\": %s\n", c, v)
	}
	fmt.Fprintf(&b, "\"@signature-params\": %s", params)
	return b.String(), nil
}

func (s signer) rsa(base string) (string, error) {
	sum := sha256.Sum256([]byte(base))
	sig, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	return base64.StdEncoding.EncodeToString(sig), err
}
