package web

import (
	"errors"
	"net/http"
	"net/url"

	"halqa/circles"
	"halqa/internal/accounts"
)

func denied(err error) bool { return circles.Is(err, circles.Denied) }

// setupForm is /setup?token=, whose address the program prints when nobody runs the instance yet.
func (s *Server) setupForm(v *visit) error {
	f := url.Values{"token": {v.QueryParam("token")}}
	view := v.setupView(f)
	if view.Done {
		return v.show(http.StatusGone, "setup", view)
	}
	if view.Token != "" {
		if err := s.accounts.CheckSetup(v.Request().Context(), view.Token); err != nil {
			if !circles.Is(err, circles.NotFound) {
				return err
			}
			view.Form.Refuse("token", v.l.Error(err))
			return v.show(http.StatusNotFound, "setup", view)
		}
	}
	return v.show(http.StatusOK, "setup", view)
}

func (v *visit) setupView(f url.Values) SetupView {
	mode := accounts.Registration(f.Get("registration"))
	if mode == "" {
		mode = accounts.Closed
	}
	view := SetupView{
		Page: v.page(v.l.T("setup.title")), Token: f.Get("token"), Name: f.Get("name"), SiteName: f.Get("site"), Description: f.Get("description"),
		Done:         v.s.siteNow(v.Request().Context()).SetUp,
		Registration: v.registrationOptions(mode),
	}
	view.NoIndex = true
	if v.s.options.LocalOnly {
		view.Checks = append(view.Checks, Check{Text: v.l.T("setup.no-host"), Fix: v.l.T("setup.no-host-fix")})
	}
	return view
}

// setup makes the first admin and names the instance.
func (s *Server) setup(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	login, err := s.accounts.SetUp(v.Request().Context(), accounts.SetUp{
		Token: f.Get("token"), Name: f.Get("name"), Password: f.Get("password"), Language: v.l.Tag(), Site: f.Get("site"),
		Description: f.Get("description"), Registration: accounts.Registration(f.Get("registration")),
	}, v.client())
	if err != nil {
		view := v.setupView(f)
		if view.Done {
			return v.show(http.StatusGone, "setup", view)
		}
		var e *circles.Error
		if errors.As(err, &e) && e.Kind == circles.NotFound {
			view.Form.Refuse("token", v.l.Error(err))
			return v.show(http.StatusUnprocessableEntity, "setup", view)
		}
		status, err := v.refusedEntry(&view.Form, err)
		if err != nil {
			return err
		}
		return v.show(status, "setup", view)
	}
	s.forgetSite()
	return v.signedIn(login, "/circles/new", "flash.set-up")
}
