package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/moderation"
	"halqa/internal/text"
)

// A desk is a list of reports: a circle's, or that of the people who run this instance.
type desk struct {
	circle circles.CircleID // 0 = the instance
	title  string
	path   string
	ref    CircleRef
}

// modHome is /mod: every list that the reader decides, with how much waits.
func (s *Server) modHome(v *visit) error {
	if s.moderation == nil {
		return noPage
	}
	ctx := v.Request().Context()
	desks, err := s.moderation.Desks(ctx, v.who)
	if err != nil {
		return err
	}
	if len(desks) == 0 {
		return noPage
	}
	var ids []circles.CircleID
	for _, d := range desks {
		if d.Circle != nil {
			ids = append(ids, d.Circle.CircleID())
		}
	}
	held, err := s.app.HeldCounts(v.Request().Context(), ids)
	if err != nil {
		return err
	}
	appeals, err := s.moderation.OpenAppealCounts(ctx, append(ids, 0))
	if err != nil {
		return err
	}
	view := DesksView{Page: v.page(v.l.T("mod.title"))}
	view.NoIndex = true
	for _, d := range desks {
		if d.Circle == nil {
			view.Desks = append(view.Desks, DeskRow{Label: v.l.T("mod.site"), Href: "/mod/site", Open: int(d.Open + appeals[0])})
			continue
		}
		ref := s.circleRef(d.Circle)
		view.Desks = append(view.Desks, DeskRow{Circle: &ref, Href: ref.Href + "/mod", Open: int(d.Open + held[d.Circle.CircleID()] + appeals[d.Circle.CircleID()])})
	}
	return v.show(http.StatusOK, "desks", view)
}

// siteDesk and circleDesk are the lists at /mod/site and /c/{name}/mod.
func (v *visit) siteDesk() (desk, error) {
	return desk{title: v.l.T("mod.site"), path: "/mod/site"}, nil
}

func (v *visit) circleDesk() (desk, error) {
	page, err := v.readCircle()
	if err != nil {
		return desk{}, err
	}
	c := page.Circle
	return desk{circle: c.CircleID(), title: v.l.T("mod.title-of", "Circle", c.Title()), path: c.Path() + "/mod", ref: v.s.circleRef(c)}, nil
}

// queue makes the handler that shows a list of reports; decide that of what is sent from it.
func (s *Server) queue(where func(*visit) (desk, error)) func(*visit) error {
	return func(v *visit) error {
		if s.moderation == nil {
			return noPage
		}
		d, err := where(v)
		if err != nil {
			return err
		}
		return v.showQueue(d, http.StatusOK, nil, nil)
	}
}

func (v *visit) showQueue(d desk, status int, form *Form, typed url.Values) error {
	decided := v.QueryParam("decided") == "1"
	cases, next, err := v.s.moderation.Reports(v.Request().Context(), v.who, d.circle, decided, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := QueueView{Page: v.page(d.title), Action: d.path, Decided: decided, Circle: d.ref, Tabs: v.deskTabs(d.circle, d.path, "mod")}
	view.NoIndex = true
	if form != nil {
		view.Form = *form
	}
	view.Which = []Tab{{Label: v.l.T("mod.open"), Href: d.path, Current: !decided}, {Label: v.l.T("mod.decided"), Href: d.path + "?decided=1", Current: decided}}
	for _, c := range cases {
		row := v.caseRow(c)
		if typed.Get("report") == strconv.FormatInt(c.ID, 10) {
			row.Reason, row.Do, row.Problem = typed.Get("reason"), typed.Get("do"), view.Problem("reason-"+typed.Get("report"))
		}
		view.Cases = append(view.Cases, row)
	}
	if next != "" {
		which := ""
		if decided {
			which = "1"
		}
		view.More = address(d.path, "decided", which, "after", next)
	}
	return v.show(status, "queue", view)
}

// deskTabs lead between the pages of who moderates a circle, 0 = the instance.
func (v *visit) deskTabs(circle circles.CircleID, path, current string) []Tab {
	if path == "/mod/site" {
		return []Tab{{Label: v.l.T("mod.reports"), Href: path, Current: current == "mod"}, {Label: v.l.T("appeal.queue"), Href: "/mod/appeals", Current: current == "appeals"},
			{Label: v.l.T("suspended.title"), Href: "/mod/suspended", Current: current == "suspended"}, {Label: v.l.T("mod.log"), Href: "/modlog", Current: current == "modlog"}}
	}
	base := path[:len(path)-len("/mod")]
	tabs := []Tab{{Label: v.l.T("mod.reports"), Href: base + "/mod", Current: current == "mod"}, {Label: v.l.T("held.title"), Href: base + "/held", Current: current == "held"}, {Label: v.l.T("appeal.queue"), Href: base + "/appeals", Current: current == "appeals"},
		{Label: v.l.T("mod.bans"), Href: base + "/bans", Current: current == "bans"},
		{Label: v.l.T("mod.log"), Href: base + "/modlog", Current: current == "modlog"}}
	if v.hasGifts(circle) || current == "gifts" {
		tabs = append(tabs, Tab{Label: v.l.T("gift.desk"), Href: base + "/gifts", Current: current == "gifts"})
	}
	return tabs
}

func (v *visit) caseRow(c moderation.Case) CaseRow {
	row := CaseRow{ID: c.ID, Category: v.l.T("moderation.category." + string(c.Category)), Count: int(c.Count), At: at(c.LastAt), Open: c.State == circles.ReportOpen,
		Note: c.Note, Days: v.banDays("")}
	if row.Open && c.Target.Circle == 0 {
		row.Severity = []Option{{Value: string(circles.Minor), Label: v.l.T("mod.minor"), Selected: true}, {Value: string(circles.Serious), Label: v.l.T("mod.serious")}}
	}
	if !row.Open {
		row.State = v.l.T("mod.state-" + string(c.State))
	}
	if c.Decision != "" {
		row.Decision = v.l.T("moderation.action." + string(c.Decision))
	}
	if c.Person != nil {
		row.Author = v.s.person(c.Person)
	}
	if c.Circle != nil {
		ref := v.s.circleRef(c.Circle)
		row.Circle = &ref
	}
	if c.DecidedBy != nil {
		row.By = v.s.person(c.DecidedBy)
	}
	switch {
	case c.Post != nil:
		row.What = Link{Label: c.Post.Title, Href: placeOf(c.Post.Root, c.Post.ID)}
		row.Excerpt, row.Gone = text.ExcerptHTML(c.Post.BodyHTML, blurbLen), v.state(c.Post)
		row.MayRemove, row.MayBan = row.Open && c.Post.State == circles.Visible, row.Open && c.Post.Circle != 0
		if row.What.Label == "" {
			row.What.Label = v.l.T("modlog.a-comment")
		}
	case c.Target.Post != 0:
		row.Gone = v.l.T("mod.gone")
	case c.Target.Circle != 0 && row.Circle != nil:
		row.What = Link{Label: v.l.T("mod.subject-circle"), Href: row.Circle.Href}
	default:
		row.What = Link{Label: v.l.T("mod.subject-person"), Href: row.Author.Href}
	}
	for _, x := range c.Complaints {
		line := ComplaintRow{Category: v.l.T("moderation.category." + string(x.Category)), Words: x.Text, At: at(x.At)}
		if x.Who != nil {
			line.Who = v.s.person(x.Who)
		}
		row.Complaints = append(row.Complaints, line)
	}
	return row
}

// decide closes a report: POST with report, do (dismiss, uphold, remove or ban), reason, severity unless it
// is dismissed or about a circle, and for a ban days and also.
func (s *Server) decide(where func(*visit) (desk, error)) func(*visit) error {
	return s.atDesk(where, "report", func(v *visit, d desk, id int64, f url.Values) error {
		flash, err := s.decision(v, id, f)
		if err == nil {
			return v.onward(d.path, flash)
		}
		var form Form
		field := "reason-" + f.Get("report")
		status, err := v.refused(&form, err, map[string]string{"reason": field, "note": field, "severity": field, "": field})
		if err != nil {
			return err
		}
		return v.showQueue(d, status, &form, f)
	})
}

// atDesk reads which case a form of a desk is about, whose number stands in the field, and hands it over.
func (s *Server) atDesk(where func(*visit) (desk, error), field string, do func(v *visit, d desk, id int64, f url.Values) error) func(*visit) error {
	return func(v *visit) error {
		if s.moderation == nil {
			return noPage
		}
		d, err := where(v)
		if err != nil {
			return err
		}
		f, err := v.form()
		if err != nil {
			return err
		}
		id, err := parseNumber(f.Get(field))
		if err != nil {
			return err
		}
		return do(v, d, id, f)
	}
}

func (s *Server) decision(v *visit, id int64, f url.Values) (flash string, err error) {
	ctx, reason, how := v.Request().Context(), f.Get("reason"), circles.Severity(f.Get("severity"))
	switch f.Get("do") {
	case "dismiss":
		return "flash.dismissed", s.moderation.Dismiss(ctx, v.who, id, reason)
	case "uphold":
		return "flash.upheld", s.moderation.Uphold(ctx, v.who, id, how, reason)
	case "remove":
		return "flash.removed", s.moderation.Remove(ctx, v.who, id, how, reason)
	case "ban":
		ban, err := v.newBan(f)
		if err != nil {
			return "", err
		}
		return "flash.banned", s.moderation.Ban(ctx, v.who, id, how, ban)
	}
	return "", circles.FieldErrorf(circles.Invalid, "reason", "Choose what is to happen with this report.").With("refused.decision", nil)
}

const day = 24 * time.Hour

// banDays are for how long somebody can be shut out.
func (v *visit) banDays(chosen string) []Option {
	out := []Option{{Value: "", Label: v.l.T("mod.for-good"), Selected: chosen == ""}}
	for _, n := range []int{1, 7, 30} {
		value := strconv.Itoa(n)
		out = append(out, Option{Value: value, Label: v.l.T("mod.for-days", "Count", n), Selected: value == chosen})
	}
	return out
}

// newBan reads how long and for what.
func (v *visit) newBan(f url.Values) (app.NewBan, error) {
	ban := app.NewBan{Reason: f.Get("reason"), Remove: checked(f, "also")}
	switch f.Get("days") {
	case "":
	case "1", "7", "30":
		n, _ := strconv.Atoi(f.Get("days"))
		ban.Until = v.s.options.Now().Add(time.Duration(n) * day).UnixMicro()
	default:
		return ban, circles.FieldErrorf(circles.Invalid, "days", "A ban is for one, seven, thirty days, or for good; choose one of them.").With("refused.ban-days", nil)
	}
	return ban, nil
}
