package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/media"
)

const (
	maxBody   = 1 << 20                // bytes of JSON: the longest post with its fields, with room
	maxUpload = media.MaxFile + 64<<10 // bytes of a file with the form around it
	maxQuery  = 8 << 10                // bytes behind the question mark
	maxReused = 256 << 10              // bytes of an answer whose memory the next one takes; few are longer
	jsonType  = "application/json"
)

// handler is what every request of a route passes: CORS, the token, the pace, the key, the body.
func (s *Server) handler(r route) echo.HandlerFunc {
	return func(ec echo.Context) error {
		allowAll(ec.Response().Header())
		ctx, cancel := bound(ec.Request().Context())
		defer cancel()
		ec.SetRequest(ec.Request().WithContext(ctx))
		ec.Response().Header().Set("X-Content-Type-Options", "nosniff")
		ec.Response().Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		c := &call{s: s, r: r, echo: ec}
		if err := c.identify(); err != nil {
			return err
		}
		if err := c.limit(); err != nil {
			return err
		}
		if r.raw {
			_, err := r.do(c)
			return err
		}
		if err := c.permit(); err != nil {
			return err
		}
		if err := c.checkQuery(); err != nil {
			return err
		}
		if r.upload { // each is held in memory as a whole
			select {
			case s.uploads <- struct{}{}:
				defer func() { <-s.uploads }()
			case <-ctx.Done():
				return circles.Errorf(circles.Busy, "Too many pictures arrive at once; try again in a minute.")
			}
		}
		if err := c.read(); err != nil {
			return err
		}
		if r.method != http.MethodGet {
			if err := s.accounts.Allow(c.who); err != nil {
				return err
			}
		}
		if r.binary {
			_, err := r.do(c)
			return err
		}
		if key := ec.Request().Header.Get("Idempotency-Key"); key != "" && r.method == http.MethodPost {
			return c.once(key)
		}
		answer, err := c.do()
		if err != nil {
			return err
		}
		defer s.reuse(answer)
		return c.give(answer)
	}
}

// allowAll lets pages of every origin speak with the API. It knows no cookies, so a page can do nothing that
// the program behind it could not.
func allowAll(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "ETag, Idempotent-Replayed, Link, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, WWW-Authenticate")
}

// preflight answers a browser that asks before it lets a page speak.
func (s *Server) preflight(c echo.Context) error {
	h := c.Response().Header()
	allowAll(h)
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-None-Match")
	h.Set("Access-Control-Max-Age", "86400")
	return c.NoContent(http.StatusNoContent)
}

// A call is one request to a route.
type call struct {
	s      *Server
	r      route
	echo   echo.Context
	who    circles.Viewer
	access *accounts.Access // nil for a visitor
	raw    []byte           // the body
}

// identify reads the token. RFC 6750 2.1
//
// Checking a token that is not remembered costs a signature, so an address has as many that turn out bad as a
// visitor has requests; good ones are not counted against it, and remembered ones cost nothing here.
func (c *call) identify() error {
	header := c.echo.Request().Header.Get("Authorization")
	if header == "" || c.r.scope == "" {
		return nil
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return because(circles.Denied, "token-invalid", "Authorization must be Bearer with a token.")
	}
	token = strings.TrimSpace(token)
	key := ""
	if !c.s.accounts.Remembers(token) {
		key = "bad " + addressKey(c.s.client(c.echo.Request()))
		if err := c.count(key, true); err != nil {
			return err
		}
	}
	access, err := c.s.accounts.Access(c.echo.Request().Context(), token)
	if key != "" && !circles.Is(err, circles.Denied) {
		c.s.limits.give(key)
	}
	if err != nil {
		return err
	}
	c.access, c.who = access, access.Viewer
	return nil
}

// limit counts the request, and says how many are left.
func (c *call) limit() error {
	key, visitor := "", c.access == nil
	if visitor {
		key = addressKey(c.s.client(c.echo.Request()))
	} else {
		key = "t" + c.access.Grant
	}
	return c.count(key, visitor)
}

func (c *call) count(key string, visitor bool) error {
	most, left, reset, ok := c.s.limits.take(key, visitor)
	h := c.echo.Response().Header()
	h.Set("RateLimit-Limit", strconv.Itoa(most))
	h.Set("RateLimit-Remaining", strconv.Itoa(left))
	h.Set("RateLimit-Reset", strconv.Itoa(reset))
	if !ok {
		h.Set("Retry-After", strconv.Itoa(max(reset, 1)))
		return circles.Errorf(circles.Limited, "That was too often; wait a minute and try again.").With("refused.too-often", nil)
	}
	return nil
}

// permit asks whether the token may do that at all. What its owner may is for the verb to say.
func (c *call) permit() error {
	switch {
	case c.r.scope == "":
		return nil
	case c.access == nil && c.r.open != "":
		return nil
	case c.access == nil:
		return circles.Errorf(circles.Denied, "Send a token: Authorization: Bearer and the token.").With("refused.no-token", nil)
	}
	return c.needs(c.r.scope)
}

// needs refuses a token without this scope.
func (c *call) needs(scope accounts.Scope) error {
	if c.access.Scopes.Has(scope) {
		return nil
	}
	return because(circles.Forbidden, "scope-missing", "This token has no leave for %q; ask its owner for a token with that scope.", scope).
		With("refused.scope-missing", map[string]any{"Scope": string(scope)})
}

// checkQuery refuses names behind the question mark that the route does not know: a mistyped one would do
// something else than was meant.
func (c *call) checkQuery() error {
	raw := c.echo.Request().URL.RawQuery
	if len(raw) > maxQuery {
		return circles.Errorf(circles.Invalid, "The address is too long.")
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return because(circles.Invalid, "bad-parameter", "What stands behind the question mark cannot be read.")
	}
	for name, values := range q {
		if len(values) > 1 {
			return parameter("bad-parameter", name, "The parameter %.40q is there twice.", name)
		}
		if c.r.paged && name == "cursor" || c.r.sized && name == "limit" {
			if name == "limit" {
				if n, err := strconv.Atoi(values[0]); err != nil || n < 1 || n > 100 {
					return parameter("bad-parameter", name, "limit must be a number from 1 to 100.")
				}
			}
			continue
		}
		i := slices.IndexFunc(c.r.query, func(p param) bool { return p.name == name })
		if i < 0 {
			return parameter("unknown-parameter", name, "This route knows no parameter %.40q.", name)
		}
		p := c.r.query[i]
		if p.flag && values[0] != "true" && values[0] != "false" {
			return parameter("bad-parameter", name, "%s must be true or false.", name)
		}
		if _, err := strconv.ParseInt(values[0], 10, 64); p.number && err != nil {
			return parameter("bad-parameter", name, "%s must be a number.", name)
		}
		if p.values != nil && !slices.Contains(p.values, values[0]) {
			return parameter("bad-parameter", name, "%s must be one of %s.", name, strings.Join(p.values, ", "))
		}
	}
	return nil
}

func parameter(reason, name, format string, args ...any) error {
	e := because(circles.Invalid, reason, format, args...)
	e.Field = name
	return e
}

// read takes in the body, bounded.
func (c *call) read() error {
	r := c.echo.Request()
	most := int64(maxBody)
	if c.r.upload {
		most = maxUpload
	}
	if c.r.in == nil && !c.r.upload {
		most = 0
	} else {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		want := jsonType
		if c.r.upload {
			want = "multipart/form-data"
		}
		if kind != want {
			return because(circles.Invalid, "bad-type", "The body of this route is %s; say so in Content-Type.", want)
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.echo.Response(), r.Body, most))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over) && most == 0:
		return circles.Errorf(circles.Invalid, "This route takes no body.")
	case errors.As(err, &over):
		return circles.Errorf(circles.TooLarge, "That was too large to send at once; at most %d bytes.", most).With("error.too-large", nil)
	case err != nil:
		return because(circles.Invalid, "bad-json", "The body broke off.")
	}
	c.raw = body
	return nil
}

// body reads the JSON that was sent, all of it and nothing else.
func (c *call) body(into any) error {
	d := json.NewDecoder(bytes.NewReader(c.raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		var wrong *json.UnmarshalTypeError
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			name, _ = strconv.Unquote(name)
			return parameter("unknown-field", name, "This route takes no field %.40q; take it out, or look for how it is spelt.", name)
		}
		if errors.As(err, &wrong) {
			return parameter("invalid", wrong.Field, "%.60s must be %s.", wrong.Field, jsonWord(wrong.Type))
		}
		var refusal *circles.Error
		if errors.As(err, &refusal) {
			return refusal
		}
		return because(circles.Invalid, "bad-json", "The body is not JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return because(circles.Invalid, "bad-json", "There is something behind the JSON of the body.")
	}
	return nil
}

// An outcome is what a call comes to.
type outcome struct {
	status   int
	location string
	body     []byte        // JSON; nil = none
	next     string        // the cursor of the page after
	buffer   *bytes.Buffer // of body; nil = it is nobody's
}

// reuse lends the memory of an answer that was given to the next one.
func (s *Server) reuse(o *outcome) {
	if o.buffer != nil && o.buffer.Cap() <= maxReused {
		o.body = nil
		s.buffers.Put(o.buffer)
	}
}

// do calls the verb and shapes its answer.
func (c *call) do() (*outcome, error) {
	v, err := c.r.do(c)
	if err != nil {
		return nil, err
	}
	out := &outcome{status: c.r.status}
	if c.r.out == nil {
		return out, nil
	}
	if p, ok := v.(interface{ next() string }); ok {
		out.next = p.next()
	}
	if l, ok := v.(interface{ location() string }); ok && c.r.status == http.StatusCreated {
		out.location = l.location()
	}
	out.buffer, _ = c.s.buffers.Get().(*bytes.Buffer)
	if out.buffer == nil {
		out.buffer = new(bytes.Buffer)
	}
	out.buffer.Reset()
	e := json.NewEncoder(out.buffer)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	out.body = bytes.TrimSuffix(out.buffer.Bytes(), []byte("\n"))
	return out, nil
}

// once does what was asked unless it was done before with the same key.
func (c *call) once(key string) error {
	ctx := c.echo.Request().Context()
	sum := sha256.New()
	io.WriteString(sum, c.r.method+" "+c.echo.Request().URL.RequestURI()+"\n")
	body := c.raw
	if _, p, err := mime.ParseMediaType(c.echo.Request().Header.Get("Content-Type")); err == nil && p["boundary"] != "" {
		body = bytes.ReplaceAll(body, []byte(p["boundary"]), nil) // each attempt has its own
	}
	sum.Write(body)
	request := hex.EncodeToString(sum.Sum(nil))
	kept, err := c.s.accounts.Begin(ctx, c.who, key, request)
	if err != nil {
		return err
	}
	if kept != nil {
		c.echo.Response().Header().Set("Idempotent-Replayed", "true")
		return c.give(&outcome{status: kept.Status, location: kept.Location, body: kept.Body})
	}
	answer, err := c.do()
	if err != nil {
		if ferr := c.s.accounts.Finish(ctx, c.who, key, request, nil); ferr != nil {
			return errors.Join(err, ferr)
		}
		return err
	}
	err = c.s.accounts.Finish(ctx, c.who, key, request, &accounts.KeptAnswer{Status: answer.status, Location: answer.location, Body: answer.body})
	if err != nil {
		// It was done; whoever asks again is told that its end is not known.
		c.s.log.ErrorContext(ctx, "answer of a key was not kept", "err", err)
	}
	return c.give(answer)
}

// give writes the answer.
func (c *call) give(o *outcome) error {
	w := c.echo.Response()
	h := w.Header()
	if o.location != "" {
		h.Set("Location", o.location)
	}
	if o.next != "" {
		h.Set("Link", "<"+c.nextAddress(o.next)+`>; rel="next"`) // RFC 8288 3
	}
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Authorization")
	if len(o.body) == 0 {
		w.WriteHeader(o.status)
		return nil
	}
	if c.r.method == http.MethodGet {
		sum := sha256.Sum256(o.body)
		etag := `"` + hex.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", etag)
		if matches(c.echo.Request().Header.Get("If-None-Match"), etag) { // RFC 9110 13.1.2
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	h.Set("Content-Type", jsonType)
	h.Set("Content-Length", strconv.Itoa(len(o.body)))
	w.WriteHeader(o.status)
	_, err := w.Write(o.body)
	return err
}

func matches(header, etag string) bool {
	for _, one := range strings.Split(header, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == etag || one == "*" {
			return true
		}
	}
	return false
}

// nextAddress is the address of the page after.
func (c *call) nextAddress(cursor string) string {
	u := *c.echo.Request().URL
	q := u.Query()
	q.Set("cursor", cursor)
	return c.s.o.Origin + u.Path + "?" + q.Encode()
}
