package web

import (
	"net/http"
	"net/url"
	"strconv"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/moderation"
	"halqa/internal/text"
)

// appealPath is where somebody objects to what was done with a post of theirs.
func appealPath(kind circles.AppealKind, post circles.PostID) string {
	return address("/appeal", "about", string(kind), "post", post.String())
}

// banAppeal is where somebody objects to being banned from a circle.
func banAppeal(c *circles.Circle) string {
	return address("/appeal", "about", string(circles.AppealBan), "circle", c.Name)
}

// grievance reads what an address of the form is about: about = gate with action and circle, ban with
// circle, held or removal with post, penalty with line.
func (v *visit) grievance() (g moderation.Grievance, err error) {
	if v.s.moderation == nil {
		return g, noPage
	}
	g.Kind = circles.AppealKind(v.QueryParam("about"))
	g.Action = reputation.Action(v.QueryParam("action"))
	if name := v.QueryParam("circle"); name != "" {
		if g.Circle, err = v.s.app.CircleNamed(v.Request().Context(), name); err != nil {
			return g, err
		}
	}
	if raw := v.QueryParam("post"); raw != "" {
		if g.Post, err = circles.ParsePostID(raw); err != nil {
			return g, err
		}
	}
	if raw := v.QueryParam("line"); raw != "" {
		id, err := parseNumber(raw)
		if err != nil {
			return g, err
		}
		g.Line = reputation.EventID(id)
	}
	return g, nil
}

// appealForm is /appeal. It is nobody's to shut: whoever has an account here may object, a banned person
// to their ban, too.
func (s *Server) appealForm(v *visit) error { return v.showAppeal(http.StatusOK, "", Form{}) }

func (v *visit) showAppeal(status int, words string, form Form) error {
	g, err := v.grievance()
	if err != nil {
		return err
	}
	c, err := v.s.moderation.Ground(v.Request().Context(), v.who, g)
	if err != nil {
		return err
	}
	view := AppealView{Page: v.page(v.l.T("appeal.title")), Form: form, Action: "/appeal?" + v.Request().URL.Query().Encode(), Case: v.appealRow(*c), Site: c.Site,
		Silence: c.DueAt != 0, Words: words}
	view.NoIndex = true
	return v.show(status, "appeal", view)
}

// object takes the form: POST /appeal with body.
func (s *Server) object(v *visit) error {
	g, err := v.grievance()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	a, err := s.moderation.Object(v.Request().Context(), v.who, g, f.Get("body"))
	if err == nil {
		return v.onward("/appeals#a"+strconv.FormatInt(a.ID, 10), "flash.appealed")
	}
	if e := refusalOf(err); e == nil || e.Field == "" { // what it is about has changed: the form would say the same
		return err
	}
	var form Form
	status, err := v.refused(&form, err, nil)
	if err != nil {
		return err
	}
	return v.showAppeal(status, f.Get("body"), form)
}

// ownAppeals is /appeals.
func (s *Server) ownAppeals(v *visit) error {
	if s.moderation == nil {
		return noPage
	}
	all, next, err := s.moderation.Appeals(v.Request().Context(), v.who, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := AppealsView{Page: v.page(v.l.T("appeal.mine")), Action: "/appeals"}
	view.NoIndex = true
	bans, err := s.app.BansOf(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	for _, b := range bans {
		if b.Circle != nil && b.Circle.Local() {
			view.Bans = append(view.Bans, Link{Label: "!" + s.handleOf(&b.Circle.Actor), Href: banAppeal(b.Circle)})
		}
	}
	for _, c := range all {
		view.Rows = append(view.Rows, v.appealRow(c))
	}
	if next != "" {
		view.More = address("/appeals", "after", next)
	}
	return v.show(http.StatusOK, "appeals", view)
}

// moveAppeal takes one back or further: POST /appeals with appeal and do = withdraw or go-on.
func (s *Server) moveAppeal(v *visit) error {
	if s.moderation == nil {
		return noPage
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	id, err := parseNumber(f.Get("appeal"))
	if err != nil {
		return err
	}
	move, flash := s.moderation.Withdraw, "flash.appeal-withdrawn"
	if f.Get("do") == "go-on" {
		move, flash = s.moderation.GoOn, "flash.appeal-further"
	}
	if err := move(v.Request().Context(), v.who, id); err != nil {
		return err
	}
	return v.onward("/appeals", flash)
}

// appealQueue is /c/{name}/appeals and /mod/appeals: what waits for an answer, the longest first.
func (s *Server) appealQueue(where func(*visit) (desk, error)) func(*visit) error {
	return func(v *visit) error { return v.showAppeals(where, http.StatusOK, nil, Form{}) }
}

// appealDesk is where the list of a desk's appeals is.
func appealDesk(d desk) string {
	return d.path[:len(d.path)-len(deskTail(d))] + "/appeals"
}

func deskTail(d desk) string {
	if d.circle == 0 {
		return "/site"
	}
	return "/mod"
}

func (v *visit) showAppeals(where func(*visit) (desk, error), status int, typed url.Values, form Form) error {
	if v.s.moderation == nil {
		return noPage
	}
	d, err := where(v)
	if err != nil {
		return err
	}
	all, next, err := v.s.moderation.AppealQueue(v.Request().Context(), v.who, d.circle, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := AppealsView{Page: v.page(v.l.T("appeal.queue")), Form: form, Action: appealDesk(d), Circle: d.ref, Tabs: v.deskTabs(d.circle, d.path, "appeals")}
	view.NoIndex = true
	for _, c := range all {
		row := v.appealRow(c)
		if id := strconv.FormatInt(c.ID, 10); typed.Get("appeal") == id {
			row.Reason, row.Problem = typed.Get("reason"), form.Problem("reason-"+id)
		}
		view.Rows = append(view.Rows, row)
	}
	if next != "" {
		view.More = address(view.Action, "after", next)
	}
	return v.show(status, "appeal-queue", view)
}

// answerAppeal decides: POST with appeal, do = grant or deny, and reason.
func (s *Server) answerAppeal(where func(*visit) (desk, error)) func(*visit) error {
	return s.atDesk(where, "appeal", func(v *visit, d desk, id int64, f url.Values) error {
		grant := f.Get("do") == "grant"
		err := s.moderation.Answer(v.Request().Context(), v.who, id, grant, f.Get("reason"))
		if err == nil {
			flash := "flash.appeal-denied"
			if grant {
				flash = "flash.appeal-granted"
			}
			return v.onward(appealDesk(d), flash)
		}
		var form Form
		field := "reason-" + f.Get("appeal")
		status, err := v.refused(&form, err, map[string]string{"reason": field, "": field})
		if err != nil {
			return err
		}
		return v.showAppeals(where, status, f, form)
	})
}

func (v *visit) appealRow(c moderation.AppealCase) AppealRow {
	row := AppealRow{ID: c.ID, What: v.l.T("appeal.kind-" + string(c.Kind)), Said: c.Said, Words: c.Body, At: at(c.At), Open: c.State == circles.AppealOpen,
		Site: c.Site, First: c.FirstNote, Note: c.Note, MayGoOn: c.MayGoOn(), May: c.May, Approves: c.Kind == circles.AppealGate}
	switch c.Kind {
	case circles.AppealGate:
		row.What = v.l.T("appeal.kind-gate", "Action", v.l.T("action."+c.Action))
	case circles.AppealBan:
		if c.Suspension() {
			row.What = v.l.T("appeal.kind-suspension")
		}
	case circles.AppealPenalty:
		row.Said = v.l.T("standing.event." + string(c.Penalty.Kind))
	}
	if c.Gate != nil {
		row.Said = c.Gate.Say(v.l.Tag())
	}
	if c.State != "" {
		row.State = v.l.T("appeal.state-" + string(c.State))
	}
	if row.Open {
		row.Due = at(c.DueAt)
	}
	if c.About != nil {
		row.About = Link{Label: c.About.Title, Href: placeOf(c.About.Root, c.About.ID)}
		if row.About.Label == "" {
			row.About.Label = text.ExcerptHTML(c.About.BodyHTML, blurbLen)
		}
		if row.About.Label == "" {
			row.About.Label = v.l.T("modlog.a-comment")
		}
	}
	if c.Who != nil {
		row.Who = v.s.person(c.Who)
	}
	if c.Around != nil {
		ref := v.s.circleRef(c.Around)
		row.Circle = &ref
	}
	return row
}
