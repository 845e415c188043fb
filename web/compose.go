package web

import (
	"net/http"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/media"
	"halqa/internal/text"
)

// A new post takes one step or two: words and files, then a description for each photo and a look at
// the whole. Between them the photos wait as uploads of their owner and everything else travels in the
// form, so nothing of an unfinished post is kept here but the files, for a day.

// compose is the form at /c/{name}/submit.
func (s *Server) compose(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	d := draft{language: page.Circle.Language, title: v.QueryParam("title"), link: v.QueryParam("link")}
	if d.language == "" {
		d.language = v.member.Settings.Language
	}
	return v.show(http.StatusOK, "compose", v.composeView(page, d, Form{}))
}

func (v *visit) composeView(page *app.CirclePage, d draft, form Form) ComposeView {
	return ComposeView{
		Page: v.page(v.l.T("compose.title")), Form: form, Head: v.head(page), Action: page.Circle.Path() + "/submit",
		Headline: d.title, Link: d.link, Body: d.body, Languages: v.languageOptions(d.language), Sensitive: d.sensitive,
		Warning: d.warning, Slots: d.slots(), MaxPhotos: circles.MaxPhotos, MaxBytes: media.MaxFile,
	}
}

// submit takes either step: POST /c/{name}/submit. The field step says which, do what to do with it.
func (s *Server) submit(v *visit) error {
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	if page.NoPost != nil { // before anything is uploaded for nothing
		return page.NoPost
	}
	d, err := v.readDraft(nil)
	if err != nil {
		return err
	}
	switch {
	case d.do == "drop":
		return v.onward(page.Circle.Path(), "flash.dropped")
	case d.do == "words":
		return v.show(http.StatusOK, "compose", v.composeView(page, d, Form{}))
	case len(d.problems) > 0:
		var form Form
		for _, p := range d.problems {
			form.Refuse("photos", p)
		}
		return v.show(http.StatusUnprocessableEntity, "compose", v.composeView(page, d, form))
	case d.do == "draft", d.step == "words" && d.undescribed():
		return v.lookBefore(page, d)
	}
	made, err := s.app.Post(v.Request().Context(), v.who, app.NewPost{
		Circle: page.Circle.CircleID(), Title: d.title, Body: d.body, Link: d.link, Photos: d.refs(), Language: d.language,
		Sensitive: d.sensitive, Warning: d.warning,
	})
	if err != nil {
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.show(status, "compose", v.composeView(page, d, form))
	}
	if made.State != circles.Visible {
		return v.onward(made.Path(), "flash.held")
	}
	return v.onward(made.Path(), "flash.posted")
}

// lookBefore is the second step. A post that would be refused for its words goes back to the first.
func (v *visit) lookBefore(page *app.CirclePage, d draft) error {
	if d.title == "" {
		var form Form
		form.Refuse("title", v.l.T("refused.no-title"))
		return v.show(http.StatusUnprocessableEntity, "compose", v.composeView(page, d, form))
	}
	view := DraftView{
		Page: v.page(v.l.T("draft.title")), Action: page.Circle.Path() + "/submit", Head: v.head(page), Slots: d.slots(),
		Headline: d.title, Link: d.link, Body: d.body, Language: d.language, Sensitive: d.sensitive, Warning: d.warning,
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
