package circles

import (
	"errors"
	"fmt"
)

// A Kind says what sort of refusal an Error is. Pages and the API answer with its Status; the inbox
// chooses what makes each peer behave.
type Kind string

const (
	Invalid   Kind = "invalid"   // what was sent cannot be accepted as it is
	Denied    Kind = "denied"    // nobody is signed in, or the proof of identity is wrong
	Forbidden Kind = "forbidden" // this person may not do that
	NotFound  Kind = "not-found" // unknown, private and hidden alike
	Conflict  Kind = "conflict"  // it clashes with what is there already
	Gone      Kind = "gone"      // it was here and its author took it away
	TooLarge  Kind = "too-large" // over a stated limit
	Limited   Kind = "limited"   // too often; try later
	Busy      Kind = "busy"      // the server cannot do it now; nothing was changed
	Internal  Kind = "internal"  // ours; the detail is logged, never shown
)

// An Error is a refusal that may be shown: Message is one sentence in plain English for the person
// who asked, saying what was wrong and what to do. Text is its key in the message catalogues, with
// Args for its placeholders; an edge that speaks another language looks Text up and falls back to
// Message. Field names the form or JSON field at fault, if one is.
type Error struct {
	Kind    Kind
	Message string
	Text    string
	Args    map[string]any
	Field   string
	Reason  string // a constant a moderator can read, such as "not-a-member"; may be empty
	Err     error  // the cause; logged with Internal and Busy, never shown
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Message, e.Err)
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an *Error whose message is safe to show to anyone.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// FieldErrorf is Errorf for a refusal that one form field caused.
func FieldErrorf(kind Kind, field, format string, args ...any) *Error {
	return &Error{Kind: kind, Field: field, Message: fmt.Sprintf(format, args...)}
}

// With returns a copy of e that carries its catalogue key and the values for its placeholders.
func (e *Error) With(text string, args map[string]any) *Error {
	c := *e
	c.Text, c.Args = text, args
	return &c
}

// KindOf returns the kind of the first Error in err's chain, Internal for any other error, and ""
// for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is an Error of this kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Status is the HTTP status of a refusal of this kind, in pages and to programs. RFC 9110 15
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return 422
	case Denied:
		return 401
	case Forbidden:
		return 403
	case NotFound:
		return 404
	case Conflict:
		return 409
	case Gone:
		return 410
	case TooLarge:
		return 413
	case Limited:
		return 429
	case Busy:
		return 503
	}
	return 500
}
