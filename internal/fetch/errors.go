package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"halqa/circles"
)

// Reasons of the circles.Error that every failed fetch carries, for lists of peers and for code
// that must tell a dead host from a refusing one.
const (
	ReasonAddress     = "address-not-allowed" // by our own rules; nothing was sent
	ReasonTimeout     = "took-too-long"       // connecting, answering or reading
	ReasonUnreachable = "unreachable"         // no such name, connection refused, broken off
	ReasonTLS         = "certificate"         // its certificate is not valid
	ReasonStatus      = "answered"            // with a status that is no success: a *StatusError
	ReasonTooLarge    = "answer-too-large"    // more bytes than the caller allowed
	ReasonType        = "not-activitypub"     // the Content-Type is another one
	ReasonRedirects   = "too-many-redirects"  // too many, or in a circle
	ReasonSubdomains  = "too-many-subdomains" // over the hourly budget of one registered domain
	ReasonBroken      = "not-https"           // it speaks something else
)

// errRefused is how the dialer says no; classify puts the host's name into the sentence.
var errRefused = errors.New("address refused")

// maxRetryAfter bounds what a peer may ask us to wait; more is a mistake or malice.
const maxRetryAfter = 24 * time.Hour

// A StatusError says that a server answered, with a status that is no success. It unwraps to the
// circles.Error with the sentence for people.
type StatusError struct {
	Host       string
	Status     int
	RetryAfter time.Duration // what the server asked for, at most a day; 0 = nothing
	err        *circles.Error
}

func (e *StatusError) Error() string { return e.err.Error() }
func (e *StatusError) Unwrap() error { return e.err }

func newStatusError(u *url.URL, status int, h http.Header, now time.Time) *StatusError {
	kind := circles.Invalid
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		kind = circles.Forbidden
	case status == http.StatusNotFound:
		kind = circles.NotFound
	case status == http.StatusGone:
		kind = circles.Gone
	case status == http.StatusTooManyRequests:
		kind = circles.Limited
	case status >= 500 || status == http.StatusRequestTimeout:
		kind = circles.Busy
	}
	e := refusal(kind, ReasonStatus, "%s answered with status %d.", shown(u), status)
	return &StatusError{Host: shown(u), Status: status, RetryAfter: retryAfter(h.Get("Retry-After"), now), err: e}
}

// retryAfter reads RFC 9110 10.2.3: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	var d time.Duration
	if n, err := strconv.ParseUint(value, 10, 64); err == nil {
		if n > uint64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		d = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(value); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

func refusal(kind circles.Kind, reason, format string, args ...any) *circles.Error {
	e := circles.Errorf(kind, format, args...)
	e.Reason = reason
	return e
}

func notAllowed(host string) error {
	return refusal(circles.Invalid, ReasonAddress,
		"The address of %s is not one this server may reach: only https on public hosts is allowed.", host)
}

// shown returns u's host for a sentence. What cannot be read as a host is not repeated to anyone.
func shown(u *url.URL) string {
	h, err := hostOf(u)
	if err != nil {
		return "The other server"
	}
	return h
}

// classify turns what net/http returned into a circles.Error. The cause stays inside for the log.
func classify(ctx context.Context, u *url.URL, err error) error {
	var own *circles.Error
	if errors.As(err, &own) {
		return own
	}
	if cause := context.Cause(ctx); cause != nil && errors.As(cause, &own) {
		return own
	}
	if errors.Is(err, errRefused) {
		return notAllowed(shown(u))
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("fetch from %s: %w", shown(u), err)
	}
	e := refusal(circles.Busy, ReasonUnreachable, "%s could not be reached; try again later.", shown(u))
	var (
		timeout net.Error
		invalid *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		e = tooLong(u)
	case errors.As(err, &invalid) || errors.As(err, &unknown) || errors.As(err, &name):
		e = refusal(circles.Busy, ReasonTLS, "The certificate of %s is not valid.", shown(u))
	case errors.As(err, &record):
		e = refusal(circles.Busy, ReasonBroken, "%s does not speak https.", shown(u))
	}
	e.Err = err
	return e
}

func tooLong(u *url.URL) *circles.Error {
	return refusal(circles.Busy, ReasonTimeout, "%s took too long to answer; try again later.", shown(u))
}
