package web

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/accounts"
)

// Where a person gives a program leave to act for them. The program's own endpoints are the JSON edge's.

// authorizeForm is /oauth/authorize: who asks, for what, and two buttons.
func (s *Server) authorizeForm(v *visit) error {
	z, err := s.accounts.CheckAuthorization(v.Request().Context(), authorizeRequest(v.QueryParams()))
	if err != nil {
		return err // anybody may register a program, so a link alone leads nobody away. RFC 9700 4.11.2
	}
	if v.member == nil {
		return v.Redirect(http.StatusSeeOther, v.loginPath())
	}
	view := ConsentView{Page: v.page(v.l.T("oauth.title", "Name", z.Client.Name)), Program: z.Client.Name, Website: z.Client.Website,
		Lead: leadOf(z.Redirect), Long: !z.Client.Refreshes, Ask: authorizeFields(v.QueryParams())}
	view.NoIndex = true
	for _, one := range z.Scopes {
		view.Scopes = append(view.Scopes, ScopeRow{Label: v.l.T("scope." + string(one)), Grave: grave(one)})
	}
	v.letLead(z.Redirect)
	return v.show(http.StatusOK, "consent", view)
}

// authorize takes the answer: POST /oauth/authorize with what the form was asked with, and do=allow or deny.
func (s *Server) authorize(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	in := authorizeRequest(f)
	ctx := v.Request().Context()
	if f.Get("do") != "allow" {
		z, err := s.accounts.CheckAuthorization(ctx, in)
		if err != nil {
			return v.refuseProgram(z, err)
		}
		return v.leadBack(z, url.Values{"error": {"access_denied"}, "error_description": {"The person refused."}}, "/")
	}
	z, code, err := s.accounts.Authorize(ctx, v.who, in)
	if err != nil {
		return v.refuseProgram(z, err)
	}
	if to := z.Lead(url.Values{"code": {code}, "iss": {s.options.Origin}}); to != "" { // RFC 9207 2
		v.letLead(z.Redirect)
		return v.Redirect(http.StatusSeeOther, to)
	}
	view := CodeView{Page: v.page(v.l.T("oauth.code-title")), Program: z.Client.Name, Code: code}
	view.NoIndex = true
	v.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return v.show(http.StatusOK, "code", view)
}

// refuseProgram tells the program what is wrong with its request, where it is known who that is; else only
// the person, who is sent nowhere.
func (v *visit) refuseProgram(z *accounts.Authorization, err error) error {
	e := refusalOf(err)
	if z == nil || e == nil || e.Reason == "" {
		return err
	}
	return v.leadBack(z, url.Values{"error": {e.Reason}, "error_description": {e.Message}}, "")
}

// leadBack sends the person to the program, or shows the refusal where it cannot be led to.
func (v *visit) leadBack(z *accounts.Authorization, values url.Values, otherwise string) error {
	if to := z.Lead(values); to != "" {
		v.letLead(z.Redirect)
		return v.Redirect(http.StatusSeeOther, to)
	}
	if otherwise != "" {
		return v.onward(otherwise, "flash.not-allowed")
	}
	return circles.Errorf(circles.Invalid, "%s", values.Get("error_description"))
}

// authorizeNames are the fields of a request. // RFC 6749 4.1.1
var authorizeNames = []string{"response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"}

func authorizeRequest(f url.Values) accounts.AuthorizeRequest {
	return accounts.AuthorizeRequest{ResponseType: f.Get("response_type"), Client: f.Get("client_id"), Redirect: f.Get("redirect_uri"), Scope: f.Get("scope"),
		State: f.Get("state"), Challenge: f.Get("code_challenge"), Method: f.Get("code_challenge_method")}
}

func authorizeFields(f url.Values) []HiddenField {
	var out []HiddenField
	for _, name := range authorizeNames {
		if f.Get(name) != "" {
			out = append(out, HiddenField{name, f.Get(name)})
		}
	}
	return out
}

// leadOf is how the person is told where they will be led: a host, or the scheme of a program on their
// machine; "" = nowhere.
func leadOf(redirect string) string {
	u, err := url.Parse(redirect)
	switch {
	case redirect == accounts.OutOfBand || err != nil:
		return ""
	case u.Host != "" && (u.Scheme == "https" || u.Scheme == "http"):
		return u.Host
	}
	return u.Scheme + ":"
}

// letLead lets the form of this page end at a registered address: browsers hold form-action against where
// the answer to a form redirects, too.
func (v *visit) letLead(redirect string) {
	u, err := url.Parse(redirect)
	if err != nil || redirect == accounts.OutOfBand {
		return
	}
	source := u.Scheme + ":"
	if u.Scheme == "https" || u.Scheme == "http" {
		source += "//" + u.Host
	}
	v.Response().Header().Set("Content-Security-Policy", contentPolicyWith(source))
}

// grave scopes are shown apart.
func grave(s accounts.Scope) bool {
	return s == accounts.ScopeTip || s == accounts.ScopeModerate || s == accounts.ScopeAdmin
}
