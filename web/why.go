package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/feeds"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/standing"
)

// gatePlace is the circle that the address names, 0 and nil for the instance.
func (v *visit) gatePlace() (circles.CircleID, *circles.Circle, error) {
	if v.s.options.Gates == nil {
		return 0, nil, noPage
	}
	if v.Param("name") == "" {
		return 0, nil, nil
	}
	page, err := v.readCircle()
	if err != nil {
		return 0, nil, err
	}
	if page.Closed || !page.Circle.Local() {
		return 0, nil, noPage // circles elsewhere ask for themselves
	}
	return page.Circle.CircleID(), page.Circle, nil
}

// gatePaths are where the pages of a place's gates are.
func gatePaths(c *circles.Circle) (why, edit, log string) {
	if c == nil {
		return "/why", "/admin/gates", "/gates/log"
	}
	return c.Path() + "/why", c.Path() + "/gates", c.Path() + "/gates/log"
}

// why is /c/{name}/why and /why: what is asked before each action, in sentences for whoever reads it. A
// visitor reads what a new account is asked, and with ?of=@name@host what is missing for somebody elsewhere.
func (s *Server) why(v *visit) error {
	id, c, err := v.gatePlace()
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	place, err := s.options.Gates.Settings(ctx, v.who, id)
	if err != nil {
		return err
	}
	why, edit, log := gatePaths(c)
	view := WhyView{Page: v.page(v.l.T("why.title")), Visitor: v.member == nil, Pilot: place.Pilot, Storm: at(place.StormUntil), Log: log, Feed: log + ".atom"}
	view.NoIndex = true
	view.Page.Canonical, view.Action = s.options.Origin+why, why
	if c != nil {
		page, err := v.readCircle()
		if err != nil {
			return err
		}
		view.Circle = s.circleRef(c)
		for _, m := range page.Moderators {
			view.Staff = append(view.Staff, s.person(m.Actor))
		}
		if page.MayEdit {
			view.Edit = edit
		}
	} else if v.who.Role == circles.SiteAdmin {
		view.Edit = edit
	}
	if place.Next != nil {
		view.Next, view.NextAt = reputation.Diff(place.Settings, *place.Next, v.l.Tag()), at(place.NextAt)
	}
	if view.Rows, err = v.whyRows(&view, id, c); err != nil {
		return err
	}
	rules := place.Settings
	if c != nil { // some actions are the instance's to gate
		if place, err = s.options.Gates.Settings(ctx, v.who, 0); err != nil {
			return err
		}
	}
	for i, a := range view.actions {
		asks := rules
		if c != nil && !a.At(reputation.InCircle) {
			asks = place.Settings
		}
		view.Rows[i].Rules = asks.Lines(a, v.l.Tag())
	}
	return v.show(whyStatus(view.Form), "why", view)
}

// whyRows are the actions, of whom the page is about: ?of=, or who reads it.
func (v *visit) whyRows(view *WhyView, id circles.CircleID, c *circles.Circle) (rows []WhyRow, err error) {
	found, err := v.whyOf(view, id, c)
	if err != nil {
		return nil, err
	}
	var all []standing.Access
	if found != nil {
		all = found.Actions
	} else if all, err = v.s.options.Gates.Access(v.Request().Context(), v.who, id); err != nil {
		return nil, err
	}
	for i := range all {
		view.actions = append(view.actions, all[i].Action)
		if found != nil {
			rows = append(rows, v.ofRow(found, &all[i]))
		} else {
			rows = append(rows, v.whyRow(c, &all[i]))
		}
	}
	return rows, nil
}

func (v *visit) whyRow(c *circles.Circle, x *standing.Access) WhyRow {
	row := WhyRow{Action: v.l.T("action." + string(x.Action)), Outcome: string(x.Outcome), Label: v.l.T("why.outcome-" + string(x.Outcome))}
	if x.Blocked != "" {
		row.Text = v.l.T("refused." + x.Blocked)
	} else {
		row.Text = x.Say(v.l.Tag())
		if v.member != nil {
			row.Appeal = appealLink(x)
		}
	}
	if x.Blocked == string(standing.Banned) && c != nil {
		row.Appeal = banAppeal(c)
	}
	return row
}

// gateNotice is what a form says before anybody types; nil if it has nothing to say.
func (v *visit) gateNotice(x *standing.Access) *GateNotice {
	if x == nil || v.member == nil {
		return nil
	}
	text := x.Say(v.l.Tag())
	if text == "" {
		return nil
	}
	return &GateNotice{Text: text, Why: x.Why, Appeal: appealLink(x), Bad: x.Outcome == standing.Deny, Held: x.Outcome == standing.Hold}
}

// appealLink is where a reader objects to what stands in their way; "" if nothing does.
func appealLink(x *standing.Access) string {
	if x.Allowed {
		return ""
	}
	return x.Appeal
}

// gateNotices are those of some actions in a circle, of which the first is what the form is for: what is said of
// another, as of photos in a post, names it.
func (v *visit) gateNotices(c *circles.Circle, actions ...reputation.Action) ([]GateNotice, error) {
	if v.s.options.Gates == nil || !c.Local() {
		return nil, nil
	}
	all, err := v.s.options.Gates.Access(v.Request().Context(), v.who, c.CircleID())
	if err != nil {
		return nil, err
	}
	var notices []GateNotice
	for i := range all {
		if n := v.gateNotice(&all[i]); n != nil && all[i].Blocked == "" && slices.Contains(actions, all[i].Action) {
			if all[i].Action != actions[0] {
				n.About = v.l.T("action." + string(all[i].Action))
			}
			notices = append(notices, *n)
		}
	}
	return notices, nil
}

// tellsProgram reports whether a refusal by a gate is for a program, which is told in its own way.
func (v *visit) tellsProgram(err error) bool {
	var gate *standing.Access
	return errors.As(err, &gate) && wantsProblem(v.Request())
}

// gateLog is /c/{name}/gates/log and /gates/log: who changed what, when it holds, and why.
func (s *Server) gateLog(v *visit) error {
	id, c, err := v.gatePlace()
	if err != nil {
		return err
	}
	before, _ := strconv.ParseInt(v.QueryParam("before"), 10, 64)
	entries, next, err := s.options.Gates.Log(v.Request().Context(), v.who, id, max(before, 0))
	if err != nil {
		return err
	}
	why, _, log := gatePaths(c)
	view := GateLogView{Page: v.page(v.l.T("gatelog.title")), Feed: log + ".atom", Why: why}
	view.NoIndex = true
	if c != nil {
		view.Circle = s.circleRef(c)
	}
	for _, e := range entries {
		view.Entries = append(view.Entries, v.gateLogRow(e))
	}
	if next != 0 {
		view.More = address(log, "before", strconv.FormatInt(next, 10))
	}
	return v.show(http.StatusOK, "gatelog", view)
}

func (v *visit) gateLogRow(e standing.LogEntry) GateLogRow {
	row := GateLogRow{ID: strconv.FormatInt(e.ID, 10), At: at(e.At), What: v.sayChange(e), Reason: e.Reason}
	if e.By != nil {
		row.By = v.s.person(e.By)
	}
	if e.Effective > e.At {
		row.Effective = at(e.Effective)
	}
	for _, l := range e.Diff(v.l.Tag()) {
		row.Diff = append(row.Diff, DiffLine{Added: strings.HasPrefix(l, "+"), Text: strings.TrimSpace(l[1:])})
	}
	return row
}

func (v *visit) sayChange(e standing.LogEntry) string {
	s := v.l.T("gatelog.kind-" + strings.ReplaceAll(e.Kind, "_", "-"))
	if e.Preset != "" {
		s += ": " + v.l.T("preset."+e.Preset)
	}
	return s
}

// gateFeed is the same log as an Atom feed.
func (s *Server) gateFeed(v *visit) error {
	id, c, err := v.gatePlace()
	if err != nil {
		return err
	}
	entries, _, err := s.options.Gates.Log(v.Request().Context(), v.who, id, 0)
	if err != nil {
		return err
	}
	_, _, log := gatePaths(c)
	title := s.host
	if c != nil {
		title = "!" + c.Name + "@" + s.host
	}
	origin := s.options.Origin
	f := &feeds.Feed{Id: origin + log, Title: v.l.T("gatelog.title") + " · " + title, Link: &feeds.Link{Href: origin + log, Rel: "alternate"},
		Updated: time.UnixMicro(0).UTC()}
	for i, e := range entries {
		if i == 0 {
			f.Updated = at(e.At)
		}
		by := v.l.T("gatelog.by-rule")
		if e.By != nil {
			by = "@" + s.handleOf(e.By)
		}
		lines := append([]string{e.Reason}, e.Diff(v.l.Tag())...)
		if e.Reason == "" {
			lines = lines[1:]
		}
		where := origin + log + "#g" + strconv.FormatInt(e.ID, 10)
		f.Items = append(f.Items, &feeds.Item{Id: where, Title: v.sayChange(e), Link: &feeds.Link{Href: where}, Author: &feeds.Author{Name: by},
			Created: at(e.At), Updated: at(e.At), Description: strings.Join(lines, "\n")})
	}
	atom, err := f.ToAtom()
	if err != nil {
		return err
	}
	return v.Blob(http.StatusOK, "application/atom+xml; charset=utf-8", []byte(atom))
}

// wantsProblem reports whether a program asked, which is answered with the body that explains a refusal
// and not with a page.
func wantsProblem(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/problem+json") || strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// problem answers a refused act with what explains it.
func problem(w http.ResponseWriter, status int, x *standing.Access, say string) error {
	body := struct {
		Type   string           `json:"type"`
		Title  string           `json:"title"`
		Status int              `json:"status"`
		Detail string           `json:"detail"`
		Access *standing.Access `json:"access"`
	}{"about:blank", http.StatusText(status), status, say, x}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(body)
}
