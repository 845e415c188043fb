package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"halqa/internal/accounts"
)

// tokensForm is /settings/tokens: who has leave to act for the member, and how to make a token.
func (s *Server) tokensForm(v *visit) error {
	view, err := v.tokensView(nil, 90)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "tokens", view)
}

func (v *visit) tokensView(chosen accounts.Scopes, days int) (TokensView, error) {
	settings := v.settingsView("tokens")
	view := TokensView{Page: settings.Page, Tabs: settings.Tabs}
	grants, err := v.s.accounts.Grants(v.Request().Context(), v.who)
	if err != nil {
		return view, err
	}
	for _, g := range grants {
		row := GrantRow{ID: g.ID, Name: g.Name, Program: g.Client != "", Since: at(g.CreatedAt), Used: at(g.UsedAt), Until: at(g.ExpiresAt)}
		for _, one := range g.Scopes {
			row.Scopes = append(row.Scopes, ScopeRow{Label: v.l.T("scope." + string(one)), Grave: grave(one)})
		}
		view.Grants = append(view.Grants, row)
	}
	for _, one := range accounts.AllScopes() {
		view.Choices = append(view.Choices, Option{Value: string(one), Label: v.l.T("scope." + string(one)), Selected: slices.Contains(chosen, one)})
	}
	for _, n := range []int{30, 90, 365} {
		view.Days = append(view.Days, Option{Value: strconv.Itoa(n), Label: v.l.T("mod.for-days", "Count", n), Selected: n == days})
	}
	return view, nil
}

// makeToken makes a token and shows it, once: POST /settings/tokens with name, scope and days.
func (s *Server) makeToken(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	var scopes accounts.Scopes
	for _, known := range accounts.AllScopes() {
		if slices.Contains(f["scope"], string(known)) {
			scopes = append(scopes, known)
		}
	}
	days, _ := strconv.Atoi(f.Get("days"))
	token, grant, err := s.accounts.MakeToken(v.Request().Context(), v.who, accounts.NewToken{Name: f.Get("name"), Scopes: scopes, Days: days})
	view, viewErr := v.tokensView(scopes, days)
	if viewErr != nil {
		return viewErr
	}
	if err != nil {
		view.Name = f.Get("name")
		status, err := v.refused(&view.Form, err, nil)
		if err != nil {
			return err
		}
		return v.show(status, "tokens", view)
	}
	view.Token, view.Made = token, grant.Name
	v.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return v.show(http.StatusOK, "tokens", view)
}

// endGrant takes leave back: POST /settings/tokens/end with grant.
func (s *Server) endGrant(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.accounts.EndGrant(v.Request().Context(), v.who, f.Get("grant")); err != nil {
		return err
	}
	return v.onward("/settings/tokens", "flash.grant-ended")
}

// reference is /api: the routes for programs, for people to read.
func (s *Server) reference(v *visit) error {
	view := ReferenceView{Page: v.page(v.l.T("reference.title")), Base: s.options.Origin + s.options.API.Base, Document: s.options.API.Document}
	for _, g := range s.options.API.Groups {
		view.Groups = append(view.Groups, ReferenceGroup{Name: g.Name, Title: v.l.T("reference.group-" + g.Name), Routes: g.Routes})
	}
	for _, one := range accounts.AllScopes() {
		view.Scopes = append(view.Scopes, Link{Label: string(one), Href: v.l.T("scope." + string(one))})
	}
	return v.show(http.StatusOK, "reference", view)
}
