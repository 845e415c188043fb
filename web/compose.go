package web

import (
	"net/http"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/app"
	"halqa/internal/media"
	"halqa/internal/text"
)

// A new post takes one step or two: words and files, then a description for each photo and a look at
// the whole. Between them the photos wait as uploads of their owner and everything else travels in the
// form. What is not sent can be kept as a draft (drafts.go), and what was refused always is.

// compose is the form at /c/{name}/submit.
func (s *Server) compose(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	if page.NoPost != nil { // before somebody writes for nothing
		return page.NoPost
	}
	d := draft{language: page.Circle.Language, title: v.QueryParam("title"), link: v.QueryParam("link")}
	if d.language == "" {
		d.language = v.member.Settings.Language
	}
	if d.name, err = app.NewDraftName(); err != nil {
		return err
	}
	return v.showCompose(page, d, http.StatusOK, Form{}, false)
}

// crosspost is /post/{id}/crosspost: the form with what another post says, for a circle that is yet to be chosen.
func (s *Server) crosspost(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	from, err := s.app.Crosspost(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	d := draft{title: from.Title, link: from.Link, body: from.Body, language: from.Language, sensitive: from.Sensitive, warning: from.Warning}
	if d.name, err = app.NewDraftName(); err != nil {
		return err
	}
	return v.showCompose(nil, d, http.StatusOK, Form{}, false)
}

// showCompose shows the first step. page is the circle that the post is for; nil = none is chosen, or it is
// closed to the reader, and then, as where they may not post, the form offers others. kept says that the
// draft was just kept for them.
func (v *visit) showCompose(page *app.CirclePage, d draft, status int, form Form, kept bool) error {
	view := ComposeView{
		Page: v.page(v.l.T("compose.title")), Form: form, Draft: d.name, Kept: kept,
		Headline: d.title, Link: d.link, Body: d.body, Languages: v.languageOptions(d.language), Sensitive: d.sensitive,
		Warning: d.warning, Slots: d.slots(), MaxPhotos: circles.MaxPhotos, MaxBytes: media.MaxFile, Poll: v.pollDraft(d.poll),
	}
	var err error
	if view.Action, view.Circles, err = v.sendTo(page, d); err != nil {
		return err
	}
	if view.Circles == nil {
		view.Head = v.head(page)
		if view.Gates, err = v.gateNotices(page.Circle, reputation.Post, reputation.PostMedia, reputation.PostLink); err != nil {
			return err
		}
	}
	return v.show(status, "compose", view)
}

// sendTo is where the forms of a post go: to its circle, or to the draft, with the circles to choose from.
func (v *visit) sendTo(page *app.CirclePage, d draft) (action string, choose []Option, err error) {
	if page != nil && page.NoPost == nil && v.Path() != draftPath {
		return page.Circle.Path() + "/submit", nil, nil
	}
	chosen := d.in
	if page != nil {
		chosen = nameOf(&page.Circle.Actor)
	}
	choose, err = v.circleOptions(page, chosen)
	return "/drafts/" + d.name, choose, err
}

// submit takes either step: POST /c/{name}/submit. The field step says which, do what to do with it.
func (s *Server) submit(v *visit) error {
	page, err := v.readCircle()
	if err != nil && !circles.Is(err, circles.NotFound) {
		return err
	}
	return v.takePost(page, err)
}

// takePost reads what was written and does what the form's button says. page is the circle it is for; nil =
// there is none, for the reason that no gives.
func (v *visit) takePost(page *app.CirclePage, no error) error {
	if page != nil && page.NoPost != nil {
		no = page.NoPost
	}
	if v.slow != nil {
		no = v.slow
	}
	d, err := v.readDraft(nil, v.slow == nil) // nothing is taken in for who is too fast
	if err != nil {
		return err
	}
	if v.Path() == draftPath {
		d.name = v.Param("name")
	}
	switch {
	case d.do == "leave":
		return v.leaveDraft(page, d)
	case d.do == "keep" && v.slow == nil:
		return v.keepPost(page, d)
	case d.do == "drop" && v.slow == nil:
		return v.dropPost(page, d)
	case no != nil:
		return v.refusePost(page, d, no)
	case d.do == "words":
		return v.showCompose(page, d, http.StatusOK, Form{}, false)
	case len(d.problems) > 0:
		return v.showCompose(page, d, http.StatusUnprocessableEntity, d.photoProblems(), v.keepDraft(page, d) == nil)
	case d.do == "draft", d.step == "words" && d.undescribed():
		return v.lookBefore(page, d)
	}
	made, err := v.s.app.Post(v.Request().Context(), v.who, app.NewPost{
		Circle: page.Circle.CircleID(), Title: d.title, Body: d.body, Link: d.link, Photos: d.refs(), Language: d.language,
		Sensitive: d.sensitive, Warning: d.warning, Draft: d.name, Poll: d.poll.ask(),
	})
	if err != nil {
		return v.refusePost(page, d, err)
	}
	if made.State != circles.Visible {
		return v.onward(made.Path()+"/held", "flash.held")
	}
	return v.onward(made.Path(), "flash.posted")
}

// refusePost shows what was written once more, with the reason why it was not taken, and keeps it.
func (v *visit) refusePost(page *app.CirclePage, d draft, reason error) error {
	if v.tellsProgram(reason) {
		return reason
	}
	var form Form
	status := v.refusedWriting(&form, reason)
	if v.resumed && page != nil && page.NoPost != nil { // they choose another circle
		form.Refuse("in", v.l.Error(page.NoPost))
	}
	kept := (v.slow == nil || v.resumed) && v.keepDraft(page, d) == nil
	return v.showCompose(page, d, status, form, kept)
}

// refusedWriting is refused for a form that is shown again whatever the reason was.
func (v *visit) refusedWriting(form *Form, reason error) int {
	if v.resumed {
		form.Notice = v.l.Error(reason)
		return http.StatusOK
	}
	status, err := v.refused(form, reason, nil)
	if err == nil {
		return status
	}
	form.Refuse("", v.l.Error(err))
	kind := circles.KindOf(err)
	if kind == circles.Internal || kind == circles.Busy {
		v.s.log.Error("request failed", "method", v.Request().Method, "path", v.Request().URL.Path, "err", err)
	}
	return kind.Status()
}

func (d draft) photoProblems() (form Form) {
	for _, p := range d.problems {
		form.Refuse("photos", p)
	}
	return form
}

// lookBefore is the second step. A post that would be refused for its words goes back to the first.
func (v *visit) lookBefore(page *app.CirclePage, d draft) error {
	if d.title == "" {
		var form Form
		form.Refuse("title", v.l.T("refused.no-title"))
		return v.showCompose(page, d, http.StatusUnprocessableEntity, form, false)
	}
	view := DraftView{
		Page: v.page(v.l.T("draft.title")), Head: v.head(page), Slots: d.slots(), Draft: d.name, In: nameOf(&page.Circle.Actor),
		Headline: d.title, Link: d.link, Body: d.body, Language: d.language, Sensitive: d.sensitive, Warning: d.warning, Poll: d.poll,
	}
	var err error
	if view.Action, _, err = v.sendTo(page, d); err != nil {
		return err
	}
	html := v.s.markdown.Render(d.body, nil).HTML
	view.PreviewBody = clean(html)
	view.Preview = PostRow{
		Href: "#preview", Title: d.title, Excerpt: text.ExcerptHTML(html, 280), Lang: d.language, Author: v.s.person(v.member.Actor),
		At: v.s.options.Now(), Photos: len(d.photos), Sensitive: d.sensitive || d.warning != "", Warning: d.warning,
	}
	if d.link != "" {
		view.Preview.LinkHref, view.Preview.LinkHost = d.link, linkHost(d.link)
	}
	if len(d.photos) > 0 {
		view.Preview.Thumb = &d.photos[0].Photo
	}
	return v.show(http.StatusOK, "draft", view)
}
