package text

import (
	"net/url"
	"regexp"
	"strings"

	"halqa/circles"
)

// crosspostLine is how a post says that it was taken over from another: what Lemmy's own pages write before
// the quoted text in English, and apps after it.
var crosspostLine = regexp.MustCompile(`(?i)^\s*cross-?posted from:?\s*<?(https?://[^\s<>)\]]+)`)

// CrosspostOf returns the address of the post that a text says in its first line it was taken over from; ""
// = it says nothing of the kind. s is markdown or plain text.
func CrosspostOf(s string) string {
	m := crosspostLine.FindStringSubmatch(s[:min(len(s), circles.MaxLink+100)])
	if m == nil || len(m[1]) > circles.MaxLink {
		return ""
	}
	u, err := url.Parse(m[1])
	if err != nil || u.Host == "" || u.User != nil {
		return ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// Crossposted is the text of a crosspost: where it is from, and what that says, quoted.
func Crossposted(from, body string) string {
	s := "cross-posted from: " + from + "\n"
	if body == "" {
		return s
	}
	return s + "\n" + quote(body) + "\n"
}

// quote makes a block quotation of markdown.
func quote(body string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(body)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			b.WriteString(">\n")
		} else {
			b.WriteString("> " + line + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
