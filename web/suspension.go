package web

import (
	"errors"
	"net/http"
	"strconv"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/moderation"
)

const suspensionPath = "/suspension"

// objectionCookie holds what a suspended person objects with. It stands in no address, so that neither the
// history of a browser nor the log of a proxy has it.
func (s *Server) objectionCookie() string { return s.hostCookie("objection") }

// showsSuspension notes that a login was refused for a suspension, and leads to what can be said against it.
func (v *visit) showsSuspension(view *LoginView, err error) {
	var e *accounts.SuspendedError
	if v.s.moderation == nil || !errors.As(err, &e) {
		return
	}
	v.s.setCookie(v.Context, v.s.objectionCookie(), e.Token, accounts.ObjectionFor)
	view.Object = suspensionPath
}

// objector is who the browser has lately proved to be, who is suspended.
func (v *visit) objector() (circles.Viewer, error) {
	v.Response().Header().Set("Cache-Control", "no-store")
	if v.s.moderation == nil {
		return circles.Viewer{}, noPage
	}
	who, err := v.s.accounts.Objector(v.Request().Context(), cookie(v.Context, v.s.objectionCookie()), v.client())
	if denied(err) {
		v.s.setCookie(v.Context, v.s.objectionCookie(), "", 0)
	}
	return who, err
}

// suspension is /suspension: since when and why an account is suspended, and what its owner says to that.
// Whoever is signed in is not suspended, and has the same among their appeals.
func (s *Server) suspension(v *visit) error {
	if v.member != nil {
		return v.Redirect(http.StatusSeeOther, "/appeals")
	}
	who, err := v.objector()
	if err != nil {
		return err
	}
	return v.showSuspension(who, http.StatusOK, "", Form{})
}

func (v *visit) showSuspension(who circles.Viewer, status int, words string, form Form) error {
	o, err := v.s.moderation.OwnSuspension(v.Request().Context(), who)
	if err != nil {
		return err
	}
	view := SuspensionView{Page: v.page(v.l.T("suspension.title")), Form: form, Since: at(o.Since), Reason: o.Reason, May: o.May, Words: words}
	view.NoIndex = true
	own := func(c *moderation.AppealCase) *AppealRow {
		if c == nil {
			return nil
		}
		row := v.appealRow(*c)
		row.Who = PersonRef{} // it is the reader
		if c.Suspension() {
			row.Said = "" // it stands above
		}
		return &row
	}
	view.Open, view.Answered = own(o.Open), own(o.Answered)
	if !o.May && o.Open == nil && o.Answered == nil {
		view.Refused = v.l.Error(o.Refused)
	}
	return v.show(status, "suspension", view)
}

// objectToSuspension takes the form of that page: body, or do = withdraw.
func (s *Server) objectToSuspension(v *visit) error {
	if v.member != nil {
		return v.Redirect(http.StatusSeeOther, "/appeals")
	}
	who, err := v.objector()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	ctx, flash := v.Request().Context(), "flash.appealed"
	if f.Get("do") == "withdraw" {
		flash = "flash.appeal-withdrawn"
		err = s.withdrawOpen(v, who, f.Get("appeal"))
	} else {
		_, err = s.moderation.Object(ctx, who, moderation.Grievance{Kind: circles.AppealBan}, f.Get("body"))
	}
	if err == nil {
		return v.onward(suspensionPath, flash)
	}
	var form Form
	status, err := v.refused(&form, err, nil)
	if err != nil {
		return err
	}
	return v.showSuspension(who, status, f.Get("body"), form)
}

// withdrawOpen takes back what the page shows as open, and nothing else of theirs.
func (s *Server) withdrawOpen(v *visit, who circles.Viewer, id string) error {
	o, err := s.moderation.OwnSuspension(v.Request().Context(), who)
	if err != nil {
		return err
	}
	if o.Open == nil || strconv.FormatInt(o.Open.ID, 10) != id {
		return circles.Errorf(circles.Conflict, "This appeal was answered or taken back already.").With("refused.appeal-decided", nil)
	}
	return s.moderation.Withdraw(v.Request().Context(), who, o.Open.ID)
}
