package web

import (
	"net/http"
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// bans is /c/{name}/bans, with ?person= of somebody to shut out.
func (s *Server) bans(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	return v.showBans(page.Circle, http.StatusOK, nil, url.Values{"person": {v.QueryParam("person")}})
}

func (v *visit) showBans(c *circles.Circle, status int, form *Form, typed url.Values) error {
	all, next, err := v.s.app.Bans(v.Request().Context(), v.who, c.CircleID(), v.QueryParam("after"))
	if err != nil {
		return err
	}
	path := c.Path() + "/bans"
	view := BansView{Page: v.page(v.l.T("bans.title")), Circle: v.s.circleRef(c), Action: path, Tabs: v.deskTabs(c.CircleID(), c.Path()+"/mod", "bans"),
		Who: typed.Get("person"), Reason: typed.Get("reason"), Also: checked(typed, "also"), Days: v.banDays(typed.Get("days"))}
	view.NoIndex = true
	if form != nil {
		view.Form = *form
	}
	for _, b := range all {
		row := BanRow{ID: int64(b.Person), At: at(b.At), Until: at(b.Until), Reason: b.Reason}
		if b.Who != nil {
			row.Person, row.Handle = v.s.person(b.Who), "@"+v.s.handleOf(b.Who)
		}
		view.Bans = append(view.Bans, row)
	}
	if next != "" {
		view.More = address(path, "after", next)
	}
	return v.show(status, "bans", view)
}

// setBan shuts somebody out of the circle or lets them in again: POST /c/{name}/bans with person, reason,
// days and also; or with lift, the number of who was banned.
func (s *Server) setBan(v *visit) error {
	ctx := v.Request().Context()
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	c := page.Circle
	if f.Get("lift") != "" {
		id, err := parseNumber(f.Get("lift"))
		if err != nil {
			return err
		}
		if err := s.app.Unban(ctx, v.who, c.CircleID(), circles.PersonID(id)); err != nil {
			return err
		}
		return v.onward(c.Path()+"/bans", "flash.unbanned")
	}
	err = s.ban(v, c, f)
	if err == nil {
		return v.onward(c.Path()+"/bans", "flash.banned")
	}
	var form Form
	status, err := v.refused(&form, err, nil)
	if err != nil {
		return err
	}
	return v.showBans(c, status, &form, f)
}

func (s *Server) ban(v *visit, c *circles.Circle, f url.Values) error {
	ban, err := v.newBan(f)
	if err != nil {
		return err
	}
	p, err := v.personNamed(f.Get("person"))
	if err != nil {
		return err
	}
	ban.Circle, ban.Person = c.CircleID(), circles.PersonID(p.ID)
	return s.app.Ban(v.Request().Context(), v.who, ban)
}

// personNamed reads who is named in a form's field "person", as name, @name or @name@host.
func (v *visit) personNamed(raw string) (*circles.Actor, error) {
	raw = strings.TrimSpace(raw)
	if !strings.HasPrefix(raw, "@") {
		raw = "@" + raw
	}
	kind, name, host, err := text.ParseHandle(raw)
	if err != nil || kind != text.Person {
		return nil, circles.FieldErrorf(circles.Invalid, "person", "That is not a person's name; write it as @name or @name@host.").
			With("refused.person", nil)
	}
	if host == v.s.host {
		host = ""
	}
	p, err := v.s.app.Person(v.Request().Context(), v.who, name, host, app.PersonQuery{Tab: app.PersonCircles})
	if circles.Is(err, circles.NotFound) {
		return nil, circles.FieldErrorf(circles.Invalid, "person", "Nobody here has that name; check it, or add the server as in @name@example.org.").
			With("refused.nobody", nil)
	}
	if err != nil {
		return nil, err
	}
	return p.Person, nil
}
