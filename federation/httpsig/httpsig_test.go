package httpsig

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"halqa/circles"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// rsaKey is made once: it takes a tenth of a second.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
})

func publicKey(t testing.TB, key *rsa.PrivateKey) PublicKey {
	t.Helper()
	text, err := PublicPEM(key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParsePEM(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// received is a request as a server's handler sees it.
func received(method, uri, host string, header http.Header, body string) *http.Request {
	r := httptest.NewRequest(method, uri, strings.NewReader(body))
	r.Host = host
	for k, v := range header {
		r.Header[k] = v
	}
	return r
}

// judge runs all three steps, for a server called h.example.
func judge(r *http.Request, body string, key PublicKey, at time.Time) error {
	sig, err := Parse(r)
	if err != nil {
		return err
	}
	checked, err := sig.Check([]string{"other.example", "H.example"}, []byte(body), at)
	if err != nil {
		return err
	}
	return checked.Verify(key)
}

// What we send must pass our own check after a real trip through net/http on both sides.
func TestRoundTripOverTCP(t *testing.T) {
	signer := &Signer{KeyID: "https://h.example/u/alice#main-key", Key: rsaKey()}
	key := publicKey(t, rsaKey())
	verdict := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sig, err := Parse(r)
		if err == nil && sig.KeyID != signer.KeyID {
			err = fmt.Errorf("key id %q", sig.KeyID)
		}
		var checked *Checked
		if err == nil {
			checked, err = sig.Check([]string{r.Host}, body, now)
		}
		if err == nil {
			err = checked.Verify(key)
		}
		verdict <- err
	}))
	defer srv.Close()
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/inbox", `{"type":"Like"}`},
		{"POST", "/inbox?actor=1&x=a%20b", ""},
		{"POST", "/c/g%C3%A4rten/inbox", "x"},
		{"GET", "/u/bob?page=2", ""},
		{"GET", "", ""},
	} {
		req, err := http.NewRequest(c.method, srv.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if err := signer.SignRequest(req, PrepareBody([]byte(c.body)), now); err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if err := <-verdict; err != nil {
			t.Errorf("%s %q: %v", c.method, c.path, err)
		}
	}
}

// PieFed splits at commas without trimming, Lemmy looks for keyId="…#…": the exact text matters.
func TestSignatureHeaderForm(t *testing.T) {
	signer := &Signer{KeyID: "https://h.example/u/alice#main-key", Key: rsaKey()}
	for method, headers := range map[string]string{
		"POST": "(request-target) host date digest",
		"GET":  "(request-target) host date",
	} {
		req, _ := http.NewRequest(method, "https://p.example/inbox", nil)
		if err := signer.SignRequest(req, PrepareBody([]byte("x")), now); err != nil {
			t.Fatal(err)
		}
		got, _, _ := strings.Cut(req.Header.Get("Signature"), `signature="`)
		want := `keyId="https://h.example/u/alice#main-key",algorithm="rsa-sha256",headers="` + headers + `",`
		if got != want {
			t.Errorf("%s: Signature begins\n%s\nwant\n%s", method, got, want)
		}
		if got, want := req.Header.Get("Date"), "Sun, 22 Nov 2026 10:00:00 GMT"; got != want {
			t.Errorf("%s: Date %q, want %q", method, got, want)
		}
		if got := req.Header.Get("Digest") != ""; got != (method == "POST") {
			t.Errorf("%s: has Digest: %v", method, got)
		}
	}
}

func TestSignRequestRefusesWhatItCannotSign(t *testing.T) {
	signer := &Signer{KeyID: "https://h.example/#main-key", Key: rsaKey()}
	post := func(url string) *http.Request { r, _ := http.NewRequest("POST", url, nil); return r }
	if err := signer.SignRequest(post("https://p.example/"), Body{}, now); err == nil {
		t.Error("a POST without a prepared body was signed")
	}
	if err := signer.SignRequest(post("https://bücher.example/"), PrepareBody(nil), now); err == nil {
		t.Error("a host was signed that net/http sends in another spelling")
	}
}

// cavage signs by hand, apart from SignRequest, so that the verifier is tested against the draft's
// text and not against our own idea of it.
func cavage(r *http.Request, algorithm, covered, base string, extra string) {
	var sig []byte
	var err error
	if algorithm == "rsa-sha512" || strings.HasPrefix(extra, "sha512") {
		extra = strings.TrimPrefix(extra, "sha512")
		sum := sha512.Sum512([]byte(base))
		sig, err = rsa.SignPKCS1v15(rand.Reader, rsaKey(), crypto.SHA512, sum[:])
	} else {
		sum := sha256.Sum256([]byte(base))
		sig, err = rsa.SignPKCS1v15(rand.Reader, rsaKey(), crypto.SHA256, sum[:])
	}
	if err != nil {
		panic(err)
	}
	alg := ""
	if algorithm != "" {
		alg = `algorithm="` + algorithm + `",`
	}
	r.Header.Set("Signature", `keyId="https://p.example/u/bob#key",`+alg+`headers="`+covered+`",`+extra+
		`signature="`+base64.StdEncoding.EncodeToString(sig)+`"`)
}

func digestOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

const dateNow = "Sun, 22 Nov 2026 10:00:00 GMT"

func TestCavageForms(t *testing.T) {
	const body = `{"type":"Follow"}`
	digest := digestOf(body)
	unix := fmt.Sprint(now.Unix())
	for _, c := range []struct {
		name, method, uri, algorithm, covered, base, extra string
		reason                                             string
	}{
		{name: "usual", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host date digest",
			base: "(request-target): post /inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest},
		{name: "snac's order", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host digest date",
			base: "(request-target): post /inbox\nhost: h.example\ndigest: " + digest + "\ndate: " + dateNow},
		{name: "hs2019 meaning SHA-256", method: "POST", uri: "/inbox", algorithm: "hs2019", covered: "(request-target) host date digest",
			base: "(request-target): post /inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest},
		{name: "hs2019 meaning SHA-512", method: "POST", uri: "/inbox", algorithm: "hs2019", covered: "(request-target) host date digest", extra: "sha512",
			base: "(request-target): post /inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest},
		{name: "rsa-sha512", method: "POST", uri: "/inbox", algorithm: "rsa-sha512", covered: "(request-target) host date digest",
			base: "(request-target): post /inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest},
		{name: "no algorithm", method: "POST", uri: "/inbox", covered: "(request-target) host date digest",
			base: "(request-target): post /inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest},
		{name: "content-type too", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host date digest content-type",
			base: "(request-target): post /inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest + "\ncontent-type: application/activity+json"},
		{name: "query signed", method: "POST", uri: "/inbox?a=1", algorithm: "rsa-sha256", covered: "(request-target) host date digest",
			base: "(request-target): post /inbox?a=1\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest},
		{name: "query left out", method: "POST", uri: "/inbox?a=1", algorithm: "rsa-sha256", covered: "(request-target) host date digest",
			base: "(request-target): post /inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest},
		{name: "created and expires", method: "POST", uri: "/inbox", algorithm: "hs2019", covered: "(request-target) host (created) (expires) digest", extra: "created=" + unix + ",expires=" + unix + ",",
			base: "(request-target): post /inbox\nhost: h.example\n(created): " + unix + "\n(expires): " + unix + "\ndigest: " + digest},
		{name: "get", method: "GET", uri: "/u/alice", algorithm: "hs2019", covered: "(request-target) host date",
			base: "(request-target): get /u/alice\nhost: h.example\ndate: " + dateNow},

		{name: "no request-target", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "host date digest",
			base: "host: h.example\ndate: " + dateNow + "\ndigest: " + digest, reason: ReasonCoverage},
		{name: "no host", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) date digest",
			base: "(request-target): post /inbox\ndate: " + dateNow + "\ndigest: " + digest, reason: ReasonCoverage},
		{name: "no time", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host digest",
			base: "(request-target): post /inbox\nhost: h.example\ndigest: " + digest, reason: ReasonCoverage},
		{name: "no digest", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host date",
			base: "(request-target): post /inbox\nhost: h.example\ndate: " + dateNow, reason: ReasonCoverage},
		{name: "created with an rsa label", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host (created) digest", extra: "created=" + unix + ",",
			base: "(request-target): post /inbox\nhost: h.example\n(created): " + unix + "\ndigest: " + digest, reason: ReasonUnsupported},
		{name: "created covered but not stated", method: "POST", uri: "/inbox", algorithm: "hs2019", covered: "(request-target) host (created) digest",
			base: "(request-target): post /inbox\nhost: h.example\n(created): " + unix + "\ndigest: " + digest, reason: ReasonMalformed},
		{name: "covered twice", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host host date digest",
			base: "", reason: ReasonMalformed},
		{name: "absent header covered", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host date digest x-none",
			base: "", reason: ReasonMalformed},
		{name: "hmac", method: "POST", uri: "/inbox", algorithm: "hmac-sha256", covered: "(request-target) host date digest",
			base: "", reason: ReasonUnsupported},
		{name: "another path", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host date digest",
			base: "(request-target): post /u/alice/inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest, reason: ReasonBad},
		{name: "method in capitals", method: "POST", uri: "/inbox", algorithm: "rsa-sha256", covered: "(request-target) host date digest",
			base: "(request-target): POST /inbox\nhost: h.example\ndate: " + dateNow + "\ndigest: " + digest, reason: ReasonBad},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{"Date": {dateNow}, "Content-Type": {"application/activity+json"}}
			b := ""
			if c.method == "POST" {
				b = body
				h.Set("Digest", digest)
			}
			r := received(c.method, c.uri, "h.example", h, b)
			cavage(r, c.algorithm, c.covered, c.base, c.extra)
			err := judge(r, b, publicKey(t, rsaKey()), now)
			if got := ReasonOf(err); got != c.reason || (err != nil) != (c.reason != "") {
				t.Errorf("got %v (%s), want reason %q", err, got, c.reason)
			}
		})
	}
}

// Each of these differs in one thing from a request that passes.
func TestTampering(t *testing.T) {
	const body = `{"type":"Delete"}`
	key := publicKey(t, rsaKey())
	stranger, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(r *http.Request, body *string, key *PublicKey, at *time.Time)
		reason string
	}{
		{"nothing", func(*http.Request, *string, *PublicKey, *time.Time) {}, ""},
		{"59 minutes late", func(_ *http.Request, _ *string, _ *PublicKey, at *time.Time) { *at = at.Add(59 * time.Minute) }, ""},
		{"61 minutes late", func(_ *http.Request, _ *string, _ *PublicKey, at *time.Time) { *at = at.Add(61 * time.Minute) }, ReasonClock},
		{"61 minutes early", func(_ *http.Request, _ *string, _ *PublicKey, at *time.Time) { *at = at.Add(-61 * time.Minute) }, ReasonClock},
		{"body", func(_ *http.Request, b *string, _ *PublicKey, _ *time.Time) { *b += " " }, ReasonDigest},
		{"body and digest", func(r *http.Request, b *string, _ *PublicKey, _ *time.Time) {
			*b = `{"type":"Flag"}`
			r.Header.Set("Digest", digestOf(*b))
		}, ReasonBad},
		{"path", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.RequestURI = "/u/eve/inbox" }, ReasonBad},
		{"query added", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.RequestURI = "/inbox2?x" }, ReasonBad},
		{"method", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.Method = "PUT" }, ReasonBad},
		{"host of ours", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.Host = "other.example" }, ReasonBad},
		{"host of others", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.Host = "evil.example" }, ReasonHost},
		{"no host", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.Host = "" }, ReasonHost},
		{"date", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) {
			r.Header.Set("Date", "Sun, 22 Nov 2026 10:00:01 GMT")
		}, ReasonBad},
		{"two dates", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.Header.Add("Date", dateNow) }, ReasonMalformed},
		{"two digests", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) {
			r.Header.Add("Digest", r.Header.Get("Digest"))
		}, ReasonMalformed},
		{"digest twice in one", func(r *http.Request, b *string, _ *PublicKey, _ *time.Time) {
			r.Header.Set("Digest", r.Header.Get("Digest")+","+digestOf("x"))
		}, ReasonMalformed},
		{"digest of an odd kind", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.Header.Set("Digest", "MD5=aaaa") }, ReasonUnsupported},
		{"a wrong content-digest beside", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) {
			r.Header.Set("Content-Digest", "sha-256=:"+strings.TrimPrefix(digestOf("x"), "SHA-256=")+":")
		}, ReasonDigest},
		{"two signatures", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) {
			r.Header.Add("Signature", r.Header.Get("Signature"))
		}, ReasonMalformed},
		{"parameter twice", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) {
			r.Header.Set("Signature", r.Header.Get("Signature")+`,keyId="https://evil.example/#k"`)
		}, ReasonMalformed},
		{"no signature", func(r *http.Request, _ *string, _ *PublicKey, _ *time.Time) { r.Header.Del("Signature") }, ReasonMissing},
		{"key of another", func(_ *http.Request, _ *string, k *PublicKey, _ *time.Time) { *k = publicKey(t, stranger) }, ReasonBad},
		{"no key", func(_ *http.Request, _ *string, k *PublicKey, _ *time.Time) { *k = PublicKey{} }, ReasonUnsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _ := http.NewRequest("POST", "https://h.example/inbox", nil)
			signer := &Signer{KeyID: "https://p.example/u/bob#main-key", Key: rsaKey()}
			if err := signer.SignRequest(out, PrepareBody([]byte(body)), now); err != nil {
				t.Fatal(err)
			}
			r := received("POST", "/inbox", "h.example", out.Header.Clone(), body)
			b, k, at := body, key, now
			c.change(r, &b, &k, &at)
			err := judge(r, b, k, at)
			if got := ReasonOf(err); got != c.reason || (err != nil) != (c.reason != "") {
				t.Errorf("got %v (%s), want reason %q", err, got, c.reason)
			}
		})
	}
}

func TestErrorKinds(t *testing.T) {
	r := received("POST", "/inbox", "h.example", nil, "")
	_, err := Parse(r)
	if !circles.Is(err, circles.Denied) {
		t.Errorf("no signature: %v is of kind %s, want %s", err, circles.KindOf(err), circles.Denied)
	}
	r.Header.Set("Signature", "nonsense")
	_, err = Parse(r)
	if !circles.Is(err, circles.Invalid) {
		t.Errorf("nonsense: %v is of kind %s, want %s", err, circles.KindOf(err), circles.Invalid)
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("a", maxHeader)
	for name, h := range map[string]http.Header{
		"too long":       {"Signature": {`keyId="` + long + `",signature="YQ=="`}},
		"no key":         {"Signature": {`signature="YQ=="`}},
		"long key id":    {"Signature": {`keyId="` + long[:maxKeyID+1] + `",signature="YQ=="`}},
		"no value":       {"Signature": {`keyId="k"`}},
		"unclosed":       {"Signature": {`keyId="k`}},
		"rubbish after":  {"Signature": {`keyId="k"x,signature="YQ=="`}},
		"not base64":     {"Signature": {`keyId="k",signature="%"`}},
		"bad time":       {"Signature": {`keyId="k",signature="YQ==",created=soon`}},
		"two labels":     {"Signature": {`a=:YQ==:, b=:YQ==:`}, "Signature-Input": {`a=();keyid="k", b=();keyid="k"`}},
		"other label":    {"Signature": {`b=:YQ==:`}, "Signature-Input": {`a=();keyid="k"`}},
		"only the input": {"Signature-Input": {`a=();keyid="k"`}},
		"two inputs":     {"Signature": {`a=:YQ==:`}, "Signature-Input": {`a=();keyid="k"`, `a=();keyid="k"`}},
		"not bytes":      {"Signature": {`a="YQ=="`}, "Signature-Input": {`a=();keyid="k"`}},
		"not a list":     {"Signature": {`a=:YQ==:`}, "Signature-Input": {`a=1;keyid="k"`}},
		"keyid a number": {"Signature": {`a=:YQ==:`}, "Signature-Input": {`a=();keyid=1`}},
		"many covered":   {"Signature": {`keyId="k",signature="YQ==",headers="` + manyNames() + `"`}},
	} {
		r := received("POST", "/inbox", "h.example", h, "")
		if _, err := Parse(r); ReasonOf(err) != ReasonMalformed {
			t.Errorf("%s: got %v, want reason %s", name, err, ReasonMalformed)
		}
	}
}

func manyNames() string {
	var b bytes.Buffer
	for i := range maxComponents + 1 {
		fmt.Fprintf(&b, "h%d ", i)
	}
	return b.String()
}

func TestKeys(t *testing.T) {
	key := rsaKey()
	text, err := PrivatePEM(key)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParsePrivatePEM(text)
	if err != nil || !back.Equal(key) {
		t.Errorf("private key did not survive: %v", err)
	}
	ed, err := GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	text, err = PrivateEd25519PEM(ed)
	if err != nil {
		t.Fatal(err)
	}
	edBack, err := ParsePrivateEd25519PEM(text)
	if err != nil || !edBack.Equal(ed) {
		t.Errorf("ed25519 key did not survive: %v", err)
	}
	if _, err := ParsePrivatePEM(text); err == nil {
		t.Error("an Ed25519 key was read as RSA")
	}
	multi := Multikey(ed)
	if !strings.HasPrefix(multi, "z6Mk") {
		t.Errorf("multikey %q, want z6Mk…", multi)
	}
	pub, err := ParseMultikey(multi)
	if err != nil || !pub.ed.Equal(ed.Public()) {
		t.Errorf("multikey %q read as %v, %v", multi, pub, err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	smallPEM, err := PublicPEM(small)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{"1024 bits": smallPEM, "empty": "", "not pem": "hello", "long": strings.Repeat("x", maxPEM+1)} {
		if _, err := ParsePEM(s); ReasonOf(err) != ReasonKey {
			t.Errorf("ParsePEM of %s: %v, want reason %s", name, err, ReasonKey)
		}
	}
	for _, s := range []string{"", "z", "z0OIl", "m" + multi[1:], multi + "1", "z" + strings.Repeat("z", 200)} {
		if _, err := ParseMultikey(s); ReasonOf(err) != ReasonKey {
			t.Errorf("ParseMultikey(%q): %v, want reason %s", s, err, ReasonKey)
		}
	}
}

// The example of W3C Controlled Identifiers and FEP-521a style keys: base58 has its own corner, the
// leading zeros.
func TestBase58(t *testing.T) {
	for _, c := range []struct{ bytes, text string }{
		{"", ""}, {"\x00", "1"}, {"\x00\x00\x01", "112"}, {"Hello World!", "2NEpo7TZRRrLZSi2U"},
	} {
		if got := base58Encode([]byte(c.bytes)); got != c.text {
			t.Errorf("encode %q: got %q, want %q", c.bytes, got, c.text)
		}
		if got, ok := base58Decode(c.text); !ok || string(got) != c.bytes {
			t.Errorf("decode %q: got %q, %v, want %q", c.text, got, ok, c.bytes)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`keyId="https://p.example/u/bob#key",algorithm="hs2019",headers="(request-target) host (created) digest",created=1,signature="YQ=="`, "")
	f.Add(`sig1=:YQ==:`, `sig1=("@method" "@target-uri" "content-digest");created=1795341600;keyid="k";alg="ed25519"`)
	key := PublicKey{ed: ed25519.PublicKey(make([]byte, 32))}
	f.Fuzz(func(t *testing.T, signature, input string) {
		r := received("POST", "/inbox?x", "h.example", http.Header{"Signature": {signature}, "Date": {dateNow}}, "")
		if input != "" {
			r.Header.Set("Signature-Input", input)
		}
		sig, err := Parse(r)
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatalf("an error without a reason: %v", err)
			}
			return
		}
		if sig.KeyID == "" || len(sig.KeyID) > maxKeyID {
			t.Fatalf("key id of %d bytes", len(sig.KeyID))
		}
		checked, err := sig.Check([]string{"h.example"}, nil, now)
		if err != nil {
			return
		}
		_ = checked.Verify(key)
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
	f.Add("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n")
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := ParseMultikey(s); err == nil && k.IsZero() {
			t.Fatal("no key and no error")
		}
		if k, err := ParsePEM(s); err == nil && k.IsZero() {
			t.Fatal("no key and no error")
		}
	})
}

func BenchmarkSign(b *testing.B) {
	key := rsaKey()
	b.Run("bare-rsa", func(b *testing.B) {
		sum := sha256.Sum256([]byte("x"))
		for b.Loop() {
			if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("request", func(b *testing.B) {
		signer := &Signer{KeyID: "https://h.example/u/alice#main-key", Key: key}
		body := PrepareBody(make([]byte, 3000))
		req, _ := http.NewRequest("POST", "https://p.example/inbox", nil)
		b.ReportAllocs()
		for b.Loop() {
			if err := signer.SignRequest(req, body, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	key := publicKey(b, rsaKey())
	b.Run("bare-rsa", func(b *testing.B) {
		sum := sha256.Sum256([]byte("x"))
		sig, _ := rsa.SignPKCS1v15(nil, rsaKey(), crypto.SHA256, sum[:])
		for b.Loop() {
			if rsa.VerifyPKCS1v15(key.rsa, crypto.SHA256, sum[:], sig) != nil {
				b.Fatal("bad")
			}
		}
	})
	b.Run("request", func(b *testing.B) {
		body := strings.Repeat("x", 3000)
		out, _ := http.NewRequest("POST", "https://h.example/inbox", nil)
		signer := &Signer{KeyID: "https://p.example/u/bob#main-key", Key: rsaKey()}
		if err := signer.SignRequest(out, PrepareBody([]byte(body)), now); err != nil {
			b.Fatal(err)
		}
		r := received("POST", "/inbox", "h.example", out.Header, body)
		b.ReportAllocs()
		for b.Loop() {
			if err := judge(r, body, key, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}
