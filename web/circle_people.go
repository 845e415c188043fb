package web

import (
	"net/http"

	"halqa/circles"
	"halqa/internal/app"
)

// circlePeople is /c/{name}/people, with ?after=: who belongs to a circle of ours.
func (s *Server) circlePeople(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	c := page.Circle
	people, err := s.app.CirclePeople(v.Request().Context(), v.who, c.CircleID(), v.QueryParam("after"), s.options.Rows)
	if err != nil {
		return err
	}
	path := c.Path() + "/people"
	view := CirclePeopleView{Page: v.page(v.l.T("people.title", "Circle", c.Title())), Circle: s.circleRef(c), Members: int(c.Members)}
	view.NoIndex, view.Section = true, "circles"
	for _, p := range people.People {
		row := CirclePersonRow{Person: s.person(p.Person), Handle: "@" + s.handleOf(p.Person), Role: v.sayRole(p.Role), Runs: p.Role.Moderates(), At: at(p.JoinedAt), Vouched: p.Vouched}
		row.Person.Moderator = row.Runs
		if p.Tier != nil {
			row.Tier = v.l.T("tier." + p.Tier.String())
		}
		if p.MayVouch {
			row.Vouch = address(c.Path()+"/vouch", "person", row.Handle)
		}
		view.People = append(view.People, row)
	}
	if people.Next != "" {
		view.More = address(path, "after", people.Next)
	}
	return v.show(http.StatusOK, "circle-people", view)
}

// peoplePath is where the viewer finds who belongs to a circle, "" if that is not for them.
func (v *visit) peoplePath(c *circles.Circle, page *app.CirclePage) string {
	if !c.Local() || !v.who.SignedIn() || !page.Role.Member() && !v.who.Moderates() {
		return ""
	}
	return c.Path() + "/people"
}
