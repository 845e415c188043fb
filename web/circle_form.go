package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
)

// circleFields names the fields of the form where app calls them otherwise.
var circleFields = map[string]string{"description": "about"}

// newCircle is the form at /circles/new.
func (s *Server) newCircle(v *visit) error {
	return v.show(http.StatusOK, "circle_form", v.circleForm(url.Values{}, nil))
}

// createCircle founds what the form says.
func (s *Server) createCircle(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(f.Get("name"))), "!")
	in := app.NewCircle{
		Name: name, Title: f.Get("title"), Topic: f.Get("topic"), Language: f.Get("language"),
		Description: f.Get("about"), Rules: numbered(f.Get("rules")), Visibility: circles.Visibility(f.Get("visibility")),
		Posting: circles.Posting(f.Get("posting")), Sensitive: checked(f, "sensitive"),
		Hue: chosenHue(f.Get("hue"), s.options.Origin+"/c/"+name),
	}
	c, err := s.app.CreateCircle(v.Request().Context(), v.who, in)
	if err != nil {
		view := v.circleForm(f, nil)
		status, err := v.refused(&view.Form, err, circleFields)
		if err != nil {
			return err
		}
		return v.show(status, "circle_form", view)
	}
	return v.onward(c.Path(), "flash.founded")
}

// chosenHue reads a colour, a twelfth of the circle. Who chose none gets the one that the glyph has on
// every other server.
func chosenHue(value, actor string) int {
	n, err := strconv.Atoi(value)
	if err != nil {
		return glyphHue(actor)
	}
	return n
}

// circleForm fills the form from what was typed, or from a circle.
func (v *visit) circleForm(f url.Values, page *app.CirclePage) CircleFormView {
	view := CircleFormView{
		Page: v.page(v.l.T("circle-form.new")), Action: "/circles/new", New: true, LocalNotice: v.s.options.LocalOnly,
		Name: f.Get("name"), Heading: f.Get("title"), Text: f.Get("about"), Rules: f.Get("rules"), Topic: f.Get("topic"),
		Sensitive: checked(f, "sensitive"),
	}
	visibility, posting, language, hue := f.Get("visibility"), f.Get("posting"), f.Get("language"), f.Get("hue")
	if visibility == "" {
		visibility = string(circles.Public)
	}
	if posting == "" {
		posting = string(circles.PostingOpen)
	}
	offered := []circles.Visibility{circles.Public, circles.Unlisted, circles.LocalOnly, circles.MembersOnly}
	if page != nil {
		c := page.Circle
		view.Title, view.Action, view.New = v.l.T("circle-form.edit"), c.Path()+"/settings", false
		view.Circle, view.Tabs = v.s.circleRef(c), v.circleTabs(c, "settings")
		switch c.Visibility { // what was said to few is not opened, and what has left is not called back
		case circles.Public, circles.Unlisted:
			offered = offered[:2]
		case circles.LocalOnly:
			offered = offered[2:]
		case circles.MembersOnly:
			offered = offered[3:]
		}
	}
	for _, o := range offered {
		view.Visibility = append(view.Visibility, Option{Value: string(o), Label: v.sayVisibility(o), Selected: visibility == string(o)})
	}
	view.Posting = []Option{
		{Value: string(circles.PostingOpen), Label: v.l.T("circle-form.posting-open"), Selected: posting == string(circles.PostingOpen)},
		{Value: string(circles.PostingOperators), Label: v.l.T("circle-form.posting-operators-only"), Selected: posting == string(circles.PostingOperators)},
	}
	view.Languages = v.languageOptions(language)
	if view.New {
		view.Hues = []Hue{{Label: v.l.T("circle-form.hue-own"), Selected: hue == ""}}
	}
	for n := range hues {
		value := strconv.Itoa(n)
		view.Hues = append(view.Hues, Hue{Value: value, Label: strconv.Itoa(n + 1), Class: "hue" + value, Selected: hue == value})
	}
	return view
}

func (v *visit) sayVisibility(o circles.Visibility) string {
	switch o {
	case circles.Public:
		return v.l.T("circle-form.visibility-public")
	case circles.Unlisted:
		return v.l.T("circle-form.visibility-unlisted")
	case circles.LocalOnly:
		return v.l.T("circle-form.visibility-local-only")
	}
	return v.l.T("circle-form.visibility-members-only")
}

// editable reads a circle whose settings this member may change.
func (v *visit) editable() (*app.CirclePage, error) {
	page, err := v.readCircle()
	if err != nil {
		return nil, err
	}
	if !page.MayEdit {
		return nil, circles.Errorf(circles.Forbidden, "Only the operators of this circle can do that; ask one of them.").
			With("refused.not-an-operator", nil)
	}
	return page, nil
}

// circleSettings is the form at /c/{name}/settings, with who has a place in the circle.
func (s *Server) circleSettings(v *visit) error {
	page, err := v.editable()
	if err != nil {
		return err
	}
	view, err := v.settingsOf(page, circleValues(page.Circle))
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "circle_form", view)
}

// circleValues is a circle as its form has it.
func circleValues(c *circles.Circle) url.Values {
	f := url.Values{"title": {c.DisplayName}, "about": {c.Summary}, "rules": {plainRules(c.Rules)}, "topic": {c.Topic}, "language": {c.Language},
		"visibility": {string(c.Visibility)}, "posting": {string(c.Posting)}, "hue": {strconv.Itoa(c.Hue)}}
	if c.Sensitive {
		f.Set("sensitive", "1")
	}
	return f
}

func (v *visit) settingsOf(page *app.CirclePage, f url.Values) (CircleFormView, error) {
	view := v.circleForm(f, page)
	asking, err := v.s.app.Asking(v.Request().Context(), v.who, page.Circle.CircleID())
	if err != nil {
		return view, err
	}
	for _, a := range asking {
		view.Asking = append(view.Asking, v.s.person(a))
	}
	owner := page.Role == circles.RoleOwner || v.who.Role == circles.SiteAdmin
	if owner && page.Circle.Visibility.Federated() {
		view.Move = page.Circle.Path() + "/move"
	}
	for _, m := range page.Moderators {
		row := RoleRow{Person: v.s.person(m.Actor), Role: v.sayRole(m.Role)}
		if owner || !m.Role.Operates() {
			row.Roles = v.roleOptions(m.Role, owner)
		}
		view.Staff = append(view.Staff, row)
	}
	view.Roles = v.roleOptions(circles.RoleModerator, owner)
	return view, nil
}

func (v *visit) sayRole(r circles.Role) string { return v.l.T("roles." + string(r)) }

// roleOptions are the roles that somebody may give.
func (v *visit) roleOptions(chosen circles.Role, owner bool) []Option {
	offered := []circles.Role{circles.RoleModerator, circles.RoleMember}
	if owner {
		offered = []circles.Role{circles.RoleOwner, circles.RoleOperator, circles.RoleModerator, circles.RoleMember}
	}
	var out []Option
	for _, r := range offered {
		out = append(out, Option{Value: string(r), Label: v.sayRole(r), Selected: r == chosen})
	}
	return append(out, Option{Value: "none", Label: v.l.T("roles.none")})
}

// editCircle saves the form.
func (s *Server) editCircle(v *visit) error {
	page, err := v.editable()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	c := page.Circle
	hue, err := strconv.Atoi(f.Get("hue"))
	if err != nil {
		hue = c.Hue
	}
	_, err = s.app.EditCircle(v.Request().Context(), v.who, c.CircleID(), app.CircleEdit{
		Title: f.Get("title"), Topic: f.Get("topic"), Language: f.Get("language"), Description: f.Get("about"),
		Rules: numbered(f.Get("rules")), Visibility: circles.Visibility(f.Get("visibility")), Posting: circles.Posting(f.Get("posting")),
		Sensitive: checked(f, "sensitive"), Hue: hue, Icon: c.IconMedia,
	})
	if err == nil {
		return v.onward(c.Path()+"/settings", "flash.saved")
	}
	return v.refuseSettings(page, f, err)
}

func (v *visit) refuseSettings(page *app.CirclePage, f url.Values, cause error) error {
	view, err := v.settingsOf(page, f)
	if err != nil {
		return err
	}
	status, err := v.refused(&view.Form, cause, circleFields)
	if err != nil {
		return err
	}
	return v.show(status, "circle_form", view)
}

// setRole gives somebody a role, lets them in or puts them out: POST /c/{name}/roles with person and role.
func (s *Server) setRole(v *visit) error {
	page, err := v.editable()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	if err = s.giveRole(v, page.Circle.CircleID(), f.Get("person"), f.Get("role")); err != nil {
		values := circleValues(page.Circle)
		return v.refuseSettings(page, values, err)
	}
	return v.onward(page.Circle.Path()+"/settings#people", "flash.saved")
}

func (s *Server) giveRole(v *visit, c circles.CircleID, person, role string) error {
	ctx := v.Request().Context()
	p, err := v.personNamed(person)
	if err != nil {
		return err
	}
	want := circles.Role(role)
	switch want {
	case circles.RoleOwner, circles.RoleOperator, circles.RoleModerator, circles.RoleMember:
	case "none":
		want = circles.NoRole
	default:
		return circles.FieldErrorf(circles.Invalid, "role", "A role must be owner, operator, moderator, member or none.").
			With("refused.role", nil)
	}
	return s.app.SetRole(ctx, v.who, c, circles.PersonID(p.ID), want)
}
