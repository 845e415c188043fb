package web

import (
	"net/http"
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// personPage is /u/{name}, with ?tab= and ?after=.
func (s *Server) personPage(v *visit) error {
	name, host, err := v.handle()
	if err != nil {
		return err
	}
	tab := app.PersonTab(oneOf(v.QueryParam("tab"), string(app.PersonComments), string(app.PersonCircles)))
	page, err := s.app.Person(v.Request().Context(), v.who, name, host, app.PersonQuery{Tab: tab, Cursor: v.QueryParam("after")})
	if circles.Is(err, circles.NotFound) && host != "" && v.member != nil && s.options.Resolver != nil {
		return v.Redirect(http.StatusSeeOther, address("/circles", "q", "@"+name+"@"+host))
	}
	if err != nil {
		return err
	}
	p := page.Person
	path := p.Path()
	view := PersonView{
		Page: v.page(s.person(p).Label()), Person: s.person(p), Handle: "@" + s.handleOf(p), Bot: p.Bot, Bio: clean(p.SummaryHTML),
		Joined: at(p.Published), Remote: originOf(p.Local(), p.URL, p.URI), Self: page.Self, Circles: v.directoryRows(page.Circles),
		Following: string(page.Following), MayFollow: v.member != nil && !page.Self && !page.Blocked && p.SuspendedAt == 0,
	}
	if p.Local() && p.SuspendedAt == 0 {
		lists, err := s.app.ListsOf(v.Request().Context(), v.who, circles.PersonID(p.ID), 0)
		if err != nil {
			return err
		}
		view.Lists = listRows(p.Name, lists)
	}
	view.Menu, view.Muted = v.personMenu(page), page.Muted
	if view.MayFollow {
		view.Write = lettersPath(p)
		if s.tips != nil {
			reaches, err := s.tips.Reaches(v.Request().Context(), v.who, nil, []*circles.Actor{p})
			if err != nil {
				return err
			}
			if reaches[p.ID] {
				view.Tip = p.Path() + "/tip"
			}
		}
	}
	if v.member != nil && s.tips != nil && !p.Local() && p.SuspendedAt == 0 && !page.Blocked {
		if view.Pay, err = v.payLinks(p); err != nil {
			return err
		}
	}
	if p.IconMedia != "" {
		view.Person.Avatar = "/media/" + string(p.IconMedia) + "/400.webp"
	}
	view.Page.About = text.ExcerptHTML(p.SummaryHTML, blurbLen)
	view.NoIndex = !p.Local() || !p.Indexable
	view.ActivityURL = s.actorID(p)
	if p.Local() {
		view.Canonical = s.options.Origin + path
	}
	switch {
	case p.SuspendedAt != 0:
		view.Notice = v.l.T("person.suspended")
	case p.MovedTo != "":
		view.Notice = v.l.T("person.moved", "Where", p.MovedTo)
	case page.Blocked:
		view.Notice = v.l.T("person.blocked")
	}
	for _, t := range []app.PersonTab{app.PersonPosts, app.PersonComments, app.PersonCircles} {
		q := string(t)
		if t == app.PersonPosts {
			q = ""
		}
		view.Tabs = append(view.Tabs, Tab{Label: v.l.T("person." + string(t)), Href: address(path, "tab", q), Current: q == string(tab)})
	}
	here := address(path, "tab", string(tab), "after", v.QueryParam("after"))
	for _, c := range page.Posts {
		view.Rows = append(view.Rows, v.row(c, here, false))
	}
	for _, said := range page.Sayings {
		view.Said = append(view.Said, v.saying(said))
	}
	v.countTips(view.Rows)
	v.countSaid(view.Said)
	if page.Next != "" {
		view.More = address(path, "tab", string(tab), "after", page.Next)
	}
	return v.show(http.StatusOK, "person-page", view)
}

// saying is a comment outside its thread.
func (v *visit) saying(x app.Saying) Saying {
	c := x.Comment
	out := Saying{ID: c.ID, In: v.s.circleRef(x.Circle), Href: placeOf(c.Root, c.ID), At: at(c.Published), Lang: c.Language,
		Body: clean(c.BodyHTML), Up: int(c.Ups), State: v.state(c), Warn: v.warning(c, x.Circle)}
	out.On = Link{Label: v.l.T("post.gone-title"), Href: "/post/" + c.Root.String()}
	if x.Root != nil {
		out.On.Label = x.Root.Title
	}
	return out
}

// follow and unfollow: POST /u/{name}/follow.
func (s *Server) follow(v *visit) error {
	p, err := v.readPerson()
	if err != nil {
		return err
	}
	state, err := s.app.Follow(v.Request().Context(), v.who, p.ID)
	if err != nil {
		return err
	}
	if state == circles.FollowPending {
		return v.onward(p.Path(), "flash.asked")
	}
	return v.onward(p.Path(), "flash.followed")
}

func (s *Server) unfollow(v *visit) error {
	p, err := v.readPerson()
	if err != nil {
		return err
	}
	if err := s.app.Unfollow(v.Request().Context(), v.who, p.ID); err != nil {
		return err
	}
	return v.onward(p.Path(), "flash.unfollowed")
}

func (v *visit) readPerson() (*circles.Actor, error) {
	name, host, err := v.handle()
	if err != nil {
		return nil, err
	}
	page, err := v.s.app.Person(v.Request().Context(), v.who, name, host, app.PersonQuery{Tab: app.PersonCircles})
	if err != nil {
		return nil, err
	}
	return page.Person, nil
}

// short leads from /@name and /~name, which people know from elsewhere, to the page.
func (s *Server) short(v *visit) error {
	name, host, err := v.handle()
	if err != nil {
		return err
	}
	path, err := s.known(v.Request().Context(), v.who, text.Person, name, host)
	if err != nil {
		return err
	}
	if path == "" {
		path = "/u/" + url.PathEscape(strings.ToLower(name))
		if host != "" {
			path += "@" + host
		}
	}
	return v.Redirect(http.StatusMovedPermanently, path)
}

// about is /about.
func (s *Server) about(v *visit) error {
	counts, err := s.app.Counts(v.Request().Context())
	if err != nil {
		return err
	}
	view := AboutView{Page: v.page(""), People: int(counts.People), Circles: int(counts.Circles), Posts: int(counts.Posts), Source: s.options.Source}
	view.Title = v.l.T("shell.about", "Site", view.Site.Name)
	view.Lede = view.Site.About
	return v.show(http.StatusOK, "about", view)
}
