package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/i18n"
	"halqa/internal/moderation"
	"halqa/internal/standing"
	"halqa/internal/tips"
)

// Prefix is where the routes of version 1 begin.
const Prefix = "/api/circles/v1"

// uploadsAtOnce bounds the memory of pictures that arrive.
const uploadsAtOnce = 4

// Options is what the API is made from.
type Options struct {
	App        *app.App
	Accounts   *accounts.Accounts
	Moderation *moderation.Moderation
	Tips       *tips.Tips
	Gates      *standing.Gates // what places ask before people act
	Resolver   app.Resolver    // finds what lives elsewhere; nil = this instance is not federated

	Origin  string // "https://example.org", without a slash
	Version string // of this program
	// Client is the address a request came from, as far as proxies are believed.
	Client func(*http.Request) netip.Addr
	Now    func() time.Time
	Log    *slog.Logger

	Limit int // requests a minute of one token; 0 = 600. Visitors share a third of that an address
}

// Server answers programs. It keeps nothing between requests but counts.
type Server struct {
	o          Options
	app        *app.App
	accounts   *accounts.Accounts
	moderation *moderation.Moderation
	host       string // as it stands in handles
	echo       *echo.Echo
	words      *i18n.Bundle
	limits     *limits
	uploads    chan struct{} // one for each picture that arrives
	buffers    sync.Pool     // of answers; see reuse
	routes     []route
	document   []byte // OpenAPI, rendered once
	log        *slog.Logger
}

// New lays out the routes and writes their document.
func New(o Options) (*Server, error) {
	words, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	if o.Limit == 0 {
		o.Limit = 600
	}
	_, host, _ := strings.Cut(o.Origin, "://")
	s := &Server{o: o, app: o.App, accounts: o.Accounts, moderation: o.Moderation, host: host, echo: echo.New(), words: words,
		limits: newLimits(o.Now, o.Limit), uploads: make(chan struct{}, uploadsAtOnce), log: o.Log}
	s.routes = s.table()
	if s.document, err = s.writeDocument(); err != nil {
		return nil, err
	}
	e := s.echo
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.refuse
	for _, r := range s.routes {
		e.Add(r.method, echoPath(r.path), s.handler(r))
		e.OPTIONS(echoPath(r.path), s.preflight)
	}
	return s, nil
}

// echoPath writes {id} as the router does.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// Owns reports whether an address is the API's rather than the pages'.
func Owns(path string) bool {
	switch path {
	case "/oauth/register", "/oauth/token", "/oauth/revoke", "/.well-known/oauth-authorization-server":
		return true
	}
	return strings.HasPrefix(path, "/api/")
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// A RouteInfo is a route as tests and the page for people see it.
type RouteInfo struct {
	Method, Path string
	Scope        accounts.Scope // "" = none is asked for
	Open         string         // why none is, or why visitors may come, too
	About        string
	Group        string
	Pages        []string            // the actions of pages that it stands beside: "POST /c/:name/join"
	Gates        []reputation.Action // the acts that a gate may stand before
}

// Routes lists them in the order of the document.
func (s *Server) Routes() []RouteInfo {
	out := make([]RouteInfo, len(s.routes))
	for i, r := range s.routes {
		out[i] = RouteInfo{Method: r.method, Path: r.path, Scope: r.scope, Open: r.open, About: r.about, Group: r.group, Pages: r.pages, Gates: r.gates}
	}
	return out
}

// Document is the OpenAPI document.
func (s *Server) Document() []byte { return s.document }

// bound gives ctx the time that a request may take.
func bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, time.Minute)
}
