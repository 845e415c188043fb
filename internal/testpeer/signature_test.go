package testpeer

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The key and the signatures of draft-cavage-http-signatures-12, appendix C.
const (
	cavageKey = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----`
	cavageBasic = `keyId="Test",algorithm="rsa-sha256",headers="(request-target) host date", signature="qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="`
	cavageAll   = `keyId="Test",algorithm="rsa-sha256",headers="(request-target) host date content-type digest content-length",signature="vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="`
)

func cavageRequest(signature string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, "http://example.com/foo?param=value&pet=dog", nil)
	req.Header = http.Header{"Date": {"Sun, 05 Jan 2014 21:31:40 GMT"}, "Content-Type": {"application/json"},
		"Digest": {"SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="}, "Content-Length": {"18"}, "Signature": {signature}}
	return req
}

func TestCavageVectors(t *testing.T) {
	key, err := parseKey(cavageKey)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2014, 1, 5, 21, 31, 40, 0, time.UTC)
	rules := sigRules{cover: [][]string{{"(request-target)"}}, digest: true, clock: time.Hour}
	for name, header := range map[string]string{"C.2": cavageBasic, "C.3": cavageAll} {
		sig, why := rules.check(cavageRequest(header), []byte(`{"hello": "world"}`), at)
		if why != nil {
			t.Errorf("%s: %+v", name, *why)
			continue
		}
		if !sig.matches(key) {
			t.Errorf("%s: the signature does not match; base\n%s", name, sig.base)
		}
		if sig.value[0] ^= 1; sig.matches(key) {
			t.Errorf("%s: a changed signature matches", name)
		}
	}
	if _, why := rules.check(cavageRequest(cavageAll), []byte(`{"hello": "World"}`), at); why == nil || why.reason != ReasonDigest {
		t.Errorf("another body gives %+v, want %s", why, ReasonDigest)
	}
}

// RFC 9421 2.5, the example of a signature base.
func TestRFC9421Base(t *testing.T) {
	req := httptest.NewRequest(http.MethodPost, "http://example.com/foo?param=Value&Pet=dog", nil)
	req.Header = http.Header{"Content-Digest": {"sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"},
		"Content-Length": {"18"}, "Content-Type": {"application/json"}}
	got, err := rfc9421Base(req, []string{"@method", "@authority", "@path", "content-digest", "content-length", "content-type"},
		`("@method" "@authority" "@path" "content-digest" "content-length" "content-type");created=1618884473;keyid="test-key-rsa-pss"`)
	if err != nil {
		t.Fatal(err)
	}
	want := `"@method": POST
"@authority": example.com
"@path": /foo
"content-digest": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:
"content-length": 18
"content-type": application/json
"@signature-params": ("@method" "@authority" "@path" "content-digest" "content-length" "content-type");created=1618884473;keyid="test-key-rsa-pss"`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := rfc9421Base(req, []string{"x-absent"}, "()"); err == nil {
		t.Error("a component that is not in the request was signed")
	}
}

func TestWhatIsSignedVerifies(t *testing.T) {
	key, err := keyNumber(4559)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	s := signer{keyID: "http://h.example/u/a#main-key", key: key, algorithm: "rsa-sha256", now: now}
	body := []byte(`{"a":1}`)
	rules := sigRules{cover: always, digest: true, clock: time.Hour, rfc9421: true}
	for name, sign := range map[string]func(*http.Request, []byte) error{"cavage": s.cavage, "rfc9421": s.rfc9421} {
		for _, body := range [][]byte{body, nil} {
			req := httptest.NewRequest(http.MethodPost, "http://h.example:8080/inbox?x=1", nil)
			if err := sign(req, body); err != nil {
				t.Fatal(err)
			}
			sig, why := rules.check(req, body, now.Add(59*time.Minute))
			if why != nil {
				t.Errorf("%s: %+v", name, *why)
			} else if !sig.matches(&key.PublicKey) {
				t.Errorf("%s does not match", name)
			}
			if _, why := rules.check(req, body, now.Add(61*time.Minute)); why == nil || why.reason != ReasonClock {
				t.Errorf("%s: 61 minutes later gives %+v, want %s", name, why, ReasonClock)
			}
		}
	}
}

// TestRecordedSignatures checks real traffic where it is at hand.
func TestRecordedSignatures(t *testing.T) {
	dir := os.Getenv("HALQA_CAPTURES")
	if dir == "" {
		t.Skip("HALQA_CAPTURES names no folder of recorded traffic")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	type recording struct {
		Method, Host, Target string
		Header               http.Header `json:"request_headers"`
		Body                 obj         `json:"response_body"`
	}
	var all []recording
	keys := map[string]string{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var r recording
		if json.Unmarshal(data, &r) != nil {
			var loose struct {
				Method, Host, Target string
				Header               http.Header `json:"request_headers"`
			}
			if err := json.Unmarshal(data, &loose); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			r = recording{Method: loose.Method, Host: loose.Host, Target: loose.Target, Header: loose.Header}
		}
		if k := r.Body.sub("publicKey"); k != nil {
			keys[k.str("id")] = k.str("publicKeyPem")
		}
		all = append(all, r)
	}
	matched := 0
	for i, r := range all {
		header := r.Header.Get("Signature")
		sig, why := parseCavage(header, false)
		if why != nil || keys[sig.keyID] == "" {
			continue
		}
		key, err := parseKey(keys[sig.keyID])
		if err != nil {
			t.Errorf("%s: key of %s: %v", files[i], sig.keyID, err)
			continue
		}
		req := httptest.NewRequest(r.Method, "http://"+r.Host+r.Target, nil)
		req.Header = r.Header
		// Without clock, digest and coverage: bodies are not recorded to the byte.
		sig, why = sigRules{anyQuery: true}.check(req, nil, time.Time{})
		if why != nil || !sig.matches(key) {
			t.Errorf("%s: the signature of %s does not match", files[i], sig.keyID)
		}
		matched++
	}
	if matched < 20 {
		t.Errorf("only %d recorded signatures had a key", matched)
	}
}

func TestKeysAreSound(t *testing.T) {
	seen := map[string]int{}
	for _, n := range []int{0, 1, 94, 95, 2222, 4558, 4559} {
		key, err := keyNumber(n)
		if err != nil {
			t.Fatalf("key %d: %v", n, err)
		}
		if err := key.Validate(); err != nil || key.N.BitLen() != 2048 {
			t.Errorf("key %d of %d bits: %v", n, key.N.BitLen(), err)
		}
		if other, twice := seen[key.N.String()]; twice {
			t.Errorf("keys %d and %d are one", n, other)
		}
		seen[key.N.String()] = n
	}
}
