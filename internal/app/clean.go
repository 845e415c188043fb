package app

import (
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/internal/text"
)

// Limits of what people say about circles and themselves; posts' are in circles.
const (
	maxDisplayName = 60     // runes; longer ones break the byline
	maxTopic       = 80     // runes; one line in the directory
	maxDescription = 10_000 // runes of markdown
	maxReason      = 500    // runes; why a moderator removed something
	maxHue         = 11     // twelfths of the colour circle, from 0
)

// line cleans a single-line field and refuses one that is too long, rather than cutting what
// somebody is still able to shorten.
func line(field, name, s string, max int) (string, error) {
	if len(s) > 16*max || text.Length(s) > max { // the first so that nothing huge is looked at
		return "", tooLong(field, name, max)
	}
	return text.CleanLine(s, max), nil
}

// block is line for a text of several lines.
func block(field, name, s string, max int) (string, error) {
	if len(s) > 16*max || text.Length(s) > max {
		return "", tooLong(field, name, max)
	}
	return text.CleanBlock(s, max), nil
}

func tooLong(field, name string, max int) error {
	return circles.FieldErrorf(circles.TooLarge, field, "The %s is longer than %d characters; shorten it.", name, max).
		With("refused.too-long", map[string]any{"Field": field, "Max": max})
}

// link checks the address of a page.
func link(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil || len(u.String()) > circles.MaxLink || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return "", circles.FieldErrorf(circles.Invalid, "link", "The link must be a whole web address that begins with https:// and has at most %d characters.", circles.MaxLink).
			With("refused.link", map[string]any{"Max": circles.MaxLink})
	}
	return u.String(), nil
}
