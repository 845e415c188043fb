package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/standing"
)

// problemBase begins the type of every problem. It is a name and the same on every instance; nothing has to
// be fetched from it. RFC 9457 3.1.1
const problemBase = "https://w3id.org/halqa/v1#problem-"

// Problem is how a request is refused. // RFC 9457 3
type Problem struct {
	Type   string           `json:"type" doc:"Names the kind of refusal; the same on every instance and in every version. x-problem-types lists those of /api/circles/v1; there may be more one day."`
	Title  string           `json:"title" doc:"The same for every problem of this type."`
	Status int              `json:"status"`
	Detail string           `json:"detail" doc:"One sentence for people, in the language that was asked for: what was wrong and what to do."`
	Reason string           `json:"reason,omitempty" doc:"Why exactly, as a constant, where there is one."`
	Field  string           `json:"field,omitempty" doc:"The member of the body, or the parameter, at fault."`
	Access *standing.Access `json:"access,omitempty" doc:"Of what a gate, limit or switch refuses: what is missing and until when, who set it, why, and where to object; as /access has it."`
}

// The types that are not a circles.Kind: each is the Reason of a refusal.
var problemTitles = map[string]string{
	"invalid":           "What was sent cannot be accepted",
	"denied":            "A token is needed",
	"forbidden":         "That is not for this person to do",
	"not-found":         "There is nothing to see there",
	"conflict":          "It clashes with what is there",
	"gone":              "It was taken away",
	"too-large":         "It is over a limit",
	"limited":           "That was too often",
	"busy":              "The server cannot do it now",
	"internal":          "Something broke",
	"bad-json":          "The body is not what the route takes",
	"bad-type":          "The body is of another media type",
	"unknown-field":     "There is no such field",
	"unknown-parameter": "There is no such parameter",
	"bad-parameter":     "A parameter has a value that it cannot have",
	"bad-cursor":        "The list cannot be continued from there",
	"token-invalid":     "The token is not valid",
	"token-expired":     "The token has expired",
	"token-foreign":     "The token is of another instance",
	"token-revoked":     "The token was taken back",
	"scope-missing":     "The token may not do that",
	"key-reused":        "The Idempotency-Key was used for something else",
	"key-in-use":        "The first request with this key has not finished",
	"key-invalid":       "The Idempotency-Key is not one",
	"no-route":          "There is no such route",
	"no-method":         "The route has another method",
}

// because is a refusal with a type of its own.
func because(kind circles.Kind, reason, format string, args ...any) *circles.Error {
	e := circles.Errorf(kind, format, args...)
	e.Reason = reason
	return e
}

// problemOf says what a program is told of an error.
func (s *Server) problemOf(c echo.Context, err error) Problem {
	var own *echo.HTTPError
	if errors.As(err, &own) {
		switch own.Code {
		case http.StatusNotFound:
			err = because(circles.NotFound, "no-route", "There is no such route; /api lists those there are.")
		case http.StatusMethodNotAllowed:
			err = because(circles.Invalid, "no-method", "This route does not take %.10s; /api lists those there are.", c.Request().Method)
		}
	}
	kind := circles.KindOf(err)
	p := Problem{Status: kind.Status(), Detail: s.words.Localizer(c.Request().Header.Get("Accept-Language")).Error(err)}
	slug := string(kind)
	var e *circles.Error
	if errors.As(err, &e) {
		p.Reason, p.Field = e.Reason, e.Field
		errors.As(err, &p.Access)
		if e.Text == "refused.cursor" {
			p.Reason = "bad-cursor"
		}
		if _, ok := problemTitles[p.Reason]; ok {
			slug, p.Reason = p.Reason, ""
		}
	}
	switch slug {
	case "bad-json":
		p.Status = http.StatusBadRequest
	case "bad-type":
		p.Status = http.StatusUnsupportedMediaType
	case "no-method":
		p.Status = http.StatusMethodNotAllowed
	}
	p.Type, p.Title = problemBase+slug, problemTitles[slug]
	return p
}

// refuse is echo's error handler.
func (s *Server) refuse(err error, c echo.Context) {
	if c.Response().Committed {
		s.log.Warn("answer broke off", "path", c.Request().URL.Path, "err", err)
		return
	}
	allowAll(c.Response().Header())
	p := s.problemOf(c, err)
	if p.Status >= 500 {
		s.log.Error("request failed", "method", c.Request().Method, "path", c.Request().URL.Path, "err", err)
	}
	h := c.Response().Header()
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "30")
		}
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge(p))
	}
	body, _ := json.Marshal(p)
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	c.Response().WriteHeader(p.Status)
	if c.Request().Method != http.MethodHead {
		c.Response().Write(body)
	}
}

// challenge is what a request without a good token is told. RFC 6750 3
func challenge(p Problem) string {
	if p.Type == problemBase+"denied" {
		return `Bearer realm="api"`
	}
	return `Bearer realm="api", error="invalid_token"`
}
