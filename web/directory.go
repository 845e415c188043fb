package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

const searchPage = 100 // circles that a word finds

// directory is /circles.
func (s *Server) directory(v *visit) error {
	ctx := v.Request().Context()
	view := DirectoryView{Page: v.page(v.l.T("directory.title")), Query: strings.TrimSpace(v.QueryParam("q")),
		MayNew: v.member != nil, MayLook: v.member != nil && s.options.Resolver != nil}
	view.Section = "circles"
	local, topic := v.QueryParam("origin") == "local", v.QueryParam("topic")
	if view.Query != "" {
		return s.search(v, view)
	}
	page, err := s.app.Directory(ctx, v.who, app.DirectoryQuery{Topic: topic, Local: local, Cursor: v.QueryParam("after")})
	if err != nil {
		return err
	}
	origin := ""
	if local {
		origin = "local"
	}
	view.Origins = []Tab{
		{Label: v.l.T("directory.everywhere"), Href: address("/circles", "topic", topic), Current: !local},
		{Label: v.l.T("directory.here"), Href: address("/circles", "topic", topic, "origin", "local"), Current: local},
	}
	if len(page.Topics) > 0 {
		view.Topics = append(view.Topics, Tab{Label: v.l.T("directory.all"), Href: address("/circles", "origin", origin), Current: topic == ""})
		for _, t := range page.Topics {
			view.Topics = append(view.Topics, Tab{Label: t.Name, Href: address("/circles", "topic", t.Name, "origin", origin), Current: t.Name == topic})
		}
	}
	view.Rows = v.directoryRows(page.Rows)
	if page.Next != "" {
		view.More = address("/circles", "topic", topic, "origin", origin, "after", page.Next)
	}
	return v.show(http.StatusOK, "directory", view)
}

// search answers what was typed into the directory's box: an address leads to what it names if that is
// known here, a word to the circles that have it.
func (s *Server) search(v *visit, view DirectoryView) error {
	ctx := v.Request().Context()
	if kind, name, host, err := text.ParseHandle(view.Query); err == nil {
		path, err := s.known(ctx, v.who, kind, name, host)
		if err != nil {
			return err
		}
		if path != "" {
			return v.Redirect(http.StatusSeeOther, path)
		}
		view.Address = host != "" && host != s.host
		return v.show(http.StatusOK, "directory", view)
	}
	page, err := s.app.Search(ctx, v.who, app.SearchQuery{Text: asPrefix(view.Query), Type: app.SearchCircles, Limit: searchPage})
	if err != nil {
		return err
	}
	view.Rows = v.directoryRows(page.Circles)
	return v.show(http.StatusOK, "directory", view)
}

// asPrefix lets the last word of a query be the beginning of one, unless its writer said something else.
func asPrefix(query string) string {
	if last, _ := utf8.DecodeLastRuneInString(query); unicode.IsLetter(last) || unicode.IsDigit(last) {
		return query + "*"
	}
	return query
}

// known returns the page of who a handle names, "" if nobody here knows them.
func (s *Server) known(ctx context.Context, who circles.Viewer, kind text.Kind, name, host string) (string, error) {
	if kind == text.Address {
		return s.ownPath(name, host), nil
	}
	a, err := s.app.Known(ctx, who, kind, name, host)
	if err != nil || a == nil {
		return "", err
	}
	return a.Path(), nil
}

// ownPath is the path of an address of ours, "" of any other.
func (s *Server) ownPath(address, host string) string {
	if host != s.host {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return localPath(u.RequestURI())
}

// lookup asks another server for who or what a member named: POST /lookup with what.
func (s *Server) lookup(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	what := strings.TrimSpace(f.Get("what"))
	view := DirectoryView{Page: v.page(v.l.T("directory.title")), What: what, MayNew: true, MayLook: s.options.Resolver != nil}
	view.Section = "circles"
	path, err := s.find(v, what)
	if err == nil {
		return v.Redirect(http.StatusSeeOther, path)
	}
	if circles.Is(err, circles.NotFound) { // an answer to the form, not a missing page
		view.Form.Refuse("what", v.l.Error(err))
		return v.show(http.StatusUnprocessableEntity, "directory", view)
	}
	status, err := v.refused(&view.Form, err, nil)
	if err != nil {
		return err
	}
	for i := range view.Form.Errors {
		view.Form.Errors[i].Field = "what"
	}
	return v.show(status, "directory", view)
}

// find returns the page of what was named, fetching it if nobody here knows it.
func (s *Server) find(v *visit, what string) (string, error) {
	if kind, name, host, err := text.ParseHandle(what); err == nil && kind == text.Address {
		if path := s.ownPath(name, host); path != "" { // any page of ours, known or not
			return path, nil
		}
	}
	found, err := s.app.Find(v.Request().Context(), v.who, s.options.Resolver, what)
	if err != nil {
		return "", err
	}
	if found.Actor != nil {
		return found.Actor.Path(), nil
	}
	return placeOf(found.Root, found.Post), nil
}

// placeOf is where a post or comment is read: a comment in its thread.
func placeOf(root, id circles.PostID) string {
	if root == id {
		return "/post/" + id.String()
	}
	return "/post/" + root.String() + "?focus=" + id.String() + "#c" + id.String()
}
