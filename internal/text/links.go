package text

import (
	"net/url"
	"slices"
	"strings"
)

const (
	maxHref = 4096 // bytes; a longer address carries data, not a place
	maxAlt  = 1500 // runes; as much as Mastodon takes
)

// linkSchemes are those that a link in a text may have: what browsers open without running it.
var linkSchemes = []string{"https", "http", "mailto", "xmpp", "matrix", "magnet", "gemini", "tel"}

// cleanHref returns an address in normal form if a link may lead there. Relative ones are resolved
// against origin, and refused without one: we do not know what a peer meant them to be relative to.
func cleanHref(raw, origin string) (string, bool) {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxHref {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", false
	}
	if u.Scheme == "" {
		base, err := url.Parse(origin)
		if origin == "" || err != nil || strings.HasPrefix(raw, "#") {
			return "", false
		}
		u = base.ResolveReference(u)
	}
	if !slices.Contains(linkSchemes, u.Scheme) {
		return "", false
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		// "https:\\host" and "https:path" are read in one way here and in another by browsers; a
		// name before the host is there to be mistaken for it.
		if u.Host == "" || u.Opaque != "" {
			return "", false
		}
		u.User = nil
	}
	href := u.String()
	again, err := url.Parse(href)
	if err != nil || again.String() != href || again.Scheme != u.Scheme || again.Host != u.Host || len(href) > 3*maxHref {
		return "", false
	}
	return href, true
}
