package web

import (
	"context"
	"net/http"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// What a link cannot do has a page that says what will happen, and a form with one button.

// A deed is one of these.
type deed struct {
	act    string // the last part of its address
	title  string // keys of the catalogue
	lead   string
	button string
	flash  string
	danger bool
	reason bool
	asks   app.Act
	do     func(a *app.App, ctx context.Context, who circles.Viewer, id circles.PostID, reason string) error
}

var (
	deletion = deed{"delete", "confirm.delete-post", "confirm.delete-lead", "post.delete", "flash.deleted", true, false, app.ActDelete,
		func(a *app.App, ctx context.Context, who circles.Viewer, id circles.PostID, _ string) error {
			return a.Delete(ctx, who, id)
		}}
	restoration = deed{"restore", "confirm.restore", "confirm.restore-lead", "post.restore", "flash.restored", false, false, app.ActRestore,
		func(a *app.App, ctx context.Context, who circles.Viewer, id circles.PostID, _ string) error {
			return a.Restore(ctx, who, id)
		}}
	removal = deed{"remove", "confirm.remove", "confirm.remove-lead", "post.remove", "flash.removed", true, true, app.ActRemove,
		func(a *app.App, ctx context.Context, who circles.Viewer, id circles.PostID, reason string) error {
			return a.Remove(ctx, who, id, reason)
		}}
	returning = deed{"return", "confirm.return", "confirm.return-lead", "post.return", "flash.returned", false, false, app.ActReturn,
		func(a *app.App, ctx context.Context, who circles.Viewer, id circles.PostID, _ string) error {
			return a.Return(ctx, who, id)
		}}
)

func (s *Server) confirmDelete(v *visit) error { return v.confirm(deletion, http.StatusOK, nil, "") }
func (s *Server) confirmRestore(v *visit) error {
	return v.confirm(restoration, http.StatusOK, nil, "")
}
func (s *Server) confirmRemove(v *visit) error { return v.confirm(removal, http.StatusOK, nil, "") }
func (s *Server) confirmReturn(v *visit) error { return v.confirm(returning, http.StatusOK, nil, "") }

func (s *Server) delete(v *visit) error     { return v.perform(deletion) }
func (s *Server) restore(v *visit) error    { return v.perform(restoration) }
func (s *Server) remove(v *visit) error     { return v.perform(removal) }
func (s *Server) returnPost(v *visit) error { return v.perform(returning) }

// confirm shows the page before it. why is a reason that was refused, with form.
func (v *visit) confirm(d deed, status int, form *Form, why string) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	p, err := v.s.app.Source(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	if form == nil { // before somebody confirms what will be refused, in the same words
		if err := v.s.app.MayAct(v.Request().Context(), v.who, id, d.asks); err != nil {
			return err
		}
	}
	title := d.title
	if title == "confirm.delete-post" && p.Post.Kind == circles.IsComment {
		title = "confirm.delete-comment"
	}
	view := ConfirmView{
		Page: v.page(v.l.T(title)), Action: "/post/" + id.String() + "/" + d.act, Lead: v.l.T(d.lead), Button: v.l.T(d.button),
		Danger: d.danger, Back: Link{Href: placeOf(p.Post.Root, id)}, Reason: d.reason, Why: why, Subject: p.Post.Title,
	}
	if view.Subject == "" {
		view.Subject = text.ExcerptHTML(p.Post.BodyHTML, blurbLen)
	}
	if form != nil {
		view.Form = *form
	}
	return v.show(status, "confirm", view)
}

// perform does it.
func (v *visit) perform(d deed) error {
	ctx := v.Request().Context()
	id, err := v.postID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := d.do(v.s.app, ctx, v.who, id, f.Get("reason")); err != nil {
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.confirm(d, status, &form, f.Get("reason"))
	}
	root, err := v.s.app.Root(ctx, v.who, id)
	if err != nil {
		return v.onward("/", d.flash)
	}
	place := "/post/" + id.String()
	if root != id {
		place = "/post/" + root.String() + "#c" + id.String()
	}
	return v.onward(place, d.flash)
}

// lock and unlock close and open a thread: POST /post/{id}/lock.
func (s *Server) lock(v *visit) error   { return v.setLocked(s.app.Lock, "flash.locked") }
func (s *Server) unlock(v *visit) error { return v.setLocked(s.app.Unlock, "flash.unlocked") }

// pin and unpin put a post first in its circle, or back among the others: POST /post/{id}/pin.
func (s *Server) pin(v *visit) error   { return v.setLocked(s.app.Pin, "flash.pinned") }
func (s *Server) unpin(v *visit) error { return v.setLocked(s.app.Unpin, "flash.unpinned") }

func (v *visit) setLocked(do func(context.Context, circles.Viewer, circles.PostID) error, flash string) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	if err := do(v.Request().Context(), v.who, id); err != nil {
		return err
	}
	return v.onward("/post/"+id.String(), flash)
}
