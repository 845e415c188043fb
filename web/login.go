package web

import (
	"net/http"

	"halqa/internal/accounts"
)

// loginForm is /login?next=.
func (s *Server) loginForm(v *visit) error {
	next := localPath(v.QueryParam("next"))
	if v.member != nil {
		return v.Redirect(http.StatusSeeOther, next)
	}
	return v.show(http.StatusOK, "login", v.loginView(next, ""))
}

func (v *visit) loginView(next, name string) LoginView {
	view := LoginView{Page: v.page(v.l.T("login.title")), Name: name, Next: next}
	view.NoIndex = true
	return view
}

// login begins a session. Whatever is wrong, the form says one sentence and tells no name apart.
func (s *Server) login(v *visit) error {
	f, _, err := v.readWords(2 * maxForm)
	if err != nil {
		return err
	}
	kept, words := unpack(f)
	login, err := s.accounts.LogIn(v.Request().Context(), f.Get("name"), f.Get("password"), v.token(), v.client())
	if err != nil {
		view := v.loginView(localPath(f.Get("next")), f.Get("name"))
		view.Kept = kept
		v.showsSuspension(&view, err)
		if kept.To != "" && !denied(err) {
			return v.show(v.refusedWriting(&view.Form, err), "login", view)
		}
		status, err := v.refusedEntry(&view.Form, err)
		if err != nil {
			return err
		}
		return v.show(status, "login", view)
	}
	if kept.To != "" {
		return v.resume(login, kept, words)
	}
	return v.signedIn(login, f.Get("next"), "")
}

// refusedEntry is refused for the forms that let people in: there a wrong proof is an answer too.
func (v *visit) refusedEntry(f *Form, err error) (int, error) {
	if denied(err) {
		f.Refuse("", v.l.Error(err))
		return http.StatusUnprocessableEntity, nil
	}
	return v.refused(f, err, nil)
}

// logout ends the session.
func (s *Server) logout(v *visit) error {
	if token := v.token(); token != "" {
		if err := s.accounts.LogOut(v.Request().Context(), token); err != nil {
			return err
		}
	}
	s.setCookie(v.Context, s.sessionCookie(), "", 0)
	return v.onward("/", "flash.logged-out")
}

// signupForm is /signup?next=.
func (s *Server) signupForm(v *visit) error {
	next := localPath(v.QueryParam("next"))
	if v.member != nil {
		return v.Redirect(http.StatusSeeOther, next)
	}
	return v.show(http.StatusOK, "signup", v.signupView(next, ""))
}

func (v *visit) signupView(next, name string) SignupView {
	view := SignupView{Page: v.page(""), Name: name, Next: next}
	view.Title = v.l.T("signup.title", "Site", view.Site.Name)
	view.Closed = !view.Site.Signup
	return view
}

// signup makes an account and begins its first session.
func (s *Server) signup(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	login, err := s.accounts.SignUp(v.Request().Context(), accounts.SignUp{
		Name: f.Get("name"), Password: f.Get("password"), Language: v.l.Tag(),
	}, v.client())
	if err != nil {
		view := v.signupView(localPath(f.Get("next")), f.Get("name"))
		status, err := v.refusedEntry(&view.Form, err)
		if err != nil {
			return err
		}
		return v.show(status, "signup", view)
	}
	return v.signedIn(login, f.Get("next"), "flash.welcome")
}
