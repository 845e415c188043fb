package web

import (
	"net/http"

	"halqa/circles"
	"halqa/internal/moderation"
)

// personToSuspend and circleToSuspend read whom /u/{name}/suspend and /c/{name}/suspend are about. To who
// does not moderate the instance there are no such pages.
func (v *visit) personToSuspend() (*circles.Actor, error) {
	if !v.who.Moderates() || v.s.moderation == nil {
		return nil, noPage
	}
	return v.readPerson()
}

func (v *visit) circleToSuspend() (*circles.Actor, error) {
	if !v.who.Moderates() || v.s.moderation == nil {
		return nil, noPage
	}
	name, host, err := v.handle()
	if err != nil {
		return nil, err
	}
	c, err := v.s.moderation.ToSuspend(v.Request().Context(), v.who, name, host)
	if err != nil {
		return nil, err
	}
	return &c.Actor, nil
}

// suspendForm says what will happen, and asks why.
func (s *Server) suspendForm(whom func(*visit) (*circles.Actor, error)) func(*visit) error {
	return func(v *visit) error {
		a, err := whom(v)
		if err != nil {
			return err
		}
		return v.showSuspend(a, http.StatusOK, nil, "")
	}
}

func (v *visit) showSuspend(a *circles.Actor, status int, form *Form, why string) error {
	name, lead, lift := v.s.person(a).Label(), v.l.T("admin.suspend-lead"), v.l.T("admin.unsuspend-lead")
	back := a.Path()
	if a.Kind == circles.KindCircle {
		name, lead, lift = "!"+v.s.handleOf(a), v.l.T("admin.suspend-circle-lead"), v.l.T("admin.unsuspend-circle-lead")
		if a.SuspendedAt != 0 {
			back = "/mod/suspended"
		}
	}
	view := ConfirmView{Page: v.page(v.l.T("admin.suspend-title", "Name", name)), Action: a.Path() + "/suspend", Lead: lead,
		Button: v.l.T("admin.suspend"), Danger: true, Reason: true, Why: why, Back: Link{Href: back}}
	if a.SuspendedAt != 0 {
		view.Title, view.Lead, view.Button = v.l.T("admin.unsuspend-title", "Name", name), lift, v.l.T("admin.unsuspend")
		view.Danger, view.Reason = false, false
	}
	if form != nil {
		view.Form = *form
	}
	return v.show(status, "confirm", view)
}

// suspend takes them out of use, or back into it: POST with reason.
func (s *Server) suspend(whom func(*visit) (*circles.Actor, error)) func(*visit) error {
	return func(v *visit) error {
		ctx := v.Request().Context()
		a, err := whom(v)
		if err != nil {
			return err
		}
		f, err := v.form()
		if err != nil {
			return err
		}
		flash, next := "flash.suspended", a.Path()
		if a.SuspendedAt != 0 {
			flash, err = "flash.unsuspended", s.moderation.Unsuspend(ctx, v.who, a.ID)
		} else {
			if a.Kind == circles.KindCircle {
				next = "/mod/suspended" // its own page is gone
			}
			err = s.moderation.Suspend(ctx, v.who, a.ID, f.Get("reason"))
		}
		if err == nil {
			return v.onward(next, flash)
		}
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.showSuspend(a, status, &form, f.Get("reason"))
	}
}

// suspensions is /mod/suspended: who and what is out of use, for those who moderate the instance.
func (s *Server) suspensions(v *visit) error {
	if s.moderation == nil || !v.who.Moderates() {
		return noPage
	}
	all, next, err := s.moderation.Suspensions(v.Request().Context(), v.who, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := SuspensionsView{Page: v.page(v.l.T("suspended.title")), Tabs: v.deskTabs(0, "/mod/site", "suspended")}
	view.NoIndex = true
	for _, x := range all {
		row := SuspensionRow{Handle: "@" + s.handleOf(x.Actor), At: at(x.At), Reason: x.Reason, Lift: x.Actor.Path() + "/suspend"}
		if x.Actor.Kind == circles.KindCircle {
			ref := s.circleRef(&circles.Circle{Actor: *x.Actor})
			row.Circle, row.Handle = &ref, "!"+s.handleOf(x.Actor)
		} else {
			row.Person = s.person(x.Actor)
		}
		view.Rows = append(view.Rows, row)
	}
	if next != "" {
		view.More = address("/mod/suspended", "after", next)
	}
	return v.show(http.StatusOK, "suspended", view)
}

// policies is /about/peers: the servers that this one does not exchange everything with, for everyone.
func (s *Server) policies(v *visit) error {
	if s.moderation == nil {
		return noPage
	}
	peers, next, err := s.moderation.Policies(v.Request().Context(), v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := PoliciesView{Page: v.page(v.l.T("policies.title"))}
	for _, p := range peers {
		row := PolicyRow{Host: p.Host, Level: v.l.T("policies.limited"), Reason: p.Reason, Since: at(p.DecidedAt)}
		if p.Policy == moderation.Blocked {
			row.Level, row.Blocked = v.l.T("policies.blocked"), true
		}
		view.Peers = append(view.Peers, row)
	}
	if next != "" {
		view.More = address("/about/peers", "after", next)
	}
	return v.show(http.StatusOK, "policies", view)
}
