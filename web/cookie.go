package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"halqa/internal/i18n"
)

const (
	themeCookie   = "theme"
	densityCookie = "density"
	langCookie    = "lang"
	flashCookie   = "flash"

	keptFor  = 365 * 24 * time.Hour // how a visitor likes the pages
	flashFor = time.Minute          // from the form to the page after it
)

func cookie(c echo.Context, name string) string {
	k, err := c.Cookie(name)
	if err != nil {
		return ""
	}
	return k.Value
}

// setCookie keeps a value in the browser; a life of zero takes it away.
func (s *Server) setCookie(c echo.Context, name, value string, life time.Duration) {
	k := &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(s.options.Origin, "https://"), MaxAge: int(life / time.Second),
	}
	if life == 0 {
		k.MaxAge = -1
	}
	c.SetCookie(k)
}

// flash leaves a sentence for the next page. The cookie holds only its key in the catalogue, so that
// whoever plants a cookie can at most make us say something that we would say anyway.
func (s *Server) flash(c echo.Context, key string) { s.setCookie(c, flashCookie, key, flashFor) }

func (s *Server) takeFlash(c echo.Context, l *i18n.Localizer) *Flash {
	key := cookie(c, flashCookie)
	if key == "" || c.Request().Header.Get("Halqa-Swap") == "page" { // a script opens this page again
		return nil
	}
	s.setCookie(c, flashCookie, "", 0)
	if !strings.HasPrefix(key, "flash.") || !l.Has(key) {
		return nil
	}
	return &Flash{Text: l.T(key), Good: !strings.HasPrefix(key, "flash.not-")}
}

// preferences keeps how the pages are liked: POST /preferences with any of theme, density, lang. A
// member's are kept with the account, a visitor's in the browser.
func (s *Server) preferences(c echo.Context) error {
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, maxForm)
	theme, density, lang := c.FormValue("theme"), c.FormValue("density"), c.FormValue("lang")
	if m := member(c); m != nil {
		set := m.Settings
		if theme != "" {
			set.Theme = oneOf(theme, "light", "dark")
		}
		if density != "" {
			set.Density = oneOf(density, "compact")
		}
		if s.words.Known(lang) {
			set.Language = lang
		}
		if err := s.accounts.SaveSettings(c.Request().Context(), m.Viewer, set); err != nil {
			return err
		}
	}
	if theme != "" {
		s.keep(c, themeCookie, oneOf(theme, "light", "dark"))
	}
	if density != "" {
		s.keep(c, densityCookie, oneOf(density, "compact"))
	}
	if s.words.Known(lang) {
		s.keep(c, langCookie, lang)
	}
	return c.Redirect(http.StatusSeeOther, localPath(c.FormValue("back")))
}

func (s *Server) keep(c echo.Context, name, value string) {
	life := keptFor
	if value == "" {
		life = 0
	}
	s.setCookie(c, name, value, life)
}
