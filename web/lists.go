package web

import (
	"net/http"
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// Lists of circles: a feed of its own for each, at its owner's address.

func listPath(owner, slug string) string { return "/u/" + owner + "/lists/" + url.PathEscape(slug) }
func listFormPath(slug string) string    { return "/lists/" + url.PathEscape(slug) }

// slug reads the last part of a list's address.
func (v *visit) slug() (string, error) {
	slug, err := url.PathUnescape(v.Param("slug"))
	if err != nil || len(slug) > 400 {
		return "", noPage
	}
	return slug, nil
}

// readList reads the list that the address names; without a name, one of the reader's own.
func (v *visit) readList() (*app.ListPage, error) {
	slug, err := v.slug()
	if err != nil {
		return nil, err
	}
	name := v.Param("name")
	if name == "" && v.member != nil {
		name = v.member.Actor.Name
	}
	return v.s.app.List(v.Request().Context(), v.who, strings.ToLower(name), slug)
}

// list is /u/{name}/lists/{slug}.
func (s *Server) list(v *visit) error {
	page, err := v.readList()
	if err != nil {
		return err
	}
	path := listPath(page.Owner.Name, page.List.Slug)
	l := v.listing(path)
	feed, err := s.app.Feed(v.Request().Context(), v.who, app.FeedQuery{Scope: app.InList, List: page.List.ID, Sort: l.sort, Window: l.window,
		Unread: v.hidesRead(l), Cursor: v.QueryParam("after"), Limit: s.options.Rows})
	if err != nil {
		return err
	}
	view := ListView{Page: v.page(page.List.Title), Feed: v.feed(l, feed, false), Heading: page.List.Title, About: page.List.About,
		Owner: s.person(page.Owner), Private: !page.List.Public, Circles: v.directoryRows(page.Rows)}
	view.Canonical, view.NoIndex = s.options.Origin+path, !page.List.Public || !page.Owner.Indexable
	view.Page.About = page.List.About
	if page.Own {
		view.Edit = listFormPath(page.List.Slug)
	}
	return v.show(http.StatusOK, "list", view)
}

// listRows makes rows of somebody's lists.
func listRows(owner string, all []app.ListRow) []ListRow {
	out := make([]ListRow, len(all))
	for i, l := range all {
		out[i] = ListRow{Link: Link{Label: l.Title, Href: listPath(owner, l.Slug)}, Slug: l.Slug, Private: !l.Public, Circles: l.Circles, Has: l.Has}
	}
	return out
}

// ownLists are the reader's lists; has may be a circle that they are to say whether they have it.
func (v *visit) ownLists(has circles.CircleID) ([]ListRow, error) {
	all, err := v.s.app.ListsOf(v.Request().Context(), v.who, v.who.Person, has)
	return listRows(v.member.Actor.Name, all), err
}

// lists is /lists.
func (s *Server) lists(v *visit) error { return v.showLists(ListsView{}, http.StatusOK) }

func (v *visit) showLists(view ListsView, status int) error {
	var err error
	view.Page, view.NoIndex = v.page(v.l.T("list.title")), true
	if view.Lists, err = v.ownLists(0); err != nil {
		return err
	}
	return v.show(status, "my-lists", view)
}

// createList makes one: POST /lists.
func (s *Server) createList(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	view := ListsView{Heading: f.Get("title"), About: f.Get("about"), Public: checked(f, "public")}
	made, err := s.app.CreateList(v.Request().Context(), v.who, app.List{Title: view.Heading, About: view.About, Public: view.Public})
	if err != nil {
		status, err := v.refused(&view.Form, err, nil)
		if err != nil {
			return err
		}
		return v.showLists(view, status)
	}
	return v.onward(listFormPath(made.Slug), "flash.list-made")
}

// listForm is /lists/{slug}.
func (s *Server) listForm(v *visit) error {
	page, err := v.readList()
	if err != nil {
		return err
	}
	return v.showListForm(page, ListFormView{Heading: page.List.Title, About: page.List.About, Public: page.List.Public}, http.StatusOK)
}

func (v *visit) showListForm(page *app.ListPage, view ListFormView, status int) error {
	view.Page, view.NoIndex = v.page(v.l.T("list.edit")), true
	view.Action = listFormPath(page.List.Slug)
	view.Back = Link{Label: page.List.Title, Href: listPath(page.Owner.Name, page.List.Slug)}
	view.Circles = v.directoryRows(page.Rows)
	return v.show(status, "list-form", view)
}

// changeList does what the button of the form says: POST /lists/{slug} with do save, add, drop or delete.
func (s *Server) changeList(v *visit) error {
	ctx := v.Request().Context()
	page, err := v.readList()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	slug, do := page.List.Slug, f.Get("do")
	view := ListFormView{Heading: page.List.Title, About: page.List.About, Public: page.List.Public}
	flash := "flash.saved"
	switch do {
	case "delete":
		if err := s.app.DeleteList(ctx, v.who, slug); err != nil {
			return err
		}
		return v.onward("/lists", "flash.list-deleted")
	case "add", "drop":
		flash = "flash.listed"
		if do == "drop" {
			flash = "flash.unlisted"
		} else {
			view.Add = strings.TrimSpace(f.Get("circle"))
		}
		var c *app.CirclePage
		if c, err = v.circleTyped(f.Get("circle")); err == nil {
			err = s.app.SetListed(ctx, v.who, slug, c.Circle.CircleID(), do == "add")
		}
	default:
		view.Heading, view.About, view.Public = f.Get("title"), f.Get("about"), checked(f, "public")
		err = s.app.EditList(ctx, v.who, slug, app.List{Title: view.Heading, About: view.About, Public: view.Public})
	}
	if err != nil {
		status, err := v.refused(&view.Form, err, nil)
		if err != nil {
			return err
		}
		return v.showListForm(page, view, status)
	}
	return v.onward(listFormPath(slug), flash)
}

// circleTyped finds a circle by what somebody typed: its name here, or !name@host.
func (v *visit) circleTyped(what string) (*app.CirclePage, error) {
	what = strings.TrimSpace(what)
	gone := circles.FieldErrorf(circles.NotFound, "circle", "No circle with that name is known here; look it up among the circles first.").With("refused.circle-unknown", nil)
	kind, name, host, err := text.ParseHandle(what)
	if err != nil || kind == text.Address {
		if name, host, err = v.handleIn(strings.TrimPrefix(what, "!")); err != nil {
			return nil, gone
		}
	}
	if host == v.s.host {
		host = ""
	}
	c, err := v.s.app.Circle(v.Request().Context(), v.who, name, host)
	if circles.Is(err, circles.NotFound) || err == nil && c.Closed {
		return nil, gone
	}
	return c, err
}

// circleLists is /c/{name}/lists: which of the reader's lists it is in.
func (s *Server) circleLists(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	return v.showCircleLists(page, CircleListsView{}, http.StatusOK)
}

func (v *visit) showCircleLists(page *app.CirclePage, view CircleListsView, status int) error {
	if page.Closed {
		return noPage
	}
	var err error
	view.Page, view.NoIndex, view.Circle = v.page(v.l.T("list.of-circle")), true, v.s.circleRef(page.Circle)
	if view.Lists, err = v.ownLists(page.Circle.CircleID()); err != nil {
		return err
	}
	return v.show(status, "circle-lists", view)
}

// setLists puts it into those that are checked, and into a new one if that has a name: POST /c/{name}/lists.
func (s *Server) setLists(v *visit) error {
	ctx := v.Request().Context()
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	id := page.Circle.CircleID()
	have, err := v.ownLists(id)
	if err != nil {
		return err
	}
	set := map[string]bool{}
	for _, l := range have {
		if now := checked(f, "list-"+l.Slug); now != l.Has {
			set[l.Slug] = now
		}
	}
	view := CircleListsView{Heading: strings.TrimSpace(f.Get("title"))}
	if view.Heading != "" {
		made, err := s.app.CreateList(ctx, v.who, app.List{Title: view.Heading})
		if err != nil {
			return v.refuseLists(page, view, err)
		}
		set[made.Slug] = true
	}
	if err := s.app.SetLists(ctx, v.who, id, set); err != nil {
		return v.refuseLists(page, view, err)
	}
	return v.onward(page.Circle.Path(), "flash.saved")
}

func (v *visit) refuseLists(page *app.CirclePage, view CircleListsView, reason error) error {
	status, err := v.refused(&view.Form, reason, nil)
	if err != nil {
		return err
	}
	return v.showCircleLists(page, view, status)
}
