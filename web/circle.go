package web

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// staleAfter is from when on a page says that a circle's own server has been silent.
const staleAfter = 7 * 24 * time.Hour

// readCircle reads the circle that the address names, as this reader may see it.
func (v *visit) readCircle() (*app.CirclePage, error) {
	name, host, err := v.handle()
	if err != nil {
		return nil, err
	}
	return v.s.app.Circle(v.Request().Context(), v.who, name, host)
}

// circle is /c/{name}.
func (s *Server) circle(v *visit) error {
	ctx := v.Request().Context()
	name, host, err := v.handle()
	if err != nil {
		return err
	}
	page, err := s.app.Circle(ctx, v.who, name, host)
	if circles.Is(err, circles.NotFound) && host != "" && v.member != nil && s.options.Resolver != nil {
		return v.Redirect(http.StatusSeeOther, address("/circles", "q", "!"+name+"@"+host))
	}
	if circles.Is(err, circles.Gone) && v.member != nil {
		return v.suspendedCircle(name, host, err)
	}
	if err != nil {
		return err
	}
	c := page.Circle
	v.shows(c)
	if want := c.Path(); v.Request().URL.Path != want && !strings.EqualFold(v.Request().URL.Path, want) {
		return v.Redirect(http.StatusMovedPermanently, want)
	}
	view := CircleView{Page: v.page(c.Title()), Head: v.head(page), Closed: page.Closed}
	view.Section, view.NoIndex = "circles", !c.Local() || c.Visibility != circles.Public
	if view.Head.Mod != "" {
		counts, err := s.moderation.OpenReports(ctx, v.who, []circles.CircleID{c.CircleID()})
		if err != nil {
			return err
		}
		held, err := s.app.HeldCounts(ctx, []circles.CircleID{c.CircleID()})
		if err != nil {
			return err
		}
		view.Head.Reports = int(counts[c.CircleID()] + held[c.CircleID()])
	}
	if !page.Closed {
		l := v.listing(c.Path())
		feed, err := s.app.Feed(ctx, v.who, app.FeedQuery{Scope: app.InCircle, Circle: c.CircleID(), Sort: l.sort, Window: l.window, Unread: v.hidesRead(l),
			Cursor: v.QueryParam("after"), Limit: s.options.Rows})
		if err != nil {
			return err
		}
		view.Feed = v.feed(l, feed, true)
		v.aboutCircle(&view, page)
		if v.packetsWanted(c, page.Role) {
			view.Packets = c.Path() + "/packets"
		}
	}
	return v.show(http.StatusOK, "circle", view)
}

// aboutCircle fills the margin of a circle's page.
func (v *visit) aboutCircle(view *CircleView, page *app.CirclePage) {
	c := page.Circle
	view.Text, view.Topic, view.Language = clean(c.SummaryHTML), c.Topic, sayLanguage(c.Language)
	view.Rules, view.RulesText = rules(c)
	view.Posting, view.Members, view.Written, view.Founded = string(c.Posting), int(c.Members), int(c.Posts), at(c.Published)
	view.People = v.peoplePath(c, page)
	view.Page.About = text.ExcerptHTML(c.SummaryHTML, blurbLen)
	for _, m := range page.Moderators {
		p := v.s.person(m.Actor)
		p.Moderator = true
		view.Moderators = append(view.Moderators, p)
	}
	if c.Local() {
		view.Canonical = v.s.options.Origin + c.Path()
		if c.Visibility.Federated() {
			view.ActivityURL = v.s.options.Origin + c.URI
		}
		return
	}
	view.ActivityURL = c.URI
	if heard := at(max(c.FetchedAt, c.PostedAt)); !heard.IsZero() && v.s.options.Now().Sub(heard) > staleAfter {
		view.Stale = heard
	}
}

// head is what stands above everything of a circle.
func (v *visit) head(page *app.CirclePage) CircleHead {
	c := page.Circle
	h := CircleHead{
		Circle: v.s.circleRef(c), Handle: "!" + v.s.handleOf(&c.Actor), Remote: originOf(c.Local(), c.URL, c.URI),
		Visibility: string(c.Visibility), Sensitive: c.Sensitive, Role: string(page.Role),
		MayJoin: page.NoJoin == nil && page.Role == circles.NoRole, MayPost: page.NoPost == nil && !page.Closed,
		MayLeave: page.Role.Member() && (page.Role != circles.RoleOwner || !c.Local()),
	}
	if c.MovedTo != "" {
		h.Moved = c.MovedTo
		if strings.HasPrefix(h.Moved, "/") {
			h.Moved = v.s.options.Origin + h.Moved
		}
	}
	if !page.Closed {
		h.Search = address("/search", "in", nameOf(&c.Actor))
		if v.s.moderation != nil {
			h.Log = c.Path() + "/modlog"
		}
		if v.s.options.Gates != nil && c.Local() {
			h.Asks = c.Path() + "/why"
		}
	}
	if v.member == nil {
		h.Login = v.loginPath()
		if v.s.options.Subscribe != nil && !page.Closed && c.Visibility.Federated() {
			h.Elsewhere = c.Path() + "/elsewhere"
		}
		return h
	}
	h.Menu, h.Blocked, h.Muted = v.blockMenu(&c.Actor, page.Blocked, page.Muted), page.Blocked, page.Muted
	if v.who.Moderates() && v.s.moderation != nil {
		h.Menu = append(h.Menu, Action{Label: v.l.T("mod.suspend"), Href: c.Path() + "/suspend", Danger: true})
	}
	if !page.Closed {
		h.Menu = append([]Action{{Label: v.l.T("list.put-circle"), Href: c.Path() + "/lists"}}, h.Menu...)
	}
	if v.s.moderation != nil && page.MayMod && c.Local() {
		h.Mod = c.Path() + "/mod"
	}
	if page.NoPost != nil && !page.Closed {
		h.WhyNot = v.l.Error(page.NoPost)
	}
	if page.NoJoin != nil && page.Role == circles.NoRole {
		h.WhyNot = v.l.Error(page.NoJoin)
	}
	if x := page.Door; x != nil {
		key := "circle.door-refused"
		if page.Role == circles.RolePending {
			key = "circle.door-waits"
		}
		h.Door, h.DoorAt = v.l.T(key)+" "+x.Say(v.l.Tag()), x.Appeal
	}
	if page.MayEdit {
		h.Settings = c.Path() + "/settings"
	}
	return h
}

// join makes a member of who asks, or asks for it: POST /c/{name}/join.
func (s *Server) join(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	role, err := s.app.Join(v.Request().Context(), v.who, page.Circle.CircleID())
	if err != nil {
		return err
	}
	if role == circles.RolePending {
		return v.onward(page.Circle.Path(), "flash.asked")
	}
	return v.onward(page.Circle.Path(), "flash.joined")
}

// leave ends it: POST /c/{name}/leave.
func (s *Server) leave(v *visit) error {
	name, host, err := v.handle()
	if err != nil {
		return err
	}
	c, role, err := s.app.PlaceIn(v.Request().Context(), v.who, name, host)
	if circles.Is(err, circles.NotFound) { // they left in another window
		return v.Redirect(http.StatusSeeOther, localPath("/c/"+v.Param("name")))
	}
	if err != nil {
		return err
	}
	if err := s.app.Leave(v.Request().Context(), v.who, c.CircleID()); err != nil {
		return err
	}
	if c.SuspendedAt != 0 || c.Visibility == circles.MembersOnly && role == circles.RolePending {
		return v.onward("/circles", "flash.left")
	}
	return v.onward(c.Path(), "flash.left")
}

// suspendedCircle says that a circle is not in use; who belongs to it may leave it there.
func (v *visit) suspendedCircle(name, host string, gone error) error {
	c, _, err := v.s.app.PlaceIn(v.Request().Context(), v.who, name, host)
	if err != nil || c.SuspendedAt == 0 {
		return gone
	}
	view := ConfirmView{Page: v.page(errorTitle(v.l, http.StatusGone)), Action: c.Path() + "/leave", Lead: v.l.Error(gone), Button: v.l.T("circle.leave"), Back: Link{Href: "/"}}
	view.NoIndex = true
	return v.show(http.StatusGone, "confirm", view)
}

const maxRules = 30 // lines of a circle's rules that a page lists

var ruleMark = regexp.MustCompile(`^\s*(?:[-*+]|[0-9]{1,3}[.)])\s+`)

// rules are a circle's rules: one for each line of ours, and as it sent them of another server's.
func rules(c *circles.Circle) ([]Rule, string) {
	if c.Rules == "" {
		return nil, c.RulesHTML
	}
	var out []Rule
	for line := range strings.Lines(c.Rules) {
		if line = strings.TrimSpace(ruleMark.ReplaceAllString(line, "")); line != "" && len(out) < maxRules {
			out = append(out, Rule{Text: line})
		}
	}
	return out, ""
}

// numbered writes rules that were typed one a line as the list that other servers get.
func numbered(lines string) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(strings.ReplaceAll(lines, "\r\n", "\n")) {
		if line = strings.TrimSpace(ruleMark.ReplaceAllString(line, "")); line != "" {
			n++
			b.WriteString(strconv.Itoa(n) + ". " + line + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}

// plainRules is the opposite, for the form.
func plainRules(list string) string {
	var b strings.Builder
	for line := range strings.Lines(list) {
		b.WriteString(strings.TrimSpace(ruleMark.ReplaceAllString(line, "")) + "\n")
	}
	return strings.TrimSpace(b.String())
}
