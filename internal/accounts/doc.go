// Package accounts lets people of this instance in: the first one by a one-time token, others by
// signing up; passwords, sessions, tokens of programs that act for them, and what a person has set for
// themselves.
//
// It says who somebody is, not what they may do in a circle; that is standing's. It sets no cookies
// and knows no HTTP: a session is a token that its caller carries back. Passwords and tokens are kept
// as hashes alone and appear in no error.
//
// Begin with accounts.go and login.go; password.go says how passwords are kept, throttle.go how
// guessing is slowed. What programs get is in tokens.go, how they come by it in oauth.go.
package accounts
