package web

import (
	"fmt"
	"mime"
	"net/http"
	"strings"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/media"
)

// settingsView begins a page of /settings/{section}.
func (v *visit) settingsView(section string) SettingsView {
	view := SettingsView{Page: v.page(v.l.T("shell.settings")), Section: section}
	view.NoIndex = true
	sections := []string{"profile", "password", "appearance", "sessions", "blocks", "followers", "messages", "tokens", "account"}
	if v.s.tips != nil {
		sections = append(sections, "tips")
	}
	for _, t := range sections {
		view.Tabs = append(view.Tabs, Tab{Label: v.l.T("settings." + t), Href: "/settings/" + t, Current: t == section})
	}
	return view
}

// me reads the member's own actor, with all of it.
func (v *visit) me() (*circles.Actor, error) {
	page, err := v.s.app.Person(v.Request().Context(), v.who, v.member.Actor.Name, "", app.PersonQuery{Tab: app.PersonCircles})
	if err != nil {
		return nil, err
	}
	return page.Person, nil
}

// profileForm is /settings/profile.
func (s *Server) profileForm(v *visit) error {
	me, err := v.me()
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "settings", v.profileView(me, app.Profile{DisplayName: me.DisplayName, Summary: me.Summary, Bot: me.Bot, Locked: me.Locked, Indexable: me.Indexable}))
}

func (v *visit) profileView(me *circles.Actor, p app.Profile) SettingsView {
	view := v.settingsView("profile")
	view.Display, view.Bio, view.Bot, view.Indexable, view.MaxBytes = p.DisplayName, p.Summary, p.Bot, p.Indexable, media.MaxFile
	view.Picture, view.Locked = v.s.person(me), p.Locked
	return view
}

// saveProfile saves how the member is shown, with a new picture if the form brings one.
func (s *Server) saveProfile(v *visit) error {
	me, err := v.me()
	if err != nil {
		return err
	}
	r := v.Request()
	r.Body = http.MaxBytesReader(v.Response(), r.Body, media.MaxFile+maxForm)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		err = r.ParseMultipartForm(formMemory)
	} else {
		err = r.ParseForm()
	}
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll()
	}
	if err != nil {
		return badForm(err)
	}
	f := r.PostForm
	p := app.Profile{DisplayName: f.Get("display"), Summary: f.Get("bio"), Icon: me.IconMedia, Bot: checked(f, "bot"),
		Locked: checked(f, "locked"), Indexable: checked(f, "indexable")}
	if checked(f, "no-picture") {
		p.Icon = ""
	}
	err = v.newPicture(&p)
	if err == nil {
		err = s.app.EditProfile(r.Context(), v.who, p)
	}
	if err == nil {
		return v.onward("/settings/profile", "flash.saved")
	}
	view := v.profileView(me, p)
	status, err := v.refused(&view.Form, err, map[string]string{"display_name": "display", "summary": "bio", "icon": "picture"})
	if err != nil {
		return err
	}
	return v.show(status, "settings", view)
}

// newPicture takes in the file of the form, if there is one.
func (v *visit) newPicture(p *app.Profile) error {
	m := v.Request().MultipartForm
	if m == nil || len(m.File["picture"]) == 0 {
		return nil
	}
	made, err := v.upload(m.File["picture"][0], media.Icon)
	if err != nil {
		return onField(err, "picture")
	}
	p.Icon = made.ID
	return nil
}

// passwordForm is /settings/password.
func (s *Server) passwordForm(v *visit) error {
	return v.show(http.StatusOK, "settings", v.settingsView("password"))
}

// changePassword changes it and ends the member's other sessions.
func (s *Server) changePassword(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.accounts.ChangePassword(v.Request().Context(), v.who, f.Get("old"), f.Get("new"), v.token(), v.client()); err != nil {
		view := v.settingsView("password")
		status, err := v.refused(&view.Form, err, nil)
		if err != nil {
			return err
		}
		return v.show(status, "settings", view)
	}
	return v.onward("/settings/password", "flash.password")
}

// appearanceForm is /settings/appearance.
func (s *Server) appearanceForm(v *visit) error {
	return v.show(http.StatusOK, "settings", v.appearanceView(v.member.Settings))
}

func (v *visit) appearanceView(set accounts.Settings) SettingsView {
	view := v.settingsView("appearance")
	for _, t := range []struct{ value, key string }{{"", "shell.theme-auto"}, {"light", "shell.theme-light"}, {"dark", "shell.theme-dark"}} {
		view.Themes = append(view.Themes, Option{Value: t.value, Label: v.l.T(t.key), Selected: t.value == set.Theme})
	}
	for _, d := range []struct{ value, key string }{{"", "settings.density-roomy"}, {"compact", "settings.density-compact"}} {
		view.Densities = append(view.Densities, Option{Value: d.value, Label: v.l.T(d.key), Selected: d.value == set.Density})
	}
	view.Locales = []Option{{Label: v.l.T("settings.language-auto"), Selected: set.Language == ""}}
	for _, l := range v.s.words.Languages() {
		view.Locales = append(view.Locales, Option{Value: l.Tag, Label: l.Name, Selected: l.Tag == set.Language})
	}
	view.Reveal, view.HideRead = set.Reveal, set.HideRead
	return view
}

// saveAppearance saves how the member wants their pages.
func (s *Server) saveAppearance(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	set := v.member.Settings
	set.Theme, set.Density, set.Language, set.Reveal = f.Get("theme"), f.Get("density"), f.Get("lang"), checked(f, "reveal")
	set.HideRead = checked(f, "hide-read")
	if err := s.accounts.SaveSettings(v.Request().Context(), v.who, set); err != nil {
		view := v.appearanceView(set)
		status, err := v.refused(&view.Form, err, map[string]string{"language": "lang"})
		if err != nil {
			return err
		}
		return v.show(status, "settings", view)
	}
	return v.onward("/settings/appearance", "flash.saved")
}

// sessionsPage is /settings/sessions.
func (s *Server) sessionsPage(v *visit) error {
	all, err := s.accounts.Sessions(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	view := v.settingsView("sessions")
	for _, x := range all {
		view.Sessions = append(view.Sessions, Session{ID: x.ID, What: v.browser(x.Agent), Since: at(x.CreatedAt), Seen: at(x.SeenAt),
			Current: x.ID == v.member.Session})
	}
	return v.show(http.StatusOK, "settings", view)
}

// endSession ends one of them.
func (s *Server) endSession(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.accounts.EndSession(v.Request().Context(), v.who, f.Get("session")); err != nil {
		return err
	}
	return v.onward("/settings/sessions", "flash.session-ended")
}

// browser says in words what a User-Agent says in its own. The order matters: each newer browser
// claims to be all the older ones.
func (v *visit) browser(agent string) string {
	find := func(known [][2]string) string {
		for _, k := range known {
			if strings.Contains(agent, k[0]) {
				return k[1]
			}
		}
		return ""
	}
	name := find([][2]string{{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"},
		{"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}})
	system := find([][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"}, {"Linux", "Linux"}})
	switch {
	case name != "" && system != "":
		return v.l.T("settings.browser-on", "Browser", name, "System", system)
	case name != "":
		return name
	}
	return v.l.T("settings.browser-unknown")
}

// onField says which field of a form an error concerns.
func onField(err error, field string) error {
	e := refusalOf(err)
	if e == nil {
		return err
	}
	named := *e
	named.Field = field
	return fmt.Errorf("%s: %w", field, &named)
}
