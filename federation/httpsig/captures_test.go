package httpsig

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A recorded request, as the folder named by HALQA_CAPTURES holds them.
type recorded struct {
	Method   string          `json:"method"`
	Host     string          `json:"host"`
	Target   string          `json:"target"`
	Header   http.Header     `json:"request_headers"`
	Body     json.RawMessage `json:"request_body"`
	Response json.RawMessage `json:"response_body"`
}

// Every recorded signature whose key was recorded too must pass, at the recorded time, and must fail
// with one byte of the signature changed.
func TestCaptures(t *testing.T) {
	dir := os.Getenv("HALQA_CAPTURES")
	if dir == "" {
		t.Skip("HALQA_CAPTURES names no folder of recorded traffic")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	all := map[string]recorded{}
	keys := map[string]PublicKey{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var rec recorded
		if err := json.Unmarshal(data, &rec); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all[f] = rec
		for _, doc := range []json.RawMessage{rec.Body, rec.Response} {
			var v any
			if json.Unmarshal(doc, &v) == nil {
				collectKeys(t, v, keys)
			}
		}
	}
	signed, whole, skipped := 0, 0, 0
	for f, rec := range all {
		if rec.Header.Get("Signature") == "" {
			continue
		}
		r := received(rec.Method, rec.Target, rec.Host, rec.Header, "")
		sig, err := Parse(r)
		if err != nil {
			t.Errorf("%s: parse: %v", f, err)
			continue
		}
		key, ok := keys[sig.KeyID]
		if !ok {
			skipped++
			continue
		}
		at, err := http.ParseTime(rec.Header.Get("Date"))
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		// The recordings hold the body as a JSON value. For most senders its bytes can be had back; for
		// the others the digest header stands for them.
		var checked *Checked
		body, ok := originalBytes(rec)
		if ok {
			whole++
			checked, err = sig.Check([]string{rec.Host}, body, at)
			if _, err := sig.Check([]string{rec.Host}, append(body, ' '), at); len(rec.Body) > 0 && ReasonOf(err) != ReasonDigest {
				t.Errorf("%s: another body: %v, want reason %s", f, err, ReasonDigest)
			}
		} else {
			checked = &Checked{sig: sig}
			if err = sig.checkCoverage(); err == nil {
				err = checked.cavageBases()
			}
		}
		if err != nil {
			t.Errorf("%s: check: %v", f, err)
			continue
		}
		if err := checked.Verify(key); err != nil {
			t.Errorf("%s: verify: %v", f, err)
		}
		sig.value[7] ^= 1
		if err := checked.Verify(key); ReasonOf(err) != ReasonBad {
			t.Errorf("%s: a changed signature: %v, want reason %s", f, err, ReasonBad)
		}
		signed++
	}
	t.Logf("%d signatures verified, %d of them with the body; %d without a recorded key", signed, whole, skipped)
	if signed == 0 {
		t.Error("nothing was verified")
	}
}

// collectKeys finds every publicKey in a decoded document.
func collectKeys(t *testing.T, v any, keys map[string]PublicKey) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			collectKeys(t, e, keys)
		}
	case map[string]any:
		if pk, ok := v["publicKey"].(map[string]any); ok {
			id, _ := pk["id"].(string)
			text, _ := pk["publicKeyPem"].(string)
			key, err := ParsePEM(text)
			if err != nil {
				t.Errorf("key %s: %v", id, err)
			} else {
				keys[id] = key
			}
		}
		for _, e := range v {
			collectKeys(t, e, keys)
		}
	}
}

// originalBytes undoes the recorder's indentation in the ways that serializers differ in.
func originalBytes(rec recorded) ([]byte, bool) {
	if len(rec.Body) == 0 {
		return nil, true
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, rec.Body); err != nil {
		return nil, false
	}
	plain := compact.String()
	html := strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`)
	php := strings.NewReplacer("/", `\/`, "<", `\u003C`, ">", `\u003E`, "&", `\u0026`, "'", `\u0027`)
	for _, s := range []string{plain, html.Replace(plain), php.Replace(plain)} {
		sum := sha256.Sum256([]byte(s))
		if rec.Header.Get("Digest") == "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]) {
			return []byte(s), true
		}
	}
	return nil, false
}
