package web

import (
	"net/http"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
)

// What was begun and not sent waits at /drafts: by the button of the form, by a script when the page is
// left, or because sending was refused.

const draftPath = "/drafts/:name"

// drafts is /drafts.
func (s *Server) drafts(v *visit) error {
	rows, err := s.app.Drafts(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	view := DraftsView{Page: v.page(v.l.T("drafts.title"))}
	view.NoIndex = true
	for _, r := range rows {
		row := DraftRow{Href: "/drafts/" + r.Name, Title: r.Title, Excerpt: r.Excerpt, Comment: r.Comment, Photos: r.Photos, At: at(r.SavedAt)}
		if r.Circle != nil {
			ref := s.circleRef(r.Circle)
			row.Circle = &ref
		}
		if r.Root != nil {
			row.On = Link{Label: r.Root.Title, Href: r.Root.Path()}
		}
		view.Rows = append(view.Rows, row)
	}
	return v.show(http.StatusOK, "drafts", view)
}

// openDraft is /drafts/{name}: the form as it was left. A comment's is where it is written.
func (s *Server) openDraft(v *visit) error {
	kept, err := s.app.Draft(v.Request().Context(), v.who, v.Param("name"))
	if err != nil {
		return err
	}
	if kept.Parent != 0 {
		root, err := s.app.Root(v.Request().Context(), v.who, kept.Parent)
		if err != nil {
			return v.lost(kept.Parent, kept.Body, http.StatusOK, err)
		}
		return v.Redirect(http.StatusSeeOther, replyPath(root, kept.Parent))
	}
	d, err := v.restore(kept)
	if err != nil {
		return err
	}
	var page *app.CirclePage
	var form Form
	if kept.In != nil {
		if page, err = s.app.Circle(v.Request().Context(), v.who, kept.In.Name, kept.In.Host); err != nil && !circles.Is(err, circles.NotFound) {
			return err
		}
		if page != nil && page.NoPost != nil {
			form.Refuse("in", v.l.Error(page.NoPost))
		}
	}
	return v.showCompose(page, d, http.StatusOK, form, false)
}

// restore makes a form of a draft.
func (v *visit) restore(kept *app.KeptDraft) (draft, error) {
	d := draft{name: kept.Name, title: kept.Title, body: kept.Body, link: kept.Link, language: kept.Language, warning: kept.Warning, sensitive: kept.Sensitive, poll: pollDraftOf(kept.Poll)}
	var ids []circles.MediaID
	alts := map[circles.MediaID]string{}
	for _, p := range kept.Photos {
		ids = append(ids, p.ID)
		alts[p.ID] = p.Alt
	}
	photos, err := v.s.app.LoosePhotos(v.Request().Context(), v.who, ids)
	for i := range photos {
		d.photos = append(d.photos, MediaSlot{Photo: photo(&photos[i]), Alt: alts[photos[i].ID]})
	}
	return d, err
}

// sendDraft takes the form of a draft: POST /drafts/{name}, with the circle in the field in.
func (s *Server) sendDraft(v *visit) error {
	f, _, err := v.readForm() // the circle is needed first
	if err != nil {
		return err
	}
	in := f.Get("in")
	if in == "" {
		return v.takePost(nil, circles.FieldErrorf(circles.Invalid, "in", "Choose the circle that the post is for.").With("refused.no-circle", nil))
	}
	name, host, err := v.handleIn(in)
	if err == nil {
		var page *app.CirclePage
		if page, err = s.app.Circle(v.Request().Context(), v.who, name, host); err == nil {
			return v.takePost(page, nil)
		}
	}
	if !circles.Is(err, circles.NotFound) {
		return err
	}
	return v.takePost(nil, circles.FieldErrorf(circles.NotFound, "in", "There is no such circle; choose another one.").With("refused.no-circle-there", nil))
}

// deleteDraft throws one away: POST /drafts/{name}/delete.
func (s *Server) deleteDraft(v *visit) error {
	if err := s.app.DropDraft(v.Request().Context(), v.who, v.Param("name")); err != nil {
		return err
	}
	return v.onward("/drafts", "flash.dropped")
}

// circleOptions are the circles that the reader may start a post in, with the one that is chosen.
func (v *visit) circleOptions(page *app.CirclePage, chosen string) ([]Option, error) {
	joined, err := v.s.app.JoinedCircles(v.Request().Context(), v.who)
	if err != nil {
		return nil, err
	}
	out := []Option{{Label: v.l.T("drafts.choose"), Selected: chosen == ""}}
	found := chosen == ""
	for _, r := range joined {
		name := nameOf(&r.Circle.Actor)
		if r.Circle.SuspendedAt == 0 && mayStart(r) || name == chosen {
			out = append(out, Option{Value: name, Label: v.s.circleRef(r.Circle).Label() + " (!" + v.s.handleOf(&r.Circle.Actor) + ")", Selected: name == chosen})
			found = found || name == chosen
		}
	}
	if !found && page != nil {
		out = append(out, Option{Value: chosen, Label: v.s.circleRef(page.Circle).Label() + " (!" + v.s.handleOf(&page.Circle.Actor) + ")", Selected: true})
	}
	return out, nil
}

// keepDraft keeps what was written of a post.
func (v *visit) keepDraft(page *app.CirclePage, d draft) error {
	in := app.Draft{Name: d.name, Title: d.title, Body: d.body, Link: d.link, Photos: d.refs(), Language: d.language, Sensitive: d.sensitive, Warning: d.warning, Poll: d.poll.ask()}
	if page != nil {
		in.Circle = page.Circle.CircleID()
	}
	return v.s.app.SaveDraft(v.Request().Context(), v.who, in)
}

// keepPost keeps it because the button says so.
func (v *visit) keepPost(page *app.CirclePage, d draft) error {
	if err := v.keepDraft(page, d); err != nil {
		var form Form
		return v.showCompose(page, d, v.refusedWriting(&form, err), form, false)
	}
	if len(d.problems) > 0 {
		return v.showCompose(page, d, http.StatusUnprocessableEntity, d.photoProblems(), true)
	}
	if d.empty() {
		return v.onward("/drafts", "flash.dropped")
	}
	return v.onward("/drafts/"+d.name, "flash.draft-kept")
}

func (d draft) empty() bool {
	return d.title == "" && strings.TrimSpace(d.body) == "" && strings.TrimSpace(d.link) == "" && len(d.photos) == 0 && d.poll.ask() == nil
}

// leaveDraft keeps it because a script saw the page being left. Nobody reads the answer.
func (v *visit) leaveDraft(page *app.CirclePage, d draft) error {
	if v.slow != nil {
		return v.slow
	}
	if err := v.keepDraft(page, d); err != nil {
		return err
	}
	return v.NoContent(http.StatusNoContent)
}

func (v *visit) dropPost(page *app.CirclePage, d draft) error {
	if err := v.s.app.DropDraft(v.Request().Context(), v.who, d.name); err != nil {
		return err
	}
	if page == nil {
		return v.onward("/drafts", "flash.dropped")
	}
	return v.onward(page.Circle.Path(), "flash.dropped")
}

// savedAnswer fills an answer's box with the draft that there is of it.
func (v *visit) savedAnswer(answer *AnswerForm) error {
	if v.member == nil || answer.Body != "" || len(answer.Errors) > 0 {
		return nil
	}
	kept, err := v.s.app.Draft(v.Request().Context(), v.who, app.ReplyDraft(answer.parent()))
	if err != nil {
		if circles.Is(err, circles.NotFound) {
			return nil
		}
		return err
	}
	answer.Body, answer.Saved = kept.Body, at(kept.SavedAt)
	return nil
}

// keepAnswer keeps what was written of a comment.
func (v *visit) keepAnswer(answer AnswerForm) error {
	return v.s.app.SaveDraft(v.Request().Context(), v.who, app.Draft{Name: app.ReplyDraft(answer.parent()), Parent: answer.parent(), Body: answer.Body})
}

// answering reports whether there is a draft of this answer, which may be newer than what a form brings.
func (v *visit) answering(answer AnswerForm) bool {
	_, err := v.s.app.Draft(v.Request().Context(), v.who, app.ReplyDraft(answer.parent()))
	return err == nil
}

// lost shows what was written where it can not be sent from any more, and why.
func (v *visit) lost(parent circles.PostID, body string, status int, reason error) error {
	view := LostView{Page: v.page(v.l.T("drafts.lost")), Why: v.l.Error(reason), Body: body, Drop: "/drafts/" + app.ReplyDraft(parent) + "/delete"}
	view.NoIndex = true
	return v.show(status, "lost", view)
}

func replyPath(root, parent circles.PostID) string {
	if root == parent {
		return "/post/" + root.String() + "/reply"
	}
	return "/post/" + root.String() + "/reply?to=" + parent.String()
}
