package web

import (
	"net/http"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// maxSought bounds what is typed into the search box, in bytes. A longer one is cut; the box says so by
// its maxlength.
const maxSought = 2048

// seek is /search, with ?q=, ?type=, ?in= and ?after=. An address leads to what it names if that is known
// here; the page of an unknown one offers a member to have it fetched.
func (s *Server) seek(v *visit) error {
	ctx := v.Request().Context()
	view := SearchView{Page: v.page(v.l.T("search.title")), Query: strings.TrimSpace(v.QueryParam("q")), In: v.QueryParam("in")}
	view.Query = view.Query[:min(len(view.Query), maxSought)]
	view.Section, view.NoIndex = "search", true
	what := app.SearchPosts
	for _, t := range app.SearchTypes() {
		if string(t) == v.QueryParam("type") {
			what = t
		}
	}
	for _, t := range app.SearchTypes() {
		view.Types = append(view.Types, Tab{Label: v.l.T("search." + string(t)), Current: t == what,
			Href: address("/search", "q", view.Query, "type", string(t), "in", view.In)})
	}
	view.Type = string(what)
	if view.Query == "" {
		return v.show(http.StatusOK, "search", view)
	}
	if address, err := v.sought(view.Query); address != "" || err != nil {
		if err != nil {
			return err
		}
		if address != "?" {
			return v.Redirect(http.StatusSeeOther, address)
		}
		view.Address, view.MayLook = true, v.member != nil && s.options.Resolver != nil
		return v.show(http.StatusOK, "search", view)
	}
	q := app.SearchQuery{Text: view.Query, Type: what, Cursor: v.QueryParam("after")}
	if view.In != "" && (what == app.SearchPosts || what == app.SearchComments) {
		c, err := v.circleNamed(view.In)
		if err != nil {
			return err
		}
		q.Circle, view.InCircle = c.CircleID(), v.s.circleRef(c)
		view.Everywhere = address("/search", "q", view.Query, "type", string(what))
	}
	page, err := s.app.Search(ctx, v.who, q)
	if err != nil {
		return err
	}
	here := address("/search", "q", view.Query, "type", string(what), "in", view.In, "after", v.QueryParam("after"))
	view.Wordless, view.Items, view.Circles = page.Wordless, v.items(page.Items, here), v.directoryRows(page.Circles)
	for _, p := range page.People {
		view.People = append(view.People, PersonRow{Person: s.person(p), Handle: "@" + s.handleOf(p)})
	}
	if page.Next != "" {
		view.More = address("/search", "q", view.Query, "type", string(what), "in", view.In, "after", page.Next)
	}
	return v.show(http.StatusOK, "search", view)
}

// sought reads what was typed as an address: "" if it is none, the page of what it names if that is known
// here, "?" if it is not.
func (v *visit) sought(what string) (string, error) {
	if strings.ContainsAny(what, " \t\n\u3000") {
		return "", nil
	}
	kind, name, host, err := text.ParseHandle(what)
	if err != nil || kind != text.Address && host == "" && !strings.HasPrefix(what, "!") && !strings.HasPrefix(what, "@") {
		return "", nil
	}
	path, err := v.s.known(v.Request().Context(), v.who, kind, name, host)
	switch {
	case err != nil || path != "":
		return path, err
	case host == "" || host == v.s.host:
		return "", nil // nobody of ours: perhaps it is a word
	}
	return "?", nil
}

// circleNamed reads a circle that a query names, as its address does.
func (v *visit) circleNamed(raw string) (*circles.Circle, error) {
	name, host, _ := strings.Cut(raw, "@")
	if host != "" {
		var err error
		if host, err = text.Host(host); err != nil {
			return nil, noPage
		}
	}
	if host == v.s.host {
		host = ""
	}
	if host == "" {
		name = strings.ToLower(name)
	}
	page, err := v.s.app.Circle(v.Request().Context(), v.who, name, host)
	if err != nil {
		return nil, err
	}
	return page.Circle, nil
}
