package web

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/static"
)

const (
	memberKey = "member" // in the echo context

	// The browser keeps the token as long as any session may last; when it ends is for the server.
	sessionFor = 365 * 24 * time.Hour
)

// sessionCookie is the name of the cookie with the token. The prefix __Host- makes a browser refuse one
// that another host of the domain, or a page over plain http, planted. // RFC 6265bis 4.1.3.2
//
// Cookies know no ports (RFC 6265 8.5), so instances beside each other on one machine would end each
// other's sessions: there the port is part of the name.
func (s *Server) sessionCookie() string { return s.hostCookie("session") }

func (s *Server) hostCookie(name string) string {
	if strings.HasPrefix(s.options.Origin, "https://") {
		return "__Host-" + name
	}
	if _, port, err := net.SplitHostPort(s.host); err == nil {
		return port + "-" + name
	}
	return name
}

// session finds out who reads. A token that is not good any more is taken away.
func (s *Server) session(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		token := cookie(c, s.sessionCookie())
		if token == "" || s.accounts == nil || strings.HasPrefix(c.Request().URL.Path, static.Prefix) {
			return next(c)
		}
		m, err := s.accounts.Member(c.Request().Context(), token)
		switch {
		case err == nil:
			c.Set(memberKey, m)
		case circles.Is(err, circles.Denied):
			s.setCookie(c, s.sessionCookie(), "", 0)
		default:
			return err
		}
		return next(c)
	}
}

// member is who reads; nil for a visitor.
func member(c echo.Context) *accounts.Member {
	m, _ := c.Get(memberKey).(*accounts.Member)
	return m
}

// token is the one that this browser carries.
func (v *visit) token() string { return cookie(v.Context, v.s.sessionCookie()) }

// signedIn begins a session in this browser and leads on.
func (v *visit) signedIn(login *accounts.Login, next, flash string) error {
	v.s.setCookie(v.Context, v.s.sessionCookie(), login.Token, sessionFor)
	if cookie(v.Context, v.s.objectionCookie()) != "" {
		v.s.setCookie(v.Context, v.s.objectionCookie(), "", 0)
	}
	return v.onward(localPath(next), flash)
}

// client is the browser as accounts throttles and lists it.
func (v *visit) client() accounts.Client {
	address, _ := netip.ParseAddr(v.RealIP())
	return accounts.Client{Address: address, Agent: v.Request().UserAgent()}
}

// siteFor is how long a copy of what the instance says about itself is good. Every page shows it, and
// it changes once in a year.
const siteFor = 5 * time.Second

// A siteCopy is a copy of accounts.Site.
type siteCopy struct {
	mu    sync.Mutex
	value accounts.Site
	until time.Time
}

// siteNow returns what the instance says about itself, at most siteFor old. When the database does not
// answer, the last copy stands: the page that says so needs it.
func (s *Server) siteNow(ctx context.Context) accounts.Site {
	c := &s.site
	c.mu.Lock()
	defer c.mu.Unlock()
	now := s.options.Now()
	if s.accounts == nil || now.Before(c.until) {
		return c.value
	}
	site, err := s.accounts.Site(ctx)
	if err != nil {
		s.log.Warn("the instance's own words could not be read", "err", err)
		return c.value
	}
	c.value, c.until = site, now.Add(siteFor)
	return c.value
}

// forgetSite lets the next page see a change at once.
func (s *Server) forgetSite() {
	s.site.mu.Lock()
	defer s.site.mu.Unlock()
	s.site.until = time.Time{}
}

// aboutSite is what every page says about the instance.
func (s *Server) aboutSite(ctx context.Context) Site {
	site := s.siteNow(ctx)
	out := Site{Name: site.Name, Host: s.host, About: site.Description, Version: s.options.Version,
		Signup: site.Registration == accounts.Open}
	if out.Name == "" {
		out.Name = s.host
	}
	return out
}
