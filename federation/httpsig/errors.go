package httpsig

import (
	"errors"

	"halqa/circles"
)

// Reasons, as found in the Reason of the *circles.Error that Parse, Check, Verify and the key
// parsers return. Syntax faults are of kind circles.Invalid, all others of kind circles.Denied.
// A Denied answer makes Mastodon 4.7 try its other dialect once; Lemmy and Mbin give up.
const (
	ReasonMissing     = "signature-missing"     // the request is not signed
	ReasonMalformed   = "signature-malformed"   // the headers cannot be parsed, or stand there twice
	ReasonUnsupported = "signature-unsupported" // an algorithm or component nobody else uses
	ReasonCoverage    = "signature-coverage"    // something that matters is not signed
	ReasonHost        = "signature-host"        // meant for another server
	ReasonClock       = "signature-clock"       // too old, from the future, or expired
	ReasonDigest      = "signature-digest"      // the body is not the one that was signed
	ReasonBad         = "signature-bad"         // the key did not make this signature
	ReasonKey         = "signature-key"         // the key itself cannot be used
)

// ReasonOf returns the reason constant of err, or "" if err is not from this package.
func ReasonOf(err error) string {
	var e *circles.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func refuse(reason, message string) error {
	kind := circles.Denied
	if reason == ReasonMalformed {
		kind = circles.Invalid
	}
	return &circles.Error{Kind: kind, Reason: reason, Message: message}
}
