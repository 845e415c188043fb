package accounts

import (
	"slices"
	"strings"

	"halqa/circles"
)

// A Scope is something that a token may do in its owner's name, never more than they may themselves.
type Scope string

const (
	ScopeRead          Scope = "read"          // what the owner may read; without a token what anybody may
	ScopeNotifications Scope = "notifications" // what they were told, and marking it as seen
	ScopeWrite         Scope = "write"         // post, comment, vote, save, report
	ScopeFollow        Scope = "follow"        // join, follow, block, mute
	ScopeMessages      Scope = "messages"      // read and write private messages
	ScopeTip           Scope = "tip"           // give tips, and see those given and got
	ScopeCircles       Scope = "circles"       // open circles and change those they run
	ScopeModerate      Scope = "moderate"      // remove, lock, ban, decide reports
	ScopeAccount       Scope = "account"       // profile and settings
	ScopeAdmin         Scope = "admin"         // run the instance
)

// AllScopes lists them in the order in which they are shown.
func AllScopes() []Scope {
	return []Scope{ScopeRead, ScopeNotifications, ScopeWrite, ScopeFollow, ScopeMessages, ScopeTip, ScopeCircles, ScopeModerate, ScopeAccount, ScopeAdmin}
}

// Scopes are several, each once, in the order of AllScopes.
type Scopes []Scope

// ParseScopes reads scopes with spaces between them. // RFC 6749 3.3
func ParseScopes(s string) (Scopes, error) {
	words := strings.Fields(s)
	var all Scopes
	for _, known := range AllScopes() {
		if slices.Contains(words, string(known)) {
			all = append(all, known)
		}
	}
	for _, w := range words {
		if !slices.Contains(all, Scope(w)) {
			return nil, oauthError(circles.Invalid, "invalid_scope", "There is no scope %.40q; the scopes are %s.", w, Scopes(AllScopes()))
		}
	}
	return all, nil
}

func (s Scopes) String() string {
	words := make([]string, len(s))
	for i, one := range s {
		words[i] = string(one)
	}
	return strings.Join(words, " ")
}

// Has reports whether a scope is among them.
func (s Scopes) Has(one Scope) bool { return slices.Contains(s, one) }

// within reports whether all of s are among others.
func (s Scopes) within(others Scopes) bool {
	return !slices.ContainsFunc(s, func(one Scope) bool { return !others.Has(one) })
}

// oauthError is a refusal with the word that RFC 6749 5.2, RFC 7009 2.2.1 or RFC 7591 3.2.2 has for it.
func oauthError(kind circles.Kind, code, format string, args ...any) *circles.Error {
	e := circles.Errorf(kind, format, args...)
	e.Reason = code
	return e
}
