package web

import (
	"net/http"
	"net/url"
	"strconv"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/tips"
)

// giftRoutes lays out the addresses of gifts.
func (s *Server) giftRoutes() {
	e := s.echo
	e.POST("/tips/:id/show", s.visit(s.members(s.showGift)))
	e.GET("/gifts/:id/report", s.visit(s.members(s.giftReport)))
	e.POST("/gifts/:id/report", s.visit(s.members(s.reportGift)))
	e.GET("/c/:name/gifts", s.visit(s.members(s.giftDesk)))
	e.POST("/c/:name/gifts", s.visit(s.members(s.decideGift)))
}

// giftLabel names a gift; "" = it is none.
func (v *visit) giftLabel(kind string) string {
	if kind == "" {
		return ""
	}
	return v.l.T("gift." + kind)
}

// giftOptions are the labels as a form offers them, the plain tip first.
func (v *visit) giftOptions(chosen string) []Option {
	all := []Option{{Label: v.l.T("gift.none"), Selected: chosen == ""}}
	for _, k := range tips.GiftKinds() {
		all = append(all, Option{Value: k, Label: v.giftLabel(k), Selected: k == chosen})
	}
	return all
}

// gifts are those that are shown in a thread, with one question for all. A page without them is better
// than none.
func (v *visit) gifts(t *app.Thread) []GiftRow {
	if v.s.tips == nil || t.Notice || t.Circle == nil || t.Post.Circle == 0 || !t.Circle.Local() {
		return nil
	}
	ids := []circles.PostID{t.Post.ID}
	var walk func(nodes []*app.CommentNode)
	walk = func(nodes []*app.CommentNode) {
		for _, n := range nodes {
			ids = append(ids, n.Post.ID)
			walk(n.Kids)
		}
	}
	walk(t.Above)
	walk(t.Comments)
	all, err := v.s.tips.ShownGifts(v.Request().Context(), v.who, ids)
	if err != nil {
		v.s.log.Warn("gifts were not shown", "err", err)
		return nil
	}
	var rows []GiftRow
	for _, g := range all {
		row := GiftRow{Label: v.giftLabel(g.Kind), Note: g.Note}
		if g.Post != t.Post.ID {
			row.On = Link{Label: v.l.T("tip.comment"), Href: "#c" + g.Post.String()}
		}
		if v.member != nil && g.Note != "" && g.ReportedAt == 0 {
			row.Report = "/gifts/" + idOf(g.Tip) + "/report"
		}
		rows = append(rows, row)
	}
	return rows
}

// showGift shows a gift under its post, or no longer: POST /tips/{id}/show.
func (s *Server) showGift(v *visit) error {
	id, err := v.tipID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.tips.ShowGift(v.Request().Context(), v.who, id, f.Get("do") == "show"); err != nil {
		return v.refuseTip(err, url.Values{})
	}
	return v.onward("/tips/"+idOf(id), "flash.saved")
}

// giftReport is /gifts/{id}/report: what is wrong with the words beside a gift.
func (s *Server) giftReport(v *visit) error { return v.showGiftReport(http.StatusOK, nil, "") }

func (v *visit) showGiftReport(status int, form *Form, typed string) error {
	id, err := v.tipID()
	if err != nil {
		return err
	}
	g, err := v.s.tips.Gift(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	view := GiftReportView{Page: v.page(v.l.T("gift.report-title")), Action: "/gifts/" + idOf(id) + "/report", Label: v.giftLabel(g.Kind), Note: g.Note,
		Text: typed, Max: tips.MaxReport, Reported: g.ReportedAt != 0, Back: "/comment/" + g.Post.String()}
	view.NoIndex = true
	if form != nil {
		view.Form = *form
	}
	return v.show(status, "gift-report", view)
}

// reportGift is POST /gifts/{id}/report.
func (s *Server) reportGift(v *visit) error {
	id, err := v.tipID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.tips.ReportGift(v.Request().Context(), v.who, id, f.Get("text")); err != nil {
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.showGiftReport(status, &form, f.Get("text"))
	}
	return v.onward("/gifts/"+idOf(id)+"/report", "flash.reported")
}

// hasGifts reports whether a circle wants gifts, whose notes its moderators may have to read. Tabs without
// one are better than no page.
func (v *visit) hasGifts(circle circles.CircleID) bool {
	if v.s.tips == nil || circle == 0 || !v.s.tips.Enabled() {
		return false
	}
	p, err := v.s.tips.Policy(v.Request().Context(), circle)
	if err != nil {
		v.s.log.Warn("the tabs of a desk lack gifts", "err", err)
	}
	return p.Gifts
}

// giftDesk is /c/{name}/gifts: the notes that wait for a moderator.
func (s *Server) giftDesk(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	all, rows, err := s.tips.ReportedGifts(v.Request().Context(), v.who, page.Circle.CircleID())
	if err != nil {
		return err
	}
	people, posts, err := s.tips.Faces(v.Request().Context(), v.who, rows)
	if err != nil {
		return err
	}
	view := GiftDeskView{Page: v.page(v.l.T("gift.desk")), Circle: s.circleRef(page.Circle), Tabs: v.deskTabs(page.Circle.CircleID(), page.Circle.Path()+"/mod", "gifts")}
	view.NoIndex = true
	for i, g := range all {
		view.Rows = append(view.Rows, GiftCase{ID: idOf(g.Tip), Label: v.giftLabel(g.Kind), Note: g.Note, Payer: s.person(people[rows[i].Payer.Actor()]),
			Payee: s.person(people[rows[i].Payee.Actor()]), On: v.tipOn(g.Post, posts), Report: g.Report, At: at(g.ReportedAt), Shown: g.ShownAt != 0})
	}
	return v.show(http.StatusOK, "gift-desk", view)
}

// decideGift takes a note away or lets it stand: POST /c/{name}/gifts.
func (s *Server) decideGift(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(f.Get("gift"), 10, 64)
	if err != nil {
		return noPage
	}
	if err := s.tips.DecideGift(v.Request().Context(), v.who, id, f.Get("do") == "take", f.Get("reason")); err != nil {
		return err
	}
	return v.onward(page.Circle.Path()+"/gifts", "flash.saved")
}
