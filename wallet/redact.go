package wallet

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// redactFrom is how much of a secret a text has to hold, in characters, before it is taken out: below that it
// is a word, and as a part of a secret it is of no use.
const redactFrom = 12

// redactMost is how many bytes of a text are looked at and left, more than anybody reads of an error. A provider
// that repeats the beginning of a secret for a whole MiB would have us look for a minute.
const redactMost = 8 << 10

// Redact takes secrets out of a text that somebody else wrote. Adapters use it on what their provider says
// before they put that into an error: errors are logged, kept with the charge and shown to admins, and some
// programs repeat in their answers what they were sent. A secret is found as it is, in hexadecimal, in base64
// and escaped as in URLs, JSON, HTML and Go, whole or cut off at its end. Of a long text only the beginning is left.
func Redact(text string, secrets ...[]byte) string {
	var forms []string
	for _, s := range secrets {
		plain := string(s)
		quoted := strconv.Quote(plain)
		forms = append(forms, plain, hex.EncodeToString(s), strings.ToUpper(hex.EncodeToString(s)), base64.StdEncoding.EncodeToString(s),
			base64.URLEncoding.EncodeToString(s), url.QueryEscape(plain), url.PathEscape(plain), html.EscapeString(plain), quoted[1:len(quoted)-1])
		if b, err := json.Marshal(plain); err == nil {
			forms = append(forms, string(b[1:len(b)-1]))
		}
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return len(form) < redactFrom })
	if end := redactMost; len(text) > end {
		for end > redactMost-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	var out strings.Builder
	for {
		at, n := firstOf(text, forms)
		if n == 0 {
			break
		}
		out.WriteString(text[:at])
		out.WriteString("[secret]")
		text = text[at+n:]
	}
	out.WriteString(text)
	return out.String()
}

// firstOf finds where the first of some forms begins in a text, and how much of the longest stands there.
func firstOf(text string, forms []string) (at, n int) {
	for _, form := range forms {
		i := strings.Index(text, form[:redactFrom])
		if i < 0 || n > 0 && i > at {
			continue
		}
		m := redactFrom
		for m < len(form) && i+m < len(text) && text[i+m] == form[m] {
			m++
		}
		if n == 0 || i < at || m > n {
			at, n = i, m
		}
	}
	return at, n
}
