package web

import (
	"net/http"
	"net/url"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// vouchForm is /c/{name}/vouch?person=: one sentence and a button, to vouch for somebody or to end it.
func (s *Server) vouchForm(v *visit) error {
	page, person, err := v.vouchee(v.QueryParam("person"))
	if err != nil {
		return err
	}
	return v.showVouch(page, person, http.StatusOK, nil)
}

func (v *visit) vouchee(handle string) (*app.CirclePage, *circles.Actor, error) {
	page, err := v.readCircle()
	if err != nil {
		return nil, nil, err
	}
	p, err := v.personNamed(handle)
	return page, p, err
}

func (v *visit) showVouch(page *app.CirclePage, p *circles.Actor, status int, form *Form) error {
	x, err := v.s.app.Voucher(v.Request().Context(), v.who, page.Circle.CircleID(), circles.PersonID(p.ID))
	if err != nil {
		return err
	}
	view := ConfirmView{Page: v.page(v.l.T("vouch.title", "Name", v.s.person(p).Label())), Lead: v.l.T("vouch.lead", "Circle", page.Circle.Title()),
		Button: v.l.T("vouch.do"), Back: Link{Href: page.Circle.Path()}}
	do := ""
	if x.Holds {
		view.Lead, view.Button, view.Danger, do = v.l.T("vouch.end-lead", "Circle", page.Circle.Title()), v.l.T("vouch.end"), true, "end"
	}
	view.Action = address(page.Circle.Path()+"/vouch", "person", "@"+v.s.handleOf(p), "do", do)
	view.NoIndex = true
	if form != nil {
		view.Form = *form
	}
	return v.show(status, "confirm", view)
}

// vouch is POST /c/{name}/vouch?person=, with do=end to end it.
func (s *Server) vouch(v *visit) error {
	page, p, err := v.vouchee(v.QueryParam("person"))
	if err != nil {
		return err
	}
	do, flash := s.app.Vouch, "flash.vouched"
	if v.QueryParam("do") == "end" {
		do, flash = s.app.Unvouch, "flash.unvouched"
	}
	err = do(v.Request().Context(), v.who, page.Circle.CircleID(), circles.PersonID(p.ID))
	if err == nil {
		return v.onward(page.Circle.Path(), flash)
	}
	var form Form
	status, err := v.refused(&form, err, map[string]string{"": ""})
	if err != nil {
		return err
	}
	return v.showVouch(page, p, status, &form)
}

// vouchAuthor is /post/{id}/vouch, which leads to the page for its author in its circle.
func (s *Server) vouchAuthor(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	circle, author, err := s.app.Wrote(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	return v.Redirect(http.StatusSeeOther, circle.Path()+"/vouch?person="+url.QueryEscape("@"+s.handleOf(author)))
}

// helpfulForm is /post/{id}/helpful: one sentence and a button.
func (s *Server) helpfulForm(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	p, is, err := s.app.Helpful(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	view := ConfirmView{Page: v.page(v.l.T("helpful.title")), Lead: v.l.T("helpful.lead"), Button: v.l.T("helpful.do"),
		Action: "/post/" + id.String() + "/helpful", Back: Link{Href: placeOf(p.Root, id)}, Subject: p.Title}
	if is {
		view.Lead, view.Button, view.Danger = v.l.T("helpful.end-lead"), v.l.T("helpful.end"), true
		view.Action += "?do=end"
	}
	if view.Subject == "" {
		view.Subject = text.ExcerptHTML(p.BodyHTML, blurbLen)
	}
	view.NoIndex = true
	return v.show(http.StatusOK, "confirm", view)
}

// helpful is POST /post/{id}/helpful, with ?do=end to take it back.
func (s *Server) helpful(v *visit) error {
	ctx := v.Request().Context()
	id, err := v.postID()
	if err != nil {
		return err
	}
	is, flash := true, "flash.helpful"
	if v.QueryParam("do") == "end" {
		is, flash = false, "flash.not-helpful"
	}
	if err := s.app.SetHelpful(ctx, v.who, id, is); err != nil {
		return err
	}
	root, err := s.app.Root(ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.onward(placeOf(root, id), flash)
}
