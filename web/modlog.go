package web

import (
	"net/http"

	"halqa/circles"
	"halqa/internal/moderation"
)

// siteLog is /modlog, circleLog /c/{name}/modlog: what moderators did, for everyone who may read the
// circle. Which of them did it is for other moderators: who is named is who gets the anger.
func (s *Server) siteLog(v *visit) error {
	if s.moderation == nil {
		return noPage
	}
	view := LogView{Page: v.page(v.l.T("modlog.title"))}
	return v.showLog(view, 0, "/modlog", v.who.Moderates())
}

func (s *Server) circleLog(v *visit) error {
	if s.moderation == nil {
		return noPage
	}
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	if page.Closed {
		return noPage
	}
	c := page.Circle
	view := LogView{Page: v.page(v.l.T("modlog.title-of", "Circle", c.Title())), Circle: s.circleRef(c)}
	moderates := v.who.Moderates() || page.Role.Moderates()
	if moderates && c.Local() {
		view.Tabs = v.deskTabs(c.CircleID(), c.Path()+"/mod", "modlog")
	}
	view.Limited = !c.Visibility.Federated()
	return v.showLog(view, c.CircleID(), c.Path()+"/modlog", moderates)
}

func (v *visit) showLog(view LogView, circle circles.CircleID, path string, names bool) error {
	entries, next, err := v.s.moderation.Log(v.Request().Context(), v.who, circle, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view.NoIndex = true
	for _, e := range entries {
		view.Limited = view.Limited || e.Circle != nil && !e.Circle.Visibility.Federated()
		view.Entries = append(view.Entries, v.logRow(e, circle != 0, names))
	}
	if next != "" {
		view.More = address(path, "after", next)
	}
	return v.show(http.StatusOK, "modlog", view)
}

func (v *visit) logRow(e moderation.Entry, in, names bool) LogRow {
	row := LogRow{At: at(e.At), Action: v.l.T("moderation.action." + string(e.Action)), Reason: e.Reason, Until: at(e.Until), Host: e.Host}
	if names && e.By != nil {
		row.By = v.s.person(e.By)
	}
	if e.Circle != nil && !in {
		ref := v.s.circleRef(e.Circle)
		row.Circle = &ref
	}
	if e.Person != nil {
		if e.Person.Kind == circles.KindCircle {
			ref := v.s.circleRef(&circles.Circle{Actor: *e.Person})
			row.Of = &ref
		} else {
			row.Person = v.s.person(e.Person)
		}
	}
	if p := e.Post; p != nil {
		row.Post = Link{Label: p.Title, Href: placeOf(p.Root, p.ID)}
		switch {
		case p.Kind == circles.IsComment:
			row.Post.Label = v.l.T("modlog.a-comment")
		case p.Title == "":
			row.Post.Label = v.l.T("modlog.a-post")
		}
	}
	if e.Action == circles.ModPeer {
		switch moderation.Policy(e.Policy) {
		case moderation.Limited:
			row.Policy = v.l.T("modlog.policy-limited")
		case moderation.Blocked:
			row.Policy = v.l.T("modlog.policy-blocked")
		default:
			row.Policy = v.l.T("modlog.policy-open")
		}
	}
	return row
}
