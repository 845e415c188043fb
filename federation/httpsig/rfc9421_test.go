package httpsig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// RFC 9421 B.2.6 with the key of B.1.4: published numbers, made by nobody here. It covers no digest,
// so that only the base and the cryptography are tested with it.
func TestRFC9421Vector(t *testing.T) {
	r := received("POST", "/foo?param=Value&Pet=dog", "example.com", http.Header{
		"Date":            {"Tue, 20 Apr 2021 02:07:55 GMT"},
		"Content-Type":    {"application/json"},
		"Content-Length":  {"18"},
		"Signature-Input": {`sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`},
		"Signature":       {`sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:`},
	}, `{"hello": "world"}`)
	key, err := ParsePEM("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n")
	if err != nil {
		t.Fatal(err)
	}
	sig, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if sig.Family != RFC9421 || sig.KeyID != "test-key-ed25519" {
		t.Errorf("family %s, key %q", sig.Family, sig.KeyID)
	}
	checked := &Checked{sig: sig}
	if err := checked.rfc9421Bases(); err != nil {
		t.Fatal(err)
	}
	if err := checked.Verify(key); err != nil {
		t.Errorf("the RFC's own signature: %v\nbase:\n%s", err, checked.bases[0])
	}
	r.Method = "PUT"
	checked = &Checked{sig: sig}
	if err := checked.rfc9421Bases(); err != nil {
		t.Fatal(err)
	}
	if err := checked.Verify(key); ReasonOf(err) != ReasonBad {
		t.Errorf("with another method: %v, want reason %s", err, ReasonBad)
	}
}

func TestRFC9421Forms(t *testing.T) {
	const body = `{"type":"Create"}`
	digest := "sha-256=:" + strings.TrimPrefix(digestOf(body), "SHA-256=") + ":"
	ed, err := GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	edKey, err := ParseMultikey(Multikey(ed))
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic := publicKey(t, rsaKey())
	created := ";created=" + strconv.FormatInt(now.Unix(), 10)
	const keyid = `;keyid="https://p.example/u/bob#key"`

	for _, c := range []struct {
		name, method, uri string
		lines             []string // of the base, before @signature-params
		covered           string
		params            string
		useRSA            bool
		at                time.Time
		body              string
		reason            string
	}{
		{name: "Mastodon's form", method: "POST", uri: "/inbox", useRSA: true,
			covered: `("@method" "@target-uri" "content-digest")`, params: created + keyid + `;alg="rsa-v1_5-sha256"`,
			lines: []string{`"@method": POST`, `"@target-uri": https://h.example/inbox`, `"content-digest": ` + digest}},
		{name: "ed25519, no alg", method: "POST", uri: "/inbox?a=1",
			covered: `("@method" "@target-uri" "content-digest")`, params: created + keyid,
			lines: []string{`"@method": POST`, `"@target-uri": https://h.example/inbox?a=1`, `"content-digest": ` + digest}},
		{name: "http in a laboratory", method: "POST", uri: "/inbox",
			covered: `("@method" "@target-uri" "content-digest")`, params: created + keyid + `;alg="ed25519"`,
			lines: []string{`"@method": POST`, `"@target-uri": http://h.example/inbox`, `"content-digest": ` + digest}},
		{name: "in parts", method: "POST", uri: "/inbox?a=1",
			covered: `("@method" "@authority" "@path" "@query" "content-digest" "date")`, params: created + keyid + `;alg="ed25519"`,
			lines: []string{`"@method": POST`, `"@authority": h.example`, `"@path": /inbox`, `"@query": ?a=1`, `"content-digest": ` + digest, `"date": ` + dateNow}},
		{name: "no query", method: "GET", uri: "/u/alice",
			covered: `("@method" "@authority" "@path" "@query")`, params: created + keyid,
			lines: []string{`"@method": GET`, `"@authority": h.example`, `"@path": /u/alice`, `"@query": ?`}},
		{name: "expires later", method: "GET", uri: "/u/alice",
			covered: `("@method" "@target-uri")`, params: created + ";expires=" + strconv.FormatInt(now.Unix()+300, 10) + keyid,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/alice`}},

		{name: "expired", method: "GET", uri: "/u/alice", at: now.Add(6 * time.Minute), reason: ReasonClock,
			covered: `("@method" "@target-uri")`, params: created + ";expires=" + strconv.FormatInt(now.Unix()+300, 10) + keyid,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/alice`}},
		{name: "old", method: "GET", uri: "/u/alice", at: now.Add(61 * time.Minute), reason: ReasonClock,
			covered: `("@method" "@target-uri")`, params: created + keyid,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/alice`}},
		{name: "no created", method: "GET", uri: "/u/alice", reason: ReasonCoverage,
			covered: `("@method" "@target-uri")`, params: keyid,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/alice`}},
		{name: "no method", method: "GET", uri: "/u/alice", reason: ReasonCoverage,
			covered: `("@target-uri")`, params: created + keyid,
			lines: []string{`"@target-uri": https://h.example/u/alice`}},
		{name: "path without authority", method: "GET", uri: "/u/alice", reason: ReasonCoverage,
			covered: `("@method" "@path")`, params: created + keyid,
			lines: []string{`"@method": GET`, `"@path": /u/alice`}},
		{name: "no digest", method: "POST", uri: "/inbox", reason: ReasonCoverage,
			covered: `("@method" "@target-uri")`, params: created + keyid,
			lines: []string{`"@method": POST`, `"@target-uri": https://h.example/inbox`}},
		{name: "other body", method: "POST", uri: "/inbox", body: "x", reason: ReasonDigest,
			covered: `("@method" "@target-uri" "content-digest")`, params: created + keyid,
			lines: []string{`"@method": POST`, `"@target-uri": https://h.example/inbox`, `"content-digest": ` + digest}},
		{name: "rsa said, ed25519 known", method: "GET", uri: "/u/alice", reason: ReasonUnsupported,
			covered: `("@method" "@target-uri")`, params: created + keyid + `;alg="rsa-v1_5-sha256"`,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/alice`}},
		{name: "pss", method: "GET", uri: "/u/alice", useRSA: true, reason: ReasonUnsupported,
			covered: `("@method" "@target-uri")`, params: created + keyid + `;alg="rsa-pss-sha512"`,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/alice`}},
		{name: "component with a parameter", method: "GET", uri: "/u/alice", reason: ReasonUnsupported,
			covered: `("@method" "@target-uri" "date";bs)`, params: created + keyid,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/alice`, `"date";bs: x`}},
		{name: "unknown component", method: "GET", uri: "/u/alice", reason: ReasonUnsupported,
			covered: `("@method" "@target-uri" "@status")`, params: created + keyid,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/alice`, `"@status": 200`}},
		{name: "another address", method: "GET", uri: "/u/alice", reason: ReasonBad,
			covered: `("@method" "@target-uri")`, params: created + keyid,
			lines: []string{`"@method": GET`, `"@target-uri": https://h.example/u/eve`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := strings.Join(c.lines, "\n") + "\n\"@signature-params\": " + c.covered + c.params
			var value []byte
			key := edKey
			if c.useRSA {
				key = rsaPublic
				sum := sha256.Sum256([]byte(base))
				value, err = rsa.SignPKCS1v15(nil, rsaKey(), crypto.SHA256, sum[:])
				if err != nil {
					t.Fatal(err)
				}
			} else {
				value = ed25519.Sign(ed, []byte(base))
			}
			h := http.Header{
				"Date":            {dateNow},
				"Signature-Input": {"sig1=" + c.covered + c.params},
				"Signature":       {"sig1=:" + base64.StdEncoding.EncodeToString(value) + ":"},
			}
			b := ""
			if c.method == "POST" {
				b = body
				h.Set("Content-Digest", digest)
			}
			if c.body != "" {
				b = c.body
			}
			at := c.at
			if at.IsZero() {
				at = now
			}
			r := received(c.method, c.uri, "h.example", h, b)
			got := judge(r, b, key, at)
			if reason := ReasonOf(got); reason != c.reason || (got != nil) != (c.reason != "") {
				t.Errorf("got %v (%s), want reason %q", got, reason, c.reason)
			}
		})
	}
}
