package web

import (
	"net/http"
	"net/url"
	"strconv"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/moderation"
)

// admins lets in who runs the instance. To everybody else there is no such page.
func (s *Server) admins(h func(*visit) error) func(*visit) error {
	return s.members(func(v *visit) error {
		if v.who.Role != circles.SiteAdmin || s.moderation == nil {
			return noPage
		}
		return h(v)
	})
}

func (v *visit) adminView(section string) AdminView {
	view := AdminView{Page: v.page(v.l.T("admin.title")), Section: section}
	view.NoIndex = true
	for _, t := range []struct{ section, href, label string }{
		{"site", "/admin", v.l.T("admin.site")}, {"people", "/admin/people", v.l.T("admin.people")}, {"peers", "/admin/peers", v.l.T("admin.peers")},
		{"gates", "/admin/gates", v.l.T("gates.title")}, {"audit", "/admin/audit", v.l.T("audit.title")},
	} {
		view.Tabs = append(view.Tabs, Tab{Label: t.label, Href: t.href, Current: t.section == section})
	}
	if v.s.tips != nil {
		view.Tabs = append(view.Tabs, Tab{Label: v.l.T("wallets.title"), Href: "/admin/wallets", Current: section == "wallets"})
	}
	view.Tabs = append(view.Tabs, Tab{Label: v.l.T("mod.reports"), Href: "/mod/site"})
	return view
}

// adminSite is /admin: what the instance is called, and who may sign up.
func (s *Server) adminSite(v *visit) error {
	site, err := s.accounts.Site(v.Request().Context())
	if err != nil {
		return err
	}
	return v.showSite(http.StatusOK, nil, site)
}

func (v *visit) showSite(status int, form *Form, site accounts.Site) error {
	view := v.adminView("site")
	view.Name, view.Sentence, view.Registration = site.Name, site.Description, v.registrationOptions(site.Registration)
	if form != nil {
		view.Form = *form
	}
	return v.show(status, "admin", view)
}

// saveSite sets them: POST /admin.
func (s *Server) saveSite(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	site := accounts.Site{Name: f.Get("name"), Description: f.Get("description"), Registration: accounts.Registration(f.Get("registration"))}
	if err := s.accounts.SetSite(v.Request().Context(), v.who, site); err != nil {
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.showSite(status, &form, site)
	}
	s.forgetSite()
	return v.onward("/admin", "flash.saved")
}

// adminPeople is /admin/people, with ?after=.
func (s *Server) adminPeople(v *visit) error { return v.showPeople(http.StatusOK, nil) }

func (v *visit) showPeople(status int, form *Form) error {
	after, _ := strconv.ParseInt(v.QueryParam("after"), 10, 64)
	people, next, err := v.s.accounts.People(v.Request().Context(), v.who, circles.PersonID(after))
	if err != nil {
		return err
	}
	view := v.adminView("people")
	if form != nil {
		view.Form = *form
	}
	for _, p := range people {
		row := AccountRow{Name: p.Name, Since: at(p.CreatedAt), Seen: at(p.SeenAt), Suspended: p.Suspended,
			Person: PersonRef{Actor: v.s.options.Origin + "/u/" + p.Name, Name: p.Name, Display: p.Title, Href: "/u/" + p.Name}}
		for _, r := range []circles.SiteRole{circles.SiteMember, circles.SiteModerator, circles.SiteAdmin} {
			row.Roles = append(row.Roles, Option{Value: string(r), Label: v.l.T("admin.role-" + string(r)), Selected: r == p.Role})
		}
		view.People = append(view.People, row)
	}
	if next != 0 {
		view.More = address("/admin/people", "after", strconv.FormatInt(int64(next), 10))
	}
	return v.show(status, "admin", view)
}

// giveSiteRole gives an account a role: POST /admin/people with name and role.
func (s *Server) giveSiteRole(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.accounts.GiveRole(v.Request().Context(), v.who, f.Get("name"), circles.SiteRole(f.Get("role"))); err != nil {
		var form Form
		status, err := v.refused(&form, err, map[string]string{"role": ""})
		if err != nil {
			return err
		}
		return v.showPeople(status, &form)
	}
	return v.onward("/admin/people", "flash.saved")
}

// adminPeers is /admin/peers: how it goes with each server, with ?after=, and ?host= of one to decide about.
func (s *Server) adminPeers(v *visit) error {
	return v.showPeers(http.StatusOK, nil, url.Values{"host": {v.QueryParam("host")}, "policy": {v.QueryParam("policy")}})
}

func (v *visit) showPeers(status int, form *Form, typed url.Values) error {
	peers, next, err := v.s.moderation.Peers(v.Request().Context(), v.who, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := v.adminView("peers")
	view.Host, view.Reason = typed.Get("host"), typed.Get("reason")
	if form != nil {
		view.Form = *form
	}
	for _, p := range peers {
		view.Peers = append(view.Peers, v.peerRow(p))
		if p.Host == view.Host && form == nil {
			typed.Set("policy", string(p.Policy))
			view.Reason = p.Reason
		}
	}
	for _, p := range []struct {
		policy      moderation.Policy
		label, help string
	}{
		{moderation.Open, v.l.T("admin.policy-open"), v.l.T("admin.policy-open-help")},
		{moderation.Limited, v.l.T("admin.policy-limited"), v.l.T("admin.policy-limited-help")},
		{moderation.Blocked, v.l.T("admin.policy-blocked"), v.l.T("admin.policy-blocked-help")},
	} {
		view.Policies = append(view.Policies, PolicyOption{Value: string(p.policy), Label: p.label, Help: p.help, Selected: typed.Get("policy") == string(p.policy)})
	}
	if next != "" {
		view.More = address("/admin/peers", "after", next)
	}
	return v.show(status, "admin", view)
}

func (v *visit) peerRow(p moderation.Peer) PeerRow {
	row := PeerRow{Host: p.Host, Software: p.Software, Reason: p.Reason, Trusted: p.Trusted, Reached: at(p.ReachedAt), Heard: at(p.HeardAt), Failing: at(p.FailingSince),
		Status: p.LastStatus, Error: p.LastError, Change: address("/admin/peers", "host", p.Host, "after", v.QueryParam("after")) + "#policy"}
	if p.Version != "" {
		row.Software += " " + p.Version
	}
	switch p.Policy {
	case moderation.Limited:
		row.Policy = v.l.T("admin.policy-limited")
	case moderation.Blocked:
		row.Policy, row.Blocked = v.l.T("modlog.policy-blocked"), true
	}
	if p.FailingSince != 0 {
		row.Next = at(p.NextTryAt)
	}
	if q := p.Queue; q != nil {
		row.Queue = true
		row.Pending, row.Behind, row.Oldest, row.Window, row.Dropped, row.Dormant = q.Pending, q.Behind, at(q.OldestAt), q.Window, int(q.Dropped), q.Dormant
	}
	return row
}

// decidePeer says what is exchanged with a server: POST /admin/peers with host, policy and reason; with do =
// trust or distrust whether it is trusted.
func (s *Server) decidePeer(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	switch ctx, host, reason := v.Request().Context(), f.Get("host"), f.Get("reason"); f.Get("do") {
	case "trust", "distrust":
		err = s.moderation.TrustPeer(ctx, v.who, host, f.Get("do") == "trust", reason)
	default:
		err = s.moderation.SetPeer(ctx, v.who, host, moderation.Policy(f.Get("policy")), reason)
	}
	if err != nil {
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.showPeers(status, &form, f)
	}
	return v.onward("/admin/peers", "flash.saved")
}
