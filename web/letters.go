package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// unread counts a member's unread messages for the shell, as unseen does notifications.
func (s *Server) unread(c echo.Context, who circles.Viewer) int {
	if s.app == nil || c.Request().Method == http.MethodHead {
		return 0
	}
	n, err := s.app.UnreadMessages(c.Request().Context(), who)
	if err != nil {
		return 0
	}
	return int(n)
}

// lettersPath is where the reader and a person write to each other.
func lettersPath(a *circles.Actor) string { return "/messages" + strings.TrimPrefix(a.Path(), "/u") }

// conversations is /messages, with ?tab=requests and ?after=.
func (s *Server) conversations(v *visit) error {
	return v.conversations(http.StatusOK, Form{}, "")
}

func (v *visit) conversations(status int, form Form, to string) error {
	requests := v.QueryParam("tab") == "requests"
	page, err := v.s.app.Conversations(v.Request().Context(), v.who, requests, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := ConversationsView{Page: v.page(v.l.T("messages.title")), Form: form, Requests: requests, To: to}
	view.Section, view.NoIndex = "messages", true
	asked := v.l.T("messages.requests")
	if page.Requests > 0 {
		n := strconv.FormatInt(page.Requests, 10)
		if page.Requests > 99 {
			n = "99+"
		}
		asked += " (" + n + ")"
	}
	view.Tabs = []Tab{{Label: v.l.T("messages.open"), Href: "/messages", Current: !requests},
		{Label: asked, Href: "/messages?tab=requests", Current: requests}}
	for _, c := range page.Rows {
		row := ConversationRow{With: v.s.person(c.With), Href: lettersPath(c.With), At: at(c.At), Mine: c.Mine, Unread: int(c.Unread), Excerpt: c.Excerpt}
		if row.Excerpt == "" {
			row.Excerpt = v.l.T("messages.gone")
		}
		view.Rows = append(view.Rows, row)
	}
	if page.Next != "" {
		tab := ""
		if requests {
			tab = "requests"
		}
		view.More = address("/messages", "tab", tab, "after", page.Next)
	}
	return v.show(status, "conversations", view)
}

// findCorrespondent leads to somebody whom the member names: POST /messages.
func (s *Server) findCorrespondent(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	to := strings.TrimSpace(f.Get("to"))
	path, err := s.find(v, to)
	if rest, person := strings.CutPrefix(path, "/u/"); err == nil && person {
		return v.Redirect(http.StatusSeeOther, "/messages/"+rest)
	}
	if err == nil || circles.Is(err, circles.NotFound) {
		err = circles.FieldErrorf(circles.Invalid, "to", "There is no such person; write their name as @name or @name@server.").With("messages.nobody", nil)
	}
	var form Form
	status, err := v.refused(&form, err, map[string]string{"what": "to", "": "to"})
	if err != nil {
		return err
	}
	return v.conversations(status, form, to)
}

// letters is /messages/{name}, with ?before=.
func (s *Server) letters(v *visit) error { return v.letters(http.StatusOK, Form{}, "") }

func (v *visit) letters(status int, form Form, body string) error {
	ctx := v.Request().Context()
	name, host, err := v.handle()
	if err != nil {
		return err
	}
	page, err := v.s.app.Letters(ctx, v.who, name, host, v.QueryParam("before"))
	if err != nil {
		return err
	}
	if page.Refusal != nil && strings.TrimSpace(body) != "" { // the page has no form to put it in
		return v.lostWords(url.Values{"body": {body}}, page.Refusal)
	}
	other := circles.PersonID(page.With.ID)
	if page.Unread > 0 && status == http.StatusOK {
		if err := v.s.app.SeeMessages(ctx, v.who, other); err != nil {
			return err
		}
	}
	with := v.s.person(page.With)
	view := LettersView{Page: v.page(v.l.T("messages.with", "Name", with.Label())), Form: form, With: with, Path: lettersPath(page.With),
		Request: page.State == circles.CorrespondenceRequest, Declined: page.State == circles.CorrespondenceDeclined, Asking: page.Request, Body: body}
	view.Section, view.NoIndex = "messages", true
	if page.Refusal != nil {
		view.Closed = v.l.Error(page.Refusal)
	}
	if page.Before != "" {
		view.Earlier = address(view.Path, "before", page.Before)
	}
	for _, l := range page.Letters {
		view.Letters = append(view.Letters, Letter{ID: l.ID.String(), Mine: l.Mine, At: at(l.Published), Edited: l.EditedAt != 0, Gone: l.DeletedAt != 0,
			Shared: l.Shared && !l.Mine, Warn: l.Warning, Body: clean(l.BodyHTML), Text: l.Text, Failed: l.Failed})
	}
	return v.show(status, "letters", view)
}

// sendLetter writes to the person: POST /messages/{name}.
func (s *Server) sendLetter(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	p, err := v.readPerson()
	if err != nil {
		return v.lostWords(f, err)
	}
	err = v.slow
	if err == nil {
		var m *circles.Message
		m, err = s.app.SendMessage(v.Request().Context(), v.who, app.NewMessage{To: circles.PersonID(p.ID), Body: f.Get("body")})
		if err == nil {
			return v.onward(lettersPath(p)+"#m"+m.ID.String(), "")
		}
	}
	if v.tellsProgram(err) {
		return err
	}
	var form Form
	return v.letters(v.refusedWriting(&form, err), form, f.Get("body"))
}

// answerRequest makes the handlers of POST /messages/{name}/accept and decline.
func (s *Server) answerRequest(do func(*app.App, context.Context, circles.Viewer, circles.PersonID) error, flash string) func(*visit) error {
	return func(v *visit) error {
		p, err := v.readPerson()
		if err != nil {
			return err
		}
		if err := do(s.app, v.Request().Context(), v.who, circles.PersonID(p.ID)); err != nil {
			return err
		}
		if flash == "flash.declined-messages" {
			return v.onward("/messages?tab=requests", flash)
		}
		return v.onward(lettersPath(p), flash)
	}
}

// readLetter returns the message that the address names, to one of its two people.
func (v *visit) readLetter() (*app.Letter, *circles.Actor, error) {
	id, err := circles.ParsePostID(v.Param("id"))
	if err != nil {
		return nil, nil, noPage
	}
	return v.s.app.MessageOf(v.Request().Context(), v.who, circles.MessageID(id))
}

// letter leads from a message's address to its place: GET /message/{id}.
func (s *Server) letter(v *visit) error {
	l, other, err := v.readLetter()
	if err != nil {
		return noPage // whether there is one is between the two
	}
	return v.Redirect(http.StatusSeeOther, lettersPath(other)+"#m"+l.ID.String())
}

// confirmLetter and deleteLetter take back a message of one's own: /message/{id}/delete.
func (s *Server) confirmLetter(v *visit) error {
	l, other, err := v.readLetter()
	if err != nil {
		return err
	}
	if !l.Mine || l.DeletedAt != 0 {
		return noPage
	}
	view := ConfirmView{Page: v.page(v.l.T("messages.delete")), Action: "/message/" + l.ID.String() + "/delete", Lead: v.l.T("messages.delete-lead"),
		Button: v.l.T("post.delete"), Danger: true, Back: Link{Href: lettersPath(other)}, Subject: text.ExcerptHTML(l.BodyHTML, blurbLen)}
	view.NoIndex = true
	return v.show(http.StatusOK, "confirm", view)
}

func (s *Server) deleteLetter(v *visit) error {
	l, other, err := v.readLetter()
	if err != nil {
		return err
	}
	if err := s.app.DeleteMessage(v.Request().Context(), v.who, l.ID); err != nil {
		return err
	}
	return v.onward(lettersPath(other), "flash.message-deleted")
}

// aboutLetter is a message that the reader reports.
func (v *visit) aboutLetter() (complaint, error) {
	l, other, err := v.readLetter()
	if err != nil {
		return complaint{}, err
	}
	if l.Mine || l.DeletedAt != 0 {
		return complaint{}, noPage
	}
	return complaint{letter: l.ID, title: v.l.T("messages.report"), subject: text.ExcerptHTML(l.BodyHTML, blurbLen), back: lettersPath(other)}, nil
}

// messageForm is /settings/messages.
func (s *Server) messageForm(v *visit) error { return v.messageWishes(http.StatusOK, Form{}) }

func (v *visit) messageWishes(status int, form Form) error {
	wish, err := v.s.app.MessageWish(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	view := v.settingsView("messages")
	view.Form = form
	for _, w := range []circles.MessageWish{circles.MessagesFromEveryone, circles.MessagesFromFollowed, circles.MessagesFromNobody} {
		view.Wishes = append(view.Wishes, Option{Value: string(w), Label: v.l.T("messages.from-" + string(w)), Selected: w == wish})
	}
	return v.show(status, "settings", view)
}

// saveMessages saves who may write to the member.
func (s *Server) saveMessages(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := s.app.SetMessageWish(v.Request().Context(), v.who, f.Get("messages")); err != nil {
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.messageWishes(status, form)
	}
	return v.onward("/settings/messages", "flash.saved")
}

// letterQueue is /mod/messages: what was shown to the admins, and nothing else.
func (s *Server) letterQueue(v *visit) error {
	if s.moderation == nil {
		return noPage
	}
	cases, err := s.moderation.MessageReports(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	view := LetterQueueView{Page: v.page(v.l.T("messages.reported"))}
	view.NoIndex = true
	for _, c := range cases {
		row := LetterCase{ID: c.ID, At: at(c.At), Category: v.l.T("moderation.category." + string(c.Category)), Quoted: c.Quoted, Words: c.Words}
		if c.From != nil {
			row.From = s.person(c.From)
		}
		if c.Who != nil {
			row.Who = s.person(c.Who)
		}
		view.Cases = append(view.Cases, row)
	}
	return v.show(http.StatusOK, "letter-queue", view)
}

// decideLetter closes one of them: POST /mod/messages.
func (s *Server) decideLetter(v *visit) error {
	if s.moderation == nil {
		return noPage
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	id, err := parseNumber(f.Get("report"))
	if err != nil {
		return err
	}
	do := f.Get("do")
	if err := s.moderation.DecideMessage(v.Request().Context(), v.who, id, do == "uphold", do == "erase"); err != nil {
		return err
	}
	flash := "flash.dismissed"
	if do != "dismiss" {
		flash = "flash.upheld"
	}
	return v.onward("/mod/messages", flash)
}
