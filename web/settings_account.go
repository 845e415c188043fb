package web

import (
	"net/http"

	"halqa/internal/accounts"
)

// accountForm is /settings/account: how to leave for good.
func (s *Server) accountForm(v *visit) error {
	return v.show(http.StatusOK, "settings", v.settingsView("account"))
}

// removeAccount deletes the member's account once they have proven again who they are.
func (s *Server) removeAccount(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.accounts.Remove(v.Request().Context(), v.who, f.Get("password"), v.client()); err != nil {
		view := v.settingsView("account")
		status, err := v.refused(&view.Form, err, nil)
		if err != nil {
			return err
		}
		return v.show(status, "settings", view)
	}
	s.setCookie(v.Context, s.sessionCookie(), "", 0)
	return v.onward("/", "flash.account-gone")
}

// registrationOptions are who may sign up.
func (v *visit) registrationOptions(chosen accounts.Registration) []Option {
	return []Option{
		{Value: string(accounts.Open), Label: v.l.T("setup.registration-open"), Selected: chosen == accounts.Open},
		{Value: string(accounts.Closed), Label: v.l.T("setup.registration-closed"), Selected: chosen == accounts.Closed},
	}
}
