package wallet

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	secret := "a key & <more>, 32 bytes \x01 or \xff so"
	escaped, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":                            "",
		"nothing of it: a key":        "nothing of it: a key",
		"key " + secret + " is wrong": "key [secret] is wrong",
		secret + secret:               "[secret][secret]",
		"cut off: " + secret[:20]:     "cut off: [secret]",
		"cut off: " + secret[:11]:     "cut off: " + secret[:11],
		fmt.Sprintf("%x and %X.", secret, secret):               "[secret] and [secret].",
		fmt.Sprintf("quoted %q", secret):                        `quoted "[secret]"`,
		`{"key":` + string(escaped) + `}`:                       `{"key":"[secret]"}`,
		"a+key+%26+%3Cmore%3E%2C+32+bytes":                      "[secret]",
		"a key &amp; &lt;more&gt;, 32 bytes; done":              "[secret]; done",
		base64.StdEncoding.EncodeToString([]byte(secret)) + "!": "[secret]!",
		"other": "other",
	} {
		if got := Redact(text, []byte(secret)); got != want {
			t.Errorf("Redact(%q) = %q, want %q", text, got, want)
		}
	}
	// An empty or short secret is in every text.
	if got := Redact("as it was", nil, []byte("was")); got != "as it was" {
		t.Errorf("short secrets made %q", got)
	}
	if got := Redact(strings.Repeat("one secret here, two secrets ", 2), []byte("one secret here"), []byte("two secrets ")); strings.Contains(got, "here") || strings.Contains(got, "two") {
		t.Errorf("two secrets: %q", got)
	}
}
