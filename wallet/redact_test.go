package wallet

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
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

// An answer that repeats a secret as often as fits costs no more than another, and what is left is no book.
func TestRedactHasAnEnd(t *testing.T) {
	secret := []byte("0123456789abcdef")
	got := Redact(strings.Repeat(string(secret[:12]), 1<<20/12), secret)
	if len(got) > redactMost || strings.Contains(got, string(secret[:12])) {
		t.Errorf("of a text of 1 MiB %d bytes are left, want at most %d and no secret", len(got), redactMost)
	}
	// Where a text is cut, half a letter is not left.
	if got := Redact(strings.Repeat("圈", redactMost), secret); !utf8.ValidString(got) || len(got) > redactMost {
		t.Errorf("%d bytes are left, valid UTF-8: %t", len(got), utf8.ValidString(got))
	}
}
