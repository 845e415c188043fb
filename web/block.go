package web

import (
	"net/http"

	"halqa/circles"
	"halqa/internal/app"
)

// blocking are what a member does not want to meet, by the last part of the address that says so.
var blocking = map[string]struct {
	mute, on bool
	flash    string
}{
	"block": {false, true, "flash.blocked"}, "unblock": {false, false, "flash.unblocked"},
	"mute": {true, true, "flash.muted"}, "unmute": {true, false, "flash.unmuted"},
}

// blockPerson and blockCircle make the handlers of POST /u/{name}/block and its like.
func (s *Server) blockPerson(do string) func(*visit) error {
	return func(v *visit) error {
		p, err := v.readPerson()
		if err != nil {
			return err
		}
		return v.block(p, do)
	}
}

func (s *Server) blockCircle(do string) func(*visit) error {
	return func(v *visit) error {
		page, err := v.readCircle()
		if err != nil {
			return err
		}
		return v.block(&page.Circle.Actor, do)
	}
}

func (v *visit) block(a *circles.Actor, do string) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	b := blocking[do]
	set := v.s.app.SetBlock
	if b.mute {
		set = v.s.app.SetMute
	}
	if err := set(v.Request().Context(), v.who, a.ID, b.on); err != nil {
		return err
	}
	back := a.Path()
	if f.Get("back") != "" {
		back = localPath(f.Get("back"))
	}
	return v.onward(back, b.flash)
}

// blockMenu is how a member shuts out a person or a circle, and reports them.
func (v *visit) blockMenu(a *circles.Actor, blocked, muted bool) []Action {
	if v.member == nil {
		return nil
	}
	var m []Action
	path := a.Path()
	add := func(on bool, do, undo, doKey, undoKey string) {
		if on {
			m = append(m, Action{Label: v.l.T(undoKey), Href: path + "/" + undo, Post: true})
		} else {
			m = append(m, Action{Label: v.l.T(doKey), Href: path + "/" + do, Post: true})
		}
	}
	add(muted, "mute", "unmute", "block.mute", "block.unmute")
	add(blocked, "block", "unblock", "block.block", "block.unblock")
	if !a.Local() {
		m = append(m, Action{Label: v.l.T("block.host", "Host", a.Host), Href: address("/settings/blocks", "host", a.Host)})
	}
	return append(m, Action{Label: v.l.T("report.title"), Href: path + "/report", Danger: true})
}

// blocksForm is /settings/blocks: all that the member has shut out, with ?host= to shut out one more server.
func (s *Server) blocksForm(v *visit) error {
	view, err := v.blocksView(v.QueryParam("host"))
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "settings", view)
}

func (v *visit) blocksView(host string) (SettingsView, error) {
	view := v.settingsView("blocks")
	all, err := v.s.app.Blocks(v.Request().Context(), v.who)
	if err != nil {
		return view, err
	}
	_, tags, err := v.s.app.TagWishes(v.Request().Context(), v.who)
	if err != nil {
		return view, err
	}
	view.Host, view.Hosts = host, all.Hosts
	for _, t := range tags {
		view.BlockedTags = append(view.BlockedTags, Link{Label: "#" + t, Href: tagPath(t)})
	}
	view.Blocked, view.Muted = v.blockRows(all.Blocked, "unblock", v.l.T("block.unblock")), v.blockRows(all.Muted, "unmute", v.l.T("block.unmute"))
	return view, nil
}

func (v *visit) blockRows(all []*circles.Actor, undo, label string) []BlockRow {
	out := make([]BlockRow, 0, len(all))
	for _, a := range all {
		row := BlockRow{Undo: a.Path() + "/" + undo, Label: label}
		if a.Kind == circles.KindCircle {
			row.Circle = v.s.circleRef(&circles.Circle{Actor: *a})
		} else {
			row.Person = v.s.person(a)
		}
		out = append(out, row)
	}
	return out
}

// saveBlocks shuts out a server, or lets it in again: POST /settings/blocks with host, and do=unblock.
func (s *Server) saveBlocks(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	on, flash := f.Get("do") != "unblock", "flash.blocked"
	if !on {
		flash = "flash.unblocked"
	}
	err = s.app.SetHostBlock(v.Request().Context(), v.who, f.Get("host"), on)
	if err == nil {
		return v.onward("/settings/blocks", flash)
	}
	view, viewErr := v.blocksView(f.Get("host"))
	if viewErr != nil {
		return viewErr
	}
	status, err := v.refused(&view.Form, err, nil)
	if err != nil {
		return err
	}
	return v.show(status, "settings", view)
}

// followersForm is /settings/followers: who asks to follow a member that approves followers.
func (s *Server) followersForm(v *visit) error {
	me, err := v.me()
	if err != nil {
		return err
	}
	waiting, err := s.app.FollowRequests(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	view := v.settingsView("followers")
	view.Locked = me.Locked
	for _, a := range waiting {
		view.Waiting = append(view.Waiting, FollowerRow{ID: int64(a.ID), Person: s.person(a), Handle: "@" + s.handleOf(a)})
	}
	return v.show(http.StatusOK, "settings", view)
}

// answerFollower lets one of them follow or refuses them: POST /settings/followers with who and do.
func (s *Server) answerFollower(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id, err := parseNumber(f.Get("who"))
	if err != nil {
		return err
	}
	accept, flash := f.Get("do") == "accept", "flash.follower-refused"
	if accept {
		flash = "flash.follower-accepted"
	}
	if err := s.app.AnswerFollower(v.Request().Context(), v.who, circles.ActorID(id), accept); err != nil {
		return err
	}
	return v.onward("/settings/followers", flash)
}

// personMenu is what this reader can do about a person.
func (v *visit) personMenu(page *app.PersonPage) []Action {
	if page.Self || v.member == nil {
		return nil
	}
	p := page.Person
	m := v.blockMenu(p, page.Blocked, page.Muted)
	if v.who.Moderates() && v.s.moderation != nil {
		if p.SuspendedAt == 0 {
			m = append(m, Action{Label: v.l.T("mod.suspend"), Href: p.Path() + "/suspend", Danger: true})
		} else {
			m = append(m, Action{Label: v.l.T("admin.unsuspend"), Href: p.Path() + "/suspend"})
		}
	}
	return m
}
