package web

import (
	"net/http"
	"strings"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/app"
)

// A comment that is new is shown in the whole thread while that fits on one page, else in its branch.
const (
	wholeThread = 200 // comments
	wholeDepth  = 8   // levels that a page shows
)

// replyForm is /post/{id}/reply?to=: what is answered, and the box.
func (s *Server) replyForm(v *visit) error {
	root, err := v.postID()
	if err != nil {
		return err
	}
	return v.showReply(root, http.StatusOK, AnswerForm{Post: root, To: parseTo(v.QueryParam("to"))})
}

// parseTo reads the comment that is answered; 0 is the post.
func parseTo(s string) circles.PostID {
	id, err := circles.ParsePostID(s)
	if err != nil {
		return 0
	}
	return id
}

func (v *visit) showReply(root circles.PostID, status int, answer AnswerForm) error {
	t, err := v.s.app.Thread(v.Request().Context(), v.who, root, app.ThreadQuery{Focus: answer.To})
	if err != nil {
		return err
	}
	if err := v.savedAnswer(&answer); err != nil {
		return err
	}
	if t.NoComment != nil {
		if answer.Body != "" {
			return v.lost(answer.parent(), answer.Body, t.NoComment.Kind.Status(), t.NoComment)
		}
		return t.NoComment
	}
	answer.Gate = v.gateNotice(t.CommentGate)
	view := ReplyView{Page: v.page(v.l.T("reply.post")), Post: Link{Label: t.Post.Title, Href: t.Post.Path()}, Answer: answer}
	if answer.To == 0 {
		return v.show(status, "reply", view)
	}
	view.Post.Href = placeOf(root, answer.To)
	if len(t.Comments) == 0 || t.Comments[0].Notice {
		return circles.Errorf(circles.Gone, "This post was deleted or removed; nothing can be added to it.").With("refused.post-gone", nil)
	}
	b := &branch{visit: v, root: t.Post, page: threadPage{id: root}, ruled: t.Ruled}
	to := b.comment(t.Comments[0], 1)
	view.To, view.Title = &to, v.l.T("reply.to", "Name", to.Author.Label())
	return v.show(status, "reply", view)
}

// reply writes a comment: POST /post/{id}/reply with body and, for an answer to a comment, to.
func (s *Server) reply(v *visit) error {
	root, err := v.postID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	answer := AnswerForm{Post: root, To: parseTo(f.Get("to")), Body: f.Get("body")}
	parent := answer.parent()
	switch f.Get("do") {
	case "leave":
		if v.slow != nil {
			return v.slow
		}
		if err := v.keepAnswer(answer); err != nil {
			return err
		}
		return v.NoContent(http.StatusNoContent)
	case "keep":
		if v.slow != nil {
			return v.refuseAnswer(answer, v.slow)
		}
		if err := v.keepAnswer(answer); err != nil {
			return v.refuseAnswer(answer, err)
		}
		place := replyPath(root, parent)
		if answer.To == 0 {
			place = "/post/" + root.String() + "#answer"
		}
		return v.onward(place, "flash.draft-kept")
	}
	if v.slow != nil {
		return v.refuseAnswer(answer, v.slow)
	}
	made, err := s.app.Comment(v.Request().Context(), v.who, app.NewComment{Parent: parent, Body: answer.Body, Language: f.Get("language"),
		Draft: app.ReplyDraft(parent)})
	if err != nil {
		return v.refuseAnswer(answer, err)
	}
	if made.State != circles.Visible {
		return v.onward("/post/"+made.ID.String()+"/held", "flash.held")
	}
	return v.onward(s.placeOfNew(v, made), "flash.commented")
}

// refuseAnswer shows what was written once more, with the reason why it was not taken, and keeps it.
func (v *visit) refuseAnswer(answer AnswerForm, reason error) error {
	if v.tellsProgram(reason) {
		return reason
	}
	status := v.refusedWriting(&answer.Form, reason)
	answer.Kept = (v.slow == nil || v.resumed && !v.answering(answer)) && strings.TrimSpace(answer.Body) != "" && v.keepAnswer(answer) == nil
	show := v.showReply
	if answer.To == 0 {
		answer.Swap = true
		show = func(root circles.PostID, status int, answer AnswerForm) error {
			return v.showPost(root, status, &answer)
		}
	}
	err := show(answer.Post, status, answer)
	if err != nil && !v.Response().Committed && answer.Body != "" { // the thread itself is gone
		return v.lost(answer.parent(), answer.Body, status, reason)
	}
	return err
}

// placeOfNew is where a comment that was just written is read.
func (s *Server) placeOfNew(v *visit, made *circles.Post) string {
	t, err := s.app.Thread(v.Request().Context(), v.who, made.Root, app.ThreadQuery{Sort: ranking.ByNew, Focus: made.ID})
	if err != nil || t.Post.Comments > wholeThread || made.Depth > wholeDepth {
		return placeOf(made.Root, made.ID)
	}
	return "/post/" + made.Root.String() + "#c" + made.ID.String()
}

// vote casts or takes back a vote: POST /post/{id}/vote with vote up, down or none. A script gets the
// ring alone.
func (s *Server) vote(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	value, ok := map[string]int{"up": 1, "down": -1, "none": 0}[f.Get("vote")]
	if !ok {
		return circles.Errorf(circles.Invalid, "A vote must be up, down or none.").With("refused.vote", nil)
	}
	p, err := s.app.Vote(v.Request().Context(), v.who, id, value)
	if err != nil {
		return err
	}
	back := localPath(f.Get("back"))
	if v.swapped() {
		return v.HTML(http.StatusOK, string(ringDrawer(v.l)(v.ring(p, value, true, back))))
	}
	return v.Redirect(http.StatusSeeOther, back)
}
