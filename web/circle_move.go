package web

import (
	"net/http"
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
)

// moveForm is /c/{name}/move: how a circle's owner moves it elsewhere, and who may move here.
func (s *Server) moveForm(v *visit) error {
	page, err := v.editable()
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "circle_move", v.moveView(page, url.Values{}))
}

func (v *visit) moveView(page *app.CirclePage, f url.Values) CircleMoveView {
	c := page.Circle
	view := CircleMoveView{Page: v.page(v.l.T("circle-move.title")), Circle: v.s.circleRef(c), Address: v.s.options.Origin + c.URI,
		Target: f.Get("target"), Aliases: strings.Join(c.AlsoKnownAs.List(), "\n"), Gone: v.head(page).Moved}
	view.Section, view.NoIndex = "circles", true
	if f.Has("aliases") {
		view.Aliases = f.Get("aliases")
	}
	return view
}

func (v *visit) refuseMove(page *app.CirclePage, f url.Values, cause error) error {
	view := v.moveView(page, f)
	status, err := v.refused(&view.Form, cause, nil)
	if err != nil {
		return err
	}
	return v.show(status, "circle_move", view)
}

// moveCircle moves it, once its owner has proven again who they are. The new circle is asked anew what it
// says of itself.
func (s *Server) moveCircle(v *visit) error {
	ctx := v.Request().Context()
	page, err := v.editable()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.accounts.Confirm(ctx, v.who, f.Get("password"), v.client()); err != nil {
		return v.refuseMove(page, f, err)
	}
	target, err := s.newHome(v, strings.TrimSpace(f.Get("target")))
	if err == nil {
		err = s.app.MoveCircle(ctx, v.who, page.Circle.CircleID(), target.ID)
	}
	if err != nil {
		return v.refuseMove(page, f, err)
	}
	return v.onward(page.Circle.Path(), "flash.circle-moved")
}

// newHome finds the circle that an address or !name@server means, as its own server has it now.
func (s *Server) newHome(v *visit, what string) (*circles.Actor, error) {
	ctx := v.Request().Context()
	if s.options.Resolver == nil {
		return nil, circles.Errorf(circles.NotFound, "There is no such circle.")
	}
	if strings.Contains(what, "://") {
		return s.options.Resolver.FetchActor(ctx, what)
	}
	name, host, _ := strings.Cut(strings.TrimLeft(what, "!@"), "@")
	found, err := s.options.Resolver.Lookup(ctx, circles.KindCircle, name, host)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// setAliases says which circles may move here: POST /c/{name}/aliases.
func (s *Server) setAliases(v *visit) error {
	page, err := v.editable()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.app.SetAliases(v.Request().Context(), v.who, page.Circle.CircleID(), strings.Fields(f.Get("aliases"))); err != nil {
		return v.refuseMove(page, f, err)
	}
	return v.onward(page.Circle.Path()+"/move#moved-here", "flash.saved")
}
