package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"halqa/internal/i18n"
	"halqa/static"
)

// Options is what the pages need to know about the instance.
type Options struct {
	Site    Site
	Origin  string       // "https://example.org", without a slash; decides whether cookies are Secure
	Proxies []*net.IPNet // whose X-Forwarded-For is believed; none by default
	Dev     bool         // shows /dev/components
	Now     func() time.Time
	Log     *slog.Logger
}

// Server answers browsers. It holds no state of its own between requests.
type Server struct {
	options Options
	echo    *echo.Echo
	pages   *renderer
	words   *i18n.Bundle
	log     *slog.Logger
}

// maxForm bounds what a form without files may send: the longest post and its fields, with room.
const maxForm = 1 << 20 // bytes

// New parses every template and lays out the routes.
func New(o Options) (*Server, error) {
	words, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	r, err := newRenderer(words, assets, o.Now)
	if err != nil {
		return nil, err
	}
	guard, err := sameOrigin(o.Origin)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, echo: echo.New(), pages: r, words: words, log: o.Log}
	e := s.echo
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect()
	if len(o.Proxies) > 0 {
		trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
		for _, n := range o.Proxies {
			trust = append(trust, echo.TrustIPRange(n))
		}
		e.IPExtractor = echo.ExtractIPFromXFFHeader(trust...)
	}
	e.HTTPErrorHandler = s.refuse
	e.Use(requestID, headers, guard)
	e.GET(static.Prefix+"*", echo.WrapHandler(assets))
	e.GET("/favicon.ico", func(c echo.Context) error {
		return c.Redirect(http.StatusMovedPermanently, assets.URL("favicon.svg"))
	})
	e.POST("/preferences", s.preferences)
	if o.Dev {
		e.GET("/dev/components", s.components)
	}
	return s, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// localizer picks the language of an answer: what the address asks for, what was chosen, what the
// browser says.
func (s *Server) localizer(c echo.Context) *i18n.Localizer {
	return s.words.Localizer(c.QueryParam("lang"), cookie(c, langCookie), c.Request().Header.Get("Accept-Language"))
}

// page fills in what the shell needs.
func (s *Server) page(c echo.Context, title string) Page {
	l := s.localizer(c)
	p := Page{
		Site:      s.options.Site,
		Title:     title,
		Lang:      l.Tag(),
		Languages: s.words.Languages(),
		Theme:     oneOf(cookie(c, themeCookie), "light", "dark"),
		Density:   oneOf(cookie(c, densityCookie), "compact"),
		Here:      localPath(c.Request().URL.RequestURI()),
		Flash:     s.takeFlash(c, l),
	}
	if c.Request().Method != http.MethodGet {
		p.Here = "/"
	}
	return p
}

func (s *Server) render(c echo.Context, status int, name string, view any) error {
	return s.pages.page(c.Response(), status, s.localizer(c).Tag(), name, view)
}

// localPath returns p if it is a path on this site, else "/". A browser reads "//host", "/\host" and
// control characters in ways that lead elsewhere.
func localPath(p string) string {
	if len(p) > 2000 || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") {
		return "/"
	}
	for _, r := range p {
		if r < ' ' || r == '\\' || r == 0x7f {
			return "/"
		}
	}
	if u, err := url.Parse(p); err != nil || u.Host != "" || u.Scheme != "" {
		return "/"
	}
	return p
}

func queryEscape(s string) string { return url.QueryEscape(s) }

func oneOf(s string, known ...string) string {
	for _, k := range known {
		if s == k {
			return s
		}
	}
	return ""
}
