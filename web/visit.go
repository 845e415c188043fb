package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/i18n"
	"halqa/internal/text"
)

// A visit is one request with what every handler asks of it first: who reads, and in what language.
type visit struct {
	echo.Context
	s       *Server
	l       *i18n.Localizer
	who     circles.Viewer             // the zero Viewer for a visitor
	member  *accounts.Member           // nil for a visitor
	slow    error                      // why a form with words is shown again and nothing done, as for who sends forms too fast; see authors
	resumed bool                       // slow says that they have just signed in; see resume
	shown   map[circles.CircleID]int64 // circles that the page shows, with their revs; see shows
}

// visit makes an echo handler of one of ours.
func (s *Server) visit(h func(*visit) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		v := &visit{Context: c, s: s, l: s.localizer(c), member: member(c)}
		if v.member != nil {
			v.who = v.member.Viewer
		}
		return h(v)
	}
}

// members lets members in. A visitor who wants to read a form is led past the login page; one who
// sends something is told.
func (s *Server) members(h func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		switch {
		case v.member != nil:
			if v.Request().Method == http.MethodPost {
				if err := s.accounts.Allow(v.who); err != nil {
					return err
				}
			}
			return h(v)
		case v.Request().Method == http.MethodGet:
			return v.Redirect(http.StatusSeeOther, v.loginPath())
		}
		return circles.Errorf(circles.Denied, "Sign in to do that.").With("refused.not-signed-in", nil)
	}
}

// authors is members for where forms go in which somebody writes: one that comes too fast is shown again
// instead of lost, which the handler does, and one whose session has ended waits in the login page.
func (s *Server) authors(h func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		if v.member == nil {
			return v.loginFirst()
		}
		v.slow = s.accounts.Allow(v.who)
		return h(v)
	}
}

// loginPath is the login page that leads back here.
func (v *visit) loginPath() string {
	return "/login?next=" + url.QueryEscape(localPath(v.Request().URL.RequestURI()))
}

// swapped reports whether a script asked for the part of a page that its form replaces.
func (v *visit) swapped() bool { return v.Request().Header.Get("Halqa-Swap") != "" }

// page begins the page's view.
func (v *visit) page(title string) Page { return v.s.page(v.Context, title) }

// show answers with a page.
func (v *visit) show(status int, name string, view any) error {
	return v.s.pages.page(v.Response(), status, v.l.Tag(), name, view, func(html []byte) { v.keep(status, html) })
}

// onward leads to another page after something was done. flash is what that page says first, a key of
// the catalogue; "" = nothing.
func (v *visit) onward(path, flash string) error {
	if flash != "" {
		v.s.flash(v.Context, flash)
	}
	return v.Redirect(http.StatusSeeOther, path)
}

// form reads a form without files.
func (v *visit) form() (url.Values, error) {
	r := v.Request()
	r.Body = http.MaxBytesReader(v.Response(), r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, badForm(err)
	}
	return r.PostForm, nil
}

// badForm says what is wrong with a form that cannot be read.
func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return circles.Errorf(circles.TooLarge, "That was too large to send at once.").With("error.too-large", nil)
	}
	return circles.Errorf(circles.Invalid, "This form arrived damaged; open the page again and send it once more.").With("error.form", nil)
}

// checked reports whether a check box was set.
func checked(f url.Values, name string) bool { return f.Get(name) != "" }

// refused adds a refusal to the form that caused it and returns the status that the form answers with;
// an error that is no answer to a form comes back. fields names the form's fields where they are
// called otherwise than in the verb.
func (v *visit) refused(f *Form, err error, fields map[string]string) (int, error) {
	var e *circles.Error
	if !errors.As(err, &e) {
		return 0, err
	}
	if v.tellsProgram(err) {
		return 0, err
	}
	switch e.Kind {
	case circles.Internal, circles.Gone:
		return 0, err
	case circles.NotFound, circles.Denied:
		if e.Field == "" {
			return 0, err
		}
	}
	field := e.Field
	if name, ok := fields[field]; ok {
		field = name
	}
	f.Refuse(field, v.l.Error(err))
	switch e.Kind {
	case circles.Conflict, circles.Limited, circles.Busy, circles.Forbidden:
		return e.Kind.Status(), nil
	}
	return http.StatusUnprocessableEntity, nil
}

// postID reads the post that the address names.
func (v *visit) postID() (circles.PostID, error) { return circles.ParsePostID(v.Param("id")) }

// handle reads the name in the address of a circle or person: "name" for one of ours, with host "", or
// "name@host".
func (v *visit) handle() (name, host string, err error) {
	raw, err := url.PathUnescape(v.Param("name"))
	if err != nil {
		return "", "", noPage
	}
	return v.handleIn(raw)
}

// handleIn reads such a name from a form.
func (v *visit) handleIn(raw string) (name, host string, err error) {
	name, host, remote := strings.Cut(raw, "@")
	if name == "" || len(raw) > 400 {
		return "", "", noPage
	}
	if !remote {
		return strings.ToLower(name), "", nil
	}
	if host, err = text.Host(host); err != nil {
		return "", "", noPage
	}
	if host == v.s.host {
		return strings.ToLower(name), "", nil
	}
	return name, host, nil
}

// address builds an address of ours from a path and pairs of a query's names and values. What is empty
// is left out, so that each page has one address.
func address(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// at reads a time of the database, UTC microseconds; 0 is no time.
func at(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// refusalOf is the refusal that err is or carries; nil if it is none.
func refusalOf(err error) *circles.Error {
	var e *circles.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
