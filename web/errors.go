package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/i18n"
	"halqa/internal/standing"
)

var (
	noPage      = circles.Errorf(circles.NotFound, "There is no page at this address, or it is not for you to see.").With("error.not-found", nil)
	crossOrigin = circles.Errorf(circles.Forbidden, "This form came from another site and was not accepted; open the page here and send it again.").With("error.cross-origin", nil)
)

// errorTitle is the heading of the error page.
func errorTitle(l *i18n.Localizer, status int) string {
	switch status {
	case http.StatusUnauthorized:
		return l.T("error.title-401")
	case http.StatusForbidden:
		return l.T("error.title-403")
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return l.T("error.title-404")
	case http.StatusConflict:
		return l.T("error.title-409")
	case http.StatusGone:
		return l.T("error.title-410")
	case http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return l.T("error.title-422")
	case http.StatusTooManyRequests:
		return l.T("error.title-429")
	case http.StatusServiceUnavailable:
		return l.T("error.title-503")
	}
	return l.T("error.title-500")
}

// refuse is echo's error handler: it logs what is ours, and shows one sentence, one way on and the id
// of the request.
func (s *Server) refuse(err error, c echo.Context) {
	if c.Response().Committed {
		s.log.Warn("answer broke off", "path", c.Request().URL.Path, "err", err)
		return
	}
	var own *echo.HTTPError
	if errors.As(err, &own) { // the router's own: no route, wrong method, body over the limit
		switch own.Code {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			err = noPage
		case http.StatusRequestEntityTooLarge:
			err = circles.Errorf(circles.TooLarge, "That was too large to send at once.").With("error.too-large", nil)
		}
	}
	if e := refusalOf(err); e != nil && e.Kind == circles.NotFound && e.Text == "" {
		err = noPage // what exactly is not there is the same to a reader
	}
	kind := circles.KindOf(err)
	status := kind.Status()
	id := c.Response().Header().Get(echo.HeaderXRequestID)
	if kind == circles.Internal || kind == circles.Busy {
		s.log.Error("request failed", "id", id, "method", c.Request().Method, "path", c.Request().URL.Path, "err", err)
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		c.Response().Header().Set("Retry-After", "30")
	}
	l := s.localizer(c)
	var gate *standing.Access
	if errors.As(err, &gate) && wantsProblem(c.Request()) {
		if err := problem(c.Response(), status, gate, l.Error(err)); err != nil {
			s.log.Warn("answer broke off", "path", c.Request().URL.Path, "err", err)
		}
		return
	}
	view := ErrorView{
		Page:    s.page(c, errorTitle(l, status)),
		Status:  status,
		Message: l.Error(err),
		Next:    Link{Label: l.T("error.home"), Href: "/"},
		Request: id,
	}
	view.NoIndex = true
	if gate != nil {
		view.Next = Link{Label: l.T("gates.why-link"), Href: gate.Why}
		view.Also = Link{Label: l.T("appeal.object"), Href: gate.Appeal}
	}
	if e := refusalOf(err); e != nil && e.Reason == string(standing.Banned) {
		view.Also = Link{Label: l.T("appeal.object"), Href: "/appeals"} // which lists where one is banned
	}
	if status == http.StatusUnauthorized {
		view.Next = Link{Label: l.T("shell.login"), Href: "/login?next=" + queryEscape(localPath(c.Request().URL.RequestURI()))}
	}
	if err := s.render(c, status, "error", view); err != nil {
		s.log.Error("error page failed", "id", id, "err", err)
		http.Error(c.Response(), "Something broke here. Request "+id, http.StatusInternalServerError)
	}
}
