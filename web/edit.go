package web

import (
	"net/http"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/media"
)

// ownSource reads a post or comment for its author to edit.
func (v *visit) ownSource() (*app.FullPost, error) {
	id, err := v.postID()
	if err != nil {
		return nil, err
	}
	p, err := v.s.app.Source(v.Request().Context(), v.who, id)
	if err != nil {
		return nil, err
	}
	if p.Post.Author != v.who.Person {
		return nil, circles.Errorf(circles.Forbidden, "Only its author can do that.").With("refused.not-the-author", nil)
	}
	return p, nil
}

// editForm is the form at /post/{id}/edit.
func (s *Server) editForm(v *visit) error {
	p, err := v.ownSource()
	if err != nil {
		return err
	}
	d := draft{title: p.Post.Title, body: p.Post.Body, link: p.Post.Link, language: p.Post.Language, warning: p.Post.Warning, sensitive: p.Post.Sensitive,
		poll: editedPollDraft(p.Poll)}
	for _, ph := range p.Photos {
		d.photos = append(d.photos, MediaSlot{Photo: s.photo(ph), Alt: ph.Alt})
	}
	return v.show(http.StatusOK, "edit", v.editView(p, d, Form{}))
}

func (v *visit) editView(p *app.FullPost, d draft, form Form) EditView {
	view := EditView{
		Page: v.page(v.l.T("edit.post")), Form: form, Action: "/post/" + p.Post.ID.String() + "/edit", Comment: p.Post.Kind == circles.IsComment,
		Headline: d.title, Link: d.link, Body: d.body, Languages: v.languageOptions(d.language), Sensitive: d.sensitive,
		Warning: d.warning, Slots: d.slots(), Base: strconv.FormatInt(p.Post.Rev, 10), MaxPhotos: circles.MaxPhotos, MaxBytes: media.MaxFile,
		Back: Link{Label: p.Post.Title, Href: placeOf(p.Post.Root, p.Post.ID)}, Poll: editedPoll(p.Poll, d.poll),
	}
	if view.Comment {
		view.Title, view.Back.Label = v.l.T("edit.comment"), v.l.T("edit.back")
	}
	return view
}

// edit saves it. What somebody else, or the author in another window, saved meanwhile is not overwritten:
// the form comes back with both revisions known, and is sent again by who has looked.
func (s *Server) edit(v *visit) error {
	p, err := v.ownSource()
	if err != nil {
		return v.lostEdit(err)
	}
	d, err := v.readDraft(p.Photos, v.slow == nil)
	if err != nil {
		return err
	}
	var form Form
	for _, problem := range d.problems {
		form.Refuse("photos", problem)
	}
	if len(form.Errors) > 0 {
		return v.show(http.StatusUnprocessableEntity, "edit", v.editView(p, d, form))
	}
	in := app.Edit{Title: d.title, Body: d.body, Link: d.link, Photos: d.refs(), Language: d.language, Sensitive: d.sensitive, Warning: d.warning}
	if p.Poll != nil && (p.Poll.Open || d.poll.ask() != nil) {
		in.Poll = &app.NewPoll{Options: strings.Split(d.poll.Options, "\n"), Multiple: d.poll.Several}
	}
	if base, err := strconv.ParseInt(v.Request().PostForm.Get("base"), 10, 64); err == nil {
		in.Base = &base
	}
	err = v.slow
	if err == nil {
		_, err = s.app.Edit(v.Request().Context(), v.who, p.Post.ID, in)
	}
	if err != nil {
		if v.tellsProgram(err) {
			return err
		}
		view := v.editView(p, d, form)
		status := v.refusedWriting(&view.Form, err)
		if base := v.Request().PostForm.Get("base"); v.resumed && base != "" {
			view.Base = base // what was changed since is a conflict still
		}
		return v.show(status, "edit", view)
	}
	place := "/post/" + p.Post.ID.String()
	if p.Post.Kind == circles.IsComment {
		place = placeOf(p.Post.Root, p.Post.ID)
	}
	return v.onward(place, "flash.edited")
}

// lostEdit gives back what was written about a post that can be edited no more, with the reason.
func (v *visit) lostEdit(reason error) error {
	f, _, err := v.readForm()
	if form := v.Request().MultipartForm; form != nil {
		defer form.RemoveAll()
	}
	if err != nil {
		return reason
	}
	return v.lostWords(f, reason)
}
