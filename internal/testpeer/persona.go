package testpeer

import (
	"fmt"
	"time"
)

// A Persona is the server that a Peer plays.
type Persona string

// The personas, named as NodeInfo's software.name says. Unknown is a server that nobody has heard
// of: it accepts every shape of activity and checks only signatures and origins.
const (
	Mastodon   Persona = "mastodon"
	Lemmy      Persona = "lemmy"
	PieFed     Persona = "piefed"
	Mbin       Persona = "mbin"
	NodeBB     Persona = "nodebb"
	GoToSocial Persona = "gotosocial"
	Misskey    Persona = "misskey"
	Snac       Persona = "snac"
	Unknown    Persona = "unheard-of"
)

// Personas lists all of them, Unknown last.
func Personas() []Persona {
	return []Persona{Mastodon, Lemmy, PieFed, Mbin, NodeBB, GoToSocial, Misskey, Snac, Unknown}
}

// Threadiverse tells whether the server hosts communities as Groups.
func (p Persona) Threadiverse() bool { return p.traits().group != "" }

// traits is how a server looks from outside and what it checks.
type traits struct {
	version string
	agent   string // User-Agent, %s is the base URL

	// Paths, each with one verb: a name for the first two, else a number.
	user, group, post, comment, activity string

	sharedInbox string   // path; "" if each actor has only its own inbox
	keySuffix   string   // of the key id, after the actor's
	algorithm   string   // as stated in the Signature header
	covers      []string // what it signs, also of a GET; nil: (request-target) host date, and digest of a POST
	secure      bool     // unsigned GET of a document is refused
	late        bool     // answers 202 first and reads later, so that a bad shape is never told
	maxBody     int64    // bytes of a POST
	sigs        sigRules
	rules       func() *rules
}

// sigRules is how strictly a server checks signatures.
type sigRules struct {
	cover       [][]string    // one of each row must be signed
	digest      bool          // a POST must have a digest, signed or not
	exactDigest bool          // compares the header as a string with SHA-256=…
	naive       bool          // splits the header at commas, blanks stay part of the names
	algorithms  []string      // accepted; nil = any that is known
	clock       time.Duration // 0 = does not look
	dateHeader  bool          // wants a Date header, (created) is unknown to it
	fragment    bool          // the keyId of a signed GET must have a #fragment
	ownKey      bool          // key id, activity id and actor are of one host
	rfc9421     bool
	anyQuery    bool // a signature without the query counts too
	refetchKey  bool // asks for the key again if a signature does not match
}

var (
	always     = [][]string{{"(request-target)"}, {"host"}, {"date"}, {"digest"}}
	withDate   = [][]string{{"(request-target)"}, {"date", "(created)"}}
	mastodonic = [][]string{{"(request-target)", "digest"}, {"date", "(created)"}}
)

func (p Persona) traits() traits {
	const mib = 1 << 20
	switch p {
	case Mastodon: // M app/controllers/concerns/signature_verification.rb
		return traits{version: "4.6.5", agent: "Mastodon/4.6.5 (http.rb/5.3.1; +%s/)",
			user: "/users/%s", post: "/users/statuses/%d", comment: "/users/statuses/%d", activity: "/payloads/%d",
			sharedInbox: "/inbox", keySuffix: "#main-key", algorithm: "rsa-sha256", late: true, maxBody: mib,
			sigs:  sigRules{cover: mastodonic, digest: true, clock: time.Hour, rfc9421: true, anyQuery: true, refetchKey: true},
			rules: mastodonRules}
	case Lemmy: // F 0.7.0-beta.11 src/http_signatures.rs
		return traits{version: "1.0.0-beta.1", agent: "Lemmy/1.0.0-beta.1; +%s",
			user: "/u/%s", group: "/c/%s", post: "/post/%d", comment: "/comment/%d", activity: "/activities/%d",
			sharedInbox: "/inbox", keySuffix: "#main-key", algorithm: "hs2019", maxBody: mib,
			sigs:  sigRules{cover: withDate, digest: true, clock: time.Hour, fragment: true},
			rules: lemmyRules}
	case PieFed: // P 1.6.6 app/activitypub/signature.py
		return traits{version: "1.6.6", agent: "PieFed/1.6.6; +%s",
			user: "/u/%s", group: "/c/%s", post: "/post/%d", comment: "/comment/%d", activity: "/activities/%d",
			sharedInbox: "/inbox", keySuffix: "#main-key", algorithm: "rsa-sha256", maxBody: mib,
			sigs: sigRules{cover: always, digest: true, exactDigest: true, naive: true, dateHeader: true,
				algorithms: []string{"rsa-sha256", "hs2019"}, clock: time.Hour},
			rules: pieFedRules}
	case Mbin: // B 1.10.1 src/Service/ActivityPub/SignatureValidator.php
		return traits{version: "1.10.1", agent: "Mbin/1.10.1 (+%s/agent)",
			user: "/u/%s", group: "/m/%s", post: "/m/t/%d", comment: "/m/t/comment/%d", activity: "/f/object/%d",
			sharedInbox: "/f/inbox", keySuffix: "#main-key", algorithm: "rsa-sha256", late: true, maxBody: mib,
			sigs:  sigRules{cover: [][]string{{"(request-target)"}}, dateHeader: true, ownKey: true},
			rules: mbinRules}
	case NodeBB: // N 4.15.1 src/activitypub/index.js
		return traits{version: "4.15.1", agent: "NodeBB/4.x (%s)",
			user: "/uid/%s", group: "/category/%s", post: "/post/%d", comment: "/post/%d", activity: "/post/%d#activity",
			sharedInbox: "/inbox", keySuffix: "#key", algorithm: "rsa-sha256", maxBody: mib,
			sigs:  sigRules{cover: always, digest: true, clock: time.Hour, rfc9421: true, anyQuery: true},
			rules: nodeBBRules}
	case GoToSocial: // G 0.20.0-rc1 internal/federation/authenticate.go
		return traits{version: "0.20.0", agent: "gotosocial/0.20.0 (+%s)",
			user: "/users/%s", post: "/users/statuses/%d", comment: "/users/statuses/%d", activity: "/activity/%d",
			keySuffix: "/main-key", algorithm: "hs2019", secure: true, maxBody: mib,
			sigs:  sigRules{cover: [][]string{{"(request-target)"}}, anyQuery: true},
			rules: goToSocialRules}
	case Misskey: // K 2025.4.1 packages/backend/src/server/ActivityPubServerService.ts:638
		return traits{version: "2025.4.1", agent: "Misskey/2025.4.1 (%s)",
			user: "/users/%s", post: "/notes/%d", comment: "/notes/%d", activity: "/activities/%d",
			sharedInbox: "/inbox", keySuffix: "#main-key", algorithm: "rsa-sha256", late: true, maxBody: 64 << 10,
			sigs:  sigRules{cover: always, digest: true, ownKey: true},
			rules: misskeyRules}
	case Snac: // seen: no shared inbox, its own order of what is signed
		return traits{version: "2.94", agent: "snac/2.94; +%s/",
			user: "/%s", post: "/p/%d", comment: "/p/%d", activity: "/d/%d",
			keySuffix: "#main-key", algorithm: "rsa-sha256", maxBody: mib,
			covers: []string{"(request-target)", "host", "digest", "date"},
			sigs:   sigRules{cover: [][]string{{"(request-target)"}}, digest: true, anyQuery: true},
			rules:  snacRules}
	case Unknown:
		return traits{version: "0.0.1", agent: "Unheard-Of/0.0.1 (+%s)",
			user: "/people/%s", group: "/groups/%s", post: "/things/%d", comment: "/things/%d", activity: "/acts/%d",
			sharedInbox: "/inbox", keySuffix: "#main-key", algorithm: "rsa-sha256", maxBody: mib,
			sigs:  sigRules{cover: always, digest: true, clock: time.Hour, rfc9421: true},
			rules: plainRules}
	}
	panic(fmt.Sprintf("testpeer: no persona %q", string(p)))
}
