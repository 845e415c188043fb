package text

import (
	"strings"

	"halqa/circles"
)

const (
	minName = 3
	maxName = 30
)

// reserved are names that nobody takes: paths of ours, addresses that mail and operators expect to
// answer (RFC 2142), and words that would pass for the instance or for everyone. People and
// circles share one name space, so one list serves both. Shorter words need no place in it.
const reserved = " " +
	"api oauth inbox outbox sharedinbox static media feeds feed admin mod settings about " +
	"well_known wellknown nodeinfo hostmeta webfinger login logout signin signup signout " +
	"register setup reset invite post posts comment comments activity activities circle " +
	"circles user users person people home local all mine new search tags tag drafts draft " +
	"notifications messages message modlog appeal appeals wallet tip tips receipts help " +
	"offline authorize_interaction health metrics healthz readyz proxy rss atom assets css " +
	"icons img actor instance followers following liked featured moderators dev favicon " +
	"robots sitemap embed share report reports language theme administrator root system " +
	"sysadmin moderator moderation moderators owner operator staff team official support " +
	"security abuse postmaster hostmaster webmaster noc info contact noreply no_reply " +
	"mailer_daemon nobody anonymous guest deleted unknown null undefined everyone everybody " +
	"here channel halqa gate gates standing service bot "

// ValidName says whether a person or a circle of this instance may be called name: 3 to 30 of
// a-z, 0-9 and _, and none of the reserved words. A refusal is a circles.Error on field "name".
// That the name is free is the store's to say.
func ValidName(name string) error {
	switch {
	case len(name) < minName || len(name) > maxName:
		return circles.FieldErrorf(circles.Invalid, "name", "A name has %d to %d characters.", minName, maxName).
			With("refused.name-length", map[string]any{"Min": minName, "Max": maxName})
	case !nameChars(name):
		return circles.FieldErrorf(circles.Invalid, "name", "A name has only small letters a to z, digits and underscores.").
			With("refused.name-characters", nil)
	case strings.Trim(name, "_") == "":
		return circles.FieldErrorf(circles.Invalid, "name", "A name needs at least one letter or digit.").
			With("refused.name-empty", nil)
	case strings.Contains(reserved, " "+name+" "):
		return circles.FieldErrorf(circles.Invalid, "name", "The name %q is reserved; please choose another.", name).
			With("refused.name-reserved", map[string]any{"Name": name})
	}
	return nil
}

func nameChars(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}
